// Codex, driven headless: one `codex exec --json` per turn with the prompt on stdin. Builds argv,
// environment and the private files of MCP servers. codex chooses the session's id itself (a
// thread), so it is known from the first line only. Reading the output is CodexReader's part,
// judging the settings CodexSettings'. Called by whoever has it from AgentRegistry.
import Glibc
import SymphonyCore

package struct CodexAgent: ForeseeingAgent {
  package let kind = "codex"
  /// For limits that codex tells without a date.
  let now: @Sendable () -> Timestamp
  /// For `probe`, which sees no turn.
  let foreseen: ForeseenEnvironment

  package init() {
    self.init(
      now: { Timestamp(milliseconds: Int64(time(nil)) * 1000) }, foreseen: ForeseenEnvironment())
  }

  init(now: @escaping @Sendable () -> Timestamp, foreseen: ForeseenEnvironment) {
    self.now = now
    self.foreseen = foreseen
  }

  func foreseeing(_ environment: ForeseenEnvironment) -> any Agent {
    CodexAgent(now: now, foreseen: environment)
  }

  package func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    let policy = turn.policy
    let program = try CommandWords.program(policy, standard: "codex")
    // codex takes an id that is no UUID for a name, finds none, and begins a thread that would be
    // told to continue what it does not know. The call spends nothing, and the reader says that the
    // session is gone.
    if let resume = turn.resume, !CodexThread.isID(resume.id) {
      return AgentCommand(arguments: program + ["--version"])
    }
    let servers = try CodexServers(turn)
    var arguments = program + ["exec", "--json"]
    arguments += try CommandWords.flags(
      policy.providerParameters, reserved: CodexSettings.ownFlags)
    arguments += ["-C", turn.workspace]
    let mode = CodexSettings.mode(policy)
    arguments += ["-s", mode]
    if mode == CodexSettings.workspaceWrite {
      // A commit writes to both, and codex keeps them read-only where it is not told.
      for directory in turn.gitDirectories { arguments += ["--add-dir", directory] }
    }
    arguments += CommandWords.option("model", policy.model ?? "")
    arguments += try CodexSettings.config(policy)
    // After the workflow's own: what is set last counts.
    arguments += CodexShell.arguments(turn, hidden: servers.environment.keys.sorted())
    // `exec` never asks; a config.toml that says otherwise would stop it.
    arguments += ["-c", "approval_policy=\"never\""]
    arguments += servers.arguments
    // Without it a turn without network never ends.
    arguments += ["--disable", "unbounded_connection_retries"]
    // `resume` takes none of the flags above, and without them the thread loses what it may write.
    if let resume = turn.resume { arguments += ["resume", resume.id.lowercased()] }
    arguments.append("-")
    try CommandWords.check(arguments)
    return AgentCommand(
      arguments: arguments, environment: servers.environment, privateFiles: servers.privateFiles)
  }

  package func reader(for turn: AgentTurn) -> any AgentReader {
    CodexReader(
      model: turn.policy.model ?? "", resume: turn.resume, workspace: turn.workspace,
      clock: LimitClock(now: now, zone: .ofAgent(turn.agentEnvironment)))
  }

  package func probe(_ policy: AgentPolicy) -> AgentProbe {
    let words = try? CommandWords.program(policy, standard: "codex")
    let leading = Array((words ?? []).dropFirst())
    var probe = AgentProbe(
      executable: words?.first, versionArguments: leading + ["--version"],
      installHint: "install Codex (npm install -g @openai/codex), or set agent.command to its path")
    // The answer is about codex's own accounts: neither a key in the environment nor another
    // provider counts as a login there.
    if !hasKey(policy), policy.codex.config["model_provider"] == nil {
      probe.loginArguments = leading + ["login", "status"]
    }
    probe.ownVariables = ["CODEX_*", "OPENAI_*"] + CodexSettings.keyVariables(policy)
    (probe.homePaths, probe.homeDirectories) = ownPaths(policy)
    probe.reportsDollars = false
    // codex reads one file of instructions in a directory, and looks for this one first.
    probe.notesFile = "AGENTS.override.md"
    probe.notesReplace = "AGENTS.md"
    probe.mentionsSkills = true
    return probe
  }

  package func examine(_ policy: AgentPolicy) -> [Finding] { CodexSettings.examine(policy) }

  /// A key that `exec` takes instead of a login.
  ///
  /// One that the workflow sets counts even where its value is known to the worker only.
  private func hasKey(_ policy: AgentPolicy) -> Bool {
    let name = "CODEX_API_KEY"
    if let text = policy.environment.set[name] { return !text.isEmpty }
    return foreseen.value(name, policy)?.isEmpty == false
  }

  /// The paths of codex's configuration, login, sessions and databases, and those it makes itself.
  ///
  /// It refuses a CODEX_HOME that is not there, and if we made a wrong one it would look like a
  /// missing login.
  private func ownPaths(_ policy: AgentPolicy) -> (paths: [String], made: [String]) {
    var (paths, made) = ([".codex"], [".codex"])
    if let home = foreseen.directory("CODEX_HOME", policy) {
      (paths, made) = (home.isEmpty ? [] : [home], [])
    }
    if let databases = foreseen.directory("CODEX_SQLITE_HOME", policy), !databases.isEmpty {
      paths.append(databases)
      made.append(databases)
    }
    return (paths, made)
  }
}

/// The ids of codex's sessions.
enum CodexThread {
  /// Whether codex reads it as an id: 8-4-4-4-12 hexadecimal digits.
  static func isID(_ text: String) -> Bool {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
      && groups.joined().utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
      }
  }
}
