// Runs an operation: selects fields, asks objects for their answers, nulls what was refused and
// lists it with its path. Called by GraphEndpoint; GitHub's answers are in the Graph*Answers files.
// There is no table of types: a field is known when its object answers it. A field that no object
// answers, and a name of a type or argument that nothing here knows, is a mistake of the document,
// for which GitHub would have refused all of it. So every mistake met while running is kept in
// `mistakes`.
import SymphonyCore

/// What GitHub would say at a path: an error type and a message.
struct GraphRefusal: Error {
  var type: String
  var message: String
  init(_ type: String, _ message: String) { (self.type, self.message) = (type, message) }
  init(_ error: RestError) { self.init(error.graphType, error.words) }

  static func unresolved(_ id: String) -> GraphRefusal {
    GraphRefusal("NOT_FOUND", "Could not resolve to a node with the global id of '\(id)'")
  }
}

/// One field asked of an object.
struct GraphQuestion {
  var name: String
  var arguments: [String: Structure]
  /// Of a connection nothing but its count was selected: then it needs no bounds.
  var wantsOnlyCount: Bool

  func text(_ name: String) -> String? { arguments[name]?.stringValue }
  func number(_ name: String) -> Int? { arguments[name]?.integerValue.map { Int($0) } }
  func words(_ name: String) -> [String]? {
    guard let value = arguments[name], value != .null else { return nil }
    return value.listValue?.compactMap(\.stringValue) ?? value.stringValue.map { [$0] }
  }
}

/// Something with fields; `type` is the concrete type's name.
struct GraphObject {
  var type: String
  var answer: (GraphQuestion) throws -> GraphAnswer

  init(_ type: String, _ answer: @escaping (GraphQuestion) throws -> GraphAnswer) {
    (self.type, self.answer) = (type, answer)
  }
  /// An object of plain answers.
  init(_ type: String, fields: [String: GraphAnswer]) {
    self.init(type) { fields[$0.name] ?? .missing }
  }
}

enum GraphAnswer {
  case value(Structure)
  case object(GraphObject)
  case list([GraphAnswer])
  case refusal(GraphRefusal)
  /// The object has no such field.
  case missing

  static var null: GraphAnswer { .value(.null) }
  static func text(_ text: String?) -> GraphAnswer { .value(.optional(text)) }
  static func count(_ number: Int?) -> GraphAnswer { .value(.optional(number)) }
  static func flag(_ flag: Bool) -> GraphAnswer { .value(.bool(flag)) }
  static func time(_ time: Timestamp?) -> GraphAnswer { .value(.optional(time?.rfc3339)) }
  static func optional(_ object: GraphObject?) -> GraphAnswer {
    object.map { .object($0) } ?? .null
  }
}

/// The types that a document may name in a fragment.
enum GraphTypes {
  static let concrete: Set<String> = [
    "Bot", "CheckRun", "Commit", "DraftIssue", "Issue", "IssueComment", "LabeledEvent",
    "Organization", "ProjectV2", "ProjectV2Field", "ProjectV2Item", "ProjectV2ItemFieldDateValue",
    "ProjectV2ItemFieldIterationValue", "ProjectV2ItemFieldLabelValue",
    "ProjectV2ItemFieldMilestoneValue", "ProjectV2ItemFieldNumberValue",
    "ProjectV2ItemFieldPullRequestValue", "ProjectV2ItemFieldRepositoryValue",
    "ProjectV2ItemFieldSingleSelectValue", "ProjectV2ItemFieldTextValue",
    "ProjectV2ItemFieldUserValue", "ProjectV2IterationField", "ProjectV2SingleSelectField",
    "PullRequest", "PullRequestReviewThread", "RenamedTitleEvent", "ReopenedEvent", "Repository",
    "StatusContext",
    "UnlabeledEvent", "User",
  ]
  /// Interfaces and unions with the types they stand for.
  static let abstract: [String: Set<String>] = [
    "Actor": ["Bot", "Organization", "User"], "ProjectV2FieldCommon": fields,
    "ProjectV2FieldConfiguration": fields,
    "ProjectV2ItemFieldValue": concrete.filter { $0.hasPrefix("ProjectV2ItemField") },
  ]
  private static let fields: Set<String> = [
    "ProjectV2Field", "ProjectV2IterationField", "ProjectV2SingleSelectField",
  ]
  /// Of any field: which of them takes which is not known here.
  static let arguments: Set<String> = [
    "after", "archivedStates", "baseRefName", "before", "expression", "first", "headRefName", "id",
    "ids",
    "includeArchived", "includeClosedPrs", "input", "pullRequestId", "writersOnly", "itemTypes",
    "labels", "last", "login", "name",
    "names", "number", "oid", "orderBy", "owner", "qualifiedName", "query", "states",
  ]

  static func isKnown(_ name: String) -> Bool {
    concrete.contains(name) || abstract[name] != nil
  }
}

struct GraphExecutor {
  private let operation: GraphOperation
  private let document: GraphDocument
  private let variables: [String: Structure]
  /// `Type.field` and `Type.field.argument` that an old server does not know.
  private let lacking: Set<String>
  private(set) var errors: [Structure] = []
  private(set) var mistakes: [GraphMistake] = []

  init(
    _ operation: GraphOperation, _ document: GraphDocument, _ variables: [String: Structure],
    lacking: Set<String>
  ) {
    (self.operation, self.document, self.variables) = (operation, document, variables)
    self.lacking = lacking
  }

  /// The answer's `data`.
  mutating func run(root: GraphObject) throws -> Structure {
    try select(operation.selections, from: root, [])
  }

  private mutating func refuse(
    _ code: String, _ message: String, _ path: [Structure], _ steps: [String] = []
  ) {
    let mistake = GraphMistake(
      code: code, message: message,
      path: [operation.title] + path.compactMap(\.stringValue) + steps)
    if !mistakes.contains(mistake) { mistakes.append(mistake) }
  }

  // MARK: Selections

  /// The fields selected from an object, those with one response name put together, in order.
  private mutating func collect(
    _ selections: [GraphSelection], _ type: String, _ path: [Structure],
    _ fields: inout [GraphField]
  ) {
    for selection in selections {
      switch selection {
      case .field(let field):
        guard field.conditions.allSatisfy({ $0.holds(variables) }) else { continue }
        if let index = fields.firstIndex(where: { $0.key == field.key }) {
          fields[index].selections += field.selections
        } else {
          fields.append(field)
        }
      case .inline(let condition, let conditions, let inner):
        if applies(condition, conditions, type, path) { collect(inner, type, path, &fields) }
      case .spread(let name, let conditions):
        guard let fragment = document.fragments[name] else { continue }
        if applies(fragment.type, conditions, type, path) {
          collect(fragment.selections, type, path, &fields)
        }
      }
    }
  }

  private mutating func applies(
    _ condition: String?, _ conditions: [GraphCondition], _ type: String, _ path: [Structure]
  ) -> Bool {
    if let condition, !GraphTypes.isKnown(condition) {
      refuse(
        "undefinedType", "No such type \(condition), so it can't be a fragment condition", path,
        ["... on \(condition)"])
    }
    guard conditions.allSatisfy({ $0.holds(variables) }) else { return false }
    guard let condition, condition != type else { return true }
    return GraphTypes.abstract[condition]?.contains(type) == true
  }

  private mutating func select(
    _ selections: [GraphSelection], from object: GraphObject, _ path: [Structure]
  ) throws -> Structure {
    var fields: [GraphField] = []
    collect(selections, object.type, path, &fields)
    var members: [String: Structure] = [:]
    for field in fields {
      members[field.key] = try answer(field, from: object, path + [.string(field.key)])
    }
    return .object(members)
  }

  private mutating func answer(
    _ field: GraphField, from object: GraphObject, _ path: [Structure]
  ) throws -> Structure {
    if field.name == "__typename" { return .string(object.type) }
    let name = "\(object.type).\(field.name)"
    var arguments: [String: Structure] = [:]
    for argument in field.arguments {
      if GraphTypes.arguments.contains(argument.name), !lacking.contains("\(name).\(argument.name)")
      {
        arguments[argument.name] = argument.value.value(variables)
      } else {
        refuse(
          "argumentNotAccepted",
          "Field '\(field.name)' doesn't accept argument '\(argument.name)'", path, [argument.name])
      }
    }
    let question = GraphQuestion(
      name: field.name, arguments: arguments, wantsOnlyCount: wantsOnlyCount(field))
    var answer: GraphAnswer
    do {
      answer = lacking.contains(name) ? .missing : try object.answer(question)
    } catch let refusal as GraphRefusal {
      answer = .refusal(refusal)
    } catch let error as RestError {
      answer = .refusal(GraphRefusal(error))
    }
    if case .missing = answer {
      refuse(
        "undefinedField", "Field '\(field.name)' doesn't exist on type '\(object.type)'", path)
    }
    return try complete(answer, field, path)
  }

  private func wantsOnlyCount(_ field: GraphField) -> Bool {
    !field.selections.isEmpty
      && field.selections.allSatisfy {
        if case .field(let inner) = $0 {
          [
            "totalCount", "__typename", "checkRunCountsByState", "statusContextCountsByState",
          ].contains(inner.name)
        } else {
          false
        }
      }
  }

  private mutating func complete(
    _ answer: GraphAnswer, _ field: GraphField, _ path: [Structure]
  ) throws -> Structure {
    switch answer {
    case .missing: return .null
    case .refusal(let refusal):
      errors.append(
        .object([
          "type": .string(refusal.type), "path": .list(path),
          "locations": .list([field.position.structure]), "message": .string(refusal.message),
        ]))
      return .null
    case .value(let value):
      if value != .null, !field.selections.isEmpty {
        refuse("selectionMismatch", "Selections can't be made on scalars ('\(field.name)')", path)
      }
      return value
    case .object(let object):
      if field.selections.isEmpty {
        refuse("selectionMismatch", "Field must have selections ('\(field.name)')", path)
      }
      return try select(field.selections, from: object, path)
    case .list(let answers):
      var values: [Structure] = []
      for (index, answer) in answers.enumerated() {
        values.append(try complete(answer, field, path + [.integer(Int64(index))]))
      }
      return .list(values)
    }
  }
}
