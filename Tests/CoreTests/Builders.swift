// Small worlds for planner tests, and the interpretation of a plan's changes without a database.
import SymphonyCore

let noon = Timestamp(milliseconds: 1_900_000_000_000)

extension Policy {
  static func sample(_ edit: (inout Policy) -> Void = { _ in }) -> Policy {
    var tracker = TrackerPolicy()
    tracker.requiredLabels = ["symphony"]
    var policy = Policy(
      tracker: tracker, git: GitPolicy(), hooks: HookPolicy(), agent: AgentPolicy(),
      workspace: WorkspacePolicy(), pullRequest: PullRequestPolicy(), limits: LimitPolicy(),
      pollInterval: .seconds(30), tickDeadline: .seconds(25),
      promptTemplate: "do {{ issue.title }}",
      promptLine: 1, workflowPath: "/p/WORKFLOW.md")
    edit(&policy)
    return policy
  }
}

extension WorkItem {
  static func sample(_ number: Int, _ edit: (inout WorkItem) -> Void = { _ in }) -> WorkItem {
    let repository = RepositoryName(owner: "acme", name: "app")
    var item = WorkItem(
      id: ItemID("I_\(number)"), key: ItemKey(repository: repository, reference: "\(number)"),
      repository: repository, number: number, title: "Issue \(number)", body: "body \(number)")
    item.labels = ["symphony"]
    item.author = "alice"
    item.createdAt = Timestamp(milliseconds: 1_000_000 + Int64(number))
    item.updatedAt = Timestamp(milliseconds: 2_000_000)
    edit(&item)
    return item
  }
}

/// A world between ticks: rows, and what the observer would see.
struct World {
  var now = noon
  var bootID = "boot-1"
  var policy = Policy.sample()
  var policyProblem: String?
  var state = StoredState()
  var issues: [WorkItem] = []
  var candidatesOverride: Survey.Candidates?
  var answers: [ItemID: Survey.Answer] = [:]
  var pullRequests: [String: Survey.PullRequestFact] = [:]
  var comments: [ItemID: [Survey.Comment]] = [:]
  var runs: [RunID: RunObservation] = [:]
  var executorFails = false
  var pullRequestsKnown = true
  var isCached = false
  var limit: RateLimit?
  var busy: [WorkspaceKey: Int32] = [:]
  var agentProblem: String?
  var freeMegabytes: Int? = 100_000
  var trigger = Snapshot.Trigger.manual
  var nonceSeed = 0

  static let facts = RepositoryFacts(
    name: RepositoryName(owner: "acme", name: "app"), defaultBranch: "main",
    cloneURL: "https://github.com/acme/app.git", credentialScope: "https://github.com/",
    isPrivate: true,
    htmlURL: "https://github.com/acme/app")

  init(_ numbers: Range<Int>) { issues = numbers.map { .sample($0) } }

  var snapshot: Snapshot {
    var survey = Survey(
      candidates: candidatesOverride ?? .items(issues.filter { $0.state == .open }))
    survey.repository = World.facts
    survey.answers = answers
    survey.pullRequests = pullRequests
    survey.comments = comments
    survey.pullRequestsKnown = pullRequestsKnown
    survey.isCached = isCached
    survey.limit = limit
    let needed = Snapshot.noncesNeeded(items: state.items.count, candidates: issues.count)
    return Snapshot(
      now: now, bootID: bootID, stateTag: "ab12cd", stateDirectory: "/s", trigger: trigger,
      policy: policy,
      policyProblem: policyProblem,
      state: state,
      runs: executorFails ? nil : PollAnswer(runs: runs, busy: busy, settledDirectories: []),
      survey: survey, agentProblem: agentProblem, freeMegabytes: freeMegabytes,
      nonces: (0..<needed).map { index in
        let text = String(nonceSeed * 100_000 + index, radix: 16)
        return String(repeating: "0", count: 32 - text.count) + text
      })
  }

  /// Plans, applies the changes, and lets launched runs live.
  @discardableResult
  mutating func tick() -> Plan {
    let plan = Planner.plan(snapshot)
    apply(plan)
    return plan
  }

  mutating func apply(_ plan: Plan) {
    nonceSeed += 1
    for change in plan.changes { apply(change) }
    for action in plan.actions {
      if case .launch(let order) = action {
        var seen = RunObservation(liveness: .alive)
        seen.worker = ProcessIdentity(pid: 100, startTime: 1, bootID: bootID)
        runs[order.run.id] = seen
      }
    }
    state.items.sort { $0.id < $1.id }
    state.runs.removeAll { $0.phase == .settled }
    state.runs.sort { $0.id < $1.id }
    state.outbox.removeAll { $0.state != .pending }
  }

  private mutating func apply(_ change: Change) {
    switch change {
    case .putItem(let row):
      state.items.removeAll { $0.id == row.id }
      state.items.append(row)
    case .insertRun(let row), .putRun(let row):
      state.runs.removeAll { $0.id == row.id }
      state.runs.append(row)
    case .insertOutbox(var row):
      guard !state.outbox.contains(where: { $0.dedupeKey == row.dedupeKey }) else { return }
      row.id = (state.outbox.map(\.id).max() ?? 0) + 1
      state.outbox.append(row)
    case .putOutbox(let row):
      state.outbox.removeAll { $0.id == row.id }
      state.outbox.append(row)
    case .putHold(let hold):
      state.holds.removeAll { $0.kind == hold.kind && $0.scope == hold.scope }
      state.holds.append(hold)
    case .deleteHold(let kind, let scope):
      state.holds.removeAll { $0.kind == kind && $0.scope == scope }
    case .deleteRequest(let id): state.requests.removeAll { $0.id == id }
    case .appendLedger, .addUsage, .setFact: break
    }
  }

  func record(_ number: Int) -> ItemRecord? { state.items.first { $0.id == ItemID("I_\(number)") } }
  func run(_ number: Int) -> RunRecord? { state.runs.first { $0.item == ItemID("I_\(number)") } }

  /// Ends the live run of an issue with a result.
  mutating func finish(
    _ number: Int, _ outcome: Outcome, _ edit: (inout RunResult) -> Void = { _ in }
  ) {
    guard let run = run(number) else { return }
    var result = RunResult(
      nonce: run.nonce, runID: run.id, outcome: outcome, summary: "\(outcome)", startedAt: now,
      endedAt: now)
    edit(&result)
    var seen = RunObservation(liveness: .ended(result))
    seen.worker = ProcessIdentity(pid: 100, startTime: 1, bootID: bootID)
    runs[run.id] = seen
  }

  mutating func succeedWithCommits(_ number: Int) {
    finish(number, .succeeded) {
      $0.commitsAhead = 1
      $0.madeProgress = true
      $0.turns = 1
      $0.push = .pushed(head: "abc")
    }
  }

  mutating func vanish(_ number: Int, withIdentity: Bool = true, leftovers: [Int32] = []) {
    guard let run = run(number) else { return }
    var seen = RunObservation(liveness: .vanished)
    if withIdentity { seen.worker = ProcessIdentity(pid: 100, startTime: 1, bootID: bootID) }
    seen.leftovers = leftovers
    runs[run.id] = seen
  }

  /// Delivers what is owed for an item as if GitHub had answered.
  mutating func deliverAll(pullRequest number: Int) {
    for entry in state.outbox {
      guard let record = state.items.first(where: { $0.id == entry.item }) else { continue }
      let reference = PullRequestRef(
        number: number, url: "https://github.com/acme/app/pull/\(number)")
      let delivery: Delivery =
        if case .ensurePullRequest = entry.payload {
          .pullRequest(reference, created: true)
        } else {
          .comment(url: "u")
        }
      for change in DeliverySettlement.changes(entry, record, delivered: delivery) { apply(change) }
    }
    state.items.sort { $0.id < $1.id }
    state.outbox.removeAll { $0.state != .pending }
  }

  func verdict(_ plan: Plan, _ number: Int) -> String {
    plan.verdicts.first { $0.item == ItemID("I_\(number)") }?.reason.code ?? "none"
  }
}

extension Plan {
  var launches: [Int] {
    actions.compactMap { action in
      if case .launch(let order) = action { order.item.number } else { nil }
    }
  }
  func has(_ name: String) -> Bool { actions.contains { $0.name == name } }
}
