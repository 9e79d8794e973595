// One HTTP exchange with one GitHub server: within the time that is left, apart from the one
// before, counted, with redirects to the same host followed. GitHubClient and InstallationTokens
// call it, one at a time. It says what was answered; what that means, and with which token to ask,
// is theirs.
import SymphonyCore
import SymphonyPlatform
import Synchronization

final class GitHubWire: Sendable {
  struct Request: Sendable {
    var method: String
    var url: String
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]?
    /// `GET /repos/a/b`, or the name of a GraphQL operation: for people.
    var what: String
    /// The request changes something at the server, so it keeps its distance from the last write.
    var isWrite = false
    var isGraphQL = false
    /// Statuses that the caller reads itself, as the answers they are.
    var answers: Set<Int> = []
    /// Only the last bytes of the answer's body are wanted; nil: all of them.
    var tail: Int?
  }
  private struct State {
    var requests = 0
    var notModified = 0
    /// Nil: no answer named a time.
    var clockOffset: Interval?
    var scopes: String?
    /// Milliseconds of CLOCK_MONOTONIC.
    var lastBegin: Int64?
    var lastWriteEnd: Int64?
    var lastTook = Interval.zero
    /// Of all requests of this process that were answered.
    var answered = TrackerTime()
  }

  private static let maximumRedirects = 3
  private static let elsewhereTimeout = Interval.minutes(1)

  let apiURL: String
  let surroundings: GitHubSurroundings
  let spending: SpendingBook
  private let requestTimeout: Interval
  private let state = Mutex(State())

  init(policy: TrackerPolicy, surroundings: GitHubSurroundings, spending: SpendingBook) {
    apiURL = policy.apiURL
    requestTimeout = policy.requestTimeout
    self.surroundings = surroundings
    self.spending = spending
  }

  var now: Timestamp { surroundings.now() }
  /// The server's clock minus ours, as far as any answer told it.
  var clockOffset: Interval { measuredClockOffset ?? .zero }
  /// The same; nil: no answer told it.
  var measuredClockOffset: Interval? { state.withLock { $0.clockOffset } }

  /// The scopes of a classic token, from the last answer that named them: `repo, read:org`.
  var scopes: String? { state.withLock { $0.scopes } }

  /// The requests that were answered so far, and how long that took.
  var answered: TrackerTime { state.withLock { $0.answered } }

  /// How long the last answer took to come, by the wall clock: a hint, no more.
  var lastTook: Interval { state.withLock { $0.lastTook } }

  /// Requests and unchanged answers since the last call.
  func takeCounts() -> (requests: Int, notModified: Int) {
    state.withLock { state in
      defer { (state.requests, state.notModified) = (0, 0) }
      return (state.requests, state.notModified)
    }
  }

  /// Sends a request and returns whatever was answered, error statuses included.
  ///
  /// - Throws: `.unreachable` when there was no answer, `.rateLimited` when this state directory's
  ///   own ceiling is reached.
  func send(_ request: Request, bearer: Secret) async throws(TrackerError) -> HTTPTransportResponse
  {
    var address = request.url
    for _ in 0...Self.maximumRedirects {
      let response = try await sendOnce(request, to: address, bearer: bearer)
      guard [301, 302, 307, 308].contains(response.status),
        !request.answers.contains(response.status)
      else { return response }
      guard let location = response.header("Location") else {
        throw .unreachable("\(request.what) was redirected to nowhere")
      }
      let target = location.hasPrefix("/") ? root + location : location
      guard isOurs(target) else {
        let host = WebAddress(target)?.authority ?? "an unreadable address"
        throw .unreachable(
          "\(request.what) was redirected to \(GitHubAnswer.clean(host)); "
            + "only the same host is followed")
      }
      address = target
    }
    throw .unreachable("\(request.what) was redirected more than \(Self.maximumRedirects) times")
  }

  private func sendOnce(_ request: Request, to url: String, bearer: Secret)
    async throws(TrackerError) -> HTTPTransportResponse
  {
    try spending.check(request.what)
    await keepDistance(request)
    let time = min(requestTimeout, surroundings.remaining())
    guard time > .zero else {
      throw .unreachable("\(request.what) was not asked: the tick's time is up")
    }
    state.withLock { $0.requests += 1 }
    var sent = HTTPTransportRequest(
      method: request.method, url: url,
      headers: [
        (name: "Authorization", value: "Bearer \(bearer.reveal())"),
        (name: "Accept", value: "application/vnd.github+json"),
        (name: "X-GitHub-Api-Version", value: "2022-11-28"),
        (name: "User-Agent", value: surroundings.userAgent),
      ] + request.headers, body: request.body, timeoutMilliseconds: time.milliseconds,
      isWrite: request.isWrite)
    sent.tail = request.tail
    let before = now
    defer {
      if request.isWrite { state.withLock { $0.lastWriteEnd = Clock.monotonicMilliseconds() } }
    }
    do throws(TransportError) {
      let response = try await surroundings.transport.send(sent)
      note(response, before: before)
      // An unchanged answer is free, and an idle tick must have nothing new to store.
      if response.status != 304 { spending.charge(response, clockOffset: clockOffset) }
      return response
    } catch {
      // The request may have arrived.
      spending.charge(nil, clockOffset: clockOffset)
      let place = WebAddress(url).map { "\($0.authority): " } ?? ""
      throw .unreachable("\(request.what) failed: \(place)\(error.sentence)")
    }
  }

  /// One GET to another server: nothing of ours goes along, and no redirect is followed.
  func send(elsewhere url: String, what: String, tail: Int) async throws(TrackerError)
    -> HTTPTransportResponse
  {
    let time = min(Self.elsewhereTimeout, surroundings.remaining())
    guard time > .zero else {
      throw .unreachable("\(what) was not asked: the tick's time is up")
    }
    var sent = HTTPTransportRequest(
      method: "GET", url: url, headers: [(name: "User-Agent", value: surroundings.userAgent)],
      body: nil, timeoutMilliseconds: time.milliseconds)
    sent.tail = tail
    do throws(TransportError) {
      return try await surroundings.transport.send(sent)
    } catch {
      let place = WebAddress(url).map { "\($0.authority): " } ?? ""
      throw .unreachable("\(what) failed: \(place)\(error.sentence)")
    }
  }

  /// Requests keep their distance by a clock that no one can set.
  private func keepDistance(_ request: Request) async {
    let (lastBegin, lastWriteEnd) = state.withLock { ($0.lastBegin, $0.lastWriteEnd) }
    let begin = Clock.monotonicMilliseconds()
    var wait: Int64 = 0
    if let lastBegin {
      wait = lastBegin + surroundings.requestDistance.milliseconds - begin
    }
    if request.isWrite, let lastWriteEnd {
      wait = max(wait, lastWriteEnd + surroundings.writeDistance.milliseconds - begin)
    }
    if wait > 0 { await surroundings.pause(.milliseconds(wait)) }
    state.withLock { $0.lastBegin = Clock.monotonicMilliseconds() }
  }

  private func note(_ response: HTTPTransportResponse, before: Timestamp) {
    let after = now
    let server = response.header("Date").flatMap { GitHubAnswer.date($0) }
    let scopes = response.header("X-OAuth-Scopes").map(GitHubAnswer.clean)
    state.withLock { state in
      state.lastTook = after - before
      state.answered.requests += 1
      state.answered.milliseconds += max(0, state.lastTook.milliseconds)
      if response.status == 304 { state.notModified += 1 }
      if let scopes { state.scopes = scopes }
      guard let server else { return }
      // The header has whole seconds; within two of them the clocks count as equal, so that
      // derived times (and the URLs made of them) do not wobble from tick to tick.
      let middle = Timestamp(
        milliseconds: before.milliseconds / 2 + after.milliseconds / 2)
      let offset = (server + .milliseconds(500)) - middle
      let seconds = (offset.milliseconds / 1000) * 1000
      state.clockOffset = abs(seconds) <= 2000 ? .zero : Interval(milliseconds: seconds)
    }
  }

  // MARK: Names

  private var root: String {
    WebAddress(apiURL).map { String($0.origin.dropLast()) } ?? apiURL
  }

  /// True for an address on the server we talk to: the token may go there.
  func isOurs(_ url: String) -> Bool {
    guard let one = WebAddress(url), let ours = WebAddress(apiURL) else { return false }
    return one.isSameOrigin(as: ours) && one.user == nil
  }

  /// `GET /repos/a/b/issues`: without host and query, for people.
  func name(_ method: String, _ url: String) -> String {
    let path = url.hasPrefix(apiURL) ? String(url.dropFirst(apiURL.count)) : url
    return "\(method) \(path.prefix { $0 != "?" })"
  }

  /// The address of GraphQL: for `https://HOST/api/v3` it is `https://HOST/api/graphql`.
  var graphQLURL: String {
    apiURL.hasSuffix("/api/v3") ? apiURL.dropLast("v3".count) + "graphql" : apiURL + "/graphql"
  }
}

/// Lets one through at a time, in the order they came.
final class SerialGate: Sendable {
  private struct State {
    var isBusy = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }
  private let state = Mutex(State())

  func enter() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.isBusy {
          state.waiting.append(continuation)
          return false
        }
        state.isBusy = true
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if state.waiting.isEmpty {
        state.isBusy = false
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
