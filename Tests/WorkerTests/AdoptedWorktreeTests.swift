// A workspace that is older than the sandbox: a worktree of the shared cache becomes a clone of its
// own before an agent that is locked in may touch it, and nothing in it is lost.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

private let obstacle = Sandbox.problem(environment: Host.environment)

@Suite(.ownThreads, .enabled(if: obstacle == nil, "no sandbox can be had on this machine"))
struct AdoptedWorktreeTests {
  /// A yard whose workspace is a worktree with one commit and a change beside it.
  private func yard(_ more: String = "") throws -> WorkerYard {
    let yard = try WorkerYard()
    let first = try yard.perform("\(commitScript)\n\(more)") {
      $0.git.settings.commitLeftovers = false
      $0.agent.maxTurns = 1
    }
    #expect(first.outcome == .succeeded, "\(first.summary)")
    #expect(!Files.isDirectory(yard.workspace + "/.git"))
    return yard
  }

  private func perform(_ yard: WorkerYard, _ script: String) throws -> RunResult {
    try yard.perform(script) {
      $0.agent.sandbox.kind = .bubblewrap
      $0.agent.maxTurns = 1
    }
  }

  private func files(_ yard: WorkerYard) throws -> String {
    try yard.shell("git --git-dir=remote.git ls-tree --name-only \(WorkerYard.branch) | xargs")
  }

  @Test func itIsACloneFromThenOn() throws {
    let yard = try yard("echo changed >> file; echo new > new; git add new")
    let result = try perform(yard, "git log --oneline | wc -l > count; git status --short > seen")
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(Files.isDirectory(yard.workspace + "/.git"))
    #expect(yard.text("state/workspaces/w42/count") == "2\n")
    #expect(try files(yard) == "count file new seen work")
    #expect(try Files.list(yard.cache + "/worktrees") == [])
    let cleaned = try yard.cleanUp { $0.agent.sandbox.kind = .bubblewrap }
    #expect(cleaned.removed, "\(cleaned.summary)")
  }

  @Test func commitsOnNoBranchComeWithIt() throws {
    let yard = try yard("git checkout -q --detach; echo d > detached; git add .; git commit -qm d")
    let result = try perform(yard, "echo more > more")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result)")
    #expect(try files(yard) == "detached file more work")
  }

  /// The clone of an earlier version, its branch merged by squashing and deleted since.
  @Test func whatAnEarlierVersionPushedIsNotPushedAgain() throws {
    let yard = try WorkerYard()
    let first = try perform(yard, commitScript)
    let head = try #require(first.head)
    #expect(first.push == .pushed(head: head))
    try yard.shell(
      """
      git -C state/workspaces/w42 update-ref refs/symphony/pushed/\(WorkerYard.branch) \(head)
      git --git-dir=state/repos/acme/app.git update-ref -d refs/symphony/pushed/\(WorkerYard.branch)
      git --git-dir=remote.git update-ref -d refs/heads/\(WorkerYard.branch)
      """)
    let cleaned = try yard.cleanUp { $0.agent.sandbox.kind = .bubblewrap }
    #expect(cleaned.removed, "\(cleaned.summary)")
    #expect(try yard.remoteTip() == "")
  }

  /// Whatever step a kill came after, the next run finds a clone.
  @Test(arguments: ["link removed", "moved", "half a clone beside", "still registered"])
  func aKillInBetweenIsMended(point: String) throws {
    let yard = try yard("echo new > new")
    switch point {
    case "half a clone beside":
      try yard.shell("mkdir -p state/workspaces/w42/.git-of-its-own/objects")
    case "still registered":
      try yard.shell("cp -a state/repos/acme/app.git saved")
      _ = try perform(yard, "true")
      try yard.shell(
        """
        cp -a saved/worktrees state/repos/acme/app.git/
        git --git-dir=state/repos/acme/app.git update-ref refs/heads/\(WorkerYard.branch) \
          $(git --git-dir=saved rev-parse refs/heads/\(WorkerYard.branch))
        """)
    default:
      let run = try yard.live { $0.agent.sandbox.kind = .bubblewrap }
      let git = GitCommand(run)
      let workspace = Workspace(git: git)
      let checkout = Checkout(
        path: yard.workspace, repository: try workspace.repository(), baseBranch: "main",
        isComplete: true, isWalled: true)
      try WalledClone(git: git, checkout: checkout).adoptWorktree()
      if point == "link removed" {
        try yard.shell("mv state/workspaces/w42/.git state/workspaces/w42/.git-of-its-own")
      }
    }
    let result = try perform(yard, "echo more > more")
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result)")
    #expect(try files(yard) == "file more new work")
    #expect(try Files.list(yard.cache + "/worktrees") == [])
  }
}
