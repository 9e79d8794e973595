// What an agent that was locked in may have planted in its git directory, so that git outside the
// sandbox would write or read somewhere else for it: links, pipes, and the files by which a
// repository borrows from another. Git itself makes none of these in our repositories. Called
// before every git command of the worker on such a workspace, while no process of the agent lives.
import Glibc
import SymphonyCore
import SymphonyPlatform

enum PlantedFiles {
  private static let borrowing: Set<String> = [
    "commondir", "config.worktree", "gitdir", "objects/info/alternates",
    "objects/info/http-alternates",
  ]

  /// - Parameter workspace: absolute.
  static func remove(below workspace: String, _ run: LiveRun) throws(RunStop) {
    guard let root = repository(of: workspace) else { return }
    var planted: [String] = []
    look(at: root, "", &planted)
    for name in planted {
      run.log("removing \(name) from \(root): git did not make it")
      try platform { () throws(PlatformError) in try Files.remove(Files.join(root, name)) }
    }
  }

  /// Its own git directory, or the shared one of a worktree that is older than the sandbox. The
  /// file that names it cannot be written inside.
  private static func repository(of workspace: String) -> String? {
    let place = Files.join(workspace, ".git")
    if kind(of: place) == S_IFDIR { return place }
    guard kind(of: place) == S_IFREG, let text = try? Files.readText(place, limit: 8192),
      text.hasPrefix("gitdir: ")
    else { return nil }
    let own = Files.absolute(text.dropFirst("gitdir: ".count).trimmingWhitespace(), from: workspace)
    let folder = Files.parent(of: own)
    return Files.lastName(of: folder) == "worktrees" ? Files.parent(of: folder) : nil
  }

  private static func look(at folder: String, _ prefix: String, _ planted: inout [String]) {
    for name in (try? Files.list(folder)) ?? [] {
      let (path, shown) = (Files.join(folder, name), prefix + name)
      switch kind(of: path) {
      case S_IFDIR: look(at: path, shown + "/", &planted)
      case S_IFREG: if borrowing.contains(shown) { planted.append(shown) }
      case nil: break
      default: planted.append(shown)
      }
    }
  }

  /// Of the file itself, not of what a link leads to; nil when it is gone.
  private static func kind(of path: String) -> mode_t? {
    var found = stat()
    return lstat(path, &found) == 0 ? found.st_mode & S_IFMT : nil
  }
}
