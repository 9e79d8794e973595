// The words inside one tag: names, texts, numbers and symbols, each with its place. Called by both
// parsers, which then look at them one after another.

import SymphonyCore

struct TemplateToken {
  enum Kind: Equatable {
    case name(String)
    /// Go's `$x`; `$` alone is the empty name.
    case variable(String)
    case string(String)
    case integer(Int64)
    case number(Double)
    case symbol(String)
    case end
  }
  var kind: Kind
  var offset: Int
  /// White space before it: `.a .b` is two operands in Go's syntax, `.a.b` is one.
  var spaced: Bool

  /// As it is written, for messages.
  var shown: String {
    switch kind {
    case .name(let name): "`\(name)`"
    case .variable(let name): "`$\(name)`"
    case .string: "a text"
    case .integer(let value): "`\(value)`"
    case .number(let value): "`\(value)`"
    case .symbol(let symbol): "`\(symbol)`"
    case .end: "the end of the tag"
    }
  }
}

struct TemplateTokens {
  /// Keeps expressions, which are walked recursively, far from the end of the stack.
  static let maxCount = 400

  let source: TemplateLines
  let syntax: TemplateSyntax
  private var tokens: [TemplateToken] = []
  private var position = 0

  init(
    _ source: TemplateLines, _ range: Range<Int>, _ syntax: TemplateSyntax
  ) throws(TemplateError) {
    self.source = source
    self.syntax = syntax
    var index = range.lowerBound
    var spaced = true
    while index < range.upperBound {
      let scalar = source.scalars[index]
      if scalar.properties.isWhitespace {
        spaced = true
        index += 1
        continue
      }
      let (kind, end) = try Self.next(source, index, range.upperBound, syntax, tokens.last?.kind)
      tokens.append(TemplateToken(kind: kind, offset: index, spaced: spaced))
      spaced = false
      index = end
      guard tokens.count <= Self.maxCount else {
        throw source.error(at: index, "more than \(Self.maxCount) words in one tag")
      }
    }
    tokens.append(TemplateToken(kind: .end, offset: range.upperBound, spaced: spaced))
  }

  // MARK: Walking

  var current: TemplateToken { tokens[min(position, tokens.count - 1)] }
  var following: TemplateToken { tokens[min(position + 1, tokens.count - 1)] }
  var isAtEnd: Bool { current.kind == .end }
  mutating func advance() { position = min(position + 1, tokens.count - 1) }
  mutating func take() -> TemplateToken {
    defer { advance() }
    return current
  }
  mutating func take(symbol: String) -> Bool {
    guard current.kind == .symbol(symbol) else { return false }
    advance()
    return true
  }
  mutating func take(word: String) -> Bool {
    guard current.kind == .name(word) else { return false }
    advance()
    return true
  }
  mutating func expect(symbol: String) throws(TemplateError) {
    guard take(symbol: symbol) else { throw unexpected("`\(symbol)`") }
  }
  func expectEnd() throws(TemplateError) {
    guard isAtEnd else { throw unexpected("the end of the tag") }
  }
  func unexpected(_ wanted: String, hint: String? = nil) -> TemplateError {
    source.error(
      at: current.offset, "expected \(wanted), found \(current.shown)", hint: hint)
  }

  // MARK: One token

  private static func next(
    _ source: TemplateLines, _ start: Int, _ limit: Int, _ syntax: TemplateSyntax,
    _ previous: TemplateToken.Kind?
  ) throws(TemplateError) -> (TemplateToken.Kind, Int) {
    let scalars = source.scalars
    let scalar = scalars[start]
    func run(_ from: Int, while test: (Unicode.Scalar) -> Bool) -> Int {
      var end = from
      while end < limit, test(scalars[end]) { end += 1 }
      return end
    }
    if isNameStart(scalar) {
      let end = run(start, while: isNamePart)
      return (.name(source.text(start..<end)), end)
    }
    if scalar == "$", syntax == .go {
      let end = run(start + 1, while: isNamePart)
      return (.variable(source.text(start + 1..<end)), end)
    }
    if scalar == "\"" || (scalar == "'" && syntax == .tags) || (scalar == "`" && syntax == .go) {
      return try quoted(source, start, limit)
    }
    let digit: (Unicode.Scalar) -> Bool = { ("0"..."9").contains($0) }
    let isNegative =
      scalar == "-" && start + 1 < limit && digit(scalars[start + 1]) && !isOperand(previous)
    if digit(scalar) || isNegative {
      let end = run(start + 1, while: isNamePart)
      let hasFraction = end + 1 < limit && scalars[end] == "." && digit(scalars[end + 1])
      guard hasFraction else {
        guard let value = Int64(source.text(start..<end)) else {
          throw source.error(at: start, "`\(source.text(start..<end))` is not a number")
        }
        return (.integer(value), end)
      }
      let fraction = run(end + 1, while: isNamePart)
      guard let value = Double(source.text(start..<fraction)) else {
        throw source.error(at: start, "`\(source.text(start..<fraction))` is not a number")
      }
      return (.number(value), fraction)
    }
    for symbol in ["==", "!=", "<=", ">=", ":="] where source.starts(with: symbol, at: start) {
      if start + 2 <= limit { return (.symbol(symbol), start + 2) }
    }
    return (.symbol(source.text(start..<start + 1)), start + 1)
  }

  private static func isOperand(_ kind: TemplateToken.Kind?) -> Bool {
    switch kind {
    case .name(let name): !["and", "or", "not", "in", "if", "elif", "else"].contains(name)
    case .variable, .string, .integer, .number, .symbol(")"), .symbol("]"): true
    default: false
    }
  }
  private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic
  }
  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    isNameStart(scalar) || ("0"..."9").contains(scalar)
  }

  private static func quoted(
    _ source: TemplateLines, _ start: Int, _ limit: Int
  ) throws(TemplateError) -> (TemplateToken.Kind, Int) {
    let scalars = source.scalars
    let quote = scalars[start]
    var text = String.UnicodeScalarView()
    var index = start + 1
    while index < limit, scalars[index] != quote {
      if scalars[index] == "\\", quote != "`", index + 1 < limit {
        index += 1
        switch scalars[index] {
        case "n": text.append("\n")
        case "t": text.append("\t")
        case "r": text.append("\r")
        case "\\", "\"", "'": text.append(scalars[index])
        default:
          throw source.error(
            at: index - 1, "`\\\(scalars[index])` is not known inside a text",
            hint: "known are \\n \\t \\r \\\\ \\\" \\'")
        }
      } else {
        text.append(scalars[index])
      }
      index += 1
    }
    guard index < limit else { throw source.error(at: start, "the quote is not closed") }
    return (.string(String(text)), index + 1)
  }
}
