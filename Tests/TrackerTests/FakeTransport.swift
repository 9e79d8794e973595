// A transport without a network: a closure answers each request, and everything asked is kept.
// For answers no server of ours would give. A cache in memory stands beside it.
import SymphonyCore
import Synchronization
import Testing

@testable import SymphonyTrackers

final class FakeTransport: HTTPTransport {
  typealias Answer =
    @Sendable (HTTPTransportRequest) throws(TransportError) ->
    HTTPTransportResponse
  private let answer: Answer
  private let log = Mutex<[HTTPTransportRequest]>([])
  var requests: [HTTPTransportRequest] { log.withLock { $0 } }

  init(_ answer: @escaping Answer) { self.answer = answer }

  func send(_ request: HTTPTransportRequest) async throws(TransportError) -> HTTPTransportResponse {
    log.withLock { $0.append(request) }
    return try answer(request)
  }
}

final class MemoryCache: ResponseCache {
  private let entries = Mutex<[String: CachedResponse]>([:])
  var count: Int { entries.withLock { $0.count } }
  func lookUp(_ url: String) -> CachedResponse? { entries.withLock { $0[url] } }
  func remember(_ url: String, _ response: CachedResponse) {
    entries.withLock { $0[url] = response }
  }
}

extension HTTPTransportResponse {
  static func json(
    _ text: String, status: Int = 200, _ headers: [(name: String, value: String)] = []
  ) -> HTTPTransportResponse {
    HTTPTransportResponse(
      status: status, headers: [(name: "Content-Type", value: "application/json")] + headers,
      body: Array(text.utf8))
  }
}

extension HTTPTransportRequest {
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
  /// The URL without scheme and host.
  var target: String { String(url.dropFirst("https://api.github.com".count)) }
}

/// 2026-11-21T03:00:00Z.
let noon = Timestamp(milliseconds: 1_795_230_000_000)

/// A client without a tracker around it.
func makeClient(
  _ transport: any HTTPTransport, cache: MemoryCache = MemoryCache(), token: String = "ghp_secret",
  now: @autoclosure @escaping @Sendable () -> Timestamp = noon, runtimeDirectory: String? = nil,
  _ change: (inout TrackerPolicy) -> Void = { _ in }
) -> GitHubClient {
  var policy = TrackerPolicy()
  policy.token = Secret(token)
  policy.tokenOrigin = "the test"
  change(&policy)
  return GitHubClient(
    policy: policy,
    surroundings: GitHubSurroundings(
      transport: transport, cache: cache, salt: "salt", now: now, userAgent: "symphony/test",
      runtimeDirectory: runtimeDirectory))
}

/// The error a call ended with; nil when it went well.
func failure(_ call: () async throws(TrackerError) -> Void) async -> TrackerError? {
  do throws(TrackerError) { try await call() } catch { return error }
  return nil
}

/// One text after the other; the last for ever.
final class Replies: Sendable {
  private let rest: Mutex<[String]>
  init(_ texts: [String]) { rest = Mutex(texts) }
  func next() -> String {
    rest.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? "" }
  }
}
