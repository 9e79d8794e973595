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

  /// `env` or `headers` with their variables put in.
  static func resolved(
    _ values: [String: String], of server: MCPServer, _ section: String,
    _ environment: [String: String]
  ) throws(AgentError) -> [String: String] {
    var result: [String: String] = [:]
    // Sorted, so that the same variable is named first in every process.
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      switch VariableText.expand(value, environment) {
      case .text(let text): result[key] = text
      case .unset(let name):
        throw .misconfigured(
          "agent.mcp_servers: \(server.name): \(section).\(key) names $\(name), which is not set",
          hint: "set \(name) in .env beside WORKFLOW.md, or in the environment of the tick")
      }
    }
    return result
  }
}
