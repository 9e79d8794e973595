// Takes a file out of a place where an enemy may write, into one of ours, when its content is what
// somebody said it is. Called where an agent hands out contents that are named by their digest.
// The bytes are digested on their way into the copy, so that what is checked is what is written,
// and the copy gets its name only behind the last of them.
import CSymphonyPlatform
import Glibc

extension Folder {
  /// Copies a regular file into another directory, under the same name, in the place of whatever
  /// has that name there except of a directory (EISDIR).
  ///
  /// The copy is made only if its content has the digest `sha256` (64 lower-case hexadecimal
  /// digits) and at most `limit` bytes; nothing appears there when it throws. `goesOn` is asked
  /// before each piece of at most 1 MB, and false ends the copying (ECANCELED).
  /// - Throws: EBADMSG for another content, EFBIG for more bytes than `limit`, ELOOP for a link,
  ///   EINVAL for a pipe, a device and the like, ENOSYS without OpenSSL, ENOENT, ENOSPC, ...
  package func copy(
    _ name: FileName, into target: Folder, sha256: String, limit: Int64, mode: mode_t = 0o644,
    goesOn: () -> Bool = { true }
  ) throws(PlatformError) {
    let shown = path(of: name)
    let source = try openRegular(name, O_RDONLY, "copy")
    defer { close(source) }
    // A huge one, also one that consists of holes, is not read to its end to be refused.
    if lseek(source, 0, SEEK_END) > limit { throw Folder.tooLarge(shown, limit) }
    lseek(source, 0, SEEK_SET)
    let temporary = FileName.temporary()
    let written = target.path(of: name)
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let made = target.path(of: temporary)
    let copy = Disk.open(target.descriptor, temporary.pointed, flags, mode, made)
    guard copy >= 0 else { throw PlatformError("write", written, errno) }
    var failure: PlatformError?
    do throws(PlatformError) {
      let found = try Folder.pass(source, to: copy, (shown, made), limit, goesOn)
      if found != sha256 {
        throw PlatformError(
          "copy", shown, EBADMSG, why: "its content is not that of its name (SHA-256 is \(found))")
      }
      if Disk.sync(copy, made) != 0 { throw PlatformError("sync", written, errno) }
    } catch { failure = error }
    close(copy)
    if failure == nil,
      Disk.rename(
        target.descriptor, temporary.pointed, to: target.descriptor, name.pointed, made, written)
        != 0
    {
      failure = PlatformError("rename to", written, errno)
    }
    if let failure {
      _ = Disk.remove(target.descriptor, temporary.pointed, made)
      throw failure
    }
    if Disk.sync(target.descriptor, target.path) != 0 {
      throw PlatformError("sync", target.path, errno)
    }
  }

  private static func tooLarge(_ path: String, _ limit: Int64) -> PlatformError {
    PlatformError("copy", path, EFBIG, why: "it has more than \(limit) bytes")
  }

  /// - Returns: the digest of what was written.
  private static func pass(
    _ source: Int32, to copy: Int32, _ paths: (source: String, copy: String), _ limit: Int64,
    _ goesOn: () -> Bool
  ) throws(PlatformError) -> String {
    guard let digest = sy_sha256_begin() else {
      throw PlatformError(
        "copy", paths.source, ENOSYS,
        why: "its digest is OpenSSL's work, and libcrypto 3 or 1.1.1 is not on this machine")
    }
    defer { sy_sha256_free(digest) }
    func mustDo(_ status: Int32) throws(PlatformError) {
      guard status == 0 else {
        throw PlatformError("copy", paths.source, EIO, why: "OpenSSL gives no SHA-256 digest")
      }
    }
    var total: Int64 = 0
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      guard goesOn() else { throw PlatformError("copy", paths.source, ECANCELED) }
      let count = Glibc.read(source, &piece, piece.count)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw PlatformError("read", paths.source, errno)
      }
      total += Int64(count)
      // It may be growing.
      if total > limit { throw tooLarge(paths.source, limit) }
      try mustDo(sy_sha256_add(digest, piece, count))
      try Files.writeAll(copy, count == piece.count ? piece : Array(piece[..<count]), paths.copy)
    }
    var value = [UInt8](repeating: 0, count: 32)
    try mustDo(sy_sha256_end(digest, &value))
    return value.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
