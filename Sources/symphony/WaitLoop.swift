// `tick --wait`: ticks until no run lives, no retry is due and no debt is open. For CI jobs, whose
// runner would end the workers with the job. Holds the tick lock only during each tick; told to
// stop, it stops its workers and settles them. What lives is asked of the executor, because nudged
// ticks launch workers too. It is a scheduler of its own, so its ticks tell the news.
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyStore
import SymphonyTick

struct WaitLoop {
  let composition: Composition
  let timeoutSeconds: Int?
  private var ticks = 0

  init(composition: Composition, timeoutSeconds: Int?) {
    (self.composition, self.timeoutSeconds) = (composition, timeoutSeconds)
  }

  mutating func run() async -> TickReport {
    let end = timeoutSeconds.map { Clock.boottimeMilliseconds() + Int64($0) * 1000 }
    var trigger = Snapshot.Trigger.manual
    var refusals = 0
    let before = parked()
    while true {
      let report = await tick(trigger, launches: true)
      trigger = .waiting
      if Signals.seen != nil { return await stopWorkers(report, "told to stop") }
      let alive = liveRuns()
      switch report.exit {
      case .state where report.isStateUnusable: return await leave(report, alive: alive)
      // If it cannot be told whether a worker lives, the report says that already.
      case .workflow, .state, .usage, .bug: if alive?.isEmpty != false { return report }
      case .done, .willRetry, .tracker, .locked: break
      }
      let outlook = Outlook(report)
      if report.plan != nil, alive?.isEmpty == true, !outlook.isBusy {
        return finished(report, before)
      }
      // A wrong token or a server that is gone must not keep a CI job for ever.
      refusals = report.exit == .tracker ? refusals + 1 : 0
      if refusals >= 3, alive?.isEmpty == true { return report }
      if let end, Clock.boottimeMilliseconds() >= end {
        let sentence = "gave up waiting after \(timeoutSeconds ?? 0) s"
        // A runner kills what a step leaves behind: ended, a worker still keeps its work.
        if ActionsRunner.isHere { return await stopWorkers(report, sentence) }
        return report.ending(.willRetry, sentence + "; workers live on")
      }
      rest(until: outlook.nextDue, alive: alive, end: end, wasBusy: report.plan == nil)
      if Signals.seen != nil { return await stopWorkers(report, "told to stop") }
    }
  }

  /// Where nothing can be settled there is nothing to wait for, however long workers live.
  private mutating func leave(_ report: TickReport, alive: [RunID]?) async -> TickReport {
    guard let alive, !alive.isEmpty else { return report }
    let why = report.problem ?? "the state cannot be used"
    // A runner kills what a step leaves behind: ended, a worker still keeps its work.
    let sentence =
      ActionsRunner.isHere
      ? await stopWorkers(report, why).problem : why + "; workers live on"
    var left = report.ending(.state, sentence)
    left.hint = report.hint
    return left
  }

  private mutating func tick(_ trigger: Snapshot.Trigger, launches: Bool) async -> TickReport {
    ticks += 1
    var options = Tick.Options(trigger: trigger)
    LogStyle.begin(tick: options.id)
    options.launchesAllowed = launches
    options.tellsNews = true
    var parts = composition.tickParts()
    parts.tell = { [logbook = composition.logbook, number = ticks] news in
      logbook.tell(news, title: ActionsRunner.title(number, news))
    }
    let report = await Tick(parts: parts, options: options).run()
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

  /// A shutdown: TERM to every worker at once, no attempt is spent, and a last tick settles what
  /// ended.
  ///
  /// Ticks that ended workers had started may launch more meanwhile, so it goes on until no lease
  /// is held. A second signal means that nobody waits for that: GitHub's runners send TERM 7.5 s
  /// after INT, and KILL 2.5 s later.
  private mutating func stopWorkers(_ last: TickReport, _ why: String) async -> TickReport {
    Signals.clear()
    var last = last
    let limit = Clock.boottimeMilliseconds() + Self.patience
    repeat {
      endWorkers(limit)
      if Signals.seen != nil { break }
      last = await tick(.waiting, launches: false)
      if last.wasBusy { Clock.sleep(milliseconds: 200) }
    } while Signals.seen == nil && Clock.boottimeMilliseconds() < limit
      && (last.wasBusy || liveRuns()?.isEmpty == false)
    let sentence =
      switch liveRuns()?.count {
      case 0 where Signals.seen != nil:
        "\(why), and once more: the workers were killed, and the next tick settles them; their work"
          + " is kept"
      case 0: "\(why): the workers were ended, their work is kept"
      case nil:
        "\(why), but nobody can say whether workers live: `symphony status` tells when"
          + " somebody can"
      case let left?:
        "\(why), but \(left) worker(s) would not end; `symphony stop --all` goes on with it"
      }
    return last.ending(.willRetry, sentence)
  }

  /// Until none lives; those that outlast the limit, or a second signal, are killed.
  private func endWorkers(_ limit: Int64) {
    let executor = composition.executor()
    var asked: [RunID: Int64] = [:]
    var killed: Int64?
    while let alive = liveRuns(), !alive.isEmpty {
      let now = Clock.boottimeMilliseconds()
      let isOver = now >= limit || Signals.seen != nil
      // Again after a while: one that is just starting may not be known to anybody yet.
      for run in alive where isOver || now - (asked[run] ?? 0) >= 1000 {
        asked[run] = now
        do throws(ExecutorError) { try executor.end(run, isOver ? .kill : .stop) } catch {
          composition.logbook.write(.error, "\(run): \(error.sentence)")
        }
      }
      if isOver { killed = killed ?? now }
      if let killed, now - killed >= 1500 { return }
      Clock.sleep(milliseconds: 50)
    }
  }

  /// The grace of a worker with the longest hooks it may have: 5 s, its after_run, 10 s.
  private static let patience: Int64 = 120_000

  /// The parked items of the database, each with the time since when.
  ///
  /// Empty where the database cannot be read; the first tick reports that.
  private func parked() -> [ItemID: Timestamp] {
    guard composition.place.hasState, let look = try? StoredLook(composition.place) else {
      return [:]
    }
    defer { look.store.close() }
    return Self.parked(look.state.items)
  }

  private static func parked(_ items: [ItemRecord]) -> [ItemID: Timestamp] {
    items.reduce(into: [:]) { parked, record in
      if case .parked(let parking) = record.claim { parked[record.id] = parking.since }
    }
  }

  /// 1 when an item is left that failed during the wait, or waits for a person because something
  /// failed.
  ///
  /// An item that was parked before the wait began, and stayed so, is listed and fails nothing.
  private func finished(_ report: TickReport, _ before: [ItemID: Timestamp]) -> TickReport {
    let now = Self.parked(report.snapshot?.state.items ?? [])
    let changed = Set(
      report.news.compactMap { news in
        if case .claimChanged(let key, _, _, _) = news { key } else { nil }
      })
    let stuck = report.plan?.verdicts.filter { $0.reason.needsHuman || $0.reason.isHindered } ?? []
    let older = stuck.filter { verdict in
      guard verdict.reason.needsHuman, let since = before[verdict.item] else { return false }
      return now[verdict.item] == since && !changed.contains(verdict.key)
    }
    let newer = stuck.filter { verdict in !older.contains { $0.item == verdict.item } }
    var ended = report
    if !newer.isEmpty {
      let words = Self.list(newer.map { "\($0.key.text): \($0.reason.sentence)" }, by: "; ")
      let count = "\(newer.count) issue\(newer.count == 1 ? "" : "s")"
      ended = report.ending(.willRetry, "\(count) did not come to an end: \(words)")
    } else if report.exit != .tracker {
      ended = report.ending(.done, nil)
    }
    ended.parkedBefore = Set(older.map(\.key))
    ended.notes += [Self.words(parkedBefore: ended)].compactMap(\.self)
    return ended
  }

  /// `2 were parked before: local/app#3, local/app#4`; nil: none was.
  static func words(parkedBefore report: TickReport) -> String? {
    let keys = report.parkedBefore.sorted().map(\.text)
    if keys.isEmpty { return nil }
    return "\(keys.count) \(keys.count == 1 ? "was" : "were") parked before: "
      + list(keys, by: ", ")
  }

  private static func list(_ texts: [String], by mark: String) -> String {
    let most = 10
    let rest = texts.count > most ? "\(mark)and \(texts.count - most) more" : ""
    return texts.prefix(most).joined(separator: mark) + rest
  }
}

/// The work that is still under way after a tick.
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
