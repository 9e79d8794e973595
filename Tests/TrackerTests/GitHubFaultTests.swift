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
    let transport = CurlTransport(url: server.apiURL, environment: [:])
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
    (.status(403), "tracker_forbidden"), (.status(410), "tracker_gone"),
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
    #expect(!spoiled.repositories.isEmpty)
    #expect(titles(await survey(server)) == ["One"])
    await server.stop()
  }

  @Test(arguments: [Fault.Kind.hang(), .slow(milliseconds: 5000)])
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
    #expect(after.repositories.map(\.name.description) == ["acme/renamed"])
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

  @Test func aServerThatIsNotThereIsUnreachable() async {
    // Port 1 of the loopback interface: nobody listens, the connection is refused at once.
    let transport = CurlTransport(url: "http://127.0.0.1:1", environment: [:])
    let survey = await makeTracker(transport) { $0.apiURL = "http://127.0.0.1:1" }
      .survey(SurveyQuestion(watched: [], cachedOnly: false))
    guard case .failed(let error) = survey.candidates else {
      Issue.record("\(survey.candidates)")
      return
    }
    #expect(error.code == "tracker_unreachable")
    let words = error.sentence
    #expect(words.hasSuffix(" failed: 127.0.0.1:1: connection refused"), "\(words)")
    await transport.close()
  }

  // MARK: Boards

  /// A board with one issue in Todo, looked at as a tick does.
  private func boardSurvey(
    _ server: GitHubSimulator, _ watched: [SurveyQuestion.Watched] = [],
    timeout: Interval = .seconds(30)
  ) async -> Survey {
    let transport = CurlTransport(url: server.apiURL, environment: [:])
    var policy = policy(server, timeout)
    policy.board = BoardPolicy(owner: "acme", number: 1)
    policy.activeStatuses = ["Todo", "In Progress"]
    let tracker = GitHubTracker(
      policy: policy, repository: nil,
      surroundings: GitHubSurroundings(
        transport: transport, cache: cache, salt: "salt",
        now: { Timestamp(milliseconds: Clock.wallMilliseconds()) }, userAgent: "symphony/test"))
    let survey = await tracker.survey(SurveyQuestion(watched: watched, cachedOnly: false))
    await transport.close()
    return survey
  }

  private func board(_ title: String = "One") async throws -> GitHubSimulator {
    let server = try await GitHubSimulator.start()
    server.addBoard(fields: [.status(["Todo", "In Progress", "Done"])], closedStatus: "Done")
    try server.addItem(server.createIssue(title: title), fields: ["Status": "Todo"])
    return server
  }

  @Test(arguments: [Fault.Kind.hang(), .slow(milliseconds: 5000)])
  func theTimeoutCoversABoardToo(_ kind: Fault.Kind) async throws {
    let server = try await board()
    server.add(Fault(kind, operation: "."))
    let spoiled = await boardSurvey(server, timeout: .milliseconds(1000))
    guard case .failed(.unreachable) = spoiled.candidates else {
      Issue.record("\(spoiled.candidates)")
      return
    }
    server.releaseHeld()
    // On a machine that is busy the request may not have got as far as the server.
    server.removeFault()
    #expect(titles(await boardSurvey(server)) == ["One"])
    await server.stop()
  }

  @Test func aStaleBoardHarmsNothing() async throws {
    let server = try await board()
    _ = await boardSurvey(server)
    #expect(titles(await boardSurvey(server)) == ["One"])
    try server.addItem(server.createIssue(title: "Two"), fields: ["Status": "Todo"])
    server.add(Fault(.stale, operation: "."))
    #expect(titles(await boardSurvey(server)) == ["One"])
    #expect(Set(titles(await boardSurvey(server))) == ["One", "Two"])
    await server.stop()
  }

  @Test func anOldServerIsAskedWithoutWhatItLacks() async throws {
    let server = try await board()
    let other = server.createIssue(title: "Done")
    try server.addItem(other, fields: ["Status": "Done"])
    for path in [
      "ProjectV2.items.query", "ProjectV2.items.archivedStates", "Issue.blockedBy",
      "Issue.issueDependenciesSummary", "Issue.subIssuesSummary", "Issue.subIssues",
      "Issue.parent",
    ] {
      server.removeFromSchema(path)
    }
    let survey = await boardSurvey(server)
    #expect(titles(survey).contains("One"), "\(survey.candidates) \(survey.notices)")
    #expect(!survey.isFiltered)
    // What was learnt is remembered: no second refusal.
    server.clearRequestLog()
    _ = await boardSurvey(server)
    #expect(server.requestCount == 1)
    await server.stop()
  }

  @Test func aRedactedItemIsLeftAlone() async throws {
    let server = try await board()
    try server.addRepository("acme/secret")
    let number = server.createIssue(title: "Hidden", in: "acme/secret")
    try server.addItem(number, in: "acme/secret", fields: ["Status": "Todo"])
    #expect(Set(titles(await boardSurvey(server))) == ["One", "Hidden"])
    server.hide("acme/secret")
    let survey = await boardSurvey(server)
    guard case .items(let items) = survey.candidates else {
      Issue.record("\(survey.candidates)")
      return
    }
    #expect(items.filter { $0.contentType == .issue }.map(\.title) == ["One"])
    await server.stop()
  }

  @Test func aRenamedRepositoryKeepsItsItems() async throws {
    let server = try await board()
    guard case .items(let before) = await boardSurvey(server).candidates, let item = before.first
    else {
      Issue.record("no item")
      return
    }
    server.renameRepository("acme/renamed")
    let now = Timestamp(milliseconds: Clock.wallMilliseconds())
    let watched = SurveyQuestion.Watched(
      record: ItemRecord(item: item, branch: "b", now: now), wantsPullRequest: true,
      commentsSince: nil)
    let survey = await boardSurvey(server, [watched])
    guard case .found(let found)? = survey.answers[item.id] else {
      Issue.record("\(survey.answers)")
      return
    }
    #expect(found.key.text == "acme/renamed#1")
    #expect(survey.knowsPullRequest(of: HeadRef(item.repository, "b")))
    await server.stop()
  }
}
