// MCP servers of a codex turn: private scripts, variables for headers, on-demand servers, and that
// no secret reaches argv.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct CodexServerTests {
  private func server(
    _ name: String, command: [String] = ["srv"], url: String? = nil, env: [String: String] = [:],
    headers: [String: String] = [:], onDemand: Bool = false
  ) -> MCPServer {
    MCPServer(
      name: name, command: url == nil ? command : [], url: url, env: env, headers: headers,
      onDemand: onDemand)
  }

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

  @Test func aProcessWithoutVariablesIsStartedPlainly() throws {
    let made = try command([server("files", command: ["npx", "-y", "$HOME \"x\""])])
    #expect(
      settings(made) == [
        "mcp_servers.files.command=\"npx\"", "mcp_servers.files.args=[\"-y\",\"$HOME \\\"x\\\"\"]",
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
        export TOKEN='s3cret'\\''"
        `id`-x'
        exec 'npx' 'it'\\''s'

        """
      ])
    #expect(
      settings(made).suffix(3) == [
        "mcp_servers.files.command=\"sh\"",
        "mcp_servers.files.args=[\"/srv/run/codex-mcp-2.sh\"]",
        "mcp_servers.files.default_tools_approval_mode=\"approve\"",
      ])
    #expect(!made.arguments.contains { $0.contains("s3cret") })
    #expect(made.environment.isEmpty)
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
