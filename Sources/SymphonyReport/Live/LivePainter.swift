// The fewest bytes that turn what a terminal shows into new lines: only lines that differ are
// written, each at its own place, so that nothing scrolls, flickers or depends on the line above.
// Knows escape sequences (ECMA-48) and what is on the screen; decides nothing about either.

package struct LivePainter: Sendable {
  private let isColourful: Bool
  /// As they were written; what the terminal shows.
  private var shown: [String] = []

  package init(isColourful: Bool) { self.isColourful = isColourful }

  /// The bytes for a screen of these lines; empty where it shows them already.
  ///
  /// `whole`: the terminal may show anything, because it has another size or somebody else used it.
  package mutating func paint(_ lines: [StyledLine], whole: Bool = false) -> String {
    let new = lines.map(row)
    let isWhole = whole || new.count != shown.count
    var bytes = isWhole ? "\u{1B}[2J" : ""
    for (index, text) in new.enumerated() where isWhole || shown[index] != text {
      bytes += "\u{1B}[\(index + 1);1H\u{1B}[2K" + text
    }
    shown = new
    if bytes.isEmpty { return "" }
    // Terminals that know synchronized output draw all of it at once; the others pass it over.
    return "\u{1B}[?2026h\u{1B}[0m" + bytes + "\u{1B}[?2026l"
  }

  /// Each piece that comes behind other than ASCII is put into its column by number: terminals
  /// disagree about how wide such characters are, and what stands beside them must not move.
  private func row(_ line: StyledLine) -> String {
    var text = ""
    var column = 0
    var isCertain = true
    for piece in line.pieces {
      if !isCertain { text += "\u{1B}[\(column + 1)G" }
      if isColourful, let style = piece.style {
        text += "\u{1B}[\(style.rawValue)m\(piece.text)\u{1B}[0m"
      } else {
        text += piece.text
      }
      column += Columns.count(piece.text)
      if !piece.text.utf8.allSatisfy({ $0 < 0x80 }) { isCertain = false }
    }
    return text
  }
}
