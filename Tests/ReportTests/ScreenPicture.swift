// A screen of the program as a picture: each piece of a line at its column, so that the columns
// stand below each other in whatever font a reader has. No font, script or address of elsewhere is
// in it, and the same screen is the same bytes.
import SymphonyReport

struct ScreenPicture {
  /// What was typed to get it.
  var command: String
  var lines: [StyledLine]
  /// Columns of the terminal.
  var width: Int

  /// Pixels, of a text that is 14 pixels high.
  private static let column = 8.4
  private static let row = 19
  private static let margin = 18

  private static let colours: [Style: String] = [
    .red: "#ff7b72", .green: "#7ee787", .yellow: "#e3b341", .dim: "#8b949e", .bold: "#ffffff",
  ]

  var svg: String {
    let rows = lines.count + 2
    let (across, down) = (
      Int(Double(width) * Self.column) + 2 * Self.margin, rows * Self.row + 2 * Self.margin
    )
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(across)" height="\(down)" \
      viewBox="0 0 \(across) \(down)" role="img">
      <title>\(Self.escaped(command))</title>
      <rect width="\(across)" height="\(down)" rx="8" fill="#0d1117"/>
      <g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" \
      font-size="14" fill="#c9d1d9" xml:space="preserve">

      """
    var typed = StyledLine("$ ", .dim)
    typed.add(command, .bold)
    text += row(0, typed.pieces)
    for (number, line) in lines.enumerated() { text += row(number + 2, line.pieces) }
    return text + "</g>\n</svg>\n"
  }

  private func row(_ number: Int, _ pieces: [StyledLine.Piece]) -> String {
    let down = Self.margin + number * Self.row + 14
    var column = 0
    var text = ""
    for piece in pieces {
      let columns = Columns.count(piece.text)
      defer { column += columns }
      // Blanks at either end would be measured by no reader alike.
      let before = piece.text.prefix { $0 == " " }.count
      let shown = piece.text.dropFirst(before)
      let words = shown.prefix(shown.count - shown.reversed().prefix { $0 == " " }.count)
      if words.isEmpty { continue }
      let left = Double(Self.margin) + Double(column + before) * Self.column
      let length = Double(Columns.count(String(words))) * Self.column
      let colour = piece.style.flatMap { Self.colours[$0] }.map { " fill=\"\($0)\"" } ?? ""
      let weight = piece.style == .bold ? " font-weight=\"bold\"" : ""
      text +=
        "<text x=\"\(Self.number(left))\" y=\"\(down)\" textLength=\"\(Self.number(length))\""
        + "\(colour)\(weight)>\(Self.escaped(String(words)))</text>\n"
    }
    return text
  }

  private static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
