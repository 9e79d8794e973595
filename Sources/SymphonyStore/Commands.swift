// The writes of commands, and the reads of status and why. A command's row is an IMMEDIATE
// transaction of its own without tick.lock; a tick that is planning at that moment notices at its
// commit and plans again. Reads here are for people and may cost more than load.
import GRDB
import SymphonyCore

extension SQLiteStore {
  /// The request gets a new id, whatever id it carries.
  /// - Throws: `.failed` for an item that no tick has seen.
  package func addRequest(_ request: OperatorRequest) throws(StoreError) {
    try writing { try RequestRows.insert(request, $0) }
  }

  /// Decides and writes in one transaction, so that what is written fits the rows it was decided on
  /// and a command that is killed has written all of it or nothing.
  ///
  /// - Parameter decide: is given the rows; returns what is written and what the caller wants back.
  /// - Returns: what `decide` wanted back, once all is written.
  /// - Throws: `.failed` for a request about an unknown item; then nothing is written.
  package func steer<Answer>(
    _ decide: (StoredState) -> (Orders, Answer)
  ) throws(StoreError) -> Answer {
    try writing { db in
      let (orders, answer) = decide(try self.state(db))
      for hold in orders.lifted { _ = try HoldRows.delete(hold.kind, hold.scope, db) }
      for hold in orders.holds { try HoldRows.put(hold, db) }
      for request in orders.requests { try RequestRows.insert(request, db) }
      return answer
    }
  }

  /// Replaces a hold of the same kind and scope.
  package func putHold(_ hold: Hold) throws(StoreError) {
    try writing { try HoldRows.put(hold, $0) }
  }

  /// Whether there was such a hold.
  @discardableResult
  package func liftHold(kind: Hold.Kind, scope: String) throws(StoreError) -> Bool {
    try writing { try HoldRows.delete(kind, scope, $0) }
  }

  /// The latest first.
  package func runs(of item: ItemID, limit: Int) throws(StoreError) -> [RunRecord] {
    try reading { try RunRows.ofItem(item, limit: limit, $0) }
  }

  /// The last run of each of these items that had one, settled or not, clean-ups included.
  package func latestRuns(of items: [ItemID]) throws(StoreError) -> [ItemID: RunRecord] {
    try reading { try RunRows.latest(of: items, $0) }
  }

  /// The feedback on an item's pull request, in the order in which it was seen.
  package func pieces(of item: ItemID) throws(StoreError) -> [Piece] {
    try reading { try PieceRows.ofItem(item, $0) }
  }

  /// The latest first.
  package func ledger(of item: ItemID, limit: Int) throws(StoreError) -> [LedgerEntry] {
    try reading { try LedgerRows.ofItem(item, limit: limit, $0) }
  }

  /// The last change of each of these items' verdicts; an item whose changes are all older than the
  /// ledger reaches back has none.
  package func lastChanges(of items: [ItemID]) throws(StoreError) -> [ItemID: LedgerEntry] {
    try reading { try LedgerRows.latest(of: items, $0) }
  }

  /// The items that are awake, those at rest since `since`, and of the others the `last` that came
  /// to rest; then how many more there are.
  package func recent(
    since: Timestamp, last: Int
  ) throws(StoreError) -> (state: StoredState, others: [RestingItems]) {
    try reading { db in
      var state = try self.state(db, .awake)
      let known = Set(state.items.map(\.id))
      let shown = Set(try ItemRows.rested(since: since, last: last, db)).subtracting(known)
      state.items = (state.items + (try ItemRows.load(shown, db))).sorted { $0.id < $1.id }
      var others = try ItemRows.resting(db)
      for record in state.items where record.restedAt != nil {
        others.removeOne(record.claim.state, record.verdict)
      }
      return (state, others)
    }
  }

  /// In every state, the oldest first.
  package func outbox(of item: ItemID) throws(StoreError) -> [OutboxEntry] {
    try reading { try OutboxRows.ofItem(item, $0) }
  }

  /// The debts that the tracker refused for good, the oldest first.
  package func refusedEntries() throws(StoreError) -> [OutboxEntry] {
    try reading { try OutboxRows.inState(.refused, $0) }
  }

  /// Of one day, or of all (nil), sorted by day and agent.
  package func totals(day: String?) throws(StoreError) -> [UsageTotal] {
    try reading { try TotalRows.load(day: day, $0) }
  }
}
