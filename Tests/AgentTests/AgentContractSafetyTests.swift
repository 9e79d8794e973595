// Promises that every agent in the registry keeps: secrets stay where they belong, a failing process
// never succeeds, whatever it prints is survived, a session is kept, and the settings a workflow has
// in common for all agents change what is started.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct AgentContractSafetyTests {
  private static let kinds = AgentRegistry.all.map(\.kind)
  private static let secret = "s3cret-V4lue"
  private static let token = "ghp_T0kenOfGitHub"

  /// Secrets wherever a server of that kind may have one.
  ///
  private static func servers(_ kind: String) -> [MCPServer] {
    [
      MCPServer(
        name: "local", command: ["srv", "-x", "--key=$SECRET"], url: nil,
        env: ["API_KEY": "$SECRET"], headers: [:], onDemand: false),
      MCPServer(
        name: "remote", command: [],
        url: "https://example.org/mcp/"
          + (AgentWorld.traits(kind).hasSecretURLs ? "${SECRET}" : ""), env: [:],
        headers: ["Authorization": "Bearer ${SECRET}"], onDemand: false),
    ]
  }

  private static func turn(_ policy: AgentPolicy, resume: SessionRef? = nil) -> AgentTurn {
    var turn = AgentWorld.turn(
      policy, resume: resume, skills: ["code-review"],
      environment: ["SECRET": secret, "GITHUB_TOKEN": token, "GH_TOKEN": token, "HOME": "/h"])
    turn.agentEnvironment = ["HOME": "/h", "PWD": "/w/tree"]
    turn.promptFile = "/w/run/prompt-1.md"
    turn.notesFile = "/w/run/notes.md"
    turn.gitDirectories = ["/w/repo/worktrees/t", "/w/repo"]
    turn.costLeftUSD = 2
    return turn
  }

  private static func command(_ kind: String, _ policy: AgentPolicy, resume: SessionRef? = nil)
    throws -> AgentCommand
  {
    try AgentRegistry.find(kind: kind).command(for: turn(policy, resume: resume))
  }

  @Test(arguments: kinds)
  func noSecretIsInArgv(_ kind: String) throws {
    let made = try Self.command(
      kind, AgentWorld.startable(kind) { $0.mcpServers = Self.servers(kind) })
    #expect(!made.arguments.contains { $0.contains(Self.secret) })
    // It goes another way, and not nowhere.
    let files = made.privateFiles.values.filter { $0.contains(Self.secret) }
    let variables = made.environment.values.filter { $0.contains(Self.secret) }
    #expect(files.count + variables.count >= 1)
    #expect(made.privateFiles.keys.allSatisfy { $0.hasPrefix("/w/run/") })
    // Each of them, put in.
    var wanted = ["--key=\(Self.secret)", "Bearer \(Self.secret)"]
    if AgentWorld.traits(kind).hasSecretURLs { wanted.append("/mcp/\(Self.secret)") }
    for word in wanted {
      #expect(
        (files + variables).contains { $0.replacing("\\/", with: "/").contains(word) }, "\(word)")
    }
  }

  @Test(arguments: kinds, ["command", "url", "env.K", "headers.K"])
  func aVariableThatIsNotSetIsNamed(_ kind: String, _ place: String) throws {
    let open = "$OPEN_ONE"
    let isRemote = ["url", "headers.K"].contains(place)
    let url = "https://e.org/" + (place == "url" ? open : "")
    let server = MCPServer(
      name: "s", command: isRemote ? [] : place == "command" ? ["srv", open] : ["srv"],
      url: isRemote ? url : nil, env: place == "env.K" ? ["K": open] : [:],
      headers: place == "headers.K" ? ["K": open] : [:], onDemand: false)
    let error = #expect(throws: AgentError.self) {
      try Self.command(kind, AgentWorld.startable(kind) { $0.mcpServers = [server] })
    }
    #expect(error?.code == "agent_misconfigured")
    let isRefused = !AgentWorld.traits(kind).hasSecretURLs && place == "url"
    #expect(
      error?.sentence.contains(
        isRefused ? "s: url holds" : "s: \(place) names $OPEN_ONE, which is not set") == true)
  }

  @Test func aServerThatIsEmptyInTheEndIsAnError() {
    for (command, url) in [(["$E", "x"], nil), ([], "$E")] as [([String], String?)] {
      let server = MCPServer(
        name: "s", command: command, url: url, env: [:], headers: [:], onDemand: false)
      let error = #expect(throws: AgentError.self) { try MCPServers.putIn(server, ["E": " "]) }
      #expect(
        error?.sentence.contains("s: \(url == nil ? "command" : "url") is empty") == true)
    }
  }

  @Test(arguments: kinds)
  func theTokenOfGitHubIsNotPassedOn(_ kind: String) throws {
    let made = try Self.command(
      kind, AgentWorld.startable(kind) { $0.mcpServers = Self.servers(kind) })
    let texts = made.arguments + made.environment.values + made.privateFiles.values
    #expect(!texts.contains { $0.contains(Self.token) })
    #expect(!made.environment.keys.contains { $0 == "GITHUB_TOKEN" || $0 == "GH_TOKEN" })
    let own = try AgentRegistry.find(kind: kind).probe(AgentWorld.startable(kind)).ownVariables
    // A pattern here keeps a variable that would be taken away as a secret of symphony's.
    #expect(!own.contains { $0.hasPrefix("GITHUB") || $0.hasPrefix("GH") || $0 == "*" })
  }

  @Test(arguments: kinds)
  func aNULIsRefused(_ kind: String) {
    let changes: [(inout AgentPolicy) -> Void] = [
      { $0.command = "a\u{0}b" }, { $0.model = "m\u{0}" },
    ]
    for change in changes {
      #expect(throws: AgentError.self) {
        try Self.command(kind, AgentWorld.startable(kind, change))
      }
    }
  }

  @Test(arguments: kinds)
  func aFailingProcessSucceedsByItsLastWordOnly(_ kind: String) throws {
    let agent = try AgentRegistry.find(kind: kind)
    // Whatever any agent prints at the end of a good turn.
    let good = [
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"ok\","
        + "\"session_id\":\"s\",\"terminal_reason\":\"completed\"}",
      "{\"type\":\"thread.started\",\"thread_id\":\"s\"}", "{\"type\":\"turn.completed\"}",
      "{\"type\":\"text\",\"sessionID\":\"s\",\"part\":{\"text\":\"ok\"}}",
      "{\"type\":\"step_finish\",\"sessionID\":\"s\",\"part\":{\"reason\":\"stop\"}}",
      "{\"type\":\"result\",\"status\":\"success\"}",
    ]
    for exit in [Exit.exited(1), .exited(2), .exited(255), .signalled(9), .exited(143)] {
      let silent = AgentWorld.replay([], exit, errorTail: "boom", agent: agent).outcome
      #expect(!Self.isGood(silent.kind), "\(exit): \(silent.kind)")
      let told = AgentWorld.replay(good, exit, errorTail: "boom", agent: agent).outcome
      // A command's exit status is its author's word. All others leave it to the work they left.
      #expect(Self.isGood(told.kind) == (kind != "command"), "\(exit): \(told.kind)")
      #expect(told.trouble.map { Self.isGood($0.kind) } == (kind == "command" ? nil : false))
    }
  }

  private static func isGood(_ kind: TurnOutcome.Kind) -> Bool {
    switch kind {
    case .succeeded, .cutShort: true
    default: false
    }
  }

  @Test(arguments: kinds)
  func noiseIsHarmless(_ kind: String) throws {
    let agent = try AgentRegistry.find(kind: kind)
    let long = String(repeating: "long ", count: 60_000)
    let types = [
      "assistant", "user", "system", "result", "item.completed", "turn.failed", "error", "text",
      "tool_use", "step_start", "step_finish", "done", "progress", "usage", "session", "news",
    ]
    // Every type with nothing, with nonsense, and with far too much behind it.
    let shapes = types.flatMap { type in
      [
        "{\"type\":\"\(type)\"}", "{\"type\":\"\(type)\",\"part\":7,\"item\":[],\"error\":null}",
        "{\"type\":\"\(type)\",\"message\":\"\(long)\"}",
        "{\"type\":\"\(type)\",\"part\":{\"text\":\"\(long)\",\"tool\":\"\(long)\"},"
          + "\"item\":{\"type\":\"agent_message\",\"text\":\"a\\nb \(long)\"},"
          + "\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"a\\nb \(long)\"}]}}",
      ]
    }
    let noise =
      [
        "", " ", "{", "[", "null", "{}", "\u{FFFD}\u{0}", "\u{1B}]0;title\u{7}", long,
        "{\"type\":{}}", String(repeating: "{\"a\":", count: 2000),
      ] + shapes
    for exit in [Exit.exited(0), .exited(1), .signalled(11)] {
      let replay = AgentWorld.replay(noise, exit, errorTail: long, agent: agent)
      #expect(replay.activities.allSatisfy { $0.count <= 80 && !$0.contains("\n") })
      #expect(replay.outcome.message.count <= 4000)
      #expect(!replay.outcome.message.unicodeScalars.contains { $0.value == 0x1B })
      #expect(replay.outcome.usage == Usage())
      if exit != .exited(0) { #expect(!Self.isGood(replay.outcome.kind)) }
    }
  }

  @Test(arguments: kinds)
  func aSessionIsKept(_ kind: String) throws {
    let agent = try AgentRegistry.find(kind: kind)
    let resume = SessionRef(id: "0f0e0d0c-1111-4222-8333-444455556666")
    // A turn that dies without a word leaves the session it was to go on with.
    let killed = AgentWorld.replay([], .signalled(9), resume: resume, agent: agent).outcome
    #expect(killed.session?.id == resume.id)
  }

  @Test(arguments: kinds)
  func sharedSettingsChangeWhatIsStarted(_ kind: String) throws {
    let policy = AgentWorld.startable(kind) { $0.mcpServers = Self.servers(kind) }
    let plain = try Self.command(kind, policy)
    func changed(_ change: (inout AgentPolicy) -> Void) throws -> AgentCommand {
      var policy = policy
      change(&policy)
      return try Self.command(kind, policy)
    }
    #expect(try Self.command(kind, policy) == plain)
    #expect(try changed { $0.model = "some/model" } != plain)
    let withoutMCP = try changed { $0.enableMCP = false }
    #expect(withoutMCP != plain)
    let texts =
      withoutMCP.arguments + withoutMCP.environment.values + withoutMCP.privateFiles.values
    #expect(!texts.contains { $0.contains("srv") || $0.contains("example.org") })
    let resumed = try Self.command(
      kind, policy, resume: SessionRef(id: "0f0e0d0c-1111-4222-8333-444455556666"))
    #expect(resumed != plain)
    let parameters: [String: Structure] = ["some-flag": .string("value-of-it")]
    if !AgentWorld.traits(kind).hasFlags {
      // None that we could know of; `doctor` says so.
      #expect(try changed { $0.providerParameters = parameters } == plain)
      var own = policy
      own.providerParameters = parameters
      let agent = try AgentRegistry.find(kind: kind)
      #expect(agent.examine(own).map(\.subject) == ["agent.provider_params"])
    } else {
      let flagged = try changed { $0.providerParameters = parameters }
      #expect(flagged.arguments.contains { $0.contains("value-of-it") })
      let withoutSubagents = try changed { $0.enableSubagents = false }
      #expect((withoutSubagents != plain) == AgentWorld.traits(kind).hasSubagents)
    }
  }
}
