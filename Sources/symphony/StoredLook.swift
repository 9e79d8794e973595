// A private copy of the database for commands that only look: why, logs, events, cost, and single
// facts for status and install. Changes nothing.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

/// The rows as they were when a command began, and the ledger beside them.
struct StoredLook {
  let store: SQLiteStore
  let state: StoredState
  let now: Timestamp

  /// Of rows that somebody else has read, and closes.
  init(_ store: SQLiteStore, _ state: StoredState, now: Timestamp) {
    (self.store, self.state, self.now) = (store, state, now)
  }

  /// - Throws: `Stop` with 78 where there is neither a workflow nor a state, with 74 for a state
  ///   that cannot be read.
  init(_ place: Place) throws {
    try place.requireProject()
    now = Timestamp(milliseconds: Clock.wallMilliseconds())
    do throws(StoreError) {
      store = try SQLiteStore.open(
        directory: place.stateDirectory, mode: .privateCopy, now: now)
      state = try store.load()
    } catch {
      throw Stop(error)
    }
  }

  func read<Value>(_ body: (SQLiteStore) throws(StoreError) -> Value) throws -> Value {
    do throws(StoreError) { return try body(store) } catch {
      throw Stop(error)
    }
  }

  /// The requests of commands about it that no tick has carried out yet.
  func requests(about record: ItemRecord) -> [RequestReport] {
    let isLive = state.runs.contains { $0.item == record.id }
    return state.requests.filter { $0.item == record.id }
      .map { RequestReport($0, waits: isLive) }
  }

  /// The oldest first.
  func ledger(of record: ItemRecord) throws -> [LedgerEntry] {
    try read { (store) throws(StoreError) in try store.ledger(of: record.id, limit: 1000) }
      .reversed()
  }

  /// The latest first, clean-ups included.
  func runs(of record: ItemRecord) throws -> [RunRecord] {
    try read { (store) throws(StoreError) in try store.runs(of: record.id, limit: 10_000) }
  }

  /// One fact, without the rows; nil: no tick has written it yet.
  static func fact(_ name: StoredFact, of place: Place) throws -> String? {
    do throws(StoreError) {
      return try SQLiteStore.look(
        directory: place.stateDirectory, now: Timestamp(milliseconds: Clock.wallMilliseconds())
      ) { (store) throws(StoreError) in try store.fact(name) }
    } catch {
      throw Stop(error)
    }
  }
}
