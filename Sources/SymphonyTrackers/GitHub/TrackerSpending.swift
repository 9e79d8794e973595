// The spending of this state directory at its tracker, hour by hour, and what the server said is
// left: remembered between ticks as an entry of the response cache. `symphony status` reads it, and
// the tick keeps to `github.max_points_per_hour` by it. Losing the entry forgets the hour, nothing
// else.
import FoundationEssentials
import SymphonyCore

package struct TrackerSpending: Hashable, Codable, Sendable {
  /// A limit of the server's, as its last answer told it.
  package struct Window: Hashable, Codable, Sendable {
    package var limit: Int
    package var remaining: Int
    /// On our clock.
    package var resetAt: Timestamp
    package init(limit: Int, remaining: Int, resetAt: Timestamp) {
      self.limit = limit
      self.remaining = remaining
      self.resetAt = resetAt
    }
  }
  /// When the hour in progress began, on our clock: with its first request that cost something.
  package var hourStart: Timestamp
  /// Points of GraphQL and requests of REST together, in this hour.
  package var points = 0
  /// Requests that cost something, in this hour: an unchanged answer is free.
  package var requests = 0
  package var graphQL: Window?
  /// The server's limit for REST.
  package var core: Window?
  /// Secondary limits without an end of their own, one soon after the other; the last one's end.
  var quietRounds = 0
  var quietUntil: Timestamp?

  package init(hourStart: Timestamp) { self.hourStart = hourStart }

  /// The entry in the state directory's cache; nil: there is none yet, or it is not readable.
  package static func read(_ cache: any ResponseCache) -> TrackerSpending? {
    cache.lookUp(key).flatMap { try? JSONDecoder().decode(Self.self, from: Data($0.body)) }
  }

  static let key = "symphony:spending"
  static let hour = Interval.hours(1)

  /// The points and requests of the hour `now` is in.
  package func current(at now: Timestamp) -> (points: Int, requests: Int) {
    isOver(at: now) ? (0, 0) : (points, requests)
  }

  package var hourEnd: Timestamp { hourStart + Self.hour }

  /// True when the hour in progress has ended.
  ///
  /// An hour that began in the future was written before the clock was set back: it has ended too.
  func isOver(at now: Timestamp) -> Bool {
    Deadline(setAt: hourStart, delay: Self.hour).isDue(at: now)
  }
}
