// One tick at a time, without waiting. `tick.again` tells the holder that somebody came by: the
// holder looks once more before it leaves, so a worker that ended during a tick is not forgotten
// until the next timer.
import SymphonyCore
import SymphonyPlatform

package struct TickLock {
  enum Attempt {
    case held(FileLock)
    /// Another tick runs; its pid when it is known.
    case busy(pid: Int32?)
    /// The holder was over four deadlines old and has been killed.
    case killed(pid: Int32)
    /// The tick that took it is dead, and who holds it now cannot be found.
    case heldByUnknown(tick: Int32)
  }

  let stateDirectory: String
  private var path: String { StateLayout(stateDirectory).tickLock }
  private var againPath: String { Files.join(stateDirectory, "tick.again") }

  package init(stateDirectory: String) { self.stateDirectory = stateDirectory }

  func attempt(deadline: Interval) throws(PlatformError) -> Attempt {
    try wantAgain()
    if let lock = try FileLock.take(path) {
      try writeHolder(deadline: deadline, in: lock)
      return .held(lock)
    }
    guard let holder = readHolder() else { return .busy(pid: nil) }
    let age = Clock.boottimeMilliseconds() - holder.since
    // The file says since when; whom to end only the kernel knows.
    guard holder.bootID == Host.bootID, age > 4 * holder.deadline else {
      return .busy(pid: holder.pid)
    }
    if isHolder(holder.pid),
      Processes.signal(
        holder.pid, startTime: holder.startTime, Signals.killNow,
        onlyIf: { isHolder(holder.pid) })
    {
      return .killed(pid: holder.pid)
    }
    if Processes.isAlive(pid: holder.pid, startTime: holder.startTime)
      || FileLock.owner(of: path) != nil
    {
      return .busy(pid: holder.pid)
    }
    for pid in Processes.all where isStoppedChild(pid) {
      guard let found = Processes.stat(pid) else { continue }
      if Processes.signal(
        pid, startTime: found.startTime, Signals.killNow, onlyIf: { isStoppedChild(pid) })
      {
        return .killed(pid: pid)
      }
    }
    return .heldByUnknown(tick: holder.pid)
  }

  /// A child of a tick of this directory, stopped before it had a program of its own: until then it
  /// has a copy of all that its parent had, and shows its parent's arguments.
  private func isStoppedChild(_ pid: Int32) -> Bool {
    guard pid != Host.processID, let arguments = Processes.arguments(of: pid),
      arguments.count > 1, arguments[1] == "tick",
      arguments.contains(where: { $0 == stateDirectory || $0 == "--state-dir=\(stateDirectory)" })
    else { return false }
    return Processes.stat(pid)?.state == "T" && Processes.userID(of: pid) == Host.userID
  }

  /// A tick of an older version has no record lock, but lets its descriptors be seen.
  private func isHolder(_ pid: Int32) -> Bool {
    if let owner = FileLock.owner(of: path) { return owner == pid }
    return Processes.holdingLock(on: path).contains(pid)
  }

  /// Leaves the mark that somebody came by.
  func wantAgain() throws(PlatformError) { try Files.append(againPath, "") }
  /// Whether a tick holds the lock now.
  var isHeld: Bool { FileLock.owner(of: path) != nil }

  /// Forgets that somebody came by; called before observing.
  func clearAgain() throws(PlatformError) { try Files.remove(againPath) }
  var isWantedAgain: Bool { Files.exists(againPath) }

  /// Writes which process holds the lock and for how long it means to.
  ///
  /// At the start, and again once the policy's own deadline is known.
  package func writeHolder(deadline: Interval, in lock: FileLock) throws(PlatformError) {
    let pid = Host.processID
    let start = Processes.stat(pid)?.startTime ?? 0
    // In place, and through the lock's own descriptor: the file's inode is the lock, and opening
    // the file once more would give the record lock up.
    let now = Clock.boottimeMilliseconds()
    let line = "\(pid) \(start) \(now) \(deadline.milliseconds) \(Host.bootID)\n"
    try lock.replace(line)
  }

  private struct Holder {
    var pid: Int32
    var startTime: UInt64
    /// CLOCK_BOOTTIME, milliseconds.
    var since: Int64
    var deadline: Int64
    var bootID: String
  }

  private func readHolder() -> Holder? {
    guard let bytes = try? Files.readOwn(path, limit: 4096) else { return nil }
    let parts = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard parts.count == 5, let pid = Int32(parts[0]), let start = UInt64(parts[1]),
      let since = Int64(parts[2]), let deadline = Int64(parts[3])
    else { return nil }
    return Holder(
      pid: pid, startTime: start, since: since, deadline: deadline, bootID: String(parts[4]))
  }
}
