// Claude Code, driven headless: one `claude -p` per turn with stream-json on stdout and the prompt
// on stdin. Builds argv, environment and the private MCP file. The session id is chosen by us, so
// that a session is known before its first line. Reading the output is ClaudeReader's part, judging
// the settings ClaudeSettings'.
import Glibc
import SymphonyCore

package struct ClaudeCodeAgent: ForeseeingAgent {
  package let kind = "claude_code"
  /// Whether the agent will run as root, where claude refuses to skip permissions outside a
  /// sandbox.
  let isRoot: Bool
  /// For `examine` and `probe`, which see no turn.
  let foreseen: ForeseenEnvironment

  package init() { self.init(isRoot: getuid() == 0, foreseen: ForeseenEnvironment()) }

  init(isRoot: Bool, environment: [String: String]) {
    self.init(isRoot: isRoot, foreseen: ForeseenEnvironment(environment))
  }

  private init(isRoot: Bool, foreseen: ForeseenEnvironment) {
    self.isRoot = isRoot
    self.foreseen = foreseen
  }

  func foreseeing(_ environment: ForeseenEnvironment) -> any Agent {
    ClaudeCodeAgent(isRoot: isRoot, foreseen: environment)
  }

  package func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    let policy = turn.policy
    var arguments = try CommandWords.program(policy, standard: "claude")
    try ClaudeSettings.check(policy)
    try refuseRoot(turn)
    var privateFiles: [String: String] = [:]
    arguments.append("-p")
    arguments += option("allowedTools", joined(policy.allowedTools))
    let disallowed =
      policy.disallowedTools + (policy.enableSubagents ? [] : ClaudeSettings.subagentTools)
    let straying = ClaudeSettings.straying.filter { !disallowed.contains($0) }
    arguments += option("disallowedTools", joined(disallowed + straying))
    if let text = try MCPFile.text(for: turn) {
      let path = turn.runDirectory + "/claude-mcp.json"
      privateFiles[path] = text
      arguments += ["--mcp-config", path, "--strict-mcp-config"]
    }
    arguments += try CommandWords.flags(
      policy.providerParameters, reserved: ClaudeSettings.ownFlags)
    // From here on no option is variadic: whatever takes several values above ends at the next
    // flag.
    arguments += option("settings", ClaudePermissions.settings(policy) ?? "")
    arguments += option("permission-mode", ClaudePermissions.mode(policy))
    arguments += option("model", policy.model ?? "")
    arguments += option("fallback-model", policy.claude.fallbackModel ?? "")
    arguments += option("max-turns", policy.claude.maxTurns.map { "\($0)" } ?? "")
    if let budget = [policy.claude.maxBudgetUSD, turn.costLeftUSD].compactMap({ $0 }).min() {
      arguments += ["--max-budget-usd", ClaudeSettings.dollars(budget)]
    }
    arguments += option("append-system-prompt", policy.claude.appendSystemPrompt ?? "")
    if let resume = turn.resume {
      arguments += option("resume", resume.id)
    } else {
      arguments += ["--session-id", turn.newSessionID.lowercased()]
    }
    arguments += ["--output-format", "stream-json", "--verbose"]
    try CommandWords.check(arguments)
    var command = AgentCommand(
      arguments: arguments, environment: environment(for: turn), privateFiles: privateFiles)
    // After an interrupt claude ends its tools and still says what the turn came to.
    command.stopSignal = .interrupt
    return command
  }

  package func reader(for turn: AgentTurn) -> any AgentReader {
    ClaudeReader(
      resume: turn.resume, newSessionID: turn.newSessionID.lowercased(),
      clock: LimitClock(now: LimitClock.own.now, zone: .ofAgent(turn.agentEnvironment)))
  }

  package func probe(_ policy: AgentPolicy) -> AgentProbe {
    let words = try? CommandWords.program(policy, standard: "claude")
    let leading = Array((words ?? []).dropFirst())
    var probe = AgentProbe(
      executable: words?.first, versionArguments: leading + ["--version"],
      installHint: "install Claude Code (npm install -g @anthropic-ai/claude-code), or set "
        + "agent.command to its path")
    probe.loginArguments = leading + ["auth", "status"]
    probe.ownVariables = Self.ownVariables
    let (paths, directories) = ownPaths(policy)
    probe.homePaths = paths + cloudPaths(policy)
    probe.homeDirectories = directories
    probe.notesFile = "CLAUDE.local.md"
    probe.ownCostLimitUSD = policy.claude.maxBudgetUSD
    probe.skillsHint = "Load each with the Skill tool before you begin."
    probe.newProjectLines = newProjectLines
    return probe
  }

  private var newProjectLines: [String] {
    // Claude Code refuses to skip permissions for root.
    isRoot
      ? ["  permission_mode: acceptEdits     # as root it may edit files, but run no commands"]
      : [
        "  # Nobody is there to ask: the agent may run any command as your user. acceptEdits",
        "  # lets it edit files only; `sandbox: bubblewrap` shuts it in.",
        "  permission_mode: bypassPermissions",
      ]
  }

  package func examine(_ policy: AgentPolicy) -> [Finding] {
    ClaudeSettings.examine(policy, isRoot: isRoot, foreseen: foreseen)
  }

  /// Its login at Anthropic, Bedrock, Vertex or Azure, the way there, and its own switches.
  private static let ownVariables = [
    "ANTHROPIC_*", "CLAUDE_*", "AWS_*", "GOOGLE_*", "GCLOUD_PROJECT", "CLOUDSDK_*",
    "CLOUD_ML_REGION", "VERTEX_REGION_*", "AZURE_*", "IS_SANDBOX", "NODE_EXTRA_CA_CERTS",
    "API_TIMEOUT_MS", "DISABLE_*", "ENABLE_TOOL_SEARCH", "BASH_DEFAULT_TIMEOUT_MS",
    "BASH_MAX_TIMEOUT_MS", "BASH_MAX_OUTPUT_LENGTH", "MAX_THINKING_TOKENS",
    "MAX_MCP_OUTPUT_TOKENS", "MCP_TIMEOUT", "MCP_TOOL_TIMEOUT", "OTEL_*", "USE_BUILTIN_RIPGREP",
  ]

  /// The paths of claude's settings, login and sessions, and those of them that are directories.
  ///
  /// With CLAUDE_CONFIG_DIR all of it is there, `.claude.json` too.
  private func ownPaths(_ policy: AgentPolicy) -> ([String], [String]) {
    guard let directory = foreseen.directory("CLAUDE_CONFIG_DIR", policy) else {
      return ([".claude", ".claude.json"], [".claude"])
    }
    return directory.isEmpty ? ([], []) : ([directory], [directory])
  }

  /// Cloud logins are far more than a login of claude's: only where it is told to use them.
  private func cloudPaths(_ policy: AgentPolicy) -> [String] {
    func isOn(_ name: String) -> Bool {
      let value = foreseen.value(name, policy) ?? ""
      return !["", "0", "false", "no", "off"].contains(value.lowercased())
    }
    return (isOn("CLAUDE_CODE_USE_BEDROCK") ? [".aws"] : [])
      + (isOn("CLAUDE_CODE_USE_VERTEX") ? [".config/gcloud"] : [])
  }

  /// Variables that an unattended run needs; a value set by the user wins.
  private static let unattended = [
    // An update would go unwatched, and the binary must not change under the turns of other
    // workers.
    "DISABLE_AUTOUPDATER": "1",
    // A turn makes the requests its work needs and no others: each one more is one that can hang.
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    // A background command outlives its turn, holds the process open and starts a second one.
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    // The agent could schedule a task for later; by then no worker waits for it.
    "CLAUDE_CODE_DISABLE_CRON": "1",
  ]

  private func environment(for turn: AgentTurn) -> [String: String] {
    var values = Self.unattended.filter { turn.agentEnvironment[$0.key] == nil }
    let name = ClaudeSettings.sandboxVariable
    if turn.policy.environment.set[name] == nil, turn.policy.sandbox.kind == .bubblewrap {
      values[name] = "1"
    }
    return values
  }

  /// Refuses root unless the operator says that the machine is a sandbox.
  ///
  /// The workflow says so, or the variable in symphony's own environment, as in containers and CI.
  /// Only the agent's environment counts, because claude reads the variable there.
  private func refuseRoot(_ turn: AgentTurn) throws(AgentError) {
    guard isRoot, ClaudeSettings.skipsPermissions(turn.policy) else { return }
    let name = ClaudeSettings.sandboxVariable
    let isLockedIn =
      turn.policy.sandbox.kind == .bubblewrap && turn.policy.environment.set[name] == nil
    if isLockedIn || turn.agentEnvironment[name] == "1" { return }
    throw .misconfigured(ClaudeSettings.rootSentence, hint: ClaudeSettings.rootHint)
  }

  private func joined(_ tools: [String]) -> String {
    tools.map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }.joined(separator: ",")
  }

  private func option(_ name: String, _ value: String) -> [String] {
    CommandWords.option(name, value)
  }
}
