// A pull request that waits for people on the simulated GitHub, and trackers that look at it and
// write to it as one tick after another does. Every request is kept, with its headers.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Synchronization
import Testing

@testable import SymphonyTrackers

final class FollowWorld: Sendable {
  let simulator: GitHubSimulator
  let cache = MemoryCache()
  /// Of the issue, and of its pull request.
  let issue: Int
  let pull: Int
  private let transport: CurlTransport
  private let log = Mutex<[HTTPTransportRequest]>([])
  static let branch = "symphony/work"
  static let home = RepositoryName(owner: "acme", name: "app")

  init(isPrivate: Bool = true, token: String = "ghp_testtoken") async throws {
    simulator = try await GitHubSimulator.start(token: token, isPrivate: isPrivate)
    transport = CurlTransport(url: simulator.apiURL, environment: [:])
    issue = simulator.createIssue(title: "An issue", labels: ["symphony"])
    try simulator.commit(branch: Self.branch, files: ["a.txt": "1\n"])
    pull = try simulator.createPullRequest(
      title: "Work", head: Self.branch, author: "symphony-bot")
    simulator.setRole("carol", .read)
  }

  func end() async {
    await transport.close()
    await simulator.stop()
  }

  var head: String { simulator.branches[Self.branch] ?? "" }
  var id: String { simulator.issue(pull)?.nodeID ?? "" }
  var requests: [HTTPTransportRequest] { log.withLock { $0 } }
  /// The requests since the last call: GraphQL operations by name, others by path.
  func takeNames() -> [String] {
    defer { log.withLock { $0 = [] } }
    return requests.map { request in
      guard request.url.hasSuffix("/graphql") else {
        let path = request.url.split(separator: "/", maxSplits: 2).last.map(String.init) ?? ""
        return "\(request.method) /\(path.split(separator: "/").dropFirst().joined(separator: "/"))"
      }
      let text = String(decoding: request.body ?? [], as: UTF8.self)
      let name = text.firstMatch(of: /"operationName":"(\w+)"/)
      return name.map { String($0.output.1) } ?? "?"
    }
  }

  // MARK: Looking

  func tracker(
    token: String? = nil, _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) -> GitHubTracker {
    var policy = TrackerPolicy()
    policy.apiURL = simulator.apiURL
    policy.token = Secret(token ?? simulator.token)
    policy.tokenOrigin = "the test"
    policy.requiredLabels = ["symphony"]
    policy.repository = Self.home
    // Only bounds a failing test: a long log takes its time on a busy machine.
    policy.requestTimeout = .minutes(5)
    change(&policy)
    return GitHubTracker(
      policy: policy, repository: policy.board == nil ? Self.home : nil,
      surroundings: GitHubSurroundings(
        transport: Noting(world: self), cache: cache, salt: "salt",
        now: { Timestamp(milliseconds: Clock.wallMilliseconds()) }, userAgent: "symphony/test"))
  }

  static func question(
    digest: String? = nil, wantsConversation: Bool = false, checks: FollowUp.ChecksRead? = nil,
    wantsChecks: Bool = true, jobs: [Int64] = []
  ) -> FollowQuestion {
    FollowQuestion(
      digest: digest, wantsConversation: wantsConversation, checks: checks,
      wantsChecks: wantsChecks, jobs: jobs)
  }

  func watched(_ question: FollowQuestion?, issue: Int? = nil, pull: Int? = nil)
    -> SurveyQuestion.Watched
  {
    let number = issue ?? self.issue
    let id = ItemID(simulator.issue(number)?.nodeID ?? "")
    let item = WorkItem(
      id: id, key: ItemKey(repository: Self.home, reference: "\(number)"), repository: Self.home,
      number: number, title: "")
    var record = ItemRecord(item: item, branch: Self.branch, now: Timestamp(milliseconds: 0))
    record.pullRequest = PullRequestRef(number: pull ?? self.pull, url: "")
    var watched = SurveyQuestion.Watched(
      record: record, wantsPullRequest: false, commentsSince: nil)
    watched.follow = question
    return watched
  }

  func survey(
    _ question: FollowQuestion? = FollowWorld.question(), token: String? = nil,
    cachedOnly: Bool = false, _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) async -> Survey {
    await tracker(token: token, change).survey(
      SurveyQuestion(watched: [watched(question)], cachedOnly: cachedOnly))
  }

  /// What a tick sees of the pull request.
  func view(
    _ question: FollowQuestion = FollowWorld.question(), token: String? = nil,
    _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) async throws -> PullRequestView {
    let survey = await survey(question, token: token, change)
    return try #require(survey.views.values.first, "\(survey.notices)")
  }

  /// What is said on it.
  func conversation() async throws -> Conversation {
    try #require(try await view().conversation)
  }

  // MARK: Writing

  var place: PullRequestPlace {
    PullRequestPlace(
      repository: Self.home, key: ItemKey(repository: Self.home, reference: "\(issue)"),
      number: pull, id: id)
  }

  func deliver(
    _ payload: OutboxEntry.Payload, tries: Int = 0, nonce: String = "0123456789abcdef",
    token: String? = nil
  ) async throws(TrackerError) -> Delivery {
    let now = Timestamp(milliseconds: Clock.wallMilliseconds())
    var entry = OutboxEntry(
      item: ItemID("I_1"), dedupeKey: "k", payload: payload, nonce: nonce,
      createdAt: now - .seconds(5))
    entry.tries = tries
    return try await tracker(token: token).deliver(entry, pullRequest: nil)
  }

  /// Delivers with the answer of a write lost, and once more.
  func deliverTwice(_ payload: OutboxEntry.Payload, losing fault: Fault) async throws -> Delivery {
    let rule = simulator.add(fault)
    let lost = await failure { () async throws(TrackerError) in _ = try await deliver(payload) }
    #expect(lost?.code == "tracker_unreachable", "\(lost?.sentence ?? "nothing was lost")")
    #expect(simulator.timesFired(rule) == 1)
    return try await deliver(payload, tries: 1)
  }

  private struct Noting: HTTPTransport {
    let world: FollowWorld
    func send(_ request: HTTPTransportRequest) async throws(TransportError) -> HTTPTransportResponse
    {
      world.log.withLock { $0.append(request) }
      return try await world.transport.send(request)
    }
  }
}
