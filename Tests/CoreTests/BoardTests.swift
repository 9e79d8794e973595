// A board's statuses against our claims: hand-offs, moves back, hand-offs by others, the end in a
// terminal status; and what must never be taken for somebody's decision.
import SymphonyCore
import Testing

@Suite struct BoardTests {
  /// Issue 1 of a board of one, launched, its start move delivered.
  func launched(_ edit: (inout World) -> Void = { _ in }) -> World {
    var world = World.board(1..<2, edit)
    world.tick()
    world.deliverAll()
    world.now = world.now + .minutes(1)
    return world
  }

  /// Handed off, everything delivered and seen: it stands in Human Review.
  func reviewed(_ edit: (inout World) -> Void = { _ in }) -> World {
    var world = launched(edit)
    world.succeedWithCommits(1)
    world.tick()
    world.deliverAll()
    world.now = world.now + .minutes(1)
    world.tick()
    world.now = world.now + .minutes(1)
    return world
  }

  @Test func aBoardItemRunsAndIsHandedOver() {
    var world = World.board(1..<2)
    let first = world.tick()
    #expect(first.launched == [1])
    #expect(world.debts(1) == ["set_status"])
    world.deliverAll()
    #expect(world.issue(1)?.status == "In Progress")
    #expect(!world.tick().has("stop"), "our own move is no reason to stop")
    world.succeedWithCommits(1)
    world.tick()
    world.deliverAll()
    #expect(world.issue(1)?.status == "Human Review")
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "handed_off")
    #expect(world.tick().changes.isEmpty)
  }

  @Test func aStartMoveDeliveredAfterTheHandOffIsNoHumansMove() {
    var world = World.board(1..<2)
    world.tick()
    world.succeedWithCommits(1)
    world.now = world.now + .seconds(5)
    world.tick()
    #expect(world.debts(1).first == "set_status")
    world.deliver(1, "set_status")
    #expect(world.issue(1)?.status == "In Progress")
    for _ in 0..<3 {
      world.now = world.now + .minutes(1)
      #expect(world.tick().launched.isEmpty)
    }
    world.deliverAll()
    #expect(world.issue(1)?.status == "Human Review")
    world.now = world.now + .minutes(1)
    #expect(world.tick().launched.isEmpty)
    #expect(world.claim(1) == "handed_off")
  }

  @Test(arguments: ["Todo", "In Progress", "in progress "])
  func aHumansMoveBackRestarts(status: String) {
    var world = reviewed()
    #expect(world.record(1)?.counters.launches == 1)
    world.move(1, to: status)
    let plan = world.tick()
    #expect(plan.launched == [1])
    #expect(world.record(1)?.runs == 2)
    #expect(world.record(1)?.counters.launches == 1, "every counter begins again")
  }

  @Test func aMoveBackWithdrawsTheMoveThatWaits() {
    for opens in [true, false] {
      var world = launched {
        $0.policy.pullRequest.requiredChecks = ["build"]
        $0.policy.pullRequest.openOnSuccess = opens
        $0.policy.tracker.labelsOn.handoff = LabelMove(add: ["review"])
        $0.checksAreGreen = false
      }
      world.succeedWithCommits(1)
      world.tick()
      world.deliver(1, "ensure_pull_request")
      #expect(world.debts(1).contains("set_status"))
      world.tick()
      world.now = world.now + .minutes(1)
      world.move(1, to: "Todo")
      let plan = world.tick()
      #expect(plan.launched == [1])
      world.checksAreGreen = true
      world.deliverAll()
      #expect(world.issue(1)?.status == "In Progress", "only the new run's own move is made")
      #expect(world.issue(1)?.labels == [])
    }
  }

  @Test func staleAnswersAboutTheBoardAreIgnored() throws {
    var world = reviewed()
    let seen = try #require(world.issue(1))
    var stale = seen
    stale.status = "Todo"
    stale.board?.updatedAt = noon
    world.answers[.issue(1)] = .found(stale)
    #expect(world.tick().launched.isEmpty)
    #expect(world.record(1)?.claim.handoff?.status == "Human Review")
    stale.board?.updatedAt = world.now
    world.answers[.issue(1)] = .found(stale)
    #expect(
      world.decide().plan.has("change_claim"), "the same with a newer stamp is a person's move")
  }

  @Test func handedOffElsewhereEndsTheRunAndWaits() {
    var world = launched()
    world.move(1, to: "Human Review")
    let plan = world.tick()
    #expect(plan.has("stop"))
    #expect(world.reason(plan, 1)?.sentence.contains("somebody moved it to Human Review") == true)
    world.finish(1, .cancelled)
    #expect(world.verdict(world.tick(), 1) == "handed_off_elsewhere")
    for _ in 0..<3 {
      world.now = world.now + .minutes(1)
      #expect(world.tick().changes.isEmpty)
    }
    world.move(1, to: "Todo")
    #expect(world.tick().launched == [1])
  }

  @Test func handedOffElsewhereWithAPullRequestIsAHandOff() {
    var world = launched()
    world.setPullRequest(.open)
    world.move(1, to: "human review")
    world.tick()
    world.finish(1, .cancelled)
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "handed_off")
    #expect(world.record(1)?.claim.handoff?.pullRequest?.number == 5)
    #expect(world.debts(1).isEmpty)
  }

  @Test func aTerminalStatusReleasesAndMovingBackRestarts() throws {
    var world = reviewed()
    world.move(1, to: "Done")
    let plan = world.tick()
    #expect(world.claim(1) == "released")
    #expect(plan.has("clean_up"))
    world.finish(1, .succeeded) { $0.removed = true }
    world.now = world.now + .minutes(1)
    #expect(world.verdict(world.tick(), 1) == "status_terminal")
    #expect(world.record(1)?.hasWorkspace == false)
    world.now = world.now + .minutes(1)
    #expect(world.tick().changes.isEmpty)
    // A list from before the end is no move.
    var stale = try #require(world.issue(1))
    stale.status = "In Progress"
    stale.board?.updatedAt = noon
    world.candidatesOverride = .items([stale])
    #expect(!Planner.plan(world.snapshot).has("change_claim"))
    world.candidatesOverride = nil
    world.move(1, to: "Todo")
    #expect(world.tick().launched == [1])
    #expect(world.record(1)?.startsFresh == true)
  }

  @Test func aTerminalStatusStopsTheRunFirst() {
    var world = launched()
    world.move(1, to: "Done")
    #expect(world.tick().has("stop"))
    #expect(world.claim(1) == "running")
    world.finish(1, .cancelled)
    let plan = world.tick()
    #expect(world.claim(1) == "released")
    #expect(plan.has("clean_up"))
  }

  @Test func aReleasedItemInNoStatusOfOursSaysWhereItStands() {
    var world = reviewed { $0.isFiltered = false }
    world.move(1, to: "Done")
    world.tick()
    world.finish(1, .succeeded) { $0.removed = true }
    world.now = world.now + .minutes(1)
    world.move(1, to: "Backlog")
    let plan = world.tick()
    #expect(world.reason(plan, 1) == .obstacle(.statusNotActive("Backlog")))
    #expect(world.claim(1) == "released")
  }

  @Test func aRenamedStatusLeavesWorkersAlone() {
    var world = World.board(1..<3)
    world.policy.limits.maxConcurrent = 1
    world.tick()
    world.deliverAll()
    world.statusProblem = "the board has no status \"Todo\""
    world.candidatesOverride = .failed(.misconfigured("no status", hint: "rename it"))
    world.move(1, to: "Ready")
    world.move(2, to: "Ready")
    let plan = world.tick()
    #expect(!plan.has("stop"))
    #expect(world.verdict(plan, 1) == "running")
    world.succeedWithCommits(1)
    #expect(world.tick().launched.isEmpty)
    #expect(world.claim(1) == "handed_off")
    world.candidatesOverride = nil
    world.isFiltered = false
    let later = world.tick()
    #expect(later.launched.isEmpty)
    #expect(world.verdict(later, 2) == "policy_invalid")
    // What needs no status is still seen.
    world.edit(1) { $0.state = .closed }
    world.tick()
    #expect(world.claim(1) == "released")
  }

  @Test func anOpenBlockerEndsARunAndAnOpenSubIssueDoesNot() {
    var world = launched()
    world.edit(1) { $0.openSubIssues = 2 }
    #expect(!world.tick().has("stop"), "agents split work")
    world.edit(1) {
      $0.blockedBy = [.init(id: nil, key: ItemKey("acme/lib#7"), state: .open)]
    }
    let plan = world.tick()
    #expect(plan.has("stop"))
    #expect(world.reason(plan, 1)?.sentence.contains("acme/lib#7") == true)
    world.finish(1, .cancelled)
    #expect(world.verdict(world.tick(), 1) == "blocked_by")
    world.edit(1) { $0.blockedBy[0].state = .closed }
    #expect(world.verdict(world.tick(), 1) == "open_sub_issues")
    world.edit(1) { $0.openSubIssues = 0 }
    #expect(world.tick().launched == [1])
  }

  @Test func unknownDependenciesEndNoRun() {
    var world = launched()
    world.edit(1) { $0.dependenciesKnown = false }
    #expect(!world.tick().has("stop"))
  }

  @Test func anItemThatLeftTheBoardIsStopped() {
    var world = launched()
    world.edit(1) { $0.board = nil }
    #expect(world.tick().has("stop"))
    world.finish(1, .cancelled)
    #expect(world.verdict(world.tick(), 1) == "not_on_board")
  }

  @Test func leavingTheBoardWhileALabelIsMissingIsNoWishForMore() {
    var world = reviewed {
      $0.policy.tracker.requiredLabels = ["symphony"]
      $0.issues[0].labels = ["symphony"]
    }
    world.edit(1) { $0.labels = [] }
    world.tick()
    world.edit(1) { $0.board = nil }
    world.tick()
    #expect(world.claim(1) == "handed_off")
    #expect(world.record(1)?.claim.handoff?.hadLabels == false)
  }

  @Test func absenceFromAFilteredListEndsNothing() {
    var world = World.board(1..<2)
    world.tick()
    world.candidatesOverride = .items([])
    world.watches = false
    let plan = world.tick()
    #expect(!plan.has("stop"))
    #expect(world.verdict(plan, 1) == "running")
  }

  @Test func aParkedItemInReviewThatIsCommentedOnComesToRestAtOnce() {
    var world = reviewed()
    world.endPullRequest(1, .closed)
    #expect(world.verdict(world.tick(), 1) == "pull_request_rejected")
    world.now = world.now + .minutes(1)
    world.tick()
    world.now = world.now + .minutes(1)
    world.comments[.issue(1)] = [
      .init(author: "alice", mayWrite: true, createdAt: world.now, isOurs: false)
    ]
    #expect(world.verdict(world.tick(), 1) == "handed_off_elsewhere")
    #expect(world.tick().changes.isEmpty, "one look is enough")
    world.now = world.now + .minutes(1)
    world.move(1, to: "Todo")
    #expect(world.tick().launched == [1])
  }

  @Test func aMergedItemThatIsOnlyTalkedAboutStaysDone() {
    var world = reviewed()
    world.endPullRequest(1, .merged)
    world.tick()
    world.finish(1, .succeeded) { $0.removed = true }
    world.move(1, to: "Shipped")
    world.tick()
    // The full scan shows it, in a status of nobody's concern, with a new comment on it.
    world.isFiltered = false
    world.now = world.now + .hours(1)
    world.edit(1) { _ in }
    #expect(world.verdict(world.tick(), 1) == "done")
    world.now = world.now + .hours(1)
    world.move(1, to: "Todo")
    #expect(world.tick().launched == [1], "moved back to an active status it is new work")
  }

  @Test func whatAFilterLeavesOutHasNotLeft() {
    var world = reviewed()
    world.endPullRequest(1, .merged)
    world.tick()
    world.finish(1, .succeeded) { $0.removed = true }
    world.tick()
    // Still in review: the filter leaves it out for any number of ticks.
    for _ in 0..<3 {
      world.now = world.now + .minutes(1)
      world.tick()
    }
    guard case .released(let release) = world.state.items[0].claim else {
      Issue.record("it is \(world.claim(1))")
      return
    }
    #expect(release.left == nil)
    world.now = world.now + .minutes(1)
    world.move(1, to: "Todo")
    #expect(world.tick().launched == [1], "a person moved it to an active status")
  }

  @Test func threeRunningItemsThatLeaveTheBoardAtOnceAreNotBelieved() {
    var world = World.board(1..<4)
    #expect(world.tick().launched.count == 3)
    for number in 1..<4 { world.edit(number) { $0.board = nil } }
    let plan = world.tick()
    #expect(plan.notes.contains { $0.contains("the refresh counts as failed") })
    #expect(!plan.has("stop"))
  }

  @Test func aStatusMoveThatIsForbiddenStaysOwedAndSaysSo() throws {
    var world = reviewed { $0.policy.tracker.handoffStatus = "In review" }
    let order = StatusOrder(
      key: ItemKey("acme/app#1"), repository: .init(owner: "acme", name: "app"),
      value: "In review", expected: [], branch: "b", needsPullRequest: true)
    let entry = OutboxEntry(
      item: .issue(1), dedupeKey: "k", payload: .setStatus(order), nonce: "n",
      createdAt: world.now)
    world.state.outbox = [entry]
    world.refuse(entry, .forbidden("Projects: write is missing"))
    let owed = try #require(world.state.outbox.first)
    #expect(owed.state == .pending && owed.nextTry.delay == .seconds(10))
    guard case .rest(.handedOff(_, let waitsFor, _)) = world.reason(world.tick(), 1) else {
      Issue.record("\(world.claim(1))")
      return
    }
    #expect(waitsFor == "Projects: write is missing")
  }
}

extension Claim {
  var handoff: Handoff? { if case .handedOff(let handoff) = self { handoff } else { nil } }
  var parking: Parking? { if case .parked(let parking) = self { parking } else { nil } }
}
