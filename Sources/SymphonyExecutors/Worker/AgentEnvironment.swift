// What the agent and the hooks find in their environment: the two differ only in git's credentials
// and in the variables that describe the item. Secrets that symphony resolved for itself are taken
// out of both, unless the workflow passes the GitHub token on purpose.
import SymphonyCore
import SymphonyPlatform

struct AgentEnvironment {
  let run: LiveRun
  let checkout: Checkout
  /// GIT_AUTHOR_* and GIT_COMMITTER_*; empty where git knows who commits.
  let identity: [String: String]

  var forAgent: [String: String] { shared.filter { !GitCredentials.isConfiguration($0.key) } }

  func forHook(_ turn: Int?) -> [String: String] {
    var values = shared
    let spec = run.spec
    let item = ItemText(spec)
    // The kernel takes at most 128 KiB for one variable, and a title may be any length.
    let title = String(item.title.prefix(1000))
    values["SYMPHONY_ISSUE_NUMBER"] = item.number
    values["SYMPHONY_ISSUE_KEY"] = spec.itemKey.text
    values["SYMPHONY_ISSUE_TITLE"] = title
    values["SYMPHONY_KEY"] = spec.itemKey.text
    values["SYMPHONY_TITLE"] = title
    values["SYMPHONY_REPOSITORY"] = spec.repository.description
    values["SYMPHONY_BRANCH"] = spec.git.branch
    values["SYMPHONY_BASE_BRANCH"] = checkout.baseBranch
    values["SYMPHONY_WORKSPACE"] = checkout.path
    values["SYMPHONY_ATTEMPT"] = spec.attempt.map { "\($0)" } ?? ""
    values["SYMPHONY_TURN"] = turn.map { "\($0)" } ?? ""
    GitCredentials.add(run.token, scope: spec.git.credentialScope, to: &values)
    return values
  }

  private var shared: [String: String] {
    var values = run.environment
    let policy = run.spec.agent
    for name in policy.secretVariables + GitCredentials.misleading { values[name] = nil }
    for (name, value) in identity where values[name] == nil { values[name] = value }
    if policy.passGitHubToken, let token = run.token, !token.isEmpty {
      values["GITHUB_TOKEN"] = token.reveal()
      values["GH_TOKEN"] = token.reveal()
    }
    values["PWD"] = checkout.path
    values["OLDPWD"] = nil
    values[RunMarker.variable] = run.spec.runID.text
    return values
  }
}

/// Who commits: the workflow's choice, else git's own, else symphony.
enum CommitIdentity {
  static func variables(_ git: GitCommand, _ place: GitPlace) throws(RunStop) -> [String: String] {
    let settings = git.run.spec.git.settings
    // Without useConfigOnly git makes one up from the login and host name, and calls it known.
    let known = try git.ask(
      ["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"], in: place
    ).isSuccess
    if known, settings.commitAuthorName == nil, settings.commitAuthorEmail == nil { return [:] }
    func own(_ key: String) throws(RunStop) -> String? {
      let answer = try git.ask(["config", "--get", key], in: place)
      return answer.isSuccess && !answer.text.isEmpty ? answer.text : nil
    }
    var name = settings.commitAuthorName
    var email = settings.commitAuthorEmail
    if name == nil { name = try own("user.name") }
    if email == nil { email = try own("user.email") }
    return [
      "GIT_AUTHOR_NAME": name ?? "symphony", "GIT_AUTHOR_EMAIL": email ?? "symphony@localhost",
      "GIT_COMMITTER_NAME": name ?? "symphony",
      "GIT_COMMITTER_EMAIL": email ?? "symphony@localhost",
    ]
  }
}
