// Runs: one row for each worker process ever started on an item. Called by load, commit and the
// status queries. The constraints of the table decide whether a launch may be: a repeated or a
// second live run is not an error of SQL to the caller but a world that changed since it planned.
import GRDB
import SymphonyCore

enum RunRows {
  private static let columns = [
    "id", "item", "generation", "purpose", "phase", "nonce", "era", "launched_at", "outcome",
    "settled_at", "summary", "stop", "agent", "model", "spent", "budget_usd",
  ]
  private static let names = columns.joined(separator: ", ")
  private static let insertRun = Statements.insert("run", columns)
  private static let putRun = Statements.upsert("run", key: ["id"], columns)

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
      SELECT \(names) FROM run WHERE (launched_at >= ? OR settled_at >= ?)
      AND item = coalesce(?, item) ORDER BY item, generation
      """, [time.milliseconds, time.milliseconds, item?.text], read: read)
  }

  /// Those launched or settled last.
  static func last(_ limit: Int, _ db: Database) throws -> [RunRecord] {
    try Columns.all(
      db, "run",
      """
      SELECT \(names) FROM run ORDER BY max(launched_at, coalesce(settled_at, 0)) DESC, id LIMIT ?
      """, [limit], read: read)
  }

  /// The run with the highest generation of each item that had one.
  static func latest(_ db: Database) throws -> [ItemID: RunRecord] {
    let rows = try Columns.all(
      db, "run",
      """
      SELECT \(names) FROM run
      WHERE generation = (SELECT max(generation) FROM run AS other WHERE other.item = run.item)
      """, read: read)
    return Dictionary(rows.map { ($0.item, $0) }) { first, _ in first }
  }

  private static func arguments(_ run: RunRecord) throws -> StatementArguments {
    [
      run.id.text, run.item.text, run.generation, run.purpose.rawValue, run.phase.rawValue,
      run.nonce, run.era, run.launchedAt.milliseconds, run.outcome?.rawValue,
      run.settledAt?.milliseconds, run.summary, try run.stop.map { try Payload.encode($0) },
      run.account?.text ?? "", run.model,
      try Payload.encode(run.spent.filter { $0.usage.costUSD.isFinite }),
      run.budgetUSD,
    ]
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
    var run = RunRecord(
      id: RunID(try columns.text(0)), item: ItemID(try columns.text(1)),
      generation: try columns.count(2), purpose: try columns.word(3), nonce: try columns.text(5),
      era: try columns.text(6), launchedAt: try columns.time(7))
    run.phase = try columns.word(4)
    if try columns.optionalText(8) != nil { run.outcome = try columns.word(8) }
    run.settledAt = try columns.optionalInteger(9).map { Timestamp(milliseconds: $0) }
    run.summary = try columns.text(10)
    run.stop = try columns.optionalText(11).map { try Payload.decode($0, "run") }
    let account = try columns.text(12)
    run.account = account.isEmpty ? nil : Account(account)
    run.model = try columns.optionalText(13)
    let spent = try columns.text(14)
    if spent != "[]" { run.spent = try Payload.decode(spent, "run") }
    run.budgetUSD = try columns.optionalReal(15)
    return run
  }
}
