// What follows when an agent's account cannot be used: at its limit, or until a person acts. Nobody
// starts before the hold ends, exactly one run probes, and no attempt is spent.
import SymphonyCore
import Testing

@Suite struct AgentHoldTests {
  static func world(_ count: Int, slots: Int = 3) -> World {
    var world = World(1..<(count + 1))
    world.policy.limits.maxConcurrent = slots
    return world
  }

  /// Twenty items, and the third run meets the limit: nothing starts before the reset, exactly one
  /// run after it, and the rest once that one was served.
  @Test(arguments: [false, true]) func twentyItemsAndALimitAtTheThird(reboots: Bool) {
    var world = Self.world(20)
    #expect(world.tick().launched == [1, 2, 3])
    let reset = world.now + .hours(2)
    world.finish(3, .failed) { $0.fail(.limited(until: reset)) }
    #expect(world.tick().launched.isEmpty)
    for number in 1...2 { world.succeedWithCommits(number) }
    if reboots { world.bootID = "boot-2" }
    while world.now < reset {
      let plan = world.tick()
      #expect(plan.launched.isEmpty, "nothing starts at \(world.now.rfc3339)")
      #expect(world.verdict(plan, 4) == "held")
      world.now = world.now + .minutes(10)
    }
    world.now = reset
    #expect(world.tick().launched.count == 1, "one probe")
    for _ in 0..<3 { #expect(world.tick().launched.isEmpty, "and no second") }
    let probe = world.state.runs.first?.item
    #expect(probe != nil)
    // The probe's worker is killed: nothing is known, so there is one probe again.
    if reboots { world.bootID = "boot-3" }
    if let number = world.record(of: probe)?.number { world.vanish(number) }
    #expect(world.tick().launched.count == 1)
    #expect(world.tick().launched.isEmpty)
    let failures = world.state.items.map(\.counters.failures)
    #expect(failures.reduce(0, +) == (reboots ? 0 : 1), "only the killed probe on one boot counts")
    if let number = world.record(of: world.state.runs.first?.item)?.number {
      world.succeedWithCommits(number)
    }
    #expect(world.tick().launched.count == 3)
    #expect(world.state.holds.isEmpty)
  }

  @Test func theLatestResetCountsAndAProbeThatMeetsTheLimitHoldsAgain() {
    var world = Self.world(4)
    world.tick()
    world.finish(1, .failed) { $0.fail(.limited(until: noon + .hours(3))) }
    world.finish(2, .failed) { $0.fail(.limited(until: noon + .hours(2))) }
    world.tick()
    #expect(world.state.holds.map(\.until?.time) == [noon + .hours(3)])
    world.succeedWithCommits(3)
    world.now = noon + .hours(3)
    #expect(world.tick().launched.count == 1)
    let again = world.now + .hours(1)
    let probe = world.record(of: world.state.runs.first?.item)?.number ?? 0
    world.finish(probe, .failed) { $0.fail(.limited(until: again)) }
    #expect(world.tick().launched.isEmpty)
    #expect(world.state.holds.map(\.until?.time) == [again])
    #expect(world.record(probe)?.counters.failures == 0)
  }

  /// A run from before the hold tells nothing about what came after it.
  @Test func onlyARunFromAfterTheHoldLiftsIt() {
    var world = Self.world(3)
    world.tick()
    world.finish(1, .failed) { $0.fail(.limited(until: noon + .hours(1))) }
    world.tick()
    world.now = noon + .hours(2)
    #expect(world.tick().launched.count == 1)
    world.succeedWithCommits(2)
    world.tick()
    #expect(world.state.holds.count == 1, "an older run ended well")
  }

  @Test func aProbeThatNeverAskedTheAgentProvesNothing() {
    let ends: [(Outcome, (inout RunResult) -> Void)] = [
      (.failed, { $0.code = "hook_failed" }), (.failed, { $0.fail(.transient) }),
      (.failed, { $0.code = "remote_failed" }), (.failed, { $0.fail(.misconfigured) }),
      (.stalled, { $0.turns = 1 }), (.cancelled, { $0.turns = 1 }),
    ]
    for (outcome, edit) in ends {
      var world = Self.world(3)
      world.tick()
      world.finish(1, .failed) { $0.fail(.limited(until: noon + .hours(1))) }
      for number in 2...3 { world.finish(number, .cancelled) }
      world.tick()
      world.now = noon + .hours(1)
      world.tick()
      let probe = world.record(of: world.state.runs.first?.item)?.number ?? 0
      world.finish(probe, outcome, edit)
      world.tick()
      #expect(world.state.holds.filter { $0.kind == .agent }.count == 1)
      #expect(world.state.runs.count <= 1, "still one at a time")
    }
  }

  @Test func aLimitWithoutAResetIsAskedLessAndLessOften() {
    var world = Self.world(1)
    world.policy.limits.maxRunsPerItem = nil
    world.tick()
    var minutes: [Int64] = []
    for _ in 0..<7 {
      world.finish(1, .failed) { $0.fail(.limited(until: nil)) }
      #expect(world.tick().launched.isEmpty)
      guard let until = world.state.holds.first?.until else {
        Issue.record("no hold")
        return
      }
      minutes.append(until.delay.milliseconds / 60_000)
      world.now = until.time
      #expect(world.tick().launched == [1])
    }
    #expect(minutes == [15, 30, 60, 120, 240, 300, 300])
    #expect(world.record(1)?.counters.failures == 0)
  }

  @Test func whatAPersonHasToMendStopsDispatchToThatAgentAndSaysSo() {
    var world = Self.world(4)
    world.tick()
    world.finish(1, .failed) {
      $0.fail(.operator)
      $0.summary = "the agent failed in turn 1: Not logged in · Please run /login"
    }
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "agent_unavailable")
    #expect(world.verdict(plan, 4) == "agent_unavailable")
    #expect(world.reason(plan, 4)?.sentence.contains("Please run /login") == true)
    #expect(world.reason(plan, 4)?.sentence.contains("symphony resume") == true)
    #expect(world.state.holds.map(\.needsOperator) == [true])
    #expect(world.record(1)?.counters.failures == 0)
    for number in 2...3 { world.finish(number, .cancelled) }
    var minutes: [Int64] = []
    for _ in 0..<6 {
      guard let until = world.state.holds.first?.until else { break }
      minutes.append(until.delay.milliseconds / 60_000)
      #expect(world.tick().launched.isEmpty)
      world.now = until.time
      #expect(world.tick().launched.count == 1, "one run looks whether somebody has logged in")
      let probe = world.record(of: world.state.runs.first?.item)?.number ?? 0
      world.finish(probe, .failed) { $0.fail(.operator) }
      world.tick()
    }
    #expect(minutes == [5, 10, 20, 40, 60, 60])
    // `symphony resume` takes the hold away.
    world.state.holds = []
    #expect(!world.tick().launched.isEmpty)
  }

  @Test func theOtherAgentGoesOn() {
    var world = Self.world(4)
    var codex = AgentPolicy()
    (codex.kind, codex.account) = ("codex", Account("codex"))
    world.policy.otherAgents["codex"] = codex
    var change = AgentChange()
    change.kind = "codex"
    world.policy.rules = [AgentRule(labels: ["deep"], fields: [:], change: change)]
    world.issues[3].labels.append("Deep")
    world.policy.limits.maxConcurrent = 1
    world.tick()
    world.finish(1, .failed) { $0.fail(.limited(until: noon + .hours(1))) }
    let plan = world.tick()
    #expect(plan.launched == [4])
    #expect(plan.launches.first?.agent.kind == "codex")
    #expect(world.run(4)?.account == Account("codex"))
    // Its good end says nothing about the account that is held, also once that could be probed.
    world.issues[3].priority = 0
    world.finish(4, .cancelled)
    world.now = noon + .hours(1)
    #expect(world.tick().launched == [4])
    world.succeedWithCommits(4)
    #expect(world.tick().launched.count == 1, "the probe of the other account")
    #expect(world.state.holds.map(\.scope) == ["claude_code"])
  }

  /// The worker wrote the limit down before it died.
  @Test(arguments: [true, false]) func aWorkerKilledAtTheLimitSpendsNoAttempt(rebooted: Bool) {
    var world = Self.world(2, slots: 1)
    world.tick()
    world.progress(1, dollars: 0)
    world.vanish(1)
    if let run = world.run(1) {
      world.runs[run.id]?.progress = RunProgress(
        nonce: run.nonce, phase: .agent, phaseSince: noon)
      world.runs[run.id]?.progress?.failure = .limited(until: noon + .hours(1))
    }
    if rebooted { world.bootID = "boot-2" }
    #expect(world.tick().launched.isEmpty)
    #expect(world.record(1)?.counters.failures == 0)
    #expect(world.record(1)?.counters.vanishes == 0)
    #expect(world.state.holds.map(\.until?.time) == [noon + .hours(1)])
  }

  @Test func aProvidersTroubleSpendsNoAttemptAndWaitsLongerEachTime() {
    var world = Self.world(2, slots: 2)
    world.policy.limits.maxAttempts = 1
    world.tick()
    var seconds: [Int64] = []
    for _ in 0..<8 {
      world.finish(1, .failed) { $0.fail(.transient) }
      let plan = world.tick()
      #expect(world.verdict(plan, 1) == "retry_waiting")
      #expect(world.state.holds.isEmpty, "another item is not kept from trying")
      guard case .retrying(let retry)? = world.record(1)?.claim else { return }
      seconds.append(retry.deadline.delay.milliseconds / 1000)
      world.now = retry.deadline.time
      world.tick()
    }
    for (index, wait) in seconds.enumerated() {
      let full: Int64 = min(30 << Int64(index), 1800)
      let range: ClosedRange<Int64> = full * 9 / 10...full
      #expect(range.contains(wait), "wait \(index + 1): \(wait) s")
    }
    #expect(world.record(1)?.counters.failures == 0)
    world.finish(1, .failed) { $0.fail(.agent) }
    #expect(world.verdict(world.tick(), 1) == "attempts_exhausted")
    #expect(world.record(1)?.counters.transients == 0)
  }

  @Test func aSessionIsKeptWithItsAccountUntilItIsLost() {
    var world = Self.world(1)
    world.policy.agent.account = Account("codex/other")
    world.tick()
    world.finish(1, .failed) {
      $0.fail(.agent)
      $0.session = SessionRef(id: "s")
    }
    world.tick()
    #expect(
      world.record(1)?.session == OwnedSession(SessionRef(id: "s"), of: Account("codex/other")))
    world.now = world.now + .minutes(1)
    world.tick()
    world.finish(1, .failed) {
      $0.fail(.agent)
      $0.lostSession = true
    }
    world.tick()
    #expect(world.record(1)?.session == nil)
  }

  @Test func aContextThatOverflowsEndsTheSession() {
    var world = Self.world(1)
    world.tick()
    let session = SessionRef(id: "s")
    world.finish(1, .failed) {
      $0.fail(.agent)
      $0.session = session
    }
    world.tick()
    #expect(world.record(1)?.session?.session == session)
    world.now = world.now + .minutes(1)
    world.tick()
    world.finish(1, .failed) {
      $0.fail(.contextOverflow)
      $0.session = session
    }
    world.tick()
    #expect(world.record(1)?.session == nil)
    #expect(world.record(1)?.counters.failures == 2, "it was a real attempt")
  }

  @Test func whatCannotWorkParksAtOnce() {
    var world = Self.world(1)
    world.tick()
    world.finish(1, .failed) {
      $0.fail(.misconfigured)
      $0.summary = "error: unknown option '--nope'"
    }
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "agent_misconfigured")
    #expect(world.reason(plan, 1)?.sentence.contains("unknown option") == true)
  }

  /// A night's outage, or a night nobody is logged in: nothing was served, so nothing is parked.
  @Test(arguments: [Failure.transient, .operator, .limited(until: nil)])
  func anOutageOfANightParksNobody(failure: Failure) {
    var world = Self.world(3)
    func live(_ minutes: Int64, spending dollars: Double) {
      for number in 1...3 where world.run(number) != nil {
        world.finish(number, .failed) {
          $0.fail(failure)
          $0.spend(dollars)
        }
      }
      world.tick()
      world.now = world.now + .minutes(minutes)
    }
    for _ in 0..<84 { live(10, spending: 0) }
    #expect(world.state.items.allSatisfy { $0.runs > 0 })
    #expect(!world.state.items.contains { $0.claim.state == .parked })
    // What was served counts, whatever it came to.
    for _ in 0..<140 { live(300, spending: 0.01) }
    #expect(world.state.items.allSatisfy { $0.verdict == "run_limit" })
  }

  @Test func aPushThatIsOwedDoesNotWaitForAnAgent() {
    var world = Self.world(2)
    world.tick()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.push = .unpushed(head: "0123456789abcdef", why: "no route")
    }
    world.finish(2, .failed) { $0.fail(.limited(until: noon + .days(3))) }
    world.tick()
    world.now = world.now + .hours(1)
    world.agentProblems = [world.policy.agent: "claude is not in PATH"]
    #expect(world.tick().launched == [1])
    // The commit is not there any more: the work has to be done again, and waits for the agent.
    world.finish(1, .failed) { $0.code = "debt_gone" }
    let plan = world.tick()
    #expect(plan.launched.isEmpty && world.record(1)?.unpushed == nil)
    #expect(world.verdict(plan, 1) == "held")
    #expect(world.record(1)?.counters.failures == 0)
  }

  /// Else one agent's word, or clock, would silence all of its account; and it is not asked once a
  /// minute for as long as it says so.
  @Test(arguments: [-1, -2400, 8 * 24 + 1, 9999 * 24])
  func aResetThatCannotBeOneHoldsTheItemAlone(hours: Int64) throws {
    var world = Self.world(2, slots: 1)
    world.tick()
    var waits: [Interval] = []
    for _ in 0..<4 {
      let reset = world.now + .hours(hours)
      world.finish(1, .failed) { $0.fail(.limited(until: reset)) }
      let plan = world.tick()
      #expect(world.state.holds.isEmpty)
      #expect(world.verdict(plan, 1) == "retry_waiting")
      #expect(plan.launched.isEmpty || plan.launched == [2], "the other item takes the slot")
      guard case .retrying(let retry)? = world.record(1)?.claim else {
        Issue.record("not retrying: \(String(describing: world.record(1)?.claim))")
        return
      }
      let sentence = plan.verdicts.first { $0.item == .issue(1) }?.reason.sentence ?? ""
      #expect(sentence.contains("no other item waits for it"))
      waits.append(retry.deadline.delay)
      if world.run(2) != nil { world.finish(2, .cancelled) }
      world.now = retry.deadline.time
      world.tick()
    }
    #expect(waits == waits.sorted() && (waits.last ?? .zero) > .minutes(3))
    #expect(world.record(1)?.counters.failures == 0)
  }

  @Test func aClockThatIsSetBackReleasesOneProbeToo() {
    var world = Self.world(6)
    world.tick()
    world.finish(1, .failed) { $0.fail(.limited(until: noon + .hours(5))) }
    for number in 2...3 { world.finish(number, .cancelled) }
    world.tick()
    world.now = noon - .minutes(10)
    #expect(world.tick().launched.count == 1)
    #expect(world.tick().launched.isEmpty)
  }

  @Test func aLimitWithoutAResetThatADeadWorkerToldOfHoldsToo() {
    var world = Self.world(2, slots: 1)
    world.tick()
    world.vanish(1)
    if let run = world.run(1) {
      var progress = RunProgress(nonce: run.nonce, phase: .agent, phaseSince: noon)
      progress.failure = .limited(until: nil)
      world.runs[run.id]?.progress = progress
    }
    #expect(world.tick().launched.isEmpty)
    #expect(world.state.holds.map(\.until?.delay) == [.minutes(15)])
    #expect(world.record(1)?.counters.vanishes == 0)
  }
}

extension World {
  func record(of id: ItemID?) -> ItemRecord? { state.items.first { $0.id == id } }
}
