// When an item runs again, and nothing else: continuation delays, failure backoff, push debts.

package enum RetryDeadline {
  /// After a run that ended well with nothing to hand off: 1, 5, 10, 20, 30, 30 ... s.
  /// - Parameter count: continuations so far, this one included (from 1).
  package static func continuation(_ count: Int) -> Interval {
    let steps: [Int64] = [1, 5, 10, 20, 30]
    return .seconds(steps[min(max(count, 1), steps.count) - 1])
  }

  /// After the n-th run in a row that its agent's provider failed: 30 s x 2^(n-1), at most 30 min,
  /// with the same jitter.
  package static func provider(_ count: Int, run: RunID) -> Interval {
    failure(count, from: .seconds(30), limit: .minutes(30), run: run)
  }

  /// After the n-th failure in a row: 10 s x 2^(n-1), at most `limit`, shortened by up to a tenth
  /// so that items that failed together do not come back together. The jitter is a hash of the
  /// run's id.
  package static func failure(_ count: Int, limit: Interval, run: RunID) -> Interval {
    failure(count, from: .seconds(10), limit: limit, run: run)
  }

  private static func failure(
    _ count: Int, from first: Interval, limit: Interval, run: RunID
  ) -> Interval {
    let exponent = Int64(min(max(count - 1, 0), 30))
    let full = min(Interval(milliseconds: first.milliseconds << exponent), max(limit, .zero))
    let tenth = full.milliseconds / 10
    guard tenth > 0 else { return full }
    return Interval(
      milliseconds: full.milliseconds - Int64(StableHash.value(run.text) % UInt64(tenth)))
  }
}
