// Builds the environments of the agent and of the hooks. Both lose the secrets that symphony
// resolved for itself; hooks get git's credentials and variables that describe the item, the agent
// what `agent.env` leaves and adds, and the GitHub token only where the workflow passes it on
// purpose. HOME and the agent's own login stay.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

struct AgentEnvironment {
  let run: LiveRun
  let checkout: Checkout
  /// The agent's environment, without the variables that its adapter adds.
  let forAgent: [String: String]
  /// Names in `forAgent`: how its git asks for the token, without the token.
  let openVariables: [String]
  /// GIT_AUTHOR_* and GIT_COMMITTER_*; empty where git knows who commits.
  private let identity: [String: String]
  /// Variables that keep programs from asking a person, for use where nothing else is set.
  private let unattended: [String: String]

  /// `variables`: the agent's own: names, or beginnings that end in `*`.
  ///
  /// `repliesFile`: where it leaves its answers to feedback; nil: there is none to answer.
  /// `unattended`: of `Unattended`.
  /// - Throws: `.ended` with the code `agent_misconfigured` when `agent.env.set` names a variable
  ///   that is not set.
  init(
    run: LiveRun, checkout: Checkout, identity: [String: String], own variables: [String],
    repliesFile: String? = nil, unattended: [String: String] = Unattended.standard
  ) throws(RunStop) {
    self.unattended = unattended
    self.run = run
    self.checkout = checkout
    self.identity = identity
    var own: [String: String] = identity
    own["PWD"] = checkout.path
    own.merge(Self.passedToken(run)) { $1 }
    do throws(AgentError) {
      var values = try AgentView.environment(
        run.spec.agent, own: variables, from: run.environment, adding: own,
        secrets: run.token.map { [$0.reveal()] } ?? [])
      values[RunMarker.variable] = run.spec.runID.text
      // Empty, so that none of another run shines through.
      values[RepliesFile.variable] = repliesFile ?? ""
      openVariables =
        run.spec.agent.passGitHubToken
        ? GitCredentials.addForAgent(run.token, run.spec.git, to: &values) : []
      let removed = run.spec.agent.environment.remove
      forAgent = values.merging(
        unattended.filter { !AgentView.matches($0.key, removed) }
      ) { own, _ in own }
    } catch {
      throw .failed(
        error.code, error.sentence + (error.hint.map { "; \($0)" } ?? ""), .misconfigured)
    }
  }

  /// The token as GitHub's own programs look for it, where the workflow passes it on.
  private static func passedToken(_ run: LiveRun) -> [String: String] {
    guard run.spec.agent.passGitHubToken, let token = run.token, !token.isEmpty else { return [:] }
    var values = ["GITHUB_TOKEN": token.reveal(), "GH_TOKEN": token.reveal()]
    // On a server of one's own `gh` looks for the token under another name, and for the host.
    if let host = GitCredentials.host(run.spec.git), !isGitHubs(host) {
      values["GH_ENTERPRISE_TOKEN"] = token.reveal()
      values["GH_HOST"] = host
    }
    return values
  }

  private static func isGitHubs(_ host: String) -> Bool {
    host == "github.com" || host.hasSuffix(".ghe.com")
  }

  /// `isOutside`: no wall around it: it gets git's credentials.
  func forHook(_ turn: Int?, isOutside: Bool) -> [String: String] {
    let secrets = run.spec.agent.secretVariables
    var values: [String: String]
    if isOutside {
      values = AgentView.withoutSecrets(
        run.environment,
        secrets.compactMap { run.environment[$0] } + (run.token.map { [$0.reveal()] } ?? []))
      for name in secrets + GitCredentials.misleading { values[name] = nil }
    } else {
      // Among the agent's files it sees what the agent sees, and never a token.
      let tokens = ["GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN"]
      values = forAgent.filter { !tokens.contains($0.key) }
    }
    for (name, value) in identity where values[name] == nil { values[name] = value }
    values.merge(unattended) { own, _ in own }
    values["PWD"] = checkout.path
    values["OLDPWD"] = nil
    values[RunMarker.variable] = run.spec.runID.text
    if isOutside { values.merge(Self.passedToken(run)) { $1 } }
    GitSettings.add(GitSettings.noNestedGit + ["core.fsmonitor=false"], to: &values)
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
    if isOutside {
      GitSettings.add("http.followRedirects", "false", to: &values)
      GitCredentials.add(run.token, spec.git, to: &values)
    }
    return values
  }
}

/// The committer's name and address: the workflow's choice, else git's own, else symphony.
enum CommitIdentity {
  /// The settings of git that say who the user is.
  static let settings = ["user.name", "user.email"]

  /// `place`: whose configuration counts; never that of a clone behind the wall.
  ///
  /// `own`: of `settings`, those that are there.
  static func variables(
    _ git: GitCommand, _ place: GitPlace, _ own: [String: String]
  ) throws(RunStop) -> [String: String] {
    let settings = git.run.spec.git.settings
    // Without useConfigOnly git makes one up from the login and host name, and calls it known.
    let isKnown = try git.answer(
      ["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"], in: place
    ).isSuccess
    if isKnown, settings.commitAuthorName == nil, settings.commitAuthorEmail == nil {
      // In a sandbox git may not find the files that its configuration includes.
      return git.run.spec.agent.sandbox.kind == .none ? [:] : try outside(git, place)
    }
    let known = own.mapValues { $0.trimmingWhitespace() }.filter { !$0.value.isEmpty }
    let name = settings.commitAuthorName ?? known["user.name"]
    let email = settings.commitAuthorEmail ?? known["user.email"]
    return [
      "GIT_AUTHOR_NAME": name ?? "symphony", "GIT_AUTHOR_EMAIL": email ?? "symphony@localhost",
      "GIT_COMMITTER_NAME": name ?? "symphony",
      "GIT_COMMITTER_EMAIL": email ?? "symphony@localhost",
    ]
  }

  /// The author and committer that git names outside the wall, from `Name <address> seconds zone`.
  private static func outside(_ git: GitCommand, _ place: GitPlace) throws(RunStop)
    -> [String: String]
  {
    var values: [String: String] = [:]
    for who in ["GIT_AUTHOR", "GIT_COMMITTER"] {
      let text = try git.must(["var", "\(who)_IDENT"], in: place)
      guard let open = text.lastIndex(of: "<"), let close = text.lastIndex(of: ">"), open < close
      else { continue }
      values["\(who)_NAME"] = text[..<open].trimmingWhitespace()
      values["\(who)_EMAIL"] = String(text[text.index(after: open)..<close])
    }
    return values
  }
}
