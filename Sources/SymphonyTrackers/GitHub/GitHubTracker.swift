// A repository's issues on GitHub (or Enterprise Server) over REST. This file has the port's
// front, the repository and `doctor`; GitHubSurvey.swift looks at items, GitHubDelivery.swift
// pays debts.
import SymphonyCore
import Synchronization

public final class GitHubTracker: Tracker {
  private struct State {
    /// An answer of this tick that no survey has used yet.
    var fresh: RepositoryFacts?
    /// The last answer of any age: good for a default branch, not for judging absence.
    var last: RepositoryFacts?
  }

  let policy: TrackerPolicy
  let configured: RepositoryName
  let client: GitHubClient
  private let state = Mutex(State())

  /// One tracker lives for one tick. `repository` is the configured one or the origin's.
  public init(
    policy: TrackerPolicy, repository: RepositoryName, surroundings: GitHubSurroundings
  ) {
    self.policy = policy
    self.configured = repository
    self.client = GitHubClient(policy: policy, surroundings: surroundings)
  }

  func url(_ repository: RepositoryName, _ rest: String = "") -> String {
    let (owner, name) = (WebAddress.encode(repository.owner), WebAddress.encode(repository.name))
    return "\(policy.apiURL)/repos/\(owner)/\(name)\(rest)"
  }

  // MARK: Tracker

  public func repository(cachedOnly: Bool) async throws(TrackerError) -> RepositoryFacts {
    let facts = try await read(configured, cachedOnly ? .cachedOnly : .conditional).facts
    if !cachedOnly { state.withLock { ($0.fresh, $0.last) = (facts, facts) } }
    return facts
  }

  public func survey(_ question: SurveyQuestion) async -> Survey {
    var pass = GitHubSurvey(tracker: self, question: question)
    return await pass.run()
  }

  public func deliver(_ entry: OutboxEntry, pullRequest: PullRequestRef?)
    async throws(TrackerError) -> Delivery
  {
    let delivery = GitHubDelivery(tracker: self, entry: entry, pullRequest: pullRequest)
    switch entry.payload {
    case .ensurePullRequest(let order): return try await delivery.ensure(order)
    case .comment(let order): return try await delivery.comment(order)
    }
  }

  // MARK: The repository

  /// GET of a repository; a rename arrives as a redirect and shows in the facts' name.
  func read(_ name: RepositoryName, _ freshness: GitHubClient.Freshness)
    async throws(TrackerError) -> GitHubRepository
  {
    try await client.get(url(name), as: GitHubRepository.self, freshness).value
  }

  /// The facts a survey judges by: asked in this tick, once.
  func factsForSurvey(cachedOnly: Bool) async throws(TrackerError) -> RepositoryFacts {
    let fresh = state.withLock { state in
      defer { state.fresh = nil }
      return state.fresh
    }
    if let fresh { return fresh }
    let facts = try await repository(cachedOnly: cachedOnly)
    state.withLock { $0.fresh = nil }
    return facts
  }

  /// Facts good enough to address a write.
  func factsForDelivery() async throws(TrackerError) -> RepositoryFacts {
    if let last = state.withLock({ $0.last }) { return last }
    let facts = try await repository(cachedOnly: false)
    state.withLock { $0.fresh = nil }
    return facts
  }

  // MARK: doctor

  public func examine() async -> [Finding] {
    guard let token = policy.token, !token.isEmpty else {
      let hint = "set GITHUB_TOKEN (in .env beside WORKFLOW.md), or log in with `gh auth login`"
      return [
        Finding(.fail, "token", "no GitHub token was found: \(policy.tokenOrigin)", hint: hint),
        Finding(.skip, "repository", "\(configured): not asked without a token"),
      ]
    }
    var findings = [Finding(.pass, "token", "from \(policy.tokenOrigin)")]
    do throws(TrackerError) {
      let page = try await client.get(url(configured), as: GitHubRepository.self, .fresh)
      findings += describe(page.value, page.response)
      findings += try await labelFindings(page.value.facts.name)
    } catch {
      findings.append(
        Finding(.fail, "repository", "\(configured): \(error.sentence)", hint: error.hint))
    }
    return findings
  }

  private func describe(_ found: GitHubRepository, _ response: HTTPTransportResponse?) -> [Finding]
  {
    let facts = found.facts
    let renamed = facts.name.matches(configured) ? "" : ", renamed from \(configured)"
    let sight = facts.isPrivate ? "private" : "public"
    var findings = [
      Finding(
        renamed.isEmpty ? .pass : .warn, "repository",
        "\(facts.name) (\(sight), default branch \(facts.defaultBranch)\(renamed))",
        hint: renamed.isEmpty ? nil : "set tracker.repository to \(facts.name)")
    ]
    switch found.mayPush {
    case true?: findings.append(Finding(.pass, "permissions", "the token may push"))
    case false?:
      findings.append(
        Finding(
          .fail, "permissions", "the token may read \(facts.name) but not push to it",
          hint: "a fine-grained token needs Contents, Issues and Pull requests: read and write"))
    case nil: findings.append(Finding(.warn, "permissions", "GitHub does not say what it may do"))
    }
    if let scopes = response?.header("X-OAuth-Scopes").map(GitHubAnswer.clean), !scopes.isEmpty {
      let names = scopes.split(separator: ",").map { $0.trimmingWhitespace() }
      let enough = names.contains("repo") || (!facts.isPrivate && names.contains("public_repo"))
      findings.append(
        Finding(
          enough ? .pass : .warn, "scopes", scopes, hint: enough ? nil : "the token needs `repo`"))
    }
    if let left = response?.header("X-RateLimit-Remaining").flatMap({ Int($0) }) {
      let limit = response?.header("X-RateLimit-Limit").map(GitHubAnswer.clean) ?? "?"
      findings.append(
        Finding(left < 100 ? .warn : .pass, "rate", "\(left) of \(limit) requests left this hour"))
    } else {
      findings.append(Finding(.skip, "rate", "the server sets no limit"))
    }
    return findings
  }

  private func labelFindings(_ name: RepositoryName) async throws(TrackerError) -> [Finding] {
    var findings: [Finding] = []
    for label in policy.requiredLabels {
      do throws(TrackerError) {
        let address = url(name, "/labels/\(WebAddress.encode(label))")
        _ = try await client.get(address, as: Structure.self, .fresh)
      } catch .notFound {
        findings.append(
          Finding(
            .warn, "labels", "\(name) has no label `\(GitHubAnswer.clean(label))` yet",
            hint: "create it, and put it on the issues symphony should take"))
      }
    }
    return findings
  }
}
