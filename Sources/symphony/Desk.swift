// The open database of a command that changes it, what was in it when the command began, and the
// issues a person names. Used by the commands of operators; decides nothing.
import SymphonyCore
import SymphonyPlatform
import SymphonyStore
import SymphonyTick

struct Desk {
  let database: SQLiteStore
  let place: Place
  let state: StoredState
  let now: Timestamp
  let user: String
  var stateDirectory: String { place.stateDirectory }

  /// `create`: where there is no state yet it is made.
  /// - Throws: `Stop` with 74 for no state, or one that cannot be used.
  init(_ global: GlobalOptions, create: Bool = false) throws {
    try self.init(at: try global.place(), create: create)
  }

  /// `patience`: how long somebody else may hold the state.
  init(at place: Place, create: Bool = false, patience: Interval = .seconds(5)) throws {
    self.place = place
    try place.requireProject()
    now = Timestamp(milliseconds: Clock.wallMilliseconds())
    user = Host.environment["USER"] ?? "uid \(Host.userID)"
    let path = StateLayout(place.stateDirectory).database
    if !create, !Files.exists(path) {
      throw Stop(
        .state, "no state at \(place.stateDirectory): no tick has run for \(place.workflowPath)",
        hint: "`symphony tick` runs the first one; if there was one, name its workflow with "
          + "--workflow, or its state with --state-dir")
    }
    do throws(StoreError) {
      if place.namesState, let absence = NamedState.absence(place.stateDirectory) { throw absence }
      database = try SQLiteStore.open(
        directory: place.stateDirectory, mode: create ? .tick : .command, now: now,
        patience: patience)
      state = try database.load()
    } catch {
      throw Stop(error)
    }
  }

  func store<Value>(_ body: (SQLiteStore) throws(StoreError) -> Value) throws -> Value {
    do throws(StoreError) { return try body(database) } catch {
      throw Stop(error)
    }
  }

  /// The items that are named, each once.
  /// - Throws: `Stop` with 64 for what names no item, or several: then nothing was written.
  func items(_ words: [String]) throws -> [ItemRecord] {
    var found: [ItemRecord] = []
    for word in words {
      let record = try IssueName(word, at: place).known(among: state.items)
      if !found.contains(where: { $0.id == record.id }) { found.append(record) }
    }
    return found
  }
}
