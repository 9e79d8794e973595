// What an agent that was locked in may have planted in its git directory, so that git outside the
// sandbox would write or read somewhere else for it: links, pipes, and the files by which a
// repository borrows from another. Git itself makes none of these in our repositories; a hook may
// have made some, so those that are there before a turn are written down and left alone. Called by
// TurnLoop around each turn, and before every git command and hook, while no process of the agent
// lives.
import Glibc
import SymphonyCore
import SymphonyPlatform

enum PlantedFiles {
  private static let borrowing: Set<String> = [
    "commondir", "config.worktree", "gitdir", "objects/info/alternates",
    "objects/info/http-alternates",
  ]

  /// Writes down, in the workspace's mark, what is there before an agent begins.
  static func keep(_ run: LiveRun) throws(RunStop) {
    guard let root = root(run) else { return }
    var found: [String: String] = [:]
    look(at: root, "", &found)
    let path = run.spec.paths.createdMark
    var mark = WorkspaceMark.read(path) ?? WorkspaceMark(runID: "")
    (mark.runID, mark.planted) = (run.spec.runID.text, found)
    try mark.write(path)
  }

  /// Removes what was not there before the last turn. Nothing where no turn was locked in yet.
  static func remove(_ run: LiveRun) throws(RunStop) {
    guard let root = root(run), let kept = WorkspaceMark.read(run.spec.paths.createdMark)?.planted
    else { return }
    var found: [String: String] = [:]
    look(at: root, "", &found)
    for (name, what) in found.sorted(by: { $0.key < $1.key }) where kept[name] != what {
      run.log("removing \(name) from \(root): it was put there during a turn, and not by git")
      try platform { () throws(PlatformError) in try Files.remove(Files.join(root, name)) }
    }
  }

  /// The git directory to look through: its own, or the shared one of a worktree that is older than
  /// the sandbox. The file that names it cannot be written inside.
  private static func root(_ run: LiveRun) -> String? {
    if run.spec.agent.sandbox.kind == .none { return nil }
    let workspace = run.spec.paths.workspace
    let place = Files.join(workspace, ".git")
    if kind(of: place) == S_IFDIR { return place }
    guard kind(of: place) == S_IFREG, let text = try? Files.readText(place, limit: 8192),
      text.hasPrefix("gitdir: ")
    else { return nil }
    let own = Files.absolute(text.dropFirst("gitdir: ".count).trimmingWhitespace(), from: workspace)
    let folder = Files.parent(of: own)
    return Files.lastName(of: folder) == "worktrees" ? Files.parent(of: folder) : nil
  }

  /// Names below the git directory, with what each is.
  private static func look(at folder: String, _ prefix: String, _ found: inout [String: String]) {
    for name in (try? Files.list(folder)) ?? [] {
      let (path, shown) = (Files.join(folder, name), prefix + name)
      switch kind(of: path) {
      case S_IFDIR: look(at: path, shown + "/", &found)
      case S_IFREG:
        guard borrowing.contains(shown) else { continue }
        found[shown] = "file " + StableHash.hex((try? Files.readText(path)) ?? "")
      case S_IFLNK: found[shown] = "link " + (Files.linkTarget(path) ?? "")
      case nil: break
      case let kind?: found[shown] = "kind \(kind)"
      }
    }
  }

  /// Of the file itself, not of what a link leads to; nil when it is gone.
  private static func kind(of path: String) -> mode_t? {
    var found = stat()
    return lstat(path, &found) == 0 ? found.st_mode & S_IFMT : nil
  }
}
