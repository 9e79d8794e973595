// One run is one worker process on one item. The tick writes the spec, the worker writes identity,
// progress and result as files, and the next tick turns those into rows: information flows in one
// direction only.

/// How a run ended.
package enum Outcome: String, Codable, Sendable, CaseIterable {
  case succeeded, failed, timedOut, stalled, cancelled, vanished, blocked

  /// Ended otherwise than its agent or an operator meant it to.
  package var isFailure: Bool {
    switch self {
    case .succeeded, .cancelled, .blocked: false
    case .failed, .timedOut, .stalled, .vanished: true
    }
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
  package enum Phase: String, Codable, Sendable { case launching, settled }
  package var id: RunID
  package var item: ItemID
  package var generation: Int
  package var purpose: RunPurpose
  package var phase: Phase
  package var nonce: String
  /// The executor's word for where and since when it was launched (`PollAnswer.era`): only the
  /// executor compares it.
  package var era: String
  package var launchedAt: Timestamp
  package var outcome: Outcome?
  package var settledAt: Timestamp?
  /// One sentence about the end.
  package var summary: String
  /// A stop that was asked for: who and why.
  package var stop: StopOrder?
  /// Nil for clean-ups, and for runs of a version that did not write it down.
  package var account: Account?
  /// The model the workflow asked for; nil: the agent's own choice.
  package var model: String?
  /// Dollars it may spend: promised to it while it lives.
  ///
  /// Nil: without limit.
  package var budgetUSD: Double?
  /// By turn and model; complete once it is settled.
  package var spent: [TurnUsage] = []

  package init(
    id: RunID, item: ItemID, generation: Int, purpose: RunPurpose, nonce: String, era: String,
    launchedAt: Timestamp
  ) {
    self.id = id
    self.item = item
    self.generation = generation
    self.purpose = purpose
    self.phase = .launching
    self.nonce = nonce
    self.era = era
    self.launchedAt = launchedAt
    self.outcome = nil
    self.settledAt = nil
    self.summary = ""
    self.stop = nil
  }
}

/// A stop is a row before it is a signal.
package struct StopOrder: Hashable, Codable, Sendable {
  package enum By: String, Codable, Sendable {
    case `operator`, reconcile, watchdog, budget
    /// The order to its worker: a spent budget ends the agent, but finished work is pushed.
    package var end: EndKind {
      switch self {
      case .operator, .reconcile, .watchdog: .stop
      case .budget: .endAgent
      }
    }
  }
  package var by: By
  package var why: String
  package var at: Timestamp
  /// It was one of everything, not of this run; nil in rows of older versions: it was not.
  package var ofAll: Bool?
  /// How old its worker was when a tick first saw it alive after the order; nil: none did yet.
  package var workerAge: Interval?
  package init(by: By, why: String, at: Timestamp, ofAll: Bool? = nil) {
    self.ofAll = ofAll
    self.by = by
    self.why = why
    self.at = at
  }
}

/// The fate of a run's commits.
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

  /// As result.json has them, whatever the cases are called.
  private enum CodingKeys: String, CodingKey {
    case nothing = "nothing"
    case pushed = "pushed"
    case unpushed = "unpushed"
    case refused = "refused"
    case branchMoved = "branchMoved"
  }
}

/// spec.json: all a worker needs, frozen at launch.
///
/// Holds no secret: `$VAR` stays unresolved in it.
package struct RunSpec: Hashable, Codable, Sendable {
  package var version = 1
  package var runID: RunID
  package var nonce: String
  package var purpose: RunPurpose
  package var itemKey: ItemKey
  /// For the log; nil in specs that do not say it.
  package var item: ItemID?
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
  /// The line of WORKFLOW.md on which the template begins, for messages.
  package var promptLine: Int
  package var workflowPath: String
  package var skills: [String]
  /// The template's variables; `turn` is added by the worker.
  package var context: Structure
  /// Appended to the rendered prompt as it is.
  package var promptNote: String?
  /// Why the item got another round; nil: on its first, and in specs that do not say it.
  package var wake: Wake?
  /// The feedback that the run is to answer; nil: it is no round, and in specs that do not say it.
  package var feedback: [HandedPiece]?
  /// The template prints the feedback itself; nil: symphony adds it.
  package var placesFeedback: Bool?
  /// argv of the tick to become at the end; empty: none.
  package var nudge: [String]
  /// Nil: the standard limits.
  package var phaseLimits: PhaseLimits?
  /// The most that the run may spend; nil: no limit.
  package var budget: RunBudget?
  /// The state number of its launch; nil in specs that do not say it.
  package var stateNumber: Int64?
  /// True: a clean-up of an item that may go on.
  ///
  /// It publishes nothing, its branch stays ours, and whatever is only in the workspace keeps it.
  package var goesOn: Bool?

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
    self.feedback = nil
    self.placesFeedback = nil
    self.nudge = nudge
    self.phaseLimits = nil
    self.budget = nil
    self.stateNumber = nil
    self.goesOn = nil
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
  /// The folders of an item's cache and worktree: the policy's, or below the state directory.
  package static func home(
    _ record: ItemRecord, state: String, policy: WorkspacePolicy
  ) -> WorkspaceHome {
    let layout = StateLayout(state)
    let caches = policy.cacheDirectory ?? layout.caches
    let workspaces = policy.worktreeDirectory ?? layout.workspaces
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
