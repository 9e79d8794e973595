// Spoiled answers on a real socket: each becomes an error in its place, none is remembered, and
// the next look is right again.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct GitHubFaultTests {
  private let cache = MemoryCache()

  private func survey(_ server: GitHubSimulator, timeout: Interval = .seconds(30)) async -> Survey {
    let transport = AsyncHTTPTransport(url: server.apiURL, environment: [:])
    let tracker = GitHubTracker(
      policy: policy(server, timeout), repository: RepositoryName(owner: "acme", name: "app"),
      surroundings: GitHubSurroundings(
        transport: transport, cache: cache, salt: "salt",
        now: { Timestamp(milliseconds: Clock.wallMilliseconds()) }, userAgent: "symphony/test"))
    let survey = await tracker.survey(SurveyQuestion(watched: [], cachedOnly: false))
    await transport.close()
    return survey
  }

  private func policy(_ server: GitHubSimulator, _ timeout: Interval) -> TrackerPolicy {
    var policy = TrackerPolicy()
    policy.apiURL = server.apiURL
    policy.token = Secret(server.token)
    policy.requestTimeout = timeout
    return policy
  }

  private func titles(_ survey: Survey) -> [String] {
    if case .items(let items) = survey.candidates { items.map(\.title) } else { [] }
  }

  @Test(arguments: [
    (Fault.Kind.reset, "tracker_unreachable"), (.resetMidBody, "tracker_unreachable"),
    (.html502, "tracker_unreachable"), (.truncated, "tracker_malformed"),
    (.status(403), "tracker_forbidden"), (.status(410), "tracker_not_found"),
    (.secondaryLimit(retryAfter: 90), "tracker_rate_limited"),
    (.secondaryLimit(retryAfter: nil), "tracker_rate_limited"),
  ])
  func aSpoiledListIsAnErrorAndLeavesNoTrace(_ kind: Fault.Kind, _ code: String) async throws {
    let server = try await GitHubSimulator.start()
    server.createIssue(title: "One")
    server.add(Fault(kind, path: "/issues[?]"))
    let spoiled = await survey(server)
    guard case .failed(let error) = spoiled.candidates else {
      Issue.record("\(kind) passed for an answer")
      return
    }
    #expect(error.code == code, "\(error.sentence)")
    #expect(spoiled.repository != nil)
    #expect(titles(await survey(server)) == ["One"])
    await server.stop()
  }

  @Test(arguments: [Fault.Kind.hang(), .slow(milliseconds: 500)])
  func theTimeoutCoversHeadAndBody(_ kind: Fault.Kind) async throws {
    let server = try await GitHubSimulator.start()
    for number in 1...50 { server.createIssue(title: "Issue \(number)") }
    _ = await survey(server)
    server.createIssue(title: "One more")
    server.add(Fault(kind, path: "/issues[?]"))
    let spoiled = await survey(server, timeout: .milliseconds(1000))
    guard case .failed(.unreachable(let why)) = spoiled.candidates else {
      Issue.record("\(spoiled.candidates)")
      return
    }
    #expect(why.contains("no answer within 1000 ms"))
    server.releaseHeld()
    await server.stop()
  }

  @Test func aStale304ShowsTheOldOnceAndHarmsNothing() async throws {
    let server = try await GitHubSimulator.start()
    server.createIssue(title: "One")
    #expect(titles(await survey(server)) == ["One"])
    server.createIssue(title: "Two")
    server.add(Fault(.stale304, path: "/issues[?]"))
    #expect(titles(await survey(server)) == ["One"])
    #expect(titles(await survey(server)) == ["One", "Two"])
    #expect(await survey(server).notModified > 0)
    await server.stop()
  }

  @Test func aRenameIsFollowedAndReported() async throws {
    let server = try await GitHubSimulator.start()
    server.createIssue(title: "One")
    _ = await survey(server)
    server.renameRepository("acme/renamed")
    let after = await survey(server)
    #expect(after.repository?.name.description == "acme/renamed")
    guard case .items(let items) = after.candidates else {
      Issue.record("\(after.candidates)")
      return
    }
    #expect(items.map(\.key.text) == ["acme/renamed#1"])
    await server.stop()
  }

  @Test func thePrimaryLimitNamesItsEnd() async throws {
    let server = try await GitHubSimulator.start()
    server.limitRequests(remaining: 0, resetsIn: 600)
    let limited = await survey(server)
    guard case .failed(.rateLimited(let until, _)) = limited.candidates else {
      Issue.record("\(limited.candidates)")
      return
    }
    let now = Timestamp(milliseconds: Clock.wallMilliseconds())
    #expect(until > now + .minutes(5))
    #expect(until < now + .minutes(15))
    #expect(server.requestCount == 1)
    await server.stop()
  }
}
