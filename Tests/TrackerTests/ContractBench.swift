// What every contract test stands on: a server, a tracker opened through the registry for each look
// (as each tick opens one), and readings of the server's state over the wire that no code of ours
// between takes part in but the transport.
import FoundationEssentials
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyTrackers

/// The suites that may meet one server share one queue.
@Suite(.serialized) enum WireContracts {}

struct ContractBench: Sendable {
  let backend: any Backend
  let board: Int
  /// A label that only this test's issues carry.
  let label = "t-" + Host.randomHex(bytes: 4)
  /// What is left from one tick to the next.
  let cache = MemoryCache()

  init(_ kind: BackendKind) async throws {
    backend = try await kind.open()
    board = backend.takeBoard()
  }

  var now: Timestamp { Timestamp(milliseconds: Clock.wallMilliseconds()) }
  func branch(_ issue: IssueName) -> String { "symphony/\(label)_\(issue.number)" }

  // MARK: Trackers

  func policy(onBoard: Bool) -> TrackerPolicy {
    var policy = TrackerPolicy()
    policy.apiURL = backend.apiURL
    policy.token = Secret(backend.token)
    policy.tokenOrigin = "the test"
    policy.repository = RepositoryName(owner: "acme", name: "app")
    if onBoard {
      policy.board = BoardPolicy(owner: "acme", number: board)
      policy.activeStatuses = ["Todo", "In Progress"]
      policy.terminalStatuses = ["Done"]
    } else {
      policy.requiredLabels = [label]
    }
    return policy
  }

  /// Opens a tracker as a new tick does, and closes it again.
  func tick<Result: Sendable>(
    onBoard: Bool = true, _ change: (inout TrackerPolicy) -> Void = { _ in },
    _ body: (any Tracker) async throws(TrackerError) -> Result
  ) async throws(TrackerError) -> Result {
    var policy = policy(onBoard: onBoard)
    change(&policy)
    let open = try TrackerRegistry.open(
      TrackerRegistry.Parts(
        policy: policy, projectDirectory: "/", environment: [:], cache: cache, salt: "salt",
        now: { Timestamp(milliseconds: Clock.wallMilliseconds()) }, remaining: { .minutes(5) },
        version: "test"))
    do throws(TrackerError) {
      let result = try await body(open.tracker)
      await open.close()
      return result
    } catch {
      await open.close()
      throw error
    }
  }

  func survey(
    _ watched: [SurveyQuestion.Watched] = [], onBoard: Bool = true,
    _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) async throws -> Survey {
    try await tick(onBoard: onBoard, change) { tracker async throws(TrackerError) in
      await tracker.survey(SurveyQuestion(watched: watched, cachedOnly: false))
    }
  }

  func confirm(_ watched: [SurveyQuestion.Watched], onBoard: Bool = true) async throws -> Survey {
    try await tick(onBoard: onBoard) { tracker async throws(TrackerError) in
      await tracker.confirm(watched)
    }
  }

  func deliver(
    _ payload: OutboxEntry.Payload, item: ItemID, tries: Int = 0, onBoard: Bool = true,
    nonce: String = "0123456789abcdef", pullRequest: PullRequestRef? = nil,
    _ change: (inout TrackerPolicy) -> Void = { _ in }
  ) async throws(TrackerError) -> Delivery {
    var entry = OutboxEntry(
      item: item, dedupeKey: "k", payload: payload, nonce: nonce, createdAt: now - .seconds(5))
    entry.tries = tries
    let owed = entry
    return try await tick(onBoard: onBoard, change) { tracker async throws(TrackerError) in
      try await tracker.deliver(owed, pullRequest: pullRequest)
    }
  }

  /// Delivers with the answer of the write lost, then again, and returns what the second found.
  func deliverTwice(
    _ payload: OutboxEntry.Payload, item: ItemID, losing match: WireMatch, onBoard: Bool = true,
    pullRequest: PullRequestRef? = nil, by fault: WireFault = .reset
  ) async throws -> Delivery {
    try await backend.spoil(match, fault, after: true)
    let lost = await failure { () async throws(TrackerError) in
      _ = try await deliver(payload, item: item, onBoard: onBoard, pullRequest: pullRequest)
    }
    let codes: Set = ["tracker_unreachable", "tracker_malformed"]
    #expect(codes.contains(lost?.code ?? ""), "\(lost.map { "\($0)" } ?? "nothing was lost")")
    return try await deliver(
      payload, item: item, tries: 1, onBoard: onBoard, pullRequest: pullRequest)
  }

  // MARK: Items

  func items(_ survey: Survey) -> [WorkItem] {
    if case .items(let items) = survey.candidates { items } else { [] }
  }
  func item(_ survey: Survey, _ issue: IssueName) -> WorkItem? {
    items(survey).first { $0.key.text == issue.description }
  }
  /// An issue on the board, as the next survey lists it.
  func add(
    _ title: String, _ fields: [String: String] = ["Status": "Todo"],
    repository: String = "acme/app"
  ) async throws -> IssueName {
    let issue = try await backend.createIssue(
      title, labels: [label], body: "", repository: repository)
    try await backend.edit(.addItem(issue, board: board, fields))
    return issue
  }
  func listed(_ issue: IssueName) async throws -> WorkItem {
    let survey = try await survey()
    return try #require(item(survey, issue), "\(survey.candidates)")
  }
  func watch(
    _ item: WorkItem, branch: String = "none", wantsPullRequest: Bool = true,
    pullRequest: PullRequestRef? = nil, commentsSince: Timestamp? = nil
  ) -> SurveyQuestion.Watched {
    var record = ItemRecord(item: item, branch: branch, now: now)
    record.pullRequest = pullRequest
    return SurveyQuestion.Watched(
      record: record, wantsPullRequest: wantsPullRequest, commentsSince: commentsSince)
  }
  func found(_ survey: Survey, _ item: WorkItem) -> WorkItem? {
    if case .found(let found)? = survey.answers[item.id] { found } else { nil }
  }

  // MARK: What is so

  private func send(
    _ method: String, _ path: String, _ body: Structure? = nil
  ) async throws -> Structure {
    try JSONDecoder().decode(
      Structure.self, from: Data(try await answer(method, path, body).body))
  }

  /// What somebody with another token is answered.
  func answer(
    _ method: String, _ path: String, _ body: Structure? = nil, token: String? = nil
  ) async throws -> HTTPTransportResponse {
    let transport = CurlTransport(url: backend.apiURL, environment: [:])
    let bytes = try body.map { Array(try JSONEncoder().encode($0)) }
    let sent = await Swift.Result { () async throws in
      try await transport.send(
        HTTPTransportRequest(
          method: method, url: backend.apiURL + path,
          headers: [
            (name: "Authorization", value: "Bearer \(token ?? backend.token)"),
            (name: "User-Agent", value: "contract-tests"),
            (name: "Content-Type", value: "application/json"),
          ], body: bytes, timeoutMilliseconds: 30_000))
    }
    await transport.close()
    return try sent.get()
  }

  /// Opens a pull request as somebody would, with a commit on a branch of its own.
  func openPullRequest(
    for issue: IssueName, branch: String? = nil
  ) async throws -> PullRequestRef {
    let branch = branch ?? self.branch(issue)
    try await backend.edit(.commit(branch: branch, repository: issue.repository))
    let made = try await send(
      "POST", "/repos/\(issue.repository)/pulls",
      .object([
        "title": .string("Work"), "head": .string(branch), "base": .string("main"),
        "body": .string("Closes #\(issue.number)"),
      ]))
    return PullRequestRef(
      number: Int(made["number"]?.integerValue ?? 0), url: made["html_url"]?.stringValue ?? "")
  }

  func status(_ issue: IssueName) async throws -> String? {
    let parts = issue.repository.split(separator: "/")
    let (owner, name) = (parts[0], parts[1])
    let document = """
      query ContractStatus { repository(owner: "\(owner)", name: "\(name)") {
        issueOrPullRequest(number: \(issue.number)) { ... on Issue { projectItems(first: 20) {
          nodes { project { number } fieldValueByName(name: "Status") {
            ... on ProjectV2ItemFieldSingleSelectValue { name } } } } } } } }
      """
    let answer = try await send("POST", "/graphql", .object(["query": .string(document)]))
    let nodes = answer["data"]?["repository"]?["issueOrPullRequest"]?["projectItems"]?["nodes"]
    let item = nodes?.listValue?.first {
      $0["project"]?["number"]?.integerValue == Int64(board)
    }
    return item?["fieldValueByName"]?["name"]?.stringValue
  }
  func issue(_ issue: IssueName) async throws -> Structure {
    try await send("GET", "/repos/\(issue.repository)/issues/\(issue.number)")
  }
  func labels(_ issue: IssueName) async throws -> [String] {
    let body = try await self.issue(issue)
    return (body["labels"]?.listValue ?? []).compactMap { $0["name"]?.stringValue }.sorted()
  }
  func comments(_ issue: IssueName) async throws -> [String] {
    let list = try await send(
      "GET", "/repos/\(issue.repository)/issues/\(issue.number)/comments?per_page=100")
    return (list.listValue ?? []).compactMap { $0["body"]?.stringValue }
  }
  func pullRequestCount(_ branch: String) async throws -> Int {
    let list = try await send("GET", "/repos/acme/app/pulls?head=acme:\(branch)&state=all")
    return list.listValue?.count ?? -1
  }
  func issueCount(titled title: String) async throws -> Int {
    let list = try await send("GET", "/repos/acme/app/issues?state=all&per_page=100")
    return (list.listValue ?? []).count { $0["title"]?.stringValue == title }
  }
}

extension Swift.Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
