// `agent.permission_mode` where it is written as an object: the permissions of a settings file of
// Claude Code's, passed as `--settings`. Says which mode applies and whether the rules can work.
// Called by ClaudeCodeAgent and ClaudeSettings; knows nothing of tools or of what a rule matches.
import SymphonyCore

enum ClaudePermissions {
  /// A mode among the rules goes into `--permission-mode`.
  private static let modeKeys = ["mode", "defaultMode"]
  private static let listKeys = ["additionalDirectories", "allow", "ask", "deny"]
  /// Keys by which an administrator may switch a mode off for good: passed on as they are.
  private static let wordKeys = ["disableAutoMode", "disableBypassPermissionsMode"]

  /// The mode of the turn; empty: what claude's own settings say.
  static func mode(_ policy: AgentPolicy) -> String {
    if !policy.permissionMode.isEmpty { return policy.permissionMode }
    let rules = policy.permissionRules ?? [:]
    return modeKeys.lazy.compactMap { rules[$0]?.stringValue }.first ?? ""
  }

  /// The value of `--settings`; nil when there are no rules.
  static func settings(_ policy: AgentPolicy) -> String? {
    let rules = (policy.permissionRules ?? [:]).filter { !modeKeys.contains($0.key) }
    if rules.isEmpty { return nil }
    return JSONText.encode(.object(["permissions": .object(rules)]))
  }

  /// The rules of one list, or none.
  static func rules(_ key: String, _ policy: AgentPolicy) -> [String] {
    (policy.permissionRules?[key]?.listValue ?? []).compactMap(\.stringValue)
  }

  /// One value of the wrong shape makes claude drop all rules, `deny` too, without a word: that
  /// must not come to a run.
  static func check(_ policy: AgentPolicy) throws(AgentError) {
    let subject = "agent.permission_mode"
    for (key, value) in (policy.permissionRules ?? [:]).sorted(by: { $0.key < $1.key }) {
      if modeKeys.contains(key), value.stringValue == nil {
        throw .misconfigured(
          "\(subject): \(key) is no mode",
          hint: "write one of \(ClaudeSettings.modes.joined(separator: ", "))")
      }
      guard listKeys.contains(key) else { continue }
      guard let values = value.listValue, values.allSatisfy({ $0.stringValue != nil }) else {
        throw .misconfigured(
          "\(subject): \(key) is not a list of texts; claude would ignore all rules",
          hint: "write \(key): [\(key == "additionalDirectories" ? "../shared" : "Bash(git *)")]")
      }
      for rule in values.compactMap(\.stringValue) where !isComplete(rule, of: key) {
        throw .misconfigured(
          "\(subject): \(key): \"\(Excerpt.line(rule))\" is no rule; claude would ignore it",
          hint: "write a tool's name, or a name and a pattern as in Bash(git push *)")
      }
    }
  }

  /// Keys that this version of symphony does not know: claude may.
  static func unknownKeys(_ policy: AgentPolicy) -> [String] {
    (policy.permissionRules ?? [:]).keys
      .filter { !(modeKeys + listKeys + wordKeys).contains($0) }.sorted()
  }

  private static func isComplete(_ rule: String, of key: String) -> Bool {
    let text = rule.trimmingWhitespace()
    if text.isEmpty { return false }
    if key == "additionalDirectories" { return true }
    guard let open = text.firstIndex(of: "(") else { return !text.contains(")") }
    return open != text.startIndex && text.hasSuffix(")")
  }
}
