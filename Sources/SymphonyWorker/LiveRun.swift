// The run as its worker sees it: spec, files, lease, pulse, phase and progress. Every other file of
// the worker gets it and goes through it for whatever the tick may see. It decides only two things:
// when the pulse is due, and that a lost lease or a signal ends the run. It starts no process.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

/// The parts that a test replaces: a worker in a process of its own uses the standard values.
struct WorkerSeams {
  /// False in tests: the process is not ours to turn into a subreaper or into a tick.
  var ownsProcess = true
  var signal: () -> Int32? = { Signals.seen }
  /// Milliseconds of the clock that the limits of a run, a turn and a silence are measured on.
  var now: () -> Int64 = Clock.monotonicMilliseconds
  /// Standard error is worker.log when a tick started us.
  var log: (String) -> Void = { text in
    let line = Array("\(Timestamp.current.rfc3339) \(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
  /// As JSON lines instead.
  var logsJSON = false
  var pulseInterval: Int64 = 5000
  /// Between TERM and KILL.
  var killGrace: Int64 = 5000
  /// Between the use of the last of the budget and the end of a turn that may just be ending.
  var budgetGrace: Int64 = 2000
  /// Between the line that ends a turn and the end of a process that stays.
  var conclusionGrace: Int64 = 5000
  var sweepPatience: Int64 = 10_000
  /// For the lock of the item, which its last worker may be about to give back.
  var itemPatience: Int64 = 2000
  /// Writes progress.json; `durably`: it is on disk when this returns.
  var writeProgress:
    (RunDirectory, RunProgress, _ deadline: Int64?, _ durably: Bool) throws(PlatformError) -> Void =
      { (files, progress, deadline, durably) throws(PlatformError) in
        try files.writeProgress(progress, deadline: deadline, durably: durably)
      }
  var writeResult: (RunDirectory, RunResult) throws(PlatformError) -> Void = {
    (files, result) throws(PlatformError) in try files.writeResult(result)
  }
  /// Brings all that was written on the file system of a directory to its disk.
  var syncFileSystem: (_ path: String) throws(PlatformError) -> Void = {
    (path) throws(PlatformError) in try Files.syncFileSystem(of: path)
  }
  /// For git, before and after the hook of a run that is stopped.
  var windUp = Interval.seconds(10)
}

final class LiveRun {
  let spec: RunSpec
  let files: RunDirectory
  let seams: WorkerSeams
  /// Ours, without the marker and the token that the tick handed to us.
  let environment: [String: String]
  let token: Secret?
  private let secrets: SecretSearch
  let startedAt: Timestamp
  let startedMonotonic: Int64
  /// False while a cancelled run winds up.
  var heedsSignals = true
  /// False once the attempt is over: what follows spends nothing, and an order to end the agent is
  /// about nobody any more.
  var mayHaveAgent = true
  private(set) var progress: RunProgress
  /// CLOCK_MONOTONIC milliseconds at which the phase runs out; nil: no limit.
  private var phaseDeadline: Int64?
  private let lease: FileLock
  /// What the lease says while it is ours.
  private let leaseToken: [UInt8]
  /// Nil only for the parts of a worker.
  private let item: ItemLock?
  private var beatAt = Int64.min
  private var writtenAt = Int64.min
  /// A change that is not on disk yet.
  private var isPending = false

  init(
    spec: RunSpec, files: RunDirectory, lease: FileLock, item: ItemLock? = nil,
    environment: [String: String], seams: WorkerSeams
  ) {
    self.spec = spec
    self.files = files
    self.lease = lease
    leaseToken = files.token(lease)
    self.item = item
    self.seams = seams
    self.token = environment[GitCredentials.tokenVariable].map { Secret($0) }
    self.environment = environment.filter {
      $0.key != GitCredentials.tokenVariable && $0.key != RunMarker.variable
    }
    secrets = SecretSearch(
      SecretValues.all(spec.agent, environment, token: token))
    startedAt = .current
    startedMonotonic = seams.now()
    progress = RunProgress(nonce: spec.nonce, phase: .starting, phaseSince: startedAt)
  }

  var limits: PhaseLimits { spec.phaseLimits ?? PhaseLimits() }

  /// Troubles that people have to know of however the run ends, for its result and worker.log.
  private(set) var remarks: [String] = []
  func remark(_ text: String) {
    log(text)
    if !remarks.contains(text) { remarks.append(text) }
  }

  /// The same of what is on no branch of the remote: status names it from now on.
  private(set) var kept: [String] = []
  func keep(_ text: String) {
    remark(text)
    if !kept.contains(text) { kept.append(text) }
  }

  /// One line of worker.log, whatever git, an agent or a server said in it.
  func log(_ text: String) {
    seams.say(PlainText.line(redact(text)), run: spec, session: progress.session?.id)
  }

  /// The end of an output, redacted before it is cut: half a token is not known for one.
  func redactedTail(_ output: MemoryFile, limit: Int) -> String {
    String(decoding: redact(output.tail(limit: limit + 4096)).utf8.suffix(limit), as: UTF8.self)
  }

  /// The text without any secret that is known by its value or by its form.
  func redact(_ text: String) -> String {
    secrets.masked(GitCredentials.redact(text, token))
  }

  /// The beginning of an agent's words, redacted before it is cut.
  func brief(_ text: String) -> String { String(redact(String(text.prefix(4000))).prefix(200)) }

  /// Takes secrets out of what the agent itself has printed; called when nothing of it lives.
  func maskOutput() {
    let mask = OutputMask(search: secrets)
    for file in [files.agentOutput, files.agentErrors] where Files.exists(file) {
      do throws(PlatformError) { try mask.apply(to: file) } catch { log(error.description) }
    }
  }

  /// Pulse, lease and signals: called from every loop that waits, many times a second.
  func beat() throws(RunStop) {
    try heed()
    if isPending, mayWrite {
      do throws(RunStop) { try write() } catch {
        // On a disk that is full git can still read, which a run does that winds up.
        guard case .broken = error, !heedsSignals else { throw error }
      }
    }
    let now = Clock.monotonicMilliseconds()
    guard beatAt == .min || now - beatAt >= seams.pulseInterval else { return }
    beatAt = now
    try checkLease()
    lease.claim()
    do throws(PlatformError) { try files.writePulse(lease, milliseconds: now) } catch {
      // Without its pulse it would be taken for hung; a run that winds up is about to end anyway.
      guard !heedsSignals else { throw .broken(error) }
    }
  }

  private func heed() throws(RunStop) {
    guard heedsSignals, let number = seams.signal() else { return }
    // An interrupt means that the budget is spent: it ends an agent, but no step that is free.
    guard number == Signals.interrupt else { throw .cancelled(signal: number) }
    let isHook = progress.phase == .hooks
    guard mayHaveAgent, !isHook else { return }
    throw .ended(RunEnding(outcome: .cancelled, summary: "its agent was told to end"))
  }

  /// The last look before something that others see: another worker may have this item by now.
  func checkLease() throws(RunStop) {
    guard lease.isIntact, files.token(lease) == leaseToken, item?.isOurs ?? true else {
      throw .leaseLost
    }
  }

  /// Says in the lease how the run ended, where its result finds no room.
  func leaveWord(_ end: LeaseEnd) {
    do throws(PlatformError) { try files.writeEnd(end, lease) } catch { log(error.description) }
  }

  /// What git or a hook wrote in the workspace is whole after a power loss, too.
  func sync(_ path: String) throws(RunStop) {
    try platform { () throws(PlatformError) in try seams.syncFileSystem(path) }
  }

  /// `limit`: nil for a phase that bounds itself.
  func enter(_ phase: RunPhase, limit: Interval?) throws(RunStop) {
    try beat()
    progress.phase = phase
    progress.phaseSince = .current
    phaseDeadline = limit.map {
      (Timestamp(milliseconds: Clock.monotonicMilliseconds()) + $0).milliseconds
    }
    try write()
  }

  /// The time left in the phase, in milliseconds; nil: no limit.
  var remaining: Int64? {
    phaseDeadline.map { max(0, $0 - Clock.monotonicMilliseconds()) }
  }

  /// Changes the progress; written at once, or at most once a second: then with the next beat.
  ///
  /// `durably`: it is kept also by a power loss.
  func note(
    atOnce: Bool = true, durably: Bool = false, _ change: (inout RunProgress) -> Void
  ) throws(RunStop) {
    change(&progress)
    isPending = true
    if atOnce || durably || mayWrite { try write(durably: durably) }
  }

  private var mayWrite: Bool {
    writtenAt == .min || Clock.monotonicMilliseconds() - writtenAt >= 1000
  }

  private func write(durably: Bool = false) throws(RunStop) {
    try checkLease()
    try platform { () throws(PlatformError) in
      try seams.writeProgress(files, progress.changingWords(redact), phaseDeadline, durably)
    }
    writtenAt = Clock.monotonicMilliseconds()
    isPending = false
  }

  /// Ends whatever still carries the run's marker; false when something would not die.
  @discardableResult
  func sweep() -> Bool {
    let report = Sweep.run(
      spec.runID, stateDirectory: spec.paths.state, patienceMilliseconds: seams.sweepPatience)
    if seams.ownsProcess {
      // An orphan that dropped the marker is our child by now, because we are the subreaper.
      let strays = Spawn.endChildren(patienceMilliseconds: seams.sweepPatience)
      if strays > 0 { log("ended \(strays) process(es) that had dropped the run's marker") }
    }
    if !report.killed.isEmpty {
      log("swept \(report.killed.count) process(es) the agent or a hook had left behind")
    }
    if !report.isEmpty { log("some processes of this run do not die; the next tick tries again") }
    return report.isEmpty
  }
}

extension Timestamp {
  static var current: Timestamp { Timestamp(milliseconds: Clock.wallMilliseconds()) }
}
