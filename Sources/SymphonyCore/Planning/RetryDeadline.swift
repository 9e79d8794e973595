// When something that did not work is tried again, and nothing else: runs, pushes, deliveries,
// clean-ups, and the probes of what is held. Every delay and every clamp of a time that comes from
// outside stands here; the settlements and Dispatch ask.

package enum RetryDeadline {
  /// After a run that ended well with nothing to hand off: 1, 5, 10, 20, and then 30 s.
  ///
  /// `count`: continuations so far, this one included (from 1).
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
  /// so that items that failed together do not come back together.
  ///
  /// The jitter is a hash of the run's id.
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
  /// A tick that a worker's end set off does not launch an item again sooner than this.
  static let nudged = Interval.seconds(10)

  // MARK: Resets that are told from outside

  /// How long a reset named by a server or an agent is waited for: between 1 min and 7 d.
  package static func reset(_ until: Timestamp, now: Timestamp) -> Interval {
    min(max(until - now, .minutes(1)), .days(7))
  }

  /// The longest windows of any provider are a week; a day more leaves room for clocks.
  static let longestLimit = Interval.days(8)

  /// A server that asks for fewer requests and names no end: a minute, doubled each time it comes
  /// back, at most an hour.
  ///
  /// `timesBack`: 0 or more. The minute is GitHub's own advice for its secondary limits.
  package static func secondaryLimit(timesBack: Int) -> Interval {
    min(.minutes(1 << Int64(min(max(timesBack, 0), 10))), .hours(1))
  }

  /// A primary limit that is used up and whose answer names no end: GitHub counts by the hour.
  package static let unnamedReset = Interval.hours(1)

  /// A tracker that refuses the credential or the project is asked nothing more for this long, so
  /// that one tick does not collect the same refusal from every request it had in mind.
  package static let refusedByTracker = Interval.seconds(10)

  /// A permission that a GitHub App was not given may be granted later: it is asked for again.
  package static let permission = Interval.hours(6)

  // MARK: Probes of what is held

  /// An account at its limit whose agent names no reset: 15 min, doubled to 5 h.
  static func limit(of hold: Hold?, probedBy run: RunRecord) -> Interval {
    probe(hold, run, from: .minutes(15), to: .hours(5))
  }

  /// An account that a person has to mend: 5 min, doubled to 1 h.
  static func mending(of hold: Hold?, probedBy run: RunRecord) -> Interval {
    probe(hold, run, from: .minutes(5), to: .hours(1))
  }

  /// A git remote that cannot be reached: 10 s, doubled to `most` (`agent.max_retry_backoff_ms`).
  static func remote(of hold: Hold?, probedBy run: RunRecord, limit: Interval) -> Interval {
    let most = max(limit, .zero)
    return probe(hold, run, from: min(.seconds(10), most), to: most)
  }

  /// The hold's last delay, doubled where this run was the one that probed it.
  private static func probe(
    _ hold: Hold?, _ run: RunRecord, from least: Interval, to most: Interval
  ) -> Interval {
    guard let last = hold?.until else { return least }
    if run.launchedAt < last.time { return last.delay }
    return min(max(Interval(milliseconds: last.delay.milliseconds * 2), least), most)
  }

  // MARK: Clean-ups

  /// After the n-th clean-up in a row that failed: 10 min x 2^(n-1), at most a day.
  static func cleanUp(_ failures: Int) -> Interval {
    min(.minutes(10 << Int64(min(max(failures - 1, 0), 10))), .days(1))
  }

  /// A workspace at rest with work in it is looked at again after 4 days, then 8, and at most 64.
  ///
  /// `times`: how often it was found so, 1 or more.
  static func keptWorkspace(times: Int) -> Interval { .days(4 << Int64(min(max(times, 1), 5) - 1)) }

  /// A clean-up whose directory is not there waits for its disk.
  static let absentDisk = Interval.minutes(1)

  // MARK: Deliveries

  /// After the n-th failed try: until the reset that the tracker names, else 10 s x 2^(n-1), at
  /// most 10 min.
  ///
  /// The tick is the retry loop.
  static func delivery(_ tries: Int, until: Timestamp?, now: Timestamp) -> Interval {
    if let until { return reset(until, now: now) }
    return min(.seconds(10 << Int64(min(max(tries - 1, 0), 20))), .minutes(10))
  }

  /// Before what has not come true for `waited` is asked about again: a tenth of it, between half a
  /// minute and ten.
  static func patience(_ waited: Interval) -> Interval {
    min(max(Interval(milliseconds: waited.milliseconds / 10), .seconds(30)), .minutes(10))
  }
}
