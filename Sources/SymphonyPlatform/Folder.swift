// A directory held by its descriptor, for work in a place where an enemy may write: a workspace,
// the issues of a local tracker, a run's files. Every step goes from a held directory to one name
// in it and never through a link, so nothing planted there, before or meanwhile, leads elsewhere.
// Only the path a Folder is opened by may have links in it: that is the operator's word.
import Glibc

package final class Folder: Sendable {
  /// For messages; what was opened stays open whatever this path leads to later.
  package let path: String
  let descriptor: Int32

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }
  deinit { close(descriptor) }

  /// O_PATH of open(2), which this C library hides from Swift: the same number on every machine.
  static let placeOnly: Int32 = 0o10_000_000

  /// Opens a directory by a path that may lead through links.
  ///
  /// Throws ENOENT, ENOTDIR, EACCES, ...
  package convenience init(_ path: String) throws(PlatformError) {
    var opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A directory that may be entered and not listed will do for all but listing.
    if opened < 0, errno == EACCES {
      opened = open(path, Folder.placeOnly | O_DIRECTORY | O_CLOEXEC)
    }
    guard opened >= 0 else { throw PlatformError("open", path, errno) }
    self.init(descriptor: opened, path: path)
  }

  package func path(of name: FileName) -> String { Files.join(path, name.description) }

  // MARK: What is there

  /// Nil when there is nothing by that name.
  package func facts(_ name: FileName) throws(PlatformError) -> FileFacts? {
    var found = stat()
    if fstatat(descriptor, name.pointed, &found, AT_SYMLINK_NOFOLLOW) == 0 {
      return FileFacts(found)
    }
    if errno == ENOENT { return nil }
    throw PlatformError("look at", path(of: name), errno)
  }

  /// The names in it, sorted by their bytes.
  ///
  /// With a limit there may be more than these.
  package func names(atMost limit: Int = .max) throws(PlatformError) -> [FileName] {
    let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0, let entries = fdopendir(own) else {
      let failed = errno
      if own >= 0 { close(own) }
      throw PlatformError("list", path, failed)
    }
    defer { closedir(entries) }
    var names: [FileName] = []
    while names.count < limit {
      errno = 0
      guard let entry = readdir(entries) else {
        if errno != 0 { throw PlatformError("list", path, errno) }
        break
      }
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      // `.` and `..` are no names.
      if let name = FileName(bytes: bytes) { names.append(name) }
    }
    return names.sorted()
  }

  /// A directory in it; with `mode` it is made when there is nothing by that name.
  ///
  /// Throws ELOOP for a link and ENOTDIR for anything else that is no directory.
  package func folder(
    _ name: FileName, creating mode: mode_t? = nil
  ) throws(PlatformError) -> Folder {
    let shown = path(of: name)
    if let mode {
      if Disk.makeFolder(descriptor, name.pointed, mode, shown) != 0 {
        if errno != EEXIST { throw PlatformError("create", shown, errno) }
      } else if Disk.sync(descriptor, path) != 0, errno != EBADF {
        // What becomes durable in it would be gone with its name. One that may only be entered
        // cannot be synced.
        throw PlatformError("sync", path, errno)
      }
    }
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    let opened = openat(descriptor, name.pointed, flags)
    guard opened >= 0 else {
      let failed = errno
      if failed == ENOTDIR || failed == ELOOP, let kind = try facts(name)?.kind {
        let why = "it is \(kind.noun), not a directory of its own"
        throw PlatformError("open", shown, kind == .link ? ELOOP : ENOTDIR, why: why)
      }
      throw PlatformError("open", shown, failed)
    }
    return Folder(descriptor: opened, path: shown)
  }

  /// A directory of ours in it: it is made, and anything else that has its name is removed first.
  package func ownFolder(_ name: FileName) throws(PlatformError) -> Folder {
    if let kind = try facts(name)?.kind, kind != .folder { try remove(name) }
    return try folder(name, creating: 0o700)
  }

  /// The target of a link, as it stands there; nil when there is no link by that name.
  package func linkTarget(_ name: FileName) -> [UInt8]? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlinkat(descriptor, name.pointed, &buffer, buffer.count)
    return count < 0 ? nil : buffer.prefix(count).map { UInt8(bitPattern: $0) }
  }

  // MARK: Reading

  /// A regular file's bytes, at most `limit` of them (EFBIG beyond).
  ///
  /// Throws ELOOP for a link and EINVAL for a pipe, a device and the like: neither is opened for
  /// more than a look.
  package func read(_ name: FileName, limit: Int = 64 << 20) throws(PlatformError) -> [UInt8] {
    let file = try openRegular(name, O_RDONLY, "read")
    defer { close(file) }
    return try Files.readAll(file, path(of: name), limit: limit)
  }

  /// A regular file below this directory, by a path that may lead through links of the repository's
  /// own.
  ///
  /// The links are resolved here, step by step, and only as long as they stay below this directory.
  /// Throws EXDEV when one leads out, ELOOP after eight, and what `read` throws.
  package func readBeneath(_ path: String, limit: Int) throws(PlatformError) -> [UInt8] {
    var way: [Folder] = [self]
    var rest = Array(path.utf8).split(separator: 0x2F).map(Array.init)
    let shown = Files.join(self.path, path)
    var links = 0
    while !rest.isEmpty {
      let step = rest.removeFirst()
      if step == [0x2E] { continue }
      if step == [0x2E, 0x2E] {
        way.removeLast()
        if way.isEmpty { throw PlatformError("read", shown, EXDEV, why: Folder.leadsOut) }
        continue
      }
      guard let name = FileName(bytes: step), let here = way.last else {
        throw PlatformError("read", shown, EINVAL)
      }
      if let target = here.linkTarget(name) {
        links += 1
        if links > 8 { throw PlatformError("read", shown, ELOOP) }
        if target.first == 0x2F { throw PlatformError("read", shown, EXDEV, why: Folder.leadsOut) }
        rest = target.split(separator: 0x2F).map(Array.init) + rest
      } else if rest.isEmpty {
        return try here.read(name, limit: limit)
      } else {
        way.append(try here.folder(name))
      }
    }
    throw PlatformError("read", shown, EISDIR)
  }
  private static let leadsOut = "a symbolic link leads out of the directory"

  /// A descriptor of a regular file that is there, which is the caller's to close.
  ///
  /// It never waits.
  func openRegular(
    _ name: FileName, _ flags: Int32, _ operation: String, mode: mode_t = 0
  ) throws(PlatformError) -> Int32 {
    let shown = path(of: name)
    let opened = Disk.open(
      descriptor, name.pointed, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode, shown)
    let failed = errno
    var found = stat()
    if opened >= 0 {
      if fstat(opened, &found) == 0, found.st_mode & S_IFMT == S_IFREG { return opened }
      close(opened)
    } else if failed != ELOOP && failed != ENXIO
      || fstatat(
        descriptor, name.pointed, &found, AT_SYMLINK_NOFOLLOW) != 0
    {
      throw PlatformError(operation, shown, failed)
    }
    let kind = FileFacts(found).kind
    throw PlatformError(
      operation, shown, kind == .link ? ELOOP : kind == .folder ? EISDIR : EINVAL,
      why: "it is \(kind.noun), not a regular file")
  }

  // MARK: Writing

  /// Puts a whole file in the place of whatever has that name, except of a directory (EISDIR): a
  /// reader sees the old one or the new one, also after power loss when `durable`.
  ///
  /// The umask is taken from `mode`, unless `exact`. `deed`: what all of it is, where it is not the
  /// deeds that it consists of.
  package func write(
    _ name: FileName, _ bytes: [UInt8], mode: mode_t = 0o600, exact: Bool = false,
    durable: Bool = true, as deed: FaultPoint? = nil
  ) throws(PlatformError) {
    try put(name, bytes, mode: mode, exact: exact, durable: durable, replacing: true, as: deed)
  }

  /// The same for a name that must be free (EEXIST): whatever has it, a link that leads nowhere
  /// among it, stays as it is, also when it came a moment ago.
  package func create(_ name: FileName, _ bytes: [UInt8], mode: mode_t) throws(PlatformError) {
    try put(name, bytes, mode: mode, exact: false, durable: true, replacing: false)
  }

  private func put(
    _ name: FileName, _ bytes: [UInt8], mode: mode_t, exact: Bool, durable: Bool, replacing: Bool,
    as deed: FaultPoint? = nil
  ) throws(PlatformError) {
    let shown = path(of: name)
    let temporary = FileName.temporary()
    let made = path(of: temporary)
    // Created, or nothing: what somebody else put there under this name is not opened.
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let file = Disk.open(descriptor, temporary.pointed, flags, mode, made, as: deed ?? .create)
    guard file >= 0 else { throw PlatformError("write", shown, errno) }
    var failure: PlatformError?
    do throws(PlatformError) {
      if exact, fchmod(file, mode) != 0 { throw PlatformError("set the mode of", shown, errno) }
      guard Disk.write(file, bytes, made, as: deed ?? .write) >= 0 else {
        throw PlatformError("write", shown, errno)
      }
      if durable, Disk.sync(file, made) != 0 { throw PlatformError("sync", shown, errno) }
    } catch { failure = error }
    close(file)
    if failure == nil {
      let isNamed =
        replacing
        ? Disk.rename(
          descriptor, temporary.pointed, to: descriptor, name.pointed, made, shown,
          as: deed ?? .rename) == 0
        : Disk.link(descriptor, temporary.pointed, name.pointed, made, shown) == 0
      if !isNamed { failure = PlatformError(replacing ? "rename to" : "create", shown, errno) }
      if !replacing { _ = Disk.remove(descriptor, temporary.pointed, made) }
    }
    if let failure {
      _ = Disk.remove(descriptor, temporary.pointed, made)
      throw failure
    }
    if durable, Disk.sync(descriptor, path) != 0 { throw PlatformError("sync", path, errno) }
  }

  // MARK: Removing

  /// Removes an entry that is not a directory; a missing one is fine.
  ///
  /// A link is removed, not followed.
  package func remove(_ name: FileName) throws(PlatformError) {
    if Disk.remove(descriptor, name.pointed, path(of: name)) != 0, errno != ENOENT {
      throw PlatformError("remove", path(of: name), errno)
    }
  }

  /// Removes temporary files of writes that were cut short.
  ///
  /// Another process may be writing now: `seconds` spares the younger files, by the clock of the
  /// file system.
  package func removeTemporaries(
    olderThan seconds: Int64 = 0, now: Int64 = Clock.wallMilliseconds() / 1000
  ) throws(PlatformError) {
    for name in try names() where name.isTemporary {
      guard let facts = try facts(name), facts.kind != .folder else { continue }
      if seconds == 0 || now - facts.modifiedSeconds > seconds { try remove(name) }
    }
  }
}
