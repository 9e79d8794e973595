// The state of one state directory: symphony.db through one SQLite connection. Ticks, commands and
// status open it here; the files beside this one say what each row looks like. It applies what the
// planner decided and compares what it was decided on; it decides nothing itself, and holds no lock
// outside a transaction.
import GRDB
import SymphonyCore
import SymphonyPlatform
import Synchronization

package final class SQLiteStore: Sendable {
  package enum Mode: Sendable {
    /// Creates and migrates the database where that is allowed. The caller holds tick.lock.
    case tick
    /// An existing database, to write hold and request rows. Needs no lock.
    case command
    /// A copy in memory, for --dry-run and status: nothing under the directory changes, whatever is
    /// called.
    case privateCopy
  }

  let queue: DatabaseQueue
  let path: String
  let settings: StoreSettings
  /// When it was opened; in a simulation, which opens it once for days, the time there now.
  var openedAt: Timestamp { settings.clock?() ?? opened }
  private let opened: Timestamp
  let responses = Mutex(ResponseBuffer())
  /// Of what every commit adds to.
  let bounds: Mutex<RowBounds>
  /// GRDB crashes when a closed connection is used.
  private let isClosed = Atomic(false)

  init(queue: DatabaseQueue, path: String, settings: StoreSettings, now: Timestamp) {
    self.queue = queue
    self.path = path
    self.settings = settings
    opened = now
    bounds = Mutex(RowBounds(ledgerRows: settings.ledgerRows, cacheBytes: settings.cacheBytes))
  }

  /// Opens symphony.db in `directory` (absolute).
  ///
  /// The age of cached responses is counted up to `now`.
  /// - Throws: `.missing` when there are runs and no database, `.rewound` when it is older than
  ///   what its directory did (to a command that writes it is good enough), `.newer`, `.corrupt`
  ///   (the file stays as it is), `.foreign`, `.unsafe`, `.readOnly`, `.full`, `.locked` after
  ///   `patience`, `.failed` for anything else.
  package static func open(
    directory: String, mode: Mode, now: Timestamp, patience: Interval = .seconds(5)
  ) throws(StoreError) -> SQLiteStore {
    var settings = StoreSettings()
    settings.busySeconds = Double(patience.milliseconds) / 1000
    return try open(directory: directory, mode: mode, now: now, settings: settings)
  }

  /// Makes this machine the owner of a state directory that was moved here.
  ///
  /// The caller holds tick.lock, and knows that no worker of it lives anywhere.
  /// - Throws: what `open` throws, but `.foreign` for another machine or pid namespace.
  package static func adopt(directory: String, now: Timestamp) throws(StoreError) {
    var settings = StoreSettings()
    settings.adopts = true
    // To recover it is another step, which needs an owner.
    settings.takesOlder = true
    guard try Opening(directory: directory, settings: settings).databaseExists() else {
      throw .missing("there is no database in \(directory)")
    }
    // A tick's open notes down whose it is.
    try open(directory: directory, mode: .tick, now: now, settings: settings).close()
  }

  /// Whether nobody else can write to a state directory (absolute), which need not be there yet.
  /// - Throws: `.unsafe`, and `.foreign` for a network file system.
  package static func checkPlace(_ directory: String) throws(StoreError) {
    try Opening(directory: directory, settings: StoreSettings()).checkPlace()
  }

  /// A database in memory, in place of one on a disk; an empty one, or a copy of `other`.
  static func inMemory(
    _ settings: StoreSettings, copying other: SQLiteStore? = nil,
    now: Timestamp = Timestamp(milliseconds: 0)
  ) throws(StoreError) -> SQLiteStore {
    let path = "the database in memory"
    do {
      let memory = try DatabaseQueue(configuration: settings.configuration())
      if let other {
        try other.queue.backup(to: memory)
      } else {
        try Migrations.migrate(memory)
      }
      return SQLiteStore(queue: memory, path: path, settings: settings, now: now)
    } catch { throw Diagnosis.storeError(error, path: path) }
  }

  static func open(directory: String, mode: Mode, now: Timestamp, settings: StoreSettings)
    throws(StoreError) -> SQLiteStore
  {
    let opening = Opening(directory: directory, settings: settings)
    // Before the rows: a tick may go on meanwhile, and moves the row first.
    let check = try StateNumberCheck(opening.layout)
    let queue =
      switch mode {
      case .tick: try opening.openForTick()
      case .command: try opening.openForCommand()
      case .privateCopy: try PrivateCopy(opening: opening).open()
      }
    let store = SQLiteStore(queue: queue, path: opening.path, settings: settings, now: now)
    if mode == .command || settings.takesOlder { return store }
    do throws(StoreError) {
      try store.reading { try check.check($0) }
    } catch {
      store.close()
      throw error
    }
    return store
  }

  /// Marks a clean end: the log is copied into the database and deleted.
  ///
  /// Later calls fail. Without it the next open checks the whole file first.
  package func close() {
    if isClosed.exchange(true, ordering: .sequentiallyConsistent) { return }
    try? queue.close()
  }

  /// Has SQLite look at every page.
  /// - Throws: `.corrupt` with what is damaged.
  package func quickCheck() throws(StoreError) {
    try reading { try Opening.quickCheck($0, path: path) }
  }

  /// Lets SQLite count its tables anew where they have grown much: for a database that lives for
  /// years, once a day (sqlite.org/pragma.html#pragma_optimize).
  package func optimize() throws(StoreError) {
    try writing { db in
      // Rows of each index that are looked at, so that it takes no longer in a large one.
      try db.execute(sql: "PRAGMA analysis_limit = 400; PRAGMA optimize")
    }
  }

  func checkOpen() throws {
    if isClosed.load(ordering: .sequentiallyConsistent) {
      throw StoreError.failed("\(path) was closed already")
    }
  }

  // MARK: Transactions

  /// One consistent look.
  func reading<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do {
      try checkOpen()
      // Not GRDB's `read`: its PRAGMA query_only has SQLite compile every statement anew.
      return try queue.writeWithoutTransaction { db in
        try db.beginTransaction(.deferred)
        let value: Value
        do { value = try body(db) } catch {
          try db.rollback()
          throw error
        }
        try db.commit()
        return value
      }
    } catch { throw Diagnosis.storeError(error, path: path) }
  }

  /// One IMMEDIATE transaction: all of it, or nothing.
  func writing<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do {
      try checkOpen()
      try Deed.commit(path)
      return try queue.write(body)
    } catch { throw Diagnosis.storeError(error, path: path) }
  }

  /// Any SQL, for tests that break a constraint on purpose.
  func execute(_ sql: String) throws(StoreError) {
    try writing { try $0.execute(sql: sql) }
  }

  /// A setting of the connection, for tests.
  func pragma(_ name: String) throws(StoreError) -> String? {
    try reading { try String.fetchOne($0, sql: "PRAGMA \(name)") }
  }
}

/// Settings that tests change.
struct StoreSettings: Sendable {
  /// The version a tick migrates to.
  var version = Migrations.version
  var busySeconds = 5.0
  var ledgerRows = RetentionPolicy().ledgerRows
  /// More than a hundred runs' worth of one item, and a small part of the whole.
  var ledgerRowsPerItem = 500
  /// Bytes of all cached bodies together.
  var cacheBytes = RetentionPolicy().responseMegabytes << 20
  /// How long a cached response is kept unused.
  var cacheAge = Interval.days(30)
  var here = Owner.here
  /// The wall clock, and when this machine booted by it.
  var times: @Sendable () -> (now: Timestamp, bootedAt: Timestamp) = {
    let now = Timestamp(milliseconds: Clock.wallMilliseconds())
    return (now, Timestamp(milliseconds: Host.bootedAt))
  }
  /// Takes a directory over whoever owned it.
  var adopts = false
  /// Opens a database that is older than what its directory did.
  var takesOlder = false
  /// The folder of private copies, for as long as it takes to read them into memory.
  var temporary = Host.environment["TMPDIR"] ?? "/tmp"
  /// Called after the files were copied and before the copy is trusted.
  var whileCopying: @Sendable () -> Void = {}
  /// The time, where one store lives longer than a tick; nil: the time it was opened at counts.
  var clock: (@Sendable () -> Timestamp)?
  var safety = FolderSafety()
  var isNetworkFileSystem: @Sendable (String) -> Bool = { Host.isNetworkFileSystem($0) }

  func configuration(readOnly: Bool = false) -> Configuration {
    var configuration = Configuration()
    configuration.readonly = readOnly
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(busySeconds)
    return configuration
  }
}
