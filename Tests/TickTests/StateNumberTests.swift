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
  init(inner: FakeStore, directory: String) {
    self.inner = inner
    file = NumberFile(StateLayout(directory).stateNumber)
  }

  func load() -> StoredState { inner.load() }
  func fact(_ name: StoredFact) -> String? { inner.fact(name) }
  func setFact(_ name: StoredFact, _ value: String) { inner.setFact(name, value) }
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
  func close() {}

  func commit(_ changes: [Change], basis: StoredState?) {
    for case .setFact(.stateNumber, let row) in changes {
      let filed = try? file.read()
      seen.withLock { $0.append((Int64(row) ?? -1, filed)) }
    }
    inner.commit(changes, basis: basis)
  }
}

/// As the real one is opened where rows are missing.
private final class RewoundStore: TickStore {
  func load() throws(StoreError) -> StoredState { throw .rewound("older") }
  func fact(_ name: StoredFact) throws(StoreError) -> String? { throw .rewound("older") }
  func setFact(_ name: StoredFact, _ value: String) throws(StoreError) { throw .rewound("older") }
  func commit(_ changes: [Change], basis: StoredState?) throws(StoreError) {
    throw .rewound("older")
  }
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
  func close() {}
}
