// stdout is the answer, stderr the log and the errors. Colour only on a terminal and without
// NO_COLOR.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick

enum Output {
  /// One line, whatever is in it: what came from outside can neither end it nor steer the terminal.
  static func answer(_ line: String) { answer([line]) }
  static func answer(_ lines: [String]) { Answer.write(text(lines)) }
  static func error(_ line: String) { log([line]) }
  static func answer(_ lines: [StyledLine]) {
    Answer.write(
      lines.map { obeyed($0.rendered(isColourful: isColourful)) + "\n" }.joined())
  }
  /// An answer that tells what the command has changed by now.
  static func done(_ line: String) {
    Answer.remember(line)
    answer(line)
  }

  /// Among the log, for the runner of a CI step.
  static func runner(_ commands: [RunnerCommand], around lines: [String] = []) -> Bool {
    let ends = commands.map(\.line)
    let inside = lines.map(rendered)
    let all = Array(ends.prefix(1)) + inside + Array(ends.dropFirst())
    return Platform.write(all.map { $0 + "\n" }.joined(), to: 2) == nil
  }

  /// A line as it is, but for what a CI runner would take for a command of ours.
  private static func obeyed(_ line: String) -> String {
    ActionsRunner.isHere ? RunnerText.inert(line) : line
  }

  /// Columns of the terminal; where there is none, $COLUMNS, else 80.
  static var columns: Int {
    Host.terminalColumns ?? Host.environment["COLUMNS"].flatMap { Int($0) }.flatMap {
      $0 > 0 ? $0 : nil
    } ?? 80
  }

  /// Words of ours that are laid out in lines, as help is; they may quote what a person typed.
  static func page(_ text: String, isError: Bool = false) {
    let lines = text.splitLines(keepingEmpty: true).map(String.init)
    let shown: [String] = lines.last == "" ? lines.dropLast() : lines
    if isError { log(shown) } else { answer(shown) }
  }

  /// The only way out for text whose content is not known.
  ///
  /// So no caller needs to think of what a text may hold.
  private static func text(_ lines: [String]) -> String {
    lines.map { rendered($0) + "\n" }.joined()
  }

  /// To stderr.
  /// - Returns: false when not all of it could be written.
  @discardableResult
  static func log(_ lines: [String]) -> Bool { Platform.write(text(lines), to: 2) == nil }

  /// `symphony: error: lower case, what and where`, then the next step.
  ///
  /// `inWords`: also where the log is JSON.
  static func failure(_ message: String, hint: String?, inWords: Bool = false) {
    if inWords, LogStyle.isJSON {
      log(["symphony: error: \(message)"] + (hint.map { ["symphony: hint: \($0)"] } ?? []))
      return
    }
    // Several mistakes of one file come a line each.
    for line in message.splitLines() {
      LogLine(.error, String(line), ["hint": hint]).write(plainly: "symphony: error: \(line)")
    }
    if let hint, !LogStyle.isJSON { self.hint(hint) }
  }

  /// The next step, where nothing failed.
  static func hint(_ text: String) { remark("hint: \(text)") }

  /// One line beside the answer, for a person.
  static func remark(_ text: String) {
    LogLine(.info, text, [:]).write(plainly: "symphony: \(text)")
  }

  /// One line of JSON with stable keys.
  static func json(_ value: some Encodable) throws { answer(try ReportJSON.text(of: value)) }

  /// The same for keys that no type stands for, with the version beside them.
  static func json(_ members: [String: Structure]) throws {
    try json(Structure.object(members.merging(["version": .integer(1)]) { $1 }))
  }

  /// On one line of at most `width` characters, line ends as spaces.
  static func oneLine(_ text: String, _ width: Int = 120) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
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
  /// Stands before the name of a colour until the line is written.
  ///
  /// No text from outside can bring a colour with it, because nobody there knows the mark.
  private static let colourMark = "\u{1B}\(Host.randomHex(bytes: 8))"

  static func paint(_ text: String, _ colour: Colour) -> String {
    isColourful ? "\(colourMark)\(colour.rawValue)m\(text)\(colourMark)0m" : text
  }

  private static func rendered(_ line: String) -> String {
    guard isColourful else { return obeyed(PlainText.line(line)) }
    let parts = line.components(divided: colourMark)
    return parts.enumerated().map { index, part in
      guard index > 0, let end = part.firstIndex(of: "m") else { return PlainText.line(part) }
      return "\u{1B}[\(part[...end])" + PlainText.line(String(part[part.index(after: end)...]))
    }.joined()
  }

  /// As many columns as a reader sees characters.
  private static func width(_ cell: String) -> Int {
    guard isColourful else { return PlainText.line(cell).count }
    return cell.components(divided: colourMark).enumerated().reduce(0) { sum, part in
      let shown = part.offset == 0 ? part.element[...] : part.element.drop { $0 != "m" }.dropFirst()
      return sum + PlainText.line(String(shown)).count
    }
  }

  /// Columns padded to their widest cell; the last one is left as it is.
  static func table(_ rows: [[String]]) -> [String] {
    guard let columns = rows.map(\.count).max() else { return [] }
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? width($0[column]) : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { index, cell in
        index == row.count - 1
          ? cell : cell + String(repeating: " ", count: widths[index] - width(cell))
      }.joined(separator: "  ").trimmingTrailingSpaces()
    }
  }
}

extension String {
  fileprivate func trimmingTrailingSpaces() -> String {
    var slice = self[...]
    while slice.last == " " { slice = slice.dropLast() }
    return String(slice)
  }

  /// The parts between the occurrences of `mark`.
  fileprivate func components(divided mark: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let found = rest.firstRange(of: mark) {
      parts.append(String(rest[..<found.lowerBound]))
      rest = rest[found.upperBound...]
    }
    return parts + [String(rest)]
  }
}
