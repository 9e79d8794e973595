// Waits for the first tick that a scheduler calls after `symphony install`: only that shows that
// everything between the timer and the database works. Reads private copies of the database.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct FirstTick {
  let place: Place
  /// Only a tick that began at or after this time counts.
  let since: Timestamp

  /// Seconds: a minute is what cron needs, and a tick has its own deadline.
  static let patience: Int64 = 90

  /// The note of that tick; nil: none came in time.
  func wait(seconds: Int64 = patience) throws -> LastTick? {
    let end = Clock.boottimeMilliseconds() + seconds * 1000
    while true {
      if let note = try note(), note.startedAt >= since,
        note.trigger == Snapshot.Trigger.scheduled.rawValue
      {
        return note
      }
      if Clock.boottimeMilliseconds() >= end { return nil }
      Clock.sleep(milliseconds: 500)
    }
  }

  private func note() throws -> LastTick? {
    guard place.hasState else { return nil }
    return try StoredLook.fact(.lastTick, of: place)
      .flatMap { try? ReportJSON.read($0, as: LastTick.self) }
  }
}
