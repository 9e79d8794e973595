// The configuration of one turn, as OpenCode reads it from OPENCODE_CONFIG_CONTENT: permissions,
// MCP servers, the file of notes. It goes above the configuration files of user and repository, and
// both major versions read this shape. The agent's tools inherit the variable, so it holds no
// secret: values of `env` and `headers`, and what else of a server names variables, are
// `{file:...}` references to private files, which OpenCode puts in by itself, whether
// `opencode.config_file` is set or not. Called by OpenCodeAgent; writes nothing.
import SymphonyCore

struct OpenCodeConfig {
  /// JSON on one line.
  let content: String
  /// One value each, by absolute path.
  ///
  /// OpenCode drops white space around them.
  private(set) var privateFiles: [String: String] = [:]

  static let variable = "OPENCODE_CONFIG_CONTENT"

  /// - Throws: `.misconfigured` for servers that cannot be used, and for a variable of the user's
  ///   that is no JSON object.
  init(_ turn: AgentTurn) throws(AgentError) {
    var members = try Self.inherited(turn)
    if members["autoupdate"] == nil, members["update"] == nil {
      members["autoupdate"] = .bool(false)
    }
    // A shared session is a public page.
    if members["share"] == nil { members["share"] = .string("disabled") }
    if let permission = Self.permission(turn.policy) { members["permission"] = permission }
    if let notes = turn.notesFile {
      members["instructions"] = .list(
        (members["instructions"]?.listValue ?? []) + [.string(notes)])
    }
    var servers = members["mcp"]?.objectValue ?? [:]
    for (index, server) in try MCPServers.wanted(turn).enumerated() {
      let (entry, files) = try Self.entry(server, index, turn)
      servers[server.name] = entry
      privateFiles.merge(files) { first, _ in first }
    }
    if !servers.isEmpty { members["mcp"] = .object(servers) }
    content = JSONText.encode(.object(members))
  }

  /// The user's own value of the variable; our settings are added to it.
  private static func inherited(_ turn: AgentTurn) throws(AgentError) -> [String: Structure] {
    guard let text = turn.agentEnvironment[variable], !text.trimmingWhitespace().isEmpty else {
      return [:]
    }
    guard let members = JSONText.object(text.trimmingWhitespace())?.objectValue else {
      throw .misconfigured(
        "\(variable) in the agent's environment is not a JSON object",
        hint: "write it as plain JSON, or name a file in opencode.config_file instead")
    }
    return members
  }

  /// OpenCode takes the last rule that matches.
  ///
  /// Keys come out sorted, so that `*`, which sorts before letters and digits, stays the general
  /// rule before the special ones.
  static func permission(_ policy: AgentPolicy) -> Structure? {
    var rules = policy.permissionRules
    if policy.enableSubagents {
      if let rules { return .object(rules) }
      return policy.permissionMode.isEmpty ? nil : .string(policy.permissionMode)
    }
    if rules == nil {
      rules = policy.permissionMode.isEmpty ? [:] : ["*": .string(policy.permissionMode)]
    }
    rules?["task"] = .string("deny")
    return rules.map { .object($0) }
  }

  private static func entry(_ server: MCPServer, _ index: Int, _ turn: AgentTurn)
    throws(AgentError) -> (Structure, [String: String])
  {
    var entry: [String: Structure] = ["enabled": .bool(true)]
    var files: [String: String] = [:]
    func reference(_ value: String) -> Structure {
      let path = "\(turn.runDirectory)/opencode-mcp-\(index)-\(files.count)"
      files[path] = value
      return .string("{file:\(path)}")
    }
    // A value into which a variable was put may be a secret: it goes into a file.
    func told(_ value: String, writtenAs text: String) -> Structure {
      value == text ? .string(value) : reference(value)
    }
    let whole = try MCPServers.putIn(server, turn.environment)
    let values: [String: String]
    if let url = whole.url {
      entry["type"] = .string("remote")
      entry["url"] = told(url, writtenAs: server.url ?? "")
      values = whole.headers
    } else {
      entry["type"] = .string("local")
      entry["command"] = .list(
        zip(whole.command, server.command).map { told($0, writtenAs: $1) })
      values = whole.env
    }
    var references: [String: Structure] = [:]
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      references[key] = reference(value)
    }
    // A reference ends at the first brace, and a quote or backslash in it would be escaped.
    if !files.isEmpty, turn.runDirectory.contains(where: { "{}\"\\".contains($0) }) {
      throw .misconfigured(
        "opencode cannot read files below \(turn.runDirectory): braces, quotes and backslashes in "
          + "a path end its references",
        hint: "move the state directory with --state-dir or SYMPHONY_STATE_DIR")
    }
    if !references.isEmpty {
      entry[whole.url == nil ? "environment" : "headers"] = .object(references)
    }
    return (.object(entry), files)
  }
}
