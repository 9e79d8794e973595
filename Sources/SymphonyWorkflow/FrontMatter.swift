// Cuts WORKFLOW.md in two: settings between `---` lines, and the prompt below, each with the line
// it begins on. Called by `Workflow.read`; it knows nothing of YAML or of templates.

import SymphonyCore

struct FrontMatter {
  /// The largest file that is read, in bytes.
  static let maxBytes = 1_048_576
  /// The longest settings, in bytes: the rest is for the prompt.
  static let maxSettingsBytes = 131_072

  /// The YAML text, with an empty line for every line of the file above it, so that positions in it
  /// are positions in the file.
  ///
  /// Nil: it is too large to be read.
  var yaml: String?
  /// Line of the opening `---`.
  var openingLine = 1
  /// The body without blank lines at either end, line ends as `\n`; empty when there is none.
  var body: String
  /// The line `body` begins on.
  var bodyLine: Int

  /// Why a file has no settings.
  ///
  /// Nothing of such a file is used: every default at once would start the agent on every open
  /// issue.
  enum SyntaxError: Error {
    /// Nothing but blanks.
    case empty
    /// It begins with something else than `---`; where the settings seem to start, if they do.
    case notAtTheTop(seems: TextPosition?)
    case unclosed(TextPosition)
    /// Settings seem to start below the fence that ends them, where nothing reads them.
    case below(TextPosition)
    /// Not UTF-8, or a line end that is none; what it is, and the next step.
    case unreadable(TextPosition, String, hint: String)
  }

  /// A byte order mark, CRLF line ends and blank lines above the front matter are accepted.
  static func split(_ text: String) throws(SyntaxError) -> FrontMatter {
    let lines = normalised(text).splitLines(keepingEmpty: true)
    try refuseBinary(lines)
    try refuseOtherEncodings(lines)
    guard let opening = lines.firstIndex(where: { !isBlank($0) }) else { throw .empty }
    guard isFence(lines[opening]) else {
      if let place = firstReturn(lines[...]) { throw .bareReturn(place) }
      throw .notAtTheTop(seems: likelyStart(lines))
    }
    guard let closing = lines[(opening + 1)...].firstIndex(where: isFence) else {
      if let place = firstReturn(lines[...]) { throw .bareReturn(place) }
      throw .unclosed(TextPosition(line: opening + 1, column: 1))
    }
    let settings = lines[...closing]
    let body = lines[(closing + 1)...]
    if let line = StraySettings.line(in: body, below: lines[(opening + 1)..<closing]) {
      throw .below(TextPosition(line: line + 1, column: 1))
    }
    if let place = firstReturn(settings) { throw .bareReturn(place) }
    try refuseOtherLineEnds(settings)
    if let place = place(of: "\u{FFFD}", in: settings) {
      throw .unreadable(
        place, "this is not UTF-8", hint: "save the file as UTF-8 (`iconv -t UTF-8` converts)")
    }
    let above = String(repeating: "\n", count: opening + 1)
    let yaml = above + lines[(opening + 1)..<closing].joined(separator: "\n") + "\n"
    let (prompt, line) = trimmed(body)
    return FrontMatter(yaml: yaml, openingLine: opening + 1, body: prompt, bodyLine: line)
  }

  /// A program or a picture that was named by mistake: nothing of it is printed.
  ///
  /// A file that begins with a fence is read on: it has settings, and a smaller mistake.
  private static func refuseBinary(_ lines: [Substring]) throws(SyntaxError) {
    guard let opening = lines.first(where: { !isBlank($0) }), !isFence(opening) else { return }
    for (index, line) in lines.enumerated() {
      guard let column = line.unicodeScalars.firstIndex(where: isBinary) else { continue }
      let scalar = line.unicodeScalars[column]
      // A NUL in the first line makes it UTF-16 at least as likely, which has a cure of its own.
      if index == 0, scalar == "\0" || scalar == "\u{FFFD}", line.contains("\0") { return }
      let before = line.unicodeScalars.distance(from: line.unicodeScalars.startIndex, to: column)
      let byte =
        scalar == "\u{FFFD}" ? "a byte that is no UTF-8" : "byte 0x" + hex(UInt8(scalar.value))
      throw .unreadable(
        TextPosition(line: index + 1, column: before + 1), "this is not text: \(byte)",
        hint: "name the workflow file: Markdown with settings between two lines `---`")
    }
  }

  private static func isBinary(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{FFFD}" || scalar.value == 0x7F
      || (scalar.value < 0x20 && !"\t\r\u{C}".unicodeScalars.contains(scalar))
  }

  private static func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  /// UTF-16 and UTF-32 have a NUL in every ASCII character, and so has what a crash left of a file
  /// on some file systems.
  private static func refuseOtherEncodings(_ lines: [Substring]) throws(SyntaxError) {
    guard let place = place(of: "\0", in: lines[...]) else { return }
    throw .unreadable(
      place, "there is a NUL here: the file is UTF-16, or was damaged",
      hint: "save the file as UTF-8 (`iconv -f UTF-16 -t UTF-8` converts)")
  }

  private static func place(of scalar: Unicode.Scalar, in lines: ArraySlice<Substring>)
    -> TextPosition?
  {
    for (index, line) in zip(lines.indices, lines) {
      if let column = Array(line.unicodeScalars).firstIndex(of: scalar) {
        return TextPosition(line: index + 1, column: column + 1)
      }
    }
    return nil
  }

  /// A carriage return that is a line end to YAML, and none to whoever counts lines.
  private static func firstReturn(_ lines: ArraySlice<Substring>) -> TextPosition? {
    place(of: "\r", in: lines)
  }

  /// Characters that end a line in YAML 1.1 and nowhere else.
  ///
  /// A comment ends there, so that what follows is read although nobody sees it as a setting, and
  /// all places below would be told wrong.
  private static func refuseOtherLineEnds(_ lines: ArraySlice<Substring>) throws(SyntaxError) {
    let ends: [(Unicode.Scalar, String)] = [
      ("\u{85}", "next line"), ("\u{2028}", "line separator"), ("\u{2029}", "paragraph separator"),
    ]
    for (scalar, name) in ends {
      guard let place = place(of: scalar, in: lines) else { continue }
      throw .unreadable(
        place, "there is a character here that nobody sees and that ends a line in YAML: \(name)",
        hint: "take it out (U+\(hex(scalar))), or write `\"\\u\(hex(scalar))\"` in a value")
    }
  }

  private static func hex(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// The line most like the first one of settings.
  ///
  /// A fence that is not quite one or not at the top, else the name of a section at the start of a
  /// line.
  private static func likelyStart(_ lines: [Substring]) -> TextPosition? {
    func words(_ line: Substring) -> Substring { line.drop { $0.isWhitespace || $0.isInvisible } }
    let fence = lines.firstIndex { line in
      words(line).hasPrefix("---") && words(line).dropFirst(3).first != "-"
    }
    let section = lines.firstIndex { line in
      line.firstIndex(of: ":").map { sections.contains(words(line[..<$0])) } ?? false
    }
    return (fence ?? section).map { TextPosition(line: $0 + 1, column: 1) }
  }

  private static let sections = Set(
    Schema.all.compactMap { $0.path.split(separator: ".").first })

  /// Without a byte order mark, and with `\n` for `\r\n`.
  ///
  /// Works on scalars: `\r\n` is one `Character`.
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

  static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

  static func isFence(_ line: Substring) -> Bool {
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

extension FrontMatter.SyntaxError {
  fileprivate static func bareReturn(_ place: TextPosition) -> FrontMatter.SyntaxError {
    .unreadable(
      place, "there is a carriage return here that ends no line",
      hint: "save the file with line ends LF or CRLF (`tr '\\r' '\\n'` converts bare ones)")
  }
}

extension Character {
  /// Such as the zero width space that copied text brings along.
  fileprivate var isInvisible: Bool { unicodeScalars.allSatisfy(\.isInvisible) }
}
