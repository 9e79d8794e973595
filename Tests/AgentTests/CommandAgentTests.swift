// The agent of kind `command`: a script for sh, what it is told in variables, and how its exit status,
// its last words and its result line make an outcome.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct CommandAgentTests {
  @Test(
    arguments: [
      ("agent --fast", "agent"), ("exec /opt/agent", "/opt/agent"), ("cd x && agent", "cd"),
      ("PATH=/opt agent", nil), ("./agent", nil), ("scripts/agent", nil), ("\"$AGENT\"", nil),
      ("run() { agent; }; run", nil), ("run () { agent; }; run", nil), ("# comment\nagent", nil),
      ("agent; more", nil), ("if true; then agent; fi", "if"), ("", nil),
    ] as [(String, String?)])
  func theProgramAScriptBeginsWith(_ script: String, _ word: String?) {
    var policy = AgentPolicy()
    policy.command = script
    #expect(CommandAgent.firstWord(policy) == word)
  }

  private let agent = CommandAgent()

  private func outcome(
    _ lines: [String], _ exit: Exit, _ errorTail: String = "", resume: SessionRef? = nil
  ) -> TurnOutcome {
    AgentWorld.replay(lines, exit, errorTail: errorTail, resume: resume, agent: agent).outcome
  }

  private func result(_ members: String) -> String { "{\"type\":\"result\",\(members)}" }

  // MARK: What is started

  @Test func theScriptIsOneArgumentOfSh() throws {
    let script = "cat; echo \"$HOME\" 'x' && exit 3\nexit"
    let command = try agent.command(for: AgentWorld.turn(AgentWorld.policy { $0.command = script }))
    #expect(command.arguments == ["sh", "-c", script])
    #expect(command.stopSignal == .terminate)
  }

  @Test func aMissingScriptIsAnError() {
    for script in [nil, "", " \n", "a\u{0}b"] as [String?] {
      let policy = AgentWorld.policy { $0.command = script }
      #expect(throws: AgentError.self) { try agent.command(for: AgentWorld.turn(policy)) }
    }
  }

  @Test func aNewTurnIsToldWhatThereIs() throws {
    let command = try agent.command(for: AgentWorld.turn(AgentWorld.policy { $0.command = "true" }))
    #expect(
      command.environment == [
        "SYMPHONY_PROMPT_FILE": "", "SYMPHONY_SESSION_ID": "", "SYMPHONY_TURN": "1",
        "SYMPHONY_MODEL": "", "SYMPHONY_NOTES_FILE": "", "SYMPHONY_SKILLS": "",
        "SYMPHONY_MAX_COST_USD": "", "SYMPHONY_MCP_CONFIG": "",
      ])
    #expect(command.privateFiles.isEmpty)
  }

  @Test func aTurnWithEverythingIsToldEverything() throws {
    let policy = AgentWorld.policy {
      $0.command = "true"
      $0.model = "m/1"
      $0.mcpServers = [
        MCPServer(
          name: "db", command: ["srv", "--key=$K"], url: nil, env: ["KEY": "$K"], headers: [:],
          onDemand: true)
      ]
    }
    var turn = AgentWorld.turn(
      policy, resume: SessionRef(id: "s-7"),
      skills: ["DB", "code-review", "`rm`", "team:deploy"], environment: ["K": "s3cret"])
    turn.number = 3
    turn.promptFile = "/w/run/prompt-3.md"
    turn.notesFile = "/w/run/notes.md"
    turn.costLeftUSD = 0.00001
    let command = try agent.command(for: turn)
    #expect(
      command.environment == [
        "SYMPHONY_PROMPT_FILE": "/w/run/prompt-3.md", "SYMPHONY_SESSION_ID": "s-7",
        "SYMPHONY_TURN": "3", "SYMPHONY_MODEL": "m/1", "SYMPHONY_NOTES_FILE": "/w/run/notes.md",
        "SYMPHONY_SKILLS": "code-review,team:deploy", "SYMPHONY_MAX_COST_USD": "0.000010",
        "SYMPHONY_MCP_CONFIG": "/w/run/command-mcp.json",
      ])
    let file = try #require(command.privateFiles["/w/run/command-mcp.json"])
    let server = JSONText.object(file)?["mcpServers"]?["db"]
    #expect(server?["command"]?.stringValue == "srv")
    #expect(server?["args"]?.listValue == [.string("--key=s3cret")])
    #expect(server?["env"]?["KEY"]?.stringValue == "s3cret")
  }

  @Test(arguments: [
    (0.0, "0.000000"), (-1, "0.000000"), (.nan, "0.000000"), (.infinity, "0.000000"),
    (0.25, "0.250000"), (12.0000019, "12.000001"), (1e-9, "0.000000"), (3, "3.000000"),
  ])
  func dollarsHaveNoExponent(_ amount: Double, _ text: String) {
    #expect(CommandAgent.dollars(amount) == text)
  }

  // MARK: How it ends

  @Test(arguments: [
    (Exit.exited(0), TurnOutcome.Kind.succeeded),
    (.exited(1), .failed(code: "agent_failed", .agent)),
    (.exited(75), .failed(code: "agent_unavailable", .transient)),
    (.exited(78), .failed(code: "agent_misconfigured", .misconfigured)),
    (.exited(126), .failed(code: "agent_misconfigured", .misconfigured)),
    (.exited(127), .failed(code: "agent_misconfigured", .misconfigured)),
    (.exited(143), .failed(code: "agent_killed", .agent)),
    (.signalled(9), .failed(code: "agent_killed", .agent)),
  ])
  func theExitStatusIsTheOutcome(_ exit: Exit, _ kind: TurnOutcome.Kind) {
    #expect(outcome([], exit).kind == kind)
  }

  @Test func theLastLinesAreTheMessage() {
    let lines = ["one\r", "", "  ", "SYMPHONY: blocked: no access", ""]
    let ended = outcome(lines, .exited(0), "noise")
    #expect(ended.message == "one\nSYMPHONY: blocked: no access")
    #expect(ended.session == nil)
    #expect(ended.usage == Usage())
    let many = (1...1000).map { "line \($0) " + String(repeating: "é", count: 300) }
    let message = outcome(many + ["SYMPHONY: continue"], .exited(0)).message
    #expect(message.count == 4000)
    #expect(message.hasSuffix("é\nSYMPHONY: continue"))
  }

  @Test func aFailureIsToldInTheWordsOfStderr() {
    #expect(
      outcome(["said"], .exited(2), " boom \n").message
        == "the command ended with exit status 2: boom")
    #expect(
      outcome(["said"], .exited(2)).message == "the command ended with exit status 2: said")
    #expect(outcome([], .signalled(6)).message == "the command ended with signal 6")
  }

  private static let until = Timestamp(milliseconds: 1_795_223_114_000)

  @Test(
    arguments: [
      ("\"status\":\"success\"", .succeeded),
      ("\"status\":\"continue\"", .cutShort(code: "agent_continue")),
      ("\"status\":\"blocked\"", .blocked),
      ("\"status\":\"failed\"", .failed(code: "agent_failed", .agent)),
      (
        "\"status\":\"failed\",\"class\":\"context_overflow\",\"code\":\"too_long\"",
        .failed(code: "too_long", .contextOverflow)
      ),
      (
        "\"status\":\"failed\",\"class\":\"operator\",\"code\":\"No Login!\"",
        .failed(code: "agent_failed", .operator)
      ),
      ("\"status\":\"failed\",\"class\":\"nonsense\"", .failed(code: "agent_failed", .agent)),
      ("\"status\":\"failed\",\"class\":\"limited\"", .limited(until: nil)),
      ("\"status\":\"limited\"", .limited(until: nil)),
      ("\"status\":\"limited\",\"resets_at\":1795223114", .limited(until: until)),
      ("\"status\":\"limited\",\"resets_at\":\"1795223114\"", .limited(until: until)),
      ("\"status\":\"limited\",\"resets_at\":\"2026-11-21T01:05:14Z\"", .limited(until: until)),
      ("\"status\":\"limited\",\"resets_at\":\"soon\"", .limited(until: nil)),
      // Nothing was resumed, so nothing can be gone.
      ("\"status\":\"session_gone\"", .failed(code: "agent_failed", .agent)),
      // No status we know: text, and the exit status decides.
      ("\"status\":\"great\"", .succeeded),
      ("\"subtype\":\"success\"", .succeeded),
    ] as [(String, TurnOutcome.Kind)])
  func aResultSaysMore(_ members: String, _ kind: TurnOutcome.Kind) {
    #expect(outcome([result(members)], .exited(0)).kind == kind)
  }

  @Test(arguments: ["success", "continue"])
  func aFailingProcessNeverSucceeds(_ status: String) {
    let line = result("\"status\":\"\(status)\",\"message\":\"all done\"")
    let ended = outcome([line], .exited(3), "boom")
    #expect(ended.kind == .failed(code: "agent_failed", .agent))
    #expect(ended.message == "all done")
    #expect(outcome([line], .exited(75)).kind == .failed(code: "agent_unavailable", .transient))
    #expect(outcome([line], .signalled(15)).kind == .failed(code: "agent_killed", .agent))
  }

  @Test func aFailureSurvivesItsExitStatus() {
    let limited = result("\"status\":\"limited\",\"message\":\"full\"")
    #expect(outcome([limited], .exited(1)).kind == .limited(until: nil))
    let failed = result("\"status\":\"failed\",\"class\":\"transient\",\"code\":\"busy\"")
    #expect(outcome([failed], .exited(78)).kind == .failed(code: "busy", .transient))
  }

  @Test func theLastResultCountsAndItsMessageIsTheMessage() {
    let ended = outcome(
      [
        "text before", result("\"status\":\"failed\",\"message\":\"first\""),
        result("\"status\":\"success\",\"message\":\"second\\nline\""), "text after",
      ], .exited(0))
    #expect(ended.kind == .succeeded)
    #expect(ended.message == "second\nline")
    let silent = outcome(["text", result("\"status\":\"success\"")], .exited(0))
    #expect(silent.message == "text")
  }

  @Test func aSessionIsGoneOnlyWhenOneWasAskedFor() {
    let resume = SessionRef(id: "old", counted: SessionRef.dollarsOnly(1))
    for exit in [Exit.exited(0), .exited(1)] {
      let ended = outcome([result("\"status\":\"session_gone\"")], exit, resume: resume)
      #expect(ended.kind == .sessionGone)
      #expect(ended.session == nil)
    }
  }
}
