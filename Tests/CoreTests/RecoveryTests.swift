// What a recovery makes of the rows that are left and of what run directories tell: one row of the
// table each, then the laws that hold for all of them.
import SymphonyCore
import SymphonyTestSupport
import Testing

@Suite struct RecoveryTests {
  static let tag = "ab12cd"
  static let item = WorkItem.sample(1)

  /// A world in which issue 1 had `generation` runs, the last one as the evidence says.
  static func evidence(
    _ generation: Int, _ outcome: Outcome? = nil, alive: Bool = false,
    _ edit: (inout RunEvidence) -> Void = { _ in }
  ) -> RunEvidence {
    let record = ItemRecord(item: item, branch: "symphony/acme_app_1", now: noon)
    let id = RunID(workspace: record.workspace, stateTag: tag, generation: generation)
    var spec = RunSpec(
      runID: id, nonce: "nonce-\(generation)", purpose: .work, itemKey: item.key,
      repository: item.repository, generation: generation,
      paths: RunPaths(
        state: "/s", run: "/s/runs/\(id)", cache: "/s/repos/acme/app.git",
        workspace: "/s/workspaces/\(record.workspace)"),
      git: GitOrder(
        cloneURL: "https://github.com/acme/app.git", credentialScope: nil, baseBranch: "main",
        branch: record.branch, ownsBranch: generation > 1, fenceHead: nil, takeOver: false,
        debt: nil, settings: GitPolicy()),
      hooks: HookPolicy(), agent: AgentPolicy(), resume: nil, newSessionID: "s", attempt: nil,
      promptTemplate: "", promptLine: 1, workflowPath: "/p/WORKFLOW.md", skills: [],
      context: .object(["issue": .object(["number": .integer(1), "title": .string("Title")])]),
      nudge: [])
    spec.item = item.id
    var evidence = RunEvidence(id: id, launchedAt: noon + .minutes(Int64(generation)))
    evidence.spec = spec
    evidence.isAlive = alive
    evidence.era = "boot-1"
    if let outcome {
      evidence.result = RunResult(
        nonce: spec.nonce, runID: id, outcome: outcome, summary: "s",
        startedAt: evidence.launchedAt, endedAt: evidence.launchedAt + .seconds(30))
    }
    edit(&evidence)
    return evidence
  }

  static func recover(
    _ evidence: [RunEvidence], rows: StoredState = StoredState(),
    known: [RunRecord] = [], isOlder: Bool = true, pauses: Bool = true
  ) -> Recovery {
    let known = Dictionary((rows.runs + known).map { ($0.id, $0) }) { first, _ in first }
    return Recovery.plan(
      RecoveryFacts(
        rows: rows, known: known, evidence: evidence, stateTag: tag, now: noon + .hours(1),
        isOlder: isOlder, pauses: pauses))
  }

  /// The rows with a recovery carried out.
  static func carriedOut(_ recovery: Recovery, on rows: StoredState = StoredState()) -> StoredState
  {
    var (state, keys) = (rows, Set(rows.outbox.map(\.dedupeKey)))
    state.commit(recovery.changes, keys: &keys)
    for case .setFact(.recoveredAt, let text) in recovery.changes {
      state.recoveredAt = Int64(text).map { Timestamp(milliseconds: $0) }
    }
    return state
  }

  private func record(_ state: StoredState) throws -> ItemRecord {
    #expect(state.items.count == 1)
    return try #require(state.items.first)
  }

  // MARK: The newest run

  /// Of a worker that died with its branch on the remote: else its own fence would refuse it.
  @Test func aBranchIsOwnWhoseFenceOnlyTheProgressTells() throws {
    for isFenced in [false, true] {
      let died = Self.evidence(1) {
        $0.progress = RunProgress(nonce: "nonce-1", phase: .agent, phaseSince: noon)
        $0.progress?.fenced = isFenced
      }
      #expect(try record(Self.carriedOut(Self.recover([died]))).ownsBranch == isFenced)
    }
  }

  @Test func aLivingWorkerGoesOn() throws {
    let recovery = Self.recover([
      Self.evidence(1, .failed), Self.evidence(2, alive: true) { $0.spec?.git.fenceHead = "f00" },
    ])
    let state = Self.carriedOut(recovery)
    let record = try record(state)
    let run = try #require(state.runs.first)
    #expect(state.runs.count == 1 && record.claim == .running(run.id))
    #expect(run.generation == 2 && run.nonce == "nonce-2" && run.era == "boot-1")
    #expect(record.generation == 2 && record.runs == 2 && record.counters.launches == 2)
    #expect(record.counters.failures == 1 && record.ownsBranch && record.fenceHead == "f00")
    #expect(record.hasWorkspace && record.home?.workspace.hasPrefix("/s/workspaces/") == true)
    #expect(record.title == "Title" && record.number == 1 && record.id == Self.item.id)
    #expect(recovery.lines.map(\.code) == [.booked, .running, .paused])
  }

  @Test(
    "a run that has ended is left to the next tick",
    arguments: [Outcome.succeeded, .failed, .blocked, .timedOut, .stalled])
  func ended(outcome: Outcome) throws {
    let recovery = Self.recover([Self.evidence(1, outcome)])
    let state = Self.carriedOut(recovery)
    #expect(state.runs.map(\.nonce) == ["nonce-1"])
    #expect(try record(state).claim.state == .running)
    #expect(recovery.lines.contains { $0.code == .ended })
  }

  @Test func oneWithoutAResultHasVanished() throws {
    let recovery = Self.recover([Self.evidence(1)])
    #expect(Self.carriedOut(recovery).runs.count == 1)
    #expect(recovery.lines.contains { $0.code == .vanished })
  }

  @Test func oneThatWasStoppedIsParked() throws {
    let recovery = Self.recover([Self.evidence(1, .cancelled) { $0.result?.spend(2) }])
    let state = Self.carriedOut(recovery)
    let record = try record(state)
    guard case .parked(let parking) = record.claim else {
      Issue.record("\(record.claim)")
      return
    }
    #expect(parking.reason == .recovered && parking.sentence.contains("was stopped"))
    #expect(state.runs.isEmpty, "nobody settles it any more")
    #expect(state.totals.map(\.usage.costUSD) == [2] && record.usage.costUSD == 2)
  }

  @Test func oneThatCannotBeReadIsParkedWithItsPath() throws {
    let torn = Self.evidence(2, alive: true) {
      ($0.spec, $0.problem) = (nil, "cannot understand /s/runs/x/spec.json")
    }
    let recovery = Self.recover([Self.evidence(1, .failed), torn])
    let record = try record(Self.carriedOut(recovery))
    guard case .parked(let parking) = record.claim else {
      Issue.record("\(record.claim)")
      return
    }
    #expect(parking.sentence.contains("/s/runs/x/spec.json"))
    #expect(parking.sentence.contains("its worker lives"))
    #expect(record.generation == 2, "the next run must not have its name")
    // Nothing at all is known of an item whose only spec is torn.
    let alone = Self.recover([torn])
    #expect(!alone.changes.contains { if case .putItem = $0 { true } else { false } })
    #expect(alone.lines.contains { $0.code == .left })
  }

  @Test func aCleanUpIsNoReasonToWorkAgain() throws {
    let cleanUp = Self.evidence(2, .succeeded) { $0.spec?.purpose = .cleanUp }
    let recovery = Self.recover([Self.evidence(1, .succeeded), cleanUp])
    let state = Self.carriedOut(recovery)
    #expect(try record(state).claim.state == .parked)
    #expect(state.runs.map(\.purpose) == [.cleanUp])
    #expect(try record(state).runs == 1, "a clean-up is no run of an agent")
  }

  @Test func aCleanUpOfAnItemAtRestLeavesItAtRest() throws {
    let ends: [(Bool?, Claim.State)] = [(true, .handedOff), (nil, .parked)]
    for (goesOn, end) in ends {
      var rows = Self.rows(1)
      rows.runs = []
      rows.items[0].claim = .handedOff(Handoff(pullRequest: nil))
      let cleanUp = Self.evidence(2, .succeeded) {
        $0.spec?.purpose = .cleanUp
        $0.spec?.goesOn = goesOn
      }
      let state = Self.carriedOut(
        Self.recover([Self.evidence(1, .succeeded), cleanUp], rows: rows), on: rows)
      #expect(try record(state).claim.state == end)
      #expect(state.runs.map(\.id) == [cleanUp.id])
    }
  }

  @Test func anotherDirectorysRunsAreLeftAlone() {
    let foreign = Self.evidence(1) { $0.id = RunID("acme_app_1-ffffff-r1") }
    let recovery = Self.recover([foreign])
    #expect(recovery.lines.first?.code == .left)
    #expect(!recovery.changes.contains { if case .putItem = $0 { true } else { false } })
  }

  // MARK: Over rows that are left

  /// Rows in which issue 1 has its run of that generation alive.
  private static func rows(_ generation: Int) -> StoredState {
    var record = ItemRecord(item: item, branch: "symphony/acme_app_1", now: noon)
    let run = evidence(generation)
    record.generation = generation
    record.runs = generation
    record.claim = .running(run.id)
    record.counters.failures = 4
    record.lastLaunch = run.launchedAt
    var row = RunRecord(
      id: run.id, item: item.id, generation: generation, purpose: .work,
      nonce: "nonce-\(generation)", era: "boot-1", launchedAt: run.launchedAt)
    row.account = run.spec?.agent.account
    return StoredState(items: [record], runs: [row])
  }

  @Test func whatTheRowsKnowTheySay() {
    let rows = Self.rows(2)
    let runs = [Self.evidence(1, .failed), Self.evidence(2, alive: true)]
    let healthy = Self.recover(runs, rows: rows, isOlder: false)
    #expect(!healthy.isNeeded && healthy.changes.isEmpty && healthy.lines.isEmpty)
    let older = Self.recover(runs, rows: rows)
    #expect(older.isNeeded)
    #expect(Self.carriedOut(older, on: rows).items == rows.items)
  }

  @Test func runsThatTheRowsDoNotKnowAreBooked() throws {
    let rows = Self.rows(1)
    let recovery = Self.recover(
      [
        Self.evidence(1, .failed) { $0.result?.spend(1) },
        Self.evidence(2, .failed) { $0.result?.spend(2) },
        Self.evidence(4, alive: true),
      ], rows: rows, isOlder: false)
    let state = Self.carriedOut(recovery, on: rows)
    let record = try record(state)
    #expect(recovery.isNeeded)
    #expect(state.runs.map(\.generation) == [4])
    #expect(record.generation == 4 && record.runs == 4 && record.counters.failures == 6)
    #expect(record.usage.costUSD == 3 && state.totals.map(\.usage.costUSD) == [1, 2])
    #expect(record.lastLaunch == noon + .minutes(4))
  }

  @Test func aRowOfTheSameNameWithAnotherNonceNeverBegan() throws {
    var rows = Self.rows(2)
    rows.runs[0].nonce = "drawn after the copy was put back"
    let state = Self.carriedOut(
      Self.recover([Self.evidence(2, alive: true)], rows: rows, isOlder: false), on: rows)
    #expect(state.runs.map(\.nonce) == ["nonce-2"])
  }

  @Test func anOlderRunDirectoryChangesNothing() throws {
    let rows = Self.rows(3)
    let recovery = Self.recover([Self.evidence(2, .failed)], rows: rows, isOlder: false)
    #expect(recovery.changes.isEmpty)
  }

  @Test func debtsAreInDoubtAndRequestsAreAskedAgain() throws {
    var rows = Self.rows(1)
    rows.outbox = [
      OutboxEntry(
        id: 3, item: Self.item.id, dedupeKey: "k",
        payload: .closeIssue(CloseOrder(key: Self.item.key, repository: app, number: 1)),
        nonce: "n", createdAt: noon)
    ]
    rows.requests = [
      OperatorRequest(id: 1, kind: .retry, item: Self.item.id, by: "ann", why: "", at: noon),
      OperatorRequest(id: 2, kind: .stop, item: Self.item.id, by: "ann", why: "", at: noon),
    ]
    let recovery = Self.recover([], rows: rows)
    let state = Self.carriedOut(recovery, on: rows)
    #expect(state.outbox.map(\.tries) == [1])
    #expect(state.requests.map(\.kind) == [.stop], "a stop is safe to carry out twice")
    #expect(recovery.lines.map(\.code) == [.debtInDoubt, .requestDropped, .paused])
    #expect(state.holds.map(\.kind) == [.pause])
    #expect(
      Self.recover([], rows: rows, pauses: false).lines.contains { $0.code == .paused } == false)
  }

  // MARK: Laws

  @Test func twiceIsOnce() throws {
    let runs = [
      Self.evidence(1, .failed) { $0.result?.spend(1) }, Self.evidence(2, .succeeded),
      Self.evidence(3, alive: true),
    ]
    let first = Self.recover(runs)
    let state = Self.carriedOut(first)
    let settled = first.changes.compactMap { change -> RunRecord? in
      if case .putRun(let run) = change { run } else { nil }
    }
    let again = Self.recover(runs, rows: state, known: settled, isOlder: false)
    #expect(!again.isNeeded, "\(again.lines)")
  }

  @Test func noCounterIsLoweredAndNoLivingRunForgotten() throws {
    var dice = Dice(seed: 20)
    for _ in 0..<300 {
      let known = Int.random(in: 0...4, using: &dice)
      let rows = known == 0 ? StoredState() : Self.rows(known)
      let newest = Int.random(in: 1...6, using: &dice)
      let runs = (1...newest).filter { _ in Bool.random(using: &dice) }.map { generation in
        let outcome = Outcome.allCases.randomElement(using: &dice)
        return Self.evidence(
          generation, generation == newest ? nil : outcome, alive: generation == newest)
      }
      let state = Self.carriedOut(
        Self.recover(runs, rows: rows, isOlder: Bool.random(using: &dice)), on: rows)
      guard let record = state.items.first else {
        #expect(rows.items.isEmpty && runs.isEmpty)
        continue
      }
      #expect(record.generation >= max(known, runs.compactMap(\.spec?.generation).max() ?? 0))
      #expect(record.runs >= (rows.items.first?.runs ?? 0))
      #expect(record.counters.failures >= (rows.items.first?.counters.failures ?? 0))
      #expect(state.runs.count <= 1)
      if let alive = runs.first(where: \.isAlive), newest > known {
        #expect(state.runs.map(\.id) == [alive.id])
        #expect(record.claim == .running(alive.id))
      }
    }
  }

  // MARK: What the next ticks make of it

  @Test func settledAfterwardsItsDebtsAreLookedFor() throws {
    let state = Self.carriedOut(
      Self.recover([
        Self.evidence(1, .succeeded) {
          $0.result?.commitsAhead = 1
          $0.result?.push = .pushed(head: "abc")
        }
      ]))
    var world = World(1..<2)
    world.state = state
    world.now = noon + .hours(2)
    let run = try #require(state.runs.first)
    let result = try #require(Self.evidence(1, .succeeded).result)
    world.runs[run.id] = RunObservation(
      liveness: .ended(
        {
          var ended = result
          (ended.commitsAhead, ended.push) = (1, .pushed(head: "abc"))
          return ended
        }()))
    let plan = world.tick()
    #expect(plan.launches.isEmpty && world.claim(1) == "handed_off")
    #expect(world.debts(1) == ["ensure_pull_request", "comment"])
    for entry in world.state.outbox {
      #expect(entry.tries == 1, "\(entry.payload.kind) would be done without a look")
      #expect(entry.createdAt == run.launchedAt)
    }
    let comments = world.state.outbox.compactMap { entry -> CommentOrder? in
      if case .comment(let order) = entry.payload { order } else { nil }
    }
    #expect(comments.map(\.mayBeThere) == [true])
  }

  @Test func whatIsLaunchedLaterOwesAsAlways() throws {
    var world = World(1..<2)
    world.state.recoveredAt = noon - .hours(1)
    world.tick()
    world.finish(1, .succeeded) {
      $0.commitsAhead = 1
      $0.push = .pushed(head: "abc")
    }
    world.tick()
    #expect(!world.state.outbox.isEmpty && world.state.outbox.allSatisfy { $0.tries == 0 })
  }
}
