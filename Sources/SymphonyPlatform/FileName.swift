// One name in a directory, as the bytes the kernel has for it, and what stands behind it. An agent,
// a branch or another user may choose any name, and not every one is UTF-8: made into text and back
// it would be another file's. Folder takes and gives these.
import Glibc

package struct FileName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 1 to 255 bytes on usual file systems, none of them NUL or `/`; never `.` or `..`.
  package let bytes: [UInt8]

  /// Nil when the bytes are no name.
  package init?(bytes: [UInt8]) {
    let isStep = bytes == [0x2E] || bytes == [0x2E, 0x2E]
    guard !bytes.isEmpty, !isStep, !bytes.contains(0), !bytes.contains(0x2F) else { return nil }
    self.bytes = bytes
  }

  /// Throws EINVAL for an empty text, `.`, `..`, and a text with `/` or NUL in it.
  package init(_ text: String) throws(PlatformError) {
    guard let name = FileName(bytes: Array(text.utf8)) else {
      throw PlatformError("use the name", text, EINVAL, why: "it is not the name of one file")
    }
    self = name
  }

  /// Nil when the name is not UTF-8.
  package var text: String? { String(validating: bytes, as: UTF8.self) }

  /// For messages: on one line whatever the bytes are; those that are no text as `\xNN`.
  package var description: String {
    if let text, !text.unicodeScalars.contains(where: Self.isUnprintable) { return text }
    return bytes.map { byte in
      if (0x20..<0x7F).contains(byte), byte != 0x5C { return String(UnicodeScalar(byte)) }
      return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
    default: false
    }
  }

  package static func < (one: FileName, other: FileName) -> Bool {
    one.bytes.lexicographicallyPrecedes(other.bytes)
  }

  package func hasSuffix(_ text: String) -> Bool {
    bytes.suffix(text.utf8.count).elementsEqual(text.utf8)
  }

  /// For the calls of the C library.
  var pointed: [CChar] { bytes.map(CChar.init(bitPattern:)) + [0] }

  // MARK: Temporaries

  private static let mark = (start: ".symphony-", end: ".tmp", digits: 24)

  /// A name nobody can have guessed: what is written under it lies there only until it is renamed.
  static func temporary() -> FileName {
    let random = Host.randomHex(bytes: mark.digits / 2)
    guard let name = FileName(bytes: Array("\(mark.start)\(random)\(mark.end)".utf8)) else {
      preconditionFailure("a temporary name is a name")
    }
    return name
  }

  /// A name as `temporary` makes them: of a write under way, or of one that a crash cut short.
  package var isTemporary: Bool {
    let (start, end, digits) = FileName.mark
    return bytes.count == start.utf8.count + digits + end.utf8.count
      && bytes.starts(with: start.utf8) && hasSuffix(end)
  }
}

/// The facts of lstat(2) and fstat(2) about a file; a link is a link here.
package struct FileFacts: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case file, folder, link, pipe, socket, device
    /// With its article, for messages.
    package var noun: String {
      switch self {
      case .file: "a regular file"
      case .folder: "a directory"
      case .link: "a symbolic link"
      case .pipe: "a named pipe"
      case .socket: "a socket"
      case .device: "a device"
      }
    }
  }
  package var kind: Kind
  /// Bytes.
  package var size: Int64
  /// Bytes that it takes up: POSIX counts blocks of 512 bytes, whatever the disk's are.
  package var diskBytes: Int64
  package var owner: UInt32
  package var group: UInt32
  /// The lower twelve bits: rwx for three, setuid, setgid, sticky.
  package var permissions: UInt32
  /// Since 1970.
  package var modifiedSeconds: Int64
  package var device: UInt64
  package var inode: UInt64

  init(_ found: stat) {
    kind =
      switch found.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFLNK: .link
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      default: .device
      }
    size = Int64(found.st_size)
    diskBytes = Int64(found.st_blocks) * 512
    owner = found.st_uid
    group = found.st_gid
    permissions = UInt32(found.st_mode) & 0o7777
    modifiedSeconds = Int64(found.st_mtim.tv_sec)
    device = UInt64(found.st_dev)
    inode = UInt64(found.st_ino)
  }
}
