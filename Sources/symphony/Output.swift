// stdout is the answer, stderr the log and the errors. Colour only on a terminal and without
// NO_COLOR.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform

enum Output {
  static func answer(_ text: String) {
    Platform.write(text.hasSuffix("\n") ? text : text + "\n", to: 1)
  }
  static func error(_ text: String) {
    Platform.write(text.hasSuffix("\n") ? text : text + "\n", to: 2)
  }

  /// `symphony: error: lower case, what and where`, then the next step.
  static func failure(_ message: String, hint: String?) {
    for line in message.split(whereSeparator: \.isNewline) {
      error("symphony: error: " + printable(String(line)))
    }
    if let hint { error("symphony: hint: " + printable(hint)) }
  }

  /// Versioned, stable keys, sorted.
  static func json(_ members: [String: Structure]) throws {
    var object = members
    object["version"] = .integer(1)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    answer(String(decoding: try encoder.encode(Structure.object(object)), as: UTF8.self))
  }

  /// Text from outside on a terminal: control characters (escape sequences among them) become `?`.
  static func printable(_ text: String) -> String {
    var safe = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      // Bidirectional overrides can make a line read as another.
      let isOverride =
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      safe.append((isControl && scalar != "\n") || isOverride ? "?" : scalar)
    }
    return String(safe)
  }

  /// On one line of at most `width` characters.
  static func oneLine(_ text: String, _ width: Int = 120) -> String {
    let line = printable(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    return line.count <= width ? line : line.prefix(max(0, width - 3)) + "..."
  }

  enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case dim = "2"
    case bold = "1"
  }
  static let isColourful: Bool =
    Host.isTerminalOutput && (Host.environment["NO_COLOR"] ?? "").isEmpty
    && Host.environment["TERM"] != "dumb"
  static func paint(_ text: String, _ colour: Colour) -> String {
    isColourful ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Columns padded to their widest cell; the last one is left as it is.
  static func table(_ rows: [[String]]) -> String {
    guard let columns = rows.map(\.count).max() else { return "" }
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { index, cell in
        index == row.count - 1
          ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
      }.joined(separator: "  ").trimmingTrailingSpaces()
    }.joined(separator: "\n")
  }
}

extension String {
  fileprivate func trimmingTrailingSpaces() -> String {
    var slice = self[...]
    while slice.last == " " { slice = slice.dropLast() }
    return String(slice)
  }
}
