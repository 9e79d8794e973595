// What the tests of this folder share: turns with everything filled in, the recorded outputs of the
// real claude, and a replay of lines through a reader. Nothing here asserts.
import FoundationEssentials
import SymphonyCore

@testable import SymphonyAgents

/// Swift Testing has an ExitStatus too.
typealias Exit = SymphonyCore.ExitStatus

enum AgentWorld {
  static let sessionID = "0f0e0d0c-1111-4222-8333-444455556666"

  static func turn(
    _ policy: AgentPolicy = AgentPolicy(), resume: SessionRef? = nil, skills: [String] = [],
    environment: [String: String] = [:]
  ) -> AgentTurn {
    AgentTurn(
      policy: policy, number: 1, resume: resume, newSessionID: sessionID, workspace: "/w/tree",
      runDirectory: "/w/run", skills: skills, environment: environment)
  }

  static func policy(_ change: (inout AgentPolicy) -> Void) -> AgentPolicy {
    var policy = AgentPolicy()
    change(&policy)
    return policy
  }

  /// claude as an ordinary user, so that the tests say the same for root.
  static let claude = ClaudeCodeAgent(isRoot: false, isSandboxed: false)

  /// The lines of a recorded output; empty when there is no such file.
  static func recorded(_ name: String) -> [String] {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    let path = "/\(folder)/Fixtures/\(name)"
    let bytes = FileManager.default.contents(atPath: path) ?? Data()
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  struct Replay {
    var events: [AgentEvent]
    var outcome: TurnOutcome
    var activities: [String] {
      events.compactMap { if case .activity(let text) = $0 { text } else { nil } }
    }
  }

  static func replay(
    _ lines: [String], _ exit: Exit, errorTail: String = "", resume: SessionRef? = nil,
    agent: any Agent = claude
  ) -> Replay {
    var reader = agent.reader(for: turn(policy { $0.command = "true" }, resume: resume))
    let events = lines.flatMap { reader.read($0) }
    return Replay(events: events, outcome: reader.finish(exit, errorTail: errorTail))
  }
}
