// A run whose purpose is work: prepare, fence, pay the debt, hooks, turns, then finish. The order
// is all here; each step is a file of its own. Called by Worker, which writes the result and knows
// about signals and leases.
import SymphonyCore
import SymphonyPlatform

final class Work {
  let git: GitCommand
  let agents: [any Agent]
  let renderer: any PromptRenderer

  private var checkout: Checkout?
  private var fence: Fence?
  private var start: TreeFacts?
  private var identity: [String: String] = [:]
  private var hooks: HookRunner?
  private var turns: TurnLoop?
  private var owesAfterRun = false
  private var found: FoundCommits?
  /// The agent has come to its end: what it left is work, also when the run is stopped after that.
  private var isWorkDone = false
  /// Submodules that the agent has to do without.
  private var unfilled: [String] = []

  init(git: GitCommand, agents: [any Agent], renderer: any PromptRenderer) {
    self.git = git
    self.agents = agents
    self.renderer = renderer
  }

  private var run: LiveRun { git.run }
  private var spec: RunSpec { run.spec }

  /// Everything up to the last turn.
  func attempt() throws(RunStop) -> RunEnding {
    guard let agent = agents.first(where: { $0.kind == spec.agent.kind }) else {
      throw .failed("agent_unknown", "no agent is called `\(spec.agent.kind)`", .misconfigured)
    }
    let probe = agent.probe(spec.agent)
    let workspace = Workspace(git: git, excluded: probe.notesFile.map { [$0] } ?? [])
    let checkout = try workspace.prepare()
    self.checkout = checkout
    let fence = try BranchFence(git: git, checkout: checkout).pass()
    self.fence = fence
    if checkout.isComplete { try FoundCommits.recover(git, checkout) }
    var start = try TreeFacts.read(git, checkout)
    self.start = start
    if let debt = spec.git.debt { return try pay(debt, start, checkout) }
    identity = try CommitIdentity.variables(
      git, checkout.isWalled ? checkout.repository.place : checkout.place)
    let environment = try AgentEnvironment(
      run: run, checkout: checkout, identity: identity, own: probe.ownVariables,
      unattended: try Unattended.variables(
        git, checkout.isWalled ? checkout.repository.place : checkout.place))
    let hooks = HookRunner(environment: environment)
    self.hooks = hooks
    if !checkout.isComplete {
      try hooks.call(.afterCreate)
      try workspace.markComplete(checkout)
      try PlantedFiles.keep(run)
    }
    let place = try AgentPlace.make(git, checkout, probe)
    owesAfterRun = true
    let watch = BaselineWatch(git: git, checkout: checkout)
    try watch.begin()
    try hooks.call(.beforeRun)
    try watch.close()
    // Commits of a hook are on the branch like any others; what it left uncommitted is not work.
    let head = start.head
    start = try TreeFacts.read(git, checkout)
    start.head = head
    self.start = start
    checkout.baseline.start = try git.commit("HEAD", in: checkout.place)
    found = try FoundCommits.begin(git, checkout)
    // After the hooks: they may have filled them.
    unfilled = try Submodules(git: git, checkout: checkout).unfilled()
    let runner = TurnRunner(environment: environment, agent: agent, place: place)
    let turns = TurnLoop(
      git: git, checkout: checkout, start: start, hooks: hooks, runner: runner,
      prompts: Prompts(spec: told(spec), renderer: renderer))
    self.turns = turns
    return try turns.play()
  }

  private func told(_ spec: RunSpec) -> RunSpec {
    var told = spec
    let notes = [spec.promptNote, Submodules.note(unfilled)].compactMap(\.self)
    told.promptNote = notes.isEmpty ? nil : notes.joined(separator: "\n\n")
    return told
  }

  /// Commits that an earlier run could not push go first, and there is nothing else to do then: it
  /// needs no agent, and an agent may not be had.
  private func pay(_ debt: String, _ start: TreeFacts, _ checkout: Checkout) throws(RunStop)
    -> RunEnding
  {
    guard let head = start.head, try git.commit(debt, in: checkout.place) != nil,
      try git.isAncestor(debt, of: head, in: checkout.place)
    else {
      return .failed(
        RunCode.debtGone,
        "the commit \(debt.prefix(12)) that is owed is not on the branch any more; "
          + "the work begins anew")
    }
    let report = try PushOrder(git: git, checkout: checkout, recorded: fence?.tip).carryOut(head)
    var push = report.state
    if push == .nothing { push = .pushed(head: head) }
    var ending = RunEnding.succeeded("pushed the commits that an earlier run could not")
    if case .pushed = push {} else { ending.summary = "the owed commits are still not pushed" }
    if report.isOutOfReach { ending.code = RunCode.remoteFailed }
    ending.push = push
    ending.message = spec.git.debtWords ?? ""
    return ending
  }

  /// Finishes an attempt that was not cancelled.
  ///
  /// Nothing of the agent lives on, the work is committed, hooked and pushed, and the facts are
  /// read.
  /// - Throws: `.ended` with trouble that is met here, unless the attempt itself went wrong: how it
  ///   did decides what its account and its item wait for, and is told first.
  func finish(_ ending: RunEnding) throws(RunStop) -> RunResult {
    do throws(RunStop) { return try conclude(ending) } catch {
      guard case .ended(let trouble) = error, ending.outcome != .succeeded else { throw error }
      var first = ending
      first.summary += "; then \(trouble.summary)"
      throw .ended(first)
    }
  }

  private func conclude(_ ending: RunEnding) throws(RunStop) -> RunResult {
    run.mayHaveAgent = false
    isWorkDone = ending.outcome == .succeeded && turns != nil
    var result = result(ending)
    try run.enter(.finishing, limit: run.limits.prepare)
    guard let checkout else {
      try nameUnpushed(in: &result)
      return result
    }
    try gather(checkout)
    try afterRun()
    // People may use git there, and the next run does.
    try PlantedFiles.remove(run)
    try run.enter(.finishing, limit: run.limits.prepare)
    try describe(checkout, in: &result)
    guard ending.push == nil else { return result }
    guard let fence else {
      // A head without a word about its push would pass for one that the remote has.
      if try !nameUnpushed(in: &result) { result.head = nil }
      return result
    }
    if let head = result.head, head != fence.tip {
      run.sweep()
      if let link = try NestedRepositories(git: git, checkout: checkout).deadLink(head) {
        return unpublishable(head, link, result)
      }
      let report = try PushOrder(git: git, checkout: checkout, recorded: fence.tip).carryOut(head)
      result.push = report.state
      // How the attempt itself ended is told first.
      if report.isOutOfReach, result.code.isEmpty { result.code = RunCode.remoteFailed }
    }
    return result
  }

  /// Brings the agent's commits onto the branch, wherever it left them, however the run ended.
  ///
  /// If the agent came to its end, its uncommitted changes, too.
  private func gather(_ checkout: Checkout) throws(RunStop) {
    guard run.sweep() else { return }
    if let found, try WorkspaceCheck(git: git, checkout: checkout).fault() == nil {
      try found.bringHome()
      self.found = nil
    }
    if isWorkDone, spec.git.settings.commitLeftovers {
      try TreeFacts.commitLeftovers(git, checkout, identity: identity)
    }
  }

  /// Nothing is published that leads nowhere; a person decides what is to become of it.
  private func unpublishable(_ head: String, _ why: String, _ result: RunResult) -> RunResult {
    var result = result
    result.push = .unpushed(head: head, why: why)
    guard result.outcome == .succeeded else { return result }
    result.outcome = .failed
    result.code = "nested_repository"
    result.failure = .misconfigured
    result.summary = "nothing is published: \(why)"
    return result
  }

  /// Winds up a run that was cancelled, or that a failure of ours or git's ended.
  ///
  /// Its commits go on its branch, its hook runs and the facts are read, as far as that can be
  /// done. Nothing is pushed: the operator who stops a run may want none of it published.
  func windUp(_ ending: RunEnding) -> RunResult {
    run.heedsSignals = false
    var result = result(ending)
    run.sweep()
    // A hook that was interrupted has left something, too, and it is none of the agent's work.
    let closeWatch = { () throws(RunStop) in
      guard let checkout = self.checkout else { return }
      try BaselineWatch(git: self.git, checkout: checkout).close()
    }
    tolerate(closeWatch)
    // On a full disk the phase cannot be written, but git can still read.
    tolerate { () throws(RunStop) in try run.enter(.finishing, limit: run.seams.windUp) }
    tolerate { () throws(RunStop) in
      if let checkout { try gather(checkout) }
    }
    tolerate { () throws(RunStop) in try afterRun() }
    run.sweep()
    tolerate(closeWatch)
    tolerate { () throws(RunStop) in try run.enter(.finishing, limit: run.seams.windUp) }
    tolerate { () throws(RunStop) in
      guard try nameUnpushed(in: &result), let checkout else { return }
      try describe(checkout, in: &result)
    }
    return result
  }

  private func tolerate(_ step: () throws(RunStop) -> Void) {
    do throws(RunStop) { try step() } catch { run.log("while winding up: \(error)") }
  }

  private func afterRun() throws(RunStop) {
    guard owesAfterRun else { return }
    owesAfterRun = false
    try hooks?.call(.afterRun)
  }

  /// Commits that no remote ref is known to hold: they stay in the workspace, and status names
  /// them.
  ///
  /// Also those of earlier runs, when this one did not get as far as opening the workspace.
  /// - Returns: false when that cannot be told.
  @discardableResult
  private func nameUnpushed(in result: inout RunResult) throws(RunStop) -> Bool {
    do throws(RunStop) {
      guard let head = try Workspace(git: git).unpushedHead() else { return true }
      result.head = head
      result.push = .unpushed(head: head, why: "the run ended before it could push")
      return true
    } catch {
      // Trouble with git here must neither hide how the run ended nor pass for "nothing".
      guard case .ended(let trouble) = error else { throw error }
      run.remark("whether its workspace alone holds commits is not known: \(trouble.summary)")
      return false
    }
  }

  private func describe(_ checkout: Checkout, in result: inout RunResult) throws(RunStop) {
    let now = try TreeFacts.read(git, checkout)
    result.head = now.head
    if let start, start != now {
      // A file that a hook changed is no progress of the agent; a commit of a hook is some.
      result.madeProgress = turns?.mayHaveWorked ?? true || start.head != now.head
    }
    guard let head = now.head else { return }
    do throws(RunStop) {
      try WalledClone(git: git, checkout: checkout).takeOut(head)
    } catch {
      // The push meets the same trouble, and says what follows from it.
      guard case .ended(let trouble) = error else { throw error }
      return run.log(trouble.summary)
    }
    result.commitsAhead = try git.count(
      [head, "^\(checkout.base)"], in: checkout.repository.place)
  }

  /// The result as far as the attempt alone tells; git's facts are added by `finish`.
  func result(_ ending: RunEnding) -> RunResult {
    var result = RunResult(
      nonce: spec.nonce, runID: spec.runID, outcome: ending.outcome,
      summary: ending.summary,
      startedAt: run.startedAt, endedAt: .current)
    result.code = ending.code
    result.failure = ending.failure
    // A debt run that ends early passes on what the agent said when it made the commits.
    let isDebt = spec.git.debt != nil && ending.message.isEmpty
    let words = isDebt ? spec.git.debtWords ?? "" : ending.message
    // Before it is cut: half a token is not known for one.
    result.message = String(run.redact(words).prefix(4000))
    result.wantsContinuation = ending.wantsContinuation
    result.isUnfinished = ending.isUnfinished
    result.push = ending.push ?? .nothing
    result.fenced = fence != nil
    result.turns = turns?.turns ?? 0
    result.usage = run.progress.usage
    result.spent = run.progress.spent
    result.turnTimes = run.progress.turnTimes
    result.denied = turns?.denied ?? []
    let remarks =
      spec.git.debt == nil
      ? [Submodules.remark(unfilled)].compactMap(\.self) + (turns?.remarks ?? [])
      : spec.git.debtRemarks ?? []
    result.remarks = remarks
    // A session that turned out to be gone is not named again.
    result.session = run.progress.session ?? (turns.map(\.session) ?? spec.resume)
    result.resumedInVain = turns?.resumedInVain ?? false
    result.lostSession = turns?.lostSession ?? false
    result.baseBranch = checkout?.baseBranch ?? spec.git.baseBranch
    return result
  }
}
