// One tick, end to end: lock, load, observe, plan, commit, act, report. It looks at the world once,
// decides, acts and ends; nothing stays resident. Called by `symphony tick`; every adapter arrives
// through TickParts.
import SymphonyCore
import SymphonyPlatform

package struct Tick: Sendable {
  package struct Options: Sendable {
    package var trigger: Snapshot.Trigger
    package var dryRun = false
    package var failIfLocked = false
    package var launchesAllowed = true
    /// Tells the scheduler's channel what nobody told it yet; a worker's or a person's tick leaves
    /// that to those who do.
    package var tellsNews: Bool
    /// Stands with what the tick finds out, in the log and in the news.
    package var id = Host.randomHex(bytes: 4)
    /// Until the policy's own deadline is known.
    package var deadline: Interval = .seconds(25)
    /// The kernel ends the process when it takes much longer; not one that does other things, too.
    package var hasAlarm = true
    package init(trigger: Snapshot.Trigger) {
      self.trigger = trigger
      tellsNews = trigger == .scheduled
    }
  }

  let parts: TickParts
  let options: Options

  var places: SafePlaces { SafePlaces(stateDirectory: parts.stateDirectory) }

  package init(parts: TickParts, options: Options) {
    self.parts = parts
    self.options = options
  }

  package func run() async -> TickReport {
    if options.dryRun {
      return await guarded { () async throws(StoreError) in try await rehearse() }
    }
    // No state directory is made for a project whose WORKFLOW.md, or what it names, cannot be used.
    if !Files.exists(parts.stateDirectory) {
      let load = parts.loadPolicy(nil)
      guard let policy = load.policy else {
        return TickReport(exit: .workflow, problem: load.told)
      }
      // A timer's tick keeps there when it said so last.
      if options.trigger != .scheduled {
        do throws(StoreError) { try places.checkRoots(policy.workspace) } catch {
          return TickReport.state(error)
        }
      }
    }
    let lock = TickLock(stateDirectory: parts.stateDirectory)
    defer { Signals.alarm(seconds: 0) }
    var report = await attempt(lock)
    // Somebody who came meanwhile was turned away: look once more for them, never a third time.
    if report.plan != nil, report.exit == .done || report.exit == .willRetry, !report.wasCutShort,
      lock.isWantedAgain, Signals.seen == nil
    {
      let second = await attempt(lock)
      if second.plan != nil { report.absorb(second) }
    }
    if options.trigger == .scheduled { heedState(&report) }
    return report
  }

  /// A state that cannot be used has no place for what was told of it.
  private func heedState(_ report: inout TickReport) {
    if report.exit == .state, !report.isTold, let problem = report.problem {
      let alarm = StateAlarm(stateDirectory: parts.stateDirectory)
      report.isTold = !alarm.rings(for: problem, at: parts.now())
    }
  }

  /// One try for the lock, and the pass under it.
  private func attempt(_ lock: TickLock) async -> TickReport {
    Signals.alarm(seconds: UInt32(options.deadline.milliseconds / 1000 + 5))
    do throws(StoreError) { try places.makeState(isNamed: parts.namesState) } catch {
      return TickReport.state(error)
    }
    do throws(PlatformError) {
      switch try lock.attempt(deadline: options.deadline) {
      case .busy(let pid):
        let who = pid.map { " (pid \($0))" } ?? ""
        var report = TickReport(
          exit: options.failIfLocked ? .locked : .done,
          note: "another tick is running\(who); nothing to do here")
        report.wasBusy = true
        return report
      case .killed(let pid):
        return TickReport(
          exit: .willRetry,
          note: "killed tick \(pid): it had held the lock for more than four deadlines")
      case .heldByUnknown(let pid):
        let path = StateLayout(parts.stateDirectory).tickLock
        return TickReport(
          exit: .willRetry,
          note: "\(path) is held by a process that cannot be found: its tick \(pid) is dead; "
            + "`fuser -v \(path)` as root names it, and nothing happens here until it has ended")
      case .held(let held):
        defer { withExtendedLifetime(held) {} }
        return await guarded { () async throws(StoreError) in try await holding(lock, held) }
      }
    } catch {
      return TickReport.state(error, in: parts.stateDirectory)
    }
  }

  private func holding(_ lock: TickLock, _ held: FileLock) async throws(StoreError) -> TickReport {
    let started = parts.bootClock()
    let store = try parts.openStore(.tick)
    defer { store.close() }
    defer { parts.keptLog.close() }
    do throws(PlatformError) { try lock.clearAgain() } catch { throw StoreError.of(error) }
    let startedAt = parts.now()
    let tenure = Tenure(lock: lock, held: held)
    var report = try await pass(store, started, tenure)
    guard tenure.lasts else {
      report.note("\(tenure.end); it goes on with what is left", .willRetry)
      return report
    }
    if leaveNote(&report, startedAt: startedAt, in: store) {
      do throws(StoreError) { try notify(of: report, started: started, in: store) } catch {
        report.cannotBeNoted(error)
      }
      // Told news leave the book: the log takes them before.
      keepLog(of: report, from: store)
      tellNews(&report, from: store)
      publishMetrics(of: report, in: store)
      keepDailyCopy(of: report, started: started, in: store)
      exportSpans(of: report, startedAt: startedAt, in: store)
      tidy(after: report, started: started, in: store)
    }
    return report
  }

  /// `--dry-run`: the same pass on a private copy; no lock, no directory, no effect.
  private func rehearse() async throws(StoreError) -> TickReport {
    let started = parts.bootClock()
    Signals.alarm(seconds: UInt32(options.deadline.milliseconds / 1000 + 5))
    defer { Signals.alarm(seconds: 0) }
    // In a state directory in which a tick refuses to begin there is no plan to show either.
    try places.checkState(isNamed: parts.namesState)
    let store = try parts.openStore(.privateCopy)
    defer { store.close() }
    return try await pass(store, started, nil)
  }

  /// Load, observe, plan; then, unless it is a rehearsal, commit and act.
  ///
  /// `tenure`: nil in a rehearsal.
  private func pass(
    _ store: any TickStore, _ started: Int64, _ tenure: Tenure?
  ) async throws(StoreError) -> TickReport {
    try refuseOtherProject(store)
    let lastGood = try store.fact(.lastGoodWorkflow)
    let load = parts.loadPolicy(lastGood)
    guard let policy = load.policy else {
      var report = TickReport(exit: .workflow, problem: load.told)
      report.troubles = SeenTroubles(
        withoutPolicy: load.headline ?? "there is no workflow to go by")
      return report
    }
    try places.checkRoots(policy.workspace)
    parts.boundRows(store, policy.retention)
    try tenure?.announce(policy.tickDeadline)
    let deadline = bound(policy, started)
    if tenure != nil, policy.logs.path != nil { parts.keptLog.open(policy.logs) }
    let observer = Observer(
      parts: parts, store: store, policy: policy, load: load, isRehearsal: tenure == nil)
    var seen = try await observer.observe(options, deadline)
    let plan = try await decide(observer, &seen, deadline)
    if !plan.unjudged.isEmpty {
      await seen.tracker?.close()
      var report = TickReport.bug(plan.unjudged)
      report.troubles = SeenTroubles(bug: report.problem ?? "")
      return report
    }
    var report = TickReport(plan: plan, snapshot: seen.snapshot)
    var failure: StoreError?
    if let tenure {
      do throws(StoreError) {
        let facts = try observer.newFacts(lastGood, seen)
        try await carryOut(plan, facts, seen, store, deadline, tenure, &report)
      } catch { failure = error }
    }
    report.trackerTime = seen.tracker?.time() ?? TrackerTime()
    await seen.tracker?.close()
    if case .changed(let what)? = failure {
      // Somebody's `pause` or `stop` came between plan and commit: the next tick plans with it.
      report.note(what + "; the next tick plans anew", .willRetry)
      report.isCommitted = false
      return report
    }
    if let failure { throw failure }
    report.noteUnseenWorkers(seen.workersProblem)
    report.troubles = SeenTroubles(report, seen, policyProblem: load.headline)
    try report.troubles?.noteFiles(policy, store)
    report.conclude(trackerProblem: seen.trackerProblem, policyProblem: load.told)
    return report
  }

  /// The part that changes the world.
  private func carryOut(
    _ plan: Plan, _ facts: [Change], _ seen: Observation, _ store: any TickStore,
    _ deadline: TickDeadline, _ tenure: Tenure, _ report: inout TickReport
  ) async throws(StoreError) {
    let marks = try prepare(plan, seen.snapshot, store)
    let desk = try NewsDesk(store, tick: options.id)
    let applier = Applier(
      parts: parts, store: store, tracker: seen.tracker?.tracker, credentials: seen.credentials,
      executor: seen.executor, snapshot: seen.snapshot, deadline: deadline,
      tenure: tenure, desk: desk)
    let lines = NewsLine.all(of: plan, in: seen.snapshot, tick: options.id)
    guard try applier.commit(plan, facts: facts + marks + desk.entering(lines)) else {
      report.note("the tick's time was over before its plan was committed", .willRetry)
      report.isCommitted = false
      return
    }
    seen.budget.extend(to: deadline)
    report.carried = await applier.act(plan)
  }

  /// Makes and marks the places of what is launched.
  /// - Returns: what is to be remembered of it.
  private func prepare(
    _ plan: Plan, _ snapshot: Snapshot, _ store: any TickStore
  ) throws(StoreError) -> [Change] {
    let policy = snapshot.policy.workspace
    var homes: [WorkspaceHome] = []
    for order in plan.launches {
      let paths = LaunchSpec.paths(snapshot, order.item, run: order.run.id)
      try places.prepare(paths, policy)
      homes.append(WorkspaceHome(cache: paths.cache, workspace: paths.workspace))
    }
    let folders = NamedFolders(
      stateDirectory: parts.stateDirectory, policy: policy, items: [],
      marked: try store.fact(.markedFolders))
    return folders.marked(by: homes).map { [.setFact(.markedFolders, $0)] } ?? []
  }

  /// The policy's deadline, counted from the tick's start; five seconds after it the kernel ends
  /// the tick.
  func bound(_ policy: Policy, _ started: Int64) -> TickDeadline {
    let deadline = TickDeadline(
      started: started, after: policy.tickDeadline, clock: parts.bootClock)
    if options.hasAlarm {
      Signals.alarm(seconds: UInt32(max(0, deadline.remainingMilliseconds) / 1000 + 5))
    }
    return deadline
  }

  /// A state directory serves one WORKFLOW.md; one whose file has moved away may be taken over by
  /// another.
  func refuseOtherProject(_ store: any TickStore) throws(StoreError) {
    guard let known = try store.fact(.workflowPath),
      !SameFile.isSame(known, parts.workflowPath), Files.exists(known)
    else { return }
    throw .foreign("\(parts.stateDirectory) belongs to \(known), not to \(parts.workflowPath)")
  }

  /// Plans, and once more when a second look at what would be launched found out more.
  private func decide(
    _ observer: Observer, _ seen: inout Observation, _ deadline: TickDeadline
  ) async throws(StoreError) -> Plan {
    let plan = parts.plan(seen.snapshot)
    return try await observer.confirm(plan, &seen, deadline) ? parts.plan(seen.snapshot) : plan
  }

  private func guarded(
    _ body: () async throws(StoreError) -> TickReport
  ) async -> TickReport {
    do throws(StoreError) { return try await body() } catch { return TickReport.state(error) }
  }
}
