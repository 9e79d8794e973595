// MCP servers of a turn: the private file, variables in it, on-demand servers, and that no secret
// reaches argv.
import FoundationEssentials
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct MCPFileTests {
  private let path = "/w/run/claude-mcp.json"

  private func command(
    _ servers: [MCPServer], skills: [String] = [], environment: [String: String] = [:],
    enabled: Bool = true
  ) throws -> AgentCommand {
    let policy = AgentWorld.policy {
      $0.mcpServers = servers
      $0.enableMCP = enabled
    }
    return try AgentWorld.claude.command(
      for: AgentWorld.turn(policy, skills: skills, environment: environment))
  }

  @Test func theFileHoldsBothKindsOfServer() throws {
    let made = try command(
      [
        server(
          "files", command: ["$BIN/npx", "-y", "--key=$KEY", "$1"],
          env: ["TOKEN": "${KEY}-x", "PLAIN": "a$"]),
        server(
          "web", url: "https://${HOST:-example.org}/$BIN", headers: ["Authorization": "Bearer $KEY"]
        ),
      ], environment: ["KEY": "s3cret\"\n", "BIN": "bin"])
    #expect(
      made.privateFiles == [
        path: """
        {"mcpServers":{"files":{"args":["-y","--key=s3cret\\"\\n","$1"],"command":"bin/npx",\
        "env":{"PLAIN":"a$","TOKEN":"s3cret\\"\\n-x"},"type":"stdio"},\
        "web":{"headers":{"Authorization":"Bearer s3cret\\"\\n"},"type":"http",\
        "url":"https://example.org/bin"}}}

        """
      ])
    #expect(!made.arguments.contains { $0.contains("s3cret") })
    #expect(!made.environment.values.contains { $0.contains("s3cret") })
    let flag = try #require(made.arguments.firstIndex(of: "--mcp-config"))
    #expect(made.arguments[flag + 1] == path)
    // No other server comes in beside ours.
    #expect(made.arguments[flag + 2] == "--strict-mcp-config")
  }

  @Test func onDemandServersComeWhenTheIssueNamesThem() throws {
    let servers = [server("Always"), server("Data-Base", onDemand: true)]
    func names(_ skills: [String]) throws -> [String] {
      let text = try command(servers, skills: skills).privateFiles[path] ?? ""
      return (JSONText.object(text)?["mcpServers"]?.objectValue ?? [:]).keys.sorted()
    }
    #expect(try names([]) == ["Always"])
    #expect(try names(["other"]) == ["Always"])
    #expect(try names([" data-base "]) == ["Always", "Data-Base"])
  }

  @Test func aWorkflowWithoutServersSaysNothing() throws {
    let made = try command([])
    #expect(made.privateFiles.isEmpty)
    #expect(!made.arguments.contains { $0.contains("mcp") })
  }

  @Test func withoutMCPAndWithoutAServerForTheTurnTheFileNamesNone() throws {
    for made in [
      try command([], enabled: false), try command([server("a")], enabled: false),
      try command([server("a", onDemand: true)]),
    ] {
      #expect(made.privateFiles == [path: "{\"mcpServers\":{}}\n"])
      let flag = try #require(made.arguments.firstIndex(of: "--mcp-config"))
      #expect(made.arguments[(flag + 1)...(flag + 2)] == [path, "--strict-mcp-config"])
    }
  }

  @Test func anUnsetVariableIsNamed() throws {
    let missing = server("srv", env: ["B": "$NOPE_B", "A": "x${NOPE_A}"])
    let error = #expect(throws: AgentError.self) { try command([missing]) }
    #expect(
      error?.sentence == "agent.mcp_servers: srv: env.A names $NOPE_A, which is not set")
    #expect(error?.hint?.contains("NOPE_A") == true)
    // A server that this turn does not get asks for nothing.
    var later = missing
    later.onDemand = true
    _ = try command([later])
  }

  @Test func badServersAreRefusedAndExamined() {
    for servers in [
      [server(" ")], [server("a"), server("a")], [server("a", command: [])],
      [server("a", command: [""])],
    ] {
      #expect(throws: AgentError.self) { try command(servers) }
      let policy = AgentWorld.policy { $0.mcpServers = servers }
      #expect(
        AgentWorld.claude.examine(policy).contains {
          $0.grade == .fail && $0.subject == "agent.mcp_servers"
        })
    }
  }

  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("$A", "1"), ("${A}", "1"), ("$A$A", "11"), ("x$A.y", "x1.y"),
    ("$", "$"), ("$$A", "$1"), ("$5", "$5"), ("${", "${"), ("${A", "${A"), ("${}", "${}"),
    ("${A-b}", "${A-b}"), ("${NO:-d}", "d"), ("${E:-d}", "d"), ("${A:-d}", "1"), ("$E", ""),
    ("${A b}", "${A b}"), ("$_x", "2"), ("$D", "$A"), ("é$A", "é1"),
  ])
  func variablesAreReplacedOnce(_ text: String, _ expected: String) {
    let environment = ["A": "1", "E": "", "_x": "2", "D": "$A"]
    #expect(VariableText.expand(text, environment) == .text(expected))
  }

  @Test func unsetNamesAreTold() {
    #expect(VariableText.expand("a $NO", [:]) == .unset("NO"))
    #expect(VariableText.expand("${NO}", [:]) == .unset("NO"))
    #expect(VariableText.expand("$NO.x", [:]) == .unset("NO"))
  }
}
