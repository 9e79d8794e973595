// How many rows of the past a database keeps: ledger entries and responses are bounded by every
// commit that adds to them, settled runs by a tick that has time for it. The file keeps its size:
// what is freed is used again, and copies of the database are as small as what is in them.
import GRDB
import SymphonyCore
import Synchronization

struct RowBounds: Sendable {
  var ledgerRows: Int
  /// Of all cached responses together.
  var cacheBytes: Int
}

extension SQLiteStore {
  /// From the next commit on.
  package func bound(_ retention: RetentionPolicy) {
    bounds.withLock { bounds in
      bounds = RowBounds(
        ledgerRows: retention.ledgerRows, cacheBytes: retention.responseMegabytes << 20)
    }
  }

  /// The runs whose rows are to go, oldest first.
  package func runsBeyond(
    _ retention: RetentionPolicy, sparing: Set<RunID>, portion: Int = .max
  ) throws(StoreError) -> [RunID] {
    try reading { db in
      let (ids, excess) = try RunRows.beyond(
        retention.runRows, spared: sparing.count, portion: portion, db)
      return Array(ids.filter { !sparing.contains($0) }.prefix(excess))
    }
  }

  /// Rows that one call deletes at most.
  package static let trimmedAtOnce = 500

  /// Deletes the oldest rows of settled runs beyond `retention.run_rows`, a portion of them.
  ///
  /// The newest run of an item stays, and those of `sparing`. Totals by day are rows of their own.
  /// With them goes the feedback on items that are at rest for `retention.run_days`.
  /// - Returns: how many were deleted; fewer than `trimmedAtOnce`: no more are to go.
  package func trimRuns(
    _ retention: RetentionPolicy, sparing: Set<RunID>
  ) throws(StoreError) -> Int {
    try trimPieces(retention)
    let doomed = try runsBeyond(retention, sparing: sparing, portion: Self.trimmedAtOnce)
      .prefix(Self.trimmedAtOnce)
    if doomed.isEmpty { return 0 }
    try writing { db in
      for id in doomed { try RunRows.delete(id, db) }
    }
    return doomed.count
  }

  private func trimPieces(_ retention: RetentionPolicy) throws(StoreError) {
    guard let days = retention.runDays else { return }
    let end = openedAt - .days(Int64(days))
    guard try reading({ try PieceRows.hasItemsAtRest(before: end, $0) }) else { return }
    try writing { try PieceRows.deleteOfItemsAtRest(before: end, $0) }
  }
}
