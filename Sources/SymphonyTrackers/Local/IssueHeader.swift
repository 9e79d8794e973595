// A strict reader for the small part of YAML that issue files need: `key: value` with plain or
// quoted scalars, inline lists `[a, b]` and block lists of `- x`. Everything else is an error
// with its line, because a misread `blocked_by` would start work too early. LocalIssue and
// LocalRecords read and write with it.
import SymphonyCore

struct IssueHeader: Hashable {
  enum Value: Hashable {
    case scalar(String)
    case list([String])
    /// A scalar counts as a list of one; an empty one as none.
    var list: [String] {
      switch self {
      case .scalar(let text): text.isEmpty ? [] : [text]
      case .list(let values): values
      }
    }
  }
  struct SyntaxError: Error, Hashable {
    /// Counted from 1 in the file.
    var line: Int
    var sentence: String
  }

  var values: [String: Value] = [:]
  var lines: [String: Int] = [:]
  var body = ""
  /// The lines of each entry, counted from 0: more than one for a block list.
  private(set) var extents: [String: Range<Int>] = [:]
  /// The line with the closing fence, counted from 0; nil: the file is all body.
  private(set) var close: Int?

  /// A file without a first line `---` is all body.
  init(_ text: String) throws(SyntaxError) {
    let all = Self.split(text)
    guard let first = all.first, Self.isFence(first) else {
      body = all.joined(separator: "\n")
      return
    }
    guard let close = all.dropFirst().firstIndex(where: Self.isFence) else {
      throw SyntaxError(
        line: 1, sentence: "the front matter that begins here is not closed by `---`")
    }
    body = all[(close + 1)...].joined(separator: "\n")
    self.close = close
    var index = 1
    while index < close { try readEntry(all, &index, close) }
  }

  /// The lines without their ends, as slices of the text; a byte order mark is skipped.
  static func split(_ text: String) -> [Substring] {
    var content = text[...]
    if content.first == "\u{FEFF}" { content = content.dropFirst() }
    return content.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  }

  private static func isFence(_ line: Substring) -> Bool {
    line.hasPrefix("---") && line.dropFirst(3).allSatisfy { $0 == " " || $0 == "\t" }
  }

  private mutating func readEntry(_ all: [Substring], _ index: inout Int, _ close: Int)
    throws(SyntaxError)
  {
    let (line, number) = (all[index], index + 1)
    index += 1
    if Self.isBlank(line) { return }
    guard line.first?.isWhitespace == false, !line.hasPrefix("- ") else {
      throw SyntaxError(
        line: number, sentence: "`key: value` is expected here, without indentation")
    }
    guard let colon = line.firstIndex(of: ":") else {
      throw SyntaxError(
        line: number, sentence: "`key: value` is expected here, but there is no colon")
    }
    let key = line[..<colon].trimmingWhitespace()
    let isName = key.unicodeScalars.allSatisfy {
      $0.isASCII
        && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_" || $0 == "-")
    }
    let rest = line[line.index(after: colon)...]
    guard isName, !key.isEmpty, rest.isEmpty || rest.first?.isWhitespace == true else {
      throw SyntaxError(line: number, sentence: "`\(line)` is not of the form `key: value`")
    }
    guard values[key] == nil else {
      throw SyntaxError(
        line: number, sentence: "`\(key)` is given twice, first in line \(lines[key] ?? 0)")
    }
    lines[key] = number
    extents[key] = (number - 1)..<number
    let text = Self.withoutRemark(rest)
    if !text.isEmpty {
      values[key] = try Self.readValue(text, number)
      return
    }
    var items: [String] = []
    var isList = false
    while index < close {
      let next = all[index].trimmingWhitespace()
      guard next == "-" || next.hasPrefix("- ") || Self.isBlank(all[index]) else { break }
      index += 1
      if next.hasPrefix("-") {
        isList = true
        extents[key] = (number - 1)..<index
        items.append(try Self.readScalar(Self.withoutRemark(next.dropFirst()), index))
      }
    }
    values[key] = isList ? .list(items) : .scalar("")
  }

  private static func isBlank(_ line: Substring) -> Bool {
    let text = line.trimmingWhitespace()
    return text.isEmpty || text == "#" || text.hasPrefix("# ")
  }

  /// Drops a trailing ` # remark`.
  ///
  /// A `#` without a space behind it stays: `#12` names an issue.
  static func withoutRemark(_ text: some StringProtocol) -> String {
    let trimmed = text.trimmingWhitespace()
    if let quote = trimmed.first, quote == "\"" || quote == "'" { return trimmed }
    if trimmed == "#" || trimmed.hasPrefix("# ") { return "" }
    guard let mark = trimmed.firstRange(of: " # ") else { return trimmed }
    return trimmed[..<mark.lowerBound].trimmingWhitespace()
  }

  private static func readValue(_ text: String, _ line: Int) throws(SyntaxError) -> Value {
    guard text.hasPrefix("[") else { return .scalar(try readScalar(text, line)) }
    guard text.hasSuffix("]"), text.count >= 2 else {
      throw SyntaxError(line: line, sentence: "the list is not closed by `]` on its line")
    }
    var items: [String] = []
    var current = ""
    var quote: Character?
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      if let open = quote {
        current.append(character)
        if isEscaped {
          isEscaped = false
        } else if character == "\\", open == "\"" {
          isEscaped = true
        } else if character == open {
          quote = nil
        }
      } else if character == "," {
        items.append(try readScalar(current.trimmingWhitespace(), line))
        current = ""
      } else {
        if character == "\"" || character == "'", current.trimmingWhitespace().isEmpty {
          quote = character
        }
        if character == "[" || character == "]" || character == "{" {
          throw SyntaxError(line: line, sentence: "lists inside lists are not supported")
        }
        current.append(character)
      }
    }
    let last = current.trimmingWhitespace()
    if !last.isEmpty || quote != nil { items.append(try readScalar(last, line)) }
    return .list(items)
  }

  static func readScalar(_ text: String, _ line: Int) throws(SyntaxError) -> String {
    guard let first = text.first else { return "" }
    if first == "\"" || first == "'" { return try readQuoted(text, first, line) }
    if "{[&*!|>%@`".contains(first) || text.hasPrefix("? ") {
      throw SyntaxError(
        line: line,
        sentence: "a value cannot begin with `\(first)`; write it in double quotes if it is text")
    }
    return ["~", "null", "Null", "NULL"].contains(text) ? "" : text
  }

  private static func readQuoted(_ text: String, _ quote: Character, _ line: Int)
    throws(SyntaxError) -> String
  {
    var value = ""
    var rest = text.dropFirst()
    while let character = rest.popFirst() {
      if character == quote {
        if quote == "'", rest.first == "'" {
          value.append("'")
          rest = rest.dropFirst()
          continue
        }
        let remainder = rest.trimmingWhitespace()
        guard remainder.isEmpty || remainder.hasPrefix("#") else {
          throw SyntaxError(line: line, sentence: "there is text behind the closing quote")
        }
        return value
      }
      guard character == "\\", quote == "\"" else {
        value.append(character)
        continue
      }
      switch rest.popFirst() {
      case "n"?: value.append("\n")
      case "t"?: value.append("\t")
      case let escaped? where escaped == "\"" || escaped == "\\" || escaped == "/":
        value.append(escaped)
      default:
        throw SyntaxError(
          line: line, sentence: "this escape is not supported (\\\" \\\\ \\n \\t are)")
      }
    }
    throw SyntaxError(line: line, sentence: "the quote is not closed on its line")
  }

  /// A double-quoted scalar that reads back as `text`, control characters other than line ends
  /// and tabs replaced by spaces.
  static func quote(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      default:
        let isBreak = Character(scalar).isNewline
        let isControl = scalar.properties.generalCategory == .control
        quoted.unicodeScalars.append(isBreak || isControl ? " " : scalar)
      }
    }
    return quoted + "\""
  }
}
