// What WORKFLOW.md has for each kind of agent: the section of its own settings, and the setting
// that its permissions are in. The schema and the checks ask here; which kinds there are is told by
// AgentKind, and what an agent is and does by its adapter.
import SymphonyCore

enum AgentSections {
  /// The setting of a kind's permissions; nil: it has none, or nobody knows the kind.
  static func permissions(of kind: String) -> String? {
    [
      "claude_code": "agent.permission_mode", "codex": "codex.thread_sandbox",
      "opencode": "opencode.permission_profile",
    ][kind]
  }

  /// The kinds that have settings in a section; empty: it is no section of one kind.
  static func kinds(of section: String) -> [String] {
    AgentKind.all.filter { $0.section == section }.map(\.name)
  }
}
