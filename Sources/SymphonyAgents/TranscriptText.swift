// Cuts what goes into a transcript: words of an agent to a page, arguments and results of tools to
// a line or a few. The adapters' transcript readers call it; they say what a line is.
import SymphonyCore

enum TranscriptText {
  /// Characters of an agent's message.
  static let wordsLimit = 4000
  /// Characters of a tool's arguments.
  static let toolLimit = 200
  /// Characters, and lines, of a tool's answer.
  static let resultLimit = 600
  static let resultLines = 6

  static func entry(_ kind: TranscriptEntry.Kind, _ text: String?) -> [TranscriptEntry] {
    guard let text else { return [] }
    let cut =
      switch kind {
      case .said, .output: Excerpt.message(text, limit: wordsLimit)
      case .result: result(text)
      case .tool, .denied, .problem, .turn: Excerpt.line(text, limit: toolLimit)
      }
    return cut.isEmpty ? [] : [TranscriptEntry(kind, cut)]
  }

  private static func result(_ text: String) -> String {
    let short = Excerpt.message(text, limit: resultLimit)
    let lines = short.splitLines(keepingEmpty: true)
    if lines.count <= resultLines { return short }
    return lines.prefix(resultLines).joined(separator: "\n")
      + "\n[\(lines.count - resultLines) more lines]"
  }

  /// `a tool: what it is asked for`.
  static func tool(_ name: String?, _ input: Structure?, best keys: [String]) -> String {
    let name = name ?? "tool"
    if let argument = keys.lazy.compactMap({ input?[$0]?.stringValue }).first {
      return "\(name): \(argument)"
    }
    guard let input, input.objectValue?.isEmpty == false else { return name }
    return "\(name): \(JSONText.encode(input))"
  }

  /// `1200 tokens in, 80 out, $0.12`; `dollars` nil: the agent tells none.
  static func spent(input: Int64, output: Int64, dollars: Double?) -> String {
    let cost = dollars.map { $0.isFinite ? ", $\(PullRequestText.money(max(0, $0)))" : "" } ?? ""
    return "\(max(0, input)) tokens in, \(max(0, output)) out\(cost)"
  }

  /// A text, or the texts of a list of blocks.
  static func words(of content: Structure?) -> String? {
    if let text = content?.stringValue { return text }
    let texts = (content?.listValue ?? []).compactMap { $0["text"]?.stringValue }
    return texts.isEmpty ? nil : texts.joined(separator: "\n")
  }
}
