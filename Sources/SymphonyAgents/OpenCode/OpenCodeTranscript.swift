// The JSON lines of OpenCode for a person to read. What a line means for the turn is
// OpenCodeReader's part.
import SymphonyCore

extension OpenCodeAgent {
  package func transcript() -> any TranscriptReader { OpenCodeTranscript() }
}

struct OpenCodeTranscript: TranscriptReader {
  mutating func read(_ line: String) -> [TranscriptEntry] {
    guard let object = JSONText.object(line) else {
      let isRefusal = line.contains("permission requested: ")
      return TranscriptText.entry(isRefusal ? .denied : .output, line)
    }
    let part = object["part"]
    switch object["type"]?.stringValue {
    case "text": return TranscriptText.entry(.said, part?["text"]?.stringValue)
    case "tool_use": return tool(part)
    case "step_finish":
      let tokens = part?["tokens"]
      func count(_ value: Structure?) -> Int64 { max(0, value?.integerValue ?? 0) }
      let read = Usage.capped(count(tokens?["input"]), count(tokens?["cache"]?["read"]))
      let spent = TranscriptText.spent(
        input: read, output: count(tokens?["output"]), dollars: part?["cost"]?.numberValue)
      return TranscriptText.entry(
        .turn, "step \(part?["reason"]?.stringValue ?? "ended"): \(spent)")
    case "error":
      let error = object["error"]
      let words =
        error?["data"]?["message"]?.stringValue ?? error?["message"]?.stringValue
        ?? error?["name"]?.stringValue
      return TranscriptText.entry(.problem, words ?? "an error")
    case "done":
      return (object["rejected"]?.listValue ?? []).flatMap {
        TranscriptText.entry(.denied, $0.stringValue)
      }
    default: return []
    }
  }

  private func tool(_ part: Structure?) -> [TranscriptEntry] {
    let state = part?["state"]
    let asked = TranscriptText.entry(
      .tool,
      TranscriptText.tool(
        part?["tool"]?.stringValue, state?["input"], best: OpenCodeReader.argumentKeys))
    guard state?["status"]?.stringValue == "error" else {
      return asked + TranscriptText.entry(.result, state?["output"]?.stringValue)
    }
    let error = state?["error"]?.stringValue ?? "failed"
    let isRefused = OpenCodeReader.refusals.contains { error.contains($0) }
    return asked + TranscriptText.entry(isRefused ? .denied : .result, error)
  }
}
