// The paths of a state directory, for every part that needs one. It only joins names; the names of
// the files in a run directory are RunDirectory's to know.

package struct StateLayout: Hashable, Sendable {
  /// The state directory; absolute.
  package let path: String
  package init(_ path: String) { self.path = path }

  package var database: String { path + "/symphony.db" }
  /// Between being written and taking the place of the database.
  package var rebuilt: String { path + "/symphony.rebuilt" }
  package var tickLock: String { path + "/tick.lock" }
  /// One directory per run, by run id.
  package var runs: String { path + "/runs" }
  package func run(_ run: RunID) -> String { "\(runs)/\(run)" }
  /// The lock that the worker of an item holds, among the directories of its runs.
  package func item(_ key: WorkspaceKey) -> String { "\(runs)/\(key).item" }
  /// The state number, counted where the database is not.
  package var stateNumber: String { runs + "/" + Self.numberName }
  /// Its name among those of the runs.
  package static let numberName = "number"
  /// Copies of the database, each one file.
  package var backups: String { path + "/backups" }
  /// The copy of the database from before it became one of `version`.
  package func backupBefore(version: Int) -> String { "\(backups)/before-version-\(version).db" }
  /// What `symphony recover` put aside, by the time at which it did.
  package var damaged: String { path + "/damaged" }
  /// The folder of caches, unless the workflow names another; `workspaces` likewise.
  package var caches: String { path + "/repos" }
  package var workspaces: String { path + "/workspaces" }
  /// Directories in which nobody else may write.
  package var directories: [String] { [runs, caches, workspaces, backups, damaged] }
}
