// The one decision procedure: a snapshot in, a plan out. Pure, total and deterministic: no clock,
// no disk, no randomness of its own, and no order that depends on a hash. Each concern stands in a
// file of its own beside this one; the order below is the whole of it.

package enum Planner {
  package static func plan(_ snapshot: Snapshot) -> Plan {
    var planning = Planning(snapshot)
    return decide(&planning)
  }

  /// The same decision, and what each rule said about one item on the way.
  ///
  /// An item that the tracker lists as no work of ours is decided about all the same, in this
  /// answer only. No check: its row is not known, and nobody could read it.
  package static func explain(_ item: ItemID, _ snapshot: Snapshot) -> Explanation {
    var planning = Planning(snapshot)
    planning.explained = item
    let plan = decide(&planning)
    return Explanation(
      item: planning.facts[item], record: planning.items[item], checks: planning.allChecks,
      verdict: plan.verdicts.first { $0.item == item }?.reason,
      pieces: Array((planning.pieces[item] ?? [:]).values))
  }

  private static func decide(_ planning: inout Planning) -> Plan {
    planning.admit()  // rows for items seen for the first time, fresh titles for the others
    planning.settleRuns()  // Settlement.swift: what ended becomes a claim and debts
    planning.answerRequests()  // Requests.swift: what commands asked for
    planning.reconcile()  // Reconciliation.swift: claims against what the tracker says
    planning.dispatch()  // Dispatch.swift: due retries and eligible items, within the limits
    planning.housekeep()  // Housekeeping.swift: clean-ups, holds, old run directories
    return planning.finished()
  }
}

/// The rows while they are being worked on.
///
/// Changes are the difference to the rows as stored, so a plan over a world where nothing is to do
/// holds no change at all.
struct Planning {
  let snapshot: Snapshot
  /// The workflow's, with `@me` replaced by the login behind it where that is known.
  let selection: TrackerPolicy
  var items: [ItemID: ItemRecord]
  var runs: [RunID: RunRecord]
  var newRuns: [RunRecord] = []
  var newOutbox: [OutboxEntry] = []
  var holds: [Hold]
  var pieces: [ItemID: [Piece.ID: Piece]] = [:]
  /// Items whose pull requests may be merged, by all that this plan knows.
  var mergeable: Set<ItemID> = []
  var facts: [ItemID: WorkItem] = [:]
  var verdicts: [ItemID: Reason] = [:]
  var effects: [Effect] = []
  var told: [News] = []
  var notes: [String] = []
  var leavesDebts = false
  /// Items whose people the tracker is asked about before this can be decided.
  var inquiries: [(record: ItemRecord, isUrgent: Bool)] = []
  var extraChanges: [Change] = []
  var usedNonces = 0
  /// The UTC day of the totals, what was spent on it before this plan, and what this plan adds.
  let today: String
  let spentBefore: Usage
  var booked = Usage()
  /// Stored debts this plan takes back.
  var withdrawn: Set<Int64> = []
  /// The wake that began a new round of each item in this plan.
  var woken: [ItemID: Wake] = [:]
  /// The item whose checks are noted down; nil: nobody asked.
  var explained: ItemID?
  /// The answers of the rules about that item, in the order in which they were asked.
  var checks: [RuleCheck] = []
  /// So many running items are said to be gone that the tracker's answer is not believed.
  var refreshFailed = false

  init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    let today = String(snapshot.now.rfc3339.prefix(10))
    self.today = today
    var spent = Usage()
    for total in snapshot.state.totals where total.day == today { spent += total.usage }
    spentBefore = spent
    var selection = snapshot.policy.tracker
    if selection.assignee == "@me", let login = snapshot.survey.viewer {
      selection.assignee = login
    }
    self.selection = selection
    items = Dictionary(snapshot.state.items.map { ($0.id, $0) }) { first, _ in first }
    runs = Dictionary(snapshot.state.runs.map { ($0.id, $0) }) { first, _ in first }
    holds = snapshot.state.holds
    for piece in snapshot.state.pieces { pieces[piece.item, default: [:]][piece.id] = piece }
    if case .items(let candidates) = snapshot.survey.candidates {
      for item in candidates { facts[item.id] = item }
    }
    // An answer about the item itself is newer than a list and wins over it, also when it says that
    // nobody knows: half-read facts must neither stop a run nor start one.
    for (id, answer) in snapshot.survey.answers {
      switch answer {
      case .found(let item): facts[id] = item
      case .unknown, .gone: facts[id] = nil
      }
    }
  }

  var now: Timestamp { snapshot.now }
  var policy: Policy { snapshot.policy }
  /// Every loop over items runs in this order, so that plans are the same in every process.
  var itemOrder: [ItemID] { items.keys.sorted() }

  func liveRun(of item: ItemID) -> RunRecord? {
    newRuns.first { $0.item == item }
      ?? runs.values.filter { $0.item == item && $0.phase != .settled }.min { $0.id < $1.id }
  }

  mutating func nonce() -> String {
    defer { usedNonces += 1 }
    return snapshot.nonces(usedNonces)
  }

  mutating func admit() {
    for id in facts.keys.sorted() {
      guard let item = facts[id] else { continue }
      if var known = items[id] {
        known.status = item.status
        known.key = item.key
        known.repository = item.repository
        known.number = item.number
        known.title = item.title
        known.url = item.url
        items[id] = known
      } else {
        admit(item)
      }
    }
    // One that was listed and could not be read when it was looked at once more was seen all the
    // same, and has a verdict.
    guard case .items(let listed) = snapshot.survey.candidates else { return }
    for item in listed where items[item.id] == nil {
      if case .unknown? = snapshot.survey.answers[item.id] { admit(item) }
    }
  }

  private mutating func admit(_ item: WorkItem) {
    guard isWorthAdmitting(item) || item.id == explained else { return }
    let branch = BranchName.make(
      prefix: policy.git.branchPrefix, repository: item.repository,
      reference: item.key.reference)
    var record = ItemRecord(item: item, branch: branch, now: now)
    record.status = item.status
    items[item.id] = record
  }

  /// A board holds everything a team ever planned: what never was in an active status is none of
  /// ours yet.
  ///
  /// Everything a tracker lists as work is.
  private func isWorthAdmitting(_ item: WorkItem) -> Bool {
    guard selection.usesBoard else { return true }
    return item.state == .open && item.board != nil
      && Eligibility.isActive(item.status, policy: selection)
  }

  mutating func setClaim(_ id: ItemID, _ claim: Claim, why: String, silent: Bool = false) {
    guard var record = items[id], record.claim != claim else { return }
    if !silent {
      told.append(
        .claimChanged(key: record.key, from: record.claim.state, to: claim.state, why: why))
    }
    if claim.isReleased, !record.claim.isReleased {
      // What kept the workspace of an item at rest does not keep that of one that is done.
      record.clearCleanUps()
      // Its workspace went while it was at rest, and the mark beside its branch stayed: the next
      // clean-up takes that, too.
      if record.home != nil { record.hasWorkspace = true }
    }
    record.claim = claim
    // The round is over: no later agent is to be told of the wake that began it, nor of feedback.
    if claim.isReleased {
      record.wake = nil
      for state in [Piece.State.seen, .handed] {
        for piece in pieces(of: id, state) { drop(piece) }
      }
    }
    items[id] = record
  }

  /// The debts of an item: the stored ones that this plan did not take back, and new ones.
  func debts(of id: ItemID) -> [OutboxEntry] {
    snapshot.state.outbox.filter { $0.item == id && !withdrawn.contains($0.id) }
      + newOutbox.filter { $0.item == id }
  }

  /// A draft has no number, and GitHub takes neither comments nor labels for it.
  func takesWords(_ record: ItemRecord) -> Bool { record.number != nil || !selection.usesBoard }

  /// Takes back a stored debt that is not to be paid any more.
  mutating func withdraw(_ entry: OutboxEntry, _ why: String) {
    var ended = entry
    ended.state = .superseded
    ended.lastError = why
    withdrawn.insert(entry.id)
    extraChanges.append(.putOutbox(ended))
  }

  /// Enters a debt, unless the item's last one of this kind is the same.
  mutating func owe(_ id: ItemID, dedupeKey: String, _ payload: OutboxEntry.Payload) {
    guard let record = items[id] else { return }
    let last = debts(of: id).last { $0.payload.storedKind == payload.storedKind }
    guard last?.payload.isLike(payload) != true else { return }
    var entry = OutboxEntry(
      item: id, dedupeKey: dedupeKey, payload: payload, nonce: nonce(), createdAt: now)
    let begun = record.lastLaunch ?? record.firstSeen
    if let recovered = snapshot.state.recoveredAt, begun < recovered {
      // It may have been paid by rows that are gone: it is looked for first, back to the run.
      entry.tries = 1
      entry.createdAt = min(now, begun)
      if case .comment(var order) = payload {
        order.mayBeThere = true
        entry.payload = .comment(order)
      }
    }
    newOutbox.append(entry)
    told.append(.debtEntered(key: record.key, kind: payload.kind))
  }

  /// Gives every item its verdict, and collects all that has changed.
  mutating func finished() -> Plan {
    var list: [Verdict] = []
    var unjudged: [ItemKey] = []
    for id in itemOrder {
      guard let record = items[id] else { continue }
      guard let reason = verdicts[id] else {
        unjudged.append(record.key)
        continue
      }
      list.append(Verdict(item: id, key: record.key, title: record.title, reason: reason))
    }
    list.sort { ($0.key, $0.item) < ($1.key, $1.item) }
    var plan = Plan(
      verdicts: list, effects: effects, news: told, changes: changedRows(), notes: notes)
    plan.unjudged = unjudged.sorted()
    plan.leavesDebts = leavesDebts
    plan.inquiries = inquiryOrder
    plan.queue = queue()
    return plan
  }

  /// In an order that the database's constraints accept: items, runs, debts, the rest.
  mutating func changedRows() -> [Change] {
    var changes: [Change] = []
    let ledger = itemOrder.compactMap { note(verdictOf: $0) }
    let before = Dictionary(snapshot.state.items.map { ($0.id, $0) }) { first, _ in first }
    for id in itemOrder {
      if let record = items[id], before[id] != record { changes.append(.putItem(record)) }
    }
    for run in snapshot.state.runs {
      if let after = runs[run.id], after != run { changes.append(.putRun(after)) }
    }
    changes += changedPieces()
    changes += newRuns.map { .insertRun($0) }
    changes += newOutbox.map { .insertOutbox($0) }
    for hold in snapshot.state.holds
    where !holds.contains(where: { $0.kind == hold.kind && $0.scope == hold.scope }) {
      changes.append(.deleteHold(kind: hold.kind, scope: hold.scope))
    }
    for hold in holds where !snapshot.state.holds.contains(hold) { changes.append(.putHold(hold)) }
    return changes + extraChanges + ledger
  }

  /// Writes an item's verdict into its row; one that says nothing new replaces none.
  /// - Returns: the line of the ledger, where the verdict is another one than before, or a new
  ///   round ends in the same one.
  private mutating func note(verdictOf id: ItemID) -> Change? {
    guard var record = items[id], let reason = verdicts[id] else { return nil }
    let isUnknown = if case .notChecked = reason { true } else { false }
    guard !isUnknown || record.verdict.isEmpty || record.verdict == reason.code else { return nil }
    let isNew = record.verdict != reason.code || woken[id] != nil
    (record.verdict, record.sentence) = (reason.code, reason.sentence)
    items[id] = record
    guard isNew else { return nil }
    let entry = LedgerEntry(
      item: id, at: now, code: reason.code, sentence: reason.sentence, wake: woken[id])
    return .appendLedger(entry)
  }
}
