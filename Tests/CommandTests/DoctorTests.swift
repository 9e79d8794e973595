// `doctor` on the workflows that both predecessors' READMEs show, and with `.env` files: which one
// is read, that it overrides nothing, and that nothing of it is printed or kept.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

/// The settings of the predecessors' READMEs, with room for the simulator's address.
enum Predecessor {
  static let baton = """
    tracker:
      kind: github
      labels: ["agent"]
      exclude_labels: ["blocked"]

    polling:
      interval_ms: 30000

    agent:
      max_concurrent: 3
      max_turns: 5
      command: claude
      permission_mode: acceptEdits
      mcp_servers:
        - name: playwright
          command: npx @playwright/mcp@latest

    hooks:
      before_run: |
        git fetch origin main && git rebase origin/main
      timeout_ms: 60000

    """
  static let batonPrompt = """

    You are an autonomous software engineer working on issue #{{ issue.number }}: {{ issue.title }}.

    {{ issue.body }}

    When done, commit, push, and create a PR linking to #{{ issue.number }}.

    """
  static let batonInUse = """
    tracker:
      kind: github
      labels: [baton]
    agent:
      max_concurrent: 1
      max_turns: 3
      command: claude
      permission_mode: bypassPermissions

    """
  static let githubSymphony = """
    tracker:
      kind: github
      owner: YOUR_USER            # GitHub username or org
      project_number: 6           # from step 1
      project_scope: user         # "user" or "organization"
      active_values:
        - Todo
        - In Progress
      terminal_values:
        - Done
        - Closed
        - Cancelled
    agent:
      kind: claude_code
      max_concurrent_agents: 3    # parallel agents
      max_turns: 5                # re-invocations per issue
      stall_timeout_ms: 600000    # kill stalled agents after 10 min
    claude:
      model: sonnet               # or opus, haiku
      permission_profile: bypassPermissions
    git:
      branch_prefix: symphony/
    polling:
      interval_ms: 30000          # poll every 30 seconds
    pull_request:
      open_pr_on_success: true
      draft_by_default: true
      handoff_project_status: Human Review
      comment_on_issue_with_pr: true

    """
}

@Suite struct DoctorTests {
  /// A checkout whose origin is the simulator's repository, and a `claude` that has a version.
  private func project(_ server: GitHubSimulator, _ settings: String, prompt: String) throws
    -> (Project, [String: String])
  {
    let project = try Project()
    try Git.run(["init", "--quiet", "-b", "main"], in: project.path)
    try Git.run(["remote", "add", "origin", server.cloneURL], in: project.path)
    try project.folder.write(
      "bin/claude", "#!/bin/sh\necho '2.1.0 (Claude Code)'\n", mode: 0o755)
    try WorkflowFile.write(
      in: project.path,
      // Claude Code refuses bypassPermissions for root elsewhere.
      settings: settings.replacing("agent:\n", with: "agent:\n  env: {set: {IS_SANDBOX: '1'}}\n")
        + "github:\n  api_url: \(server.apiURL)\n  token: $GITHUB_TOKEN\n",
      prompt: prompt)
    let path = Host.environment["PATH"] ?? "/usr/bin:/bin"
    return (
      project,
      ["PATH": "\(project.folder.file("bin")):\(path)", "GITHUB_TOKEN": server.token]
    )
  }

  @Test(arguments: [
    (Predecessor.baton, Predecessor.batonPrompt, "agent"),
    (
      Predecessor.batonInUse,
      "Issue #{{ issue.number }}: {{ issue.title }}.\n\n{{ issue.body }}\n", "baton"
    ),
  ])
  func theExamplesOfBatonHaveNoError(
    _ settings: String, _ prompt: String, _ label: String
  ) async throws {
    let server = try await GitHubSimulator.start()
    server.createIssue(title: "Create the page", labels: [label])
    let (project, environment) = try project(server, settings, prompt: prompt)
    let doctor = try await project.run("doctor", environment: environment)
    #expect(doctor.code == 0 && doctor.errors.isEmpty, "\(doctor)")
    #expect(!doctor.outputLines.contains { $0.hasPrefix("fail") }, "\(doctor)")
    #expect(
      doctor.output.hasPrefix("pass  workflow     \(project.workflow) is valid"), "\(doctor)")
    #expect(doctor.outputLines[0].hasSuffix("(defaults of Baton)"), "\(doctor)")
    #expect(doctor.output.contains("2.1.0 (Claude Code)"), "\(doctor)")
    #expect(doctor.output.contains("pass  repository   acme/app ("), "\(doctor)")
    #expect(!doctor.description.contains(server.token), "\(doctor)")
    let tick = try await project.run("tick", "--dry-run", environment: environment)
    #expect(tick.code == 0 && tick.output.contains("acme/app#1  launching"), "\(tick)")
    #expect(server.writeCount == 0)
    #expect(!Files.exists(project.state))
    await server.stop()
  }

  /// github-symphony's example, its placeholders filled in.
  private static let onTheBoard = Predecessor.githubSymphony.replacing(
    "owner: YOUR_USER            # GitHub username or org", with: "owner: acme"
  ).replacing("project_scope: user", with: "project_scope: organization")

  @Test func theExampleOfGithubSymphonyWorksOnItsBoard() async throws {
    let server = try await GitHubSimulator.start()
    server.addBoard(
      6, fields: [.status(["Backlog", "Todo", "In Progress", "Human Review", "Done"])])
    let issue = server.createIssue(title: "Make the page")
    try server.addItem(issue, fields: ["Status": "Todo"], board: 6)
    let (project, environment) = try project(
      server, Self.onTheBoard, prompt: "# {{.work_item.title}}\n")
    let doctor = try await project.run("doctor", environment: environment)
    #expect(doctor.code == 0 && doctor.errors.isEmpty, "\(doctor)")
    #expect(!doctor.outputLines.contains { $0.hasPrefix("fail") }, "\(doctor)")
    #expect(doctor.outputLines[0].hasSuffix("(defaults of github-symphony)"), "\(doctor)")
    #expect(doctor.output.contains("pass  template "), "Go's syntax: \(doctor)")
    #expect(doctor.output.contains("acme/projects/6"), "\(doctor)")
    let tick = try await project.run("tick", "--dry-run", environment: environment)
    #expect(tick.code == 0 && tick.output.contains("acme/app#1  launching"), "\(tick)")
    #expect(server.writeCount == 0)
    await server.stop()
  }

  @Test func aStatusTheBoardLacksIsNamedWithThoseItHas() async throws {
    let server = try await GitHubSimulator.start()
    server.addBoard(6, fields: [.status(["Backlog", "To do", "In Progress", "Human Review"])])
    let (project, environment) = try project(server, Self.onTheBoard, prompt: "Go.\n")
    let tick = try await project.run("tick", environment: environment)
    #expect(tick.code == 78 && tick.output.isEmpty, "\(tick)")
    let said = try #require(tick.complaints.first)
    #expect(said.contains("tracker.active_values names `Todo`"), "\(tick)")
    #expect(said.contains("`Backlog`, `To do`, `In Progress`, `Human Review`"), "\(tick)")
    let doctor = try await project.run("doctor", environment: environment)
    #expect(doctor.code != 0 && doctor.output.contains("names `Todo`"), "\(doctor)")
    await server.stop()
  }

  @Test func doctorAsJSONHasFindingsAndSettings() async throws {
    let project = try Project.local()
    let answer = try await project.run("doctor", "--json")
    #expect(answer.code == 0 && answer.errors.isEmpty, "\(answer)")
    let json = try answer.json()
    #expect(json["version"]?.integerValue == 1)
    #expect(json["workflow"]?.stringValue == project.workflow)
    let grades = Set((json["findings"]?.listValue ?? []).compactMap { $0["grade"]?.stringValue })
    #expect(grades.isSubset(of: ["pass", "skip", "warn"]), "\(answer)")
    let settings = json["settings"]?.listValue ?? []
    let limit = settings.first { $0["key"]?.stringValue == "agent.max_concurrent" }
    #expect(limit?["value"]?.stringValue == "1" && limit?["origin"]?.stringValue == "line 8")
  }

  @Test func doctorWarnsOfAnAgentWithoutTheTokenItNeeds() async throws {
    let project = try Project.local(prompt: "Then run `gh pr create` and git push.\n")
    let warned = try await project.run("doctor")
    #expect(warned.code == 0, "\(warned)")
    let at = try #require(
      warned.outputLines.firstIndex { $0.hasPrefix("warn  token") }, "\(warned)")
    #expect(warned.outputLines[at].contains("`gh` and `git push`"), "\(warned)")
    #expect(warned.outputLines[at + 1].contains("agent.pass_github_token: true"), "\(warned)")
    try WorkflowFile.write(
      in: project.path, settings: Project.localSettings() + "  pass_github_token: true\n",
      prompt: "Then run `gh pr create` and git push.\n")
    let passed = try await project.run("doctor")
    #expect(!passed.outputLines.contains { $0.hasPrefix("warn  token") }, "\(passed)")
  }

  // MARK: .env

  @Test func aTokenInDotEnvIsReadAndShownNowhere() async throws {
    let server = try await GitHubSimulator.start()
    server.createIssue(title: "One", labels: ["symphony"])
    let project = try Project()
    try WorkflowFile.write(
      in: project.path,
      settings: WorkflowFile.settings(
        for: server, command: "cat > /dev/null; env > ../seen; mv ../seen ../environment"))
    try project.folder.write("project/.env", "GITHUB_TOKEN=\(server.token)\nOTHER=hush-hush\n")
    let outputs = [
      try await project.run("doctor", "--all"), try await project.run("tick", "--dry-run"),
      try await project.run("tick", "-v"), try await project.run("status", "--json"),
    ]
    for answer in outputs {
      #expect(answer.code == 0, "\(answer)")
      #expect(!answer.description.contains(server.token), "\(answer)")
      #expect(!answer.description.contains("hush-hush"), "\(answer)")
    }
    #expect(outputs[0].outputLines.contains { $0.hasPrefix("pass  repository") }, "\(outputs[0])")
    let seen = Files.join(project.state, "workspaces/environment")
    try await eventually("the agent has run") { Files.exists(seen) }
    #expect(try Files.readText(seen).contains("SYMPHONY_RUN="))
    try await project.stopAll()
    for (name, bytes) in try contents(of: project.state) {
      #expect(!String(decoding: bytes, as: UTF8.self).contains(server.token), "\(name)")
    }
    await server.stop()
  }

  @Test func theEnvironmentIsStrongerThanDotEnv() async throws {
    let server = try await GitHubSimulator.start()
    let project = try Project()
    try WorkflowFile.write(
      in: project.path, settings: WorkflowFile.settings(for: server, command: "true"))
    try project.folder.write("project/.env", "GITHUB_TOKEN=ghp_wrong\n")
    let right = try await project.run("tick", environment: ["GITHUB_TOKEN": server.token])
    #expect(right.code == 0, "\(right)")
    let wrong = try await project.run("tick")
    #expect(
      wrong.code == 69 && wrong.complaints.first?.contains("refused the token") == true, "\(wrong)")
    #expect(!wrong.description.contains("ghp_wrong"), "\(wrong)")
    await server.stop()
  }

  @Test func aDotEnvOfTheCurrentDirectoryIsNamedAndNotRead() async throws {
    let project = try Project.local()
    try project.folder.write("elsewhere/.env", "OTHER=hush-hush\n")
    let elsewhere = project.folder.file("elsewhere")
    let doctor = try await project.run("doctor", "-w", project.workflow, directory: elsewhere)
    #expect(doctor.code == 0, "\(doctor)")
    let warned = doctor.outputLines.filter { $0.hasPrefix("warn  environment") }
    #expect(warned.count == 1, "\(doctor)")
    #expect(warned.first?.contains("\(elsewhere)/.env is not read") == true, "\(doctor)")
    #expect(!doctor.description.contains("hush-hush"), "\(doctor)")
    let here = try await project.run("doctor")
    #expect(!here.output.contains(".env is not read"), "\(here)")
  }
}
