// The command line of an OpenCode turn: argv, the configuration in its environment, private files;
// and what `doctor` says about the settings.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct OpenCodeCommandTests {
  private let agent = OpenCodeAgent()
  private let launch = ["sh", "-c", OpenCodeAgent.launcher, "opencode"]

  private func policy(_ change: (inout AgentPolicy) -> Void = { _ in }) -> AgentPolicy {
    AgentWorld.policy {
      $0.kind = "opencode"
      $0.permissionMode = "allow"
      change(&$0)
    }
  }

  private func argv(_ turn: AgentTurn) throws -> [String] {
    try agent.command(for: turn).arguments
  }

  private func config(_ turn: AgentTurn) throws -> Structure {
    let text = try agent.command(for: turn).environment["OPENCODE_CONFIG_CONTENT"]
    return try #require(JSONText.object(text ?? ""))
  }

  // MARK: argv

  @Test func theDefaultsOfANewSession() throws {
    let command = try agent.command(for: AgentWorld.turn(policy()))
    #expect(command.arguments == launch + ["opencode", "run", "--format", "json", "--auto"])
    #expect(
      command.environment == [
        "OPENCODE_CONFIG_CONTENT":
          "{\"autoupdate\":false,\"permission\":\"allow\",\"share\":\"disabled\"}",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
      ])
    #expect(command.privateFiles.isEmpty)
    #expect(command.stopSignal == .terminate)
  }

  @Test func everythingAtOnceOnAResumedSession() throws {
    let full = policy {
      $0.command = "npx --yes 'opencode ai'"
      $0.model = "anthropic/claude-sonnet-4-5"
      $0.openCode.configFile = "/etc/oc.json"
      $0.providerParameters = ["agent": .string("build"), "thinking": .bool(true)]
    }
    let resume = SessionRef(id: "ses_1")
    let command = try agent.command(for: AgentWorld.turn(full, resume: resume))
    let expected = [
      "npx", "--yes", "opencode ai", "run", "--format", "json", "--auto", "--model",
      "anthropic/claude-sonnet-4-5", "--session", "ses_1", "--agent", "build", "--thinking",
    ]
    #expect(command.arguments == launch + expected)
    #expect(command.environment["OPENCODE_CONFIG"] == "/etc/oc.json")
  }

  @Test func sessionsCanBeSwitchedOff() throws {
    let off = policy { $0.resumesSessions = false }
    let resume = SessionRef(id: "ses_1")
    #expect(!(try argv(AgentWorld.turn(off, resume: resume))).contains("--session"))
  }

  @Test(arguments: ["ask", "deny", ""])
  func onlyAllowAllowsAll(_ mode: String) throws {
    let turn = AgentWorld.turn(policy { $0.permissionMode = mode })
    #expect(!(try argv(turn)).contains("--auto"))
    #expect(try config(turn)["permission"]?.stringValue == (mode.isEmpty ? nil : mode))
  }

  @Test func hostileValuesStayValues() throws {
    let turn = AgentWorld.turn(
      policy {
        $0.model = "--auto"
        $0.providerParameters = ["title": .string("$(id); `id`")]
      }, resume: SessionRef(id: "-x"))
    let expected = [
      "opencode", "run", "--format", "json", "--auto", "--model=--auto", "--session=-x", "--title",
      "$(id); `id`",
    ]
    #expect(try argv(turn) == launch + expected)
  }

  @Test(arguments: ["session", "--continue", "auto", "format", "dir", "attach", "m", "a b", ""])
  func flagsOfOursCannotBeSet(_ name: String) {
    let own = policy { $0.providerParameters = [name: .string("x")] }
    #expect(throws: AgentError.self) { try argv(AgentWorld.turn(own)) }
    #expect(agent.examine(own).contains { $0.grade == .fail })
  }

  @Test func anUnknownProfileIsRefused() {
    let odd = policy { $0.permissionMode = "bypassPermissions" }
    let error = #expect(throws: AgentError.self) { try argv(AgentWorld.turn(odd)) }
    #expect(error?.sentence == "opencode knows no permission profile \"bypassPermissions\"")
    #expect(agent.examine(odd).map(\.grade) == [.fail])
  }

  @Test func aNULIsRefusedWhereverItStands() {
    let policies = [
      policy { $0.command = "open\u{0}code" }, policy { $0.model = "a/\u{0}" },
      policy { $0.openCode.configFile = "/a\u{0}" },
      policy { $0.providerParameters = ["title": .string("\u{0}")] },
    ]
    for policy in policies {
      #expect(throws: AgentError.self) { try argv(AgentWorld.turn(policy)) }
    }
  }

  // MARK: Configuration

  @Test func rulesAreAnObjectOfTheirOwn() throws {
    let turn = AgentWorld.turn(
      policy {
        $0.permissionRules = [
          "bash": .object(["*": .string("ask"), "git *": .string("allow")]), "*": .string("allow"),
        ]
      })
    #expect(!(try argv(turn)).contains("--auto"))
    let text = try agent.command(for: turn).environment["OPENCODE_CONFIG_CONTENT"] ?? ""
    // The general rule comes first: the last one that matches is taken.
    #expect(
      text.contains(
        "\"permission\":{\"*\":\"allow\",\"bash\":{\"*\":\"ask\",\"git *\":\"allow\"}}"))
  }

  @Test func subagentsAreDeniedByARule() throws {
    func permission(_ change: (inout AgentPolicy) -> Void) throws -> String {
      let turn = AgentWorld.turn(
        policy {
          $0.enableSubagents = false
          change(&$0)
        })
      return JSONText.encode(try config(turn)["permission"] ?? .null)
    }
    #expect(try permission { _ in } == "{\"*\":\"allow\",\"task\":\"deny\"}")
    #expect(try permission { $0.permissionMode = "" } == "{\"task\":\"deny\"}")
    #expect(
      try permission { $0.permissionRules = ["bash": .string("deny")] }
        == "{\"bash\":\"deny\",\"task\":\"deny\"}")
  }

  @Test func notesAreInstructions() throws {
    var turn = AgentWorld.turn(policy())
    turn.notesFile = "/w/run/notes.md"
    #expect(try config(turn)["instructions"] == .list([.string("/w/run/notes.md")]))
  }

  @Test func serversComeWithTheirSecretsInFiles() throws {
    let servers = [
      MCPServer(
        name: "files", command: ["npx", "-y", "srv"], url: nil,
        env: ["TOKEN": "${KEY}-x", "A": "1"], headers: [:], onDemand: false),
      MCPServer(
        name: "web", command: [], url: "https://example.org/mcp", env: [:],
        headers: ["Authorization": "Bearer $KEY"], onDemand: false),
      MCPServer(
        name: "later", command: ["x"], url: nil, env: [:], headers: [:], onDemand: true),
    ]
    let turn = AgentWorld.turn(
      policy { $0.mcpServers = servers }, environment: ["KEY": "s3cret\"\n"])
    let command = try agent.command(for: turn)
    #expect(
      command.privateFiles == [
        "/w/run/opencode-mcp-0-0": "1", "/w/run/opencode-mcp-0-1": "s3cret\"\n-x",
        "/w/run/opencode-mcp-1-0": "Bearer s3cret\"\n",
      ])
    #expect(!command.environment.values.contains { $0.contains("s3cret") })
    #expect(
      JSONText.encode(try config(turn)["mcp"] ?? .null) == """
        {"files":{"command":["npx","-y","srv"],"enabled":true,\
        "environment":{"A":"{file:/w/run/opencode-mcp-0-0}",\
        "TOKEN":"{file:/w/run/opencode-mcp-0-1}"},"type":"local"},\
        "web":{"enabled":true,"headers":{"Authorization":"{file:/w/run/opencode-mcp-1-0}"},\
        "type":"remote","url":"https://example.org/mcp"}}
        """)
    var off = turn
    off.policy.enableMCP = false
    #expect(try config(off)["mcp"] == nil)
    #expect(try agent.command(for: off).privateFiles.isEmpty)
  }

  @Test func whatVariablesStoodInIsASecretToo() throws {
    let servers = [
      MCPServer(
        name: "files", command: ["npx", "--key=$KEY", "$$", "-y"], url: nil, env: ["A": "1"],
        headers: [:], onDemand: false),
      MCPServer(
        name: "web", command: [], url: "https://example.org/${KEY}", env: [:], headers: [:],
        onDemand: false),
    ]
    let turn = AgentWorld.turn(policy { $0.mcpServers = servers }, environment: ["KEY": "s3cret"])
    let command = try agent.command(for: turn)
    #expect(
      command.privateFiles == [
        "/w/run/opencode-mcp-0-0": "--key=s3cret", "/w/run/opencode-mcp-0-1": "1",
        "/w/run/opencode-mcp-1-0": "https://example.org/s3cret",
      ])
    let texts = command.arguments + command.environment.values
    #expect(!texts.contains { $0.contains("s3cret") })
    #expect(
      JSONText.encode(try config(turn)["mcp"] ?? .null) == """
        {"files":{"command":["npx","{file:/w/run/opencode-mcp-0-0}","$$","-y"],"enabled":true,\
        "environment":{"A":"{file:/w/run/opencode-mcp-0-1}"},"type":"local"},\
        "web":{"enabled":true,"type":"remote","url":"{file:/w/run/opencode-mcp-1-0}"}}
        """)
    let unset = AgentWorld.turn(turn.policy)
    let error = #expect(throws: AgentError.self) { try agent.command(for: unset) }
    #expect(error?.sentence.contains("files: command names $KEY") == true)
  }

  @Test(arguments: ["/w/}x", "/w/a\"b", "/w/a\\b"])
  func aPathThatEndsAReferenceIsRefused(_ directory: String) {
    var turn = AgentWorld.turn(
      policy {
        $0.mcpServers = [
          MCPServer(
            name: "s", command: ["x"], url: nil, env: ["A": "1"], headers: [:], onDemand: false)
        ]
      })
    turn.runDirectory = directory
    #expect(throws: AgentError.self) { try agent.command(for: turn) }
  }

  @Test func theUsersOwnConfigurationIsKept() throws {
    var turn = AgentWorld.turn(
      policy {
        $0.mcpServers = [
          MCPServer(name: "b", command: ["x"], url: nil, env: [:], headers: [:], onDemand: false)
        ]
      },
      environment: [
        "OPENCODE_DISABLE_AUTOUPDATE": "0",
        "OPENCODE_CONFIG_CONTENT": """
         {"share":"manual","update":"notify","theme":"x","permission":"ask",
         "instructions":["own.md"],"mcp":{"a":{"type":"local","command":["y"]}}}
        """,
      ])
    turn.notesFile = "/w/run/notes.md"
    let config = try config(turn)
    #expect(config["share"]?.stringValue == "manual")
    #expect(config["autoupdate"] == nil)
    #expect(config["theme"]?.stringValue == "x")
    #expect(config["permission"]?.stringValue == "allow")
    #expect(config["instructions"] == .list([.string("own.md"), .string("/w/run/notes.md")]))
    #expect(config["mcp"]?.objectValue?.keys.sorted() == ["a", "b"])
    #expect(try agent.command(for: turn).environment["OPENCODE_DISABLE_AUTOUPDATE"] == nil)
    turn.agentEnvironment["OPENCODE_CONFIG_CONTENT"] = "{ // no JSON\n}"
    #expect(throws: AgentError.self) { try agent.command(for: turn) }
  }

  // MARK: doctor

  @Test func theProbeAsksTheSameProgram() {
    let npx = agent.probe(policy { $0.command = "npx opencode-ai" })
    #expect(npx.executable == "npx")
    #expect(npx.versionArguments == ["opencode-ai", "--version"])
    #expect(npx.loginArguments.isEmpty && npx.notesFile == nil)
    #expect(!npx.ownVariables.contains { $0.hasPrefix("GITHUB") || $0.hasPrefix("GH") })
    #expect(agent.probe(policy { $0.command = "'x" }).executable == nil)
  }

  @Test func itsDirectoriesAreWhereXDGSays() {
    func probe(
      _ environment: [String: String] = [:], _ change: (inout AgentPolicy) -> Void = { _ in }
    ) -> AgentProbe {
      OpenCodeAgent(environment: environment).probe(policy(change))
    }
    let standard = [
      ".config/opencode", ".local/share/opencode", ".local/state/opencode", ".cache/opencode",
    ]
    #expect(probe().homeDirectories == standard)
    #expect(probe().homePaths == standard + [".opencode"])
    let elsewhere = probe([
      "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d/", "XDG_STATE_HOME": "/", "XDG_CACHE_HOME": "",
    ])
    let directories = ["/c/opencode", "/d/opencode", "/opencode", ".cache/opencode"]
    #expect(elsewhere.homeDirectories == directories)
    #expect(elsewhere.homePaths == directories + [".opencode"])
    // What is not absolute lies in the workspace.
    #expect(
      probe(["XDG_DATA_HOME": "d"]).homeDirectories
        == [".config/opencode", ".local/state/opencode", ".cache/opencode"])
    let set = probe(["XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d", "PLACE": "/p"]) {
      $0.environment.set = ["XDG_DATA_HOME": "$PLACE/x"]
      $0.environment.remove = ["XDG_*"]
    }
    #expect(set.homeDirectories.prefix(2) == [".config/opencode", "/p/x/opencode"])
  }

  @Test func theSettingsAreExamined() {
    func grades(_ change: (inout AgentPolicy) -> Void) -> [Finding.Grade] {
      agent.examine(policy(change)).map(\.grade)
    }
    let server = MCPServer(
      name: "a", command: ["b"], url: nil, env: [:], headers: [:], onDemand: false)
    #expect(grades { _ in } == [])
    #expect(grades { $0.permissionMode = "ask" } == [.warn])
    #expect(grades { $0.permissionMode = "deny" } == [.warn])
    #expect(grades { $0.permissionMode = "" } == [])
    #expect(grades { $0.permissionMode = "yolo" } == [.fail])
    #expect(
      grades { $0.permissionRules = ["bash": .object(["rm *": .string("ask")])] } == [.warn])
    #expect(grades { $0.permissionRules = ["bash": .string("deny")] } == [])
    #expect(grades { $0.model = "sonnet" } == [.warn])
    #expect(grades { $0.openCode.configFile = "oc.json" } == [.fail])
    #expect(grades { $0.command = "opencode 'x" } == [.fail])
    #expect(grades { $0.mcpServers = [server, server] } == [.fail])
    #expect(
      grades {
        $0.mcpServers = [server]
        $0.enableMCP = false
      } == [.warn])
    // What only Claude Code knows says nothing here.
    #expect(grades { $0.allowedTools = ["Bash"] } == [])
  }
}
