// Every adapter through a whole run: a program that plays a recording is started by the real worker,
// and result.json says what it should.
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

struct Contract: Sendable, CustomTestStringConvertible {
  var name: String
  var kind: String
  var plays: [Play]
  var outcome = Outcome.failed
  var code = ""
  var failure: Failure.Kind?
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
    #expect(result.failure?.kind == contract.failure)
    #expect(abs(result.usage.costUSD - contract.cost) < 1e-5)
    #expect([result.usage.inputTokens, result.usage.outputTokens] == contract.tokens)
    #expect(result.usage == result.spent.total)
    #expect(result.turns == contract.turns)
    #expect(result.denied.count == contract.denied)
    #expect(result.wantsContinuation == contract.wantsMore)
    if let session = contract.session {
      #expect(result.session?.id.hasPrefix(session) == true, "\(result.session?.id ?? "none")")
    } else {
      #expect(result.session == nil)
    }
    #expect(
      Files.tail(program + ".prompt", limit: 1000).hasPrefix(
        contract.turns == 1 ? "Do it" : "Go on"))
  }

  /// A recording nobody plays proves nothing of the worker.
  ///
  /// What is played is known by its text, and no two recordings are alike.
  @Test func everyRecordingIsPlayed() throws {
    let folder = Files.parent(of: Files.parent(of: "\(#filePath)"))
    let names = try Files.list(folder + "/AgentTests/Fixtures").filter {
      $0.hasPrefix("claude-") || $0.hasPrefix("codex-")
    }
    try #require(names.count > 50)
    let texts = names.map { Self.text(of: .file($0, 0)) }
    #expect(Set(texts).count == names.count)
    let played = Set((Contract.claude + Contract.codex).flatMap(\.plays).map(Self.text))
    let silent = zip(names, texts).filter { !played.contains($1) }.map(\.0)
    #expect(silent.isEmpty)
  }

  private static func text(of play: Play) -> String { play.output + play.errors }
}

extension Contract {
  /// `code`: empty: it ends well.
  private static func recorded(
    _ kind: String, _ file: String, _ status: Int, _ session: String?, _ code: String = "",
    _ failure: Failure.Kind? = nil, cost: Double = 0, tokens: [Int64] = [0, 0]
  ) -> Contract {
    Contract(
      name: file, kind: kind, plays: [.file(file, status)],
      outcome: code.isEmpty ? .succeeded : .failed, code: code, failure: failure, cost: cost,
      tokens: tokens, session: session)
  }

  static let claude = claudeSessions + claudeEndings + claudeFaults + claudeComplaints
  static let codex = codexThreads + codexEndings + codexFaults + codexComplaints

  private static func fromClaude(
    _ file: String, _ status: Int, _ session: String?, _ code: String = "",
    _ failure: Failure.Kind? = nil, cost: Double = 0, tokens: [Int64] = [0, 0]
  ) -> Contract {
    recorded(
      "claude_code", "claude-\(file)", status, session, code, failure, cost: cost, tokens: tokens)
  }

  private static func fromCodex(
    _ file: String, _ status: Int, _ session: String?, _ code: String = "",
    _ failure: Failure.Kind? = nil, tokens: [Int64] = [0, 0]
  ) -> Contract {
    recorded("codex", "codex-exec-\(file)", status, session, code, failure, tokens: tokens)
  }

  private static func usage(
    _ input: Int64, _ cached: Int64, _ output: Int64, dollars: Double = 0
  ) -> Usage {
    var usage = Usage()
    (usage.inputTokens, usage.cachedInputTokens, usage.outputTokens) = (input, cached, output)
    usage.costUSD = dollars
    return usage
  }

  /// What claude makes of sessions: fresh ones, ones to be resumed, and several turns of one.
  private static let claudeSessions: [Contract] = {
    let success = fromClaude(
      "stream-success.ndjson", 0, "ad64a7fa", cost: 0.00159, tokens: [300, 29])
    var gone = success
    gone.plays = [.file("claude-stream-resume-unknown.ndjson", 1)] + gone.plays
    gone.name = "a session that is gone"
    gone.resume = SessionRef(id: "99999999-2222-4333-8444-555555555555")
    var goneInWords = gone
    goneInWords.plays[0] = .file("claude-resume-unknown.stderr", 1)
    goneInWords.name = "a session that is gone, on standard error only"
    var inUse = gone
    inUse.plays[0] = .file("claude-session-in-use.stderr", 1)
    (inUse.name, inUse.resume) = ("a session that exists already", nil)
    // Dollars are those of the whole session: only the difference is added.
    var two = fromClaude("session-turn-1.ndjson", 0, "b874dced", cost: 0.002202, tokens: [518, 25])
    two.plays.append(.file("claude-session-turn-2.ndjson", 0))
    two.turns = 2
    // A later run of the same session: what the first two came to is not spent again. The last turn
    // only fails and repeats the figures of the one before.
    var later = fromClaude(
      "session-turn-3.ndjson", 1, "b874dced", "agent_unauthorized", .operator, cost: 0.0014942,
      tokens: [444, 7])
    later.plays = [
      .file("claude-session-turn-3.ndjson", 0), .file("claude-session-turn-4-403.ndjson", 1),
    ]
    (later.name, later.turns) = ("a later run, its last turn is refused", 2)
    later.resume = SessionRef(
      id: "b874dced-cc5a-4673-a7dd-56258c84988a",
      counted: [
        "claude-opus-5-5": usage(478, 30, 19, dollars: 0.002195),
        "claude-haiku-5-5": usage(40, 0, 6, dollars: 0.000007),
      ])
    return [success, gone, goneInWords, inUse, two, later]
  }()

  private static let claudeEndings: [Contract] = {
    var cut = fromClaude(
      "stream-max-turns.ndjson", 1, "c0258da2", cost: 1.2, tokens: [200_000, 20_000])
    cut.wantsMore = true
    var denied = fromClaude("tools-denied.ndjson", 0, "ef0c7018", cost: 0.0032, tokens: [400, 80])
    // Two of the three were for the same thing.
    denied.denied = 2
    return [
      cut, denied,
      fromClaude("json-success.json", 0, "dba05d08", cost: 0.00159, tokens: [300, 29]),
      fromClaude(
        "stream-background-two-results.ndjson", 0, "c4c5f17b", cost: 0.0024, tokens: [300, 60]),
      // A limit that is only near stops nothing.
      fromClaude("stream-oauth-warn.ndjson", 0, "e7de3ea3", cost: 0.0004, tokens: [100, 20]),
      fromClaude(
        "stream-max-budget.ndjson", 1, "0a94a504", "agent_budget_exhausted", .budget, cost: 0.6,
        tokens: [100_000, 10_000]),
      fromClaude(
        "stream-json-SIGTERM-longtool.out", -15, "e3d5659e", "agent_killed", .agent,
        tokens: [100, 1]),
      // claude catches this one and leaves with the status a shell would tell.
      fromClaude("SIGHUP.ndjson", 129, "a12a8211", "agent_killed", .agent, tokens: [100, 1]),
      fromClaude("SIGKILL.ndjson", -9, "98469f8a", "agent_killed", .agent, tokens: [100, 1]),
      fromClaude(
        "stream-json-SIGINT-longtool.out", 0, "041523ca", "agent_interrupted", .agent,
        cost: 0.0008, tokens: [100, 20]),
      fromClaude(
        "SIGINT.ndjson", 0, "a83778f1", "agent_interrupted", .agent, cost: 0.0008,
        tokens: [100, 20]),
    ]
  }()

  /// Errors of the API: the session is there, and nothing was spent.
  private static let claudeFaults: [Contract] = [
    fromClaude("error-400.ndjson", 1, "7a16119a", "agent_api_error", .agent),
    fromClaude(
      "error-400-prompt-too-long.ndjson", 1, "fc68a2e6", "agent_context_overflow",
      .contextOverflow),
    fromClaude("error-400-credit.ndjson", 1, "f931cd41", "agent_no_credit", .operator),
    fromClaude("stream-json-error-401.ndjson", 1, "11e5b12c", "agent_unauthorized", .operator),
    fromClaude("json-error-401.json", 1, "f8b986aa", "agent_unauthorized", .operator),
    fromClaude("error-401-key.ndjson", 1, "0c61ed54", "agent_unauthorized", .operator),
    fromClaude("not-logged-in.ndjson", 1, "407b12fb", "agent_not_logged_in", .operator),
    fromClaude("error-403.ndjson", 1, "a30daa93", "agent_unauthorized", .operator),
    fromClaude("error-404.ndjson", 1, "8b711b18", "agent_misconfigured", .misconfigured),
    fromClaude("error-413.ndjson", 1, "862fffca", "agent_context_overflow", .contextOverflow),
    fromClaude("error-429.ndjson", 1, "3087f606", "agent_rate_limited", .transient),
    fromClaude("error-429-retry-after.ndjson", 1, "6acc0dfb", "agent_rate_limited", .transient),
    fromClaude("stream-oauth-limit.ndjson", 1, "dd128535", "agent_limited", .limited),
    fromClaude("error-500.ndjson", 1, "f8689b3a", "agent_api_unavailable", .transient),
    fromClaude("stream-json-error-529.ndjson", 1, "5a8f7104", "agent_api_unavailable", .transient),
    fromClaude("json-error-529.json", 1, "db1b2ea1", "agent_api_unavailable", .transient),
    fromClaude("connection-refused.ndjson", 1, "dd30d192", "agent_api_unreachable", .transient),
  ]

  /// What claude says on standard error before there is a session.
  private static let claudeComplaints = [
    "bad-flag", "bad-mcp", "bad-mode", "bad-session", "bad-settings", "no-prompt", "root",
  ].map { fromClaude("\($0).stderr", 1, nil, "agent_misconfigured", .misconfigured) }

  /// What codex makes of threads: fresh ones, ones to be resumed, and several turns of one.
  private static let codexThreads: [Contract] = {
    let success = fromCodex("success.ndjson", 0, "01a1fb36-597f", tokens: [250, 29])
    var gone = success
    gone.plays = [.file("codex-exec-resume-unknown.err", 1)] + gone.plays
    gone.name = "a thread that is gone"
    gone.resume = SessionRef(id: "01a1fb36-0000-7560-b0bb-323f7efb5614")
    // Another thread than the one asked for was begun: what that spent is spent all the same.
    var foreign = gone
    foreign.plays[0] = .file("codex-exec-resume-name.ndjson", 0)
    (foreign.name, foreign.tokens) = ("another thread than asked for", [350, 49])
    var busy = fromCodex("in-use.err", 1, "01a21555-db43", "agent_session_busy", .transient)
    busy.resume = SessionRef(id: "01a21555-db43-7900-8342-d06161b8802f")
    // Tokens are those of the whole thread: what an earlier turn or run counted is not spent again.
    var resumed = fromCodex("resume.ndjson", 0, "01a1fb36-f3ba", tokens: [250, 29])
    resumed.resume = SessionRef(
      id: "01a1fb36-f3ba-70f2-92b1-89eb73c4903d", counted: ["": usage(250, 50, 29)])
    var two = fromCodex("turn-1.ndjson", 0, "01a21555-db43", tokens: [450, 27])
    two.plays.append(.file("codex-exec-turn-2.ndjson", 0))
    two.turns = 2
    var later = fromCodex("turn-3.ndjson", 0, "01a21555-db43", tokens: [300, 7])
    later.resume = SessionRef(
      id: "01a21555-db43-7900-8342-d06161b8802f",
      counted: ["": usage(450, 210, 27)])
    return [success, gone, foreign, busy, resumed, two, later]
  }()

  private static let codexEndings: [Contract] = {
    var denied = fromCodex("mcp-denied.ndjson", 0, "01a21555-299c", tokens: [200, 40])
    denied.denied = 1
    return [
      denied,
      fromCodex("items-gpt-5.5.ndjson", 0, "01a1fb41-732a", tokens: [500, 100]),
      fromCodex("patches.ndjson", 0, "01a2155e-1948", tokens: [400, 80]),
      fromCodex("mcp.ndjson", 0, "01a2155e-1c2d", tokens: [200, 40]),
      // The connection was lost once and found again.
      fromCodex("drop.ndjson", 0, "01a1fb3b-bc84", tokens: [100, 20]),
      fromCodex("SIGTERM.ndjson", -15, "01a1fb3c-3fc0", "agent_killed", .agent),
      fromCodex("SIGHUP.ndjson", -1, "01a21555-d261", "agent_killed", .agent),
      fromCodex("SIGKILL.ndjson", -9, "01a21555-d598", "agent_killed", .agent),
      // codex catches this one and leaves with a status of its own.
      fromCodex("SIGINT.ndjson", 1, "01a21555-cebd", "agent_no_result", .agent),
    ]
  }()

  private static let codexFaults: [Contract] = [
    fromCodex("err-400.ndjson", 1, "01a1fb3a-974a", "agent_api_error", .agent),
    fromCodex("err-400-model.ndjson", 1, "01a21554-4231", "agent_model_refused", .misconfigured),
    fromCodex("err-401.ndjson", 1, "01a1fb3a-9954", "agent_unauthorized", .operator),
    fromCodex("err-403.ndjson", 1, "01a21554-3748", "agent_unauthorized", .operator),
    fromCodex("err-404.ndjson", 1, "01a21554-3745", "agent_model_refused", .misconfigured),
    fromCodex("err-429.ndjson", 1, "01a1fb3a-ed36", "agent_rate_limited", .transient),
    fromCodex("err-500.ndjson", 1, "01a21554-3641", "agent_api_unavailable", .transient),
    fromCodex("overloaded.ndjson", 1, "01a21554-44f7", "agent_api_unavailable", .transient),
    fromCodex("err-usage.ndjson", 1, "01a1fb3b-b078", "agent_limited", .limited),
    fromCodex("err-quota.ndjson", 1, "01a1fb3b-b274", "agent_quota_exceeded", .operator),
    fromCodex("failed-ctx.ndjson", 1, "01a1fb3b-ba8f", "agent_context_overflow", .contextOverflow),
    fromCodex("refused.ndjson", 1, "01a21554-3604", "agent_api_unreachable", .transient),
    fromCodex("offline.ndjson", 1, "01a21558-0569", "agent_api_unreachable", .transient),
    fromCodex("no-key.ndjson", 1, "01a21554-40ae", "agent_not_logged_in", .operator),
  ]

  /// What codex says on standard error before there is a thread; a flag it does not know has a
  /// status of its own.
  private static let codexComplaints = [
    ("bad-flag", 2), ("bad-config", 1), ("bad-provider", 1), ("no-prompt", 1), ("no-home", 1),
  ].map { fromCodex("\($0).err", $1, nil, "agent_misconfigured", .misconfigured) }

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
    gone.resume = SessionRef(id: "ses_0")
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
