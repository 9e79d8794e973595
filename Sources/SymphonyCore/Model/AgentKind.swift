// The kinds of agents there are, as WORKFLOW.md names them. The schema takes from this list what
// `agent.kind` may be, and the registry of adapters is checked against it. How a kind is driven is
// for its adapter to know.

package struct AgentKind: Hashable, Sendable {
  /// The value of `agent.kind`; it also stands in rows, so a name once given stays.
  package let name: String
  /// The section of WORKFLOW.md with settings of its own; nil: it has none.
  package let section: String?
  /// It is whatever program `agent.command` names: there is no standard one.
  package var needsCommand = false

  package static let all = [
    AgentKind(name: "claude_code", section: "claude"),
    AgentKind(name: "codex", section: "codex"),
    AgentKind(name: "opencode", section: "opencode"),
    AgentKind(name: "command", section: nil, needsCommand: true),
  ]
  /// Of a workflow that names none.
  package static let standard = "claude_code"

  package static func section(of name: String) -> String? {
    all.first { $0.name == name }?.section
  }

  /// Whether a kind comes to nothing without `agent.command`; of an unknown kind nothing is known.
  package static func needsCommand(_ name: String) -> Bool {
    all.contains { $0.name == name && $0.needsCommand }
  }
}
