// The port to where workers run. It knows nothing of issues or policy: it launches what a spec
// says, tells what is alive, and ends what it is told to end.

package protocol Executor: Sendable {
  /// Idempotent by run id: a repeated launch throws `alreadyLaunched` and starts nothing.
  func launch(_ spec: RunSpec, environment: [String: String]) throws(ExecutorError)
  /// One look at all runs and workspaces. Throwing means everything is unknown.
  func poll(_ question: PollQuestion) throws(ExecutorError) -> PollAnswer
  /// Sends INT, TERM or KILL to the worker when its identity still matches, or sweeps what it left
  /// behind.
  func end(_ run: RunID, _ how: EndKind) throws(ExecutorError)
  /// Deletes the directory of a settled run.
  func forget(_ run: RunID) throws(ExecutorError)
}

package enum EndKind: String, Sendable {
  /// TERM to the worker: it ends its agent and writes a result.
  case stop
  /// INT to the worker: it ends its agent and finishes as it always does, with its hook and push.
  case endAgent
  /// KILL to the worker, then a sweep.
  case kill
  /// Kills whatever carries the run's marker; the worker is gone already.
  case sweep
}

package struct PollQuestion: Sendable {
  /// Runs that are not settled, with the nonce their result must carry.
  package var runs: [RunRecord]
  /// Workspaces to look for strangers in: absolute paths by key.
  package var workspaces: [WorkspaceKey: String]
  package init(runs: [RunRecord], workspaces: [WorkspaceKey: String]) {
    self.runs = runs
    self.workspaces = workspaces
  }
}

package struct PollAnswer: Sendable {
  package var runs: [RunID: RunObservation]
  /// A process without our marker whose working directory lies in the workspace.
  package var busy: [WorkspaceKey: Int32]
  /// Directories under runs/ that no unsettled run owns, oldest first.
  package var settledDirectories: [RunID]
  package init(
    runs: [RunID: RunObservation], busy: [WorkspaceKey: Int32], settledDirectories: [RunID]
  ) {
    self.runs = runs
    self.busy = busy
    self.settledDirectories = settledDirectories
  }
}

package struct RunObservation: Hashable, Sendable {
  package enum Liveness: Hashable, Sendable {
    /// The lease is held.
    case alive
    /// result.json with the right nonce, and a free lease.
    case ended(RunResult)
    /// A free lease and no valid result.
    case vanished
  }
  package var liveness: Liveness
  /// From worker.pid; nil: the worker never got that far.
  package var worker: ProcessIdentity?
  package var progress: RunProgress?
  /// Milliseconds since the last pulse; nil on another boot or before the first.
  package var pulseAge: Interval?
  /// How far the worker's phase is over its limit; nil: it is not.
  package var phaseOverrun: Interval?
  /// Processes that still carry the run's marker although the lease is free; pid 0 stands for
  /// "there may be some": the look was not conclusive.
  package var leftovers: [Int32]
  package init(liveness: Liveness) {
    self.liveness = liveness
    self.worker = nil
    self.progress = nil
    self.pulseAge = nil
    self.phaseOverrun = nil
    self.leftovers = []
  }
}
