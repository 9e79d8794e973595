// The recorded outputs of the real codex, byte for byte, each with the exit status it was recorded
// with.
import SymphonyCore
import Testing

@testable import SymphonyAgents

struct CodexRecording: CustomTestStringConvertible, Sendable {
  var file: String
  var exit: CodexWorld.Exit
  var kind: TurnOutcome.Kind
  /// All input (cache included), cached, output.
  var tokens: [Int64]
  var message: String
  var thread: String
  /// The last line of activity.
  var activity: String?
  var testDescription: String { file }

  init(
    _ file: String, _ exit: CodexWorld.Exit, _ kind: TurnOutcome.Kind,
    tokens: [Int64] = [0, 0, 0], message: String, thread: String, activity: String? = nil
  ) {
    self.file = "codex-exec-\(file).ndjson"
    self.exit = exit
    self.kind = kind
    self.tokens = tokens
    self.message = message
    self.thread = thread
    self.activity = activity
  }

  private static func killed(_ ending: String) -> String {
    "codex ended with \(ending): it gave no result"
  }
  private static let unauthorized =
    "unexpected status 401 Unauthorized: fake 401, url: http://127.0.0.1:43055/v1/responses, "
    + "request id: req_fake_711a27b32d6c"
  private static let forbidden =
    "unexpected status 403 Forbidden: fake error 403, url: http://127.0.0.1:42095/v1/responses, "
    + "request id: req_fake_aa5fc353a920"
  private static let notFound =
    "unexpected status 404 Not Found: The model `gpt-5.5` does not exist or you do not have access "
    + "to it., url: http://127.0.0.1:43427/v1/responses, request id: req_fake_8b1d66ce150b"
  private static let usageLimit =
    "You\u{2019}ve hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), visit "
    + "https://chatgpt.com/settings/usage to purchase more credits or try again at Nov 21st, 2026 "
    + "3:00 AM."
  private static let demand =
    "We\u{2019}re currently experiencing high demand, which may cause temporary errors."

  static let all = good + failed + ended

  private static let good = [
    CodexRecording(
      "success", .exited(0), .succeeded, tokens: [250, 50, 29],
      message: "Wrote f and committed it.",
      thread: "01a1fb36-597f-7560-b0bb-323f7efb5614", activity: "Wrote f and committed it."),
    CodexRecording(
      "items-gpt-5.5", .exited(0), .succeeded, tokens: [500, 0, 100], message: "{\"ok\":true}",
      thread: "01a1fb41-732a-7f30-8633-d77740b2e070"),
    CodexRecording(
      "drop", .exited(0), .succeeded, tokens: [100, 0, 20], message: "recovered",
      thread: "01a1fb3b-bc84-75d3-b398-2b86c09b44c4"),
    CodexRecording(
      "patches", .exited(0), .succeeded, tokens: [400, 0, 80], message: "patched",
      thread: "01a2155e-1948-7d80-ae8c-ad730db15126"),
    CodexRecording(
      "mcp", .exited(0), .succeeded, tokens: [200, 0, 40], message: "ok",
      thread: "01a2155e-1c2d-78c1-bf1e-13be44d53c5f"),
    CodexRecording(
      "mcp-denied", .exited(0), .succeeded, tokens: [200, 0, 40], message: "ok",
      thread: "01a21555-299c-7072-93f2-ae4dd4a8c055"),
  ]

  private static let failed = [
    CodexRecording(
      "err-400", .exited(1), .failed(code: "agent_api_error", .agent), message: "fake 400",
      thread: "01a1fb3a-974a-7a43-a69e-c7ab70782ffc"),
    CodexRecording(
      "err-400-model", .exited(1), .failed(code: "agent_model_refused", .misconfigured),
      message: "The 'gpt-9' model is not supported when using Codex with a ChatGPT account.",
      thread: "01a21554-4231-7da2-ab03-397153787455"),
    CodexRecording(
      "err-401", .exited(1), .failed(code: "agent_unauthorized", .operator), message: unauthorized,
      thread: "01a1fb3a-9954-7aa2-91cb-6e1a528d46de"),
    CodexRecording(
      "err-403", .exited(1), .failed(code: "agent_unauthorized", .operator), message: forbidden,
      thread: "01a21554-3748-7a13-99f0-7b676f291f97"),
    CodexRecording(
      "err-404", .exited(1), .failed(code: "agent_model_refused", .misconfigured),
      message: notFound, thread: "01a21554-3745-79d2-b6e7-ad730cf80e37"),
    CodexRecording(
      "err-429", .exited(1), .failed(code: "agent_rate_limited", .transient),
      message:
        "exceeded retry limit, last status: 429 Too Many Requests, request id: req_fake_b3c412107af2",
      thread: "01a1fb3a-ed36-73c2-8ccd-669cc4fe1eb8"),
    CodexRecording(
      "err-usage", .exited(1), .limited(until: Timestamp(milliseconds: 1_795_230_000_000)),
      message: usageLimit, thread: "01a1fb3b-b078-7261-9686-52e8f22fe0b8"),
    CodexRecording(
      "err-quota", .exited(1), .failed(code: "agent_quota_exceeded", .operator),
      message: "Quota exceeded. Check your plan and billing details.",
      thread: "01a1fb3b-b274-7ca0-ac41-763ddf19c740"),
    CodexRecording(
      "err-500", .exited(1), .failed(code: "agent_api_unavailable", .transient), message: demand,
      thread: "01a21554-3641-7c41-b632-8af12c607cf4"),
    CodexRecording(
      "overloaded", .exited(1), .failed(code: "agent_api_unavailable", .transient),
      message: "Selected model is at capacity. Please try a different model.",
      thread: "01a21554-44f7-7f72-bbe2-96feaf660dea"),
    CodexRecording(
      "failed-ctx", .exited(1), .failed(code: "agent_context_overflow", .contextOverflow),
      message: "Codex ran out of room in the model's context window. Start a new thread or clear "
        + "earlier history before retrying.", thread: "01a1fb3b-ba8f-7563-b883-926116d8a554"),
    CodexRecording(
      "refused", .exited(1), .failed(code: "agent_api_unreachable", .transient),
      message: "Connection failed: error sending request",
      thread: "01a21554-3604-78a3-a224-31a7a653da7f"),
    // Without a way to any host: first one protocol is given up, then the other.
    CodexRecording(
      "offline", .exited(1), .failed(code: "agent_api_unreachable", .transient),
      message: "Connection failed: error sending request",
      thread: "01a21558-0569-78b2-9ea6-82f8989cb006"),
    CodexRecording(
      "no-key", .exited(1), .failed(code: "agent_not_logged_in", .operator),
      message: "Missing environment variable: `FAKE_KEY`.",
      thread: "01a21554-40ae-7af3-953e-30ac89c725d5"),
  ]

  private static let ended = [
    CodexRecording(
      "SIGTERM", .exited(143), .failed(code: "agent_killed", .agent),
      message: killed("exit status 143"), thread: "01a1fb3c-3fc0-7081-8c1f-dd03aa8e9bbe",
      activity: "shell: echo $$ > /srv/tree; sleep 47.3; echo woke"),
    CodexRecording(
      "SIGHUP", .signalled(1), .failed(code: "agent_killed", .agent), message: killed("signal 1"),
      thread: "01a21555-d261-7272-b168-de9be91c9730"),
    CodexRecording(
      "SIGKILL", .signalled(9), .failed(code: "agent_killed", .agent), message: killed("signal 9"),
      thread: "01a21555-d598-7530-8f76-25dfd453048f"),
    // codex catches this one and leaves with a status of its own.
    CodexRecording(
      "SIGINT", .exited(1), .failed(code: "agent_no_result", .agent),
      message: killed("exit status 1"), thread: "01a21555-cebd-7fa0-910c-9b69380876cc",
      activity: "shell: sleep 47.3; echo woke"),
  ]
}

@Suite struct CodexReplayTests {
  @Test(arguments: CodexRecording.all)
  func endsAsRecorded(_ recording: CodexRecording) throws {
    let lines = CodexWorld.lines(recording.file)
    try #require(!lines.isEmpty)
    let replay = CodexWorld.replay(lines, recording.exit)
    #expect(replay.outcome.kind == recording.kind)
    #expect(replay.outcome.message == recording.message)
    #expect(replay.sessions == [recording.thread])
    #expect(replay.outcome.session?.id == recording.thread)
    let usage = replay.outcome.usage
    #expect([usage.inputTokens, usage.cachedInputTokens, usage.outputTokens] == recording.tokens)
    #expect(usage.costUSD == 0)
    #expect(replay.outcome.session?.counted.total == usage)
    if let activity = recording.activity { #expect(replay.activities.last == activity) }
    #expect(!replay.isAbandoned)
  }

  @Test func everyRecordingOfCodexIsReplayed() {
    // They resume a thread, which the table does not: the tests below replay them. What is on
    // standard error only is with the outcomes.
    let elsewhere = [
      "codex-exec-resume-name.ndjson", "codex-exec-resume.ndjson", "codex-exec-turn-1.ndjson",
      "codex-exec-turn-2.ndjson", "codex-exec-turn-3.ndjson",
    ]
    let there = AgentWorld.recordings("codex-").filter { !$0.hasSuffix(".err") }
    #expect(there == (CodexRecording.all.map(\.file) + elsewhere).sorted())
  }

  @Test func aTurnIsTold() {
    let told = CodexWorld.replay(CodexWorld.lines("codex-exec-success.ndjson"), .exited(0))
    #expect(
      told.activities == [
        "warning: Model metadata for `fake-model` not found. Defaulting to fallback meta…",
        "thinking about it", "I will write the file and commit.",
        "shell: echo hi > f && git add -A && git commit -qm x && git log --oneline | hea…",
        "Wrote f and committed it.",
      ])
    let failing = CodexWorld.replay(CodexWorld.lines("codex-exec-resume.ndjson"), .exited(0))
    #expect(
      failing.activities.contains(
        "exit status 1: echo hi > f && git add -A && git commit -qm x && git log --oneli…"))
    let patches = CodexWorld.replay(CodexWorld.lines("codex-exec-patches.ndjson"), .exited(0))
    #expect(
      patches.activities == ["add new.txt", "update new.txt", "delete new.txt", "patched"])
    let retried = CodexWorld.replay(CodexWorld.lines("codex-exec-drop.ndjson"), .exited(0))
    #expect(retried.activities.contains { $0.hasPrefix("Reconnecting... 1/5 (stream disconn") })
  }

  @Test func toolsOfServersAreTold() {
    let used = CodexWorld.replay(CodexWorld.lines("codex-exec-mcp.ndjson"), .exited(0))
    #expect(used.activities == ["mcp: echo.echo", "ok"])
    #expect(used.outcome.denied.isEmpty)
    let denied = CodexWorld.replay(CodexWorld.lines("codex-exec-mcp-denied.ndjson"), .exited(0))
    #expect(denied.outcome.denied == ["mcp echo.echo"])
    #expect(
      denied.activities == [
        "mcp: echo.echo",
        "mcp: echo.echo: MCP tool call requires approval, but approval policy is never", "ok",
      ])
  }

  @Test func plansAndSearchesAreTold() {
    func item(_ members: String, _ event: String = "item.completed") -> String {
      "{\"type\":\"\(event)\",\"item\":{\"id\":\"item_0\",\(members)}}"
    }
    let steps =
      "\"items\":[{\"text\":\"a\",\"completed\":true},{\"text\":\"b\",\"completed\":false}]"
    let replay = CodexWorld.replay(
      [
        item("\"type\":\"todo_list\",\(steps)", "item.updated"),
        item("\"type\":\"web_search\",\"query\":\"swift\"", "item.started"),
        item("\"type\":\"web_search\",\"query\":\"swift\""),
      ], .exited(0))
    #expect(replay.activities == ["plan: 1 of 2 done", "search: swift"])
  }

  @Test func theSharesOfThreeTurnsComeToTheThreadsOwnFigure() throws {
    var session: SessionRef?
    var sum = Usage()
    var shares: [Usage] = []
    for number in 1...3 {
      let lines = CodexWorld.lines("codex-exec-turn-\(number).ndjson")
      try #require(!lines.isEmpty)
      let policy = CodexWorld.policy { $0.model = "gpt-5.5" }
      let replay = CodexWorld.replay(lines, .exited(0), resume: session, policy: policy)
      #expect(replay.outcome.spent.keys.sorted() == ["gpt-5.5"])
      // Both are written down together: what the thread has come to, and this turn's part of it.
      let counted = try #require(replay.outcome.session?.counted)
      #expect(replay.events.contains(.usage(replay.outcome.spent, counted: counted)))
      shares.append(replay.outcome.usage)
      sum += replay.outcome.usage
      session = replay.outcome.session
    }
    #expect(
      shares == [
        CodexWorld.usage(100, 0, 10), CodexWorld.usage(350, 210, 17), CodexWorld.usage(300, 250, 7),
      ])
    #expect(sum == CodexWorld.usage(750, 460, 34))
    #expect(session?.counted == ["gpt-5.5": sum])
  }

  @Test func aThreadThatChangesItsModelIsCountedOnce() {
    let counted = ["gpt-5.5": CodexWorld.usage(400, 100, 40)]
    let replay = CodexWorld.replay(
      CodexWorld.lines("codex-exec-resume.ndjson"), .exited(0),
      resume: CodexWorld.session(counted: counted))
    #expect(replay.outcome.spent == ["": CodexWorld.usage(100, 0, 18)])
    let after = replay.outcome.session?.counted
    #expect(after?["gpt-5.5"] == CodexWorld.usage(400, 100, 40))
    #expect(after?.total == CodexWorld.usage(500, 100, 58))
  }

  @Test func aSmallerFigureCostsNothingAndForgetsNothing() {
    let counted = ["": CodexWorld.usage(900, 800, 700)]
    let resumed = CodexWorld.session(counted: counted)
    let less = CodexWorld.replay(
      CodexWorld.lines("codex-exec-resume.ndjson"), .exited(0), resume: resumed)
    #expect(less.outcome.usage == Usage())
    #expect(less.outcome.session?.counted == counted)
    // A turn that failed reports nothing: the next one that ends well makes up for it.
    let none = CodexWorld.replay(
      CodexWorld.lines("codex-exec-err-429.ndjson").map {
        $0.replacing("01a1fb3a-ed36-73c2-8ccd-669cc4fe1eb8", with: CodexWorld.thread)
      }, .exited(1), resume: resumed)
    #expect(none.outcome.spent.isEmpty)
    #expect(none.outcome.session == resumed)
  }

  @Test func anotherThreadIsGivenUp() {
    let replay = CodexWorld.replay(
      CodexWorld.lines("codex-exec-resume-name.ndjson"), .exited(0),
      resume: CodexWorld.session(counted: ["": CodexWorld.usage(60, 5, 5)]))
    #expect(replay.isAbandoned)
    #expect(replay.sessions.isEmpty)
    #expect(replay.outcome.kind == .sessionGone)
    #expect(replay.outcome.session == nil)
    #expect(replay.outcome.message == "codex has no thread \(CodexWorld.thread)")
    // What it spent before it was ended is spent.
    #expect(replay.outcome.usage == CodexWorld.usage(100, 0, 20))
    let killed = CodexWorld.replay(
      Array(CodexWorld.lines("codex-exec-resume-name.ndjson").prefix(1)), .signalled(15),
      resume: CodexWorld.session(counted: ["": CodexWorld.usage(1, 1, 1)]))
    #expect(killed.outcome.kind == .sessionGone)
    #expect(killed.outcome.usage == Usage())
  }

  @Test func theSameThreadInCapitalsIsTheSame() {
    let replay = CodexWorld.replay(
      CodexWorld.lines("codex-exec-resume.ndjson"), .exited(0),
      resume: CodexWorld.session(CodexWorld.thread.uppercased()))
    #expect(replay.outcome.kind == .succeeded)
    #expect(!replay.isAbandoned)
  }

  @Test func aNameIsNeverResumed() {
    let resume = CodexWorld.session("not-a-uuid")
    for lines in [["codex-cli 0.163.0"], [], CodexWorld.lines("codex-exec-resume-name.ndjson")] {
      let replay = CodexWorld.replay(lines, .exited(0), resume: resume)
      #expect(replay.outcome.kind == .sessionGone)
      #expect(replay.outcome.session == nil)
      #expect(replay.sessions.isEmpty)
      #expect(replay.events.count == min(1, lines.count))
      #expect(replay.isAbandoned == !lines.isEmpty)
    }
  }

  @Test func theLimitIsAnEventOnce() {
    let replay = CodexWorld.replay(CodexWorld.lines("codex-exec-err-usage.ndjson"), .exited(1))
    let limits = replay.events.compactMap { event -> Timestamp? in
      if case .failing(let told, let words) = event, words.count <= 200 { told.until } else { nil }
    }
    #expect(limits == [Timestamp(milliseconds: 1_795_230_000_000)])
  }

  @Test func noiseBetweenTheLinesChangesNothing() {
    let lines = CodexWorld.lines("codex-exec-success.ndjson")
    let noise = [
      "", "warning: x", "{", "{\"type\":\"new_thing\",\"x\":[1,{}]}", "[1]", "null", "{\"type\":7}",
      "{\"type\":\"item.completed\"}", "{\"type\":\"item.completed\",\"item\":{\"type\":\"new\"}}",
      "{\"type\":\"item.started\",\"item\":[]}", "{\"type\":\"thread.started\"}",
      String(repeating: "{\"a\":", count: 2000),
    ]
    let clean = CodexWorld.replay(lines, .exited(0))
    let noisy = CodexWorld.replay(noise + lines.flatMap { noise + [$0] } + noise, .exited(0))
    #expect(noisy.outcome == clean.outcome)
    #expect(noisy.events == clean.events)
  }
}
