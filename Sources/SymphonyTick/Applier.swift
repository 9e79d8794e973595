// The only writer: commits the plan in one transaction, then carries out its actions in order and
// records each effect. A failure never stops the rest; what was not done is the next tick's to do.
import SymphonyCore
import SymphonyPlatform

struct Effects: Sendable {
  var launched = 0
  var delivered = 0
  /// One line each: what failed and will be tried again.
  var failures: [String] = []
  /// The state directory failed under an effect: full, or not writable.
  var stateTrouble: String?
  /// True when the deadline or a signal left actions for the next tick.
  var cutShort = false
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

  /// - Returns: false when the tick's time was over before the commit: then nothing may be acted
  ///   on.
  func commit(_ plan: Plan, facts: [Change]) throws(StoreError) -> Bool {
    FaultPoint.reach("before_commit")
    guard deadline.mayBegin else { return false }
    try store.commit(plan.changes + facts, basis: snapshot.state)
    FaultPoint.reach("after_commit")
    return true
  }

  func act(_ plan: Plan) async -> Effects {
    var effects = Effects()
    for action in plan.actions {
      guard deadline.mayBegin else {
        effects.cutShort = true
        break
      }
      perform(action, &effects)
    }
    await payDebts(plan, &effects)
    return effects
  }

  private func perform(_ action: Action, _ effects: inout Effects) {
    do throws(ExecutorError) {
      switch action {
      case .launch(let order): try launch(order, &effects)
      case .stop(let run, _, _, let by):
        try executor.end(run, by == .budget ? .endAgent : .stop)
      case .kill(let run, _, _): try executor.end(run, .kill)
      case .sweep(let run, _, _): try executor.end(run, .sweep)
      case .forgetRun(let run): try executor.forget(run)
      case .settle, .changeClaim, .enqueue, .hold, .liftHold, .deliver: return
      }
    } catch {
      if case .forgetRun = action {
        // Tidying up that fails is tried again and hinders nothing.
        return parts.log(.debug, "\(action.subject): \(error.sentence)")
      }
      effects.failures.append("\(action.subject): \(error.sentence)")
      if case .disk(let what) = error { effects.stateTrouble = what }
    }
  }

  private func launch(_ order: LaunchOrder, _ effects: inout Effects) throws(ExecutorError) {
    guard let repository = snapshot.survey.facts(of: order.item.repository) else { return }
    let spec = LaunchSpec.make(order, snapshot, repository, parts)
    FaultPoint.reach("before_launch")
    try executor.launch(
      spec,
      environment: LaunchSpec.environment(
        parts, snapshot.policy, order.agent, repository,
        credentials[CredentialOrder(order)] ?? snapshot.policy.tracker.token))
    FaultPoint.reach("after_launch")
    effects.launched += 1
    parts.log(.debug, "launched \(order.run.id) for \(order.item.key)")
  }

  /// Pays what the plan lists. What stands behind a payment that failed waits with it.
  private func payDebts(_ plan: Plan, _ effects: inout Effects) async {
    let orders = plan.actions.compactMap { if case .deliver(let order) = $0 { order } else { nil } }
    guard let tracker, !orders.isEmpty else { return }
    do throws(StoreError) {
      let state = try store.load()
      var records = Dictionary(state.items.map { ($0.id, $0) }) { first, _ in first }
      let debts = Dictionary(state.outbox.map { ($0.dedupeKey, $0) }) { first, _ in first }
      var queue = DebtQueue()
      for order in orders {
        guard let entry = debts[order.dedupeKey], let record = records[order.item],
          queue.isFree(entry)
        else { continue }
        guard deadline.mayBegin else {
          effects.cutShort = true
          return
        }
        let (changes, limited) = try await deliver(entry, record, tracker, &effects)
        for case .putItem(let after) in changes { records[entry.item] = after }
        let settled = changes.contains { change in
          if case .putOutbox(let after) = change { after.state != .pending } else { false }
        }
        if !settled { queue.wait(behind: entry) }
        if limited { return }
      }
    } catch {
      effects.failures.append("cannot record a delivery: \(error.sentence)")
      effects.stateTrouble = error.sentence
    }
  }

  /// Marks the try, makes the request, records what came of it. Between the two writes the request
  /// may have happened unseen: that is what `tries` tells the adapter next time.
  private func deliver(
    _ entry: OutboxEntry, _ record: ItemRecord, _ tracker: any Tracker, _ effects: inout Effects
  ) async throws(StoreError) -> (changes: [Change], limited: Bool) {
    if namesMissingPullRequest(entry, record) {
      let changes = DeliverySettlement.withdrawn(entry)
      try store.commit(changes, basis: nil)
      return (changes, false)
    }
    let begun = DeliverySettlement.begun(entry, now: snapshot.now)
    try store.commit([.putOutbox(begun)], basis: nil)
    FaultPoint.reach("before_delivery")
    var changes: [Change]
    var limited = false
    do throws(TrackerError) {
      // The adapter is told how often it was tried before this time.
      let delivery = try await tracker.deliver(entry, pullRequest: record.pullRequest)
      FaultPoint.reach("after_delivery")
      changes = DeliverySettlement.changes(
        begun, record, delivered: delivery, now: snapshot.now,
        clockOffset: snapshot.survey.clockOffset)
      if case .waiting = delivery {} else { effects.delivered += 1 }
    } catch {
      changes = DeliverySettlement.changes(
        begun, record, failed: error, now: snapshot.now,
        clockOffset: snapshot.survey.clockOffset)
      effects.failures.append("\(record.key): \(entry.payload.kind): \(error.sentence)")
      if case .rateLimited(let until, let why) = error {
        limited = true
        changes.append(
          .putHold(Housekeeping.trackerHold(until: until, why: why, now: snapshot.now)))
      }
    }
    try store.commit(changes, basis: nil)
    return (changes, limited)
  }

  private func namesMissingPullRequest(_ entry: OutboxEntry, _ record: ItemRecord) -> Bool {
    entry.payload.needsPullRequest && record.pullRequest == nil
  }
}
