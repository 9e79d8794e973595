// The checks of doctor that ask somebody else: the agent's binary and the tracker.
import SymphonyAgents
import SymphonyCore
import SymphonyPlatform
import SymphonyTick
import SymphonyTrackers
import SymphonyWorkflow

extension Checkup {
  func agent(_ policy: Policy) -> [Finding] {
    let agent: any Agent
    do throws(AgentError) { agent = try AgentRegistry.find(kind: policy.agent.kind) } catch {
      return [Finding(.fail, "agent", error.sentence, hint: error.hint)]
    }
    var findings: [Finding] = []
    if let setting = Composition.missingProtection(reading.settings) {
      findings.append(
        Finding(
          .fail, "agent", "\(setting.key) is set, but this version cannot keep to it yet",
          hint: "take it out to run without; until then nothing is started"))
    }
    let probe = agent.probe(policy.agent)
    if let name = probe.executable {
      guard let path = Spawn.find(name, environment: composition.environment) else {
        return [Finding(.fail, "agent", "\(name) is not in PATH", hint: probe.installHint)]
      }
      findings.append(version(path, probe, policy))
    } else {
      findings.append(Finding(.pass, "agent", "\(agent.kind): \(policy.agent.command ?? "")"))
    }
    return findings + agent.examine(policy.agent)
  }

  private func version(_ path: String, _ probe: AgentProbe, _ policy: Policy) -> Finding {
    guard !probe.versionArguments.isEmpty else { return Finding(.pass, "agent", path) }
    let answer = try? CapturedCommand.run(
      [path] + probe.versionArguments, environment: composition.environment,
      directory: composition.place.projectDirectory, timeoutMilliseconds: 15_000)
    guard let answer, answer.exit.isSuccess else {
      return Finding(
        .warn, "agent", "\(path) \(probe.versionArguments.joined(separator: " ")) does not answer",
        hint: probe.installHint)
    }
    let line = answer.output.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return Finding(.pass, "agent", "\(path): \(line)")
  }

  func tracker(_ policy: Policy) async -> [Finding] {
    do throws(TrackerError) {
      let deadline = TickDeadline(after: .seconds(20))
      let opened = try composition.openTracker(
        policy, cache: NoCache(), salt: "doctor", budget: TrackerBudget(deadline))
      let findings = await opened.tracker.examine()
      await opened.close()
      return findings
    } catch {
      return [Finding(.fail, "tracker", error.sentence, hint: error.hint)]
    }
  }
}

/// Doctor asks afresh every time.
private struct NoCache: ResponseCache {
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
}
