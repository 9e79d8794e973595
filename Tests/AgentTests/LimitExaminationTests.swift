// Limits in dollars with an agent that never tells dollars: none of them may look as if it were
// kept.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct LimitExaminationTests {
  private func findings(
    _ kind: String = "codex", day: Double? = nil, _ change: (inout BudgetPolicy) -> Void = { _ in }
  ) throws -> [Finding] {
    let policy = AgentWorld.policy {
      $0.kind = kind
      change(&$0.budget)
    }
    let probe = try AgentRegistry.find(kind: kind).probe(policy)
    return examineLimits(policy, probe, maxCostPerDay: day)
  }

  @Test func aLimitInDollarsNeedsOneInTokens() throws {
    let all = try findings(day: 3) {
      $0.maxCostPerRun = 1
      $0.maxCostPerItem = 2
    }
    #expect(
      all.map(\.subject) == [
        "agent.max_cost_usd_per_run", "agent.max_cost_usd_per_item", "agent.max_cost_usd_per_day",
      ])
    for finding in all {
      #expect(finding.grade == .fail)
      #expect(finding.text == "codex reports tokens and no dollars: this limit could not be kept")
      #expect(finding.hint == "set agent.max_tokens_per_item")
    }
    #expect(try findings { $0.maxCostPerRun = 1 }.map(\.subject) == ["agent.max_cost_usd_per_run"])
    #expect(try findings { $0.maxCostPerItem = 1 }.count == 1)
    #expect(try findings(day: 1).map(\.subject) == ["agent.max_cost_usd_per_day"])
  }

  @Test func withOneInTokensItIsOnlyTold() throws {
    let all = try findings(day: 3) {
      $0.maxCostPerRun = 1
      $0.maxCostPerItem = 2
      $0.maxTokensPerItem = 1000
    }
    #expect(all.map(\.grade) == [.warn, .warn, .warn])
    for finding in all {
      #expect(finding.text.hasSuffix("only agent.max_tokens_per_item holds it"))
    }
  }

  @Test func withoutALimitThereIsNothingToSay() throws {
    #expect(try findings() == [])
    #expect(try findings { $0.maxTokensPerItem = 1000 } == [])
    for kind in ["command", "opencode"] {
      let unsure = try findings(kind) { $0.maxCostPerItem = 1 }
      #expect(unsure.map(\.subject) == ["agent.max_cost_usd_per_item"])
      #expect(unsure.map(\.grade) == [.warn])
      #expect(unsure.allSatisfy { $0.text.hasSuffix("this limit cannot bind") })
    }
    // One that tells dollars keeps them.
    #expect(try findings("claude_code", day: 3) { $0.maxCostPerRun = 1 } == [])
  }
}
