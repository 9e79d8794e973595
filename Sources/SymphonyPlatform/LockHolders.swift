// The holders of a flock(2), as /proc tells them: the exact answer to "which process is behind this
// lease", where the pid file is missing or not to be believed. Having the file open is not holding
// its lock (a look at a lease opens it, too), so each descriptor's own list of locks decides. Used
// by the local executor and the sweep.
import Glibc

/// A file by its device and inode, whatever its name: an inode number alone repeats on every file
/// system.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
}

extension Files {
  /// Links are followed; nil when there is no such file.
  package static func identity(_ path: String) -> FileIdentity? {
    var found = stat()
    guard stat(path, &found) == 0 else { return nil }
    return FileIdentity(device: UInt64(found.st_dev), inode: UInt64(found.st_ino))
  }
}

extension Processes {
  /// Processes one of whose descriptors holds an exclusive flock on the file, whatever its name.
  package static func holdingLock(on path: String) -> [Int32] {
    guard let wanted = Files.identity(path) else { return [] }
    return all.filter { pid in
      descriptors(of: pid).contains {
        Files.identity("/proc/\(pid)/fd/\($0)") == wanted && holdsLock(pid, $0)
      }
    }
  }

  /// The names of files on which a process holds an exclusive flock, of those that `relevant` asks
  /// for.
  package static func lockedFiles(of pid: Int32, where relevant: (String) -> Bool) -> [String] {
    descriptors(of: pid).compactMap { descriptor in
      guard let name = Files.linkTarget("/proc/\(pid)/fd/\(descriptor)"), relevant(name),
        holdsLock(pid, descriptor)
      else { return nil }
      return name
    }
  }

  static func descriptors(of pid: Int32) -> [String] {
    (try? Files.list("/proc/\(pid)/fd")) ?? []
  }

  /// proc(5), fdinfo: `lock:  1: FLOCK  ADVISORY  WRITE PID MAJOR:MINOR:INODE 0 EOF`, shown for the
  /// open file description that owns the lock, also after the process that took it has gone.
  private static func holdsLock(_ pid: Int32, _ descriptor: String) -> Bool {
    guard let text = try? Files.readText("/proc/\(pid)/fdinfo/\(descriptor)", limit: 1 << 20) else {
      return false
    }
    return text.systemLines.contains {
      $0.hasPrefix("lock:") && $0.contains(" FLOCK ") && $0.contains(" WRITE ")
    }
  }
}

extension FileLock {
  /// Whether anybody holds the lock now; a missing file is free.
  ///
  /// Nothing is created or kept. Throws when that cannot be told (no descriptor left, no
  /// permission): a lease that could not be looked at must never pass for a free one.
  package static func probe(_ path: String) throws(PlatformError) -> Bool {
    let descriptor: Int32
    do throws(PlatformError) {
      descriptor = try Files.openOwn(path, O_RDONLY, "look at")
    } catch {
      // Not there, or something else in its place: nobody can hold a lock on our file by that name.
      if error.isMissing || [ELOOP, EINVAL, EISDIR, ENXIO].contains(error.errno) { return false }
      throw error
    }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_SH | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      if errno == EWOULDBLOCK { return true }
      throw PlatformError("look at the lock of", path, errno)
    }
    return false
  }
}

extension Signals {
  /// Freezes a process; cannot be caught.
  package static let stop = SIGSTOP
}
