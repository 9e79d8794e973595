// The parser's help for a terminal: how a command is called, which the parser leaves on one line
// however many options there are, in lines that fit. Called by the program's entry for all that the
// parser prints.
import SymphonyCore

enum HelpPage {
  private static let mark = "USAGE: "

  /// All other lines stay as they are.
  static func fitted(_ text: String, width: Int) -> String {
    text.splitLines(keepingEmpty: true).map { line in
      line.hasPrefix(mark) && line.count > width ? usage(line, width) : String(line)
    }.joined(separator: "\n")
  }

  private static func usage(_ line: Substring, _ width: Int) -> String {
    let indent = String(repeating: " ", count: mark.count)
    var lines = [mark]
    for part in parts(line.dropFirst(mark.count)) {
      let last = lines[lines.count - 1]
      let isBegun = last != mark && last != indent
      if isBegun, last.count + 1 + part.count > width {
        lines.append(indent + part)
      } else {
        lines[lines.count - 1] += (isBegun ? " " : "") + part
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The pieces that stay on one line: a word, a pair of brackets, an option with its value.
  private static func parts(_ text: Substring) -> [String] {
    var parts: [String] = []
    var depth = 0
    var isOption = false
    for word in text.split(separator: " ") {
      if depth > 0 || isOption && word.hasPrefix("<"), let last = parts.popLast() {
        parts.append("\(last) \(word)")
        isOption = false
      } else {
        parts.append(String(word))
        isOption = word.hasPrefix("-")
      }
      depth += word.count { $0 == "[" } - word.count { $0 == "]" }
    }
    return parts
  }
}
