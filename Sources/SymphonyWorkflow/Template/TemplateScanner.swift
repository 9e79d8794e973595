// Cuts a template into text and tags, finds out which of the two syntaxes it is written in, and
// settles white space: trim markers in both, and lines that hold nothing but `{% %}` leave no blank
// line behind. Called by the engine before a parser. Only the template is ever scanned, never a
// value.

import SymphonyCore

struct TemplatePiece {
  enum Kind { case text, output, statement, comment }
  var kind: Kind
  /// Of the text, or of what stands between the delimiters (trim markers excluded).
  var range: Range<Int>
  /// The place at which the tag begins.
  var offset: Int
  var trimsBefore = false
  var trimsAfter = false
}

struct TemplateScanner {
  let source: TemplateLines
  let syntax: TemplateSyntax
  private var scalars: [Unicode.Scalar] { source.scalars }

  init(_ source: TemplateLines) {
    self.source = source
    self.syntax = Self.detect(source)
  }

  // MARK: Which syntax

  private static let goWords: Set<String> = [
    "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue",
  ]
  /// Followed by a space and an operand: calls of Go's functions.
  private static let goFunctions: Set<String> = [
    "printf", "index", "len", "eq", "ne", "lt", "le", "gt", "ge",
  ]

  /// Go's as soon as one action can only be Go's.
  private static func detect(_ source: TemplateLines) -> TemplateSyntax {
    let scalars = source.scalars
    var index = 0
    while index + 1 < scalars.count {
      guard scalars[index] == "{", scalars[index + 1] == "{" else {
        index += 1
        continue
      }
      index += 2
      if index < scalars.count, scalars[index] == "-" { index += 1 }
      while index < scalars.count, scalars[index].properties.isWhitespace { index += 1 }
      guard index < scalars.count else { break }
      if scalars[index] == "." || scalars[index] == "$" || source.starts(with: "/*", at: index) {
        return .go
      }
      var end = index
      while end < scalars.count, scalars[end].properties.isAlphabetic { end += 1 }
      let word = source.text(index..<end)
      let next = end < scalars.count ? scalars[end] : " "
      if goWords.contains(word), next.properties.isWhitespace || next == "}" || next == "-" {
        return .go
      }
      if goFunctions.contains(word), next == " ", end + 1 < scalars.count,
        !"|}=!<>".unicodeScalars.contains(scalars[end + 1])
      {
        return .go
      }
      if holdsField(source, from: index) { return .go }
    }
    return .tags
  }

  /// A dot or dollar with a name right behind it and no name before it, outside quotes: `(len
  /// .labels)`.
  private static func holdsField(_ source: TemplateLines, from start: Int) -> Bool {
    let scalars = source.scalars
    var quote: Unicode.Scalar?
    var index = start
    while index + 1 < scalars.count, scalars[index] != "\n" {
      let scalar = scalars[index]
      if let open = quote {
        if scalar == "\\" { index += 1 }
        if scalar == open { quote = nil }
      } else if scalar == "\"" || scalar == "'" {
        quote = scalar
      } else if source.starts(with: "}}", at: index) {
        return false
      } else if scalar == "." || scalar == "$", scalars[index + 1].properties.isAlphabetic,
        index > start, scalars[index - 1] == " " || scalars[index - 1] == "("
      {
        return true
      }
      index += 1
    }
    return false
  }

  // MARK: Pieces

  /// Text and tags in order, white space settled; comments are gone.
  func pieces() throws(TemplateError) -> [(piece: TemplatePiece, text: String)] {
    var found: [TemplatePiece] = []
    var index = 0
    var textStart = 0
    while index < scalars.count {
      guard let kind = opening(at: index) else {
        index += 1
        continue
      }
      if textStart < index {
        found.append(TemplatePiece(kind: .text, range: textStart..<index, offset: textStart))
      }
      let (piece, end) = try tag(kind, at: index)
      found.append(piece)
      index = end
      textStart = end
    }
    if textStart < scalars.count {
      found.append(
        TemplatePiece(kind: .text, range: textStart..<scalars.count, offset: textStart))
    }
    settleWhitespace(&found)
    return found.filter { $0.kind != .comment }.map { ($0, source.text($0.range)) }
  }

  private func opening(at index: Int) -> TemplatePiece.Kind? {
    guard scalars[index] == "{", index + 1 < scalars.count else { return nil }
    switch (scalars[index + 1], syntax) {
    case ("{", _): return .output
    case ("%", .tags): return .statement
    case ("#", .tags): return .comment
    default: return nil
    }
  }

  private func tag(
    _ kind: TemplatePiece.Kind, at offset: Int
  ) throws(TemplateError) -> (TemplatePiece, Int) {
    var start = offset + 2
    var piece = TemplatePiece(kind: kind, range: start..<start, offset: offset)
    // Go wants a space behind the dash: `{{-3}}` is a number.
    if start < scalars.count, scalars[start] == "-",
      syntax == .tags || (start + 1 < scalars.count && scalars[start + 1].properties.isWhitespace)
    {
      piece.trimsBefore = true
      start += 1
    }
    var inner = start
    while inner < scalars.count, scalars[inner].properties.isWhitespace { inner += 1 }
    let close = kind == .output ? "}}" : kind == .statement ? "%}" : "#}"
    if syntax == .go, source.starts(with: "/*", at: inner) {
      piece.kind = .comment
      guard let end = find("*/", from: inner + 2) else {
        throw source.error(at: offset, "the comment is not closed: `*/}}` is missing")
      }
      start = end + 2
    }
    let end =
      piece.kind == .comment ? find(close, from: start) : try findClose(close, from: start, offset)
    guard let end else {
      throw source.error(at: offset, "the tag is not closed: `\(close)` is missing")
    }
    var last = end
    if last > start, scalars[last - 1] == "-",
      syntax == .tags || (last - 1 > start && scalars[last - 2].properties.isWhitespace)
        || (piece.kind == .comment && last - 1 == start)
    {
      piece.trimsAfter = true
      last -= 1
    }
    if piece.kind == .comment, syntax == .go,
      !scalars[start..<last].allSatisfy(\.properties.isWhitespace)
    {
      throw source.error(at: offset, "a comment must be alone in its `{{ }}`")
    }
    piece.range = start..<max(start, last)
    return (piece, end + 2)
  }

  private func find(_ text: String, from start: Int) -> Int? {
    (start..<max(start, scalars.count)).first { source.starts(with: text, at: $0) }
  }

  /// The closing delimiter outside quotes.
  private func findClose(
    _ close: String, from start: Int, _ offset: Int
  ) throws(TemplateError) -> Int? {
    var index = start
    while index < scalars.count {
      let scalar = scalars[index]
      let opensQuote =
        scalar == "\"" || (syntax == .tags && scalar == "'") || (syntax == .go && scalar == "`")
      if opensQuote {
        guard let end = endOfQuote(from: index) else {
          throw source.error(at: index, "the quote is not closed")
        }
        index = end
      } else if source.starts(with: close, at: index) {
        return index
      } else if scalar == "{", opening(at: index) != nil {
        throw source.error(at: offset, "the tag is not closed: `\(close)` is missing")
      } else {
        index += 1
      }
    }
    return nil
  }

  /// Just behind the closing quote; quoted texts end on their line (Go's raw ones may go on).
  private func endOfQuote(from start: Int) -> Int? {
    let quote = scalars[start]
    var index = start + 1
    while index < scalars.count {
      if scalars[index] == "\\", quote != "`" {
        index += 2
      } else if scalars[index] == quote {
        return index + 1
      } else if scalars[index] == "\n", quote != "`" {
        return nil
      } else {
        index += 1
      }
    }
    return nil
  }

  // MARK: White space

  private func settleWhitespace(_ pieces: inout [TemplatePiece]) {
    let originals = pieces
    if syntax == .tags { dropStandaloneLines(&pieces, originals) }
    for index in pieces.indices where pieces[index].kind == .text {
      var range = pieces[index].range
      if index > 0, pieces[index - 1].trimsAfter {
        while let first = range.first, scalars[first].properties.isWhitespace {
          range = (first + 1)..<range.upperBound
        }
      }
      if index + 1 < pieces.count, pieces[index + 1].trimsBefore {
        while let last = range.last, scalars[last].properties.isWhitespace {
          range = range.lowerBound..<last
        }
      }
      pieces[index].range = range
    }
  }

  /// A line of nothing but statements and comments vanishes with its indentation and its line end.
  private func dropStandaloneLines(_ pieces: inout [TemplatePiece], _ originals: [TemplatePiece]) {
    func isSilent(_ index: Int) -> Bool {
      originals[index].kind == .statement || originals[index].kind == .comment
    }
    func isBlank(_ range: Range<Int>) -> Bool {
      range.allSatisfy { scalars[$0] == " " || scalars[$0] == "\t" }
    }
    var index = 0
    while index < originals.count {
      guard isSilent(index) else {
        index += 1
        continue
      }
      var last = index
      while last + 1 < originals.count {
        if isSilent(last + 1) {
          last += 1
        } else if last + 2 < originals.count, originals[last + 1].kind == .text,
          isBlank(originals[last + 1].range), isSilent(last + 2)
        {
          last += 2
        } else {
          break
        }
      }
      let lineStart = (0..<originals[index].offset).last { scalars[$0] == "\n" }.map { $0 + 1 } ?? 0
      let after = last + 1 < originals.count ? originals[last + 1].offset : scalars.count
      let lineEnd = (after..<scalars.count).first { scalars[$0] == "\n" } ?? scalars.count
      let beginsLine = isBlank(lineStart..<originals[index].offset)
      let endsLine = after <= lineEnd && isBlank(after..<lineEnd)
      if beginsLine, endsLine {
        cut(&pieces, from: lineStart, to: originals[index].offset, within: index - 1)
        cut(&pieces, from: after, to: min(lineEnd + 1, scalars.count), within: last + 1)
        for inner in index..<last where originals[inner].kind == .text {
          pieces[inner].range = pieces[inner].range.lowerBound..<pieces[inner].range.lowerBound
        }
      }
      index = last + 1
    }
  }

  /// Takes a range off the end or the beginning of the text piece it lies in.
  private func cut(_ pieces: inout [TemplatePiece], from: Int, to: Int, within index: Int) {
    guard pieces.indices.contains(index), pieces[index].kind == .text else { return }
    let range = pieces[index].range
    if from <= range.lowerBound {
      pieces[index].range = min(max(to, range.lowerBound), range.upperBound)..<range.upperBound
    } else {
      pieces[index].range = range.lowerBound..<max(range.lowerBound, min(from, range.upperBound))
    }
  }
}
