// What an ended run becomes, with the numbers of the design.
import SymphonyCore
import Testing

@Suite struct SettlementTests {
  func launched(_ edit: (inout World) -> Void = { _ in }) -> World {
    var world = World(1..<2)
    edit(&world)
    world.tick()
    return world
  }

  @Test func commitsBecomeAPullRequestOwedAndOneComment() throws {
    var world = launched()
    world.succeedWithCommits(1)
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "pull_request_owed")
    #expect(world.state.outbox.map(\.payload.kind) == ["ensure_pull_request", "comment"])
    guard case .ensurePullRequest(let order) = world.state.outbox[0].payload else {
      Issue.record("no pull request order")
      return
    }
    #expect(order.head == "symphony/acme_app_1")
    #expect(order.body.contains("Closes acme/app#1"))
    #expect(order.body.contains("Automated by symphony"))
    #expect(order.draft)
    world.deliverAll(pullRequest: 5)
    #expect(world.verdict(world.tick(), 1) == "handed_off")
    #expect(world.tick().launched.isEmpty)
  }

  @Test func pushedOnlyWhenPullRequestsAreOff() {
    var world = launched { $0.policy.pullRequest.openOnSuccess = false }
    world.succeedWithCommits(1)
    #expect(world.verdict(world.tick(), 1) == "pushed_only")
    #expect(world.state.outbox.isEmpty)
  }

  @Test func continuationsWaitLongerAndTwoIdleOnesPark() throws {
    var world = launched()
    var delays: [Int64] = []
    for _ in 0..<3 {
      world.finish(1, .succeeded) { $0.madeProgress = true }
      world.tick()
      guard case .retrying(let retry)? = world.record(1)?.claim else {
        Issue.record("not waiting")
        return
      }
      delays.append(retry.deadline.delay.milliseconds)
      world.now = retry.deadline.time
      #expect(world.tick().launched == [1])
    }
    #expect(delays == [1000, 5000, 10000])
    world.finish(1, .succeeded)
    world.tick()
    world.now = world.now + .minutes(1)
    world.tick()
    world.finish(1, .succeeded)
    #expect(world.verdict(world.tick(), 1) == "no_progress")
  }

  @Test func failuresBackOffAndEndParked() throws {
    var world = launched { $0.policy.limits.maxAttempts = 3 }
    for attempt in 1...3 {
      world.finish(1, .failed) { $0.summary = "exit status 1" }
      let plan = world.tick()
      guard attempt < 3 else {
        #expect(world.verdict(plan, 1) == "attempts_exhausted")
        return
      }
      guard case .retrying(let retry)? = world.record(1)?.claim else {
        Issue.record("not waiting")
        return
      }
      let full: Int64 = 10_000 << Int64(attempt - 1)
      #expect((full * 9 / 10...full).contains(retry.deadline.delay.milliseconds))
      world.now = world.now + .milliseconds(full * 9 / 10 - 1)
      #expect(world.tick().launched.isEmpty)
      world.now = world.now + .milliseconds(full / 10 + 1)
      #expect(world.tick().launched == [1])
    }
  }

  @Test func theRunLimitStandsAboveEveryRule() {
    var world = launched { $0.policy.limits.maxRunsPerItem = 2 }
    for _ in 0..<2 {
      world.finish(1, .succeeded) { $0.madeProgress = true }
      world.tick()
      world.now = world.now + .minutes(1)
      world.tick()
    }
    #expect(world.record(1)?.runs == 2)
    #expect(world.record(1)?.claim.state == .parked)
    #expect(world.record(1)?.verdict == "run_limit")
  }

  @Test func aVanishedWorkerSpendsAnAttemptAndThreeInARowPark() {
    var world = launched()
    for count in 1...3 {
      world.vanish(1)
      let plan = world.tick()
      if count < 3 {
        #expect(plan.launched == [1], "a first vanish lets the item pass dispatch in the same tick")
        #expect(world.record(1)?.counters.failures == count)
      } else {
        #expect(world.verdict(plan, 1) == "vanished_repeatedly")
      }
    }
  }

  @Test func aRebootOrANeverStartedWorkerSpendsNoAttempt() {
    var world = launched()
    world.bootID = "boot-2"
    world.vanish(1)
    #expect(world.tick().launched == [1])
    #expect(world.record(1)?.counters.failures == 0)
    for count in 1...4 {
      world.vanish(1, withIdentity: false)
      world.tick()
      #expect(world.record(1)?.counters.failures == (count > 3 ? 1 : 0))
    }
  }

  @Test func nothingIsSettledWhileAProcessIsLeft() {
    var world = launched()
    world.vanish(1, leftovers: .some(1))
    let plan = world.tick()
    #expect(plan.has("sweep"))
    #expect(plan.launched.isEmpty)
    #expect(world.verdict(plan, 1) == "sweeping")
    world.succeedWithCommits(1)
    #expect(world.verdict(world.tick(), 1) == "pull_request_owed")
  }

  /// The files go by the tick that settles the run, or by the next: no run waits for them.
  @Test func privateFilesGoAndNothingWaitsForThem() throws {
    var world = launched()
    let run = try #require(world.run(1)).id
    world.uncleared = [run]
    world.vanish(1, leftovers: .some(1))
    let swept = world.tick()
    #expect(swept.has("sweep") && !swept.has("clear_run"), "a sweep clears, too")
    world.vanish(1)
    world.state.runs[0].era = "another"
    let settled = world.tick()
    #expect(settled.effects.contains(.clear(run)) && settled.launched == [1])
    // Killed before it had cleared.
    #expect(world.state.runs.allSatisfy { $0.id != run })
    world.otherRuns = [run]
    #expect(world.tick().effects == [.clear(run)])
    world.uncleared = []
    #expect(world.tick().effects.isEmpty)
  }

  @Test func aPushDebtSpendsNoAttemptAndIsNamed() throws {
    var world = launched()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.push = .unpushed(head: "0123456789abcdef", why: "no route to host")
    }
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "unpushed")
    #expect(world.record(1)?.unpushed == "0123456789abcdef")
    #expect(world.record(1)?.counters.failures == 0)
  }

  @Test(arguments: [
    (PushState.refused(head: "h", why: "GH006"), "push_refused"),
    (.branchMoved(head: "h", remote: "r"), "branch_moved"),
  ])
  func aPushThatCannotSucceedParks(push: PushState, code: String) {
    var world = launched()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.push = push
    }
    #expect(world.verdict(world.tick(), 1) == code)
  }

  @Test func aDebtOutlivesRunsThatCannotPayIt() throws {
    var world = launched()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.message = "what I did"
      $0.push = .unpushed(head: "0123456789abcdef", why: "no route to host")
    }
    world.tick()
    for _ in 0..<3 {
      world.now = world.now + .minutes(6)
      let plan = world.tick()
      guard case .launch(let order)? = plan.effects.last(where: { $0.name == "launch" }) else {
        Issue.record("no launch")
        return
      }
      #expect(order.debtWords == "what I did")
      world.finish(1, .failed) {
        $0.code = "remote_failed"
        $0.message = "what I did"
      }
      #expect(world.verdict(world.tick(), 1) == "unpushed")
      #expect(world.record(1)?.unpushed == "0123456789abcdef")
      #expect(world.record(1)?.counters.failures == 0)
    }
    world.now = world.now + .minutes(6)
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    #expect(world.record(1)?.unpushed == nil)
    #expect(world.state.outbox.count == 2)
  }

  /// An outage of a night must not park what only waits to be pushed.
  @Test func whatIsOwedIsPushedHoweverOftenTheRemoteWasAway() {
    var world = launched { $0.policy.limits.maxRunsPerItem = 2 }
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.push = .unpushed(head: "0123456789abcdef", why: "no route")
    }
    for _ in 0..<10 {
      world.tick()
      world.now = world.now + .minutes(6)
      #expect(world.tick().launched == [1])
      world.finish(1, .failed) { $0.code = "remote_failed" }
    }
    #expect(world.verdict(world.tick(), 1) == "unpushed")
  }

  @Test func aStoppedRunNamesTheCommitItLeft() {
    var world = launched()
    world.state.requests = [
      OperatorRequest(id: 1, kind: .stop, item: ItemID("I_1"), by: "ann", why: "", at: noon)
    ]
    world.tick()
    world.finish(1, .cancelled) { $0.push = .unpushed(head: "feedbeefcafe00", why: "stopped") }
    let plan = world.tick()
    #expect(plan.verdicts.first?.reason.sentence.contains("feedbeefcafe") == true)
    #expect(world.record(1)?.unpushed == nil, "unfinished work is no debt that would be handed off")
  }

  @Test func runsOfTwoStateDirectoriesHaveDifferentNames() {
    let key = WorkspaceKey(item: ItemKey("a/b#1"), id: ItemID("x"))
    #expect(
      RunID(workspace: key, stateTag: "aaaaaa", generation: 1)
        != RunID(workspace: key, stateTag: "bbbbbb", generation: 1))
  }

  @Test func theAgentMayAskForHelpOrForMore() {
    var world = launched()
    world.finish(1, .blocked) { $0.summary = "which database?" }
    #expect(world.verdict(world.tick(), 1) == "agent_blocked")
    #expect(world.state.outbox.map(\.payload.kind) == ["comment"])
    var other = launched()
    other.finish(1, .succeeded) {
      $0.commitsAhead = 2
      $0.wantsContinuation = true
      $0.push = .pushed(head: "h")
    }
    #expect(other.verdict(other.tick(), 1) == "retry_waiting")
    #expect(other.state.outbox.isEmpty)
  }

  @Test func stopsFollowWhoAsked() {
    var world = launched()
    world.state.requests = [
      OperatorRequest(id: 1, kind: .stop, item: ItemID("I_1"), by: "ann", why: "", at: noon)
    ]
    let plan = world.tick()
    #expect(plan.has("stop"))
    #expect(world.state.requests.isEmpty)
    world.finish(1, .cancelled)
    #expect(world.verdict(world.tick(), 1) == "stopped_by_operator")
    // A TERM nobody ordered is a shutdown: no attempt, and it goes on.
    var other = launched()
    other.finish(1, .cancelled)
    #expect(other.tick().launched == [1])
    #expect(other.record(1)?.counters.failures == 0)
  }

  @Test func aHungWorkerIsKilledAndAStopIsNotRepeatedForEver() {
    for edit in [
      { $0.vitals.silence = .seconds(61) }, { $0.vitals.phaseOverrun = .seconds(61) },
    ] as [(inout RunObservation) -> Void] {
      var world = launched()
      guard let id = world.run(1)?.id, var seen = world.runs[id] else { continue }
      edit(&seen)
      world.runs[id] = seen
      #expect(world.tick().has("kill"))
    }
    var world = launched()
    world.state.requests = [
      OperatorRequest(id: 1, kind: .stop, item: ItemID("I_1"), by: "ann", why: "", at: noon)
    ]
    world.tick()
    #expect(
      world.tick().has("stop"), "a later tick repeats the signal: the first may have died before it"
    )
    world.now = world.now + .seconds(76)
    #expect(world.tick().has("kill"))
  }

  @Test func anyLimitOfTheTrackerBecomesAHold() {
    var world = World(1..<2)
    world.policy.tracker.requiredLabels = ["later"]
    world.limit = RateLimit(until: noon + .minutes(10), why: "secondary limit")
    world.tick()
    #expect(world.state.holds.map(\.kind) == [.tracker])
    world.limit = nil
    world.candidatesOverride = .skipped
    world.issues = []
    #expect(world.verdict(world.tick(), 1) == "held")
    world.now = noon + .minutes(10)
    world.tick()
    #expect(world.state.holds.isEmpty)
  }

  @Test func moneyHasTwoDigitsOrFour() {
    #expect(PullRequestText.money(0.0042) == "0.0042")
    #expect(PullRequestText.money(1234.5) == "1234.50")
  }
}
