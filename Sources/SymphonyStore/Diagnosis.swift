// Tells people what an error of SQLite or of the file system means: every error that leaves this
// module passes here and names the file. The exit code hangs on it, so the codes are mapped one by
// one. Nothing is logged or repaired.
import GRDB
import SymphonyCore
import SymphonyPlatform

enum Diagnosis {
  static func storeError(_ error: any Error, path: String) -> StoreError {
    let directory = Files.parent(of: path)
    switch error {
    case let error as StoreError: return error
    case let error as Damage: return .corrupt("\(path): \(error.what)")
    case let error as PlatformError: return storeError(error)
    case let error as DatabaseError:
      return classify(
        error.extendedResultCode.rawValue, error.message ?? "no message", path: path,
        writable: isWritable(path) && Files.isWritable(directory),
        full: Files.freeMegabytes(directory) == 0)
    default: return .failed("\(path): \(error)")
    }
  }

  static func storeError(_ error: PlatformError) -> StoreError {
    if error.isDiskFull { return .full(error.description) }
    // EACCES, EPERM, EROFS and ENOTDIR of errno(3): a place where this user cannot write.
    if [1, 13, 20, 30].contains(error.errno) { return .readOnly(error.description) }
    return .failed(error.description)
  }

  /// The error that an SQLite code means.
  ///
  /// `writable` says that the file and its directory can be written, which tells the two causes of
  /// CANTOPEN apart; `full` that no free space is left: SQLite reports ENOSPC on its shared memory
  /// as an I/O error.
  static func classify(
    _ code: Int32, _ message: String, path: String, writable: Bool, full: Bool
  ) -> StoreError {
    let text = "\(message) (SQLite code \(code))"
    switch ResultCode(rawValue: code) {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return .locked("\(path) is locked by another program")
    case .SQLITE_FULL:
      return .full("no space left for \(path)")
    case .SQLITE_READONLY_DBMOVED:
      return .failed("\(path) was moved or deleted while it was open")
    case .SQLITE_READONLY, .SQLITE_PERM:
      return .readOnly("\(path) cannot be written: \(text)")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_IOERR_CORRUPTFS:
      return .corrupt("\(path) is damaged: \(text)")
    case .SQLITE_CANTOPEN, .SQLITE_IOERR:
      if full { return .full("no space left for \(path): \(text)") }
      if !writable { return .readOnly("\(path) or its directory cannot be written: \(text)") }
      return .failed("\(path): \(text)")
    default:
      return .failed("\(path): \(text)")
    }
  }

  static func isWritable(_ path: String) -> Bool { !Files.exists(path) || Files.isWritable(path) }
}
