// The report of the state for a person: who looked when, what is in the way, what was spent, and a
// line for each item. Says what the report holds and finds out nothing of its own. Called by status
// and the demo.
import SymphonyCore
import SymphonyReport

struct StatusText {
  let report: StateReport
  /// Also items that the tracker does not list any more.
  var all = false

  var lines: [String] {
    var lines = ["workflow  \(report.workflow)", "state     \(report.stateDirectory)", polled]
    if let tick = report.lastTick { lines.append(words(tick)) }
    if let problem = report.workflowProblem {
      lines += problem.split(separator: "\n").map { Output.paint("problem   \($0)", .red) }
    }
    if let problem = report.workersProblem {
      lines.append(Output.paint("problem   the workers could not be looked at: \(problem)", .red))
    }
    if !report.trackerProblem.isEmpty {
      lines.append(Output.paint("tracker   \(report.trackerProblem)", .red))
    }
    lines += report.holds.flatMap(words) + money
    if let use = report.github { lines.append("github    \(words(use))") }
    lines.append("")
    let shown = report.items.filter { all || $0.group != .unlisted }
    if shown.isEmpty { lines.append("no work items yet") }
    lines += Output.table(shown.map(row))
    let hidden = report.items.count - shown.count
    if hidden > 0 { lines.append("(\(hidden) no longer listed; --all shows them)") }
    return lines
  }

  private func age(_ moment: Moment) -> String { (report.at.time - moment.time).description }

  private var polled: String {
    "polled    " + (report.lastPoll.map { "\($0.text) (\(age($0)) ago)" } ?? "never")
  }

  /// The line of the last tick, such as `ticked 2026-11-21T03:04:05Z (12s ago, scheduled): 1
  /// launched, 1 running`.
  private func words(_ tick: LastTickReport) -> String {
    let change = tick.summary.isEmpty ? "nothing changed" : tick.summary
    let told = tick.outcome == "done" ? change : "\(tick.outcome), \(change)"
    return "ticked    \(tick.endedAt.text) (\(age(tick.endedAt)) ago, \(tick.trigger)): \(told)"
  }

  private func words(_ hold: HoldReport) -> [String] {
    var text = "hold      \(hold.kind.rawValue)"
    if !hold.scope.isEmpty { text += " \(hold.scope)" }
    text += hold.until.map { " until \($0.text)" } ?? " until lifted"
    if hold.hasPassed { text += " (that has passed: the next tick looks again)" }
    if !hold.why.isEmpty { text += ": \(Output.oneLine(hold.why))" }
    let lines = [Output.paint(text, hold.needsHuman ? .red : .yellow)]
    return hold.needsHuman
      ? lines + ["          mend it, then `symphony resume`; it is also tried again by itself"]
      : lines
  }

  /// One line for each agent and model, one for the runs alive, one for the day's limit.
  private var money: [String] {
    var lines = report.usageToday.map { used in
      let model = used.model.isEmpty ? "" : " \(Output.oneLine(used.model, 40))"
      let spent = Self.words(tokens: used.tokens, dollars: used.costUSD) ?? "nothing"
      return "today     \(used.agent)\(model): \(spent)"
    }
    let running = report.usageRunning
    if let spent = Self.words(tokens: running.tokens, dollars: running.costUSD) {
      lines.append("today     runs alive: \(spent)")
    }
    lines += report.warnings.map {
      Output.paint("today     warning: \(Output.oneLine($0, 400))", .yellow)
    }
    if let limit = report.maxCostUSDPerDay {
      let spent = report.spentUSDToday
      let text =
        "today     $\(PullRequestText.money(spent)) of $\(PullRequestText.money(limit)) "
        + "(agent.max_cost_usd_per_day, until 00:00 UTC)"
      lines.append(spent >= limit ? Output.paint(text, .red) : text)
    }
    return lines
  }

  /// Nil when nothing was spent.
  private static func words(tokens: Int64, dollars: Double) -> String? {
    if tokens == 0, dollars == 0 { return nil }
    return dollars > 0
      ? "\(tokens) tokens, $\(PullRequestText.money(dollars))" : "\(tokens) tokens"
  }

  /// What was asked of GitHub, such as `12 points in 9 requests this hour; GraphQL: 4988 of 5000
  /// left until 2026-11-21T04:02:00Z`.
  private func words(_ use: TrackerUse) -> String {
    let ceiling = use.ceiling.map { " of \($0)" } ?? ""
    var text = "\(use.points)\(ceiling) points in \(use.requests) requests this hour"
    for (name, window) in [("GraphQL", use.graphql), ("REST", use.rest)] {
      guard let window, window.resetAt > report.at else { continue }
      text += "; \(name): \(window.remaining) of \(window.limit) left until \(window.resetAt.text)"
    }
    return text
  }

  private func row(_ item: ItemReport) -> [String] {
    let colour: Output.Colour? =
      item.needsHuman
      ? .red : item.code == "running" ? .green : item.group == .handedOff ? .bold : nil
    let code = colour.map { Output.paint(item.code, $0) } ?? item.code
    return ["  " + Output.oneLine(item.key, 60), code, sentence(of: item)]
  }

  private func sentence(of item: ItemReport) -> String {
    var text = Output.oneLine(item.sentence, 400)
    if let live = item.live, live.life == .alive, live.phase != nil {
      text += " (run \(live.generation), \(age(live.startedAt)))"
      if !live.lastEvent.isEmpty { text += ": \(Output.oneLine(live.lastEvent, 120))" }
    }
    let tokens = Usage.capped(item.tokens, item.runningTokens)
    if let spent = Self.words(tokens: tokens, dollars: item.costUSD + item.runningCostUSD) {
      text += "; \(spent) so far"
    }
    if let doubt = item.doubt, !item.sentence.contains(doubt) { text += "; \(doubt)" }
    for debt in item.debts where !debt.error.isEmpty {
      let state = debt.isRefused ? "refused" : "owed"
      text += "; \(debt.kind) \(state): \(Output.oneLine(debt.error, 400))"
    }
    for clause in item.leftBehind { text += "; \(Output.oneLine(clause, 400))" }
    if item.needsHuman, let path = item.workspace, !text.contains(path) {
      text += "; workspace \(path)"
    }
    return text
  }
}
