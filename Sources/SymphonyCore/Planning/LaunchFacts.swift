// The facts that each rule before a launch is decided by, in words: `symphony why` prints them
// beside the outcome. Nothing is decided here: the rules themselves stand in LaunchRules and
// Eligibility.

extension LaunchRule {
  /// For a rule without facts of its own: what it means that it has nothing against a launch.
  var wordsWhenPassed: String {
    guard case .turn(let rule) = self else { return "" }
    return switch rule {
    case .refresh: "the tracker's answer is plausible"
    case .starting: "launches are allowed"
    case .remote: "its repository's remote is not held"
    case .probe: "nothing has to be probed before it"
    case .workers: "the workers were looked at"
    case .workspace: "no process is at work in its workspace"
    case .nudge: "it was not launched moments ago"
    case .origin: "who stands behind its text is known"
    case .secondLook: "it was looked at once more"
    case .pullRequest, .itemBudget, .retryTime, .runLimit, .workflow, .holds, .folders, .agent,
      .dayBudget, .disk, .repository, .slots:
      ""
    }
  }
}

extension Planning {
  /// One clause for people; empty: there is nothing to say beside the outcome.
  func words(_ rule: LaunchRule, _ record: ItemRecord, _ agent: AgentPolicy, used: Int) -> String {
    switch rule {
    case .precondition(.run): return "no run of it is under way"
    case .precondition(.claim): return "its claim is \(record.claim.state.rawValue)"
    case .precondition(.sighting): return facts[record.id] == nil ? "" : "the tracker has it"
    case .item(let rule):
      guard snapshot.survey.statusProblem == nil, let item = facts[record.id] else { return "" }
      return words(rule, item)
    case .turn(let rule): return words(rule, record, agent, used: used)
    }
  }

  private func words(_ rule: Eligibility.Rule, _ item: WorkItem) -> String {
    let policy = selection
    switch rule {
    case .kind: return "it is of kind \(item.contentType.rawValue)"
    case .state: return "the issue is \(item.state.rawValue)"
    case .board:
      return policy.usesBoard
        ? item.board == nil ? "it is not on the board" : "it is on the board"
        : "the workflow uses no board"
    case .repository: return "its repository is \(item.repository)"
    case .labels: return "wants \(list(policy.requiredLabels)); it has \(list(item.labels))"
    case .excludedLabels:
      return "refuses \(list(policy.excludedLabels)); it has \(list(item.labels))"
    case .assignee:
      let wanted = policy.assignee.map { "wants \($0)" } ?? "wants nobody in particular"
      return "\(wanted); assigned to \(list(item.assignees))"
    case .status:
      let wanted = policy.usesBoard ? "works in \(list(policy.activeStatuses))" : "works in any"
      return "\(wanted); it is in \(item.status ?? "none")"
    case .people:
      let author = item.author.map { "written by \($0)" } ?? "its author is not known"
      return item.origin == nil ? author + "; who changed it is asked before a launch" : author
    case .dependencies:
      guard item.dependenciesKnown else { return "" }
      return "open before it: \(list(Eligibility.openBlockers(item))); open below it: "
        + list(Eligibility.openSubIssues(item))
    }
  }

  private func words(
    _ rule: LaunchRule.Turn, _ record: ItemRecord, _ agent: AgentPolicy, used: Int
  ) -> String {
    let limits = policy.limits
    switch rule {
    case .pullRequest:
      return openPullRequest(of: record).map { "pull request #\($0.number) is open on its branch" }
        ?? "none is open on \(record.branch)"
    case .itemBudget:
      let spent = spent(by: record)
      let limit = agent.budget.maxCostPerItem.map { "$\(PullRequestText.money($0))" } ?? "none"
      return "spent $\(PullRequestText.money(spent.costUSD)), \(spent.totalTokens) tokens; "
        + "limit \(limit)"
    case .retryTime:
      guard case .retrying(let retry) = record.claim else { return "no wait is on record" }
      return "due from \(retry.deadline.time.rfc3339): \(retry.sentence)"
    case .runLimit:
      let limit = limits.maxRunsPerItem.map(String.init) ?? "none"
      return "\(record.counters.launches) since a person last touched it; limit \(limit)"
    case .workflow: return "WORKFLOW.md \(snapshot.policyProblem == nil ? "is" : "is not") valid"
    case .refresh, .starting, .remote, .probe, .workers, .workspace, .nudge, .origin: return ""
    case .holds:
      let inForce = holds.filter { $0.isInForce(at: now) }.map { hold in
        hold.scope.isEmpty ? hold.kind.rawValue : "\(hold.kind.rawValue) \(hold.scope)"
      }
      return "in force: \(list(inForce))"
    case .folders: return "missing: \(list(snapshot.absentFolders.map(\.folder)))"
    case .agent: return "it gets \(agent.account)"
    case .dayBudget:
      let limit = limits.maxCostPerDay.map { "$\(PullRequestText.money($0))" } ?? "none"
      return "spent today $\(PullRequestText.money(spentToday.costUSD)); limit \(limit)"
    case .disk:
      let free = snapshot.freeMegabytes.map { "\($0) MB" } ?? "not known"
      let files = snapshot.freeInodes.map { "; room for \($0) more files" } ?? ""
      return "free: \(free); wanted: \(policy.workspace.minFreeMegabytes) MB\(files)"
    case .repository:
      return snapshot.survey.facts(of: record.repository).map {
        "\($0.name), default branch \($0.defaultBranch)"
      } ?? "\(record.repository) was not read"
    case .slots: return "\(used) of \(limits.maxConcurrent) taken by those before it"
    case .secondLook:
      return snapshot.confirmed == nil ? "taken just before a launch" : ""
    }
  }

  private func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}
