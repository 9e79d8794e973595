// What is owed to the tracker, when, in which order, and never twice.
import SymphonyCore
import Testing

@Suite struct WriteBackTests {
  func launched(_ edit: (inout World) -> Void = { _ in }) -> World {
    var world = World.board(1..<2, edit)
    world.tick()
    world.deliverAll()
    world.now = world.now + .minutes(1)
    return world
  }

  static func labels(_ world: inout World) {
    world.policy.tracker.labelsOn.start = LabelMove(add: ["working"], remove: ["ready"])
    world.policy.tracker.labelsOn.handoff = LabelMove(add: ["review"], remove: ["working"])
    world.policy.tracker.labelsOn.park = LabelMove(add: ["help"], remove: ["working"])
  }

  @Test func theHandOffIsOwedOnceAndInOrder() {
    var world = launched(Self.labels)
    world.succeedWithCommits(1)
    let plan = world.tick()
    let order = ["ensure_pull_request", "comment", "set_labels", "set_status"]
    #expect(plan.owed == order)
    #expect(world.debts(1) == order)
    #expect(world.tick().owed.isEmpty)
    world.deliverAll()
    #expect(world.delivered[.issue(1)]?.suffix(4) == order[...])
    #expect(world.issue(1)?.labels == ["review"])
    #expect(world.issue(1)?.status == "Human Review")
    for _ in 0..<3 {
      world.now = world.now + .minutes(1)
      #expect(world.tick().owed.isEmpty)
    }
  }

  @Test func whatTheStatusMoveMustKnow() throws {
    var world = launched { $0.policy.pullRequest.requiredChecks = ["build", "lint"] }
    world.succeedWithCommits(1)
    world.tick()
    guard case .setStatus(let order)? = world.state.outbox.last?.payload else {
      Issue.record("no status is owed")
      return
    }
    #expect(order.value == "Human Review")
    #expect(order.expected == ["Todo", "In Progress"])
    #expect(order.checks == ["build", "lint"])
    #expect(order.branch == "symphony/acme_app_1")
    #expect(order.needsPullRequest)
  }

  @Test func startMovesAreOwedOnlyWhereNeeded() {
    var world = World.board(1..<3, Self.labels)
    world.issues[0].status = "in progress"
    world.issues[0].labels = ["working"]
    world.issues[1].labels = ["ready"]
    let plan = world.tick()
    #expect(plan.launched == [1, 2])
    #expect(world.debts(1).isEmpty)
    #expect(world.debts(2) == ["set_status", "set_labels"])
    var bare = World.board(1..<2) { $0.policy.tracker.inProgressStatus = nil }
    #expect(bare.tick().owed.isEmpty)
  }

  @Test func aLabelStillToBePutOnIsTakenOffAllTheSame() {
    var world = World.board(1..<2) {
      $0.policy.tracker.labelsOn.start = LabelMove(add: ["working"])
      $0.policy.tracker.labelsOn.handoff = LabelMove(remove: ["working"])
    }
    world.tick()
    world.succeedWithCommits(1)
    world.now = world.now + .seconds(5)
    world.tick()
    world.deliverAll()
    #expect(world.issue(1)?.labels == [])
  }

  @Test func parkLabelsAreOwedOnceAndTheFingerprintIsReadAfterThem() throws {
    var world = launched(Self.labels)
    world.finish(1, .failed) { $0.failure = .misconfigured }
    #expect(world.tick().owed == ["set_labels"])
    for _ in 0..<2 {
      world.now = world.now + .seconds(10)
      #expect(world.tick().owed.isEmpty)
      #expect(world.record(1)?.claim.parking?.fingerprint == nil, "our own writes come first")
    }
    // Delivered, but the next answer does not show it yet.
    let before = try #require(world.issue(1))
    world.deliverAll()
    world.answers[.issue(1)] = .found(before)
    world.now = world.now + .seconds(10)
    world.tick()
    #expect(world.record(1)?.claim.parking?.fingerprint == nil, "not before they show")
    world.answers = [:]
    world.tick()
    #expect(world.record(1)?.claim.parking?.fingerprint == world.issue(1)?.fingerprint)
    for _ in 0..<3 {
      world.now = world.now + .minutes(5)
      #expect(world.tick().changes.isEmpty, "our labels are no person's touch")
    }
    world.edit(1) { $0.labels = [] }
    #expect(world.tick().launched == [1])
  }

  @Test func theLabelsOfEveryParkingAreOwedInItsPlan() {
    var limited = launched(Self.labels)
    limited.policy.limits.maxRunsPerItem = 1
    limited.finish(1, .cancelled)
    var plan = limited.tick()
    #expect(limited.verdict(plan, 1) == "run_limit")
    #expect(plan.owed == ["set_labels"])
    var rejected = launched(Self.labels)
    rejected.succeedWithCommits(1)
    rejected.tick()
    rejected.deliverAll()
    rejected.endPullRequest(1, .closed)
    plan = rejected.tick()
    #expect(rejected.verdict(plan, 1) == "pull_request_rejected")
    #expect(plan.owed == ["set_labels"])
    #expect(rejected.tick().owed.isEmpty)
  }

  @Test func parkLabelsThatAreRefusedAreNotWaitedForForEver() throws {
    var world = launched(Self.labels)
    world.finish(1, .failed) { $0.failure = .misconfigured }
    world.tick()
    world.refuse(try #require(world.state.outbox.first), .forbidden("no permission"))
    world.now = world.now + .minutes(3)
    world.tick()
    #expect(world.record(1)?.claim.parking?.fingerprint != nil)
  }

  @Test func aRetryTakesOwedLabelsBack() {
    var world = launched(Self.labels)
    world.finish(1, .failed) { $0.failure = .misconfigured }
    world.tick()
    #expect(world.debts(1) == ["set_labels"])
    world.ask(.retry, 1)
    world.tick()
    world.deliverAll()
    #expect(world.issue(1)?.labels == ["working"])
  }

  @Test func waitingChecksKeepNoSlot() {
    var world = World.board(1..<3) {
      $0.policy.limits.maxConcurrent = 1
      $0.policy.pullRequest.requiredChecks = ["build"]
      $0.checksAreGreen = false
    }
    world.tick()
    world.deliverAll()
    world.succeedWithCommits(1)
    let plan = world.tick()
    #expect(plan.launched == [2])
    world.deliverAll()
    let waiting = world.tick()
    #expect(
      world.reason(waiting, 1)?.sentence.hasSuffix("its status waits: check build is pending")
        == true)
    #expect(world.issue(1)?.status == "In Progress")
    world.checksAreGreen = true
    world.now = world.now + .hours(1)
    world.deliverAll()
    #expect(world.issue(1)?.status == "Human Review")
  }

  @Test func waitingGrowsPatient() {
    let entry = OutboxEntry(
      item: .issue(1), dedupeKey: "k", payload: .convertDraft(DraftOrder(repository: app)),
      nonce: "n", createdAt: noon)
    let record = ItemRecord(item: .sample(1), branch: "b", now: noon)
    var delays: [Interval] = []
    for waited in [Interval.zero, .minutes(20), .days(2)] {
      var world = World(0..<0)
      world.now = noon + waited
      let changes = DeliverySettlement.settle(
        entry, .success(.waiting("checks")), of: record, debts: [entry], in: world.snapshot
      ).changes
      guard case .putOutbox(let after)? = changes.first, changes.count == 1 else { continue }
      #expect(after.state == .pending)
      #expect(after.lastError == "checks")
      delays.append(after.nextTry.delay)
    }
    #expect(delays == [.seconds(30), .minutes(2), .minutes(10)])
  }

  @Test func closedUnmergedIsRejectedAndNothingWaitsAnyMore() {
    var world = launched {
      $0.policy.pullRequest.requiredChecks = ["build"]
      $0.checksAreGreen = false
    }
    world.succeedWithCommits(1)
    world.tick()
    world.deliverAll()
    #expect(world.debts(1) == ["set_status"])
    world.endPullRequest(1, .closed)
    #expect(world.verdict(world.tick(), 1) == "pull_request_rejected")
    #expect(world.debts(1).isEmpty, "its checks will never be green")
    world.tick()
    world.now = world.now + .minutes(1)
    world.edit(1) { $0.body = "try it another way" }
    #expect(world.tick().launched == [1])
  }

  @Test func anIssueIsClosedOnMergeOnceWhereThatIsWanted() {
    for (wanted, state) in [(true, WorkItem.State.open), (true, .closed), (false, .open)] {
      var world = launched { $0.policy.pullRequest.closeIssueOnMerge = wanted }
      world.succeedWithCommits(1)
      world.tick()
      world.deliverAll()
      world.tick()
      world.now = world.now + .minutes(1)
      world.endPullRequest(1, .merged)
      world.edit(1) { $0.state = state }
      let plan = world.tick()
      #expect(world.claim(1) == "released")
      #expect(plan.owed == (wanted && state == .open ? ["close_issue"] : []))
      world.deliverAll()
      #expect(world.issue(1)?.state == (wanted ? .closed : state))
      world.finish(1, .succeeded) { $0.removed = true }
      #expect(world.tick().owed.isEmpty)
      #expect(world.tick().changes.isEmpty)
    }
  }

  @Test func aMergeSeenTogetherWithTheEndOfARunMovesNothingMore() {
    var world = launched(Self.labels)
    world.succeedWithCommits(1)
    world.tick()
    world.deliverAll()
    world.tick()
    world.now = world.now + .minutes(1)
    world.move(1, to: "Todo")
    world.tick()
    world.deliverAll()
    world.now = world.now + .minutes(1)
    world.endPullRequest(1, .merged)
    world.edit(1) {
      $0.status = "Shipped"
      $0.labels = []
    }
    world.succeedWithCommits(1)
    let plan = world.tick()
    #expect(world.claim(1) == "released")
    #expect(!plan.owed.contains("set_status") && !plan.owed.contains("set_labels"))
  }

  @Test func aRetryBeforeTheDebtsArePaidDoublesNone() {
    var world = launched(Self.labels)
    world.succeedWithCommits(1)
    world.tick()
    world.ask(.retry, 1)
    #expect(world.tick().launched == [1])
    world.now = world.now + .minutes(1)
    world.succeedWithCommits(1)
    world.tick()
    for kind in ["ensure_pull_request", "comment", "set_status"] {
      #expect(world.debts(1).filter { $0 == kind }.count == 1, "\(kind)")
    }
    world.deliverAll()
    #expect(world.delivered[.issue(1)]?.filter { $0 == "comment" }.count == 1)
    #expect(world.issue(1)?.status == "Human Review")
  }

  @Test func aRetryThatMeetsTheEndOfARunIsNotStoppedByItsHandOff() {
    var world = launched(Self.labels)
    world.succeedWithCommits(1)
    world.ask(.retry, 1)
    let plan = world.tick()
    #expect(plan.launched == [1])
    world.deliverAll()
    #expect(world.issue(1)?.status == "In Progress")
    world.now = world.now + .minutes(1)
    #expect(!world.tick().has("stop"))
  }

  @Test func anAdoptedPullRequestThatMergesIsDone() {
    var world = World.board(1..<2)
    world.setPullRequest(.open)
    #expect(world.verdict(world.tick(), 1) == "handed_off")
    world.setPullRequest(.merged)
    #expect(world.verdict(world.tick(), 1) == "done")
  }
}

@Suite struct DraftTests {
  @Test func aDraftIsConvertedOnceAndItsIssueRuns() {
    var world = World.drafts()
    let plan = world.tick()
    #expect(plan.launched.isEmpty)
    #expect(world.verdict(plan, 7) == "converting_draft")
    #expect(plan.owed == ["convert_draft"])
    for _ in 0..<3 {
      world.now = world.now + .minutes(1)
      #expect(world.tick().owed.isEmpty)
    }
    world.deliverAll()
    let later = world.tick()
    #expect(later.launched == [1007])
    #expect(world.reason(later, 7) == .rest(.gone("the draft became acme/app#1007")))
    #expect(world.claim(7) == "released")
  }

  @Test func aDraftBeingConvertedTakesNoSlotAndSaysWhatKeepsIt() {
    var world = World.drafts {
      $0.issues += [.onBoard(9)]
      $0.policy.limits.maxConcurrent = 2
    }
    #expect(world.tick().launched == [9])
    world.state.outbox[0].lastError = "GitHub answered 502"
    for _ in 0..<3 {
      #expect(
        world.reason(world.tick(), 7)
          == .wait(.convertingDraft(repository: "acme/app", problem: "GitHub answered 502")))
    }
  }

  @Test func launchesBesideItDoNotHoldADraftBack() {
    var world = World.drafts { $0.issues += [.onBoard(9)] }
    let plan = world.tick()
    #expect(plan.launched == [9])
    #expect(world.verdict(plan, 7) == "converting_draft")
  }

  @Test func aRefusedConversionParks() throws {
    var world = World.drafts()
    world.tick()
    world.refuse(try #require(world.state.outbox.first), .rejected("no issues here"))
    let plan = world.tick()
    #expect(world.verdict(plan, 7) == "draft_refused")
    #expect(plan.owed.isEmpty)
  }

  @Test func aDraftThatIsWorkedOnAsItIsOwesNothingThatNeedsAnIssue() {
    var world = World.drafts {
      $0.policy.tracker.board?.convertsDrafts = false
      $0.policy.tracker.board?.requiresIssue = false
      WriteBackTests.labels(&$0)
    }
    #expect(world.tick().launches.count == 1)
    #expect(world.debts(7) == ["set_status"])
    world.deliverAll()
    world.finish(7, .blocked)
    #expect(world.tick().owed.isEmpty)
    world.now = world.now + .minutes(5)
    world.edit(7) { $0.body = "more" }
    world.tick()
    world.edit(7) { $0.body = "still more" }
    world.tick()
    world.succeedWithCommits(7)
    #expect(world.tick().owed == ["ensure_pull_request", "set_status"])
  }
}
