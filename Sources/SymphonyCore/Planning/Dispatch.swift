// Which items get a slot: due retries and eligible items together, by priority, then age, then key.
// Gives every item that settlement left without a verdict its verdict.

extension Draft {
  mutating func dispatch() {
    var used = snapshot.state.runs.filter { run in
      run.purpose == .work && runs[run.id]?.phase != .settled
    }.count
    for id in dispatchOrder() {
      guard verdicts[id] == nil || !isLive(id), let record = items[id] else { continue }
      let reason = verdict(record, used: used)
      verdicts[id] = reason
      if case .eligible = reason, let item = facts[id] {
        used += 1
        launch(record, item)
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
  private mutating func verdict(_ record: ItemRecord, used: Int) -> Reason {
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
    if let obstacle = Eligibility.obstacle(
      item, policy: selection, isPrivate: snapshot.survey.repository?.isPrivate)
    {
      return obstacle
    }
    if case .unclaimed = record.claim, record.runs == 0, record.pullRequest == nil,
      let open = openPullRequest(of: record)
    {
      adopt(record, open)
      return .handedOff(open)
    }
    if case .retrying(let retry) = record.claim, !retry.deadline.isDue(at: now) {
      if let head = record.unpushed, retry.kind == .push {
        return .unpushed(
          head: head, why: "\(retry.because); next try at \(retry.deadline.time.rfc3339)")
      }
      return .retryWaiting(until: retry.deadline.time, because: retry.because)
    }
    if let limit = runLimit(record) { return limit }
    return hindrance(record, used: used) ?? .eligible
  }

  /// What stands in the way of any launch, or of this one, although the item itself may run.
  private func hindrance(_ record: ItemRecord, used: Int) -> Reason? {
    if let problem = snapshot.policyProblem { return .policyInvalid(problem) }
    if !snapshot.launchesAllowed { return .notChecked("this tick starts nothing") }
    for hold in holds where hold.isInForce(at: now) {
      switch hold.kind {
      case .pause: return .paused(why: hold.why)
      case .tracker: return .held(until: hold.until?.time, why: hold.why)
      case .agent where hold.scope == policy.agent.kind:
        return .held(until: hold.until?.time, why: hold.why)
      case .agent: continue
      }
    }
    if isProbing {
      return .held(until: nil, why: "one run probes whether the agent's limit has ended")
    }
    if let problem = snapshot.agentProblem { return .agentUnavailable(problem) }
    if let free = snapshot.freeMegabytes, free < policy.workspace.minFreeMegabytes {
      return .diskLow(freeMegabytes: free, wanted: policy.workspace.minFreeMegabytes)
    }
    guard let poll = snapshot.runs else { return .notChecked("the workers could not be looked at") }
    if let pid = poll.busy[record.workspace] { return .workspaceBusy(pid: pid) }
    guard let repository = snapshot.survey.repository else {
      return .notChecked("the repository could not be read")
    }
    if !record.repository.matches(repository.name) {
      return .otherRepository(record.repository.description)
    }
    // Without the list nobody knows whether the branch's work is under review already.
    if record.runs == 0, !snapshot.survey.pullRequestsKnown {
      return .notChecked("the open pull requests could not be read")
    }
    if snapshot.trigger == .nudged, let last = record.lastLaunch, now - last < .seconds(10),
      now >= last
    {
      return .retryWaiting(until: last + .seconds(10), because: "it was launched moments ago")
    }
    if used >= policy.limits.maxConcurrent { return .noSlot(limit: policy.limits.maxConcurrent) }
    return nil
  }

  /// After an agent's limit one run goes first; the others follow once it ended without meeting the
  /// limit.
  private var isProbing: Bool {
    guard
      let hold = holds.first(where: { $0.kind == .agent && $0.scope == policy.agent.kind }),
      let end = hold.until?.time
    else { return false }
    let live = runs.values.filter { $0.phase != .settled } + newRuns
    return live.contains { $0.purpose == .work && $0.launchedAt >= end }
  }

  private mutating func runLimit(_ record: ItemRecord) -> Reason? {
    let limit = policy.limits.maxRunsPerItem
    guard limit > 0, record.counters.launches >= limit else { return nil }
    let detail =
      "\(record.counters.launches) runs since a human last touched it (agent.max_runs_per_item)"
    park(record.id, .runLimit, detail)
    return .parked(.runLimit, detail: detail)
  }

  private func handedOffVerdict(_ record: ItemRecord, _ handoff: Handoff) -> Reason {
    if let request = handoff.pullRequest { return .handedOff(request) }
    if handoff.pushedOnly { return .pushedOnly(branch: record.branch) }
    let owed = snapshot.state.outbox.first { $0.item == record.id }
    return .pullRequestOwed(owed?.lastError ?? "")
  }

  private func releasedVerdict(_ record: ItemRecord, _ release: Release) -> Reason {
    if let why = record.cleanUpProblem, record.hasWorkspace, record.unpushed == nil {
      return .cleanUpFailed(why, times: record.cleanUpFailures)
    }
    if let head = record.unpushed, record.hasWorkspace {
      return .unpushed(head: head, why: "its workspace is kept")
    }
    switch release.reason {
    case .merged: return .done(release.pullRequest)
    case .closed: return .issueClosed
    case .gone: return .gone("the tracker no longer has it")
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
    case .items: return record.runs == 0 ? .notListed : .notChecked("the tracker gave no answer")
    }
  }

  private mutating func adopt(_ record: ItemRecord, _ request: PullRequestRef) {
    var adopted = record
    adopted.pullRequest = request
    items[record.id] = adopted
    setClaim(
      record.id, .handedOff(Handoff(pullRequest: request, status: facts[record.id]?.status)),
      why: "its branch has an open pull request already")
  }

  mutating func launch(_ record: ItemRecord, _ item: WorkItem?, purpose: RunPurpose = .work) {
    var launched = record
    launched.generation += 1
    let run = RunRecord(
      id: RunID(
        workspace: record.workspace, stateTag: snapshot.stateTag, generation: launched.generation),
      item: record.id,
      generation: launched.generation, purpose: purpose, nonce: nonce(), bootID: snapshot.bootID,
      launchedAt: now)
    if purpose == .work {
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
      item: launched, run: run, workItem: item, newSessionID: Draft.uuid(from: nonce()))
    if case .retrying(let retry) = record.claim { order.debtWords = retry.words }
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
