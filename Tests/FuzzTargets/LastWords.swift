// A trap of Swift ends the process, and an endless loop does not end it: both are told with the input
// that did it, by a signal's action that may do hardly anything, so that all it needs is ready before.
import Glibc

package enum LastWords {
  /// Seconds for one input: one that takes so long would take for ever.
  private static let patience: UInt32 = 120
  // Safe: one suite uses it, whose tests run one after the other.
  nonisolated(unsafe) private static var name: [UInt8] = []
  // Safe: likewise, and never freed, so that a signal may read it at any time.
  nonisolated(unsafe) private static var words = UnsafeMutableBufferPointer<UInt8>.allocate(
    capacity: 1 << 20)
  // Safe: likewise.
  nonisolated(unsafe) private static var count = 0

  /// Once for each target.
  package static func prepare(_ target: String) {
    name = Array("\nfuzz: \(target) was ended by \"".utf8)
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM] {
      signal(number) { number in
        LastWords.tell()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  package static func keep(_ input: [UInt8]) {
    let text =
      name + Array(Shortener.written(input).utf8.prefix(words.count - 1000)) + [0x22, 0x0A]
    count = min(text.count, words.count)
    _ = words.update(fromContentsOf: text.prefix(count))
    alarm(patience)
  }

  package static func done() {
    alarm(0)
    count = 0
  }

  private static func tell() {
    var told = 0
    while told < count {
      let size = write(2, words.baseAddress.map { $0 + told }, count - told)
      if size <= 0 { return }
      told += size
    }
  }
}
