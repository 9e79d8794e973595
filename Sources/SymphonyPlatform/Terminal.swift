// The terminal of a live view: taken as a whole, so that keys come one by one and what stood there
// stays behind it, and given back as it was on every way out but SIGKILL and SIGSTOP, which no
// program sees. Reads keys and signals, writes bytes; knows nothing of what is shown.
import CSymphonyPlatform
import Glibc

package final class Terminal {
  package enum Event: Hashable, Sendable {
    /// Bytes of keys, as the terminal sends them.
    case input([UInt8])
    case signal(Int32)
    /// Its input has ended: no more keys will come.
    case closed
  }

  /// No line wrap, no cursor, pastes marked.
  private static let modes = "\u{1B}[?7l\u{1B}[?25l\u{1B}[?2004h"
  /// The other screen, which keeps what stands on the first one.
  private static let otherScreen = "\u{1B}[?1049h"
  /// The same backwards; the screen is wiped for terminals that have only one.
  private static let farewell =
    "\u{1B}[?2026l\u{1B}[0m\u{1B}[H\u{1B}[2J\u{1B}[?2004l\u{1B}[?25h\u{1B}[?7h\u{1B}[?1049l"
  /// Those that end a program which does not ask to see them, and can be seen (signal(7)); faults
  /// of the program itself are traps.
  private static let lethal =
    [
      SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO,
      SIGXCPU, SIGXFSZ, SIGSTKFLT, SIGPWR, SIGSYS,
    ] + realTime
  /// All that the C library does not keep to itself.
  private static let realTime = Array(34...Int32(64))
  /// SIGALRM has a handler already, which looks for a terminal (`sy_report_traps`).
  private static var watched: [Int32] {
    lethal.filter { $0 != SIGALRM } + [SIGWINCH, SIGCONT, SIGTSTP]
  }
  private let wake: (reader: Int32, writer: Int32)
  /// Signals that came while it was stopped.
  private var held: [Int32] = []

  /// Takes the terminal that standard input and output are.
  ///
  /// One at a time.
  /// - Throws: what the system says where it is none.
  package init() throws(PlatformError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw PlatformError("make", "a pipe", errno) }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    wake = (ends[0], ends[1])
    sy_wake_by(wake.writer)
    Signals.watch(Self.watched)
    try take(Self.otherScreen + Self.modes)
  }

  /// Gives the terminal back; later calls do nothing.
  package func giveBack() { sy_give_back_terminal() }

  private func take(_ greeting: String) throws(PlatformError) {
    if sy_take_terminal(greeting, Self.farewell) == 0 { return }
    let failed = errno
    if failed == EINTR { held += (Self.read(wake.reader) ?? []).map { Int32($0) } }
    if let number = held.first(where: Self.isLethal) { Signals.end(by: number) }
    throw PlatformError("take", "the terminal", failed)
  }

  /// Whether a program that does not watch the signal would be ended by it.
  package static func isLethal(_ number: Int32) -> Bool { lethal.contains(number) }

  /// Gives the terminal back, stops until somebody lets the program go on, and takes it again.
  ///
  /// If no shell could do that, the program goes on at once.
  package func suspend() throws(PlatformError) {
    giveBack()
    Signals.raiseUnwatched(SIGTSTP)
    Signals.watch([SIGTSTP])
    // To end a stopped program a shell also wakes it: then the terminal stays untouched.
    Clock.sleep(milliseconds: 20)
    held += (Self.read(wake.reader) ?? []).map { Int32($0) }
    if !held.contains(where: Self.isLethal) { try take(Self.otherScreen + Self.modes) }
  }

  /// Takes the terminal anew after a stop that was not asked for: a shell may have changed it.
  package func takeAgain() throws(PlatformError) { try take(Self.modes) }

  /// Columns and lines; 80 by 24 where the terminal does not know.
  package var size: (columns: Int, lines: Int) {
    guard let found = Host.terminalSize, found.lines > 0 else { return (80, 24) }
    return found
  }

  /// The next events; none when the time passed first.
  ///
  /// Signals come before keys.
  package func events(withinMilliseconds limit: Int64) -> [Event] {
    var events = held.map(Event.signal)
    held = []
    let limit = events.isEmpty ? max(0, limit) : 0
    var watched = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wake.reader, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&watched, nfds_t(watched.count), Int32(clamping: limit)) > 0 else {
      return events
    }
    if watched[1].revents != 0 {
      events += (Self.read(wake.reader) ?? []).map { .signal(Int32($0)) }
    }
    if watched[0].revents != 0 {
      let bytes = Self.read(STDIN_FILENO)
      events.append(bytes.map { .input($0) } ?? .closed)
    }
    return events
  }

  /// Nil at the end, or when nothing can be read any more.
  private static func read(_ descriptor: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    if count < 0 { return errno == EINTR || errno == EAGAIN ? [] : nil }
    return count == 0 ? nil : Array(bytes.prefix(count))
  }

  /// False when the terminal takes nothing any more.
  package func write(_ text: String) -> Bool { Platform.write(text, to: STDOUT_FILENO) == nil }
}
