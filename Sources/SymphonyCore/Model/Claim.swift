// The claim: all that we hold about a work item. One per item; only the planner changes it.
//
//   unclaimed -> running -> retrying -> running ...   released: closed, merged or gone
//                   |           |                     handedOff: a pull request waits for a person
//                   +-> handedOff +-> parked          parked: needs a person; kept with its reason

package enum Claim: Hashable, Sendable {
  /// Entered when first seen, or when a parked item is touched by a person. Left by a launch.
  case unclaimed
  /// Entered by the launch transaction. Left when the run is settled.
  case running(RunID)
  /// Entered when a run ended without a hand-off. Left by a launch once the deadline is due.
  case retrying(Retry)
  /// Entered when a run ended with pushed commits. Left by merge, close, rejection or a person's
  /// move.
  case handedOff(Handoff)
  /// Entered when only a person can help. Left by a person's touch or `symphony retry`.
  case parked(Parking)
  /// Entered when the issue closed or its pull request merged. Left when the issue is open again.
  case released(Release)

  /// A claim without its facts, under the name that the database and JSON have for it.
  package enum State: String, Sendable, CaseIterable {
    case unclaimed, running, retrying, parked, released
    case handedOff = "handed_off"
  }

  package var state: State {
    switch self {
    case .unclaimed: .unclaimed
    case .running: .running
    case .retrying: .retrying
    case .handedOff: .handedOff
    case .parked: .parked
    case .released: .released
    }
  }
}

package struct Retry: Hashable, Codable, Sendable {
  package enum Kind: String, Codable, Sendable {
    /// Ended well, nothing to hand off.
    case continuation
    /// Failed, timed out or stalled; or vanished in the same era.
    case failure
    /// The work is done, its push is owed.
    case push
    /// The run ended for a reason that is not the item's fault: a shutdown, a limit, a provider or
    /// a remote in trouble.
    case resume
  }
  package var kind: Kind
  package var deadline: Deadline
  /// One sentence: what went wrong, or what is being waited for.
  package var sentence: String
  /// The agent's last words of a run whose push is owed: the pull request will quote them.
  package var words: String?
  /// The troubles of that run, for the pull request and status; nil: none.
  package var remarks: [String]?
  package init(kind: Kind, deadline: Deadline, sentence: String, words: String? = nil) {
    self.remarks = nil
    self.kind = kind
    self.deadline = deadline
    self.sentence = sentence
    self.words = words
  }

  /// As the rows have them, whatever the properties are called.
  private enum CodingKeys: String, CodingKey {
    case kind, deadline, words, remarks
    case sentence = "because"
  }
}

package struct PullRequestRef: Hashable, Codable, Sendable {
  package var number: Int
  package var url: String
  package init(number: Int, url: String) {
    self.number = number
    self.url = url
  }
}

package struct Handoff: Hashable, Codable, Sendable {
  /// Nil while the pull request is owed, and for ever when `pushedOnly`.
  package var pullRequest: PullRequestRef?
  package var pushedOnly: Bool
  /// False once the item was seen without a required label: who puts it back asks for a
  /// new run.
  package var hadLabels: Bool
  /// The status last seen or nil before that; who moves it to an active one later asks for a
  /// new run.
  package var status: String?
  /// The board's stamp of that status: an older answer is a stale one.
  package var statusAt: Timestamp?
  /// The troubles of the run that handed it off; nil: none, or not known.
  package var remark: String?
  /// Somebody else moved the item to the hand-off status while it was ours.
  package var elsewhere: Bool?
  /// The item's last change, on the tracker's clock, up to which its labels were looked at; nil
  /// while our own writes are owed, and in rows of older versions.
  package var readAt: Timestamp?
  package init(
    pullRequest: PullRequestRef?, pushedOnly: Bool = false, hadLabels: Bool = true,
    status: String? = nil
  ) {
    self.pullRequest = pullRequest
    self.pushedOnly = pushedOnly
    self.hadLabels = hadLabels
    self.status = status
    self.statusAt = nil
    self.remark = nil
    self.elsewhere = nil
    self.readAt = nil
  }

  /// As the rows have them, whatever the properties are called.
  private enum CodingKeys: String, CodingKey {
    case pullRequest, pushedOnly, status, statusAt, remark, elsewhere, readAt
    case hadLabels = "labelled"
  }
}

/// Why an item waits for a person.
package enum ParkingReason: String, Codable, Sendable, CaseIterable {
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
  /// As many rounds of feedback as the workflow allows, and there is more.
  case roundsExhausted = "rounds_exhausted"
  case itemOverBudget = "item_over_budget"
  /// An agent reported tokens or dollars that cannot be true.
  case figuresInDoubt = "figures_in_doubt"
  case editedAfterLabel = "edited_after_label"
  /// The database was lost, and nothing that is left tells what became of it.
  case recovered
}

package struct Parking: Hashable, Codable, Sendable {
  package var reason: ParkingReason
  /// One sentence with the facts.
  package var sentence: String
  package var since: Timestamp
  /// The item's fingerprint when it was parked; nil until it was read after parking.
  package var fingerprint: String?
  /// The item's status and its last change, on the tracker's clock, when the fingerprint was read;
  /// nil in rows of older versions.
  package var status: String?
  package var readAt: Timestamp?
  /// The item's stamp when its changes were last judged and nobody who may wake it had made any;
  /// the same stamp is not judged again.
  package var judged: String?
  /// The labels of `tracker.labels_on.park` were entered as a debt.
  package var owesLabels: Bool?
  /// A stop of everything parked it: `symphony resume --stopped` goes on with it.
  package var ofAll: Bool?
  package init(reason: ParkingReason, sentence: String, since: Timestamp, fingerprint: String?) {
    self.owesLabels = nil
    self.ofAll = nil
    self.status = nil
    self.readAt = nil
    self.judged = nil
    self.reason = reason
    self.sentence = sentence
    self.since = since
    self.fingerprint = fingerprint
  }

  /// As the rows have them, whatever the properties are called.
  private enum CodingKeys: String, CodingKey {
    case reason, since, fingerprint, status, readAt, judged, ofAll
    case sentence = "detail"
    case owesLabels = "labelled"
  }
}

/// Why nothing is to be done for an item any more.
package enum ReleaseReason: String, Codable, Sendable {
  case merged, closed, gone
  /// Its status on the board is one of `tracker.terminal_values`.
  case terminal
  /// `symphony release`: only a retry takes it up again.
  case `operator`
}

package struct Release: Hashable, Codable, Sendable {
  package var reason: ReleaseReason
  package var at: Timestamp
  package var pullRequest: PullRequestRef?
  /// The item was seen to be closed, or no longer listed, since: if it comes back, somebody wants
  /// it again.
  package var left: Bool?
  /// A list that leaves out other statuses did not name it since: it may still be where it was.
  package var hidden: Bool?
  /// Its status when it was released.
  package var status: String?
  /// One sentence about its end, where the reason alone does not say enough.
  package var sentence: String?
  package init(
    reason: ReleaseReason, at: Timestamp, pullRequest: PullRequestRef?, sentence: String? = nil
  ) {
    self.left = nil
    self.hidden = nil
    self.status = nil
    self.sentence = sentence
    self.reason = reason
    self.at = at
    self.pullRequest = pullRequest
  }

  /// As the rows have them, whatever the properties are called.
  private enum CodingKeys: String, CodingKey {
    case reason, at, pullRequest, left, hidden, status
    case sentence = "note"
  }
}

/// The counts kept per item, each with the event that sets it back to zero.
package struct Counters: Hashable, Codable, Sendable {
  /// Consecutive failures.
  ///
  /// Zero after a run that ended well.
  package var failures = 0
  /// Consecutive runs that ended well with nothing to hand off.
  ///
  /// Zero after a hand-off.
  package var continuations = 0
  /// Consecutive runs with neither commit nor change.
  ///
  /// Zero after one with either.
  package var idleRuns = 0
  /// Consecutive vanished runs of the same era.
  ///
  /// Zero after a run with a result.
  package var vanishes = 0
  /// Consecutive runs that vanished before their workers told who they were.
  ///
  /// Zero after any other end.
  package var earlyVanishes = 0
  /// Consecutive runs that ended because the agent's provider was in trouble.
  ///
  /// Zero after any other end.
  package var transients = 0
  /// Consecutive runs that resumed the item's session and failed in it.
  ///
  /// Zero with any other end, and with a new session.
  package var resumeFailures = 0
  /// Launches since first seen or last touched by a person.
  ///
  /// Nothing else resets it.
  package var launches = 0
  package init() {}
}

/// The absolute paths of an item's bare cache and of its worktree.
package struct WorkspaceHome: Hashable, Sendable {
  package var cache: String
  package var workspace: String
  package init(cache: String, workspace: String) {
    self.cache = cache
    self.workspace = workspace
  }
  /// The directory of all caches: a cache lies in one of its owner's.
  package var cacheFolder: String { Self.above(Self.above(cache)) }
  package var workspaceFolder: String { Self.above(workspace) }

  private static func above(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}

/// The row of one work item: the tracker's slim facts and our claim.
package struct ItemRecord: Hashable, Sendable {
  package var id: ItemID
  package var key: ItemKey
  package var workspace: WorkspaceKey
  package var repository: RepositoryName
  package var number: Int?
  package var title: String
  package var url: String
  /// As last seen; nil where the tracker has none.
  package var status: String?
  package var firstSeen: Timestamp
  package var claim: Claim = .unclaimed
  package var counters = Counters()
  /// How many runs (clean-ups included) the item ever had.
  package var generation = 0
  /// When it was launched last.
  package var lastLaunch: Timestamp?
  /// How many runs with an agent the item ever had.
  package var runs = 0
  /// `{{ attempt }}`: nil in the item's first run, then how many runs came before it.
  package var attempt: Int? { runs > 1 ? runs - 1 : nil }
  package var branch: String
  /// True once a run created the remote branch or meant to: this state directory owns it.
  package var ownsBranch = false
  /// The commit the fence pushed or was about to push; a remote branch exactly there is ours.
  package var fenceHead: String?
  package var pullRequest: PullRequestRef?
  /// Since when a pull request on our branch counts as ours; older merged ones are history.
  package var epoch: Timestamp
  package var session: OwnedSession?
  /// The commit whose push is owed.
  package var unpushed: String?
  /// Other commits that its runs made and that no remote branch is known to have.
  package var left = LeftBehind()
  /// A workspace may exist; cleared by a finished clean-up.
  package var hasWorkspace = false
  /// The folders of its cache and workspace; nil: none are there.
  ///
  /// Fixed at the first launch that makes them: so a renamed repository or an edited workspace.root
  /// loses nothing. Kept when the workspace goes of an item that may go on.
  package var home: WorkspaceHome?
  /// The next run starts from the base branch: the item was released and came back.
  package var startsFresh = false
  /// Consecutive clean-ups that failed, and why the last did.
  package var cleanUpFailures = 0
  package var cleanUpProblem: String?
  /// A clean-up failed; not tried again before this.
  package var cleanUpAfter: Deadline?
  /// `symphony retry --take-over`: the next run may take a branch it did not create.
  package var takeOver = false
  package var usage = Usage()
  /// The account whose agent ended the item's last run at once, having used nothing; nil: it did
  /// not.
  package var crashedOn: Account?
  /// The wake that no agent has heard of yet.
  ///
  /// It stays, through waiting, failures and restarts, until a run that was told of it ends well or
  /// says it is blocked.
  package var wake: Wake?
  /// What is known of its pull request after the hand-off; nil: it was not followed up yet.
  package var followUp: FollowUp?
  /// The last verdict's code, so that the ledger gets one row per change.
  package var verdict = ""
  /// The last verdict's sentence: of one code the facts change, and status shows no old ones.
  package var sentence = ""

  /// What clean-ups met says nothing of the workspace any more.
  package mutating func clearCleanUps() {
    cleanUpAfter = nil
    cleanUpFailures = 0
    cleanUpProblem = nil
  }

  /// An item seen for the first time.
  package init(item: WorkItem, branch: String, now: Timestamp) {
    self.init(
      id: item.id, key: item.key, workspace: WorkspaceKey(item: item.key, id: item.id),
      repository: item.repository, number: item.number, title: item.title, url: item.url,
      firstSeen: now, branch: branch, epoch: now)
  }

  /// A record as it is read back: the names it was given, nothing derived again; the rest is set by
  /// the reader.
  package init(
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
