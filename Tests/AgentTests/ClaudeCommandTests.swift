// The command line of a claude turn, as goldens: argv, environment and private file, with hostile
// values too.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ClaudeCommandTests {
  private let id = AgentWorld.sessionID
  private let ending = ["--output-format", "stream-json", "--verbose"]

  /// What leaves a run's frame, in every command.
  private let straying =
    "EnterWorktree,ExitWorktree,CronCreate,CronDelete,CronList,ScheduleWakeup,Monitor,RemoteTrigger"

  private func argv(_ turn: AgentTurn) throws -> [String] {
    try AgentWorld.claude.command(for: turn).arguments
  }

  @Test func theDefaultsOfANewSession() throws {
    let command = try AgentWorld.claude.command(for: AgentWorld.turn())
    let expected = [
      "claude", "-p", "--disallowedTools", straying, "--permission-mode", "acceptEdits",
      "--session-id", id,
    ]
    #expect(command.arguments == expected + ending)
    #expect(
      command.environment == [
        "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1", "CLAUDE_CODE_DISABLE_CRON": "1",
      ])
    #expect(command.privateFiles.isEmpty)
  }

  @Test func everythingAtOnceOnAResumedSession() throws {
    let policy = AgentWorld.policy {
      $0.command = "npx --yes 'claude code'"
      $0.permissionMode = "bypassPermissions"
      $0.permissionRules = [
        "mode": .string("bypassPermissions"), "deny": .list([.string("Bash(git push *)")]),
        "allow": .list([.string("Bash(git *)")]),
      ]
      $0.model = "opus"
      $0.claude.fallbackModel = "sonnet"
      $0.claude.maxTurns = 30
      $0.claude.maxBudgetUSD = 12.34
      $0.claude.appendSystemPrompt = "Be brief.\nSay so."
      $0.allowedTools = ["Bash(git *)", " Write ", ""]
      $0.disallowedTools = ["WebFetch"]
      $0.enableSubagents = false
      $0.mcpServers = [
        MCPServer(
          name: "echo", command: ["echo", "x"], url: nil, env: [:], headers: [:], onDemand: false)
      ]
      $0.providerParameters = [
        "add-dir": .list([.string("/a b"), .string("/c")]), "--verbose-hooks": .bool(true),
        "bare": .bool(false), "effort": .null, "agents": .object(["b": .bool(true)]),
      ]
    }
    let resume = SessionRef(id: "old-id")
    let expected = [
      "npx", "--yes", "claude code", "-p", "--allowedTools", "Bash(git *),Write",
      "--disallowedTools", "WebFetch,Task,Agent,Workflow,SendMessage,\(straying)", "--mcp-config",
      "/w/run/claude-mcp.json",
      "--strict-mcp-config", "--verbose-hooks", "--add-dir", "/a b", "--add-dir", "/c",
      "--agents", "{\"b\":true}", "--settings",
      "{\"permissions\":{\"allow\":[\"Bash(git *)\"],\"deny\":[\"Bash(git push *)\"]}}",
      "--permission-mode", "bypassPermissions", "--model", "opus", "--fallback-model", "sonnet",
      "--max-turns", "30", "--max-budget-usd", "12.34", "--append-system-prompt",
      "Be brief.\nSay so.", "--resume", "old-id",
    ]
    let command = try AgentWorld.claude.command(for: AgentWorld.turn(policy, resume: resume))
    #expect(command.arguments == expected + ending)
    #expect(command.stopSignal == .interrupt)
  }

  @Test func hostileValuesStayValues() throws {
    let policy = AgentWorld.policy {
      $0.model = "--dangerously-skip-permissions"
      $0.claude.fallbackModel = "--bare"
      $0.claude.appendSystemPrompt = "-p"
      $0.allowedTools = ["-x", "$(touch /tmp/x); `id`"]
      $0.disallowedTools = ["--resume"]
      $0.permissionMode = "; rm -rf /"
      $0.providerParameters = ["name": .string("--bare"), "effort": .string("")]
    }
    let expected = [
      "claude", "-p", "--allowedTools=-x,$(touch /tmp/x); `id`",
      "--disallowedTools=--resume,\(straying)",
      "--effort", "", "--name=--bare", "--permission-mode", "; rm -rf /",
      "--model=--dangerously-skip-permissions", "--fallback-model=--bare",
      "--append-system-prompt=-p", "--session-id", id,
    ]
    #expect(try argv(AgentWorld.turn(policy)) == expected + ending)
  }

  @Test(
    arguments: [
      (nil, nil, nil), (0.5, nil, "0.5"), (nil, 12.34, "12.34"), (2, 3, "2"), (3, 2, "2"),
      (nil, 0, "0.0001"), (nil, -4, "0.0001"), (1, 0.00001, "0.0001"), (nil, 1e-9, "0.0001"),
      (nil, 0.29, "0.29"), (nil, 100, "100"), (nil, 1.00004, "1"), (nil, 0.0101, "0.0101"),
      (nil, 123_456_789, "123456789"), (nil, 1e300, "1000000000000"), (nil, .nan, "0.0001"),
    ] as [(Double?, Double?, String?)])
  func theSmallerBudgetIsPassed(_ own: Double?, _ left: Double?, _ expected: String?) throws {
    var turn = AgentWorld.turn(AgentWorld.policy { $0.claude.maxBudgetUSD = own })
    turn.costLeftUSD = left
    let words = try argv(turn)
    let flag = words.firstIndex(of: "--max-budget-usd")
    #expect(flag.map { words[$0 + 1] } == expected)
  }

  @Test func aModeAmongTheRulesIsTheMode() throws {
    func words(_ mode: String, _ rules: [String: Structure]?) throws -> [String] {
      let words = try argv(
        AgentWorld.turn(
          AgentWorld.policy {
            $0.permissionMode = mode
            $0.permissionRules = rules
          }))
      return Array(words.dropFirst(4).dropLast(ending.count + 2))
    }
    #expect(try words("", nil) == [])
    #expect(try words("", [:]) == [])
    #expect(try words("", ["defaultMode": .string("plan")]) == ["--permission-mode", "plan"])
    #expect(
      try words("plan", ["mode": .string("auto"), "ask": .list([])])
        == ["--settings", "{\"permissions\":{\"ask\":[]}}", "--permission-mode", "plan"])
  }

  @Test(
    arguments: [
      ["deny": .string("Bash")], ["allow": .list([.integer(1)])], ["ask": .object([:])],
      ["additionalDirectories": .bool(true)], ["mode": .list([])], ["defaultMode": .null],
      ["deny": .list([.string("")])], ["deny": .list([.string("Bash(git push *")])],
      ["deny": .list([.string("Bash git)")])], ["deny": .list([.string("(git push *)")])],
      ["additionalDirectories": .list([.string(" ")])],
    ] as [[String: Structure]])
  func rulesThatClaudeWouldDropAreRefused(_ rules: [String: Structure]) {
    let policy = AgentWorld.policy { $0.permissionRules = rules }
    let error = #expect(throws: AgentError.self) { try argv(AgentWorld.turn(policy)) }
    #expect(error?.sentence.hasPrefix("agent.permission_mode: ") == true)
    #expect(AgentWorld.claude.examine(policy).contains { $0.grade == .fail })
  }

  @Test func stepsAndTextsHaveLimits() throws {
    for turns in [0, -1] {
      let policy = AgentWorld.policy { $0.claude.maxTurns = turns }
      #expect(throws: AgentError.self) { try argv(AgentWorld.turn(policy)) }
    }
    func text(_ size: Int) -> AgentTurn {
      AgentWorld.turn(
        AgentWorld.policy { $0.claude.appendSystemPrompt = String(repeating: "x", count: size) })
    }
    _ = try argv(text(131_071))
    #expect(throws: AgentError.self) { try argv(text(131_072)) }
  }

  @Test(arguments: [
    ("max-turns", "claude.max_turns"), ("--max-turns", "claude.max_turns"),
    ("max-budget-usd", "claude.max_budget_usd"), ("model", "claude.model"),
    ("fallback-model", "claude.fallback_model"), ("settings", "agent.permission_mode"),
    ("append-system-prompt", "claude.append_system_prompt"),
    ("permission-mode", "agent.permission_mode"), ("mcp-config", "agent.mcp_servers"),
    ("strict-mcp-config", "agent.mcp_servers"), ("allowedTools", "claude.allowed_tools"),
    ("allowed-tools", "claude.allowed_tools"), ("disallowedTools", "claude.disallowed_tools"),
    ("disallowed-tools", "claude.disallowed_tools"), ("resume", "agent.session_reuse_mode"),
    ("--resume", "agent.session_reuse_mode"), ("session-id", "agent.session_reuse_mode"),
    ("p", "agent.session_reuse_mode"), ("output-format", "stream-json"), ("worktree", "worktree"),
  ])
  func flagsOfOursCannotBeSet(_ name: String, _ instead: String) {
    let policy = AgentWorld.policy { $0.providerParameters = [name: .string("x")] }
    let error = #expect(throws: AgentError.self) { try argv(AgentWorld.turn(policy)) }
    #expect(error?.hint?.contains(instead) == true)
    #expect(AgentWorld.claude.examine(policy).contains { $0.grade == .fail })
  }

  @Test(arguments: ["", "--", "a b", "model=x", "é", "a\n--b"])
  func whatIsNoFlagIsRefused(_ name: String) {
    let policy = AgentWorld.policy { $0.providerParameters = [name: .string("x")] }
    #expect(throws: AgentError.self) { try argv(AgentWorld.turn(policy)) }
  }

  @Test func anOpenQuoteAndANULAreRefused() {
    let open = AgentWorld.policy { $0.command = "claude 'x" }
    let empty = AgentWorld.policy { $0.command = "'' x" }
    let null = AgentWorld.policy { $0.model = "a\u{0}b" }
    for policy in [open, empty, null] {
      #expect(throws: AgentError.self) { try argv(AgentWorld.turn(policy)) }
    }
    #expect(AgentWorld.claude.probe(open).executable == nil)
    #expect(AgentWorld.claude.examine(open).contains { $0.grade == .fail })
  }

  @Test func theUsersOwnVariablesWin() throws {
    var turn = AgentWorld.turn(environment: ["CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "0"])
    turn.agentEnvironment = ["DISABLE_AUTOUPDATER": "0"]
    let environment = try AgentWorld.claude.command(for: turn).environment
    #expect(environment["DISABLE_AUTOUPDATER"] == nil)
    // What the worker has counts for nothing where the agent does not get it.
    #expect(environment["CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"] == "1")
  }

  private static let bypass = [
    AgentWorld.policy { $0.permissionMode = "bypassPermissions" },
    AgentWorld.policy { $0.command = "claude --dangerously-skip-permissions" },
    AgentWorld.policy { $0.providerParameters = ["dangerously-skip-permissions": .bool(true)] },
    AgentWorld.policy {
      $0.permissionMode = ""
      $0.permissionRules = ["mode": .string("bypassPermissions")]
    },
    AgentWorld.policy {
      $0.permissionMode = ""
      $0.command = "claude --permission-mode bypassPermissions"
    },
  ]
  private let root = ClaudeCodeAgent(isRoot: true, environment: ["IS_SANDBOX": "1"])

  @Test(arguments: bypass)
  func rootMaySkipPermissionsOnlyWhereTheOperatorSaysSo(_ policy: AgentPolicy) throws {
    // What counts is what the agent finds, not what the worker has.
    for value in [nil, "", "0", "true", "1"] {
      var turn = AgentWorld.turn(policy, environment: ["IS_SANDBOX": "1"])
      turn.agentEnvironment = value.map { ["IS_SANDBOX": $0] } ?? [:]
      _ = try AgentWorld.claude.command(for: turn)
      if value == "1" {
        #expect(try root.command(for: turn).environment["IS_SANDBOX"] == nil)
        continue
      }
      let error = #expect(throws: AgentError.self) { try root.command(for: turn) }
      #expect(error?.hint?.contains("IS_SANDBOX=1 in symphony's environment") == true)
      #expect(error?.hint?.contains("agent.env") == true)
    }
    var own = policy
    for (value, resolved) in [("1", "1"), ("$BOX", "1"), ("$BOX", "true"), ("0", "0")] {
      own.environment.set = ["IS_SANDBOX": value]
      var turn = AgentWorld.turn(own)
      turn.agentEnvironment = ["IS_SANDBOX": resolved]
      if resolved == "1" {
        #expect(try root.command(for: turn).environment["IS_SANDBOX"] == nil)
      } else {
        #expect(throws: AgentError.self) { try root.command(for: turn) }
      }
    }
  }

  @Test func insideBubblewrapClaudeIsToldSo() throws {
    let policy = AgentWorld.policy {
      $0.permissionMode = "bypassPermissions"
      $0.sandbox.kind = .bubblewrap
    }
    for agent in [root, AgentWorld.claude] {
      for inherited in [[:], ["IS_SANDBOX": "0"]] {
        let turn = AgentWorld.turn(policy, environment: inherited)
        #expect(try agent.command(for: turn).environment["IS_SANDBOX"] == "1")
      }
    }
    // A workflow that says that it is none is believed.
    var turn = AgentWorld.turn(policy, environment: ["IS_SANDBOX": "0"])
    turn.policy.environment.set = ["IS_SANDBOX": "0"]
    #expect(throws: AgentError.self) { try root.command(for: turn) }
    #expect(try AgentWorld.claude.command(for: turn).environment["IS_SANDBOX"] == nil)
  }
}
