// A GraphQL document as values: operations, selections, literals. Made by GraphParser and read by
// GraphExecutor. What can be found wrong without running it (names of variables and fragments) is
// found here. Knows nothing of GitHub.
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

struct GraphArgument: Hashable, Sendable {
  var name: String
  var value: GraphLiteral
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
  case inline(type: String?, conditions: [GraphCondition], selections: [GraphSelection])
  case spread(name: String, conditions: [GraphCondition])
}

struct GraphOperation: Hashable, Sendable {
  enum Kind: String, Sendable {
    case query
    case mutation
  }
  var kind: Kind
  var name: String?
  /// Declared variables with their default values.
  var variables: [String: GraphLiteral?]
  var selections: [GraphSelection]
  /// As paths of refused documents begin: `query Name`.
  var title: String { kind.rawValue + (name.map { " " + $0 } ?? "") }
}

struct GraphFragment: Hashable, Sendable {
  var name: String
  var type: String
  var selections: [GraphSelection]
}

struct GraphDocument: Hashable, Sendable {
  var operations: [GraphOperation] = []
  var fragments: [String: GraphFragment] = [:]
  /// Variables and fragments that stand anywhere in the text.
  var usedVariables: Set<String> = []
  var usedFragments: Set<String> = []

  /// The operation to run; nil when the name fits none, or several need one.
  func operation(_ name: String?) -> GraphOperation? {
    guard let name, !name.isEmpty else { return operations.count == 1 ? operations.first : nil }
    return operations.first { $0.name == name }
  }

  /// The mistakes that show without running the document: variables and fragments used without
  /// being there, or there without being used.
  ///
  /// GitHub runs no such document.
  func mistakes() -> [GraphMistake] {
    let declared = Set(operations.flatMap(\.variables.keys))
    let defined = Set(fragments.keys)
    func each(
      _ names: Set<String>, _ code: String, _ message: (String) -> String
    ) -> [GraphMistake] {
      names.sorted().map { GraphMistake(code: code, message: message($0)) }
    }
    return each(usedVariables.subtracting(declared), "variableNotDefined") {
      "Variable $\($0) is used but not declared"
    }
      + each(declared.subtracting(usedVariables), "variableNotUsed") {
        "Variable $\($0) is declared but not used"
      }
      + each(usedFragments.subtracting(defined), "useAndDefineFragment") {
        "Fragment \($0) was used, but not defined"
      }
      + each(defined.subtracting(usedFragments), "useAndDefineFragment") {
        "Fragment \($0) was defined, but not used"
      }
  }
}

/// Why GitHub refuses a whole document: it then says so and gives no data.
struct GraphMistake: Hashable, Sendable {
  var code: String
  var message: String
  var path: [String] = []

  var structure: Structure {
    .object([
      "message": .string(message), "extensions": .object(["code": .string(code)]),
      "path": .list(path.map { .string($0) }),
    ])
  }
}
