// Keeps TrackerSpending up to date: every request is charged here and asked for permission before.
// GitHubWire charges one per request, the GraphQL call what its answer says it cost beyond that.
// Its entry goes to the response cache, which stores it when the tick commits.
import SymphonyCore
import Synchronization

final class SpendingBook: Sendable {
  /// A secondary limit soon after the last one's end doubles the wait, up to an hour.
  private static let quietMemory = Interval.minutes(10)
  /// Points that may be spent at the beginning of an hour, however small the ceiling is.
  private static let leastStart = 20

  private let state: Mutex<TrackerSpending>
  /// Bound to the account whose limits these are: another account begins without them.
  private let memory: TrackerMemory
  private let now: @Sendable () -> Timestamp
  /// The ceiling in points per hour; nil: no limit.
  private let ceiling: Int?

  init(surroundings: GitHubSurroundings, identity: String, ceiling: Int?) {
    let cache = surroundings.cache
    memory = TrackerMemory(cache, identity: identity)
    now = surroundings.now
    self.ceiling = ceiling
    var known = TrackerSpending.read(cache) ?? TrackerSpending(hourStart: surroundings.now())
    if cache.lookUp(TrackerSpending.key)?.tokenFingerprint != identity {
      (known.graphQL, known.core) = (nil, nil)
      (known.quietRounds, known.quietUntil) = (0, nil)
    }
    state = Mutex(known)
  }

  var current: TrackerSpending { state.withLock { $0 } }

  /// - Throws: `.rateLimited` while `github.max_points_per_hour` is spent; nothing may be sent
  ///   then.
  func check(_ what: String) throws(TrackerError) {
    let spent = current
    let time = now()
    guard let ceiling, !spent.isOver(at: time),
      spent.points >= Self.allowed(ceiling, spent, at: time)
    else { return }
    throw .rateLimited(
      until: time + .minutes(1),
      "\(what) was not asked: github.max_points_per_hour (\(ceiling)) is used up for now: "
        + "\(spent.points) points spent this hour")
  }

  /// The ceiling is spread over the hour, with something to begin with: work that runs is looked
  /// after all the time, only more slowly.
  private static func allowed(
    _ ceiling: Int, _ spent: TrackerSpending, at time: Timestamp
  ) -> Int {
    let elapsed = max(0, (time - spent.hourStart).milliseconds)
    let earned = Double(ceiling) * Double(elapsed) / Double(TrackerSpending.hour.milliseconds)
    return min(ceiling, Int(earned) + max(ceiling / 4, leastStart))
  }

  /// Charges one request that was sent; nil: no answer came.
  func charge(_ response: HTTPTransportResponse?, clockOffset: Interval) {
    let time = now()
    change { spent in
      if spent.isOver(at: time) {
        (spent.hourStart, spent.points, spent.requests) = (time, 0, 0)
      }
      spent.points += 1
      spent.requests += 1
      guard let response, let window = Self.window(response, now: time, offset: clockOffset) else {
        return
      }
      switch response.header("X-RateLimit-Resource")?.lowercased() {
      case "graphql"?: spent.graphQL = window
      case "core"?: spent.core = window
      default: break
      }
    }
  }

  /// Charges what a request cost beyond the one point it was charged with.
  func add(points: Int) {
    // One query costs a few points; a server that says otherwise must not end the addition.
    if points > 0 { change { $0.points += min(points, 1_000_000) } }
  }

  /// How long to send nothing after a secondary limit that names no end
  /// (`RetryDeadline.secondaryLimit`).
  func nextQuiet() -> Interval {
    let time = now()
    var span = Interval.minutes(1)
    change { spent in
      let isBack = spent.quietUntil.map { time < $0 + Self.quietMemory && time + .hours(2) > $0 }
      spent.quietRounds = isBack == true ? min(spent.quietRounds + 1, 10) : 0
      span = RetryDeadline.secondaryLimit(timesBack: spent.quietRounds)
      spent.quietUntil = time + span
    }
    return span
  }

  private func change(_ edit: (inout TrackerSpending) -> Void) {
    let spent = state.withLock { state in
      edit(&state)
      return state
    }
    memory.write(TrackerSpending.key, spent)
  }

  private static func window(
    _ response: HTTPTransportResponse, now: Timestamp, offset: Interval
  ) -> TrackerSpending.Window? {
    func number(_ name: String) -> Int64? {
      response.header(name).flatMap { Int64($0.trimmingWhitespace()) }
    }
    guard let limit = number("X-RateLimit-Limit"), let left = number("X-RateLimit-Remaining"),
      let reset = number("X-RateLimit-Reset"), (0...10_000_000_000).contains(reset),
      (0...1_000_000_000).contains(limit), (0...1_000_000_000).contains(left)
    else { return nil }
    return TrackerSpending.Window(
      limit: Int(limit), remaining: Int(left),
      resetAt: now + (Timestamp(milliseconds: reset * 1000) - (now + offset)))
  }
}
