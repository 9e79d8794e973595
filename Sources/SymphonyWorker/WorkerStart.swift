// How a worker begins: it wins its lease, makes sure the directory is the one its spec names, and
// says who it is. Called by Worker before anything else. A worker without the lease writes nothing
// at all.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

enum WorkerStart {
  /// Exit statuses of sysexits(3), as `symphony --help` lists them.
  static let bug: Int32 = 70
  static let unusable: Int32 = 74
  static let locked: Int32 = 75

  enum Answer {
    case started(LiveRun)
    case refused(Int32)
  }

  static func begin(_ directory: String, _ environment: [String: String], _ seams: WorkerSeams)
    -> Answer
  {
    let files = RunDirectory(path: directory)
    let lease: FileLock
    do throws(PlatformError) {
      guard let won = try win(files) else {
        seams.say("another worker holds \(files.lease); nothing to do here")
        return .refused(locked)
      }
      lease = won
    } catch {
      seams.say(error.description)
      return .refused(unusable)
    }
    do throws(PlatformError) {
      let spec = try files.readSpec()
      guard spec.version == 1, spec.runID.text == Files.lastName(of: directory),
        Files.resolved(spec.paths.run) == Files.resolved(directory), !spec.nonce.isEmpty
      else {
        seams.say("\(files.spec) is not the spec of \(directory); nothing was started")
        return .refused(unusable)
      }
      // A result is written once: this run is over, whoever started us again.
      guard try files.readResult(nonce: spec.nonce) == nil else {
        seams.say("\(files.result) is there already; nothing to do here")
        return .refused(locked)
      }
      guard let item = try win(spec, seams) else {
        leaveWord(.itemTaken, files, lease, seams)
        return .refused(locked)
      }
      try files.writeToken(lease)
      prepareProcess(seams, isWalled: spec.agent.sandbox.kind != .none)
      if let own = Processes.stat(Host.processID) {
        try files.writeIdentity(
          ProcessIdentity(pid: Host.processID, startTime: own.startTime, bootID: Host.bootID))
      }
      let run = LiveRun(
        spec: spec, files: files, lease: lease, item: item, environment: environment, seams: seams)
      return .started(run)
    } catch {
      seams.say(error.description)
      if error.isMachineTrouble { leaveWord(.machineTrouble, files, lease, seams) }
      return .refused(unusable)
    }
  }

  /// Says in the lease that the run is not to blame for its end.
  private static func leaveWord(
    _ end: LeaseEnd, _ files: RunDirectory, _ lease: FileLock, _ seams: WorkerSeams
  ) {
    do throws(PlatformError) { try files.writeEnd(end, lease) } catch {
      seams.say(error.description)
    }
  }

  /// The lease as it came from the tick (descriptor 3), or won here.
  private static func win(_ files: RunDirectory) throws(PlatformError) -> FileLock? {
    if let inherited = FileLock.adopt(descriptor: 3, path: files.lease) { return inherited }
    return try FileLock.take(files.lease)
  }

  /// The item's lock; nil: another worker of the item lives, or a later one was here.
  private static func win(_ spec: RunSpec, _ seams: WorkerSeams) throws(PlatformError) -> ItemLock?
  {
    let layout = StateLayout(spec.paths.state)
    let path = ItemLock.path(of: spec.runID, in: layout)
    guard
      var item = try ItemLock.take(
        spec.runID, in: layout, patienceMilliseconds: seams.itemPatience)
    else {
      let holder = FileLock.owner(of: path).map { " (pid \($0))" } ?? ""
      seams.say("another worker of this item\(holder) holds \(path); nothing to do here")
      return nil
    }
    guard item.generation <= spec.generation else {
      seams.say("\(path) is of run \(item.generation) of this item already; nothing to do here")
      return nil
    }
    try item.claim(spec.generation)
    return item
  }

  private static func prepareProcess(_ seams: WorkerSeams, isWalled: Bool) {
    guard seams.ownsProcess else { return }
    if isWalled { Host.leaveKeyring() }
    Spawn.becomeSubreaper()
    Signals.ignorePipe()
    Signals.watch([Signals.terminate, Signals.interrupt, Signals.hangUp])
  }
}
