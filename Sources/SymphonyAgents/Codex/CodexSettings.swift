// The settings of WORKFLOW.md for Codex: its sandbox, the configuration it is given, the flags that
// are ours, and what `doctor` should say before a run finds it out. Called by CodexAgent; the order
// of the arguments is decided there.
import SymphonyCore

enum CodexSettings {
  static let workspaceWrite = "workspace-write"
  static let fullAccess = "danger-full-access"
  static let modes = ["read-only", workspaceWrite, fullAccess]

  /// codex's own sandbox.
  ///
  /// Inside ours there is none: one in the other fails where ours allows no further namespaces, and
  /// it fails quietly, because every command is refused and the turn still ends well.
  static func mode(_ policy: AgentPolicy) -> String {
    let mode = policy.codex.sandboxMode
    return mode == workspaceWrite && policy.sandbox.kind == .bubblewrap ? fullAccess : mode
  }

  /// Flags that would change the thread, the output or the sandbox behind our back, or that codex
  /// takes once only.
  static let ownFlags: [String: String] = {
    var flags = [
      "json": "remove it; the output is read as JSON lines",
      "model": "set codex.model or agent.default_model instead",
      "m": "set codex.model or agent.default_model instead",
      "config": "write codex.config instead: {key: value}",
      "c": "write codex.config instead: {key: value}",
      "add-dir": "set codex.config: {sandbox_workspace_write: {writable_roots: [...]}} instead",
    ]
    for name in ["cd", "C", "worktree"] {
      flags[name] = "remove it; the agent works in the issue's own working tree"
    }
    for name in [
      "sandbox", "s", "full-auto", "approve-for-me", "dangerously-bypass-approvals-and-sandbox",
      "yolo",
    ] {
      flags[name] = "set codex.thread_sandbox instead"
    }
    for name in ["ask-for-approval", "a"] {
      flags[name] = "remove it; `codex exec` never asks"
    }
    for name in ["resume", "fork", "last", "all", "ephemeral"] {
      flags[name] = "remove it; agent.session_reuse_mode decides whether sessions go on"
    }
    for name in ["output-last-message", "o"] {
      flags[name] = "remove it; the last message is read from the output"
    }
    return flags
  }()

  /// Keys of `codex.config` that say again what another setting says, or that undo what a turn
  /// needs.
  static let ownKeys = [
    "approval_policy": "remove it; `codex exec` never asks",
    "sandbox_mode": "set codex.thread_sandbox instead",
    "model": "set codex.model or agent.default_model instead",
    "features.unbounded_connection_retries":
      "remove it; with it a turn without network never ends",
  ]

  /// `-c key=value` for each entry, sorted, so that the same settings give the same words.
  static func config(_ policy: AgentPolicy) throws(AgentError) -> [String] {
    var arguments: [String] = []
    for (key, value) in policy.codex.config.sorted(by: { $0.key < $1.key }) {
      try checkKey(key, value)
      // TOML has no null: the entry says nothing.
      if let text = TOMLText.encode(value) { arguments += ["-c", "\(key)=\(text)"] }
    }
    return arguments
  }

  /// codex splits a key at its dots, and knows no quotes in it.
  private static func checkKey(_ key: String, _ value: Structure) throws(AgentError) {
    let parts = key.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ TOMLText.isBareKey(String($0)) }) else {
      throw .misconfigured(
        "codex.config: \"\(Excerpt.line(key))\" is not a key that codex takes",
        hint: "write keys like sandbox_workspace_write.network_access; "
          + "put a name with other characters into an object")
    }
    for (path, _) in leaves(key, value) {
      if let own = ownKeys.first(where: { path == $0.key || path.hasPrefix($0.key + ".") }) {
        throw .misconfigured("codex.config: \(own.key) is set by symphony", hint: own.value)
      }
    }
  }

  /// Everything in a value, by its dotted path.
  private static func leaves(
    _ key: String, _ value: Structure
  ) -> [(path: String, value: Structure)] {
    guard let members = value.objectValue, !members.isEmpty else { return [(key, value)] }
    return members.sorted { $0.key < $1.key }.flatMap { leaves("\(key).\($0.key)", $0.value) }
  }

  /// The whole of `codex.config`; where a path is there twice, codex takes the last.
  static func leaves(_ policy: AgentPolicy) -> [(path: String, value: Structure)] {
    policy.codex.config.sorted { $0.key < $1.key }.flatMap { leaves($0.key, $0.value) }
  }

  /// The variables in which other providers look for their keys.
  static func keyVariables(_ policy: AgentPolicy) -> [String] {
    leaves(policy).compactMap { path, value in
      path.hasPrefix("model_providers.") && path.hasSuffix(".env_key") ? value.stringValue : nil
    }
  }

  /// The servers that `codex.config` itself starts as processes, sorted.
  static func startedServers(_ policy: AgentPolicy) -> [String] {
    let names = leaves(policy).compactMap { path, value -> String? in
      let parts = path.split(separator: ".")
      guard parts.count == 3, parts[0] == "mcp_servers", parts[2] == "command",
        value.stringValue != nil, TOMLText.isBareKey(String(parts[1]))
      else { return nil }
      return String(parts[1])
    }
    return Set(names).sorted()
  }

  static func examine(_ policy: AgentPolicy) -> [Finding] {
    var findings: [Finding] = []
    func add(_ grade: Finding.Grade, _ subject: String, _ text: String, _ hint: String? = nil) {
      findings.append(Finding(grade, subject, text, hint: hint))
    }
    func failing(_ subject: String, _ check: () throws(AgentError) -> Void) {
      do throws(AgentError) { try check() } catch {
        add(.fail, subject, error.sentence, error.hint)
      }
    }
    failing("agent.command") { () throws(AgentError) in
      _ = try CommandWords.program(policy, standard: "codex")
    }
    for key in policy.providerParameters.keys.sorted() {
      failing("agent.provider_params") { () throws(AgentError) in
        _ = try CommandWords.flagName(key, reserved: ownFlags)
      }
    }
    for (key, value) in policy.codex.config.sorted(by: { $0.key < $1.key }) {
      failing("codex.config") { () throws(AgentError) in try checkKey(key, value) }
    }
    findings += examineSandbox(policy)
    failing("agent.mcp_servers") { () throws(AgentError) in
      try CodexServers.check(policy.mcpServers)
    }
    findings += examineServers(policy)
    if !policy.allowedTools.isEmpty || !policy.disallowedTools.isEmpty {
      add(
        .warn, "claude.allowed_tools", "allowed and disallowed tools have no effect on codex",
        "codex.thread_sandbox decides what it may do")
    }
    if policy.permissionRules != nil {
      add(
        .warn, "agent.permission_mode", "codex takes no permission rules",
        "codex.thread_sandbox decides what it may do")
    }
    return findings
  }

  private static func examineSandbox(_ policy: AgentPolicy) -> [Finding] {
    var findings: [Finding] = []
    // Which of the two was written is not known here: the second wins where it is.
    let subject = "codex.thread_sandbox or codex.turn_sandbox_policy"
    switch policy.codex.sandboxMode {
    case workspaceWrite: break
    case "read-only":
      findings.append(
        Finding(
          .warn, subject, "read-only: codex can neither edit files nor commit",
          hint: "use \(workspaceWrite)"))
    case fullAccess where policy.sandbox.kind == .none:
      findings.append(
        Finding(
          .warn, subject,
          "\(fullAccess): commands run without any sandbox, with all rights of their user",
          hint: "use \(workspaceWrite), or set agent.sandbox to bubblewrap"))
    case fullAccess: break
    case let mode:
      findings.append(
        Finding(
          .fail, subject, "codex knows no sandbox \"\(Excerpt.line(mode))\"",
          hint: "use one of \(modes.joined(separator: ", "))"))
    }
    if policy.codex.approvalPolicy != "never" {
      findings.append(
        Finding(
          .warn, "codex.approval_policy",
          "\"\(Excerpt.line(policy.codex.approvalPolicy))\" has no effect: `codex exec` never "
            + "asks, and never is what it gets", hint: "use never"))
    }
    return findings
  }

  private static func examineServers(_ policy: AgentPolicy) -> [Finding] {
    var findings: [Finding] = []
    let subject = "agent.mcp_servers"
    if !policy.enableMCP {
      findings.append(
        Finding(
          .warn, "agent.enable_mcp",
          "false: nothing is passed, but codex still starts the servers of its own config.toml",
          hint: "switch each off with codex.config: {mcp_servers: {NAME: {enabled: false}}}"))
      return findings
    }
    let paths = leaves(policy).map(\.path)
    for name in policy.mcpServers.map(\.name).sorted()
    where paths.contains(where: { "\($0).".hasPrefix("mcp_servers.\(name).") }) {
      findings.append(
        Finding(
          .warn, subject, "\(Excerpt.line(name)) is in codex.config too: the two are merged",
          hint: "keep what starts it in agent.mcp_servers only"))
    }
    return findings
  }
}
