// Claims against the world, and what must never be taken for evidence.
import SymphonyCore
import Testing

@Suite struct ReconciliationTests {
  /// Issue 1 handed off with pull request 5.
  func handedOff() -> World {
    var world = World(1..<2)
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    world.deliverAll(pullRequest: 5)
    world.setPullRequest(.open)
    world.tick()
    return world
  }

  @Test func aMergeReleasesAndCleansUpOnce() {
    var world = handedOff()
    world.setPullRequest(.merged)
    world.close(1)
    let plan = world.tick()
    #expect(world.record(1)?.claim.state == .released)
    #expect(plan.has("clean_up"))
    world.finish(1, .succeeded) { $0.removed = true }
    #expect(world.verdict(world.tick(), 1) == "done")
    #expect(world.record(1)?.hasWorkspace == false)
    let last = world.tick()
    #expect(last.effects.isEmpty && last.news.isEmpty)
  }

  @Test func aClosedPullRequestParksAndAClosedIssueReleases() {
    var world = handedOff()
    world.setPullRequest(.closed)
    #expect(world.verdict(world.tick(), 1) == "pull_request_rejected")
    #expect(world.tick().launched.isEmpty)
    var other = handedOff()
    other.close(1)
    #expect(other.verdict(other.tick(), 1) != "done", "closed without a merge is not done")
    #expect(other.record(1)?.claim.state == .released)
    other.finish(1, .succeeded) { $0.removed = true }
    #expect(other.verdict(other.tick(), 1) == "issue_closed")
  }

  @Test func absenceFromTheListChangesNothing() {
    var world = handedOff()
    world.candidatesOverride = .items([])
    let before = world.state
    world.tick()
    #expect(world.state == before)
    var running = World(1..<2)
    running.tick()
    running.candidatesOverride = .items([])
    #expect(!running.tick().has("stop"))
  }

  @Test func aClosedIssueOrALostLabelStopsTheRun() {
    for edit in [{ $0.state = .closed }, { $0.labels = [] }] as [(inout WorkItem) -> Void] {
      var world = World(1..<2)
      world.tick()
      edit(&world.issues[0])
      world.answers[ItemID("I_1")] = .found(world.issues[0])
      #expect(world.tick().has("stop"))
      world.finish(1, .cancelled)
      let plan = world.tick()
      #expect(plan.launched.filter { $0 == 1 }.isEmpty || plan.has("clean_up"))
      #expect(world.run(1)?.purpose != .work)
    }
  }

  @Test func whenMostRunningItemsAreGoneAtOnceTheRefreshIsDoubted() {
    var world = World(1..<4)
    world.tick()
    for number in 1...2 { world.answers[ItemID("I_\(number)")] = .gone("not found") }
    let plan = world.tick()
    #expect(!plan.has("stop"))
    #expect(plan.notes.contains { $0.contains("counts as failed") })
    // What failed starts nothing either, or the new runs would make the answer plausible.
    world.issues.append(.sample(4))
    world.policy.limits.maxConcurrent = 4
    let doubted = world.tick()
    #expect(doubted.launches.isEmpty)
    #expect(world.verdict(doubted, 4) == "not_checked")
    #expect(!world.tick().has("stop"))
    world.answers = [ItemID("I_1"): .gone("not found")]
    #expect(world.tick().has("stop"))
  }

  @Test func aHumansTouchWakesAParkedItemAndOurOwnDoesNot() {
    var world = World(1..<2)
    world.tick()
    world.finish(1, .blocked)
    world.tick()
    world.deliverAll(pullRequest: 1)
    #expect(world.tick().launched.isEmpty)
    world.comments[ItemID("I_1")] = [
      .init(author: "bot", mayWrite: true, createdAt: noon + .seconds(5), isOurs: true)
    ]
    #expect(world.tick().launched.isEmpty)
    world.comments[ItemID("I_1")] = [
      .init(author: "alice", mayWrite: true, createdAt: noon + .seconds(5), isOurs: false)
    ]
    #expect(world.tick().launched == [1])
    #expect(world.record(1)?.counters.launches == 1)

    var edited = World(1..<2)
    edited.tick()
    edited.finish(1, .failed) { $0.failure = .misconfigured }
    edited.tick()
    edited.tick()
    edited.issues[0].updatedAt = noon
    #expect(
      edited.tick().launched.isEmpty, "an update that changes nothing a person decides is no touch")
    edited.issues[0].body = "more detail"
    #expect(edited.tick().launched == [1])
  }

  @Test func theLabelOffAndOnAgainStartsAfresh() {
    var world = handedOff()
    world.issues[0].labels = []
    world.answers[ItemID("I_1")] = .found(world.issues[0])
    world.tick()
    #expect(world.record(1)?.claim.state == .handedOff)
    world.issues[0].labels = ["symphony"]
    world.answers = [:]
    #expect(world.tick().launched == [1])
  }

  @Test func aStaleListDoesNotReviveAReleasedItem() {
    var world = handedOff()
    let stale = world.issues[0]
    world.setPullRequest(.merged)
    world.close(1)
    world.tick()
    world.finish(1, .succeeded) { $0.removed = true }
    world.tick()
    world.answers = [:]
    world.candidatesOverride = .items([stale])
    #expect(world.tick().launched.isEmpty)
    var reopened = stale
    reopened.updatedAt = noon + .hours(1)
    world.issues = [reopened]
    world.candidatesOverride = nil
    world.now = noon + .hours(1)
    #expect(world.tick().launched == [1], "a reopened issue is new work")
  }

  /// Merged, closed and opened again, all between two looks: nobody ever saw it closed.
  @Test(
    arguments: [
      (Origin.Kind.reopened, Int64(90), true), (.labelled("symphony"), 90, true),
      (.reopened, 60, true), (.reopened, 30, false), (.labelled("symphony"), 30, false),
      (.labelled("bug"), 90, false), (.edited, 90, false), (.unlabelled("symphony"), 90, false),
    ])
  func aReopeningBetweenTwoLooksIsSeen(_ kind: Origin.Kind, _ at: Int64, _ isWish: Bool) {
    for isPrivate in [true, false] {
      var world = handedOff()
      world.repositories[0].isPrivate = isPrivate
      world.origins[.issue(1)] = .by("alice", .label("alice", -3600), .by("alice", kind, at))
      world.issues[0].updatedAt = noon + .seconds(90)
      world.now = noon + .minutes(2)
      world.setPullRequest(.merged)
      #expect(world.verdict(world.tick(), 1) == "cleaning_up")
      world.finish(1, .succeeded) { $0.removed = true }
      #expect(world.tick().launched == (isWish ? [1] : []), "private: \(isPrivate)")
      #expect(world.record(1)?.startsFresh == isWish)
    }
  }

  @Test func aStrangersReopeningBetweenTwoLooksStartsNothing() {
    var world = handedOff()
    world.repositories[0].isPrivate = false
    world.origins[.issue(1)] = .by(
      "alice", .label("alice", -3600), .by("mallory", .reopened, 90))
    world.issues[0].updatedAt = noon + .seconds(90)
    world.now = noon + .minutes(2)
    world.setPullRequest(.merged)
    world.tick()
    world.finish(1, .succeeded) { $0.removed = true }
    let plan = world.tick()
    #expect(plan.launched.isEmpty && world.verdict(plan, 1) == "reopening_not_trusted")
  }

  /// Nobody is asked about an item that was not touched since.
  @Test func anItemUntouchedSinceTheMergeIsNotAskedAbout() {
    var world = handedOff()
    world.setPullRequest(.merged)
    world.issues[0].updatedAt = noon
    world.tick()
    world.finish(1, .succeeded) { $0.removed = true }
    #expect(world.tick().inquiries.isEmpty)
  }

  @Test func anAnswerToARejectionBeforeTheNextLookCounts() {
    var world = handedOff()
    world.now = noon + .minutes(3)
    world.setPullRequest(.closed)
    #expect(world.verdict(world.tick(), 1) == "pull_request_rejected")
    #expect(world.record(1)?.claim.parking?.since == noon + .minutes(1))
  }

  @Test func aMergedPullRequestMeansDoneEvenIfTheIssueStaysOpen() {
    var world = handedOff()
    world.setPullRequest(.merged)
    world.tick()
    world.finish(1, .succeeded) { $0.removed = true }
    for _ in 0..<3 { #expect(world.verdict(world.tick(), 1) == "done") }
  }

  @Test func whatOurOwnWritesSetOffIsNoTouch() {
    var world = World(1..<2)
    world.tick()
    world.finish(1, .blocked)
    world.tick()
    #expect(world.tick().launched.isEmpty, "the comment is still owed")
    world.deliverAll(pullRequest: 1)
    world.issues[0].labels.append("needs-info")
    for _ in 0..<3 { #expect(world.tick().launched.isEmpty, "a bot's answer to our comment") }
    world.issues[0].body = "the answer"
    #expect(world.tick().launched == [1])
  }

  @Test func halfReadFactsNeitherStopNorStartAnything() {
    var world = World(1..<3)
    world.policy.limits.maxConcurrent = 1
    world.tick()
    for number in 1...2 {
      world.issues[number - 1].labels = []
      world.answers[ItemID("I_\(number)")] = .unknown(.malformed("line 3: no value"))
    }
    #expect(!world.tick().has("stop"))
    var handed = handedOff()
    handed.issues[0].labels = []
    handed.answers[ItemID("I_1")] = .unknown(.malformed("half saved"))
    handed.tick()
    handed.issues[0].labels = ["symphony"]
    handed.answers = [:]
    #expect(handed.tick().launched.isEmpty)
  }

  @Test func storedAnswersEndNothing() {
    var world = World(1..<2)
    world.tick()
    world.issues[0].labels = []
    world.answers[ItemID("I_1")] = .found(world.issues[0])
    world.isCached = true
    #expect(!world.tick().has("stop"))
    world.isCached = false
    #expect(world.tick().has("stop"))
  }

  @Test func anOperatorsStopOutranksAndOutlastsEverything() {
    var world = World(1..<2)
    world.tick()
    world.issues[0].labels = []
    world.answers[ItemID("I_1")] = .found(world.issues[0])
    world.tick()
    let stop = OperatorRequest(
      id: 1, kind: .stop, item: ItemID("I_1"), by: "ann", why: "", at: noon)
    world.state.requests = [stop]
    world.tick()
    world.issues[0].labels = ["symphony"]
    world.answers = [:]
    world.finish(1, .cancelled)
    #expect(world.verdict(world.tick(), 1) == "stopped_by_operator")
    // The run may end by itself before the signal arrives.
    for outcome in [Outcome.failed, .succeeded] {
      var other = World(1..<2)
      other.tick()
      other.state.requests = [stop]
      other.tick()
      other.finish(1, outcome)
      #expect(other.verdict(other.tick(), 1) == "stopped_by_operator")
    }
  }

  @Test func aRetryOfAMergedItemRunsFromTheBase() {
    var world = handedOff()
    world.setPullRequest(.merged)
    world.tick()
    world.finish(1, .succeeded) { $0.removed = true }
    world.tick()
    world.now = noon + .hours(1)
    world.state.requests = [
      OperatorRequest(id: 1, kind: .retry, item: ItemID("I_1"), by: "ann", why: "", at: noon)
    ]
    #expect(world.tick().launched == [1])
    #expect(world.record(1)?.startsFresh == true)
    #expect(!world.tick().has("stop"), "the old merge is history")
  }

  @Test func aCleanUpThatFailsIsSaidAndTriedLessOften() {
    var world = handedOff()
    world.setPullRequest(.merged)
    world.close(1)
    world.tick()
    var delays: [Int64] = []
    for _ in 0..<3 {
      world.finish(1, .failed) { $0.summary = "before_remove failed" }
      #expect(world.verdict(world.tick(), 1) == "clean_up_failed")
      delays.append(world.record(1)?.cleanUpAfter?.delay.milliseconds ?? 0)
      world.now = world.now + .days(2)
      #expect(world.tick().has("clean_up"))
    }
    #expect(delays == [600_000, 1_200_000, 2_400_000])
    // Whoever wants to keep it is in no trouble with it.
    world.finish(1, .failed) { $0.summary = "before_remove failed" }
    world.policy.workspace.removeOnTerminal = false
    #expect(world.verdict(world.tick(), 1) == "done")
  }

  @Test func anotherRepositorysItemsAreLeftAlone() {
    var world = World(1..<2)
    world.issues[0].repository = RepositoryName(owner: "acme", name: "other")
    #expect(world.verdict(world.tick(), 1) == "other_repository")
  }

  @Test func retryRequestsResetTheCounters() {
    var world = World(1..<2)
    world.tick()
    world.finish(1, .failed) { $0.code = "branch_taken" }
    #expect(world.verdict(world.tick(), 1) == "branch_taken")
    world.state.requests = [
      OperatorRequest(
        id: 1, kind: .retry, item: ItemID("I_1"), by: "ann", why: "", takeOver: true, at: noon)
    ]
    let plan = world.tick()
    #expect(plan.launched == [1])
    #expect(world.record(1)?.takeOver == true)
  }
}
