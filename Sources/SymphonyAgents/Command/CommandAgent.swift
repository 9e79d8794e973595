// The agent for everything we have no adapter for: `sh -c <agent.command>` in the worktree, the
// prompt on stdin, the exit status is the outcome. What a command may want to know is in SYMPHONY_*
// variables, and it may report back in lines of JSON (CommandReport.swift). Used by demos, tests
// and people with an agent of their own.
import SymphonyCore

package struct CommandAgent: Agent {
  package let kind = "command"

  package init() {}

  package func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    guard let script = Self.script(turn.policy) else {
      throw .misconfigured("agent.command is not set", hint: Self.hint)
    }
    var privateFiles: [String: String] = [:]
    var environment = Self.variables(turn)
    if let text = try MCPFile.text(for: turn) {
      let path = turn.runDirectory + "/command-mcp.json"
      privateFiles[path] = text
      environment["SYMPHONY_MCP_CONFIG"] = path
    }
    let arguments = ["sh", "-c", script]
    try CommandWords.check(arguments + environment.values.sorted())
    return AgentCommand(
      arguments: arguments, environment: environment, privateFiles: privateFiles)
  }

  package func reader(for turn: AgentTurn) -> any AgentReader {
    CommandReader(
      resume: turn.resume, model: turn.policy.model ?? "",
      prompt: turn.prompt,
      clock: LimitClock(now: LimitClock.own.now, zone: .ofAgent(turn.agentEnvironment)))
  }

  /// A command has no variables and no directories of its own that we could know of: where little
  /// is inherited it gets what `agent.env.set` gives it, and in a sandbox it sees what every agent
  /// sees.
  package func probe(_ policy: AgentPolicy) -> AgentProbe {
    var probe = AgentProbe(
      executable: "sh", versionArguments: [], installHint: "a POSIX shell must be in PATH")
    probe.shellWord = Self.firstWord(policy)
    probe.workspaceProgram = Self.workspaceProgram(policy)
    // Only where its reports of usage hold `cost_usd`.
    probe.dollarsAreSure = false
    return probe
  }

  package func examine(_ policy: AgentPolicy) -> [Finding] {
    var findings: [Finding] = []
    if Self.script(policy) == nil {
      findings.append(Finding(.fail, "agent.command", "not set", hint: Self.hint))
    }
    if !policy.providerParameters.isEmpty {
      findings.append(
        Finding(
          .warn, "agent.provider_params", "have no effect on kind command",
          hint: "write the flags into agent.command"))
    }
    do throws(AgentError) {
      try MCPServers.check(policy.mcpServers)
    } catch {
      findings.append(
        Finding(.fail, "agent.mcp_servers", error.sentence, hint: error.hint))
    }
    if !policy.enableMCP, !policy.mcpServers.isEmpty {
      findings.append(
        Finding(.warn, "agent.mcp_servers", "not passed on: agent.enable_mcp is false"))
    }
    return findings
  }

  /// All of them, empty where there is nothing to say, so that no value of another run shines
  /// through.
  private static func variables(_ turn: AgentTurn) -> [String: String] {
    [
      "SYMPHONY_PROMPT_FILE": turn.promptFile,
      "SYMPHONY_SESSION_ID": turn.resume?.id ?? "",
      "SYMPHONY_TURN": "\(turn.number)",
      "SYMPHONY_MODEL": turn.policy.model ?? "",
      "SYMPHONY_NOTES_FILE": turn.notesFile ?? "",
      "SYMPHONY_SKILLS": harmlessSkills(turn.skills, servers: turn.policy.mcpServers)
        .joined(separator: ","),
      "SYMPHONY_MAX_COST_USD": turn.costLeftUSD.map(dollars) ?? "",
      "SYMPHONY_MCP_CONFIG": "",
    ]
  }

  /// `0.250000`: never in the notation with an exponent, which shells and `bc` do not read.
  ///
  /// Rounded down, because it is a limit.
  static func dollars(_ amount: Double) -> String {
    guard amount.isFinite, amount > 0 else { return "0.000000" }
    let micros = Int64(min(amount, 1e12) * 1e6)
    let fraction = String(micros % 1_000_000)
    return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }

  /// The program that the script begins with, where that is plain to see; nil: it is not.
  ///
  /// A path below the workspace is not there before a run, and a variable before it may be PATH.
  static func firstWord(_ policy: AgentPolicy) -> String? {
    let words = words(policy)
    // `name () {` begins a function.
    guard let first = words.first, words.dropFirst().first?.hasPrefix("(") != true,
      isPlain(first), first.hasPrefix("/") || !first.contains("/")
    else { return nil }
    return String(first)
  }

  /// `./agent.sh`, or the `agent.sh` of `sh agent.sh`, where that is plain to see; nil: it is not.
  static func workspaceProgram(_ policy: AgentPolicy) -> String? {
    let words = words(policy)
    guard let first = words.first, isPlain(first) else { return nil }
    if first.contains("/") { return first.hasPrefix("/") ? nil : String(first) }
    let name = words.dropFirst().first
    guard interpreters.contains(String(first)), let name, isPlain(name), !name.hasPrefix("/") else {
      return nil
    }
    return String(name)
  }

  private static let interpreters: Set = [
    "sh", "bash", "python3", "python", "node", "ruby", "perl",
  ]

  private static func words(_ policy: AgentPolicy) -> ArraySlice<Substring> {
    let words = (script(policy) ?? "").split(whereSeparator: \.isWhitespace)[...]
    return words.first == "exec" ? words.dropFirst() : words
  }

  /// Nothing that a shell would make something else of.
  private static func isPlain(_ word: Substring) -> Bool {
    !word.hasPrefix("-")
      && word.unicodeScalars.allSatisfy { WorkspaceKey.isSafe($0) || $0 == "/" || $0 == "+" }
  }

  private static let hint = "set agent.command to a script for sh; it gets the prompt on stdin"

  private static func script(_ policy: AgentPolicy) -> String? {
    guard let command = policy.command, !command.trimmingWhitespace().isEmpty else { return nil }
    return command
  }
}
