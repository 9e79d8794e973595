// Named points at which a tick can be made to die, so that a test can pull the plug there. Inert
// unless SYMPHONY_FAULT_POINT names the point (`after_commit`, or `after_commit:2` for the second
// time it is reached).
import SymphonyPlatform
import Synchronization

enum FaultPoint {
  private static let reached = Mutex<[String: Int]>([:])
  private static let wanted: (name: String, count: Int)? = {
    guard let text = Host.environment["SYMPHONY_FAULT_POINT"], !text.isEmpty else { return nil }
    let parts = text.split(separator: ":")
    return (String(parts[0]), parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
  }()

  static func reach(_ name: String) {
    guard let wanted, wanted.name == name else { return }
    let count = reached.withLock { counts in
      counts[name, default: 0] += 1
      return counts[name, default: 0]
    }
    if count == wanted.count { Processes.signalChild(Host.processID, Signals.killNow) }
  }
}
