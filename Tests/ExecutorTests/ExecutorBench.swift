// What the contract of executors needs of each kind beside the port: a place to run in, workers
// whose ends a test chooses, and a way to be out of reach. A new kind brings a bench of its own
// here; a kind without one fails the contract.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import Synchronization
import Testing

@testable import SymphonyExecutors

protocol ExecutorBench {
  var executor: any Executor { get }
  func spec(_ name: String) -> RunSpec
  /// How many workers were ever started.
  func starts() throws -> Int
  /// Launches, and waits until the worker has told who it is.
  func launch(_ spec: RunSpec) throws
  /// The worker writes a result that carries a nonce, and ends.
  func finish(_ spec: RunSpec, nonce: String) throws
  /// The worker is gone without a word.
  func crash(_ spec: RunSpec) throws
  /// A process that the agent of the run started outlives its worker.
  func leaveProcess(_ spec: RunSpec) throws
  /// Somebody whom no run started works in a folder, which is returned: absolute.
  func occupyFolder() throws -> String
  /// The worker last showed that it lives, and its phase was to end, so long ago.
  func delay(_ spec: RunSpec, by interval: Interval) throws
  /// From here on nobody can say anything about this run; false: that cannot be had here.
  func hide(_ spec: RunSpec) throws -> Bool
  /// From here on processes come and go too fast for all of them to be looked at.
  func blur()
  func write(_ text: String, to log: RunLog, of spec: RunSpec) throws
  /// From here on nobody can say anything.
  func breakDown() throws
  func tearDown()
}

extension ExecutorRegistry.Kind {
  func bench() throws -> any ExecutorBench {
    switch self {
    case .local: try LocalBench()
    }
  }
}

/// Workers are shell scripts on this machine.
final class LocalBench: ExecutorBench {
  let world: LocalWorld
  private(set) var executor: any Executor
  private var hidden: [String] = []

  init() throws {
    world = try LocalWorld()
    executor = ExecutorRegistry.open(
      .local,
      ExecutorRegistry.Parts(
        stateDirectory: world.state, executable: try world.script("exec sleep 600")))
  }

  func spec(_ name: String) -> RunSpec { world.spec(world.run(name)) }
  func starts() throws -> Int {
    let path = world.root + "/starts"
    return Files.exists(path) ? try Files.readText(path).split(separator: "\n").count : 0
  }
  func launch(_ spec: RunSpec) throws {
    try executor.launch(spec, environment: ["PATH": "/usr/bin:/bin"])
    try world.directory(spec.runID).writeIdentity(try world.awaitWorker(spec.runID))
  }
  func finish(_ spec: RunSpec, nonce: String) throws {
    var result = result(spec)
    result.nonce = nonce
    try world.directory(spec.runID).writeResult(result)
    try crash(spec)
  }
  func crash(_ spec: RunSpec) throws {
    let worker = try world.awaitWorker(spec.runID)
    Processes.signalChild(worker.pid, SIGKILL)
    let lease = world.directory(spec.runID).lease
    try eventually("the lease is free") { try !FileLock.probe(lease) }
  }
  func leaveProcess(_ spec: RunSpec) throws {
    try world.start("exec sleep 600", marker: spec.runID)
  }
  func occupyFolder() throws -> String {
    let folder = world.root + "/occupied"
    try Files.makeDirectories(folder + "/deep")
    try world.start("exec sleep 600", directory: folder + "/deep")
    return folder
  }
  func delay(_ spec: RunSpec, by interval: Interval) throws {
    let run = world.directory(spec.runID)
    let then = Clock.monotonicMilliseconds() - interval.milliseconds
    let pulse = (0..<8).map { UInt8(truncatingIfNeeded: then >> ($0 * 8)) }
    // In place, as a worker does it: the lease stays the worker's.
    let file = open(run.lease, O_WRONLY | O_CLOEXEC)
    defer { close(file) }
    #expect(pwrite(file, pulse, pulse.count, 0) == pulse.count)
    try run.writeProgress(
      RunProgress(nonce: spec.nonce, phase: .pushing, phaseSince: Timestamp(milliseconds: 5)),
      deadline: then, durably: false)
  }
  func hide(_ spec: RunSpec) throws -> Bool {
    let result = world.directory(spec.runID).result
    if !Files.exists(result) { try Files.writeAtomically(result, "") }
    if Host.userID != 0 { return chmod(result, 0) == 0 }
    // Root may read everything. Memory opens, but a read of address 0 fails, like a failing disk.
    guard try mount(["mount", "--bind", "/proc/\(Host.processID)/mem", result]) else {
      return false
    }
    hidden.append(result)
    return true
  }
  private func mount(_ arguments: [String]) throws -> Bool {
    try CapturedCommand.run(
      arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/",
      timeoutMilliseconds: 20_000
    ).exit.isSuccess
  }
  func blur() {
    var local = LocalExecutor(
      stateDirectory: world.state, executable: "/nonexistent", bootID: world.bootID)
    // Beside all that live, one that has gone when its turn comes: pids beyond what Linux gives out.
    let ghosts = Mutex<Int32>(5_000_000)
    local.listing = {
      ghosts.withLock {
        $0 += 1
        return Processes.all + [$0]
      }
    }
    executor = local
  }
  func write(_ text: String, to log: RunLog, of spec: RunSpec) throws {
    try Files.append(world.directory(spec.runID).file(of: log), text)
  }
  /// A file in the place of the directory of all runs.
  func breakDown() throws {
    let runs = StateLayout(world.state).runs
    #expect(rename(runs, runs + ".aside") == 0)
    try Files.append(runs, "")
  }
  func tearDown() {
    for path in hidden { #expect((try? mount(["umount", "-l", path])) == true) }
    let runs = StateLayout(world.state).runs
    if Files.exists(runs + ".aside") {
      _ = try? Files.remove(runs)
      #expect(rename(runs + ".aside", runs) == 0)
    }
    world.tearDown()
  }
}

extension ExecutorBench {
  func finish(_ spec: RunSpec) throws { try finish(spec, nonce: spec.nonce) }
  func result(_ spec: RunSpec) -> RunResult {
    RunResult(
      nonce: spec.nonce, runID: spec.runID, outcome: .succeeded, summary: "2 commits",
      startedAt: Timestamp(milliseconds: 1_000), endedAt: Timestamp(milliseconds: 2_000))
  }
  /// As a tick keeps it that launched the run now.
  func record(_ spec: RunSpec) throws -> RunRecord {
    RunRecord(
      id: spec.runID, item: ItemID("I_1"), generation: 1, purpose: .work, nonce: spec.nonce,
      era: try executor.poll(PollQuestion()).era, launchedAt: Timestamp(milliseconds: 1_000))
  }
  func look(_ spec: RunSpec) throws -> RunObservation {
    let answer = try executor.poll(PollQuestion(runs: [try record(spec)]))
    #expect(answer.runs.count == 1)
    return try #require(answer.runs[spec.runID])
  }
}
