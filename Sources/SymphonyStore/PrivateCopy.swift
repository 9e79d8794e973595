// Reads a state directory without changing a byte of it, for --dry-run and status: copies the
// database and its log into a private folder, checks that nobody wrote meanwhile, moves the copy
// into memory and deletes the folder. Even a read-only SQLite connection would create -shm beside
// the original. Where ticks write all the time it is read in a transaction at last, beside the log
// and the index that a writer has made already. Called by SQLiteStore.open.
//
// Never called while this process has the original open: closing any descriptor of a file drops all
// POSIX locks the process holds on it, SQLite's included.
import GRDB
import Glibc
import SymphonyCore
import SymphonyPlatform

struct PrivateCopy {
  let opening: Opening
  /// How often a copy is tried while a writer is busy.
  static let attempts = 5
  /// How often it is read in a transaction after that, and the milliseconds between: a database
  /// that is opened and closed all the time has its log for moments only.
  static let transactions = 40
  private static let pause: Int64 = 5
  /// Milliseconds within which two writes may carry the same file times (the kernel's clock tick,
  /// with room).
  static let resolution: Int64 = 20

  /// - Returns: A database in memory; an empty one of the current schema when there is none on
  ///   disk.
  func open() throws(StoreError) -> DatabaseQueue {
    try opening.checkPlace()
    do {
      let memory = try DatabaseQueue(configuration: opening.settings.configuration())
      if try opening.databaseExists() { try fill(memory) }
      try Migrations.migrate(memory)
      return memory
    } catch { throw Diagnosis.storeError(error, path: opening.path) }
  }

  private func fill(_ memory: DatabaseQueue) throws {
    var damage: StoreError?
    for attempt in 0..<PrivateCopy.attempts + PrivateCopy.transactions {
      let isLastResort = attempt >= PrivateCopy.attempts
      if isLastResort, let damage { throw damage }
      let folder = Files.join(
        opening.settings.temporary, "symphony-copy-\(Host.randomHex(bytes: 8))")
      try Files.makeDirectory(folder)
      defer { try? Files.removeTree(folder) }
      guard try isLastResort ? copyBesideWriters(to: folder) : copyUndisturbed(to: folder) else {
        continue
      }
      do {
        return try load(from: StateLayout(folder).database, into: memory)
      } catch {
        // A torn copy looks like damage; damage looks the same every time.
        let found = Diagnosis.storeError(error, path: opening.path)
        guard case .corrupt = found else { throw found }
        damage = found
      }
    }
    throw damage
      ?? .locked(
        "\(opening.path) was written during each of "
          + "\(PrivateCopy.attempts + PrivateCopy.transactions) looks at it")
  }

  private func load(from copy: String, into memory: DatabaseQueue) throws {
    let hasLog = Opening.size(copy + "-wal") > 0
    let queue = try DatabaseQueue(path: copy, configuration: opening.settings.configuration())
    defer { try? queue.close() }
    try queue.writeWithoutTransaction { db in
      if hasLog { try Opening.quickCheck(db, path: opening.path) }
      try opening.examine(db)
      // A database in memory has no log.
      _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
    }
    try queue.backup(to: memory)
  }

  // MARK: Copying

  /// In one transaction, which sees one state whoever writes meanwhile.
  ///
  /// Only beside a log and an index that are there: SQLite is told to make none and to write to
  /// none. It holds a lock on what it reads, so that a writer that closes the database meanwhile
  /// leaves the log to the next one.
  /// - Returns: false where that cannot be had now, and somebody wrote once more.
  func copyBesideWriters(to folder: String) throws -> Bool {
    guard ["-wal", "-shm"].allSatisfy({ Files.exists(opening.path + $0) }) else {
      Clock.sleep(milliseconds: PrivateCopy.pause)
      return try copyUndisturbed(to: folder)
    }
    do {
      let source = try DatabaseQueue(
        path: opening.address(saying: "mode=ro&readonly_shm=1"),
        configuration: opening.settings.configuration(readOnly: true))
      defer { try? source.close() }
      let copy = try DatabaseQueue(path: StateLayout(folder).database)
      defer { try? copy.close() }
      try source.backup(to: copy)
      return true
    } catch let error as DatabaseError
      where ![.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FULL].contains(error.resultCode)
    {
      // Its last writer has just closed it, and the log is gone, or it was about to be made.
      Clock.sleep(milliseconds: PrivateCopy.pause)
      return false
    }
  }

  /// False when somebody wrote meanwhile.
  private func copyUndisturbed(to folder: String) throws -> Bool {
    let before = DatabaseMark(of: opening.path)
    if before.isFresh {
      Clock.sleep(milliseconds: PrivateCopy.resolution)
      guard DatabaseMark(of: opening.path) == before else { return false }
    }
    for suffix in DatabaseMark.suffixes where Files.exists(opening.path + suffix) {
      let target = StateLayout(folder).database + suffix
      guard try copy(opening.path + suffix, to: target) else { return false }
    }
    opening.settings.whileCopying()
    return DatabaseMark(of: opening.path) == before
  }

  /// False when the source vanished: a writer closed cleanly just now.
  private func copy(_ source: String, to target: String) throws -> Bool {
    let input = Glibc.open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else {
      if errno == ENOENT { return false }
      throw PlatformError("read", source, errno)
    }
    defer { close(input) }
    let output = Glibc.open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw PlatformError("write", target, errno) }
    defer { close(output) }
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(input, &chunk, chunk.count)
      if count == 0 { return true }
      if count < 0 {
        if errno == EINTR { continue }
        throw PlatformError("read", source, errno)
      }
      var written = 0
      while written < count {
        let step = chunk[written..<count].withUnsafeBytes {
          write(output, $0.baseAddress, $0.count)
        }
        if step < 0 {
          if errno == EINTR { continue }
          throw PlatformError("write", target, errno)
        }
        written += step
      }
    }
  }
}
