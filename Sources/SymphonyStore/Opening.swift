// Opens the real database for a tick or a command: decides whether the directory may have one,
// looks at it before it may be changed, and only then switches WAL on and migrates. Called by
// SQLiteStore.open. The order is the point: a file that is damaged, foreign or newer is byte for
// byte the same afterwards, and its -wal too.
import GRDB
import Glibc
import SymphonyCore
import SymphonyPlatform

struct Opening {
  let directory: String
  let settings: StoreSettings
  var layout: StateLayout { StateLayout(directory) }
  /// Another file than symphony.db, to be looked at only; absolute.
  var copy: String?
  var path: String { copy ?? layout.database }

  init(directory: String, settings: StoreSettings, copy: String? = nil) {
    (self.directory, self.settings, self.copy) = (directory, settings, copy)
  }

  func openForTick() throws(StoreError) -> DatabaseQueue {
    try checkOwners()
    try makeDirectory()
    try checkPlace()
    if try !databaseExists() { try createFile() }
    return try open(migrating: true)
  }

  func openForCommand() throws(StoreError) -> DatabaseQueue {
    try checkPlace()
    guard try databaseExists() else {
      throw .failed("no state in \(directory) yet; run `symphony tick` once")
    }
    return try open(migrating: false)
  }

  // MARK: Before SQLite sees the file

  private func makeDirectory() throws(StoreError) {
    do throws(PlatformError) {
      try Files.makeDirectories(directory)
    } catch { throw Diagnosis.storeError(error) }
    guard Files.isDirectory(directory) else { throw .readOnly("\(directory) is not a directory") }
  }

  /// Refuses a place where others may write, or where locks mean nothing.
  func checkPlace() throws(StoreError) {
    try checkOwners()
    if settings.isNetworkFileSystem(directory) {
      throw .foreign("\(directory) is on a network file system, where locks cannot be trusted")
    }
  }

  private func checkOwners() throws(StoreError) {
    do throws(UnsafeFolder) {
      try settings.safety.check(directory)
      for folder in layout.directories { try settings.safety.check(folder) }
      for suffix in ["", "-wal", "-shm", "-journal"] {
        try settings.safety.checkFile(path + suffix)
      }
    } catch {
      throw .unsafe(error.sentence, hint: error.hint)
    }
  }

  /// False when there is none and never was.
  ///
  /// An empty file counts as none: a tick died between creating it and the first transaction.
  /// - Throws: `.missing` when there was one: runs, or a write-ahead log that SQLite would throw
  ///   away.
  func databaseExists() throws(StoreError) -> Bool {
    if Opening.size(path) > 0 { return true }
    var runs: [String] = []
    do throws(PlatformError) {
      runs = try Files.list(layout.runs)
    } catch { throw Diagnosis.storeError(error) }
    // Locks of items and the state number outlive runs: they are named where nothing else is left.
    if let run = runs.first(where: { Files.isDirectory(layout.run(RunID($0))) }) {
      throw .missing("there are runs (\(run)) in \(directory) but no database \(path)")
    }
    if let trace = runs.min() {
      throw .missing("there were runs (runs/\(trace)) in \(directory) but no database \(path)")
    }
    if Opening.size(path + "-wal") > 0 {
      throw .missing("there is \(path)-wal but no database \(path)")
    }
    return false
  }

  /// Made here, because SQLite would not make it 0600; -wal and -shm inherit the mode.
  private func createFile() throws(StoreError) {
    do throws(PlatformError) {
      try Files.append(path, "")
      try Files.syncDirectory(directory)
    } catch { throw Diagnosis.storeError(error) }
  }

  /// Bytes; -1 when there is no such file.
  static func size(_ path: String) -> Int64 {
    var found = stat()
    return stat(path, &found) == 0 ? Int64(found.st_size) : -1
  }

  // MARK: With SQLite

  private func open(migrating: Bool) throws(StoreError) -> DatabaseQueue {
    guard Files.isWritable(directory), Files.isWritable(path) else {
      throw .readOnly("\(path) or its directory cannot be written by this user")
    }
    // The last connection that closes cleanly copies the log into the database and deletes it, so a
    // log with content means that a process was killed or the power failed (or that another program
    // is at work right now: then the check is merely superfluous). It costs an idle tick one stat
    // and no write.
    if Opening.size(path + "-wal") > 0 { try inspect() }
    var opened: DatabaseQueue?
    do {
      let queue = try DatabaseQueue(path: path, configuration: settings.configuration())
      opened = queue
      try queue.writeWithoutTransaction { db in
        try examine(db)
        try enterWriteAheadLog(db)
      }
      try migrate(queue, allowed: migrating)
      if migrating { try recordOwner(queue) }
      return queue
    } catch {
      try? opened?.close()
      throw Diagnosis.storeError(error, path: path)
    }
  }

  /// Looks at a database after an unclean end through a read-only connection: that one cannot copy
  /// the log into the database when it closes, so damage is reported and left exactly as it was
  /// found.
  private func inspect() throws(StoreError) {
    do {
      let queue = try DatabaseQueue(
        path: path, configuration: settings.configuration(readOnly: true))
      defer { try? queue.close() }
      try queue.read { db in
        try examine(db)
        try Opening.quickCheck(db, path: path)
      }
    } catch { throw Diagnosis.storeError(error, path: path) }
  }

  static func quickCheck(_ db: Database, path: String) throws {
    let complaint = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
    guard complaint == "ok" else {
      throw StoreError.corrupt("\(path) is damaged: \(complaint ?? "quick_check says nothing")")
    }
  }

  /// Version and owner, read before anything may be written.
  func examine(_ db: Database) throws {
    let version = try Migrations.storedVersion(db)
    guard version <= Migrations.version else {
      throw StoreError.newer(
        "\(path) has schema version \(version), this symphony knows up to \(Migrations.version)"
          + (Files.exists(layout.backupBefore(version: version))
            ? "; \(layout.backupBefore(version: version)) is from before" : ""))
    }
    if version > 0, !settings.adopts,
      let owner = try FactRows.get(.owner, db).flatMap(Owner.init(text:))
    {
      try owner.check(settings.here, directory: directory)
      // Only another boot has to prove that it is this machine's.
      if owner.boot == settings.here.boot { return }
      let last = try FactRows.get(.lastTick, db).flatMap { text -> LastTick? in
        // A note that cannot be read is as good as none.
        try? Payload.decode(text, "fact")
      }
      try owner.check(settings.here, lastTick: last?.endedAt, settings.times(), of: directory)
    }
  }

  /// Not GRDB's `journalMode = .wal`: that creates and drops a table at every open that finds an
  /// empty log, two synced writes for each idle tick.
  private func enterWriteAheadLog(_ db: Database) throws {
    if try String.fetchOne(db, sql: "PRAGMA journal_mode") != "wal" {
      try Deed.commit(path)
      guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
        throw StoreError.failed("\(path) cannot be switched to write-ahead logging")
      }
    }
    try db.execute(sql: "PRAGMA synchronous = FULL")
  }

  /// Only a tick migrates: it holds tick.lock, a command does not.
  private func migrate(_ queue: DatabaseQueue, allowed: Bool) throws {
    let stored = try queue.read(Migrations.storedVersion)
    if stored == settings.version { return }
    guard allowed else {
      throw StoreError.failed("\(path) is of an older symphony; run `symphony tick` once")
    }
    // For whoever has to go back to the older program.
    if stored > 0, queue.path == path {
      try Files.makeDirectories(layout.backups)
      try Backup.write(queue, to: layout.backupBefore(version: settings.version))
    }
    try Deed.commit(path)
    try Migrations.migrate(queue, to: settings.version)
  }

  /// At creation, and once per boot: the namespace is known by a number that is good for one boot.
  private func recordOwner(_ queue: DatabaseQueue) throws {
    let stored = try queue.read { try FactRows.get(.owner, $0) }
    if stored == settings.here.text { return }
    try Deed.commit(path)
    try queue.write { try FactRows.set(.owner, settings.here.text, $0) }
  }
}
