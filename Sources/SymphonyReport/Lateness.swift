// Whether ticks are missing: a timer that is dead looks like a quiet night otherwise. Compares the
// note of the last tick with the workflow's polling interval; made for every report of the state.
import SymphonyCore

package struct Lateness: Hashable, Codable, Sendable {
  /// When the last tick ended that a timer or a person called; nil: there never was one.
  ///
  /// A tick that a worker starts at its end proves nothing about the timer.
  @OrNull package var lastCall: Moment?
  /// Milliseconds without such a tick that are too many.
  package var allowance: Int64

  private enum CodingKeys: String, CodingKey {
    case lastCall = "last_call"
    case allowance = "allowed_ms"
  }

  /// Nil: ticks come as they should.
  ///
  /// `written`: when WORKFLOW.md was changed last: a new project has that long for its first tick.
  init?(_ tick: LastTick?, written: Timestamp?, interval: Interval?, at now: Timestamp) {
    let allowance = LastTick.allowance(interval: interval)
    let last = tick.map { $0.calledAt ?? $0.endedAt }
    guard let start = last ?? written, now - start > allowance else { return nil }
    lastCall = Moment?(last)
    self.allowance = allowance.milliseconds
  }

  /// For the first line of the screen.
  package func sentence(at now: Moment) -> String {
    guard let lastCall else {
      return "no tick yet: `symphony tick` runs one; is there a timer?"
    }
    return "no tick for \(Age.short(now.time - lastCall.time)): is the timer running?"
  }
}

/// Spans of time in one unit, for columns: "12s", "5m", "3h", "2d".
package enum Age {
  package static func short(_ span: Interval) -> String {
    let seconds = max(0, span.milliseconds) / 1000
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m" }
    if seconds < 86400 { return "\(seconds / 3600)h" }
    return "\(seconds / 86400)d"
  }
}
