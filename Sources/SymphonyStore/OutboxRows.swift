// Debts to the tracker, one row for each. Called by load, commit and the status queries. A
// column is named once, in the enum below.
import GRDB
import SymphonyCore

/// The columns of table `outbox`.
private enum OutboxColumn: Int, ColumnName {
  case id, item, dedupeKey, kind, payload, nonce, state, tries, nextSetAt, nextDelay, createdAt,
    lastError
}

enum OutboxRows {
  private static let names = OutboxColumn.names().joined(separator: ", ")
  private static let insertEntry =
    Statements.insert("outbox", OutboxColumn.names()) + " ON CONFLICT (dedupe_key) DO NOTHING"
  private static let putEntry = Statements.upsert("outbox", key: ["id"], OutboxColumn.names())
  /// An entry that was planned and never read back has no id yet; its dedupe key is as good.
  private static let putByKey = Statements.upsert(
    "outbox", key: ["dedupe_key"], OutboxColumn.names().filter { $0 != "id" })
  private static let entry = Places<OutboxColumn>(start: 0)

  /// Ignored when the debt is there already.
  static func insert(_ entry: OutboxEntry, _ db: Database) throws {
    try db.change(insertEntry, try arguments(entry))
  }
  /// Which of these some debt has, paid or not.
  static func knownNonces(among nonces: Set<String>, _ db: Database) throws -> Set<String> {
    let sql = "SELECT DISTINCT nonce FROM outbox WHERE nonce IN (SELECT value FROM json_each(?))"
    return Set(
      try Columns.all(db, "outbox", sql, [try Payload.encode(nonces.sorted())]) {
        try $0.text(0)
      })
  }

  static func put(_ entry: OutboxEntry, _ db: Database) throws {
    if entry.id == 0 {
      try db.change(putByKey, try arguments(entry, without: .id))
    } else {
      try db.change(putEntry, try arguments(entry))
    }
  }
  /// Sorted by id.
  static func inState(_ state: OutboxEntry.State, _ db: Database) throws -> [OutboxEntry] {
    try Columns.all(
      db, "outbox", "SELECT \(names) FROM outbox WHERE state = '\(state.rawValue)' ORDER BY id",
      read: read)
  }
  /// Sorted by id, whatever their state.
  static func ofItem(_ item: ItemID, _ db: Database) throws -> [OutboxEntry] {
    try Columns.all(
      db, "outbox", "SELECT \(names) FROM outbox WHERE item = ? ORDER BY id", [item.text],
      read: read)
  }

  /// Not pending any more, and tried last at or after a time; of one item or of all (nil).
  static func since(_ time: Timestamp, _ item: ItemID?, _ db: Database) throws -> [OutboxEntry] {
    try Columns.all(
      db, "outbox",
      """
      SELECT \(names) FROM outbox WHERE state <> 'pending' AND next_set_at >= ?
      \(Statements.of(item)) ORDER BY +id
      """, Statements.arguments(time, item), read: read)
  }
  /// Not pending any more; those tried last.
  static func last(_ limit: Int, _ db: Database) throws -> [OutboxEntry] {
    try Columns.all(
      db, "outbox",
      "SELECT \(names) FROM outbox WHERE state <> 'pending' ORDER BY next_set_at DESC, id LIMIT ?",
      [limit], read: read)
  }

  private static func arguments(
    _ entry: OutboxEntry, without left: OutboxColumn? = nil
  ) throws -> StatementArguments {
    StatementArguments(
      try OutboxColumn.allCases.filter { $0 != left }.map { try value($0, entry) })
  }

  private static func value(
    _ column: OutboxColumn, _ entry: OutboxEntry
  ) throws -> (any DatabaseValueConvertible)? {
    switch column {
    case .id: entry.id == 0 ? nil : entry.id
    case .item: entry.item.text
    case .dedupeKey: entry.dedupeKey
    case .kind: entry.payload.kind
    case .payload: try order(of: entry.payload)
    case .nonce: entry.nonce
    case .state: entry.state.rawValue
    case .tries: entry.tries
    case .nextSetAt: entry.nextTry.setAt.milliseconds
    case .nextDelay: entry.nextTry.delay.milliseconds
    case .createdAt: entry.createdAt.milliseconds
    case .lastError: entry.lastError
    }
  }

  private static func read(_ columns: Columns) throws -> OutboxEntry {
    var read = OutboxEntry(
      id: try columns.integer(entry[.id]), item: ItemID(try columns.text(entry[.item])),
      dedupeKey: try columns.text(entry[.dedupeKey]),
      payload: try payload(try columns.word(entry[.kind]), try columns.text(entry[.payload])),
      nonce: try columns.text(entry[.nonce]), createdAt: try columns.time(entry[.createdAt]))
    read.state = try columns.word(entry[.state])
    read.tries = try columns.count(entry[.tries])
    read.nextTry = Deadline(
      setAt: try columns.time(entry[.nextSetAt]),
      delay: Interval(milliseconds: try columns.integer(entry[.nextDelay])))
    read.lastError = try columns.text(entry[.lastError])
    return read
  }

  private static func order(of payload: OutboxEntry.Payload) throws -> String {
    switch payload {
    case .ensurePullRequest(let order): try Payload.encode(order)
    case .comment(let order): try Payload.encode(order)
    case .setStatus(let order): try Payload.encode(order)
    case .setLabels(let order): try Payload.encode(order)
    case .convertDraft(let order): try Payload.encode(order)
    case .closeIssue(let order): try Payload.encode(order)
    case .reply(let order): try Payload.encode(order)
    case .resolveThread(let order): try Payload.encode(order)
    case .requestReview(let order): try Payload.encode(order)
    case .rerunChecks(let order): try Payload.encode(order)
    case .updateBranch(let order): try Payload.encode(order)
    case .merge(let order): try Payload.encode(order)
    }
  }
  private static func payload(
    _ kind: OutboxEntry.Kind, _ order: String
  ) throws -> OutboxEntry.Payload {
    switch kind {
    case .ensurePullRequest: .ensurePullRequest(try Payload.decode(order, "outbox"))
    case .comment: .comment(try Payload.decode(order, "outbox"))
    case .setStatus: .setStatus(try Payload.decode(order, "outbox"))
    case .setLabels: .setLabels(try Payload.decode(order, "outbox"))
    case .convertDraft: .convertDraft(try Payload.decode(order, "outbox"))
    case .closeIssue: .closeIssue(try Payload.decode(order, "outbox"))
    case .reply: .reply(try Payload.decode(order, "outbox"))
    case .resolveThread: .resolveThread(try Payload.decode(order, "outbox"))
    case .requestReview: .requestReview(try Payload.decode(order, "outbox"))
    case .rerunChecks: .rerunChecks(try Payload.decode(order, "outbox"))
    case .updateBranch: .updateBranch(try Payload.decode(order, "outbox"))
    case .merge: .merge(try Payload.decode(order, "outbox"))
    }
  }
}
