// When an approved pull request is merged: every condition is asked for, one merge for each base at a
// time, and a refusal is not tried again before something has changed.
import SymphonyCore
import SymphonyTestSupport
import Testing

struct MergeTests {
  /// Issue 1 is handed off, approved on its head and green.
  static func world(_ edit: (inout World) -> Void = { _ in }) -> World {
    var world = FeedbackTests.world {
      $0.policy.merge.when = .approvedAndGreen
      edit(&$0)
    }
    world.approve()
    return world
  }

  private func mergeOrder(_ world: World) -> MergeOrder? {
    for entry in world.state.outbox {
      if case .merge(let order) = entry.payload { return order }
    }
    return nil
  }

  @Test func whatIsApprovedAndGreenIsMerged() throws {
    var world = Self.world()
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "merging")
    let order = try #require(mergeOrder(world))
    #expect(order.head == "abc")
    #expect(order.method == .squash)
    #expect(order.branch == world.record(1)?.branch)
    world.tick()
    #expect(world.debts(1) == ["merge"], "ordered once")
  }

  @Test func nothingIsMergedUnlessTheWorkflowSaysSo() {
    var world = Self.world { $0.policy.merge.when = .never }
    world.tick()
    #expect(world.debts(1).isEmpty)
    #expect(world.record(1)?.verdict == "handed_off")
  }

  static let obstacles: [(String, @Sendable (inout World) -> Void)] = [
    ("it is a draft", { $0.views[.issue(1)]?.isDraft = true }),
    ("nobody who may write has approved it", { $0.approve([]) }),
    ("its newest commit is not approved", { $0.views[.issue(1)]?.head = "def" }),
    (
      "nobody who may write has approved it",
      {
        var own = Opinion(author: "symphony", isApproval: true, review: "V", head: "abc")
        own.isByViewer = true
        $0.approve([own])
      }
    ),
    (
      "rita requests changes",
      {
        $0.approve([
          Opinion(author: "otto", isApproval: true, review: "V1", head: "abc"),
          Opinion(author: "rita", isApproval: false, review: "V2", head: "abc"),
        ])
      }
    ),
    ("its base wants more reviews", { $0.views[.issue(1)]?.decision = .reviewRequired }),
    ("1 thread is open", { $0.views[.issue(1)]?.conversation?.openThreads = ["T"] }),
    ("its newest commit has no checks", { $0.views[.issue(1)]?.checks = CheckCounts() }),
    ("1 check failed", { $0.count { $0.failed = 1 } }),
    ("checks wait for a person", { $0.count { $0.needPerson = 1 } }),
    ("it conflicts with main", { $0.views[.issue(1)]?.mergeState = .dirty }),
    ("a rule of main blocks it", { $0.views[.issue(1)]?.mergeState = .blocked }),
    ("is being computed", { $0.views[.issue(1)]?.mergeability = .unknown }),
    ("a check is not green", { $0.views[.issue(1)]?.mergeState = .unstable }),
    (
      "merge.queue is false",
      {
        $0.policy.merge.queue = false
        $0.views[.issue(1)]?.hasQueue = true
      }
    ),
  ]

  @Test(arguments: obstacles.indices) func eachConditionIsAskedFor(_ index: Int) {
    let (words, edit) = Self.obstacles[index]
    var world = Self.world()
    world.policy.feedback.isEnabled = false
    edit(&world)
    let plan = world.tick()
    #expect(mergeOrder(world) == nil, "\(words)")
    #expect(world.verdict(plan, 1) == "not_merged")
    #expect(world.reason(plan, 1)?.sentence.contains(words) == true, "\(words)")
  }

  @Test func unansweredFeedbackComesFirst() {
    var world = Self.world()
    world.views[.issue(1)]?.conversation?.remarks = [.comment("C1", "hm", at: world.now)]
    #expect(world.verdict(world.tick(), 1) == "feedback")
    #expect(mergeOrder(world) == nil)
  }

  @Test func whatIsBehindIsBroughtUpToDateFirst() {
    var world = Self.world()
    world.views[.issue(1)]?.mergeState = .behind
    #expect(world.verdict(world.tick(), 1) == "merging")
    #expect(world.debts(1) == ["update_branch"])
    world.tick()
    #expect(world.debts(1) == ["update_branch"])
  }

  @Test func aQueueIsUsedWhereTheBaseHasOne() {
    var world = Self.world()
    world.views[.issue(1)]?.hasQueue = true
    world.views[.issue(1)]?.mergeState = .blocked
    world.tick()
    #expect(mergeOrder(world)?.usesQueue == true)
    world.deliverAll()
    world.views[.issue(1)]?.isInQueue = true
    #expect(world.verdict(world.tick(), 1) == "merging")
    #expect(world.debts(1).isEmpty)
  }

  @Test func aRefusalIsNotTriedAgainBeforeSomethingChanged() throws {
    var world = Self.world()
    world.tick()
    let entry = try #require(world.state.outbox.first)
    world.settle(entry, .success(.superseded("At least 2 approving reviews are required")))
    let plan = world.tick()
    #expect(world.debts(1).isEmpty)
    #expect(world.reason(plan, 1)?.sentence.contains("At least 2 approving reviews") == true)
    world.now = world.now + .minutes(1)
    world.views[.issue(1)]?.digest = "otherwise"
    world.tick()
    #expect(world.debts(1) == ["merge"])
  }

  /// Whatever has changed since it was ordered.
  @Test(arguments: 0..<6) func anOrderThatWaitsIsTakenBack(_ change: Int) throws {
    var world = Self.world()
    world.tick()
    let entry = try #require(world.state.outbox.first)
    world.settle(entry, .failure(.unreachable("502")))
    #expect(world.debts(1) == ["merge"])
    switch change {
    case 0: world.approve([Opinion(author: "rita", isApproval: false, review: "V", head: "abc")])
    case 1: world.edit(1) { $0.labels.append("no-feedback") }
    case 2: world.policy.merge.when = .never
    case 3: world.count { $0.failed = 1 }
    case 4: world.ask(.release, 1)
    default: world.state.holds = [Hold(kind: .pause, scope: "", why: "", until: nil, setAt: noon)]
    }
    world.now = world.now + .minutes(30)
    let plan = world.tick()
    #expect(!plan.effects.contains { $0.name == "deliver" })
    #expect(world.debts(1).isEmpty)
  }

  @Test func anOrderWaitsWhileNothingIsKnown() throws {
    var world = Self.world()
    world.tick()
    let entry = try #require(world.state.outbox.first)
    world.settle(entry, .failure(.unreachable("502")))
    let view = world.views[.issue(1)]
    world.views[.issue(1)] = nil
    world.now = world.now + .minutes(30)
    #expect(!world.tick().effects.contains { $0.name == "deliver" })
    #expect(world.debts(1) == ["merge"])
    world.views[.issue(1)] = view
    #expect(world.tick().effects.contains { $0.name == "deliver" })
  }

  @Test func aRefusalForGoodIsSaid() throws {
    var world = Self.world()
    world.tick()
    let entry = try #require(world.state.outbox.first)
    world.refuse(entry, .rejected("not allowed"))
    let plan = world.tick()
    #expect(world.debts(1).isEmpty)
    #expect(world.reason(plan, 1)?.sentence.contains("not allowed") == true)
  }

  @Test func whatLeftTheQueueIsNotPutIntoItAgain() {
    var world = Self.world()
    world.views[.issue(1)]?.hasQueue = true
    world.tick()
    world.deliverAll()
    world.views[.issue(1)]?.isInQueue = true
    world.tick()
    world.views[.issue(1)]?.isInQueue = false
    world.views[.issue(1)]?.digest = "it left"
    let plan = world.tick()
    #expect(world.debts(1).isEmpty)
    #expect(world.reason(plan, 1)?.sentence.contains("left the merge queue") == true)
  }

  @Test func aProgramApprovesNothingUnlessItIsNamed() {
    var world = Self.world()
    let opinion = Opinion(author: "ci[bot]", isApproval: true, review: "V", head: "abc")
    world.approve([opinion])
    world.tick()
    #expect(mergeOrder(world) == nil)
    world.policy.feedback.bots = ["ci"]
    world.say(digest: "again")
    world.views[.issue(1)]?.conversation?.opinions = [opinion]
    world.tick()
    #expect(mergeOrder(world) != nil)
  }

  @Test func oneMergeForEachBaseAtATime() {
    var world = World(1..<3)
    world.watches = true
    world.policy.merge.when = .approvedAndGreen
    world.tick()
    for number in 1...2 { world.succeedWithCommits(number) }
    world.tick()
    world.deliverAll()
    for number in 1...2 {
      world.say()
      world.approve()
      var view = world.views[.issue(1)]
      view?.ref.number = 100 + number
      world.views[.issue(number)] = view
    }
    world.views[.issue(1)]?.ref.number = 101
    let plan = world.tick()
    #expect(world.debts(1) == ["merge"])
    #expect(world.debts(2).isEmpty)
    #expect(
      world.reason(plan, 2)?.sentence.contains("acme/app#1 is merged into main first") == true)
  }
}

extension World {
  /// People's opinions of pull request 101, and green checks.
  mutating func approve(
    _ opinions: [Opinion] = [Opinion(author: "rita", isApproval: true, review: "V", head: "abc")]
  ) {
    say(digest: "\(opinions)")
    views[.issue(1)]?.conversation?.opinions = opinions
    views[.issue(1)]?.mergeState = .clean
  }

  mutating func count(_ edit: (inout CheckCounts) -> Void) {
    var counts = views[.issue(1)]?.checks ?? CheckCounts()
    edit(&counts)
    views[.issue(1)]?.checks = counts
    views[.issue(1)]?.mergeState = .blocked
  }
}
