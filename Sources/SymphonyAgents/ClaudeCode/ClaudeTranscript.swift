// The stream-json lines of claude for a person to read. What a line means for the turn is
// ClaudeReader's part.
import SymphonyCore

extension ClaudeCodeAgent {
  package func transcript() -> any TranscriptReader { ClaudeTranscript() }
}

struct ClaudeTranscript: TranscriptReader {
  mutating func read(_ line: String) -> [TranscriptEntry] {
    guard let object = JSONText.object(line) else { return TranscriptText.entry(.output, line) }
    switch object["type"]?.stringValue {
    case "assistant": return answer(object)
    case "user": return results(object)
    case "system": return system(object)
    case "result": return end(object)
    case "rate_limit_event":
      guard object["rate_limit_info"]?["status"]?.stringValue == "rejected" else { return [] }
      return TranscriptText.entry(.problem, "the account's usage limit is reached")
    default: return []
    }
  }

  private func answer(_ object: Structure) -> [TranscriptEntry] {
    (object["message"]?["content"]?.listValue ?? []).flatMap { block -> [TranscriptEntry] in
      switch block["type"]?.stringValue {
      case "text": TranscriptText.entry(.said, block["text"]?.stringValue)
      case "tool_use":
        TranscriptText.entry(
          .tool,
          TranscriptText.tool(
            block["name"]?.stringValue, block["input"], best: ClaudeTool.argumentKeys))
      default: []
      }
    }
  }

  private func results(_ object: Structure) -> [TranscriptEntry] {
    (object["message"]?["content"]?.listValue ?? []).flatMap { block -> [TranscriptEntry] in
      guard block["type"]?.stringValue == "tool_result" else { return [] }
      return TranscriptText.entry(.result, TranscriptText.words(of: block["content"]))
    }
  }

  private func system(_ object: Structure) -> [TranscriptEntry] {
    switch object["subtype"]?.stringValue {
    case "permission_denied":
      let why = object["decision_reason"]?.stringValue ?? object["message"]?.stringValue
      let tool = object["tool_name"]?.stringValue ?? "a tool"
      return TranscriptText.entry(.denied, why.map { "\(tool): \($0)" } ?? tool)
    case "api_retry":
      return TranscriptText.entry(
        .problem, "the API answered \(object["error"]?.stringValue ?? "an error"), tried again")
    default: return []
    }
  }

  private func end(_ object: Structure) -> [TranscriptEntry] {
    let usage = object["usage"]
    func count(_ key: String) -> Int64 { usage?[key]?.integerValue ?? 0 }
    let read = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"]
      .reduce(Int64(0)) { Usage.capped($0, max(0, count($1))) }
    let spent = TranscriptText.spent(
      input: read, output: count("output_tokens"),
      dollars: object["total_cost_usd"]?.numberValue)
    let how = object["subtype"]?.stringValue ?? "result"
    let errors = (object["errors"]?.listValue ?? []).compactMap(\.stringValue)
    let isError = object["is_error"]?.boolValue == true
    let words = isError ? errors + [object["result"]?.stringValue].compactMap(\.self) : errors
    return words.flatMap { TranscriptText.entry(.problem, $0) }
      + TranscriptText.entry(.turn, "\(isError ? "failed" : how), the session so far: \(spent)")
  }
}
