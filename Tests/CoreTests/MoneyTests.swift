// Limits on money and tokens: what a run may spend, what parks an item, what stops a day. Living runs
// count as far as they told.
import SymphonyCore
import Testing

@Suite struct MoneyTests {
  static let today = String(noon.rfc3339.prefix(10))

  @Test func aRunGetsTheTightestOfAllLimits() {
    func budget(
      run: Double?, item: Double?, day: Double?, tokens: Int64? = nil, spent: Double = 0
    ) -> RunBudget? {
      var world = World(1..<2)
      world.policy.agent.budget.maxCostPerRun = run
      world.policy.agent.budget.maxCostPerItem = item
      world.policy.agent.budget.maxTokensPerItem = tokens
      world.policy.limits.maxCostPerDay = day
      world.tick()
      world.finish(1, .cancelled) { $0.spend(spent, tokens: 100) }
      return world.tick().launches.first?.budget
    }
    #expect(budget(run: nil, item: nil, day: nil) == nil)
    #expect(budget(run: 1, item: 4, day: 9) == .init(costUSD: 1, scope: .run, tokens: nil))
    #expect(
      budget(run: 3, item: 4, day: 9, spent: 2) == .init(costUSD: 2, scope: .item, tokens: nil))
    #expect(
      budget(run: 3, item: 9, day: 4, spent: 2) == .init(costUSD: 2, scope: .day, tokens: nil))
    #expect(
      budget(run: nil, item: nil, day: nil, tokens: 500)
        == .init(costUSD: nil, scope: .item, tokens: 400))
  }

  @Test func aBudgetIsReachedByDollarsOrTokens() {
    let budget = RunBudget(costUSD: 1, scope: .day, tokens: 50)
    var usage = Usage()
    #expect(budget.reached(by: usage) == nil)
    usage.costUSD = 0.99
    usage.outputTokens = 49
    #expect(budget.reached(by: usage) == nil)
    usage.outputTokens = 50
    #expect(budget.reached(by: usage) == .item)
    usage.costUSD = 1
    #expect(budget.reached(by: usage) == .day)
  }

  /// What was finished before the money ran out is committed and pushed.
  @Test func aStopForMoneyEndsTheAgentAlone() {
    #expect(StopOrder.By.budget.end == .endAgent)
    for by in [StopOrder.By.operator, .reconcile, .watchdog] { #expect(by.end == .stop) }
  }

  @Test func theDaysLimitHoldsTheWorkflowUntilMidnight() {
    var world = World(1..<5)
    world.policy.limits.maxCostPerDay = 5
    world.policy.limits.maxConcurrent = 1
    world.tick()
    world.spend(4, on: Self.today)
    world.spend(100, on: "2030-03-16")
    world.finish(1, .failed) { $0.spend(0.5) }
    #expect(world.tick().launched == [2], "4.50 of 5: yesterday does not count")
    // The living run tells of another 60 cents.
    world.progress(2, dollars: 0.6)
    var plan = world.tick()
    #expect(world.verdict(plan, 3) == "over_budget")
    #expect(world.verdict(plan, 2) == "stopping", "what is alive is ended, to go on tomorrow")
    #expect(world.run(2)?.stop?.by == .budget)
    world.finish(2, .cancelled) { $0.spend(0.6) }
    plan = world.tick()
    #expect(plan.launched.isEmpty)
    #expect(world.verdict(plan, 2) == "over_budget")
    #expect(world.record(2)?.counters.failures == 0)
    #expect(
      world.state.totals.filter { $0.day == Self.today }.map(\.usage.costUSD) == [4, 0.5, 0.6])
    world.now = Timestamp(milliseconds: (noon.milliseconds / 86_400_000 + 1) * 86_400_000)
    #expect(world.tick().launched == [1], "a new day")
  }

  @Test func anItemOverItsLimitIsParkedUntilTheLimitIsRaised() {
    var world = World(1..<3)
    world.policy.agent.budget.maxCostPerItem = 2
    world.tick()
    world.finish(1, .failed) {
      $0.fail(.budget(.item))
      $0.spend(2.01)
    }
    var plan = world.tick()
    #expect(world.verdict(plan, 1) == "item_over_budget")
    #expect(world.verdict(plan, 2) == "running", "the others go on")
    #expect(world.record(1)?.counters.failures == 0)
    world.tick()
    // A retry changes nothing about what it cost.
    world.ask(.retry, 1)
    plan = world.tick()
    #expect(world.verdict(plan, 1) == "item_over_budget")
    #expect(plan.launched.isEmpty)
    world.policy.agent.budget.maxCostPerItem = 3
    #expect(world.tick().launched == [1])
    #expect(world.tick().launched.isEmpty)
  }

  @Test func aLivingRunCountsForItsItem() {
    var world = World(1..<2)
    world.policy.agent.budget.maxTokensPerItem = 1000
    world.tick()
    world.progress(1, dollars: 0, tokens: 999)
    #expect(world.verdict(world.tick(), 1) == "running")
    world.progress(1, dollars: 0, tokens: 1000)
    #expect(world.verdict(world.tick(), 1) == "stopping")
    world.finish(1, .cancelled) { $0.spend(0, tokens: 1000) }
    #expect(world.verdict(world.tick(), 1) == "item_over_budget")
  }

  /// A killed worker's money is not forgotten.
  @Test func whatAVanishedRunSpentIsBooked() {
    var world = World(1..<2)
    world.tick()
    world.progress(1, dollars: 1.25, tokens: 10)
    let seen = world.run(1).flatMap { world.runs[$0.id]?.progress }
    world.vanish(1)
    if let run = world.run(1) { world.runs[run.id]?.progress = seen }
    world.tick()
    #expect(world.record(1)?.usage.costUSD == 1.25)
    #expect(
      world.state.totals
        == [
          UsageTotal(
            day: Self.today, account: Account("claude_code"), model: "m",
            usage: TurnUsage.sample(1.25, tokens: 10).usage)
        ])
  }

  @Test func totalsAreByAgentAndModel() {
    var world = World(1..<2)
    world.tick()
    world.finish(1, .failed) {
      $0.spent = [
        .sample(1, tokens: 5, turn: 1, model: "opus"), .sample(0.1, turn: 1, model: "haiku"),
        .sample(2, tokens: 7, turn: 2, model: "opus"),
      ]
      $0.usage = $0.spent.total
    }
    let settled = world.decide().plan.changes.compactMap { change in
      if case .putRun(let run) = change { run } else { nil }
    }
    #expect(settled.first?.spent.count == 3, "the run keeps its turns")
    world.tick()
    #expect(world.state.totals.map(\.model) == ["haiku", "opus"])
    #expect(world.state.totals.map(\.usage.costUSD) == [0.1, 3])
    #expect(world.record(1)?.usage.costUSD == 3.1)
  }

  @Test func aPushThatIsOwedCostsNothingAndGoesOut() {
    var world = World(1..<2)
    world.policy.limits.maxCostPerDay = 1
    world.policy.agent.budget.maxCostPerItem = 1
    world.tick()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.spend(2)
      $0.push = .unpushed(head: "0123456789abcdef", why: "no route")
    }
    world.tick()
    world.now = world.now + .minutes(1)
    let plan = world.tick()
    #expect(plan.launched == [1])
    #expect(plan.launches.first?.budget == nil, "it needs none: no turn begins in it")
    #expect(world.verdict(world.tick(), 1) == "running", "nor is it stopped for what is spent")
  }

  @Test func aRunOverItsOwnBudgetIsAnAttempt() {
    var world = World(1..<2)
    world.tick()
    world.finish(1, .failed) {
      $0.fail(.budget(.run))
    }
    #expect(world.verdict(world.tick(), 1) == "retry_waiting")
    #expect(world.record(1)?.counters.failures == 1)
  }

  /// Runs that ended in this tick are booked before the living are judged.
  @Test func anImmediateSecondTickFindsNothingToStop() {
    var world = World(1..<3)
    world.policy.limits.maxConcurrent = 2
    world.policy.limits.maxCostPerDay = 10
    world.tick()
    world.progress(1, dollars: 2)
    world.progress(2, dollars: 5)
    world.finish(2, .failed) { $0.spend(9) }
    #expect(world.verdict(world.tick(), 1) == "stopping")
    #expect(world.tick().changes.isEmpty)
  }

  /// Which limit is an item's is not known while nobody can read it.
  @Test func anUnreadItemIsNotJudgedByAnothersLimit() {
    var world = World(1..<2)
    world.policy.agent.budget.maxCostPerItem = 5
    world.policy.rules = [
      RuleTests.rule(labels: ["big"]) { $0.edit = { $0.budget.maxCostPerItem = 50 } }
    ]
    world.edit(1) { $0.labels.append("big") }
    world.tick()
    world.progress(1, dollars: 7)
    #expect(world.verdict(world.tick(), 1) == "running")
    world.candidatesOverride = .skipped
    #expect(world.verdict(world.tick(), 1) == "running")
  }

  @Test func absurdFiguresStayFiguresAndReachTheLimit() {
    var sum = Usage()
    for _ in 0..<3 { sum += TurnUsage.sample(1e308, tokens: .max).usage }
    #expect(sum.costUSD.isFinite && sum.inputTokens == .max && sum.totalTokens == .max)
    sum.outputTokens = 5
    #expect(sum.totalTokens == .max)
    #expect(RunBudget(costUSD: 1, scope: .run, tokens: nil).reached(by: sum) == .run)
    #expect(RunBudget(costUSD: nil, scope: .item, tokens: 9).reached(by: sum) == .item)
  }

  /// Agents that tell their cost only at the end cannot spend the day's money more than once.
  @Test func whatIsPromisedToLivingRunsIsNotPromisedAgain() {
    var world = World(1..<8)
    world.policy.limits.maxConcurrent = 4
    world.policy.limits.maxCostPerDay = 1
    var plan = world.tick()
    #expect(plan.launches.compactMap(\.budget?.costUSD) == [0.25, 0.25, 0.25, 0.25])
    world.finish(1, .failed) { $0.spend(0.25) }
    plan = world.tick()
    #expect(plan.launched.isEmpty)
    #expect(world.verdict(plan, 5) == "held")
    #expect(world.reason(plan, 5)?.sentence.contains("promised to living runs") == true)
    // One that came out cheaper leaves its rest to others.
    world.finish(2, .failed) { $0.spend(0.05) }
    plan = world.tick()
    let budgets = plan.launches.compactMap(\.budget?.costUSD)
    #expect(budgets.count == 2 && abs(budgets.reduce(0, +) - 0.2) < 1e-9)
    #expect(world.verdict(plan, 7) == "held")
  }

  /// Nothing that lives could give anything back before midnight.
  @Test func aDayThatIsNearlySpentIsOver() {
    var world = World(1..<3)
    world.policy.limits.maxCostPerDay = 100
    world.tick()
    world.finish(1, .failed) { $0.spend(49.5) }
    world.finish(2, .failed) { $0.spend(50) }
    world.tick()
    world.now = world.now + .minutes(1)
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "over_budget")
    #expect(world.reason(plan, 1)?.sentence.contains("promised") == false)
  }

  /// Slots that nobody waits for get nothing of it.
  @Test func theDayIsSharedByThoseWhoMayStart() {
    for (items, shares) in [(1, [3.0]), (2, [1.5, 1.5])] {
      var world = World(1..<items + 1)
      world.policy.limits.maxConcurrent = 10
      world.policy.limits.maxCostPerDay = 3
      #expect(world.tick().launches.compactMap(\.budget?.costUSD) == shares)
    }
  }
}
