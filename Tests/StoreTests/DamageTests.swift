// Disks that are full, read-only or rotten: each says so with its own code, and a damaged file is
// left as it is. Real small disks are mounted where the tests run as root; elsewhere those tests
// say that they were skipped.
import Glibc
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

@Suite struct DamageTests {
  private func filled(_ scratch: Scratch) throws -> SQLiteStore {
    let store = try scratch.open()
    let items = (0..<40).map { Sample.full("item\($0)", claim: Sample.claims[$0 % 9]) }
    try store.commit(items.map { .putItem($0) }, basis: nil)
    return store
  }

  /// What a tick reads is found by reading it; the rest only by looking at every page.
  @Test func noDamagedPageIsPassedOver() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    let lines = (1...300).map { number in
      Change.appendLedger(
        LedgerEntry(
          item: Sample.item("a").id, at: Sample.now, code: "c\(number)",
          sentence: String(repeating: "x", count: 200)))
    }
    try store.commit([.putItem(Sample.item("a"))] + lines, basis: nil)
    store.close()
    let whole = try Files.read(scratch.database)
    let pages = whole.count / 4096
    try #require(pages > 20)
    var unread = 0
    for page in 1..<pages {
      var bytes = whole
      for index in page * 4096..<(page + 1) * 4096 { bytes[index] = 0x5A }
      try scratch.write(bytes, to: scratch.database)
      let isRead =
        storeError {
          let copy = try scratch.open(.privateCopy)
          defer { copy.close() }
          _ = try copy.load()
        } != nil
      let isFound =
        storeError {
          let copy = try scratch.open(.privateCopy)
          defer { copy.close() }
          try copy.quickCheck()
        } != nil
      #expect(isFound, "page \(page)")
      if !isRead { unread += 1 }
    }
    #expect(unread > 5, "else the test says nothing")
  }

  @Test func damageAfterAKillIsFoundAtOnce() throws {
    let (scratch, image) = (try Scratch(), try Scratch())
    let store = try filled(scratch)
    store.close()
    let again = try scratch.open()
    try again.setFact(.lastPoll, "1")
    try image.crashImage(of: scratch)
    try image.damagePages()
    let (before, log) = (
      try Files.read(image.database), try Files.read(image.database + "-wal")
    )
    for mode in [SQLiteStore.Mode.tick, .command, .privateCopy] {
      let error = storeError { _ = try image.open(mode) }
      #expect(error?.code == "state_corrupt", "\(mode)")
      #expect(error?.sentence.contains(image.database) == true)
    }
    #expect(try Files.read(image.database) == before)
    #expect(try Files.read(image.database + "-wal") == log)
  }

  @Test func damageAfterACleanEndIsFoundWhenRead() throws {
    let scratch = try Scratch()
    try filled(scratch).close()
    try scratch.damagePages()
    let before = try Files.read(scratch.database)
    let error = storeError {
      let store = try scratch.open()
      defer { store.close() }
      _ = try store.load()
    }
    #expect(error?.code == "state_corrupt")
    #expect(try Files.read(scratch.database) == before)
  }

  @Test func aTruncatedFile() throws {
    let scratch = try Scratch()
    try filled(scratch).close()
    let whole = try Files.read(scratch.database)
    try scratch.write(Array(whole.prefix(whole.count / 2)), to: scratch.database)
    let before = try scratch.picture()
    #expect(storeError { _ = try scratch.open() }?.code == "state_corrupt")
    #expect(try scratch.picture() == before)
  }

  @Test func notADatabase() throws {
    let scratch = try Scratch()
    try Files.makeDirectory(scratch.state)
    let text = Array(String(repeating: "this is a letter\n", count: 400).utf8)
    try scratch.write(text, to: scratch.database)
    let before = try scratch.picture()
    for mode in [SQLiteStore.Mode.tick, .command, .privateCopy] {
      #expect(storeError { _ = try scratch.open(mode) }?.code == "state_corrupt")
    }
    #expect(try scratch.picture() == before)
  }

  @Test(arguments: [
    "UPDATE claim SET payload = '{' WHERE state = 'parked'",
    "UPDATE claim SET payload = '1,2' WHERE state = 'retrying'",
    "PRAGMA writable_schema = ON; DELETE FROM claim",
  ])
  func rowsThatCannotBe(sql: String) throws {
    let scratch = try Scratch()
    let store = try filled(scratch)
    try store.execute(sql)
    let error = storeError { _ = try store.load() }
    #expect(error?.code == "state_corrupt")
    #expect(error?.sentence.contains(scratch.database) == true)
  }

  @Test func aFileWhereTheDirectoryShouldBe() throws {
    let scratch = try Scratch()
    try scratch.write([1], to: scratch.state)
    let error = storeError { _ = try scratch.open() }
    #expect(error?.code == "state_read_only")
    #expect(error?.sentence.contains(scratch.state) == true)
  }

  /// SQLite's own limit of pages stands in for the disk where tests may not mount one.
  @Test func noMorePages() throws {
    let scratch = try Scratch()
    let store = try filled(scratch)
    let before = try store.load()
    try store.execute("PRAGMA max_page_count = 1")
    let big = String(repeating: "x", count: 1 << 20)
    let error = storeError { try store.commit([.setFact(.salt, big)], basis: nil) }
    #expect(error?.code == "state_disk_full")
    #expect(try store.load() == before)
  }

  @Test(.enabled(if: Privileged.mayMount, "needs to mount a tmpfs"))
  func aFullDisk() throws {
    let scratch = try Scratch()
    try Privileged.mount(scratch.path, size: "600k") {
      let store = try filled(scratch)
      let before = try store.load()
      let filler = String(repeating: "x", count: 50_000)
      var error: StoreError?
      for round in 0..<100 where error == nil {
        error = storeError {
          let fact = StoredFact.allCases[round % 7]
          try store.commit([.setFact(fact, "\(round)\(filler)\(filler)")], basis: nil)
        }
      }
      #expect(error?.code == "state_disk_full")
      #expect(error?.sentence.contains(scratch.database) == true)
      #expect(try store.load() == before)
      store.close()
    }
  }

  @Test(.enabled(if: Privileged.mayMount, "needs to mount a tmpfs"))
  func aDiskThatWasFullBefore() throws {
    let scratch = try Scratch()
    try Privileged.mount(scratch.path, size: "64k") {
      let descriptor = Glibc.open(scratch.path + "/ballast", O_WRONLY | O_CREAT, 0o600)
      let block = [UInt8](repeating: 1, count: 4096)
      while write(descriptor, block, block.count) > 0 {}
      close(descriptor)
      let error = storeError { _ = try scratch.open() }
      #expect(error?.code == "state_disk_full", "\(String(describing: error))")
    }
  }

  @Test(.enabled(if: Privileged.mayMount, "needs to mount a tmpfs"))
  func aReadOnlyDisk() throws {
    let scratch = try Scratch()
    try Privileged.mount(scratch.path, size: "4m") {
      try filled(scratch).close()
      try Privileged.run(["mount", "-o", "remount,ro", scratch.path])
      for mode in [SQLiteStore.Mode.tick, .command] {
        let error = storeError { _ = try scratch.open(mode) }
        #expect(error?.code == "state_read_only")
        #expect(error?.sentence.contains(scratch.database) == true)
      }
      // Looking is still possible.
      #expect(try scratch.open(.privateCopy).load().items.count == 40)
    }
  }

  @Test(.enabled(if: getuid() != 0, "root ignores modes")) func aDirectoryOfSomebodyElse() throws {
    let scratch = try Scratch()
    try filled(scratch).close()
    chmod(scratch.state, 0o500)
    #expect(storeError { _ = try scratch.open() }?.code == "state_read_only")
  }
}

/// Real disks of a chosen size, for root only.
enum Privileged {
  static let mayMount: Bool = {
    guard getuid() == 0, let scratch = try? Scratch() else { return false }
    return (try? mount(scratch.path, size: "64k") {}) != nil
  }()

  static func mount(_ path: String, size: String, _ body: () throws -> Void) throws {
    try run(["mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path])
    defer { try? run(["umount", "-l", path]) }
    try body()
  }

  static func run(_ arguments: [String]) throws {
    let command = try CapturedCommand.run(
      ["/bin/sh", "-c", "exec \"$@\"", "sh"] + arguments,
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], timeoutMilliseconds: 10_000)
    guard command.exit == .exited(0) else { throw StoreError.failed(command.errorOutput) }
  }
}
