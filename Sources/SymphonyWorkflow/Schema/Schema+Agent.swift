// The schema's rows for the agents and their limits. Read by `Schema.all`.

import SymphonyCore

extension Schema {
  static let agentSettings: [SettingSpec] = [
    SettingSpec(
      "agent.kind", .choice(AgentKind.all.map(\.name)), default: .word(AgentKind.standard),
      ruleKey: "kind", "its presence makes the file github-symphony's dialect"),
    SettingSpec(
      "agent.command", \AgentPolicy.command, as: .agentCommand, shown: "the kind's own binary",
      inRules: true,
      "executable and leading arguments, split like a shell; kind `command`: run by `sh -c`"),
    SettingSpec(
      "agent.max_concurrent", \Policy.limits.maxConcurrent, githubSymphony: 10,
      aliases: ["agent.max_concurrent_agents"], "workers alive at once"),
    SettingSpec(
      "agent.max_concurrent_agents_by_project_status", \Policy.limits.maxByStatus,
      "workers alive at once, by status"),
    SettingSpec(
      "agent.max_concurrent_agents_by_repo", \Policy.limits.maxByRepository, as: .byRepository,
      "workers alive at once, by repository"),
    SettingSpec(
      "agent.max_turns", \AgentPolicy.maxTurns, githubSymphony: 20, inRules: true,
      "turns in a run"),
    SettingSpec(
      "agent.max_continuations", \Policy.limits.maxContinuations, as: .whole(optionalCount),
      "runs in a row that end well with nothing to hand off; 0: one run is all"),
    SettingSpec(
      "agent.max_attempts", \Policy.limits.maxAttempts, as: .limit(optionalCount),
      "failures in a row, then the item is parked"),
    SettingSpec(
      "agent.max_runs_per_item", \Policy.limits.maxRunsPerItem, as: .limit(optionalCount),
      "launches since first seen or last touched by a person"),
    SettingSpec(
      "agent.max_run_ms", \AgentPolicy.maxRun, as: .limit(optionalMilliseconds), inRules: true,
      "of a whole run"),
    SettingSpec(
      "agent.max_retry_backoff_ms", \Policy.limits.maxRetryBackoff,
      "longest wait between two attempts"),
    SettingSpec(
      "agent.stall_timeout_ms", \AgentPolicy.stallTimeout,
      as: .limit(-1_000_000_000...315_360_000_000),
      inRules: true, "silence of an agent before it is ended"),
    SettingSpec("agent.turn_timeout_ms", \AgentPolicy.turnTimeout, inRules: true, "of one turn"),
    SettingSpec(
      "agent.max_output_mb", \AgentPolicy.maxOutputMegabytes, as: .whole(outputMegabytes),
      unit: "MB",
      "of a run's output that stays on disk: of more, the first and the last part"),
    SettingSpec(
      "agent.read_timeout_ms", .integer(optionalMilliseconds), default: .number(5_000), unit: "ms",
      feature: .explained("output goes to files, nothing is read with a timeout"), "of one read"),
    SettingSpec(
      "agent.launch_mode", .text, shown: "-",
      feature: .explained("a worker always starts the agent's command line itself"),
      "how the agent is started"),
    SettingSpec(
      "agent.session_reuse_mode", \AgentPolicy.sessionReuse,
      "later turns and runs resume the agent's session"),
    SettingSpec("agent.enable_mcp", \AgentPolicy.enableMCP, "false: no MCP servers are passed"),
    SettingSpec(
      "agent.enable_client_tools", .flag, default: .yes,
      feature: .explained("there is no tool gateway yet"), "tools of symphony for the agent"),
    SettingSpec(
      "agent.default_model", \AgentPolicy.model, ruleKey: "model",
      "used where the kind's own `model` is not set"),
    SettingSpec(
      "agent.provider_params", \AgentPolicy.providerParameters, "extra flags: {flag: value}"),
    SettingSpec(
      "agent.permission_mode", \AgentPolicy.permission,
      githubSymphony: .string("bypassPermissions"), aliases: ["claude.permission_profile"],
      inRules: true,
      "Claude Code's mode, or its permission settings; acceptEdits denies commands and commits"),
    SettingSpec(
      "agent.mcp_servers", \AgentPolicy.mcpServers,
      aliases: ["claude.mcp_servers", "opencode.mcp_servers"],
      "each name, command or url, args, env, headers, on_demand"),
    SettingSpec(
      "agent.env", \AgentPolicy.environment, shown: "inherit all, less secrets",
      "what the agent sees of the environment"),
    SettingSpec(
      "agent.pass_github_token", \AgentPolicy.passGitHubToken,
      "the agent gets GITHUB_TOKEN and GH_TOKEN"),
    SettingSpec(
      "agent.max_cost_usd_per_run", \AgentPolicy.budget.maxCostPerRun, inRules: true,
      "of one run"),
    SettingSpec(
      "agent.max_cost_usd_per_item", \AgentPolicy.budget.maxCostPerItem,
      inRules: true, "of all runs of one item"),
    SettingSpec(
      "agent.max_cost_usd_per_day", \Policy.limits.maxCostPerDay,
      "of all runs of one day, UTC"),
    SettingSpec(
      "agent.max_tokens_per_item", \AgentPolicy.budget.maxTokensPerItem,
      inRules: true, "of all runs of one item"),
    SettingSpec(
      "agent.continuation_prompt", \AgentPolicy.continuationPrompt, shown: "ours",
      "the prompt of later turns"),
    SettingSpec(
      "agent.rules", .agentRules, default: .emptyList,
      "settings for items with a label or a field; of several an item meets, later ones win"),
    SettingSpec("agent.sandbox", \AgentPolicy.sandbox.kind, "what the agent is locked into"),
    SettingSpec(
      "agent.sandbox_network", \AgentPolicy.sandbox.network,
      "false: an agent in a sandbox gets no network"),
  ]

  private static let commandLine = Feature.explained("the agent's command line is used")
  static let claudeSettings: [SettingSpec] = [
    SettingSpec("claude.model", \AgentPolicy.model, "sonnet, opus, ..., or a full name"),
    SettingSpec(
      "claude.allowed_tools", \AgentPolicy.allowedTools, as: .tools, shown: "all", "empty: all"),
    SettingSpec(
      "claude.disallowed_tools", \AgentPolicy.disallowedTools, shown: "null",
      "tools that are denied"),
    SettingSpec(
      "claude.max_turns", \AgentPolicy.claude.maxTurns, as: .count,
      "of the agent's own loop in one turn, passed as --max-turns"),
    SettingSpec(
      "claude.max_budget_usd", \AgentPolicy.claude.maxBudgetUSD, "of one turn, kept by the agent"),
    SettingSpec(
      "claude.append_system_prompt", \AgentPolicy.claude.appendSystemPrompt,
      "added to the system prompt"),
    SettingSpec(
      "claude.fallback_model", \AgentPolicy.claude.fallbackModel,
      "used when the model is overloaded"),
    SettingSpec(
      "claude.enable_subagents", \AgentPolicy.enableSubagents, kinds: ["claude_code", "opencode"],
      "false: the Task tool is disallowed, and OpenCode's `task`"),
    SettingSpec(
      "claude.adapter_mode", .text, shown: "-", feature: commandLine, "how Claude is called"),
    SettingSpec(
      "claude.sdk_language", .text, shown: "-", feature: commandLine, "which SDK is used"),
    SettingSpec(
      "claude.sidecar_command", .text, shown: "-", feature: commandLine, "the SDK's process"),
    SettingSpec(
      "claude.continue_on_pause_turn", .flag, shown: "-", feature: commandLine,
      "goes on after a paused turn"),
    SettingSpec(
      "claude.provider_params", \AgentPolicy.ownProviderParameters, "extra flags: {flag: value}"),
  ]

  private static let codexSandboxes = ["read-only", "workspace-write", "danger-full-access"]
  static let codexSettings: [SettingSpec] = [
    SettingSpec(
      "codex.provider_params", \AgentPolicy.ownProviderParameters, "extra flags: {flag: value}"),
    SettingSpec(
      "codex.approval_policy", \AgentPolicy.codex.approvalPolicy, "`exec` never asks anybody"),
    SettingSpec(
      "codex.thread_sandbox", \AgentPolicy.codex.sandboxMode, as: .spelled(codexSandboxes),
      "what the agent's commands may touch"),
    SettingSpec(
      "codex.turn_sandbox_policy", \AgentPolicy.codex.turnSandboxMode, as: .spelled(codexSandboxes),
      shown: "-", "the same; wins over `codex.thread_sandbox`"),
    SettingSpec(
      "codex.listen", .text, shown: "-", feature: commandLine, "address of the app server"),
    SettingSpec(
      "codex.schema_bundle_dir", .text, shown: "-", feature: commandLine,
      "schemas of the app server"),
    SettingSpec("codex.model", \AgentPolicy.model, "the model"),
    SettingSpec("codex.config", \AgentPolicy.codex.config, "passed as -c key=value"),
  ]

  static let opencodeSettings: [SettingSpec] = [
    SettingSpec(
      "opencode.provider_params", \AgentPolicy.ownProviderParameters, "extra flags: {flag: value}"),
    SettingSpec("opencode.model", \AgentPolicy.model, "the model, as provider/model"),
    SettingSpec(
      "opencode.permission_profile",
      .textOrMap(AgentSections.answers(in: "opencode.permission_profile")), default: .word("allow"),
      "its answer to every question of permission, or its permission settings"),
    SettingSpec(
      "opencode.config_file", \AgentPolicy.openCode.configFile, as: .path, "its configuration"),
    SettingSpec(
      "opencode.resume_session", \AgentPolicy.resumesSessions, "later turns resume its session"),
  ]
}
