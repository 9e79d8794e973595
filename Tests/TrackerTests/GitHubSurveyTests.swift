// Facts out of answers that a well-behaved simulator does not give.
import SymphonyCore
import Testing

@testable import SymphonyTrackers

@Suite struct GitHubSurveyTests {
  private func survey(
    _ watched: [SurveyQuestion.Watched] = [], issues: String = "[]", pulls: String = "[]",
    others: @escaping @Sendable (String) -> HTTPTransportResponse = { _ in
      .json("{}", status: 404)
    },
    _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) async -> (Survey, [String]) {
    let transport = FakeTransport { request throws(TransportError) in
      let target = request.target
      if target == "/repos/acme/app" { return .json(Bodies.repository) }
      if target.hasPrefix("/repos/acme/app/issues?") { return .json(issues) }
      if target.hasPrefix("/repos/acme/app/pulls?state=open") { return .json(pulls) }
      return others(target)
    }
    let survey = await makeTracker(transport, change).survey(
      SurveyQuestion(watched: watched, cachedOnly: false))
    return (survey, transport.requests.map(\.target))
  }

  private func head(_ branch: String) -> HeadRef {
    HeadRef(RepositoryName(owner: "acme", name: "app"), branch)
  }

  private func items(_ survey: Survey) -> [WorkItem] {
    if case .items(let items) = survey.candidates { items } else { [] }
  }

  @Test func anIssueIsReadWhole() async throws {
    let issue = Bodies.issue(
      7,
      """
      ,"body":null,"labels":[{"name":" Bug "},"symphony",{}],
      "assignees":[{"login":"bob"}],"user":{"login":"alice"},"author_association":"COLLABORATOR",
      "milestone":{"title":"v1"},"created_at":"2026-11-01T00:00:00Z","surprise":[1],
      "issue_dependencies_summary":{"blocked_by":2,"total_blocked_by":5},
      "sub_issues_summary":{"total":3,"completed":1,"percent_completed":33}
      """)
    let named = issue.replacing("Issue 7", with: "A {{ title }} with \\u001b[31m")
    let (survey, _) = await survey(issues: "[\(named)]")
    let item = try #require(items(survey).first)
    #expect(item.key.text == "acme/app#7")
    #expect(item.title == "A {{ title }} with \u{1B}[31m")
    #expect(item.body.isEmpty)
    #expect(item.labels == ["bug", "symphony"])
    #expect(item.assignees == ["bob"])
    #expect(item.origin == nil, "who stands behind it is not in a list")
    #expect(item.milestone == "v1")
    #expect(item.openBlockers == 2)
    #expect(item.openSubIssues == 2)
    #expect(item.dependenciesKnown)
    #expect(item.createdAt == Timestamp(rfc3339: "2026-11-01T00:00:00Z"))
  }

  @Test func damagedDependenciesAreUnknownAndMissingOnesAreNone() async {
    let (survey, _) = await survey(
      issues: "[\(Bodies.issue(1, ",\"issue_dependencies_summary\":\"?\"")),\(Bodies.issue(2))]")
    #expect(items(survey).map(\.dependenciesKnown) == [false, true])
  }

  @Test func oneDamagedEntryCostsNobodyElse() async {
    let damaged = "{\"number\":2,\"node_id\":\"I_2\",\"title\":\"no state\"}"
    let (survey, _) = await survey(
      [watch(2)], issues: "[\(Bodies.issue(1)),\(damaged),\(Bodies.issue(3)),17]")
    #expect(items(survey).compactMap(\.number) == [1, 3])
    #expect(survey.notices.count == 2)
    guard case .unknown(.malformed)? = survey.answers[ItemID("I_2")] else {
      Issue.record("the damaged entry has no answer of its own")
      return
    }
  }

  @Test func pullRequestsAmongIssuesAreLeftOut() async {
    let (survey, _) = await survey(
      issues: "[\(Bodies.issue(1)),\(Bodies.issue(2, ",\"pull_request\":{\"url\":\"x\"}"))]")
    #expect(items(survey).compactMap(\.number) == [1])
  }

  @Test func theQueryAsksForAllLabelsAndMe() async {
    @Sendable func user(_ target: String) -> HTTPTransportResponse {
      target == "/user" ? .json("{\"login\":\"symphony[bot]\"}") : .json("{}", status: 404)
    }
    let (survey, targets) = await survey(others: user) {
      $0.requiredLabels = ["help wanted", "a&b", "x,y"]
      $0.assignee = "@me"
    }
    #expect(survey.viewer == "symphony[bot]")
    #expect(
      targets.contains(
        "/repos/acme/app/issues?state=open&labels=help%20wanted,a%26b&assignee=symphony%5Bbot%5D"
          + "&sort=created&direction=asc&per_page=100"))
  }

  @Test func goneNeedsAVisibleRepositoryAndList() async {
    let (gone, _) = await survey([watch(5)])
    guard case .gone? = gone.answers[ItemID("I_5")] else {
      Issue.record("a deleted issue of a visible repository is gone")
      return
    }
    let (blind, _) = await survey([watch(5)], issues: "{\"not\":\"a list\"}")
    guard case .unknown? = blind.answers[ItemID("I_5")] else {
      Issue.record("without the list nobody can say it is gone")
      return
    }
  }

  @Test func anInvisibleRepositoryMakesNothingGone() async {
    let transport = FakeTransport { _ throws(TransportError) in .json("{}", status: 404) }
    let survey = await makeTracker(transport).survey(
      SurveyQuestion(watched: [watch(5)], cachedOnly: false))
    #expect(
      survey.answers[ItemID("I_5")].map { if case .unknown = $0 { true } else { false } } == true)
    #expect(transport.requests.count == 1)
  }

  @Test func aTransferredIssueIsGoneAndSaysWhere() async {
    let (survey, _) = await survey([watch(5)], others: { _ in .json(Bodies.issue(9)) })
    guard case .gone(let why)? = survey.answers[ItemID("I_5")] else {
      Issue.record("another issue answered, and nobody noticed")
      return
    }
    #expect(why.contains("acme/app#9"))
  }

  @Test func forksCannotSpeakForOurBranch() async {
    let branch = "symphony/acme_app_1"
    let (survey, _) = await survey(
      [watch(1, wantsPullRequest: true)], issues: "[\(Bodies.issue(1))]",
      pulls: "[\(Bodies.pull(3, head: branch, from: "mallory/app"))]",
      others: { _ in .json("[\(Bodies.pull(3, head: branch, from: "mallory/app"))]") })
    #expect(survey.pullRequests.isEmpty)
  }

  @Test func anEndedPullRequestIsAskedByNumber() async {
    let branch = "symphony/acme_app_1"
    for (more, state) in [
      (",\"merged_at\":\"2026-11-21T04:00:00Z\"", Survey.PullRequestFact.State.merged),
      (",\"merged_at\":null,\"closed_at\":\"2026-11-21T04:00:00Z\"", .closed),
    ] {
      let (survey, targets) = await survey(
        [watch(1, wantsPullRequest: true, pullRequest: PullRequestRef(number: 3, url: ""))],
        issues: "[\(Bodies.issue(1))]",
        others: { _ in .json(Bodies.pull(3, head: branch, state: "closed", more)) })
      #expect(survey.pullRequests[head(branch)]?.state == state)
      #expect(
        survey.pullRequests[head(branch)]?.endedAt == Timestamp(rfc3339: "2026-11-21T04:00:00Z"))
      #expect(targets.contains("/repos/acme/app/pulls/3"))
    }
  }

  @Test func ofSeveralPullRequestsTheOpenOneCounts() async {
    let branch = "symphony/acme_app_1"
    let (survey, targets) = await survey(
      [watch(1, wantsPullRequest: true)], issues: "[\(Bodies.issue(1))]",
      others: { _ in
        .json(
          "[\(Bodies.pull(9, head: branch, state: "closed")),\(Bodies.pull(4, head: branch))]")
      })
    #expect(survey.pullRequests[head(branch)]?.ref.number == 4)
    #expect(
      targets.last
        == "/repos/acme/app/pulls?head=acme%3A\(branch.replacing("/", with: "%2F"))"
        + "&state=all&per_page=100"
    )
  }

  @Test func commentsAreGroupedAndOursAreKnown() async {
    let comments = """
      [{"issue_url":"https://api.github.com/repos/acme/app/issues/1",
      "created_at":"2026-11-21T03:00:01Z",
      "user":null,"author_association":"NONE","body":"text <!-- symphony:abc -->"},
      {"issue_url":"https://api.github.com/repos/acme/app/issues/1",
      "created_at":"2026-11-21T03:00:00Z",
      "user":{"login":"alice"},"author_association":"OWNER","body":"go on"},
      {"issue_url":"https://api.github.com/repos/acme/app/issues/1",
      "created_at":"2026-11-20T00:00:00Z",
      "user":{"login":"bob"},"body":"edited later"},{"broken":true}]
      """
    let (survey, targets) = await survey(
      [watch(1, commentsSince: noon), watch(2, commentsSince: noon + .hours(1)), watch(3)],
      issues: "[\(Bodies.issue(1)),\(Bodies.issue(2)),\(Bodies.issue(3))]",
      others: { _ in .json(comments) })
    #expect(survey.comments[ItemID("I_1")]?.map(\.author) == ["alice", "ghost"])
    #expect(survey.comments[ItemID("I_1")]?.map(\.mayWrite) == [nil, nil])
    #expect(survey.comments[ItemID("I_1")]?.map(\.isOurs) == [false, true])
    #expect(survey.comments[ItemID("I_2")] == [])
    #expect(survey.comments[ItemID("I_3")] == nil)
    #expect(targets.filter { $0.contains("/comments") }.count == 1)
  }

  @Test func withoutTheRepositorysListItemsAreAsked() async {
    let comment = """
      {"issue_url":"https://api.github.com/repos/acme/app/issues/2",
      "created_at":"2026-11-21T03:00:00Z","user":{"login":"alice"},"body":"go on"}
      """
    let (survey, _) = await survey(
      [watch(1, commentsSince: noon), watch(2, commentsSince: noon)],
      issues: "[\(Bodies.issue(1)),\(Bodies.issue(2))]",
      others: { target in
        if target.hasPrefix("/repos/acme/app/issues/1/comments?") { return .json("[]") }
        return target.hasPrefix("/repos/acme/app/issues/2/comments?")
          ? .json("[\(comment)]") : .json("{}", status: 404)
      })
    #expect(survey.comments[ItemID("I_1")] == [])
    #expect(survey.comments[ItemID("I_2")]?.map(\.author) == ["alice"])
  }

  @Test(arguments: ["", "/issues?", "/issues/5", "/pulls?state=open", "/issues/comments?"])
  func aLimitMetAnywhereIsTold(_ part: String) async {
    let limited = "/repos/acme/app" + part
    let transport = FakeTransport { request throws(TransportError) in
      let target = request.target
      if part.isEmpty ? target == limited : target.hasPrefix(limited) {
        return .json("{}", status: 403, [(name: "Retry-After", value: "90")])
      }
      if target == "/repos/acme/app" { return .json(Bodies.repository) }
      return .json(target == "/repos/acme/app/issues/5" ? Bodies.issue(5) : "[]")
    }
    let watched = [watch(5, commentsSince: noon), watch(6, commentsSince: noon)]
    let survey = await makeTracker(transport).survey(
      SurveyQuestion(watched: watched, cachedOnly: false))
    #expect(survey.limit?.until == noon + .seconds(90))
    #expect(survey.limit?.why.contains("rate limit") == true)
    let (free, _) = await self.survey([watch(5)])
    #expect(free.limit == nil)
  }

  @Test func oneFailingPartHidesNothingElse() async {
    let transport = FakeTransport { request throws(TransportError) in
      let target = request.target
      if target == "/repos/acme/app" { throw .timedOut(afterMilliseconds: 10) }
      if target.hasPrefix("/repos/acme/app/pulls") { return .json("nonsense") }
      if target.contains("/comments") { return .json("{}", status: 502) }
      return .json("[\(Bodies.issue(1))]")
    }
    let survey = await makeTracker(transport).survey(
      SurveyQuestion(
        watched: [watch(1, wantsPullRequest: true, commentsSince: noon)], cachedOnly: false))
    #expect(survey.repositories.isEmpty)
    #expect(survey.repositoryProblem?.code == "tracker_unreachable")
    #expect(items(survey).count == 1)
    #expect(survey.pullRequests.isEmpty)
    #expect(survey.comments.isEmpty)
    #expect(survey.notices.count == 2)
  }
}
