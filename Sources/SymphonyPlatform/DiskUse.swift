// Bytes that a directory takes up. Bounded: a tick may ask, and an agent decides how many files
// there are.

package struct DiskUse: Hashable, Sendable {
  /// On the disk, not as the files tell their lengths; a file with two names counts twice.
  package var bytes: Int64 = 0
  /// False: there are more entries than could be looked at, or some that may not be.
  package var isWhole = true
  package init() {}

  /// Of a directory and everything in it, through no link; of one that is missing nothing.
  ///
  /// `exceptions`: paths of directories that are left out. `entries`: looked at, at most.
  package init(of path: String, except exceptions: Set<String> = [], entries: Int) {
    guard Files.exists(path) else { return }
    var left = entries
    do throws(PlatformError) {
      try add(try Folder(path), exceptions, depth: 0, &left)
    } catch {
      isWhole = false
    }
  }

  /// Each level holds a descriptor.
  private static let deepest = 100

  private mutating func add(
    _ folder: Folder, _ exceptions: Set<String>, depth: Int, _ left: inout Int
  ) throws(PlatformError) {
    // One more than may be looked at tells that there are more.
    for name in try folder.names(atMost: left + 1) {
      guard left > 0 else {
        isWhole = false
        return
      }
      left -= 1
      // Agents and git remove files meanwhile.
      guard let facts = try folder.facts(name) else { continue }
      if facts.kind == .folder, exceptions.contains(folder.path(of: name)) { continue }
      bytes += facts.diskBytes
      guard facts.kind == .folder else { continue }
      guard depth < Self.deepest else {
        isWhole = false
        continue
      }
      do throws(PlatformError) {
        try add(try folder.folder(name), exceptions, depth: depth + 1, &left)
      } catch {
        // What is gone takes up nothing; what may not be read may.
        isWhole = isWhole && error.isMissing
      }
    }
  }
}
