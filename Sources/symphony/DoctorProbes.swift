// The checks of doctor that ask somebody else: the agent's binary and the tracker.
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform
import SymphonyTick
import SymphonyTrackers
import SymphonyWorker
import SymphonyWorkflow

extension Checkup {
  /// Every agent an item of this workflow may get: its program, its login, its settings, its
  /// sandbox.
  func agents(_ policy: Policy) -> [Finding] {
    let all = policy.agents
    var findings: [Finding] = []
    for agent in all {
      for finding in self.agent(agent, policy.limits) {
        // One agent needs no name; of several each finding says whose it is.
        let named =
          all.count == 1
          ? finding
          : Finding(
            finding.grade, finding.subject, "\(agent.account): \(finding.text)",
            hint: finding.hint)
        if !findings.contains(named) { findings.append(named) }
      }
    }
    if let finding = hooks(policy) { findings.append(finding) }
    return findings
  }

  private func agent(_ policy: AgentPolicy, _ limits: LimitPolicy) -> [Finding] {
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
        findings.append(version(path, probe, view))
        if let login = login(path, probe, view) { findings.append(login) }
      } else {
        findings.append(Finding(.pass, "agent", "\(agent.kind): \(policy.command ?? "")"))
      }
      findings += sandbox(policy, view) + agent.examine(policy)
      findings += examineLimits(policy, probe, maxCostPerDay: limits.maxCostPerDay)
    } catch {
      findings.append(Finding(.fail, "agent", error.sentence, hint: error.hint))
    }
    return findings
  }

  private func version(
    _ path: String, _ probe: AgentProbe, _ view: [String: String]
  ) -> Finding {
    guard !probe.versionArguments.isEmpty else { return Finding(.pass, "agent", path) }
    let answer = ask(path, probe.versionArguments, view)
    guard let answer, answer.exit.isSuccess else {
      return Finding(
        .warn, "agent", "\(path) \(probe.versionArguments.joined(separator: " ")) does not answer",
        hint: probe.installHint)
    }
    let line = answer.output.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return Finding(.pass, "agent", "\(path): \(line)")
  }

  /// A key in the environment is a login too, which not every agent's own answer counts: so this is
  /// a remark, and a run that is refused holds the agent.
  private func login(
    _ path: String, _ probe: AgentProbe, _ view: [String: String]
  ) -> Finding? {
    guard !probe.loginArguments.isEmpty else { return nil }
    let command = "\(path) \(probe.loginArguments.joined(separator: " "))"
    guard let answer = ask(path, probe.loginArguments, view) else {
      return Finding(.warn, "login", "\(command) does not answer")
    }
    return answer.exit.isSuccess
      ? Finding(.pass, "login", "the agent says that somebody is logged in")
      : Finding(
        .warn, "login", "the agent says that nobody is logged in (\(command))",
        hint: "log in as the user symphony runs as, or put the agent's key into .env")
  }

  /// As the agent would be asked: with what it sees of the environment.
  private func ask(
    _ path: String, _ arguments: [String], _ view: [String: String]
  ) -> CapturedCommand? {
    try? CapturedCommand.run(
      [path] + arguments, environment: view,
      directory: composition.place.projectDirectory, timeoutMilliseconds: 15_000)
  }

  func tracker(_ policy: Policy) async -> [Finding] {
    do throws(TrackerError) {
      let deadline = TickDeadline(after: .seconds(20))
      let opened = try composition.openTracker(
        policy, cache: NoCache(), salt: "doctor", budget: TrackerBudget(deadline))
      var findings = await opened.tracker.examine()
      // What is wrong with the token or the repository has been said then.
      if !findings.contains(where: { $0.grade == .fail }) {
        findings += await remotes(policy, opened.tracker)
      }
      await opened.close()
      return findings
    } catch {
      return [Finding(.fail, "tracker", error.sentence, hint: error.hint)]
    }
  }
}

/// Doctor asks afresh every time, and so does `init`.
struct NoCache: ResponseCache {
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
}
