// tick.lock in the hands of a process that no tick can name: the stopped child of a tick that is
// dead keeps a copy of the lock for ever.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyTick
import Testing

@Suite(.serialized) struct StuckLockTests {
  /// A process that shows these arguments, has a copy of the lock and waits.
  private func child(_ bench: Bench, _ arguments: [String], _ lock: FileLock) throws -> Int32 {
    let pipe = Files.join(bench.directory, "pipe")
    if !Files.exists(pipe) { #expect(mkfifo(pipe, 0o600) == 0) }
    try Files.writeAtomically(Files.join(bench.directory, "tick"), "read line <pipe\n")
    var request = SpawnRequest(
      arguments: ["/bin/sh"] + arguments, environment: ["PATH": "/usr/bin:/bin"],
      directory: bench.directory)
    request.inherited = [lock.descriptor]
    return try Spawn.start(request)
  }
  private func end(_ pid: Int32) async {
    Processes.signalChild(pid, Signals.killNow)
    while Spawn.reap(pid) == nil { await Task.yield() }
  }
  /// A tick that took the lock long ago, and is dead.
  private func deadTick() throws -> String {
    let pid = try Spawn.start(
      SpawnRequest(arguments: ["/bin/true"], environment: [:], directory: "/"))
    let start = Processes.stat(pid)?.startTime ?? 0
    while Spawn.reap(pid) == nil { sched_yield() }
    return "\(pid) \(start) \(Clock.boottimeMilliseconds() - 5000) 1000 \(Host.bootID)\n"
  }

  /// What is left once this returns: two stopped processes with copies of the lock, which nobody
  /// else holds.
  private func leaveChildren(_ bench: Bench, _ state: String) async throws -> (Int32, Int32) {
    let path = StateLayout(state).tickLock
    var taken = try FileLock.take(path)
    while taken == nil {
      await Task.yield()
      taken = try FileLock.take(path)
    }
    let lock = try #require(taken)
    try lock.replace(deadTick())
    let pid = try child(bench, ["tick", "--nudged", "--state-dir", state], lock)
    let bystander = try child(bench, ["tick", "--state-dir", state + "-2"], lock)
    for process in [pid, bystander] { Processes.signalChild(process, Signals.pause) }
    while Processes.stat(pid)?.state != "T" || Processes.stat(bystander)?.state != "T" {
      await Task.yield()
    }
    return (pid, bystander)
  }

  @Test func aStoppedChildOfADeadTickIsFoundByItsArguments() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick()
    let state = Files.join(bench.directory, "state")
    let (pid, bystander) = try await leaveChildren(bench, state)
    let killed = await bench.tick()
    #expect(killed.exit == .willRetry)
    #expect(killed.notes.contains { $0.hasPrefix("killed tick \(pid)") }, "\(killed.notes)")
    var exit = Spawn.reap(pid)
    while exit == nil {
      await Task.yield()
      exit = Spawn.reap(pid)
    }
    #expect(exit == .signalled(Signals.killNow))
    // The other one shows another directory's arguments and has a copy all the same: it is not
    // touched, and the trouble is told.
    let stuck = await bench.tick()
    #expect(stuck.exit == .willRetry)
    #expect(
      stuck.notes.contains { $0.contains("is held by a process that cannot be found") },
      "\(stuck.notes)")
    #expect(Processes.stat(bystander)?.state == "T")
    await end(bystander)
    #expect(await bench.tick().exit == .done)
  }
}
