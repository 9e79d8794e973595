// Whether webhooks arrive, so that polls may be further apart: a webhook is only a hint, and nobody
// says when one is lost. Asked by every poll.

package struct WebhookHealth: Sendable {
  /// When the last one came whose signature was right; nil: none ever did.
  var lastCame: Timestamp?
  /// When a poll last found what none had told.
  var lastMissed: Timestamp?

  package init(lastCame: Timestamp?, lastMissed: Timestamp?) {
    (self.lastCame, self.lastMissed) = (lastCame, lastMissed)
  }

  /// A day without any is no proof that they still come.
  private static let patience = Interval.days(1)
  /// GitHub sends one within seconds.
  private static let delay = Interval.minutes(1)

  package func pollInterval(_ policy: Policy, at now: Timestamp) -> Interval {
    guard let slower = policy.hintedPollInterval, let lastCame, now - lastCame < Self.patience,
      lastMissed.map({ $0 < lastCame }) ?? true
    else { return policy.pollInterval }
    return max(slower, policy.pollInterval)
  }

  /// Whether an item changed after the last webhook, long enough ago that one should have come.
  ///
  /// `clockOffset`: the tracker's clock minus ours.
  package func misses(_ items: [WorkItem], at now: Timestamp, clockOffset: Interval) -> Bool {
    guard let lastCame else { return false }
    return items.contains { item in
      guard let stamp = item.updatedAt else { return false }
      let changed = stamp - clockOffset
      return changed > lastCame + Self.delay && now - changed > Self.delay
    }
  }
}
