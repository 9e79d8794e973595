// What `doctor` says about Claude Code's settings, key by key, and what it is told to look for.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ClaudeExamineTests {
  private func findings(
    root: Bool = false, environment: [String: String] = [:], _ change: (inout AgentPolicy) -> Void
  ) -> [Finding] {
    var policy = AgentPolicy()
    policy.permissionMode = "bypassPermissions"
    change(&policy)
    return ClaudeCodeAgent(isRoot: root, environment: environment).examine(policy)
  }

  private func server(_ name: String) -> MCPServer {
    MCPServer(name: name, command: ["x"], url: nil, env: [:], headers: [:], onDemand: false)
  }

  @Test func whatWorksIsNotRemarkedOn() {
    let found = findings {
      $0.model = "opus"
      $0.claude.fallbackModel = "sonnet, haiku"
      $0.claude.maxTurns = 1
      $0.claude.maxBudgetUSD = 0.5
      $0.claude.appendSystemPrompt = "Be brief."
      $0.budget.maxCostPerRun = 1
      $0.allowedTools = ["Bash(git *)", "mcp__docs", "mcp__docs__find"]
      $0.disallowedTools = ["WebFetch"]
      $0.mcpServers = [server("docs")]
      $0.permissionRules = [
        "deny": .list([.string("Bash(git push *)"), .string("WebFetch")]),
        "mode": .string("bypassPermissions"), "defaultMode": .string("x"),
        "additionalDirectories": .list([.string("../a (b")]),
        "disableAutoMode": .string("disable"),
      ]
    }
    #expect(found == [])
  }

  @Test func modes() {
    func grades(_ mode: String, tools: [String] = [], allow: [String] = []) -> [Finding.Grade] {
      findings {
        $0.permissionMode = mode
        $0.allowedTools = tools
        if !allow.isEmpty {
          $0.permissionRules = ["allow": .list(allow.map { .string($0) })]
        }
      }.map(\.grade)
    }
    #expect(grades("acceptEdits") == [.warn])
    #expect(grades("acceptEdits", tools: ["Write"]) == [.warn])
    #expect(grades("acceptEdits", tools: [" Bash(git *)"]) == [])
    #expect(grades("acceptEdits", allow: ["Bash(git *)"]) == [])
    #expect(grades("acceptEdits", allow: ["Write"]) == [.warn])
    #expect(grades("plan") == [.warn])
    #expect(grades("auto") == [.warn])
    #expect(grades("yolo") == [.fail])
    #expect(grades("") == [.warn])
    #expect(grades("", allow: ["Write"]) == [])
    #expect(grades("bypassPermissions") == [])
  }

  @Test func rootNeedsASandbox() {
    func grade(
      _ environment: [String: String] = [:], _ change: (inout AgentPolicy) -> Void = { _ in }
    ) -> [Finding.Grade] {
      findings(root: true, environment: environment, change).map(\.grade)
    }
    let one = ["IS_SANDBOX": "1"]
    #expect(grade() == [.fail])
    // Inherited, it is the word of whoever started symphony; unless it does not get to the agent.
    #expect(grade(one) == [.pass])
    #expect(grade(["IS_SANDBOX": "true"]) == [.fail])
    #expect(grade(one) { $0.environment.remove = ["IS_*"] } == [.fail])
    #expect(grade(one) { $0.environment.inherit = .minimal } == [.pass])
    #expect(grade(one) { $0.environment.set = ["IS_SANDBOX": "0"] } == [.fail])
    #expect(grade(one) { $0.environment.set = ["IS_SANDBOX": "$IS_SANDBOX"] } == [.pass])
    #expect(grade { $0.environment.set = one } == [.pass])
    #expect(grade { $0.environment.set = ["IS_SANDBOX": "true"] } == [.fail])
    #expect(grade { $0.environment.set = ["IS_SANDBOX": "$BOX"] } == [.warn])
    #expect(grade(["BOX": "1"]) { $0.environment.set = ["IS_SANDBOX": "$BOX"] } == [.pass])
    #expect(grade(["BOX": "0"]) { $0.environment.set = ["IS_SANDBOX": "$BOX"] } == [.fail])
    #expect(grade { $0.environment.set = ["IS_SANDBOX": "${BOX:-1}"] } == [.pass])
    for inherited in [[:], ["IS_SANDBOX": "0"]] {
      #expect(grade(inherited) { $0.sandbox.kind = .bubblewrap } == [.pass])
    }
    #expect(
      grade {
        $0.sandbox.kind = .bubblewrap
        $0.environment.set = ["IS_SANDBOX": "0"]
      } == [.fail])
    #expect(
      grade {
        $0.permissionMode = "acceptEdits"
        $0.allowedTools = ["Bash"]
      } == [])
    #expect(
      findings(root: true) { _ in }.first?.hint?.contains("agent.env: {set: {IS_SANDBOX: \"1\"}}")
        == true)
  }

  @Test func theRegistrysAgentSeesTheEnvironmentItIsGiven() throws {
    let given = try AgentRegistry.find(kind: "claude_code", environment: ["IS_SANDBOX": "seen"])
    #expect((given as? ClaudeCodeAgent)?.foreseen.process == ["IS_SANDBOX": "seen"])
    for kind in ["codex", "opencode", "command"] {
      #expect(try AgentRegistry.find(kind: kind, environment: ["A": "b"]).kind == kind)
    }
  }

  struct Odd: Sendable, CustomTestStringConvertible {
    var subject: String
    var grade: Finding.Grade
    var words: String
    var change: @Sendable (inout AgentPolicy) -> Void
    var testDescription: String { "\(subject): \(words)" }
    init(
      _ subject: String, _ grade: Finding.Grade, _ words: String,
      _ change: @escaping @Sendable (inout AgentPolicy) -> Void
    ) {
      (self.subject, self.grade, self.words, self.change) = (subject, grade, words, change)
    }
  }

  private static let rules = "agent.permission_mode"
  static let odd = [
    Odd("claude.fallback_model", .warn, "is the model itself") {
      $0.model = "Opus"
      $0.claude.fallbackModel = "sonnet, opus"
    },
    Odd("claude.max_budget_usd", .warn, "agent.max_cost_usd_per_run is 1.0") {
      $0.claude.maxBudgetUSD = 2
      $0.budget.maxCostPerRun = 1
    },
    Odd("claude.max_budget_usd", .warn, "agent.max_cost_usd_per_item is 1.5") {
      $0.claude.maxBudgetUSD = 2
      $0.budget.maxCostPerItem = 1.5
    },
    Odd("claude.max_budget_usd", .fail, "with 0.0 dollars") { $0.claude.maxBudgetUSD = 0 },
    Odd("claude.max_turns", .fail, "is 0") { $0.claude.maxTurns = 0 },
    Odd("claude.append_system_prompt", .warn, "empty") { $0.claude.appendSystemPrompt = " \n" },
    Odd("claude.append_system_prompt", .fail, "131072 bytes, and one") {
      $0.claude.appendSystemPrompt = String(repeating: "x", count: 131_072)
    },
    Odd("claude.allowed_tools", .warn, "WebFetch is denied") {
      $0.allowedTools = ["WebFetch"]
      $0.disallowedTools = [" WebFetch "]
    },
    Odd("claude.allowed_tools", .warn, "Task is denied") {
      $0.allowedTools = ["Task"]
      $0.enableSubagents = false
    },
    Odd("claude.allowed_tools", .warn, "Workflow is denied") {
      $0.allowedTools = ["Workflow(x)", "WorkflowX"]
      $0.enableSubagents = false
    },
    Odd("claude.allowed_tools", .warn, "mcp__doc is of no server") {
      $0.allowedTools = ["mcp__doc"]
      $0.mcpServers = [
        MCPServer(name: "docs", command: ["x"], url: nil, env: [:], headers: [:], onDemand: false)
      ]
    },
    Odd("claude.allowed_tools", .warn, "mcp__docs2__find is of no server") {
      $0.allowedTools = ["mcp__docs2__find", "mcp__docs__find"]
      $0.mcpServers = [
        MCPServer(name: "docs", command: ["x"], url: nil, env: [:], headers: [:], onDemand: false)
      ]
    },
    Odd("claude.allowed_tools", .warn, "mcp__docs is of no server") {
      $0.allowedTools = ["mcp__docs"]
      $0.enableMCP = false
    },
    Odd("agent.mcp_servers", .warn, "not passed on") {
      $0.enableMCP = false
      $0.mcpServers = [
        MCPServer(name: "docs", command: ["x"], url: nil, env: [:], headers: [:], onDemand: false)
      ]
    },
    Odd(rules, .warn, "\"denied\"") { $0.permissionRules = ["denied": .list([])] },
    Odd(rules, .warn, "rules under ask deny") {
      $0.permissionRules = ["ask": .list([.string("Bash")])]
    },
    Odd(rules, .fail, "deny is not a list") { $0.permissionRules = ["deny": .string("Bash")] },
    Odd(rules, .fail, "\"Bash(git push\" is no rule") {
      $0.permissionRules = ["deny": .list([.string("Bash(git push")])]
    },
    Odd("agent.command", .warn, "--settings is ignored") {
      $0.command = "claude --settings x.json"
      $0.permissionRules = ["deny": .list([.string("Bash")])]
    },
    Odd("agent.command", .fail, "quote") { $0.command = "claude 'x" },
    Odd("agent.provider_params", .fail, "max-turns is set by symphony") {
      $0.providerParameters = ["--max-turns": .integer(30)]
    },
  ]

  @Test(arguments: odd)
  func whatWorksOtherwiseThanItReadsIsSaid(_ odd: Odd) throws {
    let found = findings(odd.change)
    let finding = try #require(found.first, "\(odd.words)")
    #expect(found.count == 1)
    #expect(finding.subject == odd.subject)
    #expect(finding.grade == odd.grade)
    #expect(finding.text.contains(odd.words))
    #expect(finding.hint?.isEmpty == false)
  }

  @Test func theProbeAsksTheSameProgram() {
    let npx = AgentWorld.claude.probe(AgentWorld.policy { $0.command = "npx claude" })
    #expect(npx.executable == "npx")
    #expect(npx.versionArguments == ["claude", "--version"])
    #expect(npx.loginArguments == ["claude", "auth", "status"])
    let plain = AgentWorld.claude.probe(AgentPolicy())
    #expect(plain.executable == "claude")
    #expect(plain.loginArguments == ["auth", "status"])
    #expect(plain.notesFile == "CLAUDE.local.md")
    #expect(plain.notesReplace == nil)
  }

  @Test func theProbeKnowsTheLogin() {
    let probe = AgentWorld.claude.probe(AgentPolicy())
    func keeps(_ name: String) -> Bool {
      probe.ownVariables.contains { pattern in
        pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
      }
    }
    for name in [
      "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CONFIG_DIR",
      "AWS_BEARER_TOKEN_BEDROCK", "GOOGLE_APPLICATION_CREDENTIALS", "CLOUD_ML_REGION",
      "DISABLE_TELEMETRY", "DISABLE_AUTOUPDATER", "NODE_EXTRA_CA_CERTS", "IS_SANDBOX",
    ] {
      #expect(keeps(name), "\(name)")
    }
    for name in ["GITHUB_TOKEN", "GH_TOKEN", "OPENAI_API_KEY", "DATABASE_URL", "NODE_OPTIONS"] {
      #expect(!keeps(name), "\(name)")
    }
    #expect(probe.homePaths == [".claude", ".claude.json"])
    #expect(probe.homeDirectories == [".claude"])
  }

  @Test(
    arguments: [
      (nil, [".claude", ".claude.json"], [".claude"]), ("/c/d", ["/c/d"], ["/c/d"]),
      ("/c/d//", ["/c/d"], ["/c/d"]), ("", [".claude", ".claude.json"], [".claude"]),
      // In the workspace, which a sandbox leaves the agent anyway.
      ("own", [], []),
    ] as [(String?, [String], [String])])
  func itsDirectoryMayBeElsewhere(_ value: String?, _ paths: [String], _ directories: [String]) {
    let inherited = value.map { ["CLAUDE_CONFIG_DIR": $0] } ?? [:]
    let probe = ClaudeCodeAgent(isRoot: false, environment: inherited).probe(AgentPolicy())
    #expect(probe.homePaths == paths)
    #expect(probe.homeDirectories == directories)
  }

  @Test func theWorkflowSaysWhereItsDirectoryIs() {
    let agent = ClaudeCodeAgent(
      isRoot: false, environment: ["CLAUDE_CONFIG_DIR": "/inherited", "PLACE": "/p"])
    func paths(_ change: (inout AgentPolicy) -> Void) -> [String] {
      agent.probe(AgentWorld.policy(change)).homePaths
    }
    let standard = [".claude", ".claude.json"]
    #expect(paths { _ in } == ["/inherited"])
    #expect(paths { $0.environment.set = ["CLAUDE_CONFIG_DIR": "$PLACE/c"] } == ["/p/c"])
    #expect(paths { $0.environment.set = ["CLAUDE_CONFIG_DIR": "$NOWHERE/c"] } == standard)
    #expect(paths { $0.environment.remove = ["CLAUDE_*"] } == standard)
    #expect(paths { $0.environment.remove = ["CLAUDE_CONFIG_DIR"] } == standard)
    #expect(
      paths {
        $0.environment.remove = ["CLAUDE_*"]
        $0.environment.set = ["CLAUDE_CONFIG_DIR": "/set"]
      } == ["/set"])
  }

  @Test func cloudLoginsAreLeftOnlyToWhomUsesThem() {
    let set = AgentWorld.policy { $0.environment.set = ["CLAUDE_CODE_USE_BEDROCK": "1"] }
    #expect(AgentWorld.claude.probe(set).homePaths == [".claude", ".claude.json", ".aws"])
    let vertex = ClaudeCodeAgent(isRoot: false, environment: ["CLAUDE_CODE_USE_VERTEX": "true"])
    #expect(
      vertex.probe(AgentPolicy()).homePaths == [".claude", ".claude.json", ".config/gcloud"])
    let off = AgentWorld.policy { $0.environment.set = ["CLAUDE_CODE_USE_VERTEX": "0"] }
    #expect(vertex.probe(off).homePaths == [".claude", ".claude.json"])
    // A login is not made at a start.
    #expect(vertex.probe(AgentPolicy()).homeDirectories == [".claude"])
  }
}
