// A plan draws nonces from what the snapshot brought; to run out of them is a crash. So the longest
// stories are told for every item at once, with not one nonce more than `noncesNeeded` promises.
import SymphonyCore
import Testing

@Suite struct NonceBudgetTests {
  /// Everything running, every debt configured, the list of candidates unreadable.
  func world(_ count: Int) -> World {
    var world = World.board(1..<count + 1) {
      $0.policy.limits.maxConcurrent = 100
      $0.policy.pullRequest.closeIssueOnMerge = true
      WriteBackTests.labels(&$0)
    }
    world.tick()
    world.candidatesOverride = .failed(.unreachable("502"))
    world.now = world.now + .minutes(1)
    return world
  }

  func nonces(_ plan: Plan) -> [String] {
    plan.changes.compactMap { change in
      switch change {
      case .insertOutbox(let entry): entry.nonce
      case .insertRun(let run): run.nonce
      default: nil
      }
    }
  }

  @Test(arguments: [1, 3, 40]) func everyRunIsHandedOffAndAskedForAgain(count: Int) {
    var world = world(count)
    for number in 1...count {
      world.succeedWithCommits(number)
      world.ask(.retry, number)
    }
    let plan = world.tick()
    #expect(plan.launched.count == count)
    let drawn = nonces(plan)
    #expect(Set(drawn).count == drawn.count)
  }

  @Test(arguments: [1, 3, 40]) func everyRunEndsAsItsPullRequestMerges(count: Int) {
    var world = world(count)
    for number in 1...count {
      world.succeedWithCommits(number)
      guard let record = world.record(number) else { continue }
      world.pullRequests[HeadRef(record.repository, record.branch)] = .init(
        ref: PullRequestRef(number: number, url: "u"), state: .merged, createdAt: noon,
        endedAt: world.now)
    }
    let plan = world.tick()
    #expect(plan.effects.filter { $0.name == "clean_up" }.count == min(count, 4))
    #expect(plan.owed.filter { $0 == "close_issue" }.count == count)
  }

  @Test(arguments: [1, 40]) func everyAgentIsBlockedAndAskedForAgain(count: Int) {
    var world = world(count)
    for number in 1...count {
      world.finish(number, .blocked)
      world.ask(.retry, number)
    }
    #expect(world.tick().launched.count == count)
  }

  @Test func aFirstLookAtManyItems() {
    var world = World.board(1..<41) {
      $0.policy.limits.maxConcurrent = 100
      WriteBackTests.labels(&$0)
    }
    world.issues += (50..<90).map { .draft($0) }
    world.policy.tracker.board?.itemTypes = [.issue, .draftIssue]
    world.policy.tracker.board?.convertsDrafts = true
    let plan = world.tick()
    #expect(plan.launches.count == 40)
    #expect(plan.owed.filter { $0 == "convert_draft" }.count == 40)
  }
}
