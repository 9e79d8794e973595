// Fields of the policy as WORKFLOW.md writes them, where that is not how they are kept: other
// units, two settings that end up in one field, parts that a workflow may not have. Named by rows
// of the schema, and by nobody else.

import SymphonyCore

extension TrackerPolicy {
  /// The settings of a board; without a board they go nowhere.
  var boardIfAny: BoardPolicy {
    get { board ?? BoardPolicy(owner: "", number: 0) }
    set { if board != nil { board = newValue } }
  }

  /// Without an App it goes nowhere.
  ///
  /// A token lasts an hour; with a skew near that every request would make a new one.
  var refreshSkew: Interval {
    get { (app ?? AppPolicy(id: "", privateKey: Secret(""))).refreshSkew }
    set { app?.refreshSkew = min(newValue, .minutes(50)) }
  }
}

extension AgentPolicy {
  /// A word, or the agent's own permission settings.
  var permission: Structure {
    get { permissionRules.map { .object($0) } ?? .string(permissionMode) }
    set {
      guard var rules = newValue.objectValue else {
        (permissionMode, permissionRules) = (newValue.stringValue ?? "", nil)
        return
      }
      permissionMode = ""
      switch AgentSections.permissions(of: kind)?.style {
      case .answer: permissionRules = rules
      case .mode(let keys):
        // The mode is a flag of its own to the agent, wherever it is written.
        for key in keys {
          permissionMode = rules.removeValue(forKey: key)?.stringValue ?? permissionMode
        }
        permissionRules = rules.isEmpty ? nil : rules
      case .own, nil: permissionRules = rules.isEmpty ? nil : rules
      }
    }
  }

  var maxOutputMegabytes: Int {
    get { maxOutput >> 20 }
    set { maxOutput = newValue << 20 }
  }

  /// The flags of one kind, beside those for all agents: they win.
  var ownProviderParameters: [String: Structure] {
    get { [:] }
    set { providerParameters.merge(newValue) { $1 } }
  }
}

extension CodexPolicy {
  /// Wins over the mode that is set for the whole session.
  var turnSandboxMode: String? {
    get { nil }
    set { sandboxMode = newValue ?? sandboxMode }
  }
}
