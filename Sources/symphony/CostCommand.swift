// `symphony cost`: what the agents' work cost, by issue, day, agent or model. Reads rows; asks
// nobody and changes nothing.
import ArgumentParser
import SymphonyCore
import SymphonyReport
import SymphonyStore

struct CostCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost", abstract: "Show what was spent, by issue, day, agent or model.",
    discussion: """
      Dollars and tokens as the agents report them; a run counts when it is settled. By day, agent \
      and model whole days count (UTC).

      Examples:
        symphony cost
        symphony cost --by day --since 7d
        symphony cost --by model --json
        symphony cost --since 2026-11-01 --csv > november.csv
      """)
  @Option(help: "issue, day, agent or model.") var by: By = .issue
  @Option(help: "Only since then: \(WrittenTime.examples).") var since: WrittenTime?
  @Flag(help: "Print the result as JSON.") var json = false
  @Flag(help: "Print the rows as CSV.") var csv = false
  @OptionGroup var global: GlobalOptions

  enum By: String, ExpressibleByArgument, CaseIterable { case issue, day, agent, model }

  func validate() throws {
    if json, csv { throw ValidationError("--json and --csv do not go together") }
  }

  func run() async throws {
    let look = try StoredLook(try global.place())
    let since = since?.resolved(look.now)
    let report: CostReport
    switch by {
    case .issue:
      let runs = try since.map { since in
        try look.read { (store) throws(StoreError) in try store.runs(settledSince: since) }
      }
      report = CostReport(items: look.state.items, since: since, runs: runs ?? [])
    case .day, .agent, .model:
      let totals = try look.read { (store) throws(StoreError) in try store.totals(day: nil) }
      report = CostReport(
        by: by == .day ? .day : by == .agent ? .agent : .model, since: since, totals: totals)
    }
    if json { return try Output.json(report) }
    Output.answer(csv ? report.csv : Self.lines(report))
  }

  private static func lines(_ report: CostReport) -> [String] {
    let since = report.since.map { " since \($0.text)" } ?? ""
    if report.rows.isEmpty { return ["no agent has reported tokens or dollars\(since)"] }
    func cells(_ row: CostReport.Row) -> [String] {
      [
        row.name.isEmpty ? "(not told)" : row.name, "$\(PullRequestText.money(row.costUSD))",
        "\(row.inputTokens) in", "\(row.cachedInputTokens) cached", "\(row.outputTokens) out",
        Output.oneLine(row.title, 60),
      ]
    }
    return [Output.paint("spent by \(report.by.rawValue)\(since)", .bold)]
      + Output.table((report.rows + [report.total]).map(cells))
  }
}
