// The only writer: commits the plan in one transaction, then carries out its effects in their order
// and records each. It decides nothing. A failure never stops the rest; what was not done is the
// next tick's to do.
import SymphonyCore
import SymphonyPlatform

/// The results of carrying out a plan's effects.
struct CarriedOut: Sendable {
  /// Runs with an agent.
  var launched = 0
  /// Runs that remove a workspace.
  var cleanUps = 0
  var delivered = 0
  /// Every request of a delivery, in order, for traces.
  var deliveries: [DeliveryMade] = []
  /// Changes that the answers to deliveries made.
  var news: [News] = []
  /// One line each: what failed and will be tried again.
  var failures: [String] = []
  /// Nothing could be started: the further launches of this tick would meet the same.
  var cannotLaunch = false
  /// The state directory failed under an effect: full, or not writable.
  var stateTrouble: String?
  /// True when the deadline or a signal left effects for the next tick.
  var cutShort = false

  fileprivate mutating func note(
    _ answer: Result<Delivery, TrackerError>, to entry: OutboxEntry, _ record: ItemRecord,
    from start: Timestamp, to end: Timestamp
  ) {
    let (outcome, error): (String, String?) =
      switch answer {
      case .success(.waiting): ("waiting", nil)
      case .success(.superseded): ("superseded", nil)
      case .success: ("delivered", nil)
      case .failure(let error): ("failed", error.code)
      }
    deliveries.append(
      DeliveryMade(
        item: record.id, key: record.key, kind: entry.payload.storedKind.rawValue,
        tries: entry.tries, start: start, end: end, outcome: outcome, error: error))
  }
}

/// A delivery as it went.
struct DeliveryMade: Sendable {
  var item: ItemID
  var key: ItemKey
  var kind: String
  /// With this one.
  var tries: Int
  var start: Timestamp
  var end: Timestamp
  var outcome: String
  /// The code of what went wrong; nil: nothing did.
  var error: String?
}

/// The debts as they stand after the last delivery.
private struct OpenDebts {
  private var records: [ItemID: ItemRecord]
  private(set) var entries: [OutboxEntry]
  /// The state number.
  var number: Int64
  private var queue = DebtQueue()
  /// An answer set a hold on the tracker: no more is asked of it.
  private var isTrackerHeld = false

  init(_ state: StoredState) {
    records = Dictionary(state.items.map { ($0.id, $0) }) { first, _ in first }
    entries = state.outbox
    number = state.number
  }

  /// Nil for what stands behind a payment that failed, or behind the tracker's limit: it waits for
  /// a plan that knows of it.
  func payable(_ order: DeliveryOrder) -> (entry: OutboxEntry, record: ItemRecord)? {
    guard !isTrackerHeld, let entry = entries.first(where: { $0.dedupeKey == order.dedupeKey }),
      let record = records[order.item], queue.isFree(entry),
      !entry.payload.needsPullRequest || record.pullRequest != nil
    else { return nil }
    return (entry, record)
  }

  mutating func absorb(_ changes: [Change]) {
    for change in changes {
      switch change {
      case .putItem(let record): records[record.id] = record
      case .putOutbox(let after):
        entries = entries.map { $0.id == after.id ? after : $0 }
        if after.state == .pending { queue.wait(behind: after) }
      case .putHold(let hold): if hold.kind == .tracker { isTrackerHeld = true }
      case .insertRun, .putRun, .insertOutbox, .putPiece, .deleteHold, .deleteRequest,
        .appendLedger, .addUsage, .setFact, .moveNumber, .count:
        break
      }
    }
  }
}

struct Applier {
  let parts: TickParts
  let store: any TickStore
  /// Nil when none could be made: then nothing is launched or delivered.
  let tracker: (any Tracker)?
  /// For git in the workers; nothing where none is needed.
  let credentials: [CredentialOrder: Secret]
  let executor: any Executor
  let snapshot: Snapshot
  let deadline: TickDeadline
  let tenure: Tenure
  /// Enters the news of deliveries together with their rows.
  let desk: NewsDesk

  /// - Returns: false when the tick's time was over before the commit: then nothing may be acted
  ///   on.
  func commit(_ plan: Plan, facts: [Change]) throws(StoreError) -> Bool {
    guard deadline.mayBegin else { return false }
    guard tenure.lasts else { throw .changed(tenure.end) }
    let changes = plan.changes + facts
    if plan.launches.isEmpty {
      try store.commit(changes, basis: snapshot.state)
    } else {
      // Deliveries count for themselves; the rest of the effects is planned again by whoever does
      // not know of it.
      _ = try commit(changes, basis: snapshot.state, counting: snapshot.state.number)
    }
    return true
  }

  /// Commits before something is done outside, and moves the state number: row, then file.
  ///
  /// `number`: the state number so far.
  /// - Returns: the one from now on.
  private func commit(
    _ changes: [Change], basis: StoredState?, counting number: Int64
  ) throws(StoreError) -> Int64 {
    let file = StateNumber(stateDirectory: parts.stateDirectory)
    try file.prepare(number)
    try store.commit(changes + [.moveNumber(from: number, to: number + 1)], basis: basis)
    // Others may count on by now, and have paid what this was about to pay.
    guard tenure.lasts else { throw .changed(tenure.end) }
    try file.write(number + 1)
    guard tenure.lasts else { throw .changed(tenure.end) }
    return number + 1
  }

  func act(_ plan: Plan) async -> CarriedOut {
    var done = CarriedOut()
    var payments = Payments.notBegun
    for effect in plan.effects {
      guard deadline.mayBegin else {
        // Nothing is due of tidying up.
        if case .forget = effect { break }
        done.cutShort = true
        break
      }
      guard tenure.lasts else {
        done.failures.append("\(tenure.end); it goes on with what is left")
        break
      }
      do throws(ExecutorError) {
        switch effect {
        case .launch(let order): if !done.cannotLaunch { try launch(order, &done) }
        case .stop(let run, _, _, let by): try executor.end(run, by.end)
        case .kill(let run, _, _): try executor.end(run, .kill)
        case .sweep(let run, _, _): try executor.end(run, .sweep)
        case .clear(let run): try executor.end(run, .clear)
        case .forget(let run): try executor.forget(run)
        case .deliver(let order): await pay(order, &payments, &done)
        }
      } catch {
        note(error, of: effect, &done)
      }
    }
    return done
  }

  private func note(_ error: ExecutorError, of effect: Effect, _ done: inout CarriedOut) {
    if case .forget = effect {
      // Tidying up that fails is tried again and hinders nothing.
      return parts.log(.debug, "\(effect.subject): \(error.sentence)")
    }
    done.failures.append("\(effect.subject): \(error.sentence)")
    if case .disk(let what) = error { done.stateTrouble = what }
    if case .launch = effect {
      // Nothing is there of what was not launched: the next tick settles it, and it costs nothing.
      switch error {
      case .notLaunched, .disk: done.cannotLaunch = true
      case .alreadyLaunched, .unknownRun: break
      }
    }
  }

  private func launch(_ order: LaunchOrder, _ done: inout CarriedOut) throws(ExecutorError) {
    let spec = LaunchSpec.make(order, snapshot, parts)
    try executor.launch(
      spec,
      environment: LaunchSpec.environment(
        parts, snapshot.policy, order,
        credentials[CredentialOrder(order)] ?? snapshot.policy.tracker.token))
    if order.run.purpose == .work { done.launched += 1 } else { done.cleanUps += 1 }
    parts.log(.debug, "launched \(order.run.id) for \(order.item.key)")
  }

  private enum Payments {
    case notBegun
    case open(OpenDebts)
    /// Nothing can be recorded: the rest waits for the next tick.
    case over
  }

  private func pay(
    _ order: DeliveryOrder, _ payments: inout Payments, _ done: inout CarriedOut
  ) async {
    do throws(StoreError) {
      var debts: OpenDebts
      switch payments {
      case .notBegun: debts = OpenDebts(try store.load())
      case .open(let known): debts = known
      case .over: return
      }
      try await deliver(order, &debts, &done)
      payments = .open(debts)
    } catch {
      payments = .over
      if case .changed(let what) = error {
        // Its request may have been made: that is what the tries in its row are for.
        return done.failures.append("\(order.key): \(order.kind): \(what)")
      }
      done.failures.append("cannot record a delivery: \(error.sentence)")
      done.stateTrouble = error.sentence
    }
  }

  /// Marks the try, makes the request, records what came of it.
  ///
  /// Between the two writes the request may have happened unseen: that is what `tries` tells the
  /// adapter next time.
  private func deliver(
    _ order: DeliveryOrder, _ debts: inout OpenDebts, _ done: inout CarriedOut
  ) async throws(StoreError) {
    guard let (entry, record) = debts.payable(order) else { return }
    guard let tracker else {
      done.failures.append("\(order.key): \(order.kind): there is no tracker to deliver to")
      return
    }
    let begun = DeliverySettlement.begun(entry, now: snapshot.now)
    debts.number = try commit([.putOutbox(begun)], basis: nil, counting: debts.number)
    let start = parts.now()
    let answer: Result<Delivery, TrackerError>
    do throws(TrackerError) {
      // The adapter is told how often it was tried before this time.
      let delivery = try await tracker.deliver(entry, pullRequest: record.pullRequest)
      if case .waiting = delivery {} else { done.delivered += 1 }
      answer = .success(delivery)
    } catch {
      done.failures.append("\(record.key): \(order.kind): \(error.sentence)")
      answer = .failure(error)
    }
    done.note(answer, to: begun, record, from: start, to: parts.now())
    var facts = snapshot
    // Counted from 0 again: those of the plan are spent.
    facts.nonces = DrawnNonces(parts.random).text
    let settled = DeliverySettlement.settle(
      begun, answer, of: record, debts: debts.entries, in: facts)
    let lines = NewsLine.all(of: settled, record, in: snapshot, tick: desk.tick)
    // What another tick did since is not overwritten by an answer to this one.
    let still = Change.moveNumber(from: debts.number, to: debts.number)
    try store.commit([still] + settled.changes + desk.entering(lines), basis: nil)
    debts.absorb(settled.changes)
    done.news += settled.news
  }
}
