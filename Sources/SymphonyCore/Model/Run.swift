// One run is one worker process on one item. The tick writes the spec, the worker writes identity,
// progress and result as files, and the next tick turns those into rows: information flows in one
// direction only.

/// How a run ended.
package enum Outcome: String, Codable, Sendable, CaseIterable {
  case succeeded, failed, timedOut, stalled, cancelled, vanished, blocked
}

/// Whom to signal: valid only on the same boot and while the start time matches.
package struct ProcessIdentity: Hashable, Codable, Sendable {
  package var pid: Int32
  /// Clock ticks since boot: field 22 of /proc/PID/stat (proc(5)).
  package var startTime: UInt64
  package var bootID: String
  package init(pid: Int32, startTime: UInt64, bootID: String) {
    self.pid = pid
    self.startTime = startTime
    self.bootID = bootID
  }
}

package enum RunPhase: String, Codable, Sendable, CaseIterable {
  case starting, preparing, fencing, hooks, agent, finishing, pushing, cleaning, ended
}

package enum RunPurpose: String, Codable, Sendable {
  case work
  case cleanUp = "clean_up"
}

/// The row of a run.
package struct RunRecord: Hashable, Sendable {
  package enum Phase: String, Codable, Sendable { case launching, launched, settled }
  package var id: RunID
  package var item: ItemID
  package var generation: Int
  package var purpose: RunPurpose
  package var phase: Phase
  package var nonce: String
  package var bootID: String
  package var launchedAt: Timestamp
  package var outcome: Outcome?
  package var settledAt: Timestamp?
  /// One sentence about the end.
  package var summary: String
  /// A stop that was asked for: who and why.
  package var stop: StopOrder?
  /// The account it spends of (`AgentPolicy.account`); empty for clean-ups, and for runs of a
  /// version that did not write it down.
  package var agent = ""
  /// The model the workflow asked for; nil: the agent's own choice.
  package var model: String?
  /// Dollars it may spend: promised to it while it lives. Nil: without limit.
  package var budgetUSD: Double?
  /// By turn and model; complete once it is settled.
  package var spent: [TurnUsage] = []

  package init(
    id: RunID, item: ItemID, generation: Int, purpose: RunPurpose, nonce: String, bootID: String,
    launchedAt: Timestamp
  ) {
    self.id = id
    self.item = item
    self.generation = generation
    self.purpose = purpose
    self.phase = .launching
    self.nonce = nonce
    self.bootID = bootID
    self.launchedAt = launchedAt
    self.outcome = nil
    self.settledAt = nil
    self.summary = ""
    self.stop = nil
  }
}

/// A stop is a row before it is a signal.
package struct StopOrder: Hashable, Codable, Sendable {
  package enum By: String, Codable, Sendable { case `operator`, reconcile, watchdog, budget }
  package var by: By
  package var why: String
  package var at: Timestamp
  package init(by: By, why: String, at: Timestamp) {
    self.by = by
    self.why = why
    self.at = at
  }
}

/// What happened to the commits of a run.
package enum PushState: Hashable, Codable, Sendable {
  /// No commit that the remote branch lacks.
  case nothing
  case pushed(head: String)
  /// Could not be pushed this time: a debt.
  case unpushed(head: String, why: String)
  /// Refused for good by the remote.
  case refused(head: String, why: String)
  /// The remote branch holds commits that are neither ours nor an ancestor's.
  case branchMoved(head: String, remote: String)
}

/// result.json: written once by the worker; counts only with the row's nonce.
package struct RunResult: Hashable, Codable, Sendable {
  package var nonce: String
  package var runID: RunID
  package var outcome: Outcome
  /// A stable code for the failure (`agent_failed`, `hook_failed`, `template_error`,
  /// `branch_taken`, ...); empty on success, but for `remote_failed` when the remote could not be
  /// asked to take the commits.
  package var code: String
  /// One sentence: why it ended so.
  package var summary: String
  /// What kind of failure it was; nil on success, and for whatever is not the agent's.
  package var failure: FailureClass?
  /// The agent's last words, cut to 4,000 characters.
  package var message: String
  package var turns: Int
  /// The agent asked for another run (`SYMPHONY: continue`).
  package var wantsContinuation: Bool
  /// The last turn ended before the agent said that it is done, or it said that there is more to
  /// do: what it committed is nobody's to review yet.
  package var isUnfinished: Bool {
    get { wantsContinuation || endsUnfinished == true }
    set { endsUnfinished = newValue ? true : nil }
  }
  package var head: String?
  /// Commits on HEAD that the base branch lacks: there is something to hand off.
  package var commitsAhead: Int
  /// A new commit, or a change in the worktree, since the run began.
  package var madeProgress: Bool
  package var push: PushState
  package var session: SessionRef?
  package var usage: Usage
  package var baseBranch: String?
  package var startedAt: Timestamp
  package var endedAt: Timestamp
  /// This run passed the fence: the remote branch is this state directory's.
  package var fenced: Bool {
    get { passedFence ?? false }
    set { passedFence = newValue ? true : nil }
  }
  /// Optional, because a result of a worker of the previous version has no such key.
  private var passedFence: Bool?
  /// Clean-up only: the workspace is gone.
  package var removed: Bool
  /// Only with the failure `limited`, where the agent says it: when the account may be used again.
  package var limitedUntil: Timestamp?
  /// Only with the failure `budget`: whose money ran out.
  package var budget: BudgetScope?
  /// By turn and model; `usage` is their sum.
  package var spent: [TurnUsage] {
    get { turnUsage ?? [] }
    set { turnUsage = newValue.isEmpty ? nil : newValue }
  }
  /// What the agent was not allowed to do, cut to a few.
  package var denied: [String] {
    get { deniedTools ?? [] }
    set { deniedTools = newValue.isEmpty ? nil : newValue }
  }
  /// What else did not work and a person should know of, one sentence each, cut to a few.
  package var remarks: [String] {
    get { notedTroubles ?? [] }
    set { notedTroubles = newValue.isEmpty ? nil : newValue }
  }
  /// It resumed a session of an earlier run, and not one of its turns went well.
  package var resumedInVain: Bool {
    get { resumeFailed ?? false }
    set { resumeFailed = newValue ? true : nil }
  }
  // Optional, because a result of a worker of the previous version has no such keys.
  /// The session that was to be resumed is gone, and no other took its place.
  package var lostSession: Bool {
    get { sessionIsLost ?? false }
    set { sessionIsLost = newValue ? true : nil }
  }
  /// Commits that go on no branch of the remote, each in the words that name the ref it is kept
  /// under.
  package var kept: [String] {
    get { keptCommits ?? [] }
    set { keptCommits = newValue.isEmpty ? nil : newValue }
  }
  private var keptCommits: [String]?
  private var endsUnfinished: Bool?
  private var sessionIsLost: Bool?
  private var turnUsage: [TurnUsage]?
  private var deniedTools: [String]?
  private var notedTroubles: [String]?
  private var resumeFailed: Bool?
  /// What the previous version wrote for the failure `misconfigured`.
  private var permanent: Bool?

  /// The failure's class, also of a result that does not name it.
  package var failureClass: FailureClass {
    failure ?? (permanent == true ? .misconfigured : limitedUntil != nil ? .limited : .agent)
  }

  package init(
    nonce: String, runID: RunID, outcome: Outcome, summary: String, startedAt: Timestamp,
    endedAt: Timestamp
  ) {
    self.nonce = nonce
    self.runID = runID
    self.outcome = outcome
    self.code = ""
    self.summary = summary
    self.message = ""
    self.turns = 0
    self.wantsContinuation = false
    self.head = nil
    self.commitsAhead = 0
    self.madeProgress = false
    self.push = .nothing
    self.session = nil
    self.usage = Usage()
    self.baseBranch = nil
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.passedFence = nil
    self.removed = false
    self.limitedUntil = nil
    self.failure = nil
    self.budget = nil
    self.turnUsage = nil
    self.deniedTools = nil
    self.notedTroubles = nil
    self.resumeFailed = nil
    self.sessionIsLost = nil
    self.endsUnfinished = nil
    self.keptCommits = nil
    self.permanent = nil
  }
}

/// progress.json: replaced atomically by the worker at every change of phase, turn or session.
package struct RunProgress: Hashable, Codable, Sendable {
  package var nonce: String
  package var phase: RunPhase
  package var phaseSince: Timestamp
  /// CLOCK_MONOTONIC milliseconds at which the phase runs out; nil: no limit.
  package var phaseDeadlineMonotonic: Int64?
  package var turn: Int
  package var session: SessionRef?
  package var usage: Usage
  package var lastEvent: String
  /// The commit the fence pushed or is about to push to the remote branch.
  package var fenceHead: String?
  /// By turn and model; `usage` is their sum.
  package var spent: [TurnUsage] {
    get { turnUsage ?? [] }
    set { turnUsage = newValue.isEmpty ? nil : newValue }
  }
  /// The agent said that its account is at its limit, until a time where that is known.
  package var isLimited: Bool {
    get { accountIsLimited ?? false }
    set { accountIsLimited = newValue ? true : nil }
  }
  package var limitedUntil: Timestamp?
  private var turnUsage: [TurnUsage]?
  private var accountIsLimited: Bool?
  package init(nonce: String, phase: RunPhase, phaseSince: Timestamp) {
    self.nonce = nonce
    self.phase = phase
    self.phaseSince = phaseSince
    self.phaseDeadlineMonotonic = nil
    self.turn = 0
    self.session = nil
    self.usage = Usage()
    self.lastEvent = ""
    self.fenceHead = nil
    self.limitedUntil = nil
    self.turnUsage = nil
    self.accountIsLimited = nil
  }
}

/// spec.json: all a worker needs, frozen at launch. Holds no secret: `$VAR` stays unresolved in it.
package struct RunSpec: Hashable, Codable, Sendable {
  package var version = 1
  package var runID: RunID
  package var nonce: String
  package var purpose: RunPurpose
  package var itemKey: ItemKey
  package var repository: RepositoryName
  package var generation: Int
  package var paths: RunPaths
  package var git: GitOrder
  package var hooks: HookPolicy
  package var agent: AgentPolicy
  /// The session to resume; nil: begin `newSessionID`.
  package var resume: SessionRef?
  /// A lower-case UUID, chosen before launch for agents that take one.
  package var newSessionID: String
  /// Nil on an item's first run.
  package var attempt: Int?
  package var promptTemplate: String
  /// Where the template's first line stands in WORKFLOW.md, for messages.
  package var promptLine: Int
  package var workflowPath: String
  package var skills: [String]
  /// The template's variables; `turn` is added by the worker.
  package var context: Structure
  /// Appended to the rendered prompt as it is.
  package var promptNote: String?
  /// argv of the tick to become at the end; empty: none.
  package var nudge: [String]
  /// Nil: the standard limits.
  package var phaseLimits: PhaseLimits?
  /// What the run may spend; nil: without limit.
  package var budget: RunBudget?

  package init(
    runID: RunID, nonce: String, purpose: RunPurpose, itemKey: ItemKey, repository: RepositoryName,
    generation: Int, paths: RunPaths, git: GitOrder, hooks: HookPolicy, agent: AgentPolicy,
    resume: SessionRef?, newSessionID: String, attempt: Int?, promptTemplate: String,
    promptLine: Int,
    workflowPath: String, skills: [String], context: Structure, nudge: [String]
  ) {
    self.runID = runID
    self.nonce = nonce
    self.purpose = purpose
    self.itemKey = itemKey
    self.repository = repository
    self.generation = generation
    self.paths = paths
    self.git = git
    self.hooks = hooks
    self.agent = agent
    self.resume = resume
    self.newSessionID = newSessionID
    self.attempt = attempt
    self.promptTemplate = promptTemplate
    self.promptLine = promptLine
    self.workflowPath = workflowPath
    self.skills = skills
    self.context = context
    self.promptNote = nil
    self.nudge = nudge
    self.phaseLimits = nil
    self.budget = nil
  }
}

/// Absolute paths of a run.
package struct RunPaths: Hashable, Codable, Sendable {
  package var state: String
  package var run: String
  package var cache: String
  package var workspace: String
  package init(state: String, run: String, cache: String, workspace: String) {
    self.state = state
    self.run = run
    self.cache = cache
    self.workspace = workspace
  }
  /// Where an item's cache and worktree are made: below the state directory unless the policy says
  /// otherwise.
  package static func home(
    _ record: ItemRecord, state: String, policy: WorkspacePolicy
  ) -> WorkspaceHome {
    let caches = policy.cacheDirectory ?? state + "/repos"
    let workspaces = policy.worktreeDirectory ?? state + "/workspaces"
    let (owner, name) = (safe(record.repository.owner), safe(record.repository.name))
    return WorkspaceHome(
      cache: "\(caches)/\(owner)/\(name).git", workspace: "\(workspaces)/\(record.workspace)")
  }

  /// Repository names come from a server: nothing in them may climb out of the cache directory.
  private static func safe(_ part: String) -> String {
    WorkspaceKey(item: ItemKey(part), id: ItemID(part)).text
  }

  /// Present once the workspace is complete: after_create succeeded.
  package var createdMark: String { workspace + ".created" }
}
