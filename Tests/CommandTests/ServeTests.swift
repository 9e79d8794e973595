// `symphony serve` of a real project, asked over HTTP: a world in github-symphony's words, orders and
// webhooks that call ticks, transcripts with very long lines, secrets that were replaced, and its end.
import FoundationEssentials
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

/// A server of a project, on a port that it chose itself.
private struct Server {
  static let token = "the-first-token-of-it"
  static let hookSecret = "a-secret-for-webhooks"
  let pid: Int32
  let port: Int
  let log: String

  init(_ project: Project) async throws {
    let log = project.folder.file("serve.log")
    try project.folder.write("serve.log", "")
    var request = SpawnRequest(
      arguments: [try SymphonyBinary.path, "serve", "--port", "0"],
      environment: [
        "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "HOME": project.home,
        "SYMPHONY_STATE_DIR": project.state, "TMPDIR": project.folder.file("tmp"),
        "GITHUB_WEBHOOK_SECRET": Self.hookSecret,
      ], directory: project.path)
    request.output = log
    request.errorOutput = log
    pid = try Spawn.start(request)
    var port: Int?
    try await eventually("it listens") {
      let text = try Files.readText(log)
      port = text.firstMatch(of: #/listening on http://127\.0\.0\.1:(\d+)/#).flatMap { Int($0.1) }
      return port != nil
    }
    (self.port, self.log) = (try #require(port), log)
  }

  static func use(_ token: String, in project: Project) throws {
    try project.folder.write("project/.env", "SYMPHONY_SERVER_TOKEN=\(token)\n", mode: 0o600)
  }

  func ask(
    _ method: String, _ path: String, body: String? = nil, token: String? = nil,
    headers: [(name: String, value: String)] = []
  ) async throws -> (status: Int, text: String) {
    let url = "http://127.0.0.1:\(port)\(path)"
    let all = headers + (token.map { [(name: "Authorization", value: "Bearer \($0)")] } ?? [])
    return try await Blocking.run {
      let connection = try #require(HTTPConnection())
      defer { connection.close() }
      let answer = connection.send(
        HTTPConnection.Request(
          method: method, url: url, headers: all, body: body.map { Array($0.utf8) },
          timeoutMilliseconds: 60_000, connectMilliseconds: 10_000, headLimit: 1 << 16,
          bodyLimit: 1 << 24, isAlone: true))
      return (Int(answer.status), String(decoding: answer.body, as: UTF8.self))
    }
  }

  func json(_ path: String) async throws -> Structure {
    let answer = try await ask("GET", path)
    #expect(answer.status == 200, "\(path): \(answer)")
    return try ReportJSON.read(answer.text, as: Structure.self)
  }

  /// By SIGTERM.
  func end() async throws -> ChildExit? {
    kill(pid, SIGTERM)
    var exit: ChildExit?
    try await eventually("it ends", seconds: 60) {
      exit = Spawn.reap(pid)
      return exit != nil
    }
    return exit
  }
}

extension Structure {
  fileprivate func keys(_ path: String...) -> [String] {
    var value = self
    for key in path { value = value.objectValue?[key] ?? .null }
    return (value.objectValue ?? [:]).keys.sorted()
  }
}

@Suite struct ServeTests {
  /// Its keys and shapes as that program wrote them, with an item of each kind.
  @Test func aWorldInTheWordsOfGithubSymphony() async throws {
    let agent =
      #"case $(cat) in *"Issue 1"*) while ! test -e ../../gate; do sleep 0.05; done;; "#
      + #"*"Issue 2"*) exit 1;; *) git commit -q --allow-empty -m done;; esac"#
    let project = try Project.local(issues: 3, agent: "", more: "")
    try WorkflowFile.write(
      in: project.path,
      settings: """
        tracker:
          kind: local
          labels: [symphony]
        agent:
          kind: command
          command: |-
            \(agent)
          max_concurrent: 3

        """, prompt: "Fix {{ issue.title }}.\n")
    try await project.tickUntil(3, is: "handed_off")
    try await project.tickUntil(2, is: "retry_waiting")
    let server = try await Server(project)
    let state = try await server.json("/api/v1/state")
    #expect(
      state.keys() == [
        "agent_totals", "max_concurrent_agents", "pending_refresh", "retrying", "running",
      ])
    #expect(
      state.keys("agent_totals") == [
        "github_writebacks", "input_tokens", "output_tokens", "seconds_running",
        "sessions_started", "total_tokens",
      ])
    let report = try ReportJSON.read(
      try await server.ask("GET", "/api/v1/status").text, as: StateReport.self)
    let ids = try (1...3).map { try #require(report.item($0)).id }
    #expect(state.keys("running") == [ids[0]] && state.keys("retrying") == [ids[1]])
    #expect(
      state.keys("running", ids[0]) == [
        "input_tokens", "output_tokens", "repository", "started_at", "title", "work_item_id",
      ])
    #expect(state.keys("retrying", ids[1]) == ["attempt", "due_at", "error"])
    for (number, word) in [(1, "running"), (2, "retry_queued"), (3, "handed_off")] {
      for name in [ids[number - 1], "github:" + ids[number - 1], String(number)] {
        let path = try #require(name.addingEncoding())
        let item = try await server.json("/api/v1/work-items/\(path)")
        #expect(item.objectValue?["state"] == .string(word), "\(name)")
        #expect(item.objectValue?["work_item_id"] == .string(ids[number - 1]), "\(name)")
        #expect(item.keys() == ["item", "started_at", "state", "title", "work_item_id"])
      }
    }
    let missing = try await server.ask("GET", "/api/v1/work-items/99")
    #expect(missing.status == 404 && missing.text.contains("\"error\":\"work item not found\""))
    let health = try await server.json("/healthz")
    #expect(
      Set(health.keys()).isSuperset(of: [
        "auth_mode", "last_poll_at", "running_count", "status", "uptime_seconds",
      ]))
    #expect(try await server.end()?.isSuccess == true)
    try project.folder.write("gate", "")
    try await project.stopAll()
  }

  @Test func ordersAndWebhooksCallTicks() async throws {
    let project = try Project.local(issues: 1, agent: "while :; do sleep 0.1; done")
    try Server.use(Server.token, in: project)
    _ = try await project.run("tick")
    let server = try await Server(project)
    #expect(try await server.ask("POST", "/api/v1/stop", body: #"{"issues":["1"]}"#).status == 401)
    // Nobody else calls a tick: what a stop asks for is carried out by the one that it calls.
    let stopped = try await server.ask(
      "POST", "/api/v1/stop", body: #"{"issues":["1"]}"#, token: Server.token)
    #expect(stopped.status == 200, "\(stopped)")
    try await eventually("its agent is ended") {
      try await server.ask("GET", "/api/v1/status").text.contains("it was stopped")
    }
    _ = try await project.run("tick")
    try project.addIssue(2)
    let body = #"{"action":"opened"}"#
    let code = try #require(
      MessageCode.sha256(Array(body.utf8), key: Array(Server.hookSecret.utf8)))
    let hex = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    let taken = try await server.ask(
      "POST", "/api/v1/webhooks/github", body: body,
      headers: [
        (name: "X-Hub-Signature-256", value: "sha256=" + hex),
        (name: "X-GitHub-Event", value: "issues"), (name: "X-GitHub-Delivery", value: "id-1"),
      ])
    #expect(taken.status == 200 && taken.text.contains(#""duplicate":false"#), "\(taken)")
    try await eventually("the new issue is worked on") {
      try await project.run("status", "--json").state().item(2)?.live != nil
    }
    // Told anew, though it was asked just before.
    #expect(try await server.ask("GET", "/api/v1/why/2").text.contains(#""code":"running""#))
    #expect(
      try await server.ask(
        "POST", "/api/v1/stop", body: #"{"issues":["2"]}"#, token: Server.token
      ).status == 200)
    try await eventually("why says what became of it") {
      _ = try await project.run("tick")
      return try await server.ask("GET", "/api/v1/why/2").text.contains("stopped_by_operator")
    }
    #expect(try await server.end()?.isSuccess == true)
    try await project.stopAll()
  }

  @Test func whatIsReplacedInItsFilesIsInForce() async throws {
    let project = try Project.local(issues: 0)
    try Server.use(Server.token, in: project)
    _ = try await project.run("tick")
    let server = try await Server(project)
    func isGood(_ token: String) async throws -> Bool {
      try await server.ask("POST", "/api/v1/resume", token: token).status == 200
    }
    #expect(try await isGood(Server.token))
    // A workflow that cannot be used keeps no token alive.
    try project.write("---\ntracker: [\n---\n")
    try Server.use("the-second-token-of-it", in: project)
    try await eventually("the second is good") { try await isGood("the-second-token-of-it") }
    #expect(try await isGood(Server.token) == false)
    #expect(try await server.end()?.isSuccess == true)
  }

  /// What follows a line that is longer than any piece is followed, too.
  @Test func aVeryLongLineStopsNoTranscript() async throws {
    let agent =
      "cat > /dev/null; yes x | tr -d '\\n' | head -c 700000; echo; echo behind; "
      + "while ! test -e ../../gate; do sleep 0.05; done"
    let project = try Project.local(issues: 1, agent: agent.replacing("'", with: "''"))
    _ = try await project.run("tick")
    let server = try await Server(project)
    var place: Int64 = 0
    var run = ""
    var texts: [String] = []
    try await eventually("what is behind it is told") {
      if run.isEmpty {
        run = try await project.run("status", "--json").state().item(1)?.live?.id ?? ""
        return false
      }
      let answer = try await server.json("/api/v1/runs/\(run)/log?from=\(place)")
      for line in answer.objectValue?["lines"]?.listValue ?? [] {
        texts.append(line.objectValue?["text"]?.stringValue ?? "")
      }
      if case .integer(let next)? = answer.objectValue?["next"] { place = next }
      return texts.contains("behind")
    }
    #expect(texts.contains { $0.hasPrefix("xxxx") }, "its beginning is told, too")
    #expect(try await server.end()?.isSuccess == true)
    try project.folder.write("gate", "")
    try await project.stopAll()
  }
}

extension String {
  /// For one part of a path.
  fileprivate func addingEncoding() -> String? {
    utf8.map { byte in
      let isPlain =
        Character(Unicode.Scalar(byte)).isASCII
        && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber)
      let digits = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(Unicode.Scalar(byte)) : "%" + (digits.count < 2 ? "0" : "") + digits
    }.joined()
  }
}
