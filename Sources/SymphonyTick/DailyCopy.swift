// The daily copy of the database, backups/symphony-YYYY-MM-DD.db, and how many of them stay. Made
// by a tick after its note, where time is left for it; a copy that fails never stops a tick, and is
// told as a trouble. What a copy is good for is `symphony recover`'s matter.
import SymphonyCore
import SymphonyPlatform

extension Tick {
  /// Milliseconds a tick must have left to begin a copy.
  private static let roomForCopy: Int64 = 8000

  func keepDailyCopy(of report: TickReport, started: Int64, in store: any TickStore) {
    guard let snapshot = report.snapshot, let plan = report.plan else { return }
    // Where nothing was ever done and no item is known there is nothing to lose.
    if snapshot.state.number == 0, plan.verdicts.isEmpty { return }
    let kept = snapshot.policy.retention.backups
    let deadline = TickDeadline(
      started: started, after: snapshot.policy.tickDeadline, clock: parts.bootClock)
    guard kept > 0, deadline.mayBegin, deadline.remainingMilliseconds > Self.roomForCopy else {
      return
    }
    do throws(StoreError) {
      let now = parts.now()
      let last = try store.fact(.backupAt).flatMap { Int64($0) }
      if let last, !Deadline(setAt: Timestamp(milliseconds: last), delay: .days(1)).isDue(at: now) {
        return
      }
      // Before it is begun: one that outlasts a tick must not be begun by every tick.
      try store.commit([.setFact(.backupAt, String(now.milliseconds))], basis: nil)
      let made = copy(store, at: now, keeping: kept)
      remember(made.problem, of: .backups, in: store)
      if !made.isMade {
        let again = now - .hours(23)
        try store.commit([.setFact(.backupAt, String(again.milliseconds))], basis: nil)
      }
    } catch {
      parts.log(.warning, "the daily copy: \(error.sentence)")
    }
  }

  private func copy(
    _ store: any TickStore, at now: Timestamp, keeping kept: Int
  ) -> (isMade: Bool, problem: String?) {
    func none(_ why: String) -> (Bool, String?) { (false, "no daily copy of the database: \(why)") }
    let folder = StateLayout(parts.stateDirectory).backups
    let name = DailyCopy.name(now)
    do throws(PlatformError) {
      try Files.makeDirectories(folder)
      if let problem = parts.copyDatabase(store, Files.join(folder, name)) { return none(problem) }
      var problem: String?
      for old in DailyCopy.expired(try Files.list(folder), keeping: kept, newest: name) {
        // One that cannot go keeps no other.
        do throws(PlatformError) { try Files.remove(Files.join(folder, old)) } catch {
          problem = problem ?? "an old copy of the database stays: \(error.description)"
        }
      }
      return (true, problem)
    } catch { return none(error.description) }
  }
}

/// The names of daily copies.
package enum DailyCopy {
  private static let prefix = "symphony-"

  /// By the day, UTC.
  package static func name(_ now: Timestamp) -> String { "\(prefix)\(now.rfc3339.prefix(10)).db" }

  /// Those that may go: the oldest beyond `kept`, and halves that a kill left.
  ///
  /// Copies from before a migration have other names and stay.
  package static func expired(_ names: [String], keeping kept: Int, newest: String) -> [String] {
    let ours = names.filter { $0.hasPrefix(prefix) && $0.count >= newest.count }
    let whole = ours.filter { $0.hasSuffix(".db") }.sorted()
    let halves = ours.filter { name in
      [".db.new", ".db.new-journal"].contains { name.hasSuffix($0) }
    }
    // A clock that was set back makes a copy that sorts before others: it stays all the same.
    let old = whole.filter { $0 != newest }
    return old.dropLast(max(0, kept - 1)) + halves
  }
}
