// However a run ends, what its agent committed is gathered on the item's branch, or kept and named:
// after a stop, after an order to end the agent only, and after the death of the worker.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

private let noSandbox = Sandbox.problem(environment: Host.environment)

@Suite(.ownThreads) struct EveryEndTests {
  private static let commit = "echo $TURN > mine; git add mine; git commit -qm mine"
  private static let elsewhere = "git checkout -q -b other; \(commit); git checkout -q -"
  private static let away = "\(commit); git checkout -q --detach origin/main"

  private func stopping(_ yard: WorkerYard, by signal: Int32) {
    let file = yard.workspace + "/order"
    var isOrdered = false
    yard.seams.signal = {
      if Files.exists(file), (try? Files.remove(file)) != nil { isOrdered = true }
      return isOrdered ? signal : nil
    }
  }
  private static let stop = "touch order; \(Way.forEver)"
  private func owed(_ result: RunResult) -> String? {
    guard case .unpushed(let head, _) = result.push else { return nil }
    return head
  }

  @Test(arguments: WorkPlace.allCases, [elsewhere, away])
  func aStoppedRunHasItsCommitsOnItsBranch(place: WorkPlace, script: String) throws {
    guard place != .walled || noSandbox == nil else { return }
    let yard = try WorkerYard()
    stopping(yard, by: Signals.terminate)
    // On a machine that is busy git behind the wall needs its time.
    yard.seams.windUp = .minutes(2)
    let result = try yard.perform("\(script); \(Self.stop)") {
      at(place)(&$0)
      $0.hooks.scripts["after_run"] = "git rev-parse HEAD > $YARD/seen"
    }
    #expect(result.outcome == .cancelled)
    let head = try yard.shell("git -C \(yard.workspace) rev-parse HEAD")
    #expect(owed(result) == head, "\(result)")
    // Behind the wall the hook reaches the workspace only.
    if place != .walled {
      #expect(yard.text("seen") == head + "\n", "it sees the work where it belongs")
    }
    #expect(try yard.remoteTip() == yard.remoteTip("main"), "nothing is published by a stop")
    #expect(try yard.shell("git -C \(yard.workspace) symbolic-ref HEAD").hasSuffix("acme_app_42"))
    yard.seams.signal = { nil }
    let next = try yard.perform("true", at(place))
    #expect(next.push == .pushed(head: head), "\(next.summary)")
  }

  /// A git that does not answer in time has not said that there is nothing.
  @Test(arguments: [elsewhere, "true"])
  func aStopThatGitDoesNotAnswerIsNoWordAboutTheWork(script: String) throws {
    let yard = try WorkerYard()
    let git = try #require(Spawn.find("git", environment: yard.environment))
    try yard.shell(
      """
      mkdir bin; cat > bin/git <<'END'
      #!/bin/sh
      test -e "$YARD/silent" && exec sleep 600
      exec \(git) "$@"
      END
      chmod +x bin/git
      """)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
    yard.seams.windUp = .milliseconds(200)
    let (file, silent) = (yard.workspace + "/order", yard.path("silent"))
    var isOrdered = false
    yard.seams.signal = {
      if Files.exists(file), (try? Files.remove(file)) != nil {
        isOrdered = (try? Files.append(silent, "")) != nil
      }
      return isOrdered ? Signals.terminate : nil
    }
    // Of its own repository it is certain whose a commit is.
    let result = try yard.perform("\(script); \(Self.stop)", at(.clone))
    #expect(result.outcome == .cancelled && result.push == .nothing && result.head == nil)
    #expect(
      result.summary.contains("whether its workspace alone holds commits is not known: "),
      "\(result.summary)")
    yard.seams.signal = { nil }
    try Files.remove(silent)
    let next = try yard.perform("true", at(.clone))
    let head = try yard.shell("git -C \(yard.workspace) rev-parse HEAD")
    let isWork = script == Self.elsewhere
    #expect(next.push == (isWork ? .pushed(head: head) : .nothing), "\(next)")
  }

  @Test func whatGoesAnotherWayIsNamedAfterAStopToo() throws {
    let yard = try WorkerYard()
    stopping(yard, by: Signals.terminate)
    let result = try yard.perform(
      "\(Self.elsewhere); echo x > its; git add its; git commit -qm its; \(Self.stop)",
      at(.worktree))
    let kept = try yard.shell("git -C \(yard.workspace) rev-parse other")
    #expect(result.kept.count == 1)
    #expect(result.kept.first?.contains("commit \(kept.prefix(12)) is not delivered") == true)
    #expect(
      try yard.shell(
        "git -C \(yard.workspace) rev-parse refs/symphony/kept/\(WorkerYard.branch)/*") != "")
  }

  /// A budget ends what spends; what is there is committed, hooked and pushed.
  @Test(arguments: WorkPlace.allCases)
  func anOrderToEndTheAgentEndsNothingElse(place: WorkPlace) throws {
    guard place != .walled || noSandbox == nil else { return }
    let yard = try WorkerYard()
    stopping(yard, by: Signals.interrupt)
    let result = try yard.perform(
      "echo usage 7 0 0.5; echo session s; \(commitScript); \(Self.stop)"
    ) {
      at(place)(&$0)
      $0.agent.maxTurns = 3
      $0.hooks.scripts["after_run"] = "echo ran >> $YARD/hook"
    }
    #expect(result.outcome == .cancelled, "\(result.summary)")
    #expect(result.turns == 1)
    #expect(result.usage.costUSD == 0.5)
    #expect(result.session?.id == "s")
    if place != .walled { #expect(yard.text("hook") == "ran\n") }
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(result.commitsAhead == 1)
  }

  @Test func anOrderToEndTheAgentDoesNotReachWhatFollowsIt() throws {
    let yard = try WorkerYard()
    stopping(yard, by: Signals.interrupt)
    let result = try yard.perform("echo x > work") {
      at(.worktree)(&$0)
      $0.hooks.scripts["after_run"] = "touch order; echo ran >> $YARD/hook"
    }
    #expect(result.outcome == .succeeded)
    #expect(yard.text("hook") == "ran\n")
    #expect(result.push == .pushed(head: try yard.remoteTip()))
  }

  /// The agent is done when the stop comes: its work is committed, its hook runs.
  @Test func aStopBehindTheAgentsEndLosesNoWork() throws {
    let yard = try WorkerYard()
    var isStopped = false
    let progress = { yard.directory.readProgress()?.progress.phase }
    yard.seams.signal = {
      if progress() == .finishing { isStopped = true }
      return isStopped ? Signals.terminate : nil
    }
    let result = try yard.perform("echo x > work") {
      $0.hooks.scripts["after_run"] = "echo ran >> $YARD/hook"
    }
    #expect(result.outcome == .cancelled)
    #expect(yard.text("hook") == "ran\n")
    #expect(owed(result) == result.head)
    let files = try yard.shell("git -C \(yard.workspace) ls-tree --name-only HEAD | xargs")
    #expect(files == "file work")
  }

  /// What a hook had written when it was stopped is none of the agent's work.
  @Test func aHookThatIsStoppedLeavesNoWork() throws {
    let yard = try WorkerYard()
    stopping(yard, by: Signals.terminate)
    let result = try yard.perform("echo x > work") {
      at(.worktree)(&$0)
      $0.hooks.scripts["after_run"] = "echo half > hooks; \(Self.stop)"
    }
    #expect(result.outcome == .cancelled)
    let listing = "git -C \(yard.workspace) ls-tree --name-only HEAD | xargs"
    #expect(try yard.shell(listing) == "file work")
    yard.seams.signal = { nil }
    _ = try yard.perform("echo y > more", at(.worktree))
    #expect(try yard.shell(listing) == "file more work")
  }

  /// What ended the attempt is not hidden by what is met after it.
  @Test func aLimitIsToldAlsoWhereTheWorkspaceIsSpoilt() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("rm .git; git init -q; echo limited", at(.worktree))
    #expect(result.code == "agent_limited", "\(result)")
    #expect(result.failure == .limited(until: Timestamp(milliseconds: 5000)))
    #expect(result.summary.contains("another repository was made"), "\(result.summary)")
  }

  // MARK: A worker that died

  /// Ends the worker as its death would: nothing is gathered, nothing written.
  private func die(_ yard: WorkerYard, _ script: String, _ place: WorkPlace) throws {
    let file = yard.workspace + "/order"
    yard.seams.signal = { [unowned yard] in
      if Files.exists(file), (try? Files.remove(file)) != nil {
        try? Files.remove(yard.directory.lease)
      }
      return nil
    }
    #expect(try yard.start(yard.spec("\(script); \(Self.stop)", at(place))) == 70)
    yard.seams.signal = { nil }
  }

  @Test(arguments: WorkPlace.allCases, [elsewhere, away, "git checkout -q -b other; \(commit)"])
  func theNextRunBringsHomeWhatADeadOneLeft(place: WorkPlace, script: String) throws {
    guard place != .walled || noSandbox == nil else { return }
    let yard = try WorkerYard()
    try die(yard, script, place)
    let made = try yard.shell(
      "cd \(yard.workspace); git rev-parse --verify -q other || git rev-parse \(WorkerYard.branch)")
    let next = try yard.perform("true", at(place))
    #expect(next.outcome == .succeeded, "\(next.summary)")
    let isDelivered = next.push == .pushed(head: made)
    let isKept = next.kept.contains { $0.contains(made.prefix(12)) }
    #expect(isDelivered || isKept, "\(next)")
    #expect(isDelivered || script == Self.elsewhere && place == .worktree)
  }

  @Test func aCleanUpKeepsWhatADeadRunLeftBesideItsBranch() throws {
    let yard = try WorkerYard()
    try die(yard, Self.elsewhere, .worktree)
    let made = try yard.shell("git -C \(yard.workspace) rev-parse other")
    let cleaned = try yard.cleanUp(at(.worktree))
    #expect(cleaned.removed, "\(cleaned.summary)")
    #expect(cleaned.kept.first?.contains(made.prefix(12)) == true)
    let listing = "for-each-ref --format='%(objectname)' refs/symphony/kept"
    #expect(try yard.shell("git -C \(yard.cache) \(listing)") == made)
  }

  /// What an earlier run left on the branch is not dropped because this one's agent went away.
  @Test func aBranchThatWasLeftIsGoneBackTo() throws {
    let yard = try WorkerYard()
    stopping(yard, by: Signals.terminate)
    let first = try yard.perform("\(commitScript); \(Self.stop)", at(.worktree))
    let head = owed(first)
    yard.seams.signal = { nil }
    let second = try yard.perform("git checkout -q --detach origin/main", at(.worktree))
    #expect(second.push == .pushed(head: head ?? ""), "\(second)")
  }
}
