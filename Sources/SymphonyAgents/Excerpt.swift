// Cuts agents' texts to size: what an agent says is untrusted and of any length, and ends up in
// terminals, result files and pull requests. Cuts fall between characters; control characters and
// whole sequences for terminals go (TerminalFilter). Called by every adapter; it knows nothing of
// what the texts mean.
import SymphonyCore

enum Excerpt {
  /// Most characters of a turn's message.
  static let messageLimit = 4000
  /// A character may be built of any number of scalars, so bytes are limited too.
  private static let bytesPerCharacter = 4

  /// One line for people: white space collapsed, at most `limit` characters, `…` where something is
  /// missing.
  static func line(_ text: String, limit: Int = 80) -> String {
    // Four times the limit is plenty to fill one line, and a tool's input may be megabytes.
    let start = head(text, limit * 4)
    let words = printable(start).split(whereSeparator: \.isWhitespace)
    let joined = words.joined(separator: " ")
    let isWhole = start.utf8.count == text.utf8.count
    if isWhole, head(joined, limit).utf8.count == joined.utf8.count { return joined }
    return head(joined, limit - 1) + "…"
  }

  /// At most 4,000 characters.
  ///
  /// Both ends are kept, because agents put what matters last: the middle goes.
  static func message(_ text: String, limit: Int = messageLimit) -> String {
    let trimmed = printable(ends(of: text, limit)).trimmingWhitespace()
    if head(trimmed, limit).utf8.count == trimmed.utf8.count { return trimmed }
    let gap = "\n[...]\n"
    let half = (limit - gap.count) / 2
    return head(trimmed, half) + gap + tail(trimmed, limit - gap.count - half)
  }

  /// The last `limit` characters, for logs, where only the end matters.
  static func end(_ text: String, limit: Int = messageLimit) -> String {
    tail(printable(ends(of: text, limit)).trimmingWhitespace(), limit)
  }

  /// Without the middle of a text far longer than anything that is kept of it: looking at each of
  /// its characters would take long.
  private static func ends(of text: String, _ limit: Int) -> String {
    let most = limit * 16
    if text.utf8.count <= 2 * most { return text }
    return String(decoding: text.utf8.prefix(most), as: UTF8.self) + "\n"
      + String(decoding: text.utf8.suffix(most), as: UTF8.self)
  }

  private static func head(_ text: String, _ limit: Int) -> String {
    var bytes = 0
    return String(
      text.prefix(limit).prefix { character in
        bytes += character.utf8.count
        return bytes <= limit * bytesPerCharacter
      })
  }

  private static func tail(_ text: String, _ limit: Int) -> String {
    var bytes = 0
    let kept = text.suffix(limit).reversed().prefix { character in
      bytes += character.utf8.count
      return bytes <= limit * bytesPerCharacter
    }
    return String(kept.reversed())
  }

  /// Without control characters except line ends and tabs, and without what terminals obey.
  private static func printable(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x09 }
    if isPlain { return text }
    var kept = String.UnicodeScalarView()
    var filter = TerminalFilter()
    for scalar in text.unicodeScalars where filter.keeps(scalar) { kept.append(scalar) }
    return String(kept)
  }
}
