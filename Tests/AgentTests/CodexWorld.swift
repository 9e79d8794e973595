// What the tests of the codex adapter share: turns with everything filled in, the recorded outputs
// of the real codex, and a replay of lines through its reader. Nothing here asserts.
import FoundationEssentials
import SymphonyCore

@testable import SymphonyAgents

enum CodexWorld {
  /// Swift Testing has an ExitStatus too.
  typealias Exit = SymphonyCore.ExitStatus

  /// The time 2026-11-20T12:00:00Z.
  static let noon = Timestamp(milliseconds: 1_795_176_000_000)
  static let agent = agent(finding: [:])
  static let thread = "01a1fb36-f3ba-70f2-92b1-89eb73c4903d"

  /// The adapter in a process with this environment.
  static func agent(finding environment: [String: String]) -> CodexAgent {
    CodexAgent(now: { noon }, foreseen: ForeseenEnvironment(environment))
  }

  static func policy(_ change: (inout AgentPolicy) -> Void) -> AgentPolicy {
    var policy = AgentPolicy()
    policy.kind = "codex"
    change(&policy)
    return policy
  }

  static func turn(
    _ policy: AgentPolicy = policy { _ in }, resume: SessionRef? = nil, skills: [String] = [],
    environment: [String: String] = [:],
    agentEnvironment: [String: String] = ["TZ": "UTC", "SYMPHONY_RUN": "run-7"]
  ) -> AgentTurn {
    var turn = AgentTurn(
      policy: policy, number: 1, resume: resume,
      newSessionID: "0f0e0d0c-1111-4222-8333-444455556666", workspace: "/srv/tree",
      runDirectory: "/srv/run", skills: skills, environment: environment,
      agentEnvironment: agentEnvironment)
    turn.gitDirectories = ["/srv/repo/worktrees/tree", "/srv/repo"]
    return turn
  }

  static func session(_ id: String = thread, counted: ModelUsage = [:]) -> SessionRef {
    SessionRef(id: id, counted: counted)
  }

  static func usage(_ input: Int64, _ cached: Int64, _ output: Int64) -> Usage {
    var usage = Usage()
    usage.inputTokens = input
    usage.cachedInputTokens = cached
    usage.outputTokens = output
    return usage
  }

  /// The text of a recorded output; empty when there is no such file.
  static func text(_ name: String) -> String {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    let bytes = FileManager.default.contents(atPath: "/\(folder)/Fixtures/\(name)") ?? Data()
    return String(decoding: bytes, as: UTF8.self)
  }

  static func lines(_ name: String) -> [String] {
    text(name).split(separator: "\n").map(String.init)
  }

  struct Replay {
    var events: [AgentEvent]
    var outcome: TurnOutcome
    var activities: [String] {
      events.compactMap { if case .activity(let text) = $0 { text } else { nil } }
    }
    var sessions: [String] {
      events.compactMap { if case .session(let id) = $0 { id } else { nil } }
    }
    var isAbandoned: Bool {
      events.contains { if case .abandon = $0 { true } else { false } }
    }
  }

  static func replay(
    _ lines: [String], _ exit: Exit, errorTail: String = "", resume: SessionRef? = nil,
    policy: AgentPolicy = policy { _ in }, agentEnvironment: [String: String] = ["TZ": "UTC"]
  ) -> Replay {
    var reader = agent.reader(
      for: turn(policy, resume: resume, agentEnvironment: agentEnvironment))
    let events = lines.flatMap { reader.read($0) }
    return Replay(events: events, outcome: reader.finish(exit, errorTail: errorTail))
  }
}
