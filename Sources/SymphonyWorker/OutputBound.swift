// Keeps what an agent prints within bounds on disk: of one output file the first quarter of the
// limit and the last part stay, the middle is given back while the agent goes on. Whoever prints
// faster than it is read is told to wait. Used by TurnRunner, one value per run.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

struct OutputBound {
  let path: String
  /// Bytes.
  let limit: Int
  private static let page = 4096
  private var head: Int { limit / 4 / Self.page * Self.page }
  /// The place in the file at which the last part begins that is kept for now.
  private var keptFrom = 0
  /// Bytes that are not on disk any more.
  private(set) var leftOut = 0
  private var sizeBefore = 0
  /// More came since the last look than a quiet agent prints in minutes.
  private(set) var isFlood = false
  /// Bytes that nobody has read yet.
  private(set) var backlog = 0

  init(_ path: String, limit: Int) {
    self.path = path
    self.limit = limit
  }

  var isFarBehind: Bool { backlog > limit / 8 }
  var isCaughtUp: Bool { backlog <= limit / 32 }

  /// - Parameter read: up to where the file was read; nil: nobody reads it line by line.
  /// - Throws: `.ended` with the code `output_too_long` where the file system cannot give back the
  ///   middle of a file.
  mutating func look(read: Int?) throws(RunStop) {
    let size = OutputTail.size(path)
    isFlood = size - sizeBefore > 256 << 10
    sizeBefore = size
    backlog = size - (read ?? size)
    let from = max(keptFrom, head + Self.page)
    guard size - from > limit / 4 else { return }
    let to = min(size - limit / 8, read ?? size) / Self.page * Self.page
    guard to - from >= limit / 16 else { return }
    let note = "\n[symphony left out \(leftOut + to - from) bytes here: agent.max_output_mb]\n"
    do throws(PlatformError) {
      try Files.leaveOut(path, from..<to, note: note, noteAt: head)
    } catch {
      throw .failed(
        "output_too_long",
        "the agent printed \(size >> 20) MB, more than agent.max_output_mb allows, and the middle "
          + "of it cannot be given back: \(error.description)")
    }
    leftOut += to - from
    keptFrom = to
  }

  /// The sentence for people about the part that was not kept; nil: all of it is there.
  var remark: String? {
    if leftOut == 0 { return nil }
    return "its output was long: \(leftOut >> 20) MB in the middle of it were not kept "
      + "(agent.max_output_mb)"
  }
}

/// Both output files of an agent, and the agent's process group, which waits where it must.
struct OutputBounds {
  private var output: OutputBound
  private var errors: OutputBound
  /// The process group is stopped until its output is read.
  var isHeld = false

  /// Hardly anything is said on stderr, and nobody needs the middle of that.
  init(_ files: RunDirectory, limit: Int) {
    output = OutputBound(files.agentOutput, limit: limit / 4 * 3)
    errors = OutputBound(files.agentErrors, limit: limit / 4)
  }

  /// `read`: up to where the output was read.
  mutating func keep(_ pid: Int32, read: Int) throws(RunStop) {
    try output.look(read: read)
    try errors.look(read: nil)
    if !isHeld, output.isFarBehind {
      isHeld = true
      Processes.signalChild(-pid, Signals.pause)
    } else if isHeld, output.isCaughtUp {
      isHeld = false
      Processes.signalChild(-pid, Signals.goOn)
    }
  }

  /// Once more after the agent's end, when all of it was read: a burst may have come between two
  /// looks.
  mutating func apply(read: Int) throws(RunStop) {
    isHeld = false
    try output.look(read: read)
    try errors.look(read: nil)
  }

  var isFlood: Bool { output.isFlood || errors.isFlood || output.backlog > 0 }
  var remark: String? { output.remark ?? errors.remark }
}
