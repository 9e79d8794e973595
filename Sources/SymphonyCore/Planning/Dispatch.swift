// Which items get a slot: due retries and eligible items together, by priority, then age, then key.
// Gives every item that settlement left without a verdict its verdict.

extension Draft {
  mutating func dispatch() {
    var used = snapshot.state.runs.filter { run in
      run.purpose == .work && runs[run.id]?.phase != .settled
    }.count
    for id in dispatchOrder() {
      guard verdicts[id] == nil || !isLive(id), let record = items[id] else { continue }
      let agent = facts[id].map { policy.agent(for: $0) } ?? policy.agent
      let reason = verdict(record, agent, used: used)
      verdicts[id] = reason
      guard case .eligible = reason, let item = facts[id] else { continue }
      if Eligibility.isToBeConverted(item, policy: selection) {
        convert(record)
      } else {
        used += 1
        launch(record, item, agent)
        moveOnStart(record, item)
      }
    }
  }

  private func isLive(_ id: ItemID) -> Bool { liveRun(of: id) != nil }

  private func dispatchOrder() -> [ItemID] {
    items.values.sorted { left, right in
      let (one, other) = (facts[left.id], facts[right.id])
      let priorities = (one?.priority ?? .max, other?.priority ?? .max)
      if priorities.0 != priorities.1 { return priorities.0 < priorities.1 }
      let ages = (one?.createdAt ?? left.firstSeen, other?.createdAt ?? right.firstSeen)
      if ages.0 != ages.1 { return ages.0 < ages.1 }
      return (left.key, left.id) < (right.key, right.id)
    }.map(\.id)
  }

  /// The one verdict of an item without a live run. `eligible` means: launch it now.
  private mutating func verdict(
    _ record: ItemRecord, _ agent: AgentPolicy, used: Int
  ) -> Reason {
    switch record.claim {
    case .handedOff(let handoff): return handedOffVerdict(record, handoff)
    case .parked(let parking): return .parked(parking.reason, detail: parking.detail)
    case .released(let release): return releasedVerdict(record, release)
    case .running:
      // Claim and run are written together, so this is no state a crash can leave; it must not be a
      // dead end all the same.
      retry(record.id, .resume, .zero, "its run is not on record")
      return .retryWaiting(until: now, because: "its run is not on record")
    case .unclaimed, .retrying: break
    }
    guard let item = facts[record.id] else { return unseenVerdict(record) }
    if snapshot.survey.statusProblem == nil,
      let obstacle = Eligibility.obstacle(
        item, policy: selection, isPrivate: isPrivate(record))
    {
      return noted(obstacle, record, item)
    }
    if case .unclaimed = record.claim, record.runs == 0, record.pullRequest == nil,
      let open = openPullRequest(of: record)
    {
      adopt(record, open)
      return .handedOff(open, waitsFor: nil)
    }
    if let spent = itemBudget(record, agent) { return spent }
    if case .retrying(let retry) = record.claim, !retry.deadline.isDue(at: now) {
      if let head = record.unpushed, retry.kind == .push {
        return .unpushed(
          head: head, why: "\(retry.because); next try at \(retry.deadline.time.rfc3339)")
      }
      return .retryWaiting(until: retry.deadline.time, because: retry.because)
    }
    if let limit = runLimit(record) { return limit }
    return hindrance(record, agent, used: used) ?? .eligible
  }

  /// What stands in the way of any launch, or of this one, although the item itself may run.
  private mutating func hindrance(_ record: ItemRecord, _ agent: AgentPolicy, used: Int)
    -> Reason?
  {
    if let problem = snapshot.policyProblem ?? snapshot.survey.statusProblem {
      return .policyInvalid(problem)
    }
    if refreshFailed { return .notChecked("the refresh counts as failed") }
    if !snapshot.launchesAllowed { return .notChecked("this tick starts nothing") }
    for hold in holds where hold.isInForce(at: now) {
      switch hold.kind {
      case .pause: return .paused(why: hold.why)
      case .tracker: return .held(until: hold.until?.time, why: hold.why)
      // A push that is owed needs no agent.
      case .agent where hold.scope != agent.account || record.unpushed != nil: continue
      case .agent where hold.needsOperator: return .agentUnavailable(hold.sentence)
      case .agent: return .held(until: hold.until?.time, why: hold.why)
      case .remote: continue
      }
    }
    if let absent = absence(record) {
      return .workspaceAbsent("\(absent.sentence): \(absent.hint)")
    }
    if let obstacle = remoteHindrance(record) { return obstacle }
    if record.unpushed == nil {
      let account = holds.first { $0.kind == .agent && $0.scope == agent.account }
      if let account, isProbing(account) {
        return .held(until: nil, why: "one run probes whether \(agent.account) may be used again")
      }
      if let problem = snapshot.agentProblems[agent] { return .agentUnavailable(problem) }
      if let spent = dayBudget { return spent }
    }
    if let free = snapshot.freeMegabytes, free < policy.workspace.minFreeMegabytes {
      return .diskLow(freeMegabytes: free, wanted: policy.workspace.minFreeMegabytes)
    }
    guard let poll = snapshot.runs else { return .notChecked("the workers could not be looked at") }
    if let pid = poll.busy[record.workspace] { return .workspaceBusy(pid: pid) }
    if let obstacle = repositoryHindrance(record) { return obstacle }
    if snapshot.trigger == .nudged, let last = record.lastLaunch, now - last < .seconds(10),
      now >= last
    {
      return .retryWaiting(until: last + .seconds(10), because: "it was launched moments ago")
    }
    return slotHindrance(record, used: used) ?? trustHindrance(record)
      ?? confirmationHindrance(record)
  }

  /// A text that was changed after it was vouched for parks its item; a look of some time ago that
  /// forbids it is made anew when there is room.
  private mutating func noted(_ obstacle: Reason, _ record: ItemRecord, _ item: WorkItem) -> Reason
  {
    switch obstacle {
    case .parked(let reason, let detail): park(record.id, reason, detail)
    case .authorNotTrusted, .editorNotTrusted, .originUnknown:
      if item.origin?.isOld == true { inquire(record, isUrgent: false) }
    default: break
    }
    return obstacle
  }

  /// Nobody knows yet who stands behind its text: that is looked up before it takes a slot.
  private mutating func trustHindrance(_ record: ItemRecord) -> Reason? {
    guard let item = facts[record.id],
      case .unknown = Trust.standing(item, policy: selection, isPrivate: isPrivate(record))
    else { return nil }
    inquire(record)
    return .notChecked("who stands behind its text is looked up first")
  }

  private func repositoryHindrance(_ record: ItemRecord) -> Reason? {
    guard let facts = snapshot.survey.facts(of: record.repository) else {
      // In issues mode the workflow names one repository, and this item is of another.
      return selection.usesBoard || snapshot.survey.repositories.isEmpty
        ? .notChecked("its repository could not be read")
        : .otherRepository(record.repository.description)
    }
    // Where a branch is named there may be one all the same: the run looks.
    let named = self.facts[record.id]?.baseBranch ?? policy.git.baseBranch
    if let obstacle = facts.obstacle, obstacle != .empty || named == nil {
      return .repositoryUnfit(obstacle.sentence(record.repository))
    }
    if let problem = snapshot.credentialProblems[record.repository.folded] {
      return .notChecked(problem)
    }
    return nil
  }

  /// Asked last: only what would be launched is looked at once more. A draft is not; what converts
  /// it looks before it writes.
  private func confirmationHindrance(_ record: ItemRecord) -> Reason? {
    guard let confirmed = snapshot.confirmed,
      facts[record.id].map({ Eligibility.isToBeConverted($0, policy: selection) }) != true
    else { return nil }
    guard confirmed.contains(record.id) else {
      return .notChecked("it is looked at once more before it is launched, by the next tick")
    }
    // Without an answer nobody knows whether the branch's work is under review already.
    if record.runs == 0, !snapshot.survey.knowsPullRequest(of: head(of: record)) {
      return .notChecked("the pull requests of its branch could not be read")
    }
    return nil
  }

  /// The limits on workers alive at once. An item counts where it stands now, not where it stood
  /// when it was launched.
  private func slotHindrance(_ record: ItemRecord, used: Int) -> Reason? {
    let limits = policy.limits
    if used >= limits.maxConcurrent { return .noSlot(limit: limits.maxConcurrent) }
    if let status = record.status, let limit = limits.maxByStatus[status.folded],
      liveItems.filter({ $0.status?.folded == status.folded }).count >= limit
    {
      return .noSlotForStatus(status, limit: limit)
    }
    if let limit = limits.maxByRepository[record.repository.folded],
      liveItems.filter({ $0.repository.matches(record.repository) }).count >= limit
    {
      return .noSlotForRepository(record.repository.description, limit: limit)
    }
    return nil
  }

  private var liveItems: [ItemRecord] { livingWork.compactMap { items[$0.item] } }

  /// After the hold of an account or a remote one run goes first; the others follow once it ended
  /// without meeting the same end.
  func isProbing(_ hold: Hold) -> Bool {
    livingWork.contains { run in
      let isOfHold =
        hold.kind == .remote
        ? items[run.item]?.repository.folded == hold.scope : accountOf(run) == hold.scope
      return isOfHold && isAfter(hold, run)
    }
  }

  private mutating func runLimit(_ record: ItemRecord) -> Reason? {
    // A run that only pushes costs nothing; backoff bounds how often it is tried.
    guard let limit = policy.limits.maxRunsPerItem, record.counters.launches >= limit,
      record.unpushed == nil
    else { return nil }
    let detail =
      "\(record.counters.launches) runs since a human last touched it (agent.max_runs_per_item)"
    park(record.id, .runLimit, detail)
    return .parked(.runLimit, detail: detail)
  }

  private func handedOffVerdict(_ record: ItemRecord, _ handoff: Handoff) -> Reason {
    let debts = debts(of: record.id)
    if let request = handoff.pullRequest {
      let move = debts.first { if case .setStatus = $0.payload { true } else { false } }
      return .handedOff(
        request, waitsFor: move.flatMap { $0.lastError.isEmpty ? nil : $0.lastError },
        remark: handoff.remark)
    }
    if handoff.elsewhere == true { return .handedOffElsewhere(status: handoff.status ?? "") }
    if handoff.pushedOnly {
      return .pushedOnly(branch: record.branch, remark: handoff.remark)
    }
    let owed = debts.first
    return .pullRequestOwed(owed?.lastError ?? "", remark: handoff.remark)
  }

  private func releasedVerdict(_ record: ItemRecord, _ release: Release) -> Reason {
    if let why = record.cleanUpProblem, record.hasWorkspace, record.unpushed == nil {
      return .cleanUpFailed(why, times: record.cleanUpFailures)
    }
    if let head = record.unpushed, record.hasWorkspace {
      return .unpushed(head: head, why: "its workspace is kept")
    }
    if let stranger = reopenedBy(record, release) { return stranger }
    switch release.reason {
    case .merged: return .done(release.pullRequest)
    case .closed: return .issueClosed
    case .terminal:
      // Moved on since, though not to where work is done.
      if let status = record.status,
        !selection.terminalStatuses.contains(folded: status),
        !Eligibility.isActive(status, policy: selection)
      {
        return .statusNotActive(status)
      }
      return .statusTerminal(record.status ?? "")
    case .gone: return .gone(release.note ?? "the tracker no longer has it")
    }
  }

  private func unseenVerdict(_ record: ItemRecord) -> Reason {
    if case .unknown(let error) = snapshot.survey.answers[record.id] {
      return .notChecked(error.sentence)
    }
    if let hold = holds.first(where: { $0.kind == .tracker && $0.isInForce(at: now) }) {
      return .held(until: hold.until?.time, why: hold.why)
    }
    switch snapshot.survey.candidates {
    case .failed(let error): return .notChecked(error.sentence)
    case .skipped: return .notChecked("the tracker was not asked")
    case .items:
      // A filtered list leaves out what is in another status; what was said about that stands.
      if snapshot.survey.isFiltered, record.verdict.hasPrefix("status_") {
        return .notChecked("it is in none of the active statuses")
      }
      return record.runs == 0 ? .notListed : .notChecked("the tracker gave no answer")
    }
  }

  /// Owed once at a time; a refusal parks the draft.
  private mutating func convert(_ record: ItemRecord) {
    guard let repository = selection.board?.draftRepository else { return }
    let owed = debts(of: record.id).first { entry in
      if case .convertDraft = entry.payload { true } else { false }
    }
    verdicts[record.id] = .convertingDraft(
      repository: repository.description, problem: owed?.lastError ?? "")
    if owed != nil { return }
    owe(
      record.id, dedupeKey: "convert/\(record.id)/\(now.milliseconds)",
      .convertDraft(DraftOrder(repository: repository)))
  }

  /// What a launch shows on GitHub: the status and the labels of work in progress. Nothing is owed
  /// where they are so already.
  private mutating func moveOnStart(_ record: ItemRecord, _ item: WorkItem) {
    guard let run = liveRun(of: record.id) else { return }
    if let value = selection.inProgressStatus, let status = item.status,
      status.folded != value.folded
    {
      owe(
        record.id, dedupeKey: "status-start/\(run.id)",
        .setStatus(
          StatusOrder(
            key: record.key, repository: record.repository, value: value,
            expected: workStatuses, branch: record.branch, needsPullRequest: false)))
    }
    move(record, selection.labelsOn.start, "labels-start/\(run.id)", needsPullRequest: false)
  }

  /// The statuses a move of ours starts from. Without a board work is done in any.
  var workStatuses: [String] { selection.usesBoard ? selection.activeStatuses : [] }

  /// Owes a move of labels, unless the item is known to carry them already. While an earlier move
  /// is owed, what it carries now says nothing about what it will carry.
  mutating func move(
    _ record: ItemRecord, _ move: LabelMove, _ dedupeKey: String, needsPullRequest: Bool
  ) {
    guard !move.isEmpty, takesWords(record) else { return }
    let isDone = facts[record.id].map { move.isDone(in: $0.labels) } ?? false
    let isUnderWay = debts(of: record.id).contains { entry in
      if case .setLabels = entry.payload { true } else { false }
    }
    if isDone, !isUnderWay { return }
    owe(
      record.id, dedupeKey: dedupeKey,
      .setLabels(
        LabelOrder(
          key: record.key, repository: record.repository, number: record.number, move: move,
          needsPullRequest: needsPullRequest)))
  }

  private mutating func adopt(_ record: ItemRecord, _ request: PullRequestRef) {
    var adopted = record
    adopted.pullRequest = request
    items[record.id] = adopted
    setClaim(
      record.id, .handedOff(handoff(request, facts[record.id])),
      why: "its branch has an open pull request already")
  }

  mutating func launch(
    _ record: ItemRecord, _ item: WorkItem?, _ agent: AgentPolicy, purpose: RunPurpose = .work
  ) {
    var launched = record
    launched.generation += 1
    var run = RunRecord(
      id: RunID(
        workspace: record.workspace, stateTag: snapshot.stateTag, generation: launched.generation),
      item: record.id,
      generation: launched.generation, purpose: purpose, nonce: nonce(), bootID: snapshot.bootID,
      launchedAt: now)
    let budget = purpose == .work ? runBudget(record, agent) : nil
    if purpose == .work {
      run.agent = agent.account
      run.model = agent.model
      run.budgetUSD = budget?.costUSD
      launched.runs += 1
      launched.lastLaunch = now
      launched.counters.launches += 1
      launched.hasWorkspace = true
      if launched.home == nil {
        launched.home = RunPaths.home(
          record, state: snapshot.stateDirectory, policy: policy.workspace)
      }
      launched.claim = .running(run.id)
      verdicts[record.id] = .launching(generation: launched.generation)
    } else {
      verdicts[record.id] = .cleaningUp
    }
    items[record.id] = launched
    newRuns.append(run)
    var order = LaunchOrder(
      item: launched, run: run, workItem: item, newSessionID: Draft.uuid(from: nonce()),
      agent: agent)
    order.budget = budget
    if case .retrying(let retry) = record.claim {
      (order.debtWords, order.debtRemarks) = (retry.words, retry.remarks)
    }
    actions.append(.launch(order))
  }

  /// A version 4 UUID (RFC 9562) from 32 random hexadecimal digits.
  static func uuid(from hex: String) -> String {
    var digits = Array(hex.prefix(32))
    precondition(digits.count == 32, "a nonce has 32 hexadecimal digits")
    digits[12] = "4"
    digits[16] = "a"
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    return "\(part(0..<8))-\(part(8..<12))-\(part(12..<16))-\(part(16..<20))-\(part(20..<32))"
  }
}
