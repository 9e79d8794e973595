// An item that came back after it was released begins at the base, and loses nothing by that.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct NewRoundTests {
  private let fresh: (inout RunSpec) -> Void = { $0.git.fresh = true }

  /// A first round that left one commit on the remote branch; then the base moved on.
  private func afterARound() throws -> (WorkerYard, old: String) {
    let yard = try WorkerYard()
    let first = try yard.perform(commitScript)
    #expect(first.fenced)
    try yard.shell(
      "cd seed && echo two >> file && git commit -qam two && git push -q ../remote.git main")
    return (yard, try yard.remoteTip())
  }

  private func expectOneCommitOnTheBase(_ yard: WorkerYard, _ result: RunResult) throws {
    #expect(result.outcome == .succeeded, "\(result.summary)")
    #expect(result.fenced)
    #expect(result.commitsAhead == 1)
    #expect(result.push == .pushed(head: try yard.remoteTip()))
    #expect(
      try yard.shell(
        "git --git-dir=remote.git rev-parse \(WorkerYard.branch)~1 main | uniq | wc -l")
        == "1")
  }

  @Test func aKeptWorkspaceIsPutBackToTheBase() throws {
    let (yard, _) = try afterARound()
    try yard.shell("echo dirt >> state/workspaces/w42/work")
    try expectOneCommitOnTheBase(yard, yard.perform("cat work file; \(commitScript)", fresh))
    #expect(yard.text("state/workspaces/w42/work") == "1\n")
  }

  @Test func aNewWorkspaceBeginsThereToo() throws {
    let (yard, _) = try afterARound()
    #expect(try yard.cleanUp().removed)
    try expectOneCommitOnTheBase(yard, yard.perform(commitScript, fresh))
  }

  @Test func aBranchDeletedAfterItsMergeIsRaisedAtTheBase() throws {
    let (yard, _) = try afterARound()
    try yard.shell("git --git-dir=remote.git update-ref -d refs/heads/\(WorkerYard.branch)")
    try expectOneCommitOnTheBase(yard, yard.perform(commitScript, fresh))
  }

  @Test func commitsThatWereNeverPushedAreKept() throws {
    let (yard, old) = try afterARound()
    try yard.shell("cd state/workspaces/w42 && git commit -q --allow-empty -m owed")
    let result = try yard.perform(commitScript, fresh)
    #expect(result.commitsAhead == 3)
    #expect(yard.logged.contains { $0.contains("was never pushed") })
    try yard.shell("git --git-dir=remote.git merge-base --is-ancestor \(old) \(WorkerYard.branch)")
  }

  @Test func aRoundThatCouldNotPushGoesOn() throws {
    let (yard, old) = try afterARound()
    let flag = yard.path("stop")
    yard.seams.signal = { Files.exists(flag) ? Signals.terminate : nil }
    let cut = try yard.perform("\(commitScript); touch $YARD/stop; sleep 600", fresh)
    #expect(cut.outcome == .cancelled)
    #expect(cut.fenced)
    #expect(try yard.remoteTip() == old)
    try Files.remove(flag)
    let next = try yard.perform("true")
    #expect(next.head == cut.head)
    try expectOneCommitOnTheBase(yard, next)
  }

  @Test func nothingNewReplacesNothing() throws {
    let (yard, old) = try afterARound()
    let idle = try yard.perform("true", fresh)
    #expect(idle.commitsAhead == 0)
    #expect(idle.push == .nothing)
    #expect(try yard.remoteTip() == old)
    try expectOneCommitOnTheBase(yard, yard.perform(commitScript))
  }

  @Test func aStrangersCommitDuringTheRoundIsNotOverwritten() throws {
    let (yard, _) = try afterARound()
    let push = """
      git clone -q remote.git theirs && cd theirs && git checkout -q origin/\(WorkerYard.branch)
      git -c user.name=p -c user.email=p@e commit -q --allow-empty -m theirs
      git push -q origin HEAD:refs/heads/\(WorkerYard.branch)
      """
    let result = try yard.perform("\(commitScript); cd $YARD; \(push)", fresh)
    #expect(
      result.push == .branchMoved(head: result.head ?? "", remote: try yard.remoteTip()))
  }
}
