// One look through /proc that answers two questions at once: which processes carry the marker of
// these runs, and which strangers work in these workspaces. Taken by the poll (once for all runs)
// and by the sweep (again and again). It only looks. Processes of other users cannot be read and
// are not ours to end.
import SymphonyCore
import SymphonyPlatform

/// A process as it was when its environment was read; a reused pid has another start time.
package struct MarkedProcess: Hashable, Sendable {
  package var pid: Int32
  package var startTime: UInt64
}

package struct ProcessScan: Sendable {
  /// Sorted by pid; never the caller, a zombie, or a protected process.
  package private(set) var marked: [RunID: [MarkedProcess]] = [:]
  /// The lowest pid without any marker whose working directory lies in the workspace; never the
  /// caller.
  package private(set) var busy: [WorkspaceKey: Int32] = [:]
  /// Every process that lives was looked at.
  ///
  /// False when processes came and went faster than that.
  package private(set) var isConclusive = true

  private let runs: Set<RunID>
  /// With links resolved, as the kernel reports working directories.
  private let folders: [WorkspaceKey: String]
  private let stateDirectory: String

  /// Looks at nothing when there is neither a run nor an existing workspace to ask about.
  ///
  /// `listing`: the pids there are at the moment it is called; a test gives its own.
  package static func take(
    runs: Set<RunID>, workspaces: [WorkspaceKey: String], stateDirectory: String,
    listing: () -> [Int32] = { Processes.all }
  ) -> ProcessScan {
    var scan = ProcessScan(
      runs: runs, folders: workspaces.compactMapValues { Files.resolved($0) },
      stateDirectory: Files.resolved(stateDirectory) ?? stateDirectory)
    guard !scan.runs.isEmpty || !scan.folders.isEmpty else { return scan }
    scan.lookAtAll(listing)
    for run in scan.marked.keys { scan.marked[run]?.sort { $0.pid < $1.pid } }
    return scan
  }

  private init(runs: Set<RunID>, folders: [WorkspaceKey: String], stateDirectory: String) {
    self.runs = runs
    self.folders = folders
    self.stateDirectory = stateDirectory
  }

  private enum Sight { case known, gone, withoutEnvironment }

  /// A process that had gone when its turn came may have left a child that the listing does not
  /// show: only a listing none of whose newcomers had gone is the last one needed.
  ///
  /// On a quiet machine that is the first.
  private mutating func lookAtAll(_ listing: () -> [Int32]) {
    var seen: Set<Int32> = [Host.processID]
    for _ in 0..<ProcessScan.maxListings {
      var missed = false
      var undecided: [Int32] = []
      for pid in listing() where seen.insert(pid).inserted {
        switch look(at: pid, again: false) {
        case .known: break
        case .gone: missed = true
        case .withoutEnvironment: undecided.append(pid)
        }
      }
      // A process in the middle of execve shows an empty environment for some microseconds; kernel
      // threads and children of `env -i` always do. It is looked at again before the next listing:
      // later it would have gone, as programs do on a busy machine, and nobody could say what it
      // was.
      if !undecided.isEmpty { Clock.sleep(milliseconds: 2) }
      for pid in undecided where look(at: pid, again: true) == .gone { missed = true }
      isConclusive = !missed
      if isConclusive { break }
    }
    // On a machine where processes come and go all the time no listing is ever the last one needed.
    // That many in a row without a single marked process are an answer too, if the youngest show no
    // mark either: a run must not stay unsettled for ever because a compiler is at work beside it.
    if marked.isEmpty {
      if !isConclusive { lookAtYoungest() }
      isConclusive = true
    }
  }
  private static let maxListings = 50

  /// Looks at the processes that were started last, again and again, until one carries a mark.
  ///
  /// One that starts its successor and ends is gone before a listing of all comes to it; the number
  /// of the youngest is read much faster (proc(5), the last field of /proc/loadavg).
  private mutating func lookAtYoungest() {
    var known: Set<Int32> = [Host.processID]
    for _ in 0..<ProcessScan.maxLooksAtYoungest where marked.isEmpty {
      guard let line = try? Files.readText("/proc/loadavg", limit: 256),
        let youngest = line.split(whereSeparator: \.isWhitespace).last.flatMap({ Int32($0) })
      else { return }
      for pid in stride(from: youngest, to: max(0, youngest - 8), by: -1)
      where !known.contains(pid) {
        // In the middle of execve it shows no environment: it is looked at again.
        if case .known = look(at: pid, again: false) { known.insert(pid) }
      }
    }
  }
  private static let maxLooksAtYoungest = 1000

  private mutating func look(at pid: Int32, again: Bool) -> Sight {
    let inside = folders.isEmpty ? [] : workspaces(around: pid)
    guard !runs.isEmpty || !inside.isEmpty else { return .known }
    guard let found = Processes.stat(pid) else { return .gone }
    let environment: [UInt8]
    do throws(PlatformError) {
      environment = try Files.read("/proc/\(pid)/environ", limit: 8 << 20)
    } catch {
      if Processes.isAlive(pid: pid, startTime: found.startTime) {
        note(strangerIn: inside, pid)
        return .known
      }
      return .gone
    }
    if environment.isEmpty {
      guard Processes.isAlive(pid: pid, startTime: found.startTime) else { return .gone }
      if !again { return .withoutEnvironment }
    }
    let marks = RunMarker.runs(in: environment)
    if marks.isEmpty { note(strangerIn: inside, pid) }
    let process = MarkedProcess(pid: pid, startTime: found.startTime)
    // A process that was in the middle of execve, or among the youngest, may be looked at twice.
    for run in runs.intersection(marks)
    where marked[run]?.contains(process) != true && !isProtected(pid, from: run) {
      marked[run, default: []].append(process)
    }
    return .known
  }

  private mutating func note(strangerIn workspaces: [WorkspaceKey], _ pid: Int32) {
    for key in workspaces { busy[key] = min(pid, busy[key] ?? pid) }
  }

  private func workspaces(around pid: Int32) -> [WorkspaceKey] {
    guard let directory = Processes.workingDirectory(of: pid) else { return [] }
    // A folder that was removed under a process: nothing in today's workspace is in its way.
    if directory.hasSuffix(" (deleted)"), !Files.exists(directory) { return [] }
    return folders.compactMap { key, folder in
      directory == folder || directory.hasPrefix(folder + "/") ? key : nil
    }
  }

  /// A holder of tick.lock or of another run's lease in this state directory is a tick or a worker
  /// that got the marker by mistake; ending it could cost a run its worker.
  private func isProtected(_ pid: Int32, from run: RunID) -> Bool {
    let layout = StateLayout(stateDirectory)
    let lock = layout.tickLock
    let runs = layout.runs + "/"
    let ownLease = RunDirectory(run, in: layout).lease
    let held = Processes.lockedFiles(of: pid) { name in
      name == lock || (name.hasPrefix(runs) && name.hasSuffix("/lease") && name != ownLease)
    }
    return !held.isEmpty
  }
}
