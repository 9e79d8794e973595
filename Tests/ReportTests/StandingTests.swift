// What is said of an item between two ticks: the row's own verdict, corrected by what the live run,
// the clock and the rows beside it show. Nothing of it needs a plan.
import SymphonyCore
import SymphonyReport
import Testing

@Suite struct StandingTests {
  private static let resting: [(Claim, ItemGroup)] = [
    (.unclaimed, .waiting),
    (
      .retrying(
        Retry(kind: .failure, deadline: Deadline(setAt: noon, delay: .seconds(9)), sentence: "x")),
      .retrying
    ),
    (.handedOff(Handoff(pullRequest: nil)), .handedOff),
    (.parked(Parking(reason: .noProgress, sentence: "x", since: noon, fingerprint: nil)), .parked),
    (.released(Release(reason: .merged, at: noon, pullRequest: nil)), .done),
  ]

  @Test(arguments: resting.indices)
  func withoutARunTheRowSpeaks(_ index: Int) {
    let (claim, group) = Self.resting[index]
    // A parked item's verdict is its parking's.
    let code = group == .parked ? "no_progress" : "some_code"
    let item = StateSources.sample([
      .sample(1) { record in
        record.claim = claim
        record.verdict = code
        record.sentence = "what the last tick said"
      }
    ]).first
    #expect(item.code == code && item.sentence == "what the last tick said")
    #expect(item.group == group && item.claim == claim.state.rawValue)
    #expect(item.needsHuman == (group == .parked))
    #expect(item.live == nil && item.run == nil && item.phase == nil)
  }

  /// A tick that only settles, as `--wait` makes at its end, leaves the verdict of the one before.
  @Test(arguments: ["launching", "running", "stopping"])
  func noVerdictOfARunOutlivesIt(_ code: String) {
    let retry = Retry(
      kind: .failure, deadline: Deadline(setAt: noon, delay: .seconds(9)), sentence: "x")
    let item = StateSources.sample([
      .sample(1) { ($0.claim, $0.verdict, $0.sentence) = (.retrying(retry), code, "at work") }
    ]).first
    #expect(item.code == "retry_waiting" && item.group == .retrying)
    #expect(item.sentence == "its run has ended: the next tick decides")
  }

  @Test func whatIsNotListedIsAGroupOfItsOwn() {
    let record = ItemRecord.sample(1) { $0.verdict = "not_listed" }
    #expect(StateSources.sample([record]).first.group == .unlisted)
  }

  @Test func aRowWithoutASentenceHasItFromTheLedger() {
    let record = ItemRecord.sample(1) { $0.sentence = "" }
    let entry = LedgerEntry(item: record.id, at: noon - .hours(3), code: "no_slot", sentence: "old")
    let known = StateSources.sample([record]) { $0.changes = [record.id: entry] }.first
    #expect(known.sentence == "old" && known.since?.text == (noon - .hours(3)).rfc3339)
    let unknown = StateSources.sample([record]).first
    #expect(unknown.sentence == "not looked at yet" && unknown.since == nil)
  }

  @Test func aLivingWorkerSpeaksForItself() throws {
    let item = StateSources.oneRun(
      .alive { progress in
        progress.turn = 3
        progress.lastEvent = "reads a file"
        progress.usage = .of(10, 0.5)
      }
    ).first
    #expect(item.code == "running" && item.group == .running)
    #expect(item.sentence == "an agent is at work, turn 3, phase agent")
    #expect(item.phase == .agent && item.turn == 3 && item.run == "acme_app_1-abc123-r2")
    #expect(item.runningTokens == 10 && item.runningCostUSD == 0.5)
    let live = try #require(item.live)
    #expect(live.life == .alive && live.generation == 2 && live.lastEvent == "reads a file")
    #expect(live.startedAt.text == (noon - .seconds(12)).rfc3339)
    #expect(live.phaseSince?.text == (noon - .seconds(5)).rfc3339)
  }

  @Test func aWorkerThatHasNotReportedIsLaunchingSince() {
    let item = StateSources.oneRun(RunObservation(liveness: .alive(RunObservation.Vitals()))).first
    #expect(item.code == "launching" && item.group == .running)
    #expect(
      item.sentence
        == "run 2 was launched at \((noon - .seconds(12)).rfc3339) (12s ago); "
        + "its worker lives, without a report yet")
    #expect(item.live?.life == .alive && item.live?.phase == nil)
  }

  @Test func anEndedRunWaitsToBeSettled() {
    let item = StateSources.oneRun(.ended(.failed, "the tests fail")).first
    #expect(item.sentence == "run 2 has ended, failed: the tests fail; the next tick settles it")
    #expect(item.live?.life == .ended && item.group == .running)
    #expect(
      StateSources.oneRun(.ended(.succeeded, "")).first.sentence
        == "run 2 has ended, succeeded; the next tick settles it")
  }

  @Test func aDeadWorkerIsSaidToBeGone() {
    var gone = RunObservation.alive { $0.turn = 1 }
    gone.liveness = .vanished(.died)
    let item = StateSources.oneRun(gone).first
    #expect(item.code == "running" && item.live?.life == .gone)
    #expect(item.sentence.hasSuffix("(12s ago); its worker is gone: the next tick settles it"))
    // Its last word is kept beside it, for whoever wants to know how far it came.
    #expect(item.phase == .agent && item.turn == 1)
    gone.leftovers = .some(1)
    #expect(
      StateSources.oneRun(gone).first.sentence
        .hasSuffix("its worker is gone and left processes behind: the next tick settles it"))
    #expect(
      StateSources.oneRun(RunObservation(liveness: .vanished(.neverStarted))).first.sentence
        .hasSuffix("no worker of it is there: the next tick settles it"))
  }

  @Test func withoutALookNobodySaysThatItLives() {
    let blind = StateSources.sample([.launched(1)], runs: [.sample(1)]) { sources in
      sources.poll = nil
      sources.workersProblem = "the disk is gone"
    }
    #expect(blind.first.live?.life == .unknown)
    #expect(blind.first.sentence.hasSuffix("its worker could not be looked at"))
    #expect(blind.report.workersProblem == "the disk is gone")
    #expect(StateSources.oneRun(nil).first.live?.life == .unknown)
    let unread = StateSources.oneRun(RunObservation(liveness: .unknown(why: "EIO"))).first
    #expect(unread.live?.life == .unknown)
    #expect(unread.sentence.hasSuffix("its worker could not be looked at: EIO"))
  }

  @Test func aStopThatWasOrderedIsSaid() {
    let item = StateSources.oneRun(.alive { $0.turn = 1 }) { run in
      run.stop = StopOrder(by: .operator, why: "stopped by ann", at: noon - .seconds(2))
    }.first
    #expect(item.code == "stopping" && item.sentence == "the run is being stopped: stopped by ann")
    #expect(item.live?.stop?.by == .operator && item.live?.stop?.why == "stopped by ann")
  }

  @Test func aCleanUpIsNoWork() {
    let item = StateSources.oneRun(.alive { _ in }, purpose: .cleanUp).first
    #expect(item.code == "cleaning_up" && item.sentence == "removing its workspace")
    var released = ItemRecord.sample(1)
    released.claim = .released(Release(reason: .merged, at: noon, pullRequest: nil))
    let run = RunRecord.sample(1, purpose: .cleanUp)
    let gone = StateSources.sample(
      [released], runs: [run], seen: [run.id: RunObservation(liveness: .vanished(.neverStarted))]
    ).first
    #expect(gone.group == .done && gone.code == "cleaning_up")
    #expect(gone.sentence.hasSuffix("no worker of it is there: the next tick settles it"))
  }

  @Test(arguments: ["retry_waiting", "unpushed"], [-1, 0, 1])
  func aRetryWhoseTimeHasComeSaysSo(_ code: String, seconds: Int64) {
    let at = noon + .seconds(seconds)
    let sources = StateSources.sample([
      .sample(1) { record in
        record.claim = .retrying(
          Retry(
            kind: .failure, deadline: Deadline(setAt: at - .seconds(50), delay: .seconds(50)),
            sentence: "the agent failed"))
        record.verdict = code
        record.unpushed = "0123456789abcdef"
        record.sentence = "runs again at \(at.rfc3339): the agent failed"
      }
    ])
    let report = StateReport(sources)
    let item = sources.first
    let due = "due since \(at.rfc3339): the next tick decides"
    let told =
      code == "unpushed"
      ? "commit 0123456789ab is not pushed yet: the agent failed; \(due)"
      : "\(due); the agent failed"
    #expect(
      item.sentence == (seconds <= 0 ? told : "runs again at \(at.rfc3339): the agent failed"))
    #expect(item.retryAt?.text == at.rfc3339 && item.code == code)
    // No line names the time as one that is still to come.
    let detail = StatusDetail(report: report, item: item).lines.map(\.plain)
    #expect(
      detail.contains(
        "  again       \(seconds <= 0 ? "due since " : "")\(at.rfc3339): the agent failed"))
    let screen = StatusScreen(report: report, width: 200).lines.map(\.plain)
    for line in screen + detail where seconds <= 0 {
      #expect(!line.contains("runs again at") && !line.contains("next try at"), "\(line)")
    }
  }

  @Test func aPauseThatEndedIsNoReasonAnyMore() {
    let record = ItemRecord.sample(1) {
      $0.verdict = "paused"
      $0.sentence = "paused: lunch"
    }
    let pause = Hold(kind: .pause, scope: "", why: "lunch", until: nil, setAt: noon)
    #expect(
      StateSources.sample([record]) { $0.state.holds = [pause] }.first.sentence == "paused: lunch")
    #expect(
      StateSources.sample([record]).first.sentence
        == "paused: lunch; resumed since: the next tick decides")
    let ended = Hold(
      kind: .pause, scope: "", why: "lunch", until: Deadline(setAt: noon, delay: .zero),
      setAt: noon - .hours(1))
    #expect(
      StateSources.sample([record]) { $0.state.holds = [ended] }.first.sentence
        == "paused: lunch; the pause's end has come: the next tick decides")
  }

  private func held(_ kind: Hold.Kind, _ scope: String, ends seconds: Int64) -> Hold {
    let setAt = noon - .minutes(10)
    return Hold(
      kind: kind, scope: scope, why: "limit",
      until: Deadline(setAt: setAt, delay: .minutes(10) + .seconds(seconds)), setAt: setAt)
  }

  @Test func aHoldWhoseEndHasPassedSaysSo() {
    let record = ItemRecord.sample(1) {
      $0.verdict = "held"
      $0.sentence = "held until noon: limit"
    }
    func told(_ holds: [Hold], runs: [RunRecord] = []) -> String {
      StateSources.sample([record], runs: runs) { $0.state.holds = holds }.first.sentence
    }
    let over = "held until noon: limit; the hold's end has come: the next tick decides"
    for kind in [Hold.Kind.tracker, .agent] {
      #expect(told([held(kind, "command", ends: 1)]) == "held until noon: limit")
      #expect(told([held(kind, "command", ends: -1)]) == over)
    }
    #expect(told([held(.remote, app.folded, ends: -1)]) == over)
    #expect(told([held(.remote, app.folded, ends: 1)]) == "held until noon: limit")
    let lifted = "held until noon: limit; the hold is lifted: the next tick decides"
    #expect(told([]) == lifted)
    // Of another repository, and a pause: neither is what it waits for.
    #expect(told([held(.remote, "acme/lib", ends: 1), held(.pause, "", ends: 1)]) == lifted)
    // A run of another item that may be the one that tries.
    #expect(
      told([held(.agent, "command", ends: -1)], runs: [.sample(2)]) == "held until noon: limit")
    let report = StateSources.sample([]) { sources in
      sources.state.holds = [held(.agent, "a", ends: -1), held(.tracker, "", ends: 1)]
    }.report
    #expect(report.holds.map(\.hasPassed) == [true, false])
    #expect(report.holds[0].since.text == (noon - .minutes(10)).rfc3339)
  }

  /// `codex` and `command/codex` are two accounts.
  @Test func anOperatorsHoldIsOfOneAccount() {
    let words = "command/codex is held by an operator (`symphony resume command/codex` lifts it)"
    let record = ItemRecord.sample(1) {
      $0.verdict = "held"
      $0.sentence = "held until noon: \(words): lunch"
    }
    func told(_ account: String) -> String {
      let holds = [held(.byOperator, account, ends: 1)]
      return StateSources.sample([record]) { $0.state.holds = holds }.first.sentence
    }
    #expect(told("command/codex") == record.sentence)
    #expect(told("codex") == "\(record.sentence); the hold is lifted: the next tick decides")
  }

  @Test func theDaysMoneyIsBackOnTheNextDay() {
    let record = ItemRecord.sample(1) {
      $0.verdict = "over_budget"
      $0.sentence = "nothing starts before midnight: spent"
    }
    func told(_ lastTick: Timestamp?) -> String {
      StateSources.sample([record]) { sources in
        sources.lastTick = lastTick.map {
          LastTick(startedAt: $0, endedAt: $0, trigger: "scheduled", outcome: "done", summary: "")
        }
      }.first.sentence
    }
    #expect(told(noon - .seconds(30)) == record.sentence && told(nil) == record.sentence)
    #expect(
      told(noon - .days(1)) == record.sentence + "; a new day has begun: the next tick decides")
  }

  @Test func whatCommandsAskedForIsSaidUntilATickAnswers() {
    let request = OperatorRequest(
      kind: .stop, item: ItemID("I_1"), by: "ann", why: "wrong branch", at: noon)
    var sources = StateSources.oneRun(.alive { $0.turn = 1 })
    sources.state.requests = [
      request, OperatorRequest(kind: .retry, item: ItemID("I_2"), by: "bob", why: "", at: noon),
    ]
    #expect(
      sources.first.sentence
        == "an agent is at work, turn 1, phase agent; "
        + "stop asked for 0s ago by ann: the next tick carries it out")
    #expect(sources.first.requests.map(\.why) == ["wrong branch"])
    sources.now = noon + .seconds(12)
    sources.state.requests = [
      OperatorRequest(kind: .retry, item: ItemID("I_1"), by: "ann", why: "", at: noon)
    ]
    #expect(
      sources.first.brief(at: Moment(sources.now))
        == "retry asked for 12s ago by ann: carried out once its run has ended")
  }
}
