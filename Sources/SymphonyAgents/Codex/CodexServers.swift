// The MCP servers of a codex turn: as `-c mcp_servers...`, with every secret out of argv. The
// variables of a server that is a process go into a private script (mode 0600, in the run
// directory, deleted when the run ends) that starts it: codex itself hands a server HOME, PATH and
// little else. The headers of a server behind a URL go into variables of codex's own environment,
// where its commands could read them too. Called by CodexAgent.
import SymphonyCore

struct CodexServers {
  private(set) var arguments: [String] = []
  private(set) var environment: [String: String] = [:]
  private(set) var privateFiles: [String: String] = [:]

  /// With MCP switched off nothing is passed. That leaves the servers of codex's own config.toml:
  /// it has no switch for all of them, an empty table is merged with theirs, and
  /// `--ignore-user-config` would drop everything else in there too.
  init(_ turn: AgentTurn) throws(AgentError) {
    let servers = try MCPServers.wanted(turn)
    try Self.check(servers)
    for (index, server) in servers.enumerated() {
      try add(server, index + 1, turn)
    }
  }

  /// Names, besides what all adapters ask: codex starts no server with another name, and tells
  /// nobody.
  static func check(_ servers: [MCPServer]) throws(AgentError) {
    try MCPServers.check(servers)
    for server in servers where !TOMLText.isBareKey(server.name) {
      throw .misconfigured(
        "agent.mcp_servers: codex starts no server named \"\(Excerpt.line(server.name))\"",
        hint: "use letters, digits, - and _ in its name")
    }
  }

  private mutating func add(_ server: MCPServer, _ number: Int, _ turn: AgentTurn)
    throws(AgentError)
  {
    func set(_ key: String, _ value: String) {
      arguments += ["-c", "mcp_servers.\(server.name).\(key)=\(value)"]
    }
    if let url = server.url {
      set("url", TOMLText.quoted(url))
      let headers = try MCPServers.resolved(
        server.headers, of: server, "headers", turn.environment)
      var names: [String: Structure] = [:]
      for (place, header) in headers.sorted(by: { $0.key < $1.key }).enumerated() {
        let variable = "SYMPHONY_MCP_\(number)_\(place + 1)"
        environment[variable] = header.value
        names[header.key] = .string(variable)
      }
      if !names.isEmpty, let table = TOMLText.encode(.object(names)) {
        set("env_http_headers", table)
      }
    } else {
      let values = try MCPServers.resolved(server.env, of: server, "env", turn.environment)
      var words = server.command
      if !values.isEmpty {
        let path = turn.runDirectory + "/codex-mcp-\(number).sh"
        privateFiles[path] = try Self.script(server, values)
        words = ["sh", path]
      }
      set("command", TOMLText.quoted(words.first ?? ""))
      set("args", TOMLText.encode(Array(words.dropFirst())))
    }
    // Whoever wrote the server into WORKFLOW.md wants it used; without this codex refuses each call
    // of a tool that does not declare itself harmless, because nobody is there to be asked.
    set("default_tools_approval_mode", "\"approve\"")
  }

  private static func script(_ server: MCPServer, _ values: [String: String]) throws(AgentError)
    -> String
  {
    var lines: [String] = []
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      guard isVariable(name) else {
        throw .misconfigured(
          "agent.mcp_servers: \(server.name): env.\(Excerpt.line(name)) is no name of a variable",
          hint: "use letters, digits and _, and no digit first")
      }
      lines.append("export \(name)=\(shellQuoted(value))")
    }
    lines.append("exec " + server.command.map(shellQuoted).joined(separator: " "))
    let text = lines.joined(separator: "\n") + "\n"
    guard !text.utf8.contains(0) else {
      throw .misconfigured(
        "agent.mcp_servers: \(server.name): a value holds a NUL character", hint: "remove it")
    }
    return text
  }

  private static func isVariable(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return TOMLText.isBareKey(name) && !name.utf8.contains(0x2D)
  }

  private static func shellQuoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
