// The top of the live view: is the timer alive, how much is at work, what the day has brought and
// cost, what is in the way of everything. Says what the report holds, in the words of `status`.
import SymphonyCore

struct LiveHeader {
  let content: LiveContent
  let width: Int
  private var report: StateReport { content.report }
  /// Lines of trouble at most; the others are counted.
  private static let most = 3

  var lines: [StyledLine] { [title, tick] + counts + troubles }

  private var title: StyledLine {
    let clock = "  \(report.at.text.dropFirst(11).prefix(8)) UTC"
    var line = StyledLine("symphony", .bold)
    line.add("  " + Columns.fit(report.workflow, max(0, width - 10 - clock.count)))
    line.add(clock, .dim)
    return line
  }

  /// Whether somebody calls ticks: what else is shown is as old as the last one.
  private var tick: StyledLine {
    if let late = report.late { return StyledLine(late.sentence(at: report.at), .red) }
    guard let tick = report.lastTick else { return StyledLine("no tick yet") }
    let age = report.at.time - tick.endedAt.time
    return StyledLine("ticked \(age.description) ago (\(tick.trigger)): \(tick.words)")
  }

  /// As many lines as the width makes of them.
  var counts: [StyledLine] {
    var lines: [StyledLine] = []
    for part in parts {
      if let last = lines.last, last.width + 3 + part.width <= width {
        lines[lines.count - 1] = last.with(StyledLine("   ")).with(part)
      } else {
        lines.append(part)
      }
    }
    return lines
  }

  private var parts: [StyledLine] {
    let running = report.counts[ItemGroup.running.rawValue] ?? 0
    let limit = report.maxConcurrent.map { " of \($0)" } ?? ""
    var parts = [StyledLine("agents \(running)\(limit)", running > 0 ? .green : nil)]
    let needed = report.items.count { $0.section == .needsYou }
    if needed > 0 { parts.append(StyledLine("needs you \(needed)", .red)) }
    let retrying = report.counts[ItemGroup.retrying.rawValue] ?? 0
    if retrying > 0 { parts.append(StyledLine("retrying \(retrying)")) }
    let today = report.today
    parts.append(
      StyledLine("today: \(today.dispatched) dispatched, \(today.handedOff) handed off, "))
    let failed = StyledLine("\(today.failed) failed", today.failed > 0 ? .red : nil)
    parts[parts.count - 1] = parts[parts.count - 1].with(failed)
    return parts + [money] + left
  }

  private var money: StyledLine {
    let spent = report.spentUSDToday
    var words: [String] = []
    if let limit = report.maxCostUSDPerDay {
      let told = spent > 0 ? PullRequestText.money(spent) : "0"
      words.append("$\(told) of $\(PullRequestText.money(limit))")
    } else if spent > 0 {
      words.append("$\(PullRequestText.money(spent))")
    }
    let tokens = report.usageToday.reduce(report.usageRunning.tokens) {
      Usage.capped($0, $1.tokens)
    }
    if tokens > 0 { words.append(MoneyWords.short(tokens: tokens)) }
    let isOver = report.maxCostUSDPerDay.map { spent >= $0 } ?? false
    let text = words.isEmpty ? "nothing spent today" : "\(words.joined(separator: ", ")) today"
    return StyledLine(text, isOver ? .red : nil)
  }

  /// The rest of GitHub's limits, as its last answers told it, until it counts anew.
  private var left: [StyledLine] {
    guard let use = report.github else { return [] }
    return [("points", use.graphql), ("requests", use.rest)].compactMap { name, window in
      guard let window, window.resetAt > report.at else { return nil }
      let isLow = window.remaining < window.limit / 10
      return StyledLine(
        "GitHub: \(window.remaining) of \(window.limit) \(name) left", isLow ? .yellow : nil)
    }
  }

  private var troubles: [StyledLine] {
    var lines = StatusHeader(report: report).troubles
    if let problem = content.problem {
      lines.insert(StyledLine("not read anew: \(problem)", .red), at: 0)
    }
    guard lines.count > Self.most else { return lines }
    let rest = lines.count - Self.most + 1
    return lines.prefix(Self.most - 1)
      + [StyledLine("and \(rest) more lines: `symphony status` has them all", .red)]
  }
}
