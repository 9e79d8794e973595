// Items at rest stay in the database for years: a tick loads the others, a commit compares them,
// and nothing that is asked again and again reads a large table from its beginning to its end.
import GRDB
import SymphonyCore
import SymphonyPlatform
import Synchronization
import Testing

@testable import SymphonyStore

@Suite struct RestingTests {
  private static func rested(_ name: String, _ reason: ReleaseReason = .closed, at: Int64 = 0)
    -> ItemRecord
  {
    var record = Sample.item(name)
    record.claim = .released(
      Release(reason: reason, at: Sample.now + .seconds(at), pullRequest: nil))
    record.verdict = "issue_closed"
    return record
  }

  private func store(_ scratch: Scratch) throws -> SQLiteStore {
    let store = try scratch.open()
    let items = ["a", "b", "c", "d"].map { Self.rested($0) } + [Sample.item("new")]
    try store.commit(items.map { .putItem($0) }, basis: nil)
    return store
  }

  @Test func onlyWhatIsAwakeOrBusyIsLoaded() throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    func awake() throws -> [String] { try store.load(.awake).items.map(\.id.text) }
    #expect(try awake() == ["new"])
    #expect(try store.load().items.count == 5)
    try store.commit([.insertOutbox(Sample.comment("a", key: "k"))], basis: nil)
    try store.addRequest(
      OperatorRequest(kind: .retry, item: ItemID("b"), by: "me", why: "", at: Sample.now))
    try store.commit([.insertRun(Sample.run("c", 1))], basis: nil)
    #expect(try awake() == ["a", "b", "c", "new"])
    try store.commit([.putRun(Sample.settled(Sample.run("c", 1), .succeeded))], basis: nil)
    #expect(try awake() == ["a", "b", "new"])
    #expect(
      try store.items([ItemID("d"), ItemID("a\"]"), ItemID("none")]) == [Self.rested("d")])
    #expect(try store.items([]) == [])
  }

  @Test func aCommitKnowsOfThoseThatWereNotLoaded() throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    var basis = try store.load(.awake)
    basis.items += try store.items([ItemID("a")])
    var woken = Self.rested("a")
    woken.claim = .unclaimed
    try store.commit([.putItem(woken)], basis: basis)
    #expect(try store.load(.awake).items.map(\.id.text) == ["a", "new"])
    // Woken by somebody else since.
    #expect(storeError { try store.commit([.setFact(.salt, "s")], basis: basis) } == nil)
    basis.items.removeFirst()
    basis.items = basis.items.filter { $0.id.text == "new" }
    let entered = storeError { try store.commit([.setFact(.salt, "s")], basis: basis) }
    #expect(entered?.code == "state_changed")
    // Another run of an item that was at rest for this tick.
    basis = try store.load(.awake)
    basis.items += try store.items([ItemID("d")])
    var other = Self.rested("d")
    other.generation += 1
    try store.commit([.putItem(other)], basis: nil)
    let another = storeError { try store.commit([.setFact(.salt, "s")], basis: basis) }
    #expect(another?.code == "state_changed")
  }

  @Test func theRecentOnesAreShownAndTheOthersCounted() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    let items = (0..<9).map { Self.rested("i\($0)", at: Int64($0)) } + [Sample.item("new")]
    try store.commit(items.map { .putItem($0) }, basis: nil)
    func recent(_ since: Int64, _ last: Int) throws -> ([String], Int) {
      let found = try store.recent(since: Sample.now + .seconds(since), last: last)
      return (found.state.items.map(\.id.text), found.others.reduce(0) { $0 + $1.count })
    }
    #expect(try recent(100, 0) == (["new"], 9))
    #expect(try recent(100, 2) == (["i7", "i8", "new"], 7))
    #expect(try recent(6, 2) == (["i6", "i7", "i8", "new"], 6))
    #expect(try recent(0, 2).1 == 0)
    #expect(
      try store.recent(since: Sample.now + .seconds(100), last: 0).others
        == [RestingItems(state: .released, verdict: "issue_closed", count: 9)])
  }

  /// The migration's rule for older rows is the one that rows are written by.
  @Test func olderRowsAreAtRestByTheSameRule() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    var records: [ItemRecord] = []
    for (index, claim) in Sample.claims.enumerated() {
      for full in [false, true] {
        var record =
          full
          ? Sample.full("full\(index)", claim: claim) : Sample.item("item\(index)")
        record.claim = claim
        records.append(record)
      }
    }
    records += [ReleaseReason.merged, .closed, .gone, .terminal, .operator].map {
      Self.rested("r\($0)", $0)
    }
    var left = Self.rested("left", .merged)
    var release = Release(reason: .merged, at: Sample.now, pullRequest: nil)
    release.left = true
    left.claim = .released(release)
    var unlisted = Sample.item("unlisted")
    unlisted.verdict = Obstacle.notListed.code
    var reopened = Self.rested("reopened")
    reopened.verdict = Obstacle.reopeningNotTrusted("").code
    records += [left, unlisted, reopened]
    try store.commit(records.map { .putItem($0) }, basis: nil)
    func column() throws -> [String: Int64] {
      try store.reading { db in
        let rows = try Row.fetchAll(
          db, sql: "SELECT item, rested_at FROM claim WHERE rested_at IS NOT NULL")
        return Dictionary(uniqueKeysWithValues: rows.map { ($0["item"], $0["rested_at"]) })
      }
    }
    let written = try column()
    #expect(written.count == 8 && written["left"] == Sample.now.milliseconds)
    try store.execute("UPDATE claim SET rested_at = NULL; \(Migrations.fillRest)")
    #expect(try column() == written)
  }

  /// The tables that grow with the years.
  private static let large = ["item", "claim", "session", "run", "outbox", "ledger", "http_cache"]

  @Test func nothingThatIsAskedOftenReadsALargeTable() throws {
    let scratch = try Scratch()
    let store = try store(scratch)
    let seen = Mutex<Set<String>>([])
    store.queue.writeWithoutTransaction { db in
      db.trace { event in
        if case .statement(let statement) = event {
          seen.withLock { _ = $0.insert(statement.expandedSQL) }
        }
      }
    }
    let state = try store.load(.awake)
    _ = try store.items([ItemID("a")])
    try store.commit([.setFact(.lastPoll, "1")], basis: state)
    _ = try store.recent(since: Sample.now, last: 100)
    _ = try store.latestRuns(of: [ItemID("a")])
    _ = try store.lastChanges(of: [ItemID("a")])
    _ = try store.refusedEntries()
    _ = try store.history(since: Sample.now, item: nil)
    _ = try store.history(since: Sample.now, item: ItemID("a"))
    _ = try store.history(last: 300)
    _ = try store.outbox(of: ItemID("a"))
    let asked = seen.withLock { $0 }.filter { $0.hasPrefix("SELECT") }
    #expect(asked.count > 12)
    for sql in asked.sorted() {
      let plan = try store.reading { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] as String }
      }
      for step in plan where step.hasPrefix("SCAN") {
        let words = step.split(separator: " ").map(String.init)
        let isSmall = !Self.large.contains(words[1]) && !["i", "c", "s"].contains(words[1])
        let hasOwnIndex = [
          "claim_awake", "claim_rested", "claim_ends", "outbox_pending", "outbox_refused",
          "run_live", "run_launched", "run_settled", "ledger_at", "outbox_ended",
        ]
        .contains { step.hasSuffix($0) }
        let isBounded = sql.contains("LIMIT")
        #expect(isSmall || hasOwnIndex || isBounded, "\(sql)\n\(plan)")
      }
    }
  }
}
