// A short command run to its end with its output captured, for questions such as `git --version` or
// `gh auth token`. The output comes through pipes: what a command says may be a secret, and must
// not lie in a file for a moment, where a kill would leave it for ever.
import Glibc

package struct CapturedCommand: Sendable {
  package var exit: ChildExit
  /// The beginning of each, at most 1 MB; the rest is read and dropped.
  package var output: String
  package var errorOutput: String
  package var timedOut: Bool

  /// Runs in a session of its own; after `timeout` the whole session's group is killed.
  ///
  /// Blocks the caller; `deed` is what it is to the caller, mostly a question; `inherited` are
  /// descriptors that the command finds as 3, 4, .... What a background process of the command
  /// writes after the command's end is not waited for.
  package static func run(
    _ arguments: [String], environment: [String: String], directory: String = "/",
    input: String = "/dev/null", inherited: [Int32] = [], timeoutMilliseconds: Int64,
    as deed: FaultPoint = .question
  ) throws(PlatformError) -> CapturedCommand {
    let (out, err) = (try Pipe(), try Pipe())
    var request = SpawnRequest(arguments: arguments, environment: environment, directory: directory)
    request.input = input
    request.inherited = inherited
    request.deed = deed
    request.outputDescriptor = out.writing
    request.errorDescriptor = err.writing
    let pid = try Spawn.start(request)
    out.closeWriting()
    err.closeWriting()
    let deadline = Clock.monotonicMilliseconds() + timeoutMilliseconds
    var timedOut = false
    var pause: Int32 = 1
    while true {
      // The end is asked for first: what was written before it is in the pipes then.
      let exit = Spawn.reap(pid)
      out.drain()
      err.drain()
      if let exit {
        return CapturedCommand(
          exit: exit, output: out.text, errorOutput: err.text, timedOut: timedOut)
      }
      if !timedOut, Clock.monotonicMilliseconds() >= deadline {
        timedOut = true
        Processes.signalChild(-pid, SIGKILL)
      }
      var waiting = [out, err].filter(\.isOpen).map {
        pollfd(fd: $0.reading, events: Int16(POLLIN), revents: 0)
      }
      poll(&waiting, nfds_t(waiting.count), pause)
      pause = min(pause * 2, 20)
    }
  }

  /// A pipe of which we read the one end.
  private final class Pipe {
    let reading: Int32
    let writing: Int32
    /// False once every writer is gone.
    private(set) var isOpen = true
    private var writes = true
    private var bytes: [UInt8] = []
    private static let limit = 1 << 20

    init() throws(PlatformError) {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { throw PlatformError("make", "a pipe", errno) }
      // Clear of the numbers handed to children, also where ours were closed by who started us.
      let own = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
      let failed = errno
      for end in ends { close(end) }
      (reading, writing) = (own[0], own[1])
      guard reading >= 0, writing >= 0 else { throw PlatformError("make", "a pipe", failed) }
      _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }
    deinit {
      close(reading)
      closeWriting()
    }

    func closeWriting() {
      guard writes else { return }
      writes = false
      close(writing)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Takes what is there without waiting, in bounded portions: a flood must not hide the time.
    func drain() {
      var chunk = [UInt8](repeating: 0, count: 65536)
      for _ in 0..<64 where isOpen {
        let count = read(reading, &chunk, chunk.count)
        if count > 0 {
          bytes.append(contentsOf: chunk[0..<min(count, max(0, Self.limit - bytes.count))])
        } else if count == 0 {
          isOpen = false
        } else if errno != EINTR {
          return
        }
      }
    }
  }
}
