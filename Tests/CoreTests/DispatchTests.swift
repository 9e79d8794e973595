// Which items get a slot, in what order, and why the others do not.
import SymphonyCore
import Testing

@Suite struct DispatchTests {
  @Test func fillsTheSlotsOldestFirstAndNamesTheLimit() {
    var world = World(1..<6)
    world.policy.limits.maxConcurrent = 2
    let plan = world.tick()
    #expect(plan.launched == [1, 2])
    #expect(world.verdict(plan, 3) == "no_slot")
    #expect(world.state.runs.count == 2)
    #expect(world.record(1)?.claim.state == .running)
  }

  @Test func priorityGoesBeforeAge() {
    var world = World(1..<4)
    world.policy.limits.maxConcurrent = 1
    world.issues[2].priority = 0
    #expect(world.tick().launched == [3])
  }

  @Test func everyObstacleNamesItself() {
    let edits: [(String, (inout WorkItem) -> Void)] = [
      ("label_missing", { $0.labels = ["bug"] }),
      ("not_an_issue", { $0.contentType = .pullRequest }),
      ("blocked_by", { $0.openBlockers = 1 }),
      ("open_sub_issues", { $0.openSubIssues = 2 }),
      ("dependencies_unknown", { $0.dependenciesKnown = false }),
      ("label_excluded", { $0.labels = ["symphony", "Blocked "] }),
      ("not_assigned", { $0.assignees = ["bob"] }),
      ("status_blocked", { $0.status = "On Hold" }),
    ]
    for (code, edit) in edits {
      var world = World(1..<2)
      world.policy.tracker.excludedLabels = ["blocked"]
      world.policy.tracker.assignee = "carol"
      world.policy.tracker.blockedStatuses = ["on hold"]
      world.issues[0].assignees = ["Carol"]
      edit(&world.issues[0])
      let plan = world.tick()
      #expect(world.verdict(plan, 1) == code)
      #expect(plan.launched.isEmpty)
    }
  }

  @Test func blockersAreNamed() {
    var world = World(1..<2)
    world.issues[0].blockedBy = [
      WorkItem.Link(id: nil, key: ItemKey("acme/lib#7"), state: .open),
      WorkItem.Link(id: nil, key: ItemKey("acme/lib#8"), state: .closed),
    ]
    let plan = world.tick()
    #expect(plan.verdicts.first?.reason == .obstacle(.blockedBy(["acme/lib#7"])))
  }

  @Test func strangersOnAPublicRepositoryNeedALabel() {
    var item = WorkItem.sample(1)
    var policy = TrackerPolicy()
    item.origin = Origin(author: Origin.Person("alice", mayWrite: false))
    #expect(
      Eligibility.obstacle(item, policy: policy, isPrivate: false)?.code == "author_not_trusted")
    #expect(Eligibility.obstacle(item, policy: policy, isPrivate: true) == nil)
    policy.requiredLabels = ["symphony"]
    #expect(
      Eligibility.obstacle(item, policy: policy, isPrivate: false)?.code == "author_not_trusted")
    item.origin?.touches = [
      Origin.Touch(.labelled("symphony"), Origin.Person("bob", mayWrite: true), at: noon)
    ]
    #expect(Eligibility.obstacle(item, policy: policy, isPrivate: false) == nil)
    policy.trustedAuthors = .list(["bob"])
    #expect(
      Eligibility.obstacle(item, policy: policy, isPrivate: true)?.code == "author_not_trusted")
  }

  @Test func nothingIsLaunchedWhileSomethingStandsInTheWay() {
    for (edit, code) in [
      ({ $0.policyProblem = "WORKFLOW.md:3:1: broken" }, "policy_invalid"),
      ({ $0.agentProblems = [$0.policy.agent: "claude is not in PATH"] }, "agent_unavailable"),
      ({ $0.freeMegabytes = 10 }, "disk_low"), ({ $0.freeInodes = 999 }, "disk_low"),
      (
        { $0.state.holds = [Hold(kind: .pause, scope: "", why: "", until: nil, setAt: noon)] },
        "paused"
      ),
      (
        {
          $0.state.holds = [
            Hold(
              kind: .tracker, scope: "", why: "limit",
              until: Deadline(setAt: noon, delay: .hours(1)),
              setAt: noon)
          ]
        }, "held"
      ),
      ({ $0.executorFails = true }, "not_checked"),
    ] as [((inout World) -> Void, String)] {
      var world = World(1..<3)
      edit(&world)
      let plan = world.tick()
      #expect(plan.launched.isEmpty, "\(code)")
      #expect(world.verdict(plan, 1) == code)
    }
  }

  @Test func aStrangersProcessBlocksTheLaunch() throws {
    var world = World(1..<2)
    world.busy = [
      WorkspaceKey(item: WorkItem.sample(1).key, id: WorkItem.sample(1).id): "process 4711"
    ]
    let plan = world.tick()
    #expect(plan.verdicts.first?.reason == .wait(.workspaceBusy(by: "process 4711")))
  }

  @Test func anOpenPullRequestOnAnUnknownItemsBranchIsAdopted() throws {
    var world = World(1..<2)
    let reference = PullRequestRef(number: 9, url: "u9")
    world.pullRequests[HeadRef(app, "symphony/acme_app_1")] = Survey.PullRequestFact(
      ref: reference, state: .open, createdAt: noon, endedAt: nil)
    let plan = world.tick()
    #expect(plan.launched.isEmpty)
    #expect(plan.verdicts.first?.reason == .rest(.handedOff(reference, waitsFor: nil)))
  }

  @Test func aNudgedTickDoesNotRelaunchAtOnce() throws {
    var world = World(1..<2)
    world.tick()
    world.finish(1, .succeeded) { $0.madeProgress = true }
    world.now = world.now + .seconds(3)
    world.tick()
    world.now = world.now + .seconds(2)
    world.trigger = .nudged
    #expect(world.verdict(world.tick(), 1) == "retry_waiting")
    world.trigger = .manual
    #expect(world.tick().launched == [1])
  }

  @Test func failedOrSkippedSurveyLaunchesNothingAndChangesNothing() throws {
    var world = World(1..<3)
    world.tick()
    world.tick()
    world.candidatesOverride = .failed(.unreachable("no route"))
    let before = world.state
    let plan = world.tick()
    #expect(plan.changes.isEmpty)
    #expect(world.state == before)
  }
}
