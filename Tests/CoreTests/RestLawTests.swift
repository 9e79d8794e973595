// What a tick does not load changes nothing: over random histories each plan is the same without
// the items at rest that the tracker does not speak of.
import SymphonyCore
import SymphonyTestSupport
import Testing

@Suite struct RestLawTests {
  @Test(arguments: 0..<40) func itemsAtRestChangeNoPlan(seed: Int) {
    var history = RandomHistory(seed: seed)
    var unloaded = 0
    for step in 0..<40 {
      history.disturb()
      let place: Comment = "seed \(seed) step \(step)"
      let (plan, snapshot) = history.world.decide()
      let left = atRest(snapshot)
      unloaded += left.count
      var less = snapshot
      less.state.items.removeAll { left.contains($0.id) }
      let other = Planner.plan(less)
      #expect(other.effects == plan.effects, place)
      #expect(other.changes == plan.changes, place)
      #expect(other.news == plan.news, place)
      #expect(other.verdicts == plan.verdicts.filter { !left.contains($0.item) }, place)
      #expect(other.queue == plan.queue.filter { !left.contains($0) }, place)
      history.world.apply(plan)
    }
    // A law about nothing would hold as well.
    if seed == 0 { #expect(unloaded > 20, "\(unloaded)") }
  }

  /// As `StateScope.awake` and the observer have it.
  private func atRest(_ snapshot: Snapshot) -> Set<ItemID> {
    let state = snapshot.state
    var known = Set(state.runs.map(\.item) + state.outbox.map(\.item) + state.requests.map(\.item))
    known.formUnion(snapshot.survey.answers.keys)
    if case .items(let items) = snapshot.survey.candidates { known.formUnion(items.map(\.id)) }
    return Set(state.items.filter { $0.restedAt != nil }.map(\.id)).subtracting(known)
  }

  @Test func awakeIsWhateverIsStillHereOrHidden() {
    func record(_ reason: ReleaseReason, _ change: (inout ItemRecord, inout Release) -> Void)
      -> ItemRecord
    {
      let item = WorkItem(
        id: ItemID("a"), key: ItemKey("acme/app#1"),
        repository: RepositoryName(owner: "acme", name: "app"), number: 1, title: "")
      var record = ItemRecord(item: item, branch: "b", now: Timestamp(milliseconds: 5))
      var release = Release(reason: reason, at: Timestamp(milliseconds: 9), pullRequest: nil)
      change(&record, &release)
      record.claim = .released(release)
      return record
    }
    let end = Timestamp(milliseconds: 9)
    for reason in [ReleaseReason.closed, .gone, .terminal, .operator] {
      #expect(record(reason) { _, _ in }.restedAt == end)
    }
    #expect(record(.merged) { _, _ in }.restedAt == nil)
    #expect(record(.merged) { $1.left = true }.restedAt == end)
    #expect(record(.merged) { $1.hidden = true }.restedAt == end)
    #expect(record(.closed) { record, _ in record.hasWorkspace = true }.restedAt == nil)
    #expect(record(.closed) { record, _ in record.unpushed = "f00" }.restedAt == nil)
    #expect(record(.closed) { record, _ in record.left.commit = "f00" }.restedAt == nil)
    var new = record(.closed) { _, _ in }
    new.claim = .unclaimed
    #expect(new.restedAt == nil)
    new.verdict = Obstacle.notListed.code
    #expect(new.restedAt == Timestamp(milliseconds: 5))
    new.runs = 1
    #expect(new.restedAt == nil)
  }
}
