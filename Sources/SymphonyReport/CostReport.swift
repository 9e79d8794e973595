// The spending by issue, day, agent or model: `cost --json` is this value, and `--csv` its rows.
// Figures are the agents' own, of settled runs; a run under way counts when it is settled.
import SymphonyCore

package struct CostReport: Hashable, Codable, Sendable {
  package enum By: String, Codable, Sendable, CaseIterable { case issue, day, agent, model }

  package struct Row: Hashable, Codable, Sendable {
    /// `owner/repo#42`, `2026-11-28`, an account or a model; empty: the agent does not say.
    package var name: String
    /// An issue's; empty for all else.
    package var title: String
    package var inputTokens: Int64
    package var cachedInputTokens: Int64
    package var outputTokens: Int64
    package var costUSD: Double

    private enum CodingKeys: String, CodingKey {
      case name, title
      case inputTokens = "input_tokens"
      case cachedInputTokens = "cached_input_tokens"
      case outputTokens = "output_tokens"
      case costUSD = "cost_usd"
    }

    init(_ name: String, title: String = "", _ usage: Usage) {
      self.name = name
      self.title = title
      inputTokens = usage.inputTokens
      cachedInputTokens = usage.cachedInputTokens
      outputTokens = usage.outputTokens
      costUSD = usage.costUSD
    }
  }

  package var version = StateReport.currentVersion
  package var by: By
  /// From when on; null: since the first run.
  ///
  /// By day, agent and model whole days count (UTC).
  @OrNull package var since: Moment?
  /// By day in their order, else the dearest first.
  package var rows: [Row]
  package var total: Row

  /// By day, agent or model: from the totals.
  package init(by: By, since: Timestamp?, totals: [UsageTotal]) {
    let first = since.map { String($0.rfc3339.prefix(10)) }
    var sums: [String: Usage] = [:]
    for total in totals where first.map({ total.day >= $0 }) ?? true {
      let name =
        switch by {
        case .agent: total.account.text
        case .model: total.model
        case .day, .issue: total.day
        }
      sums[name, default: Usage()] += total.usage
    }
    let day = first.flatMap { Timestamp(rfc3339: $0 + "T00:00:00Z") }
    self.init(by, day, sums.map { Row($0.key, $0.value) }, sums.values)
  }

  /// By issue: all that an item's row counts, or what its runs used that were settled since then.
  package init(items: [ItemRecord], since: Timestamp?, runs: [RunRecord]) {
    var sums: [ItemID: Usage] = [:]
    if since == nil {
      for record in items { sums[record.id] = record.usage }
    } else {
      for run in runs { sums[run.item, default: Usage()] += run.spent.total }
    }
    sums = sums.filter { $0.value != Usage() }
    let rows = items.compactMap { record in
      sums[record.id].map { Row(record.key.text, title: record.title, $0) }
    }
    self.init(.issue, since, rows, sums.values)
  }

  private init(
    _ by: By, _ since: Timestamp?, _ rows: [Row], _ usages: some Collection<Usage>
  ) {
    self.by = by
    self.since = since.map(Moment.init)
    self.rows = rows.sorted { left, right in
      if by == .day || left.costUSD == right.costUSD { return left.name < right.name }
      return left.costUSD > right.costUSD
    }
    var sum = Usage()
    for usage in usages { sum += usage }
    total = Row("total", sum)
  }

  /// Comma-separated, with a line of names (RFC 4180); without the total.
  package var csv: [String] {
    let names = [by.rawValue, "title", "input_tokens", "cached_input_tokens", "output_tokens"]
    let header = (names + ["cost_usd"]).joined(separator: ",")
    return [header]
      + rows.map { row in
        [
          Self.cell(row.name), Self.cell(row.title), "\(row.inputTokens)",
          "\(row.cachedInputTokens)", "\(row.outputTokens)", "\(row.costUSD)",
        ].joined(separator: ",")
      }
  }

  /// A title is a stranger's: quotes are doubled, and what a spreadsheet would take for a formula
  /// begins with an apostrophe.
  private static func cell(_ text: String) -> String {
    let line = PlainText.line(text)
    let isFormula = line.first.map { "=+-@".contains($0) } ?? false
    let plain = isFormula ? "'" + line : line
    guard plain.contains(where: { $0 == "," || $0 == "\"" || $0 == ";" }) else { return plain }
    return "\"" + plain.replacing("\"", with: "\"\"") + "\""
  }
}
