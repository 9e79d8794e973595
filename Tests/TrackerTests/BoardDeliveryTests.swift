// Debts on a board that changes under them: checks a token may not read, an option renamed, an
// issue deleted, labels with awkward names. Against the simulator, which knows GitHub's schema.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyTrackers

@Suite struct BoardDeliveryTests {
  private struct Bench {
    let server: GitHubSimulator
    let issue: Int
    let item: String
    let transport: CurlTransport
    var branch: String { "symphony/acme_app_\(issue)" }
    var key: ItemKey { ItemKey(repository: acmeApp, reference: "\(issue)") }

    init() async throws {
      server = try await GitHubSimulator.start()
      server.addBoard(1, fields: [.status(["Todo", "In Progress", "Review", "Done"])])
      issue = server.createIssue(title: "Issue", labels: ["symphony", "todo"])
      item = server.issue(issue)?.nodeID ?? ""
      try server.addItem(issue, fields: ["Status": "Todo"])
      try server.commit(branch: "symphony/acme_app_\(issue)", files: ["a": "b"])
      transport = CurlTransport(url: server.apiURL, environment: [:])
    }

    func deliver(
      _ payload: OutboxEntry.Payload, item other: String? = nil, tries: Int = 0,
      pullRequest: PullRequestRef? = nil, token: String? = nil
    ) async throws(TrackerError) -> Delivery {
      var policy = TrackerPolicy()
      policy.apiURL = server.apiURL
      policy.token = Secret(token ?? server.token)
      policy.board = BoardPolicy(owner: "acme", number: 1)
      let tracker = GitHubTracker(
        policy: policy, repository: acmeApp,
        surroundings: GitHubSurroundings(
          transport: transport, cache: MemoryCache(), salt: "salt",
          now: { Timestamp(milliseconds: Clock.wallMilliseconds()) }, userAgent: "symphony/test"))
      var entry = OutboxEntry(
        item: ItemID(other ?? item), dedupeKey: "k", payload: payload, nonce: "n",
        createdAt: Timestamp(milliseconds: Clock.wallMilliseconds()))
      entry.tries = tries
      return try await tracker.deliver(entry, pullRequest: pullRequest)
    }

    func status(_ value: String, checks: [String] = []) -> OutboxEntry.Payload {
      .setStatus(
        StatusOrder(
          key: key, repository: acmeApp, value: value, expected: ["Todo", "In Progress"],
          checks: checks, branch: branch, needsPullRequest: true))
    }
    var shown: String? { server.shown("Status", of: issue, board: 1) }

    func end() async {
      await transport.close()
      await server.stop()
    }
  }

  @Test func aHandOffWaitsForItsChecksAndForAnOpenPullRequest() async throws {
    let bench = try await Bench()
    let number = try bench.server.createPullRequest(title: "Work", head: bench.branch)
    let pull = PullRequestRef(number: number, url: "u")
    let order = bench.status("review", checks: ["build", "lint"])
    bench.server.setChecks(
      [.run("build", nil), .commitStatus("lint", "failure")], branch: bench.branch)
    #expect(
      try await bench.deliver(order, pullRequest: pull)
        == .waiting("checks: build is pending, lint failed"))
    bench.server.setChecks(
      [.run("build", "success"), .commitStatus("lint", "success")], branch: bench.branch)
    bench.server.addFineGrainedToken("github_pat_11AAAAAAA0abcdefghijkl")
    let blind = try await bench.deliver(
      order, pullRequest: pull, token: "github_pat_11AAAAAAA0abcdefghijkl")
    guard case .waiting(let why) = blind else {
      Issue.record("\(blind)")
      return
    }
    #expect(why.contains("build cannot be read"), "\(why)")
    #expect(bench.shown == "Todo")
    #expect(try await bench.deliver(order, pullRequest: pull) == .done("moved to `Review`"))
    #expect(bench.shown == "Review")
    try bench.server.setField("Status", "Todo", of: bench.issue)
    try bench.server.mergePullRequest(number)
    #expect(superseded(try await bench.deliver(order, pullRequest: pull)) != nil)
    await bench.end()
  }

  @Test func whatABoardLacksIsSaid() async throws {
    let bench = try await Bench()
    bench.server.renameOption("Review", to: "In Review")
    let renamed = await failure { () async throws(TrackerError) in
      _ = try await bench.deliver(bench.status("Review"))
    }
    #expect(renamed?.sentence.contains("Todo, In Progress, In Review, Done") == true)
    bench.server.removeItem(bench.issue)
    #expect(superseded(try await bench.deliver(bench.status("In Review"))) != nil)
    bench.server.deleteIssue(bench.issue)
    #expect(superseded(try await bench.deliver(bench.status("In Review"))) != nil)
    await bench.end()
  }

  @Test func awkwardLabelsAndTheStateChangeOnce() async throws {
    let bench = try await Bench()
    let order = OutboxEntry.Payload.setLabels(
      LabelOrder(
        key: bench.key, repository: acmeApp, number: bench.issue,
        move: LabelMove(add: ["review: 1/2"], remove: ["Todo"]), needsPullRequest: false))
    _ = try await bench.deliver(order)
    #expect(bench.server.issue(bench.issue)?.labels.sorted() == ["review: 1/2", "symphony"])
    let back = OutboxEntry.Payload.setLabels(
      LabelOrder(
        key: bench.key, repository: acmeApp, number: bench.issue,
        move: LabelMove(add: ["todo"], remove: ["review: 1/2"]), needsPullRequest: false))
    _ = try await bench.deliver(back)
    #expect(bench.server.issue(bench.issue)?.labels.sorted() == ["symphony", "todo"])
    let close = OutboxEntry.Payload.closeIssue(
      CloseOrder(key: bench.key, repository: acmeApp, number: bench.issue))
    #expect(try await bench.deliver(close) == .done("closed"))
    #expect(bench.server.issue(bench.issue)?.isOpen == false)
    let writes = bench.server.writeCount
    #expect(try await bench.deliver(close, tries: 1) == .done("it was closed already"))
    #expect(bench.server.writeCount == writes)
    await bench.end()
  }
}
