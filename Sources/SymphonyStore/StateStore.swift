// The store as the tick sees it: one load, one commit. A commit compares holds, requests, runs,
// debts and generations with what the plan was made on, inside the transaction that applies the
// plan, so that a command, or another tick, that slips in between makes the tick plan again instead
// of acting on what is no longer so.
import GRDB
import SymphonyCore
import Synchronization

extension SQLiteStore: StateStore {
  package func load(_ scope: StateScope) throws(StoreError) -> StoredState {
    try reading { try self.state($0, scope) }
  }

  package func items(_ ids: Set<ItemID>) throws(StoreError) -> [ItemRecord] {
    try reading { try ItemRows.load(ids, $0) }
  }

  package func knownNonces(among nonces: Set<String>) throws(StoreError) -> Set<String> {
    if nonces.isEmpty { return [] }
    return try reading { try OutboxRows.knownNonces(among: nonces, $0) }
  }

  func state(_ db: Database, _ scope: StateScope = .everything) throws -> StoredState {
    var state = StoredState(
      items: try ItemRows.load(scope, db), runs: try RunRows.live(db),
      outbox: try OutboxRows.inState(.pending, db), holds: try HoldRows.load(db),
      requests: try RequestRows.load(db), totals: try TotalRows.recent(openedAt, db))
    state.pieces = try PieceRows.load(scope, db)
    state.number = try StateNumberCheck.stored(db)
    state.recoveredAt = try FactRows.get(.recoveredAt, db).flatMap { Int64($0) }
      .map { Timestamp(milliseconds: $0) }
    return state
  }

  /// Writes remembered responses too.
  ///
  /// Without changes and responses there is no transaction at all.
  package func commit(_ changes: [Change], basis: StoredState?) throws(StoreError) {
    if changes.isEmpty { return try flushCache() }
    let buffered = responses.withLock { $0.take() }
    do throws(StoreError) {
      try writing { db in
        if let basis { try self.compare(basis, db) }
        for change in changes { try SQLiteStore.apply(change, db) }
        let told = Set(changes.compactMap(\.ledgerItem))
        if !told.isEmpty {
          try LedgerRows.trim(
            to: self.bounds.withLock { $0.ledgerRows }, perItem: self.settings.ledgerRowsPerItem,
            of: told, db)
        }
        try self.write(buffered, db)
      }
    } catch {
      responses.withLock { $0.putBack(buffered) }
      throw error
    }
  }

  package func fact(_ name: StoredFact) throws(StoreError) -> String? {
    try reading { try FactRows.get(name, $0) }
  }

  package func setFact(_ name: StoredFact, _ value: String) throws(StoreError) {
    try writing { try FactRows.set(name, value, $0) }
  }

  private func compare(_ basis: StoredState, _ db: Database) throws {
    guard try HoldRows.load(db) == basis.holds else {
      throw StoreError.changed("a hold was set or lifted while this tick was planning")
    }
    guard try RequestRows.load(db) == basis.requests else {
      throw StoreError.changed("a command asked for something while this tick was planning")
    }
    guard try StateNumberCheck.stored(db) == basis.number else {
      throw StoreError.changed("another tick acted while this one was planning")
    }
    // Settled or paid twice, a run would be booked twice and a debt lose its answer.
    guard try RunRows.live(db) == basis.runs else {
      throw StoreError.changed("a run was settled or stopped while this tick was planning")
    }
    guard try OutboxRows.inState(.pending, db) == basis.outbox else {
      throw StoreError.changed("a debt was entered or paid while this tick was planning")
    }
    var awake = try ItemRows.generationsAwake(db)
    for record in basis.items {
      let known = awake.removeValue(forKey: record.id)
      guard try known ?? ItemRows.generation(of: record.id, db) == record.generation else {
        throw StoreError.changed("\(record.key) got another run while this tick was planning")
      }
    }
    guard awake.isEmpty else {
      throw StoreError.changed("a work item was entered while this tick was planning")
    }
  }

  private static func apply(_ change: Change, _ db: Database) throws {
    switch change {
    case .putItem(let record): try ItemRows.put(record, db)
    case .insertRun(let run): try RunRows.insert(run, db)
    case .putRun(let run): try RunRows.put(run, db)
    case .insertOutbox(let entry): try OutboxRows.insert(entry, db)
    case .putOutbox(let entry): try OutboxRows.put(entry, db)
    case .putPiece(let piece): try PieceRows.put(piece, db)
    case .putHold(let hold): try HoldRows.put(hold, db)
    case .deleteHold(let kind, let scope): _ = try HoldRows.delete(kind, scope, db)
    case .deleteRequest(let id): try RequestRows.delete(id, db)
    case .appendLedger(let entry): try LedgerRows.append(entry, db)
    case .addUsage(let total): try TotalRows.add(total, db)
    case .setFact(let fact, let value): try FactRows.set(fact, value, db)
    case .moveNumber(let from, let to): try StateNumberCheck.move(from: from, to: to, db)
    case .count(let counter): try CounterRows.add(counter, db)
    }
  }
}

extension Change {
  /// The item whose ledger grows by it.
  fileprivate var ledgerItem: ItemID? {
    if case .appendLedger(let entry) = self { entry.item } else { nil }
  }
}
