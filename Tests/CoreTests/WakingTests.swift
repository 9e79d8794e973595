// Whose touch wakes what rests: on a public repository only that of somebody trusted, and a
// stranger's in between costs nobody theirs.
import SymphonyCore
import Testing

@Suite struct WakingTests {
  /// Issue 1 of a public repository is parked and at rest; its third run was the last it may have.
  private func parked(_ edit: (inout World) -> Void = { _ in }) -> World {
    var world = World(1..<2)
    world.repositories[0].isPrivate = false
    world.policy.limits.maxRunsPerItem = 3
    world.origins[.issue(1)] = .by("mallory", .label("alice", -3600))
    edit(&world)
    world.tick()
    world.finish(1, .blocked)
    world.tick()
    world.deliverAll()
    world.now = world.now + .seconds(10)
    world.tick()
    return world
  }

  /// Somebody touches the issue a minute later, and a tick looks.
  private func touch(
    _ world: inout World, _ kind: Origin.Kind, _ who: String?,
    _ edit: (inout WorkItem) -> Void = { _ in }
  ) -> Plan {
    world.now = world.now + .minutes(1)
    let seconds = (world.now - noon).milliseconds / 1000
    world.origins[.issue(1)]?.add(kind, who, seconds)
    world.issues[0].updatedAt = noon + .seconds(seconds)
    edit(&world.issues[0])
    return world.tick()
  }

  @Test(arguments: [
    Origin.Kind.renamed, .edited, .reopened, .labelled("symphony"), .unlabelled("bug"),
  ])
  func onlySomebodyTrustedWakesAParkedItem(_ kind: Origin.Kind) {
    for stranger in ["mallory", nil] {
      var world = parked()
      let plan = touch(&world, kind, stranger) { $0.title += "!" }
      #expect(plan.launches.isEmpty && world.claim(1) == "parked")
      #expect(world.record(1)?.counters.launches == 1, "no counter begins again")
      #expect(world.tick().changes.isEmpty && Planner.plan(world.snapshot).inquiries.isEmpty)
    }
    var world = parked { $0.origins[.issue(1)] = .by("alice") }
    #expect(touch(&world, kind, "bob").launched == [1])
  }

  @Test func aStrangersTouchLeavesALaterOneToBeSeen() {
    var world = parked { $0.origins[.issue(1)] = .by("alice") }
    let before = world.issues[0].title
    _ = touch(&world, .renamed, "mallory") { $0.title = "other" }
    #expect(world.claim(1) == "parked")
    // Back to what it was when it was parked.
    #expect(touch(&world, .renamed, "bob") { $0.title = before }.launched == [1])
  }

  /// An agent may give up in the second in which somebody trusted asked for its run.
  @Test func whatLedToTheLastRunDoesNotCountAgain() {
    var world = parked {
      $0.origins[.issue(1)] = .by("mallory", .label("alice", 0), .label("bob", 1))
    }
    #expect(touch(&world, .reopened, "mallory").launches.isEmpty)
  }

  @Test func manyEditsOfAStrangerBuyNoRun() {
    var world = parked()
    for index in 0..<10 {
      #expect(touch(&world, .renamed, "mallory") { $0.title = "\(index)" }.launches.isEmpty)
    }
    #expect(world.record(1)?.runs == 1)
  }

  @Test func whatCannotBeReadIsAskedAgainAndNothingChangesMeanwhile() {
    var world = parked { $0.origins[.issue(1)] = .by("alice") }
    world.lostAtConfirmation = [.issue(1)]
    #expect(touch(&world, .edited, "bob").changes.isEmpty)
    world.lostAtConfirmation = []
    #expect(world.tick().launched == [1])
    var unknown = parked { $0.origins[.issue(1)] = .by("alice") }
    _ = touch(&unknown, .edited, "carol")
    unknown.origins[.issue(1)]?.touches[0].who.mayWrite = nil
    unknown.issues[0].updatedAt = unknown.now + .seconds(1)
    #expect(unknown.tick().launches.isEmpty)
    unknown.origins[.issue(1)]?.touches[0].who.mayWrite = true
    #expect(unknown.tick().launched == [1], "an answer that was missing is not used up")
  }

  /// The operator's own account may be the one the program works as.
  @Test func ourOwnAccountWakesOnlyAfterOurWritesWereReadBack() {
    var world = parked { $0.issues[0].updatedAt = noon + .seconds(8) }
    let readAt = noon + .seconds(8)
    #expect(world.record(1)?.claim.parking?.readAt == readAt)
    world.now = world.now + .minutes(1)
    var ours = Origin.Touch.by("bob", .labelled("symphony"), 5)
    ours.who.isUs = true
    ours.at = readAt
    world.origins[.issue(1)]?.touches.append(ours)
    world.issues[0].labels.append("parked")
    #expect(world.tick().launches.isEmpty)
    ours.at = readAt + .seconds(1)
    world.origins[.issue(1)]?.touches.append(ours)
    world.issues[0].updatedAt = ours.at
    #expect(world.tick().launched == [1])
  }

  @Test func aCommentWakesOnlyBySomebodyTrusted() {
    var world = parked { $0.origins[.issue(1)] = .by("alice") }
    for mayWrite in [false, nil] as [Bool?] {
      world.comments[.issue(1)] = [
        .init(author: "mallory", mayWrite: mayWrite, createdAt: world.now, isOurs: false)
      ]
      #expect(world.tick().launches.isEmpty)
    }
    world.comments[.issue(1)]?.append(
      .init(author: "alice", mayWrite: true, createdAt: world.now, isOurs: false))
    #expect(world.tick().launched == [1])
  }

  @Test func rowsOfAnOlderVersionAreLookedAtOnce() {
    var world = parked()
    guard var parking = world.record(1)?.claim.parking else {
      Issue.record("it is not parked")
      return
    }
    (parking.readAt, parking.status, parking.judged) = (nil, nil, nil)
    world.state.items[0].claim = .parked(parking)
    #expect(Planner.plan(world.snapshot).inquiries.count == 1)
    world.tick()
    #expect(world.claim(1) == "parked")
    #expect(world.tick().changes.isEmpty)
    #expect(touch(&world, .edited, "alice").verdicts.first?.reason.code != "agent_blocked")
  }

  // MARK: Released, handed off, on a board

  private func closed() -> World {
    var world = World(1..<2)
    world.repositories[0].isPrivate = false
    world.origins[.issue(1)] = .by("mallory", .label("alice", -3600))
    world.tick()
    world.release()
    world.tick()
    world.now = world.now + .minutes(2)
    world.answers = [:]
    world.issues[0].state = .open
    world.issues[0].updatedAt = world.now
    return world
  }

  @Test func aStrangersReopeningStartsNoSecondRound() {
    var world = closed()
    let seconds = (world.now - noon).milliseconds / 1000
    world.origins[.issue(1)]?.add(.reopened, "mallory", seconds)
    let plan = world.tick()
    #expect(plan.launches.filter { $0.run.purpose == .work }.isEmpty)
    #expect(world.verdict(plan, 1) == "reopening_not_trusted")
    world.origins[.issue(1)]?.add(.labelled("symphony"), "alice", seconds + 5)
    #expect(world.tick().launched == [1])
    var other = closed()
    other.origins[.issue(1)]?.add(.reopened, "bob", seconds)
    #expect(other.tick().launched == [1])
  }

  @Test func aLabelPutOnAgainByAStrangerStartsNothing() {
    var world = World(1..<2)
    world.repositories[0].isPrivate = false
    world.watches = true
    world.origins[.issue(1)] = .by("alice", .label("alice", -3600))
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    world.deliverAll()
    world.issues[0].labels = []
    world.tick()
    world.issues[0].labels = ["symphony"]
    world.origins[.issue(1)]?.add(.unlabelled("symphony"), "alice", 10)
    world.origins[.issue(1)]?.add(.labelled("symphony"), "triager", 11)
    #expect(world.tick().launches.isEmpty && world.claim(1) == "handed_off")
    world.origins[.issue(1)]?.add(.unlabelled("symphony"), "alice", 20)
    world.origins[.issue(1)]?.add(.labelled("symphony"), "alice", 21)
    #expect(world.tick().launched == [1], "the stranger's used nothing up")
  }

  /// Whoever may move items may write to the board; but a board moves by itself what is reopened.
  @Test func aBoardThatFollowsAStrangersReopeningWakesNothing() {
    for (stranger, wakes) in [("mallory", false), ("bob", true), (nil, true)] {
      var world = World.board(1..<2)
      world.repositories[0].isPrivate = false
      world.policy.tracker.trustedAuthors = .writeAccess
      world.origins[.issue(1)] = .by("alice")
      world.tick()
      world.move(1, to: "In Progress")
      world.finish(1, .blocked)
      world.tick()
      world.deliverAll()
      world.now = world.now + .minutes(1)
      world.tick()
      world.now = world.now + .minutes(1)
      if let stranger {
        let seconds = (world.now - noon).milliseconds / 1000
        world.origins[.issue(1)]?.add(.reopened, stranger, seconds)
      }
      world.move(1, to: "Todo")
      world.issues[0].updatedAt = world.now
      #expect((world.tick().launched == [1]) == wakes, "reopened by \(stranger ?? "nobody")")
    }
  }
}
