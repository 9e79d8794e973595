// Databases of every version there was, with rows in every table of it: migrated they have all of their
// rows, their copy from before lies beside them, and a kill on the way leaves the old one.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

@Suite struct EveryVersionTests {
  /// A store of that version, with the rows of the first that were there at its migration.
  private func old(_ scratch: Scratch, _ version: Int) throws -> SQLiteStore {
    let first = try scratch.open(settings: settings(1))
    try MigrationTests.fill(first)
    first.close()
    let store = try scratch.open(settings: settings(version))
    #expect(try store.pragma("user_version") == "\(version)")
    return store
  }

  private func settings(_ version: Int) -> StoreSettings {
    var settings = StoreSettings()
    settings.version = version
    return settings
  }

  /// Rows by table, but for what counts rows and what notes migrations.
  private func counts(_ store: SQLiteStore) throws -> [String: Int] {
    try store.reading { db in
      let tables = try Columns.all(
        db, "sqlite_schema",
        """
        SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
          AND name NOT IN ('grdb_migrations', 'counter', 'webhook')
        """
      ) { try $0.text(0) }
      var counts: [String: Int] = [:]
      for table in tables {
        counts[table] = try Columns.all(db, table, "SELECT 1 FROM \(table)") { _ in 1 }.count
      }
      return counts
    }
  }

  /// The owner of the directory is a row as well, which each opening may add.
  private func expectWhole(_ store: SQLiteStore, _ before: [String: Int]) throws {
    // A table that is new is empty.
    let now = try counts(store).filter { before[$0.key] != nil || $0.value > 0 }
    #expect(now == before)
    #expect(try store.pragma("integrity_check") == "ok")
    #expect(try store.pragma("foreign_key_check") == nil)
    try MigrationTests().expectUnharmed(store)
    #expect(store.lookUp("u")?.etag == "e")
  }

  @Test(arguments: 1..<Migrations.version)
  func everyRowIsThereAfterwards(_ version: Int) throws {
    let scratch = try Scratch()
    let store = try old(scratch, version)
    let before = try counts(store)
    #expect(before.count >= 12 && before.values.allSatisfy { $0 > 0 }, "\(before)")
    store.close()
    let migrated = try scratch.open()
    #expect(try migrated.pragma("user_version") == "\(Migrations.version)")
    try expectWhole(migrated, before)

    let other = try Scratch()
    try Files.makeDirectory(other.state)
    let copy = StateLayout(scratch.state).backupBefore(version: Migrations.version)
    try other.write(try Files.read(copy), to: other.database)
    let kept = try other.open(settings: settings(version))
    #expect(try kept.pragma("user_version") == "\(version)")
    #expect(try counts(kept) == before)
  }

  /// Of the bytes that a kill after each of the steps leaves.
  @Test(arguments: 1..<Migrations.version)
  func killedInTheMiddleItIsTheOldOne(_ version: Int) throws {
    let scratch = try Scratch()
    let store = try old(scratch, version)
    let before = try counts(store)
    var steps: [Int] = []
    try Migrations.migrate(store.queue) { step in
      steps.append(step)
      let image = try Scratch()
      try image.crashImage(of: scratch)
      let found = try image.open(settings: settings(version))
      #expect(try found.pragma("user_version") == "\(version)")
      #expect(try counts(found) == before)
      found.close()
      let next = try image.open()
      #expect(try next.pragma("user_version") == "\(Migrations.version)")
      try expectWhole(next, before)
    }
    #expect(steps == Array(version + 1...Migrations.version))
    try expectWhole(store, before)
  }

  /// A step that fails takes the others back, and rows go on being guarded.
  @Test func whatFailsInTheMiddleChangesNothing() throws {
    struct Stop: Error {}
    let scratch = try Scratch()
    let store = try old(scratch, 1)
    let before = try counts(store)
    #expect(throws: Stop.self) {
      try Migrations.migrate(store.queue) { if $0 == Migrations.version { throw Stop() } }
    }
    #expect(try store.pragma("user_version") == "1")
    #expect(try counts(store) == before)
    #expect(try store.pragma("foreign_keys") == "1")
  }

  /// Programs that went by GRDB's own list find in it what was done.
  @Test func theStepsAreNotedAsBefore() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    let noted = try store.reading { db in
      try Columns.all(
        db, "grdb_migrations", "SELECT identifier FROM grdb_migrations ORDER BY identifier"
      ) { try $0.text(0) }
    }
    #expect(noted == (1...Migrations.version).map(String.init).sorted())
  }
}
