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
    do throws(PlatformError) {
      guard let lease = try win(files) else {
        seams.say("another worker holds \(files.lease); nothing to do here")
        return .refused(locked)
      }
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
      prepareProcess(seams, isWalled: spec.agent.sandbox.kind != .none)
      if let own = Processes.stat(Host.processID) {
        try files.writeIdentity(
          ProcessIdentity(pid: Host.processID, startTime: own.startTime, bootID: Host.bootID))
      }
      let run = LiveRun(
        spec: spec, files: files, lease: lease, environment: environment, seams: seams)
      return .started(run)
    } catch {
      seams.say(error.description)
      return .refused(unusable)
    }
  }

  /// The lease as it came from the tick (descriptor 3), or won here.
  private static func win(_ files: RunDirectory) throws(PlatformError) -> FileLock? {
    if let inherited = FileLock.adopt(descriptor: 3, path: files.lease) { return inherited }
    return try FileLock.take(files.lease)
  }

  private static func prepareProcess(_ seams: WorkerSeams, isWalled: Bool) {
    guard seams.ownsProcess else { return }
    if isWalled { Host.leaveKeyring() }
    Spawn.becomeSubreaper()
    Signals.ignorePipe()
    Signals.watch([Signals.terminate, Signals.interrupt, Signals.hangUp])
  }
}
