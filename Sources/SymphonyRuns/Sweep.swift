// Ends what a run left behind: agents put their tools in sessions of their own, so killing a
// process group misses them, and the marker in the environment is what all of them share. Called by
// the executor for dead workers, and by the worker before it commits leftovers and before it
// pushes. It knows nothing of results or rows, and never touches the caller, a holder of tick.lock
// or a holder of another run's lease.
import SymphonyCore
import SymphonyPlatform

package struct SweepReport: Hashable, Sendable {
  /// Pids that were sent SIGKILL, sorted.
  package var killed: [Int32]
  /// Two whole passes in a row found nothing.
  package var isEmpty: Bool
}

package enum Sweep {
  /// Freezes (SIGSTOP) and then kills everything that carries the run's marker, until nothing does.
  ///
  /// `patienceMilliseconds`: when to give up on processes that do not die (waiting in the kernel)
  /// or come faster than they go; the report is then not empty, and a later call may go on. An idle
  /// machine is told empty even with 0.
  package static func run(_ run: RunID, stateDirectory: String, patienceMilliseconds: Int64)
    -> SweepReport
  {
    let deadline = Clock.monotonicMilliseconds() + patienceMilliseconds
    var killed: Set<Int32> = []
    var emptyPasses = 0
    var pause: Int64 = 2
    repeat {
      let pass = freeze(run, stateDirectory: stateDirectory, until: deadline)
      emptyPasses = pass.frozen.isEmpty && pass.isConclusive ? emptyPasses + 1 : 0
      // One empty pass proves little: a process in the middle of execve shows no environment.
      if emptyPasses == 2 { return SweepReport(killed: killed.sorted(), isEmpty: true) }
      for process in pass.frozen
      where Processes.signal(process.pid, startTime: process.startTime, Signals.killNow) {
        killed.insert(process.pid)
      }
      Clock.sleep(milliseconds: pause)
      if emptyPasses == 0 { pause = min(pause * 2, 50) }
    } while emptyPasses > 0 || Clock.monotonicMilliseconds() < deadline
    return SweepReport(killed: killed.sorted(), isEmpty: false)
  }

  /// Stops the marked processes until a look finds no new one, so that none forks while others are
  /// killed.
  private static func freeze(_ run: RunID, stateDirectory: String, until deadline: Int64)
    -> (frozen: Set<MarkedProcess>, isConclusive: Bool)
  {
    var frozen: Set<MarkedProcess> = []
    while true {
      let scan = ProcessScan.take(runs: [run], workspaces: [:], stateDirectory: stateDirectory)
      let fresh = Set(scan.marked[run] ?? []).subtracting(frozen)
      for process in fresh {
        _ = Processes.signal(process.pid, startTime: process.startTime, Signals.stop)
      }
      frozen.formUnion(fresh)
      if fresh.isEmpty || Clock.monotonicMilliseconds() >= deadline {
        return (frozen, scan.isConclusive)
      }
    }
  }
}
