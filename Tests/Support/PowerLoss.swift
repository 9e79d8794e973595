// What a power loss leaves of the files that processes of a test wrote, by the record of their
// deeds: a name that was made, given or taken away is durable once its directory is synced, and
// bytes once their file is. Two worlds can follow, and a test tries both. SQLite's files and git's
// own count as durable: both sync what they write (PRAGMA synchronous, core.fsync).
import SymphonyPlatform

package struct PowerLoss {
  package enum World: String, CaseIterable, Sendable {
    /// Names that no sync of their directory made durable are as they were before.
    case undone
    /// Names are there, and files that nobody synced are empty.
    case emptied
  }

  private enum Change {
    case made
    case renamed(from: String, old: String?)
    case removed(old: String?)
  }

  /// In the order in which they were done.
  private var changes: [(path: String, change: Change)] = []
  private var unsynced: Set<String> = []

  /// `deeds`: all that were done since the files were durable the last time.
  package init(after deeds: [Faults.Deed]) {
    for deed in deeds where !deed.isOrdered { note(deed) }
  }

  private mutating func note(_ deed: Faults.Deed) {
    switch deed.kind {
    case .create, .folder:
      changes.append((deed.what, .made))
      if deed.kind == .create { unsynced.insert(deed.what) }
    case .link: changes.append((deed.more, .made))
    case .write, .overwrite, .shorten, .hole: unsynced.insert(deed.what)
    case .sync:
      unsynced.remove(deed.what)
      changes.removeAll { Files.parent(of: $0.path) == deed.what }
    case .rename:
      follow(deed.what, deed.more)
      changes.append((deed.more, .renamed(from: deed.what, old: deed.old)))
    case .remove:
      unsynced.remove(deed.what)
      changes.append((deed.what, .removed(old: deed.old)))
    // All three of a file that is written by a clock have this name; it is never synced.
    case .progress:
      if deed.more.isEmpty {
        unsynced.insert(deed.what)
      } else {
        follow(deed.what, deed.more)
        changes.append((deed.more, .renamed(from: deed.what, old: deed.old)))
      }
    // SQLite syncs what it writes.
    case .commit: unsynced.remove(deed.what)
    // Of the lease, whose bytes mean nothing after a restart; the rest are no files.
    case .pulse, .spawn, .git, .question, .exec, .signal, .request, .answer, .tell, .log,
      .notify:
      break
    }
  }

  /// What is known of a file or of all below a directory goes with its name.
  private mutating func follow(_ path: String, _ target: String) {
    func moved(_ other: String) -> String {
      other == path || other.hasPrefix(path + "/") ? target + other.dropFirst(path.count) : other
    }
    unsynced = Set(unsynced.map(moved))
    changes = changes.map { ($0.path == path ? path : moved($0.path), $0.change) }
  }

  /// Makes the world so; `old`: where fault.c kept what was taken away.
  /// - Returns: the names and files that are not as they were.
  @discardableResult
  package func happen(_ world: World, old: String) throws -> [String] {
    switch world {
    case .emptied:
      let lost = unsynced.filter { (Files.size($0) ?? 0) > 0 && !Files.isDirectory($0) }
      for path in lost { try FileLock.take(path)?.replace("") }
      return lost.sorted()
    case .undone:
      var lost: [String] = []
      for (path, change) in changes.reversed() where try undo(path, change, old) {
        lost.append(path)
      }
      return lost
    }
  }

  private func undo(_ path: String, _ change: Change, _ old: String) throws -> Bool {
    func bringBack(_ name: String?) throws {
      guard let name else { return }
      let kept = Files.join(old, name)
      if Files.exists(kept), !Files.exists(path), Files.isDirectory(Files.parent(of: path)) {
        try Files.move(kept, to: path)
      }
    }
    switch change {
    case .made:
      guard Files.exists(path) else { return false }
      try Files.removeTree(path)
    case .renamed(let from, let name):
      guard Files.exists(path), !Files.exists(from), Files.isDirectory(Files.parent(of: from))
      else {
        return false
      }
      try Files.move(path, to: from)
      try bringBack(name)
    case .removed(let name):
      guard name != nil, !Files.exists(path) else { return false }
      try bringBack(name)
    }
    return true
  }
}
