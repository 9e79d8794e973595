// What we hold about a work item. One claim per item; the planner is the only one that changes it.
//
//   unclaimed -> running -> retrying -> running ...   released: closed, merged or gone
//                   |           |                     handedOff: a pull request waits for a human
//                   +-> handedOff +-> parked          parked: needs a human; kept with its reason

public enum Claim: Hashable, Codable, Sendable {
  /// Entered when first seen, or when a parked item is touched by a human. Left by a launch.
  case unclaimed
  /// Entered by the launch transaction. Left when the run is settled.
  case running(RunID)
  /// Entered when a run ended without a hand-off. Left by a launch once the deadline is due.
  case retrying(Retry)
  /// Entered when a run ended with pushed commits. Left by merge, close, rejection or a human's
  /// move.
  case handedOff(Handoff)
  /// Entered when only a human can help. Left by a human's touch or `symphony retry`.
  case parked(Parking)
  /// Entered when the issue closed or its pull request merged. Left when the issue is open again.
  case released(Release)

  public var state: String {
    switch self {
    case .unclaimed: "unclaimed"
    case .running: "running"
    case .retrying: "retrying"
    case .handedOff: "handed_off"
    case .parked: "parked"
    case .released: "released"
    }
  }
}

public struct Retry: Hashable, Codable, Sendable {
  public enum Kind: String, Codable, Sendable {
    /// Ended well, nothing to hand off.
    case continuation
    /// Failed, timed out or stalled; or vanished on the same boot.
    case failure
    /// The work is done, its push is owed.
    case push
    /// The run ended for a reason that is not the item's fault: a shutdown, a limit, a provider or
    /// a remote in trouble.
    case resume
  }
  public var kind: Kind
  public var deadline: Deadline
  /// One sentence: what went wrong, or what is being waited for.
  public var because: String
  /// The agent's last words of a run whose push is owed: the pull request will quote them.
  public var words: String?
  /// What did not work in that run, for the pull request and status; nil: nothing.
  public var remarks: [String]?
  public init(kind: Kind, deadline: Deadline, because: String, words: String? = nil) {
    self.remarks = nil
    self.kind = kind
    self.deadline = deadline
    self.because = because
    self.words = words
  }
}

public struct PullRequestRef: Hashable, Codable, Sendable {
  public var number: Int
  public var url: String
  public init(number: Int, url: String) {
    self.number = number
    self.url = url
  }
}

public struct Handoff: Hashable, Codable, Sendable {
  /// Nil while the pull request is owed, and for ever when `pushedOnly`.
  public var pullRequest: PullRequestRef?
  public var pushedOnly: Bool
  /// False once the item was seen without a required label: putting it back is a human's wish for a
  /// new run.
  public var labelled: Bool
  /// The status last seen or nil before that; a later move to an active one is a human's wish for a
  /// new run.
  public var status: String?
  /// The board's stamp of that status: an older answer is a stale one.
  public var statusAt: Timestamp?
  /// What did not work in the run that handed it off; nil: nothing, or not known.
  public var remark: String?
  /// Somebody else moved the item to the hand-off status while it was ours.
  public var elsewhere: Bool?
  public init(
    pullRequest: PullRequestRef?, pushedOnly: Bool = false, labelled: Bool = true,
    status: String? = nil
  ) {
    self.pullRequest = pullRequest
    self.pushedOnly = pushedOnly
    self.labelled = labelled
    self.status = status
    self.statusAt = nil
    self.remark = nil
    self.elsewhere = nil
  }
}

public struct Parking: Hashable, Codable, Sendable {
  public enum Reason: String, Codable, Sendable, CaseIterable {
    case noProgress = "no_progress"
    case continuationsExhausted = "continuations_exhausted"
    case attemptsExhausted = "attempts_exhausted"
    case runLimit = "run_limit"
    case vanishedRepeatedly = "vanished_repeatedly"
    case agentBlocked = "agent_blocked"
    case agentMisconfigured = "agent_misconfigured"
    case stoppedByOperator = "stopped_by_operator"
    case branchTaken = "branch_taken"
    case branchMoved = "branch_moved"
    case pushRefused = "push_refused"
    case pullRequestRejected = "pull_request_rejected"
    case pullRequestRefused = "pull_request_refused"
    case pullRequestForeign = "pull_request_foreign"
    case draftRefused = "draft_refused"
    case itemOverBudget = "item_over_budget"
    /// An agent reported tokens or dollars that cannot be true.
    case figuresInDoubt = "figures_in_doubt"
    case editedAfterLabel = "edited_after_label"
  }
  public var reason: Reason
  /// One sentence with the facts.
  public var detail: String
  public var since: Timestamp
  /// The item's fingerprint when it was parked; nil until it was read after parking.
  public var fingerprint: String?
  /// The item's status and its last change, on the tracker's clock, when the fingerprint was read;
  /// nil in rows of older versions.
  public var status: String?
  public var readAt: Timestamp?
  /// What the item looked like when its changes were last found to be nobody's who may wake it.
  public var judged: String?
  /// The labels of `tracker.labels_on.park` were entered as a debt.
  public var labelled: Bool?
  public init(reason: Reason, detail: String, since: Timestamp, fingerprint: String?) {
    self.labelled = nil
    self.status = nil
    self.readAt = nil
    self.judged = nil
    self.reason = reason
    self.detail = detail
    self.since = since
    self.fingerprint = fingerprint
  }
}

public struct Release: Hashable, Codable, Sendable {
  public enum Reason: String, Codable, Sendable {
    case merged, closed, gone
    /// Its status on the board is one of `tracker.terminal_values`.
    case terminal
  }
  public var reason: Reason
  public var at: Timestamp
  public var pullRequest: PullRequestRef?
  /// The item was seen to be closed, or no longer listed, since: if it comes back, somebody wants
  /// it again.
  public var left: Bool?
  /// Its status when it was released.
  public var status: String?
  /// What became of it, where the reason alone does not say.
  public var note: String?
  public init(reason: Reason, at: Timestamp, pullRequest: PullRequestRef?, note: String? = nil) {
    self.left = nil
    self.status = nil
    self.note = note
    self.reason = reason
    self.at = at
    self.pullRequest = pullRequest
  }
}

/// What is counted per item, each with the event that sets it back to zero.
public struct Counters: Hashable, Codable, Sendable {
  /// Consecutive failures. Zero after a run that ended well.
  public var failures = 0
  /// Consecutive runs that ended well with nothing to hand off. Zero after a hand-off.
  public var continuations = 0
  /// Consecutive runs with neither commit nor change. Zero after one with either.
  public var idleRuns = 0
  /// Consecutive vanished runs on the same boot. Zero after a run with a result.
  public var vanishes = 0
  /// Consecutive runs that vanished before worker.pid. Zero after any other end.
  public var earlyVanishes = 0
  /// Consecutive runs that ended because the agent's provider was in trouble. Zero after any other
  /// end.
  public var transients = 0
  /// Consecutive runs that resumed the item's session and failed in it. Zero with any other end,
  /// and with a new session.
  public var resumeFailures = 0
  /// Launches since first seen or last touched by a human. Nothing else resets it.
  public var launches = 0
  public init() {}
}

/// The absolute paths of an item's bare cache and of its worktree.
public struct WorkspaceHome: Hashable, Sendable {
  public var cache: String
  public var workspace: String
  public init(cache: String, workspace: String) {
    self.cache = cache
    self.workspace = workspace
  }
  /// The directory of all caches: a cache lies in one of its owner's.
  public var cacheFolder: String { Self.above(Self.above(cache)) }
  public var workspaceFolder: String { Self.above(workspace) }

  private static func above(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}

/// The row of one work item: the tracker's slim facts and our claim.
public struct ItemRecord: Hashable, Sendable {
  public var id: ItemID
  public var key: ItemKey
  public var workspace: WorkspaceKey
  public var repository: RepositoryName
  public var number: Int?
  public var title: String
  public var url: String
  /// As last seen; nil where the tracker has none.
  public var status: String?
  public var firstSeen: Timestamp
  public var claim: Claim = .unclaimed
  public var counters = Counters()
  /// How many runs (clean-ups included) the item ever had.
  public var generation = 0
  /// When it was launched last.
  public var lastLaunch: Timestamp?
  /// How many runs with an agent the item ever had: `{{ attempt }}`.
  public var runs = 0
  public var branch: String
  /// True once a run created the remote branch or meant to: this state directory owns it.
  public var ownsBranch = false
  /// The commit the fence pushed or was about to push; a remote branch exactly there is ours.
  public var fenceHead: String?
  public var pullRequest: PullRequestRef?
  /// Since when a pull request on our branch counts as ours; older merged ones are history.
  public var epoch: Timestamp
  public var session: SessionRef?
  /// The commit whose push is owed.
  public var unpushed: String?
  /// What its runs made besides, and no remote branch is known to have.
  public var left = LeftBehind()
  /// A workspace may exist; cleared by a finished clean-up.
  public var hasWorkspace = false
  /// Where its run directories' cache and workspace are: fixed at the first launch that makes them,
  /// so that a renamed repository or an edited workspace.root loses nothing. Nil: none are there.
  public var home: WorkspaceHome?
  /// The next run starts from the base branch: the item was released and came back.
  public var startsFresh = false
  /// Consecutive clean-ups that failed, and why the last did.
  public var cleanUpFailures = 0
  public var cleanUpProblem: String?
  /// A clean-up failed; not tried again before this.
  public var cleanUpAfter: Deadline?
  /// `symphony retry --take-over`: the next run may take a branch it did not create.
  public var takeOver = false
  public var usage = Usage()
  /// The account whose agent ended the item's last run at once, having used nothing; nil: it did
  /// not.
  public var crashedOn: String?
  /// The last verdict's code, so that the ledger gets one row per change.
  public var verdict = ""
  /// The last verdict's sentence: of one code the facts change, and status shows no old ones.
  public var sentence = ""

  /// An item seen for the first time.
  public init(item: WorkItem, branch: String, now: Timestamp) {
    self.init(
      id: item.id, key: item.key, workspace: WorkspaceKey(item: item.key, id: item.id),
      repository: item.repository, number: item.number, title: item.title, url: item.url,
      firstSeen: now, branch: branch, epoch: now)
  }

  /// A record as it is read back: the names it was given, nothing derived again; the rest is set by
  /// the reader.
  public init(
    id: ItemID, key: ItemKey, workspace: WorkspaceKey, repository: RepositoryName, number: Int?,
    title: String, url: String, firstSeen: Timestamp, branch: String, epoch: Timestamp
  ) {
    self.id = id
    self.key = key
    self.workspace = workspace
    self.repository = repository
    self.number = number
    self.title = title
    self.url = url
    self.firstSeen = firstSeen
    self.branch = branch
    self.epoch = epoch
  }
}
