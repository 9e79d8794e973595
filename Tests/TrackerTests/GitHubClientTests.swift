// Requests: what is sent, what is remembered, what is followed and what stops the next one.
import SymphonyCore
import Synchronization
import Testing

@testable import SymphonyTrackers

@Suite struct GitHubClientTests {
  @Test func everyRequestCarriesTheConstantHeaders() async throws {
    let transport = FakeTransport { _ throws(TransportError) in .json(Bodies.repository) }
    let facts = try await makeTracker(transport).repository(cachedOnly: false)
    #expect(facts.credentialScope == "https://github.com/")
    #expect(facts.cloneURL == "https://github.com/acme/app.git")
    let request = try #require(transport.requests.first)
    #expect(request.url == "https://api.github.com/repos/acme/app")
    #expect(request.header("Authorization") == "Bearer ghp_secret")
    #expect(request.header("Accept") == "application/vnd.github+json")
    #expect(request.header("X-GitHub-Api-Version") == "2022-11-28")
    #expect(request.header("User-Agent") == "symphony/test")
    #expect(request.header("If-None-Match") == nil)
  }

  @Test func aKnownBodyIsAskedForConditionally() async throws {
    let transport = FakeTransport { request throws(TransportError) in
      request.header("If-None-Match") == "W/\"1\""
        ? .json("", status: 304) : .json(Bodies.repository, [(name: "etag", value: "W/\"1\"")])
    }
    let cache = MemoryCache()
    _ = try await makeTracker(transport, cache: cache).repository(cachedOnly: false)
    let again = try await makeTracker(transport, cache: cache).repository(cachedOnly: false)
    #expect(again.defaultBranch == "main")
    #expect(transport.requests.count == 2)
    #expect(transport.requests[1].header("If-None-Match") == "W/\"1\"")
    // Another token voids what is known, and a poll of moments ago sends nothing.
    _ = try await makeTracker(transport, cache: cache).repository(cachedOnly: true)
    #expect(transport.requests.count == 2)
    _ = try await makeTracker(transport, cache: cache, token: "other").repository(cachedOnly: false)
    #expect(transport.requests[2].header("If-None-Match") == nil)
  }

  @Test func cachedOnlyWithoutACacheIsUnreachable() async {
    let transport = FakeTransport { _ throws(TransportError) in .json(Bodies.repository) }
    await #expect(throws: TrackerError.self) {
      try await makeTracker(transport).repository(cachedOnly: true)
    }
    #expect(transport.requests.isEmpty)
  }

  @Test func aTornBodyIsNotRemembered() async {
    let transport = FakeTransport { _ throws(TransportError) in
      .json("{\"full_name\":\"acme/app\",", [(name: "ETag", value: "\"1\"")])
    }
    let cache = MemoryCache()
    let error = await failure { () async throws(TrackerError) in
      _ = try await makeTracker(transport, cache: cache).repository(cachedOnly: false)
    }
    #expect(error?.code == "tracker_malformed")
    #expect(cache.count == 0)
  }

  @Test func redirectsAreFollowedOnTheSameHostOnly() async throws {
    let renamed = FakeTransport { request throws(TransportError) in
      request.target == "/repositories/7"
        ? .json(Bodies.repository.replacing("acme/app", with: "acme/new"))
        : .json("{}", status: 301, [(name: "Location", value: "/repositories/7")])
    }
    let facts = try await makeTracker(renamed).repository(cachedOnly: false)
    #expect(facts.name.description == "acme/new")
    #expect(renamed.requests.count == 2)

    for target in ["https://evil.test/x", "http://api.github.com/x", "https://u@api.github.com/"] {
      let away = FakeTransport { _ throws(TransportError) in
        .json("{}", status: 302, [(name: "Location", value: target)])
      }
      let error = await failure { () async throws(TrackerError) in
        _ = try await makeTracker(away).repository(cachedOnly: false)
      }
      #expect(error?.code == "tracker_unreachable")
      #expect(away.requests.count == 1, "the token must not travel to \(target)")
    }

    let circle = FakeTransport { _ throws(TransportError) in
      .json("{}", status: 307, [(name: "Location", value: "/again")])
    }
    _ = await failure { () async throws(TrackerError) in
      _ = try await makeTracker(circle).repository(cachedOnly: false)
    }
    #expect(circle.requests.count == 4)
  }

  @Test func nextPagesStayOnTheServer() async {
    let transport = FakeTransport { request throws(TransportError) in
      if request.target == "/repos/acme/app" { return .json(Bodies.repository) }
      return .json(
        "[\(Bodies.issue(1))]", [(name: "Link", value: "<https://evil.test/2>; rel=\"next\"")])
    }
    let survey = await makeTracker(transport).survey(
      SurveyQuestion(watched: [], cachedOnly: false))
    guard case .failed(let error) = survey.candidates else {
      Issue.record("a foreign page was accepted")
      return
    }
    #expect(error.code == "tracker_malformed")
    #expect(transport.requests.allSatisfy { $0.url.hasPrefix("https://api.github.com/") })
  }

  @Test func pagingEndsAtFiftyPages() async {
    let transport = FakeTransport { request throws(TransportError) in
      if request.target == "/repos/acme/app" { return .json(Bodies.repository) }
      if request.target.contains("/pulls") { return .json("[]") }
      let page = Int(request.url.split(separator: "page=").last ?? "") ?? 1
      return .json(
        "[\(Bodies.issue(page))]",
        [(name: "Link", value: "<https://api.github.com/i?page=\(page + 1)>; rel=\"next\"")])
    }
    let survey = await makeTracker(transport).survey(
      SurveyQuestion(watched: [], cachedOnly: false))
    #expect(transport.requests.count == 52)
    #expect(survey.notices.count == 1)
  }

  @Test func aRefusalStopsFurtherRequests() async {
    for headers in [[], [(name: "Retry-After", value: "90")]] {
      let status = headers.isEmpty ? 401 : 403
      let transport = FakeTransport { request throws(TransportError) in
        request.target == "/repos/acme/app"
          ? .json(Bodies.repository) : .json("{}", status: status, headers)
      }
      let survey = await makeTracker(transport).survey(
        SurveyQuestion(
          watched: [watch(1, wantsPullRequest: true, commentsSince: noon), watch(2)],
          cachedOnly: false))
      #expect(transport.requests.count == 2)
      #expect(survey.answers.count == 2)
      for answer in survey.answers.values {
        guard case .unknown = answer else {
          Issue.record("\(answer) was told without asking")
          return
        }
      }
    }
  }

  @Test func timeThatIsUpSendsNothing() async {
    let transport = FakeTransport { _ throws(TransportError) in .json(Bodies.repository) }
    var policy = TrackerPolicy()
    policy.token = Secret("x")
    let tracker = GitHubTracker(
      policy: policy, repository: RepositoryName(owner: "acme", name: "app"),
      surroundings: GitHubSurroundings(
        transport: transport, cache: MemoryCache(), salt: "", now: { noon },
        remaining: { .zero }, userAgent: "x"))
    let error = await failure { () async throws(TrackerError) in
      _ = try await tracker.repository(cachedOnly: false)
    }
    #expect(error?.code == "tracker_unreachable")
    #expect(transport.requests.isEmpty)
  }

  @Test func withoutATokenNothingIsSent() async {
    let transport = FakeTransport { _ throws(TransportError) in .json(Bodies.repository) }
    let tracker = makeTracker(transport, token: "")
    let error = await failure { () async throws(TrackerError) in
      _ = try await tracker.repository(cachedOnly: false)
    }
    #expect(error?.code == "tracker_unauthorized")
    #expect(transport.requests.isEmpty)
    #expect(await tracker.examine().first?.grade == .fail)
  }

  @Test func theClockOffsetIsMeasuredAndDoesNotWobble() async {
    for (date, offset) in [
      ("Sat, 21 Nov 2026 03:00:01 GMT", Interval.zero),
      ("Sat, 21 Nov 2026 03:10:00 GMT", Interval.seconds(600)),
    ] {
      let transport = FakeTransport { request throws(TransportError) in
        .json(
          request.target == "/repos/acme/app" ? Bodies.repository : "[]",
          [(name: "Date", value: date)])
      }
      let survey = await makeTracker(transport).survey(
        SurveyQuestion(watched: [], cachedOnly: false))
      #expect(survey.clockOffset == offset)
    }
  }
}

/// The error a call ended with; nil when it went well.
func failure(_ call: () async throws(TrackerError) -> Void) async -> TrackerError? {
  do throws(TrackerError) { try await call() } catch { return error }
  return nil
}
