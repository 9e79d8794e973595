// The note that a run leaves in a bare repository when git says that nothing there is only there:
// who wants to remove the repository later goes by it and asks no git. It holds as long as the
// refs and the working trees are those it was written about; whoever brings the repository up to
// date takes it away.
import Glibc

package struct CacheNote: Sendable {
  /// The bare repository; absolute.
  package let cache: String
  package init(_ cache: String) { self.cache = cache }

  private var path: String { Files.join(cache, Self.name) }
  private static let name = "symphony-holds-nothing"
  /// What may hold a commit, by its name in the repository.
  private static let places = ["HEAD", "packed-refs", "refs", "reftable", "worktrees"]
  /// Looked at, at most; with more there is no note.
  private static let entries = 100_000

  /// Does nothing where there are too many refs to look at.
  package func write() throws(PlatformError) {
    guard let stamp = try stamp() else { return }
    try Files.writeAtomically(path, stamp)
  }

  package func remove() throws(PlatformError) { try Files.remove(path) }

  /// When it was written, in seconds since 1970; nil: there is none, or it holds no more.
  /// - Throws: when the repository cannot be looked at.
  package func validSince() throws(PlatformError) -> Int64? {
    let bytes: [UInt8]
    do throws(PlatformError) { bytes = try Files.readOwn(path) } catch {
      if error.isMissing { return nil }
      throw error
    }
    guard try stamp().map({ Array($0.utf8) }) == bytes else { return nil }
    return Files.modifiedSeconds(path)
  }

  /// A line for each file and directory; nil: there are too many.
  private func stamp() throws(PlatformError) -> String? {
    var lines: [String] = []
    let folder = try Folder(cache)
    for place in Self.places {
      guard try Self.add(FileName(place), of: folder, as: place, to: &lines) else { return nil }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func add(
    _ name: FileName, of folder: Folder, as path: String, to lines: inout [String]
  ) throws(PlatformError) -> Bool {
    guard let facts = try folder.facts(name) else { return true }
    if facts.kind == .folder {
      lines.append("\(path)/")
      let inner = try folder.folder(name)
      for entry in try inner.names(atMost: entries) {
        guard lines.count < entries,
          try add(entry, of: inner, as: "\(path)/\(entry)", to: &lines)
        else { return false }
      }
    } else {
      // Git replaces these files: another content is another inode.
      lines.append("\(path) \(facts.inode) \(facts.size) \(facts.modifiedSeconds)")
    }
    return true
  }
}
