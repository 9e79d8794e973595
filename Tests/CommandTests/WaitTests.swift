// `tick --wait` as a step of a CI run: what it prints for a GitHub Actions runner and for others,
// that news come once, what becomes of its workers when it is told to stop or its time is over.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@testable import symphony

@Suite struct WaitTests {
  private let runner = ["GITHUB_ACTIONS": "true"]

  private func commands(_ told: Transcript) -> [String] {
    told.errorLines.filter { $0.hasPrefix("::") }
  }

  @Test func aRunnerGetsGroupsAnnotationsAndASummary() async throws {
    let project = try Project.local(
      issues: 0, agent: "echo SYMPHONY: blocked: \"::error::a ##[group]b 100%\"")
    try project.folder.write(
      "project/issues/1.md",
      "---\ntitle: '::add-mask::x <b> | ##[error]y'\nlabels: [symphony]\n---\n")
    let summary = try project.folder.write("summary", "what was there\n")
    let told = try await project.run(
      "tick", "--wait", environment: runner.merging(["GITHUB_STEP_SUMMARY": summary]) { $1 })
    #expect(told.code == 1, "\(told)")
    let commands = commands(told)
    let groups = commands.filter { $0.hasPrefix("::group::") }
    #expect(groups.first == "::group::tick 1: 1 launched", "\(told)")
    #expect(groups.last?.hasSuffix(": 1 parked") == true, "\(told)")
    #expect(commands.count { $0 == "::endgroup::" } == groups.count, "\(told)")
    let errors = commands.filter { $0.hasPrefix("::error") }
    #expect(errors.count == 1, "\(told)")
    #expect(errors.first?.hasPrefix("::error::local/project#1: ") == true, "\(told)")
    #expect(errors.first?.contains("100%25") == true, "\(told)")
    #expect(commands.count == 2 * groups.count + 1, "nothing else is a command: \(told)")
    #expect(!told.errors.contains("##["), "\(told)")
    let text = try Files.readText(summary)
    #expect(text.hasPrefix("what was there\n### symphony\n"), "\(text)")
    #expect(text.contains("| local\\/project\\#\u{200B}1 "), "\(text)")
    #expect(!text.contains("<b>") && text.contains("\\<"), "\(text)")
  }

  @Test func otherSystemsGetTheSameWords() async throws {
    let project = try Project.local(agent: "echo SYMPHONY: blocked: which database?")
    let summary = project.folder.file("summary")
    let told = try await project.run(
      "tick", "--wait", environment: ["CI": "true", "GITHUB_STEP_SUMMARY": summary])
    #expect(told.code == 1 && commands(told).isEmpty, "\(told)")
    #expect(told.errors.contains("local/project#1: run 1 is launched"), "\(told)")
    #expect(told.errorLines.count { $0.contains("#1: parked: ") } == 1, "\(told)")
    #expect(!Files.exists(summary))
  }

  @Test func newsAreToldOnceWhoeverTellsThem() async throws {
    let project = try Project.local(agent: "echo SYMPHONY: blocked: which database?")
    // A person's tick tells nobody; the waiting one does.
    _ = try await project.run("tick")
    let told = try await project.run("tick", "--wait")
    #expect(told.errorLines.count { $0.contains("run 1 is launched") } == 1, "\(told)")
    #expect(told.errorLines.count { $0.contains("#1: parked: ") } == 1, "\(told)")
    let timer = try await project.run("tick", "--scheduled")
    #expect(timer.errors.isEmpty, "\(timer)")
    let again = try await project.run("tick", "--wait")
    #expect(!again.errors.contains("[run ") && !again.errors.contains("news "), "\(again)")
  }

  @Test func whatWasParkedBeforeFailsNoWait() async throws {
    let project = try Project.local(issues: 2, agent: "echo SYMPHONY: blocked: which database?")
    let first = try await project.run("tick", "--wait")
    #expect(first.code == 1, "\(first)")
    let complaint = try #require(first.complaints.first)
    #expect(complaint.hasPrefix("2 issues did not come to an end: local/project#1: "), "\(first)")
    #expect(complaint.contains("; local/project#2: "), "\(first)")
    let second = try await project.run("tick", "--wait")
    #expect(second.code == 0 && second.complaints.isEmpty, "\(second)")
    let older = "2 were parked before: local/project#1, local/project#2"
    #expect(second.errors.contains(older), "\(second)")
    try project.addIssue(3)
    let third = try await project.run("tick", "--wait", environment: runner)
    #expect(third.code == 1 && third.errors.contains(older), "\(third)")
    #expect(
      third.complaints.first?.hasPrefix("1 issue did not come to an end: local/project#3: ") == true
    )
    #expect(third.complaints.first?.contains("#1") == false, "\(third)")
    let remarks = commands(third).filter { !$0.contains("group::") }.map { $0.prefix { $0 != "#" } }
    #expect(
      remarks == [
        "::error::local/project", "::warning::local/project", "::warning::local/project",
      ],
      "\(third)")
    // What is tried again and parked again is of this wait.
    _ = try await project.run("retry", "1")
    let fourth = try await project.run("tick", "--wait")
    #expect(fourth.code == 1, "\(fourth)")
    #expect(
      fourth.complaints.first?.hasPrefix("1 issue did not come to an end: local/project#1") == true)
    #expect(fourth.errors.contains("2 were parked before: local/project#2, local/project#3"))
  }

  @Test func aBrokenWorkflowIsAnAnnotationAtItsPlace() async throws {
    let project = try Project.local(issues: 0)
    try project.write("---\ntracker:\n  kind: local\nagent:\n  max_turns: lots\n---\nx\n")
    let told = try await project.run(
      "tick", "--wait", environment: runner.merging(["GITHUB_WORKSPACE": project.path]) { $1 })
    #expect(told.code == 78, "\(told)")
    #expect(
      commands(told).contains { $0.hasPrefix("::error col=14,file=WORKFLOW.md,line=5::") },
      "\(told)")
  }

  // MARK: The end

  private func start(_ project: Project, _ arguments: [String]) throws -> (Int32, String) {
    let log = project.folder.file("log")
    var request = SpawnRequest(
      arguments: [try SymphonyBinary.path, "tick", "--wait"] + arguments,
      environment: [
        "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "HOME": project.home,
        "SYMPHONY_STATE_DIR": project.state, "GITHUB_ACTIONS": "true",
      ], directory: project.path)
    request.output = log
    return (try Spawn.start(request), log)
  }

  private func end(_ pid: Int32) async throws -> ChildExit? {
    var exit: ChildExit?
    try await eventually("it ends", seconds: 120) {
      exit = Spawn.reap(pid)
      return exit != nil
    }
    return exit
  }

  @Test func aSecondSignalKillsTheWorkersAndLosesNothing() async throws {
    // Its agent heeds nothing, and its hook takes long.
    let project = try Project.local(
      agent: "trap \"\" TERM INT; touch ../begun; echo a > a; while :; do sleep 1; done",
      more: "hooks:\n  timeout_ms: 600000\n  after_run: sleep 600\n")
    let (pid, log) = try start(project, [])
    let begun = Files.join(project.state, "workspaces/begun")
    try await eventually("the agent is at work") { Files.exists(begun) }
    Processes.signalChild(pid, Signals.interrupt)
    try await eventually("it heeds the first") {
      try await project.run("status", "--json").state().item(1)?.phase != .agent
    }
    Processes.signalChild(pid, Signals.terminate)
    #expect(try await end(pid) == .exited(1))
    let said = try Files.readText(log)
    #expect(said.contains("told to stop, and once more: the workers were killed"), "\(said)")
    // Nothing new begins; what was killed is settled, swept and kept.
    _ = try await project.run("pause")
    try await eventually("it is settled") {
      _ = try await project.run("tick")
      let item = try await project.run("status", "--json").state().item(1)
      return item?.run == nil && item?.claim == "retrying"
    }
    let kept = try Files.list(Files.join(project.state, "workspaces")).filter { name in
      Files.exists(Files.join(project.state, "workspaces/\(name)/a"))
    }
    #expect(kept.count == 1, "\(kept)")
  }

  @Test func onARunnerTheEndOfItsTimeEndsTheWorkers() async throws {
    let project = try Project.local(agent: "touch ../begun; echo a > a; exec sleep 600")
    _ = try await project.run("tick")
    let begun = Files.join(project.state, "workspaces/begun")
    try await eventually("the agent is at work") { Files.exists(begun) }
    let (pid, log) = try start(project, ["--timeout", "1"])
    #expect(try await end(pid) == .exited(1))
    let said = try Files.readText(log)
    #expect(said.contains("gave up waiting after 1 s: the workers were ended"), "\(said)")
    let item = try await project.run("status", "--json").state().item(1)
    #expect(item?.run == nil && item?.claim == "retrying", "\(said)")
  }

  @Test func theCommandsOfThePagesExist() async throws {
    let root = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))
    let project = try Project()
    for page in ["ci", "doctor"] {
      let text = try Files.readText(Files.join(root, "docs/\(page).md"))
      let named = text.matches(of: #/(?:run: |exec |`)symphony ([a-z]+)/#).map { String($0.1) }
      #expect(!named.isEmpty)
      for name in Set(named) {
        let help = try await project.run(name, "--help")
        #expect(help.output.contains("USAGE: symphony \(name)"), "\(page): \(name)")
      }
    }
  }

  // MARK: A state that was moved

  @Test func aMovedStateIsTakenOver() async throws {
    let project = try Project.local(issues: 0)
    let none = try await project.run("recover", "--adopt")
    #expect(none.code == 0 && none.output.hasPrefix("no state at "), "\(none)")
    #expect(!Files.exists(project.state))
    _ = try await project.run("tick")
    let lock = try #require(try FileLock.take(Files.join(project.state, "tick.lock")))
    #expect(try await project.run("recover", "--adopt").code == 75)
    withExtendedLifetime(lock) {}
    let told = try await project.run("recover", "--adopt", "--dry-run")
    #expect(told.code == 64, "\(told)")
  }
}
