// Endings that leave no line on stdout, results that do not fit their exit status, and what the
// words of an error mean.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct CodexOutcomeTests {
  private typealias Exit = CodexWorld.Exit

  private func outcome(
    _ exit: CodexWorld.Exit, _ errorTail: String, resume: SessionRef? = nil, lines: [String] = []
  ) -> TurnOutcome {
    CodexWorld.replay(lines, exit, errorTail: errorTail, resume: resume).outcome
  }

  private static let begun = "{\"type\":\"thread.started\",\"thread_id\":\"\(CodexWorld.thread)\"}"
  private static let said =
    "{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"done\"}}"
  private static let completed = "{\"type\":\"turn.completed\",\"usage\":{}}"

  private static func failed(_ words: String) -> String {
    JSONText.encode(
      .object(["type": .string("turn.failed"), "error": .object(["message": .string(words)])]))
  }

  @Test func anUnknownThreadIsGone() {
    let stderr = CodexWorld.text("codex-exec-resume-unknown.err")
    let gone = outcome(.exited(1), stderr, resume: CodexWorld.session())
    #expect(gone.kind == .sessionGone)
    #expect(gone.session == nil)
    #expect(gone.message.contains("no rollout found for thread id"))
    // Nothing was to be resumed: then it is some failure.
    #expect(outcome(.exited(1), stderr).kind == .failed(code: "agent_failed", .agent))
  }

  @Test func aThreadInUseIsTriedLater() {
    let resume = CodexWorld.session(counted: ["": CodexWorld.usage(1, 0, 1)])
    let busy = outcome(.exited(1), CodexWorld.text("codex-exec-in-use.err"), resume: resume)
    #expect(busy.kind == .failed(code: "agent_session_busy", .transient))
    #expect(busy.session == resume)
  }

  @Test(
    arguments: [
      ("bad-flag", 2), ("bad-config", 1), ("bad-provider", 1), ("no-prompt", 1),
      ("no-home", 1),
    ] as [(String, Int32)])
  func aRefusedCallIsMisconfigured(_ file: String, _ status: Int32) throws {
    let stderr = CodexWorld.text("codex-exec-\(file).err")
    try #require(!stderr.isEmpty)
    let refused = outcome(.exited(status), stderr)
    #expect(refused.kind == .failed(code: "agent_misconfigured", .misconfigured))
    #expect(refused.message == stderr.trimmingWhitespace())
    #expect(refused.session == nil)
    // Once codex runs, the same words are only words.
    let late = outcome(.exited(1), stderr, lines: [Self.begun])
    #expect(late.kind == .failed(code: "agent_no_result", .agent))
  }

  @Test(
    arguments: [.signalled(9), .signalled(15), .exited(137), .exited(129)] as [CodexWorld.Exit])
  func aKilledTurnKeepsItsThread(_ exit: CodexWorld.Exit) {
    let resume = CodexWorld.session(counted: ["": CodexWorld.usage(5, 1, 2)])
    let killed = outcome(exit, "", resume: resume)
    #expect(killed.kind == .failed(code: "agent_killed", .agent))
    #expect(killed.session == resume)
    #expect(killed.usage == Usage())
  }

  @Test func theLineThatEndsTheTurnRules() {
    let no = Self.failed("no")
    func kind(_ exit: CodexWorld.Exit, _ lines: String...) -> TurnOutcome.Kind {
      outcome(exit, "", lines: [Self.begun, Self.said] + lines).kind
    }
    #expect(kind(.exited(0), Self.completed) == .succeeded)
    #expect(kind(.exited(1), Self.completed) == .succeeded)
    #expect(kind(.signalled(9), Self.completed) == .succeeded)
    #expect(kind(.exited(0), no) == .failed(code: "agent_failed", .agent))
    #expect(kind(.exited(0)) == .failed(code: "agent_no_result", .agent))
    #expect(kind(.exited(0), no, Self.completed) == .succeeded)
    // With nothing behind it, it takes nothing back.
    #expect(kind(.exited(0), Self.completed, no) == .succeeded)
    let work = "{\"type\":\"item.completed\",\"item\":{\"type\":\"reasoning\",\"text\":\"x\"}}"
    #expect(
      kind(.exited(0), Self.completed, work, no) == .failed(code: "agent_failed", .agent))
    // Nobody said anything: git knows whether there is work.
    let silent = outcome(.exited(1), "", lines: [Self.begun, Self.completed])
    #expect(silent.kind == .succeeded && silent.trouble != nil)
    let late = outcome(.exited(0), "", lines: [Self.begun, Self.said, Self.completed, no])
    #expect(late.trouble?.words == "after a complete turn codex reported an error: no")
    #expect(outcome(.exited(0), "").kind == .failed(code: "agent_no_result", .agent))
  }

  @Test func aFatalLineSpeaksWhereTheTurnDoesNot() {
    func error(_ words: String) -> String { "{\"type\":\"error\",\"message\":\"\(words)\"}" }
    let fatal = outcome(
      .exited(1), "", lines: [Self.begun, error("Quota exceeded. Check your plan")])
    #expect(fatal.kind == .failed(code: "agent_quota_exceeded", .operator))
    #expect(fatal.message == "Quota exceeded. Check your plan")
    // A notice of another try says nothing about the end.
    let retry = outcome(
      .exited(1), "", lines: [Self.begun, error("Reconnecting... 1/5 (unexpected status 401 X)")])
    #expect(retry.kind == .failed(code: "agent_no_result", .agent))
  }

  @Test func anOddEndingIsToldWithTheMessage() {
    let odd = outcome(.exited(1), "panic: x\n", lines: [Self.begun, Self.said, Self.completed])
    #expect(odd.message == "done")
    let words = "codex ended with exit status 1: after a complete turn: panic: x"
    #expect(odd.trouble == .init(.failed(code: "agent_failed", .agent), words))
    #expect(outcome(.exited(1), "boom").message == "boom")
    #expect(
      outcome(.signalled(9), "boom").message == "codex ended with signal 9: it gave no result: boom"
    )
  }

  @Test(
    arguments: [
      ("unexpected status 400 Bad Request: x", "agent_api_error", .agent),
      ("unexpected status 402 Payment Required: x", "agent_quota_exceeded", .operator),
      ("unexpected status 404 Not Found: fake: /v1/responses", "agent_api_error", .misconfigured),
      ("unexpected status 422 X: unknown model gpt", "agent_model_refused", .misconfigured),
      ("unexpected status 503 Service Unavailable: x", "agent_api_unavailable", .transient),
      (
        "exceeded retry limit, last status: 500 Internal Server Error", "agent_api_unavailable",
        .transient
      ),
      (
        "Access blocked by Cloudflare. (status 403 Forbidden), url: x", "agent_unauthorized",
        .operator
      ),
      ("Not logged in", "agent_not_logged_in", .operator),
      (
        "Your access token could not be refreshed. Please log out and sign in again.",
        "agent_not_logged_in", .operator
      ),
      (
        "To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.",
        "agent_quota_exceeded", .operator
      ),
      (
        "Your workspace is out of credits. Add credits to continue.", "agent_quota_exceeded",
        .operator
      ),
      (
        "You hit your spend cap set in your workspace. Increase your spend cap to continue.",
        "agent_quota_exceeded", .operator
      ),
      (
        "stream disconnected before completion: failed to lookup address information: Try again",
        "agent_api_unreachable", .transient
      ),
      ("request timed out", "agent_api_unreachable", .transient),
      ("bad prompt", "agent_failed", .agent),
      (
        "Codex ran out of room in the model\u{2019}s context window.", "agent_context_overflow",
        .contextOverflow
      ),
      ("", "agent_failed", .agent),
      (
        "{\"error\":{\"message\":\"Too long\",\"code\":\"context_length_exceeded\"}}",
        "agent_context_overflow", .contextOverflow
      ),
      (
        "{\"error\":{\"message\":\"No money\",\"code\":\"insufficient_quota\"}}",
        "agent_quota_exceeded", .operator
      ),
      ("{\"detail\":\"Model gpt-9 not found\"}", "agent_model_refused", .misconfigured),
      // Only a sentence of codex's own is about the network.
      ("{\"error\":{\"message\":\"timeout is no number\"}}", "agent_api_error", .agent),
    ] as [(String, String, Failure)])
  func wordsHaveTheirClass(_ words: String, _ code: String, _ failure: Failure) {
    let ended = outcome(.exited(1), "", lines: [Self.begun, Self.failed(words)])
    #expect(ended.kind == .failed(code: code, failure))
    #expect(ended.session?.id == CodexWorld.thread)
  }

  @Test func aLimitWithoutATimeIsALimit() {
    for words in [
      "You've hit your usage limit. Try again later.",
      "You\u{2019}ve hit your usage limit for gpt-5. Switch to another model now, or try again later.",
    ] {
      let ended = outcome(.exited(1), "", lines: [Self.begun, Self.failed(words)])
      #expect(ended.kind == .limited(until: nil))
      #expect(ended.message == words)
    }
  }

  @Test func aLongMessageKeepsItsLastLine() {
    let long = String(repeating: "é", count: 9000) + "\nSYMPHONY: continue"
    let said = JSONText.encode(
      .object([
        "type": .string("item.completed"),
        "item": .object(["type": .string("agent_message"), "text": .string(long)]),
      ]))
    let message = outcome(.exited(0), "", lines: [Self.begun, said, Self.completed]).message
    #expect(message.count <= 4000)
    #expect(message.hasSuffix("\nSYMPHONY: continue"))
  }
}
