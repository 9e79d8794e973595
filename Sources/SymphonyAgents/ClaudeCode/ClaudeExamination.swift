// Findings of `doctor` about settings that work otherwise than they read: modes that deny what the
// work needs, rules and tools that cancel each other out, limits that are never reached. Called by
// ClaudeSettings.examine. A setting that lets no turn begin is ClaudeSettings.check's matter.
import SymphonyCore

extension ClaudeSettings {
  private static let modeKey = "agent.permission_mode"

  /// With -p nobody is asked: what a mode would ask about is denied, and the run goes on and ends
  /// with status 0.
  static func examineMode(_ policy: AgentPolicy) -> [Finding] {
    let mode = ClaudePermissions.mode(policy)
    let allowed =
      policy.allowedTools.map { $0.trimmingWhitespace() } + ClaudePermissions.rules("allow", policy)
    switch mode {
    case "bypassPermissions": return []
    case "acceptEdits" where allowed.contains { $0.hasPrefix("Bash") }: return []
    case "acceptEdits":
      return [
        Finding(
          .warn, modeKey,
          "acceptEdits denies shell commands and git commits in unattended runs; "
            + "the worker commits what is left over at the end of a run",
          hint: "add \"Bash(git *)\" and the like to claude.allowed_tools, or use bypassPermissions"
        )
      ]
    case "auto":
      return [
        Finding(
          .warn, modeKey,
          "auto needs a check on the vendor's server, and denies where there is none"
        )
      ]
    case "" where allowed.isEmpty:
      return [
        Finding(
          .warn, modeKey,
          "no mode is set: claude's own settings decide, and where they say nothing it denies "
            + "edits, shell commands and commits", hint: "add mode: acceptEdits")
      ]
    case "": return []
    case "manual", "default", "dontAsk", "plan":
      return [
        Finding(
          .warn, modeKey, "\(mode) denies edits, shell commands and commits in unattended runs",
          hint: "use acceptEdits or bypassPermissions")
      ]
    default:
      return [
        Finding(
          .fail, modeKey, "claude knows no mode \"\(Excerpt.line(mode))\"",
          hint: "use one of \(modes.joined(separator: ", "))")
      ]
    }
  }

  static func examineRules(_ policy: AgentPolicy) -> [Finding] {
    var findings = ClaudePermissions.unknownKeys(policy).map { key in
      Finding(
        .warn, modeKey, "claude may not know the key \"\(Excerpt.line(key))\", and ignores it then",
        hint: "known are allow, deny, ask, additionalDirectories and mode")
    }
    if !ClaudePermissions.rules("ask", policy).isEmpty {
      findings.append(
        Finding(
          .warn, modeKey, "in unattended runs nobody is asked: rules under ask deny",
          hint: "put them under deny, or under allow"))
    }
    if policy.permissionRules != nil, policy.command?.contains("--settings") == true {
      findings.append(
        Finding(
          .warn, "agent.command", "its --settings is ignored: agent.permission_mode is an object",
          hint: "take one of the two away; claude reads one --settings only"))
    }
    return findings
  }

  static func examineRoot(
    _ policy: AgentPolicy, isRoot: Bool, foreseen: ForeseenEnvironment
  ) -> [Finding] {
    guard isRoot, skipsPermissions(policy) else { return [] }
    let isSet = policy.environment.set[sandboxVariable] != nil
    if policy.sandbox.kind == .bubblewrap, !isSet {
      return [Finding(.pass, modeKey, "bypassPermissions as root, inside bubblewrap")]
    }
    switch foreseen.value(sandboxVariable, policy) {
    case "1":
      let whose = isSet ? "of agent.env" : "in symphony's environment"
      return [
        Finding(.pass, modeKey, "bypassPermissions as root, allowed by IS_SANDBOX=1 \(whose)")
      ]
    case nil where isSet:
      // The runs may have it from .env, which is not read here.
      return [
        Finding(
          .warn, modeKey,
          "bypassPermissions as root needs 1 in agent.env.set.IS_SANDBOX, and what that names "
            + "is not set here", hint: "see that it is 1 in every run")
      ]
    default: return [Finding(.fail, modeKey, rootSentence, hint: rootHint)]
    }
  }

  static func examineTools(_ policy: AgentPolicy) -> [Finding] {
    var findings: [Finding] = []
    let allowed = policy.allowedTools.map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }
    let denied = policy.disallowedTools.map { $0.trimmingWhitespace() }
    for tool in allowed where denied.contains(tool) {
      findings.append(
        Finding(
          .warn, "claude.allowed_tools",
          "\(Excerpt.line(tool)) is denied: claude.disallowed_tools names it too",
          hint: "take it out of one of the two"))
    }
    for tool in straying where allowed.contains(where: { $0 == tool || $0.hasPrefix("\(tool)(") }) {
      findings.append(
        Finding(
          .warn, "claude.allowed_tools",
          "\(tool) is denied: a run has one worktree and ends with its last turn",
          hint: "take \(tool) out"))
    }
    for tool in subagentTools where !policy.enableSubagents {
      guard allowed.contains(where: { $0 == tool || $0.hasPrefix("\(tool)(") }) else { continue }
      findings.append(
        Finding(
          .warn, "claude.allowed_tools", "\(tool) is denied: claude.enable_subagents is false",
          hint: "take \(tool) out, or set claude.enable_subagents: true"))
    }
    if !policy.enableMCP, !policy.mcpServers.isEmpty {
      findings.append(
        Finding(
          .warn, "agent.mcp_servers", "not passed on: agent.enable_mcp is false",
          hint: "set agent.enable_mcp: true, or remove the servers"))
    }
    if !policy.enableMCP || !policy.mcpServers.isEmpty {
      let servers = policy.enableMCP ? policy.mcpServers.map(\.name) : []
      for tool in allowed where tool.hasPrefix("mcp__") {
        let isThere = servers.contains { tool == "mcp__\($0)" || tool.hasPrefix("mcp__\($0)__") }
        if isThere { continue }
        findings.append(
          Finding(
            .warn, "claude.allowed_tools",
            "\(Excerpt.line(tool)) is of no server that a turn gets",
            hint: "only the servers of agent.mcp_servers are passed on, and only with enable_mcp"))
      }
    }
    return findings
  }

  static func examineLimits(_ policy: AgentPolicy) -> [Finding] {
    var findings: [Finding] = []
    if let budget = policy.claude.maxBudgetUSD {
      let subject = "claude.max_budget_usd"
      if !(budget > 0) {
        findings.append(
          Finding(
            .fail, subject, "with \(budget) dollars a turn ends after its first answer",
            hint: "set an amount greater than 0, or remove it: then there is no limit"))
      }
      let limits = [
        ("agent.max_cost_usd_per_run", policy.budget.maxCostPerRun),
        ("agent.max_cost_usd_per_item", policy.budget.maxCostPerItem),
      ]
      for (key, limit) in limits {
        guard let limit, budget > limit else { continue }
        findings.append(
          Finding(
            .warn, subject, "never reached: \(key) is \(limit) and ends a turn before",
            hint: "set it below \(limit), or remove it"))
      }
    }
    let models = (policy.claude.fallbackModel ?? "").split(separator: ",").map {
      String($0).trimmingWhitespace().folded
    }
    if let model = policy.model, models.contains(model.trimmingWhitespace().folded) {
      findings.append(
        Finding(
          .warn, "claude.fallback_model",
          "\(Excerpt.line(model)) is the model itself: there is nothing to fall back to",
          hint: "name another model, such as sonnet"))
    }
    if let text = policy.claude.appendSystemPrompt, text.trimmingWhitespace().isEmpty {
      findings.append(
        Finding(
          .warn, "claude.append_system_prompt", "it is empty: nothing is added",
          hint: "write what the agent should know, or remove it"))
    }
    return findings
  }
}
