// Merges what people approved, only where the workflow says so. Every condition is our own: rules
// of a base do not bind an administrator's token. What was said of the pull request is believed
// only while its digest is the one at which it was read, and the order names the head it was
// decided on. One merge for each base at a time, so that the next one meets the new base.

extension Planning {
  /// Why a handed-off item is not merged now; nil: that is not wanted, or nothing is to be said.
  mutating func mergeVerdict(_ record: ItemRecord, _ handoff: Handoff) -> Reason? {
    guard policy.merge.when == .approvedAndGreen, let request = handoff.pullRequest,
      let item = facts[record.id], follows(item), let view = snapshot.survey.views[record.id],
      view.ref.number == request.number
    else { return nil }
    if view.isInQueue {
      return .wait(.merging(request, "it is in the merge queue of \(view.base)"))
    }
    if let why = standstill(item) ?? mergeObstacle(record, view) {
      return .rest(.notMerged(request, why))
    }
    mergeable.insert(record.id)
    if let owed = debts(of: record.id).first(where: { $0.payload.storedKind == .merge }) {
      let trouble = owed.lastError.isEmpty ? "" : ": \(owed.lastError)"
      return .wait(.merging(request, "the merge is ordered" + trouble))
    }
    if let other = otherMerge(record, view.base) {
      return .wait(.merging(request, "\(other) is merged into \(view.base) first"))
    }
    // After a refusal it is ordered again when the conversation was read anew.
    let readAt = record.followUp?.readAt ?? now
    let place = PullRequestPlace(
      repository: record.repository, key: record.key, number: request.number, id: view.id)
    if view.mergeState == .behind {
      owe(
        record.id, dedupeKey: "update/\(record.id)/\(view.head)/\(readAt.milliseconds)",
        .updateBranch(UpdateOrder(place: place, head: view.head)))
      return .wait(.merging(request, "it is brought up to date with \(view.base)"))
    }
    owe(
      record.id, dedupeKey: "merge/\(record.id)/\(view.head)/\(readAt.milliseconds)",
      .merge(
        MergeOrder(
          place: place, head: view.head, method: policy.merge.method, usesQueue: view.hasQueue,
          branch: policy.merge.deletesBranch ? record.branch : nil)))
    return .wait(.merging(request, "the merge is ordered"))
  }

  /// A merge is done only while this plan finds that all conditions hold: an order that waits for
  /// its delivery is taken back when something has changed, and waits while nothing is known.
  ///
  /// - Returns: false for an order that must not be carried out now.
  mutating func mayMerge(_ entry: OutboxEntry) -> Bool {
    guard [.merge, .updateBranch].contains(entry.payload.storedKind) else { return true }
    if mergeable.contains(entry.item) { return true }
    let isKnown = snapshot.survey.views[entry.item] != nil
    let isOver = items[entry.item].map { $0.claim.state != .handedOff } ?? true
    if entry.id != 0, isKnown || isOver || policy.merge.when == .never {
      withdraw(entry, "its conditions do not hold any more")
    }
    return false
  }

  /// Why nothing at all is merged, or not this item.
  private func standstill(_ item: WorkItem) -> String? {
    if holds.contains(where: { $0.kind == .pause && $0.isInForce(at: now) }) {
      return "symphony is paused"
    }
    if snapshot.policyProblem != nil { return "WORKFLOW.md is not valid" }
    if refreshFailed { return "the refresh counts as failed" }
    for rule in [Eligibility.Rule.state, .repository, .excludedLabels, .status] {
      if let obstacle = Eligibility.obstacle(rule, item, policy: selection, isPrivate: nil),
        !obstacle.isPassedByRounds
      {
        return obstacle.sentence
      }
    }
    return nil
  }

  /// The first condition that is not met.
  private func mergeObstacle(_ record: ItemRecord, _ view: PullRequestView) -> String? {
    guard let known = record.followUp, known.digest == view.digest else {
      return "its conversation is read first"
    }
    let open = pieces(of: record.id, .seen).count + pieces(of: record.id, .handed).count
    if open > 0 { return "\(open) piece\(open == 1 ? "" : "s") of feedback not answered" }
    if known.refusedDigest == view.digest, let refusal = known.refusal {
      return "the server refused: \(refusal)"
    }
    if known.isPartial == true { return "what was said on it could not be read as a whole" }
    if (pieces[record.id]?.count ?? 0) >= Self.piecesKept { return "too much was said on it" }
    if known.queuedHead == view.head {
      return "it left the merge queue, and is not put into it again as it is"
    }
    if view.isDraft { return "it is a draft" }
    if let refusing = known.refusals.sorted().first { return "\(refusing) requests changes" }
    guard known.approvals.values.contains(view.head) else {
      return known.approvals.isEmpty
        ? "nobody who may write has approved it" : "its newest commit is not approved"
    }
    if view.decision == .changesRequested || view.decision == .reviewRequired {
      return "its base wants more reviews"
    }
    if known.openThreads > 0 {
      return "\(known.openThreads) thread\(known.openThreads == 1 ? " is" : "s are") open"
    }
    if view.hasQueue, !policy.merge.queue {
      return "\(view.base) has a merge queue, and merge.queue is false"
    }
    return checksObstacle(view, known) ?? stateObstacle(view)
  }

  private func checksObstacle(_ view: PullRequestView, _ known: FollowUp) -> String? {
    guard let counts = view.checks, counts.all > 0 else {
      return "its newest commit has no checks: nothing says that it works"
    }
    if counts.open > 0 { return "\(counts.open) checks have not ended" }
    if counts.needPerson > 0 { return "checks wait for a person" }
    // Where the base names the checks it needs, its own state says whether others matter.
    if counts.failed > 0, view.mergeState != .clean, view.mergeState != .hasHooks {
      return "\(counts.failed) check\(counts.failed == 1 ? "" : "s") failed"
    }
    return nil
  }

  private func stateObstacle(_ view: PullRequestView) -> String? {
    switch view.mergeability {
    case .conflicting: return "it conflicts with \(view.base)"
    case .unknown: return "whether it can be merged is being computed"
    case .mergeable: break
    }
    switch view.mergeState {
    case .clean, .hasHooks, .behind: return nil
    case .unstable: return "a check is not green"
    case .blocked where view.hasQueue: return nil
    case .blocked: return "a rule of \(view.base) blocks it"
    case .dirty: return "it conflicts with \(view.base)"
    case .draft: return "it is a draft"
    case .unknown: return "whether it can be merged is being computed"
    }
  }

  /// The key of another item whose merge into the same base is under way.
  private func otherMerge(_ record: ItemRecord, _ base: String) -> ItemKey? {
    let orders = (snapshot.state.outbox.filter { !withdrawn.contains($0.id) } + newOutbox).filter {
      [.merge, .updateBranch].contains($0.payload.storedKind) && $0.item != record.id
        && $0.lastError.isEmpty
    }
    return orders.lazy.compactMap { entry -> ItemKey? in
      guard let other = items[entry.item], other.repository.matches(record.repository),
        snapshot.survey.views[entry.item]?.base ?? base == base
      else { return nil }
      return other.key
    }.first
  }
}
