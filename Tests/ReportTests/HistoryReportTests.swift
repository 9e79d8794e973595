// Events and costs as values: order, what becomes an event and what does not, sums, and the cells
// of CSV that a stranger's title must not turn into formulas.
import SymphonyCore
import SymphonyReport
import Testing

@Suite struct HistoryReportTests {
  private let item = ItemRecord.sample(1)

  @Test func eventsComeFromEveryRowInOrder() {
    let wake = Wake(.comment, text: "go on", author: "alice", at: noon)
    let ledger = [
      LedgerEntry(item: item.id, at: noon, code: "no_slot", sentence: "all in use", wake: wake),
      LedgerEntry(item: ItemID("I_9"), at: noon, code: "done", sentence: "nobody's"),
    ]
    let run = RunRecord.sample(1) { run in
      run.phase = .settled
      (run.outcome, run.settledAt, run.summary) = (.failed, noon + .minutes(5), "it broke")
      run.spent = [TurnUsage(turn: 1, model: "m", usage: usage(0.25))]
    }
    let events = EventReport.all(
      keys: [item.id: item.key], ledger: ledger, runs: [run], outbox: [])
    #expect(events.map(\.kind) == [.runStarted, .wake, .verdict, .runEnded])
    #expect(events.map(\.code) == [nil, "comment", "no_slot", "failed"])
    #expect(events.allSatisfy { $0.key == "acme/app#1" })
    #expect(events.last?.costUSD == 0.25)
    #expect(events.last?.sentence.hasSuffix(", failed, $0.25: it broke") == true)
  }

  @Test func onlyWhatWasSentIsADelivery() {
    var entry = OutboxEntry(
      id: 1, item: item.id, dedupeKey: "k",
      payload: .closeIssue(CloseOrder(key: item.key, repository: app, number: 1)),
      nonce: "n", createdAt: noon - .hours(1))
    entry.nextTry = Deadline(setAt: noon, delay: .zero)
    entry.lastError = "no permission"
    func kinds(_ state: OutboxEntry.State) -> [EventReport] {
      entry.state = state
      return EventReport.all(keys: [item.id: item.key], ledger: [], runs: [], outbox: [entry])
    }
    #expect(kinds(.pending).isEmpty && kinds(.superseded).isEmpty)
    #expect(kinds(.delivered).map(\.kind) == [.delivered])
    #expect(kinds(.refused).first?.sentence.hasSuffix("was refused: no permission") == true)
    #expect(kinds(.refused).first?.at == Moment(noon))
  }

  private func usage(_ dollars: Double, _ tokens: Int64 = 10) -> Usage {
    var usage = Usage()
    (usage.costUSD, usage.inputTokens) = (dollars, tokens)
    return usage
  }

  @Test func totalsAreSummedByWhatIsAsked() {
    func total(_ day: String, _ agent: String, _ model: String, _ cost: Double) -> UsageTotal {
      UsageTotal(day: day, account: Account(agent), model: model, usage: usage(cost))
    }
    let totals = [
      total("2030-01-01", "codex", "a", 1), total("2030-01-02", "codex", "b", 2),
      total("2030-01-02", "claude_code", "b", 4),
    ]
    func names(_ by: CostReport.By, _ since: String? = nil) -> [String] {
      let report = CostReport(
        by: by, since: since.flatMap { Timestamp(rfc3339: $0) }, totals: totals)
      return report.rows.map { "\($0.name) \($0.costUSD)" } + ["\(report.total.costUSD)"]
    }
    #expect(names(.day) == ["2030-01-01 1.0", "2030-01-02 6.0", "7.0"])
    #expect(names(.agent) == ["claude_code 4.0", "codex 3.0", "7.0"])
    #expect(names(.model) == ["b 6.0", "a 1.0", "7.0"])
    // Whole days: what was spent before that hour counts, too.
    #expect(names(.day, "2030-01-02T23:00:00Z") == ["2030-01-02 6.0", "6.0"])
  }

  @Test func issuesCountAllOrWhatWasSettledSince() {
    let rich = ItemRecord.sample(1) { $0.usage = usage(5) }
    let run = RunRecord.sample(1) {
      $0.spent = [TurnUsage(turn: 1, model: "m", usage: usage(2))]
    }
    let all = CostReport(items: [rich, .sample(2)], since: nil, runs: [])
    #expect(all.rows.map(\.name) == ["acme/app#1"] && all.total.costUSD == 5)
    let some = CostReport(items: [rich], since: noon, runs: [run])
    #expect(some.total.costUSD == 2 && some.since == Moment(noon))
  }

  @Test func aTitleCannotBeAFormula() {
    for (title, cell) in [
      ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""), ("+1", "'+1"),
      ("a, b", "\"a, b\""), ("two\nlines", "two\\nlines"), ("plain", "plain"),
    ] {
      let record = ItemRecord.sample(1) {
        $0.title = title
        $0.usage = usage(1)
      }
      let csv = CostReport(items: [record], since: nil, runs: []).csv
      #expect(csv.last == "acme/app#1,\(cell),10,0,0,1.0")
    }
  }
}
