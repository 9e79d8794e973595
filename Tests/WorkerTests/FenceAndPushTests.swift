// Who may have the remote branch, and what becomes of commits.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct FenceAndPushTests {
  /// Somebody else's commit on our branch, on top of what is there (or of main).
  private func stranger(_ yard: WorkerYard, onTopOf start: String = "main") throws -> String {
    try yard.shell(
      """
      rm -rf theirs; git clone -q remote.git theirs && cd theirs
      git checkout -q -B b origin/\(start)
      echo theirs > theirs && git add . && git commit -qm theirs
      git push -q origin HEAD:refs/heads/\(WorkerYard.branch)
      """)
    return try yard.remoteTip()
  }

  @Test func aForeignBranchIsTakenAndNothingRuns() throws {
    let yard = try WorkerYard()
    let tip = try stranger(yard)
    let result = try yard.perform("touch $YARD/ran; \(commitScript)")
    #expect(result.outcome == .failed)
    #expect(result.code == "branch_taken")
    #expect(result.summary.contains("--take-over"))
    #expect(result.turns == 0)
    #expect(!result.fenced)
    #expect(!Files.exists(yard.path("ran")))
    #expect(try yard.remoteTip() == tip)
    #expect(yard.directory.readProgress()?.progress.fenceHead == nil)
    let taken = try yard.perform(commitScript) {
      $0.git.ownsBranch = false
      $0.git.takeOver = true
    }
    #expect(taken.outcome == .succeeded, "\(taken.summary)")
    #expect(taken.fenced)
    try yard.shell("git --git-dir=remote.git merge-base --is-ancestor \(tip) \(WorkerYard.branch)")
  }

  @Test func anotherStateDirectorysFenceAtTheBaseHolds() throws {
    let yard = try WorkerYard()
    try yard.shell("git --git-dir=remote.git branch \(WorkerYard.branch) main")
    let result = try yard.perform(commitScript)
    #expect(result.code == "branch_taken")
    let own = try yard.remoteTip()
    let ours = try yard.perform(commitScript) {
      $0.git.ownsBranch = false
      $0.git.fenceHead = own
    }
    #expect(ours.outcome == .succeeded)
  }

  /// The branch comes into being at the very commit we push, after we looked: git answers "up to
  /// date".
  @Test func aLostRaceForTheFenceIsNoSuccess() throws {
    let yard = try WorkerYard()
    let git = try yard.shell("command -v git")
    try yard.shell(
      """
      mkdir bin
      printf '#!/bin/sh\ncase " $* " in *" push "*) %s --git-dir=%s branch %s main 2>&-;; esac\nexec %s "$@"\n' \
        '\(git)' "$YARD/remote.git" '\(WorkerYard.branch)' '\(git)' > bin/git
      chmod +x bin/git
      """)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
    let result = try yard.perform("touch $YARD/ran; \(commitScript)")
    #expect(result.code == "branch_taken", "\(result.summary)")
    #expect(!Files.exists(yard.path("ran")))
    #expect(yard.directory.readProgress()?.progress.fenceHead == nil)
    #expect(try yard.remoteRefs("refs/symphony") == "", "no mark of ours beside their branch")
  }

  @Test func theirCommitsAreFastForwardedTo() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    let tip = try stranger(yard, onTopOf: WorkerYard.branch)
    let result = try yard.perform(commitScript)
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.commitsAhead == 3)
    try yard.shell("git --git-dir=remote.git merge-base --is-ancestor \(tip) \(WorkerYard.branch)")
  }

  @Test func divergedHistoryIsNeverOverwritten() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell("cd state/workspaces/w42 && git commit -q --allow-empty -m unpushed")
    let tip = try stranger(yard, onTopOf: WorkerYard.branch)
    let result = try yard.perform("touch $YARD/ran")
    #expect(result.code == "branch_moved")
    guard case .branchMoved(_, let remote) = result.push else {
      Issue.record("\(result.push)")
      return
    }
    #expect(remote == tip)
    #expect(!Files.exists(yard.path("ran")))
    #expect(try yard.remoteTip() == tip)
  }

  @Test func aPushByAStrangerDuringTheRunIsNotOverwritten() throws {
    let yard = try WorkerYard()
    let push = """
      git clone -q remote.git theirs && cd theirs && git checkout -q origin/\(WorkerYard.branch)
      git -c user.name=p -c user.email=p@e commit -q --allow-empty -m theirs
      git push -q origin HEAD:refs/heads/\(WorkerYard.branch)
      """
    let result = try yard.perform("\(commitScript); cd $YARD; \(push)")
    #expect(result.outcome == .succeeded)
    guard case .branchMoved(let head, let remote) = result.push else {
      Issue.record("\(result.push)")
      return
    }
    #expect(head == result.head)
    #expect(try yard.remoteTip() == remote)
    #expect(try yard.shell("cd state/workspaces/w42 && git rev-parse HEAD") == head)
  }

  @Test func historyTheAgentRewroteIsPushedOverTheTipThatWasRecorded() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    let result = try yard.perform("echo more >> work; git commit -qam better --amend")
    let tip = try yard.remoteTip()
    #expect(result.push == .pushed(head: tip))
    #expect(result.commitsAhead == 1)
  }

  @Test func aRefusalForGoodIsToldApart() throws {
    let yard = try WorkerYard()
    try yard.shell(
      """
      printf '#!/bin/sh\\ntest -e $YARD/refuse || exit 0\\necho GH006: no >&2\\nexit 1\\n' \
        > remote.git/hooks/pre-receive
      chmod +x remote.git/hooks/pre-receive
      """)
    let result = try yard.perform("\(commitScript); touch $YARD/refuse")
    #expect(result.outcome == .succeeded)
    guard case .refused(let head, let why) = result.push else {
      Issue.record("\(result.push)")
      return
    }
    #expect(head == result.head)
    #expect(why.contains("GH006"))
    try yard.shell("git --git-dir=remote.git update-ref -d refs/heads/\(WorkerYard.branch)")
    let fence = try yard.perform(commitScript)
    #expect(fence.code == "push_refused")
    #expect(yard.directory.readProgress()?.progress.fenceHead == nil)
  }

  @Test func anUnreachableRemoteIsADebtThatALaterRunPaysWithoutATurn() throws {
    let yard = try WorkerYard()
    let first = try yard.perform("\(commitScript); mv $YARD/remote.git $YARD/away.git")
    guard case .unpushed(let head, let why) = first.push else {
      Issue.record("\(first.push)")
      return
    }
    #expect(first.outcome == .succeeded)
    #expect(head == first.head)
    #expect(why.contains("ls-remote"))
    try yard.shell("mv away.git remote.git")
    let paid = try yard.perform("touch $YARD/ran") {
      $0.git.debt = head
      $0.git.debtRemarks = ["denied: Bash"]
    }
    #expect(paid.remarks == ["denied: Bash"])
    #expect(paid.outcome == .succeeded)
    #expect(paid.push == .pushed(head: head))
    #expect(paid.turns == 0)
    #expect(paid.commitsAhead == 1)
    #expect(!Files.exists(yard.path("ran")))
    #expect(try yard.remoteTip() == head)
    // Paid already: the answer of an earlier payment was lost.
    let again = try yard.perform("touch $YARD/ran") { $0.git.debt = head }
    #expect(again.push == .pushed(head: head))
    #expect(!Files.exists(yard.path("ran")))
  }

  @Test func aHangingRemoteIsBoundedByThePhase() throws {
    let yard = try WorkerYard()
    try yard.shell(
      """
      printf '#!/bin/sh\\ntest -e $YARD/hang || exit 0\\nexec sleep 600\\n' \
        > remote.git/hooks/pre-receive
      chmod +x remote.git/hooks/pre-receive
      """)
    let result = try yard.perform("\(commitScript); touch $YARD/hang") {
      var limits = PhaseLimits()
      limits.push = .seconds(4)
      $0.phaseLimits = limits
    }
    guard case .unpushed(_, let why) = result.push else {
      Issue.record("\(result.push)")
      return
    }
    #expect(why.contains("ran out of its time"))
  }

  @Test func commitsOfAFailedRunArePushedToo() throws {
    let yard = try WorkerYard()
    let result = try yard.perform("\(commitScript); echo no >> file; exit 3")
    #expect(result.outcome == .failed)
    #expect(result.code == "agent_failed")
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(try yard.shell("git -C state/workspaces/w42 status --porcelain") == "M file")
  }
}
