// A GitHub that answers what an input says: each line names a request and holds its answer as JSON,
// so that one input is a whole server. Everything a tracker can be asked is asked of it.
import Dispatch
import FoundationEssentials
import SymphonyCore
import Synchronization

@testable import SymphonyTrackers

/// `GET /repos/acme/app {"status":200,"headers":{},"body":{}}`, a line each; GraphQL by the name of
/// its operation: `POST /graphql#Name`.
package struct ServedScript: Sendable {
  private var answers: [String: HTTPTransportResponse] = [:]

  package init(_ input: [UInt8]) {
    for line in input.split(separator: 0x0A) {
      let parts = line.split(separator: 0x20, maxSplits: 2).map(Array.init)
      guard parts.count == 3 else { continue }
      let name = String(decoding: parts[0] + [0x20] + parts[1], as: UTF8.self)
      answers[name] = Self.answer(parts[2])
    }
  }

  /// What is no answer is a body.
  private static func answer(_ bytes: [UInt8]) -> HTTPTransportResponse {
    let json = (name: "Content-Type", value: "application/json")
    guard let tree = try? JSONDecoder().decode(Structure.self, from: Data(bytes)),
      let body = tree["body"], let text = try? JSONEncoder().encode(body)
    else { return HTTPTransportResponse(status: 200, headers: [json], body: bytes) }
    let status = tree["status"]?.integerValue ?? 200
    let headers = (tree["headers"]?.objectValue ?? [:]).sorted { $0.key < $1.key }
      .compactMap { name, value in value.stringValue.map { (name: name, value: $0) } }
    return HTTPTransportResponse(
      status: (100...599).contains(status) ? Int(status) : 200, headers: headers + [json],
      body: body.stringValue.map { Array($0.utf8) } ?? Array(text))
  }

  package func answer(to request: HTTPTransportRequest) -> HTTPTransportResponse? {
    answers[Self.name(of: request)]
  }

  /// Without the host, the query, and what makes one search differ from another.
  package static func name(of request: HTTPTransportRequest) -> String {
    let path = WebAddress(request.url).map { $0.path.prefix { $0 != "?" } } ?? ""
    guard path.hasSuffix("/graphql"), let body = request.body,
      let tree = try? JSONDecoder().decode(Structure.self, from: Data(body))
    else { return "\(request.method) \(path)" }
    return "\(request.method) \(path)#\(tree["operationName"]?.stringValue ?? "")"
  }
}

final class ScriptedTransport: HTTPTransport {
  private let script: ServedScript
  private let asked = Mutex(0)
  /// A server may name pages for ever; a tick's time ends that.
  static let patience = 150
  init(_ script: ServedScript) { self.script = script }

  func send(_ request: HTTPTransportRequest) async throws(TransportError) -> HTTPTransportResponse {
    let number = asked.withLock { asked in
      asked += 1
      return asked
    }
    if number > Self.patience { throw .timedOut(afterMilliseconds: 1000) }
    return script.answer(to: request)
      ?? HTTPTransportResponse(status: 404, headers: [], body: Array("{}".utf8))
  }
}

package final class KeptResponses: ResponseCache {
  private let entries = Mutex<[String: CachedResponse]>([:])
  package init() {}
  package var all: [String: CachedResponse] { entries.withLock { $0 } }
  package func lookUp(_ url: String) -> CachedResponse? { entries.withLock { $0[url] } }
  package func remember(_ url: String, _ response: CachedResponse) {
    entries.withLock { $0[url] = response }
  }
}

package enum GitHubScene {
  package static let noon = Timestamp(milliseconds: 1_795_230_000_000)
  package static let repository = RepositoryName(owner: "acme", name: "app")
  static let identity = TokenSource.identity(of: policy(board: false), salt: "salt")

  static func policy(board: Bool) -> TrackerPolicy {
    var policy = TrackerPolicy()
    policy.apiURL = "https://api.github.com"
    policy.token = Secret("ghp_secret")
    policy.tokenOrigin = "the test"
    policy.requiredLabels = ["symphony"]
    policy.repository = repository
    if board {
      policy.activeStatuses = ["Todo", "Ready", "In Progress"]
      policy.terminalStatuses = ["Done"]
      policy.board = BoardPolicy(owner: "acme", number: 1)
    }
    return policy
  }

  package static func tracker(
    _ transport: any HTTPTransport, board: Bool, cache: any ResponseCache,
    now: Timestamp = noon, apiURL: String = "https://api.github.com", token: String = "ghp_secret"
  ) -> GitHubTracker {
    var policy = policy(board: board)
    (policy.apiURL, policy.token) = (apiURL, Secret(token))
    return GitHubTracker(
      policy: policy, repository: board ? nil : repository,
      surroundings: GitHubSurroundings(
        transport: transport, cache: cache, salt: "salt", now: { now },
        userAgent: "symphony/test", pause: { _ in }))
  }

  /// An item of ours, by the id that the recorded server gave it.
  package static func record(_ id: String, _ number: Int) -> ItemRecord {
    let item = WorkItem(
      id: ItemID(id), key: ItemKey(repository: repository, reference: "\(number)"),
      repository: repository, number: number, title: "")
    var record = ItemRecord(item: item, branch: "symphony/acme_app_\(number)", now: noon)
    // The first has the one that the recorded server has.
    let pull = number == 1 ? 4 : 9
    record.pullRequest = PullRequestRef(
      number: pull, url: "https://github.com/acme/app/pull/\(pull)")
    return record
  }

  /// Whatever number the recorded server gave it.
  package static let job: Int64 = 77

  package static func watched(_ ids: [String]) -> [SurveyQuestion.Watched] {
    ids.enumerated().map { index, id in
      var watched = SurveyQuestion.Watched(
        record: record(id, index + 1), wantsPullRequest: true,
        commentsSince: SurveyQuestion.Watched.always)
      watched.follow = FollowQuestion(
        digest: nil, wantsConversation: true, wantsChecks: true, jobs: [job])
      return watched
    }
  }

  /// One debt of each kind, as if an earlier delivery may have gone through.
  package static func debts(_ id: String, tries: Int) -> [OutboxEntry] {
    let key = ItemKey(repository: repository, reference: "1")
    let branch = "symphony/acme_app_1"
    let payloads: [OutboxEntry.Payload] =
      [
        .ensurePullRequest(
          PullRequestOrder(
            repository: repository, key: key, head: branch, base: nil, title: "Work",
            body: "Closes acme/app#1", draft: true)),
        .comment(
          CommentOrder(repository: repository, key: key, number: 1, text: "done")),
        .setStatus(
          StatusOrder(
            key: key, repository: repository, value: "Done", expected: [], checks: ["build"],
            branch: branch, needsPullRequest: false)),
        .setLabels(
          LabelOrder(
            key: key, repository: repository, number: 1,
            move: LabelMove(add: ["wip"], remove: ["symphony"]), needsPullRequest: false)),
        .convertDraft(DraftOrder(repository: repository)),
        .closeIssue(CloseOrder(key: key, repository: repository, number: 1)),
      ] + followed(key, branch)
    return payloads.enumerated().map { index, payload in
      var entry = OutboxEntry(
        item: ItemID(id), dedupeKey: "k\(index)", payload: payload, nonce: "0123456789abcdef",
        createdAt: noon)
      entry.tries = tries
      return entry
    }
  }

  /// What is owed to a pull request that waits for people.
  private static func followed(_ key: ItemKey, _ branch: String) -> [OutboxEntry.Payload] {
    let head = String(repeating: "a", count: 40)
    let place = PullRequestPlace(repository: repository, key: key, number: 4, id: "PR_4")
    return [
      .reply(ReplyOrder(place: place, thread: "PRRT_1", replyTo: 1, text: "done")),
      .resolveThread(ResolveOrder(place: place, thread: "PRRT_1")),
      .requestReview(ReviewRequestOrder(place: place, logins: ["alice"])),
      .rerunChecks(RerunOrder(place: place, head: head, jobs: [1, 2])),
      .updateBranch(UpdateOrder(place: place, head: head)),
    ]
      + [true, false].map { usesQueue in
        .merge(
          MergeOrder(
            place: place, head: head, method: .squash, usesQueue: usesQueue, branch: branch))
      }
  }

  /// Waits for what only can be awaited; the thread must be nobody else's.
  static func wait(_ body: @escaping @Sendable () async throws -> Void) throws {
    let end = DispatchSemaphore(value: 0)
    let outcome = Mutex<Result<Void, any Error>>(.success(()))
    Task.detached {
      do { try await body() } catch { outcome.withLock { $0 = .failure(error) } }
      end.signal()
    }
    end.wait()
    try outcome.withLock { $0 }.get()
  }
}
