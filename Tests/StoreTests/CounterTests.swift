// Counters live in the database: rows are counted in the transaction that writes them, and a number
// that was told never falls.
import SymphonyCore
import Testing

@testable import SymphonyStore

@Suite struct CounterTests {
  private func count(_ store: SQLiteStore, _ name: Counter.Name, _ label: String = "") throws
    -> Int64
  {
    try store.counters().first { $0.name == name && $0.label == label }?.value ?? 0
  }

  @Test func aRunIsCountedWhenItIsLaunchedAndWhenItIsSettled() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    let item = Sample.full("a", claim: .unclaimed)
    var run = RunRecord(
      id: RunID("a-r1"), item: item.id, generation: 99, purpose: .work, nonce: "n", era: "e",
      launchedAt: Timestamp(milliseconds: 1_000))
    try store.commit([.putItem(item), .insertRun(run)], basis: nil)
    #expect(try count(store, .dispatches) == 1 && count(store, .runs, "failed") == 0)
    run.phase = .settled
    run.outcome = .failed
    run.settledAt = Timestamp(milliseconds: 62_000)
    try store.commit([.putRun(run)], basis: nil)
    // Written again, it is no second end.
    run.summary = "more"
    try store.commit([.putRun(run)], basis: nil)
    #expect(try count(store, .runs, "failed") == 1)
    #expect(try count(store, .runBucket, "300") == 1 && count(store, .runMilliseconds) == 61_000)
  }

  @Test func aClaimIsCountedWhenItChanges() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    for claim in Sample.claims + Sample.claims {
      try store.commit([.putItem(Sample.full("a", claim: claim))], basis: nil)
      try store.commit([.putItem(Sample.full("a", claim: claim))], basis: nil)
    }
    let states = (Sample.claims + Sample.claims).map(\.state)
    func changes(to state: Claim.State) -> Int64 {
      Int64(zip(states, states.dropFirst()).count { $0 != state && $1 == state })
    }
    #expect(try count(store, .handoffs) == changes(to: .handedOff))
    #expect(try count(store, .parkings) == changes(to: .parked))
  }

  @Test func aTickCountsItself() throws {
    let scratch = try Scratch()
    let store = try scratch.open()
    defer { store.close() }
    for time: Int64 in [40, 60, 30_000] {
      try store.commit(Counter.tick("done", milliseconds: time).map(Change.count), basis: nil)
    }
    #expect(try count(store, .ticks, "done") == 3 && count(store, .tickMilliseconds) == 30_100)
    #expect(try count(store, .tickBucket, "0.05") == 1 && count(store, .tickBucket, "0.1") == 1)
    #expect(try count(store, .tickBucket, "") == 1)
  }

  @Test func aWebhookCountsOnce() throws {
    let scratch = try Scratch()
    let now = Timestamp(milliseconds: 1_795_914_314_000)
    let one = SQLiteStore.Webhook(id: "1", code: "aa", matters: true)
    let two = SQLiteStore.Webhook(id: "2", code: "bb", matters: false)
    var store = try scratch.open()
    #expect(try store.note([one, two, one], at: now) == [true, true, false])
    #expect(try store.fact(.hintedAt) == "1795914314000")
    store.close()
    store = try scratch.open()
    defer { store.close() }
    #expect(try store.note([one], at: now + .hours(1)) == [false], "also by another process")
    #expect(try store.fact(.hintedAt) == "1795914314000")
    let renamed = SQLiteStore.Webhook(id: "3", code: "aa", matters: true)
    #expect(try store.note([renamed], at: now + .hours(1)) == [false], "the same under another id")
    #expect(try store.note([one], at: now + .days(9)) == [false])
    #expect(try store.note([one], at: now + .days(9)) == [true], "what is old is forgotten")
    #expect(try count(store, .webhooks, "duplicate") == 4)
  }
}
