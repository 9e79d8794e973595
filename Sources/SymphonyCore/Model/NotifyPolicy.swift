// `notify` of WORKFLOW.md: the command that is told of what a person wants to hear of at once, and
// of which events. The tick starts it; what becomes an event is decided by the lines of the news.

package struct NotifyPolicy: Hashable, Sendable {
  package enum Event: String, Codable, Sendable, CaseIterable {
    case parked
    case handedOff = "handed_off"
    case failed, budget, hold
    case noTick = "no_tick"
  }
  /// For `sh -c`; nil: nobody is notified.
  package var command: String?
  package var events: [Event] = Event.allCases
  /// Of the command; it is never given longer than the tick has left.
  package var timeout: Interval = .seconds(5)
  package init() {}
}

extension NewsLine {
  /// The event of `notify.events` that it belongs to; nil: no command is told of it.
  package var event: NotifyPolicy.Event? {
    switch kind {
    case .parked: code == ParkingReason.itemOverBudget.rawValue ? .budget : .parked
    case .handedOff: .handedOff
    case .failed: .failed
    case .trouble:
      switch Trouble.Code(rawValue: code) {
      case .overBudget: .budget
      case .hold: .hold
      case .noTick: .noTick
      case .workflowInvalid, .tracker, .agentUnavailable, .repositoryUnfit, .workspaceAbsent,
        .diskLow, .paused, .metrics, .logs, .traces, .backups, .state, .bug, .failure, nil:
        nil
      }
    case .over: code == Trouble.Code.noTick.rawValue ? .noTick : nil
    case .launched, .released, .woken, .stopping, .killed: nil
    }
  }
}
