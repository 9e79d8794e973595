// The command line of a claude turn, as goldens: argv, environment and private file, with hostile
// values too.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ClaudeCommandTests {
  private let id = AgentWorld.sessionID
  private let ending = ["--output-format", "stream-json", "--verbose"]

  private func argv(_ turn: AgentTurn) throws -> [String] {
    try AgentWorld.claude.command(for: turn).arguments
  }

  @Test func theDefaultsOfANewSession() throws {
    let command = try AgentWorld.claude.command(for: AgentWorld.turn())
    let expected = ["claude", "-p", "--permission-mode", "acceptEdits", "--session-id", id]
    #expect(command.arguments == expected + ending)
    #expect(
      command.environment == [
        "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
      ])
    #expect(command.privateFiles.isEmpty)
  }

  @Test func everythingAtOnceOnAResumedSession() throws {
    let policy = AgentWorld.policy {
      $0.command = "npx --yes 'claude code'"
      $0.permissionMode = "bypassPermissions"
      $0.model = "opus"
      $0.allowedTools = ["Bash(git *)", " Write ", ""]
      $0.disallowedTools = ["WebFetch"]
      $0.enableSubagents = false
      $0.mcpServers = [
        MCPServer(
          name: "echo", command: ["echo", "x"], url: nil, env: [:], headers: [:], onDemand: false)
      ]
      $0.providerParameters = [
        "max-turns": .integer(7), "add-dir": .list([.string("/a b"), .string("/c")]),
        "--strict-mcp-config": .bool(true), "bare": .bool(false), "effort": .null,
        "max-budget-usd": .number(0.5),
        "settings": .object(["b": .bool(true), "a": .string("/x")]),
      ]
    }
    let resume = SessionRef(agent: "claude_code", id: "old-id")
    let expected = [
      "npx", "--yes", "claude code", "-p", "--allowedTools", "Bash(git *),Write",
      "--disallowedTools", "WebFetch,Task", "--mcp-config", "/w/run/claude-mcp.json",
      "--strict-mcp-config", "--add-dir", "/a b", "--add-dir", "/c", "--max-budget-usd", "0.5",
      "--max-turns", "7", "--settings", "{\"a\":\"/x\",\"b\":true}", "--permission-mode",
      "bypassPermissions", "--model", "opus", "--resume", "old-id",
    ]
    #expect(try argv(AgentWorld.turn(policy, resume: resume)) == expected + ending)
  }

  @Test func hostileValuesStayValues() throws {
    let policy = AgentWorld.policy {
      $0.model = "--dangerously-skip-permissions"
      $0.allowedTools = ["-x", "$(touch /tmp/x); `id`"]
      $0.disallowedTools = ["--resume"]
      $0.permissionMode = "; rm -rf /"
      $0.providerParameters = ["fallback-model": .string("--bare"), "effort": .string("")]
    }
    let expected = [
      "claude", "-p", "--allowedTools=-x,$(touch /tmp/x); `id`", "--disallowedTools=--resume",
      "--effort", "", "--fallback-model=--bare", "--permission-mode", "; rm -rf /",
      "--model=--dangerously-skip-permissions", "--session-id", id,
    ]
    #expect(try argv(AgentWorld.turn(policy)) == expected + ending)
  }

  @Test(arguments: ["resume", "--resume", "session-id", "output-format", "permission-mode", "p"])
  func flagsOfOursCannotBeSet(_ name: String) {
    let policy = AgentWorld.policy { $0.providerParameters = [name: .string("x")] }
    #expect(throws: AgentError.self) { try argv(AgentWorld.turn(policy)) }
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
    let turn = AgentWorld.turn(environment: ["DISABLE_AUTOUPDATER": "0"])
    let environment = try AgentWorld.claude.command(for: turn).environment
    #expect(environment["DISABLE_AUTOUPDATER"] == nil)
    #expect(environment["CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"] == "1")
  }

  @Test func rootMaySkipPermissionsOnlyInASandbox() throws {
    let root = ClaudeCodeAgent(isRoot: true, isSandboxed: false)
    let bypass = [
      AgentWorld.policy { $0.permissionMode = "bypassPermissions" },
      AgentWorld.policy { $0.command = "claude --dangerously-skip-permissions" },
      AgentWorld.policy {
        $0.providerParameters = ["dangerously-skip-permissions": .bool(true)]
      },
    ]
    for policy in bypass {
      for value in ["", "0", "true"] {
        let turn = AgentWorld.turn(policy, environment: ["IS_SANDBOX": value])
        #expect(throws: AgentError.self) { try root.command(for: turn) }
      }
      _ = try root.command(for: AgentWorld.turn(policy, environment: ["IS_SANDBOX": "1"]))
      _ = try AgentWorld.claude.command(for: AgentWorld.turn(policy))
    }
    _ = try root.command(for: AgentWorld.turn())
  }

  @Test func theProbeAsksTheSameProgram() {
    let npx = AgentWorld.claude.probe(AgentWorld.policy { $0.command = "npx claude" })
    #expect(npx.executable == "npx")
    #expect(npx.versionArguments == ["claude", "--version"])
    #expect(AgentWorld.claude.probe(AgentPolicy()).executable == "claude")
  }
}
