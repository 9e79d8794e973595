// The names under `## Skills` of an issue: on-demand MCP servers are passed by name, and every
// other name is a skill of the agent's own, which a sentence in the prompt asks for. Called by
// adapters and by the composition. The names come from the issue, so they are data: only harmless
// ones are repeated.
import SymphonyCore

extension MCPServer {
  /// Whether this turn gets the server.
  func isWanted(skills: [String]) -> Bool {
    !onDemand || skills.contains(folded: name)
  }
}

/// A paragraph to append to the prompt, or nil when no skill is named. Names of on-demand MCP
/// servers are left out, because those are passed as servers; so is whatever does not look like a
/// name (`[A-Za-z0-9._:/ -]`, at most 80 characters), and everything after the twentieth.
public func skillsNote(_ skills: [String], servers: [MCPServer] = []) -> String? {
  let onDemand = servers.filter(\.onDemand).map(\.name.folded)
  let names = skills.filter { name in
    !onDemand.contains(name.folded) && !name.isEmpty && name.count <= 80
      && name.unicodeScalars.allSatisfy { scalar in
        switch scalar {
        case "A"..."Z", "a"..."z", "0"..."9", ".", "_", ":", "/", " ", "-": true
        default: false
        }
      }
  }
  guard !names.isEmpty else { return nil }
  return "Use these skills for this issue where they are available: "
    + names.prefix(20).joined(separator: ", ") + "."
}
