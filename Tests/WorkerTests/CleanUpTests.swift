// Taking a workspace away, and when not to.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct CleanUpTests {
  @Test func everythingGoesAndASecondTimeIsFine() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("\(commitScript); echo x > dirt; exit 1")
    let tip = try yard.remoteTip()
    let result = try yard.cleanUp { $0.hooks.scripts["before_remove"] = "pwd > $YARD/where" }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.removed)
    #expect(yard.text("where").trimmingWhitespace() == yard.workspace)
    #expect(try Files.list(yard.path("state/workspaces")).isEmpty)
    #expect(try yard.shell("git --git-dir=\(yard.cache) worktree list | wc -l") == "1")
    #expect(
      try yard.shell("git --git-dir=\(yard.cache) for-each-ref refs/heads refs/symphony") == "")
    #expect(try yard.remoteTip() == tip)
    #expect(try yard.cleanUp().removed)
    try Files.removeTree(yard.cache)
    #expect(try yard.cleanUp().removed)
  }

  @Test func unpushedCommitsArePushedOrKept() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell(
      "git -C state/workspaces/w42 commit -q --allow-empty -m owed; mv remote.git away.git"
    )
    let head = try yard.shell("git -C state/workspaces/w42 rev-parse HEAD")
    let kept = try yard.cleanUp()
    #expect(kept.outcome == .failed)
    #expect(kept.code == "unpushed")
    #expect(!kept.removed)
    #expect(kept.head == head)
    #expect(Files.exists(yard.workspace + ".created"))
    #expect(Files.exists(yard.workspace + "/work"))
    try yard.shell("mv away.git remote.git")
    #expect(try yard.cleanUp().removed)
    #expect(try yard.remoteTip() == head)
  }

  @Test func aBranchDeletedAfterItsMergeIsNotPushedAgain() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    // Squashed into main: no commit of the branch is on any remote branch any more.
    try yard.shell(
      """
      git --git-dir=remote.git update-ref -d refs/heads/\(WorkerYard.branch)
      git --git-dir=\(yard.cache) fetch -q --prune origin
      """)
    #expect(try yard.cleanUp().removed)
    #expect(try yard.remoteTip() == "")
  }

  @Test func aHalfMadeWorkspaceGoesWithoutItsHook() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell("rm state/workspaces/w42.created state/workspaces/w42/.git")
    let result = try yard.cleanUp { $0.hooks.scripts["before_remove"] = "touch $YARD/ran" }
    #expect(result.removed, "\(result.summary)")
    #expect(!Files.exists(yard.path("ran")))
    #expect(!Files.exists(yard.workspace))
  }

  @Test func aBranchWithoutItsTreeKeepsItsCommits() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell(
      """
      cd state/workspaces/w42 && git commit -q --allow-empty -m owed && cd ../../..
      rm -r state/workspaces/w42; mv remote.git away.git
      """)
    #expect(try yard.cleanUp().code == "unpushed")
    try yard.shell("mv away.git remote.git")
    #expect(try yard.cleanUp().removed)
    #expect(
      try yard.shell("git --git-dir=remote.git log -1 --format=%s \(WorkerYard.branch)") == "owed")
  }

  /// The repository was renamed, or a setting moved the cache.
  @Test func aWorkspaceThatTheCacheDoesNotKnowStays() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell(
      """
      git -C state/workspaces/w42 commit -q --allow-empty -m owed
      git clone -q --bare remote.git state/repos/acme/other.git
      """)
    let head = try yard.shell("git -C state/workspaces/w42 rev-parse HEAD")
    for cache in ["state/repos/acme/nowhere.git", "state/repos/acme/other.git"] {
      let kept = try yard.cleanUp { $0.paths.cache = yard.path(cache) }
      #expect(kept.outcome == .failed)
      #expect(kept.code == "workspace_unknown")
      #expect(kept.summary.contains(yard.workspace + ".created"))
      #expect(!kept.removed)
      guard case .unpushed(head, _) = kept.push else {
        Issue.record("\(kept.push)")
        return
      }
    }
    // Without its mark, too: it is a checkout with commits.
    try Files.remove(yard.workspace + ".created")
    let unmarked = try yard.cleanUp { $0.paths.cache = yard.path("state/repos/acme/nowhere.git") }
    #expect(unmarked.code == "workspace_unknown")
    #expect(Files.exists(yard.workspace + "/work"))
    #expect(try yard.cleanUp().removed)
    #expect(try yard.remoteTip() == head)
  }

  @Test func onlyAHalfMadeDirectoryIsRemovedUnseen() throws {
    let yard = try WorkerYard()
    try yard.shell("mkdir -p state/workspaces/w42 && touch state/workspaces/w42/rubbish")
    try Files.append(yard.workspace + ".created", "")
    #expect(try yard.cleanUp().code == "workspace_unknown")
    try Files.remove(yard.workspace + ".created")
    #expect(try yard.cleanUp().removed)
    #expect(!Files.exists(yard.workspace))
  }

  @Test func aDeletionThatWasKilledIsFinished() throws {
    let yard = try WorkerYard()
    let clone: (inout RunSpec) -> Void = { $0.git.settings.useWorktrees = false }
    for change in [{ (_: inout RunSpec) in }, clone] {
      _ = try yard.perform(commitScript, change)
      let left = yard.workspace + ".removed"
      try yard.shell("mv \(yard.workspace) \(left); rm -f \(left)/.git/HEAD")
      #expect(try yard.cleanUp(change).removed)
      #expect(!Files.exists(left))
      #expect(!Files.exists(yard.workspace + ".created"))
    }
  }

  @Test func aFailingHookKeepsTheWorkspace() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    let result = try yard.cleanUp { $0.hooks.scripts["before_remove"] = "exit 1" }
    #expect(result.code == "hook_failed")
    #expect(!result.removed)
    #expect(Files.exists(yard.workspace))
  }
}
