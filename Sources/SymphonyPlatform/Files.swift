// Files as this program needs them: whole reads with a cap, paths, and errors that name the path.
// Writing is in FileWriting, places where an enemy may write are Folder's. No policy here.
import Glibc

package struct PlatformError: Error, Hashable, Sendable, CustomStringConvertible {
  package var operation: String
  package var path: String
  package var errno: Int32
  /// Words that say more than the system's own for the number, where more is known.
  package var why: String?
  package init(_ operation: String, _ path: String, _ errno: Int32, why: String? = nil) {
    self.operation = operation
    self.path = path
    self.errno = errno
    self.why = why
  }
  package var reason: String { why ?? String(cString: strerror(errno)) }
  package var description: String { "cannot \(operation) \(path): \(reason)" }
  package var isDiskFull: Bool { errno == ENOSPC || errno == EDQUOT }
  /// Nobody's fault but this machine's, and likely to pass: a full, failing or read-only disk, or
  /// no descriptor, process or memory left.
  package var isMachineTrouble: Bool {
    isDiskFull || [EIO, EROFS, EMFILE, ENFILE, EAGAIN, ENOMEM].contains(errno)
  }
  package var isMissing: Bool { errno == ENOENT || errno == ENOTDIR }
  /// The reader of what was written has left.
  package var isBrokenPipe: Bool { errno == EPIPE }
}

extension String {
  /// The lines of a file of the system's, those without content left out.
  ///
  /// A carriage return is content: for Swift it is one character with the line feed behind it.
  var systemLines: [Substring] {
    utf8.split(separator: UInt8(ascii: "\n")).map { Substring($0) }
  }
}

package enum Files {
  /// The whole file, at most `limit` bytes (EFBIG beyond).
  ///
  /// Links are followed: for files of the operator's and the kernel's.
  package static func read(_ path: String, limit: Int = 64 << 20) throws(PlatformError) -> [UInt8] {
    // Not waiting, and no FIFO: a name somebody else chose must not hang a tick.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw PlatformError("read", path, errno) }
    defer { close(descriptor) }
    var found = stat()
    if fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFIFO {
      throw PlatformError("read", path, EINVAL, why: "it is a named pipe")
    }
    return try readAll(descriptor, path, limit: limit)
  }

  /// The file as text; invalid UTF-8 is repaired with U+FFFD.
  package static func readText(_ path: String, limit: Int = 64 << 20) throws(PlatformError)
    -> String
  {
    String(decoding: try read(path, limit: limit), as: UTF8.self)
  }

  /// A regular file at exactly this place, at most `limit` bytes (EFBIG beyond): a link there is
  /// not followed (ELOOP), a pipe or a device not opened (EINVAL).
  ///
  /// For every file of our own.
  package static func readOwn(_ path: String, limit: Int = 64 << 20) throws(PlatformError)
    -> [UInt8]
  {
    let descriptor = try openOwn(path, O_RDONLY, "read")
    defer { close(descriptor) }
    return try readAll(descriptor, path, limit: limit)
  }

  /// The last `limit` bytes of a regular file as text; empty when it cannot be read, or is a link.
  package static func tail(_ path: String, limit: Int) -> String {
    guard let descriptor = try? openOwn(path, O_RDONLY, "read") else { return "" }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    lseek(descriptor, max(0, size - limit), SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: min(limit, max(0, size)))
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  /// Some bytes of a regular file as it is now.
  ///
  /// `offset`: where to begin; nil: so that the piece ends where the file does. What was given back
  /// to the disk from there on is left out, and a file that ends before it gives nothing. `limit`:
  /// bytes at most, 0 or more.
  /// - Returns: the bytes, where they begin, and the size of the file.
  package static func piece(_ path: String, from offset: Int64?, limit: Int) throws(PlatformError)
    -> (bytes: [UInt8], offset: Int64, size: Int64)
  {
    let descriptor = try openOwn(path, O_RDONLY, "read")
    defer { close(descriptor) }
    let size = Int64(lseek(descriptor, 0, SEEK_END))
    let wanted = max(0, offset ?? size - Int64(limit))
    guard wanted < size else { return ([], size, size) }
    // ENXIO: nothing but what was given back is left.
    let found = lseek(descriptor, off_t(wanted), seekData)
    guard found >= 0 else {
      if errno == ENXIO { return ([], size, size) }
      throw PlatformError("read", path, errno)
    }
    let hole = Int64(lseek(descriptor, found, seekHole))
    let end = hole < 0 ? size : min(hole, size)
    var bytes = [UInt8](repeating: 0, count: max(0, min(limit, Int(end - Int64(found)))))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        pread(
          descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled,
          found + filled)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw PlatformError("read", path, errno) }
      if count == 0 { break }
      filled += count
    }
    return (Array(bytes.prefix(filled)), Int64(found), size)
  }
  /// lseek(2) of Linux; Swift does not see these, because C only shows them to GNU programs.
  private static let (seekData, seekHole): (Int32, Int32) = (3, 4)

  /// A descriptor of a regular file whose last name is no link; the caller's to close.
  package static func openOwn(
    _ path: String, _ flags: Int32, _ operation: String, mode: mode_t = 0
  ) throws(PlatformError) -> Int32 {
    let above: Folder
    do throws(PlatformError) { above = try Folder(parent(of: path)) } catch {
      throw PlatformError(operation, path, error.errno)
    }
    do throws(PlatformError) {
      return try above.openRegular(FileName(lastName(of: path)), flags, operation, mode: mode)
    } catch { throw PlatformError(operation, path, error.errno, why: error.why) }
  }

  static func readAll(
    _ descriptor: Int32, _ path: String, limit: Int
  ) throws(PlatformError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw PlatformError("read", path, errno)
      }
      bytes.append(contentsOf: chunk[0..<count])
      if bytes.count > limit {
        throw PlatformError("read", path, EFBIG, why: "it has more than \(limit) bytes")
      }
    }
  }

  /// Names in a directory, sorted; empty when it does not exist.
  ///
  /// Names that are not UTF-8 are left out: as text they would be other files' names. A caller that
  /// must not overlook them asks `Folder.names`.
  package static func list(_ path: String) throws(PlatformError) -> [String] {
    let folder: Folder
    do throws(PlatformError) { folder = try Folder(path) } catch {
      if error.errno == ENOENT { return [] }
      throw PlatformError("list", path, error.errno)
    }
    return try folder.names().compactMap(\.text)
  }

  package static func exists(_ path: String) -> Bool {
    var found = stat()
    return lstat(path, &found) == 0
  }
  package static func isDirectory(_ path: String) -> Bool {
    var found = stat()
    return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
  }
  package static func isExecutable(_ path: String) -> Bool {
    !isDirectory(path) && access(path, X_OK) == 0
  }
  package static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }
  /// True when no other name leads to the same file (link(2)); false when there is no file.
  package static func isOnlyName(_ path: String) -> Bool {
    var found = stat()
    return lstat(path, &found) == 0 && found.st_nlink == 1
  }
  /// The inode's number, of a link its own; nil when there is no such file.
  package static func inode(_ path: String) -> UInt64? {
    var found = stat()
    return lstat(path, &found) == 0 ? UInt64(found.st_ino) : nil
  }
  /// The permission bits; nil when there is no such file.
  package static func permissions(_ path: String) -> UInt32? {
    var found = stat()
    return stat(path, &found) == 0 ? UInt32(found.st_mode) & 0o7777 : nil
  }
  package static func modifiedSeconds(_ path: String) -> Int64? {
    var found = stat()
    return lstat(path, &found) == 0 ? Int64(found.st_mtim.tv_sec) : nil
  }
  /// Bytes; nil: there is none.
  package static func size(_ path: String) -> Int64? {
    var found = stat()
    return lstat(path, &found) == 0 ? Int64(found.st_size) : nil
  }
  /// Removes a file; a missing one is fine, also where its folder is a file.
  package static func remove(_ path: String) throws(PlatformError) {
    if Disk.remove(AT_FDCWD, path, path) != 0, errno != ENOENT, errno != ENOTDIR {
      throw PlatformError("remove", path, errno)
    }
  }

  /// The path with links resolved; nil when it does not exist.
  package static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
  package static func linkTarget(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let start = bytes.bindMemory(to: CChar.self).baseAddress else { return -1 }
      return readlink(path, start, bytes.count)
    }
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  package static func join(_ directory: String, _ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : directory + "/" + name
  }
  /// The directory a path lies in; of `name` it is `.`, of `/` it is `/`.
  package static func parent(of path: String) -> String {
    var trimmed = path[...]
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }
  package static func lastName(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
  /// Absolute and without `.`, `..` and double slashes; links are not resolved.
  package static func absolute(_ path: String, from directory: String? = nil) -> String {
    let start = path.hasPrefix("/") ? path : join(directory ?? currentDirectory, path)
    var parts: [Substring] = []
    for part in start.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
  package static var currentDirectory: String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }
  /// Free space for this user in MB (10^6 bytes) on the file system of `path`; nil when it cannot
  /// be told.
  package static func freeMegabytes(_ path: String) -> Int? {
    var found = statvfs()
    guard statvfs(path, &found) == 0 else { return nil }
    return Int(UInt64(found.f_bavail) * UInt64(found.f_frsize) / 1_000_000)
  }
  /// How many more files this user can make on the file system of `path`; nil when it cannot be
  /// told, or when there is no such limit (btrfs).
  package static func freeInodes(_ path: String) -> Int? {
    var found = statvfs()
    guard statvfs(path, &found) == 0, found.f_files > 0 else { return nil }
    return Int(clamping: found.f_favail)
  }
}
