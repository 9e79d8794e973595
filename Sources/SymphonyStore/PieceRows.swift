// Pieces of feedback, one row for each version of what was said. Called by load, commit and `why`.
// The words are written once: what an agent got is what was said when it was seen.
import GRDB
import SymphonyCore

/// The columns of table `piece`.
private enum PieceColumn: Int, ColumnName {
  case item, kind, key, version, state, generation, number, seenAt, words, answer
}

enum PieceRows {
  private static let names = PieceColumn.names().joined(separator: ", ")
  private static let piece = Places<PieceColumn>(start: 0)
  private static let putPiece =
    Statements.insert("piece", PieceColumn.names()) + """
       ON CONFLICT (item, kind, key, version) DO UPDATE SET state = excluded.state,
      generation = excluded.generation, number = excluded.number, answer = excluded.answer
      """

  static func put(_ piece: Piece, _ db: Database) throws {
    try db.change(
      putPiece, StatementArguments(try PieceColumn.allCases.map { try value($0, piece) }))
  }

  private static func value(
    _ column: PieceColumn, _ piece: Piece
  ) throws -> (any DatabaseValueConvertible)? {
    switch column {
    case .item: piece.item.text
    case .kind: piece.id.kind.rawValue
    case .key: piece.id.key
    case .version: piece.id.version
    case .state: piece.state.rawValue
    case .generation: piece.generation
    case .number: piece.number
    case .seenAt: piece.seenAt.milliseconds
    case .words: try Payload.encode(piece.words)
    case .answer: try piece.answer.map { try Payload.encode($0) }
    }
  }

  /// Of all items that a tick loads, in the order of items and ids.
  static func load(_ scope: StateScope, _ db: Database) throws -> [Piece] {
    let condition =
      switch scope {
      case .awake: "WHERE item IN (SELECT item FROM claim WHERE rested_at IS NULL)"
      case .everything: ""
      }
    return try read("SELECT \(names) FROM piece \(condition)", [], db)
  }

  /// Of one item, in the order in which they were seen.
  static func ofItem(_ item: ItemID, _ db: Database) throws -> [Piece] {
    try read("SELECT \(names) FROM piece WHERE item = ?", [item.text], db)
      .sorted { ($0.seenAt, $0.words.at, $0.id) < ($1.seenAt, $1.words.at, $1.id) }
  }

  private static func read(
    _ sql: String, _ arguments: StatementArguments, _ db: Database
  ) throws -> [Piece] {
    try Columns.all(db, "piece", sql, arguments) { columns in
      let id = Piece.ID(
        try columns.word(piece[.kind]), try columns.text(piece[.key]),
        version: try columns.text(piece[.version]))
      var found = Piece(
        item: ItemID(try columns.text(piece[.item])), id: id,
        state: try columns.word(piece[.state]), seenAt: try columns.time(piece[.seenAt]),
        words: try Payload.decode(try columns.text(piece[.words]), "piece"))
      found.generation = try columns.optionalInteger(piece[.generation]).map { Int($0) }
      found.number = try columns.optionalInteger(piece[.number]).map { Int($0) }
      found.answer = try columns.optionalText(piece[.answer]).map {
        try Payload.decode($0, "piece")
      }
      return found
    }.sorted { ($0.item, $0.id) < ($1.item, $1.id) }
  }

  private static let ofItemsAtRest =
    "FROM piece WHERE item IN "
    + "(SELECT item FROM claim WHERE rested_at IS NOT NULL AND rested_at < ?)"

  /// Whether there are any of items that rest since before a time.
  static func hasItemsAtRest(before time: Timestamp, _ db: Database) throws -> Bool {
    let sql = "SELECT 1 \(ofItemsAtRest) LIMIT 1"
    return try !Columns.all(db, "piece", sql, [time.milliseconds]) { _ in true }.isEmpty
  }

  /// Deletes those.
  static func deleteOfItemsAtRest(before time: Timestamp, _ db: Database) throws {
    try db.change("DELETE \(ofItemsAtRest)", [time.milliseconds])
  }
}
