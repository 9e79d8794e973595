// Runs: one row for each worker process ever started on an item. Called by load, commit and the
// status queries. The constraints of the table decide whether a launch may be: a repeated or a
// second live run is not an error of SQL to the caller but a world that changed since it planned.
import GRDB
import SymphonyCore

/// The columns of table `run`.
private enum RunColumn: Int, ColumnName {
  case id, item, generation, purpose, phase, nonce, era, launchedAt, outcome, settledAt, summary,
    stop, agent, model, spent, budgetUSD
}

enum RunRows {
  private static let names = RunColumn.names().joined(separator: ", ")
  private static let insertRun = Statements.insert("run", RunColumn.names())
  private static let putRun = Statements.upsert("run", key: ["id"], RunColumn.names())
  private static let run = Places<RunColumn>(start: 0)

  /// - Throws: `StoreError.changed` when the item has a live run, or had this generation.
  static func insert(_ run: RunRecord, _ db: Database) throws {
    try guarded(run) { try db.change(insertRun, try arguments(run)) }
  }

  /// - Throws: `StoreError.changed` when that would make a second live run of the item.
  static func put(_ run: RunRecord, _ db: Database) throws {
    try guarded(run) { try db.change(putRun, try arguments(run)) }
  }

  /// Not settled, sorted by id.
  ///
  /// The condition is that of the index `run_live`; no row says `launched`.
  static func live(_ db: Database) throws -> [RunRecord] {
    try Columns.all(
      db, "run", "SELECT \(names) FROM run WHERE phase IN ('launching', 'launched')", read: read
    ).sorted { $0.id < $1.id }
  }

  static func one(_ id: RunID, _ db: Database) throws -> RunRecord? {
    try Columns.all(db, "run", "SELECT \(names) FROM run WHERE id = ?", [id.text], read: read).first
  }
  /// The latest first.
  static func ofItem(_ item: ItemID, limit: Int, _ db: Database) throws -> [RunRecord] {
    try Columns.all(
      db, "run",
      "SELECT \(names) FROM run WHERE item = ? ORDER BY generation DESC LIMIT ?",
      [item.text, limit], read: read)
  }

  /// Launched or settled at or after a time, of one item or of all (nil).
  static func since(_ time: Timestamp, _ item: ItemID?, _ db: Database) throws -> [RunRecord] {
    try Columns.all(
      db, "run",
      """
      SELECT \(names) FROM run WHERE (launched_at >= ?1 OR settled_at >= ?1)
      \(Statements.of(item)) ORDER BY +item, generation
      """, Statements.arguments(time, item), read: read)
  }

  /// Those launched or settled last: found among the last of either, by an index each.
  static func last(_ limit: Int, _ db: Database) throws -> [RunRecord] {
    try Columns.all(
      db, "run",
      """
      SELECT \(names) FROM run WHERE id IN (
        SELECT id FROM (SELECT id FROM run ORDER BY launched_at DESC LIMIT ?1)
        UNION SELECT id FROM (SELECT id FROM run WHERE settled_at IS NOT NULL
          ORDER BY settled_at DESC LIMIT ?1))
      ORDER BY max(launched_at, coalesce(settled_at, 0)) DESC, id LIMIT ?1
      """, [limit], read: read)
  }

  /// The run with the highest generation of each of these items that had one.
  static func latest(of items: [ItemID], _ db: Database) throws -> [ItemID: RunRecord] {
    var found: [ItemID: RunRecord] = [:]
    for item in items { found[item] = try ofItem(item, limit: 1, db).first }
    return found
  }

  /// Settled runs beyond the last `rows` of all, oldest first: none is the newest of its item.
  ///
  /// `spared`: how many of the answer the caller may have to leave.
  /// `portion`: no more than so many are asked for.
  static func beyond(
    _ rows: Int, spared: Int, portion: Int = .max, _ db: Database
  ) throws -> (ids: [RunID], excess: Int) {
    let count = try Columns.all(db, "run", "SELECT count(*) FROM run") { try $0.count(0) }.first
    let excess = (count ?? 0) - rows
    guard excess > 0 else { return ([], 0) }
    let sql = """
      SELECT id FROM run WHERE phase = 'settled' AND generation <
      (SELECT max(generation) FROM run AS other WHERE other.item = run.item)
      ORDER BY settled_at LIMIT ?
      """
    let ids = try Columns.all(db, "run", sql, [min(excess, portion) + spared]) {
      RunID(try $0.text(0))
    }
    return (ids, excess)
  }

  static func delete(_ id: RunID, _ db: Database) throws {
    try db.change("DELETE FROM run WHERE id = ?", [id.text])
  }

  private static func arguments(_ run: RunRecord) throws -> StatementArguments {
    StatementArguments(try RunColumn.allCases.map { try value($0, run) })
  }

  private static func value(
    _ column: RunColumn, _ run: RunRecord
  ) throws -> (any DatabaseValueConvertible)? {
    switch column {
    case .id: run.id.text
    case .item: run.item.text
    case .generation: run.generation
    case .purpose: run.purpose.rawValue
    case .phase: run.phase.rawValue
    case .nonce: run.nonce
    case .era: run.era
    case .launchedAt: run.launchedAt.milliseconds
    case .outcome: run.outcome?.rawValue
    case .settledAt: run.settledAt?.milliseconds
    case .summary: run.summary
    case .stop: try run.stop.map { try Payload.encode($0) }
    case .agent: run.account?.text ?? ""
    case .model: run.model
    case .spent: try Payload.encode(run.spent.filter { $0.usage.costUSD.isFinite })
    case .budgetUSD: run.budgetUSD
    }
  }

  private static func guarded(_ run: RunRecord, _ write: () throws -> Void) throws {
    do {
      try write()
    } catch let error as DatabaseError
      where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE
      || error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY
    {
      throw StoreError.changed(
        "run \(run.id) cannot be entered: the item has a live run or had this generation already")
    }
  }

  private static func read(_ columns: Columns) throws -> RunRecord {
    var record = RunRecord(
      id: RunID(try columns.text(run[.id])), item: ItemID(try columns.text(run[.item])),
      generation: try columns.count(run[.generation]), purpose: try columns.word(run[.purpose]),
      nonce: try columns.text(run[.nonce]), era: try columns.text(run[.era]),
      launchedAt: try columns.time(run[.launchedAt]))
    record.phase = try columns.word(run[.phase])
    if try columns.optionalText(run[.outcome]) != nil {
      record.outcome = try columns.word(run[.outcome])
    }
    record.settledAt = try columns.optionalInteger(run[.settledAt]).map {
      Timestamp(milliseconds: $0)
    }
    record.summary = try columns.text(run[.summary])
    record.stop = try columns.optionalText(run[.stop]).map { try Payload.decode($0, "run") }
    let account = try columns.text(run[.agent])
    record.account = account.isEmpty ? nil : Account(account)
    record.model = try columns.optionalText(run[.model])
    let spent = try columns.text(run[.spent])
    if spent != "[]" { record.spent = try Payload.decode(spent, "run") }
    record.budgetUSD = try columns.optionalReal(run[.budgetUSD])
    return record
  }
}
