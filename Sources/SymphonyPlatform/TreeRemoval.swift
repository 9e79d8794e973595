// Removes whole trees, which an agent or another user may have built to be in the way: names that
// are no text, directories nobody may enter, thousands of levels, entries that turn into links
// while they are looked at. Nothing outside the tree is opened, changed or removed. Clean-ups, the
// sweeping of runs and the tidying of the state directory call it.
import Glibc

extension Files {
  /// Removes a tree without following links; a missing one is fine, also where its folder is a
  /// file.
  package static func removeTree(_ path: String) throws(PlatformError) {
    let above: Folder
    do throws(PlatformError) { above = try Folder(parent(of: path)) } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return }
      throw PlatformError("remove", path, error.errno)
    }
    try above.removeTree(FileName(lastName(of: path)))
  }

  /// Removes a tree so that a kill in the middle leaves none that looks whole: first it gets a name
  /// that says so, also for after a power loss.
  ///
  /// What an earlier removal of the same left goes with it; a missing one is fine.
  package static func removeAside(_ path: String) throws(PlatformError) {
    let doomed = path + removedSuffix
    try removeTree(doomed)
    guard exists(path) else { return }
    try move(path, to: doomed)
    try syncDirectory(parent(of: path))
    try removeTree(doomed)
  }

  /// The end of a name under which something is being removed.
  package static let removedSuffix = ".removed"
}

extension Folder {
  /// Removes a file, a link or a directory with all that is in it; a missing one is fine.
  package func removeTree(_ name: FileName) throws(PlatformError) {
    if try removeUnlessFolder(name) { return }
    guard let top = try enterForRemoval(name) else { return }
    try top.empty(below: top, level: 0)
    try removeEmptyFolder(name)
  }

  /// Deeper than this a directory is brought up to the top instead of being entered: a descriptor
  /// is held for each level, and an agent may have made any number of levels.
  private static let deepest = 32
  /// Names held at a time.
  private static let batch = 65536

  private func empty(below top: Folder, level: Int) throws(PlatformError) {
    while true {
      let names = try names(atMost: Folder.batch)
      if names.isEmpty { return }
      for name in names where try !removeUnlessFolder(name) {
        guard let inner = try enterForRemoval(name) else { continue }
        if level >= Folder.deepest {
          let target = FileName.temporary()
          let moved = Disk.rename(
            descriptor, name.pointed, to: top.descriptor, target.pointed, path(of: name),
            top.path(of: target))
          guard moved == 0 else { throw PlatformError("remove", path(of: name), errno) }
          continue
        }
        try inner.empty(below: top, level: level + 1)
        try removeEmptyFolder(name)
      }
    }
  }

  /// False: it is a directory.
  private func removeUnlessFolder(_ name: FileName) throws(PlatformError) -> Bool {
    if Disk.remove(descriptor, name.pointed, path(of: name)) == 0 || errno == ENOENT { return true }
    let failed = errno
    if failed == EISDIR { return false }
    if failed == EPERM, try facts(name)?.kind == .folder { return false }
    throw PlatformError("remove", path(of: name), failed)
  }

  private func removeEmptyFolder(_ name: FileName) throws(PlatformError) {
    let removed = Disk.remove(
      descriptor, name.pointed, flags: AT_REMOVEDIR, path(of: name))
    if removed != 0, errno != ENOENT { throw PlatformError("remove", path(of: name), errno) }
  }

  /// Opens a directory and gives its owner all rights to it, through its descriptor: by its name
  /// the rights could go to whatever a link leads to by then.
  ///
  /// Nil: it has become something else, which the next look removes.
  private func enterForRemoval(_ name: FileName) throws(PlatformError) -> Folder? {
    let flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    var opened = openat(descriptor, name.pointed, flags | O_RDONLY)
    if opened < 0, errno == EACCES {
      let held = openat(descriptor, name.pointed, flags | Folder.placeOnly)
      guard held >= 0 else { throw PlatformError("remove", path(of: name), errno) }
      defer { close(held) }
      // chmod(2) through the descriptor: fchmod(2) does not take one of this kind.
      chmod("/proc/self/fd/\(held)", 0o700)
      opened = openat(held, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    if opened < 0, errno == ENOENT || errno == ENOTDIR || errno == ELOOP {
      try remove(name)
      return nil
    }
    guard opened >= 0 else { throw PlatformError("remove", path(of: name), errno) }
    let inner = Folder(descriptor: opened, path: path(of: name))
    var found = stat()
    if fstat(opened, &found) == 0, found.st_mode & 0o700 != 0o700 { fchmod(opened, 0o700) }
    return inner
  }
}
