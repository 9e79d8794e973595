// What doctor, tick and resume say about agents: each one a rule may choose is looked for, a login
// that is missing is named, settings that could not be kept to stop dispatch before anything starts.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct AgentMessageTests {
  /// A program by that name that tells its version, and whether somebody is logged in.
  private func install(_ name: String, in project: Project, loggedIn: Bool = true) throws -> String
  {
    let bin = try project.folder.directory("bin")
    let login = loggedIn ? 0 : 1
    try project.folder.write(
      "bin/\(name)",
      """
      #!/bin/sh
      case "$*" in
      --version) echo "\(name) 9.9" ;;
      "auth status" | "login status") exit \(login) ;;
      *) exit 3 ;;
      esac
      """, mode: 0o755)
    return bin + ":" + (Host.environment["PATH"] ?? "/usr/bin:/bin")
  }

  private func project(_ agent: String) throws -> Project {
    let project = try Project.local()
    try WorkflowFile.write(
      in: project.path, settings: "tracker:\n  kind: local\n  labels: [symphony]\n" + agent,
      prompt: "Fix {{ issue.title }}.\n")
    return project
  }

  @Test func doctorLooksAtEveryAgentARuleMayChoose() async throws {
    let project = try project(
      """
      agent:
        kind: codex
        max_tokens_per_item: 100000
        rules:
          - when: { label: hard }
            set: { kind: opencode }

      """)
    let path = try install("codex", in: project)
    let told = try await project.run("doctor", environment: ["PATH": path])
    #expect(told.code == 1, "\(told)")
    #expect(told.output.contains("codex: \(project.folder.file("bin"))/codex: codex 9.9"))
    #expect(told.output.contains("opencode: opencode is not in PATH"))
    _ = try install("opencode", in: project)
    let whole = try await project.run("doctor", environment: ["PATH": path])
    #expect(whole.code == 0, "\(whole)")
  }

  @Test func doctorSaysWhenNobodyIsLoggedIn() async throws {
    let project = try project("agent:\n  kind: codex\n")
    let path = try install("codex", in: project, loggedIn: false)
    let told = try await project.run("doctor", environment: ["PATH": path])
    #expect(told.code == 0, "a key in the environment is a login too: \(told)")
    #expect(told.output.contains("the agent says that nobody is logged in"))
    #expect(told.output.contains("codex login status"))
  }

  /// Codex reports no dollars: a limit on them would protect nobody.
  @Test func aLimitThatCannotBeKeptStopsDispatchBeforeAnythingStarts() async throws {
    let project = try project("agent:\n  kind: codex\n  max_cost_usd_per_run: 2\n")
    let path = try install("codex", in: project)
    let told = try await project.run("doctor", environment: ["PATH": path])
    #expect(told.code == 1 && told.output.contains("agent.max_tokens_per_item"), "\(told)")
    let tick = try await project.run("tick", "--json", environment: ["PATH": path])
    #expect(tick.code == 1)
    let verdict = try tick.tick().verdict(1)
    #expect(verdict?.code == "agent_unavailable", "\(tick)")
    #expect(verdict?.sentence.contains("agent.max_tokens_per_item") == true)
    #expect(try tick.tick().launched == 0)
  }

  @Test func aSandboxThatIsNotThereStartsNothing() async throws {
    let project = try project(
      "agent:\n  kind: command\n  command: 'true'\n  sandbox: bubblewrap\n"
        + "hooks: {after_run: make check}\n")
    // Everything the machine has but bwrap.
    let bin = try project.folder.directory("bin")
    for name in ["git", "sh", "env", "cat"] {
      let found = try #require(Spawn.find(name, environment: Host.environment))
      try Files.writeAtomically(
        Files.join(bin, name), "#!\(found.isEmpty ? "" : "/bin/sh")\nexec \(found) \"$@\"\n",
        mode: 0o755, durable: false)
    }
    let tick = try await project.run("tick", "--json", environment: ["PATH": bin])
    let verdict = try tick.tick().verdict(1)
    #expect(verdict?.code == "agent_unavailable", "\(tick)")
    #expect(verdict?.sentence.contains("bwrap is not in PATH") == true)
    let told = try await project.run("doctor", environment: ["PATH": bin])
    #expect(told.code == 1 && told.output.contains("bwrap is not in PATH"), "\(told)")
    #expect(told.output.contains("the hooks (after_run) run in it, too"), "\(told)")
  }

  @Test func doctorSaysWhatASandboxLeavesOpen() async throws {
    let settings = "agent:\n  kind: command\n  command: 'true'\n  sandbox: bubblewrap\nhooks: "
    let project = try project(settings + "{after_run: make check, sandbox: false}\n")
    let told = try await project.run("doctor")
    #expect(told.output.contains("the hooks (after_run) run outside it, with git's"), "\(told)")
    guard told.output.contains("bubblewrap works here") else { return }
    #expect(told.output.contains("can read what this user can read in /etc, /var"), "\(told)")
    let closedOff = try self.project(
      settings.replacing("bubblewrap", with: "bubblewrap\n  sandbox_network: false") + "{}\n")
    let closed = try await closedOff.run("doctor")
    #expect(closed.output.contains("agents run without network"), "\(closed)")
    #expect(!closed.output.contains("agents inside can reach"), "\(closed)")
  }

  @Test func aLimitStaysUntilItIsLiftedOnPurpose() async throws {
    let reset = Timestamp(milliseconds: Clock.wallMilliseconds()) + .hours(3)
    let project = try Project.local(
      agent:
        #"cat >/dev/null; echo "{\"type\":\"result\",\"status\":\"limited\",\"resets_at\":\"\#(reset.rfc3339)\"}""#
        + #"; [ -e ../free ] && exit 0; exit 1"#)
    try await project.tickUntil(1, is: "held")
    let kept = try await project.run("resume")
    #expect(kept.code == 0 && kept.output == "it was not paused\n", "\(kept)")
    #expect(kept.hints == ["command stays held at its limit; --limits lifts that too"])
    let status = try await project.run("status", "-v")
    #expect(status.output.contains("hold      agent command until \(reset.rfc3339)"), "\(status)")
    let lifted = try await project.run("resume", "--limits")
    #expect(lifted.output == "command is tried again\n", "\(lifted)")
    let plan = try await project.run("tick", "--dry-run", "--json")
    #expect(try plan.tick().verdict(1)?.code == "launching", "\(plan)")
  }
}
