// What a tick and `doctor` say when GitHub refuses (69), and when there is no agent to start (1).
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct TrackerMessageTests {
  private func project(for server: GitHubSimulator, repository: String? = nil) throws -> Project {
    let project = try Project()
    var settings = WorkflowFile.settings(for: server, command: "cat > /dev/null")
    if let repository {
      settings = settings.replacing(
        "repository: \(server.repository.name)", with: "repository: \(repository)")
    }
    try WorkflowFile.write(in: project.path, settings: settings)
    return project
  }

  @Test func aWrongTokenIsRefused() async throws {
    let server = try await GitHubSimulator.start()
    server.createIssue(title: "One", labels: ["symphony"])
    let project = try project(for: server)
    let wrong = ["GITHUB_TOKEN": "ghp_wrongsecret"]
    let tick = try await project.run("tick", environment: wrong)
    #expect(tick.code == 69, "\(tick)")
    #expect(tick.output.isEmpty, "\(tick)")
    #expect(tick.complaints.count == 1, "\(tick)")
    #expect(tick.complaints.first?.contains("refused the token") == true, "\(tick)")
    #expect(tick.hints.first?.hasPrefix("set GITHUB_TOKEN") == true, "\(tick)")
    #expect(!tick.description.contains("ghp_wrongsecret"), "\(tick)")
    let doctor = try await project.run("doctor", environment: wrong)
    #expect(doctor.code != 0, "\(doctor)")
    #expect(
      doctor.outputLines.contains {
        $0.hasPrefix("fail  repository") && $0.contains("refused the token")
      },
      "\(doctor)")
    #expect(!doctor.description.contains("ghp_wrongsecret"), "\(doctor)")
    #expect(server.writeCount == 0)
    // A timer's tick is looked for by status, and leaves its note.
    let timer = try await project.run("tick", "--scheduled", environment: wrong)
    #expect(timer.code == 69, "\(timer)")
    let status = try await project.run("status", environment: wrong)
    #expect(status.output.contains("\ntracker   "), "status keeps why: \(status)")
    #expect(status.output.contains("scheduled): tracker_unavailable"), "\(status)")
    await server.stop()
  }

  /// How long GitHub wants to be left alone is worth a state directory.
  @Test func aFirstTickRemembersALimit() async throws {
    let server = try await GitHubSimulator.start()
    server.add(Fault(.secondaryLimit(retryAfter: 600), path: "/", times: Fault.always))
    let project = try project(for: server)
    let tick = try await project.run("tick", environment: ["GITHUB_TOKEN": server.token])
    #expect(tick.code == 69, "\(tick)")
    let state = try await project.run("status", "--json").state()
    #expect(state.holds.count == 1, "\(state)")
    let asked = server.requestCount
    _ = try await project.run("tick", environment: ["GITHUB_TOKEN": server.token])
    #expect(server.requestCount == asked, "it is left alone")
    await server.stop()
  }

  @Test func aRepositoryThatIsNotThereIsNamed() async throws {
    let server = try await GitHubSimulator.start()
    let project = try project(for: server, repository: "acme/nothing")
    let token = ["GITHUB_TOKEN": server.token]
    let tick = try await project.run("tick", environment: token)
    #expect(tick.code == 69, "\(tick)")
    #expect(tick.output.isEmpty, "\(tick)")
    #expect(tick.complaints.count == 1, "\(tick)")
    #expect(tick.complaints.first?.contains("acme/nothing") == true, "\(tick)")
    #expect(tick.hints.first?.contains("tracker.repository") == true, "\(tick)")
    let doctor = try await project.run("doctor", environment: token)
    #expect(doctor.code != 0, "\(doctor)")
    #expect(
      doctor.outputLines.contains {
        $0.hasPrefix("fail  repository") && $0.contains("acme/nothing")
      }, "\(doctor)")
    await server.stop()
  }

  @Test func aServerThatIsNotThereIsUnreachable() async throws {
    let server = try await GitHubSimulator.start()
    let project = try project(for: server)
    await server.stop()
    let tick = try await project.run("tick", environment: ["GITHUB_TOKEN": server.token])
    #expect(tick.code == 69, "\(tick)")
    #expect(tick.complaints.count == 1, "\(tick)")
    #expect(tick.hints.count == 1, "\(tick)")
  }

  @Test func aRepositoryNobodyNamedIsAMistakeOfTheWorkflow() async throws {
    let project = try Project()
    try WorkflowFile.write(in: project.path, settings: "tracker:\n  labels: [symphony]\n")
    let tick = try await project.run("tick", environment: ["GITHUB_TOKEN": "ghp_x"])
    #expect(tick.code == 78, "\(tick)")
    #expect(tick.complaints.first?.contains("tracker.repository is not set") == true, "\(tick)")
    #expect(tick.hints.first?.contains("tracker.repository: owner/name") == true, "\(tick)")
  }

  /// Also of an agent that is a script: what that begins with.
  @Test(arguments: ["no-such-agent --fast", "exec no-such-agent", "/no/such-agent < x"])
  func withoutItsProgramNoScriptIsStarted(_ script: String) async throws {
    let project = try Project.local(agent: script)
    let doctor = try await project.run("doctor")
    #expect(doctor.code == 1, "\(doctor)")
    #expect(
      doctor.outputLines.contains { $0.hasPrefix("fail  agent") && $0.contains("such-agent") })
    for _ in 0..<2 {
      let tick = try await project.run("tick")
      #expect(tick.code == 1 && tick.complaints.count == 1, "\(tick)")
      #expect(tick.complaints.first?.contains("such-agent is not ") == true, "\(tick)")
    }
    let told = try await project.run("status", "--json").state()
    #expect(told.item(1)?.runs == 0, "\(told)")
    #expect(told.item(1)?.code == "agent_unavailable")
  }

  @Test func withoutItsBinaryNoAgentIsStarted() async throws {
    let project = try Project.local()
    let settings = Project.localSettings(agent: "no-such-agent --fast")
      .replacing("kind: command", with: "kind: claude_code")
    try WorkflowFile.write(in: project.path, settings: settings)
    let doctor = try await project.run("doctor")
    #expect(doctor.code == 1, "\(doctor)")
    let at = try #require(
      doctor.outputLines.firstIndex {
        $0.hasPrefix("fail  agent") && $0.hasSuffix("no-such-agent is not in PATH")
      }, "\(doctor)")
    #expect(doctor.outputLines[at + 1].contains("agent.command"), "\(doctor)")
    let tick = try await project.run("tick")
    #expect(tick.code == 1, "\(tick)")
    #expect(tick.output.isEmpty, "\(tick)")
    #expect(tick.complaints == ["nothing was started: no-such-agent is not in PATH"], "\(tick)")
    #expect(tick.hints.count == 1, "\(tick)")
    // How to get it, and where it was looked for.
    for line in [tick.hints.first ?? "", doctor.outputLines[at + 1]] {
      #expect(line.contains("npm install -g @anthropic-ai/claude-code"), "\(line)")
      #expect(line.hasSuffix("searched: PATH=\(Host.environment["PATH"] ?? "")"), "\(line)")
    }
    let answer = try await project.run("tick", "--json").tick()
    #expect(answer.launched == 0)
    #expect(answer.verdict(1)?.code == "agent_unavailable", "\(answer)")
    let status = try await project.run("status", "-v")
    #expect(
      status.output.contains(
        "agent_unavailable  the agent cannot be started: no-such-agent is not in PATH"),
      "\(status)")
    #expect(!Files.exists(Files.join(project.state, "runs")))
  }
}
