// MCP servers of a codex turn: private scripts, variables for headers, on-demand servers, and that
// no secret reaches argv.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct CodexServerTests {
  private func command(
    _ servers: [MCPServer], skills: [String] = [], environment: [String: String] = [:],
    enabled: Bool = true
  ) throws -> AgentCommand {
    let policy = CodexWorld.policy {
      $0.mcpServers = servers
      $0.enableMCP = enabled
    }
    return try CodexWorld.agent.command(
      for: CodexWorld.turn(policy, skills: skills, environment: environment))
  }

  private func settings(_ command: AgentCommand) -> [String] {
    command.arguments.filter { $0.hasPrefix("mcp_servers.") }
  }

  private func marker(_ name: String) -> String {
    "mcp_servers.\(name).env.SYMPHONY_RUN=\"run-7\""
  }

  @Test func aProcessWithoutVariablesIsStartedPlainly() throws {
    let made = try command([server("files", command: ["npx", "-y", "$ \"x\""])])
    #expect(
      settings(made) == [
        "mcp_servers.files.command=\"npx\"", "mcp_servers.files.args=[\"-y\",\"$ \\\"x\\\"\"]",
        marker("files"),
        "mcp_servers.files.default_tools_approval_mode=\"approve\"",
      ])
    #expect(made.privateFiles.isEmpty && made.environment.isEmpty)
  }

  @Test func variablesGoIntoAPrivateScript() throws {
    let made = try command(
      [
        server("a"),
        server("files", command: ["npx", "it's"], env: ["TOKEN": "${KEY}-x", "PLAIN": "a$"]),
      ], environment: ["KEY": "s3cret'\"\n`id`"])
    #expect(
      made.privateFiles == [
        "/srv/run/codex-mcp-2.sh": """
        export PLAIN='a$'
        export SYMPHONY_RUN='run-7'
        export TOKEN='s3cret'\\''"
        `id`-x'
        exec 'npx' 'it'\\''s'

        """
      ])
    #expect(
      settings(made).suffix(4) == [
        "mcp_servers.files.command=\"sh\"",
        "mcp_servers.files.args=[\"/srv/run/codex-mcp-2.sh\"]", marker("files"),
        "mcp_servers.files.default_tools_approval_mode=\"approve\"",
      ])
    #expect(!made.arguments.contains { $0.contains("s3cret") })
    #expect(made.environment.isEmpty)
  }

  @Test func aVariableInTheCommandGoesIntoThePrivateScript() throws {
    let made = try command(
      [server("db", command: ["srv", "--dsn", "pg://u:${PASSWORD}@h/x y", "$$"])],
      environment: ["PASSWORD": "s3'cret"])
    #expect(
      made.privateFiles == [
        "/srv/run/codex-mcp-1.sh": """
        export SYMPHONY_RUN='run-7'
        exec 'srv' '--dsn' 'pg://u:s3'\\''cret@h/x y' '$$'

        """
      ])
    #expect(
      settings(made).prefix(2) == [
        "mcp_servers.db.command=\"sh\"", "mcp_servers.db.args=[\"/srv/run/codex-mcp-1.sh\"]",
      ])
    #expect(!made.arguments.contains { $0.contains("cret") })
    let missing = #expect(throws: AgentError.self) {
      try command([server("db", command: ["srv", "$NOPE"])])
    }
    #expect(missing?.sentence.contains("$NOPE, which is not set") == true)
  }

  /// codex reads no URL from a variable: in its arguments everybody could see it.
  @Test func aVariableInAURLIsRefused() throws {
    for url in ["https://h/mcp?key=$KEY", "https://h/${KEY:-x}"] {
      let secret = server("web", url: url)
      let refused = #expect(throws: AgentError.self) {
        try command([secret], environment: ["KEY": "s3cret"])
      }
      #expect(refused?.hint?.contains("headers") == true)
      #expect(refused?.sentence.contains("s3cret") == false)
      let findings = CodexWorld.agent.examine(CodexWorld.policy { $0.mcpServers = [secret] })
      #expect(findings.map(\.grade) == [.fail])
      #expect(findings.map(\.subject) == ["agent.mcp_servers"])
    }
    #expect(try !command([server("web", url: "https://h/a$?b=$1")]).arguments.isEmpty)
  }

  @Test func theMarkerOfTheRunWins() throws {
    let made = try command([server("a", env: ["SYMPHONY_RUN": "mine", "B": "1"])])
    let script = try #require(made.privateFiles.values.first)
    #expect(script == "export B='1'\nexport SYMPHONY_RUN='run-7'\nexec 'srv'\n")
  }

  /// Processes that codex.config starts leave something behind as well; a URL takes no variables,
  /// and codex would not start with one.
  @Test func serversOfTheConfigurationGetTheMarker() throws {
    let policy = CodexWorld.policy {
      $0.mcpServers = [server("docs")]
      $0.enableMCP = false
      $0.codex.config = [
        "mcp_servers": .object([
          "own": .object(["command": .string("srv")]),
          "web": .object(["url": .string("https://h/mcp")]),
          "no name": .object(["command": .string("srv")]),
        ]), "mcp_servers.late.command": .string("srv"), "mcp_servers.off.enabled": .bool(false),
        "other.own2.command": .string("srv"),
      ]
    }
    func marked() throws -> [String] {
      settings(try CodexWorld.agent.command(for: CodexWorld.turn(policy)))
        .filter { $0.contains("SYMPHONY_RUN") }
    }
    #expect(try marked() == [marker("late"), marker("own")])
    // One that is in both is marked once.
    var both = policy
    both.enableMCP = true
    both.codex.config = ["mcp_servers.docs.command": .string("old")]
    let made = try CodexWorld.agent.command(for: CodexWorld.turn(both))
    #expect(settings(made).count { $0 == marker("docs") } == 1)
  }

  @Test func headersGoIntoVariables() throws {
    let made = try command(
      [
        server(
          "web", url: "https://example.org/mcp",
          headers: ["Authorization": "Bearer $KEY", "X-A": "1"]),
        server("open", url: "https://example.org/open"),
      ], environment: ["KEY": "s3cret"])
    #expect(
      settings(made) == [
        "mcp_servers.web.url=\"https://example.org/mcp\"",
        "mcp_servers.web.env_http_headers="
          + "{\"Authorization\"=\"SYMPHONY_MCP_1_1\",\"X-A\"=\"SYMPHONY_MCP_1_2\"}",
        "mcp_servers.web.default_tools_approval_mode=\"approve\"",
        "mcp_servers.open.url=\"https://example.org/open\"",
        "mcp_servers.open.default_tools_approval_mode=\"approve\"",
      ])
    #expect(
      made.environment == ["SYMPHONY_MCP_1_1": "Bearer s3cret", "SYMPHONY_MCP_1_2": "1"])
    // Only codex is to see them, not the commands it runs.
    #expect(
      made.arguments.filter { $0.hasPrefix("shell_environment_policy.set.SYMPHONY_MCP_") } == [
        "shell_environment_policy.set.SYMPHONY_MCP_1_1=\"\"",
        "shell_environment_policy.set.SYMPHONY_MCP_1_2=\"\"",
      ])
    #expect(!made.arguments.contains { $0.contains("s3cret") })
    #expect(made.privateFiles.isEmpty)
  }

  @Test func onDemandServersComeWhenTheIssueNamesThem() throws {
    let servers = [server("Always"), server("Data-Base", onDemand: true)]
    func count(_ skills: [String]) throws -> Int {
      settings(try command(servers, skills: skills)).count { $0.contains(".command=") }
    }
    #expect(try count([]) == 1)
    #expect(try count([" data-base "]) == 2)
    #expect(settings(try command(servers, skills: ["data-base"], enabled: false)).isEmpty)
  }

  @Test func whatCodexWouldNotStartIsRefused() {
    for bad in [
      server("my server"), server("a.b"), server("é"), server("a", command: []), server(" "),
    ] {
      #expect(throws: AgentError.self) { try command([bad]) }
      let findings = CodexWorld.agent.examine(CodexWorld.policy { $0.mcpServers = [bad] })
      #expect(findings.map(\.subject) == ["agent.mcp_servers"])
      #expect(findings.map(\.grade) == [.fail])
    }
    for env in [["A B": "x"], ["1A": "x"], ["A-B": "x"], ["": "x"], ["A": "\u{0}"]] {
      #expect(throws: AgentError.self) { try command([server("a", env: env)]) }
    }
    let missing = #expect(throws: AgentError.self) {
      try command([server("a", env: ["A": "$NOPE"])])
    }
    #expect(missing?.sentence.contains("env.A names $NOPE, which is not set") == true)
  }

  @Test func aServerThatIsConfiguredTwiceIsTold() {
    let policy = CodexWorld.policy {
      $0.mcpServers = [server("docs"), server("docs2")]
      $0.codex.config = [
        "mcp_servers": .object(["docs": .object(["startup_timeout_sec": .integer(60)])]),
        "mcp_servers.other.enabled": .bool(false),
      ]
    }
    let findings = CodexWorld.agent.examine(policy)
    #expect(findings.map(\.grade) == [.warn])
    #expect(findings.first?.text == "docs is in codex.config too: the two are merged")
  }

  /// What is set last counts, and a table would replace what was set inside it before.
  @Test func theServersComeAfterTheConfiguration() throws {
    let policy = CodexWorld.policy {
      $0.mcpServers = [server("docs")]
      $0.codex.config = ["mcp_servers": .object(["own": .object(["enabled": .bool(false)])])]
    }
    let arguments = try CodexWorld.agent.command(for: CodexWorld.turn(policy)).arguments
    let table = arguments.firstIndex(of: "mcp_servers={\"own\"={\"enabled\"=false}}")
    let ours = arguments.firstIndex(of: "mcp_servers.docs.command=\"srv\"")
    #expect(try #require(table) < #require(ours))
  }
}
