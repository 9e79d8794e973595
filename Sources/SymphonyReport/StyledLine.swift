// A line of text with colours, for a terminal or a file. Widths are counted in columns and before a
// colour is put on, so that no colour and no wide character moves what stands beside it. Made by
// the screens of this module, written out by the program.
import SymphonyCore

package enum Style: String, Sendable {
  case red = "31"
  case green = "32"
  case yellow = "33"
  case dim = "2"
  case bold = "1"
  /// Dark on light, or the other way round: what the next key is about.
  case reverse = "7"
}

package struct StyledLine: Hashable, Sendable {
  package struct Piece: Hashable, Sendable {
    package var text: String
    package var style: Style?
  }
  package private(set) var pieces: [Piece] = []

  package init(_ text: String = "", _ style: Style? = nil) { add(text, style) }

  /// Adds text, with the characters that a terminal would obey written out.
  ///
  /// A text from outside brings no colour, no line end and no width of its own.
  package mutating func add(_ text: String, _ style: Style? = nil) {
    if !text.isEmpty { pieces.append(Piece(text: PlainText.line(text), style: style)) }
  }

  /// This line with another one behind it.
  package func with(_ line: StyledLine) -> StyledLine {
    var both = self
    both.pieces += line.pieces
    return both
  }

  /// Of at most `limit` columns; a piece that is cut shows it.
  package func cut(to limit: Int) -> StyledLine {
    if width <= limit { return self }
    var line = StyledLine()
    var room = limit
    for piece in pieces where room > 0 {
      let shown = Columns.cut(piece.text, to: room)
      line.add(shown, piece.style)
      room = shown.count == piece.text.count ? room - Columns.count(shown) : 0
    }
    return line
  }

  /// Over as many lines as it takes: its last piece goes on below its own beginning.
  package func wrapped(to width: Int) -> [StyledLine] {
    guard self.width > width, let last = pieces.last else { return [self] }
    var head = StyledLine()
    head.pieces = pieces.dropLast()
    let room = width - head.width
    // With so little room behind the head, wrapping gains nothing.
    guard room >= 10 else { return [cut(to: width)] }
    let space = StyledLine(String(repeating: " ", count: head.width))
    return Columns.wrap(last.text, to: room).enumerated().map { index, part in
      var line = index == 0 ? head : space
      line.add(part, last.style)
      return line
    }
  }

  /// Columns on a terminal.
  package var width: Int { pieces.reduce(0) { $0 + Columns.count($1.text) } }
  package var plain: String { rendered(isColourful: false) }

  /// Without spaces at its end.
  package func rendered(isColourful: Bool) -> String {
    var shown = pieces
    while var last = shown.popLast() {
      while last.text.last == " " { last.text.removeLast() }
      if !last.text.isEmpty {
        shown.append(last)
        break
      }
    }
    return shown.map { piece in
      guard isColourful, let style = piece.style else { return piece.text }
      return "\u{1B}[\(style.rawValue)m\(piece.text)\u{1B}[0m"
    }.joined()
  }
}

/// Texts in columns of a terminal with a fixed pitch.
package enum Columns {
  package static func count(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

  /// On one line of at most `limit` columns; what is cut off shows as `...`.
  package static func cut(_ text: String, to limit: Int) -> String {
    // However long it is, no more than this is looked at.
    let begun = text.prefix(limit * 4 + 100)
    let line = PlainText.line(begun.split(whereSeparator: \.isNewline).joined(separator: " "))
    if count(line) <= limit { return line }
    let mark = limit > 3 ? "..." : ""
    var room = limit - mark.count
    var kept = ""
    for character in line {
      room -= width(character)
      if room < 0 { break }
      kept.append(character)
    }
    return kept + mark
  }

  /// Cut and filled to exactly `width` columns.
  package static func fit(_ text: String, _ width: Int, toTheRight: Bool = false) -> String {
    let shown = cut(text, to: width)
    let space = String(repeating: " ", count: max(0, width - count(shown)))
    return toTheRight ? space + shown : shown + space
  }

  /// Lines of at most `width` columns, broken at spaces where there are some.
  package static func wrap(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line: String?
    var used = 0
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      var rest = String(word)
      var length = count(rest)
      if let begun = line {
        if used + 1 + length <= width {
          line = begun + " " + rest
          used += 1 + length
          continue
        }
        lines.append(begun)
      }
      while length > width {
        let part = beginning(of: rest, width)
        lines.append(part)
        rest.removeFirst(part.count)
        length -= count(part)
      }
      (line, used) = (rest, length)
    }
    return lines + [line ?? ""]
  }

  /// The first characters of a text that fit, one at least.
  private static func beginning(of text: String, _ width: Int) -> String {
    var kept = ""
    var room = width
    for character in text {
      room -= self.width(character)
      if room < 0, !kept.isEmpty { break }
      kept.append(character)
    }
    return kept
  }

  /// Two for what terminals draw wide: East Asian scripts and emoji; a character made of several is
  /// as wide as its first.
  private static func width(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first, first.value >= 0x300 else { return 1 }
    if first.properties.isEmojiPresentation { return 2 }
    if character.unicodeScalars.contains("\u{FE0F}") { return 2 }
    switch first.value {
    case 0x300...0x36F: return 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
