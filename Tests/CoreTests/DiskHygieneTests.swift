// What may go of what a state directory keeps, as tables, and what the plan makes of it.
import SymphonyCore
import SymphonyTestSupport
import Testing

@Suite struct DiskHygieneTests {
  // MARK: Runs

  /// Runs of one item, each as old in days and as large in MB as it says, oldest first.
  private func fates(
    _ runs: [(days: Int64, megabytes: Int64)], _ edit: (inout Policy) -> Void = { _ in }
  ) -> [RunFate] {
    let ended = runs.enumerated().map { index, run in
      EndedRun(
        RunID("a-t-r\(index + 1)"), age: .days(run.days), bytes: run.megabytes * 1_000_000)
    }
    return DiskHygiene.runs(ended, .sample(edit))
  }

  @Test func runsGoByNumberAgeAndSizeButNeverTheFirstAndTheNewest() {
    #expect(fates([]) == [])
    #expect(fates([(900, 900)]) == [.newest])
    #expect(fates([(900, 900), (800, 900)]) == [.first, .newest])
    #expect(
      fates([(9, 1), (8, 1), (7, 1), (6, 1)]) { $0.workspace.keptRuns = 2 }
        == [.first, .beyondNumber, .recent, .newest])
    #expect(
      fates([(200, 1), (91, 1), (89, 1), (5, 1)]) == [.first, .beyondAge, .recent, .newest])
    #expect(
      fates([(200, 1), (91, 1), (5, 1)]) { $0.retention.runDays = nil }
        == [.first, .recent, .newest])
    #expect(
      fates([(9, 10), (8, 10), (7, 10), (6, 10)]) { $0.retention.runsMaxMegabytes = 30 }
        == [.first, .beyondSize, .recent, .newest])
    #expect(
      fates([(9, 90), (8, 1), (7, 1), (6, 90)]) { $0.retention.runsMaxMegabytes = 30 }
        == [.first, .beyondSize, .beyondSize, .newest])
    // What goes anyway makes room.
    #expect(
      fates([(9, 10), (8, 10), (7, 10), (6, 10)]) {
        ($0.workspace.keptRuns, $0.retention.runsMaxMegabytes) = (2, 30)
      } == [.first, .beyondNumber, .recent, .newest])
  }

  @Test func ofAnUnknownAgeNothingGoesForIt() {
    let runs = [1, 2, 3].map { EndedRun(RunID("a-t-r\($0)")) }
    #expect(DiskHygiene.runs(runs, .sample()) == [.first, .recent, .newest])
  }

  @Test func aTickForgetsAFewAndFirstWhatIsHalfGone() {
    var world = World(1..<2)
    world.policy.workspace.keptRuns = 1
    world.otherRuns = (1...60).map { RunID("a-t-r\($0)") }
    world.halfForgotten = [RunID("b-t-r1")]
    let gone = world.tick().effects.compactMap { effect in
      if case .forget(let run) = effect { run } else { nil }
    }
    #expect(gone == [RunID("b-t-r1")] + (2...20).map { RunID("a-t-r\($0)") })
  }

  @Test func oldRunsAreForgottenByTheTimeTheyWereChanged() {
    var world = World(1..<2)
    world.otherRuns = (1...3).map { RunID("a-t-r\($0)") }
    world.changedAt = [RunID("a-t-r2"): world.now - .days(91)]
    #expect(world.tick().effects.contains(.forget(RunID("a-t-r2"))))
    // A clock was set back: nobody knows how old it is.
    world.changedAt = [RunID("a-t-r2"): world.now + .days(1)]
    #expect(!world.tick().effects.contains(.forget(RunID("a-t-r2"))))
  }

  // MARK: Workspaces

  private struct Case: Sendable {
    var name: String
    var edit: @Sendable (inout ItemRecord) -> Void
    var policy: @Sendable (inout Policy) -> Void = { $0.workspace.maxAgeDays = 10 }
    var isBusy = false
    var fate: WorkspaceFate
  }

  private static let handedOff = Claim.handedOff(
    Handoff(pullRequest: PullRequestRef(number: 7, url: "u")))

  private static func resting(
    _ edit: @escaping @Sendable (inout ItemRecord) -> Void = { _ in }
  ) -> @Sendable (inout ItemRecord) -> Void {
    { record in
      record.claim = handedOff
      record.lastLaunch = noon - .days(11)
      edit(&record)
    }
  }

  private static let cases: [Case] = [
    Case(name: "unclaimed", edit: { _ in }, fate: .atWork),
    Case(name: "running", edit: { $0.claim = .running(RunID("r")) }, fate: .atWork),
    Case(
      name: "retrying",
      edit: {
        let due = Deadline(setAt: noon, delay: .zero)
        $0.claim = .retrying(Retry(kind: .push, deadline: due, sentence: ""))
        $0.lastLaunch = noon - .days(90)
      }, fate: .atWork),
    Case(name: "at rest for long", edit: resting(), fate: .beyondAge),
    Case(name: "no limit", edit: resting(), policy: { _ in }, fate: .resting),
    Case(name: "at rest", edit: resting { $0.lastLaunch = noon - .days(10) }, fate: .resting),
    Case(name: "a run of it lives", edit: resting(), isBusy: true, fate: .underWay),
    Case(
      name: "a push is owed", edit: resting { $0.unpushed = "0123456789abcdef" },
      fate: .unpushed("commit 0123456789ab is on no branch of the remote")),
    Case(
      name: "unfinished work", edit: resting { $0.left.commit = "0123456789abcdef" },
      fate: .unpushed("commit 0123456789ab is only on branch b in its workspace")),
    Case(
      name: "a dead worker", edit: resting { $0.left.isUnknown = true },
      fate: .unpushed(
        "its worker died: what its agent committed since is only on branch b in its workspace")),
    Case(
      name: "commits under a name", edit: resting { $0.left.keep(["x is kept"]) },
      fate: .unpushed("x is kept")),
    Case(
      name: "refused, and not due",
      edit: resting {
        $0.cleanUpProblem = "a file"
        $0.cleanUpAfter = Deadline(setAt: noon, delay: .days(1))
      }, fate: .refused("a file")),
    Case(
      name: "refused, and due",
      edit: resting {
        $0.cleanUpProblem = "a file"
        $0.cleanUpAfter = Deadline(setAt: noon - .days(1), delay: .days(1))
      }, fate: .beyondAge),
    Case(
      name: "parked",
      edit: resting {
        $0.claim = .parked(
          Parking(reason: .agentBlocked, sentence: "", since: noon, fingerprint: nil))
      }, fate: .beyondAge),
    Case(
      name: "done", edit: { $0.claim = released(.merged) }, fate: .done),
    Case(
      name: "done and owed",
      edit: {
        $0.claim = released(.closed)
        $0.unpushed = "abc"
      }, fate: .done),
    Case(
      name: "wanted", edit: { $0.claim = released(.merged) },
      policy: { $0.workspace.removeOnTerminal = false }, fate: .wanted),
  ]

  private static func released(_ reason: ReleaseReason) -> Claim {
    .released(Release(reason: reason, at: noon, pullRequest: nil))
  }

  private static func record(_ number: Int) -> ItemRecord {
    var record = ItemRecord(item: .sample(number), branch: "b", now: noon - .days(99))
    record.hasWorkspace = true
    return record
  }

  @Test func theTableOfWorkspaces() {
    for row in Self.cases {
      var record = Self.record(1)
      row.edit(&record)
      let fates = DiskHygiene.workspaces(
        [record], busy: row.isBusy ? [record.id: .work] : [:], sizes: DiskSizes(),
        .sample(row.policy),
        now: noon)
      #expect(fates[record.id] == row.fate, "\(row.name)")
      #expect(row.fate.sentence(.sample(row.policy)) != "", "\(row.name)")
    }
    var gone = Self.record(1)
    gone.hasWorkspace = false
    #expect(
      DiskHygiene.workspaces([gone], busy: [:], sizes: DiskSizes(), .sample(), now: noon).isEmpty)
  }

  /// However many clean-ups came after it, and whatever the clock says.
  @Test func theLastWordsOfAnAgentStay() {
    var ended = (1...9).map { EndedRun(RunID("a-r\($0)"), age: .days(500)) }
    ended[2].hasTranscript = true
    let policy = Policy.sample { $0.workspace.keptRuns = 2 }
    let fates = DiskHygiene.runs(ended, policy)
    #expect(fates.indices.filter { !fates[$0].goes } == [0, 2, 8])
    let leapt = DiskHygiene.runs(ended, policy, agesCount: false)
    #expect(leapt.indices.filter { !leapt[$0].goes } == [0, 2, 7, 8])
  }

  /// What a clean-up found is asked again when its time has come: somebody may have pushed it.
  @Test func whatACleanUpFoundIsAskedAgain() {
    var record = Self.record(1)
    record.claim = Self.handedOff
    record.left.commit = "beef"
    record.lastLaunch = noon - .days(99)
    let policy = Policy.sample { $0.workspace.maxAgeDays = 30 }
    func fate(agesCount: Bool = true) -> WorkspaceFate? {
      DiskHygiene.workspaces(
        [record], busy: [:], sizes: DiskSizes(), policy, now: noon, agesCount: agesCount)[record.id]
    }
    #expect(fate()?.isForWork == true && fate()?.goes == false)
    record.cleanUpProblem = "the workspace stays: commit beef"
    record.cleanUpAfter = Deadline(setAt: noon - .days(1), delay: .days(4))
    #expect(fate() == .refused("the workspace stays: commit beef"))
    record.cleanUpAfter = Deadline(setAt: noon - .days(9), delay: .days(4))
    #expect(fate() == .beyondAge && fate(agesCount: false) == .resting)
  }

  @Test func beyondTheSizeThoseGoThatRestLongest() {
    let ages: [Int64] = [3, 1, 2, 4, 5]
    var records = ages.enumerated().map { index, days in
      var record = Self.record(index + 1)
      record.claim = Self.handedOff
      record.lastLaunch = noon - .days(days)
      return record
    }
    records[3].unpushed = "abc"
    var sizes = DiskSizes()
    sizes.at = noon
    for record in records { sizes.workspaces[record.workspace.text] = 1_000_000_000 }
    // Of a workspace that was worked in since nothing is known.
    var later = records
    later[4].lastLaunch = noon + .hours(1)
    let three = Policy.sample { $0.workspace.maxGigabytes = 4 }
    let fates = DiskHygiene.workspaces(later, busy: [:], sizes: sizes, three, now: noon)
    #expect(fates.values.allSatisfy { !$0.goes }, "four are known, and there is room for them")
    func gone(_ limit: Int?, busy: [ItemID: RunPurpose] = [:]) -> [Int] {
      let policy = Policy.sample { $0.workspace.maxGigabytes = limit }
      let fates = DiskHygiene.workspaces(records, busy: busy, sizes: sizes, policy, now: noon)
      return records.indices.filter { fates[records[$0].id] == .beyondSize }.map { $0 + 1 }
    }
    #expect(gone(nil) == [] && gone(5) == [])
    #expect(gone(4) == [5])
    #expect(gone(3) == [1, 5])
    #expect(gone(1) == [1, 2, 3, 5], "the one with work stays")
    #expect(gone(4, busy: [.issue(5): .work]) == [1])
    #expect(gone(4, busy: [.issue(5): .cleanUp]) == [], "it makes room already")
  }

  /// Its clean-up leaves the mark beside the branch, as that of an item that goes on: the release
  /// waits for its end and asks for one more.
  @Test func aReleaseWhileTheWorkspaceGoesTakesTheMarkToo() throws {
    for isOperators in [true, false] {
      var world = World(1..<2)
      world.policy.workspace.maxAgeDays = 10
      handOff(&world)
      world.now = world.now + .days(10) + .hours(1)
      #expect(world.tick().launches.first?.run.purpose == .cleanUp)
      if isOperators { world.ask(.release, 1) } else { world.setPullRequest(.merged) }
      world.tick()
      #expect(world.claim(1) == "handed_off")
      world.finish(1, .succeeded) { $0.removed = true }
      let plan = world.tick()
      #expect(plan.launches.first?.run.purpose == .cleanUp && world.claim(1) == "released")
      #expect(plan.launches.first?.item.ownsBranch == true)
      world.finish(1, .succeeded) { $0.removed = true }
      #expect(!world.tick().has("clean_up") && world.record(1)?.home == nil)
    }
  }

  @Test func theWorkspaceOfAnItemAtRestGoesAndComesAgainInItsPlace() throws {
    var world = World(1..<2)
    world.policy.workspace.maxAgeDays = 10
    handOff(&world)
    let before = try #require(world.record(1))
    #expect(world.claim(1) == "handed_off" && before.session != nil)
    world.now = world.now + .days(10) + .hours(1)
    let plan = world.tick()
    let order = try #require(plan.launches.first)
    #expect(order.run.purpose == .cleanUp)
    #expect(world.claim(1) == "handed_off")
    world.finish(1, .succeeded) { $0.removed = true }
    #expect(!world.tick().has("clean_up"))
    let after = try #require(world.record(1))
    #expect(!after.hasWorkspace && after.home == before.home && after.session == before.session)
    #expect(after.ownsBranch && world.claim(1) == "handed_off")
    // Done while it has none: what is left is the mark beside its branch, which one more takes.
    world.setPullRequest(.merged)
    #expect(world.tick().launches.first?.run.purpose == .cleanUp)
    world.finish(1, .succeeded) { $0.removed = true }
    world.tick()
    #expect(world.claim(1) == "released" && world.record(1)?.home == nil)
    #expect(!world.tick().has("clean_up"))
  }

  @Test func whatACleanUpFindsKeepsItAndIsNamed() throws {
    var world = World(1..<2)
    world.policy.workspace.maxAgeDays = 1
    handOff(&world)
    world.now = world.now + .days(2)
    #expect(world.tick().has("clean_up"))
    world.finish(1, .succeeded) { $0.summary = "the workspace stays: 1 file" }
    #expect(!world.tick().has("clean_up"))
    let kept = try #require(world.record(1))
    #expect(kept.cleanUpProblem == "the workspace stays: 1 file" && kept.cleanUpFailures == 1)
    world.now = world.now + .days(3)
    #expect(!world.tick().has("clean_up"))
    world.now = world.now + .days(1)
    #expect(world.tick().has("clean_up"), "a person may have put it away")
    world.finish(1, .succeeded) {
      $0.head = "abc"
      $0.push = .unpushed(head: "abc", why: "w")
    }
    world.tick()
    let named = try #require(world.record(1))
    #expect(named.left.commit == "abc" && named.unpushed == nil, "it is no finished work")
    world.now = world.now + .days(7)
    #expect(!world.tick().has("clean_up"), "more and more rarely")
    // What kept it says nothing once it is done.
    world.setPullRequest(.merged)
    #expect(world.tick().has("clean_up"))
    #expect(world.record(1)?.cleanUpProblem == nil)
  }

  private func handOff(_ world: inout World) {
    world.watches = true
    world.tick()
    world.finish(1, .succeeded) {
      ($0.commitsAhead, $0.madeProgress, $0.turns) = (1, true, 1)
      $0.push = .pushed(head: "abc")
      ($0.fenced, $0.session) = (true, SessionRef(id: "s"))
    }
    world.tick()
    world.deliverAll(pullRequest: 5)
  }

  // MARK: Caches and the rest

  @Test func theTableOfCaches() {
    var user = Self.record(1)
    user.home = WorkspaceHome(cache: "/c/a/b.git", workspace: "/w/1")
    var resting = user
    (resting.hasWorkspace, resting.claim) = (false, Self.handedOff)
    var done = user
    (done.hasWorkspace, done.claim) = (false, Self.released(.merged))
    func fate(
      _ items: [ItemRecord], rest days: Int64?, problem: String? = nil, limit: Int? = 90
    ) -> CacheFate {
      var cache = SeenCache(path: "/c/a/b.git")
      cache.rest = days.map { .days($0) }
      cache.problem = problem
      return DiskHygiene.cache(cache, items: items, .sample { $0.retention.cachesDays = limit })
    }
    #expect(fate([], rest: 91) == .unused)
    #expect(fate([done], rest: 91) == .unused)
    #expect(fate([], rest: 90) == .recent)
    #expect(fate([], rest: 900, limit: nil) == .recent)
    #expect(fate([], rest: nil) == .holdsWork)
    #expect(fate([], rest: 91, problem: "no") == .unreadable("no"))
    #expect(fate([done, user], rest: 91) == .used(by: user.key, others: 0))
    #expect(fate([resting, user], rest: 91) == .used(by: user.key, others: 1))
    #expect([CacheFate.unused].allSatisfy(\.goes) && !CacheFate.holdsWork.goes)
  }

  @Test func whatARecoveryReplacedGoesByAge() {
    let policy = Policy.sample()
    #expect(DiskHygiene.damagedGoes(age: .days(91), policy))
    #expect(!DiskHygiene.damagedGoes(age: .days(90), policy))
    #expect(!DiskHygiene.damagedGoes(age: nil, policy))
    #expect(!DiskHygiene.damagedGoes(age: .days(9_000), .sample { $0.retention.damagedDays = nil }))
  }
}
