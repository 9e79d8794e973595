// The answers of github-symphony's HTTP interface, for clients that were written for it: its keys,
// its shapes. What it tells of running items comes from the report of the state.
import SymphonyCore
import SymphonyReport

enum Predecessor {
  /// `GET /api/v1/state`.
  static func state(_ report: StateReport, _ totals: ServedTotals) -> Structure {
    var running: [String: Structure] = [:]
    var retrying: [String: Structure] = [:]
    var seconds = totals.seconds
    for item in report.items {
      if let live = item.live, live.purpose == .work {
        running[item.id] = Self.running(item, live)
        seconds += Double((report.at.time - live.startedAt.time).milliseconds) / 1000
      } else if let due = item.retryAt {
        retrying[item.id] = .object([
          "attempt": .integer(Int64(item.failures)), "due_at": .string(due.text),
          "error": .string(item.because ?? item.sentence),
        ])
      }
    }
    return .object([
      "running": .object(running), "retrying": .object(retrying),
      "max_concurrent_agents": .integer(Int64(report.maxConcurrent ?? 0)),
      "agent_totals": .object([
        "input_tokens": .integer(totals.usage.inputTokens),
        "output_tokens": .integer(totals.usage.outputTokens),
        "total_tokens": .integer(totals.usage.totalTokens),
        "seconds_running": .number(seconds), "github_writebacks": .integer(totals.writebacks),
        "sessions_started": .integer(totals.runs),
      ]),
      "pending_refresh": .bool(totals.isRefreshPending),
    ])
  }

  private static func running(_ item: ItemReport, _ live: LiveRunReport) -> Structure {
    let turns = item.lastRun?.turns ?? []
    return .object([
      "work_item_id": .string(item.id), "title": .string(item.title),
      "repository": .string(item.repository), "started_at": .string(live.startedAt.text),
      "input_tokens": .integer(turns.reduce(0) { $0 + $1.inputTokens }),
      "output_tokens": .integer(turns.reduce(0) { $0 + $1.outputTokens }),
    ])
  }

  /// In its words where it has one.
  static func word(_ group: ItemGroup) -> String {
    switch group {
    case .running: "running"
    case .retrying: "retry_queued"
    case .handedOff: "handed_off"
    case .parked, .waiting, .done, .unlisted: group.rawValue
    }
  }
}

/// `GET /api/v1/work-items/{id}`: its four keys, and all of ours under `item`.
struct PredecessorItem: Encodable {
  let item: ItemReport
  private enum CodingKeys: String, CodingKey {
    case title, state, item
    case id = "work_item_id"
    case startedAt = "started_at"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(item.id, forKey: .id)
    try container.encode(item.title, forKey: .title)
    try container.encode(Predecessor.word(item.group), forKey: .state)
    try container.encode(item.live?.startedAt ?? item.lastLaunch, forKey: .startedAt)
    try container.encode(item, forKey: .item)
  }
}

/// `GET /healthz`.
struct Health {
  let answer: Structure
  /// What is wrong; empty while it is healthy.
  let reasons: [String]

  init(_ report: StateReport, uptime: Int, mode: String) {
    var reasons: [String] = []
    if let late = report.late { reasons.append(late.sentence(at: report.at)) }
    if report.lastTick == nil { reasons.append("no tick has run yet, or its state is gone") }
    if let problem = report.workflowProblem { reasons.append(problem) }
    self.reasons = reasons
    answer = .object([
      "status": .string(reasons.isEmpty ? "ok" : "unhealthy"),
      "uptime_seconds": .integer(Int64(uptime)), "auth_mode": .string(mode),
      "running_count": .integer(Int64(report.items.count { $0.group == .running })),
      "last_poll_at": .optional(report.lastPoll?.text),
      "last_tick_at": .optional(report.lastTick?.endedAt.text),
      "reasons": .list(reasons.map { .string($0) }),
    ])
  }
}
