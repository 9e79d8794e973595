// What requests cost is counted by the hour, remembered and kept to; and requests keep their
// distance.
import SymphonyCore
import Synchronization
import Testing

@testable import SymphonyTrackers

@Suite struct SpendingTests {
  private let cache = MemoryCache()
  private let url = "https://api.github.com/repos/acme/app"
  private let who = GraphQLCall(name: "Who", document: "query Who { x }", variables: [:])

  private func headers(_ resource: String, remaining: Int) -> [(name: String, value: String)] {
    [
      (name: "X-RateLimit-Resource", value: resource), (name: "X-RateLimit-Limit", value: "5000"),
      (name: "X-RateLimit-Remaining", value: "\(remaining)"),
      (name: "X-RateLimit-Reset", value: "\(noon.milliseconds / 1000 + 1200)"),
    ]
  }

  @Test func everyRequestCountsButUnchangedAnswersAreFree() async throws {
    let transport = FakeTransport { request throws(TransportError) in
      if request.url.hasSuffix("/graphql") {
        return .json(
          "{\"data\":{\"rateLimit\":{\"cost\":7}}}", headers("graphql", remaining: 4990))
      }
      if request.header("If-None-Match") != nil { return .json("", status: 304) }
      if request.url.hasSuffix("/gone") { throw .failed("reset") }
      return .json("{}", headers("core", remaining: 4000) + [(name: "ETag", value: "\"1\"")])
    }
    let client = makeClient(transport, cache: cache)
    _ = try await client.get(url, as: Structure.self)
    let first = TrackerSpending.read(cache)
    _ = try await client.get(url, as: Structure.self)
    #expect(TrackerSpending.read(cache) == first, "an idle look leaves nothing to store")
    _ = await failure { () async throws(TrackerError) in
      _ = try await client.get(url + "/gone", as: Structure.self)
    }
    _ = try await client.graphQL(who, as: Structure.self)
    let spent = try #require(TrackerSpending.read(cache))
    #expect(spent.current(at: noon).points == 9)
    #expect(spent.current(at: noon).requests == 3)
    #expect(spent.core?.remaining == 4000)
    #expect(spent.graphQL?.remaining == 4990)
    #expect(spent.graphQL?.resetAt == noon + .minutes(20))
    #expect(spent.current(at: noon + .hours(1)).points == 0)
    #expect(spent.current(at: noon - .hours(1)).points == 0, "the clock was set back")
  }

  @Test func theCeilingIsSpreadOverTheHour() async throws {
    let transport = FakeTransport { _ throws(TransportError) in .json("{}") }
    func ask(_ now: Timestamp, ceiling: Int) async -> TrackerError? {
      let client = makeClient(transport, cache: cache, now: now) { $0.pointsPerHour = ceiling }
      return await failure { () async throws(TrackerError) in
        _ = try await client.get(url, as: Structure.self, .fresh)
      }
    }
    for _ in 0..<30 { #expect(await ask(noon, ceiling: 120) == nil) }
    guard case .rateLimited(let until, let why)? = await ask(noon, ceiling: 120) else {
      Issue.record("a quarter is what there is at first")
      return
    }
    #expect(until == noon + .minutes(1))
    #expect(why.hasSuffix("(120) is used up for now: 30 points spent this hour"))
    #expect(await ask(noon + .seconds(29), ceiling: 120) != nil)
    #expect(await ask(noon + .seconds(30), ceiling: 120) == nil)
    #expect(await ask(noon + .seconds(30), ceiling: 120) != nil)
    #expect(await ask(noon + .seconds(30), ceiling: 240) == nil, "raising it helps at once")
  }

  @Test func theCeilingHoldsAcrossProcessesUntilTheHourEnds() async throws {
    let transport = FakeTransport { _ throws(TransportError) in .json("{}") }
    func ask(_ now: Timestamp, ceiling: Int? = 3) async -> TrackerError? {
      let client = makeClient(transport, cache: cache, now: now) { $0.pointsPerHour = ceiling }
      return await failure { () async throws(TrackerError) in
        _ = try await client.get(url, as: Structure.self, .fresh)
      }
    }
    for minute in 0..<3 { #expect(await ask(noon + .minutes(Int64(minute))) == nil) }
    guard case .rateLimited(let until, let why)? = await ask(noon + .minutes(59)) else {
      Issue.record("the ceiling did not hold")
      return
    }
    #expect(until == noon + .hours(1), "in a minute")
    #expect(why.contains("github.max_points_per_hour (3)"))
    #expect(transport.requests.count == 3)
    #expect(await ask(noon + .minutes(59), ceiling: nil) == nil, "0 is no ceiling")
    #expect(await ask(noon + .hours(1)) == nil)
    #expect(TrackerSpending.read(cache)?.points == 1)
  }

  @Test func anotherTokenForgetsTheServersLimitsButNotTheHour() async throws {
    let transport = FakeTransport { _ throws(TransportError) in
      .json("{}", headers("core", remaining: 10))
    }
    let first = makeClient(transport, cache: cache)
    _ = try await first.get(url, as: Structure.self)
    let other = makeClient(transport, cache: cache, token: "ghp_other")
    #expect(other.wire.spending.current.core == nil)
    #expect(other.wire.spending.current.points == 1)
  }

  @Test func aSecondaryLimitThatComesBackLastsLonger() async {
    let transport = FakeTransport { _ throws(TransportError) in
      .json("{\"message\":\"You have exceeded a secondary rate limit\"}", status: 403)
    }
    func wait(_ now: Timestamp) async -> Interval? {
      let client = makeClient(transport, cache: cache, now: now)
      let error = await failure { () async throws(TrackerError) in
        _ = try await client.get(url, as: Structure.self)
      }
      if case .rateLimited(let until, _)? = error { return until - now }
      return nil
    }
    #expect(await wait(noon) == .minutes(1))
    #expect(await wait(noon + .minutes(2)) == .minutes(2))
    #expect(await wait(noon + .minutes(5)) == .minutes(4))
    #expect(await wait(noon + .minutes(30)) == .minutes(1), "long enough ago")
  }

  @Test func requestsKeepTheirDistanceAndWritesMore() async throws {
    let waits = Mutex<[Interval]>([])
    var policy = TrackerPolicy()
    policy.token = Secret("ghp_secret")
    let client = GitHubClient(
      policy: policy,
      surroundings: GitHubSurroundings(
        transport: FakeTransport { _ throws(TransportError) in .json("{}") }, cache: cache,
        salt: "", now: { noon }, userAgent: "x", writeDistance: .hours(20),
        requestDistance: .hours(1),
        pause: { span in waits.withLock { $0.append(span) } }))
    _ = try await client.get(url, as: Structure.self)
    #expect(waits.withLock { $0.isEmpty })
    _ = try await client.get(url, as: Structure.self)
    _ = try await client.write("POST", url, ["a": "b"])
    var call = who
    call.isMutation = true
    _ = await failure { () async throws(TrackerError) in
      _ = try await client.graphQL(call, as: Structure.self)
    }
    // Real time passes between the requests, so the waits are a little shorter.
    let hours = waits.withLock { $0.map { ($0.milliseconds + 1_800_000) / 3_600_000 } }
    #expect(hours == [1, 1, 20])
  }

  @Test func requestsAreSerial() async throws {
    let transport = CountingTransport()
    let client = makeClient(transport)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          _ = try? await client.get(
            "https://api.github.com/\(number)", as: Structure.self, .fresh)
        }
      }
    }
    #expect(transport.counts.withLock { $0.most } == 1)
    #expect(transport.counts.withLock { $0.all } == 8)
  }
}

/// Counts how many exchanges are under way at once.
private final class CountingTransport: HTTPTransport {
  let counts = Mutex((now: 0, most: 0, all: 0))
  func send(_ request: HTTPTransportRequest) async throws(TransportError) -> HTTPTransportResponse {
    counts.withLock {
      $0.now += 1
      $0.all += 1
      $0.most = max($0.most, $0.now)
    }
    for _ in 0..<20 { await Task.yield() }
    counts.withLock { $0.now -= 1 }
    return .json("{}")
  }
}
