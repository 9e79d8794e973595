// Numbers that only grow, kept in the database for metrics: a program that ends after each tick
// cannot count in memory.

package struct Counter: Hashable, Sendable {
  /// The names in the database, which outlive those in the code.
  package enum Name: String, Sendable, CaseIterable {
    /// Runs that were launched to work on an item.
    case dispatches
    /// Runs that were settled, by their outcome.
    case runs
    /// Settled runs by the time they took; the label is a bound in seconds, empty for the longest.
    case runBucket = "run_bucket"
    case runMilliseconds = "run_milliseconds"
    /// Debts to the tracker that were delivered, and that it refused for good, by their kind.
    case writebacks, refusals
    case handoffs, parkings
    /// Ticks that held the lock, by the word of their exit code.
    case ticks
    /// As of runs.
    case tickBucket = "tick_bucket"
    case tickMilliseconds = "tick_milliseconds"
    /// Requests to the tracker, and the time it took to answer them.
    case requests
    case requestMilliseconds = "request_milliseconds"
    /// Webhooks that came, by what became of them.
    case webhooks
  }
  /// What became of a webhook: the labels of `webhooks`.
  package enum WebhookResult: String, Sendable, CaseIterable {
    /// It came before, and a tick was called then.
    case duplicate
    /// A tick is called for it.
    case hint
    /// Nothing that a tick looks at can have changed.
    case ignored
  }
  package var name: Name
  /// Empty: there is only one of the name.
  package var label: String
  /// 0 or more.
  package var value: Int64

  package init(_ name: Name, _ label: String = "", _ value: Int64 = 1) {
    (self.name, self.label, self.value) = (name, label, value)
  }

  /// Bounds of histograms in seconds, rising.
  package static let runBounds = ["60", "300", "900", "1800", "3600", "7200", "14400"]
  package static let tickBounds = ["0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "25"]

  /// One tick that took so long, in milliseconds, and ended so.
  package static func tick(_ outcome: String, milliseconds: Int64) -> [Counter] {
    let bound = tickBounds.first { bound in
      Double(bound).map { Double(milliseconds) <= $0 * 1000 } ?? false
    }
    return [
      Counter(.ticks, outcome), Counter(.tickBucket, bound ?? ""),
      Counter(.tickMilliseconds, "", milliseconds),
    ]
  }
}
