// All metrics of one state directory, as text for Prometheus: for `metrics.textfile`, which a tick
// writes, and for `/metrics` of the server. github-symphony's metrics have their names, so that its
// dashboards go on. Labels come from closed lists, but for the names of agents and models, of which
// there are at most `mostModels`: no issue is ever one.
import SymphonyCore

/// The facts that metrics tell beside the report of the state.
package struct MetricsSources: Sendable {
  package var state: StateSources
  package var counters: [Counter]
  /// All there ever was.
  package var totals: [UsageTotal]
  package var program: String
  /// Bytes of the database with its log; nil: not known.
  package var databaseBytes: Int64?
  /// Free bytes where workspaces lie, and where the state does; nil: not known.
  package var freeBytes: [(place: String, bytes: Int64)] = []
  /// Nil: not measured.
  package var diskUse: DiskMeasure?
  package init(
    state: StateSources, counters: [Counter], totals: [UsageTotal], program: String
  ) {
    (self.state, self.counters, self.totals, self.program) = (state, counters, totals, program)
  }
}

/// How much the directories took up at some time.
package struct DiskMeasure: Codable, Hashable, Sendable {
  package var at: Moment
  /// Of the state without workspaces in it: the database, runs, and caches of repositories.
  package var stateBytes: Int64
  package var workspaceBytes: Int64
  /// False: there is more than could be counted.
  package var isWhole: Bool
  package init(at: Moment, stateBytes: Int64, workspaceBytes: Int64, isWhole: Bool) {
    self.at = at
    (self.stateBytes, self.workspaceBytes) = (stateBytes, workspaceBytes)
    self.isWhole = isWhole
  }
  private enum CodingKeys: String, CodingKey {
    case at
    case stateBytes = "state_bytes"
    case workspaceBytes = "workspace_bytes"
    case isWhole = "is_whole"
  }
}

package struct MetricsReport: Sendable {
  /// Pairs of agent and model that have samples of their own; the rest are one, named `other`.
  package static let mostModels = 50
  /// The words for how a tick ended that held the lock, as `last_tick` has them.
  package static let tickOutcomes = [
    "done", "will_retry", "tracker_unavailable", "state_unusable", "workflow_invalid", "bug",
  ]

  package private(set) var families: [MetricFamily] = []
  private let sources: MetricsSources
  private let report: StateReport
  private var now: Timestamp { sources.state.now }

  package init(_ sources: MetricsSources) {
    self.sources = sources
    report = StateReport(sources.state)
    families = predecessors() + items() + ticks() + money() + tracker() + places()
  }

  /// The whole page; every family with its help and its type.
  package var text: String { families.map(\.text).joined() }

  private func add(
    _ all: inout [MetricFamily], _ name: String, _ kind: MetricFamily.Kind, _ help: String,
    _ fill: (inout MetricFamily) -> Void
  ) {
    var family = MetricFamily("symphony_" + name, kind, help)
    fill(&family)
    all.append(family)
  }

  private func gauge(
    _ all: inout [MetricFamily], _ name: String, _ help: String, _ value: Double?
  ) {
    guard let value else { return }
    add(&all, name, .gauge, help) { $0.add(value) }
  }

  private func count(_ name: Counter.Name, _ label: String = "") -> Double {
    Double(sources.counters.first { $0.name == name && $0.label == label }?.value ?? 0)
  }

  /// Those of `known` that were never counted are 0: Prometheus sees no rise where a series begins.
  private func labels(_ name: Counter.Name, _ known: [String] = []) -> [Counter] {
    let found = sources.counters.filter { $0.name == name }
    let missing = Set(known).subtracting(found.map(\.label)).sorted()
    return found + missing.map { Counter(name, $0, 0) }
  }

  private func histogram(
    _ family: inout MetricFamily, _ bounds: [String], _ bucket: Counter.Name, _ sum: Counter.Name
  ) {
    let counts = (bounds + [""]).map { Int64(count(bucket, $0)) }
    family.add(bounds: bounds, counts: counts, sum: count(sum) / 1000)
  }

  // MARK: github-symphony's

  private func predecessors() -> [MetricFamily] {
    var all: [MetricFamily] = []
    let working = report.items.count { $0.group == .running }
    gauge(&all, "active_runs", "Agents at work now.", Double(working))
    gauge(
      &all, "max_concurrent_agents", "agent.max_concurrent.",
      report.maxConcurrent.map { Double($0) })
    let retrying = report.items.count { $0.claim == Claim.State.retrying.rawValue }
    gauge(&all, "retry_queue_depth", "Items that wait to be tried again.", Double(retrying))
    add(&all, "work_item_state", .gauge, "Items by state.") { family in
      family.add(Double(working), ("state", "running"))
      family.add(Double(retrying), ("state", "retry_queued"))
      for (state, claim) in [("handed_off", Claim.State.handedOff), ("parked", .parked)] {
        family.add(
          Double(report.items.count { $0.claim == claim.rawValue }), ("state", state))
      }
    }
    let dispatched = count(.dispatches)
    add(&all, "sessions_started_total", .counter, "Runs that were launched to work on an item.") {
      $0.add(dispatched)
    }
    add(&all, "dispatches_total", .counter, "Items that were given to an agent.") {
      $0.add(dispatched, ("outcome", "launched"))
    }
    let runs = labels(.runs, Outcome.allCases.map(\.rawValue))
    add(&all, "runs_total", .counter, "Runs that ended and were settled, by outcome.") { family in
      for run in runs { family.add(Double(run.value), ("outcome", Self.snake(run.label))) }
    }
    add(&all, "errors_total", .counter, "Runs and deliveries that failed, and ticks, by category.")
    {
      family in
      for run in runs where Outcome(rawValue: run.label)?.isFailure ?? true {
        family.add(Double(run.value), ("category", "run_" + Self.snake(run.label)))
      }
      let refused = labels(.refusals).reduce(0) { $0 + Double($1.value) }
      family.add(refused, ("category", "delivery_refused"))
      for tick in labels(.ticks, Self.tickOutcomes) where tick.label != "done" {
        family.add(Double(tick.value), ("category", "tick_" + tick.label))
      }
    }
    add(&all, "github_writebacks_total", .counter, "Writes to the tracker that arrived, by kind.") {
      family in
      for write in labels(.writebacks, OutboxEntry.Kind.allCases.map(\.rawValue)) {
        family.add(Double(write.value), ("type", write.label))
      }
    }
    let handoffs = count(.handoffs)
    add(&all, "pr_handoffs_total", .counter, "Items handed off with a pull request.") {
      $0.add(handoffs)
    }
    add(
      &all, "agent_session_duration_seconds", .histogram, "Time of a run from launch to settling."
    ) {
      histogram(&$0, Counter.runBounds, .runBucket, .runMilliseconds)
    }
    return all
  }

  // MARK: Items and debts

  private func items() -> [MetricFamily] {
    var all: [MetricFamily] = []
    add(&all, "items", .gauge, "Items by the code of their verdict.") { family in
      var codes = Dictionary(grouping: report.items) { $0.code }.mapValues(\.count)
      for rest in sources.state.resting { codes[rest.verdict, default: 0] += rest.count }
      for (code, count) in codes.sorted(by: { $0.key < $1.key }) {
        family.add(Double(count), ("verdict", code))
      }
    }
    let parkings = count(.parkings)
    add(&all, "parkings_total", .counter, "Items that began to wait for a person.") {
      $0.add(parkings)
    }
    let queue = report.items.filter { $0.queuePosition != nil }
    gauge(&all, "queue_length", "Items that wait for their turn.", Double(queue.count))
    let since = queue.compactMap { $0.since?.time ?? $0.firstSeen.time }.min()
    gauge(
      &all, "queue_oldest_seconds", "How long the item waits that waits longest for its turn.",
      since.map(age) ?? 0)
    let debts = sources.state.state.outbox
    add(&all, "debts", .gauge, "Writes that are owed to the tracker, by kind.") { family in
      let kinds = Dictionary(grouping: debts) { $0.payload.kind }
      for (kind, debts) in kinds.sorted(by: { $0.key < $1.key }) {
        family.add(Double(debts.count), ("type", kind))
      }
    }
    gauge(
      &all, "debt_oldest_seconds", "How long the oldest write is owed.",
      debts.map(\.createdAt).min().map(age) ?? 0)
    add(&all, "holds", .gauge, "What keeps many items from starting, by kind.") { family in
      for kind in Hold.Kind.allCases {
        let holds = report.holds.filter { $0.kind == kind && !$0.hasPassed }
        for needs in [false, true] {
          family.add(
            Double(holds.count { $0.needsHuman == needs }), ("kind", kind.rawValue),
            ("needs_human", needs ? "true" : "false"))
        }
      }
    }
    return all
  }

  // MARK: Ticks

  private func ticks() -> [MetricFamily] {
    var all: [MetricFamily] = []
    add(&all, "build_info", .gauge, "The program that wrote this.") {
      $0.add(1, ("version", sources.program))
    }
    add(&all, "ticks_total", .counter, "Ticks, by how they ended.") { family in
      for tick in labels(.ticks, Self.tickOutcomes) {
        family.add(Double(tick.value), ("outcome", tick.label))
      }
    }
    add(&all, "tick_duration_seconds", .histogram, "Time of a tick.") {
      histogram(&$0, Counter.tickBounds, .tickBucket, .tickMilliseconds)
    }
    let last = sources.state.lastTick
    gauge(
      &all, "last_tick_timestamp_seconds", "When the last tick ended, whoever called it.",
      last.map { seconds($0.endedAt) })
    gauge(
      &all, "last_called_tick_timestamp_seconds",
      "When the last tick ended that a timer or a person called.",
      last?.calledAt.map(seconds))
    gauge(
      &all, "last_poll_timestamp_seconds", "When the tracker was asked last.",
      sources.state.lastPoll.map(seconds))
    gauge(
      &all, "ticks_failed_in_a_row", "Ticks up to the last one that did not end well.",
      last?.failedInARow.map { Double($0) })
    gauge(&all, "ticks_missing", "1: ticks do not come as they should.", report.late == nil ? 0 : 1)
    gauge(
      &all, "workflow_valid", "0: WORKFLOW.md cannot be used, and nothing new starts.",
      report.workflowProblem == nil ? 1 : 0)
    return all
  }

  // MARK: Money

  private func money() -> [MetricFamily] {
    var all: [MetricFamily] = []
    let sum = sources.totals.usage
    add(&all, "tokens_total", .counter, "Tokens of settled runs, as the agents report them.") {
      family in
      family.add(Double(sum.inputTokens), ("direction", "input"))
      family.add(Double(sum.outputTokens), ("direction", "output"))
      family.add(Double(sum.totalTokens), ("direction", "total"))
    }
    let models = byModel
    add(&all, "agent_tokens_total", .counter, "Tokens of settled runs, by agent and model.") {
      family in
      for (agent, model, usage) in models {
        family.add(Double(usage.totalTokens), ("agent", agent), ("model", model))
      }
    }
    add(&all, "cost_usd_total", .counter, "Dollars of settled runs, by agent and model.") {
      family in
      for (agent, model, usage) in models {
        family.add(usage.costUSD, ("agent", agent), ("model", model))
      }
    }
    gauge(
      &all, "cost_usd_today", "Dollars of this UTC day, living runs included.", report.spentUSDToday
    )
    gauge(
      &all, "cost_usd_per_day_limit", "agent.max_cost_usd_per_day; absent: unlimited.",
      report.maxCostUSDPerDay)
    return all
  }

  /// The ones that used most, and one for all others.
  private var byModel: [(agent: String, model: String, usage: Usage)] {
    var sums: [[String]: Usage] = [:]
    for total in sources.totals {
      sums[[total.account.text, total.model], default: Usage()] += total.usage
    }
    let sorted = sums.sorted {
      ($1.value.totalTokens, $0.key[0], $0.key[1]) < ($0.value.totalTokens, $1.key[0], $1.key[1])
    }
    var models = sorted.prefix(Self.mostModels).map {
      (agent: $0.key[0], model: $0.key[1], usage: $0.value)
    }
    if sorted.count > Self.mostModels {
      var rest = Usage()
      for (_, usage) in sorted.dropFirst(Self.mostModels) { rest += usage }
      models.append((agent: "other", model: "other", usage: rest))
    }
    return models
  }

  // MARK: The tracker and the machine

  private func tracker() -> [MetricFamily] {
    var all: [MetricFamily] = []
    let (requests, time) = (count(.requests), count(.requestMilliseconds) / 1000)
    add(&all, "github_api_duration_seconds", .summary, "Time in which the tracker answered.") {
      $0.add(sum: time, count: Int64(requests))
    }
    add(
      &all, "github_api_rate_limit_remaining", .gauge, "Left of GitHub's limits, as last answered."
    ) {
      family in
      for (name, window) in [("graphql", report.github?.graphql), ("core", report.github?.rest)] {
        if let window { family.add(Double(window.remaining), ("resource", name)) }
      }
    }
    gauge(
      &all, "tracker_reachable", "0: the tracker could not be asked last time.",
      report.trackerProblem.isEmpty ? 1 : 0)
    add(&all, "webhooks_total", .counter, "Webhooks that came, by what became of them.") { family in
      for kind in labels(.webhooks, Counter.WebhookResult.allCases.map(\.rawValue)) {
        family.add(Double(kind.value), ("result", kind.label))
      }
    }
    return all
  }

  private func places() -> [MetricFamily] {
    var all: [MetricFamily] = []
    gauge(
      &all, "database_bytes", "Size of the database with its log.",
      sources.databaseBytes.map { Double($0) })
    add(&all, "disk_free_bytes", .gauge, "Free bytes, by what lies there.") { family in
      for (place, bytes) in sources.freeBytes { family.add(Double(bytes), ("place", place)) }
    }
    if let use = sources.diskUse {
      add(
        &all, "disk_used_bytes", .gauge,
        "Bytes that directories take up, as measured once an hour; at least these, if not whole."
      ) { family in
        family.add(Double(use.stateBytes), ("place", "state"))
        family.add(Double(use.workspaceBytes), ("place", "workspaces"))
      }
      gauge(
        &all, "disk_used_whole", "0: disk_used_bytes counts only a part of what is there.",
        use.isWhole ? 1 : 0)
      gauge(
        &all, "disk_used_timestamp_seconds", "When disk_used_bytes was measured.",
        seconds(use.at.time))
    }
    gauge(
      &all, "workspaces", "Workspaces that are kept.",
      Double(sources.state.state.items.count { $0.hasWorkspace }))
    return all
  }

  private func seconds(_ time: Timestamp) -> Double { Double(time.milliseconds) / 1000 }
  private func age(_ time: Timestamp) -> Double {
    max(0, Double((now - time).milliseconds) / 1000)
  }

  /// `timed_out` for `timedOut`.
  private static func snake(_ word: String) -> String {
    word.reduce(into: "") { text, letter in
      text += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
    }
  }
}
