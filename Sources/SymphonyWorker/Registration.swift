// Git's record of one worktree in a cache: a directory below worktrees/ (gitrepository-layout(5)).
// Found, mended and removed here one by one, for exactly one path: `git worktree prune` would also
// forget the workspaces of a disk that is not there just now, and passes over what a killed git has
// left locked. Called by Workspace, WalledClone and CleanUp while they hold the cache's lock.
import SymphonyCore
import SymphonyPlatform

struct Registration {
  let cache: String
  let workspace: String

  private var folder: String { Files.join(cache, "worktrees") }
  private var link: String { Files.join(workspace, ".git") }

  /// Nil: there is none.
  var directory: String? { directories.first }

  private var directories: [String] {
    let own = Self.real(link)
    return entries.filter { entry in
      guard let named = Self.named(entry) else { return false }
      return named == link || Self.real(named) == own
    }
  }

  private var entries: [String] {
    ((try? Files.list(folder)) ?? []).map { Files.join(folder, $0) }
  }

  /// All entries of a cache with the working trees that they name.
  static func all(in cache: String) -> [(entry: String, workspace: String)] {
    Registration(cache: cache, workspace: "/").entries.compactMap { entry in
      named(entry).map { (entry, Files.parent(of: $0)) }
    }
  }

  /// The file `.git` that an entry says it belongs to; nil: it says nothing.
  private static func named(_ entry: String) -> String? {
    guard let text = try? Files.readText(Files.join(entry, "gitdir"), limit: 8192) else {
      return nil
    }
    let path = text.trimmingWhitespace()
    return path.isEmpty ? nil : Files.absolute(path, from: entry)
  }

  /// Git writes paths without links in them.
  ///
  /// The last two parts may be gone.
  private static func real(_ link: String) -> String {
    let workspace = Files.parent(of: link)
    let parent = Files.parent(of: workspace)
    return Files.join(
      Files.join(Files.resolved(parent) ?? parent, Files.lastName(of: workspace)),
      Files.lastName(of: link))
  }

  /// Removes this one, however often it is there, also where somebody locked it.
  ///
  /// A git that was killed at its first step has left an entry that names no path yet: its name
  /// tells whose it is.
  /// - Returns: false where there was none.
  @discardableResult
  func remove() throws(PlatformError) -> Bool {
    let name = Files.lastName(of: workspace)
    let begun = entries.filter { entry in
      let rest = Files.lastName(of: entry)
      guard rest.hasPrefix(name), Self.named(entry) == nil else { return false }
      return rest.dropFirst(name.count).allSatisfy { ("0"..."9").contains($0) }
    }
    let all = directories + begun
    for entry in all { try Files.removeTree(entry) }
    return !all.isEmpty
  }

  /// Makes the workspace and its entry name each other again, where one of the two was moved or the
  /// workspace's file is gone or names another.
  ///
  /// `git worktree repair` would believe that file, and with it could turn another item's entry to
  /// this workspace.
  /// - Returns: false where nothing could be mended.
  func mend() throws(PlatformError) -> Bool {
    guard Files.isDirectory(workspace), Files.linkTarget(link) == nil, !Files.isDirectory(link)
    else { return false }
    if let directory {
      let text = "gitdir: \(directory)\n"
      if (try? Files.readText(link, limit: 8192)) == text { return false }
      try Files.writeAtomically(link, text)
      return true
    }
    // Moved together with its name: the old place is empty.
    let name = Files.lastName(of: workspace)
    let moved = entries.filter { entry in
      guard let old = Self.named(entry) else { return false }
      return Files.lastName(of: Files.parent(of: old)) == name && !Files.exists(old)
    }
    guard moved.count == 1, let entry = moved.first else { return false }
    try Files.writeAtomically(Files.join(entry, "gitdir"), Self.real(link) + "\n")
    try Files.writeAtomically(link, "gitdir: \(entry)\n")
    return true
  }
}
