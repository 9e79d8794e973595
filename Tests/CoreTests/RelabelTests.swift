// A label that is taken off and put on again between two looks: the item looks as it did, and yet
// somebody asked for another round. Seen where the item's last change moved on, at no cost else.
import SymphonyCore
import Testing

@Suite struct RelabelTests {
  private static func world(isPrivate: Bool) -> World {
    var world = World(1..<2)
    world.repositories[0].isPrivate = isPrivate
    world.watches = true
    world.origins[.issue(1)] = .by("alice", .label("alice", -3600))
    world.issues[0].updatedAt = noon - .hours(1)
    world.tick()
    return world
  }

  /// Parked, or handed off, with all that was owed paid and read back.
  private static func resting(_ claim: String, isPrivate: Bool) -> World {
    var world = world(isPrivate: isPrivate)
    if claim == "parked" { world.finish(1, .blocked) } else { world.succeedWithCommits(1) }
    world.tick()
    world.deliverAll()
    for _ in 0..<2 {
      world.now = world.now + .seconds(30)
      world.tick()
    }
    return world
  }

  /// A minute later somebody did something that leaves the item as it was.
  private static func touch(_ world: inout World, _ kind: Origin.Kind, _ who: String) -> Plan {
    world.now = world.now + .minutes(1)
    let seconds = (world.now - noon).milliseconds / 1000
    world.origins[.issue(1)]?.add(kind, who, seconds)
    world.issues[0].updatedAt = noon + .seconds(seconds)
    return world.tick()
  }

  @Test(arguments: [
    ("parked", true), ("parked", false), ("handed_off", true), ("handed_off", false),
  ])
  func aLabelPutBackBetweenTwoLooksIsAWish(_ claim: String, _ isPrivate: Bool) {
    var world = Self.resting(claim, isPrivate: isPrivate)
    #expect(world.claim(1) == claim)
    #expect(Planner.plan(world.snapshot).inquiries.isEmpty, "an idle tick asks nothing")
    #expect(world.tick().changes.isEmpty)
    #expect(Self.touch(&world, .labelled("symphony"), "bob").launched == [1])
    let wake = world.record(1)?.wake
    #expect(wake?.kind == .label && wake?.text == "symphony" && wake?.author == "bob")
  }

  @Test(arguments: ["parked", "handed_off"], [Origin.Kind.labelled("bug"), .unlabelled("bug")])
  func whatElseHappenedWakesNothingAndIsAskedAboutOnce(_ claim: String, _ kind: Origin.Kind) {
    var world = Self.resting(claim, isPrivate: true)
    #expect(Self.touch(&world, kind, "bob").launches.isEmpty && world.claim(1) == claim)
    #expect(Planner.plan(world.snapshot).inquiries.isEmpty)
    #expect(world.tick().changes.isEmpty)
  }

  @Test(arguments: ["parked", "handed_off"])
  func aLabelFromBeforeIsNoWish(_ claim: String) {
    var world = Self.world(isPrivate: true)
    // While the agent is at work.
    world.now = world.now + .minutes(1)
    world.origins[.issue(1)]?.add(.labelled("symphony"), "bob", 60)
    world.issues[0].updatedAt = world.now
    if claim == "parked" { world.finish(1, .blocked) } else { world.succeedWithCommits(1) }
    world.tick()
    world.deliverAll()
    for _ in 0..<2 {
      world.now = world.now + .seconds(30)
      world.tick()
    }
    #expect(Self.touch(&world, .labelled("bug"), "bob").launches.isEmpty)
    #expect(world.claim(1) == claim)
  }

  @Test func aStrangersLabelIsNoWish() {
    var world = Self.resting("handed_off", isPrivate: false)
    #expect(Self.touch(&world, .labelled("symphony"), "triager").launches.isEmpty)
    #expect(Self.touch(&world, .labelled("symphony"), "bob").launched == [1])
  }
}
