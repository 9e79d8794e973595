// Finds files that an agent that was locked in may have planted in its git directory, so that git
// outside the sandbox would write or read somewhere else for it: links, pipes, and the files by
// which a repository borrows from another. Git itself makes none of these in our repositories; a
// hook may have made some, so those that are there before a turn are written down and left alone.
// Our own git outside never looks there; people do, and hooks that the workflow wants outside.
// Called around each turn, before such a hook, and at the ends of a run, while no process of the
// agent lives.
import Glibc
import SymphonyCore
import SymphonyPlatform

enum PlantedFiles {
  private static let borrowing: Set<String> = [
    "commondir", "config.worktree", "gitdir", "objects/info/alternates",
    "objects/info/http-alternates",
  ]

  private struct Planted {
    var folder: Folder
    var name: FileName
    var what: String
  }

  /// Writes down, in the workspace's mark, what is there before an agent begins.
  static func keep(_ run: LiveRun) throws(RunStop) {
    guard let found = look(run) else { return }
    let path = run.spec.paths.createdMark
    var mark = try WorkspaceMark.read(path) ?? WorkspaceMark(runID: "")
    (mark.runID, mark.planted) = (run.spec.runID.text, found.mapValues(\.what))
    try mark.write(path)
  }

  /// The same, where nothing was written down yet: in a clone that was made of a worktree.
  static func keepFirst(_ run: LiveRun) throws(RunStop) {
    if try kept(run.spec.paths.createdMark) == nil { try keep(run) }
  }

  /// Removes what was not there before the last turn.
  ///
  /// Nothing where no turn was locked in yet.
  static func remove(_ run: LiveRun) throws(RunStop) {
    guard let found = look(run), let kept = try kept(run.spec.paths.createdMark) else { return }
    for (name, planted) in found.sorted(by: { $0.key < $1.key }) where kept[name] != planted.what {
      run.log(
        "removing \(name) from \(planted.folder.path): put there during a turn, and not by git")
      try platform { () throws(PlatformError) in try planted.folder.remove(planted.name) }
    }
  }

  private static func kept(_ mark: String) throws(RunStop) -> [String: String]? {
    try WorkspaceMark.read(mark)?.planted
  }

  /// By their names below the clone's git directory; nil without a wall, or such a directory.
  private static func look(_ run: LiveRun) -> [String: Planted]? {
    guard run.spec.agent.sandbox.kind != .none,
      let root = try? Folder(run.spec.paths.workspace).folder(FileName(".git"))
    else { return nil }
    var found: [String: Planted] = [:]
    look(in: root, "", &found)
    return found
  }

  private static func look(
    in folder: Folder, _ prefix: String, _ found: inout [String: Planted]
  ) {
    for name in (try? folder.names()) ?? [] {
      let shown = prefix + name.description
      switch (try? folder.facts(name))?.kind {
      case .folder:
        if let inner = try? folder.folder(name) { look(in: inner, shown + "/", &found) }
      case .file:
        guard borrowing.contains(shown) else { continue }
        let text = (try? folder.read(name, limit: 1 << 20)) ?? []
        found[shown] = Planted(folder: folder, name: name, what: "file " + StableHash.hex(text))
      case .link:
        let target = folder.linkTarget(name) ?? []
        found[shown] = Planted(
          folder: folder, name: name, what: "link " + String(decoding: target, as: UTF8.self))
      case nil: break
      case let kind?:
        found[shown] = Planted(folder: folder, name: name, what: kind.noun)
      }
    }
  }
}
