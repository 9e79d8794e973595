// What simulated workers do between two ticks: each goes one step on, writes its progress, and ends as
// its fate says. Commits, pushes and results are made here, as the worker would make them.
import SymphonyCore

extension Truth {
  /// Every living worker goes one step on.
  mutating func advance() {
    for id in launched {
      guard let run = runs[id], run.isAlive else { continue }
      if run.spec.purpose == .cleanUp { cleanUp(id, run) } else { work(id, run) }
    }
    // Troubles of the machine and of the file pass.
    (diskRecovers, fileRecovers) = (max(0, diskRecovers - 1), max(0, fileRecovers - 1))
    silence = max(0, silence - 1)
    if diskRecovers == 0 { disk = .roomy }
    if fileRecovers == 0 { file = .good }
  }

  /// The machine begins anew: nobody on it lives.
  mutating func reboot() {
    era += 1
    (boot, awake) = (10_000, 10_000)
    for id in launched where runs[id]?.isForgotten == false {
      runs[id]?.isAlive = false
      runs[id]?.leftovers = 0
    }
    busy = []
  }

  /// The worker is ended by somebody else; its processes may go on.
  mutating func kill(_ id: RunID) {
    guard let run = runs[id], run.isAlive else { return }
    runs[id]?.isAlive = false
    runs[id]?.leftovers = run.fate.leftovers
  }

  private mutating func work(_ id: RunID, _ before: SimulatedRun) {
    var run = before
    defer { runs[id] = run }
    if run.fate.ending == .diesEarly, run.step >= run.fate.steps - 1 {
      run.isAlive = false
      return
    }
    run.isIdentified = true
    run.step += 1
    let isStopped = !run.fate.isDeaf && !run.orders.isEmpty
    if run.fate.ending == .hangs, run.step >= run.fate.steps, !isStopped { return }
    run.pulse = awake
    if workspaces[run.spec.paths.workspace] == nil || run.spec.git.fresh && run.step == 1 {
      open(run)
    }
    if run.spec.git.debt == nil {
      run.isUncleared = true
      note(&run)
    }
    if isStopped { return end(&run, run.orders.contains(.stop) ? .isShutDown : .fails) }
    if run.spec.git.debt != nil { return payDebt(&run) }
    if run.step >= run.fate.steps { end(&run, run.fate.ending) }
  }

  /// Makes the workspace: from its remote branch, or anew; what an old one has and no branch, is
  /// kept under a name.
  private mutating func open(_ run: SimulatedRun) {
    let path = run.spec.paths.workspace
    let pushed = branches[head(run)] ?? []
    for commit in workspaces[path] ?? [] where !pushed.contains(commit) { kept.insert(commit) }
    workspaces[path] = run.spec.git.fresh ? [] : pushed
  }

  private func head(_ run: SimulatedRun) -> HeadRef {
    HeadRef(run.spec.repository, run.spec.git.branch)
  }

  private mutating func note(_ run: inout SimulatedRun) {
    var progress = RunProgress(nonce: run.spec.nonce, phase: .agent, phaseSince: wall)
    progress.turn = 1
    var usage = Usage()
    usage.inputTokens = run.fate.tokens * Int64(run.step)
    usage.costUSD = Double(run.step) * 0.25
    progress.spent.set(1, ["model": usage])
    progress.usage = progress.spent.total
    if run.fate.ending == .diesKnowingLimit { progress.failure = .limited(until: wall + .hours(1)) }
    run.progress = progress
  }

  private mutating func commit(_ run: SimulatedRun) {
    commits += 1
    workspaces[run.spec.paths.workspace, default: []].append("c\(commits)")
  }

  private mutating func push(_ run: SimulatedRun, _ result: inout RunResult) {
    let commits = workspaces[run.spec.paths.workspace] ?? []
    branches[head(run)] = commits
    // A branch that was begun anew holds the pushed ones no more; they were merged, or given up
    // with their pull request.
    result.push = commits.last.map { .pushed(head: $0) } ?? .nothing
  }

  private func result(_ run: SimulatedRun, _ outcome: Outcome) -> RunResult {
    var result = RunResult(
      nonce: run.spec.nonce, runID: run.spec.runID, outcome: outcome, summary: "\(outcome)",
      startedAt: wall, endedAt: wall)
    result.turns = run.progress == nil ? 0 : 1
    result.spent = run.progress?.spent ?? []
    result.usage = result.spent.total
    result.fenced = true
    result.session = SessionRef(id: "session-\(run.item)")
    return result
  }

  private mutating func payDebt(_ run: inout SimulatedRun) {
    var paid = result(run, .succeeded)
    let commits = workspaces[run.spec.paths.workspace] ?? []
    if let debt = run.spec.git.debt, commits.contains(debt) {
      push(run, &paid)
      (paid.head, paid.commitsAhead, paid.madeProgress) = (commits.last, commits.count, true)
    } else {
      paid.outcome = .failed
      paid.code = RunCode.debtGone
    }
    leave(&run, paid)
  }

  private func leave(_ run: inout SimulatedRun, _ result: RunResult) {
    run.result = result
    run.isAlive = false
    run.isUncleared = false
  }

  private mutating func end(_ run: inout SimulatedRun, _ ending: Fate.Ending) {
    var commitsFirst = false
    var left: RunResult
    switch ending {
    case .succeeds, .cannotPush, .isRefused, .asksForMore, .losesRemote:
      commitsFirst = true
      left = result(run, .succeeded)
      left.isUnfinished = ending == .asksForMore
    case .claimsFigures:
      commitsFirst = true
      var usage = Usage()
      usage.inputTokens = Usage.unbelievableTokens * 2
      run.progress?.spent.set(1, ["model": usage])
      left = result(run, .succeeded)
    case .leavesNothing, .liesAboutCommits: left = result(run, .succeeded)
    case .fails: left = failed(run, .agent)
    case .meetsLimit: left = failed(run, .limited(until: wall + .minutes(40)))
    case .meetsOutage: left = failed(run, .transient)
    case .needsOperator: left = failed(run, .operator)
    case .overflows: left = failed(run, .contextOverflow)
    case .isMisconfigured: left = failed(run, .misconfigured)
    case .isBlocked: left = result(run, .blocked)
    case .meetsBudget:
      commitsFirst = true
      left = failed(run, .budget(.run))
    case .isShutDown: left = result(run, .cancelled)
    case .dies, .diesEarly, .diesKnowingLimit:
      // Its agent may have committed; nobody was told.
      if ending == .dies { commit(run) }
      run.isAlive = false
      run.leftovers = run.fate.leftovers
      return
    case .hangs: return
    }
    if commitsFirst { commit(run) }
    publish(run, ending, &left)
    leave(&run, left)
  }

  private func failed(_ run: SimulatedRun, _ failure: Failure) -> RunResult {
    var failed = result(run, .failed)
    failed.failure = failure
    failed.code = "agent_failed"
    return failed
  }

  private mutating func publish(
    _ run: SimulatedRun, _ ending: Fate.Ending, _ result: inout RunResult
  ) {
    let commits = workspaces[run.spec.paths.workspace] ?? []
    result.commitsAhead = commits.count
    result.madeProgress = ending != .leavesNothing
    if ending == .liesAboutCommits {
      (result.commitsAhead, result.push) = (commits.count + 1, .pushed(head: "c0"))
      return
    }
    guard let head = commits.last else { return }
    result.head = head
    switch ending {
    case .cannotPush: result.push = .unpushed(head: head, why: "connection reset")
    case .losesRemote:
      result.code = RunCode.remoteFailed
      result.push = .unpushed(head: head, why: "no route to host")
    case .isRefused: result.push = .refused(head: head, why: "a hook declined it")
    default: push(run, &result)
    }
  }

  /// What no branch has is pushed before the workspace goes; of an item that goes on it stays.
  private mutating func cleanUp(_ id: RunID, _ before: SimulatedRun) {
    var run = before
    defer { runs[id] = run }
    run.isIdentified = true
    run.pulse = awake
    run.step += 1
    var result = result(run, .succeeded)
    switch run.fate.ending {
    case .dies, .diesEarly, .hangs:
      run.isAlive = false
      return
    case .fails, .isShutDown:
      result.outcome = .failed
      return leave(&run, result)
    default:
      let path = run.spec.paths.workspace
      let pushed = branches[head(run)] ?? []
      let owed = (workspaces[path] ?? []).filter { !pushed.contains($0) }
      if run.spec.goesOn == true, let head = owed.last {
        result.push = .unpushed(head: head, why: "its issue goes on")
        return leave(&run, result)
      }
      for commit in owed { kept.insert(commit) }
      workspaces[path] = nil
      result.removed = true
      leave(&run, result)
    }
  }
}
