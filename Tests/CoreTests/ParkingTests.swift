// Parking means the same wherever it is decided: by a run's end, by the tracker's facts, by the
// answer to a delivery. Its clock, its labels, its verdict and the news of it.
import SymphonyCore
import Testing

@Suite struct ParkingTests {
  static let labels = LabelMove(add: ["needs-human"], remove: ["symphony:working"])

  /// Issue 1's work is pushed and its pull request owed, with a tracker a minute ahead of us.
  private func pushed() -> World {
    var world = World(1..<2)
    world.policy.tracker.labelsOn.park = Self.labels
    world.clockOffset = .minutes(1)
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    return world
  }

  private func owed(_ world: World) throws -> OutboxEntry {
    try #require(world.state.outbox.first { $0.payload.kind == "ensure_pull_request" })
  }

  private func isParked(_ news: [News], _ why: String) -> Bool {
    news.contains(
      .claimChanged(key: ItemKey("acme/app#1"), from: .handedOff, to: .parked, why: why))
  }

  @Test func anAnswerThatParksOwesItsLabelsAndSaysSo() throws {
    let answers: [(Result<Delivery, TrackerError>, ParkingReason)] = [
      (.failure(.rejected("no commits")), .pullRequestRefused),
      (.success(.superseded("not ours")), .pullRequestForeign),
    ]
    for (answer, reason) in answers {
      var world = pushed()
      let news = world.settle(try owed(world), answer)
      let parking = try #require(world.record(1)?.claim.parking)
      #expect(parking.reason == reason)
      #expect(parking.since == world.now + .minutes(1), "on the tracker's clock")
      #expect(isParked(news, reason.rawValue), "\(news)")
      #expect(world.debts(1).contains("set_labels"))
      #expect(news.contains(.debtEntered(key: ItemKey("acme/app#1"), kind: "set_labels")))
      #expect(world.record(1)?.verdict == reason.rawValue, "status need not wait for a plan")
      #expect(world.record(1)?.sentence == parking.sentence)
    }
  }

  @Test func itIsLabelledOnceAndNeitherTheLabelsNorOurClockWakeIt() throws {
    var world = pushed()
    world.settle(try owed(world), .failure(.rejected("no commits")))
    for _ in 0..<4 {
      let plan = world.tick()
      #expect(world.verdict(plan, 1) == "pull_request_refused" && plan.owed.isEmpty)
      world.deliverAll()
      world.now = world.now + .minutes(3)
    }
    #expect(world.issue(1)?.labels == ["symphony", "needs-human"])
    #expect(world.delivered[.issue(1)] == ["set_labels"], "nothing speaks of the pull request")
  }

  @Test func aLimitThatADeliveryMeetsIsNews() throws {
    var world = pushed()
    let until = world.now + .minutes(5)
    let news = world.settle(
      try owed(world), .failure(.rateLimited(until: until, "secondary limit")))
    #expect(news == [.holdSet(kind: "tracker", why: "secondary limit")])
    #expect(world.state.holds.first?.until?.time == until)
    #expect(world.claim(1) == "handed_off")
  }

  @Test func aPullRequestThatIsThereIsSaidAtOnce() throws {
    var world = pushed()
    let request = PullRequestRef(number: 5, url: "https://h/5")
    world.settle(try owed(world), .success(.pullRequest(request, created: true)))
    #expect(world.record(1)?.verdict == "handed_off")
    #expect(world.record(1)?.sentence == "pull request #5 waits for a person: https://h/5")
  }

  @Test func aDraftThatBecameAnIssueIsReleasedAndSaysSo() throws {
    var world = World.drafts()
    world.tick()
    let entry = try #require(world.state.outbox.first)
    let key = ItemKey("acme/app#1007")
    let news = world.settle(entry, .success(.converted(to: key)))
    #expect(news.map(\.name) == ["change_claim"])
    #expect(world.record(7)?.verdict == "gone")
  }
}
