// Endings that have no recording: what claude says on stderr only, and results that do not fit
// their exit status.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ClaudeOutcomeTests {
  private let resume = SessionRef(
    id: "old", counted: SessionRef.dollarsOnly(2))

  private func kind(
    _ exit: Exit, _ errorTail: String, resume: SessionRef? = nil, lines: [String] = []
  ) -> TurnOutcome.Kind {
    AgentWorld.replay(lines, exit, errorTail: errorTail, resume: resume).outcome.kind
  }

  private func result(_ members: String) -> String {
    "{\"session_id\":\"s\",\(members),\"usage\":{},\"type\":\"result\"}"
  }

  @Test func aSessionInUseIsResumedByItsID() {
    let text = AgentWorld.text("claude-session-in-use.stderr")
    let outcome = AgentWorld.replay([], .exited(1), errorTail: text).outcome
    #expect(outcome.kind == .sessionInUse)
    #expect(outcome.session == SessionRef(id: AgentWorld.sessionID))
    #expect(outcome.message.hasPrefix("Error: Session ID "))
    #expect(kind(.exited(1), text, resume: resume) == .failed(code: "agent_failed", .agent))
  }

  @Test func aSessionGoneOnStderrOnly() {
    let text = AgentWorld.text("claude-resume-unknown.stderr")
    let outcome = AgentWorld.replay([], .exited(1), errorTail: text, resume: resume).outcome
    #expect(outcome.kind == .sessionGone)
    #expect(outcome.session == nil)
    #expect(kind(.exited(1), text) == .failed(code: "agent_failed", .agent))
  }

  @Test(arguments: [
    "bad-flag", "bad-mode", "bad-mcp", "bad-session", "bad-settings", "no-prompt", "root",
  ])
  func aRefusedCallIsMisconfigured(_ name: String) {
    let text = AgentWorld.text("claude-\(name).stderr")
    #expect(!text.isEmpty)
    let outcome = AgentWorld.replay([], .exited(1), errorTail: "warning first\n" + text).outcome
    #expect(outcome.kind == .failed(code: "agent_misconfigured", .misconfigured))
    #expect(outcome.message == "warning first\n" + text.trimmingWhitespace())
    #expect(outcome.session == nil)
    // Once claude runs, the same words are only words.
    let line = "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\"}"
    #expect(kind(.exited(1), text, lines: [line]) == .failed(code: "agent_no_result", .agent))
  }

  @Test func everyRecordedComplaintIsJudged() {
    let there = AgentWorld.recordings("claude-").filter { $0.hasSuffix(".stderr") }
    #expect(there.count == 9)
  }

  @Test(arguments: [.signalled(9), .signalled(15), .exited(137), .exited(129)] as [Exit])
  func aKilledTurnKeepsItsSession(_ exit: Exit) {
    let outcome = AgentWorld.replay([], exit, resume: resume).outcome
    #expect(outcome.kind == .failed(code: "agent_killed", .agent))
    #expect(outcome.session == resume)
    #expect(outcome.usage == Usage())
  }

  @Test func theLastResultWithWorkBehindItRules() {
    let good = result("\"is_error\":false,\"result\":\"done\",\"terminal_reason\":\"completed\"")
    let bad = result("\"is_error\":true,\"subtype\":\"success\",\"result\":\"no\"")
    let silent = result("\"subtype\":\"success\",\"result\":\"no\"")
    #expect(kind(.exited(0), "", lines: [good]) == .succeeded)
    #expect(kind(.exited(1), "", lines: [good]) == .succeeded)
    #expect(kind(.signalled(9), "", lines: [good]) == .succeeded)
    #expect(kind(.exited(0), "", lines: [bad]) == .failed(code: "agent_failed", .agent))
    #expect(kind(.exited(0), "", lines: [silent]) == .failed(code: "agent_failed", .agent))
    #expect(kind(.exited(0), "") == .failed(code: "agent_no_result", .agent))
    #expect(kind(.exited(0), "", lines: [bad, good]) == .succeeded)
    // With nothing behind it, it takes nothing back.
    #expect(kind(.exited(1), "", lines: [good, bad]) == .succeeded)
    let answer = "{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"model\":\"m\"}}"
    #expect(
      kind(.exited(0), "", lines: [good, answer, bad]) == .failed(code: "agent_failed", .agent))
    #expect(kind(.exited(1), "", lines: [good, answer]) == .succeeded)
    let late = AgentWorld.replay([good, bad], .exited(0)).outcome
    #expect(late.trouble?.words == "after a good result claude reported an error: no")
    #expect(late.message == "done")
  }

  @Test(arguments: [
    ("\"subtype\":\"success\",\"stop_reason\":\"tool_use\",\"result\":\"\"", "agent_unfinished"),
    ("\"subtype\":\"success\",\"stop_reason\":\"tool_use\",\"result\":\"so\"", "agent_unfinished"),
    ("\"stop_reason\":\"max_tokens\",\"result\":\"so\"", "agent_unfinished"),
    ("\"stop_reason\":\"pause_turn\",\"result\":\"so\"", "agent_unfinished"),
    ("\"subtype\":\"success\",\"stop_reason\":\"end_turn\",\"result\":\" \"", "agent_unfinished"),
    ("\"subtype\":\"error_max_turns\"", "agent_max_turns"),
    ("\"subtype\":\"error_during_execution\",\"result\":\"so\"", "agent_unfinished"),
  ])
  func aGoodResultThatSaysItIsUnfinishedIsCutShort(_ members: String, _ code: String) {
    let line = result("\"is_error\":false,\(members)")
    #expect(kind(.exited(0), "", lines: [line]) == .cutShort(code: code))
  }

  @Test func theEndOfATurnIsToldAndTakenBackByWork() {
    let good = result("\"is_error\":false,\"result\":\"done\"")
    let answer = "{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"model\":\"m\"}}"
    let noise = "{\"type\":\"system\",\"subtype\":\"background_tasks_changed\"}"
    let events = AgentWorld.replay([good, noise, answer, answer, good], .exited(0)).events
      .filter { $0 == .concluded || $0 == .wentOn }
    #expect(events == [.concluded, .wentOn, .concluded])
  }

  @Test func whatAnAnswerGotOverIsNoLimit() {
    let limit =
      "{\"type\":\"rate_limit_event\",\"session_id\":\"s\",\"rate_limit_info\":"
      + "{\"status\":\"rejected\"}}"
    let answer = "{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"model\":\"m\"}}"
    #expect(kind(.signalled(9), "", lines: [limit]) == .limited(until: nil))
    #expect(
      kind(.signalled(9), "", lines: [limit, answer]) == .failed(code: "agent_killed", .agent))
  }

  @Test func aResumeThatSaysNothingResumedNothing() {
    #expect(kind(.exited(0), "", resume: resume) == .sessionGone)
    #expect(kind(.exited(1), "", resume: resume) == .failed(code: "agent_failed", .agent))
  }

  @Test func serversThatDoNotComeUpAreTold() {
    let line =
      "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\",\"mcp_servers\":["
      + "{\"name\":\"a\",\"status\":\"failed\"},{\"name\":\"b\",\"status\":\"connected\"},"
      + "{\"name\":\"c\",\"status\":\"needs-auth\"}]}"
    let outcome = AgentWorld.replay([line, line], .exited(1)).outcome
    #expect(
      outcome.remarks == ["the MCP server a did not start", "the MCP server c wants a login"])
  }

  /// The members of a result that ends in an error of the API, and what an assistant line names
  /// as its kind.
  struct Fault: Sendable, CustomTestStringConvertible {
    var members: String
    var fault: String
    var kind: TurnOutcome.Kind
    var testDescription: String { "\(members) \(fault)" }
    init(_ members: String, saying fault: String = "", _ code: String, _ failure: Failure) {
      (self.members, self.fault) = (members, fault)
      kind = .failed(code: code, failure)
    }
    init(limit members: String) {
      (self.members, self.fault, self.kind) = (members, "", .limited(until: nil))
    }
  }

  private static func cause(_ name: String) -> String { "\"api_error\":\"\(name)\"" }
  private static func status(_ status: Int, _ text: String = "no") -> String {
    "\"api_error_status\":\(status),\"result\":\"\(text)\""
  }

  static let faults = [
    Fault(
      "\"result\":\"Not logged in · Please run /login\"", "agent_not_logged_in", .operator),
    Fault("\"result\":\"Invalid API key · Fix\"", "agent_unauthorized", .operator),
    Fault(
      "\"result\":\"Please log in\"", saying: "authentication_failed", "agent_unauthorized",
      .operator),
    Fault("\"result\":\"Credit balance is too low\"", "agent_no_credit", .operator),
    Fault("\"result\":\"x\"", saying: "billing_error", "agent_no_credit", .operator),
    Fault("\"result\":\"x\"", saying: "account_on_hold", "agent_unauthorized", .operator),
    Fault("\"result\":\"x\"", saying: "cloud_credential_error", "agent_unauthorized", .operator),
    Fault("\"result\":\"x\"", saying: "model_not_found", "agent_misconfigured", .misconfigured),
    Fault("\"result\":\"x\"", saying: "server_error", "agent_api_unreachable", .transient),
    Fault("\"result\":\"x\"", saying: "unknown", "agent_api_error", .agent),
    Fault(cause("connection_failed"), "agent_api_unreachable", .transient),
    Fault(cause("stream_idle_timeout"), "agent_api_unavailable", .transient),
    Fault(cause("stored_login_refused"), "agent_unauthorized", .operator),
    Fault(cause("model_requires_usage_credits"), "agent_no_credit", .operator),
    Fault(cause("no_allowed_fallback"), "agent_misconfigured", .misconfigured),
    Fault(cause("message_over_context_limit"), "agent_context_overflow", .contextOverflow),
    Fault(limit: cause("usage_limit_reached")),
    Fault(limit: status(429) + "," + cause("usage_limit_reached")),
    Fault(status(400), "agent_api_error", .agent),
    Fault(
      status(400, "input length exceeds the context window"), "agent_context_overflow",
      .contextOverflow),
    Fault(status(413), "agent_context_overflow", .contextOverflow),
    Fault(status(401), "agent_unauthorized", .operator),
    Fault(status(402), "agent_no_credit", .operator),
    Fault(status(403), "agent_unauthorized", .operator),
    Fault(status(404), "agent_misconfigured", .misconfigured),
    Fault(status(408), "agent_api_unavailable", .transient),
    Fault(status(418), "agent_api_error", .agent),
    Fault(status(429), "agent_rate_limited", .transient),
    Fault(status(500), "agent_api_unavailable", .transient),
    Fault(status(529), "agent_api_unavailable", .transient),
  ]

  @Test(arguments: faults)
  func anErrorOfTheAPIHasItsOwnClass(_ fault: Fault) {
    for reason in ["api_error", "model_error"] {
      let line = result(
        "\"is_error\":true,\"subtype\":\"success\",\"terminal_reason\":\"\(reason)\","
          + fault.members)
      let said = "{\"type\":\"assistant\",\"error\":\"\(fault.fault)\",\"message\":{}}"
      let lines = fault.fault.isEmpty ? [line] : [said, line]
      #expect(kind(.exited(1), "", lines: lines) == fault.kind)
      // Its exit status says no more than an interrupt's.
      #expect(kind(.exited(0), "", lines: lines) == fault.kind)
    }
  }

  @Test func retriesWithoutAnAnswerAreTheProvidersMatter() {
    let retry = "{\"type\":\"system\",\"subtype\":\"api_retry\",\"error\":\"unknown\"}"
    let line = result(
      "\"is_error\":true,\"subtype\":\"success\",\"terminal_reason\":\"api_error\"")
    #expect(kind(.exited(1), "", lines: [line]) == .failed(code: "agent_api_error", .agent))
    #expect(
      kind(.exited(1), "", lines: [retry, line])
        == .failed(code: "agent_api_unreachable", .transient))
  }

  @Test(
    arguments: [
      ("max_turns", .cutShort(code: "agent_max_turns")),
      ("budget_exhausted", .failed(code: "agent_budget_exhausted", .budget(.run))),
      ("aborted_streaming", .failed(code: "agent_interrupted", .agent)),
      ("blocking_limit", .failed(code: "agent_context_overflow", .contextOverflow)),
      ("rapid_refill_breaker", .failed(code: "agent_context_overflow", .contextOverflow)),
      ("turn_setup_failed", .failed(code: "agent_failed", .agent)),
      ("something_new", .failed(code: "agent_failed", .agent)),
    ] as [(String, TurnOutcome.Kind)])
  func everyReasonHasItsClass(_ reason: String, _ expected: TurnOutcome.Kind) {
    let line = result("\"is_error\":true,\"terminal_reason\":\"\(reason)\"")
    #expect(kind(.exited(1), "", lines: [line]) == expected)
  }

  @Test func withoutAReasonTheSubtypeIsAsked() {
    func subtype(_ name: String) -> TurnOutcome.Kind {
      kind(.exited(1), "", lines: [result("\"is_error\":true,\"subtype\":\"\(name)\"")])
    }
    #expect(subtype("error_max_turns") == .cutShort(code: "agent_max_turns"))
    #expect(
      subtype("error_max_budget_usd") == .failed(code: "agent_budget_exhausted", .budget(.run)))
    #expect(subtype("error_during_execution") == .failed(code: "agent_failed", .agent))
  }

  @Test func aClosedWindowWithoutATimeIsALimitToo() {
    let window = "{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"rejected\"}}"
    func end(_ status: Int) -> String {
      result(
        "\"is_error\":true,\"terminal_reason\":\"api_error\",\"api_error_status\":\(status)")
    }
    #expect(kind(.exited(1), "", lines: [window, end(429)]) == .limited(until: nil))
    #expect(
      kind(.exited(1), "", lines: [window, end(401)])
        == .failed(code: "agent_unauthorized", .operator))
  }

  @Test func aLimitThatWasToldOutlivesTheProcess() {
    let window =
      "{\"type\":\"rate_limit_event\",\"session_id\":\"s\",\"rate_limit_info\":"
      + "{\"status\":\"rejected\",\"resetsAt\":1795223114}}"
    let until = Timestamp(milliseconds: 1_795_223_114_000)
    for exit in [Exit.signalled(9), .exited(143), .exited(1)] {
      #expect(kind(exit, "", lines: [window]) == .limited(until: until))
      #expect(
        kind(exit, "", lines: [window.replacing("rejected", with: "allowed_warning")])
          != .limited(
            until: until))
    }
  }

  @Test func whatWasDeniedIsToldOnceAndInOrder() {
    func use(_ number: Int, _ command: String) -> String {
      "{\"type\":\"assistant\",\"session_id\":\"s\",\"message\":{\"content\":[{\"type\":"
        + "\"tool_use\",\"id\":\"t\(number)\",\"name\":\"Bash\",\"input\":{\"command\":"
        + "\"\(command)\"}}]}}"
    }
    func denied(_ number: Int) -> String {
      "{\"type\":\"system\",\"subtype\":\"permission_denied\",\"tool_name\":\"Bash\","
        + "\"tool_use_id\":\"t\(number)\"}"
    }
    // Killed before it gave a result.
    let lines = [use(1, "b"), denied(1), use(2, "a"), denied(2), use(3, "b"), denied(3), denied(4)]
    let killed = AgentWorld.replay(lines, .signalled(9)).outcome
    #expect(killed.denied == ["Bash: b", "Bash: a", "Bash"])
    // With a result only what that says; of several results each.
    func end(_ commands: [String]) -> String {
      let denials = commands.map {
        "{\"tool_name\":\"Bash\",\"tool_input\":{\"command\":\"\($0)\"}}"
      }
      return result(
        "\"is_error\":false,\"permission_denials\":[\(denials.joined(separator: ","))]")
    }
    let long = String(repeating: "x", count: 200)
    let ended = AgentWorld.replay(lines + [end(["c", "c"]), end(["a\\n b", long])], .exited(0))
    #expect(
      ended.outcome.denied
        == ["Bash: c", "Bash: a b", "Bash: " + String(repeating: "x", count: 73) + "…"])
    let many = AgentWorld.replay([end((1...50).map { "\($0)" })], .exited(0))
    #expect(many.outcome.denied == (1...20).map { "Bash: \($0)" })
  }

  @Test func aRejectedWindowDoesNotSpoilATurnThatEndedWell() {
    func window(_ extra: String) -> String {
      "{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"rejected\",\(extra)}}"
    }
    let good = result("\"is_error\":false,\"result\":\"done\"")
    #expect(kind(.exited(0), "", lines: [window("\"resetsAt\":1795223114"), good]) == .succeeded)
    for extra in [
      "\"resetsAt\":1795223114,\"isUsingOverage\":true", "\"resetsAt\":\"soon\"", "\"x\":1",
    ] {
      #expect(AgentWorld.replay([window(extra)], .exited(0)).events.isEmpty)
    }
    // A time that cannot be one is told all the same: the tick judges it.
    for extra in ["\"resetsAt\":-5", "\"resetsAt\":1e300"] {
      #expect(AgentWorld.replay([window(extra)], .exited(0)).events.count == 1)
    }
  }

  @Test func anOddEndingIsToldWithTheResult() {
    let good = result("\"is_error\":false,\"result\":\"done\"")
    let outcome = AgentWorld.replay([good], .exited(1), errorTail: "panic: x\n").outcome
    #expect(outcome.message == "done")
    let words = "claude ended with exit status 1: after a good result: panic: x"
    #expect(outcome.trouble == .init(.failed(code: "agent_failed", .agent), words))
  }

  @Test func aLongMessageKeepsItsLastLine() {
    let long = String(repeating: "👩‍👩‍👧é", count: 5000) + "\\nSYMPHONY: continue"
    let line = result("\"is_error\":false,\"result\":\"\(long)\"")
    let message = AgentWorld.replay([line], .exited(0)).outcome.message
    #expect(message.count <= 4000)
    #expect(message.hasPrefix("👩‍👩‍👧"))
    #expect(message.hasSuffix("\nSYMPHONY: continue"))
    #expect(!message.unicodeScalars.contains("\u{FFFD}"))
  }
}
