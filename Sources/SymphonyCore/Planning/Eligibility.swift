// Whether an item may run at all, by what the tracker says about it: labels, state, people,
// dependencies. Slots, holds and retries are Dispatch's concern. The first rule that fails names
// the verdict.

package enum Eligibility {
  /// One question each, in the order in which they are asked.
  package enum Rule: String, Sendable, CaseIterable {
    case kind = "item_kind"
    case state = "issue_state"
    case board, repository
    case labels = "required_labels"
    case excludedLabels = "excluded_labels"
    case assignee, status
    case people = "trusted_people"
    case dependencies

    /// The rules by which the workflow selects: kind, state, repository, labels, assignee, status.
    package static let selection = allCases.filter { $0 != .people && $0 != .dependencies }
  }

  /// Nil when the item may run.
  package static func obstacle(_ item: WorkItem, policy: TrackerPolicy, isPrivate: Bool?)
    -> Obstacle?
  {
    first(of: Rule.allCases, item, policy, isPrivate)
  }

  /// The rules that also end a run under way: the item is no longer one of those the workflow
  /// selects, or something known to be open blocks it.
  ///
  /// Sub-issues do not: agents split work.
  ///
  /// `inRound`: the run answers feedback on its pull request.
  package static func runningObstacle(
    _ item: WorkItem, policy: TrackerPolicy, inRound: Bool = false
  ) -> Obstacle? {
    if inRound {
      return Rule.selection.lazy.compactMap { obstacle($0, item, policy: policy, isPrivate: nil) }
        .first { !$0.isPassedByRounds }
    }
    return selectionObstacle(item, policy: policy) ?? blockers(item)
  }

  package static func selectionObstacle(_ item: WorkItem, policy: TrackerPolicy) -> Obstacle? {
    first(of: Rule.selection, item, policy, nil)
  }

  private static func first(
    of rules: [Rule], _ item: WorkItem, _ policy: TrackerPolicy, _ isPrivate: Bool?
  ) -> Obstacle? {
    for rule in rules {
      if let obstacle = obstacle(rule, item, policy: policy, isPrivate: isPrivate) {
        return obstacle
      }
    }
    return nil
  }

  /// The obstacle that one rule finds in the item; nil: none.
  package static func obstacle(
    _ rule: Rule, _ item: WorkItem, policy: TrackerPolicy, isPrivate: Bool?
  ) -> Obstacle? {
    switch rule {
    case .kind: return kindObstacle(item, policy.board)
    case .state: return item.state == .closed ? .issueClosed : nil
    case .board: return policy.usesBoard && item.board == nil ? .notOnBoard : nil
    case .repository: return repositoryObstacle(item, policy)
    case .labels:
      let missing = missingLabels(item, policy: policy)
      return missing.isEmpty ? nil : .labelMissing(missing)
    case .excludedLabels:
      let labels = Set(item.labels.map(\.folded))
      return policy.excludedLabels.first { labels.contains($0.folded) }.map { .labelExcluded($0) }
    case .assignee:
      guard let login = policy.assignee, login != "@me", !item.assignees.contains(folded: login)
      else { return nil }
      return .notAssigned(login)
    case .status: return statusObstacle(item, policy)
    case .people: return peopleObstacle(item, policy, isPrivate)
    case .dependencies: return dependencyObstacle(item)
    }
  }

  private static func repositoryObstacle(_ item: WorkItem, _ policy: TrackerPolicy) -> Obstacle? {
    let isDenied = policy.deniedRepositories.contains { $0.matches(item.repository) }
    let isAllowed =
      policy.allowedRepositories.isEmpty
      || policy.allowedRepositories.contains { $0.matches(item.repository) }
    return isAllowed && !isDenied ? nil : .repositoryNotAllowed(item.repository.description)
  }

  package static func missingLabels(_ item: WorkItem, policy: TrackerPolicy) -> [String] {
    let labels = Set(item.labels.map(\.folded))
    return policy.requiredLabels.filter { !labels.contains($0.folded) }
  }

  /// Checks the kind: a board also lists drafts, pull requests and items the token may not read.
  private static func kindObstacle(_ item: WorkItem, _ board: BoardPolicy?) -> Obstacle? {
    let kind = item.contentType
    guard let board else { return kind == .issue ? nil : .notAnIssue(kind.rawValue) }
    guard kind != .redacted, board.itemTypes.contains(kind) else {
      return .notAnIssue(kind.rawValue)
    }
    switch kind {
    case .pullRequest where item.baseBranch == nil:
      return .notAnIssue("pull_request from a fork")
    case .draftIssue where board.draftRepository == nil:
      return .draftNotConverted("tracker.draft_repository is not set")
    case .draftIssue where board.requiresIssue && !board.convertsDrafts:
      return .draftNotConverted("tracker.require_issue_backing asks for an issue")
    default: return nil
    }
  }

  /// A draft that becomes an issue before anything is launched for it.
  package static func isToBeConverted(_ item: WorkItem, policy: TrackerPolicy) -> Bool {
    item.contentType == .draftIssue && policy.board?.convertsDrafts == true
  }

  /// Whether a status is one of those work is done in.
  ///
  /// Without a board every status is, but for those listed as blocked.
  package static func isActive(_ status: String?, policy: TrackerPolicy) -> Bool {
    status.map { policy.activeStatuses.contains(folded: $0) } ?? false
  }

  private static func statusObstacle(_ item: WorkItem, _ policy: TrackerPolicy) -> Obstacle? {
    if let status = item.status, policy.blockedStatuses.contains(folded: status) {
      return .statusBlocked(status)
    }
    guard policy.usesBoard else { return nil }
    if isTerminal(item, policy: policy) { return .statusTerminal(item.status ?? "") }
    return isActive(item.status, policy: policy) ? nil : .statusNotActive(item.status)
  }

  /// Its status on the board says that the work is over.
  package static func isTerminal(_ item: WorkItem, policy: TrackerPolicy) -> Bool {
    guard policy.usesBoard, let status = item.status else { return false }
    return policy.terminalStatuses.contains(folded: status)
  }

  /// A person not known yet is no obstacle here: the planner looks them up before it launches.
  private static func peopleObstacle(
    _ item: WorkItem, _ policy: TrackerPolicy, _ isPrivate: Bool?
  ) -> Obstacle? {
    switch Trust.judge(item, policy: policy, isPrivate: isPrivate) {
    case .untrusted(let reason): reason
    case .trusted, .unknown: nil
    }
  }

  private static func dependencyObstacle(_ item: WorkItem) -> Obstacle? {
    if !item.dependenciesKnown { return .dependenciesUnknown }
    if let obstacle = blockers(item) { return obstacle }
    let names = openSubIssues(item)
    return names.isEmpty ? nil : .openSubIssues(names)
  }

  private static func blockers(_ item: WorkItem) -> Obstacle? {
    let names = openBlockers(item)
    return names.isEmpty ? nil : .blockedBy(names)
  }

  static func openBlockers(_ item: WorkItem) -> [String] {
    open(item.blockedBy, counted: item.openBlockers)
  }

  static func openSubIssues(_ item: WorkItem) -> [String] {
    open(item.subIssues, counted: item.openSubIssues)
  }

  /// The open ones by name, and how many more the tracker counted without naming them.
  private static func open(_ links: [WorkItem.Link], counted: Int) -> [String] {
    let names = links.filter { $0.state != .closed }.map(\.key.text).sorted()
    let rest = counted - names.count
    if rest <= 0 { return names }
    let more = names.isEmpty ? "\(rest)" : "\(rest) more"
    return names + ["\(more) open issue\(rest == 1 ? "" : "s")"]
  }
}
