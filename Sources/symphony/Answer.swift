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

  /// Remembers a change that the command has made by now, in a sentence.
  ///
  /// It is said on stderr if the answer is lost, because a person who sees the failure would repeat
  /// the command.
  static func remember(_ change: String) { fate.withLock { $0.changes.append(change) } }

  /// True once a piece could not be written: all that follows would be lost, too.
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
