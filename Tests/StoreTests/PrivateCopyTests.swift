// A dry run reads everything and changes nothing: not a byte, not a time, not a file name under the
// directory, whether the store was closed, killed or is in use; and a writer at work never makes it
// see half of a commit.
import Glibc
import SymphonyCore
import SymphonyPlatform
import Synchronization
import Testing

@testable import SymphonyStore

private final class Copies: Sendable {
  let count = Atomic(0)
}

@Suite struct PrivateCopyTests {
  private let record = Sample.full("a", claim: Sample.claims[5])

  @Test func nothingChangesWhetherClosedKilledOrInUse() throws {
    let scratch = try Scratch()
    let image = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(record)], basis: nil)
    store.remember("u", Sample.response("e"))
    try store.flushCache()
    try image.crashImage(of: scratch)

    func look(at place: Scratch) throws {
      let before = try place.picture()
      let copy = try place.open(.privateCopy)
      #expect(try copy.load().items == [record])
      #expect(copy.lookUp("u") == Sample.response("e"))
      // What is written to the copy stays there.
      try copy.commit([.setFact(.lastPoll, "1")], basis: nil)
      copy.close()
      #expect(try place.picture() == before)
    }
    try look(at: scratch)
    try look(at: image)
    store.close()
    try look(at: scratch)
    #expect(try scratch.open().fact(.lastPoll) == nil)
  }

  @Test func withoutDatabaseItIsEmptyAndNothingIsMade() throws {
    let scratch = try Scratch()
    let copy = try scratch.open(.privateCopy)
    #expect(try copy.load() == StoredState())
    #expect(try copy.fact(.owner) == nil)
    #expect(!Files.exists(scratch.state))
  }

  @Test func noCopyIsLeftBehind() throws {
    let scratch = try Scratch()
    try scratch.open().close()
    var settings = StoreSettings()
    settings.temporary = Files.join(scratch.path, "temporary")
    try Files.makeDirectory(settings.temporary)
    let seen = Copies()
    let temporary = settings.temporary
    settings.whileCopying = {
      let found = (try? Files.list(temporary)) ?? []
      seen.count.store(found.count, ordering: .relaxed)
    }
    let copy = try scratch.open(.privateCopy, settings: settings)
    // Made there, and gone before the store is even used: a kill cannot leave it.
    #expect(seen.count.load(ordering: .relaxed) == 1)
    #expect(try Files.list(temporary) == [])
    #expect(try copy.load() == StoredState())
  }

  @Test func damageIsReported() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(record)], basis: nil)
    store.close()
    try scratch.damagePages()
    let before = try scratch.picture()
    let error = storeError { _ = try scratch.open(.privateCopy).load() }
    #expect(error?.code == "state_corrupt")
    #expect(error?.sentence.contains(scratch.database) == true)
    #expect(try scratch.picture() == before)
  }

  /// Somebody commits while each of the first copies is made: those are thrown away.
  @Test(arguments: [0, 1, PrivateCopy.attempts - 1, PrivateCopy.attempts])
  func aCopyMadeDuringAWriteIsNotUsed(disturbed: Int) throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.setFact(.lastPoll, "0")
    let copies = Copies()
    var settings = StoreSettings()
    settings.whileCopying = {
      let count = copies.count.add(1, ordering: .relaxed).newValue
      if count <= disturbed { try? store.setFact(.lastPoll, "\(count)") }
    }
    let opened = Result { try scratch.open(.privateCopy, settings: settings) }
    // Behind the last one it is read in a transaction, beside the log of that writer.
    #expect(copies.count.load(ordering: .relaxed) == min(disturbed + 1, PrivateCopy.attempts))
    #expect(try opened.get().fact(.lastPoll) == "\(disturbed)")
  }

  /// Nothing is made where a log would have to be: the writer has closed it each time.
  @Test func besideNoLogThereIsNoTransaction() throws {
    let scratch = try Scratch()
    try scratch.open().close()
    let (copies, directory) = (Copies(), scratch.state)
    var settings = StoreSettings()
    settings.whileCopying = {
      let count = copies.count.add(1, ordering: .relaxed).newValue
      let store = try? SQLiteStore.open(directory: directory, mode: .tick, now: Sample.now)
      guard let store else { return }
      try? store.setFact(.lastPoll, "\(count)")
      store.close()
    }
    let error = storeError { _ = try scratch.open(.privateCopy, settings: settings) }
    #expect(error?.code == "state_locked")
    #expect(
      copies.count.load(ordering: .relaxed) == PrivateCopy.attempts + PrivateCopy.transactions)
    #expect(try Files.list(scratch.state).filter { $0.hasPrefix("symphony.db") } == ["symphony.db"])
  }

  /// Its index would have to be made anew, and is left as it is.
  @Test func aTransactionBesideAKilledWriterWritesNothing() throws {
    let (scratch, image) = (try Scratch(), try Scratch())
    let store = try scratch.open()
    try store.commit([.putItem(record)], basis: nil)
    try image.crashImage(of: scratch)
    try image.write([], to: image.database + "-shm")
    let before = try image.picture()
    let folder = Files.join(image.path, "copy")
    try Files.makeDirectory(folder)
    let opening = Opening(directory: image.state, settings: StoreSettings())
    #expect(try PrivateCopy(opening: opening).copyBesideWriters(to: folder))
    #expect(try image.picture() == before)
    let copy = try SQLiteStore.open(directory: folder, mode: .tick, now: Sample.now)
    #expect(try copy.load().items == [record])
    copy.close()
    store.close()
  }

  /// The log and the index of a writer, read by somebody who may write nothing.
  @Test func aTransactionBesideAWriterWritesNothing() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(record)], basis: nil)
    let copies = Copies()
    var settings = StoreSettings()
    settings.whileCopying = {
      copies.count.add(1, ordering: .relaxed)
      try? store.setFact(.lastPoll, "\(copies.count.load(ordering: .relaxed))")
    }
    let copy = try scratch.open(.privateCopy, settings: settings)
    // From the last write of the writer on.
    let before = try scratch.picture()
    let folder = Files.join(scratch.path, "copy")
    try Files.makeDirectory(folder)
    let opening = Opening(directory: scratch.state, settings: StoreSettings())
    #expect(try PrivateCopy(opening: opening).copyBesideWriters(to: folder))
    #expect(try scratch.picture() == before)
    #expect(try copy.load().items == [record])
    // The writer goes on as before, and its end is a clean one.
    try store.setFact(.lastPoll, "later")
    copy.close()
    store.close()
    #expect(try Files.list(scratch.state).filter { $0.hasPrefix("symphony.db") } == ["symphony.db"])
    #expect(try scratch.open().fact(.lastPoll) == "later")
  }
}
