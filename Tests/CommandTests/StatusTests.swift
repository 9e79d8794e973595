// What `status` says between two ticks, with real workers: what lives, what is gone, what was asked
// for since, and when somebody last looked. It plans nothing and changes nothing.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct StatusTests {
  private func state(_ project: Project) async throws -> StateReport {
    try await project.run("status", "--json").state()
  }

  private static let sleeping = "cat > /dev/null; exec sleep 600"

  /// A project whose only item has an agent at work.
  private func atWork(agent: String = sleeping) async throws -> Project {
    let project = try Project.local(agent: agent)
    #expect(try await project.run("tick").output == "1 launched, 1 running\n")
    try await eventually("its agent is at work") {
      try await state(project).item(1)?.phase == .agent
    }
    return project
  }

  private func worker(of project: Project) throws -> Int32 {
    let found = Processes.all.filter { pid in
      let bytes = (try? Files.read("/proc/\(pid)/cmdline", limit: 1 << 16)) ?? []
      let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.count == 3 && words[1] == "worker" && words[2].hasPrefix(project.state + "/")
    }
    return try #require(found.first)
  }

  @Test func aWorkerThatIsGoneIsNotSaidToRun() async throws {
    let project = try await atWork()
    let pid = try worker(of: project)
    let start = try #require(Processes.stat(pid)).startTime
    Processes.signal(pid, startTime: start, Signals.killNow)
    try await eventually("its lease is free") {
      try await state(project).item(1)?.live?.life == .gone
    }
    let item = try #require(try await state(project).item(1))
    #expect(item.code == "running" && item.group == .running && item.claim == "running")
    #expect(item.sentence.contains("its worker is gone"), "\(item)")
    #expect(item.sentence.hasSuffix(": the next tick settles it"), "\(item)")
    let text = try await project.run("status", "-v")
    #expect(text.output.contains("its worker is gone"), "\(text)")
    #expect(!text.output.contains("an agent is at work"), "\(text)")
    try await project.tickUntil(1, is: "running")
    #expect(try await state(project).item(1)?.live?.generation == 2)
    try await project.stopAll()
  }

  @Test func theAgentsLastWordIsShown() async throws {
    let project = try await atWork(
      agent: #"cat > /dev/null; echo "{\"type\":\"progress\",\"message\":\"halfway\"}"; sleep 600"#)
    try await eventually("its word is there") {
      try await state(project).item(1)?.live?.lastEvent == "halfway"
    }
    let line = try await project.run("status", "-v").outputLines.last ?? ""
    #expect(
      line.contains(/an agent is at work, turn 1, phase agent \(run 1, [^)]+\): halfway$/),
      "\(line)")
    try await project.stopAll()
  }

  @Test func whatCommandsAskedForIsSaidBeforeATickAnswers() async throws {
    let project = try await atWork()
    _ = try await project.run("stop", "1", "--why", "wrong idea", environment: ["USER": "ann"])
    let item = try #require(try await state(project).item(1))
    #expect(item.code == "running" && item.requests.map(\.why) == ["wrong idea"])
    #expect(
      item.sentence.contains(/stop asked for \d+s ago by ann: the next tick carries it out$/),
      "\(item)")
    let shown = try await project.run("status", "-v").output
    #expect(shown.contains("ago by ann: the next tick carries it out"), "\(shown)")
    let why = try await project.run("why", "1").output
    #expect(why.contains(/\nasked    stop asked for \d+s ago by ann: the next tick/), "\(why)")
    try await project.stopAll()
    let parked = try #require(try await state(project).item(1))
    #expect(parked.group == .parked && parked.needsHuman && parked.requests.isEmpty)
    #expect(try await state(project).counts["parked"] == 1)
  }

  @Test func aVerdictWhoseReasonIsGoneSaysSo() async throws {
    let project = try Project.local()
    _ = try await project.run("pause", "--why", "lunch")
    _ = try await project.run("tick")
    let paused = try await project.run("status", "-v")
    #expect(paused.outputLines.last?.hasSuffix("paused  paused: lunch") == true, "\(paused)")
    _ = try await project.run("resume")
    let resumed = try await project.run("status", "-v")
    #expect(
      resumed.outputLines.last?.hasSuffix("paused: lunch; resumed since: the next tick decides")
        == true, "\(resumed)")
    let item = try #require(try await state(project).item(1))
    #expect(item.code == "paused" && item.group == .waiting && item.since != nil)
  }

  @Test func everyTickLeavesANoteAndARehearsalNone() async throws {
    let project = try Project.local(issues: 0)
    let before = try await project.run("status", "-v")
    #expect(!before.output.contains("ticked"), "\(before)")
    #expect(try await state(project).lastTick == nil)
    _ = try await project.run("tick", "--scheduled")
    let first = try #require(try await state(project).lastTick)
    #expect(first.trigger == "scheduled" && first.outcome == "done" && first.summary.isEmpty)
    #expect(first.startedAt <= first.endedAt)
    let told = try await project.run("status", "-v")
    #expect(
      told.output.contains(
        /\nticked    [-:TZ\d]{20} \([^)]+ ago, scheduled\): nothing changed\n/), "\(told)")
    _ = try await project.run("tick", "--dry-run")
    #expect(try await state(project).lastTick == first)
    try project.write("---\ntracker: {\n---\n")
    let broken = try await project.run("tick")
    #expect(broken.code == 78, "\(broken)")
    let second = try #require(try await state(project).lastTick)
    #expect(second.trigger == "manual" && second.outcome == "workflow_invalid")
    let invalid = try await project.run("status", "-v")
    #expect(
      invalid.output.contains("manual): workflow_invalid, nothing changed"), "\(invalid)")
  }

  @Test func aTickThatIsRefusedLeavesNoNoteInAnothersState() async throws {
    let project = try Project.local(issues: 0)
    _ = try await project.run("tick")
    let first = try #require(try await state(project).lastTick)
    let other = try Project.local(issues: 0)
    let refused = try await other.run("tick", environment: ["SYMPHONY_STATE_DIR": project.state])
    #expect(refused.code == 74, "\(refused)")
    #expect(try await state(project).lastTick == first)
  }
}
