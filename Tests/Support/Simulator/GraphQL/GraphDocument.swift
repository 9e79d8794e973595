// A GraphQL document as values: operations, selections, literals, types. Made by GraphParser; read
// by the validator, the cost rule and the executor. Knows nothing of GitHub.
import SymphonyCore

/// Counted from 1.
struct GraphPosition: Hashable, Sendable {
  var line: Int
  var column: Int
  var structure: Structure {
    .object(["line": .integer(Int64(line)), "column": .integer(Int64(column))])
  }
}

indirect enum GraphLiteral: Hashable, Sendable {
  case constant(Structure)
  case enumeration(String)
  case variable(String)
  case list([GraphLiteral])
  case object([String: GraphLiteral])

  /// Every variable in it.
  var variables: [String] {
    switch self {
    case .variable(let name): [name]
    case .list(let values): values.flatMap(\.variables)
    case .object(let members): members.values.flatMap(\.variables)
    default: []
    }
  }

  /// The value with variables put in; nil for a variable nobody gave.
  func value(_ variables: [String: Structure]) -> Structure? {
    switch self {
    case .constant(let value): value
    case .enumeration(let name): .string(name)
    case .variable(let name): variables[name]
    case .list(let values): .list(values.map { $0.value(variables) ?? .null })
    case .object(let members): .object(members.compactMapValues { $0.value(variables) })
    }
  }
}

/// `[String!]!`.
indirect enum GraphTypeReference: Hashable, Sendable, CustomStringConvertible {
  case named(String)
  case list(GraphTypeReference)
  case required(GraphTypeReference)

  var description: String {
    switch self {
    case .named(let name): name
    case .list(let inner): "[\(inner)]"
    case .required(let inner): "\(inner)!"
    }
  }
  /// What is inside all brackets.
  var name: String {
    switch self {
    case .named(let name): name
    case .list(let inner), .required(let inner): inner.name
    }
  }
  var isRequired: Bool { if case .required = self { true } else { false } }
  /// Without the outermost `!`.
  var optional: GraphTypeReference { if case .required(let inner) = self { inner } else { self } }
}

struct GraphArgument: Hashable, Sendable {
  var name: String
  var value: GraphLiteral
  var position: GraphPosition
}

struct GraphField: Hashable, Sendable {
  var alias: String?
  var name: String
  var arguments: [GraphArgument]
  var conditions: [GraphCondition]
  var selections: [GraphSelection]
  var position: GraphPosition
  /// The name in the answer.
  var key: String { alias ?? name }
}

/// `@include(if:)` or `@skip(if:)`.
struct GraphCondition: Hashable, Sendable {
  var value: GraphLiteral
  var wanted: Bool
  func holds(_ variables: [String: Structure]) -> Bool {
    (value.value(variables)?.boolValue ?? false) == wanted
  }
}

indirect enum GraphSelection: Hashable, Sendable {
  case field(GraphField)
  case inline(
    type: String?, conditions: [GraphCondition], selections: [GraphSelection],
    position: GraphPosition)
  case spread(name: String, conditions: [GraphCondition], position: GraphPosition)
}

struct GraphVariable: Hashable, Sendable {
  var name: String
  var type: GraphTypeReference
  var standard: GraphLiteral?
  var position: GraphPosition
}

struct GraphOperation: Hashable, Sendable {
  enum Kind: String, Sendable { case query, mutation }
  var kind: Kind
  var name: String?
  var variables: [GraphVariable]
  var selections: [GraphSelection]
  var position: GraphPosition
  /// As paths of static errors begin: `query Name`.
  var title: String { kind.rawValue + (name.map { " " + $0 } ?? "") }
}

struct GraphFragment: Hashable, Sendable {
  var name: String
  var type: String
  var selections: [GraphSelection]
  var position: GraphPosition
}

struct GraphDocument: Hashable, Sendable {
  var operations: [GraphOperation] = []
  var fragments: [String: GraphFragment] = [:]

  /// The operation to run; nil when the name fits none, or several need one.
  func operation(_ name: String?) -> GraphOperation? {
    guard let name, !name.isEmpty else { return operations.count == 1 ? operations.first : nil }
    return operations.first { $0.name == name }
  }
}
