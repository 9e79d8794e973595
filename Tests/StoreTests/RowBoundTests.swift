// Rows of the past are bounded, and what somebody still needs of them stays.
import SymphonyCore
import Testing

@testable import SymphonyStore

@Suite struct RowBoundTests {
  private func run(_ item: String, _ generation: Int, at seconds: Int64) -> RunRecord {
    var run = RunRecord(
      id: RunID("\(item)-t-r\(generation)"), item: ItemID(item), generation: generation,
      purpose: .work, nonce: "n", era: "e", launchedAt: Sample.now + .seconds(seconds))
    run.phase = .settled
    run.outcome = .succeeded
    run.settledAt = run.launchedAt + .seconds(1)
    return run
  }

  private func ids(_ store: SQLiteStore) throws -> Set<String> {
    Set(try store.history(last: 9999).runs.map(\.id.text))
  }

  @Test func theOldestSettledRunsGoButTheNewestOfEachItem() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    var changes: [Change] = ["a", "b"].map { .putItem(Sample.item($0)) }
    changes += (1...5).map { .insertRun(run("a", $0, at: Int64($0))) }
    changes += [.insertRun(run("b", 1, at: 0))]
    try store.commit(changes, basis: nil)
    var retention = RetentionPolicy()
    retention.runRows = 6
    #expect(try store.trimRuns(retention, sparing: []) == 0)
    retention.runRows = 4
    // Those with files stay: a recovery would book them again.
    #expect(
      try store.runsBeyond(retention, sparing: [RunID("a-t-r1")]).map(\.text)
        == ["a-t-r2", "a-t-r3"])
    #expect(try store.trimRuns(retention, sparing: [RunID("a-t-r1")]) == 2)
    #expect(try ids(store) == ["a-t-r1", "a-t-r4", "a-t-r5", "b-t-r1"])
    retention.runRows = 1
    #expect(try store.trimRuns(retention, sparing: []) == 2)
    #expect(try ids(store) == ["a-t-r5", "b-t-r1"], "the newest of each item")
    #expect(try store.trimRuns(retention, sparing: []) == 0)
  }

  @Test func aLiveRunAndAPortionAreKept() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    var changes: [Change] = [.putItem(Sample.item("a"))]
    let count = SQLiteStore.trimmedAtOnce + 10
    changes += (1...count).map { .insertRun(run("a", $0, at: Int64($0))) }
    try store.commit(changes, basis: nil)
    var retention = RetentionPolicy()
    retention.runRows = 1
    #expect(try store.trimRuns(retention, sparing: []) == SQLiteStore.trimmedAtOnce)
    #expect(try store.trimRuns(retention, sparing: []) == 9)
    #expect(try ids(store) == ["a-t-r\(count)"])
  }

  @Test func aTickSaysHowMuchOfTheLedgerAndOfResponsesIsKept() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.item("a"))], basis: nil)
    var retention = RetentionPolicy()
    (retention.ledgerRows, retention.responseMegabytes) = (2, 1)
    store.bound(retention)
    for index in 0..<5 {
      let entry = LedgerEntry(item: ItemID("a"), at: Sample.now, code: "\(index)", sentence: "")
      try store.commit([.appendLedger(entry)], basis: nil)
    }
    #expect(try store.ledger(of: ItemID("a"), limit: 9).map(\.code) == ["4", "3"])
    for name in ["old", "new"] {
      store.remember(
        name,
        CachedResponse(
          etag: "e", body: [UInt8](repeating: 1, count: 700_000), next: nil, tokenFingerprint: "f"))
      try store.commit([], basis: nil)
    }
    let left = ["old", "new"].filter { store.lookUp($0) != nil }
    #expect(left.count == 1, "\(left)")
  }
}
