// Which items a tick need not look at: their story is over, nothing of theirs is left on this
// machine, and what would begin it anew is seen in the tracker's list, which names them. A state
// directory collects them for years, so they are loaded only when they are listed, owe a write or
// are asked for. The store keeps the answer in a column, and an index of the others.

/// The items that are loaded.
package enum StateScope: Sendable {
  /// All that are not at rest, and those that owe a write, have a run or a request.
  case awake
  case everything
}

/// So many items at rest that have the same claim and verdict.
package struct RestingItems: Hashable, Sendable {
  package var state: Claim.State
  /// A verdict's code.
  package var verdict: String
  package var count: Int
  package init(state: Claim.State, verdict: String, count: Int) {
    self.state = state
    self.verdict = verdict
    self.count = count
  }
}

extension [RestingItems] {
  /// Takes one item out of the count.
  package mutating func removeOne(_ state: Claim.State, _ verdict: String) {
    guard let index = firstIndex(where: { $0.state == state && $0.verdict == verdict }) else {
      return
    }
    self[index].count -= 1
    if self[index].count == 0 { remove(at: index) }
  }
}

extension ItemRecord {
  /// Since when no tick has anything to do for it; nil: it is awake.
  ///
  /// It is the time of its end, or for one that never began that of its first sight.
  package var restedAt: Timestamp? {
    // What is still here is shown and cleaned up; what no remote branch has is never hidden.
    guard !hasWorkspace, unpushed == nil, left.isEmpty, wake == nil,
      verdict != Obstacle.reopeningNotTrusted("").code
    else { return nil }
    switch claim {
    case .released(let release):
      // A merged item is watched until it was seen to have left the list: what comes back is new.
      let isWatched = release.reason == .merged && release.left != true && release.hidden != true
      return isWatched ? nil : release.at
    case .unclaimed:
      return runs == 0 && verdict == Obstacle.notListed.code ? firstSeen : nil
    case .running, .retrying, .handedOff, .parked: return nil
    }
  }
}
