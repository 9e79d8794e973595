// docs/status.svg, the picture in README.md: the screen that the program itself makes of a small
// world at a fixed time. Written by `make docs`, compared by every other run.
import FoundationEssentials
import SymphonyCore
import SymphonyReport
import Testing

@Suite struct PictureTests {
  private static var world: StateSources {
    let (first, second) = (
      RunRecord.sample(128, generation: 1) { $0.account = Account("claude_code") },
      RunRecord.sample(131, generation: 2) { $0.account = Account("codex") }
    )
    let items = needed + running + waiting + finished
    return .sample(
      items, runs: [first, second],
      seen: [
        first.id: .alive { progress in
          (progress.turn, progress.lastEvent) = (2, "running swift test --filter Parser")
          progress.usage = .of(182_000, 1.34)
        },
        second.id: .alive { progress in
          (progress.turn, progress.lastEvent) = (1, "editing Sources/Import/CSVReader.swift")
          progress.usage = .of(64_000, 0)
        },
      ]
    ) { sources in
      (sources.workflow, sources.stateDirectory) = (
        "~/src/app/WORKFLOW.md", "~/.local/state/symphony/app-5f0c9d1e"
      )
      for item in items {
        sources.changes[item.id] = LedgerEntry(
          item: item.id, at: noon - .minutes(Int64((item.number ?? 0) % 50) * 3),
          code: item.verdict, sentence: item.sentence)
      }
      sources.state.totals = [
        UsageTotal(
          day: String(noon.rfc3339.prefix(10)), account: Account("claude_code"), model: "sonnet",
          usage: .of(2_410_000, 7.85))
      ]
      sources.lastPoll = noon - .seconds(12)
      var tick = LastTick(
        startedAt: noon - .seconds(13), endedAt: noon - .seconds(12), trigger: "scheduled",
        outcome: "done", summary: "1 launched, 2 running")
      tick.queue = [133, 134].map { ItemID("I_\($0)") }
      sources.lastTick = tick
      sources.maxCostPerDay = 40
      sources.pollInterval = .seconds(30)
    }
  }

  private static func item(
    _ number: Int, _ title: String, _ verdict: String, _ sentence: String,
    _ edit: (inout ItemRecord) -> Void = { _ in }
  ) -> ItemRecord {
    .sample(number) { record in
      (record.title, record.verdict, record.sentence) = (title, verdict, sentence)
      edit(&record)
    }
  }

  private static var needed: [ItemRecord] {
    [
      .sample(119) { record in
        record.title = "Choose a database"
        StateSources.park(
          &record, .agentBlocked, "the agent says it is blocked: which one?")
        record.usage = .of(310_000, 1.92)
      }
    ]
  }

  private static var running: [ItemRecord] {
    [
      .launched(128, generation: 1) { $0.title = "Make the parser accept an empty file" },
      .launched(131) { $0.title = "Import CSV with quoted line ends" },
    ]
  }

  private static var waiting: [ItemRecord] {
    [
      item(
        133, "Speed up the cold start", "no_slot", "all 2 slots in use (agent.max_concurrent)"),
      item(134, "Ship the importer", "blocked_by", "waits for acme/app#131"),
    ]
  }

  private static var finished: [ItemRecord] {
    let request = PullRequestRef(number: 140, url: "https://github.com/acme/app/pull/140")
    return [
      item(125, "Retire the old API", "handed_off", "pull request #140 waits for a person") {
        $0.claim = .handedOff(Handoff(pullRequest: request))
        $0.usage = .of(912_000, 4.10)
      }
    ]
  }

  @Test func thePictureIsTheScreen() throws {
    let screen = StatusScreen(report: Self.world.report, width: 100)
    let svg = ScreenPicture(command: "symphony status", lines: screen.lines, width: 100).svg
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = "/\(root)/docs/status.svg"
    if ProcessInfo.processInfo.environment["SYMPHONY_WRITE_DOCS"] != nil {
      try svg.write(toFile: file, atomically: true, encoding: .utf8)
    }
    let isCurrent = try String(contentsOfFile: file, encoding: .utf8) == svg
    #expect(isCurrent, "docs/status.svg is not what the program shows: run `make docs`")
  }
}
