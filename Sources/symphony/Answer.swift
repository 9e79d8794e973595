// Whether the answer reaches stdout. A disk that is full or a terminal that is gone must not look
// like success; a reader that has left, as `head` does, is no mistake. Written by Output, asked by
// the program's end and by what follows something without end.
import SymphonyPlatform
import Synchronization

enum Answer {
  private struct Fate {
    var problem: PlatformError?
    var changes: [String] = []
  }
  private static let fate = Mutex(Fate())

  /// To stdout; behind the first piece that could not be written there comes nothing more.
  static func write(_ text: String) {
    fate.withLock { fate in
      if fate.problem == nil { fate.problem = Platform.write(text, to: 1) }
    }
  }

  /// What the command has changed by now, in a sentence: said on stderr where the answer is lost,
  /// because whoever sees the failure would repeat it.
  static func remember(_ change: String) { fate.withLock { $0.changes.append(change) } }

  /// Nobody gets what else there is to say.
  static var isLost: Bool { fate.withLock { $0.problem != nil } }

  /// Why the answer was not written, and what was done all the same; nil: it was, or its reader has
  /// left.
  static var problem: String? {
    fate.withLock { fate in
      guard let problem = fate.problem, !problem.isBrokenPipe else { return nil }
      let done =
        fate.changes.isEmpty ? "" : "; all the same: " + fate.changes.joined(separator: "; ")
      return "the answer could not be written: \(problem.reason)\(done)"
    }
  }
}
