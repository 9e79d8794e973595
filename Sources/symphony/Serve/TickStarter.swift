// Ticks that the server calls: one process each, as a timer's, never two within two seconds. A call
// that comes too soon is made up for when the time is over, so that the last of a burst is heard.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick
import Synchronization

final class TickStarter: Sendable {
  /// Milliseconds between two ticks.
  private static let distance: Int64 = 2000
  private struct Calls {
    var lastStart: Int64?
    var isWaiting = false
    var children: [Int32] = []
  }
  private let calls = Mutex(Calls())
  private let arguments: [String]
  private let environment: [String: String]
  private let logbook: Logbook

  init(_ composition: Composition) {
    let place = composition.place
    arguments = [
      Host.executablePath, "tick", "--hinted", "--workflow", place.workflowPath, "--state-dir",
      place.stateDirectory,
    ]
    environment = composition.environment
    logbook = composition.logbook
  }

  /// Has a tick look, now or as soon as one may; returns at once.
  func start() {
    let pause: Int64? = calls.withLock { calls in
      let now = Clock.monotonicMilliseconds()
      if let last = calls.lastStart, now - last < Self.distance {
        if calls.isWaiting { return nil }
        calls.isWaiting = true
        return Self.distance - (now - last)
      }
      calls.lastStart = now
      return 0
    }
    guard let pause else { return }
    if pause == 0 { return launch() }
    Task {
      try? await Task.sleep(nanoseconds: UInt64(pause) * 1_000_000)
      finish()
    }
  }

  /// A tick that was called for has not ended yet.
  var isUnderWay: Bool {
    calls.withLock { calls in calls.isWaiting || !calls.children.isEmpty }
  }

  /// Calls the tick that waits for its time, if any: the time has come, or nobody will be there
  /// when it does.
  func finish() {
    let isOwed = calls.withLock { calls in
      guard calls.isWaiting else { return false }
      calls.isWaiting = false
      calls.lastStart = Clock.monotonicMilliseconds()
      return true
    }
    if isOwed { launch() }
  }

  private func launch() {
    reap()
    var request = SpawnRequest(
      arguments: arguments, environment: environment, directory: "/")
    request.newSession = true
    do throws(PlatformError) {
      let pid = try Spawn.start(request)
      calls.withLock { $0.children.append(pid) }
    } catch {
      logbook.write(.warning, "no tick could be started: \(error.description)")
    }
  }

  /// Takes note of ticks that have ended, and says which did not end well.
  func reap() {
    let ended = calls.withLock { calls in
      let children = calls.children
      var ended: [ChildExit] = []
      calls.children = children.filter { child in
        guard let exit = Spawn.reap(child) else { return true }
        ended.append(exit)
        return false
      }
      return ended
    }
    for exit in ended where !exit.isSuccess {
      logbook.write(.warning, "a tick ended badly: \(exit); `symphony status` says why")
    }
  }
}
