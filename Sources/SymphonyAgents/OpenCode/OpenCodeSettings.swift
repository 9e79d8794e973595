// The settings of WORKFLOW.md for OpenCode: flags that are ours, permission profiles, the variables
// of the providers, and what `doctor` should say before a run finds it out. Called by
// OpenCodeAgent; builds no argv.
import SymphonyCore

enum OpenCodeSettings {
  /// Flags that would change the session, the output, the place or the permissions behind our back.
  static let ownFlags: [String: String] = {
    var flags: [String: String] = [:]
    for name in ["session", "s", "continue", "c", "fork"] {
      flags[name] = "remove it; opencode.resume_session decides whether sessions go on"
    }
    for name in ["auto", "yolo", "dangerously-skip-permissions"] {
      flags[name] = "set opencode.permission_profile instead"
    }
    for name in ["dir", "attach", "server", "port", "interactive", "i", "mini"] {
      flags[name] = "remove it; the agent runs by itself in the workspace"
    }
    flags["format"] = "remove it; the output is read as JSON lines"
    flags["model"] = "set opencode.model instead"
    flags["m"] = "set opencode.model instead"
    return flags
  }()

  /// OpenCode's answers to whatever is not ruled otherwise.
  static let profiles = ["allow", "ask", "deny"]

  /// Its own, and what the usual providers read their keys from.
  ///
  /// Never GITHUB_*.
  static let ownVariables = [
    "OPENCODE_*", "ANTHROPIC_*", "OPENAI_*", "AZURE_*", "GOOGLE_*", "GEMINI_*", "VERTEX_*",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
    "AWS_BEARER_TOKEN_BEDROCK", "OPENROUTER_*", "GROQ_*", "MISTRAL_*", "XAI_*", "DEEPSEEK_*",
    "MOONSHOT_*", "CEREBRAS_*", "TOGETHER_*", "FIREWORKS_*", "CLOUDFLARE_*", "HF_TOKEN",
  ]

  /// Whether nothing is asked; an object has its own answers.
  static func allowsAll(_ policy: AgentPolicy) -> Bool {
    policy.permissionRules == nil && policy.permissionMode == "allow"
  }

  /// - Throws: `.misconfigured` for a profile OpenCode does not know; it would refuse its whole
  ///   configuration, or ignore it and ask.
  static func checkProfile(_ policy: AgentPolicy) throws(AgentError) {
    guard policy.permissionRules == nil, !policy.permissionMode.isEmpty,
      !profiles.contains(policy.permissionMode)
    else { return }
    throw .misconfigured(
      "opencode knows no permission profile \"\(Excerpt.line(policy.permissionMode))\"",
      hint: "use allow, ask or deny, or an object of rules, in opencode.permission_profile")
  }

  static func examine(_ policy: AgentPolicy) -> [Finding] {
    var findings: [Finding] = []
    func add(_ grade: Finding.Grade, _ subject: String, _ text: String, _ hint: String? = nil) {
      findings.append(Finding(grade, subject, text, hint: hint))
    }
    do throws(AgentError) {
      _ = try CommandWords.program(policy, standard: "opencode")
    } catch { add(.fail, "agent.command", error.sentence, error.hint) }
    for key in policy.providerParameters.keys.sorted() {
      do throws(AgentError) {
        _ = try CommandWords.flagName(key, reserved: ownFlags)
      } catch { add(.fail, "agent.provider_params", error.sentence, error.hint) }
    }
    do throws(AgentError) {
      try checkProfile(policy)
    } catch { add(.fail, "opencode.permission_profile", error.sentence, error.hint) }
    findings += examineProfile(policy)
    if let model = policy.model, !model.contains("/") {
      add(
        .warn, "opencode.model", "\"\(Excerpt.line(model))\" names no provider",
        "write provider/model, such as anthropic/claude-sonnet-4-5")
    }
    if let file = policy.openCode.configFile, !file.hasPrefix("/") {
      add(
        .fail, "opencode.config_file", "\"\(Excerpt.line(file))\" is not an absolute path",
        "write the whole path")
    }
    do throws(AgentError) {
      try MCPServers.check(policy.mcpServers)
    } catch { add(.fail, "agent.mcp_servers", error.sentence, error.hint) }
    if !policy.enableMCP, !policy.mcpServers.isEmpty {
      add(.warn, "agent.mcp_servers", "not passed on: agent.enable_mcp is false")
    }
    return findings
  }

  /// Warns of profiles that ask: nobody answers, and a rejected call may still end with status 0.
  private static func examineProfile(_ policy: AgentPolicy) -> [Finding] {
    let subject = "opencode.permission_profile"
    let hint = "use allow, or an object that allows what the work needs"
    if let rules = policy.permissionRules {
      guard rules.values.contains(where: asks) else { return [] }
      return [
        Finding(
          .warn, subject, "what the rules ask about is rejected in unattended runs",
          hint: "write allow or deny instead of ask")
      ]
    }
    switch policy.permissionMode {
    case "ask":
      return [
        Finding(.warn, subject, "ask: every question is rejected in unattended runs", hint: hint)
      ]
    case "deny":
      return [Finding(.warn, subject, "deny leaves the agent no tool to work with", hint: hint)]
    default: return []
    }
  }

  private static func asks(_ rule: Structure) -> Bool {
    rule.stringValue == "ask" || (rule.objectValue?.values.contains(where: asks) ?? false)
  }
}
