// A tick that finds the database of an older version is killed at one deed after the other until it
// has migrated it, or the disk is full there: the next tick migrates it, every row is there, and the
// copy from before lies beside it.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyStore

@Suite("migrations that are interrupted")
struct MigrationKillTests {
  /// A whole database of that version, with live runs and every kind of debt.
  private static let version = 6
  private static let rows: [String] = {
    let tests = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let text = (try? Files.readText(tests + "/StoreTests/Fixtures/version-6.sql")) ?? ""
    return text.split(separator: "\n").map(String.init).filter {
      $0.hasPrefix("INSERT INTO") && !$0.hasPrefix("INSERT INTO grdb_migrations")
        && !$0.hasPrefix("INSERT INTO sqlite_sequence")
    }
  }()
  private static let now = Timestamp(milliseconds: Clock.wallMilliseconds())
  /// What no tick deletes, whatever it makes of it.
  private static let lasting = [
    "SELECT id FROM item", "SELECT item FROM claim", "SELECT id FROM run",
    "SELECT CAST(id AS TEXT) FROM outbox",
    "SELECT day FROM total", "SELECT item || code || at FROM ledger",
  ]

  private struct Place {
    let directory: TemporaryDirectory
    let faults: Faults
    var layout: StateLayout { StateLayout(directory.file("state")) }

    init() throws {
      directory = try TemporaryDirectory("migration")
      faults = try Faults(in: directory)
      try directory.directory("project/issues")
      try Git.run(["init", "--quiet", "-b", "main"], in: directory.file("project"))
      try WorkflowFile.write(
        in: directory.file("project"),
        settings: "tracker: { kind: local, labels: [symphony] }\n"
          + "agent: { kind: command, command: 'cat > /dev/null' }\n", prompt: "Fix it.\n")
      try Files.makeDirectories(layout.path)
      var settings = StoreSettings()
      settings.version = MigrationKillTests.version
      let store = try SQLiteStore.open(
        directory: layout.path, mode: .tick, now: MigrationKillTests.now, settings: settings)
      try store.execute(MigrationKillTests.rows.joined(separator: "\n"))
      store.close()
    }

    func tick() async throws -> CapturedCommand {
      try await SymphonyBinary.run(
        ["tick"], directory: directory.file("project"),
        environment: faults.environment.merging(["SYMPHONY_STATE_DIR": layout.path]) { $1 })
    }

    /// What is in a database as it lies there, after a kill perhaps: its version, and rows by query.
    func read(_ path: String) throws -> (version: Int, rows: [[String]]) {
      let copy = StateLayout(try directory.directory("look-\(Host.randomHex(bytes: 4))/state"))
      for suffix in ["", "-wal"] where Files.exists(path + suffix) {
        let bytes = try Files.read(path + suffix, limit: 64 << 20)
        let file = open(copy.database + suffix, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer { close(file) }
        try #require(write(file, bytes, bytes.count) == bytes.count)
      }
      var settings = StoreSettings()
      settings.version = MigrationKillTests.version
      let store: SQLiteStore
      do throws(StoreError) {
        store = try SQLiteStore.open(
          directory: copy.path, mode: .tick, now: MigrationKillTests.now, settings: settings)
      } catch {
        store = try SQLiteStore.open(directory: copy.path, mode: .tick, now: MigrationKillTests.now)
      }
      defer { store.close() }
      #expect(try store.pragma("integrity_check") == "ok")
      let rows = try store.reading { db in
        try MigrationKillTests.lasting.map { sql in
          try Columns.all(db, "any", sql) { try $0.text(0) }.sorted()
        }
      }
      return (Int(try store.pragma("user_version") ?? "") ?? 0, rows)
    }
  }

  /// Up to the deed behind the transaction of the migration.
  private func deedsOfTheMigration() async throws -> (count: Int, rows: [[String]]) {
    let place = try Place()
    let before = try place.read(place.layout.database)
    #expect(before.version == Self.version && before.rows.allSatisfy { !$0.isEmpty })
    #expect(try await !place.tick().errorOutput.contains("symphony.db"))
    let deeds = try place.faults.trace.filter { $0.role == .tick && $0.kind.isCounted }
    let named = try #require(
      deeds.firstIndex { $0.kind == .rename && $0.more.contains("before-version-") })
    let commit = try #require(deeds[named...].firstIndex { $0.kind == .commit })
    return (commit + 2, before.rows)
  }

  @Test("a kill, or a full disk, at deed after deed") func everyDeed() async throws {
    let (count, rows) = try await deedsOfTheMigration()
    #expect(count > 8)
    func holds(_ found: [[String]]) -> Bool {
      zip(rows, found).allSatisfy { Set($0).isSubset(of: Set($1)) }
    }
    for number in 1...count {
      for act in [Faults.Act.kill, .fail(ENOSPC)] {
        let words: Comment = "\(act.text) at deed \(number)"
        let place = try Place()
        try place.faults.order(.tick, "*", number, act)
        let struck = try await place.tick()
        if act == .kill { #expect(!struck.exit.isSuccess, words) }
        let left = try place.read(place.layout.database)
        #expect(
          [Self.version, Migrations.version].contains(left.version) && holds(left.rows), words)
        let next = try await place.tick()
        #expect(!next.errorOutput.contains("symphony.db"), "\(words): \(next.errorOutput)")
        let after = try place.read(place.layout.database)
        #expect(after.version == Migrations.version && holds(after.rows), words)
        let copy = try place.read(place.layout.backupBefore(version: Migrations.version))
        #expect(copy.version == Self.version && copy.rows == rows, words)
        let others = try Files.list(place.layout.backups).filter { $0.hasSuffix(".new") }
        #expect(others.isEmpty, words)
      }
    }
    print("migration: killed and hindered at \(count) deeds")
  }
}
