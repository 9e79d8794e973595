// Endings that have no recording: what claude says on stderr only, and results that do not fit
// their exit status.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ClaudeOutcomeTests {
  private let resume = SessionRef(agent: "claude_code", id: "old", cumulativeCostUSD: 2)

  private func kind(
    _ exit: Exit, _ errorTail: String, resume: SessionRef? = nil, lines: [String] = []
  ) -> TurnOutcome.Kind {
    AgentWorld.replay(lines, exit, errorTail: errorTail, resume: resume).outcome.kind
  }

  private func result(_ members: String) -> String {
    "{\"session_id\":\"s\",\(members),\"usage\":{},\"type\":\"result\"}"
  }

  @Test func aSessionInUseIsResumedByItsID() {
    let text = "Error: Session ID \(AgentWorld.sessionID) is already in use.\n"
    let outcome = AgentWorld.replay([], .exited(1), errorTail: text).outcome
    #expect(outcome.kind == .sessionInUse)
    #expect(outcome.session == SessionRef(agent: "claude_code", id: AgentWorld.sessionID))
    #expect(kind(.exited(1), text, resume: resume) != .sessionInUse)
  }

  @Test func aSessionGoneOnStderrOnly() {
    let text = "No conversation found with session ID: old\n"
    let outcome = AgentWorld.replay([], .exited(1), errorTail: text, resume: resume).outcome
    #expect(outcome.kind == .sessionGone)
    #expect(outcome.session == nil)
    #expect(kind(.exited(1), text) == .failed(code: "agent_failed"))
  }

  @Test(arguments: [
    "error: unknown option '--bogus'",
    "error: option '--permission-mode <mode>' argument 'weird' is invalid. Allowed choices are auto.",
    "Error: Invalid session ID. Must be a valid UUID.",
    "Error: Invalid MCP configuration:\nMCP config file not found: /nonexist",
    "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons",
    "warning first\nError: Input must be provided either through stdin or as a prompt argument",
  ])
  func aRefusedCallIsMisconfigured(_ text: String) {
    let outcome = AgentWorld.replay([], .exited(1), errorTail: text + "\n").outcome
    #expect(outcome.kind == .misconfigured(code: "agent_misconfigured"))
    #expect(outcome.message == text)
    #expect(outcome.session == nil)
    // Once claude runs, the same words are only words.
    let line = "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\"}"
    #expect(kind(.exited(1), text, lines: [line]) == .failed(code: "agent_no_result"))
  }

  @Test(arguments: [.signalled(9), .signalled(15), .exited(137), .exited(129)] as [Exit])
  func aKilledTurnKeepsItsSession(_ exit: Exit) {
    let outcome = AgentWorld.replay([], exit, resume: resume).outcome
    #expect(outcome.kind == .failed(code: "agent_killed"))
    #expect(outcome.session == resume)
    #expect(outcome.usage == Usage())
  }

  @Test func neitherExitStatusNorResultIsEnoughAlone() {
    let good = result("\"is_error\":false,\"result\":\"done\",\"terminal_reason\":\"completed\"")
    let bad = result("\"is_error\":true,\"subtype\":\"success\",\"result\":\"no\"")
    let silent = result("\"subtype\":\"success\",\"result\":\"no\"")
    #expect(kind(.exited(0), "", lines: [good]) == .succeeded)
    #expect(kind(.exited(1), "", lines: [good]) == .failed(code: "agent_failed"))
    #expect(kind(.signalled(9), "", lines: [good]) == .failed(code: "agent_killed"))
    #expect(kind(.exited(0), "", lines: [bad]) == .failed(code: "agent_failed"))
    #expect(kind(.exited(0), "", lines: [silent]) == .failed(code: "agent_failed"))
    #expect(kind(.exited(0), "") == .failed(code: "agent_no_result"))
    #expect(kind(.exited(0), "", lines: [bad, good]) == .succeeded)
    #expect(kind(.exited(0), "", lines: [good, bad]) == .failed(code: "agent_failed"))
  }

  @Test(arguments: [
    (
      "\"api_error_status\":null,\"result\":\"Not logged in · Please run /login\"",
      "agent_not_logged_in"
    ),
    ("\"api_error_status\":null,\"api_error\":\"connection_failed\"", "agent_api_unreachable"),
    ("\"api_error_status\":400", "agent_api_error"),
    ("\"api_error_status\":403", "agent_unauthorized"),
    ("\"api_error_status\":404", "agent_api_error"),
    ("\"api_error_status\":429", "agent_rate_limited"),
    ("\"api_error_status\":500", "agent_api_unavailable"),
    ("\"api_error_status\":429,\"api_error\":\"usage_limit_reached\"", "agent_usage_limit"),
  ])
  func anErrorOfTheAPIHasItsOwnCode(_ members: String, _ code: String) {
    let line = result(
      "\"is_error\":true,\"subtype\":\"success\",\"terminal_reason\":\"api_error\",\(members)")
    #expect(kind(.exited(1), "", lines: [line]) == .failed(code: code))
  }

  @Test func aRejectedWindowDoesNotSpoilATurnThatEndedWell() {
    func window(_ extra: String) -> String {
      "{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"rejected\",\(extra)}}"
    }
    let good = result("\"is_error\":false,\"result\":\"done\"")
    #expect(kind(.exited(0), "", lines: [window("\"resetsAt\":1795223114"), good]) == .succeeded)
    for extra in [
      "\"resetsAt\":1795223114,\"isUsingOverage\":true", "\"resetsAt\":-5", "\"resetsAt\":1e300",
      "\"resetsAt\":\"soon\"", "\"x\":1",
    ] {
      #expect(AgentWorld.replay([window(extra)], .exited(0)).events.isEmpty)
    }
  }

  @Test func anOddEndingIsToldWithTheResult() {
    let good = result("\"is_error\":false,\"result\":\"done\"")
    let outcome = AgentWorld.replay([good], .exited(1), errorTail: "panic: x\n").outcome
    #expect(outcome.message == "claude ended with exit status 1: done: panic: x")
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
