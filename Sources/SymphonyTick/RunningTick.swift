// Asks a tick that runs at this moment to look once more before it ends, so that a command's
// request need not wait for the timer. Called by the commands of operators that leave a request;
// takes no lock itself.
import SymphonyCore
import SymphonyPlatform

package enum RunningTick {
  /// Called after the request is in the database: a tick that clears the mark before has seen it.
  ///
  /// - Returns: whether a tick runs; it then looks again, unless its time is over.
  package static func lookAgain(_ stateDirectory: String) -> Bool {
    let lock = TickLock(stateDirectory: stateDirectory)
    do throws(PlatformError) { try lock.wantAgain() } catch {
      // The mark only saves time: the next tick finds the request in any case.
      return false
    }
    return lock.isHeld
  }
}
