// A file without a name that lies in memory and goes with its last descriptor (memfd_create(2)):
// for what must be handed to another process, or taken from one, and may be a secret. No disk and
// no environment ever holds it. Used for what a worker is told, for git's token, and for the output
// of git and of hooks.
import CSymphonyPlatform
import Glibc

package final class MemoryFile {
  /// Close-on-exec; at least 10, clear of the numbers handed to children.
  package let descriptor: Int32

  /// Empty, appended to.
  package init() throws(PlatformError) {
    let low = sy_memory_file()
    guard low >= 0 else { throw PlatformError("make", "a file in memory", errno) }
    let descriptor = fcntl(low, F_DUPFD_CLOEXEC, 10)
    let failed = errno
    close(low)
    guard descriptor >= 0 else { throw PlatformError("make", "a file in memory", failed) }
    _ = fcntl(descriptor, F_SETFL, O_APPEND)
    self.descriptor = descriptor
  }

  /// Holds these bytes, and nobody can change them any more.
  package convenience init(sealed bytes: [UInt8]) throws(PlatformError) {
    try self.init()
    guard Disk.fill(descriptor, bytes) >= 0 else {
      throw PlatformError("write", "a file in memory", errno)
    }
    // A child that gets the descriptor reads from the beginning.
    lseek(descriptor, 0, SEEK_SET)
    guard sy_seal(descriptor) == 0 else { throw PlatformError("seal", "a file in memory", errno) }
  }

  deinit { close(descriptor) }

  package var size: Int {
    var found = stat()
    return fstat(descriptor, &found) == 0 ? Int(found.st_size) : 0
  }

  /// Forgets what was written; a process that is still writing goes on behind it.
  package func clear() { _ = ftruncate(descriptor, 0) }

  /// The first `limit` bytes.
  package func bytes(limit: Int) -> [UInt8] { part(from: 0, limit) }

  /// The last `limit` bytes as text; invalid UTF-8 is repaired with U+FFFD.
  package func tail(limit: Int) -> String {
    String(decoding: part(from: max(0, size - limit), limit), as: UTF8.self)
  }

  private func part(from start: Int, _ limit: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, min(limit, size - start)))
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress, $0.count, off_t(start + done))
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      done += count
    }
    return Array(bytes.prefix(done))
  }
}
