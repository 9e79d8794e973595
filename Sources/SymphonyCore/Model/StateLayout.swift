// The paths of a state directory, for every part that needs one. It only joins names; the names of
// the files in a run directory are RunDirectory's to know.

package struct StateLayout: Hashable, Sendable {
  /// The state directory; absolute.
  package let path: String
  package init(_ path: String) { self.path = path }

  package var database: String { path + "/symphony.db" }
  package var tickLock: String { path + "/tick.lock" }
  /// One directory per run, by run id.
  package var runs: String { path + "/runs" }
  package func run(_ run: RunID) -> String { "\(runs)/\(run)" }
  /// The lock that the worker of an item holds, among the directories of its runs.
  package func item(_ key: WorkspaceKey) -> String { "\(runs)/\(key).item" }
  /// The folder of caches, unless the workflow names another; `workspaces` likewise.
  package var caches: String { path + "/repos" }
  package var workspaces: String { path + "/workspaces" }
  /// Directories in which nobody else may write.
  package var directories: [String] { [runs, caches, workspaces] }
}
