// The workspace of an item that goes on is taken away and made again, and whatever is only there
// keeps it. With a real git.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct RestingWorkspaceTests {
  private func rest(
    _ yard: WorkerYard, _ change: (inout RunSpec) -> Void = { _ in }
  ) throws -> RunResult {
    try yard.cleanUp {
      $0.goesOn = true
      change(&$0)
    }
  }

  @Test(arguments: WorkPlace.allCases)
  func itGoesAndTheNextRunGoesOnFromTheBranch(_ place: WorkPlace) throws {
    let place = at(place)
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript, place)
    let tip = try yard.remoteTip()
    let fence = try yard.remoteRefs("refs/symphony/fence")
    #expect(!fence.isEmpty)
    let result = try rest(yard, place)
    #expect(result.removed, "\(result.summary)")
    #expect(!Files.exists(yard.workspace) && !Files.exists(yard.workspace + ".created"))
    #expect(try yard.remoteTip() == tip)
    #expect(try yard.remoteRefs("refs/symphony/fence") == fence, "the branch stays ours")
    #expect(try rest(yard, place).removed, "a second time is fine")
    let next = try yard.perform("cat work > seen; rm seen; " + commitScript, place)
    #expect(next.outcome == .succeeded, "\(next.summary)")
    #expect(try yard.shell("git --git-dir=remote.git rev-parse \(WorkerYard.branch)^") == tip)
    #expect(try yard.shell("git --git-dir=remote.git show \(WorkerYard.branch):work") == "1\n1")
  }

  @Test(arguments: WorkPlace.allCases)
  func uncommittedWorkKeepsItAndNothingIsTakenDown(_ place: WorkPlace) throws {
    let place = at(place)
    for work in ["echo more >> work", "echo new > file", "rm work"] {
      let yard = try WorkerYard()
      _ = try yard.perform(commitScript, place)
      try yard.shell("cd state/workspaces/w42; \(work)")
      let result = try rest(yard) {
        place(&$0)
        $0.hooks.scripts["before_remove"] = "touch $YARD/ran"
      }
      #expect(result.outcome == .succeeded && !result.removed)
      #expect(
        result.summary == "the workspace stays: 1 file in it changed and not committed",
        "\(result.summary)")
      #expect(Files.exists(yard.workspace + ".created") && !Files.exists(yard.path("ran")))
    }
  }

  /// What it takes away itself is in the commits.
  @Test(arguments: WorkPlace.allCases)
  func aFileSavedWhileTheHookRunsKeepsIt(_ place: WorkPlace) throws {
    let place = at(place)
    for (work, stays) in [
      ("echo saved > note", true), ("echo more >> work", true),
      ("git -c user.name=a -c user.email=a@b commit -qam more", true),
      ("rm work", false),
    ] {
      let yard = try WorkerYard()
      _ = try yard.perform(commitScript, place)
      let result = try rest(yard) {
        place(&$0)
        $0.hooks.scripts["before_remove"] =
          work.hasPrefix("git") ? "echo more >> work; \(work)" : work
      }
      #expect(
        result.outcome == .succeeded && result.removed == !stays, "\(work): \(result.summary)")
      #expect(Files.exists(yard.workspace + ".created") == stays)
    }
  }

  @Test(arguments: ["--skip-worktree", "--assume-unchanged"])
  func aFileThatGitIsToPassOverKeepsIt(_ option: String) throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell(
      "cd state/workspaces/w42; git update-index \(option) work; echo precious >> work")
    let result = try rest(yard)
    #expect(result.outcome == .succeeded && !result.removed, "\(result.summary)")
    #expect(result.summary.contains("git was told not to look at `work`"), "\(result.summary)")
  }

  /// Git says nothing of files in a repository that the outer one has only a link to.
  @Test func aRepositoryInsideKeepsIt() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell(
      """
      cd state/workspaces/w42
      git init -q inner && cd inner && echo a > a && git add a && git commit -qm inner && cd ..
      git -c advice.addEmbeddedRepo=false add inner && git commit -qm link
      git push -q origin HEAD:refs/heads/\(WorkerYard.branch)
      echo unsaved > inner/a
      """)
    let result = try rest(yard)
    #expect(result.outcome == .succeeded && !result.removed)
    #expect(
      result.summary.contains("`inner` in it is a repository of its own"), "\(result.summary)")
    #expect(Files.exists(yard.path("state/workspaces/w42/inner/a")))
  }

  /// What a hook leaves there is there again after the next one.
  @Test func whatWasThereBeforeTheAgentKeepsNothing() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript) { $0.hooks.scripts["after_create"] = "touch made" }
    #expect(Files.exists(yard.workspace + "/made"))
    #expect(try rest(yard).removed)
  }

  @Test(arguments: WorkPlace.allCases)
  func unpushedCommitsKeepItAndAreNotPublished(_ place: WorkPlace) throws {
    let place = at(place)
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript, place)
    let tip = try yard.remoteTip()
    let head = try yard.shell(
      """
      git -C state/workspaces/w42 commit -q --allow-empty -m mine
      git -C state/workspaces/w42 rev-parse HEAD
      """)
    let result = try rest(yard, place)
    #expect(!result.removed && result.outcome == .succeeded)
    #expect(result.summary.contains("commit \(head.prefix(12)) is on no branch of the remote"))
    guard case .unpushed(head, _) = result.push else {
      Issue.record("\(result.push)")
      return
    }
    #expect(try yard.remoteTip() == tip)
    #expect(Files.exists(yard.workspace + "/work"))
  }

  /// The pull request's branch was deleted, and the work is in no other: it was pushed once, and is
  /// only here now.
  @Test func aBranchThatIsGoneFromTheRemoteKeepsIt() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell("git --git-dir=remote.git update-ref -d refs/heads/\(WorkerYard.branch)")
    let result = try rest(yard)
    #expect(!result.removed && result.summary.contains("is on no branch of the remote"))
    #expect(Files.exists(yard.workspace + "/work"))
  }

  @Test func aRemoteOutOfReachKeepsIt() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell("mv remote.git away.git")
    let result = try rest(yard)
    #expect(!result.removed && result.code == RunCode.remoteFailed, "\(result.code)")
    #expect(Files.exists(yard.workspace + "/work"))
    try yard.shell("mv away.git remote.git")
    #expect(try rest(yard).removed)
  }

  // MARK: Caches

  @Test func aCleanUpNotesThatNothingIsLeftInTheCache() throws {
    let yard = try WorkerYard()
    let note = CacheNote(yard.cache)
    _ = try yard.perform(commitScript)
    #expect(try note.validSince() == nil, "a worktree is there")
    #expect(try yard.cleanUp().removed)
    #expect(try note.validSince() != nil)
    // Whoever uses it again takes the note away, also where nothing is new on the remote.
    _ = try yard.perform(commitScript)
    #expect(try note.validSince() == nil)
    #expect(!Files.exists(yard.cache + "/symphony-holds-nothing"))
    // A merge by squashing leaves what was pushed on no branch.
    try yard.shell("git --git-dir=remote.git update-ref -d refs/heads/\(WorkerYard.branch)")
    #expect(try yard.cleanUp().removed)
    #expect(try note.validSince() != nil)
  }

  @Test func commitsOfItsOwnAndLaterRefsLeaveNoNote() throws {
    let yard = try WorkerYard()
    let note = CacheNote(yard.cache)
    _ = try yard.perform(commitScript)
    try yard.shell(
      """
      cd state/repos/acme/app.git
      lost=$(git commit-tree -m lost -p HEAD^{} $(git rev-parse refs/remotes/origin/main^{tree}) \
        2>/dev/null || git commit-tree -m lost $(git rev-parse refs/remotes/origin/main^{tree}))
      git update-ref refs/symphony/kept/somebody $lost
      """)
    #expect(try yard.cleanUp().removed)
    #expect(try note.validSince() == nil)
    try yard.shell("git --git-dir=\(yard.cache) update-ref -d refs/symphony/kept/somebody")
    #expect(try yard.cleanUp().removed)
    #expect(try note.validSince() != nil)
    try yard.shell(
      "git --git-dir=\(yard.cache) update-ref refs/heads/mine refs/remotes/origin/main")
    #expect(try note.validSince() == nil, "somebody changed it since")
  }
}
