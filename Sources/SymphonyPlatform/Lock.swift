// flock(2) as a value: held from a successful `take` until the last copy of the descriptor closes.
// There is no unlock on purpose: LOCK_UN on any copy frees the lease for all (open file
// descriptions are shared). Beside it lies a record lock, which belongs to one process alone: by it
// the kernel itself says who that process is.
import CSymphonyPlatform
import Glibc

package final class FileLock: Sendable {
  package let descriptor: Int32
  package let path: String

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }
  deinit { close(descriptor) }

  /// Takes the lock without waiting; nil when somebody holds it.
  ///
  /// The file is created with mode 0600; a link, or anything but a regular file, is not taken for
  /// it. The descriptor is close-on-exec and at least 10, clear of the numbers handed to children.
  package static func take(_ path: String) throws(PlatformError) -> FileLock? {
    let low = try Files.openOwn(path, O_RDWR | O_CREAT, "open", mode: 0o600)
    let descriptor = fcntl(low, F_DUPFD_CLOEXEC, 10)
    let duplicated = errno
    close(low)
    guard descriptor >= 0 else { throw PlatformError("open", path, duplicated) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      let failed = errno
      close(descriptor)
      if failed == EWOULDBLOCK { return nil }
      throw PlatformError("lock", path, failed)
    }
    _ = sy_own_lock(descriptor)
    return FileLock(descriptor: descriptor, path: path)
  }

  /// Adopts a descriptor that arrived from the parent with the lock on it, and makes it
  /// close-on-exec.
  package static func adopt(descriptor: Int32, path: String) -> FileLock? {
    var own = stat()
    guard fstat(descriptor, &own) == 0, Files.inode(path) == UInt64(own.st_ino),
      flock(descriptor, LOCK_EX | LOCK_NB) == 0
    else { return nil }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = sy_own_lock(descriptor)
    return FileLock(descriptor: descriptor, path: path)
  }

  /// The process that took or adopted the lock and still holds it, as the kernel knows it: no file
  /// is believed.
  ///
  /// Nil when there is none, and for a process that opened and closed the file once more since
  /// (fcntl(2): its record lock is gone then).
  package static func owner(of path: String) -> Int32? {
    guard let descriptor = try? Files.openOwn(path, O_RDONLY, "look at") else { return nil }
    defer { close(descriptor) }
    // A second name for another program's file would make that program the owner.
    var found = stat()
    guard fstat(descriptor, &found) == 0, found.st_nlink == 1 else { return nil }
    let pid = sy_lock_owner(descriptor)
    return pid > 0 ? pid : nil
  }

  /// True while the file behind the path is the locked one.
  package var isIntact: Bool {
    var own = stat()
    return fstat(descriptor, &own) == 0 && Files.inode(path) == UInt64(own.st_ino)
  }

  /// Takes the record lock again: it is lost when anything in this process opens and closes the
  /// file.
  package func claim() { _ = sy_own_lock(descriptor) }

  /// Replaces the whole content through the lock's own descriptor.
  package func replace(_ text: String) throws(PlatformError) {
    guard Disk.shorten(descriptor, to: 0, path) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw PlatformError("write", path, errno)
    }
    try Files.writeAll(descriptor, Array(text.utf8), path)
  }

  /// Overwrites bytes in place: needs no free space once the file has its size.
  ///
  /// `offset`: where, from the file's beginning. A disk that took only a part is full (ENOSPC).
  package func write(
    _ bytes: [UInt8], at offset: Int = 0, as deed: FaultPoint = .overwrite
  ) throws(PlatformError) {
    let count = Disk.overwrite(descriptor, bytes, at: Int64(offset), path, as: deed)
    guard count == bytes.count else {
      throw PlatformError("write", path, errno)
    }
  }

  /// The first bytes of the file, through the lock's own descriptor: opening the file once more
  /// would give the record lock up.
  ///
  /// `limit`: how many at most; fewer where the file is shorter, or cannot be read.
  package func read(_ limit: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    return Array(bytes.prefix(max(0, count)))
  }
}
