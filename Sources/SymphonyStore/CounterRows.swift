// Counters that never fall, for metrics. What rows tell is counted by triggers
// (Migrations+Counters.swift); what is no row is added here. Called by commit and by metrics.
import GRDB
import SymphonyCore

enum CounterRows {
  private static let addCount =
    Statements.insert("counter", ["name", "label", "value"])
    + " ON CONFLICT (name, label) DO UPDATE SET value = value + excluded.value"

  static func add(_ counter: Counter, _ db: Database) throws {
    try db.change(addCount, [counter.name.rawValue, counter.label, max(0, counter.value)])
  }

  /// Sorted by name and label; a name that only a newer program knows is left out.
  static func all(_ db: Database) throws -> [Counter] {
    let sql = "SELECT name, label, value FROM counter ORDER BY name, label"
    return try Columns.all(db, "counter", sql) { columns -> Counter? in
      guard let name = Counter.Name(rawValue: try columns.text(0)) else { return nil }
      return Counter(name, try columns.text(1), try columns.integer(2))
    }.compactMap { $0 }
  }
}

extension SQLiteStore {
  /// All that was ever counted.
  package func counters() throws(StoreError) -> [Counter] {
    try reading { try CounterRows.all($0) }
  }
}
