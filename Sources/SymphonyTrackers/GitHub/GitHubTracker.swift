// GitHub (or Enterprise Server) as a tracker: the port's front. Work items come from a Projects
// board where the workflow names one, else from the issues of one repository. BoardSurvey and
// IssueSurvey look, Confirmation looks again before a launch, GitHubDelivery pays debts,
// Examination answers doctor. One tracker lives for one tick.
import SymphonyCore
import Synchronization

package final class GitHubTracker: Tracker {
  let policy: TrackerPolicy
  /// The repository of issues mode, configured or the origin's; nil with a board.
  let home: RepositoryName?
  let client: GitHubClient
  let memory: TrackerMemory
  private let served: ServedFacts
  let permissions: PermissionBook
  private let surroundings: GitHubSurroundings
  /// Facts seen in this tick, by lower-case name.
  private let seen = Mutex<[String: RepositoryFacts]>([:])

  /// `repository` is needed where the policy has no board.
  package init(
    policy: TrackerPolicy, repository: RepositoryName?, surroundings: GitHubSurroundings
  ) {
    precondition(repository != nil || policy.board != nil)
    var policy = policy
    policy.repository = policy.repository ?? repository
    self.policy = policy
    self.home = repository
    self.surroundings = surroundings
    served = ServedFacts(policy: policy)
    client = GitHubClient(policy: policy, surroundings: surroundings)
    memory = TrackerMemory(surroundings.cache, identity: client.tokens.identity)
    permissions = PermissionBook(memory)
  }

  /// On GitHub's clock.
  var now: Timestamp { surroundings.now() + client.clockOffset }
  /// The time that the caller has left for everything.
  var remaining: Interval { surroundings.remaining() }

  func url(_ repository: RepositoryName, _ rest: String = "") -> String {
    let (owner, name) = (WebAddress.encode(repository.owner), WebAddress.encode(repository.name))
    return "\(policy.apiURL)/repos/\(owner)/\(name)\(rest)"
  }

  // MARK: Tracker

  package func survey(_ question: SurveyQuestion) async -> Survey {
    if let board = policy.board {
      var pass = BoardSurvey(tracker: self, board: board, question: question)
      return keep(await complete(await pass.run(), question))
    }
    guard let home else { return Survey(candidates: .skipped) }
    var pass = IssueSurvey(tracker: self, home: home, question: question)
    return keep(await complete(await pass.run(), question))
  }

  package func confirm(_ items: [SurveyQuestion.Watched]) async -> Survey {
    var pass = Confirmation(tracker: self, items: items)
    return keep(await pass.run())
  }

  package func find(_ reference: String, in repository: RepositoryName?)
    async throws(TrackerError) -> WorkItem?
  {
    guard let number = Int(reference), number > 0 else { return nil }
    guard let place = repository ?? home ?? policy.repository else {
      throw .misconfigured(
        "the workflow names a board, so #\(number) alone is no issue",
        hint: "write owner/repo#\(number)")
    }
    if policy.board == nil, let home, place.folded != home.folded {
      throw .misconfigured(
        "the workflow works on issues of \(home), not of \(place)",
        hint: "ask in the project of \(place)")
    }
    do throws(TrackerError) {
      return try await client.get(
        url(place, "/issues/\(number)"), as: GitHubIssue.self, .fresh
      ).value.item
    } catch {
      switch error {
      case .notFound, .gone: return nil
      default: throw error
      }
    }
  }

  /// The token that a run gets: of an App one of its own, good for an hour and for what the run
  /// needs.
  package func credential(_ order: CredentialOrder) async throws(TrackerError) -> Secret? {
    try await client.credential(order)
  }

  package func deliver(_ entry: OutboxEntry, pullRequest: PullRequestRef?)
    async throws(TrackerError) -> Delivery
  {
    served.checked(
      try await GitHubDelivery(tracker: self, entry: entry, pullRequest: pullRequest).run())
  }

  package func examine() async -> [Finding] { await Examination(tracker: self).run() }

  // MARK: Shared by the parts

  /// GET of a repository; a rename arrives as a redirect and shows in the facts' name.
  func read(_ name: RepositoryName, _ freshness: GitHubClient.Freshness)
    async throws(TrackerError) -> GitHubRepository
  {
    var found = try await client.get(url(name), as: GitHubRepository.self, freshness).value
    found.facts = try served.checked(found.facts)
    return found
  }

  /// Facts good enough to address a write to.
  func factsForDelivery(_ name: RepositoryName) async throws(TrackerError) -> RepositoryFacts {
    if let known = seen.withLock({ $0[name.folded] }) { return known }
    let facts = try await read(name, .conditional).facts
    seen.withLock { $0[name.folded] = facts }
    return facts
  }

  /// The survey with what its requests cost and met.
  func count(_ survey: Survey) -> Survey {
    var survey = survey
    let counts = client.takeCounts()
    survey.requests = counts.requests
    survey.notModified = counts.notModified
    survey.clockOffset = client.clockOffset
    survey.limit = client.limit
    return survey
  }

  /// The survey with the permissions that are known of the people in it.
  private func complete(_ survey: Survey, _ question: SurveyQuestion) async -> Survey {
    var survey = survey
    let origins = Origins(self)
    origins.recall(into: &survey)
    if !question.cachedOnly {
      await origins.resolveComments(&survey, question)
      await PullRequestLook.run(self, question.watched, into: &survey)
    }
    let counts = client.takeCounts()
    survey.requests += counts.requests
    survey.notModified += counts.notModified
    survey.limit = client.limit
    return survey
  }

  private func keep(_ survey: Survey) -> Survey {
    let survey = served.checked(survey)
    if !survey.isCached {
      seen.withLock { seen in
        for facts in survey.repositories { seen[facts.name.folded] = facts }
      }
    }
    return survey
  }
}
