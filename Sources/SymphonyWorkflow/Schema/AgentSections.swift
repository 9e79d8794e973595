// The sections of WORKFLOW.md for each kind of agent: its own settings, and how its permissions are
// written. The schema and the checks ask here; AgentKind tells which kinds there are, and an
// agent's adapter what the agent is and does.
import SymphonyCore

/// How the permissions of one kind of agent are written in WORKFLOW.md.
struct PermissionSetting {
  enum Style {
    /// A mode, which may also stand among the agent's permission settings under one of these keys;
    /// the last key wins.
    case mode(keys: [String])
    /// One of these answers to every question, or permission settings that are the agent's own.
    case answer([String])
    /// Words of its own, which the setting for all agents never holds.
    case own
  }
  /// The setting they stand in.
  let path: String
  let style: Style

  /// The permissions of all agents, unless a kind has a setting of its own.
  static let general = "agent.permission_mode"

  /// Whether a value of `agent.permission_mode` says something to this kind.
  func reads(_ general: Structure) -> Bool {
    switch style {
    case .mode: true
    case .answer(let answers): general.stringValue.map(answers.contains) ?? false
    case .own: false
    }
  }
}

enum AgentSections {
  /// One row for each kind that has permissions.
  private static let permissions = [
    "claude_code": PermissionSetting(
      path: PermissionSetting.general, style: .mode(keys: ["mode", "defaultMode"])),
    "codex": PermissionSetting(path: "codex.thread_sandbox", style: .own),
    "opencode": PermissionSetting(
      path: "opencode.permission_profile", style: .answer(["allow", "ask", "deny"])),
  ]

  /// How the permissions of a kind are written; nil: it has none, or nobody knows the kind.
  static func permissions(of kind: String) -> PermissionSetting? { permissions[kind] }

  /// The answers that a setting of permissions may be; empty: it is no such setting.
  static func answers(in path: String) -> [String] {
    for setting in permissions.values where setting.path == path {
      if case .answer(let answers) = setting.style { return answers }
    }
    return []
  }

  /// The kinds whose permissions stand in `agent.permission_mode`.
  static let ofGeneralMode = permissions.filter { $0.value.path == PermissionSetting.general }
    .map(\.key).sorted()

  /// The kinds that have settings in a section; empty: it is no section of one kind.
  static func kinds(of section: String) -> [String] {
    AgentKind.all.filter { $0.section == section }.map(\.name)
  }
}
