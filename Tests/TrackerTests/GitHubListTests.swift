// Lists read to their end: what follows an unchanged page, when the open pull requests count as
// known, and which comments are read when there are many.
import SymphonyCore
import Synchronization
import Testing

@testable import SymphonyTrackers

@Suite struct GitHubListTests {
  /// Issues in the order of creation, pull requests and comments as they are set, in pages of 100;
  /// an unchanged page is answered 304, with a Link header or without.
  private final class Server: Sendable {
    struct State {
      var issues: [String] = []
      var pulls: [String] = []
      var comments: [(issue: Int, second: Int)] = []
      var links304 = false
    }
    let state = Mutex(State())
    let cache = MemoryCache()

    func answer(_ request: HTTPTransportRequest) -> HTTPTransportResponse {
      let target = request.target
      if target == "/repos/acme/app" { return .json(Bodies.repository) }
      let page = target.split(separator: "&page=").dropFirst().first.flatMap { Int($0) } ?? 1
      let (all, links304) = state.withLock { state in
        (Self.list(target, state), state.links304)
      }
      let shown = all.dropFirst((page - 1) * 100).prefix(100)
      let body = "[\(shown.joined(separator: ","))]"
      let plain = target.split(separator: "&page=").first.map(String.init) ?? target
      let next = "<https://api.github.com\(plain)&page=\(page + 1)>; rel=\"next\""
      let link = all.count > page * 100 ? [(name: "Link", value: next)] : []
      // As GitHub's: of the body alone.
      let tag = "\"\(StableHash.hex(body))\""
      if request.header("If-None-Match") == tag {
        return HTTPTransportResponse(status: 304, headers: links304 ? link : [], body: [])
      }
      return .json(body, [(name: "ETag", value: tag)] + link)
    }

    private static func list(_ target: String, _ state: State) -> [String] {
      if target.contains("/pulls?state=open") { return state.pulls }
      if target.hasPrefix("/repos/acme/app/issues?") { return state.issues }
      guard target.contains("/comments?") else { return [] }
      let words = target.split(separator: "/")
      let number = words.count > 4 ? Int(words[4]) : nil
      let found = state.comments.filter { number == nil || $0.issue == number }
        .sorted { $0.second < $1.second }
      let isDescending = number == nil && target.contains("sort=created&direction=desc")
      return (isDescending ? found.reversed() : found).map { comment in
        let time = (noon + .seconds(Int64(comment.second))).rfc3339
        return
          "{\"issue_url\":\"https://api.github.com/repos/acme/app/issues/\(comment.issue)\","
          + "\"created_at\":\"\(time)\",\"user\":{\"login\":\"u\(comment.second)\"}}"
      }
    }

    func survey(_ watched: [SurveyQuestion.Watched] = [], cachedOnly: Bool = false) async
      -> (Survey, [String])
    {
      let transport = FakeTransport { request throws(TransportError) in self.answer(request) }
      let survey = await makeTracker(transport, cache: cache).survey(
        SurveyQuestion(watched: watched, cachedOnly: cachedOnly))
      return (survey, transport.requests.map(\.target))
    }
  }

  private func count(_ survey: Survey) -> Int? {
    if case .items(let items) = survey.candidates { items.count } else { nil }
  }

  @Test(arguments: [true, false])
  func aListThatGrewBehindAnUnchangedPageIsReadOn(_ links304: Bool) async {
    let server = Server()
    server.state.withLock {
      $0.links304 = links304
      $0.issues = (1...100).map { Bodies.issue($0) }
    }
    #expect(count(await server.survey().0) == 100)
    server.state.withLock { $0.issues.append(Bodies.issue(101)) }
    let (grown, _) = await server.survey()
    #expect(grown.notModified == 2, "the page and the list of pull requests")
    #expect(count(grown) == 101)
    // What the unchanged page told is remembered with it.
    let (cached, asked) = await server.survey(cachedOnly: true)
    #expect(count(cached) == 101)
    #expect(asked.isEmpty)
  }

  @Test func aPageNamedByA304IsNotGuessed() async {
    let server = Server()
    server.state.withLock { $0.issues = (1...150).map { Bodies.issue($0) } }
    _ = await server.survey()
    let (again, asked) = await server.survey()
    #expect(count(again) == 150)
    #expect(asked.filter { $0.contains("/issues?") }.count == 2)
    #expect(again.notModified == 3)
  }

  @Test(arguments: [
    ("https://h/i?state=open&per_page=100", "https://h/i?state=open&per_page=100&page=2"),
    ("https://h/i?page=2&per_page=100", "https://h/i?per_page=100&page=3"),
    ("https://h/i?per_page=100&after=Y3Vy", nil), ("https://h/i", nil),
    ("https://h/i?page=x", nil),
  ])
  func theFollowingPageIsCountedUp(_ url: String, _ following: String?) {
    #expect(GitHubAnswer.followingPage(url) == following)
  }

  @Test func openPullRequestsAreKnownOnlyWhenAllWereRead() async {
    let server = Server()
    server.state.withLock {
      $0.issues = [Bodies.issue(1)]
      $0.pulls = []
    }
    let (nothingCached, _) = await server.survey(cachedOnly: true)
    #expect(!nothingCached.pullRequestsKnown)
    #expect(nothingCached.isCached)
    let (empty, _) = await server.survey()
    #expect(empty.pullRequestsKnown)
    #expect(!empty.isCached)
    let (cached, asked) = await server.survey(cachedOnly: true)
    #expect(cached.pullRequestsKnown)
    #expect(cached.isCached)
    #expect(asked.isEmpty)
    server.state.withLock { $0.pulls = [Bodies.pull(2), "{\"number\":3}"] }
    let (damaged, _) = await server.survey()
    #expect(!damaged.pullRequestsKnown)
    #expect(damaged.pullRequests.count == 1)
    #expect(damaged.notices.count == 1)
  }

  @Test(arguments: [404, 502])
  func anUnreadableListOfPullRequestsIsNotAnEmptyOne(_ status: Int) async {
    let transport = FakeTransport { request throws(TransportError) in
      if request.target == "/repos/acme/app" { return .json(Bodies.repository) }
      return request.target.contains("/pulls")
        ? .json("{}", status: status) : .json("[\(Bodies.issue(1))]")
    }
    let survey = await makeTracker(transport).survey(
      SurveyQuestion(watched: [], cachedOnly: false))
    #expect(!survey.pullRequestsKnown)
    #expect(survey.pullRequests.isEmpty)
  }

  private func watchedPair(since second: Int64 = 0) -> [SurveyQuestion.Watched] {
    [1, 2].map { watch($0, commentsSince: noon + .seconds(second)) }
  }

  @Test func theNewestCommentsComeFirstAndReadingEndsInTime() async {
    let server = Server()
    server.state.withLock {
      $0.issues = [Bodies.issue(1), Bodies.issue(2)]
      // The server lists what was edited since, however old it is: far more than is wanted.
      $0.comments = (-500..<50).map { (issue: 1, second: $0) } + [(issue: 2, second: 7)]
    }
    let (survey, asked) = await server.survey(watchedPair())
    #expect(survey.comments[ItemID("I_1")]?.map(\.author) == (0..<50).map { "u\($0)" })
    #expect(survey.comments[ItemID("I_2")]?.map(\.author) == ["u7"])
    #expect(asked.filter { $0.contains("/comments") }.count == 1)
  }

  @Test func ofTooManyCommentsTheItemsListsAreRead() async {
    let server = Server()
    server.state.withLock {
      $0.issues = [Bodies.issue(1), Bodies.issue(2)]
      // Somebody else's issue is busy; ours were answered before and after.
      $0.comments = (10..<400).map { (issue: 3, second: $0) }
      $0.comments += [(issue: 1, second: 5), (issue: 2, second: 500)]
    }
    let (survey, asked) = await server.survey(watchedPair())
    #expect(survey.comments[ItemID("I_1")]?.map(\.author) == ["u5"])
    #expect(survey.comments[ItemID("I_2")]?.map(\.author) == ["u500"])
    #expect(asked.filter { $0.contains("/issues/comments") }.count == 3)
    #expect(asked.filter { $0.contains("/comments") }.count == 5)
    #expect(survey.notices.isEmpty)
  }
}
