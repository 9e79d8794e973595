// `notify.command` as a process: what it reads, what it does not inherit, that it cannot hold a tick
// up or outlive it, and that a kill never makes it hear of an event twice.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct NotifyTests {
  private func project(_ command: String, more: String = "") throws -> Project {
    try Project.local(
      agent: "echo SYMPHONY: blocked: which database?",
      more: "notify:\n  command: |\n    \(command)\n\(more)")
  }

  /// Timers' ticks until one of them told a line with these words: all they told.
  private func told(
    _ project: Project, until words: String, environment: [String: String] = [:]
  ) async throws -> String {
    let heard = Heard()
    try await eventually("a timer's tick told: \(words)") {
      let tick = try await project.run("tick", "--scheduled", environment: environment)
      #expect(tick.code == 0 && tick.output.isEmpty, "\(tick)")
      heard.text += tick.errors
      return heard.text.contains(words)
    }
    return heard.text
  }
  private final class Heard { var text = "" }

  @Test func itReadsOneObjectALineAndNoSecret() async throws {
    let project = try project("cat >> heard; env >> variables; exit 3")
    _ = try await told(
      project, until: "notify.command failed", environment: ["GITHUB_TOKEN": "ghp_secretsecret"])
    let lines = try Files.readText(Files.join(project.path, "heard")).split(separator: "\n")
    #expect(lines.count == 1)
    let event = try ReportJSON.read(String(try #require(lines.first)), as: Structure.self)
    #expect(event["event"] == .string("parked") && event["version"] == .integer(1), "\(lines)")
    #expect(event["issue"] == .string("local/project#1"), "\(lines)")
    let variables = try Files.readText(Files.join(project.path, "variables"))
    #expect(variables.contains("SYMPHONY_NOTIFY=") && !variables.contains("ghp_"), "\(variables)")
  }

  @Test func itNeitherHoldsATickUpNorOutlivesIt() async throws {
    let project = try project(
      "setsid sleep 600 & echo $! > child; sleep 600", more: "  timeout_ms: 300\n")
    let all = try await told(project, until: "notify.command was ended after")
    #expect(all.contains(": parked: "), "\(all)")
    let text = try Files.readText(Files.join(project.path, "child"))
    let pid = try #require(text.split(whereSeparator: \.isWhitespace).first.flatMap { Int32($0) })
    try await eventually("nothing of it is left") {
      Processes.stat(pid).map { $0.state == "Z" } ?? true
    }
  }

  private func isGone(_ file: String, of project: Project) throws -> Bool {
    let text = try Files.readText(Files.join(project.path, file))
    let pid = try #require(text.split(whereSeparator: \.isWhitespace).first.flatMap { Int32($0) })
    return Processes.stat(pid).map { $0.state == "Z" } ?? true
  }

  /// In a session of its own, without the marker, with nobody who started it.
  private static let escape =
    "setsid env -u SYMPHONY_NOTIFY sh -c \"sleep 600 & echo \\$! > child\" & wait"

  @Test func whatDropsItsMarkerDoesNotEscape() async throws {
    let project = try project("\(Self.escape); ls /proc/self/fd > open; exit 3")
    _ = try await told(project, until: "notify.command failed, exit status 3")
    #expect(try isGone("child", of: project))
    // The last is of ls itself.
    let open = try Files.readText(Files.join(project.path, "open")).split(separator: "\n")
    #expect(open == ["0", "1", "2", "3"])
  }

  @Test func itEndsWithItsTick() async throws {
    let project = try project("\(Self.escape); touch begun; exec sleep 600")
    _ = try await project.run("tick")
    try await eventually("it is parked") {
      try await project.run("status", "--json").state().items.first?.verdict.code == "agent_blocked"
    }
    let begun = Files.join(project.path, "begun")
    try? Files.remove(begun)
    try project.addIssue(2)
    var request = SpawnRequest(
      arguments: [try SymphonyBinary.path, "tick", "--wait"],
      environment: [
        "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "HOME": project.home,
        "SYMPHONY_STATE_DIR": project.state,
      ], directory: project.path)
    request.output = project.folder.file("log")
    let tick = try Spawn.start(request)
    try await eventually("it is at work") {
      _ = Spawn.reap(tick)
      return Files.exists(begun)
    }
    Processes.signalChild(tick, Signals.killNow)
    try await eventually("nothing of it is left") { try isGone("child", of: project) }
  }

  /// The worker's last tick dies between marking the event and starting the command.
  @Test func aKilledTickLeavesTheEventToTheNews() async throws {
    let project = try project("cat >> heard")
    let faults = try Faults(in: project.folder)
    try faults.order(.tick, "notify", 1, .kill)
    let first = try await project.run("tick", "--scheduled", environment: faults.environment)
    #expect(first.code == 0, "\(first)")
    try await eventually("the worker's tick parked it") {
      try await project.run("status", "--json").state().items.first?.verdict.code == "agent_blocked"
    }
    _ = try await told(project, until: ": parked: ")
    #expect(!Files.exists(Files.join(project.path, "heard")))
  }
}
