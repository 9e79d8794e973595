// Runs one child to its end under limits: the agent, a hook or a git command. It polls every few
// milliseconds at first and ten times a second later, keeps the pulse going, and ends the child
// (TERM or what it takes better, grace, KILL to its whole session group) when its time is over,
// when it is silent for too long, when its caller has had enough, when a signal came or the lease
// is gone. What a limit means is the caller's business; what escaped the group is the sweep's.
import SymphonyCore
import SymphonyPlatform

enum ChildEnd: Hashable { case itself, overTime, silent, enough }

/// The result of a look at a child's output.
enum Look: Hashable {
  case silence, output, enough
  /// Much output: the next look is due at once.
  case flood
}

struct ChildReport {
  var exit: ChildExit
  var end: ChildEnd
}

struct Supervisor {
  let run: LiveRun

  /// `timeLimit`: milliseconds; nil: none.
  ///
  /// `silenceLimit`: milliseconds since `look` last answered `output`; nil: none. `look`: called at
  /// every poll and once after the end; `enough` ends the child. `stopSignal`: what ends it
  /// politely. `longestPause`: milliseconds between two looks.
  /// - Throws: `.cancelled` and `.leaseLost`, after the child has ended.
  func watch(
    _ pid: Int32, timeLimit: Int64?, silenceLimit: Int64? = nil,
    stopSignal: Int32 = Signals.terminate, longestPause: Int64 = 100,
    look: () throws(RunStop) -> Look
  ) throws(RunStop) -> ChildReport {
    let started = run.seams.now()
    var heardAt = started
    var pause: Int64 = 1
    do throws(RunStop) {
      while true {
        if let exit = Spawn.reap(pid) {
          _ = try look()
          return ChildReport(exit: exit, end: .itself)
        }
        try run.beat()
        let heard = try look()
        let now = run.seams.now()
        if heard != .silence { heardAt = now }
        if heard == .flood { pause = 1 }
        var end: ChildEnd?
        if let timeLimit, now - started >= timeLimit { end = .overTime }
        if let silenceLimit, now - heardAt >= silenceLimit { end = end ?? .silent }
        if heard == .enough { end = end ?? .enough }
        if let end {
          let exit = self.end(pid, stopSignal)
          _ = try look()
          return ChildReport(exit: exit, end: end)
        }
        if run.seams.ownsProcess, pause >= min(50, longestPause) { Spawn.reapOrphans(except: pid) }
        Clock.sleep(milliseconds: pause)
        pause = min(pause * 2, longestPause)
      }
    } catch {
      // After a throw from `look` the child may have been reaped already; then there is nothing to
      // end.
      if Processes.stat(pid) != nil { _ = self.end(pid, stopSignal) }
      throw error
    }
  }

  /// A polite signal to the session's group, KILL after the grace; returns once the child is
  /// reaped.
  private func end(_ pid: Int32, _ politely: Int32) -> ChildExit {
    Processes.signalChild(-pid, politely)
    // One that was stopped hears it only when it goes on.
    Processes.signalChild(-pid, Signals.goOn)
    let started = Clock.monotonicMilliseconds()
    var killed = false
    while true {
      if let exit = Spawn.reap(pid) {
        // The leader is gone; its group may not be.
        Processes.signalChild(-pid, Signals.killNow)
        return exit
      }
      let waited = Clock.monotonicMilliseconds() - started
      if !killed, waited >= run.seams.killGrace {
        killed = true
        Processes.signalChild(-pid, Signals.killNow)
      }
      // A process stuck in the kernel cannot be waited for without end; the sweep and the tick see
      // it.
      if waited >= run.seams.killGrace + 10_000 { return .signalled(Signals.killNow) }
      Clock.sleep(milliseconds: 10)
    }
  }
}
