// The system's word about a database's files, without reading them: a copy is trusted when the mark
// is the same before and after, and the live view reads anew only when it differs. Used by
// PrivateCopy and the live view.
import Glibc
import SymphonyCore
import SymphonyPlatform

package struct DatabaseMark: Hashable, Sendable {
  /// A journal is there only when the very first transaction was cut off.
  static let suffixes = ["", "-wal", "-journal"]
  private var files: [FileStamp?]
  /// In the log's header; they change when the log starts again from the beginning.
  private var salts: [UInt8]
  /// There is a database, and neither log nor journal beside it.
  var hasOnlyDatabase: Bool { files[0] != nil && files.dropFirst().allSatisfy { $0 == nil } }
  /// Milliseconds since 1970 of the last write; 0: there is no file.
  let newest: Int64

  /// The last write may have been just now: the next one might carry the same times.
  var isFresh: Bool {
    (0...PrivateCopy.resolution).contains(Clock.wallMilliseconds() - newest)
  }

  /// Of a state directory (absolute).
  ///
  /// Never while this process has the database open: closing any descriptor of a file drops the
  /// locks it holds on it.
  package init(directory: String) { self.init(of: StateLayout(directory).database) }

  init(of path: String) {
    files = Self.suffixes.map { FileStamp(path + $0) }
    newest = files.compactMap { $0?.modified }.max() ?? 0
    salts = []
    let descriptor = Glibc.open(path + "-wal", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var header = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &header, header.count, 0)
    salts = Array(header.prefix(max(0, count)).dropFirst(16).prefix(8))
  }
}
