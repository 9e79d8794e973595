// The rules before a launch as one list: what dispatch asks is what an explanation shows, and its
// verdict is that of the first rule that stops the item.
import SymphonyCore
import Testing

@Suite struct LaunchRuleTests {
  @Test func everyRuleHasANameOfItsOwn() {
    let names = LaunchRule.inOrder.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.first == "live_run" && names.last == "second_look")
  }

  /// In random histories, about every item.
  @Test func anExplanationIsThePlanItself() {
    let stopped = (0..<10).reduce(into: Set<String>()) { all, seed in all.formUnion(compare(seed)) }
    #expect(stopped.isSuperset(of: ["live_run", "claim", "workers", "slots"]), "\(stopped)")
  }

  /// - Returns: the names of the rules that stopped an item in this history.
  private func compare(_ seed: Int) -> Set<String> {
    var history = RandomHistory(seed: seed)
    var stopped: Set<String> = []
    for step in 0..<25 {
      history.disturb()
      let (plan, snapshot) = history.world.decide()
      for verdict in plan.verdicts {
        let place: Comment = "seed \(seed) step \(step) \(verdict.key): \(verdict.reason)"
        let told = Planner.explain(verdict.item, snapshot)
        #expect(told.verdict == verdict.reason, place)
        #expect(told.checks.map(\.rule) == LaunchRule.inOrder, place)
        let end = told.checks.firstIndex { $0.answer != .passed } ?? told.checks.count
        let rest = told.checks[end...]
        #expect(rest.dropFirst().allSatisfy { $0.answer == .notAsked }, place)
        if case .stops(let reason)? = rest.first?.answer {
          stopped.insert(rest[end].rule.name)
          // A clean-up may begin for one that rests.
          #expect(reason == verdict.reason || verdict.reason == .run(.cleaningUp), place)
        } else {
          #expect(rest.isEmpty, place)
          #expect(plan.launches.contains { $0.item.id == verdict.item }, place)
        }
      }
      history.world.apply(plan)
    }
    return stopped
  }

  private func explain(_ world: World, _ number: Int = 1) -> Explanation {
    Planner.explain(.issue(number), world.decide().snapshot)
  }

  @Test func anItemThatMayRunPassesEveryRule() {
    let told = explain(World(1..<2))
    #expect(told.checks.allSatisfy { $0.answer == .passed && !$0.facts.isEmpty }, "\(told.checks)")
    #expect(told.isUnhindered)
    #expect(
      told.checks.first { $0.rule == .item(.labels) }?.facts == "wants symphony; it has symphony")
    #expect(told.checks.first { $0.rule == .turn(.slots) }?.facts.hasPrefix("0 of ") == true)
  }

  /// What is told beside a rule is what the rule asks: blockers that are named, and counted ones.
  @Test func factsNameWhatBlocks() {
    var world = World(1..<2)
    world.issues = [
      .sample(1) { item in
        item.blockedBy = [WorkItem.Link(id: .issue(7), key: ItemKey("acme/app#7"), state: .open)]
        item.openSubIssues = 2
      }
    ]
    let stop = explain(world).checks.first { $0.answer != .passed }
    #expect(stop?.rule == .item(.dependencies))
    #expect(stop?.facts == "open before it: acme/app#7; open below it: 2 open issues")
  }

  @Test func theFirstRuleThatFailsStopsIt() {
    var world = World(1..<2)
    world.issues = [.sample(1) { $0.labels = ["bug"] }]
    world.state.holds = [Hold(kind: .pause, scope: "", why: "", until: nil, setAt: noon)]
    let told = explain(world)
    let stop = told.checks.first { $0.answer != .passed }
    #expect(stop?.rule == .item(.labels))
    #expect(stop?.answer == .stops(.obstacle(.labelMissing(["symphony"]))))
    #expect(stop?.facts == "wants symphony; it has bug")
    #expect(told.checks.first { $0.rule == .turn(.holds) }?.answer == .notAsked)
    #expect(told.verdict?.remedy == "put on symphony")
  }

  /// A plan takes no notice of such items; whoever asks about one is told all the same.
  @Test func anItemThatIsNoWorkOfOursIsExplained() {
    var world = World.board(1..<2)
    world.answers[.issue(9)] = .found(.onBoard(9, of: app) { $0.status = "Backlog" })
    #expect(!world.decide().plan.verdicts.contains { $0.item == .issue(9) })
    let told = explain(world, 9)
    #expect(told.record?.key.text == "acme/app#9")
    #expect(told.verdict == .obstacle(.statusNotActive("Backlog")))
    #expect(told.checks.first { $0.answer != .passed }?.rule == .item(.status))
  }

  @Test func anItemThatNobodyKnowsHasNoVerdict() {
    let told = explain(World(1..<2), 77)
    #expect(told.record == nil && told.verdict == nil)
    #expect(told.checks.allSatisfy { $0.answer == .notAsked })
  }

  @Test func aRunThatIsNotOverIsAllThereIsToSay() {
    var world = World(1..<2)
    world.tick()
    let told = explain(world)
    #expect(told.checks.first?.rule == .precondition(.run))
    guard case .stops(.run)? = told.checks.first?.answer else {
      Issue.record("\(String(describing: told.checks.first))")
      return
    }
    #expect(told.checks.dropFirst().allSatisfy { $0.answer == .notAsked })
  }
}
