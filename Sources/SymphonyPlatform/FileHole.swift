// Gives the blocks in the middle of a file back to the file system, while others append to it: its
// size and everything around the hole stay (fallocate(2), FALLOC_FL_PUNCH_HOLE); or writes over a
// part of it. Called for the output of agents, which nothing else bounds.
import Glibc

extension Files {
  /// The size in bytes and what of it lies on disk; nil: there is no such regular file.
  package static func extent(_ path: String) -> (size: Int, onDisk: Int)? {
    guard let descriptor = try? openOwn(path, O_RDONLY, "read") else { return nil }
    defer { close(descriptor) }
    var found = stat()
    guard fstat(descriptor, &found) == 0 else { return nil }
    return (Int(found.st_size), Int(found.st_blocks) * 512)
  }

  /// Writes over what stands at a place of a regular file; its size stays.
  package static func overwrite(_ path: String, at offset: Int64, _ bytes: [UInt8])
    throws(PlatformError)
  {
    let descriptor = try openOwn(path, O_WRONLY, "write")
    defer { close(descriptor) }
    guard Disk.overwrite(descriptor, bytes, at: offset, path) >= 0 else {
      throw PlatformError("write", path, errno)
    }
  }

  /// Makes a hole of `range` (byte offsets), and writes `note` at `noteAt`, over what stands there.
  ///
  /// - Throws: EOPNOTSUPP where the file system has no holes.
  package static func leaveOut(
    _ path: String, _ range: Range<Int>, note: String, noteAt: Int
  ) throws(PlatformError) {
    let descriptor = try openOwn(path, O_RDWR, "leave out the middle of")
    defer { close(descriptor) }
    guard Disk.punchHole(descriptor, Int64(range.lowerBound), Int64(range.count), path) == 0 else {
      throw PlatformError("leave out the middle of", path, errno)
    }
    let bytes = Array(note.utf8)
    guard Disk.overwrite(descriptor, bytes, at: Int64(noteAt), path) >= 0 else {
      throw PlatformError("leave out the middle of", path, errno)
    }
  }
}
