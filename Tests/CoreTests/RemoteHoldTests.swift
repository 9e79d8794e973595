// A git remote out of reach holds its repository: nothing is counted against anybody, one run at a
// time looks whether it is back, and what waits says why.
import SymphonyCore
import Testing

@Suite struct RemoteHoldTests {
  static func away(_ result: inout RunResult) {
    result.code = "remote_failed"
    result.summary = "Could not resolve host: git.example.org"
  }

  static func world(_ count: Int) -> World {
    var world = World(1..<(count + 1))
    world.policy.limits.maxConcurrent = 3
    world.policy.limits.maxRunsPerItem = 2
    world.policy.limits.maxAttempts = 2
    return world
  }

  /// The live runs' items, by number.
  static func living(_ world: World) -> [Int] {
    world.state.runs.compactMap { run in world.record(of: run.item)?.number }
  }

  @Test func aNightWithoutTheRemoteParksNobody() {
    var world = Self.world(4)
    #expect(world.tick().launched == [1, 2, 3])
    var probes = 0
    for _ in 0..<60 {
      for number in Self.living(world) { world.finish(number, .failed, Self.away) }
      let plan = world.tick()
      #expect(plan.launched.isEmpty, "held from the first failure on")
      for number in 1...4 {
        let reason = world.reason(plan, number)
        #expect(reason?.code == "held")
        #expect(reason?.sentence.contains("Could not resolve host: git.example.org") == true)
        #expect(reason?.sentence.contains("acme/app") == true)
      }
      world.now = world.now + .minutes(10)
      let next = world.tick()
      probes += next.launched.count
      #expect(next.launched.count == 1, "one probe")
      #expect(world.tick().launched.isEmpty, "and no second")
    }
    #expect(probes == 60)
    for number in 1...4 {
      #expect(world.record(number)?.counters.failures == 0)
      #expect((world.record(number)?.counters.launches ?? 9) <= 1, "only the one under way")
    }
    // The remote is back: the probe is at its agent, and the others need not wait for its end.
    if let number = Self.living(world).first { world.progress(number, dollars: 0) }
    #expect(world.tick().launched.count == 2)
    #expect(world.state.holds.isEmpty)
  }

  @Test func theHoldGrowsWithEachProbeUpToTheBackoffsLimit() {
    var world = Self.world(1)
    world.tick()
    var seconds: [Int64] = []
    for _ in 0..<7 {
      world.finish(1, .failed, Self.away)
      world.tick()
      guard let until = world.state.holds.first?.until else {
        Issue.record("no hold")
        return
      }
      seconds.append(until.delay.milliseconds / 1000)
      world.now = until.time
      #expect(world.tick().launched == [1])
    }
    #expect(seconds == [10, 20, 40, 80, 160, 300, 300])
  }

  @Test func anotherRepositoryGoesOn() {
    var world = World.board(1..<5) { $0.policy.limits.maxConcurrent = 2 }
    world.tick()
    world.finish(1, .failed, Self.away)
    let plan = world.tick()
    #expect(plan.launched == [4], "of the other repository")
    #expect(world.verdict(plan, 1) == "held" && world.verdict(plan, 3) == "held")
    #expect(world.state.holds.map(\.scope) == ["acme/app"])
  }

  @Test func aRunFromBeforeTheHoldDoesNotLiftIt() {
    var world = Self.world(3)
    world.tick()
    world.finish(1, .failed, Self.away)
    world.progress(2, dollars: 0)
    world.succeedWithCommits(3)
    world.tick()
    world.now = world.now + .hours(1)
    world.tick()
    #expect(world.state.holds.count == 1)
    world.succeedWithCommits(1)
    world.tick()
    #expect(world.state.holds.isEmpty, "the probe's end shows it as well")
  }

  @Test func anOwedPushWaitsForItsRemoteAndNamesTheCommit() {
    var world = Self.world(2)
    world.tick()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.push = .unpushed(head: "0123456789abcdef", why: "no route")
    }
    world.tick()
    world.finish(2, .failed, Self.away)
    world.now = world.now + .seconds(30)
    let reason = world.reason(world.tick(), 1)
    #expect(reason?.code == "unpushed")
    #expect(reason?.sentence.contains("0123456789ab") == true)
    #expect(reason?.sentence.contains("Could not resolve host") == true)
  }

  @Test func aCleanUpWaitsWithoutBeingCounted() {
    var world = Self.world(2)
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    world.close(1)
    #expect(world.tick().has("clean_up"))
    world.finish(1, .failed, Self.away)
    #expect(!world.tick().has("clean_up"))
    #expect(world.record(1)?.cleanUpFailures == 0)
    world.now = world.now + .minutes(1)
    #expect(world.tick().has("clean_up"))
  }

  /// What the agent was paid for is no launch to be given back.
  @Test func aRunThatUsedSomethingCountsAsALaunch() {
    var world = Self.world(1)
    world.tick()
    world.finish(1, .failed) {
      Self.away(&$0)
      $0.spend(0.5)
    }
    world.tick()
    #expect(world.record(1)?.counters.launches == 1)
  }
}
