// The reads of `events` and `cost` about the past: entries of the ledger, runs and debts since a
// time. For people; they may cost more than the load of a tick.
import GRDB
import SymphonyCore

/// Rows of the past, unordered.
package struct StoredHistory: Sendable {
  package var ledger: [LedgerEntry]
  package var runs: [RunRecord]
  package var outbox: [OutboxEntry]
}

extension SQLiteStore {
  /// The rows written at or after `since`, of one item or of all (nil).
  package func history(since: Timestamp, item: ItemID?) throws(StoreError) -> StoredHistory {
    try reading { db in
      StoredHistory(
        ledger: try LedgerRows.since(since, item, db), runs: try RunRows.since(since, item, db),
        outbox: try OutboxRows.since(since, item, db))
    }
  }

  /// The last of all items: at most `limit` entries, runs and debts each.
  package func history(last limit: Int) throws(StoreError) -> StoredHistory {
    try reading { db in
      StoredHistory(
        ledger: try LedgerRows.last(limit, db), runs: try RunRows.last(limit, db),
        outbox: try OutboxRows.last(limit, db))
    }
  }

  /// Of all items, settled at or after `since`.
  package func runs(settledSince since: Timestamp) throws(StoreError) -> [RunRecord] {
    try reading { try RunRows.since(since, nil, $0) }
      .filter { $0.settledAt.map { $0 >= since } ?? false }
  }
}
