// Every adapter through a whole run: a program that plays a recording is started by the real worker,
// and result.json says what it should.
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyExecutors

struct Contract: Sendable, CustomTestStringConvertible {
  var name: String
  var kind: String
  var plays: [Play]
  var outcome = Outcome.failed
  var code = ""
  var failure: FailureClass?
  /// Dollars, input tokens, output tokens.
  var cost = 0.0
  var tokens: [Int64] = [0, 0]
  /// How the session's id begins; nil: there is none.
  var session: String?
  var resume: SessionRef?
  var turns = 1
  var denied = 0
  var wantsMore = false
  var testDescription: String { "\(kind): \(name)" }
}

@Suite(.ownThreads) struct FakeAgentTests {
  @Test(
    arguments: Contract.claude + Contract.codex + Contract.openCode + Contract.command)
  func theResultSaysWhatTheRecordingDoes(contract: Contract) throws {
    for play in contract.plays { try #require(!(play.output + play.errors).isEmpty) }
    let yard = try WorkerYard()
    yard.agents = AgentRegistry.all
    let program = try FakeAgent.write(contract.plays, in: yard.root)
    let result = try yard.perform("") {
      $0.agent.kind = contract.kind
      $0.agent.command = program
      $0.agent.maxTurns = contract.turns
      $0.agent.permissionMode = contract.kind == "claude_code" ? "acceptEdits" : ""
      $0.resume = contract.resume
    }
    #expect(result.outcome == contract.outcome, "\(result.summary)")
    #expect(result.code == contract.code)
    #expect(result.failure == contract.failure)
    #expect(abs(result.usage.costUSD - contract.cost) < 1e-5)
    #expect([result.usage.inputTokens, result.usage.outputTokens] == contract.tokens)
    #expect(result.usage == result.spent.total)
    #expect(result.turns == contract.turns)
    #expect(result.denied.count == contract.denied)
    #expect(result.wantsContinuation == contract.wantsMore)
    if let session = contract.session {
      #expect(result.session?.id.hasPrefix(session) == true, "\(result.session?.id ?? "none")")
      #expect(result.session?.agent == contract.kind)
    } else {
      #expect(result.session == nil)
    }
    #expect(
      Files.tail(program + ".prompt", limit: 1000).hasPrefix(
        contract.turns == 1 ? "Do it" : "Go on"))
  }
}

extension Contract {
  /// - Parameter code: empty: it ends well.
  private static func recorded(
    _ kind: String, _ file: String, _ status: Int, _ session: String?, _ code: String = "",
    _ failure: FailureClass? = nil, cost: Double = 0, tokens: [Int64] = [0, 0]
  ) -> Contract {
    Contract(
      name: file, kind: kind, plays: [.file(file, status)],
      outcome: code.isEmpty ? .succeeded : .failed, code: code, failure: failure, cost: cost,
      tokens: tokens, session: session)
  }

  static let claude: [Contract] = {
    func claude(
      _ file: String, _ status: Int, _ session: String?, _ code: String = "",
      _ failure: FailureClass? = nil, cost: Double = 0, tokens: [Int64] = [0, 0]
    ) -> Contract {
      recorded(
        "claude_code", "claude-\(file)", status, session, code, failure, cost: cost,
        tokens: tokens)
    }
    let success = claude("stream-success.ndjson", 0, "ad64a7fa", cost: 0.00159, tokens: [300, 29])
    var cut = claude(
      "stream-max-turns.ndjson", 1, "c0258da2", cost: 1.2, tokens: [200_000, 20_000])
    cut.wantsMore = true
    var denied = claude("tools-denied.ndjson", 0, "ef0c7018", cost: 0.0032, tokens: [400, 80])
    // Two of the three were for the same thing.
    denied.denied = 2
    var gone = success
    gone.plays = [.file("claude-stream-resume-unknown.ndjson", 1)] + gone.plays
    gone.name = "a session that is gone"
    gone.resume = SessionRef(agent: "claude_code", id: "99999999-2222-4333-8444-555555555555")
    var inUse = gone
    inUse.plays[0] = .file("claude-session-in-use.stderr", 1)
    (inUse.name, inUse.resume) = ("a session that exists already", nil)
    // Dollars are those of the whole session: only the difference is added.
    var two = claude("session-turn-1.ndjson", 0, "b874dced", cost: 0.002202, tokens: [518, 25])
    two.plays.append(.file("claude-session-turn-2.ndjson", 0))
    two.turns = 2
    return [
      success, cut, denied, gone, inUse, two,
      claude(
        "stream-background-two-results.ndjson", 0, "c4c5f17b", cost: 0.0024, tokens: [300, 60]),
      claude(
        "stream-max-budget.ndjson", 1, "0a94a504", "agent_budget_exhausted", .budget, cost: 0.6,
        tokens: [100_000, 10_000]),
      claude("stream-json-error-401.ndjson", 1, "11e5b12c", "agent_unauthorized", .operator),
      claude("not-logged-in.ndjson", 1, "407b12fb", "agent_not_logged_in", .operator),
      claude("stream-json-error-529.ndjson", 1, "5a8f7104", "agent_api_unavailable", .transient),
      claude("stream-oauth-limit.ndjson", 1, "dd128535", "agent_limited", .limited),
      claude(
        "error-400-prompt-too-long.ndjson", 1, "fc68a2e6", "agent_context_overflow",
        .contextOverflow),
      claude(
        "stream-json-SIGTERM-longtool.out", -15, "e3d5659e", "agent_killed", .agent,
        tokens: [100, 1]),
      claude(
        "stream-json-SIGINT-longtool.out", 0, "041523ca", "agent_interrupted", .agent,
        cost: 0.0008, tokens: [100, 20]),
      claude("bad-flag.stderr", 1, nil, "agent_misconfigured", .misconfigured),
    ]
  }()

  static let codex: [Contract] = {
    func codex(
      _ file: String, _ status: Int, _ session: String?, _ code: String = "",
      _ failure: FailureClass? = nil, tokens: [Int64] = [0, 0]
    ) -> Contract {
      recorded("codex", "codex-exec-\(file)", status, session, code, failure, tokens: tokens)
    }
    let success = codex("success.ndjson", 0, "01a1fb36-597f", tokens: [250, 29])
    var gone = success
    gone.plays = [.file("codex-exec-resume-unknown.err", 1)] + gone.plays
    gone.name = "a thread that is gone"
    gone.resume = SessionRef(agent: "codex", id: "01a1fb36-0000-7560-b0bb-323f7efb5614")
    // Tokens are those of the whole thread.
    var two = codex("turn-1.ndjson", 0, "01a21555-db43", tokens: [450, 27])
    two.plays.append(.file("codex-exec-turn-2.ndjson", 0))
    two.turns = 2
    return [
      success, gone, two,
      codex("err-401.ndjson", 1, "01a1fb3a-9954", "agent_unauthorized", .operator),
      codex("err-429.ndjson", 1, "01a1fb3a-ed36", "agent_rate_limited", .transient),
      codex("err-500.ndjson", 1, "01a21554-3641", "agent_api_unavailable", .transient),
      codex("err-usage.ndjson", 1, "01a1fb3b-b078", "agent_limited", .limited),
      codex("err-quota.ndjson", 1, "01a1fb3b-b274", "agent_quota_exceeded", .operator),
      codex("failed-ctx.ndjson", 1, "01a1fb3b-ba8f", "agent_context_overflow", .contextOverflow),
      codex("SIGTERM.ndjson", -15, "01a1fb3c-3fc0", "agent_killed", .agent),
      codex("bad-flag.err", 2, nil, "agent_misconfigured", .misconfigured),
    ]
  }()

  static let openCode: [Contract] = {
    func step(_ cost: String, _ input: Int, _ output: Int) -> String {
      """
      {"type":"step_finish","timestamp":2,"sessionID":"ses_1","part":{"reason":"stop",\
      "cost":\(cost),"tokens":{"input":\(input),"output":\(output),"reasoning":1,\
      "cache":{"read":10,"write":5}}}}

      """
    }
    let start = """
      {"type":"step_start","timestamp":1,"sessionID":"ses_1","part":{"type":"step-start"}}
      {"type":"text","timestamp":1,"sessionID":"ses_1","part":{"text":"Done."}}

      """
    let good = Contract(
      name: "two steps", kind: "opencode",
      plays: [Play(output: start + step("0.02", 100, 9) + start + step("0.03", 50, 4), status: 0)],
      outcome: .succeeded, cost: 0.05, tokens: [180, 15], session: "ses_1")
    var gone = good
    gone.name = "a session that is gone"
    gone.plays = [Play(errors: "Error: Session not found\n", status: 1)] + gone.plays
    gone.resume = SessionRef(agent: "opencode", id: "ses_0")
    let error = """
      {"type":"error","timestamp":3,"sessionID":"ses_1","error":{"name":"ProviderAuthError",\
      "data":{"providerID":"anthropic","message":"no key"}}}

      """
    return [
      good, gone,
      Contract(
        name: "no login", kind: "opencode", plays: [Play(output: error, status: 1)],
        code: "agent_unauthorized", failure: .operator, session: "ses_1"),
      Contract(
        name: "killed", kind: "opencode",
        plays: [Play(output: start + step("0.02", 100, 9), status: -9)], code: "agent_killed",
        failure: .agent, cost: 0.02, tokens: [115, 10], session: "ses_1"),
    ]
  }()

  static let command: [Contract] = [
    Contract(
      name: "words", kind: "command", plays: [Play(output: "done\n", status: 0)],
      outcome: .succeeded),
    Contract(
      name: "a failure", kind: "command", plays: [Play(errors: "no luck\n", status: 3)],
      code: "agent_failed", failure: .agent),
    Contract(
      name: "try again later", kind: "command", plays: [Play(errors: "busy\n", status: 75)],
      code: "agent_unavailable", failure: .transient),
    Contract(
      name: "killed", kind: "command", plays: [Play(output: "working\n", status: -9)],
      code: "agent_killed", failure: .agent),
    Contract(
      name: "reports", kind: "command",
      plays: [
        Play(
          output: """
            {"type":"session","id":"mine-1"}
            {"type":"usage","input_tokens":7,"output_tokens":2,"cost_usd":0.5,"model":"m"}
            {"type":"result","status":"blocked","message":"which database?"}

            """, status: 0)
      ],
      outcome: .blocked, code: "agent_blocked", cost: 0.5, tokens: [7, 2], session: "mine-1"),
  ]
}
