// The effective settings of one WORKFLOW.md, after dialect, defaults, aliases and `$VAR`. Built by
// SymphonyWorkflow from its schema table; keys whose feature comes later are typed there and not
// here.

public struct Policy: Hashable, Sendable {
  public var tracker: TrackerPolicy
  public var git: GitPolicy
  public var hooks: HookPolicy
  public var agent: AgentPolicy
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
  /// Nil: no token was found; `tokenOrigin` says where it came from or where it was looked for.
  public var token: Secret?
  public var tokenOrigin: String = ""
  /// `tracker.project_number` is set: the items live on a Projects board.
  public var usesBoard = false
  public var requestTimeout: Interval = .seconds(30)
  public init() {}
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
  public init() {}
  public func script(_ hook: Hook) -> String? { scripts[hook.rawValue] }
}

public struct AgentPolicy: Hashable, Codable, Sendable {
  public enum SessionReuse: String, Codable, Sendable {
    case continueIfSupported = "continue_if_supported"
    case singleTurnOnly = "single_turn_only"
  }
  /// `claude_code`, `codex`, `opencode`, `command`.
  public var kind = "claude_code"
  /// Executable and leading arguments, split like a shell; for `command` a script for `sh -c`.
  public var command: String?
  public var maxTurns = 5
  /// Zero: no limit.
  public var maxRun: Interval = .zero
  /// Zero or less: off.
  public var stallTimeout: Interval = .seconds(300)
  public var turnTimeout: Interval = .seconds(3600)
  public var sessionReuse: SessionReuse = .continueIfSupported
  public var permissionMode = "acceptEdits"
  public var model: String?
  /// Empty: all.
  public var allowedTools: [String] = []
  public var disallowedTools: [String] = []
  public var enableMCP = true
  public var enableSubagents = true
  public var mcpServers: [MCPServer] = []
  public var passGitHubToken = false
  /// Nil: ours.
  public var continuationPrompt: String?
  /// Extra flags: {"flag": value}.
  public var providerParameters: [String: Structure] = [:]
  /// Names of variables the agent must not see: what symphony itself resolved as a secret.
  public var secretVariables: [String] = []
  public init() {}
}

/// An MCP server to pass to the agent; `$VAR` in `env` and `headers` is resolved by the worker.
public struct MCPServer: Hashable, Codable, Sendable {
  public var name: String
  /// Executable and arguments (already split); empty when `url` is set.
  public var command: [String]
  public var url: String?
  public var env: [String: String]
  public var headers: [String: String]
  /// Passed only when the issue names it under `## Skills`.
  public var onDemand: Bool
  public init(
    name: String, command: [String], url: String?, env: [String: String], headers: [String: String],
    onDemand: Bool
  ) {
    self.name = name
    self.command = command
    self.url = url
    self.env = env
    self.headers = headers
    self.onDemand = onDemand
  }
}

public struct WorkspacePolicy: Hashable, Sendable {
  /// Absolute, or nil: the state directory.
  public var cacheDirectory: String?
  public var worktreeDirectory: String?
  public var removeOnTerminal = true
  public var minFreeMegabytes = 512
  public init() {}
}

public struct PullRequestPolicy: Hashable, Sendable {
  public var openOnSuccess = true
  public var draft = true
  public var reuseExisting = true
  public var commentOnIssue = true
  public init() {}
}

public struct LimitPolicy: Hashable, Sendable {
  public var maxConcurrent = 3
  public var maxContinuations = 10
  /// 0: no limit.
  public var maxAttempts = 10
  /// 0: no limit.
  public var maxRunsPerItem = 20
  public var maxRetryBackoff: Interval = .seconds(300)
  public init() {}
}
