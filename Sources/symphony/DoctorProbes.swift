// The checks of doctor that ask somebody else: the agents' programs, the hooks' shell and
// the tracker.
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTick
import SymphonyTrackers
import SymphonyWorker
import SymphonyWorkflow

extension Checkup {
  /// Every agent an item of this workflow may get: its program, its login, its settings, its
  /// sandbox; and the same as facts, for a comparison.
  func agents(_ policy: Policy) -> (findings: [Finding], seen: [Surroundings.Agent]) {
    let all = policy.agents
    var findings: [Finding] = []
    var seen: [Surroundings.Agent] = []
    for agent in all {
      var facts = Surroundings.Agent(account: agent.account.text)
      for finding in self.agent(agent, policy.limits, &facts) {
        // One agent needs no name; of several each finding says whose it is.
        let named =
          all.count == 1
          ? finding
          : Finding(
            finding.grade, finding.subject, "\(agent.account): \(finding.text)",
            hint: finding.hint)
        if !findings.contains(named) { findings.append(named) }
      }
      if !seen.contains(facts) { seen.append(facts) }
    }
    if let finding = sandboxedHooks(policy) { findings.append(finding) }
    return (findings, seen)
  }

  private func agent(
    _ policy: AgentPolicy, _ limits: LimitPolicy, _ facts: inout Surroundings.Agent
  ) -> [Finding] {
    var findings: [Finding] = []
    do throws(AgentError) {
      let agent = try AgentRegistry.find(
        kind: policy.kind, environment: composition.environment)
      let probe = agent.probe(policy)
      let view = try AgentView.environment(
        policy, own: probe.ownVariables, from: composition.environment)
      if let problem = AgentPresence.problem(probe, view) {
        findings.append(
          Finding(.fail, "agent", problem, hint: AgentPresence.remedy(probe, view)))
      } else if let path = probe.executable.flatMap({ Spawn.find($0, environment: view) }) {
        facts.program = path
        findings.append(version(path, probe, view, &facts))
        if let login = login(path, probe, view, &facts) { findings.append(login) }
      } else {
        findings.append(Finding(.pass, "agent", "\(agent.kind): \(policy.command ?? "")"))
      }
      if let program = probe.workspaceProgram.flatMap(absence) { findings.append(program) }
      findings += sandbox(policy, view) + agent.examine(policy)
      findings += examineLimits(policy, probe, maxCostPerDay: limits.maxCostPerDay)
    } catch {
      findings.append(Finding(.fail, "agent", error.sentence, hint: error.hint))
    }
    return findings
  }

  private func version(
    _ path: String, _ probe: AgentProbe, _ view: [String: String],
    _ facts: inout Surroundings.Agent
  ) -> Finding {
    guard !probe.versionArguments.isEmpty else { return Finding(.pass, "agent", path) }
    let answer = ask([path] + probe.versionArguments, environment: view, timeout: Self.patience)
    guard let answer, answer.exit.isSuccess else {
      return Finding(
        .warn, "agent", "\(path) \(probe.versionArguments.joined(separator: " ")) does not answer",
        hint: probe.installHint)
    }
    let line = answer.output.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    facts.version = String(line.prefix(200))
    return Finding(.pass, "agent", "\(path): \(line)")
  }

  /// A program of the repository that a checkout of it will not have; nil: it will, or nobody can
  /// say.
  ///
  /// This checkout may be another one than the agents', or older; of local issues it is theirs.
  private func absence(of program: String) -> Finding? {
    guard let policy = reading?.policy else { return nil }
    let path = program.hasPrefix("./") ? String(program.dropFirst(2)) : program
    let base = policy.git.baseBranch
    let places = base.map { ["refs/remotes/origin/\($0)", "refs/heads/\($0)"] } ?? ["HEAD"]
    guard git(["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])?.exit.isSuccess == true,
      !places.contains(where: { git(["cat-file", "-e", "\($0):\(path)"])?.exit.isSuccess == true })
    else { return nil }
    let makers: [HookPolicy.Hook] = [.afterCreate, .beforeRun, .beforeTurn]
    let mayBeMade = makers.contains { policy.hooks.script($0) != nil }
    let isCertain = policy.tracker.kind == .local && !mayBeMade
    return Finding(
      isCertain ? .fail : .warn, "agent",
      "\(program) is not committed in \(place.projectDirectory), and agents are started in a "
        + "checkout" + (mayBeMade ? ", unless a hook makes it" : ""),
      hint: "commit it, or name a program by its absolute path in agent.command")
  }

  /// A key in the environment is a login too, which not every agent's own answer counts: so this is
  /// a remark, and a run that is refused holds the agent.
  private func login(
    _ path: String, _ probe: AgentProbe, _ view: [String: String],
    _ facts: inout Surroundings.Agent
  ) -> Finding? {
    guard !probe.loginArguments.isEmpty else { return nil }
    let command = "\(path) \(probe.loginArguments.joined(separator: " "))"
    let answer = ask([path] + probe.loginArguments, environment: view, timeout: Self.patience)
    guard let answer, !answer.timedOut else {
      return Finding(
        .warn, "login", "\(command) does not answer",
        hint: "start it by hand as the user symphony runs as")
    }
    facts.isLoggedIn = answer.exit.isSuccess
    return answer.exit.isSuccess
      ? Finding(.pass, "login", "the agent says that somebody is logged in")
      : Finding(
        .warn, "login", "the agent says that nobody is logged in (\(command))",
        hint: "log in as the user symphony runs as, or put the agent's key into .env")
  }

  /// Of an agent's own answers.
  private static let patience = Interval.seconds(15)

  /// The shell that hooks are given to, and whether it can read them; nothing of a hook is run.
  func hooks(_ policy: Policy) -> [Finding] {
    let hooks = HookPolicy.Hook.allCases.compactMap { hook in
      policy.hooks.script(hook).map { (name: hook.rawValue, script: $0) }
    }
    guard !hooks.isEmpty else { return [] }
    guard let shell = Spawn.find("sh", environment: composition.environment) else {
      return [
        Finding(
          .fail, "hooks", "sh is not in PATH, and hooks are given to it",
          hint: "a scheduler's PATH needs /bin or /usr/bin")
      ]
    }
    let broken = hooks.compactMap { hook -> Finding? in
      let answer = ask([shell, "-n", "-c", hook.script])
      guard let answer, !answer.exit.isSuccess else { return nil }
      let why = answer.errorOutput.split(whereSeparator: \.isNewline).first.map(String.init)
      return Finding(
        .fail, "hooks", "\(shell) cannot read hooks.\(hook.name): \(why ?? "no reason given")",
        hint: "`\(shell) -n` checks a script without running it; it is sh, not bash")
    }
    let names = hooks.map(\.name).joined(separator: ", ")
    return broken.isEmpty ? [Finding(.pass, "hooks", "\(shell) reads \(names)")] : broken
  }

  func tracker(_ policy: Policy) async -> [Finding] {
    do throws(TrackerError) {
      let deadline = TickDeadline(after: .seconds(20))
      let opened = try composition.openTracker(
        policy, cache: NoCache(), salt: "doctor", budget: TrackerBudget(deadline))
      let place =
        policy.tracker.kind == .local
        ? "files in \(policy.tracker.directory)" : "GitHub, \(policy.tracker.apiURL)"
      var findings = [Finding(.pass, "tracker", place)]
      findings += await opened.tracker.examine()
      var survey: Survey?
      // A failure of the token or the repository has been told by now, and would only be told
      // again.
      if !findings.contains(where: { $0.grade == .fail }) {
        let seen = await opened.tracker.survey(SurveyQuestion(watched: [], cachedOnly: false))
        findings += await remotes(policy, opened.tracker, seen)
        survey = seen
      }
      await opened.close()
      return findings + [DoctorSelection(policy: policy.tracker).finding(survey)]
    } catch {
      return [
        Finding(.fail, "tracker", error.sentence, hint: error.hint),
        DoctorSelection(policy: policy.tracker).finding(nil),
      ]
    }
  }
}

/// Doctor asks afresh every time, and so does `init`.
struct NoCache: ResponseCache {
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
}
