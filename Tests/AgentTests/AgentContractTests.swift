// What every agent in the registry owes its port, plus the registry itself, the findings for
// `doctor` and the cutting of texts.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct AgentContractTests {
  private static let kinds = AgentRegistry.all.map(\.kind)

  @Test func kindsAreUniqueAndFound() throws {
    #expect(!Self.kinds.isEmpty && Set(Self.kinds).count == Self.kinds.count)
    for kind in Self.kinds {
      #expect(AgentRegistry.agent(kind: kind)?.kind == kind)
      #expect(try AgentRegistry.find(kind: kind).kind == kind)
    }
  }

  @Test func aKindThatIsNotThereSaysSo() {
    #expect(AgentRegistry.agent(kind: "gpt") == nil)
    let error = #expect(throws: AgentError.self) { try AgentRegistry.find(kind: "gpt") }
    #expect(error?.code == "agent_misconfigured")
    #expect(error?.sentence == "agent.kind gpt is not known")
    #expect(
      error?.hint == "use one of " + Self.kinds.joined(separator: ", "))
  }

  @Test(arguments: kinds)
  func aTurnHasAProgramAndNoPromptInArgv(_ kind: String) throws {
    let agent = try AgentRegistry.find(kind: kind)
    let turn = AgentWorld.turn(AgentWorld.startable(kind) { $0.command = "true" })
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

  @Test func theCommandAgentIsExamined() {
    func findings(_ change: (inout AgentPolicy) -> Void) -> [Finding] {
      CommandAgent().examine(
        AgentWorld.policy {
          $0.command = "true"
          change(&$0)
        })
    }
    let server = MCPServer(
      name: "a", command: ["b"], url: nil, env: [:], headers: [:], onDemand: false)
    #expect(findings { $0.command = " " }.map(\.grade) == [.fail])
    #expect(
      findings {
        $0.model = "x"
        $0.mcpServers = [server]
      } == [])
    #expect(findings { $0.mcpServers = [server, server] }.map(\.grade) == [.fail])
    #expect(findings { $0.providerParameters = ["a": .bool(true)] }.map(\.grade) == [.warn])
    #expect(
      findings {
        $0.mcpServers = [server]
        $0.enableMCP = false
      }.map(\.grade) == [.warn])
  }

  @Test func textsAreCutBetweenCharacters() {
    #expect(Excerpt.line(" a\n\tb ") == "a b")
    #expect(Excerpt.line(String(repeating: "é", count: 80)) == String(repeating: "é", count: 80))
    #expect(
      Excerpt.line(String(repeating: "é", count: 81)) == String(repeating: "é", count: 79) + "…")
    #expect(Excerpt.message("a\u{1B}]0;x\u{7}b\r\nc") == "ab\nc")
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
