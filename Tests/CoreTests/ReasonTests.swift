// Every verdict is reached by a plan, in the words of ReasonTable.swift.
import Testing

@testable import SymphonyCore

@Suite struct ReasonTests {
  func reason(_ plan: Plan) -> Reason? {
    plan.verdicts.first { $0.item == .issue(1) || $0.item == .issue(7) }?.reason
  }

  @Test(arguments: Golden.all) func theStoryEndsInThatVerdict(golden: Golden) {
    let reason = reason(golden.story())
    #expect(reason?.code == golden.code)
    #expect(reason?.sentence == golden.sentence)
  }

  /// Each has a row in ReasonWordsTests, where the compiler asks for a new one.
  ///
  /// A text that was edited after the label parks its item: as an obstacle no plan leaves it.
  @Test func everyReasonIsReached() {
    let reached = Set(Golden.all.compactMap { reason($0.story()) }.map(\.code))
    #expect(reached == Set(ReasonWordsTests.all.map(\.code)))
  }

  /// A part that forgets an item must not pass for a tracker that gave no answer.
  @Test func anItemThatNoPartOfThePlannerJudgesIsNamed() {
    var world = World(1..<3)
    world.tick()
    var draft = Planning(world.snapshot)
    draft.admit()
    draft.verdicts[.issue(1)] = .run(.cleaningUp)
    let plan = draft.finished()
    #expect(plan.verdicts.map(\.item) == [.issue(1)])
    #expect(plan.unjudged == [ItemKey("acme/app#2")])
  }
}

extension Golden: CustomTestStringConvertible {
  var testDescription: String { "\(code): \(sentence)" }
}
