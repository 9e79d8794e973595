// A transaction as a deed that tests can name: passed by whatever is about to write to the
// database.
import GRDB
import SymphonyPlatform

enum Deed {
  /// - Throws: the error of SQLite for what a test ordered the transaction to fail with.
  static func commit(_ path: String) throws {
    guard let number = FaultPoint.commit.reach(path) else { return }
    // ENOSPC and EROFS of errno(3).
    let code: ResultCode =
      number == 28 ? .SQLITE_FULL : number == 30 ? .SQLITE_READONLY : .SQLITE_IOERR
    throw DatabaseError(resultCode: code, message: "ordered by a test")
  }
}
