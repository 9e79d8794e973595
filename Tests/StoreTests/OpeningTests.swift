// When a database may be opened, created or not, and that nothing was touched when it may not:
// missing, newer, older, foreign, cut short, killed. What a disk does to it is in
// DamageTests.swift; what a dry run may see is in PrivateCopyTests.swift.
import Glibc
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

@Suite struct OpeningTests {
  @Test func createdPrivate() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.setFact(.salt, "s")
    for (name, mode) in [("", 0o700), ("/symphony.db", 0o600), ("/symphony.db-wal", 0o600)] {
      var found = stat()
      #expect(stat(scratch.state + name, &found) == 0)
      #expect(Int(found.st_mode) & 0o777 == mode, "\(name)")
    }
    store.close()
    #expect(try Files.list(scratch.state) == ["symphony.db"])
  }

  @Test func nothingIsOpenedWhereOthersMayWrite() throws {
    let scratch = try Scratch()
    try scratch.open().close()
    #expect(chmod(scratch.path, 0o755) == 0)
    let wrong: [(String, mode_t)] = [
      ("", 0o777), ("", 0o1777), ("/symphony.db", 0o666), ("/runs", 0o777), ("/repos", 0o757),
      ("/workspaces", 0o1777),
    ]
    for (name, mode) in wrong {
      let path = scratch.state + name
      if !Files.exists(path) { try Files.makeDirectory(path) }
      let right = try #require(Files.permissions(path))
      #expect(chmod(scratch.state, 0o755) == 0)
      #expect(chmod(path, mode) == 0)
      let before = try scratch.picture()
      for access in [SQLiteStore.Mode.tick, .command, .privateCopy] {
        let error = storeError { _ = try scratch.open(access) }
        #expect(error?.code == "state_unsafe", "\(name) \(access)")
        #expect(error?.sentence.contains(path) == true)
        #expect(error?.hint != nil)
      }
      #expect(try scratch.picture() == before)
      #expect(chmod(path, mode_t(right)) == 0)
    }
    try Files.makeDirectory(Files.join(scratch.path, "open"))
    #expect(chmod(Files.join(scratch.path, "open"), 0o777) == 0)
    let below = Files.join(scratch.path, "open/state")
    let error = storeError {
      _ = try SQLiteStore.open(directory: below, mode: .tick, now: Sample.now)
    }
    #expect(error?.code == "state_unsafe")
    #expect(!Files.exists(below))
  }

  @Test func aDatabaseThatIsALinkIsNotOpened() throws {
    let (scratch, other) = (try Scratch(), try Scratch())
    try other.open().close()
    try Files.makeDirectory(scratch.state)
    #expect(symlink(other.database, scratch.database) == 0)
    for access in [SQLiteStore.Mode.tick, .command, .privateCopy] {
      #expect(storeError { _ = try scratch.open(access) }?.code == "state_unsafe")
    }
  }

  @Test func aCommandCreatesNothing() throws {
    let scratch = try Scratch()
    let error = storeError { _ = try scratch.open(.command) }
    #expect(error?.sentence.contains("symphony tick") == true)
    #expect(!Files.exists(scratch.state))
  }

  @Test func runsWithoutDatabase() throws {
    let scratch = try Scratch()
    try Files.makeDirectories(Files.join(scratch.state, "runs/w1-r1"))
    for empty in [false, true] {
      if empty { try scratch.write([], to: scratch.database) }
      let before = try scratch.picture()
      for mode in [SQLiteStore.Mode.tick, .command, .privateCopy] {
        let error = storeError { _ = try scratch.open(mode) }
        #expect(error?.code == "state_missing")
        #expect(error?.sentence.contains("w1-r1") == true)
      }
      #expect(try scratch.picture() == before)
    }
  }

  @Test func aLogWithoutItsDatabase() throws {
    let scratch = try Scratch()
    try Files.makeDirectory(scratch.state)
    try scratch.write([1, 2, 3], to: scratch.database + "-wal")
    let before = try scratch.picture()
    #expect(storeError { _ = try scratch.open() }?.code == "state_missing")
    #expect(try scratch.picture() == before)
  }

  @Test func anEmptyFileIsACreationCutShort() throws {
    let scratch = try Scratch()
    try Files.makeDirectories(Files.join(scratch.state, "runs"))
    try scratch.write([], to: scratch.database)
    #expect(try scratch.open().load() == StoredState())
  }

  @Test func aNewerDatabase() throws {
    let scratch = try Scratch()
    let image = try Scratch()
    let store = try scratch.open()
    try store.execute("PRAGMA user_version = 99")
    try image.crashImage(of: scratch)
    store.close()
    // Closed cleanly, and with the number still in the log only.
    for place in [scratch, image] {
      let before = try Files.read(place.database)
      let log = try? Files.read(place.database + "-wal")
      for mode in [SQLiteStore.Mode.tick, .command, .privateCopy] {
        let error = storeError { _ = try place.open(mode) }
        #expect(error?.code == "state_newer")
        #expect(error?.sentence.contains("version 99") == true)
        #expect(error?.sentence.contains("up to \(Migrations.version)") == true)
      }
      #expect(try Files.read(place.database) == before)
      #expect((try? Files.read(place.database + "-wal")) == log)
    }
  }

  @Test func onlyATickMigrates() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.execute("PRAGMA user_version = 0")
    store.close()
    let error = storeError { _ = try scratch.open(.command) }
    #expect(error?.sentence.contains("older symphony") == true)
  }

  @Test func theLogOfAKilledTickIsKept() throws {
    let scratch = try Scratch()
    let image = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.full("a", claim: Sample.claims[1]))], basis: nil)
    try image.crashImage(of: scratch)
    #expect(Opening.size(image.database + "-wal") > 0)
    #expect(try image.open().load() == (try store.load()))
  }

  @Test func anotherMachineOrContainer() throws {
    let scratch = try Scratch()
    var settings = StoreSettings()
    settings.here = Owner(machine: "m1", namespace: "pid:[1]", boot: "b1")
    try scratch.open(settings: settings).close()
    let before = try Files.read(scratch.database)

    settings.here = Owner(machine: "m2", namespace: "pid:[1]", boot: "b1")
    let modes = [SQLiteStore.Mode.tick, .command, .privateCopy]
    for mode in modes {
      let error = storeError { _ = try scratch.open(mode, settings: settings) }
      #expect(error?.code == "state_foreign")
      #expect(error?.hint?.contains("--take-over") == true)
    }
    settings.here = Owner(machine: "m1", namespace: "pid:[2]", boot: "b1")
    for mode in modes {
      let error = storeError { _ = try scratch.open(mode, settings: settings) }
      #expect(error?.code == "state_foreign")
    }
    #expect(try Files.read(scratch.database) == before)
    // After a reboot the number of the namespace says nothing; it is recorded anew.
    settings.here = Owner(machine: "m1", namespace: "pid:[2]", boot: "b2")
    let store = try scratch.open(settings: settings)
    #expect(try store.fact(.owner) == "m1 pid:[2] b2")
  }

  @Test func aMovedDirectoryIsTakenOver() throws {
    let scratch = try Scratch()
    var elsewhere = StoreSettings()
    elsewhere.here = Owner(machine: "m1", namespace: "pid:[1]", boot: "b1")
    let store = try scratch.open(settings: elsewhere)
    try store.setFact(.salt, "s")
    store.close()
    #expect(storeError { _ = try scratch.open() }?.code == "state_foreign")
    try SQLiteStore.adopt(directory: scratch.state, now: Sample.now)
    let ours = try scratch.open()
    #expect(try ours.fact(.salt) == "s" && ours.fact(.owner) == Owner.here.text)
    ours.close()
    #expect(storeError { _ = try scratch.open(settings: elsewhere) }?.code == "state_foreign")
    let empty = try Scratch()
    #expect(
      storeError { try SQLiteStore.adopt(directory: empty.state, now: Sample.now) }?.code
        == "state_missing")
    #expect(!Files.exists(empty.database))
  }

  @Test func aNetworkFileSystem() throws {
    let scratch = try Scratch()
    var settings = StoreSettings()
    settings.isNetworkFileSystem = { _ in true }
    for mode in [SQLiteStore.Mode.tick, .command, .privateCopy] {
      let error = storeError { _ = try scratch.open(mode, settings: settings) }
      #expect(error?.code == "state_foreign")
    }
    #expect(!Files.exists(scratch.database))
  }

  @Test func afterCloseNothingWorks() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    store.close()
    #expect(storeError { _ = try store.load() }?.code == "state_failed")
  }
}
