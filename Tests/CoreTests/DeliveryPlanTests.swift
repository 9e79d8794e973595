// Which debts a tick pays is the plan's to say: what it lists is what is carried out.
import SymphonyCore
import Testing

@Suite struct DeliveryPlanTests {
  /// An item whose run has just ended well, before the tick that sees it.
  private func finished() -> World {
    var world = World(1..<2)
    world.tick()
    world.succeedWithCommits(1)
    return world
  }

  private func planned(_ plan: Plan) -> [String] {
    plan.effects.compactMap { if case .deliver(let order) = $0 { order.kind } else { nil } }
  }

  private func hold(_ world: World, until: Interval) -> Hold {
    Hold(
      kind: .tracker, scope: "", why: "rate limit",
      until: Deadline(setAt: world.now - .minutes(5), delay: .minutes(5) + until),
      setAt: world.now - .minutes(5))
  }

  @Test func whatAPlanEntersItPays() {
    var world = finished()
    let plan = world.decide().plan
    #expect(plan.owed.first == "ensure_pull_request" && planned(plan) == plan.owed)
    world.carryOut(plan)
    #expect(world.state.outbox.isEmpty)
    #expect(planned(world.decide().plan).isEmpty)
  }

  @Test func aHoldWhoseTimeHasPassedKeepsNothingBack() {
    var world = finished()
    world.tick()
    world.state.holds = [hold(world, until: .zero)]
    let plan = world.decide().plan
    #expect(plan.has("lift_hold"))
    #expect(planned(plan).first == "ensure_pull_request")
    world.state.holds = [hold(world, until: .seconds(1))]
    #expect(planned(world.decide().plan).isEmpty)
  }

  @Test func aLimitThatWasMetWhileLookingSendsNothing() {
    var world = finished()
    world.tick()
    world.limit = RateLimit(until: world.now + .minutes(10), why: "secondary rate limit")
    let plan = world.decide().plan
    #expect(plan.has("hold") && planned(plan).isEmpty)
  }

  @Test func withoutATrackerNothingIsListed() {
    var world = finished()
    world.tick()
    var snapshot = world.snapshot
    snapshot.hasTracker = false
    #expect(planned(Planner.plan(snapshot)).isEmpty)
  }

  @Test func aTickPaysTwentyAndLeavesTheRest() {
    var world = World(1..<26)
    world.policy.limits.maxConcurrent = 25
    world.policy.pullRequest.commentOnIssue = false
    world.tick()
    for number in 1...25 { world.succeedWithCommits(number) }
    world.tick()
    let owed = world.state.outbox.count
    var paid = 0
    while !world.state.outbox.isEmpty, paid <= owed {
      let plan = world.decide().plan
      let listed = planned(plan).count
      #expect(listed == min(20, owed - paid))
      #expect(plan.leavesDebts == (owed - paid > 20))
      world.carryOut(plan)
      paid += listed
    }
    #expect(owed >= 25 && paid == owed)
  }

  @Test func behindADebtThatWaitsOnlyItsOwnKindWaits() {
    var queue = DebtQueue()
    func entry(_ item: Int, _ payload: OutboxEntry.Payload) -> OutboxEntry {
      OutboxEntry(
        item: .issue(item), dedupeKey: "\(item)", payload: payload, nonce: "n",
        createdAt: Timestamp(milliseconds: 0))
    }
    let app = RepositoryName(owner: "acme", name: "app")
    let comment = OutboxEntry.Payload.comment(
      CommentOrder(repository: app, key: ItemKey("acme/app#1"), number: 1, text: "a"))
    let draft = OutboxEntry.Payload.convertDraft(DraftOrder(repository: app))
    queue.wait(behind: entry(1, comment))
    #expect(!queue.isFree(entry(1, comment)))
    #expect(queue.isFree(entry(1, draft)) && queue.isFree(entry(2, comment)))
    queue.wait(behind: entry(2, draft))
    #expect(!queue.isFree(entry(2, comment)))
  }
}
