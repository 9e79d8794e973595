// Laws every plan obeys, over many seeded random histories: the fixed point, the limits, one
// verdict per item, the same plan twice, no stop and no wake without a cause, and an end to every
// story.
import SymphonyCore
import SymphonyTestSupport
import Testing

@Suite struct PlanLawTests {
  @Test(arguments: 0..<40) func randomHistoriesObeyTheLaws(seed: Int) {
    var history = RandomHistory(seed: seed)
    var resting: [ItemID: Int] = [:]
    for step in 0..<40 {
      history.disturb()
      let place: Comment = "seed \(seed) step \(step)"
      let before = history.world
      let (plan, snapshot) = before.decide()
      #expect(plan == Planner.plan(shuffled(snapshot, &history.dice)), "determinism, \(place)")
      history.world.apply(plan)
      let world = history.world
      checkRows(world, before.state, plan, place)
      checkLaunches(world, plan, snapshot, place)
      checkStops(before, plan, snapshot, place)
      MoneyLaws.check(before, world, plan, place)
      checkDebts(world, place)
      checkRest(history, before.state, &resting, place)
      checkFixedPoint(world, snapshot, place)
      checkThatWhatIsListedIsAll(before, plan, snapshot, place)
      checkThatWhatIsListedIsDone(before, plan, snapshot, place)
    }
    checkThatPeopleAreHeard(&history, "seed \(seed)")
  }

  /// The same facts in another order: a plan must not hang on how a dictionary is laid out.
  func shuffled(_ snapshot: Snapshot, _ dice: inout Dice) -> Snapshot {
    var other = snapshot
    other.state.items.shuffle(using: &dice)
    if case .items(let items) = other.survey.candidates {
      other.survey.candidates = .items(items.shuffled(using: &dice))
    }
    other.survey.answers.reserveCapacity(1000)
    other.survey.pullRequests.reserveCapacity(1000)
    return other
  }

  func checkRows(_ world: World, _ before: StoredState, _ plan: Plan, _ place: Comment) {
    let live = world.state.runs
    #expect(Set(live.map(\.item)).count == live.count, "one live run per item, \(place)")
    #expect(
      plan.verdicts.map(\.item).sorted() == world.state.items.map(\.id),
      "one verdict each, \(place)")
    for record in world.state.items {
      let old = before.items.first { $0.id == record.id }
      #expect(record.generation >= old?.generation ?? 0, "generations only grow, \(place)")
      // Runs that only push what is owed are launched beyond it.
      let more =
        record.counters.launches
        > max(
          old?.counters.launches ?? 0, world.policy.limits.maxRunsPerItem ?? .max)
      #expect(!more || record.unpushed != nil, "\(place)")
      if case .running(let id) = record.claim { #expect(live.contains { $0.id == id }, "\(place)") }
    }
    for run in live where run.purpose == .work {
      let record = world.state.items.first { $0.id == run.item }
      #expect(record?.claim == .running(run.id), "a live run holds its claim, \(place)")
    }
  }

  func checkLaunches(_ world: World, _ plan: Plan, _ snapshot: Snapshot, _ place: Comment) {
    let work = plan.launches.filter { $0.run.purpose == .work }
    let limits = world.policy.limits
    let live = world.state.runs.filter { $0.purpose == .work }.compactMap { run in
      world.state.items.first { $0.id == run.item }
    }
    #expect(live.count <= limits.maxConcurrent, "the limit holds, \(place)")
    let confirmed = snapshot.confirmed ?? []
    #expect(work.allSatisfy { confirmed.contains($0.item.id) }, "looked at once more, \(place)")
    #expect(snapshot.survey.statusProblem == nil || work.isEmpty, "no status, no launch, \(place)")
    for order in work {
      #expect(order.workItem.map { $0.state == .open && $0.contentType != .redacted } == true)
      let status = order.item.status?.folded ?? ""
      if let limit = limits.maxByStatus[status] {
        #expect(live.filter { $0.status?.folded == status }.count <= limit, "by status, \(place)")
      }
      let repository = order.item.repository
      if let limit = limits.maxByRepository[repository.description] {
        #expect(
          live.filter { $0.repository == repository }.count <= limit, "by repository, \(place)")
      }
    }
  }

  /// A run is stopped for what an answer says, or because an operator asked; never for want of an
  /// answer.
  func checkStops(_ before: World, _ plan: Plan, _ snapshot: Snapshot, _ place: Comment) {
    for case .stop(let id, _, let why, _) in plan.effects {
      guard let run = before.state.runs.first(where: { $0.id == id }), run.stop == nil,
        let record = before.state.items.first(where: { $0.id == run.item }),
        !before.state.requests.contains(where: { $0.item == run.item && $0.kind == .stop }),
        !MoneyLaws.isForMoney(plan, id)
      else { continue }
      let fact = snapshot.survey.pullRequest(of: HeadRef(record.repository, record.branch))
      let (known, isGone) = snapshot.survey.told(of: run.item)
      let isOut = known.map { item in
        item.state == .closed
          || snapshot.survey.statusProblem == nil
            && Eligibility.runningObstacle(item, policy: snapshot.policy.tracker) != nil
      }
      #expect(
        isGone || fact?.state == .merged || isOut == true,
        "stopped without a cause (\(why)), \(place)")
      #expect(!snapshot.survey.isCached, "\(place)")
    }
  }

  func checkDebts(_ world: World, _ place: Comment) {
    var seen: Set<String> = []
    for entry in world.state.outbox {
      var what = "\(entry.item) \(entry.payload.kind)"
      switch entry.payload {
      case .setStatus(let order): what += " " + order.value
      case .setLabels(let order): what += " \(order.move)"
      case .comment(let order): what += " " + order.text
      case .reply(let order): what += " " + order.thread
      case .resolveThread(let order): what += " " + order.thread
      case .ensurePullRequest, .convertDraft, .closeIssue, .requestReview, .rerunChecks,
        .updateBranch, .merge:
        break
      }
      #expect(seen.insert(what).inserted, "owed twice: \(what), \(place)")
    }
  }

  /// What came to rest stays so until a person touches it.
  func checkRest(
    _ history: RandomHistory, _ before: StoredState, _ resting: inout [ItemID: Int],
    _ place: Comment
  ) {
    for record in history.world.state.items {
      let old = before.items.first { $0.id == record.id }?.claim
      if let since = resting[record.id], let old, old.isAtRest, !record.claim.isAtRest {
        #expect(
          history.touched[record.id] ?? -1 >= since,
          "\(record.key) woke from \(old) by itself, \(place)")
      }
      if record.claim.isAtRest, old?.state != record.claim.state {
        resting[record.id] = history.step
      }
    }
  }

  /// Nothing changed in the world since: a second tick has nothing to do but to note in silence
  /// what is only read back after our own writes.
  func checkFixedPoint(_ world: World, _ seen: Snapshot, _ place: Comment) {
    var world = world
    for _ in 0..<4 {
      var snapshot = world.snapshot
      snapshot.survey = seen.survey
      snapshot.confirmed = seen.confirmed
      let plan = Planner.plan(snapshot)
      let moved = plan.changes.contains { change in
        guard case .putItem(let row) = change else { return false }
        return row.claim.state != world.state.items.first { $0.id == row.id }?.claim.state
      }
      #expect(
        plan.launches.isEmpty && plan.owed.isEmpty && !moved && !plan.has("settle"),
        "fixed point, \(place): \(plan.listed) \(plan.news)")
      if plan.changes.isEmpty { return }
      world.apply(plan)
    }
    Issue.record("it never comes to rest, \(place)")
  }

  /// Carried out without a fault, a plan leaves no debt that could be paid in the same tick.
  func checkThatWhatIsListedIsAll(
    _ before: World, _ plan: Plan, _ seen: Snapshot, _ place: Comment
  ) {
    var world = before
    world.carryOut(plan)
    var snapshot = world.snapshot
    snapshot.survey = seen.survey
    snapshot.confirmed = seen.confirmed
    // With the same old look at the tracker a plan may enter a debt again that has been paid: the
    // store knows its key.
    let stored = Set(world.state.outbox.map(\.dedupeKey))
    let left = Planner.plan(snapshot).effects.compactMap { effect in
      if case .deliver(let order) = effect { order.dedupeKey } else { nil }
    }
    #expect(
      plan.leavesDebts || left.allSatisfy { !stored.contains($0) },
      "what is listed is all, \(place): \(left)")
  }

  /// A rehearsal lists what the tick after it carries out: its nonces are other ones, nothing else.
  func checkThatWhatIsListedIsDone(
    _ before: World, _ plan: Plan, _ seen: Snapshot, _ place: Comment
  ) {
    var other = seen
    other.nonces = { String(seen.nonces($0).reversed()) }
    #expect(Planner.plan(other).listed == plan.listed, "the same on other nonces, \(place)")
    var world = before
    world.checksAreGreen = true
    let carriedOut = world.carryOut(plan)
    #expect(carriedOut == plan.listed, "listed and not done, \(place)")
  }

  /// Once everything is mended and paid, a person's touch wakes whatever waits for one.
  func checkThatPeopleAreHeard(_ history: inout RandomHistory, _ place: Comment) {
    history.mend()
    history.showAll()
    history.world.checksAreGreen = true
    for _ in 0..<6 {
      history.world.deliverAll()
      history.finishCleanUps(all: true)
      history.world.tick()
      history.world.now = history.world.now + .minutes(10)
    }
    for record in history.world.state.items where record.claim.isAtRest {
      guard let item = history.world.issues.first(where: { $0.id == record.id }),
        item.state == .open, item.openBlockers == 0
      else { continue }
      var world = history.world
      var plan = Plan(verdicts: [], effects: [], news: [], changes: [], notes: [])
      if world.policy.tracker.usesBoard {
        for status in ["Backlog", "Todo"] {
          world.change(record.id) { $0.status = status }
          plan = world.tick()
          world.now = world.now + .minutes(1)
        }
      } else {
        for labels in [[], ["symphony"]] {
          world.change(record.id) { $0.labels = labels }
          plan = world.tick()
          world.now = world.now + .minutes(1)
        }
      }
      let after = world.state.items.first { $0.id == record.id }
      let isPublished = plan.verdicts.first { $0.item == record.id }?.reason.code == "handed_off"
      #expect(
        after?.claim.isAtRest == false || isPublished,
        "\(record.key) in \(record.claim) hears nobody, \(place)")
    }
  }

  /// Left to itself, with agents that always fail or never commit, every item comes to rest.
  @Test(arguments: [Outcome.failed, .succeeded, .vanished]) func everyStoryEnds(outcome: Outcome) {
    var world = World(1..<4)
    for _ in 0..<100 {
      for number in 1...3 {
        if outcome == .vanished { world.vanish(number) } else { world.finish(number, outcome) }
      }
      world.tick()
      world.now = world.now + .minutes(6)
    }
    #expect(world.state.runs.isEmpty)
    #expect(world.state.items.allSatisfy { $0.claim.state == .parked })
  }
}

extension Claim {
  /// Nothing of it goes on by itself.
  var isAtRest: Bool {
    switch self {
    case .handedOff, .parked, .released: true
    case .unclaimed, .running, .retrying: false
    }
  }
}
