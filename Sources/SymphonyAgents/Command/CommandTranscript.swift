// A command's output for a person to read: its reports in words, all else as it is. CommandReader
// decides what a line means for the turn.
import SymphonyCore

extension CommandAgent {
  package func transcript() -> any TranscriptReader { CommandTranscript() }
}

struct CommandTranscript: TranscriptReader {
  mutating func read(_ line: String) -> [TranscriptEntry] {
    switch CommandReport(line) {
    case nil: TranscriptText.entry(.output, line)
    case .progress(let message): TranscriptText.entry(.said, message)
    case .usage(let usage, _, let isCumulative):
      TranscriptText.entry(
        .turn,
        (isCumulative ? "the session so far: " : "")
          + TranscriptText.spent(
            input: usage.inputTokens, output: usage.outputTokens, dollars: usage.costUSD))
    case .session: []
    case .result(let result):
      TranscriptText.entry(.said, result.message)
        + TranscriptText.entry(.turn, "result: \(result.status.rawValue)")
    }
  }
}
