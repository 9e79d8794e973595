// The sources of the report of the state, as values: read by the program, so that the report itself
// touches neither a file nor a clock and can be tested whole.
import SymphonyCore

package struct StateSources: Sendable {
  package var now: Timestamp
  package var workflow: String
  package var stateDirectory: String
  package var state: StoredState
  /// Nil: the workers could not be looked at, and `workersProblem` says why.
  package var poll: PollAnswer?
  package var workersProblem: String?
  /// Of each item that had one: the run with the highest generation, settled or not.
  package var latestRuns: [ItemID: RunRecord] = [:]
  /// Items at rest that are not in `state`.
  package var resting: [RestingItems] = []
  /// The last change of each item's verdict, as far as the ledger still has it.
  package var changes: [ItemID: LedgerEntry] = [:]
  /// The debts that the tracker refused for good.
  package var refused: [OutboxEntry] = []
  /// The ledger, and the runs launched or settled, since 00:00 UTC at least.
  package var ledgerToday: [LedgerEntry] = []
  package var runsToday: [RunRecord] = []
  package var lastPoll: Timestamp?
  package var lastTick: LastTick?
  /// `polling.interval_ms`; nil: no workflow could be read.
  package var pollInterval: Interval?
  /// When WORKFLOW.md was changed last; nil: it is not there.
  package var workflowWritten: Timestamp?
  package var trackerProblem = ""
  package var workflowProblem: String?
  package var trackerUse: TrackerUse?
  /// Nil: no workflow could be read.
  package var maxConcurrent: Int?
  /// Dollars; nil: no limit.
  package var maxCostPerDay: Double?
  /// Keys of the limits in dollars that are set.
  package var dollarLimits: [String] = []

  package init(
    now: Timestamp, workflow: String, stateDirectory: String, state: StoredState,
    poll: PollAnswer?
  ) {
    self.now = now
    self.workflow = workflow
    self.stateDirectory = stateDirectory
    self.state = state
    self.poll = poll
  }

  /// The run of an item that is not settled.
  func liveRun(of item: ItemID) -> RunRecord? { state.runs.first { $0.item == item } }
  func seen(_ run: RunRecord) -> RunObservation? { poll?.runs[run.id] }
}

extension StateReport {
  package init(_ sources: StateSources) {
    let now = sources.now
    let places = sources.queuePlaces
    let items = sources.state.items.sorted { ($0.key, $0.id) < ($1.key, $1.id) }
      .map { ItemReport($0, sources, places) }
    var counts = Dictionary(uniqueKeysWithValues: ItemGroup.allCases.map { ($0.rawValue, 0) })
    for item in items { counts[item.group.rawValue, default: 0] += 1 }
    let rest = RestReport(sources.resting)
    counts[ItemGroup.done.rawValue, default: 0] += rest.done
    counts[ItemGroup.unlisted.rawValue, default: 0] += rest.unlisted
    let today = sources.state.totals.filter { $0.day == now.rfc3339.prefix(10) }
    var running = Usage()
    for run in sources.state.runs {
      if let progress = sources.seen(run)?.progress { running += progress.believed }
    }
    let unbound = sources.dollarLimits.isEmpty ? [] : today
    self.init(
      version: Self.currentVersion, at: Moment(now), workflow: sources.workflow,
      stateDirectory: sources.stateDirectory, lastPoll: Moment?(sources.lastPoll),
      lastTick: sources.lastTick.map(LastTickReport.init),
      late: Lateness(
        sources.lastTick, written: sources.workflowWritten, interval: sources.pollInterval,
        at: now),
      trackerProblem: sources.trackerProblem,
      workflowProblem: sources.workflowProblem, workersProblem: sources.workersProblem,
      holds: sources.state.holds.map { HoldReport($0, at: now) }, github: sources.trackerUse,
      counts: counts, maxConcurrent: sources.maxConcurrent,
      today: TodayReport(ledger: sources.ledgerToday, runs: sources.runsToday, at: now),
      items: items, notListed: rest, usageToday: today.map(UsageReport.init),
      usageRunning: Amount(running),
      spentUSDToday: today.reduce(running.costUSD) { $0 + $1.usage.costUSD },
      maxCostUSDPerDay: sources.maxCostPerDay,
      warnings: unbound.compactMap { Self.unbound($0, by: sources.dollarLimits) })
  }

  /// A warning of an agent under a limit in dollars that tells none: that limit holds nothing.
  private static func unbound(_ total: UsageTotal, by limits: [String]) -> String? {
    guard total.usage.totalTokens > 0, total.usage.costUSD == 0 else { return nil }
    let model = total.model.isEmpty ? "" : " \(total.model)"
    return "\(total.account)\(model) reports no dollars: \(limits.joined(separator: ", ")) cannot "
      + "bind; set agent.max_tokens_per_item"
  }
}

extension StateSources {
  /// From 1, as the last tick left the queue, without what has begun since.
  ///
  /// Items that a person or a time has still to free come behind those that may run now, the
  /// earliest first.
  fileprivate var queuePlaces: [ItemID: Int] {
    // By their places, because copies of thousands of rows take longer than all else.
    let items = state.items
    var known: [ItemID: Int] = [:]
    for index in items.indices.reversed() { known[items[index].id] = index }
    let running = Set(state.runs.map(\.item))
    let waiting = (lastTick?.queue ?? []).filter { !running.contains($0) }
      .compactMap { known[$0] }
    let due = waiting.filter { (items[$0].retryAt ?? now) <= now }
    var later: [(at: Timestamp, offset: Int, index: Int)] = []
    for (offset, index) in waiting.enumerated() {
      if let at = items[index].retryAt, at > now { later.append((at, offset, index)) }
    }
    later.sort { ($0.at, $0.offset) < ($1.at, $1.offset) }
    var places: [ItemID: Int] = [:]
    for (place, index) in (due + later.map(\.index)).enumerated()
    where places[items[index].id] == nil {
      switch items[index].claim {
      case .unclaimed, .retrying: places[items[index].id] = place + 1
      case .running, .handedOff, .parked, .released: continue
      }
    }
    return places
  }
}

extension ItemRecord {
  fileprivate var retryAt: Timestamp? {
    if case .retrying(let retry) = claim { retry.deadline.time } else { nil }
  }
}

extension ItemReport {
  init(_ record: ItemRecord, _ sources: StateSources, _ places: [ItemID: Int]) {
    let standing = Standing(record, sources)
    verdict = VerdictReport(
      key: record.key.text, id: record.id.text, title: record.title, code: standing.code,
      sentence: standing.sentence, needsHuman: standing.needsHuman)
    facts = ItemFacts(record, standing.group, sources)
    facts.queuePosition = places[record.id]
  }
}

extension ItemFacts {
  init(_ record: ItemRecord, _ group: ItemGroup, _ sources: StateSources) {
    let run = sources.liveRun(of: record.id)
    let progress = run.flatMap { sources.seen($0)?.progress }
    let last = run ?? sources.latestRuns[record.id]
    let spent = progress?.spent ?? last?.spent ?? []
    let owed = sources.state.outbox + sources.refused
    var left = record.left
    left.commit = record.unpushed ?? left.commit
    let workspace = record.hasWorkspace ? record.home?.workspace : nil
    var because: String?
    if case .retrying(let retry) = record.claim { because = retry.sentence }
    var doneAt: Timestamp?
    if case .released(let release) = record.claim { doneAt = release.at }
    self.init(
      url: record.url, repository: record.repository.description, number: record.number,
      status: record.status, group: group, section: Section(record, group, at: sources.now),
      claim: record.claim.state.rawValue,
      since: Moment?(sources.changes[record.id]?.at), firstSeen: Moment(record.firstSeen),
      lastLaunch: Moment?(record.lastLaunch), retryAt: Moment?(record.retryAt),
      because: because, doneAt: Moment?(doneAt), runs: record.runs,
      failures: record.counters.failures, branch: record.branch,
      pullRequest: record.pullRequest?.url, run: run?.id.text, phase: progress?.phase,
      turn: progress?.turn, tokens: record.usage.totalTokens, costUSD: record.usage.costUSD,
      runningTokens: progress?.usage.totalTokens ?? 0,
      runningCostUSD: progress?.usage.costUSD ?? 0, doubt: spent.disbelief,
      live: run.map { LiveRunReport($0, sources) },
      lastRun: last.map { RunReport($0, spent: spent) },
      debts: owed.filter { $0.item == record.id }.map(DebtReport.init),
      requests: sources.state.requests.filter { $0.item == record.id }
        .map { RequestReport($0, waits: run != nil) },
      unpushed: record.unpushed, workspace: workspace,
      leftBehind: left.clauses(branch: record.branch, workspace: workspace))
  }
}

extension LiveRunReport {
  init(_ run: RunRecord, _ sources: StateSources) {
    let seen = sources.seen(run)
    let progress = seen?.progress
    let life: Life =
      switch seen?.liveness {
      case .alive: .alive
      case .ended: .ended
      case .vanished: .gone
      case .unknown, nil: .unknown
      }
    self.init(
      id: run.id.text, generation: run.generation, purpose: run.purpose,
      agent: run.account?.text ?? "", model: run.model, startedAt: Moment(run.launchedAt),
      life: life, phase: progress?.phase,
      phaseSince: Moment?(progress?.phaseSince), turn: progress?.turn,
      lastEvent: progress?.lastEvent ?? "", tokens: progress?.usage.totalTokens ?? 0,
      costUSD: progress?.usage.costUSD ?? 0,
      stop: run.stop.map { StopReport(by: $0.by, why: $0.why, at: Moment($0.at)) })
  }
}

extension RunReport {
  init(_ run: RunRecord, spent: [TurnUsage]) {
    self.init(
      id: run.id.text, agent: run.account?.text ?? "", model: run.model, outcome: run.outcome,
      summary: run.summary, startedAt: Moment(run.launchedAt), settledAt: Moment?(run.settledAt),
      turns: spent.map { share in
        Turn(
          turn: share.turn, model: share.model, inputTokens: share.usage.inputTokens,
          cachedInputTokens: share.usage.cachedInputTokens,
          outputTokens: share.usage.outputTokens, costUSD: share.usage.costUSD)
      })
  }
}

extension DebtReport {
  init(_ entry: OutboxEntry) {
    self.init(
      kind: entry.payload.kind, isRefused: entry.state == .refused,
      since: Moment(entry.createdAt), tries: entry.tries, nextTry: Moment(entry.nextTry.time),
      error: entry.lastError)
  }
}

extension RequestReport {
  /// `waits`: a run of its item is not settled yet.
  package init(_ request: OperatorRequest, waits: Bool) {
    self.init(
      kind: request.kind, by: request.by, why: request.why, at: Moment(request.at),
      waitsForRun: waits && !request.kind.isStop)
  }
}
