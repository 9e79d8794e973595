// What commands asked for since the last tick: stops and retries, as rows. A request is answered
// once and then deleted, in the same transaction as what it changes.

extension Planning {
  mutating func answerRequests() {
    for request in snapshot.state.requests {
      guard let record = items[request.item] else {
        extraChanges.append(.deleteRequest(request.id))
        continue
      }
      // A retry waits for the clean-up under way: the workspace is being taken down.
      if request.kind == .retry, liveRun(of: record.id)?.purpose == .cleanUp { continue }
      extraChanges.append(.deleteRequest(request.id))
      switch request.kind {
      case .stop: stop(record, request)
      case .retry: retry(record, request)
      }
    }
  }

  private mutating func stop(_ record: ItemRecord, _ request: Request) {
    let why =
      request.why.isEmpty ? "stopped by \(request.by)" : "stopped by \(request.by): \(request.why)"
    if let run = liveRun(of: record.id), run.purpose == .work {
      // An operator outranks whoever ordered a stop before; the grace counts from the first order.
      if var ordered = run.stop {
        ordered.by = .operator
        ordered.why = why
        var stopped = run
        stopped.stop = ordered
        runs[run.id] = stopped
        return
      }
      return order(run, record, StopOrder(by: .operator, why: why, at: now))
    }
    switch record.claim {
    case .unclaimed, .retrying, .running: park(record.id, .stoppedByOperator, why)
    case .handedOff, .parked, .released: notes.append("\(record.key) has no run to stop")
    }
  }

  private mutating func retry(_ record: ItemRecord, _ request: Request) {
    if liveRun(of: record.id) != nil {
      return notes.append("\(record.key) is running; `symphony stop` comes first")
    }
    let wake = Wake(
      .retry, text: request.why, author: request.by, at: request.at + snapshot.survey.clockOffset)
    startAfresh(record.id, wake, takeOver: request.takeOver)
  }

  /// A stop is a row before it is a signal: the order is committed, then carried out.
  mutating func order(_ run: RunRecord, _ record: ItemRecord, _ stop: StopOrder) {
    guard run.stop == nil else { return }
    var stopped = run
    stopped.stop = stop
    runs[run.id] = stopped
    verdicts[run.item] = .run(.stopping(why: stop.why))
    effects.append(.stop(run: run.id, key: record.key, why: stop.why, by: stop.by))
  }

  /// Another round of work begins: every counter begins again, and the item competes for a slot
  /// like a new one.
  ///
  /// Its branch, workspace and session stay.
  mutating func startAfresh(_ id: ItemID, _ wake: Wake, takeOver: Bool = false) {
    guard var record = items[id] else { return }
    withdrawMoves(of: id, "the item is worked on again")
    if case .released = record.claim {
      record.epoch = now
      // A pull request that is still open stays the item's: the new round adds to it, and people
      // were told of it already.
      if openPullRequest(of: record) == nil { record.pullRequest = nil }
      record.session = nil
      // The new round does not go on from it, and it must not be forgotten either.
      if let head = record.unpushed { record.left.commit = head }
      record.unpushed = nil
      record.startsFresh = true
    }
    record.counters = Counters()
    record.crashedOn = nil
    record.takeOver = record.takeOver || takeOver
    record.wake = wake.following(record.wake)
    woken[id] = wake
    items[id] = record
    setClaim(id, .unclaimed, why: wake.sentence)
  }
}
