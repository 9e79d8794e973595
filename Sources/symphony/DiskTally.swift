// The order of `symphony gc`: looks at everything a state directory keeps, measures it, has
// DiskHygiene decide, and removes what may go unless nothing is to be changed. Decides nothing
// itself; the caller holds tick.lock where something is changed.
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct DiskTally {
  private typealias Thing = DiskReport.Thing

  private let composition: Composition
  private let dryRun: Bool
  private let now = Timestamp(milliseconds: Clock.wallMilliseconds())
  /// Entries of the file system that are counted of one directory.
  private static let entries = 1_000_000

  init(composition: Composition, dryRun: Bool) {
    (self.composition, self.dryRun) = (composition, dryRun)
  }

  private var directory: String { composition.place.stateDirectory }
  private var layout: StateLayout { StateLayout(directory) }

  /// What the database tells.
  private struct Rows: Sendable {
    var lastGood: String?
    var state: StoredState
    /// False where the clock may have leapt since the last tick.
    var agesCount: Bool

    init(_ store: SQLiteStore, at now: Timestamp) throws(StoreError) {
      lastGood = try store.fact(.lastGoodWorkflow)
      state = try store.load()
      let note = try store.fact(.lastTick)
      agesCount =
        note.flatMap { try? ReportJSON.read($0, as: LastTick.self) }?.isRecent(at: now) ?? true
    }
  }

  /// What is looked at, once.
  private struct Scene {
    var policy: Policy
    var state: StoredState
    var poll: PollAnswer
    var executor: any Executor
    var sizes: DiskSizes
    var agesCount: Bool
  }

  /// - Throws: `Stop` with 74 for a state that cannot be used, and 78 without a workflow to go by.
  func run() throws -> DiskReport {
    // Looked at without a file of its own, although it is written at the end: on a full disk there
    // is room for that only when something went.
    let rows = try look { store throws(StoreError) in try Rows(store, at: now) }
    let state = rows.state
    let policy = try composition.requirePolicy(lastGood: rows.lastGood)
    // What a tick would not work in is no place to remove anything from.
    try stored { () throws(StoreError) in
      try SafePlaces(stateDirectory: directory).checkRoots(policy.workspace)
    }
    let executor = composition.executor()
    let poll: PollAnswer
    do throws(ExecutorError) { poll = try executor.poll(PollQuestion(runs: state.runs)) } catch {
      throw Stop(.state, error.sentence)
    }
    let sizes = DiskSizes().measured(
      state.items, runs: poll.otherRuns, in: directory, at: now, entries: Self.entries)
    let scene = Scene(
      policy: policy, state: state, poll: poll, executor: executor, sizes: sizes,
      agesCount: rows.agesCount)
    var report = DiskReport(at: now, stateDirectory: directory, dryRun: dryRun)
    report.things = runs(scene) + workspaces(scene)
    report.things += folders(scene)
    do throws(StoreError) { report.runRows = try trimRows(scene) } catch {
      // What was removed already is told all the same.
      report.things.append(
        Thing(.database, "database", layout.database, .failed, error.sentence))
    }
    report.things += [database, backups]
    return report
  }

  private func look<Value>(_ body: (SQLiteStore) throws(StoreError) -> Value) throws -> Value {
    try stored { () throws(StoreError) in
      try SQLiteStore.look(directory: directory, now: now, body)
    }
  }

  private func stored<Value>(_ body: () throws(StoreError) -> Value) throws -> Value {
    do throws(StoreError) { return try body() } catch { throw Stop(error) }
  }

  // MARK: Runs and workspaces

  private func runs(_ scene: Scene) -> [Thing] {
    let ended = scene.poll.ended(at: now, sizes: scene.sizes)
    var things = zip(ended, DiskHygiene.runs(ended, scene.policy, agesCount: scene.agesCount)).map {
      run, fate in
      var thing = Thing(
        .run, run.id.text, layout.run(run.id), fate.goes ? .goes : .kept,
        fate.sentence(scene.policy))
      (thing.bytes, thing.ageSeconds) = (run.bytes, run.age.map(\.seconds))
      if fate.goes, !dryRun { forget(run.id, scene, &thing) }
      return thing
    }
    for run in scene.poll.halfForgotten {
      let path = layout.run(run) + Files.removedSuffix
      var thing = Thing(.leftover, "run \(run)", path, .goes, "its removal was begun")
      thing.bytes = size(path)
      if !dryRun { forget(run, scene, &thing) }
      things.append(thing)
    }
    return things
  }

  private func forget(_ run: RunID, _ scene: Scene, _ thing: inout Thing) {
    do throws(ExecutorError) {
      try scene.executor.forget(run)
      thing.fate = .removed
    } catch { (thing.fate, thing.why) = (.failed, error.sentence) }
  }

  /// A clean-up run takes them away, which only a tick can start.
  private func workspaces(_ scene: Scene) -> [Thing] {
    let items = scene.state.items
    let fates = DiskHygiene.workspaces(
      items, busy: scene.state.purposes, sizes: scene.sizes, scene.policy, now: now,
      agesCount: scene.agesCount)
    return items.compactMap { record in
      guard let fate = fates[record.id], let path = record.home?.workspace else { return nil }
      var thing = Thing(
        .workspace, record.key.text, path, fate.goes ? .goes : .kept, fate.sentence(scene.policy))
      thing.bytes = scene.sizes.workspaces[record.workspace.text]
      thing.ageSeconds = (now - DiskHygiene.restsSince(record)).seconds
      thing.holdsWork = fate.isForWork
      return thing
    }
  }

  // MARK: The rest

  private func folders(_ scene: Scene) -> [Thing] {
    let tidying = Tidying(
      stateDirectory: directory, policy: scene.policy, items: scene.state.items, now: now)
    let (look, policy) = (tidying.look, scene.policy)
    var (things, problems): ([Thing], [PlatformError]) = ([], [])
    for cache in look.caches(&problems) {
      let fate = tidying.fate(cache)
      var thing = Thing(
        .cache, repository(cache.path), cache.path, .kept, fate.sentence(policy))
      (thing.bytes, thing.ageSeconds) = (size(cache.path), cache.rest.map(\.seconds))
      thing.holdsWork = fate.isForWork
      if fate.goes { remove(.cache(cache), by: tidying, &thing) }
      things.append(thing)
    }
    for folder in look.damaged(&problems) {
      let goes = scene.agesCount && DiskHygiene.damagedGoes(age: folder.age, policy)
      var thing = thing(.damaged, folder, DiskHygiene.damagedWords(goes, policy))
      if goes { remove(.damaged(folder), by: tidying, &thing) }
      things.append(thing)
    }
    for folder in look.leftovers(&problems) {
      var thing = thing(.leftover, folder, "its removal was begun")
      remove(.leftover(folder), by: tidying, &thing)
      things.append(thing)
    }
    for folder in look.laidAside(&problems) {
      var thing = thing(.aside, folder, "may hold commits that are nowhere else; remove it by hand")
      thing.holdsWork = true
      things.append(thing)
    }
    // The rest is looked at all the same.
    return things
      + problems.map { Thing(.leftover, shown($0.path), $0.path, .failed, $0.description) }
  }

  private func thing(_ kind: Thing.Kind, _ folder: FoundFolder, _ why: String) -> Thing {
    var thing = Thing(kind, shown(folder.path), folder.path, .kept, why)
    (thing.bytes, thing.ageSeconds) = (size(folder.path), folder.age.map(\.seconds))
    return thing
  }

  /// A path as people read it: below the state directory without it.
  private func shown(_ path: String) -> String {
    let prefix = directory + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }

  private func remove(_ target: Tidying.Target, by tidying: Tidying, _ thing: inout Thing) {
    thing.fate = .goes
    if dryRun { return }
    do throws(PlatformError) {
      if try tidying.remove(target) {
        thing.fate = .removed
      } else {
        (thing.fate, thing.why) = (.kept, "a run is at work there")
      }
    } catch { (thing.fate, thing.why) = (.failed, error.description) }
  }

  /// `owner/name` of a cache.
  private func repository(_ path: String) -> String {
    let name = Files.lastName(of: path).dropLast(".git".count)
    return "\(Files.lastName(of: Files.parent(of: path)))/\(name)"
  }

  private func size(_ path: String) -> Int64 { DiskUse(of: path, entries: Self.entries).bytes }

  /// How many go; the sizes are kept as well, so that the next ticks know which workspaces go.
  private func trimRows(_ scene: Scene) throws(StoreError) -> Int {
    let (retention, spared) = (scene.policy.retention, Set(scene.poll.otherRuns))
    if dryRun {
      return try SQLiteStore.look(directory: directory, now: now) { store throws(StoreError) in
        try store.runsBeyond(retention, sparing: spared).count
      }
    }
    let store = try SQLiteStore.open(directory: directory, mode: .tick, now: now)
    defer { store.close() }
    if scene.policy.measuresDisk { try scene.sizes.keep(in: store) }
    var count = 0
    while true {
      let trimmed = try store.trimRuns(retention, sparing: spared)
      count += trimmed
      if trimmed < SQLiteStore.trimmedAtOnce { return count }
    }
  }

  private var database: Thing {
    var thing = Thing(
      .database, "database", layout.database, .kept, "its rows are bounded; what is freed is reused"
    )
    thing.bytes = ["", "-wal"].compactMap { Files.size(layout.database + $0) }.reduce(0, +)
    return thing
  }

  private var backups: Thing {
    var thing = Thing(
      .backups, "copies of the database", layout.backups, .kept,
      "retention.backups bounds the daily ones")
    thing.bytes = size(layout.backups)
    return thing
  }
}

extension Interval {
  fileprivate var seconds: Int64 { milliseconds / 1000 }
}
