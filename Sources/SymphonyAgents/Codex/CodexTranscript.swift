// The JSON lines of codex for a person to read. What a line means for the turn is CodexReader's
// part.
import SymphonyCore

extension CodexAgent {
  package func transcript() -> any TranscriptReader { CodexTranscript() }
}

struct CodexTranscript: TranscriptReader {
  mutating func read(_ line: String) -> [TranscriptEntry] {
    guard let object = JSONText.object(line) else { return TranscriptText.entry(.output, line) }
    switch object["type"]?.stringValue {
    case "item.started": return begin(object["item"])
    case "item.completed": return end(object["item"])
    case "error": return TranscriptText.entry(.problem, object["message"]?.stringValue)
    case "turn.failed":
      return TranscriptText.entry(
        .turn, "failed: \(object["error"]?["message"]?.stringValue ?? "it does not say why")")
    case "turn.completed":
      let usage = object["usage"]
      let spent = TranscriptText.spent(
        input: usage?["input_tokens"]?.integerValue ?? 0,
        output: usage?["output_tokens"]?.integerValue ?? 0, dollars: nil)
      return TranscriptText.entry(.turn, "completed, the session so far: \(spent)")
    default: return []
    }
  }

  private func begin(_ item: Structure?) -> [TranscriptEntry] {
    switch item?["type"]?.stringValue {
    case "command_execution":
      TranscriptText.entry(
        .tool, "shell: \(CodexReader.script(item?["command"]?.stringValue ?? ""))")
    case "mcp_tool_call":
      TranscriptText.entry(
        .tool, TranscriptText.tool("mcp \(server(item))", item?["arguments"], best: []))
    default: []
    }
  }

  private func end(_ item: Structure?) -> [TranscriptEntry] {
    func text(_ key: String) -> String? { item?[key]?.stringValue }
    let isDeclined = text("status") == "declined"
    switch text("type") {
    case "agent_message": return TranscriptText.entry(.said, text("text"))
    case "command_execution":
      if isDeclined { return TranscriptText.entry(.denied, "shell: \(text("command") ?? "")") }
      let code = item?["exit_code"]?.integerValue ?? 0
      let printed = TranscriptText.entry(.result, text("aggregated_output"))
      return printed + (code == 0 ? [] : TranscriptText.entry(.result, "exit status \(code)"))
    case "file_change":
      let changes = (item?["changes"]?.listValue ?? []).map { change in
        "\(change["kind"]?.stringValue ?? "change") \(change["path"]?.stringValue ?? "")"
      }
      let line = "files: " + changes.joined(separator: ", ")
      return TranscriptText.entry(isDeclined ? .denied : .tool, line)
    case "mcp_tool_call":
      if let error = item?["error"]?["message"]?.stringValue {
        let isRefused = CodexReader.refusals.contains { error.contains($0) }
        return TranscriptText.entry(isRefused ? .denied : .result, "mcp \(server(item)): \(error)")
      }
      return TranscriptText.entry(
        .result, TranscriptText.words(of: item?["result"]?["content"]))
    case "web_search": return TranscriptText.entry(.tool, "search: \(text("query") ?? "")")
    case "error": return TranscriptText.entry(.problem, text("message"))
    default: return []
    }
  }

  private func server(_ item: Structure?) -> String {
    "\(item?["server"]?.stringValue ?? "?").\(item?["tool"]?.stringValue ?? "?")"
  }
}
