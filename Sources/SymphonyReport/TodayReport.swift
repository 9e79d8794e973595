// The counts of this UTC day so far: a part of the report of the state. Made of the day's part of
// the ledger and of the runs' rows.
import SymphonyCore

package struct TodayReport: Hashable, Codable, Sendable {
  /// Runs with an agent that were launched.
  package var dispatched: Int
  /// Items whose work was handed off, each once.
  package var handedOff: Int
  /// Runs with an agent that failed, ran out of time, stalled or vanished.
  package var failed: Int

  init(ledger: [LedgerEntry], runs: [RunRecord], at now: Timestamp) {
    let day = now.rfc3339.prefix(10)
    func isToday(_ time: Timestamp?) -> Bool { time?.rfc3339.prefix(10) == day }
    let work = runs.filter { $0.purpose == .work }
    dispatched = work.count { isToday($0.launchedAt) }
    failed = work.count { isToday($0.settledAt) && $0.outcome?.isFailure == true }
    let handed = ledger.filter { isToday($0.at) && Self.handOffs.contains($0.code) }
    handedOff = Set(handed.map(\.item)).count
  }

  private static let handOffs: Set = [
    Rest.handedOff(PullRequestRef(number: 0, url: ""), waitsFor: nil).code,
    Rest.pushedOnly(branch: "").code,
  ]

  private enum CodingKeys: String, CodingKey {
    case dispatched, failed
    case handedOff = "handed_off"
  }
}
