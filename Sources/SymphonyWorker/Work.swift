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
  /// Nil: the run is no round of feedback.
  private var round: FeedbackRound?
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
    // A run that dies from here on has shown whose the branch is.
    try run.note(durably: true) { $0.fenced = true }
    if checkout.isComplete { try FoundCommits.recover(git, checkout) }
    let first = try TreeLook.take(git, checkout)
    var start = try first.facts(git, checkout)
    self.start = start
    if let debt = spec.git.debt { return try pay(debt, start, checkout) }
    let round = try FeedbackRound.begin(git, checkout)
    self.round = round
    let environment = try makeEnvironment(checkout, probe)
    let hooks = HookRunner(environment: environment)
    self.hooks = hooks
    var isAsFound = true
    if !checkout.isComplete {
      isAsFound = hooks.script(.afterCreate) == nil
      try hooks.call(.afterCreate)
      try workspace.markComplete(checkout)
      try PlantedFiles.keep(run)
    }
    let place = try AgentPlace.make(git, checkout, probe)
    owesAfterRun = true
    let watch = BaselineWatch(git: git, checkout: checkout)
    try watch.begin(isAsFound ? first : nil)
    try hooks.call(.beforeRun)
    // Where there is no such hook, nothing but this worker has been here since the look. A hook has
    // closed the watch itself.
    let settled = try watch.close(nothingRan: hooks.script(.beforeRun) == nil)
    let look = if let settled { settled } else { try TreeLook.take(git, checkout) }
    // Commits of a hook are on the branch like any others; what it left uncommitted is not work.
    let head = start.head
    start = try look.facts(git, checkout)
    start.head = head
    self.start = start
    checkout.baseline.start = look.head
    self.found = try FoundCommits.begin(git, checkout)
    // After the hooks: they may have filled them.
    unfilled = try Submodules(git: git, checkout: checkout).unfilled()
    let runner = TurnRunner(environment: environment, agent: agent, place: place)
    let turns = TurnLoop(
      git: git, checkout: checkout, start: start, hooks: hooks, runner: runner,
      prompts: Prompts(spec: told(spec), renderer: renderer, round: round))
    self.turns = turns
    return try turns.play()
  }

  private func makeEnvironment(_ checkout: Checkout, _ probe: AgentProbe) throws(RunStop)
    -> AgentEnvironment
  {
    // A setting in a clone behind the wall is none of the user's.
    let place = checkout.isWalled ? checkout.repository.place : checkout.place
    let settings = try git.settings(CommitIdentity.settings + Unattended.settings, in: place)
    identity = try CommitIdentity.variables(git, place, settings)
    return try AgentEnvironment(
      run: run, checkout: checkout, identity: identity, own: probe.ownVariables,
      repliesFile: round?.replies.path,
      unattended: Unattended.variables(git.run.environment, settings))
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
    var look = try gather(checkout)
    if hooks?.script(.afterRun) != nil { look = nil }
    try afterRun()
    // People may use git there, and the next run does.
    try PlantedFiles.remove(run)
    try run.enter(.finishing, limit: run.limits.prepare)
    let fork = try describe(checkout, look, in: &result)
    guard ending.push == nil else { return result }
    guard let fence else {
      // A head without a word about its push would pass for one that the remote has.
      if try !nameUnpushed(in: &result) { result.head = nil }
      return result
    }
    if let head = result.head, head != fence.tip {
      run.sweep()
      if let link = try NestedRepositories(git: git, checkout: checkout).deadLink(head, since: fork)
      {
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
  /// - Returns: a look at the tree that still holds; nil: something was done since, or nothing was
  ///   looked at.
  private func gather(_ checkout: Checkout) throws(RunStop) -> TreeLook? {
    // An agent that is still there could go on working while its work is gathered, and what it made
    // then would be nobody's.
    guard run.sweep() else {
      throw .failed(
        "agent_lives", "processes of the agent do not end: what they made is gathered later",
        .transient)
    }
    round?.replies.discard()
    var checked = try WorkspaceCheck(git: git, checkout: checkout).look()
    if case .sound(let head, _) = checked {
      let hasMoved: Bool
      if let found {
        hasMoved = try found.bringHome(from: head)
        self.found = nil
      } else {
        // The attempt may have ended where it was to look for what an earlier run has left.
        hasMoved = fence == nil ? false : try FoundCommits.recover(git, checkout)
      }
      if hasMoved { checked = try WorkspaceCheck(git: git, checkout: checkout).look() }
    }
    guard isWorkDone, spec.git.settings.commitLeftovers else { return nil }
    let look = try TreeLook.take(git, checkout, at: checked)
    let isCommitted = try TreeFacts.commitLeftovers(look, git, checkout, identity: identity)
    return isCommitted ? nil : look
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
    var trouble: RunStop?
    do throws(RunStop) {
      if let checkout { _ = try gather(checkout) }
    } catch {
      trouble = error
      run.log("while winding up: \(error)")
    }
    tolerate { () throws(RunStop) in try afterRun() }
    run.sweep()
    tolerate(closeWatch)
    tolerate { () throws(RunStop) in try run.enter(.finishing, limit: run.seams.windUp) }
    tolerate { () throws(RunStop) in
      guard try nameUnpushed(in: &result), let checkout else { return }
      _ = try describe(checkout, nil, in: &result)
    }
    // Beside the workspace it is written down until what is there was gathered.
    let isUnseen = found != nil || (try? WorkspaceMark.read(spec.paths.createdMark))??.refs != nil
    if let trouble, isUnseen { tellUnseen(trouble, in: &result) }
    return result
  }

  private func tolerate(_ step: () throws(RunStop) -> Void) {
    do throws(RunStop) { try step() } catch { run.log("while winding up: \(error)") }
  }

  /// What the agent left beside its branch could not be looked for: HEAD alone says nothing of it.
  ///
  /// The note of what was there before it stays beside the workspace, by which the next run looks.
  private func tellUnseen(_ trouble: RunStop, in result: inout RunResult) {
    var why = "\(trouble)"
    if case .ended(let ending) = trouble { why = ending.summary }
    run.remark(
      "whether its agent left commits beside the item's branch is not known; "
        + "the next run looks for them: \(why)")
    // A head without a push would say that somebody looked, and that the remote has all of it.
    if result.push == .nothing { result.head = nil }
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

  /// `known`: a look that still holds; nil: there is none.
  /// - Returns: where the head left the base branch.
  private func describe(
    _ checkout: Checkout, _ known: TreeLook?, in result: inout RunResult
  ) throws(RunStop) -> String {
    let look = if let known { known } else { try TreeLook.take(git, checkout) }
    let (now, head) = (try look.facts(git, checkout), look.head)
    result.head = head
    if let start, start != now {
      // A file that a hook changed is no progress of the agent; a commit of a hook is some.
      result.madeProgress = turns?.mayHaveWorked ?? true || start.head != now.head
    }
    do throws(RunStop) {
      try WalledClone(git: git, checkout: checkout).takeOut(head)
    } catch {
      // The push meets the same trouble, and says what follows from it.
      guard case .ended(let trouble) = error else { throw error }
      run.log(trouble.summary)
      return look.fork
    }
    if head != look.fork {
      result.commitsAhead = try git.count(
        [head, "^\(checkout.base)"], in: checkout.repository.place)
    }
    return look.fork
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
    result.replies = round?.replies.replies ?? []
    // A session that turned out to be gone is not named again.
    result.session = run.progress.session ?? (turns.map(\.session) ?? spec.resume)
    result.resumedInVain = turns?.resumedInVain ?? false
    result.lostSession = turns?.lostSession ?? false
    result.baseBranch = checkout?.baseBranch ?? spec.git.baseBranch
    return result
  }
}
