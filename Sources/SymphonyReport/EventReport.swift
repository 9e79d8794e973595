// The past events, a line each: changes of verdicts and wakes of new rounds from the ledger, the
// beginnings and ends of runs from their rows, and deliveries from the debts. `events --json` is
// made of these. Nothing is stored for it: each row says itself when it became what it is.
import SymphonyCore

package struct EventReport: Hashable, Codable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    case wake, verdict
    case runStarted = "run_started"
    case runEnded = "run_ended"
    case delivered, refused
  }
  package var at: Moment
  package var kind: Kind
  /// `owner/repo#42`.
  package var key: String
  /// The verdict, the outcome, or the kind of the debt.
  @OrNull package var code: String?
  package var sentence: String
  @OrNull package var run: String?
  /// The dollars that an ended run used.
  @OrNull package var costUSD: Double?

  private enum CodingKeys: String, CodingKey {
    case at, kind, key, code, sentence, run
    case costUSD = "cost_usd"
  }

  private init(_ at: Timestamp, _ kind: Kind, _ key: ItemKey, code: String?, _ sentence: String) {
    self.at = Moment(at)
    self.kind = kind
    self.key = key.text
    self.code = code
    self.sentence = sentence
    run = nil
    costUSD = nil
  }

  /// The event in words, for people; with the verdict's code in front.
  package var words: String {
    kind == .verdict ? code.map { "\($0): \(sentence)" } ?? sentence : sentence
  }

  /// The newest last; of items that `keys` does not name nothing is told.
  package static func all(
    keys: [ItemID: ItemKey], ledger: [LedgerEntry], runs: [RunRecord], outbox: [OutboxEntry]
  ) -> [EventReport] {
    let events =
      runs.flatMap { run in keys[run.item].map { of(run, $0) } ?? [] }
      + ledger.flatMap { entry in keys[entry.item].map { of(entry, $0) } ?? [] }
      + outbox.compactMap { entry in keys[entry.item].flatMap { of(entry, $0) } }
    // Stable, so that what happened within one second keeps its order.
    return events.enumerated()
      .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }

  private static func of(_ entry: LedgerEntry, _ key: ItemKey) -> [EventReport] {
    let verdict = EventReport(entry.at, .verdict, key, code: entry.code, entry.sentence)
    guard let wake = entry.wake else { return [verdict] }
    return [EventReport(entry.at, .wake, key, code: wake.kind.rawValue, wake.sentence), verdict]
  }

  private static func of(_ run: RunRecord, _ key: ItemKey) -> [EventReport] {
    let agent =
      run.purpose == .cleanUp
      ? "a clean-up" : (run.account?.text ?? "an agent") + (run.model.map { ", \($0)" } ?? "")
    var started = EventReport(
      run.launchedAt, .runStarted, key, code: nil, "run \(run.generation) was launched: \(agent)")
    started.run = run.id.text
    guard let at = run.settledAt, let outcome = run.outcome else { return [started] }
    let cost = run.spent.total.costUSD
    // An agent that reports none has not worked for nothing.
    let spent = cost > 0 ? ", $\(PullRequestText.money(cost))" : ""
    var ended = EventReport(
      at, .runEnded, key, code: outcome.rawValue,
      "run \(run.generation) ended after \((at - run.launchedAt).description), "
        + "\(outcome.rawValue)\(spent)" + (run.summary.isEmpty ? "" : ": \(run.summary)"))
    (ended.run, ended.costUSD) = (run.id.text, cost)
    return [started, ended]
  }

  /// A debt's last try is noted down before it begins: that is when it was paid or refused.
  private static func of(_ entry: OutboxEntry, _ key: ItemKey) -> EventReport? {
    let kind = entry.payload.kind
    switch entry.state {
    // A debt that became needless before it was sent changed nothing on the tracker.
    case .pending, .superseded: return nil
    case .delivered:
      return EventReport(
        entry.nextTry.setAt, .delivered, key, code: kind, "\(kind) was delivered")
    case .refused:
      return EventReport(
        entry.nextTry.setAt, .refused, key, code: kind, "\(kind) was refused: \(entry.lastError)")
    }
  }
}

/// The answer of `events --json`.
package struct EventsReport: Hashable, Codable, Sendable {
  package var version = StateReport.currentVersion
  /// The newest last.
  package var events: [EventReport]
  package init(_ events: [EventReport]) { self.events = events }
}

/// One line of `events --json --follow`: the event's own keys, with the version beside them.
package struct EventLine: Encodable, Sendable {
  private let event: EventReport
  package init(_ event: EventReport) { self.event = event }

  private enum CodingKeys: String, CodingKey { case version }

  package func encode(to encoder: any Encoder) throws {
    try event.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(StateReport.currentVersion, forKey: .version)
  }
}
