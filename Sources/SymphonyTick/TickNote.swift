// The note a tick leaves at its very end: when it looked, who called it, what came of it. Written
// by every tick that held the lock and could use the store, also by one that changed nothing, so
// that status can tell a quiet night from a timer that is dead. Decides nothing.
import SymphonyCore

extension Tick {
  /// Together with what the tracker remembered since the commit: one transaction for both.
  ///
  /// A store that does not take the note is a state that cannot be used, and the report says so.
  /// - Returns: false when the store did not take it.
  func leaveNote(
    _ report: inout TickReport, startedAt: Timestamp, in store: any TickStore
  ) -> Bool {
    var note = LastTick(
      startedAt: startedAt, endedAt: parts.now(),
      trigger: options.trigger.rawValue, outcome: report.exit.word, summary: report.summary ?? "")
    do {
      // A note that cannot be read is as good as none: it is written anew here.
      let before = FactJSON.read(try store.fact(.lastTick), as: LastTick.self)
      let wasCalled = options.trigger != .nudged && options.trigger != .hinted
      note.calledAt = wasCalled ? note.endedAt : before?.calledAt
      note.failedInARow = report.exit == .done ? 0 : (before?.failedInARow ?? 0) + 1
      note.queue = report.freshQueue ?? before?.queue
      let text = try FactJSON.text(of: note)
      let news = try troubles(of: report, before, at: note.endedAt, in: store)
      let time = max(0, (note.endedAt - startedAt).milliseconds)
      let asked = report.trackerTime
      var counters = Counter.tick(note.outcome, milliseconds: time)
      if asked.requests > 0 {
        counters.append(Counter(.requests, "", asked.requests))
        counters.append(Counter(.requestMilliseconds, "", asked.milliseconds))
      }
      let counts = counters.map(Change.count)
      try store.commit([.setFact(.lastTick, text)] + counts + news, basis: nil)
      if options.trigger == .scheduled, report.troubles != nil {
        StateAlarm(stateDirectory: parts.stateDirectory).clear()
      }
      return true
    } catch let error as StoreError {
      report.cannotBeNoted(error)
    } catch {
      report.cannotBeNoted(.failed("the note of this tick cannot be written: \(error)"))
    }
    return false
  }
}

extension ExitCode {
  /// Stable; kept in the database and shown by status.
  package var word: String {
    switch self {
    case .done: "done"
    case .willRetry: "will_retry"
    case .usage: "usage"
    case .tracker: "tracker_unavailable"
    case .bug: "bug"
    case .state: "state_unusable"
    case .locked: "locked"
    case .workflow: "workflow_invalid"
    }
  }
}
