// Rebuilds what a lost or outdated database said: over the rows that are still there, what the run
// directories tell. Pure; called by `symphony recover`. The newest run of each item is entered as
// one that is not settled, so that the next tick settles it as it always does: claims, debts and
// counters follow from that, and nothing here knows how. What nobody can know is parked with the
// reason.

package struct RecoveryFacts: Sendable {
  /// The rows to go by: the database's own, a copy's, or none.
  package var rows: StoredState
  /// Rows of the runs that evidence was found of, also of settled ones.
  package var known: [RunID: RunRecord]
  package var evidence: [RunEvidence]
  /// Of this state directory; runs with another are not its own.
  package var stateTag: String
  package var now: Timestamp
  /// Rows may be missing that were there once: what these hold may be done already.
  package var isOlder: Bool
  /// Nothing new is started after it before a person says so.
  package var pauses: Bool

  package init(
    rows: StoredState, known: [RunID: RunRecord], evidence: [RunEvidence], stateTag: String,
    now: Timestamp, isOlder: Bool, pauses: Bool
  ) {
    (self.rows, self.known, self.evidence) = (rows, known, evidence)
    (self.stateTag, self.now, self.isOlder, self.pauses) = (stateTag, now, isOlder, pauses)
  }
}

package struct Recovery: Sendable {
  /// What is done, for people and programs.
  package struct Line: Hashable, Codable, Sendable {
    package enum Code: String, Codable, Sendable, CaseIterable {
      case running, ended, vanished, parked
      /// A run that is over and was not booked.
      case booked
      /// It may have been paid: it is looked for before it is paid again.
      case debtInDoubt = "debt_in_doubt"
      case requestDropped = "request_dropped"
      case paused
      /// It is left as it is, and nothing is known of it.
      case left
    }
    /// An issue, a run, or what else it is about.
    package var subject: String
    package var code: Code
    package var sentence: String
  }

  package private(set) var changes: [Change] = []
  package private(set) var lines: [Line] = []
  /// Rows are missing: these have not all that was done.
  package private(set) var isNeeded: Bool

  let facts: RecoveryFacts

  package static func plan(_ facts: RecoveryFacts) -> Recovery {
    var recovery = Recovery(facts)
    recovery.rebuildItems()
    if recovery.isNeeded { recovery.doubtTheRest() }
    return recovery
  }

  private init(_ facts: RecoveryFacts) {
    self.facts = facts
    isNeeded = facts.isOlder
  }

  mutating func tell(_ subject: String, _ code: Line.Code, _ sentence: String) {
    lines.append(Line(subject: subject, code: code, sentence: sentence))
  }
  mutating func change(_ change: Change) {
    isNeeded = true
    changes.append(change)
  }

  private mutating func rebuildItems() {
    var groups: [WorkspaceKey: [RunEvidence]] = [:]
    for run in facts.evidence.sorted(by: { $0.id < $1.id }) {
      guard let parts = run.id.parts, parts.stateTag == facts.stateTag else {
        tell(run.id.text, .left, "it is not a run of this state directory")
        continue
      }
      groups[parts.workspace, default: []].append(run)
    }
    var entered: Set<ItemID> = []
    for (workspace, runs) in groups.sorted(by: { $0.key < $1.key }) {
      let sorted = runs.sorted { ($0.generation ?? 0) < ($1.generation ?? 0) }
      guard var item = RecoveredItem(workspace, sorted, facts) else {
        tell(
          sorted.last?.id.text ?? workspace.text, .left,
          "no spec.json of it can be read: "
            + (sorted.compactMap(\.problem).last ?? "it names no issue"))
        continue
      }
      guard entered.insert(item.record.id).inserted else {
        tell(item.newest.id.text, .left, "another run of \(item.record.key) is newer")
        continue
      }
      if item.isToldByRows { continue }
      item.rebuild(into: &self)
    }
  }

  /// What the rows hold may be done already; what nobody asked for lately is not done again.
  private mutating func doubtTheRest() {
    for entry in facts.rows.outbox where entry.tries == 0 {
      var doubted = entry
      doubted.tries = 1
      change(.putOutbox(doubted))
      tell(
        facts.rows.items.first { $0.id == entry.item }?.key.text ?? entry.item.text, .debtInDoubt,
        "\(entry.payload.kind): looked for before it is delivered")
    }
    for request in facts.rows.requests where !request.kind.isStop {
      change(.deleteRequest(request.id))
      tell(
        facts.rows.items.first { $0.id == request.item }?.key.text ?? request.item.text,
        .requestDropped,
        "`symphony \(request.kind.word)` by \(request.by) may be done already: ask again")
    }
    // Not before any run of it, whatever the clock says.
    let newest = facts.evidence.map(\.launchedAt).max() ?? facts.now
    let at = max(facts.now, newest + .seconds(1))
    change(.setFact(.recoveredAt, String(at.milliseconds)))
    if facts.pauses, !facts.rows.holds.contains(where: { $0.kind == .pause }) {
      let why =
        "recovered at \(facts.now.rfc3339): look at `symphony status`, then `symphony resume`"
      change(
        .putHold(Hold(kind: .pause, scope: "", why: why, until: nil, setAt: facts.now)))
      tell("dispatch", .paused, "nothing new is started until `symphony resume`")
    }
  }
}
