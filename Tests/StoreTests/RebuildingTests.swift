// The rows a recovery goes by, and the exchange of the database: nothing is deleted, and a kill at
// any step leaves what the next recovery finishes or begins anew.
import Glibc
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

@Suite struct RebuildingTests {
  private func state(_ items: [String], in scratch: Scratch) throws {
    let store = try scratch.open()
    try store.setFact(.salt, "abcdef")
    try store.commit(items.map { .putItem(Sample.item($0)) }, basis: nil)
    store.close()
  }

  private func rows(_ scratch: Scratch) throws -> RemainingRows {
    try SQLiteStore.remainingRows(directory: scratch.state, now: Sample.now)
  }

  private func copy(_ name: String, of scratch: Scratch) throws -> String {
    let layout = StateLayout(scratch.state)
    try Files.makeDirectories(layout.backups)
    let path = Files.join(layout.backups, name)
    let store = try scratch.open()
    try store.copy(to: path)
    store.close()
    return path
  }

  // MARK: Which rows

  @Test func aWholeDatabaseIsItsOwnBase() throws {
    let scratch = try Scratch()
    try state(["a"], in: scratch)
    let before = try scratch.picture()
    let rows = try rows(scratch)
    #expect(rows.origin == .database && rows.problem == nil && rows.number == 0)
    #expect(try rows.store.load().items.count == 1)
    #expect(try scratch.picture() == before)
  }

  @Test func anOlderOneIsToo() throws {
    let scratch = try Scratch()
    try state(["a"], in: scratch)
    try Files.makeDirectory(StateLayout(scratch.state).runs)
    try NumberFile(StateLayout(scratch.state).stateNumber).write(9)
    let rows = try rows(scratch)
    #expect(rows.origin == .database && rows.problem?.code == "state_rewound" && rows.number == 9)
  }

  @Test("without one the newest whole copy is", arguments: ["gone", "empty", "half", "garbage"])
  func copies(loss: String) throws {
    let scratch = try Scratch()
    try state(["a"], in: scratch)
    let good = try copy("symphony-2026-01-01.db", of: scratch)
    try state(["b"], in: scratch)
    let torn = try copy("symphony-2026-01-02.db", of: scratch)
    var bytes = try Files.read(torn)
    for index in 4096..<bytes.count { bytes[index] = 7 }
    try scratch.write(bytes, to: torn)
    var times = [timespec(tv_sec: 1_000, tv_nsec: 0), timespec(tv_sec: 1_000, tv_nsec: 0)]
    #expect(utimensat(AT_FDCWD, good, &times, 0) == 0)
    try Files.makeDirectories(StateLayout(scratch.state).run(RunID("a-abcdef-r1")))
    switch loss {
    case "gone": try Files.remove(scratch.database)
    case "empty": try scratch.write([], to: scratch.database)
    case "half":
      let whole = try Files.read(scratch.database)
      try scratch.write(Array(whole[..<(whole.count / 2)]), to: scratch.database)
    default: try scratch.damagePages()
    }
    let before = try scratch.picture()
    let rows = try rows(scratch)
    #expect(rows.origin == .copy(good))
    #expect(try rows.store.load().items.map(\.id) == [ItemID("a")])
    #expect(rows.problem != nil && rows.remarks.count == 1, "\(rows.remarks)")
    #expect(try scratch.picture() == before)
  }

  @Test func withoutAnyThereAreNone() throws {
    let scratch = try Scratch()
    try Files.makeDirectories(StateLayout(scratch.state).run(RunID("a-abcdef-r1")))
    let rows = try rows(scratch)
    #expect(rows.origin == .nothing && rows.problem?.code == "state_missing")
    #expect(try rows.store.load() == StoredState())
  }

  @Test func whatIsNotLostIsNotRebuilt() throws {
    let scratch = try Scratch()
    try state(["a"], in: scratch)
    let store = try scratch.open()
    try store.execute("PRAGMA user_version = 999")
    store.close()
    #expect(storeError { _ = try rows(scratch) }?.code == "state_newer")
  }

  // MARK: The exchange

  private func install(_ scratch: Scratch, number: Int64 = 5) throws -> String {
    let rows = try rows(scratch).store
    try rows.commit(
      [.putItem(Sample.item("rebuilt")), .setFact(.stateNumber, String(number))], basis: nil)
    let aside = Files.join(StateLayout(scratch.state).damaged, "t")
    try rows.install(in: scratch.state, aside: aside, number: number)
    return aside
  }

  @Test func whatWasThereIsKept() throws {
    let (scratch, image) = (try Scratch(), try Scratch())
    let store = try scratch.open()
    try store.setFact(.salt, "abcdef")
    try image.crashImage(of: scratch)
    store.close()
    let old = ["", "-wal"].map { try? Files.read(image.database + $0) }
    let aside = try install(image)
    #expect(["", "-wal"].map { try? Files.read(aside + "/symphony.db" + $0) } == old)
    #expect(!Files.exists(image.database + "-wal"))
    let rebuilt = try image.open()
    #expect(try rebuilt.load().items.map(\.id) == [ItemID("rebuilt")])
    #expect(try rebuilt.load().number == 5)
    rebuilt.close()
    #expect(try NumberFile(StateLayout(image.state).stateNumber).read() == 5)
    #expect(try !SQLiteStore.finishInstall(in: image.state, now: Sample.now))
  }

  @Test func oneThatWasCutOffIsFinished() throws {
    let scratch = try Scratch()
    try state(["a"], in: scratch)
    let layout = StateLayout(scratch.state)
    let rows = try rows(scratch).store
    try rows.commit(
      [.putItem(Sample.item("rebuilt")), .setFact(.stateNumber, "5")], basis: nil)
    try rows.copy(to: layout.rebuilt)
    try Files.makeDirectories(layout.runs)
    try NumberFile(layout.stateNumber).write(5)
    // The old log is gone, the old file is still there: a tick refuses it.
    #expect(storeError { _ = try scratch.open() }?.code == "state_rewound")
    #expect(try SQLiteStore.finishInstall(in: scratch.state, now: Sample.now))
    #expect(try scratch.open().load().items.count == 2)
    #expect(!Files.exists(layout.rebuilt))
  }

  @Test(
    "one that had not begun, or is older than what was done since, is forgotten",
    arguments: [nil, 4, 6])
  func notBegun(filed: Int64?) throws {
    let scratch = try Scratch()
    try state(["a"], in: scratch)
    let layout = StateLayout(scratch.state)
    let rows = try rows(scratch).store
    try rows.commit([.setFact(.stateNumber, "5")], basis: nil)
    try rows.copy(to: layout.rebuilt)
    if let filed {
      try Files.makeDirectories(layout.runs)
      try NumberFile(layout.stateNumber).write(filed)
    }
    let before = try Files.read(scratch.database)
    #expect(try !SQLiteStore.finishInstall(in: scratch.state, now: Sample.now))
    #expect(!Files.exists(layout.rebuilt))
    #expect(try Files.read(scratch.database) == before)
  }

  // MARK: Two machines with one id

  @Test func aClonedMachineIsNotWelcome() throws {
    let scratch = try Scratch()
    let (boot, now) = (Sample.now, Sample.now + .hours(5))
    func settings(_ id: String, bootedAt: Timestamp) -> StoreSettings {
      var settings = StoreSettings()
      settings.here = Owner(machine: "m", namespace: "n", boot: id)
      settings.times = { (now, bootedAt) }
      return settings
    }
    func note(_ end: Timestamp, by settings: StoreSettings) throws {
      let store = try scratch.open(settings: settings)
      let last = LastTick(
        startedAt: end, endedAt: end, trigger: "manual", outcome: "done", summary: "")
      try store.setFact(.lastTick, try Payload.encode(last))
      store.close()
    }
    let first = settings("one", bootedAt: boot)
    try note(boot + .hours(4), by: first)
    let clone = settings("two", bootedAt: boot)
    for mode in [SQLiteStore.Mode.tick, .command, .privateCopy] {
      let error = storeError { _ = try scratch.open(mode, settings: clone) }
      #expect(error?.code == "state_foreign", "\(mode)")
      #expect(error?.sentence.contains("since this one booted") == true)
    }
    // The same machine after a reboot is; and so is one whose clock was wrong.
    try scratch.open(settings: settings("three", bootedAt: now - .minutes(1))).close()
    try note(now + .days(1), by: settings("three", bootedAt: now - .minutes(1)))
    try scratch.open(settings: settings("four", bootedAt: boot)).close()
    // A person knows better.
    try note(boot + .hours(4), by: settings("four", bootedAt: boot))
    var adopting = clone
    (adopting.adopts, adopting.takesOlder) = (true, true)
    try scratch.open(settings: adopting).close()
    try scratch.open(settings: clone).close()
  }
}
