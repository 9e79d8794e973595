// The answers of github-symphony's HTTP interface, for clients that were written for it: its keys,
// its shapes. What it tells of running items comes from the report of the state.
import SymphonyCore
import SymphonyReport

/// `GET /api/v1/state`.
struct PredecessorState: Encodable {
  struct Running: Encodable {
    var work_item_id: String
    var title: String
    var repository: String
    var started_at: Moment
    var input_tokens: Int64
    var output_tokens: Int64
  }
  struct Retrying: Encodable {
    var attempt: Int
    var due_at: Moment
    var error: String
  }
  struct Totals: Encodable {
    var input_tokens: Int64
    var output_tokens: Int64
    var total_tokens: Int64
    var seconds_running: Double
    var github_writebacks: Int64
    var sessions_started: Int64
  }
  var running: [String: Running] = [:]
  var retrying: [String: Retrying] = [:]
  var max_concurrent_agents: Int
  var agent_totals: Totals
  var pending_refresh: Bool

  init(_ report: StateReport, _ totals: ServedTotals) {
    max_concurrent_agents = report.maxConcurrent ?? 0
    var seconds = 0.0
    for item in report.items {
      if let live = item.live, live.purpose == .work {
        let last = item.lastRun?.turns ?? []
        running[item.id] = Running(
          work_item_id: item.id, title: item.title, repository: item.repository,
          started_at: live.startedAt, input_tokens: last.reduce(0) { $0 + $1.inputTokens },
          output_tokens: last.reduce(0) { $0 + $1.outputTokens })
        seconds += Double((report.at.time - live.startedAt.time).milliseconds) / 1000
      } else if let due = item.retryAt {
        retrying[item.id] = Retrying(
          attempt: item.failures, due_at: due, error: item.because ?? item.sentence)
      }
    }
    agent_totals = Totals(
      input_tokens: totals.usage.inputTokens, output_tokens: totals.usage.outputTokens,
      total_tokens: totals.usage.totalTokens, seconds_running: totals.seconds + seconds,
      github_writebacks: totals.writebacks, sessions_started: totals.runs)
    pending_refresh = false
  }
}

/// `GET /api/v1/work-items/{id}`: its four keys, and ours.
struct PredecessorItem: Encodable {
  let item: ItemReport
  private enum CodingKeys: String, CodingKey {
    case work_item_id, title, state, started_at, item
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(item.id, forKey: .work_item_id)
    try container.encode(item.title, forKey: .title)
    try container.encode(state, forKey: .state)
    try container.encode(item.live?.startedAt ?? item.lastLaunch, forKey: .started_at)
    try container.encode(item, forKey: .item)
  }

  /// In its words where it has one.
  private var state: String {
    switch item.group {
    case .running: "running"
    case .retrying: "retry_queued"
    case .handedOff: "handed_off"
    case .parked, .waiting, .done, .unlisted: item.group.rawValue
    }
  }
}

/// `GET /healthz`.
struct Health: Encodable {
  var status: String
  var uptime_seconds: Int
  var auth_mode: String
  var running_count: Int
  var last_poll_at: Moment?
  var last_tick_at: Moment?
  /// Empty while it is healthy.
  var reasons: [String]

  init(_ report: StateReport, uptime: Int, mode: String) {
    uptime_seconds = uptime
    auth_mode = mode
    running_count = report.items.count { $0.group == .running }
    last_poll_at = report.lastPoll
    last_tick_at = report.lastTick?.endedAt
    reasons = []
    if let late = report.late { reasons.append(late.sentence(at: report.at)) }
    if let problem = report.workflowProblem { reasons.append(problem) }
    status = reasons.isEmpty ? "ok" : "unhealthy"
  }
}
