// How rows become values and values become SQL: strict reading by column number, JSON for payloads,
// and the text of upserts. Used by every file of rows. A cell that is not what its column promises
// is damage to the file, never a crash and never a guess.
import FoundationEssentials
import GRDB
import SymphonyCore

/// A row that cannot be what this program wrote.
struct Damage: Error {
  let what: String
}

/// One row of a result, read by position.
struct Columns {
  /// Stands on the row.
  ///
  /// Read directly: GRDB's `row[index]` costs more than the rest of a load.
  let statement: SQLiteStatement
  /// Named in the error when a cell is damaged.
  let table: String

  private func damaged(_ index: Int) -> Damage {
    Damage(what: "table \(table) holds an unreadable value (column \(index + 1) of the result)")
  }

  private func value(_ index: Int) -> DatabaseValue.Storage {
    DatabaseValue(sqliteStatement: statement, index: Int32(index)).storage
  }

  func optionalText(_ index: Int) throws -> String? {
    switch value(index) {
    case .null: return nil
    case .string(let text): return text
    default: throw damaged(index)
    }
  }
  func optionalInteger(_ index: Int) throws -> Int64? {
    switch value(index) {
    case .null: return nil
    case .int64(let number): return number
    default: throw damaged(index)
    }
  }
  func text(_ index: Int) throws -> String {
    guard let text = try optionalText(index) else { throw damaged(index) }
    return text
  }
  func integer(_ index: Int) throws -> Int64 {
    guard let number = try optionalInteger(index) else { throw damaged(index) }
    return number
  }
  func count(_ index: Int) throws -> Int { Int(try integer(index)) }
  func flag(_ index: Int) throws -> Bool { try integer(index) != 0 }
  func time(_ index: Int) throws -> Timestamp { Timestamp(milliseconds: try integer(index)) }
  /// From two columns: set at, delay.
  func optionalDeadline(_ start: Int) throws -> Deadline? {
    guard let setAt = try optionalInteger(start) else { return nil }
    return Deadline(
      setAt: Timestamp(milliseconds: setAt),
      delay: Interval(milliseconds: try integer(start + 1)))
  }
  func optionalReal(_ index: Int) throws -> Double? {
    if case .null = value(index) { return nil }
    return try real(index)
  }
  func real(_ index: Int) throws -> Double {
    guard case .double(let number) = value(index) else { throw damaged(index) }
    return number
  }
  func bytes(_ index: Int) throws -> [UInt8] {
    guard case .blob(let blob) = value(index) else { throw damaged(index) }
    return Array(blob)
  }
  /// A word of a closed list.
  ///
  /// One that is not in it is no damage: a newer symphony knows more.
  func word<Word: RawRepresentable>(_ index: Int) throws -> Word where Word.RawValue == String {
    let text = try text(index)
    guard let word = Word(rawValue: text) else {
      throw StoreError.newer(
        "table \(table) holds `\(PlainText.line(text))`, which this symphony does not know: a newer"
          + " one has worked with this database")
    }
    return word
  }
  func usage(_ start: Int) throws -> Usage {
    var usage = Usage()
    usage.inputTokens = try integer(start)
    usage.cachedInputTokens = try integer(start + 1)
    usage.outputTokens = try integer(start + 2)
    usage.costUSD = try real(start + 3)
    return usage
  }

  /// All rows of a query, in its order.
  static func all<Value>(
    _ db: Database, _ table: String, _ sql: String, _ arguments: StatementArguments = [],
    read: (Columns) throws -> Value
  ) throws -> [Value] {
    let statement = try db.cachedStatement(sql: sql)
    let cursor = try Row.fetchCursor(statement, arguments: arguments)
    let columns = Columns(statement: statement.sqliteStatement, table: table)
    var values: [Value] = []
    while try cursor.next() != nil { values.append(try read(columns)) }
    return values
  }
}

/// The columns of a table as an enum, in the order in which a statement lists them.
///
/// A case has the name of its column, `idleRuns` that of `idle_runs`. One that the schema does not
/// have fails with the first statement.
protocol ColumnName: RawRepresentable<Int>, CaseIterable, Sendable {}

extension ColumnName {
  static func names(of table: String = "") -> [String] {
    allCases.map { column in
      let name = "\(column)"
      let letters = zip(" " + name, name).map { before, letter in
        before.isLowercase && letter.isUppercase ? "_\(letter)" : "\(letter)"
      }
      return table + letters.joined().lowercased()
    }
  }
}

/// The places of one table's columns in a row that joins several, each table with all its columns.
struct Places<Name: ColumnName>: Sendable {
  /// The place of the first column.
  let start: Int
  /// The place at which the next table begins.
  var end: Int { start + Name.allCases.count }

  subscript(name: Name) -> Int { start + name.rawValue }
}

/// Payloads whose shape differs from state to state.
enum Payload {
  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
  static func decode<Value: Decodable>(_ text: String, _ table: String) throws -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw Damage(what: "table \(table) holds a payload that cannot be read")
    }
  }
}

/// Payloads of one shape from many rows, decoded as one array: starting a decoder for each row
/// would cost more than all the rest of loading a thousand items.
struct PayloadBatch<Value: Decodable> {
  private var places: [Int] = []
  private var texts: [String] = []

  mutating func add(_ text: String, at place: Int) {
    places.append(place)
    texts.append(text)
  }
  func decode(_ table: String) throws -> [(place: Int, value: Value)] {
    if places.isEmpty { return [] }
    let values: [Value] = try Payload.decode("[" + texts.joined(separator: ",") + "]", table)
    guard values.count == places.count else {
      throw Damage(what: "table \(table) holds a payload that cannot be read")
    }
    return zip(places, values).map { (place: $0, value: $1) }
  }
}

enum Statements {
  static func insert(_ table: String, _ columns: [String]) -> String {
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    return "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks))"
  }
  /// Inserts, or replaces every column of the row with the same key.
  static func upsert(_ table: String, key: [String], _ columns: [String]) -> String {
    let assignments = columns.filter { !key.contains($0) }.map { "\($0) = excluded.\($0)" }
    return insert(table, columns) + " ON CONFLICT (\(key.joined(separator: ", "))) DO UPDATE SET "
      + assignments.joined(separator: ", ")
  }
  /// The second part of a condition on a time, for the rows of one item or of all (nil): one text
  /// for both would be answered by reading the whole table.
  static func of(_ item: ItemID?) -> String { item == nil ? "" : "AND item = ?2" }
  static func arguments(_ time: Timestamp, _ item: ItemID?) -> StatementArguments {
    if let item { [time.milliseconds, item.text] } else { [time.milliseconds] }
  }
}

extension Database {
  /// Runs a statement that is prepared once per connection.
  func change(_ sql: String, _ arguments: StatementArguments) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }
}

extension Usage {
  /// SQLite stores a NaN as NULL, and one odd figure of an agent must not stop every later commit.
  var storedCost: Double { costUSD.isFinite ? costUSD : 0 }
}
