// Rounds that end otherwise than well: blocked, parked, the pull request closed meanwhile, kinds that are
// switched off, words that come too late.
import SymphonyCore
import SymphonyTestSupport
import Testing

struct RoundEndTests {
  @Test func aParkedRoundOfABoardGoesOnWithItsPieces() throws {
    var world = World.board(1..<2) {
      $0.policy.feedback.isEnabled = true
      $0.policy.tracker.handoffStatus = "In Review"
    }
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    world.deliverAll()
    world.tick()
    world.say([.line("L1", "rename it", at: world.now)])
    world.passQuiet()
    world.finish(1, .blocked)
    world.tick()
    world.deliverAll()
    #expect(world.claim(1) == "parked")
    #expect(world.pieces == ["line L1 handed"])
    world.ask(.retry, 1, why: "go on")
    world.tick()
    let order = try #require(world.run(1))
    #expect(order.stop == nil)
    #expect(world.claim(1) == "running")
    world.tick()
    #expect(world.run(1)?.stop == nil, "it is not stopped for its status")
    world.succeedRound("def")
    world.tick()
    #expect(world.pieces == ["line L1 answered"])
  }

  @Test func aPullRequestThatIsClosedMeanwhileIsNotReplaced() {
    var world = FeedbackTests.round()
    world.succeedRound("def")
    world.endPullRequest(1, .closed)
    world.tick()
    #expect(world.record(1)?.verdict == "pull_request_rejected")
    #expect(!world.debts(1).contains("ensure_pull_request"))
  }

  @Test func aRetryOfARoundDoesNotStartOnAClosedOne() {
    var world = FeedbackTests.round()
    world.finish(1, .failed) { $0.fail(.agent) }
    world.tick()
    world.endPullRequest(1, .closed)
    world.now = world.now + .minutes(10)
    world.tick()
    #expect(world.record(1)?.verdict == "pull_request_rejected")
  }

  @Test func aKindThatIsSwitchedOffStartsNothing() {
    var world = FeedbackTests.world()
    world.say([.comment("C1", "hm", at: world.now)])
    world.tick()
    world.policy.feedback.comments = false
    world.passQuiet()
    #expect(world.claim(1) == "handed_off")
    #expect(world.pieces == ["comment C1 dropped"])
  }

  @Test func whatIsSaidInAThreadWhileWeResolveItIsHeard() {
    var world = FeedbackTests.round()
    world.succeedRound("def") {
      $0.replies = [HandedReply(number: 1, answer: PieceAnswer(.fixed, "renamed"))]
    }
    world.tick()
    world.deliverAll()
    var first = Remark.line("L1", "rename it", at: noon)
    first.isResolved = true
    var late = Remark.line("L2", "also handle nil", at: noon)
    (late.isResolved, late.words.thread) = (true, "T-L1")
    world.say([first, late])
    world.passQuiet()
    #expect(world.pieces == ["line L1 answered", "line L2 handed"])
  }

  @Test func aBranchOfSomebodyElseGetsNoRound() {
    var world = World(1..<2)
    world.watches = true
    world.policy.feedback.isEnabled = true
    world.launchesAllowed = false
    world.setPullRequest(.open)
    world.launchesAllowed = true
    world.tick()
    #expect(world.claim(1) == "handed_off")
    world.say([.comment("C1", "hm", at: world.now)])
    world.views[.issue(1)]?.ref.number = 5
    world.state.items[0].ownsBranch = false
    world.passQuiet()
    #expect(world.claim(1) == "handed_off")
    #expect(world.pieces == ["comment C1 seen"])
  }
}
