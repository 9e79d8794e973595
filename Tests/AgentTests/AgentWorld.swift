// What the tests of this folder share: turns with everything filled in, the recorded outputs of the
// real claude, and a replay of lines through a reader. Nothing here asserts.
import FoundationEssentials
import SymphonyCore

@testable import SymphonyAgents

/// Swift Testing has an ExitStatus too.
typealias Exit = SymphonyCore.ExitStatus

/// An MCP server; one with a URL has no command.
func server(
  _ name: String, command: [String] = ["srv"], url: String? = nil, env: [String: String] = [:],
  headers: [String: String] = [:], onDemand: Bool = false
) -> MCPServer {
  MCPServer(
    name: name, command: url == nil ? command : [], url: url, env: env, headers: headers,
    onDemand: onDemand)
}

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

  /// Settings that an agent of this kind can be started with.
  static func startable(_ kind: String, _ change: (inout AgentPolicy) -> Void = { _ in })
    -> AgentPolicy
  {
    policy {
      $0.kind = kind
      switch kind {
      case "command": $0.command = "true"
      case "opencode": $0.permissionMode = "allow"
      default: break
      }
      change(&$0)
    }
  }

  /// What the contract suites ask of a kind where the kinds differ.
  struct Traits {
    /// `agent.provider_params` become flags.
    var hasFlags = true
    /// `agent.enable_subagents` changes what is started.
    var hasSubagents = true
    /// An MCP server's URL may hold variables: it does not go through argv.
    var hasSecretURLs = true
  }
  static func traits(_ kind: String) -> Traits {
    switch kind {
    case "codex": Traits(hasSubagents: false, hasSecretURLs: false)
    case "command": Traits(hasFlags: false, hasSubagents: false)
    default: Traits()
    }
  }

  /// claude as an ordinary user, so that the tests say the same for root.
  static let claude = ClaudeCodeAgent(isRoot: false, environment: [:])

  /// The lines of a recorded output; empty when there is no such file.
  static func recorded(_ name: String) -> [String] {
    text(name).split(separator: "\n").map(String.init)
  }

  /// A recorded file as it is; empty when there is no such file.
  static func text(_ name: String) -> String {
    let bytes = FileManager.default.contents(atPath: "\(fixtures)/\(name)") ?? Data()
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The names of the recorded files that begin so, sorted.
  static func recordings(_ prefix: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: fixtures)) ?? []
    return names.filter { $0.hasPrefix(prefix) }.sorted()
  }

  private static let fixtures: String = {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    return "/\(folder)/Fixtures"
  }()

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
