// The kinds of agents as WORKFLOW.md knows them: the names that `agent.kind` and rules choose from,
// the section of each kind's own settings, and the setting its permissions are in. The schema, the
// checks and the policy ask here; what an agent is and does is its adapter's.

struct AgentSections {
  let kind: String
  /// Nil: it has no settings of its own.
  let section: String?
  /// The setting of its permissions; nil: it has none.
  let permissions: String?

  static let all = [
    AgentSections(kind: "claude_code", section: "claude", permissions: "agent.permission_mode"),
    AgentSections(kind: "codex", section: "codex", permissions: "codex.thread_sandbox"),
    AgentSections(
      kind: "opencode", section: "opencode", permissions: "opencode.permission_profile"),
    AgentSections(kind: "command", section: nil, permissions: nil),
  ]

  static var kinds: [String] { all.map(\.kind) }

  /// Of an unknown kind nil, too.
  static func section(of kind: String) -> String? { all.first { $0.kind == kind }?.section }

  /// Of an unknown kind nil, too.
  static func permissions(of kind: String) -> String? {
    all.first { $0.kind == kind }?.permissions
  }

  /// The kinds that have settings in a section; empty: it is no section of one kind.
  static func kinds(of section: String) -> [String] {
    all.filter { $0.section == section }.map(\.kind)
  }
}
