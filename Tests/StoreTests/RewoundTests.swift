// A database that is older than what its directory did: who refuses it, who does not, and that a
// look changes nothing. What a tick does about it is in TickTests/StateNumberTests.swift.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

@Suite struct RewoundTests {
  /// A state in which number `row` is stored, and `file` beside it.
  private func scratch(row: Int64?, file: Int64?) throws -> Scratch {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.setFact(.salt, "abcdef0123")
    if let row { try store.setFact(.stateNumber, String(row)) }
    store.close()
    if let file {
      try Files.makeDirectory(StateLayout(scratch.state).runs)
      try NumberFile(StateLayout(scratch.state).stateNumber).write(file)
    }
    return scratch
  }

  @Test("a file ahead of the row is refused, and nothing changes", arguments: [nil, 0, 3, 6])
  func ahead(row: Int64?) throws {
    let scratch = try scratch(row: row, file: 7)
    let before = try scratch.picture()
    for mode in [SQLiteStore.Mode.tick, .privateCopy] {
      let error = storeError { _ = try scratch.open(mode) }
      #expect(error?.code == "state_rewound", "\(mode)")
      #expect(error?.sentence.contains("counts \(row ?? 0), ") == true)
      #expect(error?.hint?.contains("symphony recover") == true)
    }
    #expect(try scratch.picture() == before)
  }

  @Test("a file that was not moved any more is no trouble", arguments: [0, 6, 7])
  func behind(file: Int64) throws {
    let scratch = try scratch(row: 7, file: file)
    for mode in [SQLiteStore.Mode.tick, .privateCopy, .command] {
      let store = try scratch.open(mode)
      #expect(try store.load().number == 7)
      store.close()
    }
  }

  @Test func whoHoldsOrStopsMayWriteToAnOlderOne() throws {
    let scratch = try scratch(row: 1, file: 2)
    let store = try scratch.open(.command)
    try store.putHold(
      Hold(kind: .pause, scope: "", why: "w", until: nil, setAt: Sample.now))
    store.close()
    var settings = StoreSettings()
    settings.takesOlder = true
    let base = try scratch.open(.privateCopy, settings: settings)
    #expect(try base.load().holds.count == 1)
  }

  @Test func withoutTheFileTheRunsAreCompared() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.setFact(.salt, "abcdef0123")
    var item = Sample.item("a")
    item.generation = 2
    try store.commit([.putItem(item)], basis: nil)
    store.close()
    func make(_ generation: Int, tag: String = "abcdef", of workspace: WorkspaceKey) throws {
      let run = RunID(workspace: workspace, stateTag: tag, generation: generation)
      try Files.makeDirectories(StateLayout(scratch.state).run(run))
    }
    try make(2, of: item.workspace)
    try make(9, tag: "other0", of: item.workspace)
    try scratch.open().close()
    try make(3, of: item.workspace)
    let error = storeError { _ = try scratch.open() }
    #expect(error?.code == "state_rewound")
    #expect(error?.sentence.hasSuffix("-abcdef-r3") == true)
    // Once it is there the file rules.
    try NumberFile(StateLayout(scratch.state).stateNumber).write(0)
    try scratch.open().close()
  }

  @Test func aRunIsNamedAndNotTheNumberWhereTheDatabaseIsGone() throws {
    let scratch = try scratch(row: 1, file: 1)
    try Files.makeDirectory(StateLayout(scratch.state).run(RunID("z-abcdef-r1")))
    try Files.remove(scratch.database)
    let error = storeError { _ = try scratch.open() }
    #expect(error?.code == "state_missing")
    #expect(error?.sentence.contains("(z-abcdef-r1)") == true)
  }

  @Test func aLostLogIsNoticed() throws {
    let (scratch, image) = (try scratch(row: 1, file: 1), try Scratch())
    let store = try scratch.open()
    try store.setFact(.stateNumber, "2")
    try image.crashImage(of: scratch)
    store.close()
    try Files.makeDirectory(StateLayout(image.state).runs)
    try NumberFile(StateLayout(image.state).stateNumber).write(2)
    try image.open(.privateCopy).close()
    try Files.remove(image.database + "-wal")
    #expect(storeError { _ = try image.open() }?.code == "state_rewound")
  }

  @Test func aPlanMadeOnAnotherNumberIsNotCommitted() throws {
    let scratch = try scratch(row: 4, file: 4)
    let store = try scratch.open()
    let basis = try store.load()
    try store.commit([.setFact(.stateNumber, "5")], basis: basis)
    let error = storeError { try store.commit([.putItem(Sample.item("b"))], basis: basis) }
    #expect(error?.code == "state_changed")
    #expect(try store.load().items.isEmpty)
  }

  @Test func aRunsNameIsTakenApart() {
    let run = RunID(workspace: WorkspaceKey("acme_app_1-ab-r2"), stateTag: "0a1b2c", generation: 12)
    #expect(run.parts?.workspace == WorkspaceKey("acme_app_1-ab-r2"))
    #expect(run.parts?.stateTag == "0a1b2c" && run.parts?.generation == 12)
    for text in ["", "number", "x-r1", "x-y-r", "x-y-r0", "x-y-rz", "x-y-r-1"] {
      #expect(RunID(text).parts == nil, "\(text)")
    }
  }
}
