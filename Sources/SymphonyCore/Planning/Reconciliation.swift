// Claims against the world: issues that closed, pull requests that merged, labels that went, humans
// who came back. Changes nothing without an answer about the item itself: absence from a list is
// never evidence.

extension Draft {
  mutating func reconcile() {
    // Stored answers are good enough to start work on, not to end it.
    if snapshot.survey.isCached || refreshIsImplausible() { return }
    for id in itemOrder {
      guard let record = items[id] else { continue }
      if let gone = goneReason(id) {
        end(record, .gone, at: now, why: gone)
        continue
      }
      switch record.claim {
      case .running: reconcileRunning(record)
      case .retrying: reconcileWaiting(record)
      case .unclaimed: if record.runs > 0 { reconcileWaiting(record) }
      case .handedOff(let handoff): reconcileHandoff(record, handoff)
      case .parked(let parking): reconcileParked(record, parking)
      case .released(let release): reconcileReleased(record, release)
      }
    }
  }

  /// When more than half of three or more running items are gone at once, the answer is more likely
  /// wrong than true: nothing is done, and the tick says so.
  private mutating func refreshIsImplausible() -> Bool {
    let running = items.values.filter { if case .running = $0.claim { true } else { false } }
    let gone = running.filter { goneReason($0.id) != nil }
    guard running.count >= 3, gone.count * 2 > running.count else { return false }
    notes.append(
      "\(gone.count) of \(running.count) running items are said to be gone at once: "
        + "the refresh counts as failed"
    )
    return true
  }

  private func goneReason(_ id: ItemID) -> String? {
    if case .gone(let why) = snapshot.survey.answers[id] { return why }
    return nil
  }

  private func pullRequest(of record: ItemRecord) -> Survey.PullRequestFact? {
    guard let fact = snapshot.survey.pullRequests[record.branch] else { return nil }
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
    _ record: ItemRecord, _ reason: Release.Reason, at: Timestamp, why: String
  ) {
    if case .released = record.claim { return }
    if let run = liveRun(of: record.id) {
      if run.purpose == .work { order(run, record, StopOrder(by: .reconcile, why: why, at: now)) }
      return
    }
    let seen = snapshot.survey.pullRequests[record.branch]
    setClaim(
      record.id,
      .released(
        Release(
          reason: reason, at: at, pullRequest: reason == .merged ? seen?.ref : record.pullRequest)),
      why: why)
  }

  /// True when the item's story is over: merged, or closed.
  private mutating func endIfOver(_ record: ItemRecord) -> Bool {
    if record.runs > 0, let request = pullRequest(of: record), request.state == .merged {
      end(
        record, .merged, at: request.endedAt ?? now,
        why: "pull request #\(request.ref.number) was merged")
      return true
    }
    if let item = facts[record.id], item.state == .closed {
      end(record, .closed, at: item.updatedAt ?? now, why: "the issue was closed")
      return true
    }
    return false
  }

  private mutating func reconcileRunning(_ record: ItemRecord) {
    if endIfOver(record) { return }
    guard let item = facts[record.id], let run = liveRun(of: record.id), run.purpose == .work,
      let obstacle = Eligibility.selectionObstacle(item, policy: selection)
    else { return }
    order(run, record, StopOrder(by: .reconcile, why: obstacle.sentence, at: now))
  }

  private mutating func reconcileWaiting(_ record: ItemRecord) { _ = endIfOver(record) }

  private mutating func reconcileHandoff(_ record: ItemRecord, _ handoff: Handoff) {
    if endIfOver(record) { return }
    if let request = pullRequest(of: record) {
      if request.state == .closed, handoff.pullRequest?.number == request.ref.number {
        return park(
          record.id, .pullRequestRejected,
          "pull request #\(request.ref.number) was closed without being merged")
      }
    }
    guard let item = facts[record.id] else { return }
    var next = handoff
    let obstacle = Eligibility.selectionObstacle(item, policy: selection)
    if case .labelMissing = obstacle {
      next.labelled = false
    } else if !handoff.labelled {
      return startAfresh(record.id, why: "the label was taken off and put on again")
    }
    if item.status?.folded != handoff.status?.folded, let status = item.status, obstacle == nil,
      policy.tracker.activeStatuses.contains(where: { $0.folded == status.folded })
    {
      return startAfresh(record.id, why: "moved back to \(status)")
    }
    next.status = item.status
    setClaim(record.id, .handedOff(next), why: "", silent: true)
  }

  private mutating func reconcileParked(_ record: ItemRecord, _ parking: Parking) {
    if endIfOver(record) { return }
    guard let item = facts[record.id] else { return }
    guard let fingerprint = parking.fingerprint else {
      // Our own writes come first; what is read after them is what a human's touch is told from.
      let isOwed = (snapshot.state.outbox + newOutbox).contains { $0.item == record.id }
      let isNew = snapshot.state.items.first { $0.id == record.id }?.claim != record.claim
      if isOwed || isNew { return }
      var read = parking
      read.fingerprint = item.fingerprint
      return setClaim(record.id, .parked(read), why: "", silent: true)
    }
    if item.fingerprint != fingerprint {
      return startAfresh(record.id, why: "the issue was edited since it was parked")
    }
    let isPrivate = snapshot.survey.repository?.isPrivate
    // GitHub stamps whole seconds: a comment in the second of the parking counts as later.
    let parkedSecond = Timestamp(milliseconds: parking.since.milliseconds / 1000 * 1000)
    let woken = (snapshot.survey.comments[record.id] ?? []).first { comment in
      !comment.isOurs && comment.createdAt >= parkedSecond
        && Eligibility.isTrusted(
          author: comment.author, mayWrite: comment.mayWrite, policy: selection,
          isPrivate: isPrivate)
    }
    if let woken { startAfresh(record.id, why: "\(woken.author) commented since it was parked") }
  }

  /// A released item runs again only when it is open again and was seen to have changed since: a
  /// stale list must not start a second round of work.
  private mutating func reconcileReleased(_ record: ItemRecord, _ release: Release) {
    guard let item = facts[record.id], item.state == .open else {
      if release.reason == .merged, release.left != true, case .items = snapshot.survey.candidates {
        var seen = release
        seen.left = true
        setClaim(record.id, .released(seen), why: "", silent: true)
      }
      return
    }
    guard release.reason != .merged || release.left == true,
      release.reason == .gone || (item.updatedAt ?? now) > release.at,
      liveRun(of: record.id) == nil
    else { return }
    startAfresh(record.id, why: "the issue is open again")
  }
}
