// `status` as a person calls it: a screen that fits, one issue, names that mean nothing, and the
// exit code that monitoring reads.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct StatusScreenTests {
  @Test func eachIssueIsOneLineThatFits() async throws {
    let project = try Project.local(issues: 11)
    try project.folder.write(
      "project/issues/3.md",
      "---\ntitle: \(String(repeating: "long ", count: 60))\nlabels: [symphony]\n---\n\nPlease.\n")
    try project.addIssue(12, labels: "other")
    _ = try await project.run("pause", "--why", String(repeating: "lunch ", count: 15))
    _ = try await project.run("tick")
    for (columns, width) in [("", 80), ("120", 120), ("0", 80), ("wide", 80)] {
      let told = try await project.run("status", environment: ["COLUMNS": columns])
      #expect(told.code == 0 && told.errors.isEmpty, "\(told)")
      let lines = told.outputLines.filter { $0.hasPrefix("  #") }
      #expect(
        lines.map { $0.split(separator: " ").first.map(String.init) }
          == (1...11).map { "#\($0)" }, "the queue, #2 before #10")
      #expect(lines.allSatisfy { $0.count <= width }, "\(told)")
      #expect(lines.contains { $0.count > width - 20 }, "the room is used: \(told)")
      #expect(told.output.contains("\nwaiting (11)\n"), "\(told)")
      #expect(told.output.hasSuffix("left out by a rule: 1 label_missing (-v lists them)\n"))
    }
    let all = try await project.run("status", "-v")
    #expect(
      all.outputLines.last == "  local/project#12  label_missing  "
        + "lacks the required label symphony", "\(all)")
  }

  @Test func anIssueIsFoundByEveryName() async throws {
    let project = try Project.local(issues: 12)
    _ = try await project.run("pause")
    _ = try await project.run("tick")
    let address = Files.join(project.path, "issues/2.md")
    for name in ["2", "#2", "local/project#2", "LOCAL/Project#2"] {
      let told = try await project.run("status", name)
      #expect(told.code == 0 && told.output.hasPrefix("local/project#2  Issue 2\n"), "\(told)")
      #expect(told.output.contains("\n  verdict     paused, since "), "\(told)")
      #expect(told.output.contains("\n  queue       number 2\n"), "\(told)")
      #expect(told.output.contains("\n  url         \(address)\n"), "\(told)")
    }
    let both = try await project.run("status", "3", "11", "--json").state()
    #expect(both.items.map(\.key) == ["local/project#3", "local/project#11"])
    #expect(both.counts["waiting"] == 12, "counts are of all")
    for name in ["17", "#17", "other/project#2", "nothing"] {
      let told = try await project.run("status", name)
      #expect(told.code == 64 && told.output.isEmpty, "\(name): \(told)")
      #expect(told.complaints == ["no work item \(name)"], "\(told)")
      #expect(told.hints.count == 1, "\(told)")
    }
    for name in ["project#2", "https://example.org/issues/2", "", "#"] {
      let told = try await project.run("status", name)
      #expect(told.code == 64 && told.output.isEmpty, "\(name): \(told)")
      #expect(told.complaints == ["\"\(name)\" names no issue"], "\(told)")
      #expect(told.hints == ["write 42, #42, owner/repo#42 or the issue's address"], "\(told)")
    }
    let near = try await project.run("status", "17")
    #expect(near.hints.first?.hasPrefix("near: local/project#12, local/project#11, ") == true)
  }

  @Test func whatNamesNothingIsAnError() async throws {
    let project = try Project.local()
    let empty = try project.folder.directory("empty")
    func told(_ arguments: String..., in directory: String? = nil) async throws -> Transcript {
      let all = ["HOME": project.home]
      return Transcript(
        try await SymphonyBinary.run(
          arguments, directory: directory ?? project.path, environment: all))
    }
    for (code, answer) in [
      (Int32(64), try await told("status", "--state-dir", empty)),
      (64, try await told("status", "--state-dir", "/no/such/place")),
      (78, try await told("status", "-w", "nope.md")),
      (78, try await told("status", "nope.md")),
      (78, try await told("status", in: empty)),
      (78, try await told("status", "--json", in: empty)),
      (78, try await told("pause", in: empty)),
      (78, try await told("resume", in: empty)),
      (78, try await told("stop", "1", in: empty)),
      (78, try await told("retry", "1", in: empty)),
      (78, try await told("tick", in: empty)),
    ] {
      #expect(answer.code == code && answer.output.isEmpty, "\(answer)")
      #expect(answer.complaints.count == 1, "\(answer)")
    }
    let lost = try await told("status", in: empty)
    #expect(lost.complaints == ["no WORKFLOW.md in \(empty)"], "\(lost)")
    #expect(lost.hints.count == 1, "\(lost)")
    #expect(!Files.exists(Files.join(project.home, ".local")), "nothing is made for it")
  }

  @Test func aStateKnowsItsWorkflow() async throws {
    let project = try Project.local()
    let empty = try project.folder.directory("empty")
    _ = try await project.run("tick")
    let told = try await project.run("status", "--state-dir", project.state, directory: empty)
    #expect(told.code == 0, "\(told)")
    #expect(told.outputLines.first == "workflow  \(project.workflow)", "\(told)")
    let other = try Project.local()
    let foreign = try await project.run(
      "status", "-w", other.workflow, "--state-dir", project.state, directory: empty)
    #expect(foreign.code == 74 && foreign.output.isEmpty, "\(foreign)")
    #expect(
      foreign.complaints == [
        "\(project.state) belongs to \(project.workflow), not to \(other.workflow)"
      ])
    try await project.stopAll()
  }

  /// The database's own note, so that no test waits for minutes.
  private func setLastTick(_ project: Project, minutesAgo: Int64, trigger: String) throws {
    let then = Clock.wallMilliseconds() - minutesAgo * 60_000
    let called = trigger == "nudged" ? then - 60 * 60_000 : then
    let note = """
      {"called_at":\(called),"ended_at":\(then),"outcome":"done","started_at":\(then),\
      "summary":"","trigger":"\(trigger)"}
      """
    let done = try CapturedCommand.run(
      [
        "python3", "-c",
        "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]);"
          + "c.execute(\"update fact set value=? where name='last_tick'\",(sys.argv[2],));c.commit()",
        Files.join(project.state, "symphony.db"), note,
      ], environment: Host.environment, directory: project.path, timeoutMilliseconds: 20_000)
    #expect(done.exit.isSuccess, "\(done.errorOutput)")
  }

  @Test func missingTicksAreSaidFirstAndExitWithOne() async throws {
    let project = try Project.local(issues: 0)
    _ = try await project.run("tick")
    #expect(try await project.run("status").code == 0)
    try setLastTick(project, minutesAgo: 4, trigger: "scheduled")
    #expect(try await project.run("status").code == 0, "less than five minutes are no alarm")
    try setLastTick(project, minutesAgo: 12, trigger: "scheduled")
    let late = try await project.run("status")
    #expect(late.code == 1 && late.errors.isEmpty, "\(late)")
    #expect(late.outputLines.first == "no tick for 12m: is the timer running?", "\(late)")
    let json = try await project.run("status", "--json")
    #expect(json.code == 1, "\(json)")
    #expect(try json.state().late?.allowance == 300_000)
    try setLastTick(project, minutesAgo: 1, trigger: "nudged")
    let nudged = try await project.run("status")
    #expect(
      nudged.code == 1 && nudged.outputLines.first == "no tick for 1h: is the timer running?",
      "a worker's tick proves nothing about the timer: \(nudged)")
    try project.write(
      "---\ntracker:\n  kind: local\nagent:\n  kind: command\n  command: 'true'\n"
        + "polling:\n  interval_ms: 600000\n---\nx\n")
    try setLastTick(project, minutesAgo: 29, trigger: "manual")
    #expect(try await project.run("status").code == 0, "three intervals")
    try setLastTick(project, minutesAgo: 31, trigger: "manual")
    #expect(try await project.run("status").code == 1)
  }

  @Test func aProjectThatNeverTickedIsLateAfterAWhile() async throws {
    let project = try Project.local(issues: 0)
    #expect(try await project.run("status").code == 0)
    var times = [timeval(), timeval()]
    for index in 0...1 { times[index].tv_sec = Int(Clock.wallMilliseconds() / 1000) - 3600 }
    #expect(utimes(project.workflow, times) == 0)
    let late = try await project.run("status")
    #expect(late.code == 1, "\(late)")
    #expect(late.outputLines.first?.hasPrefix("no tick yet: ") == true, "\(late)")
  }
}
