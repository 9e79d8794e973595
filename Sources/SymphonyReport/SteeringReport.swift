// The answer of a steering command: stop, retry, release, pause, resume and hold, as one value.
// Each of them writes it with `--json`; the keys are the same for all, and a promise as in
// ItemReport. Made by the commands; decides nothing.
import SymphonyCore

package struct SteeringReport: Hashable, Codable, Sendable {
  /// The answer to the request about one issue.
  package struct Issue: Hashable, Codable, Sendable {
    package var key: String
    package var id: String
    /// False: it cannot do anything, and nothing was written for it.
    package var accepted: Bool
    /// A sentence: what will happen, or why nothing can.
    package var sentence: String
    /// The tick that carries it out; null: none.
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
  /// The text given with --reason; null: none.
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

  /// The words for a tick to come, where no tick under way can carry the request out.
  package static let nextTick = "the next tick"

  /// The accepted requests in sentences, for people.
  package var said: [String] {
    (sentence.isEmpty ? [] : [sentence])
      + issues.filter(\.accepted).map { "\($0.key): \($0.sentence)" }
  }

  /// The tick that carries it out; nil: none has to.
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
