// What the settings of WORKFLOW.md mean for Claude Code: which program to start, which extra flags
// are allowed, and what `doctor` should say before a run finds it out. Called by ClaudeCodeAgent;
// builds no argv.
import SymphonyCore

enum ClaudeSettings {
  /// The executable and its leading arguments.
  static func program(_ policy: AgentPolicy) throws(AgentError) -> [String] {
    guard let command = policy.command, !command.trimmingWhitespace().isEmpty else {
      return ["claude"]
    }
    guard let words = ShellWords.split(command), words.first?.isEmpty == false else {
      throw .misconfigured(
        "agent.command cannot be split into words: a quote or backslash is left open",
        hint: "close the quote; the value is an executable and its leading arguments")
    }
    return words
  }

  /// The name of an extra flag without its dashes.
  static func flagName(_ key: String) throws(AgentError) -> String {
    let name = String(key.drop { $0 == "-" })
    let isName =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
    guard isName else {
      throw .misconfigured(
        "agent.provider_params: \"\(Excerpt.line(key))\" is not the name of a flag",
        hint: "write names like max-turns, without value")
    }
    if let instead = ownFlags[name] {
      throw .misconfigured("agent.provider_params: \(name) is set by symphony", hint: instead)
    }
    return name
  }

  /// Flags that would change the session, the output or the permissions behind our back.
  private static let ownFlags: [String: String] = {
    var flags = ["permission-mode": "set agent.permission_mode instead"]
    for name in [
      "print", "p", "resume", "r", "continue", "c", "session-id", "fork-session",
      "no-session-persistence",
    ] {
      flags[name] = "remove it; agent.session_reuse_mode decides whether sessions go on"
    }
    for name in ["output-format", "input-format"] {
      flags[name] = "remove it; the output is read as stream-json"
    }
    return flags
  }()

  static let modes = [
    "acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "manual", "plan",
  ]

  /// Whether claude would refuse these settings as root.
  static func skipsPermissions(_ policy: AgentPolicy) -> Bool {
    let flag = "dangerously-skip-permissions"
    let parameter = policy.providerParameters.contains { key, value in
      key.drop { $0 == "-" } == flag && value.isTruthy
    }
    return policy.permissionMode == "bypassPermissions" || parameter
      || (policy.command.map { $0.contains("--\(flag)") } ?? false)
  }

  static let rootSentence =
    "claude refuses permission mode bypassPermissions as root outside a sandbox"
  static let rootHint =
    "run symphony as another user, or set IS_SANDBOX=1 where the machine is a sandbox"

  static func examine(_ policy: AgentPolicy, isRoot: Bool, isSandboxed: Bool) -> [Finding] {
    var findings: [Finding] = []
    func add(_ grade: Finding.Grade, _ subject: String, _ text: String, _ hint: String? = nil) {
      findings.append(Finding(grade, subject, text, hint: hint))
    }
    do throws(AgentError) {
      _ = try program(policy)
    } catch { add(.fail, "agent.command", error.sentence, error.hint) }
    for key in policy.providerParameters.keys.sorted() {
      do throws(AgentError) {
        _ = try flagName(key)
      } catch { add(.fail, "agent.provider_params", error.sentence, error.hint) }
    }
    findings += examineMode(policy)
    if skipsPermissions(policy), isRoot {
      if isSandboxed {
        add(.pass, "agent.permission_mode", "bypassPermissions as root, allowed by IS_SANDBOX=1")
      } else {
        add(.fail, "agent.permission_mode", rootSentence, rootHint)
      }
    }
    do throws(AgentError) {
      try MCPFile.check(policy.mcpServers)
    } catch { add(.fail, "agent.mcp_servers", error.sentence, error.hint) }
    if !policy.enableMCP, !policy.mcpServers.isEmpty {
      add(.warn, "agent.mcp_servers", "not passed on: agent.enable_mcp is false")
    }
    return findings
  }

  /// With -p nobody is asked: what a mode would ask about is denied, and the run goes on and ends
  /// with status 0.
  private static func examineMode(_ policy: AgentPolicy) -> [Finding] {
    let mode = policy.permissionMode
    let subject = "agent.permission_mode"
    let shell = policy.allowedTools.contains { $0.trimmingWhitespace().hasPrefix("Bash") }
    switch mode {
    case "bypassPermissions": return []
    case "acceptEdits" where shell: return []
    case "acceptEdits":
      return [
        Finding(
          .warn, subject,
          "acceptEdits denies shell commands and git commits in unattended runs; "
            + "the worker commits what is left over at the end of a run",
          hint: "add \"Bash(git *)\" and the like to claude.allowed_tools, or use bypassPermissions"
        )
      ]
    case "auto":
      return [
        Finding(
          .warn, subject,
          "auto needs a check on the vendor's server, and denies where there is none"
        )
      ]
    case "manual", "default", "dontAsk", "plan":
      return [
        Finding(
          .warn, subject, "\(mode) denies edits, shell commands and commits in unattended runs",
          hint: "use acceptEdits or bypassPermissions")
      ]
    default:
      return [
        Finding(
          .fail, subject, "claude knows no mode \"\(Excerpt.line(mode))\"",
          hint: "use one of \(modes.joined(separator: ", "))")
      ]
    }
  }
}
