// What providers, gateways and agents say in words only, for every agent.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ProviderWordsTests {
  private static let noon = CodexWorld.noon
  private static let clock = LimitClock(now: { noon }, zone: .utc)

  @Test(
    arguments: [
      ("Claude AI usage limit reached|1795223114", "2026-11-21T01:05:14Z"),
      ("Claude AI usage limit reached|1795223114000", "2026-11-21T01:05:14Z"),
      ("You've hit your session limit · resets 3pm (UTC)", "2026-11-20T15:00:00Z"),
      ("You\u{2019}ve hit your limit · resets 1:05am (UTC)", "2026-11-21T01:05:00Z"),
      ("5-hour limit reached ∙ resets 12pm (utc)", "2026-11-21T12:00:00Z"),
      ("You've hit your weekly limit · resets Nov 24, 3pm (Etc/UTC)", "2026-11-24T15:00:00Z"),
      ("You've hit your weekly limit · resets Jan 2 at 9am (GMT)", "2027-01-02T09:00:00Z"),
      ("Claude usage limit reached. Your limit will reset at 4pm (UTC).", "2026-11-20T16:00:00Z"),
      ("usage limit exceeded, resets in 2 hours 5 minutes", "2026-11-20T14:05:00Z"),
      (
        "502 Bad Gateway: {\"error\":\"You've hit your usage limit. Try again at 3:28 PM.\"}",
        "2026-11-20T15:28:00Z"
      ),
      ("Weekly limit reached", nil), ("You've hit your limit · resets 3pm (Mars/Olympus)", nil),
      ("Claude AI usage limit reached|17952", nil), ("You've hit your limit · resets soon", nil),
    ] as [(String, String?)])
  func aLimitIsKnownWithItsTime(_ words: String, _ until: String?) {
    #expect(
      ProviderWords.kind(words, Self.clock)
        == .limited(until: until.flatMap { Timestamp(rfc3339: $0) }))
  }

  @Test(arguments: [
    ("Not logged in · Please run /login", "agent_not_logged_in"),
    ("API Error: 502 {\"error\":\"OAuth token has expired\"}", "agent_not_logged_in"),
    ("Credit balance is too low", "agent_no_credit"),
    ("error 400: prompt is too long: 210000 tokens > 200000 maximum", "agent_context_overflow"),
    ("502 Bad Gateway", "agent_api_unavailable"),
  ])
  func whatElseIsKnown(_ words: String, _ code: String) {
    guard case .failed(code, _)? = ProviderWords.kind(words, Self.clock) else {
      Issue.record("\(words)")
      return
    }
  }

  @Test(arguments: ["", "the tests fail", "rate of change", "limit the usage of memory"])
  func otherWordsSayNothing(_ words: String) {
    #expect(ProviderWords.kind(words, Self.clock) == nil)
  }

  /// In the way in which each agent tells a failure: nothing but words.
  @Test(arguments: AgentRegistry.all.map(\.kind))
  func everyAgentIsHeldByWordsAlone(_ kind: String) throws {
    let words = "usage limit reached|1795223114"
    let lines = [
      "claude_code":
        "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"session_id\":\"s\","
        + "\"result\":\"\(words)\"}",
      "codex": "{\"type\":\"turn.failed\",\"error\":{\"message\":\"\(words)\"}}",
      "opencode":
        "{\"type\":\"error\",\"sessionID\":\"s\",\"error\":{\"name\":\"UnknownError\","
        + "\"data\":{\"message\":\"502 Bad Gateway: \(words)\",\"statusCode\":502}}}",
      "command": words,
    ]
    let line = try #require(lines[kind], "how \(kind) tells a failure in words")
    let agent = try AgentRegistry.find(kind: kind)
    let told = AgentWorld.replay([line], .exited(1), agent: agent).outcome
    #expect(told.kind == .limited(until: Timestamp(milliseconds: 1_795_223_114_000)))
  }

  @Test func overflowIsKnownByWordsAlone() {
    let line =
      "{\"type\":\"result\",\"is_error\":true,\"session_id\":\"s\",\"result\":"
      + "\"Prompt is too long\"}"
    #expect(
      AgentWorld.replay([line], .exited(1)).outcome.kind
        == .failed(code: "agent_context_overflow", .contextOverflow))
  }

  @Test func whatTheModelSaysIsNotTheProvidersWord() {
    let lines = [
      "{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"model\":\"m\",\"usage\":"
        + "{\"input_tokens\":5}}}",
      "{\"type\":\"result\",\"is_error\":false,\"session_id\":\"s\",\"usage\":"
        + "{\"input_tokens\":5},\"result\":\"The text says: usage limit reached\"}",
    ]
    #expect(AgentWorld.replay(lines, .exited(0)).outcome.kind == .succeeded)
  }
}
