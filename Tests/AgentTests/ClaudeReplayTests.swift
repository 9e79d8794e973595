// The recorded outputs of the real claude through the reader: outcome, session, events; and what
// lines that are not its own do to them.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ClaudeReplayTests {
  @Test(arguments: Recording.all)
  func endsAsRecorded(_ recording: Recording) throws {
    let lines = AgentWorld.recorded(recording.file)
    try #require(!lines.isEmpty)
    let replay = AgentWorld.replay(lines, recording.exit)
    #expect(replay.outcome.kind == recording.kind)
    #expect(replay.outcome.message == recording.message)
    #expect(replay.outcome.session?.id == recording.session)
    let usage = replay.outcome.usage
    #expect(abs(usage.costUSD - recording.cost) < 1e-9)
    #expect([usage.inputTokens, usage.cachedInputTokens, usage.outputTokens] == recording.tokens)
    #expect(abs((replay.outcome.session?.counted.total.costUSD ?? 0) - recording.cost) < 1e-9)
    #expect(replay.outcome.denied == recording.denied)
    #expect(replay.activities == recording.activities)
    let sessions = replay.events.compactMap {
      if case .session(let id) = $0 { id } else { nil }
    }
    #expect(sessions == [recording.session].compactMap { $0 })
  }

  @Test func everyRecordingOfClaudeIsReplayed() {
    let elsewhere = [
      "claude-stream-resume-unknown.ndjson", "claude-session-turn-2.ndjson",
      "claude-session-turn-3.ndjson", "claude-session-turn-4-403.ndjson",
    ]
    let there = AgentWorld.recordings("claude-").filter { !$0.hasSuffix(".stderr") }
    #expect(there == (Recording.all.map(\.file) + elsewhere).sorted())
  }

  @Test func anUnknownSessionIsGone() throws {
    let lines = AgentWorld.recorded("claude-stream-resume-unknown.ndjson")
    try #require(lines.count == 1)
    let resume = SessionRef(
      id: "99999999-2222-4333-8444-555555555555",
      counted: SessionRef.dollarsOnly(0.5))
    let replay = AgentWorld.replay(lines, .exited(1), resume: resume)
    #expect(replay.outcome.kind == .sessionGone)
    #expect(replay.outcome.session == nil)
    #expect(replay.outcome.usage == Usage())
    #expect(replay.outcome.message == "No conversation found with session ID: \(resume.id)")
    // The line names a session that is not there: it must not be stored.
    #expect(!replay.events.contains(.session(resume.id)))
  }

  @Test func theLimitIsAnEventOnce() {
    let replay = AgentWorld.replay(
      AgentWorld.recorded("claude-stream-oauth-limit.ndjson"), .exited(1))
    let limits = replay.events.filter { if case .failing = $0 { true } else { false } }
    let until = Timestamp(milliseconds: 1_795_223_114_000)
    #expect(
      limits == [
        .failing(.limited(until: until), "usage limit (five_hour) until \(until.rfc3339)")
      ])
  }

  @Test func noiseBetweenTheLinesChangesNothing() {
    let lines = AgentWorld.recorded("claude-stream-success.ndjson")
    let noise = [
      "", "Debugger attached.", "{", "{\"type\":\"new_thing\",\"x\":[1,{}]}", "[1]", "null",
      "{\"type\":7}", "{\"type\":\"assistant\",\"message\":\"text\"}", "{\"type\":\"result\"",
      String(repeating: "{\"a\":", count: 2000),
    ]
    let clean = AgentWorld.replay(lines, .exited(0))
    let noisy = AgentWorld.replay(noise + lines.flatMap { noise + [$0] } + noise, .exited(0))
    #expect(noisy.outcome == clean.outcome)
    #expect(noisy.events == clean.events)
  }
}
