// The work left to plan once every item has its verdict: clean-up runs for released items, holds
// whose time has passed, debts to pay, run directories that are not needed any more.

extension Planning {
  /// Clean-ups take no slot; many at once would still be many git processes.
  static let cleanUpsAtOnce = 4

  mutating func housekeep() {
    cleanUp()
    liftHolds()
    holdOnRateLimit()
    forgetRuns()
    payDebts()  // Deliveries.swift
  }

  private mutating func cleanUp() {
    guard policy.workspace.removeOnTerminal, snapshot.launchesAllowed, let poll = snapshot.runs
    else { return }
    var cleanUps = runs.values.filter { $0.purpose == .cleanUp && $0.phase != .settled }.count
    for id in itemOrder {
      guard let record = items[id], case .released = record.claim, record.hasWorkspace,
        liveRun(of: id) == nil, record.cleanUpAfter?.isDue(at: now) ?? true,
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
    let ended = Dictionary(grouping: poll.otherRuns) { run in
      run.text.range(ofLast: "-r").map { String(run.text[..<$0]) } ?? run.text
    }
    let between = Set(
      ended.values.flatMap { $0.dropFirst().dropLast(policy.workspace.keptRuns) })
    for run in poll.otherRuns where between.contains(run) { effects.append(.forget(run)) }
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
