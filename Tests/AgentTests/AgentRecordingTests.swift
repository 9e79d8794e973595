// A good turn of every agent in the registry, read from a file: whole it is a success, and cut off
// anywhere before its end by a kill it is none. A kind that has no such file fails here. Those of
// OpenCode and of commands are made by hand after what they print; the others are the real agents'.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct AgentRecordingTests {
  private static let kinds = AgentRegistry.all.map(\.kind)
  private static let goodTurns = [
    "claude_code": "claude-stream-success.ndjson",
    "codex": "codex-exec-success.ndjson",
    "opencode": "opencode-success.ndjson",
    "command": "command-success.ndjson",
  ]

  /// One table of names: what a workflow may say, and what drives it.
  @Test func everyKindHasAnAdapterAndARecording() {
    #expect(Self.kinds.sorted() == AgentKind.all.map(\.name).sorted())
    #expect(Set(Self.kinds) == Set(Self.goodTurns.keys))
    #expect(Self.kinds.contains(AgentKind.standard))
  }

  @Test(arguments: kinds)
  func aGoodTurnIsOneOnlyWhenItIsWhole(_ kind: String) throws {
    let agent = try AgentRegistry.find(kind: kind)
    let lines = AgentWorld.recorded(try #require(Self.goodTurns[kind]))
    try #require(lines.count >= 4, "the recording of \(kind) is missing or empty")
    let whole = AgentWorld.replay(lines, .exited(0), agent: agent)
    #expect(whole.outcome.kind == .succeeded)
    #expect(!whole.outcome.message.isEmpty && whole.outcome.trouble == nil)
    #expect(whole.outcome.usage.outputTokens > 0 && !whole.activities.isEmpty)
    #expect(whole.outcome.session?.id.isEmpty == false)
    // What ends a turn is its last line, and everything may be cut in the middle of a line.
    for count in 0..<lines.count - 1 {
      var part = Array(lines.prefix(count))
      part.append(String(lines[count].prefix(lines[count].count / 2)))
      let cut = AgentWorld.replay(part, .signalled(9), errorTail: "Killed", agent: agent).outcome
      #expect(cut.kind != .succeeded && !cut.message.isEmpty, "after \(count) lines")
    }
  }
}
