// What goes in comes out: each claim, each payload, each word of each closed list, every field;
// and after any sequence of commits load() equals what was committed. The expected values are
// built from the model's own types, never read back from the store.
import SymphonyCore
import Testing

@testable import SymphonyStore

@Suite struct RoundTripTests {
  @Test(arguments: Sample.claims.indices)
  func everyClaimWithEveryField(index: Int) throws {
    let scratch = try Scratch()
    let record = Sample.full("a", claim: Sample.claims[index])
    let store = try scratch.open()
    try store.commit([.putItem(record)], basis: StoredState())
    store.close()
    #expect(try scratch.open(.command).load().items == [record])
  }

  @Test func allClaimsAtOnceKeepTheirItems() throws {
    let scratch = try Scratch()
    let records = Sample.claims.enumerated().map { Sample.full("i\($0 + 10)", claim: $1) }
    let store = try scratch.open()
    try store.commit(records.reversed().map { .putItem($0) }, basis: nil)
    #expect(try store.load().items == records)
    // And back to nothing: a session and a payload that are gone leave no trace.
    let bare = Sample.item("i11")
    try store.commit([.putItem(bare)], basis: nil)
    #expect(try store.load().items[1] == bare)
  }

  @Test func everyRun() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.item("a"))], basis: nil)
    var expected: [RunRecord] = []
    for (index, outcome) in Outcome.allCases.enumerated() {
      var run = Sample.run("a", index + 1)
      run.purpose = index == 0 ? .cleanUp : .work
      try store.commit([.insertRun(run)], basis: nil)
      #expect(try store.load().runs == [run])
      run.phase = .launching
      run.stop = StopOrder(by: .operator, why: "because", at: Sample.now)
      run.account = Account("command/gemini")
      run.model = "pro"
      run.budgetUSD = 2.5
      run.spent = [TurnUsage(turn: 1, model: "pro", usage: Sample.usage)]
      run.summary = "sentence"
      try store.commit([.putRun(run)], basis: nil)
      #expect(try store.load().runs == [run])
      run = Sample.settled(run, outcome)
      try store.commit([.putRun(run)], basis: nil)
      #expect(try store.load().runs == [])
      expected.insert(run, at: 0)
    }
    #expect(try store.runs(of: ItemID("a"), limit: 100) == expected)
    #expect(try store.runs(of: ItemID("a"), limit: 2) == Array(expected.prefix(2)))
    #expect(try store.latestRuns(of: [ItemID("a"), ItemID("b")]) == [ItemID("a"): expected[0]])
  }

  @Test func everyOutboxState() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    var pull = Sample.comment("a", key: "pull")
    pull.payload = .ensurePullRequest(
      PullRequestOrder(
        repository: RepositoryName(owner: "acme", name: "app"), key: ItemKey("acme/app#1"),
        head: "symphony/a", base: nil, title: "T", body: "B", draft: true))
    pull.tries = 2
    pull.nextTry = Sample.later
    pull.lastError = "no answer"
    try store.commit([.putItem(Sample.item("a")), .insertOutbox(pull)], basis: nil)
    pull.id = try #require(try store.load().outbox.first?.id)
    #expect(try store.load().outbox == [pull])
    for state in OutboxEntry.State.allCases {
      pull.state = state
      try store.commit([.putOutbox(pull)], basis: nil)
      #expect(try store.outbox(of: ItemID("a")) == [pull])
      #expect(try store.load().outbox == (state == .pending ? [pull] : []))
      #expect(try store.refusedEntries() == (state == .refused ? [pull] : []))
    }
  }

  @Test func everyKindOfDebt() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.item("a"))], basis: nil)
    var expected: [OutboxEntry] = []
    for payload in Sample.payloads {
      var entry = Sample.comment("a", key: payload.kind)
      entry.payload = payload
      try store.commit([.insertOutbox(entry)], basis: nil)
      entry.id = Int64(expected.count + 1)
      expected.append(entry)
    }
    #expect(Set(expected.map(\.payload.storedKind)) == Set(OutboxEntry.Kind.allCases))
    #expect(try store.load().outbox == expected)
  }

  @Test func holdsRequestsLedgerTotalsFacts() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    try store.commit([.putItem(Sample.item("a"))], basis: nil)
    let holds = Hold.Kind.allCases.map {
      Hold(
        kind: $0, scope: "s", why: "w", until: $0 == .pause ? nil : Sample.later,
        setAt: Sample.now)
    }.sorted { $0.kind.rawValue < $1.kind.rawValue }
    for hold in holds { try store.putHold(hold) }
    #expect(try store.load().holds == holds)
    #expect(try store.liftHold(kind: .pause, scope: "s"))
    #expect(try !store.liftHold(kind: .pause, scope: "s"))
    try store.commit([.deleteHold(kind: .agent, scope: "s")], basis: nil)
    #expect(try store.load().holds.map(\.kind) == [.byOperator, .remote, .tracker])

    for (index, kind) in OperatorRequest.Kind.allCases.enumerated() {
      let request = OperatorRequest(
        id: 99, kind: kind, item: ItemID("a"), by: "me", why: "w", takeOver: kind == .retry,
        at: Sample.now)
      try store.addRequest(request)
      var stored = request
      stored.id = Int64(index + 1)
      #expect(try store.load().requests.last == stored)
    }
    try store.commit([.deleteRequest(1)], basis: nil)
    #expect(try store.load().requests.map(\.id) == [2, 3, 4, 5])

    let entries = (0..<3).map {
      LedgerEntry(item: ItemID("a"), at: Sample.now, code: "c\($0)", sentence: "s")
    }
    try store.commit(entries.map { .appendLedger($0) }, basis: nil)
    #expect(try store.ledger(of: ItemID("a"), limit: 2).map(\.code) == ["c2", "c1"])
    let wakes = Wake.Kind.allCases.map { Wake($0, text: "t", author: "ann", at: Sample.now) }
    let woken = wakes.map {
      LedgerEntry(item: ItemID("a"), at: Sample.now, code: "w", sentence: "s", wake: $0)
    }
    try store.commit(woken.map { .appendLedger($0) }, basis: nil)
    let told = try store.ledger(of: ItemID("a"), limit: wakes.count + 1)
    #expect(told.reversed().map(\.wake) == [nil] + wakes)

    for fact in StoredFact.allCases where fact != .owner {
      #expect(try store.fact(fact) == nil)
      try store.setFact(fact, "1 \(fact)")
      try store.commit([.setFact(fact, "2 \(fact)")], basis: nil)
      #expect(try store.fact(fact) == "2 \(fact)")
    }
  }

  @Test func totalsAddUpAndNeverOverflow() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    func add(_ usage: Usage, _ day: String, model: String = "m") throws {
      let total = UsageTotal(day: day, account: Account("codex"), model: model, usage: usage)
      try store.commit([.addUsage(total)], basis: nil)
    }
    try add(Sample.usage, "2026-11-21")
    try add(Sample.usage, "2026-11-21")
    try add(Sample.usage, "2026-11-22")
    var twice = Sample.usage
    twice += Sample.usage
    let today = try store.totals(day: "2026-11-21")
    #expect(
      today == [UsageTotal(day: "2026-11-21", account: Account("codex"), model: "m", usage: twice)])
    #expect(try store.totals(day: nil).map(\.day) == ["2026-11-21", "2026-11-22"])
    var absurd = Usage()
    absurd.inputTokens = .max
    absurd.costUSD = .nan
    for _ in 0..<3 { try add(absurd, "2026-11-23") }
    #expect(try store.totals(day: "2026-11-23")[0].usage.inputTokens > 1 << 60)
    try add(Sample.usage, "2026-11-24", model: "n")
    try add(Sample.usage, "2026-11-24")
    #expect(try store.totals(day: "2026-11-24").map(\.model) == ["m", "n"])
    // A plan sees what matters at its time, whatever a wrong clock wrote down for later.
    let day = String(Sample.now.rfc3339.prefix(10))
    try add(Sample.usage, day)
    for year in 2041...2044 { try add(Sample.usage, "\(year)-01-01") }
    let seen = try store.load().totals.map(\.day)
    #expect(seen.contains(day) && !seen.contains("2026-11-21"))
  }

  @Test func ledgerIsBounded() throws {
    let scratch = try Scratch()
    var settings = StoreSettings()
    settings.ledgerRows = 3
    let store = try scratch.open(settings: settings)
    try store.commit([.putItem(Sample.item("a"))], basis: nil)
    for index in 0..<5 {
      let entry = LedgerEntry(item: ItemID("a"), at: Sample.now, code: "\(index)", sentence: "")
      try store.commit([.appendLedger(entry)], basis: nil)
    }
    #expect(try store.ledger(of: ItemID("a"), limit: 9).map(\.code) == ["4", "3", "2"])
  }

  @Test func aBusyItemPushesOutNoOthersHistory() throws {
    let scratch = try Scratch()
    var settings = StoreSettings()
    (settings.ledgerRows, settings.ledgerRowsPerItem) = (6, 4)
    let store = try scratch.open(settings: settings)
    let names = ["quiet", "busy", "third"]
    try store.commit(names.map { .putItem(Sample.item($0)) }, basis: nil)
    func note(_ name: String, _ code: String) throws {
      let entry = LedgerEntry(item: ItemID(name), at: Sample.now, code: code, sentence: "")
      try store.commit([.appendLedger(entry)], basis: nil)
    }
    func codes(_ name: String) throws -> [String] {
      try store.ledger(of: ItemID(name), limit: 99).map(\.code)
    }
    for index in 0..<2 { try note("quiet", "q\(index)") }
    for index in 0..<50 { try note("busy", "b\(index)") }
    #expect(try codes("busy") == ["b49", "b48", "b47", "b46"])
    #expect(try codes("quiet") == ["q1", "q0"])
    // The bound of all counts rows, although their ids have gaps: the oldest go.
    try note("third", "t0")
    #expect(try codes("quiet") == ["q1"])
    #expect(try codes("busy").count == 4 && codes("third") == ["t0"])
  }

  @Test func theLastChangeOfEachItem() throws {
    let scratch = try Scratch()
    var settings = StoreSettings()
    settings.ledgerRows = 4
    let store = try scratch.open(settings: settings)
    #expect(try store.lastChanges(of: [ItemID("a")]) == [:])
    let names = ["a", "b", "c", "d"]
    try store.commit(names.map { .putItem(Sample.item($0)) }, basis: nil)
    for (index, name) in ["d", "a", "b", "a", "a"].enumerated() {
      let at = Sample.now + .seconds(Int64(index))
      let entry = LedgerEntry(item: ItemID(name), at: at, code: "c\(index)", sentence: "s\(index)")
      try store.commit([.appendLedger(entry)], basis: nil)
    }
    let changes = try store.lastChanges(of: names.map { ItemID($0) })
    #expect(changes.mapValues(\.code) == [ItemID("a"): "c4", ItemID("b"): "c2"])
    for name in names {
      #expect(try changes[ItemID(name)] == store.ledger(of: ItemID(name), limit: 1).first)
    }
  }

  /// load() after each of many random commits equals a model that applies the same changes in
  /// memory.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func loadEqualsWhatWasCommitted(seed: UInt64) throws {
    let scratch = try Scratch()
    var store = try scratch.open()
    var model = WorldModel(seed: seed)
    for step in 0..<60 {
      let basis = try store.load()
      #expect(basis == model.state)
      try store.commit(model.step(), basis: basis)
      if step % 20 == 19 {
        store.close()
        store = try scratch.open()
      }
    }
    #expect(try store.load() == model.state)
  }
}

/// The same changes on plain dictionaries.
private struct WorldModel {
  private var random: UInt64
  private var items: [ItemID: ItemRecord] = [:]
  private var live: [ItemID: RunRecord] = [:]
  private var outbox: [OutboxEntry] = []
  private var holds: [String: Hold] = [:]
  private var entries: Int64 = 0

  init(seed: UInt64) { random = seed }

  var state: StoredState {
    StoredState(
      items: items.values.sorted { $0.id < $1.id }, runs: live.values.sorted { $0.id < $1.id },
      outbox: outbox.filter { $0.state == .pending },
      holds: holds.values.sorted { ($0.kind.rawValue, $0.scope) < ($1.kind.rawValue, $1.scope) })
  }

  /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
  private mutating func below(_ bound: Int) -> Int {
    random &+= 0x9e37_79b9_7f4a_7c15
    var mixed = random
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }

  mutating func step() -> [Change] {
    var changes: [Change] = []
    for _ in 0...below(3) { changes += change() }
    return changes
  }

  private mutating func change() -> [Change] {
    let name = ["a", "é", "z", "Ω", "e\u{301}x"][below(5)]
    var record = items[ItemID(name)] ?? Sample.item(name)
    defer { items[record.id] = record }
    switch below(4) {
    case 0:
      let generation = record.generation
      record = Sample.full(name, claim: Sample.claims[below(Sample.claims.count)])
      record.generation = generation
      return [.putItem(record)]
    case 1:
      if let run = live.removeValue(forKey: record.id) {
        return [.putItem(record), .putRun(Sample.settled(run, .failed))]
      }
      record.generation += 1
      let run = Sample.run(name, record.generation)
      live[record.id] = run
      // The run first: the order within a commit does not matter.
      return [.insertRun(run), .putItem(record)]
    case 2:
      if let place = outbox.firstIndex(where: { $0.state == .pending }), below(2) == 0 {
        outbox[place].state = .delivered
        return [.putItem(record), .putOutbox(outbox[place])]
      }
      var entry = Sample.comment(name, key: "k\(entries)")
      entries += 1
      entry.id = entries
      outbox.append(entry)
      return [.putItem(record), .insertOutbox(entry), .insertOutbox(entry)]
    default:
      let scope = "s\(below(3))"
      if holds.removeValue(forKey: scope) != nil {
        return [.putItem(record), .deleteHold(kind: .agent, scope: scope)]
      }
      let hold = Hold(kind: .agent, scope: scope, why: "", until: nil, setAt: Sample.now)
      holds[scope] = hold
      return [.putItem(record), .putHold(hold)]
    }
  }
}
