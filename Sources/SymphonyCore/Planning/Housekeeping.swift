// The work left to plan once every item has its verdict: clean-up runs for workspaces that nobody
// needs any more, holds whose time has passed, debts to pay, run directories that may go.

extension Planning {
  /// Clean-ups take no slot; many at once would still be many git processes.
  static let cleanUpsAtOnce = 4
  /// Directories that one tick deletes: an old state directory must not keep its ticks busy.
  static let forgottenAtOnce = 20

  mutating func housekeep() {
    cleanUp()
    liftHolds()
    holdOnRateLimit()
    payDebts()  // Deliveries.swift
    forgetRuns()
  }

  private mutating func cleanUp() {
    guard snapshot.launchesAllowed, let poll = snapshot.runs else { return }
    let live = runs.values.filter { $0.phase != .settled }
    var cleanUps = live.filter { $0.purpose == .cleanUp }.count
    let fates = DiskHygiene.workspaces(
      itemOrder.compactMap { items[$0] },
      busy: Dictionary((live + newRuns).map { ($0.item, $0.purpose) }) { first, _ in first },
      sizes: snapshot.diskSizes, policy, now: now, agesCount: snapshot.agesCount)
    for id in itemOrder {
      guard let record = items[id], fates[id]?.goes == true,
        record.cleanUpAfter?.isDue(at: now) ?? true,
        poll.busy[record.workspace] == nil,
        let repository = snapshot.survey.facts(of: record.repository),
        snapshot.credentialProblems[record.repository.folded] == nil,
        !isRemoteHeld(record), absence(record) == nil, cleanUps < Self.cleanUpsAtOnce
      else { continue }
      cleanUps += 1
      launch(record, nil, repository, policy.agent, purpose: .cleanUp)
    }
  }

  private mutating func liftHolds() {
    // Others stay until a probe has ended without meeting the same (FailureSettlement, RemoteHold).
    for hold in holds where !hold.kind.isProbed && !hold.isInForce(at: now) {
      told.append(.holdLifted(kind: hold.kind.rawValue))
    }
    let now = now
    holds.removeAll { !$0.kind.isProbed && !$0.isInForce(at: now) }
  }

  private mutating func holdOnRateLimit() {
    guard let limit = snapshot.survey.limit, !holds.contains(where: { $0.kind == .tracker })
    else { return }
    holdTracker(until: limit.until, limit.why)
  }

  /// Holds the tracker when the survey or a delivery met a rate limit.
  mutating func holdTracker(until: Timestamp, _ why: String) {
    holds.removeAll { $0.kind == .tracker }
    let delay = RetryDeadline.reset(until, now: now)
    holds.append(
      Hold(
        kind: .tracker, scope: "", why: why, until: Deadline(setAt: now, delay: delay), setAt: now))
    told.append(.holdSet(kind: "tracker", why: why))
  }

  /// An item's first run, where most of its money went, and its newest are kept for `logs` and for
  /// whoever looks into what went wrong.
  private mutating func forgetRuns() {
    guard let poll = snapshot.runs else { return }
    let ended = poll.ended(at: now, sizes: snapshot.diskSizes)
    let fates = DiskHygiene.runs(ended, policy, agesCount: snapshot.agesCount)
    let gone = zip(ended, fates).filter { $1.goes }.map(\.0.id)
    for run in (poll.halfForgotten + gone).prefix(Self.forgottenAtOnce) {
      effects.append(.forget(run))
    }
  }
}

extension String {
  /// The index at which the last occurrence of `part` begins.
  func range(ofLast part: String) -> String.Index? {
    var index = endIndex
    while index > startIndex {
      index = self.index(before: index)
      if self[index...].hasPrefix(part) { return index }
    }
    return nil
  }
}
