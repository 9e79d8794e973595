// Writing by path, for every module: replaced at once and durably, or appended. A file that is
// written is never reached through a link in its last name. The directories above it are the
// operator's or ours; where an enemy may make those too, Folder is the tool.
import Glibc

extension Files {
  /// Writes beside the target, syncs, renames over it and syncs the directory: a reader sees the
  /// old file or the new one, also after power loss.
  ///
  /// A link at `path` is replaced, not followed.
  package static func writeAtomically(
    _ path: String, _ text: String, mode: mode_t = 0o600, durable: Bool = true
  ) throws(PlatformError) {
    do throws(PlatformError) {
      let name = try FileName(lastName(of: path))
      try Folder(parent(of: path)).write(name, Array(text.utf8), mode: mode, durable: durable)
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
    var offset = 0
    while offset < bytes.count {
      let count = bytes[offset...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw PlatformError("write", path, errno)
      }
      offset += count
    }
  }

  /// Gives a file or directory to another user, which only root may; a link itself, not its target.
  package static func give(_ path: String, to user: UInt32) throws(PlatformError) {
    guard lchown(path, user, gid_t.max) == 0 else { throw PlatformError("give", path, errno) }
  }

  package static func syncDirectory(_ path: String) throws(PlatformError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw PlatformError("open", path, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw PlatformError("sync", path, errno) }
  }

  /// Makes one directory; EEXIST is an error.
  package static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(PlatformError) {
    guard mkdir(path, mode) == 0 else { throw PlatformError("create", path, errno) }
  }

  /// Makes a directory and its missing parents; an existing one is fine.
  ///
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
    if mkdir(path, mode) != 0, errno != EEXIST { throw PlatformError("create", path, errno) }
  }
}
