// What operators ask for: what is said of a request at once, what the planner makes of it, and that no
// request outlives a later one or is lost while a run is still ending.
import SymphonyCore
import SymphonyTestSupport
import Testing

@Suite struct SteeringTests {
  private func answer(_ kind: OperatorRequest.Kind, _ world: World, _ number: Int = 1) -> String {
    guard let record = world.record(number) else { return "none" }
    switch Steering(world.state, at: world.now).answer(kind, record) {
    case .accepted(let sentence): return sentence
    case .already(let sentence): return "already: \(sentence)"
    case .refused(let sentence, let hint): return "refused: \(sentence) -> \(hint)"
    }
  }

  private func running(_ numbers: Range<Int> = 1..<2) -> World {
    var world = World(numbers)
    world.tick()
    return world
  }

  private func ended(_ edit: (inout World) -> Void) -> World {
    var world = running()
    edit(&world)
    world.tick()
    return world
  }

  @Test func aRequestThatCannotDoAnythingSaysSo() {
    let retry = "`symphony stop acme/app#1` comes first"
    #expect(answer(.retry, running()) == "refused: a run of it is under way -> \(retry)")
    let parked = ended { $0.finish(1, .blocked) { $0.summary = "which?" } }
    #expect(answer(.stop, parked).hasPrefix("refused: it is parked already: "))
    #expect(answer(.retry, parked) == "it runs again, counters at zero")
    let handedOff = ended { $0.succeedWithCommits(1) }
    #expect(answer(.stop, handedOff).hasPrefix("refused: no run of it is under way"))
    #expect(answer(.retry, handedOff) == "another round of work begins on its branch")
    let closed = ended { $0.release() }
    #expect(answer(.stop, closed).hasPrefix("refused: "))
    #expect(answer(.release, closed).hasPrefix("refused: it is released already"))
    #expect(!answer(.release, closed).contains("symphony retry"), "it would be refused as well")
    let merged = ended { $0.succeedWithCommits(1) }
    #expect(answer(.release, merged).hasPrefix("nothing runs for it until"))
    let over = {
      var world = merged
      world.tick()
      world.setPullRequest(.merged)
      world.tick()
      world.finish(1, .succeeded) { $0.removed = true }
      world.tick()
      return world
    }()
    #expect(over.claim(1) == "released")
    #expect(answer(.release, over).hasPrefix("refused: it is released already"))
    #expect(answer(.release, over).contains("takes it up again if the issue is open"))
    #expect(answer(.retry, over).hasPrefix("another round of work begins if the issue is open"))
    var letGo = closed
    letGo.state.items[0].claim = .released(
      Release(reason: .operator, at: letGo.now, pullRequest: nil))
    #expect(answer(.retry, letGo) == "it runs again if the issue is open, counters at zero")
    #expect(answer(.retry, closed).hasPrefix("refused: a retry cannot start it"))
    #expect(answer(.retry, closed).contains("the issue is closed"))
    let gone = ended { $0.release(gone: true) }
    #expect(answer(.retry, gone).contains("the tracker no longer has it"))
  }

  /// What an item spent is counted for good, and a day's money is everybody's.
  @Test func aRetryDoesNotPretendToGetPastMoney() throws {
    var world = running()
    world.policy.agent.budget.maxCostPerItem = 2
    world.finish(1, .failed) { $0.usage.costUSD = 3 }
    world.tick()
    world.tick()
    #expect(world.claim(1) == "parked", "\(world.record(1)?.verdict as Any)")
    let told = answer(.retry, world)
    #expect(told.hasPrefix("what it spent stays counted, so it is parked again unless"), "\(told)")
    #expect(told.contains("agent.max_cost_usd_per_item allows $2"), "\(told)")
    world.ask(.retry, 1)
    #expect(world.verdict(world.tick(), 1) == "item_over_budget", "as it was told")

    var day = running(1..<3)
    day.finish(1, .blocked) { $0.summary = "which?" }
    day.finish(2, .failed)
    day.tick()
    #expect(answer(.retry, day) == "it runs again, counters at zero")
    day.policy.limits.maxCostPerDay = 2
    day.spend(3, on: String(day.now.rfc3339.prefix(10)))
    day.now = day.now + .minutes(2)
    day.tick()
    #expect(day.record(2)?.verdict == "over_budget")
    #expect(
      answer(.retry, day).hasPrefix("it runs again, counters at zero; nothing starts before "))
    day.ask(.retry, 1)
    #expect(day.verdict(day.tick(), 1) == "over_budget", "as it was told")
  }

  @Test func aBlockedIssueIsNotRetried() {
    var world = World(1..<2)
    world.issues[0].labels = []
    world.tick()
    #expect(world.record(1)?.verdict == "label_missing")
    #expect(
      answer(.retry, world) == "refused: a retry cannot start it, as the last tick saw it: "
        + "lacks the required label symphony -> `symphony why acme/app#1` looks now and says what "
        + "would have to change")
    #expect(answer(.release, world).hasPrefix("refused: nothing of it is held"))
    #expect(answer(.stop, world).hasPrefix("it is parked, and nothing of it starts until"))
  }

  @Test func theSameRequestTwiceIsOne() {
    var world = running()
    world.ask(.stop, 1)
    #expect(answer(.stop, world).hasPrefix("already: a stop was asked for at "))
    world.tick()
    #expect(answer(.stop, world).hasPrefix("already: its agent is being ended"))
    #expect(answer(.retry, world).hasPrefix("once its run has ended"))
  }

  @Test func aRetryBehindAStopWaitsForTheEndOfTheRun() {
    var world = running()
    world.ask(.stop, 1)
    world.ask(.retry, 1)
    world.tick()
    #expect(world.state.requests.map(\.kind) == [.retry])
    world.tick()
    #expect(world.state.requests.map(\.kind) == [.retry])
    world.finish(1, .cancelled)
    #expect(world.tick().launched == [1])
    #expect(world.state.requests.isEmpty)
  }

  @Test(arguments: [OperatorRequest.Kind.retry, .release]) func aLaterStopTakesBack(
    _ kind: OperatorRequest.Kind
  ) {
    var world = running()
    world.ask(.stop, 1)
    world.ask(kind, 1)
    world.tick()
    world.ask(.stop, 1)
    world.tick()
    #expect(world.state.requests.isEmpty)
    world.finish(1, .cancelled)
    #expect(world.verdict(world.tick(), 1) == "stopped_by_operator")
    world.tick()
    #expect(world.claim(1) == "parked")
  }

  @Test func whatIsStoppedWithAllGoesOnTogether() {
    var world = running(1..<4)
    for number in 1...3 { #expect(world.claim(number) == "running") }
    world.ask(.stop, 3)
    for number in 1...3 { world.ask(.stopAll, number) }
    func stopped() -> [String] {
      Steering(world.state, at: world.now).stoppedWithAll.map(\.key.reference)
    }
    #expect(stopped() == ["1", "2"], "asked for, and not ordered yet")
    world.tick()
    #expect(stopped() == ["1", "2"], "ordered, and not ended yet")
    world.finish(1, .failed)
    world.vanish(2)
    world.finish(3, .cancelled)
    let plan = world.tick()
    for number in 1...3 { #expect(world.verdict(plan, number) == "stopped_by_operator") }
    #expect(stopped() == ["1", "2"])
    let failures = world.record(1)?.counters
    for number in 1...3 { world.ask(.goOn, number) }
    #expect(world.tick().launched == [1, 2])
    #expect(world.record(1)?.counters.failures == failures?.failures)
    #expect(world.record(1)?.wake == nil, "nobody touched the issue")
    #expect(world.claim(3) == "parked", "a stop by issue is not undone")
    #expect(world.state.requests.isEmpty)
  }

  @Test func goingOnWaitsForTheEndOfTheRun() {
    var world = running()
    world.ask(.stopAll, 1)
    world.tick()
    world.ask(.goOn, 1)
    world.tick()
    #expect(world.state.requests.map(\.kind) == [.goOn])
    world.finish(1, .cancelled)
    #expect(world.tick().launched == [1])
  }

  @Test func aStopOfTheIssueOutlastsOneOfAll() {
    var world = running()
    world.ask(.stopAll, 1)
    world.tick()
    world.finish(1, .cancelled)
    world.tick()
    #expect(answer(.stop, world).hasPrefix("it stays parked, also after"))
    world.ask(.stop, 1)
    world.tick()
    #expect(Steering(world.state, at: world.now).stoppedWithAll.isEmpty)
    world.ask(.goOn, 1)
    #expect(world.tick().launched.isEmpty)
  }

  @Test func aReleaseEndsTheRunFirstAndNothingOnTheTrackerUndoesIt() {
    var world = running()
    world.ask(.release, 1)
    let plan = world.tick()
    #expect(plan.has("stop") && world.claim(1) == "running")
    #expect(world.state.requests.count == 1, "kept until the run has ended")
    world.executorFails = true
    world.tick()
    #expect(world.state.requests.count == 1)
    world.executorFails = false
    world.finish(1, .cancelled)
    world.tick()
    #expect(world.claim(1) == "released" && world.state.requests.isEmpty)
    #expect(world.run(1)?.purpose == .cleanUp)
    world.finish(1, .succeeded) { $0.removed = true }
    #expect(world.verdict(world.tick(), 1) == "released_by_operator")
    world.now = world.now + .hours(1)
    world.edit(1) { $0.title = "again, please" }
    let later = world.tick()
    #expect(later.launched.isEmpty && world.verdict(later, 1) == "released_by_operator")
    #expect(answer(.retry, world) == "it runs again if the issue is open, counters at zero")
    world.ask(.retry, 1)
    #expect(world.tick().launched == [1])
  }

  // MARK: Holds

  private func hold(_ account: String, until: Interval, _ world: World) -> Hold {
    Hold(
      kind: .byOperator, scope: account, why: "budget",
      until: Deadline(setAt: world.now, delay: until), setAt: world.now)
  }

  @Test func anAgentHeldByAnOperatorStartsNothingUntilItsEnd() {
    var world = World(1..<2)
    let account = world.policy.agent.account
    world.state.holds = [hold(account.text, until: .hours(1), world)]
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "held")
    #expect(
      world.reason(plan, 1)?.sentence.contains(
        "is held by an operator (`symphony resume \(account)` lifts it): budget") == true)
    world.now = world.now + .hours(1)
    #expect(world.tick().launched == [1])
    #expect(world.state.holds.isEmpty)
  }

  @Test func anotherAgentGoesOn() {
    var world = World(1..<2)
    world.state.holds = [hold("another", until: .hours(1), world)]
    #expect(world.tick().launched == [1])
  }

  @Test func noRunAndNoLimitTouchesAnOperatorsHold() {
    var world = running()
    let account = world.policy.agent.account.text
    let hold = hold(account, until: .hours(5), world)
    world.state.holds = [hold]
    let reset = world.now + .minutes(10)
    world.finish(1, .failed) { $0.fail(.limited(until: reset)) }
    world.tick()
    #expect(world.state.holds.contains(hold) && world.state.holds.count == 2)
    // The limit is over, and a run that began before ends well.
    world.now = world.now + .hours(1)
    #expect(world.tick().launched.isEmpty)
    #expect(world.state.holds.contains(hold))
    var other = running()
    other.state.holds = [hold]
    other.finish(1, .succeeded) { $0.spend(1) }
    other.tick()
    #expect(other.state.holds == [hold])
  }

  @Test(arguments: [Hold.Kind.pause, .byOperator])
  func aClockSetBackEndsNothingThatAPersonSet(_ kind: Hold.Kind) {
    var world = World(1..<2)
    var hold = hold(world.policy.agent.account.text, until: .hours(1), world)
    hold.kind = kind
    world.state.holds = [hold]
    world.now = world.now - .minutes(30)
    #expect(world.tick().launched.isEmpty)
    #expect(world.state.holds == [hold])
  }

  @Test func aPauseSaysItsEnd() {
    var world = World(1..<2)
    world.state.holds = [
      Hold(
        kind: .pause, scope: "", why: "lunch", until: Deadline(setAt: noon, delay: .hours(1)),
        setAt: noon)
    ]
    let end = (noon + .hours(1)).rfc3339
    #expect(world.reason(world.tick(), 1)?.sentence == "paused: lunch, until \(end)")
  }
}
