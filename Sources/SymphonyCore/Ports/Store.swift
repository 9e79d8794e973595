// The port to the durable state: SQLite behind it. Rows come out as values and go in as changes, in
// one transaction that checks again what the plan was built on.

package protocol StateStore: Sendable {
  /// Everything the planner needs: items, runs that are not settled, pending outbox entries, holds,
  /// requests.
  func load(_ scope: StateScope) throws(StoreError) -> StoredState
  /// Which of these are nonces of debts of ours, paid or not.
  func knownNonces(among nonces: Set<String>) throws(StoreError) -> Set<String>
  /// Those of these items that are known, at rest or not, sorted by id.
  func items(_ ids: Set<ItemID>) throws(StoreError) -> [ItemRecord]
  /// Applies all changes in one IMMEDIATE transaction, or none.
  ///
  /// `basis`: what the changes were planned on; nil when they record an effect that happened.
  /// - Throws: `.changed` when holds, requests, live runs, pending debts or generations are no
  ///   longer those of `basis`.
  func commit(_ changes: [Change], basis: StoredState?) throws(StoreError)
  /// A small fact about the state directory itself, by name; nil when never set.
  func fact(_ name: StoredFact) throws(StoreError) -> String?
  func setFact(_ name: StoredFact, _ value: String) throws(StoreError)
}

extension StateStore {
  /// With all items.
  package func load() throws(StoreError) -> StoredState { try load(.everything) }
}

/// The closed list of facts kept beside the rows.
package enum StoredFact: String, Sendable, CaseIterable {
  /// WORKFLOW.md's text as it last was when valid, `$VAR` unresolved.
  case lastGoodWorkflow = "last_good_workflow"
  /// Milliseconds since 1970 of the last remote poll.
  case lastPoll = "last_poll"
  /// Machine id and pid namespace the directory belongs to.
  case owner = "owner"
  /// Random; salts the token fingerprint of the response cache.
  case salt = "salt"
  /// When the last tick ended and what came of it: a `LastTick` as JSON.
  case lastTick = "last_tick"
  /// The tracker's clock minus ours in milliseconds, as last measured.
  case clockOffset = "clock_offset"
  /// Absolute path of the WORKFLOW.md this directory belongs to.
  case workflowPath = "workflow_path"
  /// The tracker's last error, or empty: `status` shows it.
  case trackerProblem = "tracker_problem"
  /// Named directories that carry our mark since work was done in them: absolute, a line each.
  case markedFolders = "marked_folders"
  /// The news that the scheduler's channel is still to be told: a `NewsBook` as JSON.
  case news = "news"
  /// Milliseconds since 1970 of the last webhook with a right signature, and of the last one after
  /// which a tick is to look.
  case webhookAt = "webhook_at"
  case hintedAt = "hinted_at"
  /// Milliseconds since 1970 of the last poll that found what no webhook had told.
  case webhookMissed = "webhook_missed"
  /// Why the file of metrics could not be written; empty: it could, or there is none.
  case metricsProblem = "metrics_problem"
  /// The same of the log and of the traces.
  case logsProblem = "logs_problem"
  case tracesProblem = "traces_problem"
  /// The same of the daily copy of the database.
  case backupsProblem = "backups_problem"
  /// Milliseconds since 1970 of the last daily copy.
  case backupAt = "backup_at"
  /// Milliseconds since 1970 of the last recovery: what was done before it may not be known.
  case recoveredAt = "recovered_at"
  /// How much the directories take up, as last measured for metrics: a `DiskMeasure` as JSON.
  case diskUse = "disk_use"
  /// The same by workspace and run, as far as a limit asks for it: a `DiskSizes` as JSON.
  case diskSizes = "disk_sizes"
  /// Milliseconds since 1970 of the last time a tick tidied the directory.
  case tidiedAt = "tidied_at"
  /// Counts what was done outside the state directory; `runs/number` says the same.
  case stateNumber = "state_number"
}

/// The contents of the database, as the planner sees them.
///
/// Arrays are sorted by id.
package struct StoredState: Hashable, Sendable {
  package var items: [ItemRecord]
  /// Launching or launched, not settled.
  package var runs: [RunRecord]
  /// Pending only.
  package var outbox: [OutboxEntry]
  /// Pieces of feedback of these items, sorted by item and id.
  package var pieces: [Piece] = []
  package var holds: [Hold]
  package var requests: [OperatorRequest]
  /// The spending since the day before the store was opened.
  package var totals: [UsageTotal]
  /// The state number: moved by every commit that something is done outside after; 0: none was.
  package var number: Int64 = 0
  /// When the rows were last rebuilt; nil: never.
  package var recoveredAt: Timestamp?
  package init(
    items: [ItemRecord] = [], runs: [RunRecord] = [], outbox: [OutboxEntry] = [],
    holds: [Hold] = [], requests: [OperatorRequest] = [], totals: [UsageTotal] = []
  ) {
    self.items = items
    self.runs = runs
    self.outbox = outbox
    self.holds = holds
    self.requests = requests
    self.totals = totals
  }
}

/// One row written.
///
/// Upserts replace the whole row.
package enum Change: Hashable, Sendable {
  case putItem(ItemRecord)
  /// Fails on a second live run of the item, and on a generation that exists.
  case insertRun(RunRecord)
  case putRun(RunRecord)
  /// Ignored when its dedupe key is there already.
  case insertOutbox(OutboxEntry)
  case putOutbox(OutboxEntry)
  /// Replaces the row of the same item and id.
  case putPiece(Piece)
  case putHold(Hold)
  case deleteHold(kind: Hold.Kind, scope: String)
  case deleteRequest(Int64)
  case appendLedger(LedgerEntry)
  /// Adds to the running totals of a day, an agent and a model.
  case addUsage(UsageTotal)
  case setFact(StoredFact, String)
  /// Moves the state number; fails with `.changed`, and all with it, when another tick moved it.
  case moveNumber(from: Int64, to: Int64)
  /// Adds to a counter.
  case count(Counter)
}
