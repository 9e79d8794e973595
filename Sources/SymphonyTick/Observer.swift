// The only reader of the world: rows, run directories, the tracker, this machine. Makes the
// snapshot a plan is built on. Leaves everything as it is.
import SymphonyCore
import SymphonyPlatform

struct Observation {
  var snapshot: Snapshot
  /// Nil when no tracker could be made; then nothing is delivered or launched.
  var tracker: TrackerInUse?
  var trackerProblem: TrackerError?
  var executor: any Executor
  /// Why the workers could not be looked at; nil: they could.
  var workersProblem: String?
  var polled: Bool
  /// The tokens for git in the workers of this tick.
  var credentials: [CredentialOrder: Secret] = [:]
  var budget: TrackerBudget
  /// The salt of the response cache, when it is new.
  var newSalt: String?
}

struct Observer {
  let parts: TickParts
  let store: any TickStore
  let policy: Policy
  let load: PolicyLoad
  /// A dry run starts nothing, so it asks for no credentials.
  var isRehearsal = false
  /// The items to decide about besides those that the tracker lists.
  var scope = StateScope.awake

  func observe(
    _ options: Tick.Options, _ deadline: TickDeadline
  ) async throws(StoreError) -> Observation {
    let now = parts.now()
    var state = try store.load(scope)
    let executor = parts.makeExecutor()
    let isHeld = state.holds.contains { $0.kind == .tracker && $0.isInForce(at: now) }
    let wantsPoll = try shouldPoll(options.trigger, now)
    let polled = wantsPoll && !isHeld
    let knownOffset = try lastOffset()
    let sizes = try DiskSizes.stored(in: store, policy)
    let budget = TrackerBudget(deadline, share: 60)
    let knownSalt = try store.fact(.salt)
    let salt = knownSalt ?? parts.random(8)
    var tracker: TrackerInUse?
    var problem: TrackerError?
    var survey = Survey(candidates: .skipped)
    do throws(TrackerError) {
      let opened = try parts.openTracker(policy, store, salt, budget)
      tracker = opened
      let made = opened.tracker
      survey = await look(made, state, sizes, cachedOnly: !polled)
      if isHeld { survey.candidates = .skipped }
      if survey.requests == 0 { survey.clockOffset = knownOffset }
      if case .failed(let error) = survey.candidates {
        problem = error
      } else if polled {
        // The items could be read, but not where the work would happen.
        problem = survey.repositoryProblem
      }
    } catch {
      problem = error
      if case .skipped = survey.candidates { survey.candidates = .failed(error) }
    }
    try wake(&state, survey)
    let (poll, workersProblem) = lookAtRuns(executor, state)
    let places = writtenPlaces
    var snapshot = Snapshot(
      now: now, stateTag: RunID.stateTag(salt: salt),
      stateDirectory: parts.stateDirectory, trigger: options.trigger,
      policy: policy,
      policyProblem: load.headline, state: state, runs: poll, survey: survey,
      agentProblems: agentProblems(survey),
      freeMegabytes: places.compactMap(parts.freeMegabytes).min(),
      launchesAllowed: options.launchesAllowed,
      nonces: DrawnNonces(parts.random).text)
    snapshot.renderer = parts.renderer
    snapshot.knownNonces = try knownNonces(survey)
    snapshot.freeInodes = places.compactMap(Files.freeInodes).min()
    snapshot.diskSizes = sizes
    snapshot.agesCount = try agesCount(at: now)
    snapshot.hasTracker = tracker != nil
    snapshot.absentFolders = NamedFolders(
      stateDirectory: parts.stateDirectory, policy: policy.workspace, items: state.items,
      marked: try store.fact(.markedFolders)
    ).absent()
    return Observation(
      snapshot: snapshot, tracker: tracker, trackerProblem: problem, executor: executor,
      workersProblem: workersProblem,
      polled: polled && problem == nil, budget: budget, newSalt: knownSalt == nil ? salt : nil)
  }

  /// Adds the items at rest that the tracker speaks of.
  private func wake(_ state: inout StoredState, _ survey: Survey) throws(StoreError) {
    var named = Set(survey.answers.keys)
    if case .items(let items) = survey.candidates { named.formUnion(items.map(\.id)) }
    named.subtract(state.items.map(\.id))
    let woken = try store.items(named)
    if woken.isEmpty { return }
    state.items = (state.items + woken).sorted { $0.id < $1.id }
  }

  /// Looks once more at the items a plan would launch, and at those it cannot decide about without
  /// knowing who touched them; gets what git authenticates with.
  ///
  /// The survey may be half a minute old, or from a cache; an item that changed since is not
  /// launched.
  /// - Returns: false when the plan has no use for that: then it stands as it is.
  func confirm(
    _ plan: Plan, _ seen: inout Observation, _ deadline: TickDeadline
  ) async throws(StoreError) -> Bool {
    guard let tracker = seen.tracker?.tracker,
      !plan.launches.isEmpty || !plan.inquiries.isEmpty
    else { return false }
    seen.budget.extend(to: deadline, share: 85)
    if let error = await authenticate(plan, tracker, &seen) {
      seen.trackerProblem = seen.trackerProblem ?? error
      return true
    }
    let launched = plan.launches.filter { $0.run.purpose == .work }.map(\.item)
    let items = launched + plan.inquiries
    seen.snapshot.confirmed = Set(items.map(\.id))
    guard !items.isEmpty else { return !seen.snapshot.credentialProblems.isEmpty }
    // Their agents read what was said; it rides on the question that is asked anyway.
    let told = Set(launched.map(\.id))
    var questions = items.map { record in
      SurveyQuestion.Watched(
        record: record, wantsPullRequest: true,
        commentsSince: told.contains(record.id) ? SurveyQuestion.Watched.always : nil)
    }
    for order in plan.launches {
      guard let index = questions.firstIndex(where: { $0.id == order.item.id }) else { continue }
      questions[index].follow = FollowQuestion.beforeLaunch(order, policy.feedback)
    }
    // What cannot be read again is not known any more, and nothing is handed over by it.
    for question in questions where question.follow != nil {
      seen.snapshot.survey.views[question.id] = nil
    }
    seen.snapshot.survey.absorb(await tracker.confirm(questions))
    seen.snapshot.knownNonces = try knownNonces(seen.snapshot.survey)
    // An item that was edited since may ask for another agent.
    seen.snapshot.agentProblems = agentProblems(seen.snapshot.survey)
    return true
  }

  /// A token for each repository and purpose that the plan launches for.
  ///
  /// One that cannot be had keeps back the launches that want it.
  /// - Returns: why there is none at all; nil: there is one, or none is needed.
  private func authenticate(
    _ plan: Plan, _ tracker: any Tracker, _ seen: inout Observation
  ) async -> TrackerError? {
    // A dry run starts nothing.
    if isRehearsal { return nil }
    var problem: TrackerError?
    var isAnyGiven = false
    for order in Set(plan.launches.map(CredentialOrder.init)).sorted(by: { $0.text < $1.text }) {
      do throws(TrackerError) {
        seen.credentials[order] = try await tracker.credential(order)
        isAnyGiven = true
      } catch {
        seen.snapshot.credentialProblems[order.repository.folded] = error.sentence
        problem = problem ?? error
      }
    }
    return isAnyGiven ? nil : problem
  }

  /// `polling.interval_ms` throttles only the timer's ticks, with a tolerance of a tenth because
  /// timers are never exact; a nudged tick polls at most every 5 s; a person's tick always polls.
  private func shouldPoll(_ trigger: Snapshot.Trigger, _ now: Timestamp) throws(StoreError) -> Bool
  {
    guard let last = try time(.lastPoll) else { return true }
    let age = now - last
    if age < .zero { return true }
    if let hinted = try time(.hintedAt), hinted > last { return true }
    switch trigger {
    case .manual, .hinted: return true
    case .nudged: return age >= .seconds(5)
    case .scheduled, .waiting:
      let interval = try webhookHealth()?.pollInterval(policy, at: now) ?? policy.pollInterval
      return age.milliseconds >= interval.milliseconds / 10 * 9
    }
  }

  /// Nil: no webhook makes polls rarer here, and nothing is read about them.
  private func webhookHealth() throws(StoreError) -> WebhookHealth? {
    if policy.hintedPollInterval == nil { return nil }
    return WebhookHealth(lastCame: try time(.webhookAt), lastMissed: try time(.webhookMissed))
  }

  private func time(_ fact: StoredFact) throws(StoreError) -> Timestamp? {
    try store.fact(fact).flatMap(Int64.init).map(Timestamp.init(milliseconds:))
  }

  private func look(
    _ tracker: any Tracker, _ state: StoredState, _ sizes: DiskSizes, cachedOnly: Bool
  ) async -> Survey {
    let now = parts.now()
    let watched = state.items.compactMap { record -> SurveyQuestion.Watched? in
      var watched = Self.watched(record, state, policy)
      watched?.follow = FollowQuestion.routine(record, policy, at: now)
      return watched
    }
    // Drafts name no repository of their own.
    var wanted: [RepositoryName] = []
    if let board = policy.tracker.board, board.itemTypes.contains(.draftIssue) {
      wanted += [board.draftRepository].compactMap { $0 }
    }
    // Their workspaces are to be removed, though the tracker may list nothing of theirs any more.
    let fates = DiskHygiene.workspaces(
      state.items, busy: [:], sizes: sizes, policy, now: parts.now())
    for record in state.items where fates[record.id]?.goes == true {
      if !wanted.contains(record.repository) { wanted.append(record.repository) }
    }
    var survey = await tracker.survey(
      SurveyQuestion(watched: watched, repositories: wanted, cachedOnly: cachedOnly))
    // Not having asked is not a failure.
    if cachedOnly, case .failed = survey.candidates { survey.candidates = .skipped }
    return survey
  }

  /// The question about one item; nil: nothing is to be known of it.
  private static func watched(
    _ record: ItemRecord, _ state: StoredState, _ policy: Policy
  ) -> SurveyQuestion.Watched? {
    switch record.claim {
    case .released: return nil
    case .unclaimed where record.runs == 0: return nil
    case .parked(let parking):
      return .init(
        record: record, wantsPullRequest: record.pullRequest != nil, commentsSince: parking.since)
    case .handedOff: return .init(record: record, wantsPullRequest: true, commentsSince: nil)
    case .unclaimed, .running, .retrying:
      // On a board the question rides on a query that is sent anyway. After a recovery nobody
      // knows whether there is one.
      let mayHaveOne = state.recoveredAt.map { (record.lastLaunch ?? $0) < $0 } ?? false
      return .init(
        record: record,
        wantsPullRequest: record.pullRequest != nil || policy.tracker.usesBoard || mayHaveOne,
        commentsSince: nil)
    }
  }

  /// Which markers in what was said are of debts of ours.
  private func knownNonces(_ survey: Survey) throws(StoreError) -> Set<String> {
    let remarks = survey.views.values.compactMap(\.conversation).flatMap(\.remarks)
    return try store.knownNonces(among: Set(remarks.compactMap(\.nonce)))
  }

  /// Of every agent that an item seen now would get.
  private func agentProblems(_ survey: Survey) -> [AgentPolicy: String] {
    var wanted: Set<AgentPolicy> = [policy.agent]
    if !policy.rules.isEmpty {
      if case .items(let items) = survey.candidates {
        for item in items { wanted.insert(policy.agent(for: item)) }
      }
      for case .found(let item) in survey.answers.values { wanted.insert(policy.agent(for: item)) }
    }
    var problems: [AgentPolicy: String] = [:]
    for agent in wanted { problems[agent] = parts.agentProblem(agent, policy.limits) }
    return problems
  }

  private func agesCount(at now: Timestamp) throws(StoreError) -> Bool {
    FactJSON.read(try store.fact(.lastTick), as: LastTick.self)?.isRecent(at: now) ?? true
  }

  /// Comments and merges are compared on the tracker's clock also in ticks that did not ask it.
  private func lastOffset() throws(StoreError) -> Interval {
    .milliseconds(try store.fact(.clockOffset).flatMap(Int64.init) ?? 0)
  }

  private func lookAtRuns(
    _ executor: any Executor, _ state: StoredState
  ) -> (PollAnswer?, problem: String?) {
    var workspaces: [WorkspaceKey: String] = [:]
    for record in state.items where record.hasWorkspace {
      workspaces[record.workspace] = record.home?.workspace
    }
    do throws(ExecutorError) {
      return (try executor.poll(PollQuestion(runs: state.runs, workspaces: workspaces)), nil)
    } catch {
      return (nil, error.sentence)
    }
  }

  /// The directories that a run writes to, or those above them that are there.
  private var writtenPlaces: [String] {
    let named = [policy.workspace.worktreeDirectory, policy.workspace.cacheDirectory]
    return ([parts.stateDirectory] + named.compactMap(\.self)).map { place in
      var path = place
      while !Files.exists(path), path != "/" { path = Files.parent(of: path) }
      return path
    }
  }

  /// Facts to keep beside the planned changes; none on a tick that learned nothing new.
  func newFacts(_ lastGood: String?, _ seen: Observation) throws(StoreError) -> [Change] {
    var changes: [Change] = []
    if let text = load.goodText, text != lastGood {
      changes.append(.setFact(.lastGoodWorkflow, text))
    }
    if try store.fact(.workflowPath) != parts.workflowPath {
      changes.append(.setFact(.workflowPath, parts.workflowPath))
    }
    if let salt = seen.newSalt { changes.append(.setFact(.salt, salt)) }
    if seen.polled {
      changes.append(.setFact(.lastPoll, String(seen.snapshot.now.milliseconds)))
    }
    let survey = seen.snapshot.survey
    if seen.polled, case .items(let items) = survey.candidates, let hints = try webhookHealth(),
      hints.misses(items, at: seen.snapshot.now, clockOffset: survey.clockOffset)
    {
      changes.append(.setFact(.webhookMissed, String(seen.snapshot.now.milliseconds)))
    }
    let offset = survey.clockOffset
    if survey.requests > 0, try lastOffset() != offset {
      changes.append(.setFact(.clockOffset, String(offset.milliseconds)))
    }
    let problem = seen.trackerProblem?.sentence ?? ""
    if seen.polled || seen.trackerProblem != nil, try store.fact(.trackerProblem) ?? "" != problem {
      changes.append(.setFact(.trackerProblem, problem))
    }
    return changes
  }
}

extension CredentialOrder {
  init(_ order: LaunchOrder) {
    let isWork = order.run.purpose == .work
    self.init(
      repository: order.item.repository, isForAgent: isWork && order.agent.passGitHubToken)
  }
  fileprivate var text: String { "\(repository.folded) \(isForAgent)" }
}
