// A state directory in the temp folder, an executor on it, and the processes a test starts: all of
// them are found again by pid and start time and ended with the test. The worker is a shell script
// of the test's choice. Waiting means looking again until a condition holds; the deadlines are only
// there to end a broken test.
import Glibc
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

/// All tests with processes run one after another: a child of one test, caught between fork and
/// exec, would hold copies of another test's leases for a moment.
@Suite(.serialized, .ownThreads) enum LocalExecutorTests {}

final class LocalWorld {
  let root: String
  let state: String
  let bootID = Host.bootID
  private(set) var started: [ProcessIdentity] = []
  private let tag = Host.randomHex(bytes: 4)

  init() throws {
    let temporary = Host.environment["TMPDIR"] ?? "/tmp"
    let path = Files.join(temporary, "symphony-local-\(tag)")
    try Files.makeDirectories(path + "/state")
    root = try #require(Files.resolved(path))
    state = root + "/state"
  }

  /// Ends what the test started, marked or not, and removes its files.
  func tearDown() {
    for name in (try? Files.list(state + "/runs")) ?? [] {
      if let worker = fakeWorker(RunID(name)) { started.append(worker) }
    }
    // A loop replaces a child that was killed before it: look again until none is left.
    for _ in 0..<50 {
      let found = Processes.all.filter { Processes.environment(of: $0)?["ROOT"] == root }
      for pid in found {
        guard let now = Processes.stat(pid) else { continue }
        started.append(ProcessIdentity(pid: pid, startTime: now.startTime, bootID: bootID))
      }
      for process in started {
        _ = Processes.signal(process.pid, startTime: process.startTime, SIGKILL)
        _ = Spawn.reap(process.pid)
      }
      if found.isEmpty { break }
    }
    try? Files.removeTree(root)
  }

  // MARK: Runs

  /// Unique on this machine, so that no test can sweep another's processes.
  func run(_ name: String) -> RunID { RunID("\(name)-\(tag)-r1") }
  func directory(_ run: RunID) -> RunDirectory { RunDirectory(path: "\(state)/runs/\(run)") }

  func executor(worker body: String = "exec sleep 600") throws -> LocalExecutor {
    LocalExecutor(stateDirectory: state, executable: try script(body), bootID: bootID)
  }
  /// What is started in the place of symphony.
  func script(_ body: String) throws -> String {
    let script = root + "/symphony-\(Host.randomHex(bytes: 4))"
    let text = """
      #!/bin/sh
      export ROOT="\(root)"
      echo started >> "\(root)/starts"
      echo "$@" > "$2/arguments"
      echo $$ > "$2/pid.new" && mv "$2/pid.new" "$2/pid"
      \(body)
      """
    try Files.writeAtomically(script, text + "\n", mode: 0o700)
    return script
  }

  func record(_ run: RunID, nonce: String = "n1") -> RunRecord {
    RunRecord(
      id: run, item: ItemID("I_1"), generation: 1, purpose: .work, nonce: nonce, era: bootID,
      launchedAt: Timestamp(milliseconds: 1_000))
  }
  func result(_ run: RunID, nonce: String = "n1") -> RunResult {
    RunResult(
      nonce: nonce, runID: run, outcome: .succeeded, summary: "2 commits",
      startedAt: Timestamp(milliseconds: 1_000), endedAt: Timestamp(milliseconds: 2_000))
  }
  func spec(_ run: RunID) -> RunSpec {
    RunSpec(
      runID: run, nonce: "n1", purpose: .work,
      itemKey: ItemKey("acme/app#1"), repository: RepositoryName(owner: "acme", name: "app"),
      generation: 1,
      paths: RunPaths(
        state: state, run: directory(run).path, cache: state + "/repos/acme/app.git",
        workspace: state + "/workspaces/w"),
      git: GitOrder(
        cloneURL: "https://github.com/acme/app.git", credentialScope: "https://github.com/",
        baseBranch: "main", branch: "symphony/acme_app_1", ownsBranch: false, fenceHead: nil,
        takeOver: false, debt: nil, settings: GitPolicy()),
      hooks: HookPolicy(), agent: AgentPolicy(), resume: nil, newSessionID: Host.uuid(),
      attempt: nil, promptTemplate: "Do {{ issue.title }}", promptLine: 5,
      workflowPath: "/project/WORKFLOW.md", skills: [],
      context: .object(["issue": .object(["title": .string("A/B \u{1F600}")])]), nudge: [])
  }
  func poll(_ executor: LocalExecutor, _ run: RunID, nonce: String = "n1") throws -> RunObservation
  {
    let answer = try executor.poll(
      PollQuestion(runs: [record(run, nonce: nonce)], workspaces: [:]))
    return try #require(answer.runs[run])
  }
  /// A run directory without a worker.
  func makeDirectory(_ run: RunID) throws -> RunDirectory {
    try Files.makeDirectories(directory(run).path)
    return directory(run)
  }

  // MARK: Processes

  /// The fake worker of a run, once its script has begun.
  func fakeWorker(_ run: RunID) -> ProcessIdentity? {
    guard let text = try? Files.readText(directory(run).path + "/pid"),
      let pid = Int32(text.filter(\.isNumber)), let found = Processes.stat(pid)
    else { return nil }
    return ProcessIdentity(pid: pid, startTime: found.startTime, bootID: bootID)
  }
  func awaitWorker(_ run: RunID) throws -> ProcessIdentity {
    try eventually("the worker of \(run) runs") { fakeWorker(run) != nil }
    return try #require(fakeWorker(run))
  }

  /// Runs a shell script as a child of the test, in a session of its own; it is there when this
  /// returns.
  @discardableResult
  func start(
    _ script: String, marker: RunID? = nil, directory: String? = nil, input: String = "/dev/null",
    inherited: [Int32] = []
  ) throws -> ProcessIdentity {
    var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "ROOT": root]
    if let marker { environment[RunMarker.variable] = marker.text }
    var request = SpawnRequest(
      arguments: ["/bin/sh", "-c", script], environment: environment, directory: directory ?? root)
    request.input = input
    request.inherited = inherited
    let pid = try Spawn.start(request)
    let found = try #require(Processes.stat(pid))
    let identity = ProcessIdentity(pid: pid, startTime: found.startTime, bootID: bootID)
    started.append(identity)
    return identity
  }

  /// How a child of the test ended.
  func awaitExit(_ process: ProcessIdentity) throws -> ChildExit? {
    var exit: ChildExit?
    try eventually("process \(process.pid) ends") {
      exit = Spawn.reap(process.pid)
      return exit != nil
    }
    return exit
  }
  /// True when no signal that ends a process reached this one before: of several pending signals
  /// the kernel delivers KILL first and then the lowest number.
  func wasLeftAlone(_ process: ProcessIdentity) throws -> Bool {
    guard Processes.isAlive(pid: process.pid, startTime: process.startTime) else { return false }
    Processes.signalChild(process.pid, SIGVTALRM)
    return try awaitExit(process) == .signalled(SIGVTALRM)
  }
}

extension RunObservation {
  var isAlive: Bool { if case .alive = liveness { true } else { false } }
  var hasVanished: Bool { if case .vanished = liveness { true } else { false } }
  /// Nil: it does not live.
  var vitals: Vitals? { if case .alive(let vitals) = liveness { vitals } else { nil } }
}

struct NeverHappened: Error, CustomStringConvertible {
  var description: String
}

/// Looks until the condition holds.
func eventually(
  _ what: String, seconds: Int64 = 30, _ condition: () throws -> Bool
) throws {
  let deadline = Clock.monotonicMilliseconds() + seconds * 1000
  while try !condition() {
    if Clock.monotonicMilliseconds() > deadline {
      throw NeverHappened(description: "never happened: \(what)")
    }
    Clock.sleep(milliseconds: 5)
  }
}
