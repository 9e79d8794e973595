// What `tick` and `status` answer, as text and as JSON: stdout is the answer, stderr the log, no
// colour off a terminal, and nothing at all when nothing changed.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct AnswerTests {
  private let escape: Character = "\u{1B}"

  @Test func aDryRunNamesEachItemAndEachAction() async throws {
    let project = try Project.local(issues: 2)
    try project.addIssue(3, labels: "other")
    let answer = try await project.run("tick", "--dry-run")
    #expect(answer.code == 0, "\(answer)")
    #expect(
      answer.output == """
        verdicts
          local/project#1  launching      starting run 1
          local/project#2  no_slot        all 1 slot in use (agent.max_concurrent)
          local/project#3  label_missing  lacks the required label symphony
        actions
          launch  local/project#1  launch run 1 on branch symphony/local_project_1
        1 of 3 work items would be started now
        nothing was changed (dry run)

        """, "\(answer)")
    #expect(answer.errors.isEmpty, "\(answer)")
    #expect(!Files.exists(project.state), "a dry run makes no state")
  }

  @Test func aDryRunAsJSONHasAVersionAndStableKeys() async throws {
    let project = try Project.local(issues: 2)
    let answer = try await project.run("tick", "--dry-run", "--json")
    #expect(answer.code == 0 && answer.errors.isEmpty, "\(answer)")
    #expect(answer.outputLines.count == 1, "\(answer)")
    let json = try answer.json()
    #expect(json["version"]?.integerValue == 1)
    #expect(json["dry_run"]?.boolValue == true)
    #expect(json["exit_code"]?.integerValue == 0)
    #expect(json["error"] == .null)
    #expect(json["state_directory"]?.stringValue == project.state)
    let verdicts = json["verdicts"]?.listValue ?? []
    #expect(verdicts.count == 2)
    #expect(
      verdicts.first
        == .object([
          "key": .string("local/project#1"), "id": .string("local:1"),
          "title": .string("Issue 1"), "code": .string("launching"),
          "sentence": .string("starting run 1"), "needs_human": .bool(false),
        ]))
    #expect(
      json["actions"]
        == .list([
          .object([
            "name": .string("launch"), "subject": .string("local/project#1"),
            "sentence": .string("launch run 1 on branch symphony/local_project_1"),
          ])
        ]))
    #expect(json["effects"] == json["actions"])
    #expect(json["news"] == .list([]))
    #expect(json["launched"]?.integerValue == 0)
  }

  @Test func anEmptyProjectHasNothingToSay() async throws {
    let project = try Project.local(issues: 0)
    let rehearsal = try await project.run("tick", "--dry-run")
    #expect(rehearsal.output == "no work items\nno actions\nnothing was changed (dry run)\n")
    for _ in 0..<2 {
      let tick = try await project.run("tick")
      #expect(tick.code == 0 && tick.output.isEmpty && tick.errors.isEmpty, "\(tick)")
    }
  }

  @Test func anIdleTickPrintsNothingAtAll() async throws {
    let project = try Project.local(agent: "cat > /dev/null; echo done > done.txt")
    let first = try await project.run("tick")
    #expect(first.output == "1 launched, 1 running\n" && first.errors.isEmpty, "\(first)")
    try await project.tickUntil(1, is: "handed_off")
    // The worker's own last tick may still be under way; it says so on stderr.
    try await eventually("a tick has nothing to do") {
      try await project.run("tick", "--json").tick().actions.isEmpty
    }
    // What the workers' ticks found out is told once by a timer's.
    try await eventually("a timer's tick has nothing to tell") {
      try await project.run("tick", "--scheduled").errors.isEmpty
    }
    let before = try Files.read(Files.join(project.state, "symphony.db"))
    for arguments in [["tick"], ["tick", "--scheduled"]] {
      let idle = Transcript(
        try await SymphonyBinary.run(
          arguments + ["--state-dir", project.state], directory: project.path,
          environment: ["HOME": project.home]))
      #expect(idle.code == 0 && idle.output.isEmpty && idle.errors.isEmpty, "\(idle)")
    }
    #expect(try Files.read(Files.join(project.state, "symphony.db")).count == before.count)
  }

  @Test func statusShowsEveryItemWithItsReason() async throws {
    let project = try Project.local(issues: 2, agent: "cat > /dev/null; sleep 600")
    _ = try await project.run("tick")
    let answer = try await project.run("status", "-v")
    #expect(answer.code == 0 && answer.errors.isEmpty, "\(answer)")
    #expect(answer.output.hasPrefix("workflow  \(project.workflow)\nstate     \(project.state)\n"))
    #expect(answer.output.contains("\npolled    "), "\(answer)")
    #expect(answer.outputLines.contains { $0.hasPrefix("  local/project#1  ") }, "\(answer)")
    #expect(
      answer.outputLines.contains {
        $0.hasPrefix("  local/project#2  ")
          && $0.hasSuffix("no_slot  all 1 slot in use (agent.max_concurrent)")
      }, "\(answer)")
    let state = try await project.run("status", "--json").state()
    #expect(state.version == 1 && state.workflow == project.workflow && state.items.count == 2)
    let first = try #require(state.item(1))
    #expect(first.key == "local/project#1" && first.claim == "running" && first.group == .running)
    #expect(first.branch == "symphony/local_project_1" && first.runs == 1)
    #expect(first.live?.life == .alive && first.live?.generation == 1)
    #expect(state.item(2)?.code == "no_slot")
    #expect(state.lastTick?.trigger == "manual" && state.lastTick?.outcome == "done")
    #expect(state.lastTick?.summary == "1 launched, 1 running")
    try await project.stopAll()
  }

  @Test func statusBeforeAnyTickIsAnAnswer() async throws {
    let project = try Project.local()
    let answer = try await project.run("status", "-v")
    #expect(answer.code == 0 && answer.errors.isEmpty, "\(answer)")
    #expect(answer.output.contains("polled    never"), "\(answer)")
    #expect(answer.output.contains("no work items yet"), "\(answer)")
    #expect(!Files.exists(project.state), "status makes no state")
  }

  @Test func aSecondTickSaysWhoHoldsTheLock() async throws {
    let server = try await GitHubSimulator.start()
    let project = try Project()
    try WorkflowFile.write(
      in: project.path,
      // The first tick waits for an answer until both others have had their turn.
      settings: WorkflowFile.settings(
        for: server, command: "true", more: "tick: {deadline_ms: 600000}\n"
      ).replacing(
        "token: $GITHUB_TOKEN", with: "token: $GITHUB_TOKEN\n  request_timeout_ms: 600000"))
    let token = ["GITHUB_TOKEN": server.token]
    #expect(try await project.run("tick", environment: token).code == 0)
    server.add(Fault(.hang(), path: "/repos/acme/app", times: Fault.always))
    async let holder = project.run("tick", environment: token)
    try await eventually("the first tick waits for an answer") { server.heldCount > 0 }
    let second = try await project.run("tick", environment: token)
    #expect(second.code == 0 && second.output.isEmpty, "\(second)")
    #expect(second.errors.contains("another tick is running (pid "), "\(second)")
    let strict = try await project.run("tick", "--fail-if-locked", environment: token)
    #expect(strict.code == 75 && strict.output.isEmpty, "\(strict)")
    #expect(strict.errors.contains("another tick is running (pid "), "\(strict)")
    server.removeFault()
    server.releaseHeld()
    #expect(try await holder.code == 0)
    await server.stop()
  }

  @Test func noColourOffATerminalAndWithNO_COLOR() async throws {
    let project = try Project.local()
    let plain = try await project.run("tick", "--dry-run", environment: ["TERM": "xterm"])
    #expect(!plain.output.contains(escape), "\(plain)")
    guard Spawn.find("script", environment: Host.environment) != nil else { return }
    let coloured = try await onTerminal(project, [:])
    #expect(coloured.contains("\(escape)[1mverdicts\(escape)[0m"), "\(coloured)")
    let sober = try await onTerminal(project, ["NO_COLOR": "1"])
    #expect(sober.contains("verdicts") && !sober.contains(escape), "\(sober)")
    let dumb = try await onTerminal(project, ["TERM": "dumb"])
    #expect(dumb.contains("verdicts") && !dumb.contains(escape), "\(dumb)")
  }

  /// A dry run whose stdout is a terminal made by script(1).
  private func onTerminal(_ project: Project, _ more: [String: String]) async throws -> String {
    let binary = try SymphonyBinary.path
    var environment = [
      "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "HOME": project.home, "TERM": "xterm",
      "SYMPHONY_STATE_DIR": project.state,
    ]
    environment.merge(more) { _, given in given }
    let values = environment
    return try await Blocking.run {
      try CapturedCommand.run(
        ["script", "-qec", "'\(binary)' tick --dry-run", "/dev/null"], environment: values,
        directory: project.path, timeoutMilliseconds: 60_000
      ).output
    }
  }

  @Test func logLinesParseAsJSON() async throws {
    let project = try Project.local(issues: 0)
    try WorkflowFile.write(
      in: project.path,
      settings: Project.localSettings() + "odd: 1\nmine: 1\n")
    let answer = try await project.run("tick", "--log-format", "json")
    #expect(answer.code == 0 && answer.output.isEmpty, "\(answer)")
    #expect(answer.errorLines.count == 2, "\(answer)")
    for line in answer.errorLines {
      var parsed = answer
      parsed.output = line
      let entry = try parsed.json()
      #expect(entry["level"]?.stringValue == "warning")
      #expect(entry["message"]?.stringValue?.contains("unknown key") == true)
      #expect(entry["time"]?.stringValue?.wholeMatch(of: /\d{4}-\d\d-\d\dT[\d:]{8}Z/) != nil)
    }
    let quiet = try await project.run("tick", "--log-level", "error")
    #expect(quiet.code == 0 && quiet.errors.isEmpty, "\(quiet)")
  }

  private static let script = Spawn.find("script", environment: Host.environment)

  /// A person who calls the tick of a timer sees that it did its work.
  @Test(.enabled(if: script != nil, "script(1) is not installed"))
  func aTickOnATerminalAlwaysSaysSomething() async throws {
    let project = try Project.local(issues: 1, agent: "cat > /dev/null; sleep 600")
    let program = try SymphonyBinary.path
    for wanted in ["1 launched, 1 running", "nothing changed: 1 running"] {
      let told = try await Blocking.run {
        try CapturedCommand.run(
          [Self.script ?? "", "-qec", "\(program) tick --scheduled", "/dev/null"],
          environment: [
            "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "HOME": project.home,
            "SYMPHONY_STATE_DIR": project.state, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
          ], directory: project.path, timeoutMilliseconds: 60_000)
      }
      #expect(told.exit.isSuccess && told.output.contains(wanted), "\(told.output)")
      // The same for nobody: cron would mail it.
      let quiet = try await project.run("tick", "--scheduled")
      #expect(quiet.output.isEmpty && quiet.errors.isEmpty, "\(quiet)")
    }
    try await project.stopAll()
  }
}
