// The note a tick leaves: what it says, that a quiet tick writes nothing else, and what becomes of a
// tick whose note cannot be written.
import FoundationEssentials
import SymphonyCore
import SymphonyTick
import Synchronization
import Testing

@Suite struct TickNoteTests {
  private func note(in store: FakeStore) throws -> LastTick? {
    try store.fact(.lastTick).map { try JSONDecoder().decode(LastTick.self, from: Data($0.utf8)) }
  }

  @Test func itSaysWhenWhoAndWhat() async throws {
    let bench = try Bench(issues: 1..<3)
    let report = await bench.tick()
    let first = try #require(try note(in: bench.store))
    #expect(first.summary == report.summary && first.summary.contains("2 launched"))
    #expect(first.trigger == "manual" && first.outcome == "done")
    #expect(first.startedAt == bench.now && first.endedAt == bench.now)
    bench.pass(.minutes(1))
    _ = await bench.tick(dryRun: true)
    #expect(try note(in: bench.store) == first)
  }

  @Test func itKeepsTheQueueAndWhenSomebodyCalled() async throws {
    let bench = try Bench(issues: 8..<13)
    _ = await bench.tick()
    let called = bench.now
    #expect(try note(in: bench.store)?.queue == [ItemID("I_11"), ItemID("I_12")])
    bench.pass(.minutes(1))
    _ = await bench.tick(trigger: .nudged)
    let nudged = try #require(try note(in: bench.store))
    #expect(nudged.trigger == "nudged" && nudged.endedAt == bench.now)
    #expect(nudged.calledAt == called && nudged.queue?.isEmpty == false)
    bench.pass(.minutes(1))
    _ = await bench.tick(trigger: .scheduled)
    #expect(try note(in: bench.store)?.calledAt == bench.now)
  }

  @Test func aQuietTickWritesOnlyItsNoteAndWhenItAsked() async throws {
    let bench = try Bench(issues: 0..<0)
    _ = await bench.tick()
    let before = bench.store.rows.withLock { $0 }
    bench.pass(.minutes(1))
    #expect(await bench.tick().summary == nil)
    let after = bench.store.rows.withLock { $0 }
    #expect(after.state == before.state && after.commits - before.commits <= 2)
    #expect(
      Set(after.facts.filter { before.facts[$0.key] != $0.value }.keys) == [.lastTick, .lastPoll])
    let last = try #require(try note(in: bench.store))
    #expect(last.summary.isEmpty && last.endedAt == bench.now)
  }

  @Test func aStoreThatTakesNoNoteIsAStateThatCannotBeUsed() async throws {
    let bench = try Bench(issues: 1..<2)
    let report = await bench.tick(store: NoteRefusingStore(inner: bench.store))
    #expect(report.exit == .state && report.hint != nil)
    #expect(report.problem?.contains("no room for a note") == true, "\(report.problem ?? "")")
    // What it did is done and told all the same.
    #expect(report.launched == 1 && bench.store.load().runs.count == 1)
  }

  @Test func everyOutcomeHasAWordOfItsOwn() {
    let codes: [ExitCode] = [
      .done, .willRetry, .usage, .tracker, .bug, .state, .locked, .workflow,
    ]
    #expect(Set(codes.map(\.word)).count == codes.count)
  }
}

/// Takes everything but the note, as a disk that has become full under the tick.
private final class NoteRefusingStore: TickStore {
  let inner: FakeStore
  init(inner: FakeStore) { self.inner = inner }

  func load(_ scope: StateScope) -> StoredState { inner.load(scope) }
  func items(_ ids: Set<ItemID>) -> [ItemRecord] { inner.items(ids) }
  func knownNonces(among nonces: Set<String>) -> Set<String> { inner.knownNonces(among: nonces) }
  func fact(_ name: StoredFact) -> String? { inner.fact(name) }
  func setFact(_ name: StoredFact, _ value: String) { inner.setFact(name, value) }
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
  func close() {}

  func commit(_ changes: [Change], basis: StoredState?) throws(StoreError) {
    for case .setFact(.lastTick, _) in changes { throw .full("no room for a note") }
    inner.commit(changes, basis: basis)
  }
}
