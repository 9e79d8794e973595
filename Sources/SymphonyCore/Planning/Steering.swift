// Foretells the answer to an operator's request, by the rows alone: a command asks it before it
// writes the request, so that one that can do nothing is refused at once. The tick that carries it
// out decides again, by what is so then (Requests.swift). Changes nothing.

package struct Steering {
  package enum Answer: Hashable, Sendable {
    /// It will be done; with a sentence about what will happen.
    case accepted(String)
    /// The same was asked for already: no second request is written.
    case already(String)
    /// Why it cannot do anything, and what to do instead.
    case refused(String, hint: String)
  }

  package let state: StoredState
  package let now: Timestamp

  package init(_ state: StoredState, at now: Timestamp) {
    self.state = state
    self.now = now
  }

  package func answer(_ kind: OperatorRequest.Kind, _ record: ItemRecord, takeOver: Bool = false)
    -> Answer
  {
    if let last = pending(record).last, last.kind == kind, last.takeOver || !takeOver {
      return .already("a \(kind.word) was asked for at \(last.at.rfc3339) by \(last.by) already")
    }
    switch kind {
    case .stop, .stopAll: return stop(kind, record)
    case .retry: return retry(record)
    case .release: return release(record)
    case .goOn: return .accepted("its run goes on where it was, in its own session")
    }
  }

  /// The items that a stop of everything ends: their agents run and no operator stops them already.
  package var running: [ItemRecord] {
    state.items.filter { record in
      guard let run = liveWork(record), run.stop?.by != .operator else { return false }
      return pending(record).last?.kind.isStop != true
    }
  }

  /// The items that a stop of everything stopped, or will stop, with no other request since.
  package var stoppedWithAll: [ItemRecord] {
    state.items.filter { record in
      if let last = pending(record).last { return last.kind == .stopAll && isMeantByAll(record) }
      if let run = liveWork(record) { return run.stop?.by == .operator && run.stop?.ofAll == true }
      if case .parked(let parking) = record.claim { return parking.ofAll == true }
      return false
    }
  }

  /// No stop of the item itself came before one of everything.
  private func isMeantByAll(_ record: ItemRecord) -> Bool {
    if pending(record).contains(where: { $0.kind == .stop }) { return false }
    guard let stop = liveWork(record)?.stop, stop.by == .operator else { return true }
    return stop.ofAll == true
  }

  /// Something is parked or waits to be tried again: what `retry --all` is about.
  package static func isRetriedWithAll(_ record: ItemRecord) -> Bool {
    switch record.claim {
    case .parked, .retrying: true
    case .unclaimed, .running, .handedOff, .released: false
    }
  }

  private func pending(_ record: ItemRecord) -> [OperatorRequest] {
    state.requests.filter { $0.item == record.id }
  }

  private func live(_ record: ItemRecord) -> RunRecord? {
    state.runs.first { $0.item == record.id }
  }
  private func liveWork(_ record: ItemRecord) -> RunRecord? {
    live(record).flatMap { $0.purpose == .work ? $0 : nil }
  }

  private func stop(_ kind: OperatorRequest.Kind, _ record: ItemRecord) -> Answer {
    let retry = "`symphony retry \(record.key)`"
    let again =
      kind == .stopAll ? "`symphony resume --stopped` or \(retry)" : retry
    if let run = liveWork(record) {
      if let stop = run.stop, stop.by == .operator, stop.ofAll != true, pending(record).isEmpty {
        return .already("its agent is being ended already, ordered at \(stop.at.rfc3339)")
      }
      return .accepted("its agent is ended; its work is kept, and it stays parked until \(again)")
    }
    if let last = pending(record).last, !last.kind.isStop {
      return .accepted("the \(last.kind.word) that was asked for is taken back")
    }
    switch record.claim {
    case .unclaimed, .retrying, .running:
      return .accepted("it is parked, and nothing of it starts until \(again)")
    case .parked(let parking) where parking.ofAll == true:
      return .accepted("it stays parked, also after `symphony resume --stopped`, until \(retry)")
    case .parked:
      return .refused(
        "it is parked already: \(record.sentence)", hint: "\(retry) lets it run again")
    case .handedOff:
      return .refused(
        "no run of it is under way: \(record.sentence)",
        hint: "`symphony release \(record.key)` lets go of it")
    case .released:
      return .refused(
        "no run of it is under way: \(record.sentence)", hint: "`symphony status` lists what runs")
    }
  }

  private func retry(_ record: ItemRecord) -> Answer {
    if let run = live(record) {
      if run.purpose == .cleanUp {
        return .accepted("once its workspace is removed it starts afresh, counters at zero" + pause)
      }
      let isEnding = run.stop?.by == .operator || pending(record).contains { $0.kind != .retry }
      return isEnding
        ? .accepted("once its run has ended it runs again, counters at zero" + pause)
        : .refused("a run of it is under way", hint: "`symphony stop \(record.key)` comes first")
    }
    if let why = obstacle(record) {
      return .refused(
        "a retry cannot start it, as the last tick saw it: \(why)",
        hint: "`symphony why \(record.key)` looks now and says what would have to change")
    }
    switch record.claim {
    case .unclaimed:
      let waits = record.sentence.isEmpty ? dayIsSpent : "; it waits now: \(record.sentence)"
      return .accepted("it starts when its turn comes, counters at zero\(waits)" + pause)
    case .handedOff:
      return .accepted("another round of work begins on its branch" + dayIsSpent + pause)
    case .released(let release):
      // A row does not tell whether an issue is open that nobody waits for.
      let begins = release.reason == .merged ? "another round of work begins" : "it runs again"
      return .accepted("\(begins) if the issue is open, counters at zero" + dayIsSpent + pause)
    case .parked(let parking) where parking.reason == .itemOverBudget:
      return .accepted(
        "what it spent stays counted, so it is parked again unless the limit was raised: "
          + parking.sentence + dayIsSpent + pause)
    case .running, .retrying, .parked:
      return .accepted("it runs again, counters at zero" + dayIsSpent + pause)
    }
  }

  /// The obstacle that only somebody on the tracker can remove; nil: none is known.
  private func obstacle(_ record: ItemRecord) -> String? {
    let isForeign = record.verdict == Obstacle.reopeningNotTrusted("").code
    switch record.claim {
    case .unclaimed, .retrying:
      return Obstacle.codesBeyondRetry.contains(record.verdict) ? record.sentence : nil
    case .released(let release):
      switch release.reason {
      case .closed: return isForeign ? nil : Obstacle.issueClosed.sentence
      case .gone: return release.sentence ?? "the tracker no longer has it"
      case .terminal: return Obstacle.statusTerminal(record.status ?? "").sentence
      case .merged, .operator: return nil
      }
    case .running, .handedOff, .parked: return nil
    }
  }

  /// No retry starts anything on a day whose money is spent, as the last tick saw it.
  private var dayIsSpent: String {
    let code = Hindrance.overBudget(until: now, "").code
    return state.items.first { $0.verdict == code }.map { "; \($0.sentence)" } ?? ""
  }

  private var pause: String {
    let isPaused = state.holds.contains { $0.kind == .pause && $0.isInForce(at: now) }
    return isPaused ? "; nothing starts before `symphony resume`" : ""
  }

  private func release(_ record: ItemRecord) -> Answer {
    if case .released = record.claim {
      // A retry would be refused as well.
      let next =
        obstacle(record) == nil
        ? "`symphony retry \(record.key)` takes it up again if the issue is open"
        : "nothing runs for it; `symphony why \(record.key)` says what would have to change"
      return .refused("it is released already: \(record.sentence)", hint: next)
    }
    let isLive = live(record) != nil
    if case .unclaimed = record.claim, !isLive, record.runs == 0, record.pullRequest == nil {
      return .refused(
        "nothing of it is held: it had no run",
        hint: "`symphony stop \(record.key)` keeps it from starting")
    }
    return .accepted(
      (isLive ? "its agent is ended first; then " : "")
        + "nothing runs for it until `symphony retry \(record.key)`; its branch and pull request "
        + "stay, its workspace goes where workspace.remove_on_terminal says so")
  }
}

extension Obstacle {
  /// The codes of what no retry gets an item past.
  ///
  /// Not in it: what may only be unknown for a while, and a reopening that a retry vouches for.
  static let codesBeyondRetry = codesOfRules.union(
    [Obstacle.notListed, .blockedBy([]), .openSubIssues([])].map(\.code))
}

/// The rows that a command writes, in one transaction: all of them, or none.
package struct Orders: Sendable {
  package var requests: [OperatorRequest] = []
  package var holds: [Hold] = []
  package var lifted: [Hold] = []
  package init() {}
}
