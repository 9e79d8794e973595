// The text of a job's log as an agent and a person may read it: without the stamp before each line,
// without what terminals obey, without secrets known by their form, in lines of a bounded length;
// and the lines around the first failure. Pure.
import SymphonyCore

struct CheckLogText {
  /// Characters of a line: nobody reads more of one.
  private static let lineLimit = 2000
  private static let excerptLimit = 8 << 10
  private static let excerptLines = 100
  /// Lines before the first error.
  private static let before = 20

  var lines: [String]

  /// `isCut`: the bytes begin somewhere in a line, of which the rest says nothing.
  init(_ bytes: [UInt8], isCut: Bool) {
    let text = String(decoding: bytes, as: UTF8.self)
    var lines = text.splitLines(keepingEmpty: true)
    if isCut { lines.removeFirst() }
    if lines.last?.isEmpty == true { lines.removeLast() }
    self.lines = lines.map { Self.line($0) }
  }

  private static func line(_ raw: Substring) -> String {
    var kept = String.UnicodeScalarView()
    var filter = TerminalFilter()
    for scalar in raw.unicodeScalars.prefix(4 * lineLimit)
    where filter.keeps(scalar) && (scalar == "\t" || !scalar.isInvisible) {
      kept.append(scalar)
    }
    let line = withoutStamp(String(kept)[...])
    let isLonger = raw.utf8.count > 4 * lineLimit
    return KnownTokens.masked(
      isLonger || line.unicodeScalars.count > lineLimit ? cut(line) : String(line))
  }

  /// `2026-11-20T10:00:00.1234567Z `.
  private static func withoutStamp(_ line: Substring) -> Substring {
    let head = line.prefix(40).prefix { $0 != " " }
    guard head.last == "Z", head.count >= 20,
      Timestamp(rfc3339: String(head.prefix(19)) + "Z") != nil
    else { return line }
    return line.dropFirst(head.count).drop { $0 == " " }
  }

  /// Cut between words: half a secret is not known as one.
  private static func cut(_ line: Substring) -> String {
    let kept = line.unicodeScalars.prefix(lineLimit)
    let end = kept.lastIndex { $0 == " " || $0 == "\t" } ?? kept.startIndex
    return String(kept[..<end]) + " [...]"
  }

  // MARK: What is shown

  static func log(_ lines: [String]) -> CheckLog? {
    guard lines.contains(where: { !$0.isEmpty }) else { return nil }
    return CheckLog(
      excerpt: excerpt(lines),
      whole: last(lines, bytes: CheckLog.limit, lines: .max).joined(separator: "\n"))
  }

  /// The lines up to the first error, and the last ones.
  private static func excerpt(_ lines: [String]) -> String {
    guard let error = lines.firstIndex(where: { $0.hasPrefix("##[error]") }) else {
      return last(lines, bytes: excerptLimit, lines: excerptLines).joined(separator: "\n")
    }
    let from = max(0, error - before)
    let cause = last(
      Array(lines[from...error]), bytes: excerptLimit / 2, lines: before + 1)
    let mark = "[...]"
    let used = cause.reduce(mark.utf8.count + 2) { $0 + $1.utf8.count + 1 }
    let rest = Array(lines[(error + 1)...])
    let end = last(rest, bytes: excerptLimit - used, lines: excerptLines - cause.count - 1)
    let isJoined = end.count == rest.count
    return (cause + (isJoined ? [] : [mark]) + end).joined(separator: "\n")
  }

  /// The last lines that fit.
  private static func last(_ lines: [String], bytes: Int, lines count: Int) -> [String] {
    var left = bytes
    let kept = lines.reversed().prefix(count).prefix { line in
      left -= line.utf8.count + 1
      return left >= 0
    }
    return kept.reversed()
  }
}
