// Refuses documents GitHub refuses before it runs anything: unknown fields, arguments, types and
// fragments, missing arguments and selections, variables undeclared or unused, literals that do not
// fit. Answers in GitHub's words and shape. Called by GraphEndpoint.
// Conflicts between response names are not looked for: GitHub accepts what the standard refuses.
import SymphonyCore

struct GraphValidator {
  private let schema: GraphSchema
  private let document: GraphDocument
  private var errors: [Structure] = []
  /// Of the operation being read.
  private var used: Set<String> = []
  private var spread: Set<String> = []
  private var declared: [String: GraphVariable] = [:]
  private var operationName = ""

  private init(_ schema: GraphSchema, _ document: GraphDocument) {
    self.schema = schema
    self.document = document
  }

  static func errors(_ document: GraphDocument, _ schema: GraphSchema) -> [Structure] {
    var validator = GraphValidator(schema, document)
    for operation in document.operations { validator.read(operation) }
    for fragment in document.fragments.values where !validator.spread.contains(fragment.name) {
      validator.refuse(
        "Fragment \(fragment.name) was defined, but not used", "useAndDefineFragment",
        ["fragmentName": fragment.name], ["fragment \(fragment.name)"], fragment.position)
    }
    return validator.errors
  }

  private mutating func refuse(
    _ message: String, _ code: String, _ facts: [String: String], _ path: [String],
    _ position: GraphPosition
  ) {
    var extensions = facts.mapValues { Structure.string($0) }
    extensions["code"] = .string(code)
    let error: Structure = .object([
      "message": .string(message), "extensions": .object(extensions),
      "path": .list(path.map { .string($0) }), "locations": .list([position.structure]),
    ])
    if !errors.contains(error) { errors.append(error) }
  }

  private mutating func read(_ operation: GraphOperation) {
    used = []
    declared = [:]
    operationName = operation.name ?? "anonymous \(operation.kind)"
    for variable in operation.variables { declared[variable.name] = variable }
    for variable in operation.variables where schema.types[variable.type.name] == nil {
      let name = variable.type.name
      if !["URI", "DateTime", "Date", "GitObjectID", "BigInt"].contains(name) {
        refuse(
          "\(name) isn't a defined input type (on $\(variable.name))", "variableRequiresValidType",
          ["typeName": name, "variableName": variable.name], [operation.title], variable.position)
      }
    }
    let root = operation.kind == .query ? "Query" : "Mutation"
    read(operation.selections, on: root, [operation.title])
    for variable in operation.variables where !used.contains(variable.name) {
      refuse(
        "Variable $\(variable.name) is declared by \(operationName) but not used",
        "variableNotUsed", ["variableName": variable.name], [operation.title], variable.position)
    }
  }

  private mutating func read(_ selections: [GraphSelection], on type: String, _ path: [String]) {
    for selection in selections {
      switch selection {
      case .field(let field): read(field, on: type, path + [field.key])
      case .inline(let condition, let conditions, let inner, let position):
        note(conditions.flatMap(\.value.variables), path, position)
        let step = condition.map { "... on \($0)" } ?? "..."
        if let condition, !fits(condition, type, path + [step], position, fragment: nil) {
          continue
        }
        read(inner, on: condition ?? type, path + [step])
      case .spread(let name, let conditions, let position):
        note(conditions.flatMap(\.value.variables), path, position)
        guard let fragment = document.fragments[name] else {
          refuse(
            "Fragment \(name) was used, but not defined", "useAndDefineFragment",
            ["fragmentName": name], path + ["... \(name)"], position)
          continue
        }
        spread.insert(name)
        let step = ["fragment \(name)"]
        if fits(fragment.type, type, step, fragment.position, fragment: name) {
          read(fragment.selections, on: fragment.type, step)
        }
      }
    }
  }

  /// Whether a fragment on `condition` can stand where `type` is selected from.
  private mutating func fits(
    _ condition: String, _ type: String, _ path: [String], _ position: GraphPosition,
    fragment: String?
  ) -> Bool {
    guard let target = schema.types[condition], schema.isComposite(condition) else {
      refuse(
        "No such type \(condition), so it can't be a fragment condition", "undefinedType",
        ["typeName": condition], path, position)
      return false
    }
    let members = schema.types[type]?.members ?? []
    if type.hasPrefix("__") || condition == type || !members.isDisjoint(with: target.members) {
      return true
    }
    let title = fragment.map { "Fragment \($0)" } ?? "Fragment"
    refuse(
      "\(title) on \(condition) can't be spread inside \(type)", "cannotSpreadFragment",
      ["typeName": condition, "fragmentName": fragment ?? "unknown", "parentName": type], path,
      position)
    return false
  }

  private mutating func read(_ field: GraphField, on type: String, _ path: [String]) {
    note(field.conditions.flatMap(\.value.variables), path, field.position)
    guard let entry = schema.field(field.name, of: type) else {
      refuse(
        "Field '\(field.name)' doesn't exist on type '\(type)'", "undefinedField",
        ["typeName": type, "fieldName": field.name], path, field.position)
      return
    }
    let given = Set(field.arguments.map(\.name))
    if !type.hasPrefix("__") {
      for argument in field.arguments { read(argument, of: field, entry, path) }
    }
    let missing = entry.arguments.filter {
      $0.value.type.isRequired && $0.value.standard == nil && !given.contains($0.key)
    }
    if !missing.isEmpty {
      let names = missing.keys.sorted().joined(separator: ", ")
      refuse(
        "Field '\(field.name)' is missing required arguments: \(names)",
        "missingRequiredArguments",
        ["className": "Field", "name": field.name, "arguments": names], path, field.position)
    }
    let inner = entry.type.name
    if schema.isComposite(inner) != !field.selections.isEmpty {
      let facts = ["nodeName": "field '\(field.name)'", "typeName": inner]
      let names = field.selections.compactMap {
        if case .field(let field) = $0 { "\"\(field.name)\"" } else { nil }
      }
      let message =
        field.selections.isEmpty
        ? "Field must have selections (field '\(field.name)' returns \(inner) but has no "
          + "selections. Did you mean '\(field.name) { ... }'?)"
        : "Selections can't be made on scalars (field '\(field.name)' returns \(inner) but has "
          + "selections [\(names.joined(separator: ", "))])"
      refuse(message, "selectionMismatch", facts, path, field.position)
      return
    }
    read(field.selections, on: inner, path)
  }

  // MARK: Arguments

  private mutating func read(
    _ argument: GraphArgument, of field: GraphField, _ entry: GraphSchema.Field, _ path: [String]
  ) {
    let place = path + [argument.name]
    guard let expected = entry.arguments[argument.name] else {
      note(argument.value.variables, path, argument.position)
      refuse(
        "Field '\(field.name)' doesn't accept argument '\(argument.name)'", "argumentNotAccepted",
        ["name": field.name, "typeName": "Field", "argumentName": argument.name], place,
        argument.position)
      return
    }
    note(argument.value.variables, place, argument.position)
    check(argument.value, expected, owner: field.name, argument.name, place, argument.position)
  }

  private mutating func check(
    _ value: GraphLiteral, _ expected: GraphSchema.Input, owner: String, _ name: String,
    _ path: [String], _ position: GraphPosition
  ) {
    switch value {
    case .variable(let title):
      guard let variable = declared[title] else { return }
      if variable.type.name != expected.type.name
        || expected.type.isRequired && expected.standard == nil && !variable.type.isRequired
          && variable.standard == nil
      {
        refuse(
          "Type mismatch on variable $\(title) and argument \(name) "
            + "(\(variable.type) / \(expected.type))",
          "variableMismatch",
          [
            "variableName": title, "typeName": "\(variable.type)", "argumentName": name,
            "errorMessage": "Type mismatch",
          ], path, position)
      }
    case .object(let members):
      guard let entry = schema.types[expected.type.name], entry.kind == .input else {
        return misfit("{...}", expected, owner, name, path, position)
      }
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        guard let input = entry.inputs[key] else {
          refuse(
            "InputObject '\(expected.type.name)' doesn't accept argument '\(key)'",
            "argumentNotAccepted",
            ["name": expected.type.name, "typeName": "InputObject", "argumentName": key],
            path + [key], position)
          continue
        }
        check(value, input, owner: expected.type.name, key, path + [key], position)
      }
      for (key, input) in entry.inputs.sorted(by: { $0.key < $1.key })
      where input.type.isRequired && members[key] == nil {
        refuse(
          "Argument '\(key)' on InputObject '\(expected.type.name)' is required. "
            + "Expected type \(input.type)", "missingRequiredInputObjectAttribute",
          [
            "argumentName": key, "argumentType": "\(input.type)",
            "inputObjectType": expected.type.name,
          ], path, position)
      }
    case .list(let values):
      for value in values {
        check(
          value, GraphSchema.Input(type: .named(expected.type.name)), owner: owner, name, path,
          position)
      }
    case .enumeration(let word):
      if schema.types[expected.type.name]?.values.contains(word) != true {
        misfit(word, expected, owner, name, path, position)
      }
    case .constant(let constant):
      if !GraphScalars.accepts(constant, expected.type, schema) {
        misfit(GraphScalars.shown(constant), expected, owner, name, path, position)
      }
    }
  }

  private mutating func misfit(
    _ shown: String, _ expected: GraphSchema.Input, _ owner: String, _ name: String,
    _ path: [String], _ position: GraphPosition
  ) {
    refuse(
      "Argument '\(name)' on Field '\(owner)' has an invalid value (\(shown)). "
        + "Expected type '\(expected.type)'.", "argumentLiteralsIncompatible",
      ["typeName": "Field", "argumentName": name], path, position)
  }

  private mutating func note(_ variables: [String], _ path: [String], _ position: GraphPosition) {
    for name in variables {
      used.insert(name)
      if declared[name] == nil {
        refuse(
          "Variable $\(name) is used by \(operationName) but not declared", "variableNotDefined",
          ["variableName": name], path, position)
      }
    }
  }
}

/// What values GraphQL's scalars take.
enum GraphScalars {
  static func accepts(
    _ value: Structure, _ type: GraphTypeReference, _ schema: GraphSchema
  ) -> Bool {
    switch type {
    case .required(let inner): return value != .null && accepts(value, inner, schema)
    case .list(let inner):
      guard let values = value.listValue else {
        return value == .null || accepts(value, inner, schema)
      }
      return values.allSatisfy { accepts($0, inner, schema) }
    case .named(let name):
      if value == .null { return true }
      switch (name, value) {
      case ("Int", .integer), ("Float", .integer), ("Float", .number), ("Boolean", .bool),
        ("ID", .string), ("ID", .integer), ("String", .string):
        return true
      case ("Int", _), ("Float", _), ("Boolean", _), ("ID", _), ("String", _): return false
      default: break
      }
      switch schema.types[name]?.kind {
      case .enum: return schema.types[name]?.values.contains(value.stringValue ?? "") == true
      case .input: return value.objectValue != nil
      default: return value.stringValue != nil
      }
    }
  }

  static func shown(_ value: Structure) -> String {
    String(decoding: JSON.bytes(value), as: UTF8.self)
  }
}
