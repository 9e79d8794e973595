// Copies of the database: whole, private, one file; made while others write, before a migration,
// and of nothing that is damaged.
import Glibc
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

@Suite struct BackupTests {
  private let record = Sample.full("a", claim: Sample.claims[5])

  /// The rows of a copy, opened as the database of a directory of its own.
  private func rows(of path: String) throws -> StoredState {
    let other = try Scratch()
    try Files.makeDirectory(other.state)
    try other.write(try Files.read(path), to: other.database)
    let store = try other.open()
    defer { store.close() }
    return try store.load()
  }

  @Test func aCopyIsOneWholePrivateFile() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(record)], basis: nil)
    let path = Files.join(scratch.path, "copy.db")
    try scratch.write(Array("an older copy".utf8), to: path)
    // The log holds the row: it is not in symphony.db yet.
    #expect((Files.size(scratch.database + "-wal") ?? 0) > 0)
    try store.copy(to: path)
    try store.commit([.putItem(Sample.item("later"))], basis: nil)
    #expect(try rows(of: path).items == [record])
    #expect(Files.permissions(path).map { $0 & 0o777 } == 0o600)
    #expect(try Files.list(scratch.path).sorted() == ["copy.db", "state"])
  }

  @Test func aPrivateCopyIsCopiedWhileATickWrites() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(record)], basis: nil)
    let before = try scratch.picture()
    let look = try scratch.open(.privateCopy)
    let path = Files.join(scratch.path, "copy.db")
    try look.copy(to: path)
    look.close()
    #expect(try scratch.picture() == before)
    #expect(try rows(of: path).items == [record])
    withExtendedLifetime(store) {}
  }

  @Test func whatAKillLeftIsNoHindrance() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    let path = Files.join(scratch.path, "copy.db")
    try scratch.write(Array("half".utf8), to: path + ".new")
    try store.copy(to: path)
    #expect(!Files.exists(path + ".new"))
  }

  @Test func whereNoneCanBeWrittenThatIsSaid() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    let error = storeError { try store.copy(to: Files.join(scratch.path, "no/copy.db")) }
    #expect(error?.sentence.contains("/no") == true, "\(error?.sentence ?? "")")
    let closed = try scratch.open(.command)
    closed.close()
    #expect(storeError { try closed.copy(to: Files.join(scratch.path, "c.db")) } != nil)
  }

  @Test func aMigrationIsPrecededByACopy() throws {
    let scratch = try Scratch()
    var first = StoreSettings()
    first.version = Migrations.version - 1
    let old = try scratch.open(settings: first)
    try old.setFact(.salt, "kept")
    old.close()
    let layout = StateLayout(scratch.state)
    // A new database needs none, nor does a look.
    #expect(!Files.exists(layout.backups))
    try scratch.open(.privateCopy).close()
    #expect(!Files.exists(layout.backups))
    let store = try scratch.open()
    #expect(try store.pragma("user_version") == "\(Migrations.version)")
    let copy = layout.backupBefore(version: Migrations.version)
    let other = try Scratch()
    try Files.makeDirectory(other.state)
    try other.write(try Files.read(copy), to: other.database)
    let before = try other.open(settings: first)
    #expect(try before.pragma("user_version") == "\(Migrations.version - 1)")
    #expect(try before.fact(.salt) == "kept")
  }

  @Test func aNewerDatabaseNamesTheCopyFromBefore() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.execute("PRAGMA user_version = 999")
    store.close()
    let layout = StateLayout(scratch.state)
    #expect(storeError { _ = try scratch.open() }?.sentence.contains("before-version") == false)
    try Files.makeDirectory(layout.backups)
    try Files.append(layout.backupBefore(version: 999), "")
    let error = storeError { _ = try scratch.open() }
    #expect(error?.code == "state_newer")
    #expect(error?.sentence.contains("before-version-999.db") == true, "\(error?.sentence ?? "")")
  }
}
