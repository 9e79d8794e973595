// Every system call of this program that changes a file or a directory: the only place where they
// are made, so that each is a deed that tests can name (FaultPoint). As the calls themselves they
// answer -1 and leave errno. The paths are for the record alone: what is meant stands in the first
// parameters. Modes and owners are left out, and so is the copy of a database that nobody keeps.
import CSymphonyPlatform
import Glibc

enum Disk {
  typealias Name = UnsafePointer<CChar>

  /// Opens a file; with O_CREAT it is made where it is missing.
  static func open(
    _ folder: Int32, _ name: Name, _ flags: Int32, _ mode: mode_t,
    _ path: @autoclosure () -> String,
    as kind: FaultPoint = .create
  ) -> Int32 {
    if flags & O_CREAT == 0 { return openat(folder, name, flags, mode) }
    return kind.around(path()) { openat(folder, name, flags, mode) }
  }

  /// Writes all of it where the file stands.
  static func write(
    _ file: Int32, _ bytes: [UInt8], _ path: @autoclosure () -> String, as kind: FaultPoint = .write
  ) -> Int {
    bytes.isEmpty ? 0 : kind.around(path()) { fill(file, bytes) }
  }

  /// The same for a file in memory, which nothing outlives: it is no deed.
  static func fill(_ file: Int32, _ bytes: [UInt8]) -> Int {
    var offset = 0
    while offset < bytes.count {
      let count = bytes[offset...].withUnsafeBytes {
        Glibc.write(file, $0.baseAddress, $0.count)
      }
      if count >= 0 { offset += count } else if errno != EINTR { return -1 }
    }
    return offset
  }

  /// Writes over what stands at an offset; less than all of it is -1 too.
  static func overwrite(
    _ file: Int32, _ bytes: [UInt8], at offset: Int64, _ path: @autoclosure () -> String,
    as kind: FaultPoint = .overwrite
  ) -> Int {
    kind.around(path()) {
      let count = pwrite(file, bytes, bytes.count, off_t(offset))
      if count >= 0, count < bytes.count { errno = ENOSPC }
      return count == bytes.count ? count : -1
    }
  }

  static func sync(_ file: Int32, _ path: @autoclosure () -> String) -> Int32 {
    FaultPoint.sync.around(path()) { fsync(file) }
  }

  static func syncFileSystem(_ file: Int32, _ path: @autoclosure () -> String) -> Int32 {
    FaultPoint.sync.around(path()) { sy_sync_filesystem(file) }
  }

  static func rename(
    _ folder: Int32, _ name: Name, to other: Int32, _ target: Name,
    _ path: @autoclosure () -> String,
    _ targetPath: @autoclosure () -> String, as kind: FaultPoint = .rename
  ) -> Int32 {
    kind.around(path(), targetPath()) { renameat(folder, name, other, target) }
  }

  static func link(
    _ folder: Int32, _ name: Name, _ target: Name, _ path: @autoclosure () -> String,
    _ targetPath: @autoclosure () -> String
  ) -> Int32 {
    FaultPoint.link.around(path(), targetPath()) { linkat(folder, name, folder, target, 0) }
  }

  static func makeFolder(
    _ folder: Int32, _ name: Name, _ mode: mode_t, _ path: @autoclosure () -> String
  ) -> Int32 {
    FaultPoint.folder.around(path()) { mkdirat(folder, name, mode) }
  }

  /// `flags`: those of unlinkat(2).
  static func remove(
    _ folder: Int32, _ name: Name, flags: Int32 = 0, _ path: @autoclosure () -> String
  ) -> Int32 {
    FaultPoint.remove.around(path()) { unlinkat(folder, name, flags) }
  }

  static func shorten(
    _ file: Int32, to size: Int64, _ path: @autoclosure () -> String
  ) -> Int32 {
    FaultPoint.shorten.around(path()) { ftruncate(file, off_t(size)) }
  }

  /// Gives the blocks of a part of a file back.
  static func punchHole(
    _ file: Int32, _ offset: Int64, _ length: Int64, _ path: @autoclosure () -> String
  ) -> Int32 {
    FaultPoint.hole.around(path()) { sy_punch_hole(file, offset, length) }
  }
}
