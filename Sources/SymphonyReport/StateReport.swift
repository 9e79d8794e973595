// The state of one state directory as one value: what `status` prints, `status --json` writes, and
// a live view or a server shows. Made of rows, the ledger and a look at the live workers; nothing
// is planned for it, and nothing is asked of the tracker. Keys are a promise, as in ItemReport.
import SymphonyCore

package struct StateReport: Hashable, Codable, Sendable {
  /// Of the keys: raised when one of them goes or changes its meaning, not when one is added.
  package static let currentVersion = 1

  package var version: Int
  /// When it was made; every age counts from here.
  package var at: Moment
  package var workflow: String
  package var stateDirectory: String
  /// When the tracker was asked last.
  @OrNull package var lastPoll: Moment?
  @OrNull package var lastTick: LastTickReport?
  /// Ticks are missing; nil: they come as they should.
  @OrNull package var late: Lateness?
  /// Empty: none.
  package var trackerProblem: String
  @OrNull package var workflowProblem: String?
  /// Why the workers could not be looked at; nil: they were.
  @OrNull package var workersProblem: String?
  package var holds: [HoldReport]
  /// The requests to GitHub in this hour; nil: none that cost anything yet.
  @OrNull package var github: TrackerUse?
  /// How many items each group has, by `ItemGroup`'s words; every group is there.
  package var counts: [String: Int]
  /// `agent.max_concurrent`; nil: no workflow could be read.
  @OrNull package var maxConcurrent: Int?
  package var today: TodayReport
  /// Sorted by key, #2 before #10.
  package var items: [ItemReport]
  /// The items at rest for longer, which `items` leaves out unless all are asked for.
  package var notListed: RestReport
  /// Of runs settled on this UTC day, by agent and model.
  package var usageToday: [UsageReport]
  /// Of the runs that are not settled, without what is not believed.
  package var usageRunning: Amount
  /// Both together, in dollars.
  package var spentUSDToday: Double
  /// `agent.max_cost_usd_per_day`; nil: no limit.
  @OrNull package var maxCostUSDPerDay: Double?
  /// Limits that cannot do what they are there for, a sentence each.
  package var warnings: [String]

  private enum CodingKeys: String, CodingKey {
    case version, at, workflow, late, holds, github, counts, today, items, warnings
    case maxConcurrent = "max_concurrent"
    case stateDirectory = "state_directory"
    case lastPoll = "last_poll"
    case lastTick = "last_tick"
    case trackerProblem = "tracker_problem"
    case workflowProblem = "workflow_problem"
    case workersProblem = "workers_problem"
    case notListed = "not_listed"
    case usageToday = "usage_today"
    case usageRunning = "usage_running"
    case spentUSDToday = "spent_usd_today"
    case maxCostUSDPerDay = "max_cost_usd_per_day"
  }
}

extension StateReport {
  /// Whether there is more to tell than that time has passed and ticks came.
  ///
  /// `then`: what this report is made of, told as of the time of `old`.
  package func hasNews(since old: StateReport, thenTold then: StateReport) -> Bool {
    func lasting(_ report: StateReport) -> StateReport {
      var report = report
      (report.lastPoll, report.lastTick, report.github, report.late) = (nil, nil, nil, nil)
      return report
    }
    return lasting(old) != lasting(then) || (late == nil) != (old.late == nil)
  }
}

/// How many items at rest a report counts without listing them.
package struct RestReport: Hashable, Codable, Sendable {
  package var done: Int
  /// The tracker does not list them any more, and they never had a run.
  package var unlisted: Int
  var isEmpty: Bool { done + unlisted == 0 }

  init(_ resting: [RestingItems]) {
    (done, unlisted) = (0, 0)
    for items in resting {
      if items.state == .released { done += items.count } else { unlisted += items.count }
    }
  }
}

/// When somebody last looked, and what came of it.
package struct LastTickReport: Hashable, Codable, Sendable {
  package var startedAt: Moment
  package var endedAt: Moment
  package var trigger: String
  package var outcome: String
  /// Empty: it changed nothing.
  package var summary: String

  init(_ tick: LastTick) {
    startedAt = Moment(tick.startedAt)
    endedAt = Moment(tick.endedAt)
    trigger = tick.trigger
    outcome = tick.outcome
    summary = tick.summary
  }

  private enum CodingKeys: String, CodingKey {
    case trigger, outcome, summary
    case startedAt = "started_at"
    case endedAt = "ended_at"
  }
}

package struct HoldReport: Hashable, Codable, Sendable {
  package var kind: Hold.Kind
  /// The thing that is held: empty for all, else an account or a repository.
  package var scope: String
  package var why: String
  package var since: Moment
  /// Nil: until it is lifted.
  @OrNull package var until: Moment?
  /// Its end has come; the next tick lifts it, or tries whether what it is about is over.
  package var hasPassed: Bool
  package var needsHuman: Bool

  init(_ hold: Hold, at now: Timestamp) {
    kind = hold.kind
    scope = hold.scope
    why = hold.why
    since = Moment(hold.setAt)
    until = Moment?(hold.until?.time)
    hasPassed = !hold.isInForce(at: now)
    needsHuman = hold.needsOperator
  }

  private enum CodingKeys: String, CodingKey {
    case kind, scope, why, since, until
    case hasPassed = "has_passed"
    case needsHuman = "needs_human"
  }
}

/// The requests to GitHub in the hour in progress, and the rest of its limits by its answers.
package struct TrackerUse: Hashable, Codable, Sendable {
  package struct Window: Hashable, Codable, Sendable {
    package var limit: Int
    package var remaining: Int
    package var resetAt: Moment
    package init(limit: Int, remaining: Int, resetAt: Moment) {
      self.limit = limit
      self.remaining = remaining
      self.resetAt = resetAt
    }
    private enum CodingKeys: String, CodingKey {
      case limit, remaining
      case resetAt = "reset_at"
    }
  }
  package var points: Int
  package var requests: Int
  /// `github.max_points_per_hour`; nil: none.
  @OrNull package var ceiling: Int?
  @OrNull package var graphql: Window?
  @OrNull package var rest: Window?
  package init(points: Int, requests: Int, ceiling: Int?, graphql: Window?, rest: Window?) {
    self.points = points
    self.requests = requests
    self.ceiling = ceiling
    self.graphql = graphql
    self.rest = rest
  }
}

/// Tokens and dollars, as the agents report them.
package struct Amount: Hashable, Codable, Sendable {
  package var tokens: Int64
  package var costUSD: Double

  init(_ usage: Usage) {
    tokens = usage.totalTokens
    costUSD = usage.costUSD
  }

  private enum CodingKeys: String, CodingKey {
    case tokens
    case costUSD = "cost_usd"
  }
}

package struct UsageReport: Hashable, Codable, Sendable {
  /// The account.
  package var agent: String
  /// As the agent names it; empty where it does not say.
  package var model: String
  package var tokens: Int64
  package var costUSD: Double

  init(_ total: UsageTotal) {
    agent = total.account.text
    model = total.model
    tokens = total.usage.totalTokens
    costUSD = total.usage.costUSD
  }

  private enum CodingKeys: String, CodingKey {
    case agent, model, tokens
    case costUSD = "cost_usd"
  }
}
