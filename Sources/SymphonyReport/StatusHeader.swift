// The top of the screen: whether ticks come, which workflow and state, who looked when, what is in
// the way of all items, what was spent. Nothing here is cut: an error has to be read whole.
import SymphonyCore

struct StatusHeader {
  let report: StateReport

  var lines: [StyledLine] {
    var lines: [StyledLine] = []
    if let late = report.late { lines.append(StyledLine(late.sentence(at: report.at), .red)) }
    lines += [
      StyledLine("workflow  \(report.workflow)"), StyledLine("state     \(report.stateDirectory)"),
      StyledLine(polled),
    ]
    if let tick = report.lastTick { lines.append(StyledLine(words(tick))) }
    lines += troubles + money
    if let use = report.github { lines.append(StyledLine("github    \(words(use))")) }
    return lines
  }

  /// The troubles in the way of all items.
  var troubles: [StyledLine] {
    var lines: [StyledLine] = []
    if let problem = report.workflowProblem {
      lines += problem.splitLines().map { StyledLine("problem   \($0)", .red) }
    }
    if let problem = report.workersProblem {
      lines.append(StyledLine("problem   the workers could not be looked at: \(problem)", .red))
    }
    if !report.trackerProblem.isEmpty {
      lines.append(StyledLine("tracker   \(report.trackerProblem)", .red))
    }
    return lines + report.holds.flatMap(words)
  }

  private func age(_ moment: Moment) -> String { (report.at.time - moment.time).description }

  private var polled: String {
    "polled    " + (report.lastPoll.map { "\($0.text) (\(age($0)) ago)" } ?? "never")
  }

  /// The line of the last tick, such as `ticked 2026-11-21T03:04:05Z (12s ago, scheduled): 1
  /// launched, 1 running`.
  private func words(_ tick: LastTickReport) -> String {
    "ticked    \(tick.endedAt.text) (\(age(tick.endedAt)) ago, \(tick.trigger)): \(tick.words)"
  }

  private func words(_ hold: HoldReport) -> [StyledLine] {
    var text = "hold      \(hold.kind.rawValue)"
    if !hold.scope.isEmpty { text += " \(hold.scope)" }
    text += hold.until.map { " until \($0.text)" } ?? " until lifted"
    if hold.hasPassed { text += " (that has passed: the next tick looks again)" }
    if !hold.why.isEmpty { text += ": \(Columns.cut(hold.why, to: 120))" }
    let lines = [StyledLine(text, hold.needsHuman ? .red : .yellow)]
    let advice = "          mend it, then `symphony resume`; it is also tried again by itself"
    return hold.needsHuman ? lines + [StyledLine(advice)] : lines
  }

  /// One line for each agent and model, one for the runs alive, one for the day's limit.
  private var money: [StyledLine] {
    var lines = report.usageToday.map { used in
      let model = used.model.isEmpty ? "" : " \(Columns.cut(used.model, to: 40))"
      let spent = MoneyWords.spent(tokens: used.tokens, dollars: used.costUSD) ?? "nothing"
      return StyledLine("today     \(used.agent)\(model): \(spent)")
    }
    let running = report.usageRunning
    if let spent = MoneyWords.spent(tokens: running.tokens, dollars: running.costUSD) {
      lines.append(StyledLine("today     runs alive: \(spent)"))
    }
    lines += report.warnings.map {
      StyledLine("today     warning: \(Columns.cut($0, to: 400))", .yellow)
    }
    if let limit = report.maxCostUSDPerDay {
      let spent = report.spentUSDToday
      let text =
        "today     $\(PullRequestText.money(spent)) of $\(PullRequestText.money(limit)) "
        + "(agent.max_cost_usd_per_day, until 00:00 UTC)"
      lines.append(StyledLine(text, spent >= limit ? .red : nil))
    }
    return lines
  }

  /// The requests to GitHub and the rest of its limits, in words.
  ///
  /// Such as `12 points in 9 requests this hour; GraphQL: 4988 of 5000 left until
  /// 2026-11-21T04:02:00Z`.
  private func words(_ use: TrackerUse) -> String {
    let ceiling = use.ceiling.map { " of \($0)" } ?? ""
    var text = "\(use.points)\(ceiling) points in \(use.requests) requests this hour"
    for (name, window) in [("GraphQL", use.graphql), ("REST", use.rest)] {
      guard let window, window.resetAt > report.at else { continue }
      text += "; \(name): \(window.remaining) of \(window.limit) left until \(window.resetAt.text)"
    }
    return text
  }
}

extension LastTickReport {
  /// The result of the tick, in words.
  var words: String {
    let change = summary.isEmpty ? "nothing changed" : summary
    return outcome == "done" ? change : "\(outcome), \(change)"
  }
}
