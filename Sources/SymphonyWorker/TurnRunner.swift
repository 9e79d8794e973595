// One turn: the agent's command line from its adapter, prompt file in, output files out, events
// into progress.json, limits on time and money kept. Called by TurnLoop, which decides what the
// turn means. Nothing here knows about commits or other turns.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

enum TurnReport {
  case ended(TurnOutcome)
  /// Ended by us; with what is known of the turn.
  case cut(RunEnding, TurnOutcome)
}

final class TurnRunner {
  let environment: AgentEnvironment
  let agent: any Agent
  let place: AgentPlace

  init(environment: AgentEnvironment, agent: any Agent, place: AgentPlace) {
    self.environment = environment
    self.agent = agent
    self.place = place
    bounds = OutputBounds(environment.run.files, limit: environment.run.spec.agent.maxOutput)
  }

  private var run: LiveRun { environment.run }
  private var policy: AgentPolicy { run.spec.agent }
  private var bounds: OutputBounds

  // The state of one turn, set anew by `perform`.
  private var reader: any AgentReader = SilentReader()
  private var number = 0
  private var session: SessionRef?
  /// The usage of the run before this turn.
  private var spentBefore: [TurnUsage] = []
  private var sizesBefore = (output: 0, errors: 0)
  private var output = OutputTail("", from: 0)
  /// Since when the budget is used up, on CLOCK_MONOTONIC; a turn may be about to end by itself.
  private var exhausted: (scope: BudgetScope, at: Int64)?
  private var abandoned = false
  /// Since when the line that ends the turn is there, on CLOCK_MONOTONIC; nil: it is not.
  private var concludedAt: Int64?
  /// Dollars that were left when the turn began; nil: no limit.
  private var costLeft: Double?

  func perform(_ number: Int, prompt: String, resume: SessionRef?, newSessionID: String)
    throws(RunStop) -> TurnReport
  {
    self.number = number
    var turn = turn(number, resume, newSessionID)
    turn.prompt = prompt
    let command = try command(for: turn)
    let (limit, isRunLimit) = timeLimit()
    try run.enter(.agent, limit: .milliseconds(limit))
    spentBefore = run.progress.spent
    session = resume
    (exhausted, abandoned, concludedAt, costLeft) = (nil, false, nil, turn.costLeftUSD)
    try run.note { $0.begin(turn: number, at: .current) }
    let pid = try start(command, turn, prompt)
    reader = agent.reader(for: turn)
    let report = try watchOrTell(pid, command, limit)
    let errors = Files.tail(
      run.files.agentErrors,
      limit: min(8192, max(0, OutputTail.size(run.files.agentErrors) - sizesBefore.errors)))
    // The end of the turn is on record: that the process stayed is not the turn's fault, and how we
    // ended it says nothing.
    let stayed = report.end != .itself && concludedAt != nil && !abandoned
    let exit = stayed ? .exited(0) : exitStatus(report.exit)
    var outcome = reader.finish(exit, errorTail: errors).changingWords(run.redact)
    if let remark = bounds.remark { outcome.remarks.append(remark) }
    if stayed {
      outcome.remarks.append("the agent's process stayed after its last word, and was ended")
    }
    // A session that is gone must not be what the next run tries to resume.
    if outcome.kind != .sessionGone { outcome.session = outcome.session ?? session }
    try run.note(durably: true) {
      Self.set(&$0, number, self.spentBefore, outcome.spent)
      $0.turnTimes.end(number, at: .current)
      $0.session = outcome.session
    }
    log(outcome)
    // A limit it told of before we ended it is what the account waits for.
    if case .limited? = outcome.kind.failure, report.end != .itself {
      run.sweep()
      return .ended(outcome)
    }
    if stayed {
      run.log("turn \(number): its end was on record, the process stayed and was ended")
      run.sweep()
      return .ended(outcome)
    }
    switch report.end {
    case .itself: return .ended(outcome)
    case .enough:
      run.sweep()
      guard let exhausted else { return .ended(outcome) }
      return .cut(Self.ending(exhausted.scope, run.progress.usage), outcome)
    case .overTime:
      run.sweep()
      return .cut(timedOut(number, isRunLimit), outcome)
    case .silent:
      run.sweep()
      let ending = RunEnding(
        outcome: .stalled, code: "agent_stalled",
        summary: "the agent was silent for \(policy.stallTimeout?.description ?? "too long") "
          + "in turn \(number) (agent.stall_timeout_ms)")
      return .cut(ending, outcome)
    }
  }

  /// Why the run may not begin another turn; nil: it may.
  func obstacle() -> RunEnding? {
    if policy.maxRun != nil, timeLimit().0 == 0 { return timedOut(0, true) }
    return run.spec.budget?.reached(by: run.progress.usage).map {
      Self.ending($0, run.progress.usage)
    }
  }

  private func turn(_ number: Int, _ resume: SessionRef?, _ newSessionID: String) -> AgentTurn {
    var turn = AgentTurn(
      policy: policy, number: number, resume: resume, newSessionID: newSessionID,
      workspace: environment.checkout.path, runDirectory: run.files.privateFolder,
      skills: run.spec.skills, environment: run.environment,
      agentEnvironment: environment.forAgent)
    turn.openVariables = environment.openVariables
    turn.promptFile = run.files.prompt(turn: number)
    turn.notesFile = place.notesFile
    turn.gitDirectories = place.gitDirectories
    turn.costLeftUSD = run.spec.budget?.costUSD.map { max(0, $0 - run.progress.usage.costUSD) }
    return turn
  }

  // MARK: Start

  private func command(for turn: AgentTurn) throws(RunStop) -> AgentCommand {
    do throws(AgentError) {
      return try agent.command(for: turn)
    } catch {
      let hint = error.hint.map { "; \($0)" } ?? ""
      if case .missing = error { throw .failed(error.code, error.sentence + hint) }
      throw .failed(error.code, error.sentence + hint, .misconfigured)
    }
  }

  private func start(_ command: AgentCommand, _ turn: AgentTurn, _ prompt: String) throws(RunStop)
    -> Int32
  {
    try platform { () throws(PlatformError) in
      try Files.writeAtomically(turn.promptFile, prompt, durable: false)
      try Files.makeDirectories(run.files.privateFolder)
      for (path, text) in command.privateFiles.sorted(by: { $0.key < $1.key }) {
        try Files.makeDirectories(Files.parent(of: path))
        try Files.writeAtomically(path, text, durable: false)
      }
    }
    var values = environment.forAgent
    for (name, value) in command.environment { values[name] = value }
    values[RunMarker.variable] = run.spec.runID.text
    var arguments = command.arguments
    if let sandbox = place.sandbox {
      // In the sandbox a program that is missing would only be an exit status.
      let program = arguments.first ?? ""
      guard Spawn.find(program, environment: values) != nil else {
        throw .failed("agent_missing", "\(program) is not in PATH; see agent.command", .operator)
      }
      arguments = try sandbox.wrap(command.arguments, values)
    }
    var request = SpawnRequest(
      arguments: arguments, environment: values, directory: environment.checkout.path)
    request.input = turn.promptFile
    request.output = run.files.agentOutput
    request.errorOutput = run.files.agentErrors
    sizesBefore = (
      OutputTail.size(run.files.agentOutput), OutputTail.size(run.files.agentErrors)
    )
    do throws(PlatformError) {
      return try Spawn.start(request)
    } catch {
      if error.isMachineTrouble { throw .broken(error) }
      throw .failed(
        error.isMissing ? "agent_missing" : "agent_not_started",
        "the agent does not start: \(error.description); see agent.command",
        error.isMissing ? .operator : nil)
    }
  }

  // MARK: Limits

  /// The turn's limit, and whether it is the run that runs out first.
  private func timeLimit() -> (Int64, Bool) {
    let turn = policy.turnTimeout.milliseconds
    guard let maxRun = policy.maxRun else { return (turn, false) }
    let spent = run.seams.now() - run.startedMonotonic
    let left = max(0, maxRun.milliseconds - spent)
    return left < turn ? (left, true) : (turn, false)
  }

  private func timedOut(_ number: Int, _ isRunLimit: Bool) -> RunEnding {
    let what =
      if isRunLimit, let maxRun = policy.maxRun {
        "the run took longer than \(maxRun.description) (agent.max_run_ms)"
      } else {
        "turn \(number) took longer than \(policy.turnTimeout.description) "
          + "(agent.turn_timeout_ms)"
      }
    return RunEnding(
      outcome: .timedOut, code: isRunLimit ? "run_timeout" : "turn_timeout", summary: what)
  }

  /// The end of a run whose agent says that its limit on dollars is reached: ours, unless the
  /// workflow gave the agent a tighter one of its own.
  ///
  /// Nil: it was not ours.
  func budgetEnding() -> RunEnding? {
    guard let budget = run.spec.budget else { return nil }
    let usage = run.progress.usage
    if let scope = budget.reached(by: usage) { return Self.ending(scope, usage) }
    // The agent adds dollars up in another order than we do: its sum may be a hair more than ours.
    let ownLimit = agent.probe(policy).ownCostLimitUSD ?? .infinity
    guard let costLeft, costLeft <= ownLimit else { return nil }
    return Self.ending(budget.scope, usage)
  }

  /// The end of a run whose budget is used up.
  static func ending(_ scope: BudgetScope, _ usage: Usage) -> RunEnding {
    let spent = "$\(PullRequestText.money(usage.costUSD)) and \(usage.totalTokens) tokens"
    let limit =
      switch scope {
      case .run: "agent.max_cost_usd_per_run"
      case .item: "what was left of its item's limits on money or tokens"
      case .day: "its share of what was left of agent.max_cost_usd_per_day"
      }
    return .failed(
      "\(scope.rawValue)_budget_exhausted", "the run spent \(spent): that is \(limit)",
      .budget(scope))
  }

  // MARK: Events

  /// Watches the agent; on a stop it still notes its last words, such as its cost.
  private func watchOrTell(_ pid: Int32, _ command: AgentCommand, _ limit: Int64?) throws(RunStop)
    -> ChildReport
  {
    do throws(RunStop) { return try watch(pid, command, limit) } catch {
      switch error {
      case .cancelled, .ended: break
      case .leaseLost, .broken: throw error
      }
      let heeds = run.heedsSignals
      run.heedsSignals = false
      defer { run.heedsSignals = heeds }
      try takeRest()
      let outcome = reader.finish(.signalled(Signals.terminate), errorTail: "")
      try run.note {
        Self.set(&$0, self.number, self.spentBefore, outcome.spent)
        $0.session = outcome.session ?? self.session
      }
      throw error
    }
  }

  private func watch(_ pid: Int32, _ command: AgentCommand, _ limit: Int64?) throws(RunStop)
    -> ChildReport
  {
    output = OutputTail(run.files.agentOutput, from: sizesBefore.output)
    var errorSize = sizesBefore.errors
    let report = try Supervisor(run: run).watch(
      pid, timeLimit: limit,
      silenceLimit: policy.stallTimeout?.milliseconds,
      stopSignal: command.stopSignal == .interrupt ? Signals.interrupt : Signals.terminate,
      longestPause: 25
    ) { () throws(RunStop) in
      let (outputBefore, errorsBefore) = (output.offset, errorSize)
      // Before the reading too: that takes its time, and the agent prints on.
      try bounds.keep(pid, read: output.offset)
      output.skipFlood()
      try take(output.read())
      errorSize = OutputTail.size(run.files.agentErrors)
      try bounds.keep(pid, read: output.offset)
      if abandoned { return .enough }
      let now = Clock.monotonicMilliseconds()
      if let exhausted, now - exhausted.at >= run.seams.budgetGrace { return .enough }
      if let concludedAt, now - concludedAt >= run.seams.conclusionGrace { return .enough }
      if bounds.isFlood { return .flood }
      return output.offset != outputBefore || errorSize != errorsBefore ? .output : .silence
    }
    try takeRest()
    try bounds.apply(read: output.offset)
    return report
  }

  /// In portions, as long as there is more, whether or not a portion had a whole line in it: much
  /// output must neither keep the pulse waiting nor be held at once.
  private func takeRest() throws(RunStop) {
    output.skipFlood()
    var before: Int
    repeat {
      try run.beat()
      before = output.offset
      try take(output.read())
    } while output.offset != before
    try take(output.read(atEnd: true))
  }

  private func take(_ lines: [String]) throws(RunStop) {
    for (index, line) in lines.enumerated() {
      if index % 500 == 499 { try run.beat() }
      try take(reader.read(line))
    }
  }

  private func take(_ events: [AgentEvent]) throws(RunStop) {
    for event in events {
      switch event {
      case .session(let id):
        guard session?.id != id || run.progress.session?.id != id else { continue }
        let known = SessionRef(
          id: id, counted: session?.id == id ? session?.counted ?? [:] : [:])
        // The first is written at once; an agent that names one after the other need not be kept up
        // with.
        let isFirst = session == nil
        session = known
        try run.note(atOnce: isFirst, durably: isFirst) { $0.session = known }
      case .activity(let line):
        try run.note(atOnce: false) { $0.lastEvent = run.brief(line) }
      case .usage(let models, let counted):
        let (number, before) = (number, spentBefore)
        if let counted { session?.counted = counted }
        try run.note(atOnce: false) {
          Self.set(&$0, number, before, models)
          if let counted { $0.session?.counted = counted }
        }
        if exhausted == nil, let scope = run.spec.budget?.reached(by: run.progress.usage) {
          exhausted = (scope, Clock.monotonicMilliseconds())
        }
      case .failing(let failure, let words):
        // Written at once: a worker that dies now has told what its account waits for.
        try run.note {
          $0.lastEvent = run.brief(words)
          $0.failure = failure
        }
      case .concluded: concludedAt = concludedAt ?? Clock.monotonicMilliseconds()
      case .wentOn: concludedAt = nil
      case .abandon(let why):
        run.log("turn \(number) is given up: \(why)")
        abandoned = true
      }
    }
  }

  private static func set(
    _ progress: inout RunProgress, _ number: Int, _ before: [TurnUsage], _ models: ModelUsage
  ) {
    var spent = before
    // A turn that begins anew with a fresh session adds to what its first try came to.
    var sum = before.filter { $0.turn == number }.byModel
    for (model, usage) in models { sum[model, default: Usage()] += usage }
    spent.set(number, sum)
    progress.spent = spent
    progress.usage = spent.total
  }

  private func log(_ outcome: TurnOutcome) {
    let usage = outcome.usage
    var words = "turn \(number): \(outcome.kind.word), \(usage.totalTokens) tokens"
    if usage.costUSD > 0 { words += ", $\(PullRequestText.money(usage.costUSD))" }
    if !outcome.denied.isEmpty { words += ", \(outcome.denied.count) denied" }
    run.log(words)
  }

  private func exitStatus(_ exit: ChildExit) -> ExitStatus {
    switch exit {
    case .exited(let code): .exited(code)
    case .signalled(let number): .signalled(number)
    }
  }
}

/// Stands in before the first turn.
private struct SilentReader: AgentReader {
  mutating func read(_ line: String) -> [AgentEvent] { [] }
  func finish(_ exit: ExitStatus, errorTail: String) -> TurnOutcome {
    TurnOutcome(kind: .failed(code: "agent_no_result", .agent), message: "", session: nil)
  }
}

extension TurnOutcome.Kind {
  /// For logs.
  var word: String {
    switch self {
    case .succeeded: "succeeded"
    case .cutShort(let code): code
    case .failed(let code, let failure): "\(code) (\(failure.kind.rawValue))"
    case .sessionGone: "session_gone"
    case .sessionInUse: "session_in_use"
    case .blocked: "blocked"
    }
  }
}
