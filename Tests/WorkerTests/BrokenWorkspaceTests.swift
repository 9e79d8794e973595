// Agents that move HEAD, branches and repositories about: nothing of theirs that has no history in
// common with the base is published, no commit is lost, and the next run has a good workspace.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct BrokenWorkspaceTests {
  private static func made(_ isWorktree: Bool) -> (inout RunSpec) -> Void {
    { $0.git.settings.useWorktrees = isWorktree }
  }
  private static let newRepository = "rm -rf .git; git init -q -b \(WorkerYard.branch)"
  private static let work = "echo x > strange; git add .; git commit -qm strange"

  /// What the agent made instead of the workspace.
  private static let strange = [
    "\(newRepository); \(work)",
    "\(newRepository); git remote add origin \\$YARD/remote.git; git fetch -q origin; \(work)",
    "git checkout -q --orphan other; \(work)",
    "git checkout -q --orphan other; \(work); git branch -f \(WorkerYard.branch)",
    "rm -rf .git; git init -q",
  ].map { $0.replacing("\\$", with: "$") }

  @Test(arguments: [true, false], strange)
  func aStrangeHistoryIsNeverPublished(isWorktree: Bool, script: String) throws {
    let yard = try WorkerYard()
    let change = Self.made(isWorktree)
    let failed = try yard.perform(script, change)
    #expect(failed.outcome == .failed)
    #expect(failed.code == "workspace_broken", "\(failed.summary)")
    #expect(failed.summary.contains(yard.workspace))
    #expect(try yard.remoteTip() == yard.remoteTip("main"))
    let next = try yard.perform(commitScript, change)
    #expect(next.outcome == .succeeded, "\(next.summary)")
    #expect(next.push == .pushed(head: try yard.remoteTip()))
    #expect(next.commitsAhead == 1)
    let aside = yard.workspace + ".aside-r2"
    #expect(next.summary.contains(aside))
    #expect(Files.exists(aside + "/file"))
    #expect(try yard.cleanUp(change).removed)
    #expect(Files.exists(aside + "/file"))
  }

  /// The agent cloned the repository into its workspace: its commits are work like any other.
  @Test func commitsOfAnotherRepositoryThatGoOnFromTheBaseAreDelivered() throws {
    let yard = try WorkerYard()
    let failed = try yard.perform(
      "rm -rf .git; git clone -q $YARD/remote.git x && mv x/.git . && rm -r x; \(commitScript)")
    #expect(failed.code == "workspace_broken", "\(failed.summary)")
    let head = try #require(failed.head)
    #expect(failed.push == .unpushed(head: head, why: "the run ended before it could push"))
    let next = try yard.perform("echo nothing to do")
    #expect(next.push == .pushed(head: head), "\(next.summary)")
    #expect(try yard.remoteTip() == head)
  }

  /// What one item's agent writes into the shared configuration is gone when the next run begins.
  @Test(arguments: [
    "core.worktree /", "core.bare false", "remote.origin.url /nowhere", "core.hooksPath /",
    "url./nowhere.insteadOf /", "remote.origin.fetch +refs/heads/x:refs/heads/y",
    "core.repositoryformatversion 77", "remote.origin.mirror true", "include.path /nowhere",
  ])
  func theSharedConfigurationIsOurs(setting: String) throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell("git config --file \(yard.cache)/config \(setting)")
    let result = try yard.perform("\(commitScript); git config \(setting); true") {
      $0.hooks.scripts["before_run"] = "git config user.nickname kept"
    }
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.commitsAhead == 2)
    #expect(try yard.perform(commitScript).commitsAhead == 3)
    #expect(try yard.shell("git --git-dir=\(yard.cache) config user.nickname") == "kept")
    try yard.shell("echo '[broken' >> \(yard.cache)/config")
    #expect(try yard.perform(commitScript).commitsAhead == 4)
  }

  /// An agent of another item made a branch of this item's name.
  @Test func aBranchThatAnotherAgentMadeIsNoStart() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("\(commitScript); git branch symphony/acme_app_43")
    let result = try yard.perform("git log --format=%s > $YARD/seen; \(commitScript)") {
      $0.paths.workspace = yard.path("state/workspaces/w43")
      $0.git.branch = "symphony/acme_app_43"
      $0.git.ownsBranch = false
    }
    #expect(result.commitsAhead == 1, "\(result.summary)")
    #expect(yard.text("seen") == "one\n")
    #expect(result.summary.contains("refs/symphony/kept/symphony/acme_app_43/"))
  }
}
