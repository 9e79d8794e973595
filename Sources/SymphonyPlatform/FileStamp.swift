// By what one sees, without reading a file, that it is another one or was written: inode, size and
// times. Used where somebody looks at the same file again and again.
import Glibc

package struct FileStamp: Hashable, Sendable {
  private let inode: UInt64
  private let size: Int64
  /// Nanoseconds since 1970.
  private let written: Int64
  private let changed: Int64
  /// Milliseconds since 1970.
  package var modified: Int64 { written / 1_000_000 }

  /// Nil: there is no such file, or it cannot be looked at.
  package init?(_ path: String) {
    var found = stat()
    guard stat(path, &found) == 0 else { return nil }
    inode = UInt64(found.st_ino)
    size = Int64(found.st_size)
    written = Int64(found.st_mtim.tv_sec) * 1_000_000_000 + Int64(found.st_mtim.tv_nsec)
    changed = Int64(found.st_ctim.tv_sec) * 1_000_000_000 + Int64(found.st_ctim.tv_nsec)
  }
}
