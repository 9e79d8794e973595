// The settings of an agent: what is started, what it may do, see and spend. Built by the workflow
// module once per kind, changed by the rules an item meets (AgentRule.swift), frozen into
// spec.json. `$VAR` stays unresolved in it wherever it may name a secret. The value a field begins
// with is the default of its setting.

package struct AgentPolicy: Hashable, Codable, Sendable {
  package enum SessionReuse: String, CaseIterable, Codable, Sendable {
    case continueIfSupported = "continue_if_supported"
    case singleTurnOnly = "single_turn_only"
  }
  /// One of `AgentKind.all`, by name.
  package var kind = AgentKind.standard
  /// The account that pays and is held at a limit.
  ///
  /// It is the kind, or kind and program where a rule names a program of its own.
  package var account = Account(kind: AgentKind.standard)
  /// Executable and leading arguments, split like a shell; for `command` a script for `sh -c`.
  package var command: String?
  package var maxTurns = 5
  /// Of a whole run; nil: no limit.
  @ZeroIsNone package var maxRun: Interval?
  /// Silence after which it is ended; nil: it may be silent.
  @ZeroIsNone package var stallTimeout: Interval? = .seconds(300)
  package var turnTimeout: Interval = .seconds(3600)
  package var sessionReuse: SessionReuse = .continueIfSupported
  /// False: every turn begins a session of its own (`opencode.resume_session`).
  package var resumesSessions = true
  /// Claude Code's mode; OpenCode's answer to every question (`allow`).
  ///
  /// Empty: the agent's own.
  package var permissionMode = "acceptEdits"
  /// The profile where it is written as an object: the agent's own permission settings.
  package var permissionRules: [String: Structure]?
  package var model: String?
  /// Empty: all.
  package var allowedTools: [String] = []
  package var disallowedTools: [String] = []
  package var enableMCP = true
  package var enableSubagents = true
  package var mcpServers: [MCPServer] = []
  package var passGitHubToken = false
  /// Nil: ours.
  package var continuationPrompt: TemplateSource?
  /// Extra flags: {"flag": value}.
  package var providerParameters: [String: Structure] = [:]
  /// Names of variables the agent must not see: what symphony itself resolved as a secret.
  package var secretVariables: [String] = []
  package var environment = EnvironmentPolicy()
  package var sandbox = SandboxPolicy()
  package var budget = BudgetPolicy()
  package var claude = ClaudePolicy()
  package var codex = CodexPolicy()
  package var openCode = OpenCodePolicy()
  /// Bytes of an agent's output that a run keeps on disk.
  package var maxOutput: Int {
    get { outputLimit ?? Self.standardOutput }
    set { outputLimit = newValue == Self.standardOutput ? nil : newValue }
  }
  private static let standardOutput = 256 << 20
  /// Optional, because a spec of the previous version has no such key.
  private var outputLimit: Int?
  package init() {}
}

extension AgentPolicy {
  /// A key that came later than the first version is missing in specs of older ones, whose runs had
  /// what is the default today.
  package init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    func later<Value: Decodable>(_ key: CodingKeys, _ standard: Value) throws -> Value {
      try file.decodeIfPresent(Value.self, forKey: key) ?? standard
    }
    kind = try file.decode(String.self, forKey: .kind)
    account = try later(.account, Account(kind: kind))
    command = try file.decodeIfPresent(String.self, forKey: .command)
    maxTurns = try file.decode(Int.self, forKey: .maxTurns)
    _maxRun = try file.decode(ZeroIsNone<Interval>.self, forKey: .maxRun)
    _stallTimeout = try file.decode(ZeroIsNone<Interval>.self, forKey: .stallTimeout)
    turnTimeout = try file.decode(Interval.self, forKey: .turnTimeout)
    sessionReuse = try file.decode(SessionReuse.self, forKey: .sessionReuse)
    resumesSessions = try later(.resumesSessions, true)
    permissionMode = try file.decode(String.self, forKey: .permissionMode)
    permissionRules = try file.decodeIfPresent([String: Structure].self, forKey: .permissionRules)
    model = try file.decodeIfPresent(String.self, forKey: .model)
    allowedTools = try file.decode([String].self, forKey: .allowedTools)
    disallowedTools = try file.decode([String].self, forKey: .disallowedTools)
    enableMCP = try file.decode(Bool.self, forKey: .enableMCP)
    enableSubagents = try file.decode(Bool.self, forKey: .enableSubagents)
    mcpServers = try file.decode([MCPServer].self, forKey: .mcpServers)
    passGitHubToken = try file.decode(Bool.self, forKey: .passGitHubToken)
    continuationPrompt = try file.decodeIfPresent(TemplateSource.self, forKey: .continuationPrompt)
    providerParameters = try file.decode([String: Structure].self, forKey: .providerParameters)
    secretVariables = try file.decode([String].self, forKey: .secretVariables)
    environment = try later(.environment, EnvironmentPolicy())
    sandbox = try later(.sandbox, SandboxPolicy())
    budget = try later(.budget, BudgetPolicy())
    claude = try later(.claude, ClaudePolicy())
    codex = try later(.codex, CodexPolicy())
    openCode = try later(.openCode, OpenCodePolicy())
    outputLimit = try file.decodeIfPresent(Int.self, forKey: .outputLimit)
  }
}

/// `agent.env`: what the agent sees of the environment.
package struct EnvironmentPolicy: Hashable, Codable, Sendable {
  package enum Inherit: String, Codable, Sendable {
    /// Everything but secrets.
    case all
    /// Only the variables for a login, for proxies and certificates, and the agent's own.
    case minimal
  }
  package var inherit = Inherit.all
  /// `$VAR` in the values is resolved by the worker.
  package var set: [String: String] = [:]
  /// Names, or beginnings that end in `*`.
  package var remove: [String] = []
  package init() {}
}

package struct SandboxPolicy: Hashable, Codable, Sendable {
  package enum Kind: String, CaseIterable, Codable, Sendable { case none, bubblewrap }
  package var kind = Kind.none
  package var network = true
  /// Absolute paths of files that hold secrets of symphony's own.
  package var hidden: [String] = []
  package init() {}
}

/// The limits on the spending of one run and of all runs of one item; nil: no limit.
///
/// The day's limit is the workflow's (`LimitPolicy`).
package struct BudgetPolicy: Hashable, Codable, Sendable {
  package var maxCostPerRun: Double?
  package var maxCostPerItem: Double?
  package var maxTokensPerItem: Int64?
  package init() {}
}

package struct ClaudePolicy: Hashable, Codable, Sendable {
  /// Of the agent's own loop within one turn (`--max-turns`); nil: no limit.
  package var maxTurns: Int?
  /// Of one turn, kept by the agent (`--max-budget-usd`).
  package var maxBudgetUSD: Double?
  package var appendSystemPrompt: String?
  package var fallbackModel: String?
  package init() {}
}

package struct CodexPolicy: Hashable, Codable, Sendable {
  package var approvalPolicy = "never"
  /// `read-only`, `workspace-write`, `danger-full-access`.
  package var sandboxMode = "workspace-write"
  /// Passed as `-c key=value`.
  package var config: [String: Structure] = [:]
  package init() {}
}

package struct OpenCodePolicy: Hashable, Codable, Sendable {
  /// Absolute.
  package var configFile: String?
  package init() {}
}

/// An MCP server to pass to the agent.
///
/// The worker resolves the `$VAR` in it, turn by turn.
package struct MCPServer: Hashable, Codable, Sendable {
  package var name: String
  /// Executable and arguments (already split); empty when `url` is set.
  package var command: [String]
  package var url: String?
  package var env: [String: String]
  package var headers: [String: String]
  /// Passed only when the issue names it under `## Skills`.
  package var onDemand: Bool
  package init(
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
