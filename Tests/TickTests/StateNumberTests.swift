// The state number as ticks move it: after the commit and before the first effect, and not at all
// by a tick that does nothing outside.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick
import Synchronization
import Testing

@Suite struct StateNumberTests {
  private func filed(_ bench: Bench) throws -> Int64? {
    let layout = StateLayout(Files.join(bench.directory, "state"))
    return try NumberFile(layout.stateNumber).read()
  }

  @Test func itIsMovedByLaunchesAndDeliveriesOnly() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick(dryRun: true)
    #expect(try filed(bench) == nil)
    _ = await bench.tick()
    let effects = bench.record.taken()
    #expect(effects.contains { $0.hasPrefix("launch ") })
    // One for the launch, and one for each delivery.
    let first = Int64(1 + effects.count { $0.hasPrefix("deliver ") })
    #expect(try filed(bench) == first)
    #expect(bench.store.load().number == first)
    bench.pass(.minutes(1))
    _ = await bench.tick()
    #expect(bench.record.taken().isEmpty)
    #expect(try filed(bench) == first)
  }

  @Test func nothingIsDoneBeforeItIsMoved() async throws {
    let bench = try Bench(issues: 1..<4)
    let state = Files.join(bench.directory, "state")
    try Files.makeDirectories(state)
    // Where the number has its place nothing can be made.
    try Files.append(Files.join(state, "runs"), "")
    let report = await bench.tick()
    #expect(report.exit == .state, "\(report)")
    #expect(bench.record.taken().isEmpty)
    #expect(bench.store.load().runs.isEmpty, "it was committed without a place for the number")
    try Files.remove(Files.join(state, "runs"))
    #expect(await bench.tick().launched == 3)
  }

  @Test func theRowIsMovedBeforeTheFile() async throws {
    let bench = try Bench(issues: 1..<2)
    let store = NumberWatch(inner: bench.store, directory: Files.join(bench.directory, "state"))
    _ = await bench.tick(store: store)
    let seen = store.seen.withLock { $0 }
    #expect(!seen.isEmpty)
    for (row, file) in seen { #expect(file == row - 1, "row \(row), file \(file ?? -1)") }
  }

  /// As when somebody deletes tick.lock while a tick is asleep behind its commit.
  @Test func aTickWhoseLockIsTakenAwayDoesNoMore() async throws {
    let bench = try Bench(issues: 1..<3)
    let state = Files.join(bench.directory, "state")
    let store = NumberWatch(inner: bench.store, directory: state) {
      try? Files.remove(StateLayout(state).tickLock)
    }
    let report = await bench.tick(store: store)
    #expect(report.exit == .willRetry, "\(report)")
    #expect(bench.record.taken().isEmpty)
    #expect(report.notes.contains { $0.contains("tick.lock was taken away") }, "\(report)")
  }

  @Test func aDatabaseThatIsOlderStartsNothing() async throws {
    let bench = try Bench(issues: 1..<2)
    let report = await bench.tick(store: RewoundStore())
    #expect(report.exit == .state && bench.record.taken().isEmpty)
    #expect(report.problem == "older" && report.isStateUnusable)
  }
}

/// Notes the file's number at each commit that moves the row.
private final class NumberWatch: TickStore {
  let inner: FakeStore
  let file: NumberFile
  let seen = Mutex<[(row: Int64, file: Int64?)]>([])
  /// Called behind each commit that moves it.
  let moved: @Sendable () -> Void
  init(inner: FakeStore, directory: String, moved: @escaping @Sendable () -> Void = {}) {
    self.inner = inner
    self.moved = moved
    file = NumberFile(StateLayout(directory).stateNumber)
  }

  func load(_ scope: StateScope) -> StoredState { inner.load(scope) }
  func items(_ ids: Set<ItemID>) -> [ItemRecord] { inner.items(ids) }
  func knownNonces(among nonces: Set<String>) -> Set<String> { inner.knownNonces(among: nonces) }
  func fact(_ name: StoredFact) -> String? { inner.fact(name) }
  func setFact(_ name: StoredFact, _ value: String) { inner.setFact(name, value) }
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
  func close() {}

  func commit(_ changes: [Change], basis: StoredState?) {
    for case .moveNumber(let from, let row) in changes where row != from {
      let filed = try? file.read()
      seen.withLock { $0.append((row, filed)) }
    }
    inner.commit(changes, basis: basis)
    for case .moveNumber(let from, let row) in changes where row != from { moved() }
  }
}

/// As the real one is opened where rows are missing.
private final class RewoundStore: TickStore {
  func load(_ scope: StateScope) throws(StoreError) -> StoredState { throw .rewound("older") }
  func items(_ ids: Set<ItemID>) throws(StoreError) -> [ItemRecord] { throw .rewound("older") }
  func knownNonces(among nonces: Set<String>) throws(StoreError) -> Set<String> {
    throw .rewound("older")
  }
  func fact(_ name: StoredFact) throws(StoreError) -> String? { throw .rewound("older") }
  func setFact(_ name: StoredFact, _ value: String) throws(StoreError) { throw .rewound("older") }
  func commit(_ changes: [Change], basis: StoredState?) throws(StoreError) {
    throw .rewound("older")
  }
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
  func close() {}
}
