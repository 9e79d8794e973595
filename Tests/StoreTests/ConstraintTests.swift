// Each promise that the database itself keeps, broken once: by the port where the port can, by SQL
// where the types of Swift rule it out already. What counts is that the database refuses and that
// the state is afterwards what it was before.
import SymphonyCore
import Testing

@testable import SymphonyStore

@Suite struct ConstraintTests {
  /// One item with a live run of generation 1, an outbox entry and a hold.
  private func store(_ scratch: Scratch) throws -> SQLiteStore {
    let store = try scratch.open()
    var record = Sample.item("a")
    record.generation = 1
    try store.commit(
      [
        .putItem(record), .putItem(Sample.item("b")), .insertRun(Sample.run("a", 1)),
        .insertOutbox(Sample.comment("a", key: "k")),
        .putHold(Hold(kind: .pause, scope: "", why: "", until: nil, setAt: Sample.now)),
      ], basis: nil)
    return store
  }

  @Test func secondLiveRunOfAnItem() throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    let error = storeError { try store.commit([.insertRun(Sample.run("a", 2))], basis: nil) }
    #expect(error?.code == "state_changed")
    // Nor by waking a settled one up.
    let old = Sample.settled(Sample.run("a", 3), .failed)
    try store.commit([.insertRun(old)], basis: nil)
    var awake = old
    awake.phase = .launching
    #expect(
      storeError { try store.commit([.putRun(awake)], basis: nil) }?.code == "state_changed")
    #expect(try store.load().runs.map(\.generation) == [1])
  }

  @Test func repeatedGenerationAndRepeatedRun() throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    let settled = Sample.settled(Sample.run("a", 1), .succeeded)
    try store.commit([.putRun(settled)], basis: nil)
    var renamed = Sample.run("a", 1)
    renamed.id = RunID("other")
    for run in [Sample.run("a", 1), renamed] {
      #expect(
        storeError { try store.commit([.insertRun(run)], basis: nil) }?.code == "state_changed")
    }
    #expect(try store.load().runs == [])
  }

  @Test func aCommitIsAppliedWholeOrNotAtAll() throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    let before = try store.load()
    let error = storeError {
      try store.commit(
        [
          .putItem(Sample.item("c")), .setFact(.lastPoll, "1"),
          .insertRun(Sample.run("a", 2)),
        ], basis: before)
    }
    #expect(error?.code == "state_changed")
    #expect(try store.load() == before)
    #expect(try store.fact(.lastPoll) == nil)
  }

  @Test func repeatedDebtIsIgnored() throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    var again = Sample.comment("a", key: "k")
    again.nonce = "another"
    try store.commit([.insertOutbox(again)], basis: nil)
    #expect(try store.load().outbox.map(\.nonce) == ["nonce"])
    // Without an id the dedupe key says which entry is meant.
    again.tries = 5
    try store.commit([.putOutbox(again)], basis: nil)
    #expect(try store.load().outbox.map(\.tries) == [5])
  }

  @Test func rowsOfUnknownItems() throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    let ledger = LedgerEntry(item: ItemID("x"), at: Sample.now, code: "", sentence: "")
    let changes: [Change] = [
      .insertRun(Sample.run("x", 1)), .insertOutbox(Sample.comment("x", key: "x")),
      .appendLedger(ledger),
    ]
    for change in changes {
      let error = storeError { try store.commit([change], basis: nil) }
      #expect(error?.sentence.contains("FOREIGN KEY") == true, "\(change)")
    }
    let request = OperatorRequest(kind: .stop, item: ItemID("x"), by: "", why: "", at: Sample.now)
    #expect(storeError { try store.addRequest(request) }?.sentence.contains("FOREIGN KEY") == true)
  }

  @Test func oneWorkspaceForTwoItems() throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    var twin = Sample.item("c")
    twin.workspace = Sample.item("a").workspace
    let error = storeError { try store.commit([.putItem(twin)], basis: nil) }
    #expect(error?.sentence.contains("item.workspace") == true)
  }

  /// What the types of Swift rule out already, said to the database directly.
  @Test(arguments: [
    "UPDATE claim SET state = 'sleeping', payload = 'x'",
    "UPDATE claim SET payload = '1' WHERE state = 'unclaimed'",
    "UPDATE claim SET state = 'running', payload = NULL",
    "UPDATE claim SET generation = -1",
    "UPDATE claim SET runs = -1",
    "UPDATE claim SET owns_branch = 2",
    "UPDATE claim SET has_workspace = 2",
    "UPDATE claim SET take_over = 2",
    "UPDATE claim SET pull_request_number = 1",
    "UPDATE claim SET clean_up_delay = 1",
    "UPDATE claim SET verdict = NULL",
    "UPDATE claim SET item = 'nobody' WHERE item = 'a'",
    "UPDATE item SET id = ''",
    "UPDATE item SET first_seen = 'yesterday'",
    "DELETE FROM item",
    "UPDATE run SET id = ''",
    "UPDATE run SET generation = 0",
    "UPDATE run SET purpose = ''",
    "UPDATE run SET phase = 'dreaming'",
    "UPDATE run SET phase = 'settled'",
    "UPDATE run SET outcome = ''",
    "UPDATE outbox SET kind = ''",
    "UPDATE outbox SET state = 'sent'",
    "UPDATE outbox SET tries = -1",
    "UPDATE hold SET kind = ''",
    "UPDATE hold SET until_delay = 1",
    "INSERT INTO hold SELECT * FROM hold",
    "INSERT INTO request VALUES (1, '', 'a', '', '', 0, 0)",
    "INSERT INTO request VALUES (1, 'stop', 'a', '', '', 2, 0)",
    "INSERT INTO session VALUES ('nobody', 'codex', 's', 0.0, NULL)",
    "INSERT INTO policy VALUES (2, 'x')",
    "INSERT INTO total VALUES ('d', 'a', 'm', 0, 0, 0, 0.0), ('d', 'a', 'm', 0, 0, 0, 0.0)",
    "INSERT INTO fact VALUES ('n', 'v'), ('n', 'v')",
  ])
  func refused(sql: String) throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    let before = try store.load()
    let error = storeError { try store.execute(sql) }
    #expect(error?.code == "state_failed")
    #expect(
      error?.sentence.contains("constraint") == true
        || error?.sentence.contains("cannot store") == true, "\(String(describing: error))")
    #expect(try store.load() == before)
  }
}
