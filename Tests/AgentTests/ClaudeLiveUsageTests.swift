// What a claude turn has used before its result: the answers of its lines added up, told while the
// turn runs, replaced by the result's figures, and kept where there never is a result.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ClaudeLiveUsageTests {
  private struct Told: Equatable {
    var model = "m"
    /// Input (cache included), cached, output.
    var tokens: [Int64]
    var dollars = 0.0
    var isCounted = false
  }

  private func told(_ events: [AgentEvent]) -> [[Told]] {
    events.compactMap { event in
      guard case .usage(let models, let counted) = event else { return nil }
      return models.sorted { $0.key < $1.key }.map { model, usage in
        Told(
          model: model,
          tokens: [usage.inputTokens, usage.cachedInputTokens, usage.outputTokens],
          dollars: usage.costUSD, isCounted: counted != nil)
      }
    }
  }

  private func answer(
    _ id: String, _ input: Int, _ output: Int = 1, model: String = "m", parent: String? = nil
  ) -> String {
    "{\"type\":\"assistant\",\"session_id\":\"s\",\"parent_tool_use_id\":"
      + (parent.map { "\"\($0)\"" } ?? "null")
      + ",\"message\":{\"id\":\"\(id)\",\"model\":\"\(model)\",\"content\":[],\"usage\":"
      + "{\"input_tokens\":\(input),\"cache_creation_input_tokens\":2,"
      + "\"cache_read_input_tokens\":10,\"output_tokens\":\(output)}}}"
  }

  /// Cumulative figures.
  private func result(_ input: Int, _ output: Int, _ dollars: Double) -> String {
    "{\"type\":\"result\",\"is_error\":false,\"session_id\":\"s\",\"total_cost_usd\":\(dollars),"
      + "\"modelUsage\":{\"m\":{\"inputTokens\":\(input),\"outputTokens\":\(output),"
      + "\"costUSD\":\(dollars)}}}"
  }

  private func usage(_ input: Int64, _ cached: Int64, _ output: Int64, _ dollars: Double) -> Usage {
    var usage = Usage()
    usage.inputTokens = input
    usage.cachedInputTokens = cached
    usage.outputTokens = output
    usage.costUSD = dollars
    return usage
  }

  @Test func linesOfOneAnswerCountOnce() {
    let lines = [
      answer("a", 100), answer("a", 100), answer("b", 200), answer("a", 100, 5), answer("a", 90),
    ]
    let replay = AgentWorld.replay(lines, .signalled(9))
    #expect(
      told(replay.events) == [
        [Told(tokens: [112, 10, 1])], [Told(tokens: [324, 20, 2])], [Told(tokens: [324, 20, 6])],
      ])
  }

  @Test func subagentsCountAndOtherModelsBeside() {
    let lines = [
      answer("a", 100), answer("b", 50, model: "small", parent: "toolu_1"),
      answer("c", 7, model: "<synthetic>"),
    ]
    #expect(
      told(AgentWorld.replay(lines, .signalled(9)).events) == [
        [Told(tokens: [112, 10, 1])],
        [Told(tokens: [112, 10, 1]), Told(model: "small", tokens: [62, 10, 1])],
      ])
  }

  @Test func theResultReplacesThemAndLaterAnswersAreAdded() {
    let lines = [
      answer("a", 100), result(150, 40, 0.5), answer("a", 100), answer("b", 10),
      result(190, 50, 0.75),
    ]
    let before = SessionRef(id: "s", counted: ["m": usage(20, 0, 10, 0.25)])
    let replay = AgentWorld.replay(lines, .exited(0), resume: before)
    #expect(
      told(replay.events) == [
        [Told(tokens: [112, 10, 1])],
        [Told(tokens: [130, 0, 30], dollars: 0.25, isCounted: true)],
        [Told(tokens: [152, 10, 31], dollars: 0.25)],
        [Told(tokens: [170, 0, 40], dollars: 0.5, isCounted: true)],
      ])
    #expect(replay.outcome.spent == ["m": usage(170, 0, 40, 0.5)])
    #expect(replay.outcome.session?.counted == ["m": usage(190, 0, 50, 0.75)])
  }

  @Test func recordedTurnsTellAsTheyGo() {
    func outputs(_ name: String, _ exit: Exit = .exited(0)) -> [[Int64]] {
      told(AgentWorld.replay(AgentWorld.recorded(name), exit).events).map { shares in
        shares.reduce(into: [0, 0]) { sum, share in
          sum[0] += share.tokens[0]
          sum[1] += share.tokens[2]
        }
      }
    }
    #expect(outputs("claude-stream-success.ndjson") == [[100, 1], [300, 2], [300, 29]])
    #expect(
      outputs("claude-stream-background-two-results.ndjson")
        == [[100, 1], [200, 2], [200, 40], [300, 41], [300, 60]])
    #expect(outputs("claude-stream-json-error-401.ndjson", .exited(1)) == [[0, 0]])
  }

  @Test func aTurnWithoutAResultKeepsWhatItUsed() {
    let before = SessionRef(id: "s", counted: ["m": usage(20, 0, 10, 0.25)])
    func end(_ lines: [String], _ exit: Exit, _ resume: SessionRef? = before) -> TurnOutcome {
      AgentWorld.replay(lines, exit, resume: resume).outcome
    }
    for exit in [Exit.exited(143), .exited(129), .signalled(15), .signalled(9), .exited(137)] {
      #expect(end([answer("a", 100)], exit).spent == ["m": usage(112, 10, 1, 0)])
    }
    // Ended politely it has written its figures down, and the next turn's begin behind them.
    let ended = end([answer("a", 100)], .exited(143))
    #expect(ended.session?.counted == ["m": usage(132, 10, 11, 0.25)])
    let next = end([answer("b", 30), result(200, 60, 1)], .exited(0), ended.session)
    #expect(next.spent == ["m": usage(68, 0, 49, 0.75)])
    // Killed it has not.
    for exit in [Exit.signalled(9), .exited(137)] {
      #expect(end([answer("a", 100)], exit).session == before)
    }
  }

  @Test func figuresThatAreNoneCountAsNothing() {
    let lines = [
      "{\"type\":\"assistant\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":5}}}",
      "{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"usage\":{\"input_tokens\":5}}}",
      "{\"type\":\"assistant\",\"message\":{\"id\":\"a\",\"model\":\"m\",\"usage\":7}}",
      answer("a", -5, -1).replacing("10", with: "\"x\"").replacing(":2,", with: ":-2,"),
    ]
    let replay = AgentWorld.replay(lines, .signalled(9))
    #expect(told(replay.events).isEmpty)
    #expect(replay.outcome.spent.isEmpty)
    let huge = (0..<3).map { answer("\($0)", .max - 12) }
    #expect(AgentWorld.replay(huge, .signalled(9)).outcome.usage.totalTokens == .max)
  }
}
