// Claims against the world: issues that closed, pull requests that merged, labels that went, people
// who came back. Changes nothing without an answer about the item itself: absence from a list is
// never evidence.

extension Planning {
  mutating func reconcile() {
    // Stored answers are good enough to start work on, not to end it.
    if snapshot.survey.isCached || refreshIsImplausible() { return }
    for id in itemOrder {
      guard let seen = items[id] else { continue }
      if let gone = goneReason(id) {
        end(seen, .gone, at: now, why: gone)
        continue
      }
      if let view = snapshot.survey.views[id] { takeIn(view, of: seen) }
      let record = items[id] ?? seen
      switch record.claim {
      case .running: reconcileRunning(record)
      case .retrying: reconcileWaiting(record)
      case .unclaimed: if record.runs > 0 { reconcileWaiting(record) }
      case .handedOff(let handoff): reconcileHandoff(record, handoff)
      case .parked(let parking): reconcileParked(record, parking)
      case .released(let release): reconcileReleased(record, release)
      }
      // An item that was just reset but stands in the hand-off status is handed off again at once,
      // in this plan.
      if record.claim != .unclaimed, let fresh = items[id], fresh.claim == .unclaimed,
        fresh.runs > 0
      {
        reconcileWaiting(fresh)
      }
    }
  }

  /// When more than half of three or more running items are gone at once, the answer is more likely
  /// wrong than true: nothing is done, and the tick says so.
  private mutating func refreshIsImplausible() -> Bool {
    let running = items.values.filter { if case .running = $0.claim { true } else { false } }
    let gone = running.filter { goneReason($0.id) != nil || hasLeftTheBoard($0.id) }
    guard running.count >= 3, gone.count * 2 > running.count else { return false }
    refreshFailed = true
    notes.append(
      "\(gone.count) of \(running.count) running items are said to be gone at once: "
        + "the refresh counts as failed"
    )
    return true
  }

  private func hasLeftTheBoard(_ id: ItemID) -> Bool {
    selection.usesBoard && facts[id].map { $0.board == nil && $0.state == .open } == true
  }

  private func goneReason(_ id: ItemID) -> String? {
    if case .gone(let why) = snapshot.survey.answers[id] { return why }
    return nil
  }

  func head(of record: ItemRecord) -> HeadRef { HeadRef(record.repository, record.branch) }

  private func pullRequest(of record: ItemRecord) -> Survey.PullRequestFact? {
    guard let fact = snapshot.survey.pullRequest(of: head(of: record)) else { return nil }
    // One that ended before this round of work began is history.
    if fact.state != .open, let ended = fact.endedAt,
      ended < record.epoch + snapshot.survey.clockOffset
    {
      return nil
    }
    return fact
  }

  /// Ends an item's claim: a live run is stopped first, and the next tick after its end releases.
  private mutating func end(
    _ record: ItemRecord, _ reason: ReleaseReason, at: Timestamp, why: String
  ) {
    if case .released = record.claim { return }
    if let run = liveRun(of: record.id) {
      if run.purpose == .work { order(run, record, StopOrder(by: .reconcile, why: why, at: now)) }
      return
    }
    let seen = snapshot.survey.pullRequest(of: head(of: record))
    let request = reason == .merged ? seen?.ref : record.pullRequest
    var release = Release(reason: reason, at: at, pullRequest: request)
    release.status = record.status
    // Merged and moved back between two looks.
    if reason == .merged, case .handedOff(let handoff) = record.claim, let item = facts[record.id],
      movedBack(item, handoff, record) != nil
    {
      release.status = handoff.status
    }
    setClaim(record.id, .released(release), why: why)
    withdrawMoves(of: record.id, "the item is done")
    // GitHub closes it by itself only where the pull request went into the default branch.
    if reason == .merged, policy.pullRequest.closeIssueOnMerge, let request,
      let item = facts[record.id], item.contentType == .issue, item.state == .open
    {
      owe(
        record.id, dedupeKey: "close/\(record.id)/\(request.number)",
        .closeIssue(
          CloseOrder(key: record.key, repository: record.repository, number: record.number)))
    }
  }

  /// Moves of status and labels that are owed for a state the item has left; also those which this
  /// plan has just entered.
  mutating func withdrawMoves(of id: ItemID, _ why: String) {
    let moves: [OutboxEntry.Kind] = [.setStatus, .setLabels]
    for entry in debts(of: id) where moves.contains(entry.payload.storedKind) && entry.id != 0 {
      withdraw(entry, why)
    }
    newOutbox.removeAll { $0.item == id && moves.contains($0.payload.storedKind) }
    guard let key = items[id]?.key else { return }
    told.removeAll { news in moves.contains { news == .debtEntered(key: key, kind: $0.rawValue) } }
  }

  /// True when the item's story is over: merged, closed, or in a terminal status.
  private mutating func endIfOver(_ record: ItemRecord) -> Bool {
    if let request = pullRequest(of: record), request.state == .merged,
      record.runs > 0 || record.pullRequest?.number == request.ref.number
    {
      // Whether the issue is still to be closed is known only from an answer about it.
      if policy.pullRequest.closeIssueOnMerge, facts[record.id] == nil { return false }
      end(
        record, .merged, at: request.endedAt ?? now,
        why: "pull request #\(request.ref.number) was merged")
      return true
    }
    if let item = facts[record.id], item.state == .closed {
      end(record, .closed, at: item.updatedAt ?? now, why: "the issue was closed")
      return true
    }
    if let item = facts[record.id], snapshot.survey.statusProblem == nil,
      Eligibility.isTerminal(item, policy: selection)
    {
      end(
        record, .terminal, at: item.board?.updatedAt ?? item.updatedAt ?? now,
        why: "its status is \(item.status ?? "")")
      return true
    }
    return false
  }

  /// The status with which work is handed off, when the item stands in it.
  private func handoffStatus(_ item: WorkItem) -> String? {
    guard snapshot.survey.statusProblem == nil, let status = item.status,
      policy.tracker.handoffStatus?.folded == status.folded
    else { return nil }
    return status
  }

  /// Parks an item whose pull request was closed without being merged: a round about it is over.
  mutating func parksRejected(_ record: ItemRecord, _ known: PullRequestRef? = nil) -> Bool {
    guard let request = pullRequest(of: record), request.state == .closed,
      (known ?? record.pullRequest)?.number == request.ref.number
    else { return false }
    withdrawMoves(of: record.id, "its pull request was closed")
    park(
      record.id, .pullRequestRejected,
      "pull request #\(request.ref.number) was closed without being merged",
      since: request.endedAt)
    return true
  }

  private mutating func reconcileRunning(_ record: ItemRecord) {
    if endIfOver(record) { return }
    guard let item = facts[record.id], let run = liveRun(of: record.id), run.purpose == .work,
      snapshot.survey.statusProblem == nil,
      let obstacle = Eligibility.runningObstacle(
        item, policy: selection, inRound: isInRound(record))
    else { return }
    let why = handoffStatus(item).map { "somebody moved it to \($0)" } ?? obstacle.sentence
    order(run, record, StopOrder(by: .reconcile, why: why, at: now))
  }

  /// Work that waits for its next run: handed off by somebody else, it waits for a person instead.
  private mutating func reconcileWaiting(_ record: ItemRecord) {
    if endIfOver(record) { return }
    if isInRound(record), liveRun(of: record.id) == nil, parksRejected(record) { return }
    guard let item = facts[record.id], liveRun(of: record.id) == nil, record.unpushed == nil,
      !isInRound(record), let status = handoffStatus(item)
    else { return }
    let request = openPullRequest(of: record)
    var handoff = handoff(request, item)
    handoff.elsewhere = request == nil ? true : nil
    setClaim(record.id, .handedOff(handoff), why: "somebody moved it to \(status)")
    move(
      record, selection.labelsOn.handoff, "labels-elsewhere/\(record.id)/\(now.milliseconds)",
      needsPullRequest: false)
  }

  /// A claim handed off where the item stands now.
  func handoff(_ request: PullRequestRef?, _ item: WorkItem?) -> Handoff {
    var handoff = Handoff(pullRequest: request, status: item?.status)
    handoff.statusAt = item?.board?.updatedAt
    return handoff
  }

  private mutating func reconcileHandoff(_ record: ItemRecord, _ handoff: Handoff) {
    if endIfOver(record) { return }
    if let request = handoff.pullRequest, parksRejected(record, request) { return }
    guard let item = facts[record.id] else { return }
    var next = handoff
    let obstacle = Eligibility.selectionObstacle(item, policy: selection)
    if !Eligibility.missingLabels(item, policy: selection).isEmpty {
      next.hadLabels = false
    } else if !handoff.hadLabels, isLabelledAgain(record, item) {
      return startAfresh(record.id, relabelling(item))
    } else if let wake = relabelling(record, item, &next) {
      return startAfresh(record.id, wake)
    }
    if obstacle == nil, movedBack(item, handoff, record) != nil {
      let since = handoff.statusAt ?? record.lastLaunch ?? record.firstSeen
      guard let isStrangers = isMovedByStranger(record, item, since: since) else { return }
      if !isStrangers { return startAfresh(record.id, move(of: item)) }
    }
    if snapshot.survey.statusProblem == nil, !isStale(item, handoff) {
      next.status = item.status
      next.statusAt = item.board?.updatedAt
    }
    setClaim(record.id, .handedOff(next), why: "", silent: true)
  }

  /// An answer from before the one the claim remembers.
  private func isStale(_ item: WorkItem, _ handoff: Handoff) -> Bool {
    guard let known = handoff.statusAt, let seen = item.board?.updatedAt else { return false }
    return seen < known
  }

  /// The active status a person moved the item to.
  ///
  /// A move of our own that is owed, or that was just made and not seen yet, is no person's.
  private func movedBack(_ item: WorkItem, _ handoff: Handoff, _ record: ItemRecord) -> String? {
    guard snapshot.survey.statusProblem == nil, !isStale(item, handoff), let known = handoff.status,
      let status = item.status, status.folded != known.folded,
      Eligibility.isActive(status, policy: selection)
    else { return nil }
    let wasHandedOver = policy.tracker.handoffStatus?.folded == known.folded
    let isOurs = status.folded == selection.inProgressStatus?.folded
    return isOurs && !wasHandedOver ? nil : status
  }

  private mutating func reconcileParked(_ record: ItemRecord, _ parking: Parking) {
    if endIfOver(record) { return }
    guard let item = facts[record.id] else { return }
    if parking.reason == .itemOverBudget,
      itemLimit(record, policy.agent(for: item).budget) == nil
    {
      return startAfresh(record.id, Wake(.limitRaised, at: trackerNow))
    }
    if parking.owesLabels != true, parking.fingerprint == nil, !selection.labelsOn.park.isEmpty {
      return label(record.id, parking)
    }
    let comment = trustedComment(record, parking)
    if parking.fingerprint == nil {
      // The fingerprint is taken only after our own comments and labels are written, or they would
      // look like a person's touch. A debt that waits for a permission is not waited for: that may
      // take days.
      let isOwed = debts(of: record.id).contains { debt in
        debt.lastError.isEmpty || now - debt.createdAt < .minutes(2)
      }
      let isNew = snapshot.state.items.first { $0.id == record.id }?.claim != record.claim
      if isOwed || isNew || isUnread(item, parking) { return }
      setClaim(record.id, .parked(read(parking, item)), why: "", silent: true)
    } else if comment == nil, let touch = touch(record, item, parking) {
      return startAfresh(record.id, touch)
    }
    if let comment { startAfresh(record.id, comment) }
  }

  /// Our labels were put on, but this answer does not show them yet.
  ///
  /// Not waited for longer than two minutes: the write may have been refused.
  private func isUnread(_ item: WorkItem, _ parking: Parking) -> Bool {
    !selection.labelsOn.park.isDone(in: item.labels)
      && now + snapshot.survey.clockOffset - parking.since < .minutes(2)
  }

  /// A released item runs again only when it is open again and was seen to have changed since: a
  /// stale list must not start a second round of work.
  private mutating func reconcileReleased(_ record: ItemRecord, _ release: Release) {
    if case .unknown = snapshot.survey.answers[record.id] { return }
    // Nothing that happens on the tracker takes up again what an operator let go.
    if release.reason == .operator { return }
    let isSelected = facts[record.id].map { item in
      item.state == .open && Eligibility.selectionObstacle(item, policy: selection) == nil
    }
    if release.reason == .merged, release.left != true {
      guard snapshot.survey.statusProblem == nil, case .items = snapshot.survey.candidates
      else { return }
      // An item that the tracker's filter leaves out may still be where it was.
      let isHidden = isSelected == nil && snapshot.survey.isFiltered
      if isHidden, release.hidden == true { return }
      if isSelected != true {
        var seen = release
        if isHidden { seen.hidden = true } else { seen.left = true }
        return setClaim(record.id, .released(seen), why: "", silent: true)
      }
      // Still selected: somebody moved it there or opened it again since, or it never left.
      let isMoved = facts[record.id]?.status.map { status in
        release.status.map { $0.folded != status.folded } ?? false
      }
      guard isMoved == true || isAskedForAgain(record, since: release.at) else { return }
    }
    guard let item = facts[record.id], item.state == .open, liveRun(of: record.id) == nil else {
      return
    }
    if release.reason == .merged, isSelected != true || snapshot.survey.statusProblem != nil {
      return
    }
    if release.reason == .terminal {
      guard snapshot.survey.statusProblem == nil,
        Eligibility.isActive(item.status, policy: selection),
        (item.board?.updatedAt ?? item.updatedAt ?? now) >= release.at,
        isMovedByStranger(record, item, since: release.at) == false
      else { return }
      return startAfresh(record.id, move(of: item))
    }
    // Stamps have whole seconds: in the second of the closing a reopening counts.
    guard
      release.reason == .gone
        || (item.updatedAt ?? now) >= release.at && isWanted(record, item, since: release.at)
    else { return }
    startAfresh(record.id, reopening(of: item))
  }
}
