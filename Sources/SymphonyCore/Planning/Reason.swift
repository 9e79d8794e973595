// Why an item is where it is: the closed list of verdicts, by family. Each has a stable code (for
// JSON, the ledger and tests) and one sentence that carries its facts (for people). The planner
// gives every item exactly one. A case that is added to a family does not compile without both.

package enum Reason: Hashable, Sendable {
  /// A worker lives for it, or is being started (RunState.swift).
  case run(RunState)
  /// It is left alone until a person touches it (Rest.swift).
  case rest(Rest)
  /// Something in the item itself keeps it from running (Obstacle.swift).
  case obstacle(Obstacle)
  /// It may run, and something outside it that does not pass within minutes keeps it from that
  /// (Hindrance.swift).
  case hindrance(Hindrance)
  /// It goes on by itself when its turn comes (Wait.swift).
  case wait(Wait)
  /// The tracker or the executor gave no answer about it in this tick, and why; nothing changes.
  case notChecked(String)

  package var code: String {
    switch self {
    case .run(let state): state.code
    case .rest(let rest): rest.code
    case .obstacle(let obstacle): obstacle.code
    case .hindrance(let hindrance): hindrance.code
    case .wait(let wait): wait.code
    case .notChecked: "not_checked"
    }
  }

  package var sentence: String {
    switch self {
    case .run(let state): state.sentence
    case .rest(let rest): rest.sentence
    case .obstacle(let obstacle): obstacle.sentence
    case .hindrance(let hindrance): hindrance.sentence
    case .wait(let wait): wait.sentence
    case .notChecked(let why): "no answer about it this time: \(why)"
    }
  }

  /// True for a verdict that only a person can change.
  package var needsHuman: Bool { if case .rest(.parked) = self { true } else { false } }

  /// True for an item that may run but is kept from it by something that does not pass by itself.
  package var isHindered: Bool { if case .hindrance = self { true } else { false } }
}

/// The planner's decision about one item in one tick.
package struct Verdict: Hashable, Sendable {
  package var item: ItemID
  package var key: ItemKey
  package var title: String
  package var reason: Reason
  package init(item: ItemID, key: ItemKey, title: String, reason: Reason) {
    self.item = item
    self.key = key
    self.title = title
    self.reason = reason
  }
}
