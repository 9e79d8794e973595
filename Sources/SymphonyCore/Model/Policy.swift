// The effective settings of one WORKFLOW.md, after dialect, defaults, aliases and `$VAR`. Built by
// SymphonyWorkflow from its schema table; keys whose feature comes later are typed there and not
// here.

public struct Policy: Hashable, Sendable {
  public var tracker: TrackerPolicy
  public var git: GitPolicy
  public var hooks: HookPolicy
  /// Of items that no rule speaks of.
  public var agent: AgentPolicy
  /// The settings of the other kinds, for rules that choose one.
  public var otherAgents: [String: AgentPolicy] = [:]
  public var rules: [AgentRule] = []
  /// Secrets that stand in WORKFLOW.md in plain text, by the variable that is named in their place:
  /// for the environment of workers, and for nothing that is stored.
  public var literals: [String: Secret] = [:]
  public var workspace: WorkspacePolicy
  public var pullRequest: PullRequestPolicy
  public var limits: LimitPolicy
  /// Distance of remote polls of `tick --scheduled`.
  public var pollInterval: Interval
  public var tickDeadline: Interval
  /// The Markdown body of WORKFLOW.md; an empty one is replaced by the default prompt.
  public var promptTemplate: String
  /// The line of WORKFLOW.md on which the body begins, counted from 1.
  public var promptLine: Int
  /// Absolute.
  public var workflowPath: String

  public init(
    tracker: TrackerPolicy, git: GitPolicy, hooks: HookPolicy, agent: AgentPolicy,
    workspace: WorkspacePolicy, pullRequest: PullRequestPolicy, limits: LimitPolicy,
    pollInterval: Interval, tickDeadline: Interval, promptTemplate: String, promptLine: Int,
    workflowPath: String
  ) {
    self.tracker = tracker
    self.git = git
    self.hooks = hooks
    self.agent = agent
    self.workspace = workspace
    self.pullRequest = pullRequest
    self.limits = limits
    self.pollInterval = pollInterval
    self.tickDeadline = tickDeadline
    self.promptTemplate = promptTemplate
    self.promptLine = promptLine
    self.workflowPath = workflowPath
  }
}

public struct TrackerPolicy: Hashable, Sendable {
  public enum Kind: String, Sendable { case github, local }
  public enum TrustedAuthors: Hashable, Sendable {
    /// write_access on public repositories, anyone on private ones.
    case standard
    case writeAccess
    case list([String])
  }
  public var kind: Kind = .github
  /// Nil: the origin remote beside WORKFLOW.md.
  public var repository: RepositoryName?
  /// Absolute; local tracker only.
  public var directory: String = ""
  public var requiredLabels: [String] = []
  public var excludedLabels: [String] = []
  /// A login, or `@me`.
  public var assignee: String?
  public var activeStatuses: [String] = []
  public var terminalStatuses: [String] = []
  public var blockedStatuses: [String] = []
  public var trustedAuthors: TrustedAuthors = .standard
  /// `https://api.github.com`, or `https://HOST/api/v3`; no trailing slash.
  public var apiURL: String = "https://api.github.com"
  /// Plain http to another machine, for the API and for git.
  public var allowsInsecureHTTP = false
  /// Nil: no token was found; `tokenOrigin` says where it came from or where it was looked for.
  public var token: Secret?
  public var tokenOrigin: String = ""
  /// `tracker.project_number` is set: the items live on this board. Nil: a repository's issues.
  public var board: BoardPolicy?
  public var usesBoard: Bool { board != nil }
  /// Empty: all. Compared without case.
  public var allowedRepositories: [RepositoryName] = []
  public var deniedRepositories: [RepositoryName] = []
  /// The status an item gets at dispatch; it is one of `activeStatuses` then.
  public var inProgressStatus: String?
  /// The status an item gets once its pull request is there
  /// (`pull_request.handoff_project_status`); it is none of `activeStatuses`.
  public var handoffStatus: String?
  public var labelsOn = LabelMoves()
  /// Nil: the token is used.
  public var app: AppPolicy?
  public var requestTimeout: Interval = .seconds(30)
  /// At most; across all requests of a tick.
  public var requestsPerSecond = 10
  /// GraphQL points and REST requests together, by this state directory; 0: no limit.
  public var pointsPerHour = 0
  public init() {}
}

/// A Projects V2 board as the source of work items.
public struct BoardPolicy: Hashable, Sendable {
  public enum Scope: String, Sendable { case organization, user }
  public var owner: String
  public var number: Int
  public var scope: Scope = .organization
  public var statusField = "Status"
  public var priorityField = "Priority"
  /// Folded option names to numbers, lower first; nil: the order of the field's options.
  public var priorityMap: [String: Int]?
  public var itemTypes: [WorkItem.ContentType] = [.issue]
  /// Drafts are not dispatched as they are.
  public var requiresIssue = true
  public var convertsDrafts = false
  /// Where converted drafts go, and where drafts without an issue are worked on.
  public var draftRepository: RepositoryName?
  /// `tracker.active_values` was written in the file: each must exist. Of the defaults one must.
  public var activeIsGiven = false
  /// Items a page, 1 to 100.
  public var pageSize = 100
  public init(owner: String, number: Int) {
    self.owner = owner
    self.number = number
  }
}

/// Labels to put on and take off at each event of an item's story.
public struct LabelMoves: Hashable, Sendable {
  public var start = LabelMove()
  public var handoff = LabelMove()
  public var park = LabelMove()
  public init() {}
}

public struct LabelMove: Hashable, Codable, Sendable {
  public var add: [String]
  public var remove: [String]
  public init(add: [String] = [], remove: [String] = []) {
    self.add = add
    self.remove = remove
  }
  public var isEmpty: Bool { add.isEmpty && remove.isEmpty }
  /// True when labels already are as the move would leave them.
  public func isDone(in labels: [String]) -> Bool {
    let there = Set(labels.map(\.folded))
    return add.allSatisfy { there.contains($0.folded) }
      && !remove.contains { there.contains($0.folded) }
  }
}

/// A GitHub App to authenticate as.
public struct AppPolicy: Hashable, Sendable {
  /// The client id, or the numeric app id: the JWT's issuer.
  public var id: String
  /// The PEM text.
  public var privateKey: Secret
  /// Nil: found by the board's owner or the repository.
  public var installation: String?
  /// A token with less than this left is renewed.
  public var refreshSkew: Interval = .minutes(5)
  public init(id: String, privateKey: Secret) {
    self.id = id
    self.privateKey = privateKey
  }
}

public struct GitPolicy: Hashable, Codable, Sendable {
  public var baseBranch: String?
  public var branchPrefix = "symphony/"
  /// 0: full history.
  public var fetchDepth = 0
  public var reuseRepoCache = true
  public var useWorktrees = true
  public var cleanUntrackedBeforeRun = false
  public var pushRemoteName = "origin"
  public var commitAuthorName: String?
  public var commitAuthorEmail: String?
  public var commitLeftovers = true
  public init() {}
}

public struct HookPolicy: Hashable, Codable, Sendable {
  public enum Hook: String, Codable, Sendable, CaseIterable {
    case afterCreate = "after_create"
    case beforeRun = "before_run"
    case afterRun = "after_run"
    case beforeRemove = "before_remove"
    case beforeTurn = "before_turn"
    case afterTurn = "after_turn"
  }
  /// Shell scripts by hook name; `$VAR` in them is the shell's.
  public var scripts: [String: String] = [:]
  public var timeout: Interval = .seconds(60)
  /// Where the agent is locked in, its hooks are, too.
  public var sandboxed: Bool {
    get { !(outside ?? false) }
    set { outside = newValue ? nil : true }
  }
  /// Optional, because a spec of the previous version has no such key.
  private var outside: Bool?
  public init() {}
  public func script(_ hook: Hook) -> String? { scripts[hook.rawValue] }
}

public struct WorkspacePolicy: Hashable, Sendable {
  /// Absolute, or nil: the state directory.
  public var cacheDirectory: String?
  public var worktreeDirectory: String?
  /// What a person named for each: the directory itself, or the one that both are made in. It has
  /// to be there; nil: nothing was named.
  public var cacheRoot: String?
  public var worktreeRoot: String?
  public var removeOnTerminal = true
  public var minFreeMegabytes = 512
  public init() {}

  /// What has to be there before `folder` is made; nil: it is none of the two.
  public func namedRoot(of folder: String) -> String? {
    folder == cacheDirectory ? cacheRoot : folder == worktreeDirectory ? worktreeRoot : nil
  }
}

public struct PullRequestPolicy: Hashable, Sendable {
  public var openOnSuccess = true
  public var draft = true
  public var reuseExisting = true
  public var commentOnIssue = true
  /// Names of checks that must be green before that.
  public var requiredChecks: [String] = []
  public var closeIssueOnMerge = false
  /// Nil: ours.
  public var title: TemplateSource?
  public var body: TemplateSource?
  public init() {}
}

/// A template and where it stands in WORKFLOW.md, for messages.
public struct TemplateSource: Hashable, Codable, Sendable {
  public var text: String
  /// From 1.
  public var line: Int
  public init(text: String, line: Int) {
    self.text = text
    self.line = line
  }
}

public struct LimitPolicy: Hashable, Sendable {
  public var maxConcurrent = 3
  /// By folded status.
  public var maxByStatus: [String: Int] = [:]
  /// By lower-case `owner/name`.
  public var maxByRepository: [String: Int] = [:]
  public var maxContinuations = 10
  /// 0: no limit.
  public var maxAttempts = 10
  /// 0: no limit.
  public var maxRunsPerItem = 20
  public var maxRetryBackoff: Interval = .seconds(300)
  /// Dollars of all runs of one day, UTC; nil: no limit.
  public var maxCostPerDay: Double?
  public init() {}
}
