// Every agent this program can drive, by the value of `agent.kind`. A new agent is one folder and
// one line here; the contract tests iterate `all`. The composition asks here once and hands the
// adapters to whoever needs them. It decides nothing about scheduling.
import SymphonyCore

package enum AgentRegistry {
  package static let all: [any Agent] = [
    ClaudeCodeAgent(),
    CodexAgent(),
    OpenCodeAgent(),
    CommandAgent(),
  ]

  /// The adapter of a kind; nil for kinds that are unknown.
  package static func agent(kind: String) -> (any Agent)? { all.first { $0.kind == kind } }

  /// The adapter of a kind, or the sentence that says why there is none.
  package static func find(kind: String) throws(AgentError) -> any Agent {
    if let agent = agent(kind: kind) { return agent }
    let known = all.map(\.kind).joined(separator: ", ")
    throw .misconfigured("agent.kind \(kind) is not known", hint: "use one of \(known)")
  }

  /// The same, with what the agent will inherit from: symphony's environment and .env.
  package static func find(
    kind: String, environment: [String: String]
  ) throws(AgentError) -> any Agent {
    let agent = try find(kind: kind)
    let foreseen = ForeseenEnvironment(environment)
    return (agent as? any ForeseeingAgent)?.foreseeing(foreseen) ?? agent
  }
}
