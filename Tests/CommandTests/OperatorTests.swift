// pause, resume, stop and retry: what they answer, what they refuse, and that the next tick carries
// it out.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct OperatorTests {
  private let carriedOut = "the next tick carries it out; `symphony tick` does so now"

  @Test func pauseStartsNothingAndResumeGoesOn() async throws {
    let project = try Project.local()
    let pause = try await project.run("pause", "--why", "lunch")
    #expect(pause.code == 0 && pause.errors.isEmpty, "\(pause)")
    #expect(pause.output == "paused: nothing is started until `symphony resume`\n", "\(pause)")
    let tick = try await project.run("tick", "--json").tick()
    #expect(tick.launched == 0)
    let verdict = tick.verdict(1)
    #expect(verdict?.code == "paused", "\(tick)")
    #expect(verdict?.sentence == "paused: lunch", "\(tick)")
    let status = try await project.run("status", "-v")
    #expect(status.output.contains("hold      pause until lifted: lunch"), "\(status)")
    let resume = try await project.run("resume")
    #expect(resume.code == 0 && resume.output == "resumed\n" && resume.errors.isEmpty, "\(resume)")
    let again = try await project.run("resume")
    #expect(again.code == 0 && again.output == "it was not paused\n", "\(again)")
    #expect(try await project.run("tick", "--dry-run").output.contains("launching"))
  }

  @Test func stopParksAndRetryLetsItRunAgain() async throws {
    let project = try Project.local(agent: "cat > /dev/null; sleep 600")
    #expect(try await project.run("tick").code == 0)
    let stop = try await project.run("stop", "1", "--why", "wrong branch")
    #expect(stop.code == 0, "\(stop)")
    #expect(
      stop.output == "local/project#1: its agent is ended; its work is kept, and it stays parked "
        + "until `symphony retry local/project#1`\n", "\(stop)")
    #expect(stop.hints == [carriedOut], "\(stop)")
    try await project.tickUntil(1, is: "stopped_by_operator")
    #expect(try await project.run("status", "-v").output.contains("wrong branch"))
    let retry = try await project.run("retry", "local/project#1")
    #expect(retry.code == 0, "\(retry)")
    #expect(
      retry.output == "local/project#1: it runs again, counters at zero\n", "\(retry)")
    #expect(retry.hints == [carriedOut], "\(retry)")
    #expect(try await project.run("tick", "--dry-run").output.contains("launch run 2"))
    let all = try await project.run("stop", "--all")
    #expect(all.code == 0 && all.output == "paused; no run is under way\n", "\(all)")
    #expect(try await project.run("status", "-v").output.contains("hold      pause"))
  }

  @Test func anIssueNobodyKnowsIsUsage() async throws {
    let project = try Project.local(issues: 2)
    _ = try await project.run("pause")
    for command in ["stop", "retry"] {
      let early = try await project.run(command, "1")
      #expect(early.code == 64 && early.complaints == ["no work item 1"], "\(early)")
      #expect(
        early.hints == [
          "no tick has seen any yet: `symphony tick` looks, `symphony why` asks at once"
        ])
    }
    _ = try await project.run("tick")
    for command in ["stop", "retry"] {
      let unknown = try await project.run(command, "77")
      #expect(unknown.code == 64 && unknown.output.isEmpty, "\(unknown)")
      #expect(unknown.complaints == ["no work item 77"], "\(unknown)")
      #expect(unknown.hints == ["near: local/project#2, local/project#1"], "\(unknown)")
    }
    #expect(try await project.run("retry", "#2").output.hasPrefix("local/project#2: "))
    #expect(try await project.run("retry", "LOCAL/project#2").code == 0)
    #expect(try await project.run("retry", "2.md").code == 0)
    let foreign = try await project.run("retry", "https://github.com/acme/app/issues/2")
    #expect(foreign.code == 64 && foreign.output.isEmpty, "\(foreign)")
  }

  @Test func aNumberOfTwoRepositoriesIsAmbiguous() async throws {
    let server = try await GitHubSimulator.start()
    server.createIssue(title: "One", labels: ["symphony"])
    let token = ["GITHUB_TOKEN": server.token]
    let project = try Project()
    try WorkflowFile.write(
      in: project.path, settings: WorkflowFile.settings(for: server, command: "true"))
    _ = try await project.run("pause", environment: token)
    #expect(try await project.run("tick", environment: token).code == 0)
    // The same state directory, now about local issues too.
    try project.folder.directory("project/issues")
    try project.addIssue(1)
    try Git.run(["init", "--quiet", "-b", "main"], in: project.path)
    try Git.run(["commit", "--quiet", "--allow-empty", "-m", "first"], in: project.path)
    try WorkflowFile.write(in: project.path, settings: Project.localSettings())
    _ = try await project.run("tick")
    let answer = try await project.run("retry", "1")
    #expect(answer.code == 64 && answer.output.isEmpty, "\(answer)")
    #expect(answer.complaints == ["1 is ambiguous"], "\(answer)")
    #expect(answer.hints.first?.contains("acme/app#1") == true, "\(answer)")
    #expect(answer.hints.first?.contains("local/project#1") == true, "\(answer)")
    #expect(try await project.run("stop", "acme/app#1").code == 0)
    let foreign = try await project.run("retry", "acme/app#1")
    #expect(foreign.code == 64, "it is not listed: \(foreign)")
    await server.stop()
  }

  @Test func beforeAnyTickThereIsNothingToSteer() async throws {
    let project = try Project.local()
    for arguments in [
      ["stop", "1"], ["stop", "--all"], ["retry", "1"], ["release", "1"], ["resume"],
    ] {
      let answer = try await run(arguments, in: project)
      #expect(answer.code == 74 && answer.output.isEmpty, "\(answer)")
      #expect(
        answer.complaints == [
          "no state at \(project.state): no tick has run for \(project.workflow)"
        ], "\(answer)")
      #expect(answer.hints.count == 1, "\(answer)")
    }
    #expect(!Files.exists(project.state))
  }

  @Test(arguments: [
    ["tick"], ["tick", "--wait"], ["pause"], ["resume"], ["stop", "1"], ["stop", "--all"],
    ["retry", "1"], ["release", "1"], ["hold", "command", "--until", "8h"],
  ])
  func anAgentMayNotSteerItsScheduler(_ arguments: [String]) async throws {
    let project = try Project.local()
    _ = try await project.run("pause")
    let before = try contents(of: project.state)
    let answer = try await run(arguments, in: project, ["SYMPHONY_RUN": "local_project_1-1"])
    #expect(answer.code == 64 && answer.output.isEmpty, "\(answer)")
    #expect(
      answer.complaints == [
        "this is inside run local_project_1-1: an agent may not change symphony's state"
      ], "\(answer)")
    #expect(answer.hints == ["run the command outside the agent"], "\(answer)")
    #expect(try contents(of: project.state) == before)
  }

  @Test func anAgentMayLook() async throws {
    let project = try Project.local()
    let inside = ["SYMPHONY_RUN": "local_project_1-1"]
    #expect(try await project.run("status", environment: inside).code == 0)
    #expect(try await project.run("tick", "--dry-run", environment: inside).code == 0)
  }

  private func run(
    _ arguments: [String], in project: Project, _ more: [String: String] = [:]
  ) async throws -> Transcript {
    var environment = ["SYMPHONY_STATE_DIR": project.state, "HOME": project.home]
    environment.merge(more) { _, given in given }
    return Transcript(
      try await SymphonyBinary.run(
        arguments, directory: project.path, environment: environment))
  }
}
