// One turn: the agent's command line from its adapter, prompt file in, output files out, events
// into progress.json, limits kept. Called by TurnLoop, which decides what the turn means. Nothing
// here knows about commits or other turns.
import SymphonyCore
import SymphonyPlatform

enum TurnReport {
  case ended(TurnOutcome)
  /// Ended by us; with the session as far as it is known.
  case cut(outcome: Outcome, code: String, summary: String, SessionRef?)
}

final class TurnRunner {
  let environment: AgentEnvironment
  let agent: any Agent

  init(environment: AgentEnvironment, agent: any Agent) {
    self.environment = environment
    self.agent = agent
  }

  private var run: LiveRun { environment.run }
  private var policy: AgentPolicy { run.spec.agent }

  func perform(_ number: Int, prompt: String, resume: SessionRef?, newSessionID: String)
    throws(RunStop) -> TurnReport
  {
    let turn = AgentTurn(
      policy: policy, number: number, resume: resume, newSessionID: newSessionID,
      workspace: environment.checkout.path, runDirectory: run.files.privateFolder,
      skills: run.spec.skills, environment: run.environment)
    let command = try command(for: turn)
    let (limit, isRunLimit) = timeLimit()
    try run.enter(.agent, limit: limit.map { .milliseconds($0) })
    let spent = run.progress.usage
    try run.note { $0.turn = number }
    let pid = try start(command, number, prompt)
    var reader = agent.reader(for: turn)
    var output = OutputTail(run.files.agentOutput, from: before.output)
    var errorSize = before.errors
    var session = resume
    let report = try Supervisor(run: run).watch(
      pid, timeLimit: limit,
      silenceLimit: policy.stallTimeout > .zero ? policy.stallTimeout.milliseconds : nil
    ) { () throws(RunStop) in
      let (outputBefore, errorsBefore) = (output.offset, errorSize)
      for line in output.read() { try take(reader.read(line), spent, &session) }
      errorSize = OutputTail.size(run.files.agentErrors)
      return output.offset != outputBefore || errorSize != errorsBefore
    }
    for line in output.read(atEnd: true) { try take(reader.read(line), spent, &session) }
    let errors = Files.tail(
      run.files.agentErrors,
      limit: min(8192, max(0, OutputTail.size(run.files.agentErrors) - before.errors)))
    let outcome = reader.finish(exitStatus(report.exit), errorTail: errors)
    try run.note {
      $0.usage = spent
      $0.usage += outcome.usage
      $0.session = outcome.session ?? session
    }
    switch report.end {
    case .itself:
      var complete = outcome
      complete.session = outcome.session ?? session
      return .ended(complete)
    case .overTime:
      let what =
        isRunLimit
        ? "the run took longer than \(policy.maxRun.description) (agent.max_run_ms)"
        : "turn \(number) took longer than \(policy.turnTimeout.description) "
          + "(agent.turn_timeout_ms)"
      run.sweep()
      return .cut(
        outcome: .timedOut, code: isRunLimit ? "run_timeout" : "turn_timeout", summary: what,
        outcome.session ?? session)
    case .silent:
      run.sweep()
      return .cut(
        outcome: .stalled, code: "agent_stalled",
        summary: "the agent was silent for \(policy.stallTimeout.description) in turn \(number) "
          + "(agent.stall_timeout_ms)", outcome.session ?? session)
    }
  }

  // MARK: Start

  private var before: (output: Int, errors: Int) = (0, 0)

  private func command(for turn: AgentTurn) throws(RunStop) -> AgentCommand {
    do throws(AgentError) {
      return try agent.command(for: turn)
    } catch {
      let hint = error.hint.map { "; \($0)" } ?? ""
      if case .missing = error { throw .failed(error.code, error.sentence + hint) }
      throw .failed(error.code, error.sentence + hint, permanent: true)
    }
  }

  private func start(_ command: AgentCommand, _ number: Int, _ prompt: String) throws(RunStop)
    -> Int32
  {
    let promptPath = run.files.prompt(turn: number)
    try platform { () throws(PlatformError) in
      try Files.writeAtomically(promptPath, prompt, durable: false)
      try Files.makeDirectories(run.files.privateFolder)
      for (path, text) in command.privateFiles.sorted(by: { $0.key < $1.key }) {
        try Files.writeAtomically(path, text, durable: false)
      }
    }
    var values = environment.forAgent
    for (name, value) in command.environment { values[name] = value }
    values[RunMarker.variable] = run.spec.runID.text
    var request = SpawnRequest(
      arguments: command.arguments, environment: values, directory: environment.checkout.path)
    request.input = promptPath
    request.output = run.files.agentOutput
    request.errorOutput = run.files.agentErrors
    before = (
      OutputTail.size(run.files.agentOutput), OutputTail.size(run.files.agentErrors)
    )
    do throws(PlatformError) {
      return try Spawn.start(request)
    } catch {
      throw .failed(
        error.isMissing ? "agent_missing" : "agent_not_started",
        "the agent does not start: \(error.description); see agent.command")
    }
  }

  /// The turn's limit, and whether it is the run that runs out first.
  private func timeLimit() -> (Int64?, Bool) {
    let turn = policy.turnTimeout > .zero ? policy.turnTimeout.milliseconds : nil
    guard policy.maxRun > .zero else { return (turn, false) }
    let spent = Clock.monotonicMilliseconds() - run.startedMonotonic
    let left = max(0, policy.maxRun.milliseconds - spent)
    return left < turn ?? .max ? (left, true) : (turn, false)
  }

  // MARK: Events

  private func take(_ events: [AgentEvent], _ spent: Usage, _ session: inout SessionRef?)
    throws(RunStop)
  {
    for event in events {
      switch event {
      case .session(let id):
        guard session?.id != id || run.progress.session?.id != id else { continue }
        let known = SessionRef(
          agent: agent.kind, id: id,
          cumulativeCostUSD: session?.id == id ? session?.cumulativeCostUSD ?? 0 : 0)
        session = known
        try run.note { $0.session = known }
      case .activity(let line):
        try run.note(atOnce: false) { $0.lastEvent = String(line.prefix(200)) }
      case .usage(let usage):
        try run.note(atOnce: false) {
          $0.usage = spent
          $0.usage += usage
        }
      case .limited(_, let words):
        try run.note(atOnce: false) { $0.lastEvent = String(words.prefix(200)) }
      }
    }
  }

  private func exitStatus(_ exit: ChildExit) -> ExitStatus {
    switch exit {
    case .exited(let code): .exited(code)
    case .signalled(let number): .signalled(number)
    }
  }
}
