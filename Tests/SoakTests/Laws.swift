// What must be true after each simulated tick, whatever happened. The world itself notes what it sees
// done (two workers of an item, an effect that comes twice); here are the laws about the rows.
import SymphonyCore
import SymphonyTestSupport
import SymphonyTick

@testable import SymphonyStore

struct Laws {
  let world: SimulatedWorld
  let rows: SQLiteStore
  /// Ticks in a row in which an item was not looked at.
  private var unseen: [ItemID: Int] = [:]
  private var found: [String] = []
  /// The rows after the tick before this one.
  private var before = StoredState()

  init(world: SimulatedWorld, rows: SQLiteStore) {
    self.world = world
    self.rows = rows
  }

  /// The rows before the first tick.
  mutating func begin(_ rows: StoredState) { before = rows }

  /// `report`: nil of a tick that was killed.
  /// - Returns: what was violated; empty: nothing.
  mutating func check(_ after: StoredState, _ report: TickReport?) throws -> [String] {
    found = []
    checkRows(after)
    checkAttempts(after)
    checkCommits(after)
    checkPieces(after)
    if after.runs != before.runs || report?.plan?.effects.isEmpty == false { try checkMoney(after) }
    if let report { checkPlan(report) }
    before = after
    return found + world.with { $0.violations }
  }

  private mutating func expect(_ holds: Bool, _ violation: @autoclosure () -> String) {
    if !holds { found.append(violation()) }
  }

  private func wasStarted(_ run: RunID) -> Bool {
    world.with { $0.runs[run]?.wasStarted == true }
  }

  /// Claims fit runs; numbers only grow; nobody is forgotten.
  private mutating func checkRows(_ after: StoredState) {
    let records = Dictionary(after.items.map { ($0.id, $0) }) { first, _ in first }
    for old in before.items {
      guard let record = records[old.id] else {
        found.append("\(old.key) is forgotten")
        continue
      }
      expect(record.generation >= old.generation, "the generation of \(old.key) went back")
      // What was never launched counts as no run.
      let untried = before.runs.count { run in
        run.item == old.id && !after.runs.contains { $0.id == run.id } && !wasStarted(run.id)
      }
      expect(record.runs >= old.runs - untried, "the runs of \(old.key) went back")
      expect(
        record.usage.totalTokens >= old.usage.totalTokens, "the spending of \(old.key) went back")
    }
    let live = Dictionary(grouping: after.runs, by: \.item)
    for (item, runs) in live.sorted(by: { $0.key < $1.key }) {
      expect(runs.count == 1, "\(item) has \(runs.count) live rows")
    }
    for record in after.items {
      let run = live[record.id]?.first
      if case .running(let id) = record.claim {
        expect(run?.id == id, "\(record.key) runs without a row")
      } else {
        expect(run?.purpose != .work, "\(record.key) has a live run and is \(record.claim.state)")
      }
    }
    var owed: Set<String> = []
    for entry in after.outbox {
      expect(owed.insert(entry.dedupeKey).inserted, "\(entry.dedupeKey) is owed twice")
    }
  }

  /// A run spends one attempt at most, and only one that had a worker.
  ///
  /// Launches that came to nothing are forgiven three times in a row, and then spend one each.
  private mutating func checkAttempts(_ after: StoredState) {
    let records = Dictionary(after.items.map { ($0.id, $0) }) { first, _ in first }
    let live = Set(after.runs.map(\.id))
    let settled = Dictionary(grouping: before.runs.filter { !live.contains($0.id) }, by: \.item)
    for old in before.items {
      guard let record = records[old.id], record.counters.failures != old.counters.failures else {
        continue
      }
      if record.counters.failures == 0 { continue }
      let ended = settled[old.id]?.first { $0.purpose == .work }
      expect(
        record.counters.failures == old.counters.failures + 1 && ended != nil,
        "\(old.key) went from \(old.counters.failures) to \(record.counters.failures) failures")
      guard let ended else { continue }
      let (wasStarted, era) = world.with { truth in
        (truth.runs[ended.id]?.wasStarted == true, "boot-\(truth.era)")
      }
      expect(
        wasStarted || old.counters.earlyVanishes >= 3,
        "\(old.key) paid an attempt for a launch that came to nothing")
      expect(
        ended.era == era || world.with { $0.runs[ended.id]?.result != nil },
        "\(old.key) paid an attempt for a restart of the machine")
    }
  }

  /// Every commit is on a branch, in a workspace that a row names, or kept under a name.
  private mutating func checkCommits(_ after: StoredState) {
    let named = Set(after.items.filter(\.hasWorkspace).compactMap { $0.home?.workspace })
    let lost = world.with { truth -> [String] in
      var safe = truth.kept
      for commits in truth.branches.values { safe.formUnion(commits) }
      return truth.workspaces.sorted { $0.key < $1.key }.flatMap { path, commits in
        named.contains(path) ? [] : commits.filter { !safe.contains($0) }
      }
    }
    expect(lost.isEmpty, "\(lost) lie in a workspace that no row names")
  }

  /// A piece goes its way and never back: whoever had it, has it until it is answered.
  private mutating func checkPieces(_ after: StoredState) {
    let now = Dictionary(after.pieces.map { ($0.place, $0) }) { first, _ in first }
    let released = Set(after.items.filter { $0.claim.isReleased }.map(\.id))
    for old in before.pieces {
      guard let piece = now[old.place] else {
        found.append("\(old.place) is forgotten")
        continue
      }
      expect(piece.words == old.words, "\(old.place) says something else")
      let isAllowed =
        switch (old.state, piece.state) {
        case (.answered, let state): state == .answered
        case (.handed, .dropped): released.contains(old.item)
        case (.handed, let state): state == .handed || state == .answered
        case (.seen, let state): state != .answered && state != .ignored
        case (.dropped, let state), (.ignored, let state): state != .answered
        }
      expect(isAllowed, "\(old.place) went from \(old.state) to \(piece.state)")
      expect(
        piece.generation ?? 0 >= old.generation ?? 0, "\(old.place) went back to an older run")
    }
  }

  /// What the settled runs spent is booked, once.
  private mutating func checkMoney(_ after: StoredState) throws {
    let live = Set(after.runs.map(\.id))
    let known = Set(after.items.map(\.id))
    var booked: Int64 = 0
    for total in try rows.totals(day: nil) { booked += total.usage.totalTokens }
    let spent = world.with { truth -> Int64 in
      var sum: Int64 = 0
      for (id, run) in truth.runs where !live.contains(id) && known.contains(run.item) {
        sum += run.spent.believed.total.totalTokens
      }
      return sum
    }
    expect(booked == spent, "\(booked) tokens are booked, \(spent) were spent")
  }

  private mutating func checkPlan(_ report: TickReport) {
    guard let plan = report.plan, let snapshot = report.snapshot else {
      expect(report.exit != .bug, report.problem ?? "")
      return
    }
    let work = plan.launches.filter { $0.run.purpose == .work }
    let isPaused = snapshot.state.holds.contains {
      $0.kind == .pause && $0.isInForce(at: snapshot.now)
    }
    expect(!isPaused || work.isEmpty, "a launch in a pause")
    expect(snapshot.policyProblem == nil || work.isEmpty, "a launch by a broken WORKFLOW.md")
    expect(
      (snapshot.freeMegabytes ?? 0) >= snapshot.policy.workspace.minFreeMegabytes || work.isEmpty,
      "a launch on a full disk")
    checkAccounts(plan, snapshot)
    checkStops(plan, snapshot)
    guard report.exit == .done else { return }
    for verdict in plan.verdicts {
      if case .notChecked = verdict.reason {
        unseen[verdict.item, default: 0] += 1
        expect(unseen[verdict.item, default: 0] < 20, "\(verdict.key) is not looked at")
      } else {
        unseen[verdict.item] = 0
      }
    }
  }

  /// Nothing starts for an account that is held, and is not let go of by this very plan.
  private mutating func checkAccounts(_ plan: Plan, _ snapshot: Snapshot) {
    for hold in snapshot.state.holds where hold.isInForce(at: snapshot.now) {
      guard hold.kind == .agent || hold.kind == .byOperator else { continue }
      if plan.changes.contains(.deleteHold(kind: hold.kind, scope: hold.scope)) { continue }
      let started = plan.launches.filter { order in
        order.run.purpose == .work && order.run.account?.text == hold.scope
          && order.item.unpushed == nil
      }
      expect(started.isEmpty, "a launch for \(hold.scope), which is held")
    }
  }

  /// A run is stopped for what an answer says, or because an operator asked; never for want of an
  /// answer.
  private mutating func checkStops(_ plan: Plan, _ snapshot: Snapshot) {
    for case .stop(let id, let key, let why, .reconcile) in plan.effects {
      guard let run = snapshot.state.runs.first(where: { $0.id == id }), run.stop == nil,
        let record = snapshot.state.items.first(where: { $0.id == run.item })
      else { continue }
      let request = snapshot.survey.pullRequest(of: HeadRef(record.repository, record.branch))
      let (known, isGone) = snapshot.survey.told(of: run.item)
      let isOut = known.map { item in
        item.state == .closed
          || Eligibility.runningObstacle(item, policy: snapshot.policy.tracker) != nil
      }
      expect(
        isGone || request?.state == .merged || isOut == true,
        "\(key) is stopped for nothing: \(why)")
      expect(!snapshot.survey.isCached, "\(key) is stopped by a stored answer")
    }
  }

  /// What goes on by itself, or is kept back by what nobody has to mend.
  static func waiting(_ report: TickReport?) -> [Verdict] {
    (report?.plan?.verdicts ?? []).filter { verdict in
      switch verdict.reason {
      // A released item whose workspace the workflow wants kept: a person has to see to it.
      case .wait(.unpushed): !isReleased(verdict.item, report)
      case .run, .wait, .notChecked, .hindrance: true
      case .rest, .obstacle: false
      }
    }
  }

  private static func isReleased(_ item: ItemID, _ report: TickReport?) -> Bool {
    let record = report?.snapshot?.state.items.first { $0.id == item }
    return if case .released? = record?.claim { true } else { false }
  }

  /// Nothing is left to do, nobody lives, no debt is owed, and the database is whole.
  func checkRest(_ report: TickReport?) throws -> [String] {
    var violations: [String] = []
    let state = try rows.load()
    if let effects = report?.plan?.effects, !effects.isEmpty {
      violations.append("it never comes to rest: \(effects.map { "\($0.name) \($0.subject)" })")
    }
    violations += Self.waiting(report).map { "\($0.key) waits for ever: \($0.reason.sentence)" }
    violations += state.runs.map { "\($0.id) never ends" }
    violations += state.outbox.map { "\($0.dedupeKey) is never paid: \($0.lastError)" }
    let living = world.with { truth in
      truth.launched.filter { truth.runs[$0].map { $0.isAlive || $0.leftovers > 0 } == true }
    }
    violations += living.map { "\($0) lives, and nobody knows of it" }
    let uncleared = world.with { truth in
      truth.launched.filter {
        truth.runs[$0].map { $0.isUncleared && !$0.isForgotten } == true
      }
    }
    violations += uncleared.map { "private files of \($0) stay for ever" }
    do { try rows.quickCheck() } catch { violations.append("the database is damaged: \(error)") }
    return violations
  }
}

extension Piece {
  /// Names it in a message, and among all.
  fileprivate var place: String { "\(item) \(id.kind) \(id.key) \(id.version)" }
}
