// The news of a tick as lines and as troubles: made of the plan, of the answers to deliveries and
// of the things it could not look at. Each change of an item is one line with its issue and the
// reason. The news book decides whether anybody is told, and when.
import SymphonyCore

extension NewsLine {
  /// Of what a plan commits: before it is carried out, so that no kill loses it.
  static func all(of plan: Plan, in snapshot: Snapshot, tick: String) -> [NewsLine] {
    let verdicts = Dictionary(plan.verdicts.map { ($0.key, $0.reason) }) { first, _ in first }
    var records = Dictionary(snapshot.state.items.map { ($0.key, $0) }) { first, _ in first }
    for case .putItem(let record) in plan.changes { records[record.key] = record }
    let moved = Set(
      plan.news.compactMap { news -> ItemKey? in
        if case .claimChanged(let key, _, let to, _) = news, isToldOfClaim(to) { key } else { nil }
      })
    var lines: [NewsLine] = []
    func add(
      _ kind: Kind, _ code: String, _ sentence: String, _ key: ItemKey, run: RunID? = nil
    ) {
      var line = NewsLine(kind, code: code, sentence, at: snapshot.now, tick: tick)
      line.be(about: records[key], key, run: run)
      line.boardItem = line.item.flatMap(snapshot.boardItem)
      lines.append(line)
    }
    for news in plan.news {
      switch news {
      // The line about the item's new claim says how the run ended, too.
      case .settled(let run, let key, let outcome, let summary):
        guard outcome.isFailure, !moved.contains(key) else { continue }
        let next = verdicts[key]?.sentence ?? ""
        // Why an item waits is often why its run ended: said once.
        let why = (next.contains(summary) ? [next] : [summary, next]).filter { !$0.isEmpty }
        add(
          .failed, outcome.rawValue,
          "the run ended, \(outcome.rawValue): \(why.joined(separator: "; "))", key, run: run)
      case .claimChanged(let key, let from, let to, let why):
        guard let kind = kind(from: from, to: to) else { continue }
        let reason = verdicts[key]
        // It is told with its number, when the tracker has answered.
        if kind == .handedOff, reason?.code == owed { continue }
        let run = plan.news.lazy.compactMap { news -> RunID? in
          if case .settled(let run, key, _, _) = news { run } else { nil }
        }.first
        add(kind, reason?.code ?? why, words(kind, reason?.sentence ?? why), key, run: run)
      case .debtEntered, .holdSet, .holdLifted: continue
      }
    }
    for effect in plan.effects {
      switch effect {
      case .launch(let order) where order.run.purpose == .work:
        let agent = order.run.account.map { " (\($0.text))" } ?? ""
        add(
          .launched, effect.name, "run \(order.run.generation) is launched\(agent)", order.item.key,
          run: order.run.id)
      case .stop(let run, let key, let why, _):
        add(.stopping, effect.name, "stopping: \(why)", key, run: run)
      case .kill(let run, let key, let why):
        add(.killed, effect.name, "killed: \(why)", key, run: run)
      case .launch, .sweep, .clear, .forget, .deliver: continue
      }
    }
    return lines
  }

  /// Of the answer to a delivery.
  static func all(
    of answered: AnsweredDelivery, _ record: ItemRecord, in snapshot: Snapshot, tick: String
  ) -> [NewsLine] {
    let now = snapshot.now
    var after = record
    for case .putItem(let changed) in answered.changes where changed.id == record.id {
      after = changed
    }
    let isHandedOffNow = record.verdict == owed && after.verdict == Kind.handedOff.rawValue
    let told = isHandedOffNow ? [line(.handedOff, after, at: now, tick: tick)] : []
    let lines =
      told
      + answered.news.compactMap { news in
        guard case .claimChanged(_, let from, let to, let why) = news,
          let kind = kind(from: from, to: to)
        else { return nil }
        return line(kind, after, why, at: now, tick: tick)
      }
    return lines.map { line in
      var placed = line
      placed.boardItem = snapshot.boardItem(of: record.id)
      return placed
    }
  }

  /// `why`: what is said of an item that has no verdict.
  private static func line(
    _ kind: Kind, _ record: ItemRecord, _ why: String = "", at now: Timestamp, tick: String
  ) -> NewsLine {
    let sentence = record.sentence.isEmpty ? why : record.sentence
    var line = NewsLine(
      kind, code: record.verdict.isEmpty ? why : record.verdict, words(kind, sentence), at: now,
      tick: tick)
    line.be(about: record, record.key, run: nil)
    return line
  }

  /// The verdict of a hand-off whose pull request is not there yet.
  private static let owed = "pull_request_owed"

  private mutating func be(about record: ItemRecord?, _ key: ItemKey, run: RunID?) {
    self.key = key
    self.run = run
    item = record?.id
    session = record?.session?.session.id
    repository = record.map { "\($0.repository.owner)/\($0.repository.name)" }
  }

  private static func isToldOfClaim(_ state: Claim.State) -> Bool {
    switch state {
    case .parked, .handedOff, .released: true
    case .unclaimed, .running, .retrying: false
    }
  }

  private static func kind(from: Claim.State, to: Claim.State) -> Kind? {
    switch to {
    case .parked: .parked
    case .handedOff: .handedOff
    case .released: .released
    case .unclaimed: from == .parked || from == .handedOff ? .woken : nil
    case .running, .retrying: nil
    }
  }

  private static func words(_ kind: Kind, _ sentence: String) -> String {
    switch kind {
    case .parked: "parked: \(sentence)"
    case .handedOff: "handed off: \(sentence)"
    case .released: "released: \(sentence)"
    case .woken: "taken up again: \(sentence)"
    case .launched, .failed, .stopping, .killed, .trouble, .over: sentence
    }
  }
}

extension Snapshot {
  /// The item's place on its board; nil: it has none, or this tick did not see the item.
  fileprivate func boardItem(of id: ItemID) -> String? {
    if case .found(let item)? = survey.answers[id] { return item.board?.itemID }
    guard case .items(let candidates) = survey.candidates else { return nil }
    return candidates.first { $0.id == id }?.board?.itemID
  }
}

/// The troubles a tick met, and of which it would have met them if they were there.
struct SeenTroubles: Sendable {
  var present: [Trouble] = []
  var looked: Set<Trouble.Code> = [.bug]

  init(bug: String) { present = [Trouble(.bug, bug)] }

  init(withoutPolicy problem: String) {
    present = [Trouble(.workflowInvalid, problem)]
    looked = [.bug, .workflowInvalid]
  }

  init(_ report: TickReport, _ seen: Observation, policyProblem: String?) {
    looked.formUnion([.workflowInvalid, .workspaceAbsent, .state, .hold, .paused])
    let snapshot = seen.snapshot
    if let policyProblem { present.append(Trouble(.workflowInvalid, policyProblem)) }
    let absent = Set(snapshot.absentFolders.map(\.sentence)).sorted()
    if !absent.isEmpty {
      present.append(Trouble(.workspaceAbsent, absent.joined(separator: "; ")))
    }
    if let trouble = report.carried.stateTrouble { present.append(Trouble(.state, trouble)) }
    for failure in report.carried.failures where failure != report.carried.stateTrouble {
      present.append(Trouble(.failure, scope: Trouble.withoutFigures(failure), failure))
    }
    for note in report.plan?.notes ?? [] {
      present.append(Trouble(.failure, scope: Trouble.withoutFigures(note), note))
    }
    addTracker(seen)
    addHolds(snapshot, report.isCommitted ? report.plan?.changes ?? [] : [])
    if case .items = snapshot.survey.candidates { addHindrances(report.plan?.verdicts ?? []) }
  }

  /// Troubles with the files that ticks write for others, as the tick before left them in `store`.
  ///
  /// What nobody asks for any more is in no trouble.
  mutating func noteFiles(_ policy: Policy, _ store: any TickStore) throws(StoreError) {
    for file in PublishedFile.allCases {
      looked.insert(file.trouble)
      guard file.path(policy) != nil, let problem = try store.fact(file.fact), !problem.isEmpty
      else { continue }
      present.append(Trouble(file.trouble, problem))
    }
  }

  private mutating func addTracker(_ seen: Observation) {
    if let problem = seen.trackerProblem {
      let hint = problem.hint.map { " (\($0))" } ?? ""
      present.append(Trouble(.tracker, problem.sentence + hint))
      looked.insert(.tracker)
    } else if seen.polled {
      looked.insert(.tracker)
    }
  }

  /// As they are after the plan; the tracker's own is told with its trouble.
  private mutating func addHolds(_ snapshot: Snapshot, _ changes: [Change]) {
    var holds = snapshot.state.holds
    for change in changes {
      switch change {
      case .putHold(let hold):
        holds.removeAll { $0.kind == hold.kind && $0.scope == hold.scope }
        holds.append(hold)
      case .deleteHold(let kind, let scope):
        holds.removeAll { $0.kind == kind && $0.scope == scope }
      case .putItem, .insertRun, .putRun, .insertOutbox, .putOutbox, .putPiece, .deleteRequest,
        .appendLedger, .addUsage, .setFact, .moveNumber, .count:
        continue
      }
    }
    for hold in holds where hold.isInForce(at: snapshot.now) {
      let end = hold.until.map { " until \($0.time.rfc3339)" } ?? ""
      if hold.kind == .pause {
        let why = hold.why.isEmpty ? "" : ": \(hold.why)"
        present.append(Trouble(.paused, "paused\(end)\(why); `symphony resume` goes on"))
      } else {
        let scope = [hold.kind.rawValue, hold.scope].filter { !$0.isEmpty }.joined(separator: " ")
        let who =
          hold.kind == .byOperator ? "\(hold.scope) is held by an operator" : "\(scope) is held"
        let why = hold.why.isEmpty ? "" : ": \(hold.why)"
        present.append(Trouble(.hold, scope: scope, who + end + why))
      }
    }
  }

  /// Adds troubles outside the items that keep them from running; only a tick with the list knows.
  private mutating func addHindrances(_ verdicts: [Verdict]) {
    var sentences: [Trouble.Code: Set<String>] = [:]
    for case .hindrance(let hindrance) in verdicts.map(\.reason) {
      switch hindrance {
      case .agentUnavailable: sentences[.agentUnavailable, default: []].insert(hindrance.sentence)
      case .repositoryUnfit: sentences[.repositoryUnfit, default: []].insert(hindrance.sentence)
      case .diskLow, .inodesLow: sentences[.diskLow, default: []].insert(hindrance.sentence)
      case .overBudget: sentences[.overBudget, default: []].insert(hindrance.sentence)
      case .paused, .policyInvalid, .workspaceAbsent, .otherRepository, .cleanUpFailed: continue
      }
    }
    let codes: [Trouble.Code] = [.agentUnavailable, .repositoryUnfit, .diskLow, .overBudget]
    for code in codes {
      looked.insert(code)
      guard let all = sentences[code] else { continue }
      present.append(Trouble(code, all.sorted().joined(separator: "; ")))
    }
  }

  /// A worker's tick sees that nobody calls any more; the call that comes after all ends it.
  mutating func lookForTimer(
    _ before: LastTick?, interval: Interval?, at now: Timestamp, _ options: Tick.Options
  ) {
    guard let called = before?.calledAt else { return }
    looked.insert(.noTick)
    guard [.nudged, .hinted].contains(options.trigger),
      now - called > LastTick.allowance(interval: interval)
    else {
      return
    }
    present.append(
      Trouble(
        .noTick, "no tick since \(called.rfc3339) but those of workers: is the timer running?"))
  }
}
