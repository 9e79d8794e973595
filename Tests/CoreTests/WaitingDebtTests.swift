// What a person can mend ends no debt, and a debt that waits for a person keeps nothing else of its
// item waiting.
import SymphonyCore
import Testing

@Suite struct WaitingDebtTests {
  static let mendable: [TrackerError] = [
    .unauthorized("bad credentials"), .forbidden("authorize the token for acme's single sign-on"),
    .notFound("not visible to this token"), .misconfigured("no such board", hint: "name it"),
  ]

  @Test(arguments: mendable)
  func aPullRequestWaitsForWhateverAPersonCanMend(_ error: TrackerError) throws {
    var world = World(1..<2)
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    for _ in 0..<50 {
      let entry = try #require(world.state.outbox.first)
      world.refuse(entry, error)
      let plan = world.tick()
      guard case .rest(.pullRequestOwed(let why, _))? = world.reason(plan, 1) else {
        Issue.record("\(world.claim(1))")
        return
      }
      #expect(why == error.sentence)
      let wait = try #require(world.state.outbox.first).nextTry.delay
      #expect(wait >= .seconds(10) && wait <= .minutes(10))
      world.now = world.now + .minutes(11)
    }
    world.deliverAll(pullRequest: 5)
    world.setPullRequest(.open)
    #expect(world.verdict(world.tick(), 1) == "handed_off", "the reason has passed with its cause")
    #expect(world.record(1)?.runs == 1)
  }

  @Test(arguments: [TrackerError.gone("deleted"), .rejected("no commits between")])
  func whatNothingCanMendEndsIt(_ error: TrackerError) throws {
    var world = World(1..<2)
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    world.refuse(try #require(world.state.outbox.first), error)
    #expect(world.verdict(world.tick(), 1) == "pull_request_refused")
  }

  /// Comments are compared with the tracker's clock: with ours a minute ahead of it, an answer given
  /// ten seconds after the refusal would lie before it.
  @Test(arguments: [TrackerError.gone("deleted"), .rejected("no commits between")])
  func anItemIsParkedOnTheTrackersClock(_ error: TrackerError) throws {
    var world = World(1..<2)
    world.clockOffset = .seconds(-60)
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    world.refuse(try #require(world.state.outbox.first), error)
    guard case .parked(let parking)? = world.record(1)?.claim else {
      Issue.record("\(world.claim(1))")
      return
    }
    #expect(parking.since == world.now - .seconds(60))
  }

  /// Of one code the facts change, and what is kept is today's.
  @Test func theSentenceOfAVerdictIsTheLastOne() {
    var world = World(1..<3)
    world.policy.limits.maxConcurrent = 1
    world.policyProblem = "line 3 is wrong"
    world.tick()
    #expect(world.record(2)?.sentence.contains("line 3 is wrong") == true)
    world.policyProblem = "line 7 is wrong"
    world.tick()
    #expect(world.record(2)?.sentence.contains("line 7 is wrong") == true)
  }
}
