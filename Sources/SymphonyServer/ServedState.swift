// What the server asks of the program around it: the state as `status`, `why`, `events` and `logs`
// tell it, and the requests that the commands write. The composition is the one that answers.
import SymphonyCore
import SymphonyReport

package protocol ServedState: Sendable {
  /// The state as of now, or of a moment ago.
  func report() async throws(ServedProblem) -> StateReport
  /// Grows whenever a reader of the report or of the newest events would find something new.
  func version() async throws(ServedProblem) -> Int64
  /// The newest events, the oldest first; of one item where one is named.
  func events(of item: String?, since: Timestamp?) async throws(ServedProblem) -> [EventReport]
  func totals() async throws(ServedProblem) -> ServedTotals
  func metrics() async throws(ServedProblem) -> String
  func cost(by: CostReport.By) async throws(ServedProblem) -> CostReport
  /// Asks the tracker about it.
  ///
  /// `isTrusted`: whoever asks may change things too. Others learn about what is on record, and
  /// have the tracker asked a few times a minute at most.
  func why(_ issue: String, isTrusted: Bool) async throws(ServedProblem) -> WhyReport
  /// Lines of a run's transcript from a place on.
  ///
  /// 0: its beginning; below 0: so many bytes before its end, from the next whole line on.
  func transcript(run: String, from place: Int64) async throws(ServedProblem) -> TranscriptPiece
  func steer(_ order: SteeringOrder) async throws(ServedProblem) -> SteeringReport
  /// Writes down what webhooks told, before they are answered.
  ///
  /// - Returns: for each of them whether it was new.
  func note(_ deliveries: [WebhookDelivery]) async throws(ServedProblem) -> [Bool]
  /// Has a tick look at once; a running one looks again.
  func startTick()
}

extension StateReport {
  /// Whether it tells more than that time went on.
  package func hasNews(since old: StateReport) -> Bool {
    counts != old.counts || items.map(\.code) != old.items.map(\.code)
      || items.compactMap { $0.live } != old.items.compactMap { $0.live }
      || holds != old.holds || (late == nil) != (old.late == nil)
  }
}

/// Sums over all that ever was.
package struct ServedTotals: Hashable, Sendable {
  package var usage: Usage
  /// Of settled runs.
  package var seconds: Double
  package var writebacks: Int64
  package var runs: Int64
  /// Somebody said that there is something new, and no tick has looked since.
  package var isRefreshPending = false
  package init(usage: Usage, seconds: Double, writebacks: Int64, runs: Int64) {
    (self.usage, self.seconds, self.writebacks, self.runs) = (usage, seconds, writebacks, runs)
  }
}

/// A part of a transcript.
package struct TranscriptPiece: Codable, Sendable {
  package struct Line: Codable, Sendable {
    package var kind: String
    package var text: String
    package init(kind: String, text: String) { (self.kind, self.text) = (kind, text) }
  }
  package var run: String
  package var lines: [Line]
  /// Where the next piece begins.
  package var next: Int64
  /// Nothing more will come.
  package var isOver: Bool
  package init(run: String, lines: [Line], next: Int64, isOver: Bool) {
    (self.run, self.lines, self.next, self.isOver) = (run, lines, next, isOver)
  }
  private enum CodingKeys: String, CodingKey {
    case run, lines, next
    case isOver = "is_over"
  }
}

/// What a POST asks for, as the command of the same name does.
package struct SteeringOrder: Hashable, Codable, Sendable {
  package enum Command: String, Codable, CaseIterable, Sendable { case stop, retry, pause, resume }
  package var command: Command
  /// `42`, `owner/repo#42`, an address, or an item's id.
  package var issues: [String]
  package var all: Bool
  package var reason: String
  /// Of a pause; nil: until somebody resumes.
  package var until: Timestamp?
  package init(
    _ command: Command, issues: [String] = [], all: Bool = false, reason: String = "",
    until: Timestamp? = nil
  ) {
    self.command = command
    self.issues = issues
    self.all = all
    self.reason = reason
    self.until = until
  }
}

/// A webhook whose signature was right.
package struct WebhookDelivery: Hashable, Sendable {
  /// GitHub's GUID, the same when it is sent again.
  package var id: String
  /// The code over its body in hexadecimal digits: of all that comes, only this is signed, so that
  /// a body that somebody kept is known under any other id.
  package var code: String
  package var event: String
  /// Whether anything that a tick looks at may have changed.
  package var matters: Bool
  package init(id: String, code: String, event: String, matters: Bool) {
    (self.id, self.code, self.event, self.matters) = (id, code, event, matters)
  }
}
