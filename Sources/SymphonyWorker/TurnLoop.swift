// The turns of one run: which prompt comes next and when it is enough. A turn that ends well and
// leaves new commits finishes the run; one without is followed by another, up to the limit, but
// not after two in a row that changed nothing, whatever the agent says. To feedback a turn without
// a commit may be the whole answer. It may ask for more, or say that it is blocked. Called by Work;
// TurnRunner carries out the single turn.
import SymphonyCore
import SymphonyPlatform

final class TurnLoop {
  let git: GitCommand
  let checkout: Checkout
  let start: TreeFacts
  let hooks: HookRunner
  let runner: TurnRunner
  let prompts: Prompts
  private var round: FeedbackRound? { prompts.round }
  private(set) var turns = 0
  private(set) var session: SessionRef?
  /// Calls that the agent was denied, each once.
  private(set) var denied: [String] = []
  /// Other troubles that a person should know of, each once.
  private(set) var remarks: [String] = []
  private var newSessionID: String
  /// The words said to the agent in this run, and those of its issue.
  private var told = ToldWords()
  /// A turn of this run ended well by its own words.
  private var hasSucceeded = false
  /// False: every turn begins a session of its own.
  private var resumes: Bool
  /// The session of the next call; nil: a new one.
  private var resumed: SessionRef? { resumes ? session : nil }
  /// A session to be resumed turned out to be gone.
  private var fellBack = false
  /// There is nothing any more that a later run could resume.
  var lostSession: Bool { fellBack && session == nil }
  /// The session that was to be resumed was, and no turn went well in it.
  var resumedInVain: Bool {
    resumes && !hasSucceeded && !fellBack && turns > 0 && run.spec.resume != nil
  }
  /// The id for a new session was in use already, and that session is resumed.
  private var hasYielded = false
  /// Turns in a row in which the agent left the working tree as it was.
  private var idleTurns = 0
  /// The tree before and after the agent's last turn: hooks that run around it count for neither.
  private var met: TreeFacts
  private var left: TreeFacts
  /// False: no turn of the agent changed anything.
  private(set) var mayHaveWorked = false
  private static let idleTurnsBeforeEnd = 2
  private static let deniedKept = 10

  init(
    git: GitCommand, checkout: Checkout, start: TreeFacts, hooks: HookRunner, runner: TurnRunner,
    prompts: Prompts
  ) {
    self.git = git
    self.checkout = checkout
    self.start = start
    (met, left) = (start, start)
    self.hooks = hooks
    self.runner = runner
    self.prompts = prompts
    resumes = git.run.spec.agent.resumesSessions
    session = resumes ? git.run.spec.resume : nil
    newSessionID = git.run.spec.newSessionID
    told.add(git.run.spec.context)
  }

  private var run: LiveRun { git.run }
  private var maxTurns: Int {
    run.spec.agent.sessionReuse == .singleTurnOnly ? 1 : max(1, run.spec.agent.maxTurns)
  }

  func play() throws(RunStop) -> RunEnding {
    var next = Prompts.Kind.issue
    var askedForCommit = false
    while true {
      try run.beat()
      if let ending = runner.obstacle() { return ending }
      var outcome: TurnOutcome
      switch try turn(next) {
      case .cut(let ending, _): return ending
      case .ended(let ended): outcome = ended
      }
      try run.enter(.agent, limit: run.limits.prepare)
      weigh(&outcome)
      if let ending = failure(outcome) { return ending }
      hasSucceeded = true
      for remark in round?.replies.take() ?? [] { keep(remark: remark) }
      if let ending = blocked(outcome) { return ending }
      var wantsMore = AgentWord(outcome.message, told: told) == .goOn
      if case .cutShort = outcome.kind { wantsMore = true }
      idleTurns = left == met ? idleTurns + 1 : 0
      let now = hooks.script(.afterTurn) == nil ? left : try TreeFacts.read(git, checkout)
      met = now
      let committed = try commits(since: start.head, to: now.head) > 0
      // An agent that changes nothing turn after turn would change nothing in another run either.
      let isStuck = idleTurns >= Self.idleTurnsBeforeEnd
      var ending = success(committed: committed, wantsMore: wantsMore && !isStuck, outcome)
      ending.isUnfinished = wantsMore
      if turns >= maxTurns || isStuck { return ending }
      let isOpen = wantsMore ? false : try leavesOpen(now, committed)
      // To feedback an answer may be all that is due.
      if !wantsMore, !isOpen, committed || round != nil { return ending }
      if isOpen {
        if askedForCommit { return ending }
        askedForCommit = true
        next = .commit
      } else {
        next = .goOn
      }
    }
  }

  /// The agent left something that it should commit.
  private func leavesOpen(_ now: TreeFacts, _ committed: Bool) throws(RunStop) -> Bool {
    if !committed, now.isDirty { return true }
    // A conflict that is resolved and not committed looks clean where our side won.
    return round == nil ? false : try git.commit("MERGE_HEAD", in: checkout.place) != nil
  }

  /// A good end by the agent's words and a bad one of its process: work that is there decides.
  private func weigh(_ outcome: inout TurnOutcome) {
    guard let trouble = outcome.trouble else { return }
    if case .succeeded = outcome.kind, !mayHaveWorked || left == start {
      outcome.kind = trouble.kind
      outcome.message = trouble.words
    } else {
      keep(remark: trouble.words)
    }
  }

  private func keep(remark: String) {
    if !remarks.contains(remark), remarks.count < Self.deniedKept { remarks.append(remark) }
  }

  private func blocked(_ outcome: TurnOutcome) -> RunEnding? {
    var reason: String?
    if case .blocked(let word) = AgentWord(outcome.message, told: told) { reason = word }
    if case .blocked = outcome.kind { reason = reason ?? Self.firstLine(outcome.message) }
    guard let reason else { return nil }
    var ending = RunEnding(outcome: .blocked, code: "agent_blocked", summary: reason)
    ending.message = outcome.message
    return ending
  }

  private func success(committed: Bool, wantsMore: Bool, _ outcome: TurnOutcome) -> RunEnding {
    let count = turns == 1 ? "1 turn" : "\(turns) turns"
    var summary =
      committed ? "finished in \(count)" : "\(count) without a commit of the agent's own"
    if idleTurns >= Self.idleTurnsBeforeEnd { summary += "; the last \(idleTurns) changed nothing" }
    summary += besides
    var ending = RunEnding.succeeded(summary)
    ending.message = outcome.message
    ending.wantsContinuation = wantsMore
    return ending
  }

  /// The denials and the troubles, for the end of a sentence.
  private var besides: String {
    var words = ""
    if !denied.isEmpty {
      words += "; the agent was denied \(denied.prefix(3).joined(separator: ", "))"
      if denied.count > 3 { words += " and more" }
    }
    for remark in remarks.prefix(2) { words += "; \(remark.prefix(200))" }
    if remarks.count > 2 { words += "; and more" }
    return words
  }

  /// One turn with its hooks; a session that is gone, or in use, gets a second try.
  private func turn(_ kind: Prompts.Kind) throws(RunStop) -> TurnReport {
    turns += 1
    try hooks.call(.beforeTurn, turn: turns)
    if hooks.script(.beforeTurn) != nil { met = try TreeFacts.read(git, checkout) }
    let hadWorked = mayHaveWorked
    // Until its end is seen.
    mayHaveWorked = true
    if turns > 1, resumed == nil { newSessionID = Host.uuid() }
    while true {
      let prompt = try prompts.render(
        kind, knowsIssue: resumed != nil, turn: turns, of: maxTurns)
      told.add(prompt)
      // Inside the wall a hook may run what the agent wrote: what it made is not kept.
      if hooks.areOutside { try PlantedFiles.keep(run) }
      let report = try runner.perform(
        turns, prompt: prompt, resume: resumed, newSessionID: newSessionID)
      try PlantedFiles.remove(run)
      switch report {
      case .cut(_, let outcome):
        note(outcome)
        return report
      case .ended(let outcome):
        if case .sessionGone = outcome.kind, let gone = resumed {
          run.log("the session \(gone.id) is gone; a fresh one begins")
          // One of this run's own: here they do not last from one call to the next.
          if turns > 1 { resumes = false }
          session = nil
          fellBack = true
          newSessionID = Host.uuid()
          continue
        }
        if case .sessionInUse = outcome.kind, !hasYielded {
          hasYielded = true
          run.log("the session \(newSessionID) exists already; it is resumed")
          session = SessionRef(id: newSessionID)
          continue
        }
        note(outcome)
        // The judgement has a limit of its own: the turn may have used up all of its.
        try run.enter(.agent, limit: run.limits.prepare)
        left = try facts(after: outcome)
        mayHaveWorked = hadWorked || left != met
        try hooks.call(.afterTurn, turn: turns)
        return report
      }
    }
  }

  /// The working tree after the turn.
  ///
  /// If git cannot tell it, the agent's own failure is told first: its account may be at a limit,
  /// which other items have to know of.
  private func facts(after outcome: TurnOutcome) throws(RunStop) -> TreeFacts {
    do throws(RunStop) { return try TreeFacts.read(git, checkout) } catch {
      guard case .ended(let trouble) = error, var ending = failure(outcome) ?? blocked(outcome)
      else { throw error }
      ending.summary += "; then \(trouble.summary)"
      throw .ended(ending)
    }
  }

  private func note(_ outcome: TurnOutcome) {
    session = outcome.session ?? session
    for tool in outcome.denied where !denied.contains(tool) && denied.count < Self.deniedKept {
      denied.append(tool)
    }
    for remark in outcome.remarks { keep(remark: remark) }
  }

  private static func firstLine(_ message: String) -> String {
    message.split { $0.isNewline }.first.map { String($0.prefix(300)) } ?? "no reason given"
  }

  private func failure(_ outcome: TurnOutcome) -> RunEnding? {
    let (code, failure): (String, Failure)
    switch outcome.kind {
    case .succeeded, .cutShort, .blocked: return nil
    case .failed(let told, let met): (code, failure) = (told, met)
    case .sessionGone: (code, failure) = ("session_gone", .agent)
    case .sessionInUse: (code, failure) = ("session_in_use", .agent)
    }
    let words = outcome.message.isEmpty ? "" : ": \(Self.firstLine(outcome.message))"
    var ending = RunEnding.failed(
      code, "the agent failed in turn \(turns)" + words + besides, failure)
    switch failure {
    case .limited(let until):
      let end = until.map { " until \($0.rfc3339)" } ?? ""
      ending.summary = "the agent's account is at its limit" + end + words
    case .budget: ending = runner.budgetEnding() ?? ending
    case .transient, .operator, .contextOverflow, .misconfigured, .agent: break
    }
    ending.message = outcome.message
    return ending
  }

  private func commits(since old: String?, to new: String?) throws(RunStop) -> Int {
    guard let new, new != old else { return 0 }
    return try git.count(old.map { [new, "^\($0)"] } ?? [new], in: checkout.place)
  }
}
