// Why one issue has the verdict it has: what each rule before a launch said, in the order in which
// the planner asks, what would have to change, and what its verdicts were before. `why --json` is
// this value. Decides nothing: the checks are the planner's own.
import SymphonyCore

package struct WhyReport: Hashable, Codable, Sendable {
  package struct Rule: Hashable, Codable, Sendable {
    package enum Outcome: String, Codable, Sendable {
      case passed
      case stops
      case notAsked = "not_asked"
    }
    /// Stable.
    package var rule: String
    package var outcome: Outcome
    /// The facts it was decided by; empty for a rule that was not asked.
    package var facts: String
    /// The verdict it gave; null: none.
    @OrNull package var code: String?
    @OrNull package var sentence: String?
  }
  /// One change of the verdict.
  package struct Change: Hashable, Codable, Sendable {
    package var at: Moment
    package var code: String
    package var sentence: String
    /// The wake that began a new round of work with it; null: it began none.
    @OrNull package var wake: String?

    package init(_ entry: LedgerEntry) {
      at = Moment(entry.at)
      code = entry.code
      sentence = entry.sentence
      wake = entry.wake?.sentence
    }
  }

  /// One piece of feedback on its pull request.
  package struct Feedback: Hashable, Codable, Sendable {
    /// `seen`, `handed`, `answered`, `dropped`, `ignored`.
    package var state: String
    package var kind: String
    /// When it was said; by the tracker's clock.
    package var at: Moment
    @OrNull package var author: String?
    @OrNull package var url: String?
    @OrNull package var path: String?
    @OrNull package var line: Int?
    /// Of a check, its name.
    @OrNull package var check: String?
    package var text: String
    /// The number of the run that got it.
    @OrNull package var run: Int?
    /// `fixed`, `declined`, `question`, `told`, `unanswered`; null: no answer yet.
    @OrNull package var outcome: String?
    @OrNull package var answer: String?

    package init(_ piece: Piece) {
      let words = piece.words
      state = piece.state.rawValue
      kind = piece.id.kind.rawValue
      at = Moment(words.at)
      author = words.author
      url = words.url
      path = words.path
      line = words.lastLine
      check = words.check
      text = words.text
      run = piece.generation
      outcome = piece.answer?.outcome.rawValue
      answer = piece.answer?.text
    }
  }

  package var version = StateReport.currentVersion
  /// When it was looked at, or the time that was asked about.
  package var at: Moment
  package var key: String
  @OrNull package var id: String?
  package var title: String
  package var url: String
  /// The verdict as it would be now, or as it was at `at`.
  @OrNull package var code: String?
  package var sentence: String
  /// The change that would let it run; null: not known, or the question is about the past.
  @OrNull package var toRun: String?
  /// Why the tracker was not asked, or did not answer; null: it did.
  @OrNull package var trackerProblem: String?
  /// The requests of commands that no tick has carried out yet; empty for a time in the past.
  package var requests: [RequestReport]
  /// Empty for a time in the past.
  package var rules: [Rule]
  /// What was said on its pull request, the oldest first; empty for a time in the past.
  package var feedback: [Feedback]
  /// The oldest first.
  package var history: [Change]

  private enum CodingKeys: String, CodingKey {
    case version, at, key, id, title, url, code, sentence, requests, rules, feedback, history
    case toRun = "to_run"
    case trackerProblem = "tracker_problem"
  }

  /// How it is now; `history`: the oldest first.
  package init(
    _ explanation: Explanation, key: String, now: Timestamp, trackerProblem: String?,
    history: [LedgerEntry], requests: [RequestReport] = []
  ) {
    self.requests = requests
    at = Moment(now)
    let record = explanation.record
    self.key = record?.key.text ?? key
    id = record?.id.text
    title = record?.title ?? ""
    url = record?.url ?? ""
    code = explanation.verdict?.code
    sentence = explanation.verdict?.sentence ?? "not known"
    toRun = explanation.verdict?.remedy
    // Looking starts nothing: the verdict is what a tick at this moment would give.
    if explanation.isUnhindered {
      sentence = "nothing is in its way: the next tick starts it"
      toRun = "the timer's next tick; `symphony tick` is one at once"
    }
    self.trackerProblem = trackerProblem
    rules = explanation.checks.map(Rule.init)
    feedback = explanation.pieces.sorted { ($0.words.at, $0.id) < ($1.words.at, $1.id) }
      .map(Feedback.init)
    self.history = history.map(Change.init)
  }

  /// How it was: by the ledger alone.
  package init(_ record: ItemRecord, at time: Timestamp, history: [LedgerEntry]) {
    at = Moment(time)
    key = record.key.text
    id = record.id.text
    title = record.title
    url = record.url
    let last = history.last { $0.at <= time }
    code = last?.code
    sentence = last?.sentence ?? "nothing is on record for that time"
    toRun = nil
    trackerProblem = nil
    requests = []
    rules = []
    feedback = []
    self.history = history.map(Change.init)
  }
}

extension WhyReport.Rule {
  init(_ check: RuleCheck) {
    rule = check.rule.name
    facts = check.facts
    switch check.answer {
    case .passed: outcome = .passed
    case .notAsked: outcome = .notAsked
    case .stops(let reason):
      outcome = .stops
      code = reason.code
      sentence = reason.sentence
    }
  }
}
