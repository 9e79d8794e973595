// Whether an item may run at all, by what the tracker says about it: labels, state, people,
// dependencies. Slots, holds and retries are Dispatch's concern. The first rule that fails names
// the verdict.

public enum Eligibility {
  /// Nil when the item may run.
  public static func obstacle(_ item: WorkItem, policy: TrackerPolicy, isPrivate: Bool?) -> Reason?
  {
    selectionObstacle(item, policy: policy) ?? peopleObstacle(item, policy, isPrivate)
      ?? dependencyObstacle(item)
  }

  /// The rules that also end a run under way: the item is no longer one of those the workflow
  /// selects.
  public static func selectionObstacle(_ item: WorkItem, policy: TrackerPolicy) -> Reason? {
    if item.contentType != .issue { return .notAnIssue(item.contentType.rawValue) }
    if item.state == .closed { return .issueClosed }
    let labels = Set(item.labels.map(\.folded))
    let missing = policy.requiredLabels.filter { !labels.contains($0.folded) }
    if !missing.isEmpty { return .labelMissing(missing) }
    if let excluded = policy.excludedLabels.first(where: { labels.contains($0.folded) }) {
      return .labelExcluded(excluded)
    }
    if let login = policy.assignee, login != "@me",
      !item.assignees.contains(where: { $0.folded == login.folded })
    {
      return .notAssigned(login)
    }
    if let status = item.status,
      policy.blockedStatuses.contains(where: { $0.folded == status.folded })
    {
      return .statusBlocked(status)
    }
    return nil
  }

  /// A required label can be put on only by people with triage rights, so it vouches for the item;
  /// without one the author has to be trusted.
  private static func peopleObstacle(
    _ item: WorkItem, _ policy: TrackerPolicy, _ isPrivate: Bool?
  ) -> Reason? {
    let author = item.author ?? "unknown"
    switch policy.trustedAuthors {
    case .list(let logins):
      return logins.contains { $0.folded == author.folded } ? nil : .authorNotTrusted(author)
    case .writeAccess, .standard:
      if policy.kind == .local || (policy.trustedAuthors == .standard && isPrivate == true) {
        return nil
      }
      if !policy.requiredLabels.isEmpty || item.authorMayWrite == true { return nil }
      return .authorNotTrusted(author)
    }
  }

  private static func dependencyObstacle(_ item: WorkItem) -> Reason? {
    if !item.dependenciesKnown { return .dependenciesUnknown }
    let open = item.blockedBy.filter { $0.state != .closed }.map(\.key.text)
    if !open.isEmpty { return .blockedBy(open.sorted()) }
    if item.openBlockers > 0 {
      return .blockedBy(["\(item.openBlockers) open issue\(item.openBlockers == 1 ? "" : "s")"])
    }
    if item.openSubIssues > 0 { return .openSubIssues(item.openSubIssues) }
    return nil
  }

  /// Whether a comment by this person may wake a parked item.
  public static func isTrusted(
    author: String, mayWrite: Bool, policy: TrackerPolicy, isPrivate: Bool?
  ) -> Bool {
    switch policy.trustedAuthors {
    case .list(let logins): logins.contains { $0.folded == author.folded }
    case .writeAccess: mayWrite
    case .standard: mayWrite || isPrivate == true || policy.kind == .local
    }
  }
}
