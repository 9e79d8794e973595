// The recorded outputs of the real claude, byte for byte, each with the exit status it was recorded
// with.
import SymphonyCore
import Testing

@testable import SymphonyAgents

struct Recording: CustomTestStringConvertible, Sendable {
  var file: String
  var exit: Exit
  var kind: TurnOutcome.Kind
  var cost: Double
  /// All input (cache included), cached, output.
  var tokens: [Int64]
  var message: String
  var session: String?
  var activities: [String]
  var testDescription: String { file }

  init(
    _ file: String, _ exit: Exit, _ kind: TurnOutcome.Kind, cost: Double = 0,
    tokens: [Int64] = [0, 0, 0], message: String, session: String?, activities: [String] = []
  ) {
    self.file = file
    self.exit = exit
    self.kind = kind
    self.cost = cost
    self.tokens = tokens
    self.message = message
    self.session = session
    self.activities = activities
  }

  static let longTool = "Bash: echo started > started; sleep 300"
  static let message529 =
    "API Error: 529 fake 529. This is a server-side issue, usually temporary — try again in a moment. "
    + "If it persists, check your inference gateway (127.0.0.1:42365)."
  static let message401 = "Failed to authenticate. API Error: 401 fake 401"

  static let all = [
    Recording(
      "claude-stream-success.ndjson", .exited(0), .succeeded, cost: 0.00159, tokens: [300, 50, 29],
      message: "Wrote f and committed it.", session: "ad64a7fa-8fea-4b79-bc49-e838aa686bc3",
      activities: [
        "I will write the file and commit.",
        "Bash: echo hi > f && git add -A && git commit -qm x && git log --oneline | head…",
        "Wrote f and committed it.",
      ]),
    Recording(
      "claude-json-success.json", .exited(0), .succeeded, cost: 0.00159, tokens: [300, 50, 29],
      message: "Wrote f and committed it.", session: "dba05d08-c424-47b4-903a-99d0088c362e"),
    Recording(
      "claude-stream-background-two-results.ndjson", .exited(0), .succeeded, cost: 0.0024,
      tokens: [300, 0, 60], message: "second result: bg finished",
      session: "c4c5f17b-33e8-4987-b158-29110bb10420",
      activities: [
        "Bash: sleep 3.3; echo woke", "first result: bg started", "second result: bg finished",
      ]),
    Recording(
      "claude-stream-json-SIGINT-longtool.out", .exited(0), .failed(code: "agent_interrupted"),
      cost: 0.0008, tokens: [100, 0, 20],
      message:
        "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=tool_use",
      session: "041523ca-04f1-44ba-91ce-fb8bee39076d", activities: ["Working on it", longTool]),
    Recording(
      "claude-stream-json-SIGTERM-longtool.out", .exited(143), .failed(code: "agent_killed"),
      message: "claude ended with exit status 143: it gave no result",
      session: "e3d5659e-0e56-4892-b5d8-660c748e7951", activities: ["Working on it", longTool]),
    Recording(
      "claude-stream-json-error-401.ndjson", .exited(1), .failed(code: "agent_unauthorized"),
      message: message401, session: "11e5b12c-cc18-40c4-b802-fe0d1db2933f",
      activities: ["the API answered authentication_failed: retry 1", message401]),
    Recording(
      "claude-json-error-401.json", .exited(1), .failed(code: "agent_unauthorized"),
      message: message401, session: "f8b986aa-6dee-4f21-a1e2-4a92dc5e380b"),
    Recording(
      "claude-stream-json-error-529.ndjson", .exited(1), .failed(code: "agent_api_unavailable"),
      message: message529, session: "5a8f7104-d0fc-4b48-b4c0-9e036d0caa8a",
      activities: [
        "the API answered overloaded: retry 1",
        "API Error: 529 fake 529. This is a server-side issue, usually temporary — try a…",
      ]),
    Recording(
      "claude-json-error-529.json", .exited(1), .failed(code: "agent_api_unavailable"),
      message: message529, session: "db1b2ea1-5e3a-4cf6-b3a3-daafdca3c774"),
    Recording(
      "claude-stream-max-budget.ndjson", .exited(1), .failed(code: "agent_budget_exhausted"),
      cost: 0.6, message: "Reached maximum budget ($0.5)",
      session: "0a94a504-2d01-459d-af3c-35d9aa3f2280", activities: ["Bash: echo 1"]),
    Recording(
      "claude-stream-max-turns.ndjson", .exited(1), .failed(code: "agent_max_turns"), cost: 1.2,
      tokens: [200000, 0, 20000], message: "Reached maximum number of turns (2)",
      session: "c0258da2-9b23-43bd-a6c7-7db0e26d4ba3",
      activities: ["Bash: echo 1", "Bash: echo 2"]),
    Recording(
      "claude-stream-oauth-limit.ndjson", .exited(1),
      .limited(until: Timestamp(milliseconds: 1_795_223_114_000)),
      message: "You've hit your limit · resets 1:05am (UTC)",
      session: "dd128535-5d94-4c0d-9d74-ccea8718d865",
      activities: ["You've hit your limit · resets 1:05am (UTC)"]),
    Recording(
      "claude-stream-oauth-warn.ndjson", .exited(0), .succeeded, cost: 0.0004,
      tokens: [100, 0, 20],
      message: "fine", session: "e7de3ea3-cff3-4d25-a466-daeee14b83c3", activities: ["fine"]),
  ]
}

@Suite struct ClaudeReplayTests {
  @Test(arguments: Recording.all)
  func endsAsRecorded(_ recording: Recording) throws {
    let lines = AgentWorld.recorded(recording.file)
    try #require(!lines.isEmpty)
    let replay = AgentWorld.replay(lines, recording.exit)
    #expect(replay.outcome.kind == recording.kind)
    #expect(replay.outcome.message == recording.message)
    #expect(replay.outcome.session?.id == recording.session)
    #expect(replay.outcome.session?.agent == "claude_code")
    let usage = replay.outcome.usage
    #expect(abs(usage.costUSD - recording.cost) < 1e-9)
    #expect([usage.inputTokens, usage.cachedInputTokens, usage.outputTokens] == recording.tokens)
    #expect(abs((replay.outcome.session?.cumulativeCostUSD ?? 0) - recording.cost) < 1e-9)
    #expect(replay.activities == recording.activities)
    let sessions = replay.events.compactMap {
      if case .session(let id) = $0 { id } else { nil }
    }
    #expect(sessions == [recording.session].compactMap { $0 })
  }

  @Test func everyRecordingOfClaudeIsReplayed() throws {
    let gone = "claude-stream-resume-unknown.ndjson"
    #expect(Recording.all.count + 1 == 14)
    #expect(Set(Recording.all.map(\.file) + [gone]).count == 14)
  }

  @Test func anUnknownSessionIsGone() throws {
    let lines = AgentWorld.recorded("claude-stream-resume-unknown.ndjson")
    try #require(lines.count == 1)
    let resume = SessionRef(
      agent: "claude_code", id: "99999999-2222-4333-8444-555555555555", cumulativeCostUSD: 0.5)
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
    let limits = replay.events.filter { if case .limited = $0 { true } else { false } }
    let until = Timestamp(milliseconds: 1_795_223_114_000)
    #expect(
      limits == [.limited(until: until, "usage limit (five_hour) until \(until.rfc3339)")])
  }

  @Test func theCostOfAResumedTurnIsTheDifference() throws {
    let lines = AgentWorld.recorded("claude-stream-success.ndjson").map {
      $0.replacing("\"total_cost_usd\":0.00159", with: "\"total_cost_usd\":0.00477")
    }
    let resume = SessionRef(
      agent: "claude_code", id: "ad64a7fa-8fea-4b79-bc49-e838aa686bc3", cumulativeCostUSD: 0.00318)
    let replay = AgentWorld.replay(lines, .exited(0), resume: resume)
    #expect(abs(replay.outcome.usage.costUSD - 0.00159) < 1e-9)
    #expect(replay.outcome.session?.cumulativeCostUSD == 0.00477)
    #expect(replay.outcome.usage.inputTokens == 300)
  }

  @Test func aSmallerTotalCostsNothingAndForgetsNothing() throws {
    let resume = SessionRef(agent: "claude_code", id: "s", cumulativeCostUSD: 3)
    let replay = AgentWorld.replay(
      AgentWorld.recorded("claude-stream-json-error-401.ndjson"), .exited(1), resume: resume)
    #expect(replay.outcome.usage.costUSD == 0)
    #expect(replay.outcome.session?.cumulativeCostUSD == 3)
  }

  @Test func usageEventsGrowWithEachResult() {
    let replay = AgentWorld.replay(
      AgentWorld.recorded("claude-stream-background-two-results.ndjson"), .exited(0))
    let outputs = replay.events.compactMap {
      if case .usage(let usage) = $0 { usage.outputTokens } else { nil }
    }
    #expect(outputs == [40, 60])
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
