// The MCP servers of a codex turn: as `-c mcp_servers...`, with every secret out of argv. A server
// that is a process and has secrets is started by a private script (mode 0600, in the run
// directory, deleted when the run ends) that holds them: codex itself hands a server HOME, PATH and
// little else, so that the run's marker is passed to each. The headers of a server behind a URL go
// into variables of codex's own environment, which CodexShell keeps from its commands. Called by
// CodexAgent.
import SymphonyCore

struct CodexServers {
  private(set) var arguments: [String] = []
  private(set) var environment: [String: String] = [:]
  private(set) var privateFiles: [String: String] = [:]

  /// With MCP switched off nothing is passed.
  ///
  /// That leaves the servers of codex's own config.toml: it has no switch for all of them, an empty
  /// table is merged with theirs, and `--ignore-user-config` would drop everything else in there
  /// too.
  init(_ turn: AgentTurn) throws(AgentError) {
    let servers = try MCPServers.wanted(turn)
    try Self.check(servers)
    let wanted = Set(servers.map(\.name))
    for name in CodexSettings.startedServers(turn.policy) where !wanted.contains(name) {
      mark(name, turn)
    }
    for (index, server) in servers.enumerated() {
      try add(server, index + 1, turn)
    }
  }

  /// Names, besides what all adapters ask: codex starts no server with another name, and tells
  /// nobody.
  ///
  /// URLs, because it takes one in argv only, and a variable in it may name a secret.
  static func check(_ servers: [MCPServer]) throws(AgentError) {
    try MCPServers.check(servers)
    for server in servers {
      if !TOMLText.isBareKey(server.name) {
        throw .misconfigured(
          "agent.mcp_servers: codex starts no server named \"\(Excerpt.line(server.name))\"",
          hint: "use letters, digits, - and _ in its name")
      }
      if let url = server.url, VariableText.expand(url, [:]) != .text(url) {
        throw .misconfigured(
          "agent.mcp_servers: \(server.name): url holds a variable, and codex takes a URL in its "
            + "arguments only, where everybody on this machine could read it",
          hint: "write the URL out, and put what is secret into headers: {NAME: $VAR}")
      }
    }
  }

  /// Names the run to a server that is a process, so that what it leaves behind is found.
  ///
  /// As one entry of a table it joins whatever else there is, which a list of names would replace.
  private mutating func mark(_ name: String, _ turn: AgentTurn) {
    guard let run = turn.agentEnvironment[RunID.variable] else { return }
    arguments += ["-c", "mcp_servers.\(name).env.\(RunID.variable)=\(TOMLText.quoted(run))"]
  }

  private mutating func add(_ server: MCPServer, _ number: Int, _ turn: AgentTurn)
    throws(AgentError)
  {
    func set(_ key: String, _ value: String) {
      arguments += ["-c", "mcp_servers.\(server.name).\(key)=\(value)"]
    }
    let whole = try MCPServers.putIn(server, turn.environment)
    if let url = whole.url {
      set("url", TOMLText.quoted(url))
      var names: [String: Structure] = [:]
      for (place, header) in whole.headers.sorted(by: { $0.key < $1.key }).enumerated() {
        let variable = "SYMPHONY_MCP_\(number)_\(place + 1)"
        environment[variable] = header.value
        names[header.key] = .string(variable)
      }
      if !names.isEmpty, let table = TOMLText.encode(.object(names)) {
        set("env_http_headers", table)
      }
    } else {
      var words = server.command
      if !whole.env.isEmpty || whole.command != server.command {
        let path = turn.runDirectory + "/codex-mcp-\(number).sh"
        privateFiles[path] = try Self.script(whole, turn)
        words = ["sh", path]
      }
      set("command", TOMLText.quoted(words.first ?? ""))
      set("args", TOMLText.encode(Array(words.dropFirst())))
      mark(server.name, turn)
    }
    // The author of WORKFLOW.md wrote the server in to have it used. Without this, codex refuses
    // each call of a tool that does not declare itself harmless, because nobody is there to be
    // asked.
    set("default_tools_approval_mode", "\"approve\"")
  }

  /// The shell script that starts a server, whose variables have been put in.
  private static func script(_ server: MCPServer, _ turn: AgentTurn) throws(AgentError) -> String {
    var values = server.env
    if let run = turn.agentEnvironment[RunID.variable] { values[RunID.variable] = run }
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
