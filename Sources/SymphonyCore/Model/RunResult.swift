// result.json: how a run ended, written once by its worker and settled by the next tick. Files of
// workers of earlier versions are read as what they mean: that is known here and nowhere else.

/// How a run ended; counts only with its row's nonce.
package struct RunResult: Hashable, Sendable {
  package var nonce: String
  package var runID: RunID
  package var outcome: Outcome
  /// A stable code for the failure (`agent_failed`, `hook_failed`, `template_error`,
  /// `branch_taken`, ...); empty on success, but for `remote_failed` when the remote could not be
  /// asked to take the commits.
  package var code = ""
  /// One sentence: why it ended so.
  package var summary: String
  /// The agent's failure, only with the outcome `failed`; nil: the agent is not to blame.
  package var failure: Failure?
  /// The agent's last words, cut to 4,000 characters.
  package var message = ""
  package var turns = 0
  /// The agent asked for another run (`SYMPHONY: continue`).
  package var wantsContinuation = false
  /// The last turn ended before the agent said that it is done, or it said that there is more to
  /// do: what it committed is nobody's to review yet.
  package var isUnfinished: Bool {
    get { wantsContinuation || endsUnfinished }
    set { endsUnfinished = newValue }
  }
  private var endsUnfinished = false
  package var head: String?
  /// Commits on HEAD that the base branch lacks: there is something to hand off.
  package var commitsAhead = 0
  /// A new commit, or a change in the worktree, since the run began.
  package var madeProgress = false
  package var push = PushState.nothing
  package var session: SessionRef?
  package var usage = Usage()
  package var baseBranch: String?
  package var startedAt: Timestamp
  package var endedAt: Timestamp
  /// This run passed the fence: the remote branch is this state directory's.
  package var fenced = false
  /// Clean-up only: the workspace is gone.
  package var removed = false
  /// By turn and model; `usage` is their sum.
  package var spent: [TurnUsage] = []
  /// When its turns began and ended.
  package var turnTimes: [TurnTime] = []
  /// Calls that the agent was denied, cut to a few.
  package var denied: [String] = []
  /// Other troubles that a person should know of, one sentence each, cut to a few.
  package var remarks: [String] = []
  /// It resumed a session of an earlier run, and not one of its turns went well.
  package var resumedInVain = false
  /// The session that was to be resumed is gone, and no other took its place.
  package var lostSession = false
  /// The agent's answers to the pieces of feedback it got.
  package var replies: [HandedReply] = []
  /// Commits that go on no branch of the remote, each in the words that name the ref it is kept
  /// under.
  package var kept: [String] = []

  package init(
    nonce: String, runID: RunID, outcome: Outcome, summary: String, startedAt: Timestamp,
    endedAt: Timestamp
  ) {
    self.nonce = nonce
    self.runID = runID
    self.outcome = outcome
    self.summary = summary
    self.startedAt = startedAt
    self.endedAt = endedAt
  }
}

extension RunResult: Codable {
  /// Names in the file: some are older than those of the properties.
  private enum CodingKeys: String, CodingKey {
    case nonce, runID, outcome, code, summary, failure, message, turns, wantsContinuation
    case endsUnfinished, head, commitsAhead, madeProgress, push, session, usage, baseBranch
    case startedAt, endedAt, removed, turnTimes
    case fenced = "passedFence"
    case spent = "turnUsage"
    case denied = "deniedTools"
    case remarks = "notedTroubles"
    case resumedInVain = "resumeFailed"
    case lostSession = "sessionIsLost"
    case kept = "keptCommits"
    case replies
  }

  package init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      nonce: try file.decode(String.self, forKey: .nonce),
      runID: try file.decode(RunID.self, forKey: .runID),
      outcome: try file.decode(Outcome.self, forKey: .outcome),
      summary: try file.decode(String.self, forKey: .summary),
      startedAt: try file.decode(Timestamp.self, forKey: .startedAt),
      endedAt: try file.decode(Timestamp.self, forKey: .endedAt))
    code = try file.decode(String.self, forKey: .code)
    if outcome == .failed { failure = try Failure.ofFile(decoder) }
    message = try file.decode(String.self, forKey: .message)
    turns = try file.decode(Int.self, forKey: .turns)
    wantsContinuation = try file.decode(Bool.self, forKey: .wantsContinuation)
    head = try file.decodeIfPresent(String.self, forKey: .head)
    commitsAhead = try file.decode(Int.self, forKey: .commitsAhead)
    madeProgress = try file.decode(Bool.self, forKey: .madeProgress)
    push = try file.decode(PushState.self, forKey: .push)
    session = try file.decodeIfPresent(SessionRef.self, forKey: .session)
    usage = try file.decode(Usage.self, forKey: .usage)
    baseBranch = try file.decodeIfPresent(String.self, forKey: .baseBranch)
    removed = try file.decode(Bool.self, forKey: .removed)
    // Workers of earlier versions do not write these keys, nor is one written that has nothing to
    // say.
    func flag(_ key: CodingKeys) throws -> Bool {
      try file.decodeIfPresent(Bool.self, forKey: key) ?? false
    }
    func lines(_ key: CodingKeys) throws -> [String] {
      try file.decodeIfPresent([String].self, forKey: key) ?? []
    }
    endsUnfinished = try flag(.endsUnfinished)
    fenced = try flag(.fenced)
    resumedInVain = try flag(.resumedInVain)
    lostSession = try flag(.lostSession)
    spent = try file.decodeIfPresent([TurnUsage].self, forKey: .spent) ?? []
    turnTimes = try file.decodeIfPresent([TurnTime].self, forKey: .turnTimes) ?? []
    denied = try lines(.denied)
    remarks = try lines(.remarks)
    kept = try lines(.kept)
    replies = try file.decodeIfPresent([HandedReply].self, forKey: .replies) ?? []
  }
}
