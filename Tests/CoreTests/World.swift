// A world between ticks: the truth on the tracker, our rows, and what the observer would see of
// both. `tick` plans, looks once more at what would be launched, plans again and applies the
// changes without a database; WorldStory.swift is what happens between ticks.
import SymphonyCore
import SymphonyTestSupport

struct World {
  var now = noon
  var bootID = "boot-1"
  /// Directories of settled runs, oldest first.
  var otherRuns: [RunID] = []
  var changedAt: [RunID: Timestamp] = [:]
  var halfForgotten: [RunID] = []
  var uncleared: [RunID] = []
  var policy = Policy.sample()
  var policyProblem: String?
  var state = StoredState()
  /// The truth.
  ///
  /// What a snapshot sees of it depends on the rest.
  var issues: [WorkItem] = []
  var candidatesOverride: Survey.Candidates?
  /// Answers about single items; they stand above the truth.
  var answers: [ItemID: Survey.Answer] = [:]
  /// Items that cannot be read when they are looked at once more.
  var lostAtConfirmation: Set<ItemID> = []
  /// Who stands behind items: only looked at once more they show it.
  var origins: [ItemID: Origin] = [:]
  /// Watched items are answered from the truth.
  var watches = false
  /// Candidates are those in an active status.
  var isFiltered = false
  var statusProblem: String?
  var pullRequests: [HeadRef: Survey.PullRequestFact] = [:]
  var knownHeads: Set<HeadRef> = []
  var comments: [ItemID: [Survey.Comment]] = [:]
  /// Pull requests that are followed, as they are now.
  var views: [ItemID: PullRequestView] = [:]
  var logs: [Int64: CheckLog] = [:]
  var knownNonces: Set<String> = []
  var repositories = [RepositoryFacts.sample(app)]
  var runs: [RunID: RunObservation] = [:]
  var executorFails = false
  var pullRequestsKnown = true
  var isCached = false
  var viewer: String?
  var limit: RateLimit?
  /// The tracker's clock minus ours.
  var clockOffset = Interval.zero
  var busy: [WorkspaceKey: String] = [:]
  var agentProblems: [AgentPolicy: String] = [:]
  var credentialProblem: String?
  var absentFolders: [AbsentFolder] = []
  var freeMegabytes: Int? = 100_000
  var freeInodes: Int?
  var launchesAllowed = true
  var trigger = Snapshot.Trigger.manual
  var nonceSeed = 0
  /// Every dedupe key ever entered, as the database keeps them.
  var enteredDebts: Set<String> = []
  /// What was delivered, in order: kinds by item.
  var delivered: [ItemID: [String]] = [:]
  /// Checks that are not green keep a status from moving.
  var checksAreGreen = true
  var nextPullRequest = 100

  init(_ numbers: Range<Int>) { issues = numbers.map { .sample($0) } }

  /// Odd numbers are issues of acme/app, even ones of acme/lib.
  static func board(_ numbers: Range<Int>, _ edit: (inout World) -> Void = { _ in }) -> World {
    var world = World(0..<0)
    world.issues = numbers.map { .onBoard($0, of: $0 % 2 == 1 ? app : lib) }
    world.policy = .board()
    world.repositories = [.sample(app), .sample(lib)]
    world.watches = true
    world.isFiltered = true
    world.pullRequestsKnown = false
    edit(&world)
    return world
  }

  var candidates: Survey.Candidates {
    if let candidatesOverride { return candidatesOverride }
    return .items(
      issues.filter { item in
        item.state == .open
          && (!isFiltered
            || item.board != nil && Eligibility.isActive(item.status, policy: policy.tracker))
      })
  }

  /// What the observer asks about one by one.
  private func isWatched(_ record: ItemRecord) -> Bool {
    switch record.claim {
    case .released: false
    case .unclaimed: record.runs > 0
    case .running, .retrying, .handedOff, .parked: true
    }
  }

  var survey: Survey {
    var survey = Survey(candidates: candidates)
    survey.repositories = repositories
    for record in state.items where watches && isWatched(record) {
      if let item = issues.first(where: { $0.id == record.id }) {
        survey.answers[record.id] = .found(item)
      }
    }
    survey.answers.merge(answers) { $1 }
    survey.pullRequests = pullRequests
    survey.knownHeads = knownHeads
    survey.comments = comments
    for record in state.items {
      let question = FollowQuestion.routine(record, policy, at: now)
      survey.views[record.id] = question.flatMap { view(of: record.id, $0) }
    }
    survey.pullRequestsKnown = pullRequestsKnown
    survey.isCached = isCached
    survey.isFiltered = isFiltered
    survey.statusProblem = statusProblem
    survey.viewer = viewer
    survey.limit = limit
    survey.clockOffset = clockOffset
    return survey
  }

  /// What vanished was launched before a restart, or not, as the executor sees it now.
  private var observed: [RunID: RunObservation] {
    var observed = runs
    for run in state.runs where run.era != bootID {
      if case .vanished? = observed[run.id]?.liveness {
        observed[run.id]?.liveness = .vanished(.restarted)
      }
    }
    return observed
  }

  private var answer: PollAnswer {
    var answer = PollAnswer(runs: observed, busy: busy, otherRuns: otherRuns, era: bootID)
    (answer.changedAt, answer.halfForgotten) = (changedAt, halfForgotten)
    answer.uncleared = uncleared
    return answer
  }

  var snapshot: Snapshot {
    let nonceSeed = nonceSeed
    var snapshot = Snapshot(
      now: now, stateTag: "ab12cd", stateDirectory: "/s", trigger: trigger,
      policy: policy, policyProblem: policyProblem, state: state,
      runs: executorFails ? nil : answer,
      survey: survey, agentProblems: agentProblems, freeMegabytes: freeMegabytes,
      launchesAllowed: launchesAllowed,
      nonces: { index in
        let text = String(nonceSeed * 100_000 + index, radix: 16)
        return String(repeating: "0", count: 32 - text.count) + text
      })
    snapshot.freeInodes = freeInodes
    snapshot.knownNonces = knownNonces
    snapshot.absentFolders = absentFolders
    if let credentialProblem { snapshot.credentialProblems[app.folded] = credentialProblem }
    return snapshot
  }

  /// As a tick does: what would be launched is looked at once more, then all is planned again.
  func decide() -> (plan: Plan, snapshot: Snapshot) {
    var snapshot = snapshot
    let first = Planner.plan(snapshot)
    let work = first.launches.filter { $0.run.purpose == .work }.map(\.item) + first.inquiries
    guard !work.isEmpty else { return (first, snapshot) }
    snapshot.confirmed = Set(work.map(\.id))
    var later = Survey(candidates: .skipped)
    for record in work {
      let id = record.id
      if lostAtConfirmation.contains(id) {
        later.answers[id] = .unknown(.unreachable("connection reset"))
      } else if let answer = answers[id] {
        later.answers[id] = answer
      } else if let item = issues.first(where: { $0.id == id }) {
        var item = item
        if item.origin == nil { item.origin = origins[id] }
        later.answers[id] = .found(item)
      }
      let head = HeadRef(record.repository, record.branch)
      later.knownHeads.insert(head)
      later.pullRequests[head] = pullRequests[head]
    }
    for order in first.launches {
      guard let question = FollowQuestion.beforeLaunch(order, policy.feedback) else { continue }
      snapshot.survey.views[order.item.id] = nil
      if lostAtConfirmation.contains(order.item.id) { continue }
      later.views[order.item.id] = view(of: order.item.id, question)
      for job in question.jobs { later.logs[job] = logs[job] }
    }
    snapshot.survey.absorb(later)
    return (Planner.plan(snapshot), snapshot)
  }

  /// As a tracker answers: what was said only where it is asked for or has changed.
  private func view(of item: ItemID, _ question: FollowQuestion) -> PullRequestView? {
    guard var view = views[item] else { return nil }
    if !question.wantsConversation, question.digest == view.digest { view.conversation = nil }
    let isRead =
      question.checks.map { $0.head == view.head && $0.counts == view.checks } ?? false
    if !question.wantsChecks || isRead { view.troubles = nil }
    return view
  }

  /// Plans, applies the changes, and lets launched runs live.
  @discardableResult
  mutating func tick() -> Plan {
    let plan = decide().plan
    apply(plan)
    return plan
  }

  mutating func apply(_ plan: Plan) {
    nonceSeed += 1
    state.commit(plan.changes, keys: &enteredDebts)
    for order in plan.launches {
      runs[order.run.id] = RunObservation(liveness: .alive(RunObservation.Vitals()))
    }
  }

  func record(_ number: Int) -> ItemRecord? { state.items.first { $0.id == .issue(number) } }
  func run(_ number: Int) -> RunRecord? { state.runs.first { $0.item == .issue(number) } }
  func issue(_ number: Int) -> WorkItem? { issues.first { $0.id == .issue(number) } }
  /// Kinds of the debts of an issue, in the order in which they are paid.
  func debts(_ number: Int) -> [String] {
    state.outbox.filter { $0.item == .issue(number) }.map(\.payload.kind)
  }
  func claim(_ number: Int) -> String { record(number)?.claim.state.rawValue ?? "none" }

  func reason(_ plan: Plan, _ number: Int) -> Reason? {
    plan.verdicts.first { $0.item == .issue(number) }?.reason
  }
  func verdict(_ plan: Plan, _ number: Int) -> String { reason(plan, number)?.code ?? "none" }
}
