// What the contract of executors needs of each kind beside the port: a place to run in, workers
// whose ends a test chooses, and a way to be out of reach. A new kind brings a bench of its own
// here; a kind without one fails the contract.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import Testing

@testable import SymphonyExecutors

protocol ExecutorBench {
  var executor: any Executor { get }
  func spec(_ name: String) -> RunSpec
  /// How many workers were ever started.
  func starts() throws -> Int
  /// Launches, and waits until the worker has told who it is.
  func launch(_ spec: RunSpec) throws
  /// The worker writes its result and ends.
  func finish(_ spec: RunSpec) throws
  /// The worker is gone without a word.
  func crash(_ spec: RunSpec) throws
  /// A process that the agent of the run started outlives its worker.
  func leaveProcess(_ spec: RunSpec) throws
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
  let executor: any Executor

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
  func finish(_ spec: RunSpec) throws {
    try world.directory(spec.runID).writeResult(result(spec))
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
    let runs = StateLayout(world.state).runs
    if Files.exists(runs + ".aside") {
      _ = try? Files.remove(runs)
      #expect(rename(runs + ".aside", runs) == 0)
    }
    world.tearDown()
  }
}

extension ExecutorBench {
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
