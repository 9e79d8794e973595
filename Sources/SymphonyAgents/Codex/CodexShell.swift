// Sets what codex hands to the commands it runs, and how much it reads of the repository's
// instructions, where its own defaults would do harm: without the run's marker we do not find the
// processes that a command leaves behind, and the headers of MCP servers are nobody's but theirs.
// All of it is merged with `codex.config`. The user's own config.toml cannot be seen from here:
// entries of tables join what it says, lists and single values replace it, so that but for one
// number only entries are set unasked. An `include_only` in that file still keeps the marker from
// codex's commands. Called by CodexAgent.
import SymphonyCore

enum CodexShell {
  /// Bytes of AGENTS.md that codex reads.
  ///
  /// Its own limit, 32 KiB, cuts longer ones off, and nobody is told. Only `codex.config` sets
  /// another.
  private static let instructionLimit: Int64 = 1 << 20

  private static let policyKey = "shell_environment_policy"

  /// Settings of codex's shell; its commands must not see the variables in `hidden`.
  static func arguments(_ turn: AgentTurn, hidden: [String]) -> [String] {
    let leaves = CodexSettings.leaves(turn.policy)
    func last(_ path: String) -> Structure? { leaves.last { $0.path == path }?.value }
    var settings: [(key: String, value: Structure)] = []
    if (last("project_doc_max_bytes") ?? .null) == .null {
      settings.append(("project_doc_max_bytes", .integer(instructionLimit)))
    }
    // git stops at a list of settings of which a filter (`*KEY*` is a usual one) took a part.
    let kept = ([RunID.variable] + turn.openVariables).compactMap { name in
      turn.agentEnvironment[name].map { (name: name, value: $0) }
    }
    if !kept.isEmpty {
      // An empty list means everything, one with a name in it only that name.
      if let names = last("\(policyKey).include_only")?.listValue, !names.isEmpty {
        let all = names + kept.map { .string($0.name) }
        settings.append(("\(policyKey).include_only", .list(all)))
      }
      if leaves.contains(where: isIncludingFilter) {
        settings += kept.map { ("\(policyKey).filters.\($0.name)", .string("include")) }
      }
      settings += kept.map { ("\(policyKey).set.\($0.name)", .string($0.value)) }
    }
    // Empty instead of taken away: `exclude` is a list, which would replace the user's own and let
    // out what that one keeps back, and codex refuses it beside `filters`.
    for name in hidden { settings.append(("\(policyKey).set.\(name)", .string(""))) }
    return settings.flatMap { key, value in
      TOMLText.encode(value).map { ["-c", "\(key)=\($0)"] } ?? []
    }
  }

  /// With one of them codex passes on nothing but what such filters name.
  private static func isIncludingFilter(_ leaf: (path: String, value: Structure)) -> Bool {
    leaf.path.hasPrefix("\(policyKey).filters.") && leaf.value.stringValue == "include"
  }
}
