// Finds the processes that hold a run's lease, for a signal to them. Used by LocalExecutor.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

struct LeaseHolders {
  let run: RunDirectory
  /// The processes that let their descriptors be seen and hold the lock of a file.
  let holding: (_ path: String) -> [Int32]

  /// Pids; empty: nobody holds it.
  var all: [Int32] {
    // With a second name it would be another program's file, put there to have that one ended.
    guard Files.isOnlyName(run.lease) else { return [] }
    if let owner = FileLock.owner(of: run.lease) { return [owner] }
    // The worker of an older version has no record lock, but lets its descriptors be seen.
    let seen = holding(run.lease)
    if !seen.isEmpty { return seen }
    // A child that was started and has no program of its own yet holds a copy of all its parent
    // has. Stopped in that moment it keeps the lease beyond its parent's death; it has no record
    // lock, and its descriptors are hidden as its parent's were. It shows its parent's arguments.
    guard (try? FileLock.probe(run.lease)) == true else { return [] }
    return Processes.all.filter(isOfWorker)
  }

  private func isOfWorker(_ pid: Int32) -> Bool {
    guard let arguments = Processes.arguments(of: pid), arguments.count == 3,
      arguments[1] == "worker", arguments[2] == run.path
    else { return false }
    return Processes.userID(of: pid) == Host.userID
  }
}
