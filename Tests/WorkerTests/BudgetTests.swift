// Money and tokens: what ends a turn, what keeps the next from beginning, and whose limit it was.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct BudgetTests {
  private func budget(_ dollars: Double?, _ scope: BudgetScope = .run, tokens: Int64? = nil)
    -> (inout RunSpec) -> Void
  {
    { $0.budget = RunBudget(costUSD: dollars, scope: scope, tokens: tokens) }
  }

  @Test(arguments: BudgetScope.allCases)
  func aTurnThatReachesItIsEndedAndItsCommitsArePushed(scope: BudgetScope) throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "\(commitScript); echo usage 10 5 0.2; echo usage 20 9 0.5; \(Way.forEver)",
      budget(0.5, scope))
    #expect(result.outcome == .failed)
    #expect(result.code == "\(scope.rawValue)_budget_exhausted")
    #expect(result.failure == .budget(scope))
    #expect(result.turns == 1)
    #expect(result.usage.costUSD == 0.5)
    #expect(result.usage.totalTokens == 29)
    #expect(result.spent.map(\.model) == ["m"])
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(result.commitsAhead == 1)
  }

  @Test func tokensAreTheItems() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "echo usage 60 40 0.1; \(Way.forEver)", budget(9, .day, tokens: 100))
    #expect(result.code == "item_budget_exhausted")
    #expect(result.failure == .budget(.item))
  }

  @Test func aTurnThatIsEndingAnywayIsNotCut() throws {
    let yard = try WorkerYard()
    yard.seams.budgetGrace = 60_000
    let result = try yard.perform("echo usage 1 1 3; sleep 0.2; \(commitScript)", budget(1))
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.commitsAhead == 1)
    #expect(result.usage.costUSD == 3)
  }

  @Test func noTurnBeginsWithoutMoney() throws {
    let yard = try WorkerYard()
    yard.seams.budgetGrace = 60_000
    let result = try yard.perform(
      "echo $TURN >> $YARD/turns; echo usage 1 1 0.3; \(commitScript); echo SYMPHONY: continue",
      budget(0.5))
    #expect(result.code == "run_budget_exhausted")
    #expect(result.turns == 2)
    #expect(yard.text("turns") == "1\n2\n")
    #expect(result.commitsAhead == 2)
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    let none = try yard.perform("touch $YARD/ran", budget(0, .day))
    #expect(none.code == "day_budget_exhausted")
    #expect(none.turns == 0)
    #expect(!Files.exists(yard.path("ran")))
  }

  @Test func theAgentLearnsWhatIsLeft() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(
      "echo \"$LEFT\" >> $YARD/left; echo $TURN >> f; echo usage 1 1 0.25; echo SYMPHONY: continue",
      budget(1))
    #expect(yard.text("left") == "1.0\n0.75\n0.5\n")
    _ = try yard.perform("echo \"[$LEFT]\" >> $YARD/unlimited; \(commitScript)")
    #expect(yard.text("unlimited") == "[]\n")
  }

  @Test func theAgentsOwnLimitIsOursWhenOursIsTheTighterOne() throws {
    let yard = try WorkerYard()
    // Added up in another order, the agent's sum may be a hair above what we know.
    let ours = try yard.perform("echo usage 1 1 0.4999999999; echo too dear; exit 1", budget(0.5))
    #expect(ours.code == "run_budget_exhausted")
    #expect(ours.failure == .budget(.run))
    let own = try yard.perform("echo usage 1 1 0.1; echo too dear; exit 1") {
      $0.budget = RunBudget(costUSD: 0.5, scope: .run, tokens: nil)
      $0.agent.claude.maxBudgetUSD = 0.1
    }
    #expect(own.code == "agent_budget_exhausted")
    #expect(own.failure == .budget(.run))
    let alone = try yard.perform("echo too dear; exit 1")
    #expect(alone.code == "agent_budget_exhausted")
  }

  @Test func bothTriesOfATurnAreCounted() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      """
      test -n "$RESUME" && { echo usage 1 1 0.1; echo gone; exit 1; }
      echo usage 2 3 0.25; \(commitScript)
      """
    ) { $0.resume = SessionRef(id: "old") }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.turns == 1)
    #expect(result.spent.count == 1)
    #expect(result.usage.inputTokens == 3)
    #expect(result.usage.outputTokens == 4)
    #expect(result.usage.costUSD == 0.35)
  }

  /// What an agent told and then fell silent is on record while it is silent.
  @Test func whatWasToldReachesTheDisk() throws {
    let yard = try WorkerYard()
    let progress = yard.path("state/runs/*/progress.json")
    let result = try yard.perform(
      """
      echo session s1; echo usage 10 5 0.2
      until grep -q '"costUSD":0.2' \(progress); do [ -d "$YARD" ] || exit 9; sleep 0.05; done
      \(commitScript)
      """)
    #expect(result.outcome == .succeeded)
  }
}
