// The last thing a tick does before it tells its news: `notify.command` gets the events nobody was
// notified of yet, one JSON object a line. They are marked before the command starts: it is told of
// an event at most once, whenever the tick is killed; the news say it all the same. It waits for
// the command, never longer than the tick has left.
import SymphonyCore
import SymphonyPlatform

/// One call of `notify.command`.
package struct NotifyOrder: Sendable {
  package var policy: Policy
  package var lines: [NewsLine]
  package var timeout: Interval
}

extension Tick {
  /// How long before the end of the tick's time the command has to be over.
  private static let reserve: Int64 = 2000
  /// An event that found no tick with time for it for so long is history, and is not told.
  private static let freshness = Interval.hours(1)

  func notify(
    of report: TickReport, started: Int64, in store: any TickStore
  ) throws(StoreError) {
    guard let policy = report.snapshot?.policy else { return }
    let desk = try NewsDesk(store, tick: options.id)
    guard policy.notify.command != nil else {
      return try enter(desk.changing { $0.standWithoutCommand() }, in: store)
    }
    let end = started + policy.tickDeadline.milliseconds - Self.reserve
    let left = end - parts.bootClock()
    // Lines for which this tick has no time are left to the next one.
    guard left > 0, Signals.seen == nil else { return }
    let now = parts.now()
    var lines: [NewsLine] = []
    // Events that notify.events leaves out are marked too: one added later tells no past ones.
    let marks = desk.changing { lines = $0.takeForCommand(at: now, tick: options.id) }
    try enter(marks, in: store)
    lines.removeAll { line in
      guard let event = line.event, now - line.at < Self.freshness else { return true }
      return !policy.notify.events.contains(event)
    }
    guard !lines.isEmpty else { return }
    FaultPoint.notify.reach()
    let timeout = min(policy.notify.timeout, .milliseconds(left))
    let problem = parts.notify(NotifyOrder(policy: policy, lines: lines, timeout: timeout))
    guard let problem else { return }
    let trouble = Trouble(.failure, scope: "notify", "notify.command \(problem)")
    try store.commit(
      desk.changing { $0.face([trouble], looked: [], at: now, tick: options.id) }, basis: nil)
  }

  private func enter(_ changes: [Change], in store: any TickStore) throws(StoreError) {
    if !changes.isEmpty { try store.commit(changes, basis: nil) }
  }
}
