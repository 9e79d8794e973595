// Parses Go's syntax: `{{.work_item.title}}`, `{{if}}`, `{{range}}`, `{{with}}`, `$x := pipeline`.
// Called by the engine. It knows the grammar only; what of Go's language is not here ends in a
// clear error.

import SymphonyCore

struct GoParser {
  let source: TemplateLines
  private let pieces: [(piece: TemplatePiece, text: String)]
  private var index = 0

  init(_ source: TemplateLines, _ pieces: [(piece: TemplatePiece, text: String)]) {
    self.source = source
    self.pieces = pieces
  }

  private struct Closing {
    var word: String
    var tokens: TemplateTokens
    var offset: Int
  }

  mutating func parse() throws(TemplateError) -> [TemplateNode] {
    let (nodes, closing) = try block(depth: 0)
    if let closing {
      throw source.error(
        at: closing.offset,
        "`{{\(closing.word)}}` does not belong to an open `{{if}}`, `{{range}}` or `{{with}}`")
    }
    return nodes
  }

  private mutating func block(depth: Int) throws(TemplateError) -> ([TemplateNode], Closing?) {
    var nodes: [TemplateNode] = []
    while index < pieces.count {
      let (piece, text) = pieces[index]
      index += 1
      guard piece.kind == .output else {
        if !text.isEmpty { nodes.append(.text(text)) }
        continue
      }
      guard depth <= TagParser.maxNesting else {
        throw source.error(
          at: piece.offset, "nested more than \(TagParser.maxNesting) levels deep")
      }
      var tokens = try TemplateTokens(source, piece.range, .go)
      guard case .name(let word) = tokens.current.kind else {
        nodes.append(try action(&tokens, piece.offset))
        continue
      }
      switch word {
      case "if", "with", "range":
        tokens.advance()
        nodes.append(try structure(word, &tokens, piece.offset, depth))
      case "else", "end":
        tokens.advance()
        return (nodes, Closing(word: word, tokens: tokens, offset: piece.offset))
      case "define", "template", "block", "break", "continue":
        throw source.error(
          at: piece.offset, "`{{\(word)}}` is not supported",
          hint: "known are if, else, end, range, with, and $x := ...")
      default: nodes.append(try action(&tokens, piece.offset))
      }
    }
    return (nodes, nil)
  }

  /// `{{pipeline}}`, `{{$x := pipeline}}` or `{{$x = pipeline}}`.
  private func action(
    _ tokens: inout TemplateTokens, _ offset: Int
  ) throws(TemplateError) -> TemplateNode {
    let first = tokens.current
    if case .variable(let name) = first.kind {
      for (symbol, declares) in [(":=", true), ("=", false)]
      where tokens.following.kind == .symbol(symbol) {
        guard !name.isEmpty else {
          throw source.error(at: first.offset, "`$` itself cannot be set")
        }
        tokens.advance()
        tokens.advance()
        return .assign("$" + name, try whole(&tokens), declares: declares, first.offset)
      }
    }
    return .output(try whole(&tokens), offset)
  }

  private mutating func structure(
    _ word: String, _ tokens: inout TemplateTokens, _ offset: Int, _ depth: Int
  ) throws(TemplateError) -> TemplateNode {
    var arms: [TemplateNode.Arm] = []
    var names = try declared(word, &tokens)
    var expression = try whole(&tokens)
    var armOffset = offset
    var otherwise: [TemplateNode] = []
    while true {
      let (body, closing) = try block(depth: depth + 1)
      guard var closing else { throw source.error(at: offset, "`{{\(word)}}` has no `{{end}}`") }
      arms.append(
        TemplateNode.Arm(
          variable: names.first, condition: expression, body: body, offset: armOffset))
      if closing.word == "else", word == "if", closing.tokens.take(word: "if") {
        names = try declared(word, &closing.tokens)
        expression = try whole(&closing.tokens)
        armOffset = closing.offset
        continue
      }
      try closing.tokens.expectEnd()
      if closing.word == "else" {
        let (nodes, end) = try block(depth: depth + 1)
        guard let end else { throw source.error(at: offset, "`{{\(word)}}` has no `{{end}}`") }
        guard end.word == "end" else { throw source.error(at: end.offset, "a second `{{else}}`") }
        try end.tokens.expectEnd()
        otherwise = nodes
      }
      break
    }
    switch word {
    case "if": return .branch(arms, otherwise: otherwise)
    case "with": return .with(arms[0], otherwise: otherwise)
    default:
      return .loop(
        TemplateNode.Loop(
          key: names.count == 2 ? names[0] : nil, value: names.last, source: expression,
          body: arms[0].body, otherwise: otherwise, offset: offset))
    }
  }

  /// `$x :=`, and for range `$i, $x :=`.
  private func declared(
    _ word: String, _ tokens: inout TemplateTokens
  ) throws(TemplateError) -> [String] {
    guard case .variable(let first) = tokens.current.kind, !first.isEmpty else { return [] }
    if tokens.following.kind == .symbol(":=") {
      tokens.advance()
      tokens.advance()
      return ["$" + first]
    }
    guard tokens.following.kind == .symbol(",") else { return [] }
    guard word == "range" else { throw tokens.unexpected("one variable") }
    tokens.advance()
    tokens.advance()
    guard case .variable(let second) = tokens.current.kind, !second.isEmpty else {
      throw tokens.unexpected("a second variable")
    }
    tokens.advance()
    try tokens.expect(symbol: ":=")
    return ["$" + first, "$" + second]
  }

  // MARK: Pipelines

  private func whole(_ tokens: inout TemplateTokens) throws(TemplateError) -> Expression {
    let expression = try pipeline(&tokens, 0)
    try tokens.expectEnd()
    return expression
  }

  private func pipeline(
    _ tokens: inout TemplateTokens, _ depth: Int
  ) throws(TemplateError) -> Expression {
    guard depth < TagParser.maxExpressionDepth else {
      throw source.error(at: tokens.current.offset, "the pipeline is nested too deeply")
    }
    var value = try command(&tokens, piped: nil, depth)
    while tokens.take(symbol: "|") { value = try command(&tokens, piped: value, depth) }
    return value
  }

  /// A function with its arguments (the piped value comes last), or one operand.
  private func command(
    _ tokens: inout TemplateTokens, piped: Expression?, _ depth: Int
  ) throws(TemplateError) -> Expression {
    let first = tokens.current
    if case .name(let name) = first.kind, !["true", "false", "nil"].contains(name) {
      tokens.advance()
      var arguments: [Expression] = []
      while let argument = try operand(&tokens, depth) { arguments.append(argument) }
      if let piped { arguments.append(piped) }
      return .call(name, arguments, first.offset)
    }
    guard let value = try operand(&tokens, depth) else {
      throw tokens.unexpected("a field, a text or a function")
    }
    guard piped == nil else {
      throw source.error(at: first.offset, "only a function can stand behind `|`")
    }
    let next = tokens.current
    if try operand(&tokens, depth) != nil {
      throw source.error(
        at: next.offset, "expected `|` or the end of the tag, found \(next.shown)",
        hint: "only functions take arguments")
    }
    return value
  }

  /// Nil where no operand begins.
  private func operand(
    _ tokens: inout TemplateTokens, _ depth: Int
  ) throws(TemplateError) -> Expression? {
    let token = tokens.current
    var value: Expression
    switch token.kind {
    case .string(let text): value = .literal(.string(text))
    case .integer(let number): value = .literal(.integer(number))
    case .number(let number): value = .literal(.number(number))
    case .variable(let name): value = name.isEmpty ? .root : .name("$" + name, token.offset)
    case .name("true"): value = .literal(.bool(true))
    case .name("false"): value = .literal(.bool(false))
    case .name("nil"): value = .literal(.null)
    // A function without arguments as an argument; the evaluator says what it lacks.
    case .name(let name): value = .call(name, [], token.offset)
    case .symbol("."):
      tokens.advance()
      value = .dot
      if case .name(let name) = tokens.current.kind, !tokens.current.spaced {
        value = .member(.dot, name, tokens.current.offset)
        tokens.advance()
      }
      return try members(of: value, &tokens)
    case .symbol("("):
      tokens.advance()
      value = try pipeline(&tokens, depth + 1)
      guard tokens.current.kind == .symbol(")") else { throw tokens.unexpected("`)`") }
    default: return nil
    }
    tokens.advance()
    return try members(of: value, &tokens)
  }

  private func members(
    of start: Expression, _ tokens: inout TemplateTokens
  ) throws(TemplateError) -> Expression {
    var value = start
    while tokens.current.kind == .symbol("."), !tokens.current.spaced {
      tokens.advance()
      guard case .name(let name) = tokens.current.kind, !tokens.current.spaced else {
        throw tokens.unexpected("a name after the dot")
      }
      value = .member(value, name, tokens.current.offset)
      tokens.advance()
    }
    return value
  }
}
