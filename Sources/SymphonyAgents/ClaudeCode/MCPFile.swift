// The MCP servers of a turn as the JSON that `--mcp-config` reads. This file is the one place where
// a secret of WORKFLOW.md is written down: mode 0600, in the run directory, deleted when the run
// ends. Never argv. Called by ClaudeCodeAgent and by its examination; writes nothing itself.
import SymphonyCore

enum MCPFile {
  /// The file's text; nil when this turn has no server.
  static func text(for turn: AgentTurn) throws(AgentError) -> String? {
    let wanted = turn.policy.mcpServers.filter { $0.isWanted(skills: turn.skills) }
    try check(wanted)
    if wanted.isEmpty { return nil }
    var servers: [String: Structure] = [:]
    for server in wanted {
      var entry: [String: Structure] = [:]
      if let url = server.url {
        entry["type"] = .string("http")
        entry["url"] = .string(url)
        entry["headers"] = try resolved(server.headers, of: server, "headers", turn.environment)
      } else {
        entry["type"] = .string("stdio")
        entry["command"] = .string(server.command.first ?? "")
        entry["args"] = .list(server.command.dropFirst().map { .string($0) })
        entry["env"] = try resolved(server.env, of: server, "env", turn.environment)
      }
      servers[server.name] = .object(entry)
    }
    return JSONText.encode(.object(["mcpServers": .object(servers)])) + "\n"
  }

  /// What can be told without an environment: names, and something to start or to call.
  static func check(_ servers: [MCPServer]) throws(AgentError) {
    var names: Set<String> = []
    for server in servers {
      let place = "agent.mcp_servers: \(Excerpt.line(server.name))"
      if server.name.trimmingWhitespace().isEmpty {
        throw .misconfigured("agent.mcp_servers: a server has no name", hint: "give it a name")
      }
      if !names.insert(server.name).inserted {
        throw .misconfigured("\(place) is there twice", hint: "give each server its own name")
      }
      if server.url == nil, server.command.first?.isEmpty ?? true {
        throw .misconfigured("\(place) has neither command nor url", hint: "set one of them")
      }
    }
  }

  private static func resolved(
    _ values: [String: String], of server: MCPServer, _ section: String,
    _ environment: [String: String]
  ) throws(AgentError) -> Structure {
    var result: [String: Structure] = [:]
    // Sorted, so that the same variable is named first in every process.
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      switch VariableText.expand(value, environment) {
      case .text(let text): result[key] = .string(text)
      case .unset(let name):
        throw .misconfigured(
          "agent.mcp_servers: \(server.name): \(section).\(key) names $\(name), which is not set",
          hint: "set \(name) in .env beside WORKFLOW.md, or in the environment of the tick")
      }
    }
    return .object(result)
  }
}

/// `$VAR`, `${VAR}` and `${VAR:-default}` in a setting. A `$` that begins none of these stays as it
/// is.
enum VariableText {
  enum Result: Hashable {
    case text(String)
    case unset(String)
  }

  static func expand(_ text: String, _ environment: [String: String]) -> Result {
    var output = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      output += rest[..<dollar]
      let after = rest[rest.index(after: dollar)...]
      if let (name, fallback, end) = reference(after) {
        let value = environment[name]
        if let fallback, value?.isEmpty ?? true {
          output += fallback
        } else if let value {
          output += value
        } else {
          return .unset(name)
        }
        rest = after[end...]
      } else {
        output += "$"
        rest = after
      }
    }
    return .text(output + rest)
  }

  /// The name behind a `$`, its default, and where the text goes on; nil when there is no name.
  private static func reference(_ text: Substring) -> (String, String?, Substring.Index)? {
    guard text.first == "{" else {
      let name = self.name(text)
      return name.isEmpty ? nil : (String(name), nil, name.endIndex)
    }
    guard let close = text.firstIndex(of: "}") else { return nil }
    let inner = text[text.index(after: text.startIndex)..<close]
    let name = self.name(inner)
    let rest = inner[name.endIndex...]
    guard !name.isEmpty, rest.isEmpty || rest.hasPrefix(":-") else { return nil }
    return (
      String(name), rest.isEmpty ? nil : String(rest.dropFirst(2)), text.index(after: close)
    )
  }

  private static func name(_ text: Substring) -> Substring {
    guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else {
      return text.prefix(0)
    }
    return text.prefix { character in
      character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }
  }
}
