// The executor for this machine: workers are detached processes, the lease (a flock) is the truth
// about their life, and their files are the truth about the rest. Called through its port by the
// tick's observer (poll) and applier (launch, end, forget), and by commands. Pids, boots and clocks
// stay in here. It reads no database, knows no policy, and never waits for a worker.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

package struct LocalExecutor: Executor {
  private let layout: StateLayout
  private let executable: String
  private let bootID: String
  /// The pids there are; a test gives its own.
  var listing: @Sendable () -> [Int32] = { Processes.all }
  /// The processes seen to hold a lock, likewise.
  var holding: @Sendable (_ path: String) -> [Int32] = { Processes.holdingLock(on: $0) }

  /// - Parameters:
  ///   - stateDirectory: absolute; the directory of all runs is made in it at the first launch.
  ///   - executable: the symphony binary, absolute; started as `symphony worker RUNDIR`.
  ///   - bootID: the kernel's id of this boot: the era of the runs it launches.
  package init(stateDirectory: String, executable: String, bootID: String) {
    layout = StateLayout(stateDirectory)
    self.executable = executable
    self.bootID = bootID
  }

  init(_ parts: ExecutorRegistry.Parts) {
    self.init(
      stateDirectory: parts.stateDirectory, executable: parts.executable, bootID: Host.bootID)
  }

  private func directory(of run: RunID) -> RunDirectory { RunDirectory(run, in: layout) }

  // MARK: Launch

  package func launch(_ spec: RunSpec, environment: [String: String]) throws(ExecutorError) {
    try checkName(spec.runID)
    let run = directory(of: spec.runID)
    if let conflict = try disk({ () throws(PlatformError) in try otherWorker(spec) }) {
      throw .alreadyLaunched(conflict)
    }
    do throws(PlatformError) { try Files.makeDirectory(run.path) } catch {
      if error.errno == EEXIST {
        throw .alreadyLaunched("the run directory \(run.path) exists already; nothing was started")
      }
      throw .disk(error.description)
    }
    do throws(ExecutorError) {
      let lease = try disk { () throws(PlatformError) in
        try run.writeSpec(spec)
        try Files.syncDirectory(layout.runs)
        return try takeLease(run)
      }
      try start(run, lease, environment)
    } catch {
      // Nobody was started, so nobody is at work there.
      try disk { () throws(PlatformError) in try Files.removeTree(run.path) }
      throw error
    }
  }

  private func start(
    _ run: RunDirectory, _ lease: FileLock, _ environment: [String: String]
  ) throws(ExecutorError) {
    do throws(PlatformError) {
      var passed = environment
      passed[RunMarker.variable] = nil
      let memory = try PassedEnvironment.file(passed)
      var request = SpawnRequest(
        arguments: [executable, "worker", run.path],
        environment: PassedEnvironment.visible(passed), directory: "/")
      request.environment[PassedEnvironment.variable] = "4"
      request.output = run.workerLog
      request.inherited = [lease.descriptor, memory.descriptor]
      // Our copy must outlive the spawn and then close without an unlock: the worker's copy keeps
      // the lock.
      _ = try withExtendedLifetime((lease, memory)) { () throws(PlatformError) -> Int32 in
        try Spawn.start(request)
      }
    } catch {
      throw error.isDiskFull ? .disk(error.description) : .notLaunched(error.description)
    }
  }

  private func disk<Value>(
    _ operation: () throws(PlatformError) -> Value
  ) throws(ExecutorError) -> Value {
    do throws(PlatformError) { return try operation() } catch { throw .disk(error.description) }
  }

  /// What the database may not know: that the item has a worker, or had a later one; nil: neither.
  private func otherWorker(_ spec: RunSpec) throws(PlatformError) -> String? {
    try Files.makeDirectories(layout.runs)
    let path = ItemLock.path(of: spec.runID, in: layout)
    let found = try ItemLock.take(spec.runID, in: layout, patienceMilliseconds: 500)
    guard let item = found else {
      let holder = FileLock.owner(of: path).map { "process \($0)" } ?? "a process"
      return "\(holder) holds \(path): a worker of this item lives"
    }
    if item.generation < spec.generation { return nil }
    return "\(path) is of run \(item.generation) of this item, which this one does not follow"
  }

  /// A look by `status` shares the lock for a moment, also that of a lease nobody has won yet.
  private func takeLease(_ run: RunDirectory) throws(PlatformError) -> FileLock {
    for _ in 0..<100 {
      if let lease = try FileLock.take(run.lease) {
        // A full disk shows here and not in the worker.
        try run.reserveLease(lease)
        return lease
      }
      Clock.sleep(milliseconds: 5)
    }
    throw PlatformError("lock", run.lease, EAGAIN)
  }

  // MARK: Poll

  package func poll(_ question: PollQuestion) throws(ExecutorError) -> PollAnswer {
    var observations: [RunID: RunObservation] = [:]
    for record in question.runs { observations[record.id] = try observe(record) }
    let kept: KeptDirectories
    do throws(PlatformError) {
      kept = try directories(without: Set(question.runs.map(\.id)))
    } catch { throw .disk(error.description) }
    let others = kept.runs.map(\.run)
    // After the leases on purpose: a child caught between fork and exec keeps a copy of its dead
    // worker's lease until it shows the marker, so a run that is gone and has no leftovers has
    // nothing to come.
    let gone = Set(observations.filter { $1.isOver }.keys)
    var scan = look(for: gone, question)
    if !scan.isConclusive { scan = look(for: gone, question) }
    for run in gone {
      let count = scan.marked[run]?.count ?? 0
      observations[run]?.leftovers = count > 0 ? .some(count) : scan.isConclusive ? .none : .maybe
    }
    var answer = PollAnswer(
      runs: observations, busy: scan.busy.mapValues { "process \($0)" }, otherRuns: others,
      era: bootID)
    answer.changedAt = Dictionary(
      kept.runs.map { ($0.run, Timestamp(milliseconds: $0.seconds * 1000)) },
      uniquingKeysWith: { first, _ in first })
    answer.halfForgotten = kept.halfForgotten
    answer.transcripts = kept.transcripts
    answer.uncleared = gone.filter(hasPrivateFiles).sorted() + others.filter(isUncleared)
    if question.findsOthers {
      do throws(PlatformError) {
        for other in others where try FileLock.probe(directory(of: other).lease) {
          answer.othersAlive.append(other)
        }
      } catch { throw .disk(error.description) }
    }
    return answer
  }

  private func look(for gone: Set<RunID>, _ question: PollQuestion) -> ProcessScan {
    ProcessScan.take(
      runs: gone, workspaces: question.workspaces, stateDirectory: layout.path, listing: listing)
  }

  /// Of a run that nobody asked about: a worker that no row speaks of keeps what it works with.
  private func isUncleared(_ run: RunID) -> Bool {
    hasPrivateFiles(run) && (try? FileLock.probe(directory(of: run).lease)) == false
  }

  /// What a killed worker could not delete, secrets among it perhaps.
  private func hasPrivateFiles(_ run: RunID) -> Bool {
    let folder = directory(of: run).privateFolder
    guard Files.linkTarget(folder) == nil else { return true }
    do throws(PlatformError) { return try !Files.list(folder).isEmpty } catch { return true }
  }

  private func observe(_ record: RunRecord) throws(ExecutorError) -> RunObservation {
    let run = directory(of: record.id)
    let identity = run.readIdentity()
    let written = run.readProgress().flatMap { $0.progress.nonce == record.nonce ? $0 : nil }
    var observation: RunObservation
    do throws(PlatformError) {
      observation = RunObservation(
        liveness: try liveness(
          of: run, record, identity, phaseDeadline: written?.deadline,
          isAnothers: { written == nil && isAnothers(run, record) }))
    } catch {
      // Out of descriptors or memory: what is not seen then may be there all the same.
      if [EMFILE, ENFILE, ENOMEM].contains(error.errno) { throw .disk(error.description) }
      observation = RunObservation(liveness: .unknown(why: error.description))
    }
    observation.progress = written?.progress
    observation.whereabouts = identity.map { "pid \($0.pid)" }
    return observation
  }

  /// The lease is read before the result: a worker writes its result first and lets the lease go
  /// last, so a free lease means that what is not there now will never be.
  ///
  /// Before an outcome is given up for lost both are looked at again: the lease may have been about
  /// to be taken.
  private func liveness(
    of run: RunDirectory, _ record: RunRecord, _ identity: ProcessIdentity?, phaseDeadline: Int64?,
    isAnothers: () -> Bool
  ) throws(PlatformError) -> RunObservation.Liveness {
    for _ in 0..<2 {
      if try FileLock.probe(run.lease) {
        if isAnothers() {
          return .unknown(why: "another run of this name lives there, which no row speaks of")
        }
        return .alive(vitals(of: run, identity, phaseDeadline: phaseDeadline))
      }
      if let result = try run.readResult(nonce: record.nonce) { return .ended(result) }
    }
    if record.era != bootID { return .vanished(.restarted) }
    if isAnothers() { return .vanished(.notLaunched) }
    switch run.readEnd() {
    case .machineTrouble: return .vanished(.hindered)
    case .itemTaken: return .vanished(.notLaunched)
    case nil: break
    }
    if identity != nil { return .vanished(.died) }
    return .vanished(wasBegun(run, record) ? .neverStarted : .notLaunched)
  }

  /// The log of a worker is made right before it is started; of a directory that somebody deleted
  /// the item's lock still knows that there was a worker.
  private func wasBegun(_ run: RunDirectory, _ record: RunRecord) -> Bool {
    let known = ItemLock.generation(of: record.id, in: layout) ?? 0
    return Files.exists(run.workerLog) || known >= Int64(record.generation)
  }

  /// The directory was made for a run of the same name with another nonce, by a database that is
  /// gone: nothing in it speaks of this run.
  ///
  /// A spec may be large, so that only a worker that has not told of its progress under the run's
  /// own nonce is asked so.
  private func isAnothers(_ run: RunDirectory, _ record: RunRecord) -> Bool {
    guard let spec = try? run.readSpec() else { return false }
    return spec.nonce != record.nonce
  }

  /// Pulse and deadline are times of the monotonic clock, which begins anew with each boot.
  private func vitals(
    of run: RunDirectory, _ identity: ProcessIdentity?, phaseDeadline: Int64?
  ) -> RunObservation.Vitals {
    var vitals = RunObservation.Vitals()
    vitals.isIdentified = identity != nil
    // An agent may have written anything into these files: a difference of times ends at the
    // largest interval there is.
    let now = Timestamp(milliseconds: Clock.monotonicMilliseconds())
    vitals.age = run.readBirth().map { max(.zero, now - Timestamp(milliseconds: $0)) }
    guard identity?.bootID == bootID else { return vitals }
    vitals.silence = run.readPulse().map { max(.zero, now - Timestamp(milliseconds: $0)) }
    if let phaseDeadline, now > Timestamp(milliseconds: phaseDeadline) {
      vitals.phaseOverrun = now - Timestamp(milliseconds: phaseDeadline)
    }
    return vitals
  }

  private struct KeptDirectories {
    /// Oldest first.
    var runs: [(seconds: Int64, run: RunID)] = []
    var halfForgotten: [RunID] = []
    var transcripts: Set<RunID> = []
  }

  private func directories(without known: Set<RunID>) throws(PlatformError) -> KeptDirectories {
    var kept = KeptDirectories()
    for name in try Files.list(layout.runs) {
      let run = RunID(name)
      let path = directory(of: run).path
      guard !known.contains(run), Files.linkTarget(path) == nil, Files.isDirectory(path) else {
        continue
      }
      if name.hasSuffix(Files.removedSuffix) {
        let whole = RunID(String(name.dropLast(Files.removedSuffix.count)))
        if !known.contains(whole) { kept.halfForgotten.append(whole) }
      } else {
        kept.runs.append((Files.modifiedSeconds(path) ?? 0, run))
        if Files.exists(directory(of: run).agentOutput) { kept.transcripts.insert(run) }
      }
    }
    kept.runs.sort { ($0.seconds, $0.run) < ($1.seconds, $1.run) }
    return kept
  }

  // MARK: End

  package func end(_ run: RunID, _ how: EndKind) throws(ExecutorError) {
    try checkName(run)
    switch how {
    case .stop: signalWorker(of: run, Signals.terminate)
    case .endAgent: signalWorker(of: run, Signals.interrupt)
    case .kill:
      signalWorker(of: run, Signals.killNow)
      try sweep(run)
    case .sweep: try sweep(run)
    case .clear: try clear(run)
    }
  }

  private func sweep(_ run: RunID) throws(ExecutorError) {
    _ = Sweep.run(run, stateDirectory: layout.path, patienceMilliseconds: 1500)
    try clear(run)
  }

  /// Deletes what a killed worker could not: its adapter's private files.
  private func clear(_ run: RunID) throws(ExecutorError) {
    let files = directory(of: run)
    do throws(PlatformError) {
      if try !FileLock.probe(files.lease) { try Files.removeTree(files.privateFolder) }
    } catch { throw .disk(error.description) }
  }

  /// Signals the holder of the lease, by the kernel's word; if nobody holds it, there is no worker.
  ///
  /// The file worker.pid may have been written by anybody who can write there, so it does not
  /// count.
  private func signalWorker(of run: RunID, _ number: Int32) {
    let holders = LeaseHolders(run: directory(of: run), holding: holding)
    for pid in holders.all where pid != Host.processID {
      guard let found = Processes.stat(pid) else { continue }
      _ = Processes.signal(pid, startTime: found.startTime, number) { holders.all.contains(pid) }
    }
  }

  // MARK: Forget

  package func forget(_ run: RunID) throws(ExecutorError) {
    try checkName(run)
    let files = directory(of: run)
    guard Files.exists(layout.runs) else { return }
    guard let parent = Files.resolved(layout.runs),
      !Files.exists(files.path) || Files.resolved(files.path) == Files.join(parent, run.text)
    else { throw .disk("cannot remove \(files.path): it leads out of \(layout.runs)") }
    let isAlive: Bool
    do throws(PlatformError) {
      isAlive = try FileLock.probe(files.lease)
      if !isAlive { try Files.removeAside(files.path) }
    } catch { throw .disk(error.description) }
    if isAlive { throw .disk("cannot remove \(files.path): its lease is held, the worker lives") }
  }

  // MARK: Tail

  package func tail(
    _ run: RunID, _ log: RunLog, _ piece: LogPiece
  ) throws(ExecutorError) -> LogTail {
    try checkName(run)
    let files = directory(of: run)
    guard Files.isDirectory(files.path), Files.linkTarget(files.path) == nil else {
      throw .unknownRun("there is no run \(run) in \(layout.runs)")
    }
    let (offset, wanted): (Int64?, Int) =
      switch piece {
      case .last(let bytes): (nil, bytes)
      case .from(let start, let limit): (start, limit)
      }
    do throws(PlatformError) {
      let found = try Files.piece(
        files.file(of: log), from: offset, limit: min(max(0, wanted), Self.longestPiece))
      return LogTail(bytes: found.bytes, offset: found.offset, size: found.size)
    } catch {
      if error.isMissing { return LogTail(bytes: [], offset: 0, size: 0) }
      throw .disk(error.description)
    }
  }
  /// Bytes, whatever was asked for.
  private static let longestPiece = 16 << 20

  /// A run id becomes a file name here; one that could name anything outside runs/ is nobody's run.
  private func checkName(_ run: RunID) throws(ExecutorError) {
    let name = run.text
    guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), !name.contains("\0") else {
      throw .disk("`\(name)` cannot be the name of a run in \(layout.runs)")
    }
  }
}
