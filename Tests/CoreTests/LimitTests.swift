// How many run at once: globally, by status, by repository; in which order; and only what was
// looked at once more.
import SymphonyCore
import Testing

@Suite struct LimitTests {
  @Test func byStatusAnItemCountsWhereItStands() {
    var world = World.board(1..<5) { $0.policy.limits.maxByStatus = ["todo": 2] }
    #expect(world.tick().launched == [1, 2])
    let plan = world.tick()
    #expect(plan.launched.isEmpty)
    #expect(world.verdict(plan, 3) == "no_slot_for_status")
    world.deliver(1, "set_status")
    #expect(world.tick().launched == [3], "one has left Todo for In Progress")
  }

  @Test func byRepositoryTheOthersGoOn() {
    var world = World.board(1..<7) { $0.policy.limits.maxByRepository = ["acme/app": 1] }
    let plan = world.tick()
    #expect(plan.launched == [1, 2, 4])
    #expect(world.verdict(plan, 3) == "no_slot_for_repository")
    #expect(world.verdict(plan, 6) == "no_slot", "the global limit is named first")
    world.succeedWithCommits(1)
    #expect(world.tick().launched == [3])
  }

  @Test func theOrderIsPriorityThenAgeThenKey() {
    var world = World.board(1..<6)
    world.policy.limits.maxConcurrent = 5
    for index in 0..<5 { world.issues[index].createdAt = noon }
    world.issues[0].priority = 2
    world.issues[1].priority = 1
    world.issues[4].createdAt = noon - .days(1)
    // 3 and 4 are of one age: acme/app#3 comes before acme/lib#4.
    #expect(world.tick().launched == [2, 1, 5, 3, 4])
    world = World.board(1..<6)
    world.policy.limits.maxConcurrent = 1
    world.issues.reverse()
    world.issues[0].priority = 0
    #expect(world.tick().launched == [5], "whatever the order of the list")
  }

  @Test func whoeverHasNoSlotIsToldSoAlsoWhileOthersAreLookedAtOnceMore() {
    var world = World.board(1..<4) { $0.policy.limits.maxConcurrent = 1 }
    let plan = world.tick()
    #expect(plan.launched == [1])
    #expect(world.verdict(plan, 2) == "no_slot")
    #expect(world.verdict(plan, 3) == "no_slot")
  }

  @Test func onlyWhatWasLookedAtOnceMoreIsLaunched() {
    let world = World.board(1..<4) { $0.policy.limits.maxConcurrent = 2 }
    var snapshot = world.snapshot
    #expect(Planner.plan(snapshot).launched == [1, 2])
    snapshot.confirmed = [.issue(1), .issue(2)]
    snapshot.survey.knownHeads = [
      HeadRef(app, "symphony/acme_app_1"), HeadRef(lib, "symphony/acme_lib_2"),
      HeadRef(app, "symphony/acme_app_3"),
    ]
    #expect(Planner.plan(snapshot).launched == [1, 2])
    // The first turned out to be blocked: its slot stays free rather than go to 3 unseen.
    snapshot.survey.answers[.issue(1)] = .found(.onBoard(1) { $0.openBlockers = 1 })
    let plan = Planner.plan(snapshot)
    #expect(plan.launched == [2])
    #expect(world.verdict(plan, 1) == "blocked_by")
    #expect(world.verdict(plan, 3) == "not_checked")
    snapshot.survey.answers[.issue(2)] = .unknown(.unreachable("reset"))
    #expect(Planner.plan(snapshot).launched.isEmpty)
    snapshot.survey.answers = [:]
    snapshot.survey.knownHeads = []
    #expect(
      Planner.plan(snapshot).launched.isEmpty, "a first run needs to know of its pull requests")
  }

  @Test func aPullRequestSeenAtTheSecondLookIsAdopted() {
    var world = World.board(1..<2)
    world.setPullRequest(.open)
    let fact = world.pullRequests
    world.pullRequests = [:]
    var snapshot = world.snapshot
    #expect(Planner.plan(snapshot).launched == [1])
    snapshot.confirmed = [.issue(1)]
    snapshot.survey.pullRequests = fact
    snapshot.survey.knownHeads = Set(fact.keys)
    let plan = Planner.plan(snapshot)
    #expect(plan.launched.isEmpty)
    #expect(world.verdict(plan, 1) == "handed_off")
  }

  @Test func nothingOfABoardIsAdmittedThatWasNeverActive() {
    var world = World.board(1..<3) { $0.isFiltered = false }
    world.issues[0].status = "Backlog"
    let plan = world.tick()
    #expect(world.record(1) == nil)
    #expect(world.verdict(plan, 1) == "none")
    #expect(plan.launched == [2])
  }
}
