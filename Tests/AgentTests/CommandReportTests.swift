// The lines of JSON a command reports back with: what becomes of each, what stays text, and whose
// tokens are counted.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct CommandReportTests {
  private let agent = CommandAgent()

  private func replay(
    _ lines: [String], resume: SessionRef? = nil, _ exit: Exit = .exited(0)
  ) -> AgentWorld.Replay {
    AgentWorld.replay(lines, exit, resume: resume, agent: agent)
  }

  private func usage(_ members: String) -> String { "{\"type\":\"usage\",\(members)}" }

  private func make(_ input: Int64, _ cached: Int64, _ output: Int64, _ cost: Double) -> Usage {
    var usage = Usage()
    (usage.inputTokens, usage.cachedInputTokens) = (input, cached)
    (usage.outputTokens, usage.costUSD) = (output, cost)
    return usage
  }

  @Test func linesAreActivity() {
    let lines = [
      "hello \u{1B}[31m  you", "", "{\"type\":\"progress\",\"message\":\"half\\nway\"}",
      "{\"type\":\"progress\",\"message\":\" \"}", String(repeating: "x", count: 100),
    ]
    let replayed = replay(lines)
    #expect(
      replayed.activities
        == ["hello you", "half way", String(repeating: "x", count: 79) + "…"])
    // Progress is not what the agent has to say in the end.
    #expect(!replayed.outcome.message.contains("half"))
  }

  @Test(arguments: [
    "{\"type\":\"progress\"}", "{\"type\":\"news\",\"message\":\"x\"}", "{\"type\":7}", "{}", "{",
    "[1]", "{\"type\":\"session\"}", "{\"type\":\"session\",\"id\":\"\"}",
    "{\"type\":\"session\",\"id\":\"a b\"}", "{\"type\":\"usage\"}",
    "{\"type\":\"usage\",\"input_tokens\":\"many\"}", "{\"type\":\"result\"}",
  ])
  func whatDoesNotFitIsText(_ line: String) {
    let replayed = replay([line])
    #expect(replayed.outcome.message == line)
    #expect(replayed.events == [.activity(line)])
    #expect(replayed.outcome.session == nil)
    #expect(replayed.outcome.spent == [:])
  }

  @Test func unknownKeysAreIgnored() {
    let replayed = replay(["{\"type\":\"session\",\"id\":\"s\",\"more\":[{}]}"])
    #expect(replayed.events == [.session("s")])
    #expect(replayed.outcome.session == SessionRef(id: "s"))
  }

  @Test func aSessionIsToldOnceAndKept() {
    let line = "{\"type\":\"session\",\"id\":\"s-1\"}"
    #expect(replay([line, line]).events == [.session("s-1")])
    let resume = SessionRef(id: "old", counted: ["": make(5, 0, 0, 1)])
    #expect(replay(["text"], resume: resume).outcome.session == resume)
    // Another session than the one asked for has counted nothing yet.
    #expect(
      replay([line], resume: resume).outcome.session == SessionRef(id: "s-1"))
    #expect(replay([line], resume: resume, .exited(1)).outcome.session?.id == "s-1")
  }

  @Test func sharesAreAddedByModel() {
    let replayed = replay([
      usage("\"input_tokens\":10,\"output_tokens\":2,\"cost_usd\":0.5,\"model\":\"a\""),
      usage("\"input_tokens\":5,\"cached_input_tokens\":3,\"output_tokens\":1,\"model\":\"a\""),
      usage("\"output_tokens\":7"),
    ])
    let expected = ["a": make(15, 3, 3, 0.5), "": make(0, 0, 7, 0)]
    #expect(replayed.outcome.spent == expected)
    #expect(replayed.events.last == .usage(expected, counted: nil))
    #expect(replayed.events.count == 3)
  }

  @Test func figuresNeedNotMakeSense() {
    let replayed = replay([
      usage("\"input_tokens\":-5,\"output_tokens\":1.5,\"cost_usd\":-1"),
      usage("\"input_tokens\":1,\"cached_input_tokens\":9"),
    ])
    #expect(replayed.outcome.usage == make(9, 9, 0, 0))
  }

  @Test func cumulativeFiguresAreSubtracted() {
    let resume = SessionRef(id: "s", counted: ["m": make(100, 10, 20, 2)])
    let lines = [
      usage(
        "\"input_tokens\":130,\"output_tokens\":25,\"cost_usd\":2.5,\"cached_input_tokens\":10,"
          + "\"model\":\"m\",\"cumulative\":true"),
      // An early line of a second process may report less: a counter never goes back.
      usage("\"input_tokens\":0,\"cost_usd\":0,\"model\":\"m\",\"cumulative\":true"),
    ]
    let replayed = replay(lines, resume: resume)
    #expect(replayed.outcome.spent == ["m": make(30, 0, 5, 0.5)])
    #expect(replayed.outcome.session?.counted == ["m": make(130, 10, 25, 2.5)])
    // What stands behind the share is told with it.
    #expect(
      replayed.events.last
        == .usage(["m": make(30, 0, 5, 0.5)], counted: ["m": make(130, 10, 25, 2.5)]))
    // A first turn has nothing to subtract.
    let first = replay(["{\"type\":\"session\",\"id\":\"s\"}"] + lines)
    #expect(first.outcome.spent == ["m": make(130, 10, 25, 2.5)])
    // Nor has one whose session is another.
    let other = replay(["{\"type\":\"session\",\"id\":\"t\"}"] + lines, resume: resume)
    #expect(other.outcome.spent == ["m": make(130, 10, 25, 2.5)])
  }

  @Test func theWorkflowsModelNamesWhatIsNotNamed() {
    let policy = AgentWorld.policy {
      $0.command = "true"
      $0.model = "own"
    }
    var reader = agent.reader(for: AgentWorld.turn(policy))
    #expect(
      reader.read(usage("\"output_tokens\":1")) == [.usage(["own": make(0, 0, 1, 0)], counted: nil)]
    )
  }

  @Test func aLimitIsToldAtOnce() {
    let until = Timestamp(milliseconds: 1_795_223_114_000)
    let line =
      "{\"type\":\"result\",\"status\":\"limited\",\"message\":\"full\",\"resets_at\":1795223114}"
    #expect(
      replay([line]).events
        == [.activity("full"), .failing(.limited(until: until), "full"), .concluded])
  }

  @Test func whatTheCommandRepeatsOfItsPromptIsNoReport() {
    let line = "{\"type\":\"result\",\"status\":\"limited\",\"resets_at\":1795223114}"
    var turn = AgentWorld.turn()
    turn.prompt = "Fix it.\n\n  \(line)\nThanks"
    var reader = CommandAgent().reader(for: turn)
    #expect(!reader.read(line).contains(.concluded))
    #expect(reader.finish(.exited(0), errorTail: "").kind == .succeeded)
  }
}
