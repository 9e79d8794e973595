// Runs that end without a result, by whose fault it is: what this machine could not do costs an item
// nothing, and no clock that somebody sets ends a worker.
import SymphonyCore
import SymphonyTestSupport
import Testing

@Suite struct VanishTests {
  private func launched() -> World {
    var world = World(1..<2)
    world.tick()
    return world
  }

  @Test func whatWasNotLaunchedCostsNothingHoweverOften() throws {
    var world = launched()
    for _ in 0..<20 {
      world.vanish(1, as: .notLaunched)
      let plan = world.tick()
      #expect(plan.launched == [1], "nothing is waited for")
      #expect(!plan.has("sweep"), "nothing is there to be swept")
      let record = try #require(world.record(1))
      #expect(record.counters.failures == 0 && record.counters.vanishes == 0)
      #expect(record.counters.earlyVanishes == 0 && record.counters.transients == 0)
      #expect(record.counters.launches == 1 && record.runs == 1)
    }
    #expect(world.record(1)?.generation == 21, "a run's name is never used again")
  }

  @Test func anOperatorsStopOutlastsALaunchThatCameToNothing() throws {
    var world = launched()
    let run = try #require(world.run(1))
    world.state.runs[0].stop = StopOrder(
      by: .operator, why: "an operator stopped it", at: world.now)
    world.runs[run.id] = RunObservation(liveness: .vanished(.notLaunched))
    world.tick()
    #expect(world.claim(1) == "parked")
  }

  @Test func aCleanUpWaitsForItsMachineAndNoFailureIsCounted() throws {
    for (how, waits) in [(RunObservation.Vanishing.notLaunched, false), (.hindered, true)] {
      var world = launched()
      world.finish(1, .succeeded)
      world.issues[0].state = .closed
      world.watches = true
      let plan = world.tick()
      let order = try #require(plan.launches.first)
      #expect(order.run.purpose == .cleanUp)
      world.runs[order.run.id] = RunObservation(liveness: .vanished(how))
      let next = world.tick()
      #expect(next.launches.isEmpty == waits)
      #expect(world.record(1)?.cleanUpFailures == 0 && world.record(1)?.cleanUpProblem == nil)
      world.now = world.now + .minutes(1)
      #expect(waits == world.tick().launches.contains { $0.run.purpose == .cleanUp })
    }
  }

  @Test func aResultWithoutRoomSpendsNoAttemptAndWaitsLongerEachTime() throws {
    var world = launched()
    var delays: [Int64] = []
    for count in 1...9 {
      world.progress(1, dollars: 0.5)
      world.vanish(1, as: .hindered)
      world.tick()
      let record = try #require(world.record(1))
      #expect(record.counters.failures == 0 && record.counters.vanishes == 0)
      #expect(record.counters.transients == count && record.counters.launches == count)
      guard case .retrying(let retry) = record.claim else {
        Issue.record("not waiting")
        return
      }
      #expect(retry.kind == .resume)
      #expect(retry.sentence.contains("`symphony doctor` looks at the disks") == (count >= 7))
      delays.append(retry.deadline.delay.milliseconds)
      world.now = retry.deadline.time
      #expect(world.tick().launched == [1])
    }
    #expect(delays.first.map { (27_000...30_000).contains($0) } == true)
    #expect(delays.last.map { (1_620_000...1_800_000).contains($0) } == true)
    #expect(world.record(1)?.usage.costUSD == 4.5, "what it spent is spent")
  }

  @Test func aRunThatUsedNothingBeforeItsMachineFailedIsNoLaunch() {
    var world = launched()
    world.vanish(1, as: .hindered)
    world.tick()
    #expect(world.record(1)?.counters.launches == 0)
  }

  @Test func troubleOfTheMachineNeverParks() throws {
    var world = launched()
    world.policy.limits.maxAttempts = 2
    world.policy.limits.maxRunsPerItem = 3
    for count in 1...10 {
      world.finish(1, .failed) {
        $0.code = RunCode.machineTrouble
        $0.failure = .transient
        $0.summary = "this machine is in trouble: cannot write x: No space left on device"
      }
      world.tick()
      let record = try #require(world.record(1))
      #expect(record.counters.failures == 0 && record.counters.transients == count)
      guard case .retrying(let retry) = record.claim else {
        Issue.record("\(record.claim)")
        return
      }
      #expect(retry.sentence.contains("No space left on device"))
      #expect(!retry.sentence.contains("provider"), "it is not the provider's")
      world.now = retry.deadline.time
      #expect(world.tick().launched == [1])
    }
  }

  /// The next run may find the workspace gone, and the commits on the branch are this item's.
  @Test func aWorkerThatDiedBehindItsFenceHasTheBranch() throws {
    for isFenced in [false, true] {
      var world = launched()
      world.progress(1, dollars: 0)
      let run = try #require(world.run(1))
      world.runs[run.id]?.progress?.fenced = isFenced
      world.vanish(1, as: .died)
      let plan = world.tick()
      #expect(plan.launches.first?.item.ownsBranch == isFenced)
    }
  }

  // MARK: Clocks

  private func seen(_ world: World, age: Interval?, isIdentified: Bool = true) throws
    -> (RunID, RunObservation)
  {
    var vitals = RunObservation.Vitals()
    (vitals.age, vitals.isIdentified) = (age, isIdentified)
    return (try #require(world.run(1)).id, RunObservation(liveness: .alive(vitals)))
  }

  @Test func aClockThatIsSetEndsNoWorkerThatIsAboutToStart() throws {
    var world = launched()
    let (run, young) = try seen(world, age: .seconds(2), isIdentified: false)
    world.runs[run] = young
    world.now = world.now + .hours(2)
    #expect(!world.tick().has("kill"))
    world.now = world.now + .hours(-4)
    let (_, old) = try seen(world, age: .seconds(61), isIdentified: false)
    world.runs[run] = old
    #expect(world.tick().has("kill"))
  }

  /// A machine that slept, or whose clock was set, gave its worker no time to obey.
  @Test func theGraceOfAStopIsTheWorkersOwnTime() throws {
    var world = launched()
    let grace = Interval.seconds(15) + world.policy.hooks.timeout
    world.issues[0].state = .closed
    world.watches = true
    var (run, living) = try seen(world, age: .seconds(100))
    world.runs[run] = living
    #expect(world.tick().has("stop"))
    world.now = world.now + .hours(8)
    (run, living) = try seen(world, age: .seconds(101))
    world.runs[run] = living
    let woken = world.tick()
    #expect(woken.has("stop") && !woken.has("kill"))
    (run, living) = try seen(world, age: .seconds(101) + grace)
    world.runs[run] = living
    #expect(!world.tick().has("kill"), "to the end of it")
    (run, living) = try seen(world, age: .seconds(102) + grace)
    world.runs[run] = living
    #expect(world.tick().has("kill"))
  }

  @Test func aWorkerWhoseAgeNobodyKnowsHasTheTimeOfTheOrder() throws {
    var world = launched()
    world.issues[0].state = .closed
    world.watches = true
    #expect(world.tick().has("stop"))
    world.now = world.now + .seconds(15) + world.policy.hooks.timeout
    #expect(world.tick().has("kill"))
  }
}
