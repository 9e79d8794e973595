// What no remote branch has is on record after every end of a run, under every verdict, until a run
// tells that the remote has it; and what is not finished is handed off to nobody.
import SymphonyCore
import Testing

@Suite struct LeftCommitsTests {
  static let head = "0123456789abcdef"

  enum End: CaseIterable {
    case failed, timedOut, stalled, blocked, unfinished, told, byOperator, closed, unlabelled
    case overBudget, refused, moved

    var outcome: Outcome {
      switch self {
      case .failed: .failed
      case .timedOut: .timedOut
      case .stalled: .stalled
      case .blocked: .blocked
      case .unfinished: .succeeded
      case .refused, .moved: .failed
      case .told, .byOperator, .closed, .unlabelled, .overBudget: .cancelled
      }
    }

    /// What makes the run end, before its result is there.
    func begin(_ world: inout World) {
      switch self {
      case .byOperator:
        world.state.requests = [
          OperatorRequest(id: 1, kind: .stop, item: .issue(1), by: "ann", why: "", at: noon)
        ]
      case .closed: world.answers[.issue(1)] = .found(.sample(1) { $0.state = .closed })
      case .unlabelled: world.answers[.issue(1)] = .found(.sample(1) { $0.labels = [] })
      case .overBudget:
        world.policy.limits.maxCostPerDay = 1
        world.progress(1, dollars: 2)
      default: return
      }
      world.tick()
    }
  }

  static func world() -> World {
    var world = World(1..<2)
    world.tick()
    return world
  }

  static func clauses(_ world: World) -> String {
    world.record(1)?.left.clauses(branch: "b", workspace: "/w").joined(separator: "; ") ?? ""
  }

  @Test(arguments: End.allCases)
  func everyEndLeavesItOnRecord(_ end: End) {
    var world = Self.world()
    end.begin(&world)
    world.finish(1, end.outcome) {
      $0.push = .unpushed(head: Self.head, why: "it was stopped")
      if end == .refused { $0.push = .refused(head: Self.head, why: "too large") }
      if end == .moved { $0.push = .branchMoved(head: Self.head, remote: "f00") }
      $0.isUnfinished = end == .unfinished
      $0.turns = 1
      $0.commitsAhead = 1
      $0.madeProgress = true
    }
    let plan = world.tick()
    #expect(world.record(1)?.left.commit == Self.head)
    #expect(world.record(1)?.unpushed == nil, "an unfinished run is no push that is owed")
    #expect(
      Self.clauses(world) == "commit 0123456789ab is only on branch b in its workspace /w")
    #expect(world.state.outbox.allSatisfy { $0.payload.kind != "ensure_pull_request" })
    #expect(!plan.has("ensure_pull_request"))
    if end == .closed {
      #expect(world.claim(1) == "released")
      // The clean-up pushes it, or keeps the workspace and says so.
      world.finish(1, .succeeded) { $0.removed = true }
      world.tick()
      #expect(world.record(1)?.left.commit == nil)
    }
  }

  @Test func whatTheRemoteHasIsLeftNowhere() {
    for edit: (inout RunResult) -> Void in [
      { $0.push = .pushed(head: "h") },
      { $0.head = Self.head },
    ] {
      var world = Self.world()
      world.finish(1, .failed) { $0.push = .unpushed(head: Self.head, why: "away") }
      world.tick()
      world.now = world.now + .minutes(5)
      world.tick()
      // It did not look: what was said stands.
      world.finish(1, .cancelled) { $0.fenced = true }
      world.tick()
      #expect(world.record(1)?.left.commit == Self.head)
      world.finish(1, .failed) { edit(&$0) }
      world.tick()
      #expect(world.record(1)?.left.isEmpty == true)
    }
  }

  /// A stop that git did not answer before its time was over.
  @Test func whatGitDidNotSayIsNotNothing() {
    var world = Self.world()
    world.finish(1, .cancelled) { $0.turns = 1 }
    world.tick()
    #expect(Self.clauses(world).contains("git did not say in time"))
    #expect(world.record(1)?.left.isEmpty == false)
    world.succeedWithCommits(1)
    world.tick()
    #expect(world.record(1)?.left.isEmpty == true)
    var early = Self.world()
    early.finish(1, .cancelled)
    early.tick()
    #expect(early.record(1)?.left.isEmpty == true, "no agent was there yet")
  }

  @Test func aWorkerThatDiedMayHaveLeftCommits() {
    var world = Self.world()
    world.progress(1, dollars: 1)
    let progress = world.run(1).flatMap { world.runs[$0.id]?.progress }
    world.vanish(1)
    if let run = world.run(1) { world.runs[run.id]?.progress = progress }
    world.tick()
    #expect(Self.clauses(world).contains("its worker died"))
    #expect(Self.clauses(world).contains("/w"))
    world.succeedWithCommits(1)
    world.tick()
    #expect(world.record(1)?.left.isEmpty == true)
    // One that died before its agent began cannot.
    var early = Self.world()
    early.vanish(1)
    early.tick()
    #expect(early.record(1)?.left.isEmpty == true)
  }

  @Test func whatIsKeptUnderARefStaysNamed() {
    var world = Self.world()
    world.finish(1, .failed) { $0.kept = (0..<7).map { "commit \($0) is kept" } }
    world.tick()
    world.now = world.now + .minutes(5)
    world.tick()
    world.succeedWithCommits(1)
    world.tick()
    #expect(Self.clauses(world) == (2..<7).map { "commit \($0) is kept" }.joined(separator: "; "))
  }

  @Test func aNewRoundForgetsNothing() {
    var world = Self.world()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.push = .unpushed(head: Self.head, why: "away")
    }
    world.tick()
    #expect(world.record(1)?.unpushed == Self.head)
    world.policy.workspace.removeOnTerminal = false
    world.answers[.issue(1)] = .found(.sample(1) { $0.state = .closed })
    world.tick()
    world.answers = [:]
    world.state.requests = [
      OperatorRequest(id: 1, kind: .retry, item: .issue(1), by: "ann", why: "", at: noon)
    ]
    world.tick()
    #expect(world.record(1)?.unpushed == nil)
    #expect(world.record(1)?.left.commit == Self.head)
  }

  // MARK: Unfinished

  @Test(arguments: [true, false])
  func anAgentThatNeverFinishesIsNeverHandedOff(asks: Bool) {
    var world = Self.world()
    world.policy.limits.maxContinuations = 3
    for _ in 0..<4 {
      world.finish(1, .succeeded) {
        $0.commitsAhead = 2
        $0.madeProgress = true
        $0.turns = 1
        $0.push = .pushed(head: "h")
        if asks { $0.wantsContinuation = true } else { $0.isUnfinished = true }
      }
      world.tick()
      #expect(world.state.outbox.isEmpty)
      world.now = world.now + .minutes(5)
      world.tick()
    }
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "continuations_exhausted")
    let sentence = world.reason(plan, 1)?.sentence ?? ""
    #expect(sentence.contains("has not finished"))
    #expect(sentence.contains("pushed to branch symphony/acme_app_1"))
    #expect(world.record(1)?.runs == 4)
  }

  @Test func finishedAtLastItIsHandedOff() {
    var world = Self.world()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.isUnfinished = true
      $0.push = .unpushed(head: Self.head, why: "away")
    }
    #expect(world.verdict(world.tick(), 1) == "retry_waiting")
    world.now = world.now + .minutes(1)
    let order = world.tick().launches.first
    #expect(order?.item.unpushed == nil, "its agent goes on, and does not only push")
    world.succeedWithCommits(1)
    #expect(world.verdict(world.tick(), 1) == "pull_request_owed")
  }

  // MARK: The remote, the budget, remarks

  @Test func finishedWorkWaitsForItsRemoteLikeAllElse() {
    var world = World(1..<4)
    world.policy.limits.maxConcurrent = 3
    world.policy.limits.maxContinuations = 1
    world.tick()
    for number in 1...3 {
      world.finish(number, .succeeded) {
        $0.commitsAhead = 1
        $0.turns = 1
        $0.fenced = true
        $0.code = "remote_failed"
        $0.push = .unpushed(head: Self.head, why: "no route to host")
      }
    }
    for _ in 0..<8 {
      let plan = world.tick()
      for number in 1...3 { #expect(world.verdict(plan, number) == "unpushed") }
      #expect(world.state.holds.map(\.kind) == [.remote])
      world.now = world.now + .minutes(10)
      let probe = world.tick().launched
      #expect(probe.count == 1, "one probe")
      world.finish(probe.first ?? 0, .succeeded) {
        $0.code = "remote_failed"
        $0.push = .unpushed(head: Self.head, why: "no route to host")
      }
    }
    for number in 1...3 {
      #expect(world.record(number)?.counters.continuations == 0)
      #expect(world.record(number)?.unpushed == Self.head)
    }
  }

  @Test func aBudgetEndsTheAgentAndNothingElse() {
    var world = World(1..<2)
    world.policy.limits.maxCostPerDay = 1
    world.tick()
    world.progress(1, dollars: 2)
    func stops(_ plan: Plan) -> [StopOrder.By] {
      plan.effects.compactMap { if case .stop(_, _, _, let by) = $0 { by } else { nil } }
    }
    #expect(stops(world.tick()) == [.budget])
    for phase in [RunPhase.hooks, .finishing, .pushing] {
      if let run = world.run(1) { world.runs[run.id]?.progress?.phase = phase }
      world.now = world.now + .minutes(3)
      let plan = world.tick()
      #expect(world.verdict(plan, 1) == "stopping")
      #expect(stops(plan).isEmpty && !plan.has("kill"), "\(phase)")
    }
    // An agent that does not obey.
    if let run = world.run(1) { world.runs[run.id]?.progress?.phase = .agent }
    #expect(world.tick().has("kill"))
    // A push that hangs all the same.
    if let run = world.run(1) { world.runs[run.id]?.progress?.phase = .pushing }
    #expect(!world.tick().has("kill"))
    if let run = world.run(1) { world.runs[run.id]?.vitals.phaseOverrun = .seconds(61) }
    #expect(world.tick().has("kill"))
  }

  @Test(arguments: [RunPhase.hooks, .finishing, .pushing])
  func noBudgetStopsARunWhoseAgentHasEnded(phase: RunPhase) {
    var world = World(1..<2)
    world.policy.limits.maxCostPerDay = 1
    world.tick()
    world.progress(1, dollars: 2)
    if let run = world.run(1) { world.runs[run.id]?.progress?.phase = phase }
    #expect(!world.tick().has("stop"))
    #expect(world.run(1)?.stop == nil)
  }

  @Test func whatABudgetsStopPushedSettlesItsPush() {
    var world = World(1..<2)
    world.policy.limits.maxCostPerDay = 1
    world.tick()
    world.progress(1, dollars: 2)
    world.tick()
    world.finish(1, .cancelled) { $0.push = .refused(head: Self.head, why: "too large") }
    #expect(world.verdict(world.tick(), 1) == "push_refused")
  }

  @Test func remarksOutliveThePushThatIsOwed() {
    var world = Self.world()
    world.policy.pullRequest.openOnSuccess = false
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.denied = ["Bash"]
      $0.push = .unpushed(head: Self.head, why: "away")
    }
    world.tick()
    world.now = world.now + .minutes(5)
    #expect(world.tick().launches.first?.debtRemarks == ["denied: Bash"])
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.remarks = ["denied: Bash"]
      $0.push = .pushed(head: Self.head)
    }
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "pushed_only")
    #expect(world.reason(plan, 1)?.sentence.contains("denied: Bash") == true)
    #expect(world.reason(world.tick(), 1)?.sentence.contains("denied: Bash") == true)
  }
}
