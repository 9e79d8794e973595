// The part of the policy that speaks of agents: one `AgentPolicy` for the file's kind and for each
// kind that a rule names, and the rules themselves. Called by `PolicyBuilder.build`. A kind's own
// section wins over what is said for all kinds; whether an agent takes a value is its adapter's to
// say.

import SymphonyCore

extension PolicyBuilder {
  func agent(_ kind: String) -> AgentPolicy {
    var agent = AgentPolicy()
    agent.kind = kind
    agent.account = Account(kind: kind)
    // The program of the file's kind would not understand another kind's arguments.
    agent.command = kind == settings.kind ? text("agent.command") : nil
    agent.maxTurns = integer("agent.max_turns")
    agent.maxRun = interval("agent.max_run_ms")
    agent.stallTimeout = interval("agent.stall_timeout_ms")
    agent.maxOutput = integer("agent.max_output_mb") << 20
    agent.turnTimeout = interval("agent.turn_timeout_ms")
    agent.sessionReuse =
      text("agent.session_reuse_mode").flatMap(AgentPolicy.SessionReuse.init)
      ?? agent.sessionReuse
    let permission = Self.permission(settings.permission(of: kind), kind)
    agent.permissionMode = permission.mode
    agent.permissionRules = permission.rules
    agent.model = settings.model(of: kind)
    agent.providerParameters = settings.value("agent.provider_params").objectValue ?? [:]
    if let section = SettingSet.section(of: kind) {
      let own = settings.value("\(section).provider_params").objectValue ?? [:]
      agent.providerParameters.merge(own) { $1 }
    }
    agent.enableMCP = flag("agent.enable_mcp")
    agent.enableSubagents = flag("claude.enable_subagents")
    agent.mcpServers = (settings.value("agent.mcp_servers").listValue ?? []).compactMap(server)
    agent.passGitHubToken = flag("agent.pass_github_token")
    agent.continuationPrompt = template("agent.continuation_prompt")
    agent.environment = environment()
    agent.secretVariables = SecretVariables.all(settings, variables)
    agent.sandbox = sandbox()
    agent.budget = budget()
    switch kind {
    case "claude_code": addClaude(to: &agent)
    case "codex": agent.codex = codex()
    case "opencode":
      agent.openCode.configFile = text("opencode.config_file")
      agent.resumesSessions = flag("opencode.resume_session")
    default: break
    }
    return agent
  }

  // MARK: What one kind has

  private func addClaude(to agent: inout AgentPolicy) {
    agent.allowedTools = texts("claude.allowed_tools")
    // `all` is how the reference names the default.
    if agent.allowedTools == ["all"] { agent.allowedTools = [] }
    agent.disallowedTools = texts("claude.disallowed_tools")
    agent.claude.maxTurns = settings.value("claude.max_turns").integerValue.map { Int($0) }
    agent.claude.maxBudgetUSD = settings.value("claude.max_budget_usd").numberValue
    agent.claude.appendSystemPrompt = text("claude.append_system_prompt")
    agent.claude.fallbackModel = text("claude.fallback_model")
  }

  private func codex() -> CodexPolicy {
    var codex = CodexPolicy()
    codex.approvalPolicy = text("codex.approval_policy") ?? codex.approvalPolicy
    codex.sandboxMode =
      text("codex.turn_sandbox_policy") ?? text("codex.thread_sandbox") ?? codex.sandboxMode
    codex.config = settings.value("codex.config").objectValue ?? [:]
    return codex
  }

  /// Claude Code's mode may stand among its permission settings; it is a flag of its own there.
  private static func permission(
    _ value: Structure, _ kind: String
  ) -> (mode: String, rules: [String: Structure]?) {
    guard var rules = value.objectValue else { return (value.stringValue ?? "", nil) }
    if kind == "opencode" { return ("", rules) }
    var mode = ""
    for key in SettingSet.modeKeys { mode = rules.removeValue(forKey: key)?.stringValue ?? mode }
    return (mode, rules.isEmpty ? nil : rules)
  }

  // MARK: What all kinds have

  private func server(_ value: Structure) -> MCPServer? {
    guard let name = value["name"]?.stringValue else { return nil }
    return MCPServer(
      name: name, command: value["command"]?.listValue?.compactMap(\.stringValue) ?? [],
      url: value["url"]?.stringValue,
      env: value["env"]?.objectValue?.compactMapValues(\.stringValue) ?? [:],
      headers: value["headers"]?.objectValue?.compactMapValues(\.stringValue) ?? [:],
      onDemand: value["on_demand"]?.boolValue ?? false)
  }

  private func environment() -> EnvironmentPolicy {
    let value = settings.value("agent.env")
    var environment = EnvironmentPolicy()
    environment.inherit =
      value["inherit"]?.stringValue.flatMap(EnvironmentPolicy.Inherit.init) ?? environment.inherit
    environment.set = value["set"]?.objectValue?.compactMapValues(\.stringValue) ?? [:]
    environment.remove = value["remove"]?.listValue?.compactMap(\.stringValue) ?? []
    return environment
  }

  private func sandbox() -> SandboxPolicy {
    var sandbox = SandboxPolicy()
    sandbox.kind = text("agent.sandbox").flatMap(SandboxPolicy.Kind.init) ?? sandbox.kind
    sandbox.network = flag("agent.sandbox_network")
    sandbox.hidden = SecretVariables.files(settings, variables)
    return sandbox
  }

  private func budget() -> BudgetPolicy {
    var budget = BudgetPolicy()
    budget.maxCostPerRun = settings.value("agent.max_cost_usd_per_run").numberValue
    budget.maxCostPerItem = settings.value("agent.max_cost_usd_per_item").numberValue
    budget.maxTokensPerItem = settings.value("agent.max_tokens_per_item").integerValue
    return budget
  }

  // MARK: Rules

  func rules() -> [AgentRule] {
    (settings.value("agent.rules").listValue ?? []).map { rule in
      let when = rule["when"]
      return AgentRule(
        labels: Self.names(when?["label"]),
        fields: (when?["field"]?.objectValue ?? [:]).mapValues(Self.names),
        change: change(rule["set"]?.objectValue ?? [:]))
    }
  }

  private static func names(_ value: Structure?) -> [String] {
    value?.listValue?.compactMap(\.stringValue) ?? []
  }

  private func change(_ values: [String: Structure]) -> AgentChange {
    func interval(_ key: String) -> Interval? {
      values[key]?.integerValue.map { .milliseconds($0) }
    }
    var change = AgentChange()
    change.kind = values["kind"]?.stringValue
    change.command = values["command"]?.stringValue
    change.model = values["model"]?.stringValue
    if let value = values["permission_mode"] {
      (change.permissionMode, change.permissionRules) =
        Self.permission(value, change.kind ?? settings.kind)
    }
    change.maxTurns = values["max_turns"]?.integerValue.map { Int($0) }
    change.maxRun = interval("max_run_ms")
    change.stallTimeout = interval("stall_timeout_ms")
    change.turnTimeout = interval("turn_timeout_ms")
    change.maxCostPerRun = values["max_cost_usd_per_run"]?.numberValue
    change.maxCostPerItem = values["max_cost_usd_per_item"]?.numberValue
    change.maxTokensPerItem = values["max_tokens_per_item"]?.integerValue
    return change
  }
}
