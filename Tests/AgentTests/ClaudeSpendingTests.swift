// What claude's turns cost, by model: cumulative figures of a session, several results in one turn,
// figures without a model, and sessions that an earlier version counted in dollars only.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct ClaudeSpendingTests {
  private func usage(_ input: Int64, _ cached: Int64, _ output: Int64, _ dollars: Double) -> Usage {
    var usage = Usage()
    usage.inputTokens = input
    usage.cachedInputTokens = cached
    usage.outputTokens = output
    usage.costUSD = dollars
    return usage
  }

  private func isClose(_ some: ModelUsage, _ other: ModelUsage) -> Bool {
    some.keys.sorted() == other.keys.sorted()
      && some.allSatisfy { model, usage in
        guard var wanted = other[model], abs(usage.costUSD - wanted.costUSD) < 1e-9 else {
          return false
        }
        wanted.costUSD = usage.costUSD
        return usage == wanted
      }
  }

  private func ref(_ counted: ModelUsage) -> SessionRef {
    SessionRef(id: "s", counted: counted)
  }

  /// A result line with figures by model (input, output, dollars), and of its own turn.
  private func result(
    _ models: [String: (Int, Int, Double)], total: Double?, own: (Int, Int) = (0, 0)
  ) -> String {
    let figures = models.sorted { $0.key < $1.key }.map { model, figures in
      "\"\(model)\":{\"inputTokens\":\(figures.0),\"outputTokens\":\(figures.1),"
        + "\"costUSD\":\(figures.2)}"
    }
    return "{\"type\":\"result\",\"is_error\":false,\"session_id\":\"s\","
      + "\"modelUsage\":{\(figures.joined(separator: ","))},"
      + (total.map { "\"total_cost_usd\":\($0)," } ?? "")
      + "\"usage\":{\"input_tokens\":\(own.0),\"output_tokens\":\(own.1)}}"
  }

  private func outcome(_ lines: [String], _ counted: ModelUsage = [:]) -> TurnOutcome {
    AgentWorld.replay(lines, .exited(0), resume: ref(counted)).outcome
  }

  @Test func threeRecordedTurnsAddUpToWhatClaudeSays() {
    var session: SessionRef?
    var spent: [TurnUsage] = []
    var outcomes: [TurnOutcome] = []
    for turn in 1...3 {
      let lines = AgentWorld.recorded("claude-session-turn-\(turn).ndjson")
      let outcome = AgentWorld.replay(lines, .exited(0), resume: session).outcome
      session = outcome.session
      spent.set(turn, outcome.spent)
      outcomes.append(outcome)
    }
    let (opus, haiku) = ("claude-opus-5-5", "claude-haiku-5-5")
    let shares = [
      [opus: usage(101, 0, 3, 0.000464)],
      // The subagent's model is in it, and everything that came from the cache or went there.
      [opus: usage(377, 30, 16, 0.001731), haiku: usage(40, 0, 6, 0.000007)],
      [opus: usage(444, 111, 7, 0.0014942)],
    ]
    for (outcome, share) in zip(outcomes, shares) {
      #expect(isClose(outcome.spent, share), "\(outcome.spent)")
    }
    let whole = [opus: usage(922, 141, 26, 0.0036892), haiku: usage(40, 0, 6, 0.000007)]
    #expect(isClose(session?.counted ?? [:], whole))
    #expect(isClose(spent.byModel, whole))
    #expect(abs(spent.total.costUSD - 0.0036962) < 1e-9)

    // A fourth turn that only fails repeats the session's figures: they cost nothing again.
    let failed = AgentWorld.replay(
      AgentWorld.recorded("claude-session-turn-4-403.ndjson"), .exited(1), resume: session
    ).outcome
    #expect(failed.kind == .failed(code: "agent_unauthorized", .operator))
    #expect(failed.spent.isEmpty)
    #expect(failed.session == session)
  }

  @Test func theModelsOfEveryRecordingAddUpToItsTotal() {
    var counted = 0
    for name in AgentWorld.recordings("claude-") {
      for line in AgentWorld.recorded(name) {
        guard let object = JSONText.object(line), object["type"]?.stringValue == "result" else {
          continue
        }
        let result = ClaudeResult(object)
        #expect(abs(result.models.total.costUSD - (result.totalCostUSD ?? -1)) < 1e-9, "\(name)")
        counted += 1
      }
    }
    #expect(counted >= 30)
  }

  @Test func anEarlyErrorCostsNothingAndForgetsNothing() {
    let before = ["opus": usage(10, 2, 3, 3)]
    let replay = AgentWorld.replay(
      AgentWorld.recorded("claude-stream-json-error-401.ndjson"), .exited(1), resume: ref(before))
    #expect(replay.outcome.spent.isEmpty)
    #expect(replay.outcome.session?.counted == before)
    let less = outcome([result(["opus": (5, 1, 1)], total: 1)], before)
    #expect(less.spent.isEmpty)
    #expect(less.session?.counted == before)
  }

  @Test func withoutFiguresByModelTheResultsOwnCount() {
    let lines = [
      result([:], total: 0.5, own: (100, 10)), result([:], total: 0.75, own: (50, 5)),
    ]
    let first = outcome(lines)
    #expect(isClose(first.spent, ["": usage(150, 0, 15, 0.75)]))
    #expect(isClose(first.session?.counted ?? [:], SessionRef.dollarsOnly(0.75)))
    let second = outcome(
      [result([:], total: 1, own: (7, 1))], first.session?.counted ?? [:])
    #expect(isClose(second.spent, ["": usage(7, 0, 1, 0.25)]))
    #expect(isClose(second.session?.counted ?? [:], SessionRef.dollarsOnly(1)))
  }

  @Test func dollarsWithoutAModelAreTakenOffOnce() {
    // Two dollars of an earlier version, then a turn of an opus and a little haiku.
    let first = outcome(
      [result(["opus": (900, 90, 2.5), "haiku": (9, 9, 0.25)], total: 2.75, own: (100, 10))],
      SessionRef.dollarsOnly(2))
    #expect(isClose(first.spent, ["opus": usage(100, 0, 10, 0.5), "haiku": usage(0, 0, 0, 0.25)]))
    let counted = first.session?.counted ?? [:]
    #expect(isClose(counted, ["opus": usage(900, 0, 90, 2.5), "haiku": usage(9, 0, 9, 0.25)]))
    let second = outcome(
      [result(["opus": (950, 95, 2.75), "haiku": (9, 9, 0.25)], total: 3, own: (50, 5))], counted)
    #expect(isClose(second.spent, ["opus": usage(50, 0, 5, 0.25)]))
  }

  @Test func whatIsNotReachedYetStaysCounted() {
    let low = outcome(
      [result(["opus": (10, 1, 0.5)], total: 0.5, own: (1, 1))], SessionRef.dollarsOnly(2))
    #expect(low.spent.total.costUSD == 0)
    #expect(abs((low.session?.counted.total.costUSD ?? 0) - 2) < 1e-9)
    let next = outcome(
      [result(["opus": (20, 2, 2.5)], total: 2.5, own: (5, 1))],
      low.session?.counted ?? [:])
    #expect(abs(next.spent.total.costUSD - 0.5) < 1e-9)
    #expect(isClose(next.session?.counted ?? [:], ["opus": usage(20, 0, 2, 2.5)]))
  }

  @Test func aResultWithoutModelsBetweenOthersIsCountedOnce() {
    let known = ["opus": usage(10, 0, 1, 2)]
    let plain = outcome([result([:], total: 2.25, own: (3, 1))], known)
    #expect(isClose(plain.spent, ["": usage(3, 0, 1, 0.25)]))
    #expect(abs((plain.session?.counted.total.costUSD ?? 0) - 2.25) < 1e-9)
    let next = outcome(
      [result(["opus": (30, 3, 3)], total: 3, own: (9, 2))], plain.session?.counted ?? [:])
    #expect(abs(next.spent.total.costUSD - 0.75) < 1e-9)
    #expect(isClose(next.session?.counted ?? [:], ["opus": usage(30, 0, 3, 3)]))
  }

  @Test func figuresThatAreNoneCountAsNothing() {
    let line =
      "{\"type\":\"result\",\"is_error\":false,\"session_id\":\"s\",\"total_cost_usd\":\"x\","
      + "\"usage\":7,\"modelUsage\":{\"a\":{\"inputTokens\":-5,\"costUSD\":-1},\"b\":3}}"
    let turn = outcome([line])
    #expect(turn.kind == .cutShort(code: "agent_unfinished"))
    #expect(turn.spent.isEmpty)
    #expect(ClaudeResult(JSONText.object(line) ?? .null).models.total == Usage())
    // What no number can hold is no line of JSON.
    #expect(
      outcome([result(["opus": (1, 1, 1)], total: 1), line.replacing("\"x\"", with: "1e999")])
        .spent.total.costUSD == 1)
  }
}
