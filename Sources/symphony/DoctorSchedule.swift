// Findings of doctor about ticks: their callers, whether there is only one, and how the last ticks
// went. A timer that is dead, or calls with another environment, is the trouble nobody sees.
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick

extension Checkup {
  /// `interval`: of polling; nil: unknown.
  func schedule(_ interval: Interval?, _ last: LastTick?) -> [Finding] {
    let callers = callers()
    return callers.findings + [ticks(interval, last, isCalled: callers.isCalled)]
  }

  private func callers() -> (findings: [Finding], isCalled: Bool) {
    var findings: [Finding] = []
    var crontab: Crontab?
    do { crontab = try Crontab.readIfInstalled() } catch {
      let why = (error as? Stop)?.message ?? "the crontab cannot be read"
      findings.append(Finding(.skip, "scheduler", "your crontab is not looked at: \(why)"))
    }
    let callers = CallerSearch(workflow: place.workflowPath).callers(crontab: crontab)
    let names = callers.map(\.description).joined(separator: "; ")
    switch callers.count {
    case 0 where ActionsRunner.isHere:
      findings.append(Finding(.skip, "scheduler", "ticks are called by the steps of a CI run"))
    case 0:
      findings.append(
        Finding(
          .warn, "scheduler", "nothing calls ticks of this workflow: no crontab and no timer",
          hint: "`symphony install --systemd --user`, or --cron"))
    case 1:
      findings.append(
        Finding(
          .pass, "scheduler", "ticks are called by \(names)"))
    default:
      findings.append(
        Finding(
          .warn, "scheduler", "\(callers.count) places call ticks: \(names)",
          hint: "keep one; `symphony uninstall` takes away what `symphony install` wrote"))
    }
    return (findings, !callers.isEmpty)
  }

  private func ticks(_ interval: Interval?, _ last: LastTick?, isCalled: Bool) -> Finding {
    guard let last else {
      return Finding(.skip, "ticks", "none has run yet, or none could note it down")
    }
    let now = Timestamp(milliseconds: Clock.wallMilliseconds())
    func age(_ time: Timestamp) -> String { Age.short(now - time) }
    let called = last.calledAt ?? last.endedAt
    if isCalled, now - called > LastTick.allowance(interval: interval) {
      return Finding(
        .warn, "ticks", "the last one that was called ended \(age(called)) ago",
        hint: "`symphony doctor --through-scheduler` has the scheduler run the same checks")
    }
    let words = last.summary.isEmpty ? last.outcome : "\(last.outcome): \(last.summary)"
    let sentence =
      "the last one, by \(Self.caller(last.trigger)), \(age(last.endedAt)) ago: \(words)"
    let failed = last.failedInARow ?? (last.outcome == SymphonyTick.ExitCode.done.word ? 0 : 1)
    if failed == 0 { return Finding(.pass, "ticks", sentence) }
    return Finding(
      .warn, "ticks", sentence + (failed == 1 ? "" : "; \(failed) in a row were not done"),
      hint: "`symphony status` says what is wrong; `symphony tick` tries again now")
  }

  private static func caller(_ trigger: String) -> String {
    switch Snapshot.Trigger(rawValue: trigger) {
    case .scheduled: "a scheduler"
    case .manual: "a person"
    case .nudged: "a worker at its end"
    case .hinted: "the server"
    case .waiting: "`tick --wait`"
    case nil: trigger
    }
  }
}
