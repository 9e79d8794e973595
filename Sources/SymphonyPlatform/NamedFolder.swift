// A directory that a person named for our work, perhaps on a disk of its own. It is never made
// where it is missing: on a disk that is not mounted the work of others would seem to be gone, and
// would be begun anew on the mount point. The tick and doctor ask before anything is launched, the
// worker before it believes that something is gone.

public struct NamedFolder: Sendable {
  public let path: String
  public init(_ path: String) { self.path = path }

  /// A file that we leave in each: an empty mount point lacks it.
  public static let markName = ".symphony-root"
  private var mark: String { Files.join(path, Self.markName) }

  /// False for the places of caches and workspaces that are ours to make.
  public func isNamed(inState directory: String) -> Bool {
    path != Files.join(directory, "repos") && path != Files.join(directory, "workspaces")
  }

  /// Why nothing may be looked for or made in it, a sentence about its path; nil: it is there.
  /// - Parameter wasUsed: we worked in it before: then something of ours has to be in it.
  public func absence(wasUsed: Bool) -> String? {
    guard Files.isDirectory(path) else {
      return Files.exists(path) || Files.linkTarget(path) != nil
        ? "\(path) is not a directory" : "\(path) is not there"
    }
    guard wasUsed, !Files.exists(mark) else { return nil }
    do throws(PlatformError) {
      let isEmpty = try Files.list(path).allSatisfy { $0 == "lost+found" }
      return isEmpty ? "\(path) is empty, and what symphony left in it is gone" : nil
    } catch { return error.description }
  }

  /// Leaves the mark: from now on an empty directory in its place is another one.
  public func leaveMark() throws(PlatformError) {
    if Files.exists(mark) { return }
    try Files.writeAtomically(mark, "symphony works here; this file tells that the disk is there\n")
  }
}
