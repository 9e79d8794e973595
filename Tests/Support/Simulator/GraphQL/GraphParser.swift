// Parses executable GraphQL documents: operations with variables, fields with aliases and
// arguments, fragments of both kinds, @include and @skip. Called by GraphEndpoint. The types of
// variables are read over. Subscriptions and other directives are refused.
import SymphonyCore

struct GraphParser {
  private let tokens: [GraphToken]
  private var index = 0
  private var usedVariables: Set<String> = []
  private var usedFragments: Set<String> = []

  init(_ text: String) throws(GraphSyntaxError) { tokens = try GraphLexer.tokens(text) }

  static func document(_ text: String) throws(GraphSyntaxError) -> GraphDocument {
    var parser = try GraphParser(text)
    var document = GraphDocument()
    repeat {
      if parser.current.text == "fragment", parser.current.kind == .name {
        let fragment = try parser.fragment()
        document.fragments[fragment.name] = fragment
      } else {
        document.operations.append(try parser.operation())
      }
    } while !parser.isAtEnd
    document.usedVariables = parser.usedVariables
    document.usedFragments = parser.usedFragments
    return document
  }

  // MARK: Tokens

  var current: GraphToken { tokens[index] }
  var isAtEnd: Bool { current.kind == .end }

  func isNext(_ text: String) -> Bool { current.kind == .punctuation && current.text == text }

  mutating func take() -> GraphToken {
    let token = current
    if !isAtEnd { index += 1 }
    return token
  }
  mutating func takeIf(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    index += 1
    return true
  }
  mutating func expect(_ text: String) throws(GraphSyntaxError) {
    guard takeIf(text) else { throw unexpected(text) }
  }
  mutating func name() throws(GraphSyntaxError) -> String {
    guard current.kind == .name else { throw unexpected("NAME") }
    return take().text
  }
  private func unexpected(_ wanted: String) -> GraphSyntaxError {
    let place = current.position
    let text = isAtEnd ? current.text : "\"\(current.text)\""
    return GraphSyntaxError(
      message: "Expected \(wanted), actual: \(text) at [\(place.line), \(place.column)]",
      position: place)
  }

  // MARK: Definitions

  private mutating func operation() throws(GraphSyntaxError) -> GraphOperation {
    guard current.kind == .name else {
      return GraphOperation(kind: .query, variables: [:], selections: try selections())
    }
    guard let kind = GraphOperation.Kind(rawValue: current.text) else {
      throw unexpected("query, mutation or fragment")
    }
    _ = take()
    let title = current.kind == .name ? take().text : nil
    var variables: [String: GraphLiteral?] = [:]
    if takeIf("(") {
      while !takeIf(")") {
        try expect("$")
        let name = try name()
        try expect(":")
        try passType()
        let standard = takeIf("=") ? try literal() : nil
        variables.updateValue(standard, forKey: name)
      }
    }
    return GraphOperation(
      kind: kind, name: title, variables: variables, selections: try selections())
  }

  private mutating func fragment() throws(GraphSyntaxError) -> GraphFragment {
    _ = take()
    let title = try name()
    guard try name() == "on" else { throw unexpected("on") }
    let type = try name()
    return GraphFragment(name: title, type: type, selections: try selections())
  }

  /// Reads over a type: `[String!]!`.
  private mutating func passType() throws(GraphSyntaxError) {
    if takeIf("[") {
      try passType()
      try expect("]")
    } else {
      _ = try name()
    }
    _ = takeIf("!")
  }

  // MARK: Selections

  private mutating func selections() throws(GraphSyntaxError) -> [GraphSelection] {
    try expect("{")
    var selections: [GraphSelection] = []
    repeat { selections.append(try selection()) } while !isNext("}") && !isAtEnd
    try expect("}")
    return selections
  }

  private mutating func selection() throws(GraphSyntaxError) -> GraphSelection {
    guard takeIf("...") else { return .field(try field()) }
    if current.kind == .name, current.text != "on" {
      let title = take().text
      usedFragments.insert(title)
      return .spread(name: title, conditions: try conditions())
    }
    var type: String?
    if current.kind == .name {
      _ = take()
      type = try name()
    }
    let conditions = try conditions()
    return .inline(type: type, conditions: conditions, selections: try selections())
  }

  private mutating func field() throws(GraphSyntaxError) -> GraphField {
    let place = current.position
    var (alias, name): (String?, String) = (nil, try name())
    if takeIf(":") { (alias, name) = (name, try self.name()) }
    var arguments: [GraphArgument] = []
    if takeIf("(") {
      while !takeIf(")") {
        let title = try self.name()
        try expect(":")
        arguments.append(GraphArgument(name: title, value: try literal()))
      }
    }
    let conditions = try conditions()
    return GraphField(
      alias: alias, name: name, arguments: arguments, conditions: conditions,
      selections: isNext("{") ? try selections() : [], position: place)
  }

  private mutating func conditions() throws(GraphSyntaxError) -> [GraphCondition] {
    var conditions: [GraphCondition] = []
    while takeIf("@") {
      let title = try name()
      guard title == "include" || title == "skip" else { throw unexpected("include or skip") }
      try expect("(")
      guard try name() == "if" else { throw unexpected("if") }
      try expect(":")
      conditions.append(GraphCondition(value: try literal(), wanted: title == "include"))
      try expect(")")
    }
    return conditions
  }

  private mutating func literal() throws(GraphSyntaxError) -> GraphLiteral {
    if takeIf("$") {
      let name = try name()
      usedVariables.insert(name)
      return .variable(name)
    }
    if takeIf("[") {
      var values: [GraphLiteral] = []
      while !takeIf("]") { values.append(try literal()) }
      return .list(values)
    }
    if takeIf("{") {
      var members: [String: GraphLiteral] = [:]
      while !takeIf("}") {
        let title = try name()
        try expect(":")
        members[title] = try literal()
      }
      return .object(members)
    }
    switch (current.kind, current.text) {
    case (.string, _): return .constant(.string(take().text))
    case (.integer, let text):
      guard let value = Int64(text) else { throw unexpected("an integer") }
      _ = take()
      return .constant(.integer(value))
    case (.number, let text):
      guard let value = Double(text) else { throw unexpected("a number") }
      _ = take()
      return .constant(.number(value))
    case (.name, "true"), (.name, "false"): return .constant(.bool(take().text == "true"))
    case (.name, "null"):
      _ = take()
      return .constant(.null)
    case (.name, _): return .enumeration(take().text)
    default: throw unexpected("a value")
    }
  }
}
