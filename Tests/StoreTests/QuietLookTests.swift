// A look at the database where it lies: nothing under the directory changes, no copy is made, and a
// tick that writes meanwhile is noticed.
import Glibc
import SymphonyCore
import SymphonyPlatform
import Synchronization
import Testing

@testable import SymphonyStore

@Suite struct QuietLookTests {
  private let record = Sample.full("a", claim: Sample.claims[5])

  /// No copy can be made with these.
  private static var withoutCopies: StoreSettings {
    var settings = StoreSettings()
    settings.temporary = "/proc/none"
    return settings
  }

  /// A closed database whose last write is long enough ago.
  private func filled(_ scratch: Scratch) throws {
    let store = try scratch.open()
    try store.commit([.putItem(record)], basis: nil)
    store.close()
    try age(scratch.database)
  }

  private func age(_ path: String) throws {
    let long = timespec(tv_sec: 1_000_000, tv_nsec: 0)
    let times = [long, long]
    try #require(utimensat(AT_FDCWD, path, times, 0) == 0)
  }

  private func items(
    _ scratch: Scratch, _ settings: StoreSettings
  ) throws(StoreError) -> [ItemRecord] {
    try SQLiteStore.look(directory: scratch.state, now: Sample.now, settings: settings) {
      (store) throws(StoreError) in try store.load().items
    }
  }

  @Test func nothingChangesAndNothingIsCopied() throws {
    let scratch = try Scratch()
    try filled(scratch)
    let before = try scratch.picture()
    #expect(try items(scratch, Self.withoutCopies) == [record])
    #expect(try scratch.picture() == before)
  }

  @Test(arguments: ["a b", "q?x=1&y", "100%", "#", "Ünïcode", "it's"])
  func anyNameOfADirectoryWill(name: String) throws {
    let scratch = try Scratch()
    let directory = Files.join(scratch.path, name)
    let store = try SQLiteStore.open(
      directory: directory, mode: .tick, now: Sample.now, settings: StoreSettings())
    try store.commit([.putItem(record)], basis: nil)
    store.close()
    try age(Files.join(directory, "symphony.db"))
    let found = try SQLiteStore.look(
      directory: directory, now: Sample.now, settings: Self.withoutCopies
    ) { (store) throws(StoreError) in try store.load().items }
    #expect(found == [record])
  }

  @Test func aLogIsReadThroughACopy() throws {
    let scratch = try Scratch()
    let image = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(record)], basis: nil)
    try image.crashImage(of: scratch)
    store.close()
    let before = try image.picture()
    #expect(try items(image, StoreSettings()) == [record])
    #expect(try image.picture() == before)
    #expect(storeError { _ = try items(image, Self.withoutCopies) } != nil)
  }

  @Test func whoWritesMeanwhileIsNoticed() throws {
    let scratch = try Scratch()
    try filled(scratch)
    let looks = Atomic(0)
    let record = record
    let state = scratch.state
    let database = scratch.database
    var settings = Self.withoutCopies
    settings.whileCopying = {
      guard looks.add(1, ordering: .relaxed).newValue == 1 else { return }
      do {
        let store = try SQLiteStore.open(
          directory: state, mode: .tick, now: Sample.now, settings: StoreSettings())
        try store.commit([.putItem(Sample.item("b")), .putItem(record)], basis: nil)
        store.close()
        let later = timespec(tv_sec: 2_000_000, tv_nsec: 0)
        let times = [later, later]
        _ = utimensat(AT_FDCWD, database, times, 0)
      } catch { Issue.record(error) }
    }
    #expect(try items(scratch, settings).map(\.id.text) == ["a", "b"])
    #expect(looks.load(ordering: .relaxed) == 2)
  }

  @Test func complaintsOfUnchangedRowsCount() throws {
    let scratch = try Scratch()
    try filled(scratch)
    try scratch.damagePages()
    try age(scratch.database)
    let before = try scratch.picture()
    #expect(storeError { _ = try items(scratch, StoreSettings()) }?.code == "state_corrupt")
    #expect(try scratch.picture() == before)
  }

  @Test func anOlderVersionIsReadThroughACopy() throws {
    let scratch = try Scratch()
    var old = StoreSettings()
    old.version = Migrations.version - 1
    try scratch.open(settings: old).close()
    try age(scratch.database)
    let before = try scratch.picture()
    #expect(try items(scratch, StoreSettings()) == [])
    #expect(try scratch.picture() == before)
  }

  @Test func whereNothingIsThereIsNothing() throws {
    let scratch = try Scratch()
    #expect(try items(scratch, StoreSettings()) == [])
    #expect(!Files.exists(scratch.state))
  }
}
