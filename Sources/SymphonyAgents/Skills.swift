// The names under `## Skills` of an issue: on-demand MCP servers are passed by name, other servers
// are there anyway, and every other name is a skill of the agent's own, which a paragraph of the
// prompt asks for in the way that agent understands. Called by adapters and by the composition. The
// names come from the issue, so they are data: only harmless ones are repeated.
import SymphonyCore

extension MCPServer {
  /// Whether this turn gets the server.
  func isWanted(skills: [String]) -> Bool {
    !onDemand || skills.contains(folded: name)
  }
}

/// A paragraph to append to the prompt, or nil when no skill is named.
///
/// Names of MCP servers are not skills, on demand or not. Names that are too long, or with other
/// characters than letters, digits and `._:/ -`, are left out, so that an issue puts no text of its
/// own here. `kind` is the value of `agent.kind`: the agent that reads the paragraph.
package func skillsNote(_ skills: [String], servers: [MCPServer] = [], kind: String) -> String? {
  var names = harmlessSkills(skills, servers: servers)
  guard !names.isEmpty else { return nil }
  let probe = AgentRegistry.agent(kind: kind)?.probe(AgentPolicy())
  if probe?.mentionsSkills == true {
    names = names.map { $0.utf8.allSatisfy(isMention) ? "$\($0)" : $0 }
  }
  let list = names.joined(separator: ", ")
  let wish = "Use these skills for this issue where they are available: \(list)."
  return [wish, probe?.skillsHint].compactMap { $0 }.joined(separator: " ")
}

/// The names that may be repeated, at most 20, less those of MCP servers.
func harmlessSkills(_ skills: [String], servers: [MCPServer]) -> [String] {
  let known = servers.map(\.name.folded)
  let names = skills.filter { name in
    !known.contains(name.folded) && !name.isEmpty && name.count <= 80
      && name.unicodeScalars.allSatisfy { scalar in
        switch scalar {
        case "A"..."Z", "a"..."z", "0"..."9", ".", "_", ":", "/", " ", "-": true
        default: false
        }
      }
  }
  return Array(names.prefix(20))
}

/// Letters, digits, `-`, `_` and `:`, of which Codex makes the name of a mention.
private func isMention(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
  default: false
  }
}
