// Laws every plan obeys, over many seeded random worlds: the fixed point, the limits, one verdict
// per item, the same plan twice, and an end to every story.
import SymphonyCore
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014): one seed, one history.
struct Dice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

@Suite struct PlanLawTests {
  /// One random event between two ticks.
  func disturb(_ world: inout World, _ dice: inout Dice) {
    let number = Int.random(in: 1...6, using: &dice)
    switch Int.random(in: 0..<14, using: &dice) {
    case 0...3: world.succeedWithCommits(number)
    case 4: world.finish(number, .failed)
    case 5: world.finish(number, .succeeded) { $0.madeProgress = Bool.random(using: &dice) }
    case 6: world.vanish(number, withIdentity: Bool.random(using: &dice))
    case 7: world.vanish(number, leftovers: [9])
    case 8: world.finish(number, .cancelled)
    case 9: world.close(number)
    case 10: world.deliverAll(pullRequest: number)
    case 11:
      world.finish(number, .succeeded) {
        $0.commitsAhead = 1
        $0.push = .unpushed(head: "h", why: "w")
      }
    case 12:
      world.bootID = "boot-\(Int.random(in: 1...3, using: &dice))"
    default: world.candidatesOverride = Bool.random(using: &dice) ? nil : .failed(.unreachable("x"))
    }
    for (id, run) in world.runs {
      if case .ended(let result) = run.liveness,
        world.state.runs.first(where: { $0.id == id })?.purpose == .cleanUp
      {
        var removed = result
        removed.removed = true
        world.runs[id]?.liveness = .ended(removed)
      }
    }
    world.now = world.now + .seconds(Int64.random(in: 0...400, using: &dice))
  }

  @Test(arguments: 0..<40) func randomHistoriesObeyTheLaws(seed: Int) {
    var dice = Dice(state: UInt64(seed))
    var world = World(1..<7)
    world.policy.limits.maxConcurrent = 2
    for step in 0..<40 {
      disturb(&world, &dice)
      let snapshot = world.snapshot
      let plan = Planner.plan(snapshot)
      #expect(plan == Planner.plan(snapshot), "the same snapshot gives the same plan")
      let before = world.state
      world.apply(plan)
      checkLaws(world, before, plan, "seed \(seed) step \(step)")
      // Nothing changed in the world since: a second tick has nothing to do (it may note the fingerprint of
      // an item parked in the first, which is read back after our own writes on purpose).
      let second = Planner.plan(world.snapshot)
      let late = second.changes.filter { change in
        if case .putItem(let row) = change {
          row.claim.state != world.state.items.first { $0.id == row.id }?.claim.state
        } else {
          false
        }
      }
      #expect(
        second.launches.isEmpty && late.isEmpty,
        "fixed point, seed \(seed) step \(step): \(second.actions)")
    }
  }

  func checkLaws(_ world: World, _ before: StoredState, _ plan: Plan, _ place: Comment) {
    let live = world.state.runs
    #expect(Set(live.map(\.item)).count == live.count, "one live run per item, \(place)")
    #expect(live.filter { $0.purpose == .work }.count <= 2, "the limit holds, \(place)")
    #expect(
      Set(plan.verdicts.map(\.item)) == Set(world.state.items.map(\.id)),
      "one verdict each, \(place)")
    for record in world.state.items {
      let old = before.items.first { $0.id == record.id }
      #expect(record.generation >= old?.generation ?? 0, "generations only grow, \(place)")
      #expect(record.counters.launches <= world.policy.limits.maxRunsPerItem, "\(place)")
      if case .running(let id) = record.claim { #expect(live.contains { $0.id == id }, "\(place)") }
    }
    for run in live where run.purpose == .work {
      let record = world.state.items.first { $0.id == run.item }
      #expect(record?.claim == .running(run.id), "a live run holds its claim, \(place)")
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
    #expect(world.state.items.allSatisfy { $0.claim.state == "parked" })
  }
}
