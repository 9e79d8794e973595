// Keeps a repository that is fetched again and again small: git's own collection, and what killed
// gits left half written. Our gits never collect by themselves, because another run could be
// reading. Called while the cache's lock is held: when a workspace is prepared, before an agent is
// there, and at the end of a clean-up. A collection that fails costs room and nothing else.
import SymphonyCore
import SymphonyPlatform

extension FetchedRepository {
  /// Git's own bounds (git-gc(1)).
  private static let mostPacks = 50
  private static let mostLooseObjects = 6700
  /// A younger file may still be in writing.
  private static let staleSeconds: Int64 = 3600

  /// `patience`: how long to wait for the end of other runs of this repository: one that has done
  /// its work may just be writing its result.
  func collect(patience: Interval) throws(RunStop) {
    guard Files.exists(directory) else { return }
    let stale = staleFiles()
    let isDue = isLarge()
    guard isDue || !stale.isEmpty, try isAlone(patience) else { return }
    for path in stale {
      run.log("removing \(path), left half written by a git that was killed")
      try platform { () throws(PlatformError) in try Files.removeTree(path) }
    }
    guard isDue else { return }
    // Commits that no ref holds any more may be somebody's lost work: git keeps them for a month. A
    // workspace on a disk that is away stays registered.
    let settings = [
      "gc.auto=\(Self.mostLooseObjects)", "gc.autoPackLimit=\(Self.mostPacks)",
      "gc.autoDetach=false", "gc.pruneExpire=1.month.ago", "gc.worktreePruneExpire=never",
      "gc.cruftPacks=true", "gc.packRefs=true",
    ]
    let answer = try git.ask(
      settings.flatMap { ["-c", $0] } + ["gc", "--auto", "--quiet"], in: place,
      limit: .minutes(10))
    if !answer.isSuccess { run.log("\(path) is not collected: \(answer.complaint)") }
  }

  /// Leaves a note where nothing would be missed with the cache, so that a tick, which waits for no
  /// git, may remove it when nobody uses it any more.
  func noteRest() throws(RunStop) {
    guard isBare, Files.exists(directory) else { return }
    let worktrees = try platform { () throws(PlatformError) in
      try Files.list(Files.join(directory, "worktrees"))
    }
    guard worktrees.isEmpty else { return }
    // The remote has, or had, what lies behind these.
    let published = [
      "--remotes=origin", "--glob=\(RemoteBranch.pushedRef("*"))",
      "--glob=\(FenceMark.foreignRef("*"))",
    ]
    let found = try git.ask(["rev-list", "--max-count=1", "--all", "--not"] + published, in: place)
    guard found.isSuccess, found.text.isEmpty else { return }
    try platform { () throws(PlatformError) in try CacheNote(path).write() }
  }

  private func isAlone(_ patience: Interval) throws(RunStop) -> Bool {
    // A clone is its item's alone, and the item has one run.
    guard isBare else { return true }
    let end = Clock.monotonicMilliseconds() + patience.milliseconds
    while otherRunLives {
      guard Clock.monotonicMilliseconds() < end else { return false }
      try run.beat()
      Clock.sleep(milliseconds: 50)
    }
    return true
  }

  private var objects: String { Files.join(directory, "objects") }
  private func names(_ folder: String) -> [String] { (try? Files.list(folder)) ?? [] }

  /// Of the 256 folders of loose objects one is counted, as git does.
  private func isLarge() -> Bool {
    let packs = names(Files.join(objects, "pack")).filter { $0.hasSuffix(".pack") }.count
    let loose = names(Files.join(objects, "17")).count
    return packs > Self.mostPacks || loose > Self.mostLooseObjects / 256
  }

  /// Packs and objects under the names that git gives them until they are whole.
  private func staleFiles() -> [String] {
    var found: [String] = []
    for name in names(objects) {
      let folder = Files.join(objects, name)
      if name.hasPrefix("tmp_objdir-") || name.hasPrefix("incoming-") {
        found.append(folder)
      } else if name == "pack" || name.utf8.count == 2 {
        found += names(folder).filter { $0.hasPrefix("tmp_") || $0.hasPrefix(".tmp-") }
          .map { Files.join(folder, $0) }
      }
    }
    let now = Clock.wallMilliseconds() / 1000
    return found.filter { now - (Files.modifiedSeconds($0) ?? .max) > Self.staleSeconds }
  }
}
