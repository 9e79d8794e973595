// Requests: what is sent, what is remembered, what is followed and what stops the next one.
import SymphonyCore
import Synchronization
import Testing

@testable import SymphonyTrackers

@Suite struct GitHubClientTests {
  private let url = "https://api.github.com/repos/acme/app"

  private func ask(_ client: GitHubClient, _ freshness: GitHubClient.Freshness = .conditional)
    async throws(TrackerError) -> Structure
  {
    try await client.get(url, as: Structure.self, freshness).value
  }

  private func refusal(_ client: GitHubClient, _ freshness: GitHubClient.Freshness = .conditional)
    async -> TrackerError?
  {
    await failure { () async throws(TrackerError) in _ = try await ask(client, freshness) }
  }

  @Test func everyRequestCarriesTheConstantHeaders() async throws {
    let transport = FakeTransport { _ throws(TransportError) in .json("{\"id\":7}") }
    #expect(try await ask(makeClient(transport))["id"] == .integer(7))
    let request = try #require(transport.requests.first)
    #expect(request.url == url)
    #expect(request.header("Authorization") == "Bearer ghp_secret")
    #expect(request.header("Accept") == "application/vnd.github+json")
    #expect(request.header("X-GitHub-Api-Version") == "2022-11-28")
    #expect(request.header("User-Agent") == "symphony/test")
    #expect(request.header("If-None-Match") == nil)
  }

  @Test func aKnownBodyIsAskedForConditionally() async throws {
    let transport = FakeTransport { request throws(TransportError) in
      request.header("If-None-Match") == "W/\"1\""
        ? .json("", status: 304) : .json("{\"id\":7}", [(name: "etag", value: "W/\"1\"")])
    }
    let cache = MemoryCache()
    _ = try await ask(makeClient(transport, cache: cache))
    let second = makeClient(transport, cache: cache)
    #expect(try await ask(second)["id"] == .integer(7))
    #expect(transport.requests.count == 2)
    #expect(transport.requests[1].header("If-None-Match") == "W/\"1\"")
    let counts = second.takeCounts()
    #expect(counts == (requests: 1, notModified: 1))
    #expect(second.takeCounts() == (requests: 0, notModified: 0))
    // A poll of moments ago sends nothing, a look at the truth no condition.
    #expect(try await ask(makeClient(transport, cache: cache), .cachedOnly)["id"] == .integer(7))
    #expect(transport.requests.count == 2)
    _ = try await ask(makeClient(transport, cache: cache), .fresh)
    #expect(transport.requests[2].header("If-None-Match") == nil)
    // Another token voids what is known.
    _ = try await ask(makeClient(transport, cache: cache, token: "other"))
    #expect(transport.requests[3].header("If-None-Match") == nil)
  }

  @Test func cachedOnlyWithoutACacheIsUnreachable() async {
    let transport = FakeTransport { _ throws(TransportError) in .json("{}") }
    #expect(await refusal(makeClient(transport), .cachedOnly)?.code == "tracker_unreachable")
    #expect(transport.requests.isEmpty)
  }

  @Test func aTornBodyIsNotRemembered() async {
    let transport = FakeTransport { _ throws(TransportError) in
      .json("{\"full_name\":\"acme/app\",", [(name: "ETag", value: "\"1\"")])
    }
    let cache = MemoryCache()
    #expect(await refusal(makeClient(transport, cache: cache))?.code == "tracker_malformed")
    #expect(cache.lookUp(url) == nil)
  }

  @Test func redirectsAreFollowedOnTheSameHostOnly() async throws {
    for status in [301, 302, 307, 308] {
      let renamed = FakeTransport { request throws(TransportError) in
        request.target == "/repositories/7"
          ? .json("{\"id\":7}")
          : .json("{}", status: status, [(name: "Location", value: "/repositories/7")])
      }
      #expect(try await ask(makeClient(renamed))["id"] == .integer(7))
      #expect(renamed.requests.count == 2)
    }
    for target in ["https://evil.test/x", "http://api.github.com/x", "https://u@api.github.com/"] {
      let away = FakeTransport { _ throws(TransportError) in
        .json("{}", status: 302, [(name: "Location", value: target)])
      }
      #expect(await refusal(makeClient(away))?.code == "tracker_unreachable")
      #expect(away.requests.count == 1, "the token must not travel to \(target)")
    }
    let circle = FakeTransport { _ throws(TransportError) in
      .json("{}", status: 307, [(name: "Location", value: "/again")])
    }
    #expect(await refusal(makeClient(circle))?.code == "tracker_unreachable")
    #expect(circle.requests.count == 4)
  }

  @Test func aRedirectedWriteKeepsMethodAndBody() async throws {
    let transport = FakeTransport { request throws(TransportError) in
      request.target == "/moved"
        ? .json("{}", status: 201)
        : .json("{}", status: 307, [(name: "Location", value: "/moved")])
    }
    _ = try await makeClient(transport).write("POST", url, ["title": "a/b"])
    #expect(transport.requests.map(\.method) == ["POST", "POST"])
    #expect(
      transport.requests.map { $0.body ?? [] }
        == .init(
          repeating: Array("{\"title\":\"a/b\"}".utf8), count: 2))
  }

  @Test func nextPagesStayOnTheServer() async {
    let transport = FakeTransport { _ throws(TransportError) in
      .json("[{}]", [(name: "Link", value: "<https://evil.test/2>; rel=\"next\"")])
    }
    let error = await failure { () async throws(TrackerError) in
      _ = try await makeClient(transport).list(url, of: Structure.self)
    }
    #expect(error?.code == "tracker_malformed")
    #expect(transport.requests.count == 1)
  }

  @Test func pagingEndsAtFiftyPages() async throws {
    let transport = FakeTransport { request throws(TransportError) in
      let page = Int(request.url.split(separator: "page=").last ?? "") ?? 1
      return .json(
        "[\(page)]",
        [(name: "Link", value: "<https://api.github.com/i?page=\(page + 1)>; rel=\"next\"")])
    }
    let (entries, complete) = try await makeClient(transport).list(url, of: Structure.self)
    #expect(transport.requests.count == 50)
    #expect(entries.count == 50)
    #expect(!complete)
  }

  @Test func aRefusalStopsFurtherRequests() async {
    for headers in [[], [(name: "Retry-After", value: "90")]] {
      let status = headers.isEmpty ? 401 : 403
      let transport = FakeTransport { _ throws(TransportError) in
        .json("{}", status: status, headers)
      }
      let client = makeClient(transport)
      let first = await refusal(client)
      #expect(first != nil)
      #expect(await refusal(client) == first)
      let written = await failure { () async throws(TrackerError) in
        _ = try await client.write("POST", url, ["a": "b"])
      }
      #expect(written == first)
      #expect(transport.requests.count == 1)
      #expect((client.limit != nil) == (status == 403))
    }
  }

  @Test func theRefusalIsForgottenInTime() async throws {
    let time = Mutex(noon)
    let transport = FakeTransport { _ throws(TransportError) in
      time.withLock { $0 } == noon ? .json("{}", status: 401) : .json("{}")
    }
    let client = makeClient(transport, now: time.withLock { $0 })
    #expect(await refusal(client)?.code == "tracker_unauthorized")
    time.withLock { $0 = noon + .seconds(11) }
    #expect(await refusal(client) == nil)
  }

  @Test func timeThatIsUpSendsNothing() async {
    let transport = FakeTransport { _ throws(TransportError) in .json("{}") }
    var policy = TrackerPolicy()
    policy.token = Secret("x")
    let client = GitHubClient(
      policy: policy,
      surroundings: GitHubSurroundings(
        transport: transport, cache: MemoryCache(), salt: "", now: { noon },
        remaining: { .zero }, userAgent: "x"))
    #expect(await refusal(client)?.code == "tracker_unreachable")
    #expect(transport.requests.isEmpty)
  }

  @Test func withoutATokenNothingIsSent() async {
    let transport = FakeTransport { _ throws(TransportError) in .json("{}") }
    let client = makeClient(transport, token: "")
    let error = await refusal(client)
    #expect(error == .unauthorized("there is no GitHub token (the test)"))
    #expect(transport.requests.isEmpty)
    let findings = await client.tokenFindings(TrackerPolicy())
    #expect(findings.map(\.grade) == [.fail])
  }

  @Test func aTokenThatTheServerRepeatsIsNotShown() async {
    // Old tokens have no form to know them by.
    let token = "0123456789abcdef0123456789abcdef01234567"
    for status in [400, 401, 403, 404, 422] {
      let transport = FakeTransport { _ throws(TransportError) in
        .json("{\"message\":\"bad \(token) here\"}", status: status)
      }
      let error = await refusal(makeClient(transport, token: token))
      #expect(error?.sentence.contains("bad *** here") == true, "\(error?.sentence ?? "")")
    }
    let transport = FakeTransport { _ throws(TransportError) in
      throw .failed("bad \(token)")
    }
    #expect(await refusal(makeClient(transport, token: token))?.sentence.hasSuffix("***") == true)
    let client = makeClient(transport, token: token)
    var shown = ""
    dump(client, to: &shown)
    #expect(!shown.contains(token))
  }

  @Test func theClockOffsetIsMeasuredAndDoesNotWobble() async throws {
    for (date, offset) in [
      ("Sat, 21 Nov 2026 03:00:01 GMT", Interval.zero),
      ("Sat, 21 Nov 2026 03:10:00 GMT", Interval.seconds(600)),
    ] {
      let transport = FakeTransport { _ throws(TransportError) in
        .json("{}", [(name: "Date", value: date)])
      }
      let client = makeClient(transport)
      _ = try await ask(client)
      #expect(client.clockOffset == offset)
    }
  }
}
