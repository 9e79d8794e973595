// The port to where workers run. It knows nothing of issues or policy: it launches what a spec
// says, tells what lives, and ends what it is told to end. Nothing of a machine crosses it: no pid,
// no boot, no clock. What a person may want to know of one is text, and only printed.

package protocol Executor: Sendable {
  /// Idempotent by run id: a repeated launch throws `alreadyLaunched` and starts nothing. A launch
  /// that throws has left nothing that lives, and nothing behind that a later one would meet.
  func launch(_ spec: RunSpec, environment: [String: String]) throws(ExecutorError)
  /// One look at all runs and workspaces. Throwing means everything is unknown. A run it never
  /// heard of was not launched.
  func poll(_ question: PollQuestion) throws(ExecutorError) -> PollAnswer
  /// Asks a worker to end, ends it, or ends what it left behind. Nothing is there to end: done.
  func end(_ run: RunID, _ how: EndKind) throws(ExecutorError)
  /// Deletes what is kept of a settled run. Nothing is kept: done.
  func forget(_ run: RunID) throws(ExecutorError)
  /// A piece of one of a run's logs, as it is now.
  /// - Throws: `unknownRun` when nothing is kept of the run. A log that nobody has written to yet
  ///   is empty.
  func tail(_ run: RunID, _ log: RunLog, _ piece: LogPiece) throws(ExecutorError) -> LogTail
}

package enum EndKind: String, Sendable, CaseIterable {
  /// The worker ends its agent and writes a result.
  case stop
  /// The worker ends its agent and finishes as it always does, with its hook and push.
  case endAgent
  /// The worker is ended at once, and then what it leaves behind.
  case kill
  /// The worker is gone already: what it left behind is ended.
  case sweep
  /// Nothing of it lives any more: only the files go that nobody may keep.
  case clear
}

package struct PollQuestion: Sendable {
  /// Runs that are not settled, with the nonce their result must carry.
  package var runs: [RunRecord]
  /// Workspaces to look for strangers in: absolute paths by key.
  package var workspaces: [WorkspaceKey: String]
  /// Also find the runs that live and are not among `runs`: another tick may have launched some.
  package var findsOthers: Bool
  package init(
    runs: [RunRecord] = [], workspaces: [WorkspaceKey: String] = [:], findsOthers: Bool = false
  ) {
    self.runs = runs
    self.workspaces = workspaces
    self.findsOthers = findsOthers
  }
}

package struct PollAnswer: Sendable {
  /// One for each run that was asked about.
  package var runs: [RunID: RunObservation]
  /// Workspaces in which somebody else is at work, and who: words for a sentence.
  package var busy: [WorkspaceKey: String]
  /// Runs that nobody asked about and of which something is kept, oldest first.
  package var otherRuns: [RunID]
  /// Those of them that live; empty where `findsOthers` was not wanted.
  package var othersAlive: [RunID] = []
  /// When something of them was last made or replaced, as far as that is known.
  package var changedAt: [RunID: Timestamp] = [:]
  /// Those of `otherRuns` in which an agent said something.
  package var transcripts: Set<RunID> = []
  /// Runs that are over, asked about or not, and left files that nobody may keep, in order.
  package var uncleared: [RunID] = []
  /// Runs whose deletion was begun and not finished: nothing else is kept of them.
  package var halfForgotten: [RunID] = []
  /// The era that a run launched now has to keep as its `RunRecord.era`.
  package var era: String
  package init(
    runs: [RunID: RunObservation], busy: [WorkspaceKey: String] = [:], otherRuns: [RunID] = [],
    era: String
  ) {
    self.runs = runs
    self.busy = busy
    self.otherRuns = otherRuns
    self.era = era
  }
}

package struct RunObservation: Hashable, Sendable {
  package enum Liveness: Hashable, Sendable {
    case alive(Vitals)
    /// Its worker is gone and left a result with the right nonce.
    case ended(RunResult)
    /// Its worker is gone and will never leave a result.
    case vanished(Vanishing)
    /// It cannot be found out: nothing about the run changes.
    case unknown(why: String)
  }
  /// How a worker that lives is doing.
  package struct Vitals: Hashable, Sendable {
    /// It told who it is: the launch has come to an end.
    package var isIdentified = true
    /// Since its launch, on a clock that no one sets and that stands still while the machine
    /// sleeps; nil: not known.
    package var age: Interval?
    /// Since it last showed that it lives; nil: not known.
    package var silence: Interval?
    /// How far its phase is over its limit; nil: it is not.
    package var phaseOverrun: Interval?
    package init() {}
  }
  package enum Vanishing: Hashable, Sendable {
    /// Its machine began anew since its launch (a reboot): nobody's fault.
    case restarted
    /// Nothing is there of it: it was never begun.
    case notLaunched
    /// It never told who it is: the launch came to nothing.
    case neverStarted
    /// It came to its end, but its machine had no room for the result.
    case hindered
    case died
  }
  /// What a worker that is gone left to be swept: processes.
  package enum Leftovers: Hashable, Sendable {
    case none
    case some(Int)
    /// There may be some: the run has to be swept before it is settled.
    case maybe

    /// How many processes are to be ended at least, 1 where there may be some; nil: none.
    package var atLeast: Int? {
      switch self {
      case .none: nil
      case .some(let count): count
      case .maybe: 1
      }
    }
  }
  package var liveness: Liveness
  /// Its worker is gone, one way or the other.
  package var isOver: Bool {
    switch liveness {
    case .alive, .unknown: false
    case .ended, .vanished: true
    }
  }
  package var progress: RunProgress?
  package var leftovers: Leftovers
  /// The place where it runs, for people; nil: not known.
  package var whereabouts: String?
  package init(liveness: Liveness) {
    self.liveness = liveness
    self.progress = nil
    self.leftovers = .none
    self.whereabouts = nil
  }
}

/// The logs of a run.
package enum RunLog: String, Sendable, CaseIterable {
  /// The agent's standard output.
  case agent
  case agentErrors = "agent_errors"
  case worker, hooks
}

/// Which part of a log is wanted; bytes are counted from its beginning.
package enum LogPiece: Hashable, Sendable {
  /// At most so many bytes, 0 or more, at the end.
  case last(Int)
  /// At most `limit` bytes, 0 or more, from `offset` on: what follows an earlier piece.
  case from(Int64, limit: Int)
}

package struct LogTail: Hashable, Sendable {
  package var bytes: [UInt8]
  /// The place of the first byte in the log.
  ///
  /// It is the place asked for; the next byte there is where a piece was given back to the disk; or
  /// the end of a shorter log.
  package var offset: Int64
  /// Bytes of the whole log when it was read.
  package var size: Int64
  /// The place at which the next piece begins.
  package var next: Int64 { offset + Int64(bytes.count) }
  package init(bytes: [UInt8], offset: Int64, size: Int64) {
    self.bytes = bytes
    self.offset = offset
    self.size = size
  }
}
