// Ends a simulated tick at one of the boundaries it passes at its ports. From then on nothing that
// it asks for happens: for everything outside of it that is what SIGKILL does.
import SymphonyCore
import Synchronization

final class Mortal: Sendable {
  private struct Life {
    var passed: [String] = []
    var isDead = false
  }
  /// Counted from 1; nil: it only counts.
  let diesAt: Int?
  private let life = Mutex(Life())

  init(diesAt: Int? = nil) { self.diesAt = diesAt }

  /// Called before each deed, and once behind what another program did for the tick.
  /// - Returns: false: the tick is dead, and what it asks for does not happen.
  func passes(_ boundary: @autoclosure () -> String) -> Bool {
    life.withLock { life in
      if life.isDead { return false }
      life.passed.append(boundary())
      life.isDead = life.passed.count == diesAt
      return !life.isDead
    }
  }

  var isDead: Bool { life.withLock { $0.isDead } }
  /// The boundaries in their order; the last of them is where it died.
  var boundaries: [String] { life.withLock { $0.passed } }
}
