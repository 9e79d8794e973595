// Every signal that this program sends to another process, each a deed that tests can name.
import CSymphonyPlatform
import Glibc

extension Processes {
  /// Sends a signal if the process is still the one meant, without a race on reused pids
  /// (pidfd_open(2)).
  ///
  /// `isMeant` is asked last, when the pid cannot become another process's any more.
  @discardableResult
  package static func signal(
    _ pid: Int32, startTime: UInt64, _ number: Int32, onlyIf isMeant: () -> Bool = { true }
  ) -> Bool {
    let descriptor = sy_pidfd_open(pid)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard isAlive(pid: pid, startTime: startTime), isMeant() else { return false }
    return FaultPoint.signal.around("\(number) to \(pid)") {
      sy_pidfd_send_signal(descriptor, number)
    } == 0
  }
  /// Sends a signal to a child of ours, or to its group with a negative pid.
  /// - Returns: false: there is none, or it must not be signalled.
  @discardableResult
  package static func signalChild(_ pid: Int32, _ number: Int32) -> Bool {
    FaultPoint.signal.around("\(number) to \(pid)") { kill(pid, number) } == 0
  }
}
