// From checked settings to the policy: every row of the schema writes its value into its field.
// Called by `Workflow.read` when the file has no error. Here is only what no single row can say:
// the board and the account, what an agent must not see, the agents that rules choose from.

import SymphonyCore

struct PolicyBuilder {
  let settings: SettingSet
  let variables: Variables
  let token: TokenSearch
  let app: AppSearch
  /// Secrets that stood in the file, by the variable in their place.
  var literals: [String: Secret] = [:]

  func build(prompt: String, promptLine: Int, path: String) -> Policy {
    var policy = Policy(promptTemplate: prompt, promptLine: promptLine, workflowPath: path)
    policy.literals = literals
    policy.tracker.token = token.token
    policy.tracker.tokenOrigin = token.origin
    policy.tracker.app = app.app
    policy.tracker.board = board()
    settings.write(into: &policy)
    // The default is relative, what was given is absolute already.
    policy.tracker.directory = variables.path(policy.tracker.directory) ?? policy.tracker.directory
    // Work goes on there, so an item must not be taken from it.
    if let status = policy.tracker.inProgressStatus,
      !policy.tracker.activeStatuses.contains(folded: status)
    {
      policy.tracker.activeStatuses.append(status)
    }
    policy.agent = agent(settings.kind)
    for other in settings.kindsInUse where other != settings.kind {
      policy.otherAgents[other] = agent(other)
    }
    policy.rules = settings.rules.map { rule in
      AgentRule(
        labels: rule["when"]?["label"]?.texts ?? [],
        fields: (rule["when"]?["field"]?.objectValue ?? [:]).mapValues(\.texts),
        change: settings.change(rule["set"]?.objectValue ?? [:]))
    }
    return policy
  }

  /// Nil: the workflow names no board.
  private func board() -> BoardPolicy? {
    guard !settings.isLocal, let owner = settings.value("tracker.owner").stringValue,
      let number = settings.value("tracker.project_number").integerValue
    else { return nil }
    var board = BoardPolicy(owner: owner, number: Int(number))
    board.activeIsGiven = settings.given["tracker.active_values"]?.value != nil
    return board
  }

  private func agent(_ kind: String) -> AgentPolicy {
    var agent = settings.agent(of: kind)
    agent.secretVariables = SecretVariables.all(settings, variables)
    agent.sandbox.hidden = SecretVariables.files(settings, variables)
    return agent
  }
}

extension SettingSet {
  /// Each setting of the whole workflow into its field.
  func write(into policy: inout Policy) {
    for spec in Schema.all {
      guard case .policy(let write) = spec.destination else { continue }
      forValue(of: spec) { write($0, $1, &policy) }
    }
  }

  /// The agent of a kind, as all settings have it.
  ///
  /// A kind's own section wins over what is said for all kinds, because its rows come later.
  func agent(of kind: String) -> AgentPolicy {
    var agent = AgentPolicy()
    (agent.kind, agent.account) = (kind, Account(kind: kind))
    for spec in Schema.all {
      guard case .agent(let kinds, let write) = spec.destination,
        kinds.isEmpty || kinds.contains(kind)
      else { continue }
      forValue(of: spec) { write($0, $1, &agent) }
    }
    agent.permission = permission(of: kind)
    // The program of the file's kind would not understand another kind's arguments.
    if kind != self.kind { agent.command = nil }
    return agent
  }

  /// `set`: what a rule sets, by the keys of rules.
  func change(_ set: [String: Structure]) -> AgentChange {
    var change = AgentChange()
    change.kind = set["kind"]?.stringValue
    change.command = set["command"]?.stringValue
    change.edit = { agent in
      for spec in Schema.ruleSettings {
        guard case .agent(_, let write) = spec.destination,
          let value = spec.ruleKey.flatMap({ set[$0] })
        else { continue }
        write(value, 1, &agent)
      }
    }
    return change
  }

  private func forValue(of spec: SettingSpec, _ body: (Structure, _ line: Int) -> Void) {
    let value = value(spec.path)
    if value != .null { body(value, given[spec.path]?.textLine ?? 1) }
  }
}
