// Reads the agent's word about itself in the last lines of its message: `SYMPHONY: continue` and
// `SYMPHONY: blocked: <reason>`. Only its own word counts: many programs repeat their prompt, and
// the prompt was written by the workflow, by us, or by the author of the issue. Called by TurnLoop;
// knows nothing of turns.
import SymphonyCore

enum AgentWord: Hashable {
  case nothing
  case goOn
  case blocked(String)

  /// `told`: all that was said to the agent.
  init(_ message: String, told: ToldWords = ToldWords()) {
    self = .nothing
    let lines = message.split { $0.isNewline }.map { $0.trimmingWhitespace() }
      .filter { !$0.isEmpty }
    for (index, line) in lines.enumerated().suffix(5) {
      let bare = String(line.drop { "*`_> -#".contains($0) })
      guard bare.lowercased().hasPrefix(ToldWords.mark) else { continue }
      var word = bare.dropFirst(ToldWords.mark.count).trimmingWhitespace()
      while let last = word.last, "*`_".contains(last) { word.removeLast() }
      let neighbours = [index - 1, index + 1].filter(lines.indices.contains).map { lines[$0] }
      if told.echoes(bare, beside: neighbours) { continue }
      let lower = word.lowercased()
      if lower == "continue" || lower == "continue." { self = .goOn }
      if lower.hasPrefix("blocked") {
        let reason = String(word.dropFirst("blocked".count).drop { ": ".contains($0) })
        if Self.isPlaceholder(reason) { continue }
        self = .blocked(reason.isEmpty ? "no reason given" : reason)
      }
    }
  }

  /// A form that nobody filled in: `<reason>`, `[why]`, `{reason}`, `...`.
  private static func isPlaceholder(_ reason: String) -> Bool {
    let bare = reason.trimmed { "`*_.,;:!\"' ".contains($0) }
    if bare.isEmpty { return !reason.isEmpty }
    guard let first = bare.first, let last = bare.last else { return false }
    return bare == "\u{2026}" || ["<>", "[]", "{}"].contains("\(first)\(last)")
  }
}

/// The words said to the agent that could pass for its own when it repeats them.
struct ToldWords {
  static let mark = "symphony:"
  /// From a mark to the end of its line, wherever in the line it stands.
  private var marks: Set<String> = []
  private var lines: Set<String> = []

  mutating func add(_ text: String) {
    guard text.lowercased().contains(Self.mark) else { return }
    for line in text.split(whereSeparator: \.isNewline) {
      let plain = Self.plain(line)
      if plain.isEmpty { continue }
      lines.insert(plain)
      for found in plain.ranges(of: Self.mark) {
        marks.insert(Self.plain(plain[found.lowerBound...]))
      }
    }
  }

  /// Every text in it.
  mutating func add(_ structure: Structure) {
    if let text = structure.stringValue { add(text) }
    for element in structure.listValue ?? [] { add(element) }
    for (_, member) in structure.objectValue ?? [:] { add(member) }
  }

  /// A sentence with a reason is nobody's own when it was said before.
  ///
  /// A bare word may well be the agent's, who was told to use it: unless it stands beside what else
  /// was said.
  func echoes(_ line: String, beside neighbours: [String]) -> Bool {
    let plain = Self.plain(line)
    let isBare = ["continue", "blocked"].contains {
      plain == "\(Self.mark) \($0)" || plain == Self.mark + $0
    }
    // A terminal's width may have broken it.
    guard marks.contains(where: { isBare ? $0 == plain : $0.hasPrefix(plain) }) else {
      return false
    }
    return !isBare || neighbours.contains { lines.contains(Self.plain($0)) }
  }

  /// Small letters, one space between words, without the marks of Markdown around it.
  private static func plain(_ text: some StringProtocol) -> String {
    text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
      .trimmed { "*`_> -#.|\"'".contains($0) }
  }
}

extension StringProtocol {
  fileprivate func trimmed(_ isOutside: (Character) -> Bool) -> String {
    var rest = self[...]
    while let first = rest.first, isOutside(first) { rest = rest.dropFirst() }
    while let last = rest.last, isOutside(last) { rest = rest.dropLast() }
    return String(rest)
  }
}
