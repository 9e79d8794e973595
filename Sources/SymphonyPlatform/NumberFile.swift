// A number in a file of fixed size, overwritten in place: a disk that is full takes it too, and it
// is there after a power loss. Used for what has to be counted where no database is.
import Glibc

package struct NumberFile: Sendable {
  /// Absolute.
  package let path: String
  package init(_ path: String) { self.path = path }

  /// Nil: there is none, or nothing that was written here whole.
  /// - Throws: what keeps it from being read: no permission, no descriptor, a failing disk.
  package func read() throws(PlatformError) -> Int64? {
    let bytes: [UInt8]
    do throws(PlatformError) {
      bytes = try Files.readOwn(path, limit: 1 << 10)
    } catch {
      if error.isMissing || [EFBIG, EISDIR, ELOOP, EINVAL].contains(error.errno) { return nil }
      throw error
    }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    // Twice, so that half of an older number beside half of a newer one is none.
    guard words.count == 2, words[0] == words[1], let number = Int64(words[0]), number >= 0 else {
      return nil
    }
    return number
  }

  /// On disk, also after power loss, when this returns.
  ///
  /// `number`: 0 or more. The directory must be there.
  package func write(_ number: Int64) throws(PlatformError) {
    let isNew = !Files.exists(path)
    let descriptor = try Files.openOwn(path, O_WRONLY | O_CREAT, "write", mode: 0o600)
    defer { close(descriptor) }
    let digits = String(number)
    let padded = String(repeating: "0", count: max(0, 19 - digits.utf8.count)) + digits
    let bytes = Array("\(padded) \(padded)\n".utf8)
    guard Disk.overwrite(descriptor, bytes, at: 0, path) == bytes.count,
      Disk.shorten(descriptor, to: Int64(bytes.count), path) == 0,
      Disk.sync(descriptor, path) == 0
    else { throw PlatformError("write", path, errno) }
    if isNew { try Files.syncDirectory(Files.parent(of: path)) }
  }
}
