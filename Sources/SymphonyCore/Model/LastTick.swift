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

  package init(
    startedAt: Timestamp, endedAt: Timestamp, trigger: String, outcome: String, summary: String
  ) {
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.trigger = trigger
    self.outcome = outcome
    self.summary = summary
  }

  private enum CodingKeys: String, CodingKey {
    case startedAt = "started_at"
    case endedAt = "ended_at"
    case trigger, outcome, summary
  }
}
