// Hidden: what a tick starts to have `notify.command` run. A process of its own, because it takes
// in whatever the command leaves behind (PR_SET_CHILD_SUBREAPER), and ends it: among what a tick
// would take in are workers and their ticks, which live on. It ends with the command, with its
// time, and with its tick, and takes all that the command started along, whatever that calls
// itself.
import ArgumentParser
import SymphonyCore
import SymphonyPlatform
import SymphonyTick

struct NotifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notify", abstract: "Run notify.command (started by a tick).",
    discussion: """
      It reads the events from descriptor 3 and ends with the tick that started it: started by \
      hand it does nothing.

      Examples:
        symphony notify 4711 5000 'cat >> events.txt'
      """, shouldDisplay: false)
  @Argument var tick: Int32
  @Argument var milliseconds: Int64
  @Argument var command: String

  /// Milliseconds for what was left behind to die.
  static let patience: Int64 = 1000
  /// The descriptor on which the events come.
  private static let events: Int32 = 3

  /// The call of this process by a tick.
  static func words(_ command: String, within limit: Interval) -> [String] {
    [
      Host.executablePath, configuration.commandName ?? "", "\(Host.processID)",
      "\(limit.milliseconds)", "--", command,
    ]
  }

  /// Whether a process that was started so had used up its time.
  static func isOverTime(_ exit: ChildExit) -> Bool { exit == .signalled(Signals.timer) }

  func run() throws {
    guard isWanted else { return }
    Spawn.becomeSubreaper()
    var request = SpawnRequest(
      arguments: ["/bin/sh", "-c", command], environment: Host.environment,
      directory: Files.currentDirectory)
    request.inputDescriptor = Self.events
    (request.outputDescriptor, request.errorDescriptor) = (1, 2)
    let end = Clock.monotonicMilliseconds() + milliseconds
    let pid: Int32
    do throws(PlatformError) { pid = try Spawn.start(request) } catch {
      throw Stop(.state, error.description)
    }
    var exit: ChildExit?
    var pause: Int64 = 1
    while exit == nil, isWanted, Clock.monotonicMilliseconds() < end {
      exit = Spawn.reap(pid)
      Spawn.reapOrphans(except: pid)
      if exit == nil { Clock.sleep(milliseconds: pause) }
      pause = min(pause * 2, 20)
    }
    _ = Spawn.endChildren(patienceMilliseconds: Self.patience)
    switch exit {
    case .exited(let status): Platform.exit(status)
    // As a shell says it.
    case .signalled(let number): Platform.exit(128 + number)
    case nil: Signals.end(by: Signals.timer)
    }
  }

  /// Nobody waits for it once its tick has gone.
  private var isWanted: Bool { Host.parentID == tick }
}
