// Lines of `opencode run --format json`, of both major versions, and what each ending means. They are
// made after its source, not recorded.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct OpenCodeReaderTests {
  private let agent = OpenCodeAgent()
  private let resume = SessionRef(id: "ses_old")

  private func line(_ type: String, _ members: String, session: String = "ses_1") -> String {
    "{\"type\":\"\(type)\",\"timestamp\":1,\"sessionID\":\"\(session)\",\(members)}"
  }
  private func text(_ text: String) -> String {
    line("text", "\"part\":{\"type\":\"text\",\"text\":\"\(text)\"}")
  }
  private var begin: String { line("step_start", "\"part\":{\"type\":\"step-start\"}") }
  private func end(_ reason: String, cost: Double = 0.5) -> String {
    line(
      "step_finish",
      "\"part\":{\"reason\":\"\(reason)\",\"cost\":\(cost),\"tokens\":{\"total\":38,\"input\":10,"
        + "\"output\":3,\"reasoning\":4,\"cache\":{\"read\":20,\"write\":1}}}")
  }
  private func tool(_ state: String) -> String {
    line("tool_use", "\"part\":{\"tool\":\"bash\",\"state\":{\(state)}}")
  }
  private func error(_ members: String) -> String { line("error", "\"error\":{\(members)}") }

  private func replay(
    _ lines: [String], _ exit: Exit = .exited(0), _ errorTail: String = "",
    resume: SessionRef? = nil
  ) -> AgentWorld.Replay {
    AgentWorld.replay(lines, exit, errorTail: errorTail, resume: resume, agent: agent)
  }

  @Test func aTurnOfTwoSteps() throws {
    let replayed = replay([
      begin, text("I will look."),
      tool("\"status\":\"completed\",\"input\":{\"command\":\"ls\\n-l\"},\"output\":\"x\""),
      end("tool-calls"), begin, line("reasoning", "\"part\":{\"text\":\"hm\"}"), text("Done."),
      text("SYMPHONY: continue"), end("stop", cost: 0.25),
      line("done", "\"reason\":\"idle\",\"rejected\":[]"),
    ])
    let outcome = replayed.outcome
    #expect(outcome.kind == .succeeded)
    #expect(outcome.message == "Done.\n\nSYMPHONY: continue")
    #expect(outcome.session == SessionRef(id: "ses_1"))
    #expect(outcome.denied.isEmpty)
    // Cache and reasoning are counted apart by opencode, and together by us.
    let usage = try #require(outcome.spent[""])
    #expect([usage.inputTokens, usage.cachedInputTokens, usage.outputTokens] == [62, 40, 14])
    #expect(usage.costUSD == 0.75)
    #expect(
      replayed.activities == ["I will look.", "bash: ls -l", "Done.", "SYMPHONY: continue"])
    #expect(replayed.events.filter { $0 == .session("ses_1") }.count == 1)
    let costs = replayed.events.compactMap {
      if case .usage(let models, nil) = $0 { models[""]?.costUSD } else { nil }
    }
    #expect(costs == [0.5, 0.75])
  }

  @Test func theWorkflowsModelNamesTheFigures() {
    let policy = AgentWorld.policy { $0.model = "a/b" }
    var reader = agent.reader(for: AgentWorld.turn(policy))
    _ = reader.read(end("stop"))
    #expect(reader.finish(.exited(0), errorTail: "").spent.keys.sorted() == ["a/b"])
  }

  @Test func withoutSessionsNoneIsRemembered() {
    let policy = AgentWorld.policy { $0.resumesSessions = false }
    var reader = agent.reader(for: AgentWorld.turn(policy, resume: resume))
    #expect(reader.read(text("hi")) == [.activity("hi")])
    let outcome = reader.finish(.exited(0), errorTail: "")
    #expect(outcome.kind == .succeeded)
    #expect(outcome.session == nil)
    // And none can be gone.
    let failed = agent.reader(for: AgentWorld.turn(policy, resume: resume))
      .finish(.exited(1), errorTail: "Error: Session not found")
    #expect(failed.kind == .failed(code: "agent_failed", .agent))
  }

  @Test func figuresNeedNotMakeSense() {
    let odd = line(
      "step_finish",
      "\"part\":{\"cost\":-1,\"tokens\":{\"input\":-5,\"output\":\"x\",\"cache\":7}}")
    #expect(replay([odd]).outcome.usage == Usage())
  }

  // MARK: Endings without an error line

  @Test func nothingSaidIsNoResult() {
    #expect(replay([]).outcome.kind == .failed(code: "agent_no_result", .agent))
    let silent = TurnOutcome.Kind.cutShort(code: "agent_unfinished")
    #expect(replay([begin]).outcome.kind == silent)
    #expect(replay([begin, end("stop")], .exited(1)).outcome.kind == .succeeded)
    #expect(replay([begin, text("a"), end("content-filter")]).outcome.kind == silent)
    #expect(replay([begin, text("a"), end("unknown")]).outcome.kind == .succeeded)
    let odd = replay([begin, text("a"), end("stop")], .exited(1), "panic: x").outcome
    #expect(odd.kind == .succeeded)
    #expect(
      odd.trouble
        == .init(
          .failed(code: "agent_failed", .agent),
          "opencode ended with exit status 1 after its last step: panic: x"))
    #expect(
      replay([begin, text("a"), end("tool-calls")], .exited(1)).outcome.kind
        == .failed(code: "agent_failed", .agent))
    #expect(
      replay([begin, text("a"), end("tool-calls")]).outcome.kind
        == .cutShort(code: "agent_unfinished"))
    // Asked for a session, it is gone: with a reason on stderr or without a word.
    for words in ["", "NotFoundError: Session not found: ses_old"] {
      #expect(replay([], .exited(0), words, resume: resume).outcome.kind == .sessionGone)
    }
    let killed = replay([begin], .exited(143)).outcome
    #expect(killed.kind == .failed(code: "agent_killed", .agent))
    #expect(killed.message == "opencode ended with exit status 143: it gave no result")
    #expect(replay([begin], .exited(130)).outcome.kind == .failed(code: "agent_killed", .agent))
    #expect(killed.session?.id == "ses_1")
  }

  @Test func anAnswerCutOffHasMoreToDo() {
    let cut = replay([begin, text("half"), end("length")]).outcome
    #expect(cut.kind == .cutShort(code: "agent_output_limit"))
    #expect(cut.message == "half")
    #expect(
      replay([begin, text("half"), end("length")], .exited(1)).outcome.kind
        == .failed(code: "agent_failed", .agent))
  }

  @Test func aSessionIsGoneOnlyWhenOneWasAskedFor() {
    let words = "Error: Session not found\n"
    let gone = replay([], .exited(1), words, resume: resume).outcome
    #expect(gone.kind == .sessionGone)
    #expect(gone.session == nil)
    #expect(replay([], .exited(1), words).outcome.kind == .failed(code: "agent_failed", .agent))
    // Version 2 says it in a line, and names no session in it.
    let told = line(
      "error", "\"error\":{\"type\":\"unknown\",\"message\":\"Session not found\"}", session: "")
    #expect(replay([told], .exited(1), resume: resume).outcome.kind == .sessionGone)
  }

  @Test(arguments: [
    "Unrecognized flag: --auto", "Error: Configuration is invalid at /x/opencode.json",
    "Error: Model not found: a/b. Did you mean: c?", "You must provide a message or a command",
  ])
  func aCallThatIsRefusedCannotDoBetter(_ words: String) {
    let refused = replay([], .exited(1), words).outcome
    #expect(refused.kind == .failed(code: "agent_misconfigured", .misconfigured))
    #expect(refused.message.contains(words))
  }

  @Test func onceASessionRunsTheWordsAreTheAgents() {
    let words = "Error: x.json is not valid JSON"
    #expect(
      replay([], .exited(1), words).outcome.kind
        == .failed(code: "agent_misconfigured", .misconfigured))
    #expect(
      replay([begin], .exited(1), words).outcome.kind == .failed(code: "agent_failed", .agent))
  }

  @Test func aProgramThatIsNotThereIsMissing() {
    let missing = replay([], .exited(127), "opencode: 2: exec: opencode: not found").outcome
    #expect(missing.kind == .failed(code: "agent_missing", .misconfigured))
    // A tool's status that comes through is another matter.
    #expect(
      replay([begin], .exited(127), "x: not found").outcome.kind
        == .failed(code: "agent_failed", .agent))
  }

  @Test func aUsageTextIsARefusal() {
    let outcome = replay(
      ["opencode run [message..]", "", "Options:", "  --format"], .exited(1)
    ).outcome
    #expect(outcome.kind == .failed(code: "agent_misconfigured", .misconfigured))
    #expect(outcome.message.contains("opencode run [message..]"))
  }

  // MARK: Errors

  private static let until = Timestamp(milliseconds: 1_795_223_114_000)

  @Test(
    arguments: [
      // Version 1: a name, and details.
      (
        "\"name\":\"ProviderAuthError\",\"data\":{\"message\":\"m\"}", "agent_unauthorized",
        .operator
      ),
      (
        "\"name\":\"ContextOverflowError\",\"data\":{\"message\":\"m\"}", "agent_context_overflow",
        .contextOverflow
      ),
      (
        "\"name\":\"ProviderModelNotFoundError\",\"data\":{\"modelID\":\"x\"}",
        "agent_misconfigured", .misconfigured
      ),
      (
        "\"name\":\"UnknownError\",\"data\":{\"message\":\"ProviderModelNotFoundError: x\"}",
        "agent_misconfigured", .misconfigured
      ),
      (
        "\"name\":\"MessageAbortedError\",\"data\":{\"message\":\"m\"}", "agent_interrupted", .agent
      ),
      ("\"name\":\"MessageOutputLengthError\",\"data\":{}", "agent_failed", .agent),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"m\",\"statusCode\":401}",
        "agent_unauthorized",
        .operator
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"m\",\"statusCode\":403}",
        "agent_unauthorized",
        .operator
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"m\",\"statusCode\":402}", "agent_no_credit",
        .operator
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"m\",\"statusCode\":404}",
        "agent_misconfigured", .misconfigured
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"m\",\"statusCode\":429,\"isRetryable\":true}",
        "agent_rate_limited", .transient
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"m\",\"statusCode\":529}",
        "agent_api_unavailable", .transient
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"m\",\"statusCode\":400}", "agent_api_error",
        .agent
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"Prompt is too long\",\"statusCode\":400}",
        "agent_context_overflow", .contextOverflow
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"Your credit balance is too low\","
          + "\"statusCode\":400}", "agent_no_credit", .operator
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"message\":\"m\",\"isRetryable\":true}",
        "agent_api_unreachable", .transient
      ),
      (
        "\"name\":\"UnknownError\",\"data\":{\"message\":\"Unable to connect. Is it up?\"}",
        "agent_api_unreachable", .transient
      ),
      // Version 2: a type, and a status.
      ("\"type\":\"provider.auth\",\"message\":\"m\"", "agent_unauthorized", .operator),
      (
        "\"type\":\"provider.rate-limit\",\"message\":\"m\",\"status\":429", "agent_rate_limited",
        .transient
      ),
      ("\"type\":\"provider.quota\",\"message\":\"m\"", "agent_no_credit", .operator),
      ("\"type\":\"provider.transport\",\"message\":\"m\"", "agent_api_unavailable", .transient),
      ("\"type\":\"provider.no-route\",\"message\":\"m\"", "agent_misconfigured", .misconfigured),
      ("\"type\":\"context.limit\",\"message\":\"m\"", "agent_context_overflow", .contextOverflow),
      (
        "\"type\":\"unknown\",\"message\":\"m\",\"status\":503", "agent_api_unavailable", .transient
      ),
      ("\"type\":\"unknown\",\"message\":\"m\"", "agent_failed", .agent),
      ("\"nothing\":1", "agent_failed", .agent),
    ] as [(String, String, Failure)])
  func anErrorHasItsClass(_ members: String, _ code: String, _ failure: Failure) {
    let line = error(members)
    for exit in [Exit.exited(1), .exited(0), .exited(143)] {
      #expect(replay([begin, line], exit).outcome.kind == .failed(code: code, failure))
    }
  }

  @Test(
    arguments: [
      ("\"type\":\"provider.quota\",\"message\":\"You've hit your limit\"", nil),
      (
        "\"name\":\"APIError\",\"data\":{\"statusCode\":429,\"message\":\"The usage limit has been "
          + "reached\",\"responseBody\":\"{\\\"error\\\":{\\\"resets_at\\\":1795223114}}\"}", until
      ),
      (
        "\"name\":\"APIError\",\"data\":{\"statusCode\":429,\"message\":\"usage limit\","
          + "\"responseHeaders\":{\"anthropic-ratelimit-unified-reset\":\"1795223114\"}}", until
      ),
    ] as [(String, Timestamp?)])
  func aUsageLimitHoldsTheAccount(_ members: String, _ until: Timestamp?) {
    let replayed = replay([error(members)], .exited(1))
    #expect(replayed.outcome.kind == .limited(until: until))
    let limits = replayed.events.compactMap { event -> Timestamp?? in
      if case .failing(.limited(let time), _) = event { time } else { nil }
    }
    #expect(limits == [until])
  }

  @Test func anErrorThatWasGotOverIsNone() {
    let bad = error("\"type\":\"provider.internal\",\"message\":\"m\"")
    for next in [begin, text("fine"), tool("\"status\":\"completed\""), end("stop")] {
      #expect(replay([begin, text("said"), bad, next]).outcome.kind == .succeeded)
    }
    // Nor is one after the last step, when all is done.
    let last = replay([begin, text("fine"), end("stop"), bad]).outcome
    #expect(last.kind == .succeeded)
    #expect(last.trouble?.words == "after its last step opencode reported an error: m")
    let open = replay([begin, text("fine"), end("tool-calls"), bad]).outcome
    #expect(open.kind == .failed(code: "agent_api_unavailable", .transient))
    #expect(open.message == "m")
    let anew = replay([begin, end("stop"), begin, bad]).outcome
    #expect(anew.kind == .failed(code: "agent_api_unavailable", .transient))
    #expect(last.usage.costUSD == 0.5)
  }

  // MARK: What is denied

  @Test func refusalsAreTold() {
    let notes = [
      "\u{1B}[93m!\u{1B}[0m permission requested: bash (rm -rf *); auto-rejecting",
      "!  permission requested: edit (src/a.c); auto-rejecting",
    ]
    let expected = ["bash (rm -rf *)", "edit (src/a.c)"]
    let printed = replay(
      [begin, notes[0], notes[1], line("done", "\"reason\":\"idle\",\"rejected\":[\"bash\"]")])
    #expect(printed.outcome.kind == .cutShort(code: "agent_unfinished"))
    #expect(printed.outcome.denied == expected)
    #expect(printed.activities == ["denied: bash (rm -rf *)", "denied: edit (src/a.c)"])
    #expect(replay([begin], .exited(0), notes.joined(separator: "\n")).outcome.denied == expected)
  }

  @Test(arguments: [
    "The user rejected permission to use this specific tool call.",
    "The user has specified a rule which prevents you from using this specific tool call.",
  ])
  func aRefusedToolIsDenied(_ words: String) {
    let refused = tool(
      "\"status\":\"error\",\"input\":{\"command\":\"git push\"},\"error\":\"\(words)\"")
    #expect(replay([begin, refused, refused]).outcome.denied == ["bash: git push"])
    let failed = tool("\"status\":\"error\",\"input\":{},\"error\":\"exit 1\"")
    #expect(replay([begin, failed]).outcome.denied.isEmpty)
  }

  @Test func thereIsAnEndToRefusals() {
    let notes = (0..<100).map { "! permission requested: bash (\($0)); auto-rejecting" }
    #expect(replay(notes).outcome.denied.count == 20)
  }
}
