// Several items share one cache: what each agent made is known for its own, also while others work
// there, and nobody publishes the commits of another.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct SharedCacheTests {
  private let single: (inout RunSpec) -> Void = { $0.agent.maxTurns = 1 }
  private static let commit = "echo $TURN > mine; git add .; git commit -qm mine"

  /// Another item's run that lives as long as what is returned.
  private func neighbour(_ yard: WorkerYard) throws -> FileLock {
    let run = RunID("w43-\(Files.lastName(of: yard.root))-r1")
    let spec = yard.spec("true") {
      $0.runID = run
      $0.paths.run = yard.path("state/runs/\(run)")
      $0.paths.workspace = yard.path("state/workspaces/w43")
    }
    let files = RunDirectory(path: spec.paths.run)
    try Files.makeDirectories(files.path)
    try files.writeSpec(spec)
    return try #require(try FileLock.take(files.lease))
  }

  @Test(arguments: [
    "git checkout -q -b other; \(commit); git checkout -q -",
    "\(commit); git checkout -q --detach origin/main",
    "git worktree add -q -b other tree; cd tree; \(commit); cd ..",
  ])
  func whatAnAgentMadeIsDeliveredWhileOthersWork(script: String) throws {
    let yard = try WorkerYard()
    let other = try neighbour(yard)
    defer { _ = other.isIntact }
    let result = try yard.perform(script) {
      single(&$0)
      $0.git.ownsBranch = false
    }
    #expect(result.push == .pushed(head: try yard.remoteTip()), "\(result)")
    #expect(result.commitsAhead == 1)
  }

  /// A commit that no working tree was at: nobody can say whose it is, so it is named at least.
  @Test func whatNobodyCanTellIsKeptAndNamedWhileOthersWork() throws {
    let yard = try WorkerYard()
    let other = try neighbour(yard)
    defer { _ = other.isIntact }
    let result = try yard.perform(
      "git branch other $(git commit-tree -p HEAD -m plumbing HEAD^{tree})", single)
    let made = try yard.shell("git -C \(yard.cache) rev-parse other")
    #expect(result.push == .nothing, "\(result)")
    #expect(result.kept.first?.contains(made.prefix(12)) == true, "\(result)")
  }

  /// Of an agent of another item, which has ended by the time this run does.
  private static let neighbours =
    "git -C $YARD/state/repos/acme/app.git worktree add -q -b symphony/acme_app_43 "
    + "$YARD/state/workspaces/w43 origin/main; cd $YARD/state/workspaces/w43; "
    + "git checkout -q -b theirs; \(commit)"

  @Test(arguments: [
    "git checkout -q -",
    "git checkout -q -; git merge -q theirs; cd ..; rm -r w43",
    "git update-ref refs/symphony/kept/symphony/acme_app_43/0 HEAD; cd ..; rm -r w43",
  ])
  func whatAnotherAgentMadeIsNotPublished(end: String) throws {
    let yard = try WorkerYard()
    let forget = "git -C $YARD/state/repos/acme/app.git worktree prune"
    let result = try yard.perform("\(Self.neighbours); \(end); \(forget)", single)
    #expect(result.push == .nothing, "\(result)")
    #expect(try yard.remoteTip() == yard.remoteTip("main"))
    #expect(try yard.shell("git -C \(yard.cache) rev-parse theirs") != yard.remoteTip("main"))
  }

  /// All items of a cache have one stash.
  @Test func theStashOfAnotherItemIsNotNamed() throws {
    let yard = try WorkerYard()
    let result = try yard.perform(
      "\(Self.neighbours); git checkout -q -; echo x > file; git stash -q", single)
    #expect(try yard.shell("git -C \(yard.cache) rev-parse refs/stash") != "")
    #expect(result.kept == [])
  }

  /// A person's folder for workspaces may be reached through a link.
  @Test func whatAnotherItemHasCheckedOutIsNotTakenInBehindALink() throws {
    let yard = try WorkerYard()
    try yard.shell("mkdir real; ln -s ../real state/workspaces")
    let result = try yard.perform(Self.neighbours, single)
    #expect(result.push == .nothing, "\(result)")
    #expect(result.kept == [])
  }

  // MARK: A workspace that is gone, or was spoilt

  /// Commits on no branch: only the cache's entry of the working tree knows them.
  @Test(arguments: ["rm -r $YARD/state/workspaces/w42", "mv $YARD/state/workspaces/w42 $YARD/away"])
  func commitsOutliveTheirWorkspace(end: String) throws {
    let yard = try WorkerYard()
    let script = "git checkout -q --detach; \(Self.commit); git rev-parse HEAD > $YARD/made; cd /"
    let failed = try yard.perform("\(script); \(end)", single)
    #expect(failed.outcome == .failed, "\(failed)")
    let next = try yard.perform("true", single)
    #expect(next.push == .pushed(head: try yard.remoteTip()), "\(next)")
    #expect(try yard.remoteTip() + "\n" == yard.text("made"))
  }

  @Test func aCleanUpKeepsTheCommitsOfAWorkspaceThatIsGone() throws {
    let yard = try WorkerYard()
    _ = try yard.perform(
      "git checkout -q --detach; \(Self.commit); git rev-parse HEAD > $YARD/made; cd /; "
        + "rm -r $YARD/state/workspaces/w42", single)
    let cleaned = try yard.cleanUp(single)
    #expect(cleaned.removed, "\(cleaned)")
    #expect(cleaned.kept.first?.contains(yard.text("made").prefix(12)) == true, "\(cleaned)")
  }

  @Test func whatASpoiltWorkspacesAgentLeftOnOtherBranchesIsNotForgotten() throws {
    let yard = try WorkerYard()
    let failed = try yard.perform(
      "git checkout -q -b other; \(Self.commit); git checkout -q -; rm .git; git init -q", single)
    #expect(failed.code == "workspace_broken", "\(failed)")
    let made = try yard.shell("git -C \(yard.cache) rev-parse other")
    let next = try yard.perform("true", single)
    #expect(next.kept.contains { $0.contains(made.prefix(12)) }, "\(next)")
  }
}
