// `agent.rules`: another agent, model or limit for items with a label or a board field. All rules
// an item meets apply in their order, so that a later one has the last word. Pure: asked by the
// planner for each item it is about to launch.

package struct AgentRule: Sendable {
  /// One of these labels; empty: no label is asked for.
  package var labels: [String]
  /// Each of these fields has one of its values; names and values compare folded.
  package var fields: [String: [String]]
  package var change: AgentChange
  package init(labels: [String], fields: [String: [String]], change: AgentChange) {
    self.labels = labels
    self.fields = fields
    self.change = change
  }

  func matches(_ item: WorkItem) -> Bool {
    if !labels.isEmpty, !labels.contains(where: { item.labels.contains(folded: $0) }) {
      return false
    }
    return fields.allSatisfy { name, values in
      let name = name.folded
      let own = item.projectFields.filter { $0.key.folded == name }.values
      return own.contains { values.contains(folded: $0) }
    }
  }
}

/// The changes that a rule makes to an agent's settings.
package struct AgentChange: Sendable {
  /// Nil: as it was.
  package var kind: String?
  /// A program of its own, which spends and is held as an account of its own; nil: as it was.
  package var command: String?
  /// Writes all else that the rule sets.
  package var edit: @Sendable (inout AgentPolicy) -> Void = { _ in }
  package init() {}

  package func apply(to agent: inout AgentPolicy) {
    if let command {
      agent.command = command
      agent.account = Account(kind: agent.kind, program: AgentRule.programName(command))
    }
    edit(&agent)
  }
}

extension AgentRule {
  /// The program a command line is about, without its directory: of `sh ./agent.sh` the script.
  static func programName(_ command: String) -> String {
    let words = command.split(whereSeparator: \.isWhitespace).map { word in
      String(word.split(separator: "/").last ?? word)
    }
    let named = words.first { word in
      !starters.contains(word) && !word.hasPrefix("-") && !word.contains("=")
    }
    return named ?? words.first ?? ""
  }
  private static let starters: Set<String> = [
    "sh", "bash", "dash", "env", "exec", "nohup", "nice", "python", "python3", "node", "ruby",
    "perl", "npx", "uvx",
  ]
}

extension Policy {
  /// The agent for an item, after all rules it meets.
  package func agent(for item: WorkItem) -> AgentPolicy {
    let met = rules.filter { $0.matches(item) }.map(\.change)
    var chosen = agent
    if let kind = met.last(where: { $0.kind != nil })?.kind, kind != agent.kind {
      chosen = otherAgents[kind] ?? chosen
    }
    for change in met where change.kind == nil || change.kind == chosen.kind {
      change.apply(to: &chosen)
    }
    return chosen
  }

  /// The agent of items no rule speaks of, and what each rule by itself makes of it, each once:
  /// what doctor looks at.
  package var agents: [AgentPolicy] {
    var found = [agent]
    for rule in rules {
      var one = rule.change.kind.flatMap { $0 == agent.kind ? agent : otherAgents[$0] } ?? agent
      rule.change.apply(to: &one)
      if !found.contains(one) { found.append(one) }
    }
    return found
  }
}
