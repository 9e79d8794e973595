// What a power loss leaves of a repository: empty refs, objects and indexes. It is mended from what
// is still known, no whole commit is lost, and it never passes for a remote that is out of reach.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct DamagedCacheTests {
  private let single: (inout RunSpec) -> Void = { $0.agent.maxTurns = 1 }
  private let other: @Sendable (inout RunSpec) -> Void = {
    $0.paths.workspace += "-other"
    $0.git.branch = "symphony/acme_app_43"
    $0.git.ownsBranch = false
  }
  private static let commit = "echo $TURN > mine; git add .; git commit -qm mine"
  private static let ref = "refs/heads/\(WorkerYard.branch)"
  /// Commits that no remote has, in the workspace of a worker that was killed.
  private func unpushed(_ yard: WorkerYard, worktree: Bool = true) throws -> String {
    _ = try yard.perform(Self.commit) {
      single(&$0)
      $0.git.settings.useWorktrees = worktree
    }
    return try yard.shell(
      "cd '\(yard.workspace)'; git commit -q --allow-empty -m more; git rev-parse HEAD")
  }

  @Test(
    arguments: [
      ": > \(ref)", "head -c 41 /dev/zero > \(ref)", "echo x > \(ref)", "rm \(ref)",
      "echo 1111111111111111111111111111111111111111 > \(ref)",
      "git pack-refs --all; echo nonsense >> packed-refs",
      "git pack-refs --all; : > packed-refs",
      ": > \(ref); : > refs/remotes/origin/main",
    ], [true, false])
  func aBranchComesBackFromTheJournal(damage: String, isOthers: Bool) throws {
    let yard = try WorkerYard()
    let head = try unpushed(yard)
    try yard.shell("cd '\(yard.cache)'; \(damage)")
    if isOthers {
      let result = try yard.perform(Self.commit) {
        single(&$0)
        other(&$0)
      }
      #expect(result.outcome == .succeeded, "\(result)")
    }
    let result = try yard.perform("true", single)
    #expect(result.outcome == .succeeded, "\(result)")
    #expect(result.push == .pushed(head: head), "\(result)")
    #expect(try yard.remoteTip() == head)
  }

  @Test func anEmptyObjectOfTheRemoteIsFetchedAgain() throws {
    let yard = try WorkerYard()
    let head = try unpushed(yard)
    try yard.shell(
      """
      cd '\(yard.cache)'; c=$(git rev-parse refs/remotes/origin/main)
      o=objects/$(echo $c | cut -c1-2)/$(echo $c | cut -c3-); chmod u+w $o; : > $o
      """)
    let result = try yard.perform("true", single)
    #expect(result.push == .pushed(head: head), "\(result)")
  }

  /// The last commit cannot be had any more: the one before it can, and the loss is told.
  @Test func aDamagedCommitIsNamed() throws {
    let yard = try WorkerYard()
    let head = try unpushed(yard)
    try yard.shell(
      """
      cd '\(yard.cache)'; c=\(head)
      o=objects/$(echo $c | cut -c1-2)/$(echo $c | cut -c3-); chmod u+w $o; : > $o
      """)
    let result = try yard.perform(commitScript, single)
    #expect(result.outcome == .succeeded, "\(result)")
    #expect(result.kept.contains { $0.contains(head.prefix(12)) }, "\(result.kept)")
    #expect(try yard.remoteTip() == result.head)
  }

  /// Packs that are cut off: the remote has its commits yet, and those of nobody else are told.
  @Test func lostObjectsAreNotARemoteOutOfReach() throws {
    let yard = try WorkerYard()
    let head = try unpushed(yard)
    try yard.shell(
      """
      cd '\(yard.cache)'; git gc -q
      for f in objects/pack/*.pack; do chmod u+w $f; head -c 20 $f > x; mv x $f; done
      """)
    let result = try yard.perform("true", single)
    #expect(result.outcome == .succeeded, "\(result)")
    #expect(result.kept.contains { $0.contains(head.prefix(12)) }, "\(result.kept)")
  }

  /// The remote says the same words about itself; the repository here is sound, and stays as it is.
  @Test func aDamagedRemoteIsTheRemotesTrouble() throws {
    let yard = try WorkerYard()
    _ = try unpushed(yard)
    try yard.shell(
      """
      cd seed; echo two > file; git commit -qam two; git push -q ../remote.git main
      cd ../remote.git; b=$(git rev-parse main:file)
      rm -f objects/$(echo $b | cut -c1-2)/$(echo $b | cut -c3-)
      """)
    let result = try yard.perform("true", single)
    #expect(result.code == "remote_failed", "\(result)")
    #expect(result.kept == [])
    #expect(!yard.logged.contains { $0.contains("is damaged") })
  }

  /// Nothing lives in it, but its commits may be nowhere else.
  @Test func anUnreadableCacheIsMovedAside() throws {
    let yard = try WorkerYard()
    _ = try unpushed(yard)
    try yard.shell("rm -r '\(yard.cache)/worktrees' '\(yard.workspace)'*; rm '\(yard.cache)/HEAD'")
    let result = try yard.perform(commitScript, single)
    #expect(result.outcome == .succeeded, "\(result)")
    let aside = "\(yard.cache).damaged-\(yard.directory.path.split(separator: "/").last ?? "")"
    #expect(Files.isDirectory(aside + "/objects"))
    #expect(result.kept.contains { $0.contains(aside) }, "\(result.kept)")
  }

  @Test(arguments: [": > index", "echo junk > index", "rm index; mkdir index"], [true, false])
  func anUnreadableIndexIsMadeAnew(damage: String, isWorktree: Bool) throws {
    let yard = try WorkerYard()
    let head = try unpushed(yard, worktree: isWorktree)
    try yard.shell(
      """
      cd '\(yard.workspace)'; echo changed > file; echo new > new; git add new
      cd $(git rev-parse --absolute-git-dir); \(damage)
      """)
    let result = try yard.perform("git status --porcelain > $YARD/seen") {
      single(&$0)
      $0.git.settings.useWorktrees = isWorktree
    }
    #expect(result.outcome == .succeeded, "\(result)")
    #expect(yard.text("seen").contains(" M file") && yard.text("seen").contains("?? new"))
    let count = try yard.shell("git --git-dir=remote.git log --format=%H \(Self.ref)")
    #expect(count.contains(head), "\(result)")
    #expect(yard.logged.contains { $0.contains("index of") && $0.contains("made anew") })
  }
}
