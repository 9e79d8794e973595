// A world with an item of every section and kind of trouble, at noon, for golden transcripts of the
// screen. Asserts nothing.
import SymphonyCore
import SymphonyReport

extension StateSources {
  static var everyKind: StateSources {
    let running = RunRecord.sample(4) { $0.model = "large" }
    let dead = RunRecord.sample(12, generation: 1)
    let items =
      needed + [
        .launched(4) { $0.title = "Make the importer stream its input" },
        .launched(12, generation: 1) { $0.title = "Fix the flaky timer" },
      ] + waiting + finished
    return .sample(
      items, runs: [running, dead],
      seen: [
        running.id: .alive { progress in
          (progress.turn, progress.lastEvent) = (3, "running swift test --filter Importer")
          progress.usage = .of(41_000, 0.75)
        },
        dead.id: RunObservation(liveness: .vanished(.died)),
      ]
    ) { sources in
      for item in items {
        sources.changes[item.id] = LedgerEntry(
          item: item.id, at: noon - .minutes(Int64(item.number ?? 0) * 7), code: item.verdict,
          sentence: item.sentence)
      }
      var refused = OutboxEntry(
        item: ItemID("I_21"), dedupeKey: "refused",
        payload: .comment(
          CommentOrder(
            repository: app, key: ItemKey(repository: app, reference: "21"), number: 21, text: "")),
        nonce: "n", createdAt: noon - .minutes(5))
      (refused.state, refused.lastError, refused.tries) = (.refused, "the issue is locked", 1)
      sources.refused = [refused]
      sources.state.requests = [
        OperatorRequest(
          kind: .retry, item: ItemID("I_1"), by: "ann", why: "", at: noon - .seconds(9))
      ]
      sources.state.holds = [
        Hold(
          kind: .agent, scope: "claude-code", why: "weekly limit",
          until: Deadline(setAt: noon, delay: .hours(1)), setAt: noon)
      ]
      sources.state.totals = [
        UsageTotal(
          day: String(noon.rfc3339.prefix(10)), account: Account("claude-code"), model: "large",
          usage: .of(120_000, 4.25))
      ]
      sources.lastPoll = noon - .seconds(20)
      var tick = LastTick(
        startedAt: noon - .seconds(20), endedAt: noon - .seconds(18), trigger: "scheduled",
        outcome: "done", summary: "1 launched, 2 running")
      tick.queue = [10, 2, 7].map { ItemID("I_\($0)") }
      sources.lastTick = tick
      sources.maxCostPerDay = 20
      sources.pollInterval = .seconds(30)
    }
  }

  private static var needed: [ItemRecord] {
    [
      .sample(1) { record in
        record.title = "Say which database\nto use"
        park(&record, .agentBlocked, "the agent asks: PostgreSQL or Redis?")
      },
      .sample(11) { record in
        record.title = "Retire the old API"
        record.usage = .of(2_000_000, 12.5)
        record.hasWorkspace = true
        record.home = WorkspaceHome(cache: "/s/repos/a.git", workspace: "/s/workspaces/11")
        park(
          &record, .attemptsExhausted, "3 attempts in a row failed, the last: exit status 1")
      },
    ]
  }

  private static var waiting: [ItemRecord] {
    [
      .sample(2) { $0.title = "日本語の件名をそのまま表示する" },
      .sample(10) { $0.title = "Older, so it comes first" },
      .sample(7) { record in
        record.title = "Speed up the cold start"
        record.runs = 1
        record.usage = .of(950, 0)
        record.claim = .retrying(
          Retry(
            kind: .failure, deadline: Deadline(setAt: noon, delay: .minutes(4)),
            sentence: "the agent ended with exit status 1"))
        (record.verdict, record.sentence) = (
          "retry_waiting",
          "runs again at \((noon + .minutes(4)).rfc3339): the agent ended with exit status 1"
        )
      },
      .sample(8) { record in
        record.title = "Ship it"
        (record.verdict, record.sentence) = ("blocked_by", "waits for acme/app#7")
      },
      .sample(9) { record in
        record.title = "Push me"
        record.runs = 1
        record.unpushed = "0123456789abcdef"
        record.hasWorkspace = true
        record.home = WorkspaceHome(cache: "/s/repos/a.git", workspace: "/s/workspaces/9")
        record.claim = .retrying(
          Retry(
            kind: .push, deadline: Deadline(setAt: noon, delay: .minutes(2)),
            sentence: "the remote hung up"))
        let next = (noon + .minutes(2)).rfc3339
        (record.verdict, record.sentence) = (
          "unpushed",
          "commit 0123456789ab is not pushed yet: the remote hung up; next try at \(next)"
        )
      },
    ]
  }

  private static var finished: [ItemRecord] {
    let request = PullRequestRef(number: 90, url: "https://github.com/acme/app/pull/90")
    func released(_ number: Int, _ title: String, at: Timestamp) -> ItemRecord {
      .sample(number) { record in
        record.title = title
        record.claim = .released(Release(reason: .merged, at: at, pullRequest: request))
        (record.verdict, record.sentence) = ("done", "done: pull request #90 was merged")
        record.usage = .of(9_000, 0.5)
      }
    }
    func left(_ number: Int, _ code: String, _ sentence: String) -> ItemRecord {
      .sample(number) { ($0.verdict, $0.sentence) = (code, sentence) }
    }
    return [
      .sample(20) { record in
        record.title = "Handed off"
        record.claim = .handedOff(Handoff(pullRequest: request))
        record.pullRequest = request
        (record.verdict, record.sentence) = (
          "handed_off",
          "pull request #90 waits for a person: https://github.com/acme/app/pull/90"
        )
      },
      .sample(21) { record in
        record.title = "Handed off, with a refused comment"
        record.claim = .handedOff(Handoff(pullRequest: request))
        (record.verdict, record.sentence) = (
          "handed_off", "pull request #91 waits for a person: https://github.com/acme/app/pull/91"
        )
      },
      released(30, "Merged today", at: noon - .minutes(50)),
      released(31, "Merged last week", at: noon - .days(7)),
      left(40, "label_missing", "lacks the required label symphony"),
      left(41, "label_missing", "lacks the required label symphony"),
      left(
        42, "author_not_trusted",
        "its author mallory may not start runs (tracker.trusted_authors)"),
      left(50, "not_listed", "not among the open issues that match the workflow"),
    ]
  }

  static func park(
    _ record: inout ItemRecord, _ reason: ParkingReason, _ detail: String
  ) {
    record.claim = .parked(
      Parking(reason: reason, sentence: detail, since: noon - .hours(3), fingerprint: nil))
    record.runs = 2
    (record.verdict, record.sentence) = (reason.rawValue, detail)
  }
}
