// The effective settings of one WORKFLOW.md, after dialect, defaults, aliases and `$VAR`. Written
// by SymphonyWorkflow, whose schema has a row for each setting that names its field here. The value
// a field begins with is that setting's default, and the only place where the default stands. A
// limit that is not set is nil, however WORKFLOW.md spells it.

package struct Policy: Sendable {
  package var tracker = TrackerPolicy()
  package var git = GitPolicy()
  package var hooks = HookPolicy()
  /// The agent of items that no rule speaks of.
  package var agent = AgentPolicy()
  /// The settings of the other kinds, for rules that choose one.
  package var otherAgents: [String: AgentPolicy] = [:]
  package var rules: [AgentRule] = []
  /// Secrets that stand in WORKFLOW.md in plain text, by the variable that is named in their place:
  /// for the environment of workers, and for nothing that is stored.
  package var literals: [String: Secret] = [:]
  package var workspace = WorkspacePolicy()
  package var pullRequest = PullRequestPolicy()
  package var feedback = FeedbackPolicy()
  package var merge = MergePolicy()
  package var limits = LimitPolicy()
  package var notify = NotifyPolicy()
  package var server = ServerPolicy()
  /// Where each tick writes its metrics; absolute; nil: nowhere.
  package var metricsFile: String?
  /// The directory of the log that ticks keep.
  package var logs = GrowingFilePolicy()
  /// The file of OpenTelemetry's traces.
  package var traces = GrowingFilePolicy()
  package var retention = RetentionPolicy()
  /// Distance of remote polls of `tick --scheduled`.
  package var pollInterval: Interval = .seconds(30)
  /// The same while webhooks arrive; nil: no slower.
  package var hintedPollInterval: Interval?
  package var tickDeadline: Interval = .seconds(25)
  /// The Markdown body of WORKFLOW.md; an empty one is replaced by the default prompt.
  package var promptTemplate: String
  /// The line of WORKFLOW.md on which the body begins, counted from 1.
  package var promptLine: Int
  /// The parts of an item that the prompt prints by itself: symphony need not add them.
  package var promptReads = PromptReads()
  /// Absolute.
  package var workflowPath: String

  /// Pull requests are looked at after the hand-off.
  package var followsPullRequests: Bool { feedback.isOn || merge.when != .never }

  package init(promptTemplate: String, promptLine: Int, workflowPath: String) {
    self.promptTemplate = promptTemplate
    self.promptLine = promptLine
    self.workflowPath = workflowPath
  }
}

package struct TrackerPolicy: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Sendable { case github, local }
  package enum TrustedAuthors: Hashable, Sendable {
    /// write_access on public repositories, anyone on private ones.
    case standard
    case writeAccess
    case list([String])
  }
  package var kind: Kind = .github
  /// Nil: the origin remote beside WORKFLOW.md.
  package var repository: RepositoryName?
  /// Absolute, but for the default, which begins at the directory of WORKFLOW.md; local tracker
  /// only.
  package var directory: String = "issues"
  package var requiredLabels: [String] = []
  package var excludedLabels: [String] = []
  /// A login, or `@me`.
  package var assignee: String?
  package var activeStatuses = ["Todo", "Ready", "In Progress"]
  package var terminalStatuses = ["Done", "Closed", "Cancelled", "Canceled", "Duplicate"]
  package var blockedStatuses: [String] = []
  package var trustedAuthors: TrustedAuthors = .standard
  /// `https://api.github.com`, or `https://HOST/api/v3`; no trailing slash.
  package var apiURL: String = "https://api.github.com"
  /// Plain http to another machine, for the API and for git.
  package var allowsInsecureHTTP = false
  /// Nil: no token was found; `tokenOrigin` says where it came from or where it was looked for.
  package var token: Secret?
  package var tokenOrigin: String = ""
  /// `tracker.project_number` is set: the items live on this board.
  ///
  /// Nil: a repository's issues.
  package var board: BoardPolicy?
  package var usesBoard: Bool { board != nil }
  /// Empty: all.
  ///
  /// Compared without case.
  package var allowedRepositories: [RepositoryName] = []
  package var deniedRepositories: [RepositoryName] = []
  /// The status an item gets at dispatch; it is one of `activeStatuses` then.
  package var inProgressStatus: String?
  /// The status an item gets once its pull request is there
  /// (`pull_request.handoff_project_status`); it is none of `activeStatuses`.
  package var handoffStatus: String?
  package var labelsOn = LabelMoves()
  /// Nil: the token is used.
  package var app: AppPolicy?
  package var requestTimeout: Interval = .seconds(30)
  /// At most; across all requests of a tick.
  package var requestsPerSecond = 10
  /// GraphQL points and REST requests together, by this state directory; nil: no limit.
  package var pointsPerHour: Int?
  package init() {}
}

/// A Projects V2 board as the source of work items.
package struct BoardPolicy: Hashable, Sendable {
  package enum Scope: String, CaseIterable, Sendable { case organization, user }
  package var owner: String
  package var number: Int
  package var scope: Scope = .organization
  package var statusField = "Status"
  package var priorityField = "Priority"
  /// Folded option names to numbers, lower first; nil: the order of the field's options.
  package var priorityMap: [String: Int]?
  package var itemTypes: [WorkItem.ContentType] = [.issue]
  /// Drafts are not dispatched as they are.
  package var requiresIssue = true
  package var convertsDrafts = false
  /// The repository for drafts: they are converted to issues there, or worked on there as drafts.
  package var draftRepository: RepositoryName?
  /// `tracker.active_values` was written in the file: each must exist.
  ///
  /// Of the defaults one must.
  package var activeIsGiven = false
  /// Items a page, 1 to 100.
  package var pageSize = 100
  package init(owner: String, number: Int) {
    self.owner = owner
    self.number = number
  }
}

/// Labels to put on and take off at each event of an item's story.
package struct LabelMoves: Hashable, Sendable {
  package var start = LabelMove()
  package var handoff = LabelMove()
  package var park = LabelMove()
  package init() {}
}

package struct LabelMove: Hashable, Codable, Sendable {
  package var add: [String]
  package var remove: [String]
  package init(add: [String] = [], remove: [String] = []) {
    self.add = add
    self.remove = remove
  }
  package var isEmpty: Bool { add.isEmpty && remove.isEmpty }
  /// True when labels already are as the move would leave them.
  package func isDone(in labels: [String]) -> Bool {
    let there = Set(labels.map(\.folded))
    return add.allSatisfy { there.contains($0.folded) }
      && !remove.contains { there.contains($0.folded) }
  }
}

/// A GitHub App to authenticate as.
package struct AppPolicy: Hashable, Sendable {
  /// The client id, or the numeric app id: the JWT's issuer.
  package var id: String
  /// The PEM text.
  package var privateKey: Secret
  /// Nil: found by the board's owner or the repository.
  package var installation: String?
  /// A token with less than this left is renewed.
  package var refreshSkew: Interval = .minutes(5)
  package init(id: String, privateKey: Secret) {
    self.id = id
    self.privateKey = privateKey
  }
}

package struct GitPolicy: Hashable, Codable, Sendable {
  package var baseBranch: String?
  package var branchPrefix = "symphony/"
  /// Commits; nil: the full history.
  @ZeroIsNone package var fetchDepth: Int?
  package var reuseRepoCache = true
  package var useWorktrees = true
  package var cleanUntrackedBeforeRun = false
  package var pushRemoteName = "origin"
  package var commitAuthorName: String?
  package var commitAuthorEmail: String?
  package var commitLeftovers = true
  package init() {}

  /// The branch that work on an item begins from and goes into, where one is named: by the item
  /// itself, else by the workflow.
  ///
  /// Nil: the repository's default branch.
  package func namedBase(of item: WorkItem?) -> String? { item?.baseBranch ?? baseBranch }
}

package struct HookPolicy: Hashable, Codable, Sendable {
  package enum Hook: String, Codable, Sendable, CaseIterable {
    case afterCreate = "after_create"
    case beforeRun = "before_run"
    case afterRun = "after_run"
    case beforeRemove = "before_remove"
    case beforeTurn = "before_turn"
    case afterTurn = "after_turn"
  }
  /// Shell scripts by hook name; `$VAR` in them is the shell's.
  package var scripts: [String: String] = [:]
  package var timeout: Interval = .seconds(60)
  /// Its hooks run inside the wall, as its agent does.
  package var sandboxed: Bool {
    get { !(outside ?? false) }
    set { outside = newValue ? nil : true }
  }
  /// Optional, because a spec of the previous version has no such key.
  private var outside: Bool?
  package init() {}
  package func script(_ hook: Hook) -> String? { scripts[hook.rawValue] }
}

package struct WorkspacePolicy: Hashable, Sendable {
  /// Absolute: caches and worktrees are made in it; nil: in the state directory.
  package var root: String?
  /// Absolute, or nil: in the state directory.
  package var cacheDirectory: String? {
    get { ownCacheDirectory ?? inRoot("repos") }
    set { ownCacheDirectory = newValue }
  }
  package var worktreeDirectory: String? {
    get { ownWorktreeDirectory ?? inRoot("workspaces") }
    set { ownWorktreeDirectory = newValue }
  }
  private var ownCacheDirectory: String?
  private var ownWorktreeDirectory: String?
  package var removeOnTerminal = true
  /// Directories of an item's ended runs that are kept besides its first, 1 or more.
  package var keptRuns = 5
  /// Days since its last run began after which the workspace of an item that waits for a person
  /// goes; nil: it stays.
  package var maxAgeDays: Int?
  /// GB of all workspaces together, beyond which those go that rest longest; nil: no limit.
  package var maxGigabytes: Int?
  package var minFreeMegabytes = 512
  package init() {}

  private func inRoot(_ name: String) -> String? { root.map { ($0 == "/" ? "" : $0) + "/" + name } }

  /// The directory named in WORKFLOW.md that has to exist before `folder` is made; nil: none.
  ///
  /// It is the folder itself, or the root.
  package func namedRoot(of folder: String) -> String? {
    folder == cacheDirectory
      ? ownCacheDirectory ?? root
      : folder == worktreeDirectory ? ownWorktreeDirectory ?? root : nil
  }
}

/// How much of what a state directory keeps for later is kept.
package struct RetentionPolicy: Hashable, Sendable {
  /// Daily copies of the database; 0: none is made.
  package var backups = 7
  /// Days after which directories of ended runs go, but an item's first and newest; nil: never.
  package var runDays: Int? = 90
  /// MB of all directories of ended runs together; nil: no limit.
  package var runsMaxMegabytes: Int?
  /// Days without a fetch after which a cache goes that no item uses; nil: never.
  package var cachesDays: Int? = 90
  /// Days after which a database goes that `symphony recover` replaced; nil: never.
  package var damagedDays: Int? = 90
  /// Rows of settled runs, of ledger entries, and MB of responses in the database.
  package var runRows = 50_000
  package var ledgerRows = 20_000
  package var responseMegabytes = 64
  package init() {}
}

package struct PullRequestPolicy: Hashable, Sendable {
  package var openOnSuccess = true
  package var draft = true
  package var reuseExisting = true
  package var commentOnIssue = true
  /// Names of checks that must be green before that.
  package var requiredChecks: [String] = []
  package var closeIssueOnMerge = false
  /// Nil: ours.
  package var title: TemplateSource?
  package var body: TemplateSource?
  package init() {}
}

/// A template and where it stands in WORKFLOW.md, for messages.
package struct TemplateSource: Hashable, Codable, Sendable {
  package var text: String
  /// From 1.
  package var line: Int
  package init(text: String, line: Int) {
    self.text = text
    self.line = line
  }
}

package struct LimitPolicy: Hashable, Sendable {
  package var maxConcurrent = 3
  /// By folded status.
  package var maxByStatus: [String: Int] = [:]
  /// By lower-case `owner/name`.
  package var maxByRepository: [String: Int] = [:]
  package var maxContinuations = 10
  /// Nil: no limit.
  package var maxAttempts: Int? = 10
  /// Nil: no limit.
  package var maxRunsPerItem: Int? = 20
  package var maxRetryBackoff: Interval = .seconds(300)
  /// Dollars of all runs of one day, UTC; nil: no limit.
  package var maxCostPerDay: Double?
  package init() {}
}
