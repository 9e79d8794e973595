// A terminal of a test's own with a program on it: the test types, resizes, sends signals, and reads
// what a person would see. The program leads a session whose terminal this is, as below sshd.
import Glibc
import SymphonyPlatform

/// The system gave no terminal.
package struct NoTerminal: Error { package var errno: Int32 }

package final class PseudoTerminal {
  private let main: Int32
  /// Kept open, so that modes and output outlive the program.
  private let side: Int32
  package private(set) var screen: ScreenModel
  /// All that was ever written to it.
  package private(set) var output: [UInt8] = []
  /// Bytes of a character whose end is still to come.
  private var open: [UInt8] = []
  package private(set) var pid: Int32 = 0

  package init(columns: Int, lines: Int) throws {
    var size = winsize()
    (size.ws_col, size.ws_row) = (UInt16(columns), UInt16(lines))
    var (ours, its): (Int32, Int32) = (-1, -1)
    guard openpty(&ours, &its, nil, nil, &size) == 0 else { throw NoTerminal(errno: errno) }
    (main, side) = (ours, its)
    for end in [main, side] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(main, F_SETFL, O_NONBLOCK)
    screen = ScreenModel(columns: columns, lines: lines)
  }

  deinit {
    if pid > 0, Spawn.reap(pid) == nil {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
    close(side)
    close(main)
  }

  /// How keys and lines are treated: equal bytes are equal settings (termios(3)).
  package var modes: [UInt8] {
    var found = termios()
    tcgetattr(side, &found)
    return withUnsafeBytes(of: &found) { Array($0) }
  }

  /// Starts a program on it.
  package func start(
    _ arguments: [String], directory: String, environment: [String: String]
  ) throws {
    // setsid(1) makes the terminal that of the new session, then becomes the program.
    var request = SpawnRequest(
      arguments: ["setsid", "--ctty"] + arguments,
      environment: SymphonyBinary.environment(directory, environment), directory: directory)
    request.newSession = false
    (request.inputDescriptor, request.outputDescriptor, request.errorDescriptor) = (
      side, side, side
    )
    pid = try Spawn.start(request)
  }

  package func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(main, bytes, bytes.count)
  }

  package func resize(columns: Int, lines: Int) {
    read()
    var size = winsize()
    (size.ws_col, size.ws_row) = (UInt16(columns), UInt16(lines))
    screen.resize(columns: columns, lines: lines)
    _ = ioctl(main, UInt(TIOCSWINSZ), &size)
  }

  package func signal(_ number: Int32) { kill(pid, number) }

  /// Lets the terminal take nothing more, as a line that is dead.
  package func holdOutput() { tcflow(side, Int32(TCOOFF)) }

  /// Takes in what was written so far.
  package func read() {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = Glibc.read(main, &bytes, bytes.count), count > 0 {
      output += bytes.prefix(count)
      open += bytes.prefix(count)
      // A character may be cut anywhere: its bytes wait for the others.
      var whole = open.count
      while whole > 0, open.count - whole < 4,
        String(validating: open[..<whole], as: UTF8.self) == nil
      {
        whole -= 1
      }
      screen.take(String(decoding: open.prefix(whole), as: UTF8.self))
      open.removeFirst(whole)
    }
  }

  /// Until the screen is as wanted.
  package func waits(_ what: String, for condition: (ScreenModel) throws -> Bool) async throws {
    do {
      try await eventually(what) {
        read()
        return try condition(screen)
      }
    } catch let error as NeverHappened {
      throw UnlikeScreen(error: error, text: screen.text)
    }
  }

  /// Until the screen shows a text.
  package func waits(for text: String) async throws {
    try await waits("\"\(text)\"") { $0.text.contains { $0.contains(text) } }
  }

  /// How the program ended.
  package func end() async throws -> ChildExit {
    var exit: ChildExit?
    try await eventually("the program has ended") {
      read()
      exit = Spawn.reap(pid)
      return exit != nil
    }
    read()
    pid = 0
    return exit ?? .exited(-1)
  }
}

/// What never showed, and what did.
package struct UnlikeScreen: Error, CustomStringConvertible {
  var error: NeverHappened
  var text: [String]
  package var description: String {
    "\(error.description); the screen:\n\(text.joined(separator: "\n"))"
  }
}
