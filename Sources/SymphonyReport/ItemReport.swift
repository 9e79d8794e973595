// One work item in the report of the state: its verdict, and beside it all that rows and the live
// run tell. The names of the keys are a promise to programs of others: a key may be added, none is
// renamed or taken away.
import SymphonyCore

/// The report about one item: the part that `tick --json` and `status --json` have in common.
package struct VerdictReport: Hashable, Codable, Sendable {
  /// `owner/repo#42`.
  package var key: String
  package var id: String
  package var title: String
  /// Stable, one of the planner's.
  package var code: String
  /// For people; carries the facts.
  package var sentence: String
  /// Only a person can change it.
  package var needsHuman: Bool

  private enum CodingKeys: String, CodingKey {
    case key, id, title, code, sentence
    case needsHuman = "needs_human"
  }
}

/// An item's verdict and facts; in JSON one object.
@dynamicMemberLookup
package struct ItemReport: Hashable, Codable, Sendable {
  package var verdict: VerdictReport
  package var facts: ItemFacts

  package subscript<Value>(dynamicMember path: KeyPath<VerdictReport, Value>) -> Value {
    verdict[keyPath: path]
  }
  package subscript<Value>(dynamicMember path: KeyPath<ItemFacts, Value>) -> Value {
    facts[keyPath: path]
  }

  init(verdict: VerdictReport, facts: ItemFacts) {
    self.verdict = verdict
    self.facts = facts
  }
  package init(from decoder: any Decoder) throws {
    verdict = try VerdictReport(from: decoder)
    facts = try ItemFacts(from: decoder)
  }
  package func encode(to encoder: any Encoder) throws {
    try verdict.encode(to: encoder)
    try facts.encode(to: encoder)
  }
}

/// Which list an item stands in.
///
/// Every item is in exactly one.
package enum ItemGroup: String, Codable, Sendable, CaseIterable {
  /// A run of it is not settled yet.
  case running
  /// It had a run and gets another one, now or at a time.
  case retrying
  /// It had none, or is as good as new.
  case waiting
  case handedOff = "handed_off"
  case parked
  case done
  /// The tracker does not list it any more.
  case unlisted
}

package struct ItemFacts: Hashable, Codable, Sendable {
  package var url: String
  package var repository: String
  @OrNull package var number: Int?
  /// The tracker's status, as last seen.
  @OrNull package var status: String?
  package var group: ItemGroup
  /// The section of `status` that shows it.
  package var section: Section
  /// From 1: its place among what waits for its turn; nil: it is in no queue.
  @OrNull package var queuePosition: Int?
  package var claim: String
  /// Since when its verdict has this code.
  @OrNull package var since: Moment?
  package var firstSeen: Moment
  /// When its last run was launched.
  @OrNull package var lastLaunch: Moment?
  /// From when on it may run again; it may be in the past.
  @OrNull package var retryAt: Moment?
  /// The reason for which it is tried again.
  @OrNull package var because: String?
  /// When it was merged, closed or gone.
  @OrNull package var doneAt: Moment?
  /// Runs with an agent, ever.
  package var runs: Int
  /// Failures in a row.
  package var failures: Int
  package var branch: String
  /// An address.
  @OrNull package var pullRequest: String?
  /// The run that is not settled: its id, its worker's phase and turn.
  ///
  /// All of it is in `live`.
  @OrNull package var run: String?
  @OrNull package var phase: RunPhase?
  @OrNull package var turn: Int?
  /// Of all settled runs, as the agents reported it.
  package var tokens: Int64
  package var costUSD: Double
  /// Of the run that is not settled, on top of it.
  package var runningTokens: Int64
  package var runningCostUSD: Double
  /// The usage that its agent claims and symphony does not believe.
  @OrNull package var doubt: String?
  @OrNull package var live: LiveRunReport?
  /// The run that is not settled, else the last one.
  @OrNull package var lastRun: RunReport?
  /// The debts to the tracker, and those that the tracker refused for good.
  package var debts: [DebtReport]
  /// The requests of commands that no tick has carried out yet.
  package var requests: [RequestReport]
  /// A commit whose push is owed.
  @OrNull package var unpushed: String?
  /// Its absolute path.
  @OrNull package var workspace: String?
  /// The commits that no remote branch has, in clauses for people.
  package var leftBehind: [String]

  private enum CodingKeys: String, CodingKey {
    case url, repository, number, status, group, section, claim, since, because, runs, failures
    case branch, run, phase
    case queuePosition = "queue_position"
    case doneAt = "done_at"
    case turn, tokens, doubt, live, debts, requests, unpushed, workspace
    case firstSeen = "first_seen"
    case lastLaunch = "last_launch"
    case retryAt = "retry_at"
    case pullRequest = "pull_request"
    case costUSD = "cost_usd"
    case runningTokens = "running_tokens"
    case runningCostUSD = "running_cost_usd"
    case lastRun = "last_run"
    case leftBehind = "left_behind"
  }
}

/// A run that is not settled, as its row and its worker's files tell it.
package struct LiveRunReport: Hashable, Codable, Sendable {
  package enum Life: String, Codable, Sendable {
    case alive
    /// It left its result; no tick has settled it yet.
    case ended
    /// It is not there, and left no result.
    case gone
    /// The workers could not be looked at.
    case unknown
  }
  package var id: String
  package var generation: Int
  package var purpose: RunPurpose
  /// The account it spends of; empty for clean-ups.
  package var agent: String
  /// The model the workflow asked for.
  @OrNull package var model: String?
  package var startedAt: Moment
  package var life: Life
  @OrNull package var phase: RunPhase?
  @OrNull package var phaseSince: Moment?
  @OrNull package var turn: Int?
  /// The agent's last act, in its own words.
  package var lastEvent: String
  package var tokens: Int64
  package var costUSD: Double
  @OrNull package var stop: StopReport?

  private enum CodingKeys: String, CodingKey {
    case id, generation, purpose, agent, model, life, phase, turn, tokens, stop
    case startedAt = "started_at"
    case phaseSince = "phase_since"
    case lastEvent = "last_event"
    case costUSD = "cost_usd"
  }
}

/// A stop that was ordered.
package struct StopReport: Hashable, Codable, Sendable {
  package var by: StopOrder.By
  package var why: String
  package var at: Moment
}

/// A run and what each of its turns used of each model.
package struct RunReport: Hashable, Codable, Sendable {
  package struct Turn: Hashable, Codable, Sendable {
    package var turn: Int
    package var model: String
    package var inputTokens: Int64
    package var cachedInputTokens: Int64
    package var outputTokens: Int64
    package var costUSD: Double

    private enum CodingKeys: String, CodingKey {
      case turn, model
      case inputTokens = "input_tokens"
      case cachedInputTokens = "cached_input_tokens"
      case outputTokens = "output_tokens"
      case costUSD = "cost_usd"
    }
  }
  package var id: String
  package var agent: String
  @OrNull package var model: String?
  @OrNull package var outcome: Outcome?
  package var summary: String
  package var startedAt: Moment
  @OrNull package var settledAt: Moment?
  package var turns: [Turn]

  private enum CodingKeys: String, CodingKey {
    case id, agent, model, outcome, summary, turns
    case startedAt = "started_at"
    case settledAt = "settled_at"
  }
}

package struct DebtReport: Hashable, Codable, Sendable {
  package var kind: String
  /// The tracker refused it for good: it is not tried again.
  package var isRefused: Bool
  package var since: Moment
  package var tries: Int
  package var nextTry: Moment
  /// Why the last try failed; empty: there was none.
  package var error: String

  private enum CodingKeys: String, CodingKey {
    case kind, since, tries, error
    case isRefused = "refused"
    case nextTry = "next_try"
  }
}

/// A command's request that no tick has carried out yet.
package struct RequestReport: Hashable, Codable, Sendable {
  package var kind: OperatorRequest.Kind
  package var by: String
  package var why: String
  package var at: Moment
  /// A run has to end before it can be carried out.
  package var waitsForRun: Bool

  /// Such as `stop asked for 12s ago by ann: the next tick carries it out`.
  package func sentence(at now: Moment) -> String {
    let when = waitsForRun ? "carried out once its run has ended" : "the next tick carries it out"
    return "\(kind.word) asked for \(Age.short(now.time - at.time)) ago by \(by): \(when)"
  }

  private enum CodingKeys: String, CodingKey {
    case kind, by, why, at
    case waitsForRun = "waits_for_run"
  }
}
