// The store's rows in memory: what a change does to what `load` hands out. For worlds without a
// database; the constraints are the database's own and are tested there.
import SymphonyCore

extension StoredState {
  /// Applies the changes of one commit.
  ///
  /// `keys` are those of all debts ever entered: the second of one key is left out, as in the
  /// table. Facts and the ledger are no rows of this state.
  package mutating func commit(_ changes: [Change], keys: inout Set<String>) {
    for change in changes { apply(change, &keys) }
    tidy()
  }

  /// As the store hands rows out: sorted, the settled and the paid ones left out.
  package mutating func tidy() {
    items.sort { $0.id < $1.id }
    runs.removeAll { $0.phase == .settled }
    runs.sort { $0.id < $1.id }
    outbox.removeAll { $0.state != .pending }
    outbox.sort { $0.id < $1.id }
    pieces.sort { ($0.item, $0.id) < ($1.item, $1.id) }
  }

  private mutating func apply(_ change: Change, _ keys: inout Set<String>) {
    switch change {
    case .putItem(let row):
      items.removeAll { $0.id == row.id }
      items.append(row)
    case .insertRun(let row), .putRun(let row):
      runs.removeAll { $0.id == row.id }
      runs.append(row)
    case .insertOutbox(var row):
      guard keys.insert(row.dedupeKey).inserted else { return }
      row.id = Int64(keys.count)
      outbox.append(row)
    case .putOutbox(let row):
      outbox.removeAll { $0.id == row.id }
      outbox.append(row)
    case .putHold(let hold):
      holds.removeAll { $0.kind == hold.kind && $0.scope == hold.scope }
      holds.append(hold)
    case .deleteHold(let kind, let scope):
      holds.removeAll { $0.kind == kind && $0.scope == scope }
    case .putPiece(let row):
      pieces.removeAll { $0.item == row.item && $0.id == row.id }
      pieces.append(row)
    case .deleteRequest(let id): requests.removeAll { $0.id == id }
    case .addUsage(let total): totals.append(total)
    case .moveNumber(_, let to): number = to
    case .appendLedger, .setFact, .count: break
    }
  }
}
