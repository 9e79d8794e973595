// A simulated board and trackers that look at it as one tick after another does: the cache, the
// clock and the time left are the test's.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Synchronization

@testable import SymphonyTrackers

final class BoardWorld: Sendable {
  let simulator: GitHubSimulator
  let cache = MemoryCache()
  private let transport: CurlTransport
  private let clock = Mutex(Interval.zero)
  private let left = Mutex<[Interval]>([])
  private let filterIsBroken = Mutex(false)

  init(statuses: [String] = ["Backlog", "Todo", "In Progress", "Done"]) async throws {
    simulator = try await GitHubSimulator.start()
    transport = CurlTransport(url: simulator.apiURL, environment: [:])
    simulator.addBoard(
      fields: [
        .status(statuses), .select("Priority", ["P0", "P1"]), BoardFieldPlan("Size", .number),
      ])
  }

  func end() async {
    await transport.close()
    await simulator.stop()
  }

  // MARK: The world

  /// Issues on the board, in this status.
  @discardableResult
  func add(_ count: Int, _ status: String) throws -> [Int] {
    try (0..<count).map { _ in
      let number = simulator.createIssue(title: "An issue", body: "Its text", labels: ["symphony"])
      _ = try simulator.addItem(number, fields: ["Status": status])
      return number
    }
  }
  /// Later ticks happen that much later.
  func wait(_ span: Interval) {
    clock.withLock { $0 = $0 + span }
    simulator.advanceClock(seconds: span.milliseconds / 1000)
  }
  /// What the next questions for the time left are answered; afterwards there is plenty.
  func giveTime(_ spans: [Interval]) { left.withLock { $0 = spans } }
  /// The server answers every filtered list as if nothing matched.
  func breakFilter(_ isBroken: Bool) { filterIsBroken.withLock { $0 = isBroken } }

  // MARK: Ticks

  func tracker(
    token: String? = nil, board: Bool = true, _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) -> GitHubTracker {
    var policy = TrackerPolicy()
    policy.apiURL = simulator.apiURL
    policy.token = Secret(token ?? simulator.token)
    policy.tokenOrigin = "the test"
    policy.requiredLabels = ["symphony"]
    policy.repository = simulator.repository.name
    if board {
      policy.activeStatuses = ["Todo", "Ready", "In Progress"]
      policy.terminalStatuses = ["Done"]
      policy.board = BoardPolicy(owner: "acme", number: 1)
      policy.board?.pageSize = 10
    }
    change(&policy)
    let offset = clock.withLock { $0 }
    return GitHubTracker(
      policy: policy, repository: board ? nil : simulator.repository.name,
      surroundings: GitHubSurroundings(
        transport: Bent(world: self), cache: cache, salt: "salt",
        now: { Timestamp(milliseconds: Clock.wallMilliseconds()) + offset },
        remaining: { self.left.withLock { $0.isEmpty ? .minutes(5) : $0.removeFirst() } },
        userAgent: "symphony/test"))
  }

  func survey(
    _ watched: [SurveyQuestion.Watched] = [], cachedOnly: Bool = false, token: String? = nil,
    board: Bool = true, _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) async -> Survey {
    await tracker(token: token, board: board, change).survey(
      SurveyQuestion(watched: watched, cachedOnly: cachedOnly))
  }

  func items(_ survey: Survey) -> [WorkItem] {
    if case .items(let items) = survey.candidates { items } else { [] }
  }
  func watch(_ item: WorkItem, _ branch: String = "work", since: Timestamp? = nil)
    -> SurveyQuestion.Watched
  {
    SurveyQuestion.Watched(
      record: ItemRecord(item: item, branch: branch, now: Timestamp(milliseconds: 0)),
      wantsPullRequest: true, commentsSince: since)
  }

  /// The wire, but for a filter that is made to match nothing.
  private struct Bent: HTTPTransport {
    let world: BoardWorld
    func send(_ request: HTTPTransportRequest) async throws(TransportError) -> HTTPTransportResponse
    {
      var request = request
      if world.filterIsBroken.withLock({ $0 }), let body = request.body {
        let text = String(decoding: body, as: UTF8.self)
        request.body = Array(
          text.replacing("\"filter\":\"status:", with: "\"filter\":\"nothing:").utf8)
      }
      return try await world.transport.send(request)
    }
  }
}
