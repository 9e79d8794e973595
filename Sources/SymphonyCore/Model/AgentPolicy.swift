// The settings of an agent: what is started, what it may do, see and spend. Built by the workflow
// module once per kind, changed by the rules an item meets (AgentRule.swift), frozen into
// spec.json. `$VAR` stays unresolved in it wherever it may name a secret.

public struct AgentPolicy: Hashable, Codable, Sendable {
  public enum SessionReuse: String, Codable, Sendable {
    case continueIfSupported = "continue_if_supported"
    case singleTurnOnly = "single_turn_only"
  }
  /// `claude_code`, `codex`, `opencode`, `command`.
  public var kind = "claude_code"
  /// Who spends and who is held at a limit: the kind, or kind and program where a rule names a
  /// program of its own.
  public var account = "claude_code"
  /// Executable and leading arguments, split like a shell; for `command` a script for `sh -c`.
  public var command: String?
  public var maxTurns = 5
  /// Zero: no limit.
  public var maxRun: Interval = .zero
  /// Zero or less: off.
  public var stallTimeout: Interval = .seconds(300)
  public var turnTimeout: Interval = .seconds(3600)
  public var sessionReuse: SessionReuse = .continueIfSupported
  /// False: every turn begins a session of its own (`opencode.resume_session`).
  public var resumesSessions = true
  /// Claude Code's mode; OpenCode's answer to every question (`allow`). Empty: the agent's own.
  public var permissionMode = "acceptEdits"
  /// The profile where it is written as an object: the agent's own permission settings.
  public var permissionRules: [String: Structure]?
  public var model: String?
  /// Empty: all.
  public var allowedTools: [String] = []
  public var disallowedTools: [String] = []
  public var enableMCP = true
  public var enableSubagents = true
  public var mcpServers: [MCPServer] = []
  public var passGitHubToken = false
  /// Nil: ours.
  public var continuationPrompt: TemplateSource?
  /// Extra flags: {"flag": value}.
  public var providerParameters: [String: Structure] = [:]
  /// Names of variables the agent must not see: what symphony itself resolved as a secret.
  public var secretVariables: [String] = []
  public var environment = EnvironmentPolicy()
  public var sandbox = SandboxPolicy()
  public var budget = BudgetPolicy()
  public var claude = ClaudePolicy()
  public var codex = CodexPolicy()
  public var openCode = OpenCodePolicy()
  /// Bytes of an agent's output that a run keeps on disk.
  public var maxOutput: Int {
    get { outputLimit ?? 256 << 20 }
    set { outputLimit = newValue }
  }
  /// Optional, because a spec of the previous version has no such key.
  private var outputLimit: Int?
  public init() {}
}

/// `agent.env`: what the agent sees of the environment.
public struct EnvironmentPolicy: Hashable, Codable, Sendable {
  public enum Inherit: String, Codable, Sendable {
    /// Everything but secrets.
    case all
    /// What a login needs, proxies and certificates, and the agent's own variables.
    case minimal
  }
  public var inherit = Inherit.all
  /// `$VAR` in the values is resolved by the worker.
  public var set: [String: String] = [:]
  /// Names, or beginnings that end in `*`.
  public var remove: [String] = []
  public init() {}
}

public struct SandboxPolicy: Hashable, Codable, Sendable {
  public enum Kind: String, Codable, Sendable { case none, bubblewrap }
  public var kind = Kind.none
  public var network = true
  /// Absolute paths of files that hold secrets of symphony's own.
  public var hidden: [String] = []
  public init() {}
}

/// What one run and all runs of one item may spend; nil: no limit. The day's limit is the
/// workflow's (`LimitPolicy`).
public struct BudgetPolicy: Hashable, Codable, Sendable {
  public var maxCostPerRun: Double?
  public var maxCostPerItem: Double?
  public var maxTokensPerItem: Int64?
  public init() {}
}

public struct ClaudePolicy: Hashable, Codable, Sendable {
  /// Of the agent's own loop within one turn (`--max-turns`); nil: no limit.
  public var maxTurns: Int?
  /// Of one turn, kept by the agent (`--max-budget-usd`).
  public var maxBudgetUSD: Double?
  public var appendSystemPrompt: String?
  public var fallbackModel: String?
  public init() {}
}

public struct CodexPolicy: Hashable, Codable, Sendable {
  public var approvalPolicy = "never"
  /// `read-only`, `workspace-write`, `danger-full-access`.
  public var sandboxMode = "workspace-write"
  /// Passed as `-c key=value`.
  public var config: [String: Structure] = [:]
  public init() {}
}

public struct OpenCodePolicy: Hashable, Codable, Sendable {
  /// Absolute.
  public var configFile: String?
  public init() {}
}

/// An MCP server to pass to the agent. The worker resolves the `$VAR` in it, turn by turn.
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
