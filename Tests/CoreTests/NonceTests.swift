// Nonces are drawn as a plan needs them: there is no number that has to be foreseen, none is drawn
// twice, and a plan that is made again over the same snapshot draws the same.
import SymphonyCore
import Synchronization
import Testing

@Suite struct NonceTests {
  /// Every run is handed off and asked for again: a pull request, a comment, moves of labels and of
  /// the status, and a launch, for each item.
  private func world(_ count: Int) -> World {
    var world = World.board(1..<count + 1) {
      $0.policy.limits.maxConcurrent = 100
      $0.policy.pullRequest.closeIssueOnMerge = true
      WriteBackTests.labels(&$0)
    }
    world.tick()
    world.candidatesOverride = .failed(.unreachable("502"))
    world.now = world.now + .minutes(1)
    for number in 1...count {
      world.succeedWithCommits(number)
      world.ask(.retry, number)
    }
    return world
  }

  private func nonces(_ plan: Plan) -> [String] {
    plan.changes.compactMap { change in
      switch change {
      case .insertOutbox(let entry): entry.nonce
      case .insertRun(let run): run.nonce
      default: nil
      }
    }
  }

  @Test(arguments: [1, 3, 90]) func noneIsDrawnTwice(count: Int) {
    let snapshot = world(count).decide().snapshot
    let asked = Mutex<[Int]>([])
    var counted = snapshot
    counted.nonces = { number in
      asked.withLock { $0.append(number) }
      return snapshot.nonces(number)
    }
    let plan = Planner.plan(counted)
    #expect(plan.launched.count == count)
    let drawn = nonces(plan)
    #expect(drawn.count > 4 * count && Set(drawn).count == drawn.count)
    let numbers = asked.withLock { $0 }
    #expect(numbers == Array(0..<numbers.count))
    #expect(Planner.plan(snapshot) == plan)
  }
}
