// Runs an operation that the validator let pass: selects fields, asks objects for their answers,
// nulls what failed, climbing through types that cannot be null, and lists every failure with its
// path. Called by GraphEndpoint; what GitHub answers is in the Graph*Answers files.
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
  /// The type table has the field and nothing answers it: a bug of the simulator.
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

struct GraphExecutor {
  /// A null where none may be: its parent becomes null in its place.
  private struct Climb: Error {}
  /// The simulator lacks an answer.
  struct Missing: Error, CustomStringConvertible {
    var description: String
  }

  private let schema: GraphSchema
  private let document: GraphDocument
  private let variables: [String: Structure]
  private(set) var errors: [Structure] = []

  init(_ schema: GraphSchema, _ document: GraphDocument, _ variables: [String: Structure]) {
    (self.schema, self.document, self.variables) = (schema, document, variables)
  }

  /// The answer's `data`.
  mutating func run(_ operation: GraphOperation, root: GraphObject) throws -> Structure {
    do {
      return try select(operation.selections, from: root, [])
    } catch is Climb {
      return .null
    }
  }

  // MARK: Selections

  /// The fields selected from an object, those with one response name put together, in order.
  private func collect(
    _ selections: [GraphSelection], _ type: String, _ fields: inout [GraphField]
  ) {
    func applies(_ condition: String?, _ conditions: [GraphCondition]) -> Bool {
      guard conditions.allSatisfy({ $0.holds(variables) }) else { return false }
      guard let condition, condition != type else { return true }
      return schema.types[condition]?.members.contains(type) == true
    }
    for selection in selections {
      switch selection {
      case .field(let field):
        guard field.conditions.allSatisfy({ $0.holds(variables) }) else { continue }
        if let index = fields.firstIndex(where: { $0.key == field.key }) {
          fields[index].selections += field.selections
        } else {
          fields.append(field)
        }
      case .inline(let condition, let conditions, let inner, _):
        if applies(condition, conditions) { collect(inner, type, &fields) }
      case .spread(let name, let conditions, _):
        guard let fragment = document.fragments[name] else { continue }
        if applies(fragment.type, conditions) { collect(fragment.selections, type, &fields) }
      }
    }
  }

  private mutating func select(
    _ selections: [GraphSelection], from object: GraphObject, _ path: [Structure]
  ) throws -> Structure {
    var fields: [GraphField] = []
    collect(selections, object.type, &fields)
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
    guard let entry = schema.field(field.name, of: object.type) else {
      throw Missing(description: "\(object.type).\(field.name) is not in the type table")
    }
    var arguments: [String: Structure] = [:]
    for (name, input) in entry.arguments {
      let given = field.arguments.first { $0.name == name }?.value.value(variables)
      arguments[name] = given ?? input.standard?.value([:])
    }
    let question = GraphQuestion(
      name: field.name, arguments: arguments, wantsOnlyCount: wantsOnlyCount(field))
    var answer: GraphAnswer
    do {
      answer = try object.answer(question)
    } catch let refusal as GraphRefusal {
      answer = .refusal(refusal)
    } catch let error as RestError {
      answer = .refusal(GraphRefusal(error))
    }
    if case .missing = answer {
      throw Missing(description: "nothing answers \(object.type).\(field.name)")
    }
    return try complete(answer, entry.type, field, path)
  }

  private func wantsOnlyCount(_ field: GraphField) -> Bool {
    !field.selections.isEmpty
      && field.selections.allSatisfy {
        if case .field(let inner) = $0 {
          ["totalCount", "__typename"].contains(inner.name)
        } else {
          false
        }
      }
  }

  // MARK: Completion

  private mutating func complete(
    _ answer: GraphAnswer, _ type: GraphTypeReference, _ field: GraphField, _ path: [Structure]
  ) throws -> Structure {
    if case .required(let inner) = type {
      let value = try complete(answer, inner, field, path)
      if value == .null { throw Climb() }
      return value
    }
    do {
      return try completeOptional(answer, type, field, path)
    } catch is Climb {
      return .null
    }
  }

  private mutating func completeOptional(
    _ answer: GraphAnswer, _ type: GraphTypeReference, _ field: GraphField, _ path: [Structure]
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
    case .value(let value): return value
    case .object(let object): return try select(field.selections, from: object, path)
    case .list(let answers):
      var inner = type
      if case .list(let element) = type { inner = element }
      var values: [Structure] = []
      for (index, answer) in answers.enumerated() {
        values.append(
          try complete(answer, inner, field, path + [.integer(Int64(index))]))
      }
      return .list(values)
    }
  }
}
