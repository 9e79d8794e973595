// Writing by path, for every module: replaced at once and durably, or appended. A file that is
// written is never reached through a link in its last name. The directories above it are the
// operator's or ours; where an enemy may make those too, Folder is the tool.
import CSymphonyPlatform
import Glibc

extension Files {
  /// Writes beside the target, syncs, renames over it and syncs the directory: a reader sees the
  /// old file or the new one, also after power loss.
  ///
  /// A link at `path` is replaced, not followed.
  package static func writeAtomically(
    _ path: String, _ text: String, mode: mode_t = 0o600, durable: Bool = true,
    as deed: FaultPoint? = nil
  ) throws(PlatformError) {
    do throws(PlatformError) {
      let name = try FileName(lastName(of: path))
      try Folder(parent(of: path)).write(
        name, Array(text.utf8), mode: mode, durable: durable, as: deed)
    } catch {
      let operation = error.operation == "open" ? "write" : error.operation
      throw PlatformError(operation, path, error.errno, why: error.why)
    }
  }

  /// Writes a file that must not be there yet (EEXIST), whole or not at all.
  package static func create(_ path: String, _ text: String, mode: mode_t) throws(PlatformError) {
    try Folder(parent(of: path)).create(FileName(lastName(of: path)), Array(text.utf8), mode: mode)
  }

  /// Appends to a regular file, creating it with `mode`.
  ///
  /// Throws ELOOP for a link.
  package static func append(_ path: String, _ text: String, mode: mode_t = 0o600)
    throws(PlatformError)
  {
    let flags = O_WRONLY | O_CREAT | O_APPEND
    let descriptor = try openOwn(path, flags, "append to", mode: mode)
    defer { close(descriptor) }
    try writeAll(descriptor, Array(text.utf8), path)
  }

  static func writeAll(_ descriptor: Int32, _ bytes: [UInt8], _ path: String) throws(PlatformError)
  {
    if Disk.write(descriptor, bytes, path) < 0 { throw PlatformError("write", path, errno) }
  }

  /// Gives a file or directory to another user, which only root may; a link itself, not its target.
  package static func give(_ path: String, to user: UInt32) throws(PlatformError) {
    guard lchown(path, user, gid_t.max) == 0 else { throw PlatformError("give", path, errno) }
  }

  package static func syncDirectory(_ path: String) throws(PlatformError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw PlatformError("open", path, errno) }
    defer { close(descriptor) }
    guard Disk.sync(descriptor, path) == 0 else { throw PlatformError("sync", path, errno) }
  }

  /// Writes a file's contents to its disk.
  package static func syncFile(_ path: String) throws(PlatformError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw PlatformError("open", path, errno) }
    defer { close(descriptor) }
    guard Disk.sync(descriptor, path) == 0 else { throw PlatformError("sync", path, errno) }
  }

  /// Gives a file a second name on the same file system; EEXIST is an error.
  package static func link(_ path: String, to other: String) throws(PlatformError) {
    guard Disk.link(AT_FDCWD, path, other, path, other) == 0 else {
      throw PlatformError("link", other, errno)
    }
  }

  /// Renames a file or a directory within one file system; a file that has the new name is
  /// replaced.
  ///
  /// The names are durable once both directories are synced, which is the caller's to do.
  package static func move(_ path: String, to target: String) throws(PlatformError) {
    guard Disk.rename(AT_FDCWD, path, to: AT_FDCWD, target, path, target) == 0 else {
      throw PlatformError("rename to", target, errno)
    }
  }

  /// Writes all changes on the file system of a directory to its disk: what other programs wrote
  /// there is whole after a power loss, too.
  package static func syncFileSystem(of path: String) throws(PlatformError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw PlatformError("open", path, errno) }
    defer { close(descriptor) }
    guard Disk.syncFileSystem(descriptor, path) == 0 else {
      throw PlatformError("sync the file system of", path, errno)
    }
  }

  /// Makes one directory, also for after a power loss; EEXIST is an error.
  package static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(PlatformError) {
    guard Disk.makeFolder(AT_FDCWD, path, mode, path) == 0 else {
      throw PlatformError("create", path, errno)
    }
    try syncDirectory(parent(of: path))
  }

  /// Makes a directory and its missing parents; an existing one is fine.
  ///
  /// They are there after a power loss as well: durable files in them would be gone with them.
  /// Below `root` no link is followed and none accepted (ELOOP): for directories in places where an
  /// enemy may write. `root` must be there, and `path` must begin with it (EINVAL).
  package static func makeDirectories(
    _ path: String, mode: mode_t = 0o700, below root: String? = nil
  ) throws(PlatformError) {
    if let root {
      guard path == root || path.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
        throw PlatformError("create", path, EINVAL, why: "it does not lie in \(root)")
      }
      var folder = try Folder(root)
      for part in path.dropFirst(root.count).split(separator: "/") {
        folder = try folder.folder(FileName(String(part)), creating: mode)
      }
      return
    }
    if isDirectory(path) { return }
    let above = parent(of: path)
    if above != path { try makeDirectories(above, mode: mode) }
    if Disk.makeFolder(AT_FDCWD, path, mode, path) == 0 {
      try syncDirectory(above)
    } else if errno != EEXIST {
      throw PlatformError("create", path, errno)
    }
  }
}
