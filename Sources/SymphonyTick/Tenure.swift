// A tick's time as the only one of its state directory. The lock ends with its process, but
// somebody may take its file away under it, and then another tick may be at work on what this one
// knows of an older day. Asked before each effect, and once more before a request; what happens
// between the question and the effect is what the lock of an item, a run's directory and the state
// number are for.
import SymphonyCore
import SymphonyPlatform

struct Tenure {
  let lock: TickLock
  let held: FileLock

  /// The file that is there is still the one that this tick locked.
  var lasts: Bool { held.isIntact }

  /// For people.
  var end: String { "\(held.path) was taken away: another tick may be at work" }

  /// Tells those who wait for the lock how long this tick may hold it.
  func announce(_ deadline: Interval) throws(StoreError) {
    do throws(PlatformError) { try lock.writeHolder(deadline: deadline, in: held) } catch {
      throw StoreError.of(error)
    }
  }
}
