// One item of a recovery: its row as the rows have it or as its newest readable spec tells it, the
// runs that the rows do not know, and what becomes of the newest one. Nothing is lowered: a counter
// is what the rows say, or more.

struct RecoveredItem {
  private(set) var record: ItemRecord
  /// Oldest first.
  private let runs: [RunEvidence]
  let newest: RunEvidence
  private let facts: RecoveryFacts
  /// The generation that the rows know of; 0: they do not know the item.
  private let knownGeneration: Int
  private var generation: Int { newest.generation ?? 0 }

  /// Nil: neither the rows nor a spec say which issue it is.
  ///
  /// `runs`: of one workspace, at least one, the oldest first.
  init?(_ workspace: WorkspaceKey, _ runs: [RunEvidence], _ facts: RecoveryFacts) {
    guard let newest = runs.last else { return nil }
    let specs = runs.compactMap(\.spec)
    let named = specs.last { $0.item != nil }
    let known = facts.rows.items.first { record in
      record.workspace == workspace || (named?.item).map { record.id == $0 } == true
    }
    if let known {
      record = known
    } else if let spec = named, let id = spec.item {
      record = Self.record(id, workspace, spec, runs)
    } else {
      return nil
    }
    (self.runs, self.newest, self.facts) = (runs, newest, facts)
    knownGeneration = known?.generation ?? 0
  }

  private static func record(
    _ id: ItemID, _ workspace: WorkspaceKey, _ spec: RunSpec, _ runs: [RunEvidence]
  ) -> ItemRecord {
    let issue = spec.context["issue"]
    let first = runs.map(\.launchedAt).min() ?? Timestamp(milliseconds: 0)
    return ItemRecord(
      id: id, key: spec.itemKey, workspace: workspace, repository: spec.repository,
      number: issue?["number"]?.integerValue.map { Int($0) } ?? Int(spec.itemKey.reference),
      title: issue?["title"]?.stringValue ?? "", url: issue?["url"]?.stringValue ?? "",
      firstSeen: first, branch: spec.git.branch, epoch: first)
  }

  /// The rows know the newest run: its rows say all there is to say.
  var isToldByRows: Bool {
    if generation != knownGeneration { return generation < knownGeneration }
    return isKnown(newest)
  }

  /// There is a row of this very run; one of the same name with another nonce never began.
  private func isKnown(_ run: RunEvidence) -> Bool {
    guard let row = facts.known[run.id] else { return false }
    return run.spec.map { $0.nonce == row.nonce } ?? true
  }

  // MARK: Rebuilding

  mutating func rebuild(into recovery: inout Recovery) {
    var changes: [Change] = []
    bookOlder(&changes, &recovery)
    noteLaunches()
    noteBranch()
    let key = record.key.text
    if let spec = newest.spec {
      var row = row(of: newest, spec)
      let end = fate(&row)
      changes.append(.putRun(row))
      // What is settled here no tick books.
      if row.phase == .settled { bookUsage(newest, row, &changes) }
      if case .parked(let sentence) = end { park(sentence) }
      recovery.tell(key, end.code, end.sentence(newest.id))
    } else {
      let why =
        "spec.json of its newest run \(newest.id) cannot be read (\(newest.problem ?? "no reason"))"
        + (newest.isAlive ? ", and its worker lives" : "")
      park(why)
      recovery.tell(key, .parked, why)
    }
    recovery.change(.putItem(record))
    for change in changes { recovery.change(change) }
  }

  /// What becomes of the newest run.
  private enum End {
    case running, ended, vanished
    case parked(String)

    var code: Recovery.Line.Code {
      switch self {
      case .running: .running
      case .ended: .ended
      case .vanished: .vanished
      case .parked: .parked
      }
    }
    func sentence(_ run: RunID) -> String {
      switch self {
      case .running: "the worker of \(run) lives: it goes on"
      case .ended: "\(run) has ended: the next tick settles it"
      case .vanished: "\(run) left no result: the next tick settles it as vanished"
      case .parked(let sentence): sentence
      }
    }
  }

  private mutating func fate(_ row: inout RunRecord) -> End {
    if newest.isCleanUp {
      // Released, but nobody knows why; the tick that sees it closed or merged releases it again.
      if isExplained(newest) { return newest.isAlive ? .running : .ended }
      return .parked("its workspace was being removed, and nothing tells why any more")
    }
    record.claim = .running(row.id)
    if newest.isAlive { return .running }
    guard let result = newest.result else { return .vanished }
    if result.outcome == .cancelled {
      settle(&row, result.outcome, result.summary)
      row.spent = newest.spent
      return .parked(
        "\(newest.id) was stopped, and nothing tells by whom any more: \(result.summary)")
    }
    return .ended
  }

  /// Whether the rows know why a workspace was being removed.
  private func isExplained(_ cleanUp: RunEvidence) -> Bool {
    switch record.claim {
    case .released: true
    case .handedOff, .parked: cleanUp.spec?.goesOn == true
    case .unclaimed, .running, .retrying: false
    }
  }

  private mutating func park(_ sentence: String) {
    record.claim = .parked(
      Parking(reason: .recovered, sentence: sentence, since: facts.now, fingerprint: nil))
  }

  private func row(of run: RunEvidence, _ spec: RunSpec) -> RunRecord {
    var row = RunRecord(
      id: run.id, item: record.id, generation: spec.generation, purpose: spec.purpose,
      nonce: spec.nonce, era: run.era, launchedAt: run.launchedAt)
    if spec.purpose == .work {
      row.account = spec.agent.account
      row.model = spec.agent.model
      row.budgetUSD = spec.budget?.costUSD
    }
    return row
  }

  private func settle(_ row: inout RunRecord, _ outcome: Outcome, _ summary: String) {
    row.phase = .settled
    row.outcome = outcome
    row.settledAt = facts.now
    row.summary = summary
  }

  // MARK: Older runs

  /// Runs before the newest that the rows do not know, or not as settled: their money and their
  /// ends count.
  private mutating func bookOlder(_ changes: inout [Change], _ recovery: inout Recovery) {
    let live = facts.rows.runs.filter { $0.item == record.id && $0.id != newest.id }
    for row in live where !runs.contains(where: { $0.id == row.id }) {
      var row = row
      settle(&row, .vanished, "nothing is left of it")
      changes.append(.putRun(row))
    }
    for run in runs.dropLast() {
      guard let spec = run.spec, spec.generation < generation else { continue }
      if isKnown(run), facts.known[run.id]?.phase == .settled { continue }
      var row = isKnown(run) ? facts.known[run.id] ?? row(of: run, spec) : row(of: run, spec)
      settle(&row, run.result?.outcome ?? .vanished, run.result?.summary ?? "it left no result")
      row.spent = run.spent
      changes.append(.putRun(row))
      bookUsage(run, row, &changes)
      count(run)
      recovery.tell(
        run.id.text, .booked,
        row.outcome.map { "it ended as \($0.rawValue)" } ?? "it ended")
    }
  }

  /// By the day it ended on (UTC), as far as that is known.
  private mutating func bookUsage(
    _ run: RunEvidence, _ row: RunRecord, _ changes: inout [Change]
  ) {
    record.usage += run.usage
    guard let account = row.account else { return }
    let models =
      run.spent.isEmpty
      ? [row.model ?? "": run.usage.isBelievable ? run.usage : Usage()] : run.spent.believed.byModel
    let day = String(run.endedAt.rfc3339.prefix(10))
    for (model, usage) in models.sorted(by: { $0.key < $1.key }) where usage != Usage() {
      changes.append(
        .addUsage(UsageTotal(day: day, account: account, model: model, usage: usage)))
    }
  }

  private mutating func count(_ run: RunEvidence) {
    guard let result = run.result, !run.isCleanUp else { return }
    switch result.outcome {
    case .failed, .timedOut, .stalled: record.counters.failures += 1
    case .succeeded where result.commitsAhead == 0:
      record.counters.continuations += 1
      record.counters.idleRuns += result.madeProgress ? 0 : 1
    case .succeeded, .blocked, .cancelled, .vanished: break
    }
  }

  /// Runs of which nothing is left count as work: a limit rather too early than too late.
  private mutating func noteLaunches() {
    let new = runs.filter { ($0.generation ?? 0) > knownGeneration }
    let work = max(0, generation - knownGeneration) - new.count(where: \.isCleanUp)
    record.generation = max(generation, knownGeneration)
    record.runs += max(0, work)
    record.counters.launches += max(0, work)
    if let last = runs.last(where: { !$0.isCleanUp })?.launchedAt {
      record.lastLaunch = max(last, record.lastLaunch ?? last)
      // A pull request that ended before it belongs to an earlier round.
      record.epoch = max(record.epoch, last)
    }
  }

  /// Its branch, workspace and session, as the newest runs know them.
  private mutating func noteBranch() {
    guard let last = runs.last(where: { $0.spec != nil && !$0.isCleanUp }), let spec = last.spec
    else { return }
    record.branch = spec.git.branch
    record.ownsBranch =
      record.ownsBranch || spec.git.ownsBranch
      || runs.contains { $0.result?.fenced == true || $0.progress?.fenced == true }
    record.fenceHead = last.progress?.fenceHead ?? spec.git.fenceHead ?? record.fenceHead
    record.takeOver = spec.git.takeOver
    record.startsFresh = spec.git.fresh
    record.unpushed = spec.git.debt ?? record.unpushed
    record.wake = spec.wake ?? record.wake
    record.hasWorkspace = true
    let home = WorkspaceHome(cache: spec.paths.cache, workspace: spec.paths.workspace)
    if record.home == nil, home.workspace.hasSuffix("/\(record.workspace)"),
      home.cache.hasSuffix(".git")
    {
      record.home = home
    }
    if let session = runs.last(where: { $0.session != nil && !$0.isCleanUp })?.session {
      record.session = OwnedSession(session, of: spec.agent.account)
    }
  }
}
