// What a timer's tick prints, and how: news of every tick once, with issue and run; JSON lines for
// everything on stderr; nothing where nothing is new.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct NewsTests {
  /// Everything timers' ticks print until they have nothing to say, line by line.
  private func mailed(
    _ project: Project, _ options: [String] = [], until wanted: ([String]) -> Bool
  ) async throws -> [String] {
    let heard = Heard()
    try await eventually("the timer's ticks told it") {
      let tick = Transcript(
        try await SymphonyBinary.run(
          ["tick", "--scheduled"] + options, directory: project.path,
          environment: ["HOME": project.home, "SYMPHONY_STATE_DIR": project.state]))
      #expect(tick.output.isEmpty, "\(tick)")
      heard.lines += tick.errorLines
      return wanted(heard.lines)
    }
    return heard.lines
  }
  private final class Heard { var lines: [String] = [] }

  @Test func newsOfEveryTickIsMailedOnce() async throws {
    let project = try Project.local(agent: "echo SYMPHONY: blocked: which database?")
    _ = try await project.run("tick")
    let lines = try await mailed(project) { $0.contains { $0.contains(": parked: ") } }
    #expect(lines.count { $0.contains(": parked: ") } == 1, "\(lines)")
    #expect(lines.count { $0.contains("local/project#1: run 1 is launched") } == 1, "\(lines)")
    let parked = try #require(lines.first { $0.contains(": parked: ") })
    #expect(
      try #/^[-:TZ\d]{20} warning local\/project#1: parked: .*\[run [^ ]+-r1, news \d+\]$/#
        .firstMatch(in: parked) != nil, "\(parked)")
    let quiet = try await project.run("tick", "--scheduled")
    #expect(quiet.code == 0 && quiet.output.isEmpty && quiet.errors.isEmpty, "\(quiet)")
  }

  @Test func aTickThatIsKilledWhileTellingTellsUnderTheSameNumber() async throws {
    let project = try Project.local(agent: "cat > /dev/null; sleep 600")
    let faults = try Faults(in: project.folder)
    try faults.order(.tick, "tell/commit", 1, .kill)
    let killed = try await project.run("tick", "--scheduled", environment: faults.environment)
    let again = try await project.run("tick", "--scheduled")
    #expect(!killed.errors.isEmpty && again.errors == killed.errors, "\(killed)\n\(again)")
    #expect(try await project.run("tick", "--scheduled").errors.isEmpty)
    try await project.stopAll()
  }

  @Test func aBrokenWorkflowIsMailedOnce() async throws {
    let project = try Project.local(issues: 0)
    _ = try await project.run("tick", "--scheduled")
    try project.write("---\ntracker: [\n---\n")
    let first = try await project.run("tick", "--scheduled")
    #expect(first.code == 78 && first.errorLines.count == 1, "\(first)")
    let second = try await project.run("tick", "--scheduled")
    #expect(second.code == 78 && second.errors.isEmpty && second.output.isEmpty, "\(second)")
  }

  @Test func severalMistakesAreOneReadableLine() async throws {
    let project = try Project.local()
    _ = try await project.run("pause")
    _ = try await project.run("tick", "--scheduled")
    try project.write(
      "---\ntracker:\n  kind: local\nagent:\n  max_turns: lots\n  max_concurrent: few\n---\nx\n")
    let timer = try await project.run("tick", "--scheduled")
    #expect(timer.code == 78 && timer.errorLines.count == 1, "\(timer)")
    #expect(timer.errors.contains("\(project.workflow):5:14: "), "\(timer)")
    #expect(timer.errors.contains("; and 1 more: `symphony doctor` lists them"), "\(timer)")
    #expect(!timer.errors.contains("\\n") && !timer.errors.contains(":6:19: "), "\(timer)")
    let person = try await project.run("tick")
    #expect(person.code == 78 && person.complaints.count == 2, "\(person)")
    #expect(person.complaints.last?.hasPrefix("\(project.workflow):6:19: ") == true, "\(person)")
    // Also where an issue has it as its reason.
    let item = try await project.run("status", "--json").state().item(1)
    #expect(item?.code == "policy_invalid" && item?.sentence.contains("\n") == false, "\(person)")
    let doctor = try await project.run("doctor")
    #expect(doctor.outputLines.count { $0.hasPrefix("fail  workflow") } == 2, "\(doctor)")
  }

  @Test func anotherTickIsNoNews() async throws {
    let project = try Project.local(issues: 0)
    _ = try await project.run("tick")
    let lock = try #require(try FileLock.take(Files.join(project.state, "tick.lock")))
    let timer = try await project.run("tick", "--scheduled")
    #expect(timer.code == 0 && timer.errors.isEmpty && timer.output.isEmpty, "\(timer)")
    let person = try await project.run("tick")
    #expect(person.code == 0 && person.errors.contains("another tick is running"), "\(person)")
    withExtendedLifetime(lock) {}
  }

  /// On every line, `null` where there is none.
  private static let always: Set = [
    "time", "level", "message", "msg", "source", "tick_id", "work_item_id", "project_item_id",
    "issue_identifier", "repository", "run_id", "session_id",
  ]

  @Test func everyLineOfTheLogIsJSONWhereThatIsAsked() async throws {
    let project = try Project.local(agent: "echo SYMPHONY: blocked: which database?")
    let format = ["--log-format", "json"]
    let lines = try await mailed(project, format) { $0.contains { $0.contains("\"parked\"") } }
    let news = try lines.map { try ReportJSON.read($0, as: Structure.self) }
    let parked = try #require(news.first { $0["kind"] == .string("parked") })
    #expect(parked["issue_identifier"] == .string("local/project#1"), "\(lines)")
    #expect(parked["repository"] == .string("local/project"), "\(lines)")
    for key in ["work_item_id", "run_id", "tick_id", "news_id", "time", "message", "code"] {
      #expect(parked[key] != nil && parked[key] != Structure.null, "\(key): \(lines)")
    }
    // The worker of that tick, and the tick it became.
    let runs = Files.join(project.state, "runs")
    let run = try #require(try Files.list(runs).first)
    let log = try Files.readText(Files.join(runs, "\(run)/worker.log"))
    for line in log.split(separator: "\n") where !line.hasPrefix("1 ") {
      let entry = try ReportJSON.read(String(line), as: Structure.self)
      #expect(entry["run_id"] == .string(run) || entry["tick_id"] != Structure.null, "\(log)")
      #expect(Self.always.isSubset(of: entry.objectValue?.keys.map(\.self) ?? []), "\(log)")
      let isOfRun = entry["run_id"] == .string(run)
      #expect(!isOfRun || entry["work_item_id"] == .string("local:1"), "\(log)")
    }
    #expect(!log.isEmpty)
    let usage = try await project.run("tick", "--log-format", "json", "--no-such-option")
    #expect(usage.code == 64)
    for line in usage.errorLines {
      #expect(
        try ReportJSON.read(line, as: Structure.self)["level"] == .string("error"), "\(usage)")
    }
    let missing = try await project.run("status", "-w", "/nowhere.md", "--log-format=json")
    #expect(missing.code != 0)
    let said = try ReportJSON.read(missing.errors, as: Structure.self)
    #expect(
      said["tick_id"] == Structure.null && said["issue_identifier"] == Structure.null, "\(missing)")
    try project.write("---\ntracker: [\n---\n")
    let broken = try await project.run("tick", "--log-format", "json")
    for line in lines + usage.errorLines + missing.errorLines + broken.errorLines {
      let keys = try ReportJSON.read(line, as: Structure.self).objectValue?.keys.map(\.self) ?? []
      #expect(Self.always.isSubset(of: keys), "\(line)")
    }
    for line in broken.errorLines {
      #expect(
        try ReportJSON.read(line, as: Structure.self)["tick_id"] != Structure.null, "\(broken)")
    }
    #expect(said["hint"] != nil && said["message"] != nil, "\(missing)")
  }
}
