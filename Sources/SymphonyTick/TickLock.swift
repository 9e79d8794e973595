// One tick at a time, without waiting. `tick.again` tells the holder that somebody came by: the
// holder looks once more before it leaves, so a worker that ended during a tick is not forgotten
// until the next timer.
import SymphonyCore
import SymphonyPlatform

struct TickLock {
  enum Attempt {
    case held(FileLock)
    /// Another tick runs; its pid when it is known.
    case busy(pid: Int32?)
    /// The holder was over four deadlines old and has been killed.
    case killed(pid: Int32)
  }

  let stateDirectory: String
  private var path: String { Files.join(stateDirectory, "tick.lock") }
  private var againPath: String { Files.join(stateDirectory, "tick.again") }

  init(stateDirectory: String) { self.stateDirectory = stateDirectory }

  func attempt(deadline: Interval) throws(PlatformError) -> Attempt {
    try Files.append(againPath, "")
    if let lock = try FileLock.take(path) {
      try writeHolder()
      return .held(lock)
    }
    guard let holder = readHolder() else { return .busy(pid: nil) }
    let age = Clock.boottimeMilliseconds() - holder.since
    if holder.bootID == Host.bootID, age > 4 * deadline.milliseconds,
      Processes.signal(holder.pid, startTime: holder.startTime, Signals.killNow)
    {
      return .killed(pid: holder.pid)
    }
    return .busy(pid: holder.pid)
  }

  /// Forgets that somebody came by; called before observing.
  func clearAgain() throws(PlatformError) { try Files.remove(againPath) }
  var isWantedAgain: Bool { Files.exists(againPath) }

  private func writeHolder() throws(PlatformError) {
    let pid = Host.processID
    let start = Processes.stat(pid)?.startTime ?? 0
    // In place: the file's inode is the lock, so it is never replaced.
    let line = "\(pid) \(start) \(Clock.boottimeMilliseconds()) \(Host.bootID)\n"
    try Files.overwrite(path, line)
  }

  private func readHolder() -> (pid: Int32, startTime: UInt64, since: Int64, bootID: String)? {
    guard let text = try? Files.readText(path, limit: 4096) else { return nil }
    let parts = text.split(whereSeparator: \.isWhitespace)
    guard parts.count == 4, let pid = Int32(parts[0]), let start = UInt64(parts[1]),
      let since = Int64(parts[2])
    else { return nil }
    return (pid, start, since, String(parts[3]))
  }
}
