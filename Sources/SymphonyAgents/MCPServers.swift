// The MCP servers of WORKFLOW.md as every adapter sees them: which ones a turn gets, whether they
// can be used at all, and their secrets put in. How an agent is told of them is the adapter's
// matter.
import SymphonyCore

enum MCPServers {
  /// The servers of this turn, checked; none when MCP is switched off.
  static func wanted(_ turn: AgentTurn) throws(AgentError) -> [MCPServer] {
    guard turn.policy.enableMCP else { return [] }
    let wanted = turn.policy.mcpServers.filter { $0.isWanted(skills: turn.skills) }
    try check(wanted)
    return wanted
  }

  /// Checks all that can be told without an environment: names, and something to start or to call.
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

  /// The server as the agent is told of it: with its command, url, env and headers filled in.
  ///
  /// The result may hold secrets: it belongs into private files, never into arguments.
  /// `environment` is the worker's, not the agent's.
  /// - Throws: `.misconfigured` where a variable is not set, naming server, setting and variable.
  static func putIn(
    _ server: MCPServer, _ environment: [String: String]
  ) throws(AgentError) -> MCPServer {
    var whole = server
    whole.command = []
    for word in server.command {
      whole.command.append(try text(word, of: server, "command", environment))
    }
    if let url = server.url { whole.url = try text(url, of: server, "url", environment) }
    for (place, value) in [("command", whole.command.first), ("url", whole.url)]
    where value?.trimmingWhitespace().isEmpty == true {
      throw .misconfigured(
        "agent.mcp_servers: \(server.name): \(place) is empty once its variables are put in",
        hint: "give the variables it names a value")
    }
    whole.env = try resolved(server.env, of: server, "env", environment)
    whole.headers = try resolved(server.headers, of: server, "headers", environment)
    return whole
  }

  /// `env` or `headers` with their variables put in.
  private static func resolved(
    _ values: [String: String], of server: MCPServer, _ section: String,
    _ environment: [String: String]
  ) throws(AgentError) -> [String: String] {
    var result: [String: String] = [:]
    // Sorted, so that the same variable is named first in every process.
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      result[key] = try text(value, of: server, "\(section).\(key)", environment)
    }
    return result
  }

  private static func text(
    _ value: String, of server: MCPServer, _ place: String, _ environment: [String: String]
  ) throws(AgentError) -> String {
    switch VariableText.expand(value, environment) {
    case .text(let text): return text
    case .unset(let name):
      throw .misconfigured(
        "agent.mcp_servers: \(server.name): \(place) names $\(name), which is not set",
        hint: "set \(name) in .env beside WORKFLOW.md, or in the environment of the tick")
    }
  }
}
