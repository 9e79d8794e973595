// Databases of earlier versions: a file as version 1 wrote it, with a row of every kind and the
// JSON of its day, is whole after a tick of today opened it. The rows are written as SQL text,
// because today's types cannot write yesterday's bytes.
import SymphonyCore
import Testing

@testable import SymphonyStore

@Suite struct MigrationTests {
  /// A database in the field has these tables already: a change here would never reach it.
  @Test func releasedMigrationsAreNeverEdited() {
    #expect(Migrations.all.prefix(1).map { StableHash.hex($0) } == ["10cc4861c11b23bc"])
  }

  private static let claims = [
    ("unclaimed", "NULL"), ("running", "'\"w-r1\"'"),
    (
      "retrying",
      "'{\"because\":\"b\",\"deadline\":{\"delay\":90000,\"setAt\":1800000000000},"
        + "\"kind\":\"push\"}'"
    ),
    (
      "handed_off",
      "'{\"labelled\":true,\"pullRequest\":{\"number\":7,\"url\":\"https://example.test/pull/7\"},"
        + "\"pushedOnly\":false,\"status\":\"In Review\"}'"
    ),
    (
      "parked",
      "'{\"detail\":\"d\",\"fingerprint\":\"f\",\"reason\":\"run_limit\",\"since\":1800000000000}'"
    ),
    ("released", "'{\"at\":1800000000000,\"reason\":\"merged\"}'"),
  ]

  /// What the claims above say.
  private static let read: [Claim] = [
    .unclaimed, .running(RunID("w-r1")),
    .retrying(Retry(kind: .push, deadline: Sample.later, sentence: "b")),
    .handedOff(Handoff(pullRequest: Sample.pull, status: "In Review")),
    .parked(Parking(reason: .runLimit, sentence: "d", since: Sample.now, fingerprint: "f")),
    .released(Release(reason: .merged, at: Sample.now, pullRequest: nil)),
  ]

  private static let pullRequest = """
    {"ensurePullRequest":{"_0":{"body":"B","draft":true,"head":"symphony/a","key":"acme/app#1",\
    "repository":{"name":"app","owner":"acme"},"title":"T"}}}
    """
  private static let comment = """
    {"comment":{"_0":{"key":"acme/app#1","number":1,"repository":{"name":"app","owner":"acme"},\
    "text":"done"}}}
    """

  /// Rows of every table that version 1 had.
  static func fill(_ store: SQLiteStore) throws {
    for (index, claim) in claims.enumerated() {
      try store.execute(
        """
        INSERT INTO item VALUES ('i\(index)', 'acme/app#\(index)', 'w\(index)', 'acme', 'app',
          \(index), 'Title', 'https://example.test', 1800000000000);
        INSERT INTO claim VALUES ('i\(index)', '\(claim.0)', \(claim.1), 1, 2, 3, 4, 5, 6, 8, 7,
          'symphony/a', 1, 'f00d', 7, 'https://example.test/pull/7', 1800000001000, 'beef', 1, 1,
          11, 12, 13, 1.5, 'verdict', 1799999995000, 1800000000000, 90000, '/c', '/w', 1, 2, 'p');
        INSERT INTO session VALUES ('i\(index)', 'codex', 's', 0.25);
        """)
    }
    try store.execute(
      """
      INSERT INTO run VALUES ('w-r1', 'i1', 1, 'work', 'launching', 'n', 'boot', 1800000000000,
        NULL, NULL, '', NULL);
      INSERT INTO outbox VALUES (3, 'i3', 'k3', 'ensure_pull_request', '\(pullRequest)', 'n3',
        'pending', 2, 1800000000000, 90000, 1800000000000, 'no answer');
      INSERT INTO outbox VALUES (5, 'i3', 'k5', 'comment', '\(comment)', 'n5', 'refused', 1,
        1800000000000, 0, 1800000000000, 'locked');
      INSERT INTO outbox VALUES (9, 'i3', 'k9', 'comment', '\(comment)', 'n9', 'delivered', 1,
        1800000000000, 0, 1800000000000, '');
      DELETE FROM outbox WHERE id = 9;
      INSERT INTO hold VALUES ('pause', '', 'lunch', NULL, NULL, 1800000000000);
      INSERT INTO request VALUES (4, 'retry', 'i4', 'me', 'w', 1, 1800000000000);
      INSERT INTO ledger (item, at, code, sentence) VALUES ('i0', 1800000000000, 'c', 's');
      INSERT INTO total VALUES ('2026-11-21', 'codex', 1, 2, 3, 0.5);
      INSERT INTO fact VALUES ('salt', 'pepper');
      INSERT INTO policy VALUES (1, 'workflow');
      INSERT INTO http_cache VALUES ('u', 1800000000000, 3, 'e', NULL, 't', x'C3C3C3');
      """)
  }

  /// Every one of those rows says what it said.
  func expectUnharmed(_ store: SQLiteStore) throws {
    let state = try store.load()
    #expect(state.items.map(\.claim) == Self.read)
    for record in state.items {
      #expect(record.status == nil)
      var counters = Counters()
      counters.failures = 1
      counters.continuations = 2
      counters.idleRuns = 3
      counters.vanishes = 4
      counters.earlyVanishes = 5
      counters.launches = 6
      #expect(record.counters == counters)
      #expect(record.generation == 8 && record.runs == 7)
      #expect(record.branch == "symphony/a" && record.fenceHead == "f00d")
      #expect(record.pullRequest == Sample.pull && record.unpushed == "beef")
      #expect(record.ownsBranch && record.hasWorkspace && record.takeOver && record.startsFresh)
      #expect(record.home == WorkspaceHome(cache: "/c", workspace: "/w"))
      #expect(record.cleanUpAfter == Sample.later && record.cleanUpProblem == "p")
      #expect(record.cleanUpFailures == 2 && record.verdict == "verdict")
      #expect(record.sentence.isEmpty && record.crashedOn == nil && record.wake == nil)
      #expect(record.lastLaunch == Sample.now - .seconds(5) && record.usage == Sample.usage)
      #expect(
        record.session
          == OwnedSession(
            SessionRef(id: "s", counted: SessionRef.dollarsOnly(0.25)), of: Account("codex")))
    }
    #expect(state.runs.map(\.id) == [RunID("w-r1")])
    #expect(state.holds.map(\.why) == ["lunch"])
    #expect(state.requests.map(\.id) == [4])
    #expect(try store.ledger(of: ItemID("i0"), limit: 9).map(\.code) == ["c"])
    #expect(try store.ledger(of: ItemID("i0"), limit: 9).map(\.wake) == [nil])
    #expect(
      try store.totals(day: nil).map {
        "\($0.day) \($0.account) \($0.model) \($0.usage.outputTokens)"
      }
        == ["2026-11-21 codex  3"])
    #expect(state.runs.map(\.account) == [nil] && state.runs.map(\.spent) == [[]])
    #expect(state.holds.map(\.needsOperator) == [false])
    #expect(try store.fact(.salt) == "pepper")
    #expect(try store.fact(.lastGoodWorkflow) == "workflow")
    try expectDebts(store)
  }

  private func expectDebts(_ store: SQLiteStore) throws {
    let debts = try store.outbox(of: ItemID("i3"))
    #expect(debts.map(\.id) == [3, 5])
    #expect(debts.map(\.state) == [.pending, .refused])
    let first = try #require(debts.first)
    #expect(first.nonce == "n3" && first.tries == 2 && first.nextTry == Sample.later)
    #expect(first.lastError == "no answer" && first.dedupeKey == "k3")
    #expect(
      first.payload
        == .ensurePullRequest(
          PullRequestOrder(
            repository: Sample.repository, key: ItemKey("acme/app#1"), head: "symphony/a",
            base: nil, title: "T", body: "B", draft: true, reuse: true)))
    #expect(try store.load().outbox == [first])
    #expect(try store.refusedEntries().map(\.id) == [5])
  }

  @Test func aDatabaseOfVersion1IsUnharmed() throws {
    let scratch = try Scratch()
    var first = StoreSettings()
    first.version = 1
    let old = try scratch.open(settings: first)
    #expect(try old.pragma("user_version") == "1")
    try Self.fill(old)
    old.close()

    let error = storeError { _ = try scratch.open(.command) }
    #expect(error?.sentence.contains("older symphony") == true)
    // A dry run and status migrate their copy and leave the file as it is.
    let before = try scratch.picture()
    try expectUnharmed(try scratch.open(.privateCopy))
    #expect(try scratch.picture() == before)

    let store = try scratch.open()
    #expect(try store.pragma("user_version") == "\(Migrations.version)")
    #expect(try store.pragma("integrity_check") == "ok")
    #expect(try store.pragma("foreign_key_check") == nil)
    try expectUnharmed(store)
    #expect(store.lookUp("u")?.etag == "e")
  }

  @Test func theNewTablesAreInForce() throws {
    let scratch = try Scratch()
    var first = StoreSettings()
    first.version = 1
    let old = try scratch.open(settings: first)
    try Self.fill(old)
    old.close()
    let store = try scratch.open()
    // An id that was ever given is not given again, and a debt is still entered once.
    var entry = Sample.comment("i3", key: "k10")
    entry.payload = Sample.payloads[2]
    try store.commit([.insertOutbox(entry), .insertOutbox(entry)], basis: nil)
    #expect(try store.outbox(of: ItemID("i3")).map(\.id) == [3, 5, 10])
    let stranger = storeError {
      try store.commit([.insertOutbox(Sample.comment("nobody", key: "x"))], basis: nil)
    }
    #expect(stranger?.sentence.contains("FOREIGN KEY") == true)
    var record = try #require(try store.load().items.first)
    record.status = "Todo"
    try store.commit([.putItem(record)], basis: nil)
    #expect(try store.load().items.first?.status == "Todo")
  }

  /// A fresh database and a migrated one have the same tables and indexes.
  @Test func bothWaysLeadToTheSameSchema() throws {
    func schema(_ store: SQLiteStore) throws -> [String] {
      try store.reading { db in
        try Columns.all(
          db, "sqlite_schema",
          "SELECT type || ' ' || name || ' ' || tbl_name FROM sqlite_schema ORDER BY 1"
        ) { try $0.text(0) }
      }
    }
    let fresh = try Scratch()
    let migrated = try Scratch()
    var first = StoreSettings()
    first.version = 1
    try migrated.open(settings: first).close()
    let names = try schema(try fresh.open())
    #expect(names == (try schema(try migrated.open())))
    #expect(names.contains("index outbox_pending outbox"))
    #expect(names.contains("index outbox_item outbox"))
    #expect(!names.contains { $0.contains("outbox_2") })
  }
}
