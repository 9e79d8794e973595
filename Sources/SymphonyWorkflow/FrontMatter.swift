// Cuts WORKFLOW.md in two: settings between `---` lines, and the prompt below, each with the line
// it begins on. Called by `Workflow.read`; it knows nothing of YAML or of templates.

import SymphonyCore

struct FrontMatter {
  /// The largest file that is read, in bytes.
  static let maxBytes = 1_048_576
  /// The longest settings, in bytes: the rest is for the prompt.
  static let maxSettingsBytes = 131_072

  /// The YAML text, with an empty line for every line of the file above it, so that positions in it
  /// are positions in the file. Nil: the file has no front matter at all.
  var yaml: String?
  /// Line of the opening `---`.
  var openingLine = 1
  /// The body without blank lines at either end, line ends as `\n`; empty when there is none.
  var body: String
  /// The line `body` begins on.
  var bodyLine: Int

  enum Failure: Error { case unclosed(Place) }

  /// A byte order mark, CRLF line ends and blank lines above the front matter are accepted.
  static func split(_ text: String) throws(Failure) -> FrontMatter {
    var lines = normalised(text).split(separator: "\n", omittingEmptySubsequences: false)[...]
    let all = lines
    while let first = lines.first, isBlank(first) { lines = lines.dropFirst() }
    guard let opening = lines.first, isFence(opening) else {
      let (body, line) = trimmed(all)
      return FrontMatter(yaml: nil, body: body, bodyLine: line)
    }
    let openingIndex = lines.startIndex
    guard let closing = lines.dropFirst().firstIndex(where: isFence) else {
      throw .unclosed(Place(line: openingIndex + 1, column: 1))
    }
    let above = String(repeating: "\n", count: openingIndex + 1)
    let yaml = above + lines[(openingIndex + 1)..<closing].joined(separator: "\n") + "\n"
    let (body, line) = trimmed(all[(closing + 1)...])
    return FrontMatter(
      yaml: yaml, openingLine: openingIndex + 1, body: body, bodyLine: line)
  }

  /// Without a byte order mark, and with `\n` for `\r\n`. Works on scalars: `\r\n` is one
  /// `Character`.
  static func normalised(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var pendingReturn = false
    for (index, scalar) in text.unicodeScalars.enumerated() {
      if index == 0, scalar == "\u{FEFF}" { continue }
      if pendingReturn, scalar != "\n" { result.append("\r") }
      pendingReturn = scalar == "\r"
      if !pendingReturn { result.append(scalar) }
    }
    if pendingReturn { result.append("\r") }
    return String(result)
  }

  private static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

  private static func isFence(_ line: Substring) -> Bool {
    line.hasPrefix("---") && line.dropFirst(3).allSatisfy(\.isWhitespace)
  }

  private static func trimmed(_ lines: ArraySlice<Substring>) -> (String, Int) {
    var body = lines
    while let first = body.first, isBlank(first) { body = body.dropFirst() }
    while let last = body.last, isBlank(last) { body = body.dropLast() }
    guard !body.isEmpty else { return ("", max(1, lines.endIndex)) }
    return (body.joined(separator: "\n") + "\n", body.startIndex + 1)
  }
}
