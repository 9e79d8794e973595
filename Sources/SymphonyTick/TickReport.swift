// The report of a tick: the plan, what came of it, the exit code, and the one summary line that is
// printed only when something changed.
import SymphonyCore
import SymphonyPlatform

package struct TickReport: Sendable {
  package var exit: ExitCode
  package var plan: Plan?
  package var snapshot: Snapshot?
  /// An error to print, and its hint.
  package var problem: String?
  package var hint: String?
  /// Lines worth a person's attention.
  package var notes: [String] = []
  /// False when the plan could not be committed: then none of it happened.
  var isCommitted = true
  var carried = CarriedOut()
  /// Troubles that last, as this tick saw them; nil: it could not look.
  var troubles: SeenTroubles?
  /// Its news was told to the scheduler's channel, or waits there for its turn.
  package var isTold = false
  /// What was asked of the tracker, for metrics.
  package var trackerTime = TrackerTime()
  /// Another tick held the lock.
  package var wasBusy = false
  /// Of a wait: what was parked when it began, and is so since.
  package var parkedBefore: Set<ItemKey> = []
  /// No tick can settle anything before a person has mended the state; a full disk may get room by
  /// itself.
  package var isStateUnusable = false

  init(exit: ExitCode, problem: String? = nil, hint: String? = nil, note: String? = nil) {
    self.exit = exit
    self.problem = problem
    self.hint = hint
    if let note { notes = [note] }
  }

  init(plan: Plan, snapshot: Snapshot) {
    exit = .done
    self.plan = plan
    self.snapshot = snapshot
    // A timer's tick would repeat them every 30 s; the verdict of the damaged item says it too.
    notes = plan.notes + (snapshot.trigger == .manual ? snapshot.survey.notices : [])
  }

  static func state(_ error: StoreError) -> TickReport {
    var report = TickReport(exit: .state, problem: error.sentence, hint: error.hint)
    report.noteStateError(error)
    return report
  }
  /// What kept the lock from being taken in a state directory.
  static func state(_ error: PlatformError, in directory: String) -> TickReport {
    guard case .readOnly(let what) = StoreError.of(error) else {
      return state(StoreError.of(error))
    }
    return state(.readOnly("the state in \(directory) cannot be written: \(what)"))
  }

  private mutating func noteStateError(_ error: StoreError) {
    if case .full = error { return }
    if case .operator = error.disposition { isStateUnusable = true }
  }

  /// The planner left items without a verdict: nothing it planned can be relied on.
  static func bug(_ unjudged: [ItemKey]) -> TickReport {
    TickReport(
      exit: .bug,
      problem: unjudged.map(\.text).joined(separator: ", ")
        + ": no part of the planner gave it a verdict",
      hint: "this is a bug of symphony: nothing was changed; report it with what "
        + "`symphony status --json` says")
  }

  /// Something that was due is left to the next tick.
  var wasCutShort: Bool { carried.cutShort || (isCommitted && plan?.leavesDebts == true) }
  package var failures: [String] { carried.failures }
  package var launched: Int { carried.launched }
  package var delivered: Int { carried.delivered }

  mutating func note(_ text: String, _ code: ExitCode) {
    notes.append(text)
    exit = code
  }

  /// The order of what waits; nil: this tick did not see the list the order comes from.
  var freshQueue: [ItemID]? {
    guard let plan, case .items? = snapshot?.survey.candidates else { return nil }
    return plan.queue
  }

  /// A problem that a person has to mend already stays in front.
  mutating func cannotBeNoted(_ error: StoreError) {
    guard exit == .done || exit == .willRetry else { return }
    exit = .state
    problem = error.sentence
    hint = error.hint
    noteStateError(error)
  }

  /// The same report with another end.
  package func ending(_ code: ExitCode, _ note: String?) -> TickReport {
    var ended = self
    ended.exit = code
    ended.problem = note
    ended.hint = note == nil ? nil : "`symphony status` tells more"
    return ended
  }

  mutating func absorb(_ second: TickReport) {
    let first = self
    self = second
    notes = first.notes + second.notes
    isTold = first.isTold && second.isTold
    if second.exit == .done, first.exit != .done {
      exit = first.exit
      problem = first.problem
      hint = first.hint
    }
    carried.launched += first.carried.launched
    carried.cleanUps += first.carried.cleanUps
    carried.delivered += first.carried.delivered
    carried.deliveries = first.carried.deliveries + second.carried.deliveries
    carried.failures = first.carried.failures + second.carried.failures
    carried.news = first.carried.news + second.carried.news
    if var plan = second.plan, let earlier = first.plan {
      plan.effects = earlier.effects + plan.effects
      plan.news = earlier.news + plan.news
      self.plan = plan
    }
  }

  /// Runs that nobody could look at stand still: a tick that leaves them so is no success.
  ///
  /// `problem`: why the executor did not answer at all; nil: it did.
  mutating func noteUnseenWorkers(_ problem: String?) {
    if let problem { carried.failures.append("cannot look at the workers: \(problem)") }
    guard let snapshot, let observations = snapshot.runs?.runs else { return }
    for run in snapshot.state.runs {
      guard case .unknown(let why)? = observations[run.id]?.liveness else { continue }
      let key = snapshot.state.items.first { $0.id == run.item }?.key.text ?? run.item.text
      carried.failures.append("\(key): the worker of \(run.id) could not be looked at: \(why)")
    }
  }

  /// Why an item cannot start before a person has mended something that neither WORKFLOW.md nor the
  /// state is to blame for; nil: none is kept back by that.
  package var hindrance: String? {
    for case .hindrance(let hindrance) in (plan?.verdicts ?? []).map(\.reason) {
      switch hindrance {
      case .agentUnavailable(let why), .repositoryUnfit(let why): return why
      case .paused, .policyInvalid, .overBudget, .workspaceAbsent, .diskLow, .inodesLow,
        .otherRepository, .cleanUpFailed:
        continue
      }
    }
    return nil
  }

  /// 78 before 69 before 1: what a person has to mend comes first.
  mutating func conclude(trackerProblem: TrackerError?, policyProblem: String?) {
    if wasCutShort { notes.append("the rest is left to the next tick") }
    if !carried.failures.isEmpty || wasCutShort || hindrance != nil { exit = .willRetry }
    if let trackerProblem {
      exit = .tracker
      problem = trackerProblem.sentence
      hint = trackerProblem.hint
      if case .misconfigured = trackerProblem { exit = .workflow }
    }
    if let absent = snapshot?.absentFolders.first {
      exit = .state
      problem = absentSentence
      hint = absent.hint
    }
    if let trouble = carried.stateTrouble {
      exit = .state
      problem = trouble
      hint = "free disk space, or make the state directory writable; the next tick goes on"
    }
    if let policyProblem {
      exit = .workflow
      problem = policyProblem
      hint =
        "running work is still looked after with the last good WORKFLOW.md; nothing new is started"
    }
  }

  /// Each named directory that is not there, once.
  private var absentSentence: String {
    let absent = snapshot?.absentFolders ?? []
    let sentences = Set(absent.map(\.sentence)).sorted()
    return sentences.joined(separator: "; ") + ": nothing is launched that has its place there"
  }

  /// All that is told: what was planned, and what the answers to deliveries changed.
  package var news: [News] { (plan?.news ?? []) + carried.news }
  /// The news, then the effects in the order in which they are carried out.
  package var entries: [any PlanEntry] {
    (news as [any PlanEntry]) + ((plan?.effects ?? []) as [any PlanEntry])
  }

  /// Nil when nothing changed.
  package var summary: String? {
    guard isCommitted, let plan else { return nil }
    let isQuiet = news.isEmpty && !plan.effects.contains { $0.isNoteworthy }
    if isQuiet, carried.delivered == 0 { return nil }
    var counts = [("launched", carried.launched), ("cleaning up", carried.cleanUps)]
    func count(_ name: String, news matches: (News) -> Bool) {
      counts.append((name, news.count(where: matches)))
    }
    func count(_ name: String, effects matches: (Effect) -> Bool) {
      counts.append((name, plan.effects.count(where: matches)))
    }
    func count(_ name: String, claim state: Claim.State) {
      count(name, news: { if case .claimChanged(_, _, state, _) = $0 { true } else { false } })
    }
    count("settled", news: { if case .settled = $0 { true } else { false } })
    count("stopping", effects: { if case .stop = $0 { true } else { false } })
    count("killed", effects: { if case .kill = $0 { true } else { false } })
    count("swept", effects: { if case .sweep = $0 { true } else { false } })
    count("parked", claim: .parked)
    count("handed off", claim: .handedOff)
    count("released", claim: .released)
    counts.append(("delivered", carried.delivered))
    let running = plan.verdicts.count { verdict in
      switch verdict.reason {
      case .run(.running), .run(.launching): true
      case .run, .wait, .hindrance, .notChecked, .rest, .obstacle: false
      }
    }
    return (counts.filter { $0.1 > 0 } + [("running", running)])
      .map { "\($0.1) \($0.0)" }.joined(separator: ", ")
  }
}

extension StoreError {
  /// A file-system error of the state directory in the store's words.
  static func of(_ error: PlatformError) -> StoreError {
    if error.isDiskFull { return .full(error.description) }
    let readOnly: Set<Int32> = [1, 13, 30]  // EPERM, EACCES, EROFS
    return readOnly.contains(error.errno)
      ? .readOnly(error.description) : .failed(error.description)
  }
}
