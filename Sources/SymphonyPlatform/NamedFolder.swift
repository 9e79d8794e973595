// A directory that a person named for our work, perhaps on a disk of its own. It is never made
// where it is missing: on a disk that is not mounted the work of others would seem to be gone, and
// would be begun anew on the mount point. The tick and doctor ask before anything is launched, the
// worker before it believes that something is gone.

package struct NamedFolder: Sendable {
  package let path: String
  package init(_ path: String) { self.path = path }

  /// A file that we leave in each: an empty mount point lacks it.
  package static let markName = ".symphony-root"
  private var mark: String { Files.join(path, Self.markName) }

  /// False for the places of caches and workspaces that are ours to make.
  package func isNamed(inState directory: String) -> Bool {
    path != Files.join(directory, "repos") && path != Files.join(directory, "workspaces")
  }

  /// Why nothing may be looked for or made in the directory, as a sentence about its path; nil: it
  /// is there.
  ///
  /// With `wasUsed` we worked in it before, so that it carries our mark. An earlier version left no
  /// mark: one of `paths`, places of ours in it, tells as much.
  package func absence(wasUsed: Bool, orHas paths: [String] = []) -> String? {
    guard Files.isDirectory(path) else {
      if let target = Files.linkTarget(path), !Files.exists(Files.resolved(path) ?? "") {
        return "\(path) leads to \(target), which is not there"
      }
      return Files.exists(path) ? "\(path) is not a directory" : "\(path) is not there"
    }
    if !wasUsed || Files.exists(mark) || paths.contains(where: Files.exists) { return nil }
    return "nothing of what symphony left in \(path) is there"
  }

  /// Leaves the mark: an empty directory in its place is known as another one from now on.
  package func leaveMark() throws(PlatformError) {
    if Files.exists(mark) { return }
    try Files.writeAtomically(mark, "symphony works here; this file tells that the disk is there\n")
  }
}
