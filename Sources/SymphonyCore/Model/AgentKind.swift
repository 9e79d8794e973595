// The kinds of agents there are, as WORKFLOW.md names them. The schema takes from this list what
// `agent.kind` may be, and the registry of adapters is checked against it. How a kind is driven is
// for its adapter to know.

package struct AgentKind: Hashable, Sendable {
  /// The value of `agent.kind`; it also stands in rows, so a name once given stays.
  package let name: String
  /// The section of WORKFLOW.md with settings of its own; nil: it has none.
  package let section: String?
  /// Its command is a script for the shell that the workflow has to give: there is no standard
  /// program.
  package var isScript = false
  /// Without a network it reaches no model and can do nothing.
  package var needsNetwork = true

  package static let all = [
    AgentKind(name: "claude_code", section: "claude"),
    AgentKind(name: "codex", section: "codex"),
    AgentKind(name: "opencode", section: "opencode"),
    AgentKind(name: script, section: nil, isScript: true, needsNetwork: false),
  ]
  /// The kind of a workflow that names none.
  package static let standard = "claude_code"
  /// The kind that is whatever the workflow says.
  package static let script = "command"

  /// For a sentence: `claude_code, codex, opencode, command`.
  package static var names: String { all.map(\.name).joined(separator: ", ") }

  package static func section(of name: String) -> String? {
    all.first { $0.name == name }?.section
  }

  /// Whether a kind's command is a script; of an unknown kind nothing is known.
  package static func isScript(_ name: String) -> Bool {
    all.contains { $0.name == name && $0.isScript }
  }

  /// Whether a kind needs a network; of an unknown kind nothing is known.
  package static func needsNetwork(_ name: String) -> Bool {
    all.contains { $0.name == name && $0.needsNetwork }
  }
}
