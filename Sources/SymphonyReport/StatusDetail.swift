// All that is known of one item, a fact a line, for `status ISSUE`. Says what the report holds and
// finds out nothing of its own.
import SymphonyCore

package struct StatusDetail {
  package var report: StateReport
  package var item: ItemReport

  package init(report: StateReport, item: ItemReport) {
    self.report = report
    self.item = item
  }

  package var lines: [StyledLine] {
    var title = StyledLine(item.key, .bold)
    title.add("  " + Columns.cut(item.title, to: 400))
    var facts: [(String, String?)] = [
      ("verdict", item.code + since), ("why", item.sentence), ("queue", queue),
      ("again", item.retryAt.map { "\(toCome($0)): \(item.because ?? "")" }),
      ("status", item.status), ("run", item.live.map(words)),
      ("last run", item.live == nil ? item.lastRun.map(words) : nil), ("money", money),
      ("doubt", item.doubt), ("branch", item.branch), ("pulls", item.pullRequest),
      ("workspace", item.workspace),
    ]
    facts += item.clauses.map { ("left", $0) }
    facts += item.debts.map { ("debt", words($0)) }
    facts += item.requests.map { request in
      let why = request.why.isEmpty ? "" : ": \(request.why)"
      return ("asked", "\(request.kind.word) by \(request.by) at \(request.at.text)\(why)")
    }
    facts.append(("url", item.url.isEmpty ? nil : item.url))
    return [title]
      + facts.compactMap { name, value in
        guard let value else { return nil }
        var line = StyledLine("  " + Columns.fit(name, 10) + "  ", .dim)
        line.add(Columns.cut(value, to: 4000), name == "verdict" ? item.style : nil)
        return line
      }
  }

  private func ago(_ moment: Moment) -> String {
    "\((report.at.time - moment.time).description) ago"
  }

  private func isDue(_ moment: Moment) -> Bool { moment <= report.at }

  /// A time that a tick waits for, told as over once it is.
  private func toCome(_ moment: Moment) -> String {
    isDue(moment) ? "due since \(moment.text)" : moment.text
  }

  private var since: String {
    item.since.map { ", since \($0.text) (\(ago($0)))" } ?? ""
  }

  private var queue: String? {
    guard item.section == .waiting, let place = item.queuePosition else { return nil }
    return place == 1 ? "the next one" : "number \(place)"
  }

  private var money: String? {
    let runs = "\(item.runs) run\(item.runs == 1 ? "" : "s")"
    let tokens = Usage.capped(item.tokens, item.runningTokens)
    let spent = MoneyWords.spent(tokens: tokens, dollars: item.costUSD + item.runningCostUSD)
    let failures = item.failures == 0 ? "" : ", \(item.failures) failed in a row"
    return (spent.map { "\($0) in " } ?? "") + runs + failures
  }

  private func words(_ live: LiveRunReport) -> String {
    var text = "\(live.id), launched \(ago(live.startedAt)), \(live.life.rawValue)"
    if !live.agent.isEmpty { text += ", \(live.agent)" }
    if let model = live.model { text += " \(model)" }
    if let phase = live.phase { text += ", phase \(phase.rawValue)" }
    if let turn = live.turn { text += ", turn \(turn)" }
    if let stop = live.stop { text += ", being stopped: \(stop.why)" }
    return live.lastEvent.isEmpty ? text : text + ": \(live.lastEvent)"
  }

  private func words(_ run: RunReport) -> String {
    let end = run.settledAt.map { ", settled \(ago($0))" } ?? ""
    let summary = run.summary.isEmpty ? "" : ": \(run.summary)"
    return "\(run.id), \(run.outcome?.rawValue ?? "without a result")\(end)\(summary)"
  }

  private func words(_ debt: DebtReport) -> String {
    let tries = "\(debt.tries) \(debt.tries == 1 ? "try" : "tries")"
    let next =
      debt.isRefused ? "" : ", " + (isDue(debt.nextTry) ? "" : "next ") + toCome(debt.nextTry)
    let error = debt.error.isEmpty || item.sentence.contains(debt.error) ? "" : ": \(debt.error)"
    return "\(debt.kind) \(debt.isRefused ? "refused" : "owed"), \(tries)\(next)\(error)"
  }
}
