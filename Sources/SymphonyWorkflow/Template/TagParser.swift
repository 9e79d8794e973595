// Parses the first syntax: `{{ issue.title | upper }}`, `{% if %}`, `{% for %}`. Called by the
// engine. It knows the grammar only; which variables and filters there are is the evaluator's to
// say.

import SymphonyCore

struct TagParser {
  static let maxNesting = 24
  static let maxExpressionDepth = 48

  let source: TemplateLines
  private let pieces: [(piece: TemplatePiece, text: String)]
  private var index = 0

  init(_ source: TemplateLines, _ pieces: [(piece: TemplatePiece, text: String)]) {
    self.source = source
    self.pieces = pieces
  }

  /// The statement that ended a block, with its tokens behind the word.
  private struct Closing {
    var word: String
    var tokens: TemplateTokens
    var offset: Int
  }

  mutating func parse() throws(TemplateError) -> [TemplateNode] {
    let (nodes, closing) = try block(until: [], depth: 0)
    if let closing {
      throw source.error(
        at: closing.offset,
        "`{% \(closing.word) %}` does not belong to an open `{% if %}` or"
          + " `{% for %}`")
    }
    return nodes
  }

  private mutating func block(
    until words: Set<String>, depth: Int
  ) throws(TemplateError) -> ([TemplateNode], Closing?) {
    var nodes: [TemplateNode] = []
    while index < pieces.count {
      let (piece, text) = pieces[index]
      index += 1
      switch piece.kind {
      case .text: if !text.isEmpty { nodes.append(.text(text)) }
      case .comment: break
      case .output:
        var tokens = try TemplateTokens(source, piece.range, .tags)
        let expression = try whole(&tokens)
        nodes.append(.output(expression, piece.offset))
      case .statement:
        var tokens = try TemplateTokens(source, piece.range, .tags)
        guard case .name(let word) = tokens.take().kind else {
          throw source.error(at: piece.offset, "expected if or for after `{%`")
        }
        guard depth < Self.maxNesting else {
          throw source.error(at: piece.offset, "nested more than \(Self.maxNesting) levels deep")
        }
        switch word {
        case "if": nodes.append(try branch(&tokens, piece.offset, depth))
        case "for": nodes.append(try loop(&tokens, piece.offset, depth))
        case "elif", "else", "endif", "endfor":
          let closing = Closing(word: word, tokens: tokens, offset: piece.offset)
          guard words.isEmpty || words.contains(word) else {
            throw source.error(
              at: piece.offset,
              "`{% \(word) %}` here, where one of"
                + " \(words.sorted().joined(separator: ", ")) is expected")
          }
          return (nodes, closing)
        default:
          throw source.error(
            at: piece.offset, "`{% \(word) %}` is not supported",
            hint: "known are if, elif, else, endif, for, endfor")
        }
      }
    }
    return (nodes, nil)
  }

  private mutating func branch(
    _ tokens: inout TemplateTokens, _ offset: Int, _ depth: Int
  ) throws(TemplateError) -> TemplateNode {
    var arms: [TemplateNode.Arm] = []
    var condition = try whole(&tokens)
    var armOffset = offset
    while true {
      let (body, closing) = try block(until: ["elif", "else", "endif"], depth: depth + 1)
      guard var closing else { throw source.error(at: offset, "`{% if %}` has no `{% endif %}`") }
      arms.append(
        TemplateNode.Arm(variable: nil, condition: condition, body: body, offset: armOffset))
      switch closing.word {
      case "elif":
        condition = try whole(&closing.tokens)
        armOffset = closing.offset
      case "else":
        try closing.tokens.expectEnd()
        let (otherwise, end) = try block(until: ["endif"], depth: depth + 1)
        guard let end else { throw source.error(at: offset, "`{% if %}` has no `{% endif %}`") }
        try end.tokens.expectEnd()
        return .branch(arms, otherwise: otherwise)
      default:
        try closing.tokens.expectEnd()
        return .branch(arms, otherwise: [])
      }
    }
  }

  private mutating func loop(
    _ tokens: inout TemplateTokens, _ offset: Int, _ depth: Int
  ) throws(TemplateError) -> TemplateNode {
    guard case .name(let first) = tokens.current.kind, first != "in" else {
      throw tokens.unexpected("a variable's name after `for`")
    }
    tokens.advance()
    var second: String?
    if tokens.take(symbol: ",") {
      guard case .name(let name) = tokens.take().kind else {
        throw source.error(at: offset, "expected a second variable's name after the comma")
      }
      second = name
    }
    guard tokens.take(word: "in") else { throw tokens.unexpected("`in`") }
    let list = try whole(&tokens)
    let (body, closing) = try block(until: ["else", "endfor"], depth: depth + 1)
    guard let closing else { throw source.error(at: offset, "`{% for %}` has no `{% endfor %}`") }
    try closing.tokens.expectEnd()
    var otherwise: [TemplateNode] = []
    if closing.word == "else" {
      let (nodes, end) = try block(until: ["endfor"], depth: depth + 1)
      guard let end else { throw source.error(at: offset, "`{% for %}` has no `{% endfor %}`") }
      try end.tokens.expectEnd()
      otherwise = nodes
    }
    return .loop(
      TemplateNode.Loop(
        key: second == nil ? nil : first, value: second ?? first, source: list, body: body,
        otherwise: otherwise, offset: offset))
  }

  // MARK: Expressions

  private func whole(_ tokens: inout TemplateTokens) throws(TemplateError) -> Expression {
    if tokens.isAtEnd { throw tokens.unexpected("a variable or a text") }
    let expression = try either(&tokens, 0)
    guard tokens.isAtEnd else {
      let hint: String? =
        switch tokens.current.kind {
        case .symbol("("): "variables are not called"
        case .symbol("="): "two equals signs compare"
        case .name("if"): "write {% if ... %}...{% else %}...{% endif %}"
        case .name("is"): "write the variable alone, or compare it with =="
        default: nil
        }
      throw tokens.unexpected("the end of the tag", hint: hint)
    }
    return expression
  }

  private func either(_ tokens: inout TemplateTokens, _ depth: Int) throws(TemplateError)
    -> Expression
  {
    guard depth < Self.maxExpressionDepth else {
      throw source.error(at: tokens.current.offset, "the expression is nested too deeply")
    }
    var left = try both(&tokens, depth)
    while tokens.take(word: "or") { left = .or(left, try both(&tokens, depth)) }
    return left
  }

  private func both(_ tokens: inout TemplateTokens, _ depth: Int) throws(TemplateError)
    -> Expression
  {
    var left = try negation(&tokens, depth)
    while tokens.take(word: "and") { left = .and(left, try negation(&tokens, depth)) }
    return left
  }

  private func negation(_ tokens: inout TemplateTokens, _ depth: Int) throws(TemplateError)
    -> Expression
  {
    guard depth < Self.maxExpressionDepth else {
      throw source.error(at: tokens.current.offset, "the expression is nested too deeply")
    }
    if tokens.take(word: "not") { return .not(try negation(&tokens, depth + 1)) }
    return try comparison(&tokens, depth)
  }

  private func comparison(_ tokens: inout TemplateTokens, _ depth: Int) throws(TemplateError)
    -> Expression
  {
    let left = try filtered(&tokens, depth)
    let offset = tokens.current.offset
    let operators: [(String, Expression.Comparison)] = [
      ("==", .equal), ("!=", .notEqual), ("<=", .lessOrEqual), (">=", .greaterOrEqual),
      ("<", .less), (">", .greater),
    ]
    for (symbol, comparison) in operators where tokens.take(symbol: symbol) {
      return .compare(comparison, left, try filtered(&tokens, depth), offset)
    }
    if tokens.take(word: "in") {
      return .compare(.within, left, try filtered(&tokens, depth), offset)
    }
    if tokens.current.kind == .name("not"), tokens.following.kind == .name("in") {
      tokens.advance()
      tokens.advance()
      return .not(.compare(.within, left, try filtered(&tokens, depth), offset))
    }
    return left
  }

  /// A filter binds tighter than a comparison.
  private func filtered(_ tokens: inout TemplateTokens, _ depth: Int) throws(TemplateError)
    -> Expression
  {
    var value = try operand(&tokens, depth)
    while tokens.take(symbol: "|") {
      let token = tokens.take()
      guard case .name(let name) = token.kind else {
        throw source.error(at: token.offset, "expected a filter's name after `|`")
      }
      var arguments: [Expression] = []
      if tokens.take(symbol: "(") { arguments = try list(&tokens, until: ")", depth) }
      value = .filter(name, value, arguments, token.offset)
    }
    return value
  }

  private func list(
    _ tokens: inout TemplateTokens, until end: String, _ depth: Int
  ) throws(TemplateError) -> [Expression] {
    var values: [Expression] = []
    while !tokens.take(symbol: end) {
      values.append(try either(&tokens, depth + 1))
      if !tokens.take(symbol: ",") {
        try tokens.expect(symbol: end)
        break
      }
    }
    return values
  }

  private func operand(_ tokens: inout TemplateTokens, _ depth: Int) throws(TemplateError)
    -> Expression
  {
    let token = tokens.current
    var value: Expression
    switch token.kind {
    case .string(let text): value = .literal(.string(text))
    case .integer(let number): value = .literal(.integer(number))
    case .number(let number): value = .literal(.number(number))
    case .name(let name):
      switch name {
      case "true", "True": value = .literal(.bool(true))
      case "false", "False": value = .literal(.bool(false))
      case "none", "None", "null": value = .literal(.null)
      case "and", "or", "in", "is", "if", "else":
        throw tokens.unexpected("a variable or a text")
      default: value = .name(name, token.offset)
      }
    case .symbol("("):
      tokens.advance()
      value = try either(&tokens, depth + 1)
      guard tokens.current.kind == .symbol(")") else { throw tokens.unexpected("`)`") }
    case .symbol("["):
      tokens.advance()
      value = .list(try list(&tokens, until: "]", depth))
      return try access(value, &tokens, depth)
    case .symbol("."):
      throw tokens.unexpected(
        "a variable or a text", hint: "this file is written in the {{ issue.title }} syntax: no dot"
      )
    default: throw tokens.unexpected("a variable or a text")
    }
    tokens.advance()
    return try access(value, &tokens, depth)
  }

  private func access(
    _ start: Expression, _ tokens: inout TemplateTokens, _ depth: Int
  ) throws(TemplateError) -> Expression {
    var value = start
    while true {
      let offset = tokens.current.offset
      if tokens.take(symbol: ".") {
        guard case .name(let name) = tokens.current.kind else {
          throw tokens.unexpected("a name after the dot")
        }
        value = .member(value, name, tokens.current.offset)
        tokens.advance()
      } else if tokens.take(symbol: "[") {
        value = .item(value, try either(&tokens, depth + 1), offset)
        try tokens.expect(symbol: "]")
      } else {
        return value
      }
    }
  }
}
