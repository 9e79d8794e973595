// What a person reads of an agent's output: every adapter's reader over the recordings of the real
// agents. Words, tools, answers, denials and costs come out; nothing that a terminal obeys does.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct TranscriptTests {
  /// By kind: what the recorded lines become.
  private static let recorded: [String: (file: String, entries: [TranscriptEntry])] = [
    "claude_code": (
      "claude-tools-denied.ndjson",
      [
        .init(.tool, "Bash: git push origin HEAD"),
        .init(.denied, "Bash: This command requires approval"),
        .init(.result, "This command requires approval"),
        .init(.tool, "Write: /srv/other/x"),
        .init(.denied, "Write: Path is outside allowed working directories"),
        .init(
          .result,
          "Claude requested permissions to write to /srv/other/x, but you haven't granted it yet."),
      ]
    ),
    "codex": (
      "codex-exec-mcp.ndjson",
      [
        .init(.tool, #"mcp echo.echo: {"s":"hi"}"#), .init(.result, "echo: hi"),
        .init(.said, "ok"),
        .init(.turn, "completed, the session so far: 200 tokens in, 40 out"),
      ]
    ),
    "opencode": (
      "opencode-success.ndjson",
      [
        .init(.said, "I will look."), .init(.tool, "bash: ls"), .init(.result, "x"),
        .init(.turn, "step tool-calls: 30 tokens in, 3 out, $0.50"), .init(.said, "Done."),
        .init(.turn, "step stop: 30 tokens in, 3 out, $0.25"),
      ]
    ),
    "command": (
      "command-success.ndjson",
      [
        .init(.output, "looking around"), .init(.said, "half way"),
        .init(.turn, "10 tokens in, 3 out, $0.50"), .init(.said, "Done."),
        .init(.turn, "result: success"),
      ]
    ),
  ]

  private func read(_ agent: any Agent, _ lines: [String]) -> [TranscriptEntry] {
    var reader = agent.transcript()
    return lines.flatMap { reader.read($0) }
  }

  @Test func everyAgentOfTheRegistryHasARecording() {
    #expect(Set(Self.recorded.keys) == Set(AgentRegistry.all.map(\.kind)))
  }

  @Test(arguments: AgentRegistry.all.map(\.kind))
  func aRecordingBecomesWhatItTells(_ kind: String) throws {
    let agent = try AgentRegistry.find(kind: kind)
    let (file, entries) = try #require(Self.recorded[kind])
    let told = read(agent, AgentWorld.recorded(file))
    #expect(Array(told.prefix(entries.count)) == entries)
    #expect(told.contains { $0.kind == .turn }, "each turn's cost")
  }

  /// What no adapter expects: foreign recordings, broken JSON, floods, and orders to a terminal.
  @Test(arguments: AgentRegistry.all.map(\.kind))
  func whateverIsPrintedIsCutAndPlain(_ kind: String) throws {
    let agent = try AgentRegistry.find(kind: kind)
    var lines = ["", "{", "[]", "null", "{\"type\":[]}", "{\"type\":\"result\",\"usage\":7}"]
    for (file, _) in Self.recorded.values { lines += AgentWorld.recorded(file) }
    let hostile = "\u{1B}]0;owned\u{7}\u{1B}[2J\u{9B}31mred\u{0}"
    let quoted = JSONText.encode(.string(String(repeating: hostile + "word\\n", count: 20_000)))
    lines += [
      hostile, String(repeating: "z", count: 1_000_000),
      #"{"type":"assistant","message":{"content":[{"type":"text","text":"# + quoted + "}]}}",
      #"{"type":"item.completed","item":{"type":"agent_message","text":"# + quoted + "}}",
      #"{"type":"text","part":{"text":"# + quoted + "}}",
      #"{"type":"progress","message":"# + quoted + "}",
    ]
    for entry in read(agent, lines) {
      #expect(entry.text.count <= 4000)
      #expect(
        !entry.text.unicodeScalars.contains { scalar in
          scalar != "\n" && scalar != "\t"
            && (scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value))
        })
      // A command's line is shown as it is, and JSON writes ESC with six letters.
      #expect(!entry.text.replacing(#"\u001b[2J"#, with: "").contains("[2J"), "its remains")
    }
  }

  @Test func anAnswerOfManyLinesIsCut() throws {
    let answer = (1...50).map { "line \($0)" }.joined(separator: "\n")
    let entries = TranscriptText.entry(.result, answer)
    #expect(
      entries.map(\.text) == ["line 1\nline 2\nline 3\nline 4\nline 5\nline 6\n[44 more lines]"])
  }
}
