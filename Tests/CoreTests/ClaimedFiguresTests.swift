// An agent's numbers are claims: what cannot be true is bounded, named, and counts for nobody but
// the item whose agent said so.
import SymphonyCore
import Testing

@Suite struct ClaimedFiguresTests {
  private static func world(_ items: Int, slots: Int = 1, perDay: Double? = 50) -> World {
    var world = World(1..<(items + 1))
    world.policy.limits.maxConcurrent = slots
    world.policy.limits.maxCostPerDay = perDay
    return world
  }

  private static func usage(_ dollars: Double, input: Int64 = 0, output: Int64 = 0) -> Usage {
    var usage = Usage()
    usage.costUSD = dollars
    usage.inputTokens = input
    usage.outputTokens = output
    return usage
  }

  @Test(arguments: [
    usage(1e308), usage(1000), usage(.infinity), usage(0, input: .max), usage(0, output: .max),
    usage(0, input: 600_000_000, output: 400_000_000),
  ])
  func oneReportUsesUpNobodysDay(claimed: Usage) {
    var world = Self.world(2)
    #expect(world.tick().launched == [1])
    world.finish(1, .failed) { result in
      var spent: [TurnUsage] = []
      spent.set(1, ["m": claimed])
      result.spent = spent
      result.usage = spent.total
      result.session = SessionRef(id: "s", counted: ["m": claimed])
    }
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "figures_in_doubt")
    #expect(plan.launched == [2], "the other item goes on")
    #expect(world.state.totals.isEmpty)
    #expect(world.record(1)?.usage.isBelievable == false, "the item itself is charged")
    #expect(world.record(1)?.session == nil, "a counter that jumped is not built on")
  }

  @Test func aLivingRunsClaimEndsNoOther() {
    var world = Self.world(2, slots: 2)
    world.tick()
    world.progress(1, dollars: 5000)
    let plan = world.tick()
    #expect(world.verdict(plan, 2) == "running", "it is not ended for the day's money")
    world.finish(2, .cancelled)
    let next = world.tick()
    #expect(!["over_budget", "held"].contains(world.verdict(next, 2)), "nor is it kept waiting")
  }

  @Test func finishedWorkIsHandedOffWhateverItsAgentClaims() {
    var world = Self.world(1)
    world.tick()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.madeProgress = true
      $0.turns = 1
      $0.push = .pushed(head: "abc")
      $0.spend(1e9)
    }
    #expect(world.verdict(world.tick(), 1) == "pull_request_owed")
    #expect(world.state.totals.isEmpty)
  }

  @Test func aDeadWorkersClaimIsNoMoreBelieved() {
    var world = Self.world(2)
    world.tick()
    world.vanish(1)
    world.progress(1, dollars: 1e6)
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "figures_in_doubt")
    #expect(world.tick().launched + plan.launched == [2])
    #expect(world.state.totals.isEmpty)
  }

  @Test func figuresThatCanBeTrueAreBookedAsEver() {
    var world = Self.world(2)
    world.tick()
    world.finish(1, .failed) { $0.spend(49, tokens: 900_000_000) }
    world.tick()
    #expect(world.state.totals.map(\.usage.costUSD) == [49])
  }

  @Test func aTurnKeepsTwentyNamesAndItsSum() {
    var models: ModelUsage = [:]
    for number in 0..<500 { models["m\(number)"] = Self.usage(1.5, input: 7) }
    var spent: [TurnUsage] = []
    spent.set(1, models)
    #expect(spent.count == ModelUsage.namesKept + 1)
    #expect(spent.total.costUSD == 750 && spent.total.inputTokens == 3500)
    #expect(spent.disbelief == nil)
    // Each name within its bound, all together not.
    for number in 0..<5 { models["m\(number)"] = Self.usage(300) }
    spent.set(1, models)
    #expect(spent.unbelievableTurns == [1])
    spent.set(2, ["m": Self.usage(1)])
    #expect(spent.believed.map(\.turn) == [2])
  }

  @Test func aClaimedTimeIsAlwaysOneThatCanBeJudged() {
    for (seconds, text) in [
      (1e300, "9999-12-31T23:59:59Z"), (.infinity, "9999-12-31T23:59:59Z"),
      (-1e300, "1970-01-01T00:00:00Z"), (1_795_230_000, "2026-11-21T03:00:00Z"),
    ] {
      #expect(Timestamp(claimedSeconds: seconds)?.rfc3339 == text)
    }
    #expect(Timestamp(claimedSeconds: .nan) == nil)
  }

  @Test func whatIsNoFigureCountsNothing() {
    var spent: [TurnUsage] = []
    spent.set(1, ["a": Self.usage(.nan), "b": Self.usage(-5, input: -9, output: -1)])
    #expect(spent.total == Usage())
  }
}
