// One simulated history: a real tick, planner, applier and database over a world of its own. Plays
// events, ticks after each, checks the laws, and writes down what came of it, so that two plays of one
// seed can be compared byte for byte.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import SymphonyTick

@testable import SymphonyStore

final class Episode {
  let seed: Int
  let number: Int
  let directory: TemporaryDirectory
  let world: SimulatedWorld
  let rows: SQLiteStore
  var laws: Laws
  private(set) var ticks = 0
  /// One line a tick.
  private(set) var trace: [String] = []
  private(set) var lastReport: TickReport?

  /// A world without a history of its own: one open issue.
  init(story: String, _ directory: TemporaryDirectory, _ setUp: (inout Truth) -> Void) throws {
    (seed, number, self.directory) = (0, 0, directory)
    try directory.write("WORKFLOW.md", "")
    var truth = Truth(seed: Int(StableHash.value(story) >> 1), issues: 1..<2)
    setUp(&truth)
    world = SimulatedWorld(truth)
    rows = try SimulatedStore.database(world)
    laws = Laws(world: world, rows: rows)
  }

  /// Goes on from a moment, in the directory of that story.
  init(_ moment: Moment, _ directory: TemporaryDirectory) throws {
    (seed, number, self.directory) = (0, 0, directory)
    world = SimulatedWorld(moment.truth)
    rows = try SimulatedStore.database(world, copying: moment.rows)
    laws = Laws(world: world, rows: rows)
    laws.begin(try rows.load())
  }

  func moment(_ ticks: Int, _ passed: Int) throws -> Moment {
    Moment(
      ticks: ticks, passed: passed, truth: world.with { $0 },
      rows: try SimulatedStore.database(world, copying: rows))
  }

  init(seed: Int, number: Int) throws {
    self.seed = seed
    self.number = number
    directory = try TemporaryDirectory("soak")
    try directory.write("WORKFLOW.md", "")
    let own = Int(StableHash.value("\(seed)/\(number)/world") >> 1)
    var dice = Dice(seed: own)
    let truth = Truth(seed: own, issues: 1..<(dice.throwsOne(in: 2) ? 4 : 7))
    world = SimulatedWorld(truth)
    let variant = Int.random(in: 0..<40, using: &dice)
    world.with { $0.variant = variant }
    rows = try SimulatedStore.database(world)
    laws = Laws(world: world, rows: rows)
  }

  /// - Returns: what was violated first; empty: nothing.
  func play(_ events: [Event]) async throws -> [String] {
    for event in events {
      let violations = try await play(event)
      if !violations.isEmpty { return violations }
    }
    return try await calm()
  }

  func play(_ event: Event) async throws -> [String] {
    do { try world.happen(event, rows) } catch {
      return ["a command failed: \(error.sentence)"]
    }
    world.with { truth in
      truth.pass(.seconds(Int64(event.pause)))
      truth.advance()
    }
    if event.course == .rehearsed {
      let violations = try await rehearse()
      if !violations.isEmpty { return violations }
    }
    return try await tick(event.course, event)
  }

  /// Once nothing is the matter any more, all comes to rest, and then there is nothing to plan.
  func calm() async throws -> [String] {
    world.with { $0.mend() }
    try rows.liftHold(kind: .pause, scope: "")
    for hour in 0..<60 {
      world.with { truth in
        truth.fates = Array(repeating: Fate(ending: .succeeds, steps: 1), count: 8)
        truth.pass(.minutes(hour < 30 ? 20 : 600))
        truth.advance()
      }
      let violations = try await tick(.plain, nil)
      if !violations.isEmpty { return violations }
      let isIdle = lastReport?.plan?.effects.isEmpty == true && Laws.waiting(lastReport).isEmpty
      if hour > 3, isIdle, try rows.load().runs.isEmpty { break }
    }
    return try laws.checkRest(lastReport)
  }

  // MARK: One tick

  func tick(_ course: Event.Course, _ event: Event?) async throws -> [String] {
    var mortal = Mortal()
    if case .killed(let place) = course { mortal = Mortal(diesAt: place) }
    return try await tick(mortal, course, event)
  }

  func tick(
    _ mortal: Mortal, _ course: Event.Course = .plain, _ event: Event? = nil
  ) async throws -> [String] {
    let report = await run(mortal, course, event)
    lastReport = mortal.isDead ? nil : report
    ticks += 1
    let after = try rows.load()
    trace.append(line(report, after, isDead: mortal.isDead))
    return try laws.check(after, mortal.isDead ? nil : report)
  }

  private func run(
    _ mortal: Mortal, _ course: Event.Course, _ event: Event?
  ) async -> TickReport {
    let world = world
    let rows = rows
    let other = parts(Mortal()) {}
    let lock = StateLayout(directory.file("state")).tickLock
    let meanwhile: @Sendable () async -> Void =
      switch course {
      case .plain, .rehearsed, .killed: {}
      case .meets: { _ = await Tick(parts: other, options: Self.options("other")).run() }
      case .usurped:
        {
          do throws(PlatformError) { try Files.remove(lock) } catch {
            world.note("the lock's file cannot be removed: \(error)")
          }
          _ = await Tick(parts: other, options: Self.options("other")).run()
        }
      case .suspended(let hours): { world.with { $0.sleep(.hours(Int64(hours))) } }
      case .interrupted(let kind):
        {
          let pick = event?.pick ?? 0
          do throws(StoreError) {
            if let kind {
              try world.ask(kind, pick, rows)
            } else {
              let wall = world.with { $0.wall }
              try rows.putHold(Hold(kind: .pause, scope: "", why: "now", until: nil, setAt: wall))
            }
          } catch { world.note("a command failed: \(error.sentence)") }
        }
      }
    // A process that this one is just starting shares its descriptors until it is executed: the lock
    // of the tick before may be held a moment longer.
    while true {
      let tick = Tick(parts: parts(mortal, meanwhile), options: Self.options("\(ticks)"))
      let report = await tick.run()
      if report.exit != .locked { return report }
      await Task.yield()
    }
  }

  /// What it lists is what the tick after it would do; it changes nothing.
  private func rehearse() async throws -> [String] {
    let before = try rows.load()
    let copy = try SQLiteStore.inMemory(StoreSettings(), copying: rows)
    let random = world.with { $0.random }
    let mortal = Mortal()
    var parts = parts(mortal) {}
    let (world, rows) = (world, rows)
    parts.openStore = { _ in SimulatedStore(world: world, rows: copy, mortal: Mortal()) }
    var options = Self.options("rehearsal")
    options.dryRun = true
    let effects = world.with { $0.effects.count }
    _ = await Tick(parts: parts, options: options).run()
    world.with { $0.random = random }
    copy.close()
    let isSame = try rows.load() == before && world.with { $0.effects.count } == effects
    return isSame ? [] : ["a rehearsal changed something"]
  }

  private static func options(_ id: String) -> Tick.Options {
    var options = Tick.Options(trigger: .scheduled)
    options.id = id
    options.deadline = .minutes(30)
    options.hasAlarm = false
    options.failIfLocked = true
    return options
  }

  private func parts(
    _ mortal: Mortal, _ meanwhile: @escaping @Sendable () async -> Void
  ) -> TickParts {
    let (world, rows) = (world, rows)
    let path = directory.file("WORKFLOW.md")
    var parts = TickParts(
      stateDirectory: directory.file("state"), workflowPath: path, environment: [:],
      executable: "/bin/false",
      loadPolicy: { lastGood in world.with { $0.load(lastGood, path: path) } },
      openStore: { _ in SimulatedStore(world: world, rows: rows, mortal: mortal) },
      openTracker: { policy, _, _, _ in
        TrackerInUse(
          tracker: SimulatedTracker(
            world: world, rows: rows, policy: policy.tracker, mortal: mortal, meanwhile: meanwhile)
        ) {}
      },
      makeExecutor: { SimulatedExecutor(world: world, rows: rows, mortal: mortal) },
      agentProblem: { _, _ in nil }, promptNote: { _, _ in nil }, renderer: NoRenderer(),
      log: { _, _ in })
    parts.now = { world.with { $0.wall } }
    parts.bootClock = { world.with { $0.boot } }
    parts.random = { count in world.with { $0.randomHex(count) } }
    parts.freeMegabytes = { _ in world.with { $0.disk == .full ? 0 : 10_000 } }
    parts.tell = { _ in mortal.passes("tell") }
    return parts
  }
}
