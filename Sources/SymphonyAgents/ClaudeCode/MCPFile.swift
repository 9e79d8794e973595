// The MCP servers of a turn as the JSON that `--mcp-config` reads. This file is the one place where
// a secret of WORKFLOW.md is written down: mode 0600, in the run directory, deleted when the run
// ends. Never argv. Called by ClaudeCodeAgent and by its examination; writes nothing itself.
import SymphonyCore

enum MCPFile {
  /// The file's text; nil when the workflow says nothing of MCP, and claude's own configuration
  /// holds.
  ///
  /// With MCP switched off, and on a turn that none of the servers is for, it names none.
  static func text(for turn: AgentTurn) throws(AgentError) -> String? {
    if turn.policy.enableMCP, turn.policy.mcpServers.isEmpty { return nil }
    let wanted = try MCPServers.wanted(turn)
    var servers: [String: Structure] = [:]
    for asWritten in wanted {
      let server = try MCPServers.putIn(asWritten, turn.environment)
      var entry: [String: Structure] = [:]
      if let url = server.url {
        entry["type"] = .string("http")
        entry["url"] = .string(url)
        entry["headers"] = members(server.headers)
      } else {
        entry["type"] = .string("stdio")
        entry["command"] = .string(server.command.first ?? "")
        entry["args"] = .list(server.command.dropFirst().map { .string($0) })
        entry["env"] = members(server.env)
      }
      servers[server.name] = .object(entry)
    }
    return JSONText.encode(.object(["mcpServers": .object(servers)])) + "\n"
  }

  private static func members(_ values: [String: String]) -> Structure {
    .object(values.mapValues { .string($0) })
  }
}
