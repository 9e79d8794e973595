// The tracker against something that speaks HTTP as GitHub does: what it sees, what it costs,
// what it leaves behind. Serialized, because an external server is one world for all.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyTrackers

@Suite(.serialized) struct GitHubContractTests {
  private struct Bench {
    var backend: Backend
    var cache = MemoryCache()
    var transport: AsyncHTTPTransport

    init(_ kind: BackendKind) async throws {
      backend = try await Backend.open(kind)
      transport = AsyncHTTPTransport(url: backend.apiURL, environment: Backend.trust)
    }

    /// A tracker as a new process would make it: the cache is what is left of the last one.
    func tracker(token: String? = nil, timeout: Interval = .seconds(30)) -> GitHubTracker {
      var policy = TrackerPolicy()
      policy.apiURL = backend.apiURL
      policy.token = Secret(token ?? backend.token)
      policy.tokenOrigin = "the test"
      policy.requiredLabels = [backend.label]
      policy.requestTimeout = timeout
      return GitHubTracker(
        policy: policy, repository: backend.repository,
        surroundings: GitHubSurroundings(
          transport: transport, cache: cache, salt: "salt",
          now: { Timestamp(milliseconds: Clock.wallMilliseconds()) }, userAgent: "symphony/test"))
    }

    func survey(_ watched: [SurveyQuestion.Watched] = []) async -> Survey {
      await tracker().survey(SurveyQuestion(watched: watched, cachedOnly: false))
    }
    func items(_ survey: Survey) -> [WorkItem] {
      if case .items(let items) = survey.candidates { items } else { [] }
    }
    func watched(_ item: WorkItem, branch: String, commentsSince: Timestamp? = nil)
      -> SurveyQuestion.Watched
    {
      SurveyQuestion.Watched(
        record: ItemRecord(item: item, branch: branch, now: now), wantsPullRequest: true,
        commentsSince: commentsSince)
    }
    var now: Timestamp { Timestamp(milliseconds: Clock.wallMilliseconds()) }
    func branch(_ number: Int) -> String { "symphony/\(backend.label)_\(number)" }

    func end() async throws {
      _ = try await backend.takeStatuses()
      await transport.close()
    }
  }

  @Test(arguments: BackendKind.available)
  func anIdleTickIsThreeFreeAnswers(_ kind: BackendKind) async throws {
    let bench = try await Bench(kind)
    var watched: [SurveyQuestion.Watched] = []
    for number in 1...5 {
      let issue = try await bench.backend.createIssue("Issue \(number)", [bench.backend.label])
      try await bench.backend.commit(bench.branch(issue))
      let made = try await bench.tracker().deliver(
        pullRequestEntry(bench.branch(issue), createdAt: bench.now), pullRequest: nil)
      guard case .pullRequest(_, created: true) = made else {
        Issue.record("\(made)")
        return
      }
    }
    for item in bench.items(await bench.survey()) {
      watched.append(bench.watched(item, branch: bench.branch(item.number ?? 0)))
    }
    #expect(watched.count == 5)
    _ = await bench.survey(watched)
    _ = try await bench.backend.takeStatuses()
    for _ in 1...3 {
      let survey = await bench.survey(watched)
      #expect(survey.requests == 3)
      #expect(survey.notModified == 3)
      #expect(bench.items(survey).count == 5)
      #expect(survey.pullRequests.values.filter { $0.state == .open }.count >= 5)
      #expect(survey.notices.isEmpty)
    }
    #expect(try await bench.backend.takeStatuses() == Array(repeating: 304, count: 9))
    // A new token voids every ETag of the old one: nothing is asked conditionally.
    let other = await bench.tracker(token: "nobody's").survey(
      SurveyQuestion(watched: watched, cachedOnly: false))
    guard case .failed(.unauthorized) = other.candidates else {
      Issue.record("\(other.candidates)")
      return
    }
    try await bench.end()
  }

  @Test(arguments: BackendKind.available)
  func manyIssuesArePagedByLink(_ kind: BackendKind) async throws {
    let bench = try await Bench(kind)
    for number in 1...105 {
      _ = try await bench.backend.createIssue("Issue \(number)", [bench.backend.label])
    }
    _ = try await bench.backend.createIssue("Not ours", [])
    let cold = await bench.survey()
    #expect(bench.items(cold).count == 105)
    #expect(bench.items(cold).map(\.title).prefix(2) == ["Issue 1", "Issue 2"])
    let warm = await bench.survey()
    #expect(bench.items(warm) == bench.items(cold))
    #expect(warm.requests == warm.notModified)
    try await bench.end()
  }

  @Test(arguments: BackendKind.available)
  func watchedItemsAreFoundClosedAndGone(_ kind: BackendKind) async throws {
    let bench = try await Bench(kind)
    var items: [WorkItem] = []
    for number in 1...3 {
      _ = try await bench.backend.createIssue("Issue \(number)", [bench.backend.label])
    }
    items = bench.items(await bench.survey())
    #expect(items.count == 3)
    try await bench.backend.closeIssue(try #require(items[1].number))
    try await bench.backend.deleteIssue(try #require(items[2].number))
    let survey = await bench.survey(items.map { bench.watched($0, branch: "none") })
    guard case .found(let first)? = survey.answers[items[0].id],
      case .found(let second)? = survey.answers[items[1].id],
      case .gone? = survey.answers[items[2].id]
    else {
      Issue.record("\(survey.answers)")
      return
    }
    #expect([first.state, second.state] == [.open, .closed])
    #expect(bench.items(survey).map(\.id) == [items[0].id])
    try await bench.end()
  }

  @Test(arguments: BackendKind.available)
  func mergingEndsAPullRequest(_ kind: BackendKind) async throws {
    let bench = try await Bench(kind)
    let number = try await bench.backend.createIssue("Issue", [bench.backend.label])
    let branch = bench.branch(number)
    let item = try #require(bench.items(await bench.survey()).first)
    try await bench.backend.commit(branch)
    let order = pullRequestEntry(branch, createdAt: bench.now, draft: false)
    guard
      case .pullRequest(let made, created: true) = try await bench.tracker().deliver(
        order, pullRequest: nil)
    else {
      Issue.record("no pull request was opened")
      return
    }
    let open = await bench.survey([bench.watched(item, branch: branch)])
    #expect(open.pullRequests[branch]?.state == .open)
    #expect(open.pullRequests[branch]?.ref == made)
    try await bench.backend.merge(made.number)
    let merged = await bench.survey([bench.watched(item, branch: branch)])
    #expect(merged.pullRequests[branch]?.state == .merged)
    #expect(merged.pullRequests[branch]?.endedAt != nil)
    try await bench.end()
  }

  @Test(arguments: BackendKind.available)
  func lostAnswersAreLookedUp(_ kind: BackendKind) async throws {
    let bench = try await Bench(kind)
    let number = try await bench.backend.createIssue("Issue", [bench.backend.label])
    let branch = bench.branch(number)
    try await bench.backend.commit(branch)
    let entry = pullRequestEntry(branch, createdAt: bench.now)
    try await bench.backend.loseAnswer("POST", "/pulls")
    let lost = await failure { () async throws(TrackerError) in
      _ = try await bench.tracker().deliver(entry, pullRequest: nil)
    }
    #expect(lost?.code == "tracker_unreachable")
    var again = entry
    again.tries = 1
    guard
      case .pullRequest(let made, created: false) = try await bench.tracker().deliver(
        again, pullRequest: nil)
    else {
      Issue.record("the pull request was not adopted")
      return
    }
    #expect(try await bench.backend.pullRequestCount(branch) == 1)

    let since = bench.now - .seconds(2)
    let text = "Opened \(CommentOrder.pullRequestPlaceholder)"
    let nonce = Host.randomHex(bytes: 8)
    try await bench.backend.loseAnswer("POST", "/comments")
    _ = await failure { () async throws(TrackerError) in
      _ = try await bench.tracker().deliver(
        commentEntry(text, number: number, nonce: nonce, createdAt: bench.now), pullRequest: made)
    }
    guard
      case .comment = try await bench.tracker().deliver(
        commentEntry(text, number: number, tries: 1, nonce: nonce, createdAt: bench.now),
        pullRequest: made)
    else {
      Issue.record("the comment was not found")
      return
    }
    try await bench.backend.comment(number, "Thank you.")
    let item = try #require(bench.items(await bench.survey()).first)
    let survey = await bench.survey([
      bench.watched(item, branch: branch, commentsSince: since)
    ])
    #expect(survey.comments[item.id]?.map(\.isOurs) == [true, false])
    try await bench.end()
  }

  @Test(arguments: BackendKind.available)
  func troubleIsNamedAndPasses(_ kind: BackendKind) async throws {
    let bench = try await Bench(kind)
    _ = try await bench.backend.createIssue("Issue", [bench.backend.label])
    for (status, code) in [(502, "tracker_unreachable"), (500, "tracker_unreachable")] {
      try await bench.backend.fail(status, "/repos/acme/app/issues")
      let survey = await bench.survey()
      guard case .failed(let error) = survey.candidates else {
        Issue.record("\(status) passed for an answer")
        return
      }
      #expect(error.code == code)
      #expect(survey.repository != nil)
    }
    #expect(bench.items(await bench.survey()).count == 1)
    try await bench.end()
  }

  @Test(arguments: BackendKind.available)
  func doctorSeesTokenRepositoryAndRights(_ kind: BackendKind) async throws {
    let bench = try await Bench(kind)
    let findings = await bench.tracker().examine()
    #expect(findings.contains { $0.subject == "repository" && $0.grade == .pass })
    #expect(findings.contains { $0.subject == "permissions" && $0.grade == .pass })
    let wrong = await bench.tracker(token: "wrong").examine()
    #expect(wrong.contains { $0.subject == "repository" && $0.grade == .fail })
    #expect(!wrong.contains { $0.text.contains("wrong") })
    try await bench.end()
  }

  @Test func aServerThatIsNotThereIsUnreachable() async {
    // Port 1 of the loopback interface: nobody listens, the connection is refused at once.
    let transport = AsyncHTTPTransport(url: "http://127.0.0.1:1", environment: [:])
    let error = await failure { () async throws(TrackerError) in
      _ = try await makeTracker(transport) { $0.apiURL = "http://127.0.0.1:1" }
        .repository(cachedOnly: false)
    }
    #expect(error?.code == "tracker_unreachable")
    #expect(error?.sentence.contains("connection refused") == true, "\(error?.sentence ?? "")")
  }
}
