// Claude Code, driven headless: one `claude -p` per turn with stream-json on stdout and the prompt
// on stdin. Builds argv, environment and the private MCP file. The session id is chosen by us, so
// that a session is known before its first line. Reading the output is ClaudeReader's part, judging
// the settings ClaudeSettings'.
import Glibc
import SymphonyCore

public struct ClaudeCodeAgent: Agent {
  public let kind = "claude_code"
  /// Whether the agent will run as root, where claude refuses to skip permissions outside a
  /// sandbox.
  let isRoot: Bool
  /// What this process's own environment says, for `examine` and `probe`, which see no turn: only
  /// the names of `askedVariables`.
  let environment: [String: String]

  public init() {
    var environment: [String: String] = [:]
    for name in Self.askedVariables {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    self.init(isRoot: getuid() == 0, environment: environment)
  }

  init(isRoot: Bool, environment: [String: String]) {
    self.isRoot = isRoot
    self.environment = environment
  }

  private static let askedVariables = [
    ClaudeSettings.sandboxVariable, "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX",
  ]

  public func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    let policy = turn.policy
    var arguments = try CommandWords.program(policy, standard: "claude")
    try ClaudeSettings.check(policy)
    let environment = environment(for: turn)
    try refuseRoot(turn, environment)
    var privateFiles: [String: String] = [:]
    arguments.append("-p")
    arguments += option("allowedTools", joined(policy.allowedTools))
    let disallowed = policy.disallowedTools + (policy.enableSubagents ? [] : ["Task"])
    arguments += option("disallowedTools", joined(disallowed))
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
      arguments += ["--resume", resume.id]
    } else {
      arguments += ["--session-id", turn.newSessionID.lowercased()]
    }
    arguments += ["--output-format", "stream-json", "--verbose"]
    try CommandWords.check(arguments)
    var command = AgentCommand(
      arguments: arguments, environment: environment, privateFiles: privateFiles)
    // After an interrupt claude ends its tools and still says what the turn came to.
    command.stopSignal = .interrupt
    return command
  }

  public func reader(for turn: AgentTurn) -> any AgentReader {
    ClaudeReader(agent: kind, resume: turn.resume, newSessionID: turn.newSessionID.lowercased())
  }

  public func probe(_ policy: AgentPolicy) -> AgentProbe {
    let words = try? CommandWords.program(policy, standard: "claude")
    let leading = Array((words ?? []).dropFirst())
    var probe = AgentProbe(
      executable: words?.first, versionArguments: leading + ["--version"],
      installHint: "install Claude Code (npm install -g @anthropic-ai/claude-code), or set "
        + "agent.command to its path")
    probe.loginArguments = leading + ["auth", "status"]
    probe.ownVariables = Self.ownVariables
    probe.homePaths = [".claude", ".claude.json"] + cloudPaths(policy)
    probe.notesFile = "CLAUDE.local.md"
    return probe
  }

  public func examine(_ policy: AgentPolicy) -> [Finding] {
    ClaudeSettings.examine(policy, isRoot: isRoot, environment: environment)
  }

  /// Its login at Anthropic, Bedrock, Vertex or Azure, the way there, and its own switches.
  private static let ownVariables = [
    "ANTHROPIC_*", "CLAUDE_*", "AWS_*", "GOOGLE_*", "GCLOUD_PROJECT", "CLOUDSDK_*",
    "CLOUD_ML_REGION", "VERTEX_REGION_*", "AZURE_*", "IS_SANDBOX", "NODE_EXTRA_CA_CERTS",
    "API_TIMEOUT_MS", "DISABLE_*", "ENABLE_TOOL_SEARCH", "BASH_DEFAULT_TIMEOUT_MS",
    "BASH_MAX_TIMEOUT_MS", "BASH_MAX_OUTPUT_LENGTH", "MAX_THINKING_TOKENS",
    "MAX_MCP_OUTPUT_TOKENS", "MCP_TIMEOUT", "MCP_TOOL_TIMEOUT", "OTEL_*", "USE_BUILTIN_RIPGREP",
  ]

  /// Cloud logins are far more than a login of claude's: only where it is told to use them.
  private func cloudPaths(_ policy: AgentPolicy) -> [String] {
    func isOn(_ name: String) -> Bool {
      let value = policy.environment.set[name] ?? environment[name] ?? ""
      return !["", "0", "false", "no", "off"].contains(value.lowercased())
    }
    return (isOn("CLAUDE_CODE_USE_BEDROCK") ? [".aws"] : [])
      + (isOn("CLAUDE_CODE_USE_VERTEX") ? [".config/gcloud"] : [])
  }

  /// What an unattended run needs; a value set by the user wins.
  private static let unattended = [
    // Nobody watches an update, and the binary must not change under the turns of other workers.
    "DISABLE_AUTOUPDATER": "1",
    // A turn makes the requests its work needs and no others: each one more is one that can hang.
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    // A background command outlives its turn, holds the process open and starts a second one.
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
  ]

  private func environment(for turn: AgentTurn) -> [String: String] {
    var values = Self.unattended
    if turn.policy.sandbox.kind == .bubblewrap { values[ClaudeSettings.sandboxVariable] = "1" }
    return values.filter { turn.agentEnvironment[$0.key] == nil }
  }

  private func refuseRoot(_ turn: AgentTurn, _ added: [String: String]) throws(AgentError) {
    guard isRoot, ClaudeSettings.skipsPermissions(turn.policy) else { return }
    let name = ClaudeSettings.sandboxVariable
    if (turn.agentEnvironment[name] ?? added[name]) == "1" { return }
    throw .misconfigured(ClaudeSettings.rootSentence, hint: ClaudeSettings.rootHint)
  }

  private func joined(_ tools: [String]) -> String {
    tools.map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }.joined(separator: ",")
  }

  private func option(_ name: String, _ value: String) -> [String] {
    CommandWords.option(name, value)
  }
}
