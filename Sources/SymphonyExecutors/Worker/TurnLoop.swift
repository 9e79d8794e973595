// The turns of one run: which prompt comes next and when it is enough. A turn that ends well and
// leaves new commits finishes the run; one without is followed by another, up to the limit; the
// agent may ask for more or say that it is blocked. Called by Work; TurnRunner carries out the
// single turn.
import SymphonyCore
import SymphonyPlatform

/// What the agent says about itself in the last lines of its message.
enum AgentWord: Hashable {
  case nothing
  case goOn
  case blocked(String)

  init(_ message: String) {
    self = .nothing
    let lines = message.split { $0.isNewline }.map { $0.trimmingWhitespace() }
      .filter { !$0.isEmpty }
    for line in lines.suffix(5) {
      let bare = String(line.drop { "*`_> -#".contains($0) })
      guard bare.lowercased().hasPrefix("symphony:") else { continue }
      var word = bare.dropFirst("symphony:".count).trimmingWhitespace()
      while let last = word.last, "*`_".contains(last) { word.removeLast() }
      let lower = word.lowercased()
      if lower == "continue" || lower == "continue." { self = .goOn }
      if lower.hasPrefix("blocked") {
        let reason = word.dropFirst("blocked".count).drop { ": ".contains($0) }
        self = .blocked(reason.isEmpty ? "no reason given" : String(reason))
      }
    }
  }
}

final class TurnLoop {
  let git: GitCommand
  let checkout: Checkout
  let start: TreeFacts
  let hooks: HookRunner
  let runner: TurnRunner
  let prompts: Prompts
  private(set) var turns = 0
  private(set) var session: SessionRef?
  private var newSessionID: String
  private var fellBack = (fresh: false, resumed: false)

  init(
    git: GitCommand, checkout: Checkout, start: TreeFacts, hooks: HookRunner, runner: TurnRunner,
    prompts: Prompts
  ) {
    self.git = git
    self.checkout = checkout
    self.start = start
    self.hooks = hooks
    self.runner = runner
    self.prompts = prompts
    session = git.run.spec.resume
    newSessionID = git.run.spec.newSessionID
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
      let outcome: TurnOutcome
      switch try turn(next) {
      case .cut(let how, let code, let summary, _):
        return RunEnding(outcome: how, code: code, summary: summary)
      case .ended(let ended): outcome = ended
      }
      if let ending = failure(outcome) { return ending }
      // The judgement has a limit of its own: the turn may have used up all of its.
      try run.enter(.agent, limit: run.limits.prepare)
      let word = AgentWord(outcome.message)
      if case .blocked(let reason) = word {
        var ending = RunEnding(outcome: .blocked, code: "agent_blocked", summary: reason)
        ending.message = outcome.message
        return ending
      }
      let now = try TreeFacts.read(git, checkout)
      let committed = try commits(since: start.head, to: now.head) > 0
      var ending = RunEnding.succeeded(
        committed ? "finished in \(turns) turn(s)" : "\(turns) turn(s) left no commit")
      ending.message = outcome.message
      ending.wantsContinuation = word == .goOn
      if turns >= maxTurns { return ending }
      if committed, word != .goOn { return ending }
      if !committed, now.isDirty, word != .goOn {
        if askedForCommit { return ending }
        askedForCommit = true
        next = .commit
      } else {
        next = .goOn
      }
    }
  }

  /// One turn with its hooks; a session that is gone, or in use, gets a second try, once each.
  private func turn(_ kind: Prompts.Kind) throws(RunStop) -> TurnReport {
    turns += 1
    try hooks.call(.beforeTurn, turn: turns)
    var kind = kind
    while true {
      let prompt = try prompts.render(kind, turn: turns, of: maxTurns)
      let report = try runner.perform(
        turns, prompt: prompt, resume: session, newSessionID: newSessionID)
      switch report {
      case .cut(_, _, _, let found):
        session = found ?? session
        return report
      case .ended(let outcome):
        if case .sessionGone = outcome.kind, !fellBack.fresh {
          fellBack.fresh = true
          run.log("the session \(session?.id ?? "?") is gone; a fresh one begins")
          session = nil
          newSessionID = Host.uuid()
          // A fresh session knows nothing of the issue yet.
          kind = .issue
          continue
        }
        if case .sessionInUse = outcome.kind, !fellBack.resumed {
          fellBack.resumed = true
          run.log("the session \(newSessionID) exists already; it is resumed")
          session = SessionRef(agent: runner.agent.kind, id: newSessionID)
          continue
        }
        session = outcome.session ?? session
        try hooks.call(.afterTurn, turn: turns)
        return report
      }
    }
  }

  private func failure(_ outcome: TurnOutcome) -> RunEnding? {
    let words = outcome.message.split { $0.isNewline }.first.map { String($0.prefix(300)) }
    func failed(_ code: String, permanent: Bool = false) -> RunEnding {
      var ending = RunEnding.failed(
        code, "the agent failed in turn \(turns)" + (words.map { ": \($0)" } ?? ""),
        permanent: permanent)
      ending.message = outcome.message
      return ending
    }
    switch outcome.kind {
    case .succeeded: return nil
    case .failed(let code): return failed(code)
    case .misconfigured(let code): return failed(code, permanent: true)
    case .sessionGone: return failed("session_gone")
    case .sessionInUse: return failed("session_in_use")
    case .limited(let until):
      var ending = failed("agent_limited")
      ending.summary =
        "the agent's account is at its limit until \(until.rfc3339)"
        + (words.map { ": \($0)" } ?? "")
      ending.limitedUntil = until
      return ending
    }
  }

  private func commits(since old: String?, to new: String?) throws(RunStop) -> Int {
    guard let new else { return 0 }
    return try git.count(old.map { [new, "^\($0)"] } ?? [new], in: checkout.place)
  }
}
