// What lies where in a state directory, for everybody who needs a path there. It only joins names;
// what the files below a run's directory are called is RunDirectory's to know.

package struct StateLayout: Hashable, Sendable {
  /// The state directory; absolute.
  package let path: String
  package init(_ path: String) { self.path = path }

  package var database: String { path + "/symphony.db" }
  package var tickLock: String { path + "/tick.lock" }
  /// One directory per run, by run id.
  package var runs: String { path + "/runs" }
  package func run(_ run: RunID) -> String { "\(runs)/\(run)" }
  /// Where caches and workspaces are kept unless the workflow names other places.
  package var caches: String { path + "/repos" }
  package var workspaces: String { path + "/workspaces" }
  /// Directories in which nobody else may write.
  package var directories: [String] { [runs, caches, workspaces] }
}
