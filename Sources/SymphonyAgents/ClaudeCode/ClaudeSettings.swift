// The settings of WORKFLOW.md for Claude Code: which program to start, which extra flags are
// allowed, and what `doctor` should say before a run finds it out. Called by ClaudeCodeAgent;
// builds no argv.
import SymphonyCore

enum ClaudeSettings {
  /// With the value 1, and no other, claude believes that it is in a sandbox, and skips permissions
  /// as root too.
  static let sandboxVariable = "IS_SANDBOX"

  /// Flags that have a setting of their own, and those that would change the session, the output or
  /// the permissions behind our back.
  static let ownFlags: [String: String] = {
    var flags = [
      "permission-mode": "set agent.permission_mode instead",
      "model": "set claude.model instead",
      "fallback-model": "set claude.fallback_model instead",
      "max-turns": "set claude.max_turns instead",
      "max-budget-usd": "set claude.max_budget_usd instead",
      "mcp-config": "set agent.mcp_servers instead",
      "strict-mcp-config":
        "remove it; where agent.mcp_servers is set, or agent.enable_mcp false, it is passed",
      // Of two --settings claude reads the last one only.
      "settings":
        "write agent.permission_mode as an object: {mode: acceptEdits, allow: [...], deny: [...]}; "
        + "what is not about permissions belongs in .claude/settings.json",
    ]
    for name in ["allowedTools", "allowed-tools"] {
      flags[name] = "set claude.allowed_tools instead"
    }
    for name in ["disallowedTools", "disallowed-tools"] {
      flags[name] = "set claude.disallowed_tools instead"
    }
    for name in ["append-system-prompt", "append-system-prompt-file"] {
      flags[name] = "set claude.append_system_prompt instead"
    }
    for name in [
      "print", "p", "resume", "r", "continue", "c", "session-id", "fork-session",
      "no-session-persistence",
    ] {
      flags[name] = "remove it; agent.session_reuse_mode decides whether sessions go on"
    }
    for name in ["output-format", "input-format"] {
      flags[name] = "remove it; the output is read as stream-json"
    }
    for name in [
      "background", "bg", "cloud", "from-pr", "remote-control", "teleport", "tmux", "w", "worktree",
    ] {
      flags[name] = "remove it; a turn is one process on this machine, in the item's own worktree"
    }
    return flags
  }()

  /// Tools that start an agent beside this one, or let one go on.
  ///
  /// By the tool's name in rules and in requests, by a script, and by a message.
  static let subagentTools = ["Task", "Agent", "Workflow", "SendMessage"]

  /// Tools that leave the frame of a run.
  ///
  /// For another worktree than the item's, or for turns at a later time, which nobody waits for or
  /// counts.
  static let straying = [
    "EnterWorktree", "ExitWorktree", "CronCreate", "CronDelete", "CronList", "ScheduleWakeup",
    "Monitor", "RemoteTrigger",
  ]

  static let modes = [
    "acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "manual", "plan",
  ]

  /// Whether claude would refuse these settings as root.
  static func skipsPermissions(_ policy: AgentPolicy) -> Bool {
    let flag = "dangerously-skip-permissions"
    let parameter = policy.providerParameters.contains { key, value in
      key.drop { $0 == "-" } == flag && value.isTruthy
    }
    let (mode, program) = (ClaudePermissions.mode(policy), policy.command ?? "")
    return mode == "bypassPermissions" || parameter || program.contains("--\(flag)")
      || (mode.isEmpty && program.contains("bypassPermissions"))
  }

  static let rootSentence =
    "claude refuses permission mode bypassPermissions as root outside a sandbox"
  static let rootHint =
    "run symphony as another user, or set agent.sandbox: bubblewrap; where the machine itself is a "
    + "sandbox (a container, CI), say so with IS_SANDBOX=1 in symphony's environment, "
    + "or with agent.env: {set: {IS_SANDBOX: \"1\"}}"

  /// Linux takes 128 KiB for one argument, its final NUL included.
  private static let longestArgument = 131_071

  /// Checks for settings with which no turn can begin.
  static func check(_ policy: AgentPolicy) throws(AgentError) {
    try ClaudePermissions.check(policy)
    try checkTurns(policy)
    try checkText(policy)
  }

  private static func checkTurns(_ policy: AgentPolicy) throws(AgentError) {
    if let turns = policy.claude.maxTurns, turns < 1 {
      throw .misconfigured(
        "claude.max_turns is \(turns), but a turn has at least one step",
        hint: "set 1 or more, or remove it: then there is no limit")
    }
  }

  private static func checkText(_ policy: AgentPolicy) throws(AgentError) {
    let text = policy.claude.appendSystemPrompt ?? ""
    let words = CommandWords.option("append-system-prompt", text)
    if words.contains(where: { $0.utf8.count > longestArgument }) {
      throw .misconfigured(
        "claude.append_system_prompt is too long: \(text.utf8.count) bytes, and one argument takes "
          + "\(longestArgument)",
        hint: "move the text into the prompt of WORKFLOW.md")
    }
  }

  /// Dollars as `--max-budget-usd` reads them: no exponent, four decimals at most, and never 0,
  /// which claude refuses.
  static func dollars(_ amount: Double) -> String {
    let least = 1.0
    // A comparison, because `max` would let what is not a number through.
    let scaled = amount * 10_000 > least ? min(amount, 1e12) * 10_000 : least
    let units = Int64(scaled.rounded())
    let decimals = String(10_000 + units % 10_000).dropFirst()
    let whole = "\(units / 10_000)"
    guard let last = decimals.lastIndex(where: { $0 != "0" }) else { return whole }
    return "\(whole).\(decimals[...last])"
  }

  static func examine(
    _ policy: AgentPolicy, isRoot: Bool, foreseen: ForeseenEnvironment
  ) -> [Finding] {
    var findings: [Finding] = []
    func add(_ subject: String, _ body: () throws(AgentError) -> Void) {
      do throws(AgentError) { try body() } catch {
        findings.append(Finding(.fail, subject, error.sentence, hint: error.hint))
      }
    }
    add("agent.command") { () throws(AgentError) in
      _ = try CommandWords.program(policy, standard: "claude")
    }
    for key in policy.providerParameters.keys.sorted() {
      add("agent.provider_params") { () throws(AgentError) in
        _ = try CommandWords.flagName(key, reserved: ownFlags)
      }
    }
    add("agent.permission_mode") { () throws(AgentError) in try ClaudePermissions.check(policy) }
    add("claude.max_turns") { () throws(AgentError) in try checkTurns(policy) }
    add("claude.append_system_prompt") { () throws(AgentError) in try checkText(policy) }
    add("agent.mcp_servers") { () throws(AgentError) in try MCPServers.check(policy.mcpServers) }
    return findings + examineMode(policy) + examineRules(policy)
      + examineRoot(policy, isRoot: isRoot, foreseen: foreseen) + examineTools(policy)
      + examineLimits(policy)
  }
}
