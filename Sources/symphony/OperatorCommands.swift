// Commands of an operator: rows, not waits. Each inserts a hold or a request in a transaction of
// its own, without the tick's lock; the next tick carries it out.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyStore
import SymphonyTick

struct StopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop the run of an issue and park it, or stop everything.")
  @Argument(help: "42, #42, owner/repo#42 or the issue's address.") var issue: String?
  @Flag(help: "Pause first, then stop every run.") var all = false
  @Option(help: "Why, for the record.") var why: String = ""
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if (issue == nil) == !all { throw ValidationError("name an issue, or pass --all") }
  }

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global)
    var stopped: [ItemRecord] = []
    if all {
      try desk.store { store throws(StoreError) in
        try store.putHold(
          Hold(
            kind: .pause, scope: "", why: why.isEmpty ? "stop --all" : why, until: nil,
            setAt: desk.now))
      }
      // Read after the pause is in force: what a tick launched just before it is stopped too.
      stopped = try desk.items().filter { if case .running = $0.claim { true } else { false } }
    } else if let issue {
      stopped = [try desk.item(issue)]
    }
    for record in stopped {
      try desk.request(.stop, record, why: why)
      Output.answer("\(record.key): a stop is ordered")
    }
    if all, stopped.isEmpty { Output.answer("paused; no run is under way") }
    Output.remark("hint: the next tick carries it out; `symphony tick` does so now")
  }
}

struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Let a parked, waiting or handed-off issue run again, counters at zero.")
  @Argument(help: "42, #42, owner/repo#42 or the issue's address.") var issue: String
  @Flag(help: "Also take a branch that this state directory did not create.") var takeOver = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global)
    let record = try desk.item(issue)
    try desk.request(.retry, record, why: "", takeOver: takeOver)
    Output.answer("\(record.key): a retry is ordered (it was \(record.claim.state))")
    Output.remark("hint: the next tick carries it out; `symphony tick` does so now")
  }
}

struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Start nothing new; running workers go on.")
  @Option(help: "Why, for the record.") var why: String = ""
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global, create: true)
    try desk.store { store throws(StoreError) in
      try store.putHold(Hold(kind: .pause, scope: "", why: why, until: nil, setAt: desk.now))
    }
    Output.answer("paused: nothing is started until `symphony resume`")
  }
}

struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "End a pause, and try agents and remotes again that waited for somebody to act.")
  @Flag(help: "Also try agents again whose account was at its usage limit.") var limits = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try refuseInsideRun()
    let desk = try Desk(global)
    let lifted = desk.state.holds.filter { hold in
      switch hold.kind {
      case .pause, .remote: true
      case .agent: hold.needsOperator || limits
      case .tracker: false
      }
    }
    try desk.store { store throws(StoreError) in
      for hold in lifted { _ = try store.liftHold(kind: hold.kind, scope: hold.scope) }
    }
    for hold in lifted {
      Output.answer(hold.kind == .pause ? "resumed" : "\(hold.scope) is tried again")
    }
    if lifted.isEmpty { Output.answer("it was not paused") }
    for hold in desk.state.holds where hold.kind == .agent && !hold.needsOperator && !limits {
      Output.remark("hint: \(hold.scope) stays held at its limit; --limits lifts that too")
    }
  }
}

/// The open database of a command, and the item it is about.
struct Desk {
  let database: SQLiteStore
  let state: StoredState
  let now: Timestamp
  let user: String

  init(_ global: GlobalOptions, create: Bool = false) throws {
    let place = try global.place()
    try place.requireProject()
    now = Timestamp(milliseconds: Clock.wallMilliseconds())
    user = Host.environment["USER"] ?? "uid \(Host.userID)"
    let path = StateLayout(place.stateDirectory).database
    if !create, !Files.exists(path) {
      throw Stop(
        .state, "no state at \(place.stateDirectory): no tick has run for \(place.workflowPath)",
        hint: "name the workflow with --workflow, or the state with --state-dir")
    }
    do throws(StoreError) {
      if place.namesState, let absence = NamedState.absence(place.stateDirectory) { throw absence }
      database = try SQLiteStore.open(
        directory: place.stateDirectory, mode: create ? .tick : .command, now: now)
      state = try database.load()
    } catch {
      throw Stop(.state, error.sentence, hint: error.hint)
    }
  }

  func store(_ body: (SQLiteStore) throws(StoreError) -> Void) throws {
    do throws(StoreError) { try body(database) } catch {
      throw Stop(.state, error.sentence, hint: error.hint)
    }
  }

  func items() throws -> [ItemRecord] {
    do throws(StoreError) { return try database.load().items } catch {
      throw Stop(.state, error.sentence, hint: error.hint)
    }
  }

  func request(_ kind: Request.Kind, _ record: ItemRecord, why: String, takeOver: Bool = false)
    throws
  {
    try store { store throws(StoreError) in
      try store.addRequest(
        Request(kind: kind, item: record.id, by: user, why: why, takeOver: takeOver, at: now))
    }
  }

  /// - Throws: `Stop` with 64 for what names no item, or several.
  func item(_ text: String) throws -> ItemRecord {
    let name = try IssueName(text)
    guard let found = try name.find(in: state.items) else { throw name.unknown(among: state.items) }
    return found
  }
}
