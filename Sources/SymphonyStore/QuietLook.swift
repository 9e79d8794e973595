// One look at the database where it lies, without a copy: SQLite is told that the file does not
// change, so it takes no lock and makes no -shm beside it, and what was read counts only if indeed
// nothing changed meanwhile. With a log beside the database, in a version to be migrated, or where
// ticks write all the time, a private copy is looked at instead. Used by status and its kind.
import GRDB
import Glibc
import SymphonyCore
import SymphonyPlatform

extension SQLiteStore {
  /// How often the file itself is tried.
  private static let looks = 3

  /// What `body` makes of the rows; nothing under the directory changes, whatever is called.
  ///
  /// `body` may be called again, when a tick wrote meanwhile. It is not to keep the store.
  /// - Throws: what `open` throws, and what `body` throws of rows that did not change.
  package static func look<Value>(
    directory: String, now: Timestamp, _ body: (SQLiteStore) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    try look(directory: directory, now: now, settings: StoreSettings(), body)
  }

  static func look<Value>(
    directory: String, now: Timestamp, settings: StoreSettings,
    _ body: (SQLiteStore) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    let opening = Opening(directory: directory, settings: settings)
    try opening.checkPlace()
    for _ in 0..<looks {
      let mark = DatabaseMark(of: opening.path)
      // All that was ever written is in the database, and the next write will have another time.
      guard mark.hasOnlyDatabase, !mark.isFresh else { break }
      let check = try StateNumberCheck(opening.layout)
      guard let queue = try? inPlace(opening) else { break }
      let store = SQLiteStore(queue: queue, path: opening.path, settings: settings, now: now)
      let read = Result { () throws(StoreError) -> Value in
        try store.reading { try check.check($0) }
        return try body(store)
      }
      store.close()
      settings.whileCopying()
      // Pages of two states may have been mixed: neither rows nor complaints count then.
      if DatabaseMark(of: opening.path) == mark { return try read.get() }
    }
    let store = try open(directory: directory, mode: .privateCopy, now: now, settings: settings)
    defer { store.close() }
    return try body(store)
  }

  /// - Throws: where SQLite cannot do it, or the rows are none of this version.
  private static func inPlace(_ opening: Opening) throws -> DatabaseQueue {
    let queue = try DatabaseQueue(
      path: opening.address(saying: "immutable=1"),
      configuration: opening.settings.configuration(readOnly: true))
    do {
      try queue.read { db in
        try opening.examine(db)
        guard try Migrations.storedVersion(db) == opening.settings.version else {
          throw StoreError.changed("the database is of another version")
        }
      }
    } catch {
      try? queue.close()
      throw error
    }
    return queue
  }
}

extension Opening {
  /// The database by its address: what SQLite is told of it has no other place.
  func address(saying words: String) -> String {
    let path = self.path.utf8.map { byte in
      Self.plain.contains(byte) ? String(UnicodeScalar(byte)) : "%" + Self.hex(byte)
    }.joined()
    return "file://\(path)?\(words)"
  }

  /// The bytes that an address may hold as they are.
  private static let plain = Set("/-._~".utf8).union(Array(0x30...0x39))
    .union(Array(0x41...0x5A)).union(Array(0x61...0x7A))

  private static func hex(_ byte: UInt8) -> String {
    let digits = Array("0123456789ABCDEF")
    return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
  }
}
