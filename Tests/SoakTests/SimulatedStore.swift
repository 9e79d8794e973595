// The rows of a simulated tick: a real database in memory, through a port that dies with its tick and
// now and then finds no room or a lock.
import SymphonyCore
import SymphonyTick

@testable import SymphonyStore

struct SimulatedStore: TickStore {
  let world: SimulatedWorld
  let rows: SQLiteStore
  let mortal: Mortal
  private var dead: StoreError { .failed("the tick is dead") }

  /// On the world's clock; an empty one, or a copy of `other`.
  static func database(
    _ world: SimulatedWorld, copying other: SQLiteStore? = nil
  ) throws(StoreError) -> SQLiteStore {
    var settings = StoreSettings()
    settings.clock = { world.with { $0.wall } }
    return try SQLiteStore.inMemory(settings, copying: other)
  }

  func load(_ scope: StateScope) throws(StoreError) -> StoredState {
    try look()
    return try rows.load(scope)
  }

  func items(_ ids: Set<ItemID>) throws(StoreError) -> [ItemRecord] {
    try look()
    return try rows.items(ids)
  }

  func knownNonces(among nonces: Set<String>) throws(StoreError) -> Set<String> {
    try look()
    return try rows.knownNonces(among: nonces)
  }

  func fact(_ name: StoredFact) throws(StoreError) -> String? {
    try look()
    return try rows.fact(name)
  }

  func commit(_ changes: [Change], basis: StoredState?) throws(StoreError) {
    try write()
    try rows.commit(changes, basis: basis)
  }

  func setFact(_ name: StoredFact, _ value: String) throws(StoreError) {
    try write()
    try rows.setFact(name, value)
  }

  private func look() throws(StoreError) {
    if mortal.isDead { throw dead }
    if world.with({ $0.disk == .locked }) { throw .locked("somebody writes") }
  }

  private func write() throws(StoreError) {
    guard mortal.passes("commit") else { throw dead }
    switch world.with({ $0.disk }) {
    case .roomy: break
    case .full: throw .full("no space left on device")
    case .locked: throw .locked("somebody writes")
    }
  }

  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
  /// The database outlives its ticks.
  func close() {}
}
