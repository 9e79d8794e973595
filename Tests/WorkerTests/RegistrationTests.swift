// What the cache knows of worktrees, after kills, moves, absent disks and agents that meddle.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct RegistrationTests {
  private func entries(_ yard: WorkerYard) throws -> [String] {
    try Files.list(yard.cache + "/worktrees").sorted()
  }

  /// `git worktree add` locks its entry first; killed at any step, it leaves that.
  @Test(arguments: ["locked and missing", "no path yet", "half a tree"])
  func whatAKilledAddLeftIsRemoved(point: String) throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    let entry = "\(yard.cache)/worktrees/w42"
    try yard.shell("rm \(yard.workspace).created; echo initializing > \(entry)/locked")
    switch point {
    case "no path yet": try yard.shell("rm -r \(yard.workspace) \(entry)/gitdir \(entry)/HEAD")
    case "half a tree": try yard.shell("rm \(yard.workspace)/file \(entry)/index")
    default: try yard.shell("rm -r \(yard.workspace)")
    }
    let result = try yard.perform(commitScript)
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(result.commitsAhead == 2)
    #expect(try entries(yard) == ["w42"])
  }

  /// Also where git wrote the path without the link by which we know it.
  @Test func aPathBehindALinkIsKnown() throws {
    let yard = try WorkerYard()
    try yard.shell("mkdir -p disk; ln -s $YARD/disk state/workspaces")
    _ = try yard.perform(commitScript)
    #expect(Registration(cache: yard.cache, workspace: yard.workspace).directory != nil)
    #expect(try yard.perform(commitScript).commitsAhead == 2)
    #expect(try yard.cleanUp().removed)
    #expect(try !Files.exists(yard.cache + "/worktrees") || entries(yard) == [])
  }

  /// The workspaces of another root are on a disk that is not there now.
  @Test func othersStayRegistered() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    try yard.name("disk")
    let other = yard.path("disk/w43")
    let change: (inout RunSpec) -> Void = {
      $0.paths.workspace = other
      $0.git.branch = "symphony/acme_app_43"
      $0.git.ownsBranch = false
    }
    _ = try yard.perform(commitScript, change)
    try yard.shell("mv disk away; rm -r \(yard.workspace).created")
    #expect(try yard.perform("echo again").outcome == .succeeded)
    #expect(try yard.cleanUp().removed)
    try yard.shell("mv away disk")
    #expect(try yard.shell("git -C disk/w43 log -1 --format=%s") == "turn-1")
    #expect(try entries(yard) == ["w43"])
  }

  /// A moved root, a `.git` that was deleted, and one that names another item's entry.
  @Test(arguments: ["moved", "deleted", "another's", "emptied"])
  func whatCanBeMendedIsMended(how: String) throws {
    let yard = try WorkerYard()
    _ = try yard.perform(commitScript)
    let other: (inout RunSpec) -> Void = {
      $0.paths.workspace = yard.path("state/workspaces/w43")
      $0.git.branch = "symphony/acme_app_43"
      $0.git.ownsBranch = false
    }
    _ = try yard.perform(commitScript, other)
    var change: (inout RunSpec) -> Void = { _ in }
    switch how {
    case "moved":
      try yard.shell("mkdir new && mv state/workspaces/w42 state/workspaces/w42.created new")
      change = { $0.paths.workspace = yard.path("new/w42") }
    case "deleted": try yard.shell("rm state/workspaces/w42/.git")
    case "emptied": try yard.shell(": > state/workspaces/w42/.git")
    default: try yard.shell("cp state/workspaces/w43/.git state/workspaces/w42/.git")
    }
    let result = try yard.perform(commitScript, change)
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.commitsAhead == 2)
    #expect(!result.summary.contains("aside"))
    #expect(try yard.shell("git -C state/workspaces/w43 rev-list --count origin/main..HEAD") == "1")
    #expect(try entries(yard) == ["w42", "w43"])
  }
}
