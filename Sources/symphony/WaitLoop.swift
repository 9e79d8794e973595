// `tick --wait`: ticks until no run lives, no retry is due and no debt is open. For CI jobs, whose
// runner would end the workers with the job. Holds the tick lock only during each tick; told to
// stop, it stops its workers and settles them. What lives is asked of the executor, because nudged
// ticks launch workers too.
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
      if Signals.seen != nil { return await stopWorkers() }
      let alive = liveRuns()
      switch report.exit {
      // Where nobody can say whether a worker lives, the report says that already.
      case .workflow, .state, .usage, .bug: if alive?.isEmpty != false { return report }
      case .done, .willRetry, .tracker, .locked: break
      }
      let outlook = Outlook(report)
      if report.plan != nil, alive?.isEmpty == true, !outlook.isBusy { return finished(report) }
      // A wrong token or a server that is gone must not keep a CI job for ever.
      refusals = report.exit == .tracker ? refusals + 1 : 0
      if refusals >= 3, alive?.isEmpty == true { return report }
      if let end, Clock.boottimeMilliseconds() >= end {
        return report.ending(
          .willRetry, "gave up waiting after \(timeoutSeconds ?? 0) s; workers live on")
      }
      rest(until: outlook.nextDue, alive: alive, end: end, wasBusy: report.plan == nil)
      if Signals.seen != nil { return await stopWorkers() }
    }
  }

  private func tick(_ trigger: Snapshot.Trigger, launches: Bool) async -> TickReport {
    var options = Tick.Options(trigger: trigger)
    options.launchesAllowed = launches
    let report = await Tick(parts: composition.tickParts(), options: options).run()
    if let summary = report.summary { composition.logbook.write(.info, summary) }
    return report
  }

  /// Every run that lives; nil where nobody can say: the next tick says why.
  private func liveRuns() -> [RunID]? {
    do throws(ExecutorError) {
      return try composition.executor().poll(PollQuestion(findsOthers: true)).othersAlive
    } catch { return nil }
  }

  /// Sleeps until something is worth a tick: a run ended, a retry is due, or some time has passed
  /// (little, when another tick held the lock and nothing is known).
  private func rest(until due: Timestamp?, alive: [RunID]?, end: Int64?, wasBusy: Bool) {
    let start = Clock.boottimeMilliseconds()
    let longest: Int64 = wasBusy ? 200 : 30_000
    while Signals.seen == nil {
      let now = Clock.boottimeMilliseconds()
      if now - start >= longest { return }
      if let end, now >= end { return }
      if now - start >= 200 {
        if let due, Clock.wallMilliseconds() >= due.milliseconds { return }
        if let now = liveRuns(), Set(now) != alive.map(Set.init) { return }
      }
      Clock.sleep(milliseconds: 100)
    }
  }

  /// A shutdown: TERM to every worker, no attempt is spent, and a last tick settles what ended.
  ///
  /// Ticks that ended workers had started may launch more meanwhile, so it goes on until no lease
  /// is held.
  private func stopWorkers() async -> TickReport {
    Signals.clear()
    let executor = composition.executor()
    var last = await tick(.waiting, launches: false)
    let limit = Clock.boottimeMilliseconds() + Self.patience
    var asked: Set<RunID> = []
    while case let alive = liveRuns(), alive?.isEmpty != true {
      let isOver = Clock.boottimeMilliseconds() >= limit
      for run in alive ?? [] where isOver || asked.insert(run).inserted {
        do throws(ExecutorError) { try executor.end(run, isOver ? .kill : .stop) } catch {
          composition.logbook.write(.error, "\(run): \(error.sentence)")
        }
      }
      Clock.sleep(milliseconds: 50)
      if Clock.boottimeMilliseconds() >= limit + 10_000 { break }
    }
    last = await tick(.waiting, launches: false)
    let sentence =
      switch liveRuns()?.count {
      case 0: "told to stop: the workers were ended, their work is kept"
      case nil:
        "told to stop, but nobody can say whether workers live: `symphony status` tells when"
          + " somebody can"
      case let left?:
        "told to stop, but \(left) worker(s) would not end; `symphony stop --all` goes on with it"
      }
    return last.ending(.willRetry, sentence)
  }

  /// The grace of a worker with the longest hooks it may have: 5 s, its after_run, 10 s.
  private static let patience: Int64 = 120_000

  /// 1 when an item is left that failed or waits for a person because something failed.
  private func finished(_ report: TickReport) -> TickReport {
    let stuck = report.plan?.verdicts.filter { $0.reason.needsHuman || $0.reason.isHindered } ?? []
    guard let first = stuck.first else {
      return report.exit == .tracker ? report : report.ending(.done, nil)
    }
    return report.ending(
      .willRetry,
      "\(stuck.count) item(s) did not come to an end: \(first.key): \(first.reason.sentence)")
  }
}

/// What is still under way after a tick.
struct Outlook {
  var nextDue: Timestamp?
  var isBusy: Bool

  init(_ report: TickReport) {
    var due: [Timestamp] = []
    var busy = report.snapshot?.state.outbox.isEmpty == false
    let claims = Dictionary(
      (report.snapshot?.state.items ?? []).map { ($0.id, $0.claim) }
    ) { first, _ in first }
    for verdict in report.plan?.verdicts ?? [] {
      switch verdict.reason {
      case .run, .rest(.pullRequestOwed), .notChecked: busy = true
      case .wait(let wait):
        // A kept workspace of a closed issue waits for a person, a debt waits for its next try.
        if case .unpushed = wait, case .released? = claims[verdict.item] { continue }
        busy = true
        if let until = wait.until { due.append(until) }
      case .rest, .obstacle, .hindrance: break
      }
    }
    for news in report.news {
      if case .debtEntered = news { busy = true }
    }
    nextDue = due.min()
    isBusy = busy
  }
}
