// The type table: which types there are, their fields, arguments and values. Read once from the
// type definitions in GraphTypes*.swift; the validator, the cost rule and the executor look things
// up in it. A test that plays an old server takes fields or arguments away.
import SymphonyCore

struct GraphSchema: Sendable {
  struct Input: Hashable, Sendable {
    var type: GraphTypeReference
    var standard: GraphLiteral?
  }
  struct Field: Hashable, Sendable {
    var type: GraphTypeReference
    var arguments: [String: Input] = [:]
  }
  struct TypeEntry: Hashable, Sendable {
    enum Kind: String, Sendable { case type, interface, union, `enum`, input, scalar }
    var kind: Kind
    var fields: [String: Field] = [:]
    /// Of an input object.
    var inputs: [String: Input] = [:]
    /// The object types an interface or union stands for; an object type itself.
    var members: Set<String> = []
    /// Of an enum.
    var values: Set<String> = []
  }

  private(set) var types: [String: TypeEntry] = [:]

  static let standard: GraphSchema = {
    do throws(GraphSyntaxError) {
      return try GraphSchema(GraphTypes.boards + GraphTypes.work + GraphTypes.touches)
    } catch {
      preconditionFailure(
        "the simulator's own types: \(error.message), line \(error.position.line)")
    }
  }()

  init(_ text: String) throws(GraphSyntaxError) {
    for scalar in ["String", "Int", "Float", "Boolean", "ID"] {
      types[scalar] = TypeEntry(kind: .scalar)
    }
    var parser = try GraphParser(text)
    while !parser.isAtEnd { try define(&parser) }
    // Introspection, as far as clients look for fields an old server lacks.
    types["Query"]?.fields["__type"] = Field(
      type: .named("__Type"), arguments: ["name": Input(type: .required(.named("String")))])
  }

  private mutating func define(_ parser: inout GraphParser) throws(GraphSyntaxError) {
    guard let kind = TypeEntry.Kind(rawValue: parser.current.text) else {
      throw GraphSyntaxError(message: "no definition", position: parser.current.position)
    }
    _ = parser.take()
    let name = try parser.name()
    var entry = types[name] ?? TypeEntry(kind: kind)
    entry.kind = kind
    switch kind {
    case .scalar: break
    case .union:
      try parser.expect("=")
      repeat { entry.members.insert(try parser.name()) } while parser.takeIf("|")
    case .enum:
      try parser.expect("{")
      while !parser.takeIf("}") { entry.values.insert(try parser.name()) }
    case .input:
      try parser.expect("{")
      while !parser.takeIf("}") {
        let field = try parser.name()
        entry.inputs[field] = try input(&parser)
      }
    case .type, .interface:
      if kind == .type { entry.members.insert(name) }
      if parser.current.text == "implements" {
        _ = parser.take()
        repeat {
          let interface = try parser.name()
          types[interface, default: TypeEntry(kind: .interface)].members.insert(name)
        } while parser.takeIf("&")
      }
      try parser.expect("{")
      while !parser.takeIf("}") {
        let field = try parser.name()
        entry.fields[field] = try self.field(&parser)
      }
    }
    types[name] = entry
  }

  private func field(_ parser: inout GraphParser) throws(GraphSyntaxError) -> Field {
    var arguments: [String: Input] = [:]
    if parser.takeIf("(") {
      while !parser.takeIf(")") {
        let name = try parser.name()
        arguments[name] = try input(&parser)
      }
    }
    try parser.expect(":")
    return Field(type: try parser.type(), arguments: arguments)
  }

  private func input(_ parser: inout GraphParser) throws(GraphSyntaxError) -> Input {
    try parser.expect(":")
    let type = try parser.type()
    return Input(type: type, standard: parser.takeIf("=") ? try parser.literal() : nil)
  }

  /// True for types whose fields are selected.
  func isComposite(_ name: String) -> Bool {
    switch types[name]?.kind {
    case .type, .interface, .union: true
    default: name.hasPrefix("__")
    }
  }
  func field(_ name: String, of type: String) -> Field? {
    if name == "__typename" { return Field(type: .required(.named("String"))) }
    // What introspection answers has no table of its own.
    if type.hasPrefix("__") {
      let isList = ["fields", "args", "inputFields", "enumValues"].contains(name)
      if isList { return Field(type: .list(.named("__Type")), arguments: [:]) }
      return Field(type: .named(name == "type" || name == "ofType" ? "__Type" : "String"))
    }
    return types[type]?.fields[name]
  }

  /// Takes away `Type.field`, or `Type.field.argument`: what an older server lacks.
  mutating func remove(_ path: String) {
    let parts = path.split(separator: ".").map(String.init)
    precondition(
      types[parts[0]]?.fields[parts[1]] != nil, "the simulator has no \(path) to take away")
    if parts.count == 3 {
      types[parts[0]]?.fields[parts[1]]?.arguments[parts[2]] = nil
    } else {
      types[parts[0]]?.fields[parts[1]] = nil
    }
  }
}
