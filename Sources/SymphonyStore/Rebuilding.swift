// The store's part in `symphony recover`: the rows to go by when the database is damaged, lost or
// older than what its directory did, and the exchange of the file. Nothing that was there is
// deleted: it goes to damaged/. Killed at any instruction, the exchange is finished by the next
// recovery or never began, and until it is done ticks refuse the directory.
import GRDB
import Glibc
import SymphonyCore
import SymphonyPlatform

/// Rows in memory that a recovery goes by.
package struct RemainingRows: Sendable {
  package enum Origin: Hashable, Sendable {
    case database
    /// The path of a copy.
    case copy(String)
    case nothing
  }
  package let store: SQLiteStore
  package let origin: Origin
  /// What is wrong with the database; nil: nothing.
  package let problem: StoreError?
  /// Copies that cannot be used, and why.
  package let remarks: [String]
  /// The highest state number that is known, wherever it stands.
  package let number: Int64
}

extension SQLiteStore {
  /// The database itself where it is whole, else the newest copy that is, else no rows.
  ///
  /// Nothing is changed or locked.
  /// - Throws: what keeps all of it from being looked at: `.foreign`, `.unsafe`, `.readOnly`,
  ///   `.newer`, `.locked`, `.full`, `.failed`.
  package static func remainingRows(
    directory: String, now: Timestamp
  ) throws(StoreError) -> RemainingRows {
    var settings = StoreSettings()
    settings.takesOlder = true
    let check = try StateNumberCheck(StateLayout(directory))
    func rows(
      _ store: SQLiteStore, _ origin: RemainingRows.Origin, _ problem: StoreError?,
      _ remarks: [String] = []
    ) throws(StoreError) -> RemainingRows {
      let stored = try store.reading { try StateNumberCheck.stored($0) }
      return RemainingRows(
        store: store, origin: origin, problem: problem, remarks: remarks,
        number: max(stored, check.filed ?? 0))
    }
    let problem: StoreError
    do throws(StoreError) {
      let store = try whole(Opening(directory: directory, settings: settings), now)
      var older: StoreError?
      do throws(StoreError) { try store.reading { try check.check($0) } } catch {
        guard case .rewound = error else { throw error }
        older = error
      }
      return try rows(store, .database, older)
    } catch {
      guard error.isLoss else { throw error }
      problem = error
    }
    var remarks: [String] = []
    // A copy may have been made on another machine: whose the directory is is decided by its own.
    settings.adopts = true
    for path in try copies(in: directory) {
      do throws(StoreError) {
        let opening = Opening(directory: directory, settings: settings, copy: path)
        return try rows(try whole(opening, now), .copy(path), problem, remarks)
      } catch { remarks.append(error.sentence) }
    }
    return try rows(try inMemory(settings, now: now), .nothing, problem, remarks)
  }

  /// A private copy of which every page and row can be read.
  private static func whole(
    _ opening: Opening, _ now: Timestamp
  ) throws(StoreError) -> SQLiteStore {
    let queue = try PrivateCopy(opening: opening).open()
    let store = SQLiteStore(queue: queue, path: opening.path, settings: opening.settings, now: now)
    do throws(StoreError) {
      try store.quickCheck()
      _ = try store.load()
    } catch {
      store.close()
      throw error
    }
    return store
  }

  /// The newest first.
  private static func copies(in directory: String) throws(StoreError) -> [String] {
    let folder = StateLayout(directory).backups
    do throws(PlatformError) {
      return try Files.list(folder).filter { $0.hasSuffix(".db") }
        .map { Files.join(folder, $0) }
        .sorted { (Files.modifiedSeconds($0) ?? 0, $0) > (Files.modifiedSeconds($1) ?? 0, $1) }
    } catch { throw Diagnosis.storeError(error) }
  }

  /// The row of a run, settled or not.
  package func run(_ id: RunID) throws(StoreError) -> RunRecord? {
    try reading { try RunRows.one(id, $0) }
  }

  // MARK: The exchange

  /// Makes these rows the database of a directory; what was there goes to `aside` (absolute, not
  /// there yet).
  ///
  /// The caller holds tick.lock, and the rows hold `number`, which is higher than any before.
  package func install(
    in directory: String, aside: String, number: Int64
  ) throws(StoreError) {
    let layout = StateLayout(directory)
    do { try Deed.commit(layout.rebuilt) } catch {
      throw Diagnosis.storeError(error, path: layout.rebuilt)
    }
    try copy(to: layout.rebuilt)
    do throws(PlatformError) {
      try Self.keep(layout, in: aside)
      try Files.makeDirectories(layout.runs)
      // From here on ticks refuse what is in the place of the database, whatever it is.
      let counted = NumberFile(layout.stateNumber)
      try counted.write(number)
      try Self.exchange(layout)
    } catch { throw Diagnosis.storeError(error) }
  }

  /// Finishes an exchange that was cut off; one that had not begun is forgotten.
  ///
  /// The caller holds tick.lock.
  /// - Returns: whether there was one to finish.
  package static func finishInstall(
    in directory: String, now: Timestamp
  ) throws(StoreError) -> Bool {
    let layout = StateLayout(directory)
    guard Files.exists(layout.rebuilt) else { return false }
    let filed = try StateNumberCheck(layout).filed
    var settings = StoreSettings()
    (settings.takesOlder, settings.adopts) = (true, true)
    var rebuilt: Int64?
    do throws(StoreError) {
      let store = try whole(
        Opening(directory: directory, settings: settings, copy: layout.rebuilt), now)
      defer { store.close() }
      rebuilt = try store.reading { try StateNumberCheck.stored($0) }
    } catch {
      guard error.isLoss else { throw error }
    }
    do throws(PlatformError) {
      if let rebuilt, rebuilt == filed {
        try exchange(layout)
        return true
      }
      // Nothing was exchanged yet, or it is older than what was done since.
      try Files.remove(layout.rebuilt)
      return false
    } catch { throw Diagnosis.storeError(error) }
  }

  private static let suffixes = ["", "-wal", "-shm", "-journal"]

  /// A second name for each file, so that the first can go.
  private static func keep(_ layout: StateLayout, in aside: String) throws(PlatformError) {
    let found = suffixes.map { layout.database + $0 }.filter { Files.exists($0) }
    if found.isEmpty { return }
    try Files.makeDirectories(aside)
    for path in found {
      let kept = Files.join(aside, Files.lastName(of: path))
      try Files.link(path, to: kept)
    }
    try Files.syncDirectory(aside)
    try Files.syncDirectory(Files.parent(of: aside))
    try Files.syncDirectory(layout.path)
  }

  /// A log that stayed beside another database would be copied into it.
  private static func exchange(_ layout: StateLayout) throws(PlatformError) {
    for suffix in suffixes.dropFirst() { try Files.remove(layout.database + suffix) }
    try Files.syncDirectory(layout.path)
    try Backup.move(layout.rebuilt, to: layout.database)
  }
}

extension StoreError {
  /// The rows are lost; all else may be mended where it stands.
  fileprivate var isLoss: Bool {
    switch self {
    case .corrupt, .missing: true
    case .locked, .full, .readOnly, .newer, .rewound, .foreign, .unsafe, .absent, .failed,
      .changed:
      false
    }
  }
}
