// Carries out the requests of commands since the last tick: stops, retries, releases, and going on
// after a stop of everything. A request is answered once and deleted in the same transaction as
// what it changes. Whether a request can do anything at all is said at once, by Steering.

extension Planning {
  mutating func answerRequests() {
    for request in snapshot.state.requests {
      guard let record = items[request.item] else {
        extraChanges.append(.deleteRequest(request.id))
        continue
      }
      // The last word counts: what waits for the end of a run must not start after a later stop.
      if isTakenBack(request) {
        extraChanges.append(.deleteRequest(request.id))
        notes.append("\(record.key): the \(request.kind.word) was taken back by a later stop")
        continue
      }
      if waits(request, record) { continue }
      extraChanges.append(.deleteRequest(request.id))
      switch request.kind {
      case .stop, .stopAll: stop(record, request)
      case .retry: retry(record, request)
      case .release: release(record, request)
      case .goOn: goOn(record, request)
      }
    }
  }

  private func isTakenBack(_ request: OperatorRequest) -> Bool {
    guard !request.kind.isStop else { return false }
    return snapshot.state.requests.contains { later in
      later.id > request.id && later.item == request.item && later.kind.isStop
    }
  }

  /// The request is kept: a run has to end first, and for a release that is ordered here.
  private mutating func waits(_ request: OperatorRequest, _ record: ItemRecord) -> Bool {
    guard let run = liveRun(of: record.id) else { return false }
    switch request.kind {
    case .stop, .stopAll: return false
    // A clean-up takes the workspace down.
    case .retry, .goOn: return run.purpose == .cleanUp || run.stop?.by == .operator
    case .release:
      if run.purpose == .work {
        end(run, record, StopOrder(by: .operator, why: words("released", request), at: now))
      }
      return true
    }
  }

  private func words(_ deed: String, _ request: OperatorRequest) -> String {
    "\(deed) by \(request.by)" + (request.why.isEmpty ? "" : ": \(request.why)")
  }

  private mutating func stop(_ record: ItemRecord, _ request: OperatorRequest) {
    let ofAll: Bool? = request.kind == .stopAll ? true : nil
    let stop = StopOrder(by: .operator, why: words("stopped", request), at: now, ofAll: ofAll)
    if let run = liveRun(of: record.id), run.purpose == .work { return end(run, record, stop) }
    switch record.claim {
    case .unclaimed, .retrying, .running: park(record.id, by: stop)
    // It was stopped with all others; now the operator stops this one itself, so a go-on leaves it
    // out.
    case .parked(var parking) where parking.ofAll == true && request.kind == .stop:
      parking.ofAll = nil
      setClaim(record.id, .parked(parking), why: "", silent: true)
    case .handedOff, .parked, .released: notes.append("\(record.key) has no run to stop")
    }
  }

  /// An operator outranks whoever ordered a stop before, and a stop of one run one of everything.
  ///
  /// The grace counts from the first order.
  private mutating func end(_ run: RunRecord, _ record: ItemRecord, _ stop: StopOrder) {
    guard var ordered = run.stop else { return order(run, record, stop) }
    if ordered.by == .operator, stop.ofAll == true { return }
    ordered.by = .operator
    ordered.why = stop.why
    ordered.ofAll = stop.ofAll
    var stopped = run
    stopped.stop = ordered
    runs[run.id] = stopped
  }

  private mutating func retry(_ record: ItemRecord, _ request: OperatorRequest) {
    if liveRun(of: record.id) != nil {
      return notes.append("\(record.key) is running; `symphony stop` comes first")
    }
    let wake = Wake(
      .retry, text: request.why, author: request.by, at: request.at + snapshot.survey.clockOffset)
    startAfresh(record.id, wake, takeOver: request.takeOver)
  }

  private mutating func release(_ record: ItemRecord, _ request: OperatorRequest) {
    if case .released = record.claim { return notes.append("\(record.key) is released already") }
    withdrawMoves(of: record.id, "an operator let go of the item")
    let why = words("released", request)
    var release = Release(
      reason: .operator, at: now, pullRequest: record.pullRequest, sentence: why)
    release.status = record.status
    setClaim(record.id, .released(release), why: why)
  }

  /// Its session, workspace and counters stay: nothing was wrong with it.
  private mutating func goOn(_ record: ItemRecord, _ request: OperatorRequest) {
    guard case .parked(let parking) = record.claim, parking.ofAll == true else {
      return notes.append("\(record.key) is not parked by a stop of everything")
    }
    withdrawMoves(of: record.id, "the item is worked on again")
    runAgain(record.id, .resume, .zero, words("resumed", request))
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
      record.followUp = nil
    }
    record.followUp?.beginAnew()
    record.counters = Counters()
    record.crashedOn = nil
    record.takeOver = record.takeOver || takeOver
    record.wake = wake.following(record.wake)
    woken[id] = wake
    items[id] = record
    setClaim(id, .unclaimed, why: wake.sentence)
  }
}
