// `logs`, `events` and `cost` over one real run: what the agent said, what happened, what it cost.
// They change nothing, and a terminal obeys nothing of what they print.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct LogsTests {
  private static let agent =
    #"cat > /dev/null; echo "{\"type\":\"progress\",\"message\":\"halfway\"}"; "#
    + #"printf "red \033[31mtext\n"; echo oops >&2; "#
    + #"echo "{\"type\":\"usage\",\"input_tokens\":10,\"output_tokens\":3,\"cost_usd\":0.5}"; "#
    + "echo done > done.txt"

  private func handedOff() async throws -> Project {
    let project = try Project.local(agent: Self.agent)
    _ = try await project.run("tick")
    try await project.tickUntil(1, is: "handed_off")
    try await eventually("a tick has nothing to do") {
      try await project.run("tick", "--json").tick().actions.isEmpty
    }
    return project
  }

  @Test func anIssueWithoutARunSaysWhereToLook() async throws {
    let project = try Project.local()
    _ = try await project.run("pause")
    _ = try await project.run("tick")
    let said = try await project.run("logs", "1")
    #expect(said.code == 64 && said.complaints == ["local/project#1 has had no run"], "\(said)")
    #expect(said.hints == ["`symphony why 1` says what it waits for"])
    #expect(try await project.run("events", "9").code == 64)
  }

  /// A reader that has left is noticed at once, and not when the next line comes.
  @Test(arguments: ["events -f", "events -f --json", "logs 1 -f"])
  func nobodyGoesOnWithoutAReader(_ words: String) async throws {
    let project = try Project.local(
      agent: #"cat > /dev/null; echo "{\"type\":\"progress\",\"message\":\"halfway\"}"; sleep 600"#)
    _ = try await project.run("tick")
    try await eventually("its agent has said something") {
      try await project.run("logs", "1").output.contains("halfway")
    }
    let script = "{ \"$0\" \(words); echo \"ended: $?\" >&2; } | head -n 1"
    let path = try SymphonyBinary.path
    let environment = [
      "SYMPHONY_STATE_DIR": project.state, "HOME": project.home,
      "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin",
    ]
    let said = Transcript(
      try await Blocking.run {
        try CapturedCommand.run(
          ["sh", "-c", script, path], environment: environment, directory: project.path,
          timeoutMilliseconds: 60_000)
      })
    #expect(said.outputLines.count == 1 && said.errorLines.last == "ended: 0", "\(said)")
    try await project.stopAll()
  }

  @Test func whatARunSaidDidAndCostIsTold() async throws {
    let project = try await handedOff()
    let state = try contents(of: project.state)
    try await expectLogs(project)
    try await expectCosts(project, try await expectEvents(project))
    #expect(try contents(of: project.state) == state)
  }

  private func expectLogs(_ project: Project) async throws {
    let logs = try await project.run("logs", "#1")
    #expect(logs.code == 0)
    #expect(
      logs.outputLines.prefix(3) == [
        "said     halfway", "output   red text", "turn     10 tokens in, 3 out, $0.50",
      ], "\(logs)")
    #expect(logs.outputLines.last == "stderr   oops", "\(logs)")
    let raw = try await project.run("logs", "1", "--raw")
    #expect(raw.outputLines.first == #"{"type":"progress","message":"halfway"}"#, "\(raw)")
    #expect(raw.outputLines.dropFirst().first == #"red \u{1B}[31mtext"#, "\(raw)")
    let json = try await project.run("logs", "1", "--json")
    let first = try #require(json.outputLines.first)
    var line = json
    line.output = first
    let entry = try line.json()
    #expect(entry["version"] == .integer(1) && entry["number"] == .integer(1), "\(json)")
    #expect(entry["kind"] == .string("said") && entry["text"] == .string("halfway"), "\(json)")
    #expect(json.outputLines.count == logs.outputLines.count, "\(json)")
    #expect(json.outputLines.last?.contains("\"kind\":\"stderr\"") == true, "\(json)")
    let worker = try await project.run("logs", "1", "--worker")
    #expect(worker.code == 0 && !worker.output.isEmpty, "\(worker)")
    // It rests already, so there is nothing to wait for.
    let followed = try await project.run("logs", "1", "--follow")
    #expect(followed.output == logs.output && followed.code == 0, "\(followed)")
    #expect(followed.errors.contains("local/project#1 rests: handed_off: "), "\(followed)")
    let other = try await project.run("logs", "1", "--run", "9")
    #expect(other.code == 64 && other.complaints == ["local/project#1 has no run 9"], "\(other)")
    #expect(other.hints.first?.hasPrefix("its runs: 1") == true, "\(other)")
  }

  /// - Returns: what the run cost: half a dollar for each of its turns.
  private func expectEvents(_ project: Project) async throws -> Double {
    let said = try await project.run("events", "1", "--json")
    let events = try ReportJSON.read(said.output, as: EventsReport.self).events
    let kinds = events.map(\.kind)
    #expect(kinds.contains(.verdict) && kinds.contains(.delivered), "\(kinds)")
    #expect(kinds.first == .runStarted || kinds.first == .verdict, "\(kinds)")
    let ended = try #require(events.first { $0.kind == .runEnded && $0.code == "succeeded" })
    let cost = try #require(ended.costUSD)
    #expect(cost >= 0.5 && ended.sentence.contains(", succeeded, $"), "\(ended)")
    #expect(events.map(\.at) == events.map(\.at).sorted())
    let text = try await project.run("events", "--since", "1h")
    #expect(text.outputLines.count == events.count, "\(text)")
    #expect(
      try await project.run("events", "--since", "2100-01-01").output == "nothing is on record\n")
    return cost
  }

  private func expectCosts(_ project: Project, _ cost: Double) async throws {
    for by in ["issue", "day", "agent", "model"] {
      let said = try await project.run("cost", "--by", by, "--since", "1d", "--json")
      let report = try ReportJSON.read(said.output, as: CostReport.self)
      #expect(report.rows.map(\.costUSD) == [cost] && report.total.costUSD == cost, "\(said)")
      #expect(report.version == 1 && report.by.rawValue == by && report.since != nil)
    }
    let csv = try await project.run("cost", "--csv")
    #expect(
      csv.outputLines.first
        == "issue,title,input_tokens,cached_input_tokens,output_tokens,cost_usd", "\(csv)")
    #expect(csv.outputLines.last?.hasPrefix("local/project#1,Issue 1,") == true, "\(csv)")
    #expect(csv.outputLines.last?.hasSuffix(",\(cost)") == true, "\(csv)")
    let text = try await project.run("cost")
    #expect(text.output.contains("local/project#1  $"), "\(text)")
    #expect(try await project.run("cost", "--since", "2100-01-01").output.hasPrefix("no agent has"))
    #expect(try await project.run("cost", "--json", "--csv").code == 64)
  }
}
