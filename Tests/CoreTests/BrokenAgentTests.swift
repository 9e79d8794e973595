// An agent that is broken for all is held for the operator before it parks every item; one that
// fails on an item or two, late, or after work, is not.
import SymphonyCore
import Testing

@Suite struct BrokenAgentTests {
  static func world(_ count: Int, attempts: Int = 3) -> World {
    var world = World(1..<(count + 1))
    world.policy.limits.maxConcurrent = 1
    world.policy.limits.maxAttempts = attempts
    return world
  }

  static func crash(_ result: inout RunResult) {
    result.fail(.agent)
    result.summary = "libfoo.so.3: cannot open shared object file"
  }

  /// Ends whatever lives, again and again.
  static func run(
    _ world: inout World, rounds: Int, _ edit: (inout RunResult) -> Void = crash
  ) {
    for _ in 0..<rounds {
      world.tick()
      for number in RemoteHoldTests.living(world) { world.finish(number, .failed, edit) }
      world.tick()
      world.now = world.now + .minutes(6)
    }
  }

  @Test func crashesOnThreeItemsHoldTheAccount() {
    var world = Self.world(6)
    world.policy.limits.maxConcurrent = 3
    Self.run(&world, rounds: 100)
    #expect(world.state.items.allSatisfy { $0.claim.state != .parked })
    let hold = world.state.holds.first
    #expect(hold?.kind == .agent && hold?.needsOperator == true)
    #expect(hold?.why.contains("used nothing, on 3 different items") == true, "\(hold?.why ?? "")")
    #expect(hold?.why.contains("libfoo.so.3") == true)
    #expect(hold?.until?.delay == .hours(1), "asked less and less often")
    let plan = world.tick()
    #expect(world.verdict(plan, 6) == "agent_unavailable" || plan.launched.count == 1)
    // Mended: the probe is served, and the others follow.
    world.now = world.now + .hours(2)
    world.tick()
    #expect(world.state.runs.count == 1, "one probe")
    for number in RemoteHoldTests.living(world) { world.succeedWithCommits(number) }
    #expect(world.tick().launched.count == 3)
    #expect(world.state.holds.isEmpty)
  }

  /// Where attempts or slots are few, some are parked before it shows.
  @Test(arguments: [false, true])
  func whatWasParkedByItIsWorkedOnAgainOnceItIsMended(resumes: Bool) {
    var world = Self.world(4, attempts: 1)
    Self.run(&world, rounds: 10)
    #expect(world.state.items.map(\.claim.state).filter { $0 == .parked }.count == 2)
    world.now = world.now + .hours(2)
    if resumes { world.state.holds = [] }
    world.tick()
    for number in RemoteHoldTests.living(world) { world.succeedWithCommits(number) }
    Self.run(&world, rounds: 5) { $0.spend(0.1) }
    for number in 1...2 { #expect((world.record(number)?.runs ?? 0) >= 2, "\(number)") }
  }

  @Test func twoItemsMayBeAtFaultThemselves() {
    var world = Self.world(2)
    Self.run(&world, rounds: 10)
    #expect(world.state.items.allSatisfy { $0.claim.state == .parked })
    #expect(world.state.holds.isEmpty)
  }

  static let others: [(String, @Sendable (inout RunResult) -> Void)] = [
    (
      "it was served",
      {
        $0.fail(.agent)
        $0.spend(0.1)
      }
    ),
    (
      "it worked",
      {
        $0.fail(.agent)
        $0.madeProgress = true
      }
    ),
    (
      "it took its time",
      {
        $0.fail(.agent)
        $0.startedAt = $0.endedAt - .minutes(2)
      }
    ),
    ("a hook failed", { $0.code = "hook_failed" }),
    (
      "its session is gone",
      {
        $0.fail(.agent)
        $0.lostSession = true
      }
    ),
  ]

  @Test(arguments: others)
  func otherFailuresAreTheItems(_ name: String, _ edit: @Sendable (inout RunResult) -> Void) {
    var world = Self.world(4)
    Self.run(&world, rounds: 20, edit)
    #expect(world.state.items.allSatisfy { $0.claim.state == .parked }, "\(name)")
    #expect(world.state.holds.isEmpty, "\(name)")
  }

  @Test func aRunThatWasServedEndsTheSuspicion() {
    var world = Self.world(5, attempts: 1)
    Self.run(&world, rounds: 2)
    Self.run(&world, rounds: 1) { $0.spend(0.1) }
    Self.run(&world, rounds: 2)
    #expect(world.state.holds.isEmpty)
    #expect(world.state.items.allSatisfy { $0.claim.state == .parked })
  }
}
