// Feedback on a handed-off pull request, from what a tracker read to the agent and back: which
// remarks become pieces, when a round starts, what is handed over, and what answers them.
import SymphonyCore
import SymphonyTestSupport
import Testing

struct FeedbackTests {
  /// Issue 1 is handed off with pull request 101, which is followed.
  static func world(_ edit: (inout World) -> Void = { _ in }) -> World {
    var world = World(1..<2)
    world.watches = true
    world.policy.feedback.isEnabled = true
    edit(&world)
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    world.deliverAll()
    world.say()
    return world
  }

  // MARK: Pieces

  @Test func aTrustedRemarkBecomesAPieceOnce() {
    var world = Self.world()
    world.say([.line("L1", "rename it", at: world.now)])
    world.tick()
    #expect(world.pieces == ["line L1 seen"])
    world.tick()
    #expect(world.state.pieces.count == 1)
    #expect(world.tick().changes.isEmpty, "a second look changes nothing")
  }

  @Test func whoMayNotWriteIsIgnoredAndInNoPrompt() {
    var world = Self.world()
    world.repositories[0].isPrivate = false
    var stranger = Remark.line("L1", "run this", at: world.now)
    stranger.mayWrite = false
    var unknown = Remark.line("L2", "hm", at: world.now)
    unknown.mayWrite = nil
    world.say([stranger, unknown])
    world.passQuiet()
    #expect(world.pieces == ["line L1 ignored"], "who is not known yet has no row yet")
    #expect(world.claim(1) == "handed_off")
  }

  @Test func botsCountByNameOnly() {
    var world = Self.world()
    var bot = Remark.comment("C1", "coverage fell", at: world.now)
    bot.isBot = true
    bot.words.author = "lint[bot]"
    world.say([bot])
    world.tick()
    #expect(world.pieces == ["comment C1 ignored"])
    world.policy.feedback.bots = ["Lint"]
    world.say([bot], digest: "again")
    world.tick()
    #expect(world.pieces == ["comment C1 seen"])
  }

  @Test func oursIsWhatHasANonceOfOursAndIsByOurAccount() {
    var world = Self.world()
    world.knownNonces = ["n1"]
    var ours = Remark.comment("C1", "Pushed abc", at: world.now)
    (ours.isByViewer, ours.nonce) = (true, "n1")
    var copied = Remark.comment("C2", "see above", at: world.now)
    copied.nonce = "n1"
    var forged = Remark.comment("C3", "by hand", at: world.now)
    (forged.isByViewer, forged.nonce) = (true, "n2")
    var human = Remark.comment("C4", "the token's own human", at: world.now)
    human.isByViewer = true
    world.say([ours, copied, forged, human])
    world.tick()
    #expect(world.pieces == ["comment C2 seen", "comment C3 seen", "comment C4 seen"])
  }

  @Test func anEditBeforeTheHandOverReplaces() {
    var world = Self.world()
    world.say([.line("L1", "rename it", at: world.now)])
    world.tick()
    world.say([.line("L1", "rename them", at: world.now)])
    world.tick()
    #expect(world.pieces == ["line L1 dropped", "line L1 seen"])
    world.say([.line("L1", "rename them\r\n", at: world.now)], digest: "line ends")
    world.tick()
    #expect(world.state.pieces.count == 2, "the same words are the same version")
  }

  @Test(arguments: ["deleted", "minimized", "resolved", "dismissed", "emptied"])
  func whatFallsAwayBeforeIsDropped(_ how: String) {
    var world = Self.world()
    let kind: Piece.Kind = how == "dismissed" ? .review : how == "emptied" ? .comment : .line
    var remark = Remark.make(kind, "R1", "words", at: world.now)
    world.say([remark])
    world.tick()
    #expect(world.pieces == ["\(kind) R1 seen"])
    remark.isMinimized = how == "minimized"
    remark.isResolved = how == "resolved"
    remark.isDismissed = how == "dismissed"
    if how == "emptied" { remark.words.text = " " }
    world.say(how == "deleted" ? [] : [remark])
    world.passQuiet()
    #expect(world.pieces == ["\(kind) R1 dropped"])
    #expect(world.claim(1) == "handed_off")
    remark = .make(kind, "R1", "words", at: world.now)
    world.say([remark])
    world.tick()
    #expect(world.pieces == ["\(kind) R1 handed"], "it counts again")
  }

  @Test func whatIsMissingOfALongConversationIsNotDropped() {
    var world = Self.world()
    world.say([.line("L1", "rename it", at: world.now)])
    world.tick()
    world.say([], isWhole: false)
    world.tick()
    #expect(world.pieces == ["line L1 seen"])
  }

  @Test func aResolvedThreadCountsWhileItsReviewRequestsChanges() {
    var world = Self.world()
    var line = Remark.line("L1", "rename it", at: world.now)
    line.isResolved = true
    line.words.review = "V1"
    world.say([line], refusedBy: "V1")
    world.tick()
    #expect(world.pieces == ["line L1 seen"])
  }

  @Test func emptyReviewsCountOnlyWithAVerdict() {
    var world = Self.world()
    let comments = Remark.make(.review, "V1", "", at: world.now)
    var refusal = Remark.make(.review, "V2", "", at: world.now)
    refusal.words.verdict = .changesRequested
    world.say([comments, refusal])
    world.tick()
    #expect(world.pieces == ["review V2 seen"])
  }

  @Test func kindsThatAreOffAreNotTakenIn() {
    var world = Self.world {
      $0.policy.feedback.comments = false
      $0.policy.feedback.conflicts = false
    }
    world.say([.comment("C1", "hm", at: world.now)])
    world.views[.issue(1)]?.mergeability = .conflicting
    world.tick()
    #expect(world.pieces.isEmpty)
  }

  @Test func anIssueWithTheLabelIsNotFollowed() {
    var world = Self.world()
    world.edit(1) { $0.labels.append("No-Feedback") }
    world.say([.comment("C1", "hm", at: world.now)])
    world.passQuiet()
    #expect(world.pieces.isEmpty)
    #expect(world.claim(1) == "handed_off")
  }

  // MARK: Checks and conflicts

  @Test func aFailedCheckOfThisHeadIsAPiece() {
    var world = Self.world()
    world.check(.failed, "test")
    world.passQuiet()
    #expect(world.pieces == ["check abc actions/ci/test handed"])
    #expect(world.claim(1) == "running")
  }

  @Test func whatFailsOnTheBaseTooSpendsNoRound() {
    var world = Self.world()
    world.check(.failed, "test") { $0.failsOnBase = true }
    world.passQuiet()
    #expect(world.pieces.isEmpty)
    #expect(world.record(1)?.followUp?.checks?.alsoOnBase == ["test"])
    #expect(world.record(1)?.followUp?.rounds == 0)
  }

  @Test func aBrokenCheckRunsOnceMoreAndIsThenFeedback() {
    var world = Self.world()
    world.check(.broken, "test") { $0.job = 7 }
    world.passQuiet()
    #expect(world.debts(1) == ["rerun_checks"])
    #expect(world.pieces.isEmpty)
    world.deliverAll()
    // The same answer once more: the rerun does not show yet.
    world.check(.broken, "test", run: "2") { $0.job = 8 }
    world.passQuiet()
    #expect(world.debts(1).isEmpty)
    #expect(world.pieces == ["check abc actions/ci/test handed"])
  }

  @Test func whereTheBaseNamesChecksOthersDoNotCount() {
    var world = Self.world()
    world.views[.issue(1)]?.requiresChecks = true
    world.check(.failed, "optional")
    world.passQuiet()
    #expect(world.pieces.isEmpty)
  }

  @Test func openChecksAreWaitedFor() {
    var world = Self.world()
    world.say([.line("L1", "rename it", at: world.now)])
    var counts = CheckCounts()
    (counts.open, counts.passed) = (1, 2)
    world.views[.issue(1)]?.checks = counts
    world.passQuiet()
    #expect(world.verdict(world.tick(), 1) == "checks_open")
    world.now = world.now + world.policy.feedback.checksPatience
    world.tick()
    #expect(world.claim(1) == "running", "a check that never ends does not wait for ever")
  }

  @Test func aNewHeadWithoutChecksIsGivenTime() {
    var world = Self.world()
    world.say([.line("L1", "rename it", at: world.now)])
    world.views[.issue(1)]?.head = "def"
    world.views[.issue(1)]?.checks = nil
    world.tick()
    world.now = world.now + .seconds(61)
    #expect(world.verdict(world.tick(), 1) == "checks_open")
    world.now = world.now + world.policy.feedback.checksGrace
    world.tick()
    #expect(world.claim(1) == "running")
  }

  @Test func aConflictIsAPieceOncePerHead() {
    var world = Self.world()
    world.views[.issue(1)]?.mergeability = .conflicting
    world.passQuiet()
    #expect(world.pieces == ["conflict abc handed"])
    world.finish(1, .succeeded) { $0.message = "cannot" }
    world.tick()
    world.passQuiet()
    #expect(world.pieces == ["conflict abc answered"], "the same head again is no news")
    #expect(world.claim(1) == "handed_off")
  }

  @Test func aConflictThatIsNotComputedDecidesNothing() {
    var world = Self.world()
    world.views[.issue(1)]?.mergeability = .conflicting
    world.tick()
    world.views[.issue(1)]?.mergeability = .unknown
    world.tick()
    #expect(world.pieces == ["conflict abc seen"])
    world.views[.issue(1)]?.mergeability = .mergeable
    world.tick()
    #expect(world.pieces == ["conflict abc dropped"])
  }

  // MARK: Rounds

  @Test func aRoundStartsWhenItIsQuiet() throws {
    var world = Self.world()
    world.say([.line("L1", "rename it", at: world.now)])
    #expect(world.verdict(world.tick(), 1) == "feedback")
    world.now = world.now + .seconds(30)
    world.say([.line("L1", "rename it", at: noon), .line("L2", "and this", at: world.now)])
    world.now = world.now + .seconds(31)
    #expect(world.verdict(world.tick(), 1) == "feedback", "somebody is still writing")
    world.now = world.now + .seconds(30)
    let plan = world.tick()
    let order = try #require(plan.launches.first)
    #expect(order.feedback.map(\.number) == [1, 2])
    #expect(order.feedback.map(\.words.text) == ["rename it", "and this"])
    #expect(order.item.wake?.kind == .feedback)
    #expect(world.pieces == ["line L1 handed", "line L2 handed"])
    #expect(world.record(1)?.followUp?.rounds == 1)
  }

  @Test func whatIsSaidDuringARunWaitsForTheNext() {
    var world = Self.round()
    world.say([.line("L1", "rename it", at: noon), .line("L2", "also", at: world.now)])
    world.tick()
    #expect(world.pieces == ["line L1 handed"])
    world.succeedRound("def")
    world.tick()
    world.say([.line("L1", "rename it", at: noon), .line("L2", "also", at: world.now)])
    world.passQuiet()
    #expect(world.pieces == ["line L1 answered", "line L2 handed"])
  }

  @Test func aRunThatFailsKeepsItsSet() throws {
    var world = Self.round()
    world.finish(1, .failed) { $0.fail(.agent) }
    world.tick()
    #expect(world.pieces == ["line L1 handed"])
    world.say([.line("L1", "rename it", at: noon), .line("L2", "also", at: world.now)])
    world.now = world.now + .minutes(10)
    let order = try #require(world.tick().launches.first)
    #expect(order.feedback.map(\.words.text) == ["rename it", "also"])
    #expect(world.record(1)?.followUp?.rounds == 1, "the same round goes on")
  }

  @Test func aRoundRunsWhereverTheItemStandsOnItsBoard() {
    var world = World.board(1..<2) {
      $0.policy.feedback.isEnabled = true
      $0.policy.tracker.handoffStatus = "In Review"
      $0.policy.tracker.inProgressStatus = "In Progress"
    }
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    world.deliverAll()
    #expect(world.issue(1)?.status == "In Review")
    world.tick()
    world.say([.line("L1", "rename it", at: world.now)])
    world.passQuiet()
    #expect(world.claim(1) == "running")
    #expect(world.debts(1).isEmpty, "it stays where people review it")
    world.tick()
    #expect(world.run(1)?.stop == nil)
    world.succeedRound("def")
    world.tick()
    #expect(world.claim(1) == "handed_off")
    #expect(!world.debts(1).contains("set_status"))
  }

  @Test func whatCannotBeReadOnceMoreIsNotHandedOver() {
    var world = Self.world()
    world.say([.line("L1", "rename it", at: world.now)])
    world.tick()
    world.now = world.now + .seconds(61)
    world.lostAtConfirmation = [.issue(1)]
    #expect(world.verdict(world.tick(), 1) == "not_checked")
    #expect(world.pieces == ["line L1 seen"])
  }

  @Test func aPersonWhoIsNotKnownForOnceDropsNothing() {
    var world = Self.world()
    world.repositories[0].isPrivate = false
    var remark = Remark.line("L1", "rename it", at: world.now)
    world.say([remark])
    world.tick()
    remark.mayWrite = nil
    world.say([remark], digest: "later")
    world.tick()
    #expect(world.pieces == ["line L1 seen"])
  }

  @Test func checksThatAreNotDecidedAreReadAgain() {
    var world = Self.world()
    world.check(.broken, "test") { $0.job = 7 }
    world.tick()
    #expect(world.record(1)?.followUp?.checks == nil)
    world.deliverAll()
    world.tick()
    #expect(world.record(1)?.followUp?.checks != nil)
    #expect(world.pieces == ["check abc actions/ci/test seen"])
  }

  @Test func ofMoreThanOneRunTakesTheOldestComesFirst() throws {
    var world = Self.world()
    let remarks = (1...70).map {
      Remark.line("L\($0)", "words \($0)", at: noon + .seconds(Int64($0)))
    }
    world.say(remarks)
    world.passQuiet()
    let handed = world.state.pieces.filter { $0.state == .handed }
    #expect(handed.count == 50)
    #expect(!handed.contains { $0.id.key == "L51" })
  }

  /// Issue 1 runs a round about one line comment.
  static func round(_ edit: (inout World) -> Void = { _ in }) -> World {
    var world = world(edit)
    world.say([.line("L1", "rename it", at: world.now)])
    world.passQuiet()
    return world
  }
}
