// What a tick does for the order of its directory, once an hour, after its note and where time is
// left: sizes for the limits that ask for them, then what may go of caches, of what recoveries
// replaced, and of the rows of old runs, a few at a time. Directories of runs and workspaces go by
// the plan (Housekeeping). DiskHygiene says what may go. `symphony gc` does the same at once.
import SymphonyCore
import SymphonyPlatform

extension Tick {
  /// Milliseconds a tick must have left to begin, and to go on; of a short tick a half.
  private static let roomForTidying: Int64 = 8000
  /// Directories removed at a time.
  private static let removedAtOnce = 5

  func tidy(after report: TickReport, started: Int64, in store: any TickStore) {
    guard let snapshot = report.snapshot, let plan = report.plan else { return }
    // Where nothing was ever done there is nothing to tidy.
    if snapshot.state.number == 0, plan.verdicts.isEmpty { return }
    let deadline = TickDeadline(
      started: started, after: snapshot.policy.tickDeadline, clock: parts.bootClock)
    let room = min(Self.roomForTidying, snapshot.policy.tickDeadline.milliseconds / 2)
    func mayGoOn() -> Bool { deadline.mayBegin && deadline.remainingMilliseconds > room }
    guard mayGoOn() else { return }
    do throws(StoreError) {
      let now = parts.now()
      let last = try store.fact(.tidiedAt).flatMap { Int64($0) }
      if let last, !Deadline(setAt: Timestamp(milliseconds: last), delay: .hours(1)).isDue(at: now)
      {
        return
      }
      // Before it is begun: what outlasts a tick must not be begun by every tick.
      try store.commit([.setFact(.tidiedAt, String(now.milliseconds))], basis: nil)
      // After a leap of the clock ages tell nothing: the next time they are looked at again.
      if !snapshot.agesCount {
        return try measure(snapshot, in: store, at: now, while: mayGoOn)
      }
      let tidying = Tidying(
        stateDirectory: parts.stateDirectory, policy: snapshot.policy, items: snapshot.state.items,
        now: now)
      let removal = tidying.removeSome(Self.removedAtOnce, while: mayGoOn)
      for problem in removal.problems { parts.log(.warning, problem) }
      var isDone = removal.isDone
      // A recovery would book a run anew that has files and no row; unseen, any may have some.
      if let poll = snapshot.runs, mayGoOn() {
        isDone =
          try parts.trimRuns(store, snapshot.policy.retention, Set(poll.otherRuns)) && isDone
      }
      try measure(snapshot, in: store, at: now, while: mayGoOn)
      if !isDone {
        let again = now - .minutes(59)
        try store.commit([.setFact(.tidiedAt, String(again.milliseconds))], basis: nil)
      }
    } catch {
      parts.log(.warning, "tidying: \(error.sentence)")
    }
  }

  private func measure(
    _ snapshot: Snapshot, in store: any TickStore, at now: Timestamp, while mayGoOn: () -> Bool
  ) throws(StoreError) {
    guard snapshot.policy.measuresDisk else { return }
    let sizes = snapshot.diskSizes.measured(
      snapshot.state.items, runs: snapshot.runs?.otherRuns ?? [], in: parts.stateDirectory, at: now,
      while: mayGoOn)
    try sizes.keep(in: store)
  }
}

/// Removes what may go of the directories that no run has a part in.
package struct Tidying: Sendable {
  /// What is removed, and what that has to respect.
  package enum Target: Hashable, Sendable {
    case damaged(FoundFolder)
    case leftover(FoundFolder)
    case cache(SeenCache)

    package var path: String {
      switch self {
      case .damaged(let folder), .leftover(let folder): folder.path
      case .cache(let cache): cache.path
      }
    }
  }

  package internal(set) var look: DiskLook
  private let policy: Policy
  private let items: [ItemRecord]

  package init(stateDirectory: String, policy: Policy, items: [ItemRecord], now: Timestamp) {
    look = DiskLook(stateDirectory, policy, now: now)
    (self.policy, self.items) = (policy, items)
  }

  /// All that may go now; what could not be looked at is added to `problems`, and stays.
  package func targets(_ problems: inout [PlatformError]) -> [Target] {
    let leftovers = look.leftovers(&problems)
    let damaged = look.damaged(&problems).filter { DiskHygiene.damagedGoes(age: $0.age, policy) }
    let caches = look.caches(&problems).filter { fate($0).goes }
    return leftovers.map(Target.leftover) + damaged.map(Target.damaged) + caches.map(Target.cache)
  }

  package func fate(_ cache: SeenCache) -> CacheFate {
    DiskHygiene.cache(cache, items: items, policy)
  }

  /// - Returns: false where it has to stay for now: somebody is at work there.
  package func remove(_ target: Target) throws(PlatformError) -> Bool {
    switch target {
    case .damaged(let folder):
      try Files.removeAside(folder.path)
      return true
    case .leftover(let folder):
      let whole = String(folder.path.dropLast(Files.removedSuffix.count))
      return try locked(whole) { () throws(PlatformError) in
        try Files.removeTree(folder.path)
        return true
      }
    case .cache(let cache):
      return try locked(cache.path) { () throws(PlatformError) in
        // A run may have used it since it was looked at.
        guard fate(look.cache(cache.path)).goes else { return false }
        try Files.removeAside(cache.path)
        return true
      }
    }
  }

  /// Workers hold this lock while they prepare and clean up.
  ///
  /// The file stays: whoever waits for it must meet those who come later.
  private func locked(
    _ path: String, _ body: () throws(PlatformError) -> Bool
  ) throws(PlatformError) -> Bool {
    guard path.hasSuffix(".git") else { return try body() }
    guard let lock = try FileLock.take(path + ".lock") else { return false }
    defer { withExtendedLifetime(lock) {} }
    return try body()
  }

  /// - Returns: what could not be looked at or removed, and why; and whether no more is left that
  ///   may go.
  func removeSome(
    _ most: Int, while mayGoOn: () -> Bool
  ) -> (problems: [String], isDone: Bool) {
    var (problems, removed): ([PlatformError], Int) = ([], 0)
    var isDone = true
    for target in targets(&problems) {
      guard removed < most, mayGoOn() else {
        isDone = false
        break
      }
      do throws(PlatformError) { if try remove(target) { removed += 1 } } catch {
        problems.append(error)
      }
    }
    return (problems.map(\.description), isDone)
  }
}
