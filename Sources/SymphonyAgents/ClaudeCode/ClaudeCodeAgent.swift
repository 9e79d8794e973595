// Claude Code, driven headless: one `claude -p` per turn with stream-json on stdout and the prompt
// on stdin. Builds argv, environment and the private MCP file. The session id is chosen by us, so
// that a session is known before its first line. Reading the output is ClaudeReader's part, judging
// the settings ClaudeSettings'.
import Glibc
import SymphonyCore

public struct ClaudeCodeAgent: Agent {
  public let kind = "claude_code"
  /// Whether the agent will run as root, where claude refuses to skip permissions outside a
  /// sandbox.
  let isRoot: Bool
  /// `IS_SANDBOX=1` in this process's own environment: for `examine`, which sees no turn.
  let isSandboxed: Bool

  public init() {
    self.init(
      isRoot: getuid() == 0,
      isSandboxed: getenv("IS_SANDBOX").map { String(cString: $0) == "1" } ?? false)
  }

  init(isRoot: Bool, isSandboxed: Bool) {
    self.isRoot = isRoot
    self.isSandboxed = isSandboxed
  }

  public func command(for turn: AgentTurn) throws(AgentError) -> AgentCommand {
    let policy = turn.policy
    var arguments = try ClaudeSettings.program(policy)
    if isRoot, turn.environment["IS_SANDBOX"] != "1", ClaudeSettings.skipsPermissions(policy) {
      throw .misconfigured(ClaudeSettings.rootSentence, hint: ClaudeSettings.rootHint)
    }
    var privateFiles: [String: String] = [:]
    arguments.append("-p")
    arguments += option("allowedTools", joined(policy.allowedTools))
    let disallowed = policy.disallowedTools + (policy.enableSubagents ? [] : ["Task"])
    arguments += option("disallowedTools", joined(disallowed))
    if policy.enableMCP, let text = try MCPFile.text(for: turn) {
      let path = turn.runDirectory + "/claude-mcp.json"
      privateFiles[path] = text
      arguments += ["--mcp-config", path]
    }
    arguments += try parameters(policy.providerParameters)
    // From here on no option is variadic: whatever takes several values above ends at the next
    // flag.
    arguments += option("permission-mode", policy.permissionMode)
    arguments += option("model", policy.model ?? "")
    if let resume = turn.resume {
      arguments += ["--resume", resume.id]
    } else {
      arguments += ["--session-id", turn.newSessionID.lowercased()]
    }
    arguments += ["--output-format", "stream-json", "--verbose"]
    guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
      throw .misconfigured(
        "a setting of the agent holds a NUL character", hint: "remove it from WORKFLOW.md")
    }
    return AgentCommand(
      arguments: arguments,
      environment: Self.unattended.filter { turn.environment[$0.key] == nil },
      privateFiles: privateFiles)
  }

  public func reader(for turn: AgentTurn) -> any AgentReader {
    ClaudeReader(agent: kind, resume: turn.resume, newSessionID: turn.newSessionID.lowercased())
  }

  public func probe(_ policy: AgentPolicy) -> AgentProbe {
    let words = try? ClaudeSettings.program(policy)
    return AgentProbe(
      executable: words?.first, versionArguments: Array((words ?? []).dropFirst()) + ["--version"],
      installHint: "install Claude Code (npm install -g @anthropic-ai/claude-code), or set "
        + "agent.command to its path")
  }

  public func examine(_ policy: AgentPolicy) -> [Finding] {
    ClaudeSettings.examine(policy, isRoot: isRoot, isSandboxed: isSandboxed)
  }

  /// What an unattended run needs; a value set by the user wins.
  private static let unattended = [
    // Nobody watches an update, and the binary must not change under the turns of other workers.
    "DISABLE_AUTOUPDATER": "1",
    // A turn makes the requests its work needs and no others: each one more is one that can hang.
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    // A background command outlives its turn, holds the process open and starts a second one.
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
  ]

  private func joined(_ tools: [String]) -> String {
    tools.map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }.joined(separator: ",")
  }

  /// `--name value`; `--name=value` when the value could be taken for a flag; nothing when it is
  /// empty.
  private func option(_ name: String, _ value: String) -> [String] {
    if value.isEmpty { return [] }
    return value.hasPrefix("-") ? ["--\(name)=\(value)"] : ["--\(name)", value]
  }

  /// Extra flags in sorted order; a list repeats its flag, an object is passed as JSON.
  private func parameters(_ values: [String: Structure]) throws(AgentError) -> [String] {
    var arguments: [String] = []
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      let name = try ClaudeSettings.flagName(key)
      for value in value.listValue ?? [value] {
        switch value {
        case .null, .bool(false): break
        case .bool(true): arguments.append("--\(name)")
        case .integer(let number): arguments += ["--\(name)", "\(number)"]
        case .number(let number): arguments += ["--\(name)", "\(number)"]
        case .string(let text):
          arguments += text.isEmpty ? ["--\(name)", ""] : option(name, text)
        case .list, .object: arguments += ["--\(name)", JSONText.encode(value)]
        }
      }
    }
    return arguments
  }
}
