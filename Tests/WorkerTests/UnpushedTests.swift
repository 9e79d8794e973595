// However a run ends, commits that are only in its workspace are named in its result.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct UnpushedTests {
  private func owed(_ result: RunResult) -> String? {
    guard case .unpushed(let head, _) = result.push else { return nil }
    return head
  }
  /// A workspace with a commit that was never pushed.
  private func withDebt() throws -> (WorkerYard, head: String) {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.shell("git -C state/workspaces/w42 commit -q --allow-empty -m owed")
    return (yard, try yard.shell("git -C state/workspaces/w42 rev-parse HEAD"))
  }

  /// The run directory refuses the progress, as a full disk would.
  @Test func ourOwnTroubleDoesNotHideTheCommits() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      """
      \(commitScript)
      cd $YARD/state/runs/*/ && rm progress.json && mkdir -p progress.json/x
      """)
    #expect(result.outcome == .failed)
    #expect(result.code == "worker_failed")
    #expect(result.fenced)
    #expect(result.commitsAhead == 1)
    #expect(result.head != nil)
    #expect(owed(result) == result.head)
    #expect(try yard.remoteTip() == yard.remoteTip("main"))
  }

  @Test func aRunThatNeverOpenedTheWorkspaceNamesThem() throws {
    let (yard, head) = try withDebt()
    try yard.shell("mv remote.git away.git")
    let unreachable = try yard.perform(commitScript)
    #expect(unreachable.code == "remote_failed")
    #expect(!unreachable.fenced)
    #expect(owed(unreachable) == head)
    let unknown = try yard.perform(commitScript) { $0.agent.kind = "nobody" }
    #expect(owed(unknown) == head)
  }

  @Test func aRunThatTheFenceTurnedAwayNamesThem() throws {
    let (yard, head) = try withDebt()
    try yard.shell(
      "git --git-dir=remote.git update-ref refs/heads/\(WorkerYard.branch) refs/heads/main")
    let taken = try yard.perform(commitScript) {
      $0.git.ownsBranch = false
      $0.git.raiser = "another"
    }
    #expect(taken.code == "branch_taken")
    #expect(!taken.fenced)
    #expect(owed(taken) == head)
  }

  @Test func aCleanUpWhoseHookFailedNamesThem() throws {
    let (yard, head) = try withDebt()
    let stopped = try yard.cleanUp { $0.hooks.scripts["before_remove"] = "exit 1" }
    #expect(stopped.code == "hook_failed")
    #expect(owed(stopped) == head)
  }

  @Test func nothingIsOwedWhenNothingIsThere() throws {
    let yard = try WorkerYard()
    let failed = try yard.perform("true") { $0.git.cloneURL = "/nowhere/x.git" }
    #expect(failed.outcome == .failed)
    #expect(failed.push == .nothing)
    #expect(failed.head == nil)
  }
}
