// stop, retry, release, pause, resume and hold as people type them: several issues at once, what is
// refused, times, and the JSON of each. OperatorTests has what the next tick makes of them.
import SymphonyCore
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct SteeringTests {
  private func report(_ transcript: Transcript) throws -> SteeringReport {
    try ReportJSON.read(transcript.output, as: SteeringReport.self)
  }

  private func requests(_ project: Project) async throws -> [String: [OperatorRequest.Kind]] {
    let state = try await project.run("status", "--json").state()
    return Dictionary(
      uniqueKeysWithValues: state.items.map { (String($0.key.suffix(1)), $0.requests.map(\.kind)) })
  }

  @Test func severalIssuesAreOneRequest() async throws {
    let project = try Project.local(issues: 3)
    _ = try await project.run("pause")
    _ = try await project.run("tick")
    let unknown = try await project.run("stop", "1", "77", "2")
    #expect(unknown.code == 64 && unknown.complaints == ["no work item 77"], "\(unknown)")
    #expect(try await requests(project) == ["1": [], "2": [], "3": []], "all or nothing")
    let stop = try await project.run("stop", "3", "1", "#1", "--reason", "tonight", "--json")
    #expect(stop.code == 0 && stop.errors.isEmpty, "\(stop)")
    let answer = try report(stop)
    #expect(answer.command == "stop" && answer.asked == ["3", "1", "#1"] && !answer.all)
    #expect(answer.issues.map(\.key) == ["local/project#1", "local/project#3"])
    #expect(answer.issues.allSatisfy { $0.accepted && $0.when == "the next tick" })
    #expect(try await requests(project) == ["1": [.stop], "2": [], "3": [.stop]])
    let again = try await project.run("stop", "1")
    #expect(again.code == 0 && again.output.contains("a stop was asked for at"), "\(again)")
    #expect(try await requests(project)["1"] == [.stop], "no second row")
    _ = try await project.run("tick")
    let parked = try await project.run("stop", "1", "2", "--json")
    #expect(parked.code == 64, "\(parked)")
    #expect(parked.complaints.first?.hasPrefix("local/project#1: it is parked already") == true)
    #expect(try report(parked).issues.map(\.accepted) == [false, true])
    #expect(try !report(parked).accepted)
    #expect(try await requests(project) == ["1": [], "2": [.stop], "3": []])
  }

  @Test func retryOfAllTakesThoseOfOneVerdict() async throws {
    let project = try Project.local(issues: 3)
    _ = try await project.run("pause")
    _ = try await project.run("tick")
    let none = try await project.run("retry", "--all")
    #expect(none.code == 0, "\(none)")
    #expect(none.output == "nothing is parked or waits to be tried again\n", "\(none)")
    _ = try await project.run("stop", "1", "3")
    _ = try await project.run("tick")
    let wrong = try await project.run("retry", "--all", "--reason", "stoped")
    #expect(wrong.code == 64, "\(wrong)")
    #expect(wrong.hints == ["there are: paused, stopped_by_operator"], "\(wrong)")
    let retry = try await project.run("retry", "--all", "--reason", "stopped_by_operator", "--json")
    #expect(retry.code == 0, "\(retry)")
    #expect(try report(retry).issues.map(\.key) == ["local/project#1", "local/project#3"])
    #expect(try report(retry).reason == "stopped_by_operator")
    #expect(
      try report(retry).issues.allSatisfy {
        $0.sentence.hasSuffix("; nothing starts before `symphony resume`")
      })
    for arguments in [["retry"], ["stop"], ["release"]] {
      #expect(try await project.run(arguments[0]).code == 64)
      #expect(try await project.run(arguments[0], "1", "--all").code == 64)
    }
    #expect(try await project.run("retry", "1", "--reason", "paused").code == 64)
  }

  @Test func releaseLetsGoUntilARetry() async throws {
    let project = try Project.local(agent: "cat > /dev/null; sleep 600")
    _ = try await project.run("tick")
    let release = try await project.run("release", "1", "--reason", "done by hand")
    #expect(release.code == 0, "\(release)")
    #expect(release.output.contains("its agent is ended first; then nothing runs for it until"))
    try await project.tickUntil(1, is: "released_by_operator")
    let again = try await project.run("release", "1")
    #expect(again.code == 64 && again.complaints.count == 1, "\(again)")
    #expect(try await project.run("status", "-v").output.contains("done by hand"))
    let dry = try await project.run("tick", "--dry-run")
    #expect(!dry.output.contains("launch"), "\(dry)")
    #expect(try await project.run("retry", "1").code == 0)
  }

  @Test func resumeGoesOnWithWhatStopAllStopped() async throws {
    let project = try Project.local(agent: "cat > /dev/null; sleep 600")
    _ = try await project.run("tick")
    let stop = try await project.run("stop", "--all", "--json")
    #expect(try report(stop).holds.map(\.kind) == [.pause], "\(stop)")
    try await project.tickUntil(1, is: "stopped_by_operator")
    let resume = try await project.run("resume")
    #expect(resume.code == 0, "\(resume)")
    #expect(
      resume.output == "resumed\n1 issue stopped by `stop --all` stays parked: "
        + "`symphony resume --stopped` goes on with it\n", "\(resume)")
    let left = try await project.run("resume", "--json")
    #expect(try report(left).leftParked == ["local/project#1"], "\(left)")
    let goOn = try await project.run("resume", "--stopped")
    #expect(goOn.code == 0, "\(goOn)")
    #expect(
      goOn.output == "local/project#1: its run goes on where it was, in its own session\n",
      "\(goOn)")
    #expect(try await project.run("tick", "--json").tick().launched == 1)
    try await project.stopAll()
  }

  @Test func aPauseEndsAtItsTime() async throws {
    let project = try Project.local()
    let pause = try await project.run("pause", "--until", "8h", "--reason", "night", "--json")
    let hold = try #require(try report(pause).holds.first)
    let until = try #require(hold.until)
    #expect(until.time - hold.since.time == .hours(8), "\(pause)")
    let tick = try await project.run("tick", "--json").tick()
    #expect(tick.verdict(1)?.sentence == "paused: night, until \(until.text)")
    for (time, complaint) in [
      ("2020-01-01", "2020-01-01T00:00:00Z is over"), ("0h", " is over"),
      ("99w", " is more than a year ahead"), ("9000-01-01", " is more than a year ahead"),
    ] {
      let wrong = try await project.run("pause", "--until", time)
      #expect(wrong.code == 64 && wrong.output.isEmpty, "\(wrong)")
      #expect(wrong.complaints.first?.hasSuffix(complaint) == true, "\(wrong)")
    }
    for time in ["soon", "-5h", "", "25:00", "1e3h"] {
      #expect(try await project.run("pause", "--until=\(time)").code == 64, "\(time)")
    }
  }

  @Test func aHeldAgentStartsNothing() async throws {
    let project = try Project.local()
    let wrong = try await project.run("hold", "codx", "--until", "8h")
    #expect(wrong.code == 64 && wrong.hints == ["its accounts: command"], "\(wrong)")
    #expect(try await project.run("hold", "command").code == 64, "without an end")
    let hold = try await project.run("hold", "command", "--until", "2d", "--reason", "month")
    #expect(hold.code == 0 && hold.output.hasPrefix("command is held until "), "\(hold)")
    let tick = try await project.run("tick", "--json").tick()
    #expect(tick.launched == 0 && tick.verdict(1)?.code == "held", "\(tick)")
    let plain = try await project.run("resume")
    #expect(plain.output == "it was not paused\n", "\(plain)")
    #expect(
      plain.hints == [
        "command stays held by an operator; `symphony resume command` lifts that"
      ], "\(plain)")
    let other = try await project.run("resume", "codex")
    #expect(other.code == 64 && other.hints == ["held: command"], "\(other)")
    let status = try await project.run("status", "--json").state()
    #expect(status.holds.map(\.kind) == [.byOperator])
    let lifted = try await project.run("resume", "command", "--json")
    #expect(try report(lifted).lifted.map(\.scope) == ["command"], "\(lifted)")
    #expect(try await project.run("tick", "--dry-run").output.contains("launch run 1"))
  }

  @Test func theKeysAreTheSameForEachCommand() async throws {
    let project = try Project.local(issues: 2)
    _ = try await project.run("pause")
    _ = try await project.run("tick")
    let commands = [
      ["stop", "1"], ["stop", "--all"], ["retry", "1"], ["retry", "--all"], ["release", "2"],
      ["release", "--all"], ["pause"], ["resume"], ["resume", "--stopped"],
      ["hold", "command", "--until", "8h"], ["resume", "command"],
    ]
    for command in commands {
      let answer = Transcript(
        try await SymphonyBinary.run(
          command + ["--json"], directory: project.path,
          environment: ["SYMPHONY_STATE_DIR": project.state, "HOME": project.home]))
      guard case .object(let members) = try answer.json() else {
        Issue.record("\(command): \(answer)")
        continue
      }
      #expect(
        members.keys.sorted() == [
          "accepted", "all", "asked", "at", "command", "holds", "issues", "left_parked", "lifted",
          "reason", "sentence", "version",
        ], "\(command)")
      #expect(try report(answer).command == command[0])
    }
  }
}
