// The random texts of one snapshot: drawn from the kernel one by one, as a plan asks for them, and
// kept, because a tick plans twice over the same snapshot. Made by the observer. They mark our
// comments and tell a run's own result from a forged one, so nobody may be able to guess them: each
// is the kernel's, and none is computed from another.
import SymphonyPlatform
import Synchronization

final class DrawnNonces: Sendable {
  private let drawn = Mutex<[String]>([])
  private let random: @Sendable (_ bytes: Int) -> String

  /// `random`: bytes as hexadecimal digits; the kernel's.
  init(_ random: @escaping @Sendable (_ bytes: Int) -> String = { Host.randomHex(bytes: $0) }) {
    self.random = random
  }

  /// 32 hexadecimal digits, the same for the same number.
  ///
  /// `number`: 0 or more.
  func text(_ number: Int) -> String {
    drawn.withLock { texts in
      while texts.count <= number { texts.append(random(16)) }
      return texts[number]
    }
  }
}
