// Bodies, trackers, watched items and outbox entries that the tests of the GitHub tracker share.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

enum Bodies {
  static let repository = """
    {"full_name":"acme/app","clone_url":"https://github.com/acme/app.git","default_branch":"main",
    "private":true,"html_url":"https://github.com/acme/app","permissions":{"push":true}}
    """
  static func issue(_ number: Int, _ more: String = "") -> String {
    """
    {"node_id":"I_\(number)","number":\(number),"title":"Issue \(number)","state":"open",
    "repository_url":"https://api.github.com/repos/acme/app"\(more)}
    """
  }
  static func pull(
    _ number: Int, head: String = "symphony/x", state: String = "open", base: String = "main",
    from: String = "acme/app", _ more: String = ""
  ) -> String {
    """
    {"number":\(number),"html_url":"https://github.com/acme/app/pull/\(number)","state":"\(state)",
    "created_at":"2026-11-21T03:00:00Z","head":{"ref":"\(head)","repo":{"full_name":"\(from)"}},
    "base":{"ref":"\(base)"}\(more)}
    """
  }
}

func makeTracker(
  _ transport: any HTTPTransport, cache: MemoryCache = MemoryCache(), token: String = "ghp_secret",
  now: Timestamp = noon, _ change: (inout TrackerPolicy) -> Void = { _ in }
) -> GitHubTracker {
  var policy = TrackerPolicy()
  policy.requiredLabels = ["symphony"]
  policy.token = Secret(token)
  policy.tokenOrigin = "the test"
  change(&policy)
  return GitHubTracker(
    policy: policy, repository: RepositoryName(owner: "acme", name: "app"),
    surroundings: GitHubSurroundings(
      transport: transport, cache: cache, salt: "salt", now: { now }, userAgent: "symphony/test"))
}

func watch(
  _ number: Int, wantsPullRequest: Bool = false, pullRequest: PullRequestRef? = nil,
  commentsSince: Timestamp? = nil
) -> SurveyQuestion.Watched {
  let repository = RepositoryName(owner: "acme", name: "app")
  let item = WorkItem(
    id: ItemID("I_\(number)"), key: ItemKey(repository: repository, reference: "\(number)"),
    repository: repository, number: number, title: "")
  var record = ItemRecord(item: item, branch: "symphony/acme_app_\(number)", now: noon)
  record.pullRequest = pullRequest
  return SurveyQuestion.Watched(
    record: record, wantsPullRequest: wantsPullRequest, commentsSince: commentsSince)
}

func pullRequestEntry(
  _ head: String, tries: Int = 0, createdAt: Timestamp = noon, draft: Bool = true,
  reuse: Bool = true
) -> OutboxEntry {
  let repository = RepositoryName(owner: "acme", name: "app")
  var entry = OutboxEntry(
    item: ItemID("I_1"), dedupeKey: "pr-\(head)",
    payload: .ensurePullRequest(
      PullRequestOrder(
        repository: repository, key: ItemKey(repository: repository, reference: "1"), head: head,
        base: nil, title: "Work", body: "Closes acme/app#1", draft: draft, reuse: reuse)),
    nonce: "0123456789abcdef", createdAt: createdAt)
  entry.tries = tries
  return entry
}

func commentEntry(
  _ text: String, number: Int = 1, tries: Int = 0, nonce: String = "0123456789abcdef",
  createdAt: Timestamp = noon, mayBeThere: Bool? = nil
) -> OutboxEntry {
  let repository = RepositoryName(owner: "acme", name: "app")
  var order = CommentOrder(
    repository: repository, key: ItemKey(repository: repository, reference: "\(number)"),
    number: number, text: text)
  order.mayBeThere = mayBeThere
  var entry = OutboxEntry(
    item: ItemID("I_\(number)"), dedupeKey: "comment-\(nonce)", payload: .comment(order),
    nonce: nonce, createdAt: createdAt)
  entry.tries = tries
  return entry
}
