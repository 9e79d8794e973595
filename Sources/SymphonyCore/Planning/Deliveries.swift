// Which debts to the tracker this tick pays, in which order, and how many. Decided here alone: the
// applier pays what the plan lists, and leaves out only what stands behind a payment that failed or
// behind a hold of the tracker that an answer has set.

/// A debt to be paid now.
package struct DeliveryOrder: Hashable, Sendable {
  package var item: ItemID
  package var key: ItemKey
  /// Names the debt, also one that this same plan enters and that has no row yet.
  package var dedupeKey: String
  package var kind: String
  /// How often a delivery was begun before.
  package var tries: Int
}

/// Debts that wait behind one that is not paid.
///
/// Without a pull request all later debts of its item wait, for they speak of it. Else only those
/// of its kind do: a comment that the token may not write keeps no status back.
package struct DebtQueue {
  private struct Lane: Hashable {
    var item: ItemID
    /// Nil: of every kind.
    var kind: OutboxEntry.Kind?
  }
  private var waiting: Set<Lane> = []
  package init() {}

  package mutating func wait(behind entry: OutboxEntry) {
    switch entry.payload {
    case .ensurePullRequest, .convertDraft: waiting.insert(Lane(item: entry.item, kind: nil))
    case .comment, .setStatus, .setLabels, .closeIssue, .reply, .resolveThread, .requestReview,
      .rerunChecks, .updateBranch, .merge:
      waiting.insert(Lane(item: entry.item, kind: entry.payload.storedKind))
    }
  }

  package func isFree(_ entry: OutboxEntry) -> Bool {
    var kinds: [OutboxEntry.Kind?] = [nil, entry.payload.storedKind]
    switch entry.payload {
    // People are to see the answer before its thread is closed or they are asked to look.
    case .resolveThread, .requestReview: kinds.append(.reply)
    case .ensurePullRequest, .comment, .setStatus, .setLabels, .convertDraft, .closeIssue, .reply,
      .rerunChecks, .updateBranch, .merge:
      break
    }
    return !kinds.contains { waiting.contains(Lane(item: entry.item, kind: $0)) }
  }
}

extension Planning {
  /// GitHub allows 80 content-creating requests a minute; two ticks a minute stay far below with
  /// this many each.
  static let deliveriesPerTick = 20

  /// In the order of their entry, those that this plan enters last.
  mutating func payDebts() {
    guard snapshot.hasTracker, !holds.contains(where: { $0.kind == .tracker }) else { return }
    var queue = DebtQueue()
    var planned = 0
    let stored = snapshot.state.outbox.filter { !withdrawn.contains($0.id) }
    for entry in stored + newOutbox where queue.isFree(entry) {
      if withdrawsForWantOfPullRequest(entry) || !mayMerge(entry) { continue }
      guard entry.nextTry.isDue(at: now), let record = items[entry.item] else {
        queue.wait(behind: entry)
        continue
      }
      guard planned < Self.deliveriesPerTick else {
        leavesDebts = true
        return
      }
      planned += 1
      effects.append(
        .deliver(
          DeliveryOrder(
            item: entry.item, key: record.key, dedupeKey: entry.dedupeKey,
            kind: entry.payload.kind, tries: entry.tries)))
    }
  }

  /// Withdraws a debt that needs a pull request which the tracker refused for good.
  ///
  /// True when it did.
  private mutating func withdrawsForWantOfPullRequest(_ entry: OutboxEntry) -> Bool {
    guard entry.payload.needsPullRequest, entry.id != 0, let record = items[entry.item],
      record.pullRequest == nil,
      !debts(of: record.id).contains(where: { $0.payload.storedKind == .ensurePullRequest })
    else { return false }
    withdraw(entry, "its pull request was refused")
    return true
  }
}
