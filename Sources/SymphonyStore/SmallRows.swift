// The rows that are neither items, runs nor debts: holds, requests, ledger, totals and facts.
// Called by load, commit, the commands and the status queries. Decides nothing but what the row of
// each value looks like.
import GRDB
import SymphonyCore

enum HoldRows {
  private static let columns = [
    "kind", "scope", "why", "until_set_at", "until_delay", "set_at", "needs_operator",
  ]
  private static let putHold = Statements.upsert("hold", key: ["kind", "scope"], columns)

  static func put(_ hold: Hold, _ db: Database) throws {
    try db.change(
      putHold,
      [
        hold.kind.rawValue, hold.scope, hold.why, hold.until?.setAt.milliseconds,
        hold.until?.delay.milliseconds, hold.setAt.milliseconds, hold.needsOperator,
      ])
  }
  /// Whether there was one.
  static func delete(_ kind: Hold.Kind, _ scope: String, _ db: Database) throws -> Bool {
    try db.change("DELETE FROM hold WHERE kind = ? AND scope = ?", [kind.rawValue, scope])
    return db.changesCount > 0
  }
  /// Sorted by kind and scope.
  static func load(_ db: Database) throws -> [Hold] {
    try Columns.all(db, "hold", "SELECT \(columns.joined(separator: ", ")) FROM hold") { columns in
      var hold = Hold(
        kind: try columns.word(0), scope: try columns.text(1), why: try columns.text(2),
        until: try columns.optionalDeadline(3), setAt: try columns.time(5))
      hold.needsOperator = try columns.flag(6)
      return hold
    }.sorted { ($0.kind.rawValue, $0.scope) < ($1.kind.rawValue, $1.scope) }
  }
}

enum RequestRows {
  static func insert(_ request: OperatorRequest, _ db: Database) throws {
    try db.change(
      Statements.insert("request", ["kind", "item", "asked_by", "why", "take_over", "at"]),
      [
        request.kind.rawValue, request.item.text, request.by, request.why, request.takeOver,
        request.at.milliseconds,
      ])
  }
  static func delete(_ id: Int64, _ db: Database) throws {
    try db.change("DELETE FROM request WHERE id = ?", [id])
  }
  /// Sorted by id: the order in which they were made.
  static func load(_ db: Database) throws -> [OperatorRequest] {
    let sql = "SELECT id, kind, item, asked_by, why, take_over, at FROM request ORDER BY id"
    return try Columns.all(db, "request", sql) { columns in
      OperatorRequest(
        id: try columns.integer(0), kind: try columns.word(1), item: ItemID(try columns.text(2)),
        by: try columns.text(3), why: try columns.text(4), takeOver: try columns.flag(5),
        at: try columns.time(6))
    }
  }
}

enum LedgerRows {
  static func append(_ entry: LedgerEntry, _ db: Database) throws {
    try db.change(
      Statements.insert("ledger", ["item", "at", "code", "sentence", "wake"]),
      [
        entry.item.text, entry.at.milliseconds, entry.code, entry.sentence,
        try entry.wake.map { try Payload.encode($0) },
      ])
  }
  /// Keeps the last `rows` of all, and before that the last `perItem` of each of `items`.
  ///
  /// Rows are counted and not told from their ids, which have gaps: an item that is busy day and
  /// night uses up ids, and must not push out what is known of the others.
  static func trim(
    to rows: Int, perItem: Int, of items: Set<ItemID>, _ db: Database
  ) throws {
    for item in items {
      let sql = """
        DELETE FROM ledger WHERE item = ?1 AND id <=
        (SELECT id FROM ledger WHERE item = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
        """
      try db.change(sql, [item.text, perItem])
    }
    // Ids only have gaps, so there are no more rows than this; counting them would take longer.
    let span = try Int.fetchOne(db, sql: "SELECT max(id) - min(id) FROM ledger") ?? 0
    if span < rows { return }
    let sql = """
      DELETE FROM ledger WHERE id <= (SELECT id FROM ledger ORDER BY id DESC LIMIT 1 OFFSET ?)
      """
    try db.change(sql, [rows])
  }
  /// The latest first.
  static func ofItem(_ item: ItemID, limit: Int, _ db: Database) throws -> [LedgerEntry] {
    let sql = """
      SELECT item, at, code, sentence, wake FROM ledger WHERE item = ? ORDER BY id DESC LIMIT ?
      """
    return try Columns.all(db, "ledger", sql, [item.text, limit], read: read)
  }
  /// At or after a time, of one item or of all (nil), in the order in which they were written.
  static func since(_ time: Timestamp, _ item: ItemID?, _ db: Database) throws -> [LedgerEntry] {
    let sql = """
      SELECT item, at, code, sentence, wake FROM ledger
      WHERE at >= ? \(Statements.of(item)) ORDER BY +id
      """
    return try Columns.all(db, "ledger", sql, Statements.arguments(time, item), read: read)
  }
  /// The last ones of all, in the order in which they were written.
  static func last(_ limit: Int, _ db: Database) throws -> [LedgerEntry] {
    let sql = "SELECT item, at, code, sentence, wake FROM ledger ORDER BY id DESC LIMIT ?"
    return try Columns.all(db, "ledger", sql, [limit], read: read).reversed()
  }
  /// The last entry of each of these items that has one.
  static func latest(of items: [ItemID], _ db: Database) throws -> [ItemID: LedgerEntry] {
    var found: [ItemID: LedgerEntry] = [:]
    for item in items { found[item] = try ofItem(item, limit: 1, db).first }
    return found
  }
  private static func read(_ columns: Columns) throws -> LedgerEntry {
    LedgerEntry(
      item: ItemID(try columns.text(0)), at: try columns.time(1), code: try columns.text(2),
      sentence: try columns.text(3),
      wake: try columns.optionalText(4).map { try Payload.decode($0, "ledger") })
  }
}

enum TotalRows {
  private static let counts = ["input_tokens", "cached_input_tokens", "output_tokens"]
  /// Clamped before they are added: a sum beyond 63 bits becomes a REAL in SQLite, which a STRICT
  /// table refuses, and one absurd figure would then stop every later commit.
  private static let addUsage =
    Statements.insert("total", ["day", "agent", "model"] + counts + ["cost_usd"])
    + " ON CONFLICT (day, agent, model) DO UPDATE SET "
    + counts.map { "\($0) = min(\($0), \(limit)) + min(excluded.\($0), \(limit))" }
    .joined(separator: ", ") + ", cost_usd = cost_usd + excluded.cost_usd"
  private static let limit = 4_000_000_000_000_000_000

  static func add(_ total: UsageTotal, _ db: Database) throws {
    let usage = total.usage
    try db.change(
      addUsage,
      [
        total.day, total.account.text, total.model, usage.inputTokens, usage.cachedInputTokens,
        usage.outputTokens,
        usage.storedCost,
      ])
  }
  static func load(day: String?, _ db: Database) throws -> [UsageTotal] {
    try read("day = coalesce(?, day)", [day], db)
  }
  /// From the day before `now` on: the one that matters whichever way a clock is set meanwhile.
  static func recent(_ now: Timestamp, _ db: Database) throws -> [UsageTotal] {
    try read("day >= ?", [String((now - .days(1)).rfc3339.prefix(10))], db)
  }
  private static func read(
    _ condition: String, _ arguments: StatementArguments, _ db: Database
  ) throws -> [UsageTotal] {
    let sql = """
      SELECT day, agent, model, \(counts.joined(separator: ", ")), cost_usd FROM total
      WHERE \(condition) ORDER BY day, agent, model
      """
    return try Columns.all(db, "total", sql, arguments) { columns in
      UsageTotal(
        day: try columns.text(0), account: Account(try columns.text(1)),
        model: try columns.text(2),
        usage: try columns.usage(3))
    }
  }
}

enum FactRows {
  /// The last good workflow is large and has a table of its own.
  static func get(_ fact: StoredFact, _ db: Database) throws -> String? {
    let rows =
      fact == .lastGoodWorkflow
      ? try Columns.all(db, "policy", "SELECT workflow FROM policy") { try $0.text(0) }
      : try Columns.all(db, "fact", "SELECT value FROM fact WHERE name = ?", [fact.rawValue]) {
        try $0.text(0)
      }
    return rows.first
  }
  static func set(_ fact: StoredFact, _ value: String, _ db: Database) throws {
    if fact == .lastGoodWorkflow {
      try db.change(Statements.upsert("policy", key: ["id"], ["id", "workflow"]), [1, value])
    } else {
      try db.change(
        Statements.upsert("fact", key: ["name"], ["name", "value"]), [fact.rawValue, value])
    }
  }
}
