// What is left to do once every item has its verdict: clean-up runs for released items, holds whose
// time has passed, debts to pay, run directories nobody needs any more.

package enum Housekeeping {
  /// The hold a rate limit becomes; a reset that comes from outside is kept between 1 min and 7 d.
  package static func trackerHold(until: Timestamp, why: String, now: Timestamp) -> Hold {
    let delay = min(max(until - now, .minutes(1)), .days(7))
    return Hold(
      kind: .tracker, scope: "", why: why, until: Deadline(setAt: now, delay: delay), setAt: now)
  }
}

extension Draft {
  /// Run directories kept per item, for `logs` and post-mortems.
  static let keptRunDirectories = 5
  /// Clean-ups take no slot; many at once would still be many git processes.
  static let cleanUpsAtOnce = 4

  mutating func housekeep() {
    cleanUp()
    liftHolds()
    holdOnRateLimit()
    payDebts()  // Deliveries.swift
    forgetRuns()
  }

  private mutating func cleanUp() {
    guard policy.workspace.removeOnTerminal, snapshot.launchesAllowed, let poll = snapshot.runs
    else { return }
    var cleanUps = runs.values.filter { $0.purpose == .cleanUp && $0.phase != .settled }.count
    for id in itemOrder {
      guard let record = items[id], case .released = record.claim, record.hasWorkspace,
        liveRun(of: id) == nil, record.cleanUpAfter?.isDue(at: now) ?? true,
        poll.busy[record.workspace] == nil, snapshot.survey.facts(of: record.repository) != nil,
        snapshot.credentialProblems[record.repository.folded] == nil,
        !isRemoteHeld(record), absence(record) == nil, cleanUps < Self.cleanUpsAtOnce
      else { continue }
      cleanUps += 1
      launch(record, nil, policy.agent, purpose: .cleanUp)
    }
  }

  private mutating func liftHolds() {
    // Others stay until a probe has ended without meeting the same (FailureSettlement, RemoteHold).
    for hold in holds where !hold.kind.isProbed && !hold.isInForce(at: now) {
      actions.append(.liftHold(kind: hold.kind.rawValue))
    }
    let now = now
    holds.removeAll { !$0.kind.isProbed && !$0.isInForce(at: now) }
  }

  private mutating func holdOnRateLimit() {
    guard let limit = snapshot.survey.limit, !holds.contains(where: { $0.kind == .tracker })
    else { return }
    holds.append(Housekeeping.trackerHold(until: limit.until, why: limit.why, now: now))
    actions.append(.hold(kind: "tracker", why: limit.why))
  }

  private mutating func forgetRuns() {
    guard let poll = snapshot.runs else { return }
    var kept: [String: Int] = [:]
    for run in poll.otherRuns.reversed() {
      let item = run.text.range(ofLast: "-r").map { String(run.text[..<$0]) } ?? run.text
      kept[item, default: 0] += 1
      if kept[item, default: 0] > Self.keptRunDirectories { actions.append(.forgetRun(run)) }
    }
  }
}

extension String {
  /// Where the last occurrence of `part` begins.
  func range(ofLast part: String) -> String.Index? {
    var index = endIndex
    while index > startIndex {
      index = self.index(before: index)
      if self[index...].hasPrefix(part) { return index }
    }
    return nil
  }
}
