// Copies of the database: one file each, without a log beside it, checked page by page before it
// gets its name. Made for `symphony backup`, by ticks once a day, before a migration, and by
// `symphony recover`, whose new database is one. A kill leaves only a file with `.new` at its end.
import GRDB
import Glibc
import SymphonyCore
import SymphonyPlatform

extension SQLiteStore {
  /// Copies the database as it is now; a file at `path` (absolute) is replaced whole.
  /// - Throws: `.full`, `.readOnly`, `.corrupt` when the copy does not pass SQLite's check, and
  ///   `.failed`.
  package func copy(to path: String) throws(StoreError) {
    do {
      try checkOpen()
      try Backup.write(queue, to: path)
    } catch { throw Diagnosis.storeError(error, path: path) }
  }
}

enum Backup {
  static func write(_ queue: DatabaseQueue, to path: String) throws {
    let growing = path + ".new"
    for suffix in ["", "-journal", "-wal", "-shm"] { try Files.remove(growing + suffix) }
    // Made here, because SQLite would not make it 0600.
    try Files.create(growing, "", mode: 0o600)
    let copy = try DatabaseQueue(path: growing)
    do {
      try queue.backup(to: copy)
      try copy.writeWithoutTransaction { db in
        // One file: a log would have to be moved together with it.
        _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
        try Opening.quickCheck(db, path: growing)
      }
      try copy.close()
    } catch {
      try? copy.close()
      try? Files.remove(growing)
      throw error
    }
    try Files.syncFile(growing)
    try move(growing, to: path)
  }

  /// Durably, in place of what is there.
  static func move(_ from: String, to path: String) throws(PlatformError) {
    try Files.move(from, to: path)
    try Files.syncDirectory(Files.parent(of: path))
  }
}
