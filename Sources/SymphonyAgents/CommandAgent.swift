// The agent for everything we have no adapter for: `sh -c <agent.command>` in the worktree, the
// prompt on stdin, the exit status is the outcome. Used by demos, tests and people with an agent of
// their own. It has no sessions, reports no cost, and passes neither model, tools nor MCP servers
// on.
import SymphonyCore

public struct CommandAgent: Agent {
  public let kind = "command"

  public init() {}

  public func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    guard let script = Self.script(turn.policy) else {
      throw .misconfigured("agent.command is not set", hint: Self.hint)
    }
    guard !script.utf8.contains(0) else {
      throw .misconfigured("agent.command holds a NUL character", hint: "remove it")
    }
    return AgentCommand(arguments: ["sh", "-c", script])
  }

  public func reader(for turn: AgentTurn) -> any AgentReader { CommandReader() }

  public func probe(_ policy: AgentPolicy) -> AgentProbe {
    AgentProbe(
      executable: "sh", versionArguments: [], installHint: "a POSIX shell must be in PATH")
  }

  public func examine(_ policy: AgentPolicy) -> [Finding] {
    var findings: [Finding] = []
    if Self.script(policy) == nil {
      findings.append(Finding(.fail, "agent.command", "not set", hint: Self.hint))
    }
    if policy.enableMCP, !policy.mcpServers.isEmpty {
      findings.append(
        Finding(
          .warn, "agent.mcp_servers", "not passed on: kind command knows no MCP servers",
          hint: "configure them in the command itself"))
    }
    if policy.model != nil || !policy.providerParameters.isEmpty {
      findings.append(
        Finding(
          .warn, "agent.default_model", "model and provider parameters are not passed on",
          hint: "write them into agent.command"))
    }
    return findings
  }

  private static let hint = "set agent.command to a script for sh; it gets the prompt on stdin"

  private static func script(_ policy: AgentPolicy) -> String? {
    guard let command = policy.command, !command.trimmingWhitespace().isEmpty else { return nil }
    return command
  }
}

struct CommandReader: AgentReader {
  /// The last non-empty lines, oldest first: at most `keptLines`.
  private var lines: [String] = []
  private static let keptLines = 40

  mutating func read(_ line: String) -> [AgentEvent] {
    let text = line.hasSuffix("\r") ? String(line.dropLast()) : line
    let short = Excerpt.line(text)
    guard !short.isEmpty else { return [] }
    lines.append(Excerpt.end(text))
    if lines.count > Self.keptLines { lines.removeFirst(lines.count - Self.keptLines) }
    return [.activity(short)]
  }

  func finish(_ exit: ExitStatus, errorTail: String) -> TurnOutcome {
    let said = Excerpt.end(lines.joined(separator: "\n"))
    if exit == .exited(0) {
      return TurnOutcome(kind: .succeeded, message: said, session: nil, usage: Usage())
    }
    let complaint = Excerpt.end(errorTail)
    let because = complaint.isEmpty ? said : complaint
    let ending = "the command ended with \(exit.description)"
    return TurnOutcome(
      kind: .failed(code: exit.signal == nil ? "agent_failed" : "agent_killed"),
      message: because.isEmpty ? ending : Excerpt.message("\(ending): \(because)"), session: nil,
      usage: Usage())
  }
}

extension ExitStatus {
  /// The signal that ended the process, also when it, or a shell around it, turned it into 128 + n.
  var signal: Int32? {
    switch self {
    case .signalled(let number): number
    case .exited(let code): (129...159).contains(code) ? code - 128 : nil
    }
  }
}
