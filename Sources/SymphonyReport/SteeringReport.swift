// What a steering command answered: stop, retry, release, pause, resume and hold, as one value. It
// is what `--json` of each of them writes; the keys are the same for all, and a promise as in
// ItemReport. Made by the commands; decides nothing.
import SymphonyCore

package struct SteeringReport: Hashable, Codable, Sendable {
  /// What becomes of the request about one issue.
  package struct Issue: Hashable, Codable, Sendable {
    package var key: String
    package var id: String
    /// False: it cannot do anything, and nothing was written for it.
    package var accepted: Bool
    /// What will happen, or why nothing can.
    package var sentence: String
    /// Who carries it out; null: nobody.
    @OrNull package var when: String?

    package init(_ record: ItemRecord, accepted: Bool, sentence: String, when: String?) {
      key = record.key.text
      id = record.id.text
      self.accepted = accepted
      self.sentence = sentence
      self.when = when
    }
  }
  package var version = StateReport.currentVersion
  package var at: Moment
  /// `stop`, `retry`, `release`, `pause`, `resume` or `hold`.
  package var command: String
  /// The issues or agents that were named, as they were written.
  package var asked: [String]
  package var all: Bool
  /// What was given with --reason; null: nothing.
  @OrNull package var reason: String?
  /// True when all of it was accepted.
  package var accepted: Bool
  /// For the command as a whole, for people; empty: the issues say all.
  package var sentence: String
  package var issues: [Issue]
  /// Set by the command.
  package var holds: [HoldReport] = []
  /// Lifted by the command.
  package var lifted: [HoldReport] = []
  /// Keys of what `stop --all` stopped and stays parked.
  package var leftParked: [String] = []

  package init(
    at now: Timestamp, command: String, asked: [String] = [], all: Bool = false,
    reason: String? = nil, sentence: String = "", issues: [Issue] = []
  ) {
    at = Moment(now)
    self.command = command
    self.asked = asked
    self.all = all
    self.reason = reason
    self.sentence = sentence
    self.issues = issues
    accepted = issues.allSatisfy(\.accepted)
  }

  /// Who carries a request out that no tick under way can.
  package static let nextTick = "the next tick"

  /// What was accepted, for people.
  package var said: [String] {
    (sentence.isEmpty ? [] : [sentence])
      + issues.filter(\.accepted).map { "\($0.key): \($0.sentence)" }
  }

  /// Who carries it out; nil: nobody has to.
  package var hint: String? {
    issues.lazy.compactMap(\.when).first.map { when in
      "\(when) carries it out" + (when == Self.nextTick ? "; `symphony tick` does so now" : "")
    }
  }

  /// Of the issues for which nothing can be done.
  package var refusals: [String] {
    issues.filter { !$0.accepted }.map { "\($0.key): \($0.sentence)" }
  }

  private enum CodingKeys: String, CodingKey {
    case version, at, command, asked, all, reason, accepted, sentence, issues, holds, lifted
    case leftParked = "left_parked"
  }
}

extension HoldReport {
  package init(steered hold: Hold, at now: Timestamp) { self.init(hold, at: now) }
}
