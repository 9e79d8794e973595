// Notices a database that is older than what its directory did: one put back from a copy, or one
// whose log was lost. The state number stands in the database and in runs/number, and the second is
// moved after the first: where the file is ahead, rows are missing. Called by SQLiteStore.open.
import GRDB
import SymphonyCore
import SymphonyPlatform

struct StateNumberCheck {
  private let layout: StateLayout
  /// Of runs/number; nil: there is none.
  let filed: Int64?

  /// Reads the file: before the rows are looked at.
  init(_ layout: StateLayout) throws(StoreError) {
    self.layout = layout
    do throws(PlatformError) {
      filed = try NumberFile(layout.stateNumber).read()
    } catch { throw Diagnosis.storeError(error) }
  }

  /// 0: nothing was done yet, or by a version that did not count.
  static func stored(_ db: Database) throws -> Int64 {
    try FactRows.get(.stateNumber, db).flatMap { Int64($0) } ?? 0
  }

  /// - Throws: `StoreError.changed`: the number is not `from`.
  static func move(from: Int64, to: Int64, _ db: Database) throws {
    guard try stored(db) == from else {
      throw StoreError.changed("another tick acted meanwhile")
    }
    if to != from { try FactRows.set(.stateNumber, String(to), db) }
  }

  /// - Throws: `StoreError.rewound`.
  func check(_ db: Database) throws {
    let stored = try Self.stored(db)
    guard let filed else { return try checkRuns(db) }
    if filed > stored {
      throw StoreError.rewound(
        "\(layout.database) is older than what its directory did: it counts \(stored), "
          + "\(layout.stateNumber) counts \(filed)")
    }
  }

  /// Without the file, as in a directory of an older version, the runs are all there is to compare
  /// with.
  private func checkRuns(_ db: Database) throws {
    guard let salt = try FactRows.get(.salt, db) else { return }
    let tag = RunID.stateTag(salt: salt)
    var names: [String] = []
    do throws(PlatformError) {
      names = try Files.list(layout.runs)
    } catch { throw Diagnosis.storeError(error) }
    if names.isEmpty { return }
    let generations = try ItemRows.generationsByWorkspace(db)
    for name in names.sorted() {
      guard let parts = RunID(name).parts, parts.stateTag == tag,
        parts.generation > generations[parts.workspace] ?? 0
      else { continue }
      throw StoreError.rewound(
        "\(layout.database) is older than what its directory did: it does not know the run \(name)")
    }
  }
}
