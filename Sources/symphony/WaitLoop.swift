// `tick --wait`: ticks until no run lives and no retry is due. For CI jobs, whose runner would end
// the workers with the job. Holds the tick lock only during each tick; told to stop, it stops its
// workers and settles them.
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyTick

struct WaitLoop {
  let composition: Composition
  let timeoutSeconds: Int?

  func run() async -> TickReport {
    let end = timeoutSeconds.map { Clock.boottimeMilliseconds() + Int64($0) * 1000 }
    var trigger = Snapshot.Trigger.manual
    var refusals = 0
    while true {
      let report = await tick(trigger, launches: true)
      trigger = .waiting
      if Signals.seen != nil { return await stopWorkers(after: report) }
      switch report.exit {
      case .workflow, .state, .usage, .bug: return report
      case .done, .willRetry, .tracker, .locked: break
      }
      let outlook = Outlook(report)
      if report.plan != nil, !outlook.isBusy { return finished(report) }
      // A wrong token or a server that is gone must not keep a CI job for ever.
      refusals = report.exit == .tracker ? refusals + 1 : 0
      if refusals >= 3, outlook.liveRuns.isEmpty { return report }
      if let end, Clock.boottimeMilliseconds() >= end {
        return report.ending(
          .willRetry, "gave up waiting after \(timeoutSeconds ?? 0) s; workers live on")
      }
      rest(until: outlook.nextDue, alive: outlook.liveRuns, end: end)
      if Signals.seen != nil { return await stopWorkers(after: report) }
    }
  }

  private func tick(_ trigger: Snapshot.Trigger, launches: Bool) async -> TickReport {
    var options = Tick.Options(trigger: trigger)
    options.launchesAllowed = launches
    let report = await Tick(parts: composition.tickParts(), options: options).run()
    if let summary = report.summary { composition.logbook.write(.info, summary) }
    return report
  }

  /// Sleeps until something is worth a tick: a run ended, a retry is due, or 30 s have passed.
  private func rest(until due: Timestamp?, alive: [RunID], end: Int64?) {
    let start = Clock.boottimeMilliseconds()
    let runs = Files.join(composition.place.stateDirectory, "runs")
    while Signals.seen == nil {
      let now = Clock.boottimeMilliseconds()
      if now - start >= 30_000 { return }
      if let end, now >= end { return }
      if let due, Clock.wallMilliseconds() >= due.milliseconds { return }
      let ended = alive.contains { !FileLock.isHeld(Files.join(runs, "\($0)/lease")) }
      if ended, now - start >= 200 { return }
      Clock.sleep(milliseconds: 100)
    }
  }

  /// A shutdown: TERM to every worker, no attempt is spent, and a last tick settles what ended.
  private func stopWorkers(after report: TickReport) async -> TickReport {
    Signals.clear()
    let executor = composition.executor()
    var alive = Outlook(report).liveRuns
    for run in alive { try? executor.end(run, .stop) }
    let runs = Files.join(composition.place.stateDirectory, "runs")
    let limit = Clock.boottimeMilliseconds() + 60_000
    while !alive.isEmpty, Clock.boottimeMilliseconds() < limit {
      alive.removeAll { !FileLock.isHeld(Files.join(runs, "\($0)/lease")) }
      Clock.sleep(milliseconds: 50)
    }
    for run in alive { try? executor.end(run, .kill) }
    let last = await tick(.waiting, launches: false)
    return last.ending(.willRetry, "told to stop: the workers were ended, their work is kept")
  }

  /// 1 when an item is left that failed or waits for a human because something failed.
  private func finished(_ report: TickReport) -> TickReport {
    let stuck = report.plan?.verdicts.filter { $0.reason.needsHuman } ?? []
    guard let first = stuck.first else {
      return report.exit == .tracker ? report : report.ending(.done, nil)
    }
    return report.ending(
      .willRetry, "\(stuck.count) item(s) need a human: \(first.key): \(first.reason.sentence)")
  }
}

/// What is still under way after a tick.
struct Outlook {
  var liveRuns: [RunID] = []
  var nextDue: Timestamp?
  var isBusy: Bool

  init(_ report: TickReport) {
    var due: [Timestamp] = []
    var busy = false
    for verdict in report.plan?.verdicts ?? [] {
      switch verdict.reason {
      case .running, .launching, .stopping, .sweeping, .cleaningUp, .pullRequestOwed, .noSlot,
        .notChecked,
        .eligible:
        busy = true
      case .retryWaiting(let until, _):
        busy = true
        due.append(until)
      case .unpushed: busy = true
      default: break
      }
    }
    for action in report.plan?.actions ?? [] {
      if case .launch(let order) = action { liveRuns.append(order.run.id) }
      if case .enqueue = action { busy = true }
    }
    for run in report.snapshot?.state.runs ?? [] where run.phase != .settled {
      liveRuns.append(run.id)
    }
    nextDue = due.min()
    isBusy = busy
  }
}
