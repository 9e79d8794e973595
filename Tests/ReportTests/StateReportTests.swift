// The report as a value, whole and from rows alone: counts, money, debts, holds, order; and that
// JSON of it reads back as the same, with every key there whether its value is known or not.
import SymphonyCore
import SymphonyReport
import Testing

@Suite struct StateReportTests {
  /// Everything a report can hold, at once.
  private static var full: StateSources {
    let run = RunRecord.sample(2) { run in
      run.model = "large"
      run.stop = StopOrder(by: .budget, why: "spent", at: noon)
    }
    let waiting = ItemRecord.sample(3) { record in
      record.number = nil
      record.claim = .retrying(
        Retry(
          kind: .failure, deadline: Deadline(setAt: noon, delay: .minutes(1)), sentence: "failed"))
    }
    return .sample(
      [.launched(2), handedOff, waiting], runs: [run],
      seen: [run.id: .alive { $0.usage = .of(5, 0.5) }]
    ) { sources in
      sources.latestRuns = [handedOff.id: settled, run.item: run]
      sources.changes = [
        handedOff.id: LedgerEntry(
          item: handedOff.id, at: noon - .hours(2), code: "handed_off", sentence: "x")
      ]
      var hold = Hold(
        kind: .agent, scope: "command", why: "limit",
        until: Deadline(setAt: noon, delay: .hours(1)), setAt: noon)
      hold.needsOperator = true
      sources.state.holds = [hold, Hold(kind: .pause, scope: "", why: "", until: nil, setAt: noon)]
      sources.state.outbox = [debt(handedOff.id, .pending)]
      sources.refused = [debt(handedOff.id, .refused)]
      sources.state.requests = [
        OperatorRequest(kind: .retry, item: handedOff.id, by: "ann", why: "again", at: noon)
      ]
      sources.state.totals = [
        UsageTotal(
          day: "2030-03-16", account: Account("command"), model: "small", usage: .of(999, 99)),
        UsageTotal(
          day: String(noon.rfc3339.prefix(10)), account: Account("command"), model: "small",
          usage: .of(70, 0.25)),
        UsageTotal(
          day: String(noon.rfc3339.prefix(10)), account: Account("command"), model: "",
          usage: .of(3, 0)),
      ]
      sources.lastPoll = noon - .seconds(30)
      sources.lastTick = LastTick(
        startedAt: noon - .seconds(31), endedAt: noon - .seconds(29), trigger: "scheduled",
        outcome: "will_retry", summary: "1 launched, 1 running")
      sources.trackerProblem = "GitHub cannot be reached"
      sources.workflowProblem = "WORKFLOW.md:1:1: no"
      sources.trackerUse = TrackerUse(
        points: 3, requests: 2, ceiling: 100,
        graphql: TrackerUse.Window(limit: 5000, remaining: 4999, resetAt: Moment(noon)),
        rest: nil)
      sources.maxCostPerDay = 1
      sources.dollarLimits = ["agent.max_cost_usd_per_day"]
    }
  }

  private static var settled: RunRecord {
    .sample(1, generation: 1) { run in
      run.phase = .settled
      run.outcome = .succeeded
      run.settledAt = noon - .minutes(2)
      run.summary = "done"
      run.model = "small"
      run.spent = [TurnUsage(turn: 1, model: "small", usage: .of(70, 0.25))]
    }
  }

  private static var handedOff: ItemRecord {
    .sample(1) { record in
      let request = PullRequestRef(number: 9, url: "https://github.com/acme/app/pull/9")
      record.claim = .handedOff(Handoff(pullRequest: request))
      record.pullRequest = request
      record.status = "Human Review"
      record.runs = 1
      record.usage = .of(70, 0.25)
      record.lastLaunch = noon - .hours(1)
      record.hasWorkspace = true
      record.home = WorkspaceHome(cache: "/s/repos/a.git", workspace: "/s/workspaces/a")
      record.unpushed = "0123456789abcdef"
      (record.verdict, record.sentence) = ("handed_off", "waits for a person")
    }
  }

  private static func debt(_ item: ItemID, _ state: OutboxEntry.State) -> OutboxEntry {
    var entry = OutboxEntry(
      item: item, dedupeKey: "\(state)",
      payload: .comment(
        CommentOrder(
          repository: app, key: ItemKey(repository: app, reference: "1"), number: 1, text: "t")),
      nonce: "n", createdAt: noon - .minutes(5))
    entry.state = state
    entry.tries = 2
    entry.nextTry = Deadline(setAt: noon, delay: .minutes(4))
    entry.lastError = "no answer"
    return entry
  }

  @Test func itemsStandInTheOrderOfTheirKeysAndAreCountedOnceEach() {
    let report = Self.full.report
    #expect(report.items.map(\.key) == ["acme/app#1", "acme/app#2", "acme/app#3"])
    #expect(
      report.counts == [
        "running": 1, "retrying": 1, "waiting": 0, "handed_off": 1, "parked": 0, "done": 0,
        "unlisted": 0,
      ])
    #expect(report.counts.values.reduce(0, +) == report.items.count)
    #expect(StateSources.sample([]).report.counts.values.allSatisfy { $0 == 0 })
    #expect(StateSources.sample([.sample(1), .sample(2)]).report.counts["waiting"] == 2)
  }

  @Test func moneyIsTodaysAndOfTheLivingRuns() {
    let report = Self.full.report
    #expect(report.usageToday.map(\.model) == ["small", ""])
    #expect(report.usageToday.map(\.costUSD) == [0.25, 0])
    #expect(report.usageRunning.tokens == 5 && report.usageRunning.costUSD == 0.5)
    #expect(report.spentUSDToday == 0.75 && report.maxCostUSDPerDay == 1)
    #expect(
      report.warnings == [
        "command reports no dollars: agent.max_cost_usd_per_day cannot bind; "
          + "set agent.max_tokens_per_item"
      ])
    var free = Self.full
    free.dollarLimits = []
    #expect(free.report.warnings.isEmpty)
  }

  @Test func aClaimNobodyBelievesCountsForNothingButTheItem() throws {
    let run = RunRecord.sample(1)
    let wild = Usage.of(5, 5_000)
    let sources = StateSources.sample(
      [.launched(1)], runs: [run],
      seen: [
        run.id: .alive { progress in
          progress.usage = wild
          progress.spent = [TurnUsage(turn: 1, model: "m", usage: wild)]
        }
      ])
    #expect(sources.report.usageRunning.costUSD == 0 && sources.first.runningCostUSD == 5_000)
    #expect(try #require(sources.first.doubt).contains("is not believed"))
  }

  @Test func debtsAreTheItemsOwnAndRefusedOnesAreMarked() {
    let report = Self.full.report
    #expect(report.items[0].debts.map(\.isRefused) == [false, true])
    #expect(report.items[0].debts.map(\.tries) == [2, 2])
    #expect(report.items[0].debts.first?.nextTry.text == (noon + .minutes(4)).rfc3339)
    #expect(report.items[1].debts.isEmpty)
  }

  @Test func theLastRunIsTheLivingOneOrTheLatest() throws {
    let report = Self.full.report
    let settled = try #require(report.items[0].lastRun)
    #expect(settled.outcome == .succeeded && settled.turns.map(\.inputTokens) == [70])
    let living = try #require(report.items[1].lastRun)
    #expect(living.id == report.items[1].run && living.outcome == nil && living.settledAt == nil)
    #expect(report.items[2].lastRun == nil)
  }

  @Test func whatIsLeftBehindIsNamedWithItsPlace() {
    let item = Self.full.report.items[0]
    #expect(
      item.leftBehind == [
        "commit 0123456789ab is only on branch symphony/acme_app_1 in its workspace /s/workspaces/a"
      ])
    #expect(item.workspace == "/s/workspaces/a" && item.unpushed == "0123456789abcdef")
  }

  @Test func jsonReadsBackAsTheSame() throws {
    for sources in [Self.full, .sample([]), .sample([.sample(1)])] {
      let report = sources.report
      let text = try ReportJSON.text(of: report)
      #expect(try ReportJSON.read(text, as: StateReport.self) == report)
      #expect(try ReportJSON.text(of: ReportJSON.read(text, as: StateReport.self)) == text)
    }
    var answer = TickAnswer(exitCode: 1, dryRun: true, stateDirectory: "/s")
    answer.verdicts = Self.full.report.items.map(\.verdict)
    answer.actions = [TickAnswer.Entry(News.holdLifted(kind: "pause"))]
    answer.error = "no"
    answer.requests = 3
    let read = try ReportJSON.read(ReportJSON.text(of: answer), as: TickAnswer.self)
    #expect(read == answer && read.notModified == nil)
  }

  private static let keys = [
    "at", "counts", "github", "holds", "items", "last_poll", "last_tick", "late",
    "max_concurrent", "max_cost_usd_per_day", "not_listed",
    "spent_usd_today", "state_directory", "today", "tracker_problem", "usage_running",
    "usage_today",
    "version", "warnings", "workers_problem", "workflow", "workflow_problem",
  ]
  private static let itemKeys = [
    "because", "branch", "claim", "code", "cost_usd", "debts", "done_at", "doubt", "failures",
    "first_seen", "group",
    "id", "key", "last_launch", "last_run", "left_behind", "live", "needs_human", "number", "phase",
    "pull_request", "queue_position", "repository", "requests", "retry_at", "run",
    "running_cost_usd", "running_tokens", "runs", "section", "sentence", "since", "status", "title",
    "tokens", "turn", "unpushed",
    "url", "workspace",
  ]
  private static let liveKeys = [
    "agent", "cost_usd", "generation", "id", "last_event", "life", "model", "phase", "phase_since",
    "purpose", "started_at", "stop", "tokens", "turn",
  ]

  @Test func everyKeyIsThereAlsoWithoutAValue() throws {
    func keys(_ sources: StateSources) throws -> Structure {
      try ReportJSON.read(ReportJSON.text(of: sources.report), as: Structure.self)
    }
    let (rich, poor) = (try keys(Self.full), try keys(.sample([.sample(1)])))
    for report in [rich, poor] {
      #expect(report.objectValue?.keys.sorted() == Self.keys)
      #expect(report["items"]?.listValue?.first?.objectValue?.keys.sorted() == Self.itemKeys)
    }
    let live = rich["items"]?.listValue?.compactMap { $0["live"]?.objectValue }.first
    #expect(live?.keys.sorted() == Self.liveKeys)
    for key in ["since", "number", "status", "retry_at", "live", "last_run", "pull_request"] {
      #expect(poor["items"]?.listValue?.first?[key] == (key == "number" ? .integer(1) : .null))
    }
    for key in ["last_poll", "last_tick", "github", "workflow_problem", "max_cost_usd_per_day"] {
      #expect(poor[key] == .null && rich[key] != .null, "\(key)")
    }
    #expect(poor["version"] == .integer(1))
    #expect(rich["github"]?["rest"] == .null)
    let tick = try ReportJSON.read(
      ReportJSON.text(of: TickAnswer(exitCode: 0, dryRun: false, stateDirectory: "/s")),
      as: Structure.self)
    #expect(tick["error"] == .null && tick["requests"] == .null)
  }

  @Test func aKeyAnOlderVersionDidNotWriteReadsAsUnknown() throws {
    let text = try ReportJSON.text(of: Self.full.report)
    let written = try ReportJSON.read(text, as: Structure.self)
    var object = try #require(written.objectValue)
    object["last_tick"] = nil
    object["one_of_a_newer_version"] = .list([.null])
    let older = try ReportJSON.text(of: Structure.object(object))
    #expect(try ReportJSON.read(older, as: StateReport.self).lastTick == nil)
  }

  @Test func timesAreWholeSecondsAndNothingElse() throws {
    for (milliseconds, text) in [
      (Int64(1_700_000_000_999), "2023-11-14T22:13:20Z"), (-1, "1970-01-01T00:00:00Z"),
      (.min, "1970-01-01T00:00:00Z"), (.max, "9999-12-31T23:59:59Z"),
    ] {
      let moment = Moment(Timestamp(milliseconds: milliseconds))
      #expect(moment.text == text)
      #expect(try ReportJSON.read(ReportJSON.text(of: [moment]), as: [Moment].self) == [moment])
    }
    #expect(throws: DecodingError.self) {
      try ReportJSON.read("[\"yesterday\"]", as: [Moment].self)
    }
  }

  @Test func whatATerminalObeysIsEscapedInTheValue() throws {
    let hostile = "a\u{1B}[2Jb\u{9B}c\u{202E}d"
    let sources = StateSources.oneRun(.alive { $0.lastEvent = hostile })
    let text = try ReportJSON.text(of: sources.report)
    #expect(!text.unicodeScalars.contains { $0.isInvisible })
    #expect(
      try ReportJSON.read(text, as: StateReport.self).items[0].live?.lastEvent == hostile)
  }

  /// What `top` prints again where it cannot draw.
  @Test func timeAndTicksAloneAreNoNews() {
    func hasNews(_ sources: StateSources) -> Bool {
      var then = sources
      then.now = noon
      return sources.report.hasNews(since: Self.full.report, thenTold: then.report)
    }
    var later = Self.full
    later.now = noon + .minutes(3)
    later.lastPoll = later.now
    later.lastTick = LastTick(
      startedAt: later.now, endedAt: later.now, trigger: "scheduled", outcome: "done", summary: "")
    #expect(!hasNews(later))
    var late = later
    late.pollInterval = .seconds(30)
    late.lastTick?.calledAt = noon - .hours(1)
    #expect(hasNews(late))
    var asked = later
    asked.state.requests = []
    #expect(hasNews(asked))
  }

  @Test func theDayIsCounted() {
    var sources = Self.full
    func run(_ number: Int, _ edit: (inout RunRecord) -> Void) -> RunRecord {
      .sample(number, generation: 1, edit)
    }
    sources.runsToday = [
      run(1) { $0.launchedAt = noon - .hours(1) },
      run(2) { run in
        run.launchedAt = noon - .days(1)
        (run.phase, run.outcome, run.settledAt) = (.settled, .timedOut, noon - .hours(2))
      },
      run(3) { run in
        run.launchedAt = noon - .hours(3)
        (run.phase, run.outcome, run.settledAt) = (.settled, .cancelled, noon - .hours(2))
      },
      run(4) { $0.purpose = .cleanUp },
    ]
    func entry(_ number: Int, _ code: String, _ at: Timestamp) -> LedgerEntry {
      LedgerEntry(item: ItemID("I_\(number)"), at: at, code: code, sentence: "")
    }
    sources.ledgerToday = [
      entry(1, "handed_off", noon - .hours(5)), entry(1, "handed_off", noon - .hours(2)),
      entry(2, "handed_off", noon - .days(1)), entry(3, "pushed_only", noon - .hours(1)),
      entry(4, "no_slot", noon),
    ]
    let today = sources.report.today
    #expect(today.dispatched == 2 && today.handedOff == 2 && today.failed == 1, "\(today)")
  }
}
