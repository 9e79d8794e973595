// The news of a tick: changes of its own rows that a person wants to hear of. Nothing is carried
// out for news; the rows that say the same are among the plan's changes.

package enum News: Hashable, Sendable {
  /// A run is over; its outcome became rows.
  case settled(run: RunID, key: ItemKey, outcome: Outcome, summary: String)
  case claimChanged(key: ItemKey, from: Claim.State, to: Claim.State, why: String)
  /// A debt to the tracker was entered.
  case debtEntered(key: ItemKey, kind: String)
  case holdSet(kind: String, why: String)
  case holdLifted(kind: String)
}

extension News: PlanEntry {
  package var name: String {
    switch self {
    case .settled: "settle"
    case .claimChanged: "change_claim"
    case .debtEntered: "enqueue"
    case .holdSet: "hold"
    case .holdLifted: "lift_hold"
    }
  }

  package var subject: String {
    switch self {
    case .settled(_, let key, _, _), .claimChanged(let key, _, _, _), .debtEntered(let key, _):
      key.text
    case .holdSet(let kind, _), .holdLifted(let kind): kind
    }
  }

  package var sentence: String {
    switch self {
    case .settled(let run, _, let outcome, let summary):
      "settle \(run): \(outcome.rawValue)" + (summary.isEmpty ? "" : ", \(summary)")
    case .claimChanged(_, let from, let to, let why): "\(from.rawValue) -> \(to.rawValue): \(why)"
    case .debtEntered(_, let kind): "owe the tracker: \(kind)"
    case .holdSet(_, let why): "hold: \(why)"
    case .holdLifted: "lift the hold: its time has passed"
    }
  }
}
