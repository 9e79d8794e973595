// What every agent in the registry owes its port, plus the registry itself, the findings for
// `doctor`, skills and the cutting of texts.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct AgentContractTests {
  private static let kinds = AgentRegistry.all.map(\.kind)

  @Test func kindsAreUniqueAndFound() throws {
    #expect(Set(Self.kinds).count == Self.kinds.count)
    #expect(Set(Self.kinds).isDisjoint(with: AgentRegistry.laterKinds))
    #expect(
      Set(Self.kinds + AgentRegistry.laterKinds)
        == ["claude_code", "codex", "opencode", "command"])
    for kind in Self.kinds {
      #expect(AgentRegistry.agent(kind: kind)?.kind == kind)
      #expect(try AgentRegistry.find(kind: kind).kind == kind)
    }
  }

  @Test func kindsThatAreNotThereSaySo() {
    for kind in AgentRegistry.laterKinds {
      #expect(AgentRegistry.agent(kind: kind) == nil)
      let error = #expect(throws: AgentError.self) { try AgentRegistry.find(kind: kind) }
      #expect(error?.sentence == "agent.kind \(kind) is not supported by this version yet")
    }
    let error = #expect(throws: AgentError.self) { try AgentRegistry.find(kind: "gpt") }
    #expect(error?.code == "agent_misconfigured")
    #expect(error?.hint == "use one of claude_code, command")
  }

  @Test(arguments: kinds)
  func aTurnHasAProgramAndNoPromptInArgv(_ kind: String) throws {
    let agent = try AgentRegistry.find(kind: kind)
    let turn = AgentWorld.turn(AgentWorld.policy { $0.command = "true" })
    let command = try agent.command(for: turn)
    #expect(command.arguments.first?.isEmpty == false)
    #expect(command == (try agent.command(for: turn)))
    #expect(command.privateFiles.keys.allSatisfy { $0.hasPrefix(turn.runDirectory + "/") })
    #expect(agent.probe(turn.policy).executable != nil)
  }

  @Test(arguments: kinds)
  func noAgentSucceedsWithAFailingProcess(_ kind: String) throws {
    let agent = try AgentRegistry.find(kind: kind)
    let noise = ["{}", "[", "\u{FFFD}\u{0}", String(repeating: "z", count: 100_000)]
    for exit in [Exit.exited(1), .exited(255), .signalled(9)] {
      let replay = AgentWorld.replay(noise, exit, errorTail: "boom", agent: agent)
      #expect(replay.outcome.kind != .succeeded)
      #expect(replay.outcome.message.contains("boom"))
      #expect(replay.outcome.message.count <= 4000)
      #expect(replay.activities.allSatisfy { $0.count <= 80 && !$0.contains("\n") })
    }
  }

  @Test func claudesModesAreExamined() {
    func grades(
      _ mode: String, tools: [String] = [], root: Bool = false, sandbox: Bool = false
    ) -> [Finding.Grade] {
      ClaudeCodeAgent(isRoot: root, isSandboxed: sandbox).examine(
        AgentWorld.policy {
          $0.permissionMode = mode
          $0.allowedTools = tools
        }
      ).map(\.grade)
    }
    #expect(grades("acceptEdits") == [.warn])
    #expect(grades("acceptEdits", tools: ["Write"]) == [.warn])
    #expect(grades("acceptEdits", tools: ["Bash(git *)"]) == [])
    #expect(grades("plan") == [.warn])
    #expect(grades("auto") == [.warn])
    #expect(grades("yolo") == [.fail])
    #expect(grades("bypassPermissions") == [])
    #expect(grades("bypassPermissions", root: true) == [.fail])
    #expect(grades("bypassPermissions", root: true, sandbox: true) == [.pass])
    #expect(grades("acceptEdits", tools: ["Bash"], root: true) == [])
  }

  @Test func theCommandAgentIsExamined() {
    let agent = CommandAgent()
    #expect(agent.examine(AgentPolicy()).map(\.grade) == [.fail])
    let full = AgentWorld.policy {
      $0.command = "true"
      $0.model = "x"
      $0.mcpServers = [
        MCPServer(name: "a", command: ["b"], url: nil, env: [:], headers: [:], onDemand: false)
      ]
    }
    #expect(agent.examine(full).map(\.grade) == [.warn, .warn])
  }

  @Test func onlyHarmlessSkillsAreRepeated() {
    let server = MCPServer(
      name: "Docs", command: ["d"], url: nil, env: [:], headers: [:], onDemand: true)
    #expect(skillsNote([]) == nil)
    #expect(skillsNote(["docs"], servers: [server]) == nil)
    #expect(skillsNote(["`rm`", "a\nb", String(repeating: "x", count: 81)]) == nil)
    #expect(
      skillsNote(["docs", "code-review", "team:deploy v1.2"], servers: [server])
        == "Use these skills for this issue where they are available: code-review, team:deploy v1.2."
    )
  }

  @Test func textsAreCutBetweenCharacters() {
    #expect(Excerpt.line(" a\n\tb ") == "a b")
    #expect(Excerpt.line(String(repeating: "é", count: 80)) == String(repeating: "é", count: 80))
    #expect(
      Excerpt.line(String(repeating: "é", count: 81)) == String(repeating: "é", count: 79) + "…")
    #expect(Excerpt.message("a\u{1B}]0;x\u{7}b\r\nc") == "a]0;xb\nc")
    let exact = String(repeating: "🇩🇪", count: 4000)
    #expect(Excerpt.message(exact).count <= 4000)
    #expect(Excerpt.message(String(repeating: "é", count: 4000)).count == 4000)
    let over = Excerpt.message("<" + String(repeating: "é", count: 4000) + ">")
    #expect(over.count == 4000)
    #expect(over.hasPrefix("<é") && over.hasSuffix("é>") && over.contains("\n[...]\n"))
    // One character of a megabyte of combining marks is no way around the limit.
    let tower = "a" + String(repeating: "\u{301}", count: 500_000)
    #expect(Excerpt.message(tower).utf8.count <= 16_010)
  }
}
