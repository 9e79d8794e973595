// A whole database of an earlier version, with live runs and every kind of debt, as the program of
// that version wrote it (Fixtures/version-6.sql): it is opened, read, planned on and written by the
// program of today. What is written back is what a golden row says, byte for byte: a name that
// changes in the code must not change in a row.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyStore

@Suite struct OldDatabaseTests {
  private static let fixture: String = {
    let folder = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")
    return (try? Files.readText(folder + "/Fixtures/version-6.sql")) ?? ""
  }()

  /// The fixture's rows in tables of its version, opened by nobody since.
  private func old(_ scratch: Scratch) throws {
    var settings = StoreSettings()
    settings.version = 6
    let store = try scratch.open(settings: settings)
    let rows = Self.fixture.split(separator: "\n").filter {
      $0.hasPrefix("INSERT INTO") && !$0.hasPrefix("INSERT INTO grdb_migrations")
        && !$0.hasPrefix("INSERT INTO sqlite_sequence")
    }
    try #require(rows.count > 150)
    try store.execute(rows.joined(separator: "\n"))
    store.close()
  }

  private func column(_ store: SQLiteStore, _ sql: String) throws -> [String] {
    try store.reading { db in try Columns.all(db, "any", sql) { try $0.text(0) } }
  }

  /// The migrations up to 6 still make the tables that are in the field.
  @Test func theTablesAreThoseOfTheFixture() throws {
    let scratch = try Scratch()
    try old(scratch)
    var settings = StoreSettings()
    settings.version = 6
    let store = try scratch.open(settings: settings)
    let tables = try column(
      store, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    #expect(tables.count == 17)
    func squeezed(_ text: String) -> String {
      text.replacing("IF NOT EXISTS ", with: "").filter { !$0.isWhitespace }
    }
    let whole = squeezed(Self.fixture)
    for table in tables { #expect(whole.contains(squeezed(table)), "\(table)") }
  }

  @Test func everyRowIsReadAndWrittenBackAsItWas() throws {
    let scratch = try Scratch()
    try old(scratch)
    let store = try scratch.open()
    #expect(try store.pragma("integrity_check") == "ok")
    #expect(try store.pragma("foreign_key_check") == nil)
    let state = try store.load()
    let queries = [
      "SELECT item || state || coalesce(payload, '') || coalesce(left_behind, '') FROM claim",
      "SELECT item || counted FROM session",
      "SELECT id || phase || era || coalesce(stop, '') || spent || coalesce(outcome, '') FROM run",
      "SELECT id || kind || state || nonce || payload FROM outbox ORDER BY id",
      "SELECT kind || scope || why || needs_operator FROM hold",
    ]
    let before = try queries.map { try column(store, $0) }
    let debts = try store.outbox(of: ItemID("c13"))
    let runs = try state.items.flatMap { try store.runs(of: $0.id, limit: 100) }
    #expect(debts.count == 25 && runs.count == 13 && state.runs.count == 6)
    // All that version knew; a kind that came later is in no database of it.
    #expect(
      Set(debts.map(\.payload.storedKind)) == [
        .ensurePullRequest, .comment, .setStatus, .setLabels, .convertDraft, .closeIssue,
      ])
    #expect(Set(debts.map(\.state)) == [.pending, .delivered, .refused, .superseded])
    #expect(
      Set(runs.compactMap(\.outcome)) == [
        .succeeded, .failed, .timedOut, .stalled, .cancelled, .vanished, .blocked,
      ])
    #expect(Set(state.holds.map(\.kind)) == [.pause, .tracker, .agent, .remote])
    #expect(Set(state.requests.map(\.kind)) == [.stop, .retry])
    #expect(Set(state.items.map(\.claim.state)).count == 6)
    let changes =
      state.items.map { Change.putItem($0) } + runs.map { .putRun($0) }
      + debts.map { .putOutbox($0) } + state.holds.map { .putHold($0) }
    try store.commit(changes, basis: state)
    for (query, rows) in zip(queries, before) { #expect(try column(store, query) == rows) }
  }

  /// The order alone, without the name of a case around it.
  @Test func goldenDebts() throws {
    let scratch = try Scratch()
    try old(scratch)
    let store = try scratch.open()
    let stored = try column(
      store, "SELECT kind || ' ' || payload FROM outbox WHERE state = 'pending' ORDER BY id")
    let place = #""repository":{"name":"app","owner":"acme"}"#
    #expect(
      stored == [
        #"ensure_pull_request {"body":"B","draft":true,"head":"symphony/a","key":"acme/app#1","#
          + place + #","reuse":false,"title":"T"}"#,
        #"comment {"key":"acme/app#1","number":1,"# + place
          + #","text":"done: {pull_request_url}"}"#,
        #"set_status {"branch":"symphony/a","checks":["build \"all\""],"#
          + #""expected":["Todo","In Progress"],"key":"acme/app#1","needsPullRequest":true,"#
          + place + #","value":"In Review"}"#,
        #"set_labels {"key":"acme/app#1","move":{"add":["wip"],"remove":["agent"]},"#
          + #""needsPullRequest":false,"number":1,"# + place + "}",
        "convert_draft {" + place + "}",
        #"close_issue {"key":"acme/app#1","number":1,"# + place + "}",
        #"ensure_pull_request {"base":"main","body":"a/b \\ c","draft":false,"head":"symphony/a","#
          + #""key":"acme/app#1","# + place + #","reuse":true,"title":"Ünïcode \"q\"\n"}"#,
      ])
    // Kinds that came later stand behind these.
    #expect(try store.load().outbox.prefix(6).map(\.payload) == Array(Sample.payloads.prefix(6)))
  }

  /// Runs that were launched by the old program live, end and vanish under the new one.
  @Test func theNextTickPlansOnIt() throws {
    let scratch = try Scratch()
    try old(scratch)
    let store = try scratch.open()
    let state = try store.load()
    var seen: [RunID: RunObservation] = [:]
    for run in state.runs { seen[run.id] = RunObservation(liveness: .vanished(.died)) }
    let ended = RunResult(
      nonce: "n8", runID: RunID("l0-r8"), outcome: .failed, summary: "no tests",
      startedAt: Sample.now, endedAt: Sample.now)
    seen[RunID("l0-r8")] = RunObservation(liveness: .ended(ended))
    seen[RunID("l2-r8")] = RunObservation(liveness: .alive(RunObservation.Vitals()))
    seen[RunID("m0-r8")] = RunObservation(liveness: .unknown(why: "EIO"))
    let plan = Planner.plan(snapshot(state, seen))
    let verdicts = Dictionary(
      plan.verdicts.map { ($0.item.text, $0.reason.code) }
    ) { first, _ in first }
    #expect(verdicts["l1"] == "stopped_by_operator")
    #expect(verdicts["l2"] == "stopping")
    try store.commit(plan.changes, basis: state)
    let after = try store.load()
    #expect(after.runs.map(\.id.text) == ["l2-r8", "m0-r8"])
    #expect(after.outbox.map(\.id).starts(with: state.outbox.map(\.id)))
    #expect(after.items.count == state.items.count)
    let settled = try store.runs(of: ItemID("l0"), limit: 1)
    #expect(settled.first?.outcome == .failed && settled.first?.era == "boot")
  }

  private func snapshot(_ state: StoredState, _ runs: [RunID: RunObservation]) -> Snapshot {
    let policy = Policy(promptTemplate: "do", promptLine: 1, workflowPath: "/p/WORKFLOW.md")
    return Snapshot(
      now: Sample.now + .seconds(30), stateTag: "ab12cd", stateDirectory: "/s", trigger: .manual,
      policy: policy, state: state, runs: PollAnswer(runs: runs, era: "boot"),
      survey: Survey(candidates: .skipped),
      nonces: { number in
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 32 - text.count) + text
      })
  }

  /// The next kind needs no table made anew; a program that does not know it says so and stops.
  @Test(arguments: [
    ("UPDATE outbox SET kind = 'email' WHERE id = 2", "`email`"),
    ("UPDATE hold SET kind = 'mood' WHERE kind = 'pause'", "`mood`"),
    ("UPDATE request SET kind = 'wish'", "`wish`"),
    ("UPDATE run SET purpose = 'review' WHERE id = 'l0-r8'", "`review`"),
  ])
  func aKindOfANewerProgramIsNamed(sql: String, word: String) throws {
    let scratch = try Scratch()
    try old(scratch)
    let store = try scratch.open()
    try store.execute(sql)
    let error = storeError { _ = try store.load() }
    #expect(error?.code == "state_newer")
    #expect(error?.sentence.contains(word) == true)
    #expect(error?.hint?.contains("newer symphony") == true)
  }

  /// It would never have been read; now it does not stop the migration either.
  @Test func aDamagedDebtStaysAsItIs() throws {
    let scratch = try Scratch()
    try old(scratch)
    var settings = StoreSettings()
    settings.version = 6
    let before = try scratch.open(settings: settings)
    try before.execute("UPDATE outbox SET payload = '{' WHERE id IN (2, 8)")
    before.close()
    let store = try scratch.open()
    #expect(try column(store, "SELECT payload FROM outbox WHERE id IN (2, 8)") == ["{", "{"])
    #expect(storeError { _ = try store.load() }?.code == "state_corrupt")
  }
}
