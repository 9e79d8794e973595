// The text that Prometheus reads: its form, its names, and that no issue becomes a label.
import SymphonyCore
import Testing

@testable import SymphonyReport

@Suite struct MetricsTests {
  private let now = Timestamp(milliseconds: 1_795_914_314_000)

  private func sources(_ counters: [Counter] = []) -> MetricsSources {
    MetricsSources(
      state: StateSources(
        now: now, workflow: "/w/WORKFLOW.md", stateDirectory: "/s", state: StoredState(), poll: nil),
      counters: counters, totals: [], program: "1.2")
  }

  private func lines(_ sources: MetricsSources) -> [String] {
    MetricsReport(sources).text.split(separator: "\n").map(String.init)
  }

  @Test func theFormIsThatOfTheTextFormat() {
    var family = MetricFamily("a_total", .counter, "One\nline with \\.")
    family.add(1)
    family.add(0.5, ("x", "a\"b\\c\nd"), ("y", "é"))
    #expect(
      family.text == """
        # HELP a_total One\\nline with \\\\.
        # TYPE a_total counter
        a_total 1
        a_total{x="a\\"b\\\\c\\nd",y="é"} 0.5

        """)
    var histogram = MetricFamily("h", .histogram, "H")
    histogram.add(bounds: ["1", "5"], counts: [2, 0, 3], sum: 12.25)
    #expect(
      histogram.text.split(separator: "\n").dropFirst(2) == [
        "h_bucket{le=\"1\"} 2", "h_bucket{le=\"5\"} 2", "h_bucket{le=\"+Inf\"} 5", "h_sum 12.25",
        "h_count 5",
      ])
    #expect(MetricFamily("none", .gauge, "N").text.isEmpty)
  }

  @Test func thePredecessorsNamesAreThere() {
    let names = Set(MetricsReport(sources()).families.map(\.name))
    for name in [
      "active_runs", "retry_queue_depth", "tokens_total", "sessions_started_total",
      "github_writebacks_total", "dispatches_total", "errors_total", "pr_handoffs_total",
      "work_item_state", "github_api_duration_seconds", "github_api_rate_limit_remaining",
      "agent_session_duration_seconds",
    ] { #expect(names.contains("symphony_" + name), "\(name)") }
  }

  @Test func countersComeFromTheDatabase() {
    let found = lines(
      sources([
        Counter(.dispatches, "", 7), Counter(.runs, "timedOut", 2), Counter(.runs, "succeeded", 4),
        Counter(.runBucket, "300", 5), Counter(.runBucket, "", 1),
        Counter(.runMilliseconds, "", 90_500), Counter(.ticks, "done", 40),
        Counter(.ticks, "tracker_unavailable", 3), Counter(.writebacks, "comment", 6),
      ]))
    for line in [
      "symphony_sessions_started_total 7", "symphony_dispatches_total{outcome=\"launched\"} 7",
      "symphony_runs_total{outcome=\"timed_out\"} 2",
      "symphony_errors_total{category=\"run_timed_out\"} 2",
      "symphony_errors_total{category=\"tick_tracker_unavailable\"} 3",
      "symphony_github_writebacks_total{type=\"comment\"} 6",
      "symphony_agent_session_duration_seconds_bucket{le=\"300\"} 5",
      "symphony_agent_session_duration_seconds_bucket{le=\"+Inf\"} 6",
      "symphony_agent_session_duration_seconds_sum 90.5",
    ] { #expect(found.contains(line), "\(line)") }
    #expect(!found.contains { $0.contains("succeeded") && $0.contains("errors") })
  }

  @Test func theDiskIsToldAsMeasured() {
    var known = sources()
    #expect(!lines(known).contains { $0.contains("disk_used") })
    known.diskUse = DiskMeasure(
      at: Moment(now - .minutes(5)), stateBytes: 5, workspaceBytes: 7_000_000_000, isWhole: false)
    let found = lines(known)
    for line in [
      "symphony_disk_used_bytes{place=\"state\"} 5",
      "symphony_disk_used_bytes{place=\"workspaces\"} 7000000000",
      "symphony_disk_used_whole 0", "symphony_disk_used_timestamp_seconds 1795914014",
    ] { #expect(found.contains(line), "\(line)") }
  }

  /// Prometheus takes the first value of a series for its beginning: what begins at 1 never rose.
  @Test func whatNeverHappenedIsZero() {
    let found = lines(sources([Counter(.runs, "failed", 2), Counter(.ticks, "bug", 1)]))
    for line in [
      "symphony_webhooks_total{result=\"hint\"} 0",
      "symphony_runs_total{outcome=\"failed\"} 2", "symphony_runs_total{outcome=\"timed_out\"} 0",
      "symphony_errors_total{category=\"run_stalled\"} 0",
      "symphony_errors_total{category=\"tick_workflow_invalid\"} 0",
      "symphony_errors_total{category=\"tick_bug\"} 1", "symphony_ticks_total{outcome=\"done\"} 0",
      "symphony_github_writebacks_total{type=\"ensure_pull_request\"} 0",
    ] { #expect(found.contains(line), "\(line)") }
    #expect(found.count { $0.hasPrefix("symphony_runs_total{") } == Outcome.allCases.count)
  }

  @Test func modelsAreBounded() {
    var many = sources()
    many.totals = (0..<60).map { number in
      var usage = Usage()
      usage.inputTokens = Int64(1000 - number)
      usage.costUSD = 1
      return UsageTotal(day: "2026-11-28", account: Account("a"), model: "m\(number)", usage: usage)
    }
    let costs = lines(many).filter { $0.hasPrefix("symphony_cost_usd_total{") }
    #expect(costs.count == MetricsReport.mostModels + 1)
    #expect(costs.last == "symphony_cost_usd_total{agent=\"other\",model=\"other\"} 10")
    #expect(costs.first == "symphony_cost_usd_total{agent=\"a\",model=\"m0\"} 1")
  }

  @Test func everyMetricHasHelpAndTypeOnce() {
    let found = lines(sources())
    let types = found.filter { $0.hasPrefix("# TYPE ") }
    #expect(Set(types).count == types.count)
    #expect(found.filter { $0.hasPrefix("# HELP ") }.count == types.count)
    #expect(found.allSatisfy { $0.hasPrefix("# ") || $0.hasPrefix("symphony_") })
  }
}
