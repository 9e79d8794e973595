// What happens between two ticks: runs end, debts are paid, people move things.
import SymphonyCore
import SymphonyTestSupport

extension World {
  // MARK: runs

  /// Ends the live run of an issue with a result.
  mutating func finish(
    _ number: Int, _ outcome: Outcome, _ edit: (inout RunResult) -> Void = { _ in }
  ) {
    guard let run = run(number) else { return }
    var result = RunResult(
      nonce: run.nonce, runID: run.id, outcome: outcome, summary: "\(outcome)", startedAt: now,
      endedAt: now)
    edit(&result)
    runs[run.id] = RunObservation(liveness: .ended(result))
  }

  mutating func succeedWithCommits(_ number: Int) {
    finish(number, .succeeded) {
      $0.commitsAhead = 1
      $0.madeProgress = true
      $0.turns = 1
      $0.push = .pushed(head: "abc")
    }
  }

  mutating func vanish(
    _ number: Int, withIdentity: Bool = true, leftovers: RunObservation.Leftovers = .none
  ) {
    guard let run = run(number) else { return }
    var seen = RunObservation(liveness: .vanished(withIdentity ? .died : .neverStarted))
    seen.leftovers = leftovers
    runs[run.id] = seen
  }

  /// The same with what it told last; of what was not launched nothing is there.
  mutating func vanish(_ number: Int, as how: RunObservation.Vanishing) {
    guard let run = run(number) else { return }
    var seen = RunObservation(liveness: .vanished(how))
    if how != .notLaunched { seen.progress = runs[run.id]?.progress }
    runs[run.id] = seen
  }

  // MARK: money

  /// Dollars that are on record already.
  mutating func spend(_ dollars: Double, on day: String) {
    var usage = Usage()
    usage.costUSD = dollars
    state.totals.append(
      UsageTotal(day: day, account: Account("claude_code"), model: "m", usage: usage))
  }

  /// What the live run of an issue has used so far.
  mutating func progress(_ number: Int, dollars: Double, tokens: Int64 = 0) {
    guard let run = run(number), var seen = runs[run.id] else { return }
    var progress = seen.progress ?? RunProgress(nonce: run.nonce, phase: .agent, phaseSince: now)
    progress.turn = 1
    progress.spent = [.sample(dollars, tokens: tokens)]
    progress.usage = progress.spent.total
    seen.progress = progress
    runs[run.id] = seen
  }

  // MARK: debts

  /// Pays every debt that is due as the tracker would, in the order of their entry; what waits
  /// holds back the later ones of its item.
  mutating func deliverAll(pullRequest number: Int? = nil) {
    var waiting: Set<ItemID> = []
    for entry in state.outbox where !waiting.contains(entry.item) {
      pay(entry, pullRequest: number)
      if state.outbox.contains(where: { $0.id == entry.id && $0.state == .pending }) {
        waiting.insert(entry.item)
      }
    }
    state.tidy()
  }

  /// Carries a plan out as the applier does, without a fault: rows, launches, the debts it lists.
  /// - Returns: the effects that were carried out, as `Plan.listed` tells them.
  @discardableResult
  mutating func carryOut(_ plan: Plan) -> [String] {
    apply(plan)
    var queue = DebtQueue()
    var done: [String] = []
    for (effect, line) in zip(plan.effects, plan.listed) {
      switch effect {
      case .launch, .stop, .kill, .sweep, .clear, .forget: break
      case .deliver(let order):
        guard let entry = state.outbox.first(where: { $0.dedupeKey == order.dedupeKey }),
          queue.isFree(entry), pay(entry)
        else { continue }
        if let left = state.outbox.first(where: { $0.id == entry.id }), left.state == .pending {
          queue.wait(behind: left)
        }
      }
      done.append(line)
    }
    state.tidy()
    return done
  }

  /// Pays the first debt of that kind.
  mutating func deliver(_ number: Int, _ kind: String) {
    let entry = state.outbox.first { $0.item == .issue(number) && $0.payload.kind == kind }
    if let entry { pay(entry) }
    state.tidy()
  }

  /// - Returns: false for what speaks of a pull request that is not there: it is not sent.
  @discardableResult
  private mutating func pay(_ entry: OutboxEntry, pullRequest number: Int? = nil) -> Bool {
    guard let record = state.items.first(where: { $0.id == entry.item }),
      !entry.payload.needsPullRequest || record.pullRequest != nil
    else { return false }
    let answer = effect(of: entry, number)
    switch answer {
    case .waiting, .superseded: break
    default: delivered[entry.item, default: []].append(entry.payload.kind)
    }
    settle(entry, .success(answer))
    return true
  }

  /// Records an answer as the applier does.
  /// - Returns: what is told of it.
  @discardableResult
  mutating func settle(
    _ entry: OutboxEntry, _ answer: Result<Delivery, TrackerError>
  ) -> [News] {
    guard let record = state.items.first(where: { $0.id == entry.item }) else { return [] }
    let begun = DeliverySettlement.begun(entry, now: now)
    let settled = DeliverySettlement.settle(
      begun, answer, of: record, debts: state.outbox, in: snapshot)
    state.commit(settled.changes, keys: &enteredDebts)
    return settled.news
  }

  /// The request was made and had its effect; its answer was lost.
  mutating func loseAnswer(_ entry: OutboxEntry) {
    guard let record = state.items.first(where: { $0.id == entry.item }) else { return }
    if !entry.payload.needsPullRequest || record.pullRequest != nil { _ = effect(of: entry, nil) }
    settle(entry, .failure(.unreachable("connection reset")))
  }

  mutating func refuse(_ entry: OutboxEntry, _ error: TrackerError) {
    settle(entry, .failure(error))
  }

  /// Done twice, the same as once: like the tracker's adapter, it looks first.
  private mutating func effect(of entry: OutboxEntry, _ number: Int?) -> Delivery {
    switch entry.payload {
    case .ensurePullRequest(let order):
      let head = HeadRef(order.repository, order.head)
      if let open = pullRequests[head], open.state == .open {
        return .pullRequest(open.ref, created: false)
      }
      if number == nil { nextPullRequest += 1 }
      let made = number ?? nextPullRequest
      let reference = PullRequestRef(
        number: made, url: "https://github.com/\(order.repository)/pull/\(made)")
      pullRequests[head] = .init(ref: reference, state: .open, createdAt: now, endedAt: nil)
      return .pullRequest(reference, created: true)
    case .comment: return .comment(url: "u")
    case .setStatus(let order): return move(entry.item, order)
    case .setLabels(let order):
      change(entry.item) { item in
        item.labels.removeAll { label in order.move.remove.contains { $0.folded == label.folded } }
        for label in order.move.add where !item.labels.contains(label) { item.labels.append(label) }
      }
      return .done("labelled")
    case .convertDraft(let order):
      let number = 1000 + (Int(entry.item.text.drop { !$0.isNumber }) ?? 0)
      if let index = issues.firstIndex(where: { $0.id == entry.item }) {
        issues[index] = .onBoard(number, of: order.repository)
      }
      return .converted(to: ItemKey(repository: order.repository, reference: "\(number)"))
    case .reply: return .comment(url: "u")
    case .resolveThread, .requestReview, .rerunChecks, .updateBranch, .merge: return .done("done")
    case .closeIssue:
      change(entry.item) { $0.state = .closed }
      return .done("closed")
    }
  }

  private mutating func move(_ id: ItemID, _ order: StatusOrder) -> Delivery {
    guard let item = issues.first(where: { $0.id == id }) else { return .done("gone") }
    if item.status?.folded == order.value.folded { return .done("there already") }
    if !order.expected.contains(where: { $0.folded == (item.status ?? "").folded }) {
      return .superseded("it is in \(item.status ?? "no status")")
    }
    if !order.checks.isEmpty, !checksAreGreen { return .waiting("check build is pending") }
    change(id) { $0.status = order.value }
    return .done("moved")
  }

  // MARK: people

  mutating func change(_ id: ItemID, _ edit: (inout WorkItem) -> Void) {
    guard let index = issues.firstIndex(where: { $0.id == id }) else { return }
    edit(&issues[index])
    issues[index].updatedAt = now
    issues[index].board?.updatedAt = now
  }

  mutating func edit(_ number: Int, _ edit: (inout WorkItem) -> Void) {
    change(.issue(number), edit)
  }

  mutating func move(_ number: Int, to status: String?) { edit(number) { $0.status = status } }

  mutating func close(_ number: Int) {
    guard let index = issues.firstIndex(where: { $0.id == .issue(number) }) else { return }
    issues[index].state = .closed
    issues[index].updatedAt = noon + .minutes(1)
    answers[.issue(number)] = .found(issues[index])
  }

  mutating func ask(
    _ kind: OperatorRequest.Kind, _ number: Int, why: String = "", takeOver: Bool = false
  ) {
    let id = (state.requests.map(\.id).max() ?? 0) + 1
    state.requests.append(
      OperatorRequest(
        id: id, kind: kind, item: .issue(number), by: "ann", why: why, takeOver: takeOver, at: now))
  }

  /// Issue 1's pull request 5.
  mutating func setPullRequest(_ state: Survey.PullRequestFact.State) {
    pullRequests[HeadRef(app, "symphony/acme_app_1")] = Survey.PullRequestFact(
      ref: PullRequestRef(number: 5, url: "https://github.com/acme/app/pull/5"), state: state,
      createdAt: noon, endedAt: state == .open ? nil : noon + .minutes(1))
  }

  /// Ends whatever pull request an issue's branch has.
  mutating func endPullRequest(_ number: Int, _ state: Survey.PullRequestFact.State) {
    guard let record = record(number) else { return }
    let head = HeadRef(record.repository, record.branch)
    guard pullRequests[head]?.state == .open else { return }
    pullRequests[head]?.state = state
    pullRequests[head]?.endedAt = now
  }
}

extension TurnUsage {
  static func sample(
    _ dollars: Double, tokens: Int64 = 0, turn: Int = 1, model: String = "m"
  ) -> TurnUsage {
    var usage = Usage()
    usage.costUSD = dollars
    usage.inputTokens = tokens
    return TurnUsage(turn: turn, model: model, usage: usage)
  }
}

extension RunResult {
  mutating func spend(_ dollars: Double, tokens: Int64 = 0) {
    turns = max(turns, 1)
    spent = [.sample(dollars, tokens: tokens)]
    usage = spent.total
  }
  mutating func fail(_ failure: Failure) {
    turns = 1
    self.failure = failure
  }
}

extension RunObservation {
  /// Of a run that lives; setting it on another one has no effect.
  var vitals: Vitals {
    get { if case .alive(let vitals) = liveness { vitals } else { Vitals() } }
    set { if case .alive = liveness { liveness = .alive(newValue) } }
  }
}
