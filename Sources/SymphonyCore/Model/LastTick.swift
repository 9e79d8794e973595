// The note a tick leaves at its end, so that status can say when somebody last looked and what came
// of it. Written by SymphonyTick as the fact `last_tick`, read by the report of the state.

package struct LastTick: Hashable, Codable, Sendable {
  package var startedAt: Timestamp
  package var endedAt: Timestamp
  /// A `Snapshot.Trigger`'s raw value.
  package var trigger: String
  /// How it ended, in one word; the same words as the exit codes have.
  package var outcome: String
  /// Its summary line; empty: it changed nothing.
  package var summary: String
  /// When the last tick ended that a timer or a person called, not a worker at its end.
  ///
  /// Nil: by an older version, or there was none.
  package var calledAt: Timestamp?
  /// The ids of what waits for its turn, the next one first; nil: by an older version.
  ///
  /// A tick that did not ask the tracker keeps the order of the one before: ages and priorities are
  /// the tracker's.
  package var queue: [ItemID]?
  /// Ticks in a row, up to this one, that ended otherwise than as done; nil: by an older version.
  package var failedInARow: Int?

  package init(
    startedAt: Timestamp, endedAt: Timestamp, trigger: String, outcome: String, summary: String
  ) {
    calledAt = nil
    queue = nil
    failedInARow = nil
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.trigger = trigger
    self.outcome = outcome
    self.summary = summary
  }

  /// It ended within two days before `now`: a clock that leapt, or a machine that was off for long,
  /// makes everything old at once.
  package func isRecent(at now: Timestamp) -> Bool {
    let gap = now - endedAt
    return gap >= .zero && gap < .days(2)
  }

  /// How long nobody may call before ticks are missing: three intervals, and never less than five
  /// minutes, because one slow tick is no alarm.
  package static func allowance(interval: Interval?) -> Interval {
    let interval = interval ?? .seconds(30)
    return max(.minutes(5), interval + interval + interval)
  }

  private enum CodingKeys: String, CodingKey {
    case startedAt = "started_at"
    case endedAt = "ended_at"
    case calledAt = "called_at"
    case failedInARow = "failed_in_a_row"
    case trigger, outcome, summary, queue
  }
}
