// When polls may be further apart because webhooks tell what happens, and when not any more.
import SymphonyCore
import Testing

@Suite struct WebhookHealthTests {
  private var policy: Policy {
    var policy = Policy(promptTemplate: "", promptLine: 1, workflowPath: "/w")
    policy.pollInterval = .seconds(30)
    policy.hintedPollInterval = .minutes(5)
    return policy
  }

  private func interval(came: Interval?, missed: Interval? = nil) -> Interval {
    WebhookHealth(lastCame: came.map { noon - $0 }, lastMissed: missed.map { noon - $0 })
      .pollInterval(policy, at: noon)
  }

  @Test func pollsAreFurtherApartWhileTheyCome() {
    #expect(interval(came: nil) == .seconds(30))
    #expect(interval(came: .hours(1)) == .minutes(5))
    #expect(interval(came: .hours(25)) == .seconds(30))
    #expect(interval(came: .hours(1), missed: .minutes(10)) == .seconds(30))
    #expect(interval(came: .minutes(5), missed: .minutes(10)) == .minutes(5))
    var plain = policy
    plain.hintedPollInterval = nil
    #expect(
      WebhookHealth(lastCame: noon, lastMissed: nil).pollInterval(plain, at: noon) == .seconds(30))
    plain.hintedPollInterval = .seconds(10)
    #expect(
      WebhookHealth(lastCame: noon, lastMissed: nil).pollInterval(plain, at: noon) == .seconds(30))
  }

  @Test func aChangeThatNoneToldIsAMiss() {
    func misses(_ changed: Interval, came: Interval?, offset: Interval = .zero) -> Bool {
      var item = World(1..<2).issues[0]
      item.updatedAt = noon - changed
      return WebhookHealth(lastCame: came.map { noon - $0 }, lastMissed: nil)
        .misses([item], at: noon, clockOffset: offset)
    }
    #expect(misses(.minutes(5), came: .minutes(10)))
    #expect(!misses(.minutes(10), came: .minutes(5)), "it was told, or something after it")
    #expect(!misses(.seconds(30), came: .minutes(10)), "one may be on its way")
    #expect(!misses(.minutes(5), came: nil), "none ever came")
    #expect(
      !misses(.minutes(5), came: .minutes(10), offset: .minutes(10)), "GitHub's clock is ahead")
  }
}
