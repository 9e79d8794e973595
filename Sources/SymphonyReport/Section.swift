// Which part of the screen an item stands in, and in which order: who is needed first, then what
// runs, then the queue as it will be served. Reads verdict and facts of the report; used by the
// screen, and by the report for the keys `section` and `queue_position`.
import SymphonyCore

/// The list of an item on the screen; every item is in exactly one.
package enum Section: String, Codable, Sendable, CaseIterable {
  case needsYou = "needs_you"
  case running
  /// It goes on by itself, or when what is in its way is gone.
  case waiting
  case handedOff = "handed_off"
  /// Since 00:00 UTC.
  case doneToday = "done_today"
  case doneEarlier = "done_earlier"
  /// The tracker lists it, a rule of the workflow leaves it out, and nothing was ever done for it.
  case leftOut = "left_out"
  /// The tracker does not list it any more.
  case unlisted

  package var title: String {
    switch self {
    case .needsYou: "needs you"
    case .running: "running"
    case .waiting: "waiting"
    case .handedOff: "handed off"
    case .doneToday: "done today"
    case .doneEarlier: "done earlier"
    case .leftOut: "left out by a rule"
    case .unlisted: "no longer listed"
    }
  }

  /// Shown without being asked for.
  package var isShownAlways: Bool {
    switch self {
    case .needsYou, .running, .waiting, .handedOff, .doneToday: true
    case .doneEarlier, .leftOut, .unlisted: false
    }
  }

  init(_ record: ItemRecord, _ group: ItemGroup, at now: Timestamp) {
    switch group {
    case .running: self = .running
    case .parked: self = .needsYou
    case .handedOff: self = .handedOff
    case .unlisted: self = .unlisted
    case .retrying: self = .waiting
    case .waiting:
      let isNew = record.runs == 0 && record.left.isEmpty && record.unpushed == nil
      self = isNew && Self.rules.contains(record.verdict) ? .leftOut : .waiting
    case .done:
      guard case .released(let release) = record.claim, !Self.unfinished.contains(record.verdict)
      else {
        self = .waiting
        return
      }
      self = release.at.rfc3339.prefix(10) == now.rfc3339.prefix(10) ? .doneToday : .doneEarlier
    }
  }

  /// Released, and still something of it is there or was asked for.
  private static let unfinished: Set<String> = [
    Hindrance.cleanUpFailed("", times: 1).code, Wait.unpushed(head: "", why: "").code,
    Obstacle.reopeningNotTrusted("").code,
  ]

  /// The codes that keep an item out altogether; dependencies and unknown facts pass by themselves.
  private static let rules = Obstacle.codesOfRules.union([Obstacle.reopeningNotTrusted("").code])
}
