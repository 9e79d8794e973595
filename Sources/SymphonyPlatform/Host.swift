// Facts about this machine and its processes: clocks, boot, identities, the environment,
// randomness.
import CSymphonyPlatform
import Glibc

package enum Clock {
  /// Milliseconds since 1970 (CLOCK_REALTIME).
  package static func wallMilliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
  /// Seconds since 1970 as time(2) tells them, and git after it.
  ///
  /// That one is read from the last tick of the kernel's timer, and may be a second behind the
  /// precise clock for some milliseconds.
  package static func wallSeconds() -> Int64 { Int64(time(nil)) }
  /// Milliseconds that stand still while the machine is suspended: agents are timed with it.
  package static func monotonicMilliseconds() -> Int64 { sy_monotonic_ns() / 1_000_000 }
  /// Milliseconds that count suspended time too: a tick's deadline runs on it.
  package static func boottimeMilliseconds() -> Int64 { sy_boottime_ns() / 1_000_000 }
  package static func sleep(milliseconds: Int64) {
    usleep(UInt32(max(0, min(milliseconds, 1_000_000))) * 1000)
  }
}

package enum Host {
  /// The kernel's id of this boot.
  package static var bootID: String {
    FaultPoint.era ?? line("/proc/sys/kernel/random/boot_id") ?? "unknown"
  }
  /// When this machine booted, by the wall clock as it goes now: milliseconds since 1970.
  package static var bootedAt: Int64 {
    FaultPoint.eraSince ?? Clock.wallMilliseconds() - Clock.boottimeMilliseconds()
  }
  /// /etc/machine-id, or the host name where there is none.
  package static var machineID: String {
    line("/etc/machine-id") ?? line("/proc/sys/kernel/hostname") ?? "unknown"
  }
  /// `pid:[4026531836]`: processes in another namespace cannot be seen or signalled.
  package static var pidNamespace: String { Files.linkTarget("/proc/self/ns/pid") ?? "unknown" }

  private static func line(_ path: String) -> String? {
    guard let text = try? Files.readText(path, limit: 4096) else { return nil }
    return text.systemLines.first.map(String.init)
  }

  /// The environment that the kernel handed to the process.
  static var shownEnvironment: [String: String] {
    var values: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        values[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return values
  }
  package static var userID: UInt32 { getuid() }
  package static var processID: Int32 { getpid() }
  /// Who started this process, or took it over when that one had ended.
  package static var parentID: Int32 { getppid() }
  /// The words this program was started with, its own name first.
  ///
  /// Swift's runtime looks for them beside the environment and finds none where a library that was
  /// loaded first (LD_PRELOAD) has moved that.
  package static var arguments: [String] {
    let told = CommandLine.arguments
    if !told.isEmpty { return told }
    let words = (try? Files.read("/proc/self/cmdline", limit: 4 << 20)) ?? []
    return words.split(separator: 0, omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }
  /// The running program's own file.
  package static var executablePath: String {
    let path = Files.linkTarget("/proc/self/exe") ?? arguments.first ?? "symphony"
    return path.hasSuffix(" (deleted)") ? String(path.dropLast(" (deleted)".count)) : path
  }
  package static var isTerminalInput: Bool { isatty(STDIN_FILENO) == 1 }
  package static var isTerminalOutput: Bool { isatty(STDOUT_FILENO) == 1 }
  /// The width of the terminal that stdout is; nil: it is none, or does not know its width.
  package static var terminalColumns: Int? { terminalSize?.columns }
  /// Columns and lines of the terminal that stdout is; nil: it is none, or does not know its width.
  ///
  /// Some know their width and not their height: it is 0 then.
  package static var terminalSize: (columns: Int, lines: Int)? {
    var size = winsize()
    guard isTerminalOutput, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return size.ws_col > 0 ? (Int(size.ws_col), Int(size.ws_row)) : nil
  }
  /// This user's home by the system's directory of users; nil: it does not know.
  package static var accountHome: String? {
    guard let entry = getpwuid(geteuid()), let home = entry.pointee.pw_dir else { return nil }
    return String(cString: home)
  }
  /// This user's name by the system's directory of users; `uid 1000` where it knows none.
  package static var userName: String {
    guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else {
      return "uid \(geteuid())"
    }
    return String(cString: name)
  }
  /// The number of a user by name; nil: there is none of that name.
  package static func userID(named name: String) -> UInt32? { getpwnam(name)?.pointee.pw_uid }

  /// `count` random bytes as hexadecimal digits.
  package static func randomHex(bytes count: Int) -> String {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = sy_random(&bytes, count)
    precondition(result == 0, "the kernel gives no random bytes")
    return bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }
  /// A lower-case version 4 UUID (RFC 9562).
  package static func uuid() -> String {
    var digits = Array(randomHex(bytes: 16))
    digits[12] = "4"
    digits[16] = Array("89ab")[Int(digits[16].hexDigitValue ?? 0) % 4]
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    return "\(part(0..<8))-\(part(8..<12))-\(part(12..<16))-\(part(16..<20))-\(part(20..<32))"
  }

  /// statfs(2) types on which flock and WAL mean nothing between hosts: NFS, SMB, CIFS, 9p, FUSE,
  /// AFS, Ceph.
  package static func isNetworkFileSystem(_ path: String) -> Bool {
    let remote: Set<Int64> = [
      0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x0102_1997, 0x6573_5546, 0x5346_414F, 0x00C3_6400,
      0x0BD0_0BD0,
    ]
    return remote.contains(sy_filesystem_type(path))
  }
}

/// The system's processes, as /proc shows them.
package enum Processes {
  /// Field 22 and the state letter of /proc/PID/stat; nil when there is no such process.
  package static func stat(_ pid: Int32) -> (state: Character, startTime: UInt64)? {
    guard let text = try? Files.readText("/proc/\(pid)/stat", limit: 8192),
      let close = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 19, let state = fields[0].first, let start = UInt64(fields[19]) else {
      return nil
    }
    return (state, start)
  }
  /// True while a process with this pid and start time exists and is not a zombie.
  package static func isAlive(pid: Int32, startTime: UInt64) -> Bool {
    guard let found = stat(pid) else { return false }
    return found.startTime == startTime && found.state != "Z" && found.state != "X"
  }
  package static var all: [Int32] {
    ((try? Files.list("/proc")) ?? []).compactMap { Int32($0) }.sorted()
  }
  /// Processes whose environment holds `NAME=VALUE`, zombies left out; unreadable ones are not
  /// ours.
  package static func carrying(_ variable: String) -> [Int32] {
    let needle = Array(variable.utf8)
    return all.filter { pid in
      guard let bytes = try? Files.read("/proc/\(pid)/environ", limit: 8 << 20) else {
        return false
      }
      return bytes.split(separator: 0).contains { $0.elementsEqual(needle) }
        && stat(pid).map { $0.state != "Z" && $0.state != "X" } == true
    }
  }
  package static func environment(of pid: Int32) -> [String: String]? {
    guard let bytes = try? Files.read("/proc/\(pid)/environ", limit: 8 << 20) else { return nil }
    var values: [String: String] = [:]
    for entry in bytes.split(separator: 0) {
      let text = String(decoding: entry, as: UTF8.self)
      if let equals = text.firstIndex(of: "=") {
        values[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
    }
    return values
  }
  /// Its arguments, its own name first; a process that hides the rest from its own user shows them.
  ///
  /// Nil when there is no such process. A child that has no program of its own yet shows its
  /// parent's.
  package static func arguments(of pid: Int32) -> [String]? {
    guard let bytes = try? Files.read("/proc/\(pid)/cmdline", limit: 4 << 20), !bytes.isEmpty
    else { return nil }
    let words = bytes.split(separator: 0, omittingEmptySubsequences: false)
    return words.dropLast(bytes.last == 0 ? 1 : 0).map { String(decoding: $0, as: UTF8.self) }
  }
  /// The user a process runs as, effectively; nil when there is no such process.
  ///
  /// The owner of /proc/PID does not say it: of a process that hides itself that is root.
  package static func userID(of pid: Int32) -> UInt32? {
    guard let text = try? Files.readText("/proc/\(pid)/status", limit: 1 << 16) else { return nil }
    let line = text.systemLines.first { $0.hasPrefix("Uid:") }
    let numbers = line?.split { $0 == "\t" || $0 == " " }.compactMap { UInt32($0) } ?? []
    return numbers.count > 1 ? numbers[1] : nil
  }
  package static func workingDirectory(of pid: Int32) -> String? {
    Files.linkTarget("/proc/\(pid)/cwd")
  }
  /// Processes that hold the file open, by device and inode (and any name).
  package static func holding(_ path: String) -> [Int32] {
    guard let wanted = Files.identity(path) else { return [] }
    return all.filter { pid in
      descriptors(of: pid).contains { Files.identity("/proc/\(pid)/fd/\($0)") == wanted }
    }
  }
}

/// Signals noted and read later, at a point where stopping is safe.
package enum Signals {
  package static let terminate = SIGTERM
  package static let interrupt = SIGINT
  package static let hangUp = SIGHUP
  package static let killNow = SIGKILL
  /// Stops a process until it is told to go on; it cannot refuse.
  package static let pause = SIGSTOP
  package static let goOn = SIGCONT
  /// The terminal has another size.
  package static let resized = SIGWINCH
  package static let timer = SIGALRM
  /// Asks to stop until told to go on (Ctrl-Z).
  package static let suspend = SIGTSTP
  package static func watch(_ numbers: [Int32]) {
    for number in numbers { _ = sy_watch_signal(number) }
  }
  /// The last signal seen, without forgetting it.
  package static var seen: Int32? {
    let number = sy_peek_signal()
    return number == 0 ? nil : number
  }
  package static func clear() { _ = sy_take_signal() }
  /// Ends this process as a signal does that nobody watches; for one that was watched and seen.
  package static func end(by number: Int32) -> Never {
    raiseUnwatched(number)
    exit(128 + number)
  }
  /// Raises a signal with its usual effect, which is over before this returns.
  ///
  /// Sent to this thread, in which it may be blocked: those of a pool leave signals to the first.
  static func raiseUnwatched(_ number: Int32) {
    _ = Glibc.signal(number, SIG_DFL)
    var numbers = sigset_t()
    sigemptyset(&numbers)
    sigaddset(&numbers, number)
    pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
    raise(number)
  }
  /// A failed precondition ends the process with status 70 instead of a signal.
  package static func reportTraps() { _ = sy_report_traps() }
  package static func ignorePipe() { _ = Glibc.signal(SIGPIPE, SIG_IGN) }
  /// Ends this process by SIGALRM after a time; a second call replaces the first.
  package static func alarm(seconds: UInt32) { _ = Glibc.alarm(seconds) }
}

/// The process itself.
package enum Platform {
  package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
  /// Writes to stdout (1) or stderr (2); a closed pipe is not an error worth dying for.
  /// - Returns: what kept all of it or a part from being written; nil: nothing did.
  @discardableResult
  package static func write(_ text: String, to descriptor: Int32) -> PlatformError? {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN {
        // Another program that shares the terminal or the pipe may have set it not to wait.
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wanted, 1, -1)
        continue
      }
      if count <= 0 {
        return PlatformError("write", descriptor == 1 ? "stdout" : "stderr", errno)
      }
      bytes = bytes.dropFirst(count)
    }
    return nil
  }
  /// Takes the numbers 0, 1 and 2 where nobody gave them to this process.
  ///
  /// Otherwise the first file that is opened would get one of them, and what is said would be
  /// written into it. Each is opened the wrong way round, so that whoever uses it is told.
  package static func takeStandardDescriptors() {
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }
  /// False once nobody can read any more what is written to that pipe or terminal; looks for as
  /// long as is said, and answers at once when the reader leaves.
  package static func isRead(_ descriptor: Int32, forMilliseconds limit: Int64 = 0) -> Bool {
    var watched = pollfd(fd: descriptor, events: 0, revents: 0)
    guard poll(&watched, 1, Int32(clamping: limit)) > 0 else { return true }
    return Int32(watched.revents) & (POLLERR | POLLHUP | POLLNVAL) == 0
  }
  /// Whether what is written there goes straight to systemd's journal.
  ///
  /// The variable alone is inherited by everything below a unit, wherever its output goes.
  package static func isJournal(_ descriptor: Int32) -> Bool {
    guard let named = Host.environment["JOURNAL_STREAM"] else { return false }
    var found = stat()
    return fstat(descriptor, &found) == 0 && named == "\(found.st_dev):\(found.st_ino)"
  }
}
