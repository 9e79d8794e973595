// Takes from an environment what the workflow lets an agent see. One rule for the worker, which
// starts the agent, and for the tick and doctor, which check whether it could be started.
import SymphonyCore

package enum AgentView {
  /// `own`: variables of the agent's own: names, or beginnings that end in `*`.
  ///
  /// `environment`: the worker's or the tick's. `secrets`: what no variable may hold that is only
  /// inherited, beside what the secret variables hold. `added`: what is set for this run; only
  /// `agent.env.set` is stronger, and a commit identity the environment has already.
  /// - Throws: `.misconfigured` when `agent.env.set` names a variable that is not set.
  package static func environment(
    _ policy: AgentPolicy, own: [String], from environment: [String: String],
    adding added: [String: String] = [:], secrets: [String] = []
  ) throws(AgentError) -> [String: String] {
    var values = environment.filter { !GitCredentials.isConfiguration($0.key) }
    if policy.environment.inherit == .minimal {
      values = values.filter { matches($0.key, minimal + own) }
    }
    for name in policy.secretVariables where !matches(name, own) { values[name] = nil }
    for name in neverInherited + GitCredentials.misleading { values[name] = nil }
    // The same secret may lie under a second name.
    let foreign = (policy.secretVariables + neverInherited).filter { !matches($0, own) }
    let known = withoutSecrets(values, secrets + foreign.compactMap { environment[$0] })
    values = values.filter { matches($0.key, own) || known[$0.key] != nil }
    values["OLDPWD"] = nil
    values = values.filter { !matches($0.key, policy.environment.remove) }
    for (name, value) in added where !name.hasPrefix("GIT_") || values[name] == nil {
      values[name] = value
    }
    for (name, text) in policy.environment.set.sorted(by: { $0.key < $1.key }) {
      switch VariableText.expand(text, environment) {
      case .text(let value): values[name] = value
      case .unset(let missing):
        throw .misconfigured(
          "agent.env.set.\(name) names $\(missing), which is not set",
          hint: "set it in .env beside WORKFLOW.md, or in the environment of the tick")
      }
    }
    return values
  }

  /// Less what holds one of these values, in whatever is around it: a URL, a header, Base64.
  static func withoutSecrets(_ values: [String: String], _ secrets: [String]) -> [String: String] {
    let search = SecretSearch(secrets)
    return values.filter { !search.finds(in: $0.value) }
  }

  /// GitHub's tokens, which only the workflow passes on, also where an agent could use one itself;
  /// and what only symphony's own commands understand.
  private static let neverInherited = [
    "GITHUB_TOKEN", "GH_TOKEN", "SYMPHONY_DOTENV", "SYMPHONY_STATE_DIR", "SYMPHONY_FAULTS",
    WorkerSeams.formatVariable,
  ]

  /// Variables by which a program finds its user, its language, and a way out.
  private static let minimal = [
    "HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "TMPDIR",
    "XDG_*", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy",
    "no_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO", "GIT_AUTHOR_*", "GIT_COMMITTER_*",
  ]

  static func matches(_ name: String, _ patterns: [String]) -> Bool {
    patterns.contains { pattern in
      pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }
  }
}
