// Which unknown names in WORKFLOW.md were meant for a setting. Called by the reading of settings: a
// name that is found here is a mistake, because its setting would have its default in silence. What
// it does not find may be a name of the user's own.

import SymphonyCore

extension Schema {
  /// The section that a name was meant for, or the setting that stands outside its section.
  ///
  /// Nil: nothing of ours.
  static func meant(bySection name: String) -> String? {
    if index[name] != nil { return name }
    // A kind of agent is not always called what its section is.
    let kind = name.lowercased().replacing("-", with: "_")
    if let section = AgentKind.section(of: kind), section != kind { return section }
    return NearestName.slip(name, among: sections) ?? misplaced(name)
  }

  /// The setting that a key of a section was meant for, with its section; nil: none.
  static func meant(byKey key: String, in section: String) -> String? {
    let near = NearestName.slip(key, among: keys(of: section)).map { "\(section).\($0)" }
    // A setting without effect cannot be missed, so it is not suggested.
    if let near, let number = index[near], all[number].feature == .works { return near }
    return misplaced(key)
  }

  /// The bound that a key outside its section was meant to set.
  private static func misplaced(_ key: String) -> String? {
    bounds.first { $0.hasSuffix("." + key) }
  }

  /// Settings that bound what is spent, which issues are worked on and what an agent may do, of
  /// those with a name that nobody has for something else.
  static let bounds = [
    "agent.max_cost_usd_per_run", "agent.max_cost_usd_per_item", "agent.max_cost_usd_per_day",
    "agent.max_tokens_per_item", "agent.max_runs_per_item", "agent.max_run_ms",
    "agent.max_turns", "agent.max_attempts", "agent.max_continuations", "agent.max_concurrent",
    "agent.max_concurrent_agents", "agent.max_concurrent_agents_by_repo",
    "agent.max_concurrent_agents_by_project_status", "agent.stall_timeout_ms",
    "agent.turn_timeout_ms", "agent.permission_mode", "agent.pass_github_token",
    "agent.sandbox_network", "claude.max_budget_usd", "claude.allowed_tools",
    "claude.disallowed_tools", "codex.approval_policy", "codex.thread_sandbox",
    "codex.turn_sandbox_policy", "tracker.required_labels", "tracker.exclude_labels",
    "tracker.trusted_authors", "tracker.repo_allowlist", "tracker.repo_denylist",
  ]
}
