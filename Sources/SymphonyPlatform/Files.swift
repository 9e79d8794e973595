// Files as this program needs them: whole reads with a cap, writes that are atomic and durable, and
// errors that name the path. No policy here.
import Glibc

public struct PlatformError: Error, Hashable, Sendable, CustomStringConvertible {
  public var operation: String
  public var path: String
  public var errno: Int32
  public init(_ operation: String, _ path: String, _ errno: Int32) {
    self.operation = operation
    self.path = path
    self.errno = errno
  }
  public var reason: String { String(cString: strerror(errno)) }
  public var description: String { "cannot \(operation) \(path): \(reason)" }
  public var isDiskFull: Bool { errno == ENOSPC || errno == EDQUOT }
  public var isMissing: Bool { errno == ENOENT || errno == ENOTDIR }
}

public enum Files {
  /// The whole file, at most `limit` bytes (EFBIG beyond).
  public static func read(_ path: String, limit: Int = 64 << 20) throws(PlatformError) -> [UInt8] {
    // Not waiting, and no FIFO: a name somebody else chose must not hang a tick.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw PlatformError("read", path, errno) }
    defer { close(descriptor) }
    var found = stat()
    if fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFIFO {
      throw PlatformError("read", path, EINVAL)
    }
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
      if bytes.count > limit { throw PlatformError("read", path, EFBIG) }
    }
  }

  /// The file as text; invalid UTF-8 is repaired with U+FFFD.
  public static func readText(_ path: String, limit: Int = 64 << 20) throws(PlatformError) -> String
  {
    String(decoding: try read(path, limit: limit), as: UTF8.self)
  }

  /// The last `limit` bytes of a file as text; empty when it cannot be read.
  public static func tail(_ path: String, limit: Int) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    lseek(descriptor, max(0, size - limit), SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: min(limit, max(0, size)))
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  /// Writes beside the target, syncs, renames over it and syncs the directory: a reader sees the
  /// old file or the new one, also after power loss.
  public static func writeAtomically(
    _ path: String, _ text: String, mode: mode_t = 0o600, durable: Bool = true
  ) throws(PlatformError) {
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw PlatformError("write", path, errno) }
    var failure: PlatformError?
    do throws(PlatformError) {
      try writeAll(descriptor, Array(text.utf8), path)
      if durable, fsync(descriptor) != 0 { throw PlatformError("sync", path, errno) }
    } catch { failure = error }
    close(descriptor)
    if failure == nil, rename(temporary, path) != 0 {
      failure = PlatformError("rename to", path, errno)
    }
    if let failure {
      unlink(temporary)
      throw failure
    }
    if durable { try syncDirectory(parent(of: path)) }
  }

  /// Appends to a file, creating it with `mode`.
  public static func append(_ path: String, _ text: String, mode: mode_t = 0o600)
    throws(PlatformError)
  {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw PlatformError("append to", path, errno) }
    defer { close(descriptor) }
    try writeAll(descriptor, Array(text.utf8), path)
  }

  /// Replaces a file's content in place, keeping its inode (and whatever lock is on it).
  public static func overwrite(_ path: String, _ text: String) throws(PlatformError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw PlatformError("write", path, errno) }
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

  public static func syncDirectory(_ path: String) throws(PlatformError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw PlatformError("open", path, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw PlatformError("sync", path, errno) }
  }

  /// Makes one directory; EEXIST is an error.
  public static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(PlatformError) {
    guard mkdir(path, mode) == 0 else { throw PlatformError("create", path, errno) }
  }

  /// Makes a directory and its missing parents; an existing one is fine.
  public static func makeDirectories(_ path: String, mode: mode_t = 0o700) throws(PlatformError) {
    if isDirectory(path) { return }
    let above = parent(of: path)
    if above != path { try makeDirectories(above, mode: mode) }
    if mkdir(path, mode) != 0, errno != EEXIST { throw PlatformError("create", path, errno) }
  }

  /// Names in a directory, sorted; empty when it does not exist.
  public static func list(_ path: String) throws(PlatformError) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw PlatformError("list", path, errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  public static func exists(_ path: String) -> Bool {
    var found = stat()
    return lstat(path, &found) == 0
  }
  public static func isDirectory(_ path: String) -> Bool {
    var found = stat()
    return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
  }
  public static func isExecutable(_ path: String) -> Bool {
    !isDirectory(path) && access(path, X_OK) == 0
  }
  public static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }
  /// Device and inode: the same file whatever its name; nil when there is none.
  public static func inode(_ path: String) -> UInt64? {
    var found = stat()
    return stat(path, &found) == 0 ? UInt64(found.st_ino) : nil
  }
  /// The permission bits; nil when there is no such file.
  public static func permissions(_ path: String) -> UInt32? {
    var found = stat()
    return stat(path, &found) == 0 ? UInt32(found.st_mode) & 0o7777 : nil
  }
  public static func modifiedSeconds(_ path: String) -> Int64? {
    var found = stat()
    return lstat(path, &found) == 0 ? Int64(found.st_mtim.tv_sec) : nil
  }
  /// Removes a file; a missing one is fine.
  public static func remove(_ path: String) throws(PlatformError) {
    if unlink(path) != 0, errno != ENOENT { throw PlatformError("remove", path, errno) }
  }

  /// Removes a tree without following links; a missing one is fine. Names are taken as bytes: not
  /// every file name is UTF-8, and an agent may choose any.
  public static func removeTree(_ path: String) throws(PlatformError) {
    var found = stat()
    guard lstat(path, &found) == 0 else {
      if errno == ENOENT { return }
      throw PlatformError("remove", path, errno)
    }
    guard found.st_mode & S_IFMT == S_IFDIR else { return try remove(path) }
    if found.st_mode & 0o700 != 0o700 { chmod(path, 0o700) }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw PlatformError("remove", path, errno) }
    try removeEntries(of: descriptor, path)
    if rmdir(path) != 0, errno != ENOENT { throw PlatformError("remove", path, errno) }
  }

  /// Empties a directory; closes its descriptor.
  private static func removeEntries(of descriptor: Int32, _ path: String) throws(PlatformError) {
    guard let directory = fdopendir(descriptor) else {
      let failed = errno
      close(descriptor)
      throw PlatformError("remove", path, failed)
    }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) + [0] }
      if name == [46, 0] || name == [46, 46, 0] { continue }
      let failed = name.withUnsafeBytes { bytes -> Int32 in
        guard let text = bytes.bindMemory(to: CChar.self).baseAddress else { return EINVAL }
        if unlinkat(descriptor, text, 0) == 0 || errno == ENOENT { return 0 }
        guard errno == EISDIR || errno == EPERM else { return errno }
        fchmodat(descriptor, text, 0o700, 0)
        let child = openat(descriptor, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard child >= 0 else { return errno }
        do throws(PlatformError) { try removeEntries(of: child, path) } catch { return error.errno }
        return unlinkat(descriptor, text, AT_REMOVEDIR) == 0 ? 0 : errno
      }
      if failed != 0 { throw PlatformError("remove what is in", path, failed) }
    }
  }

  /// The path with links resolved; nil when it does not exist.
  public static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
  public static func linkTarget(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let start = bytes.bindMemory(to: CChar.self).baseAddress else { return -1 }
      return readlink(path, start, bytes.count)
    }
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  public static func join(_ directory: String, _ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : directory + "/" + name
  }
  /// The directory a path lies in; of `name` it is `.`, of `/` it is `/`.
  public static func parent(of path: String) -> String {
    var trimmed = path[...]
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }
  public static func lastName(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
  /// Absolute and without `.`, `..` and double slashes; links are not resolved.
  public static func absolute(_ path: String, from directory: String? = nil) -> String {
    let start = path.hasPrefix("/") ? path : join(directory ?? currentDirectory, path)
    var parts: [Substring] = []
    for part in start.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
  public static var currentDirectory: String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }
  /// Free space for this user in MB (10^6 bytes) on the file system of `path`; nil when it cannot
  /// be told.
  public static func freeMegabytes(_ path: String) -> Int? {
    var found = statvfs()
    guard statvfs(path, &found) == 0 else { return nil }
    return Int(UInt64(found.f_bavail) * UInt64(found.f_frsize) / 1_000_000)
  }
}
