// What status says about money: today's tokens and dollars by agent and model, the runs alive among
// them, the day's limit, and each turn of an item's last run. Figures are the agents' own.
import SymphonyCore

struct StatusMoney {
  let board: StatusBoard

  private var living: Usage {
    var sum = Usage()
    for line in board.lines { if let progress = line.progress { sum += progress.believed } }
    return sum
  }

  /// One line for each agent and model, one for the runs alive, one for the day's limit.
  var lines: [String] {
    var lines = board.today.map { total in
      let model = total.model.isEmpty ? "" : " \(Output.oneLine(total.model, 40))"
      return "today     \(total.account)\(model): \(Self.words(total.usage) ?? "nothing")"
    }
    if let words = Self.words(living) { lines.append("today     runs alive: \(words)") }
    lines += unbound.map { Output.paint("today     " + $0, .yellow) }
    if let limit = board.maxCostPerDay {
      let spent = board.today.reduce(living.costUSD) { $0 + $1.usage.costUSD }
      let text =
        "today     $\(PullRequestText.money(spent)) of $\(PullRequestText.money(limit)) "
        + "(agent.max_cost_usd_per_day, until 00:00 UTC)"
      lines.append(spent >= limit ? Output.paint(text, .red) : text)
    }
    return lines
  }

  /// What works under a limit in dollars and tells none: that limit holds nothing.
  private var unbound: [String] {
    if board.dollarLimits.isEmpty { return [] }
    let silent = board.today.filter { $0.usage.totalTokens > 0 && $0.usage.costUSD == 0 }
    return silent.map { total in
      let model = total.model.isEmpty ? "" : " \(Output.oneLine(total.model, 40))"
      return "warning: \(total.account)\(model) reports no dollars: "
        + board.dollarLimits.joined(separator: ", ")
        + " cannot bind; set agent.max_tokens_per_item"
    }
  }

  var structure: Structure {
    .list(
      board.today.map { total in
        .object([
          "agent": .string(total.account.text), "model": .string(total.model),
          "tokens": .integer(total.usage.totalTokens),
          "cost_usd": .number(total.usage.costUSD),
        ])
      })
  }

  /// Nil when nothing was spent.
  static func words(_ usage: Usage) -> String? {
    if usage == Usage() { return nil }
    let tokens = "\(usage.totalTokens) tokens"
    return usage.costUSD > 0 ? "\(tokens), $\(PullRequestText.money(usage.costUSD))" : tokens
  }

  /// The run that lives, or the last one, with what each of its turns used of each model.
  static func structure(_ line: StatusBoard.Line) -> Structure {
    guard let run = line.lastRun else { return .null }
    let spent = line.progress?.spent ?? run.spent
    return .object([
      "id": .string(run.id.text), "agent": .string(run.account?.text ?? ""),
      "model": .optional(run.model),
      "outcome": .optional(run.outcome?.rawValue), "summary": .string(run.summary),
      "turns": .list(
        spent.map { share in
          .object([
            "turn": .integer(Int64(share.turn)), "model": .string(share.model),
            "input_tokens": .integer(share.usage.inputTokens),
            "cached_input_tokens": .integer(share.usage.cachedInputTokens),
            "output_tokens": .integer(share.usage.outputTokens),
            "cost_usd": .number(share.usage.costUSD),
          ])
        }),
    ])
  }
}
