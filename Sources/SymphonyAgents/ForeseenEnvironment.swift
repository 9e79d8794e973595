// The part of an agent's environment that is known without a turn: what the workflow sets, and what
// this process would pass on. For `probe` and `examine` of the adapters, which see no turn; a turn
// has the environment itself.
import FoundationEssentials
import SymphonyCore

/// An adapter whose `probe` and `examine` depend on the environment.
protocol ForeseeingAgent: Agent {
  func foreseeing(_ environment: ForeseenEnvironment) -> any Agent
}

struct ForeseenEnvironment {
  /// The variables that agents inherit: this process's, or those with .env under them.
  let process: [String: String]

  init(_ process: [String: String] = ProcessInfo.processInfo.environment) {
    self.process = process
  }

  /// The value that the agent will find under a name; nil: none, or it cannot be told here.
  ///
  /// It cannot where `agent.env.set` names a variable that this process does not have.
  func value(_ name: String, _ policy: AgentPolicy) -> String? {
    if let text = policy.environment.set[name] {
      guard case .text(let value) = VariableText.expand(text, process) else { return nil }
      return value
    }
    let isRemoved = policy.environment.remove.contains { pattern in
      pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }
    return isRemoved ? nil : process[name]
  }

  /// The directory that a variable names, without a slash at its end; nil where it names none.
  ///
  /// A relative one lies in the workspace, and is empty here.
  func directory(_ name: String, _ policy: AgentPolicy) -> String? {
    guard var path = value(name, policy), !path.isEmpty else { return nil }
    guard path.hasPrefix("/") else { return "" }
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
