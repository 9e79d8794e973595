// Requests to one GitHub server: conditional, paged, counted, within the time that is left, and
// with every failure turned into a TrackerError. GitHubTracker is the only caller. Nothing here
// retries: the next tick is the retry. After a rate limit or a refused token no further request
// leaves this process for a while.
import FoundationEssentials
import SymphonyCore
import Synchronization

/// What a GitHub tracker needs from outside.
public struct GitHubSurroundings: Sendable {
  public var transport: any HTTPTransport
  public var cache: any ResponseCache
  /// Keeps fingerprints of the token from being compared between installations.
  public var salt: String
  public var now: @Sendable () -> Timestamp
  /// How much time the caller has left for everything; requests end with it.
  public var remaining: @Sendable () -> Interval
  /// `symphony/<version>`: GitHub refuses requests without one.
  public var userAgent: String
  /// The least distance between two writes; GitHub asks for a second.
  public var writeDistance: Interval
  public init(
    transport: any HTTPTransport, cache: any ResponseCache, salt: String,
    now: @escaping @Sendable () -> Timestamp,
    remaining: @escaping @Sendable () -> Interval = { .minutes(5) },
    userAgent: String, writeDistance: Interval = .zero
  ) {
    self.transport = transport
    self.cache = cache
    self.salt = salt
    self.now = now
    self.remaining = remaining
    self.userAgent = userAgent
    self.writeDistance = writeDistance
  }
}

final class GitHubClient: Sendable {
  enum Freshness: Sendable {
    /// With If-None-Match when an earlier answer is known.
    case conditional
    /// Only what an earlier tick stored; sends nothing.
    case cachedOnly
    /// Neither reads nor writes the cache: for looking up what a lost answer did.
    case fresh
  }
  struct Page<Value> {
    var value: Value
    var next: String?
    /// Nil when the body came out of the cache without a request.
    var response: HTTPTransportResponse?
    /// The body is an earlier answer's, and nothing new was said about what follows it.
    var isOldWithoutLinks: Bool {
      response.map { $0.status == 304 && $0.header("Link") == nil } ?? true
    }
  }
  private struct State {
    var requests = 0
    var notModified = 0
    var clockOffset = Interval.zero
    var stopped: (error: TrackerError, until: Timestamp)?
    var lastWrite: Timestamp?
  }

  static let maximumPages = 50
  private static let maximumRedirects = 3

  let apiURL: String
  private let token: Secret?
  private let tokenOrigin: String
  private let requestTimeout: Interval
  private let surroundings: GitHubSurroundings
  private let fingerprint: String
  private let state = Mutex(State())

  init(policy: TrackerPolicy, surroundings: GitHubSurroundings) {
    apiURL = policy.apiURL
    token = policy.token
    tokenOrigin = policy.tokenOrigin
    requestTimeout = policy.requestTimeout
    self.surroundings = surroundings
    fingerprint = StableHash.hex(surroundings.salt + "\n" + (policy.token?.reveal() ?? ""))
  }

  var clockOffset: Interval { state.withLock { $0.clockOffset } }
  var now: Timestamp { surroundings.now() }

  /// The limit the server has set us, if any request met one.
  var limit: RateLimit? {
    guard case .rateLimited(let until, let why)? = state.withLock({ $0.stopped?.error }) else {
      return nil
    }
    return RateLimit(until: until, why: why)
  }

  /// Counts since the last call.
  func takeCounts() -> (requests: Int, notModified: Int) {
    state.withLock { state in
      defer { (state.requests, state.notModified) = (0, 0) }
      return (state.requests, state.notModified)
    }
  }

  // MARK: Reading

  func get<Value: Decodable>(
    _ url: String, as type: Value.Type, _ freshness: Freshness = .conditional
  ) async throws(TrackerError) -> Page<Value> {
    let what = name("GET", url)
    let known = freshness == .fresh ? nil : usable(url)
    // A cached body that cannot be read any more (another version wrote it) counts as not cached.
    let value = try? known.map { try decode(type, $0.body, what) }
    if freshness == .cachedOnly {
      guard let known, let value else {
        throw .unreachable("\(what) was not asked: the last poll was moments ago")
      }
      return Page(value: value, next: known.next, response: nil)
    }
    let extra =
      value == nil ? [] : known.map { [(name: "If-None-Match", value: $0.etag)] } ?? []
    let response = try await exchange("GET", url, headers: extra, body: nil)
    if response.status == 304 {
      guard let known, let value else {
        throw .malformed("\(what) was answered with 304 though nothing was known")
      }
      // The body stays with the validator it came with: a stale 304 shows old facts once, and
      // harms nothing. What follows it may have changed meanwhile: the body may not show that.
      let link = response.header("Link")
      let next = link == nil ? known.next : GitHubAnswer.next(link)
      if next != known.next {
        var changed = known
        changed.next = next
        surroundings.cache.remember(url, changed)
      }
      return Page(value: value, next: next, response: response)
    }
    let fresh = try decode(type, response.body, what)
    let next = GitHubAnswer.next(response.header("Link"))
    // Only what could be read is kept: a torn body with a validator would come back for ever.
    if freshness == .conditional, response.status == 200, let etag = response.header("ETag") {
      surroundings.cache.remember(
        url,
        CachedResponse(
          etag: etag, body: response.body, next: next, tokenFingerprint: fingerprint))
    }
    return Page(value: fresh, next: next, response: response)
  }

  private func usable(_ url: String) -> CachedResponse? {
    surroundings.cache.lookUp(url).flatMap { $0.tokenFingerprint == fingerprint ? $0 : nil }
  }

  /// Reads a list to its end, or to the first page whose last entry `isPast` what is wanted; at
  /// most `pages` of them. `complete` is false when there were more.
  func list<Element: Decodable>(
    _ url: String, of type: Element.Type, _ freshness: Freshness = .conditional,
    pages: Int = maximumPages, isPast: (Element) -> Bool = { _ in false }
  ) async throws(TrackerError) -> (entries: [Lossy<Element>], complete: Bool) {
    var entries: [Lossy<Element>] = []
    var next: String? = url
    for _ in 0..<pages {
      guard let address = next else { return (entries, true) }
      let page = try await get(address, as: [Lossy<Element>].self, freshness)
      entries += page.value
      if let last = page.value.last?.value, isPast(last) { return (entries, true) }
      next = page.next
      if next == nil, page.value.count >= 100, page.isOldWithoutLinks {
        // A full page that was the last one when it was stored: an unchanged one may have
        // followers by now.
        next = GitHubAnswer.followingPage(address)
      }
      if let next, !isOurs(next) {
        throw .malformed("\(name("GET", address)) names a next page on another server")
      }
    }
    return (entries, next == nil)
  }

  func decode<Value: Decodable>(_ type: Value.Type, _ body: [UInt8], _ what: String)
    throws(TrackerError) -> Value
  {
    do {
      return try JSONDecoder().decode(type, from: Data(body))
    } catch {
      throw .malformed("\(what) was answered with something that cannot be read")
    }
  }

  // MARK: Writing

  /// Sends one write. After an error of kind `unreachable` it may have been carried out.
  func write<Body: Encodable>(_ method: String, _ url: String, _ content: Body)
    async throws(TrackerError) -> [UInt8]
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(content) else {
      throw .malformed("the request \(name(method, url)) cannot be written as JSON")
    }
    if let last = state.withLock({ $0.lastWrite }) {
      let left = surroundings.writeDistance.milliseconds - (now - last).milliseconds
      if left > 0, left <= surroundings.writeDistance.milliseconds {
        try? await Task.sleep(nanoseconds: UInt64(left) * 1_000_000)
      }
    }
    defer { state.withLock { $0.lastWrite = now } }
    let type = (name: "Content-Type", value: "application/json")
    return try await exchange(method, url, headers: [type], body: Array(body)).body
  }

  // MARK: One exchange

  private func exchange(
    _ method: String, _ url: String, headers: [(name: String, value: String)], body: [UInt8]?
  ) async throws(TrackerError) -> HTTPTransportResponse {
    let what = name(method, url)
    guard let token, !token.isEmpty else {
      throw .unauthorized(
        "there is no GitHub token" + (tokenOrigin.isEmpty ? "" : " (\(tokenOrigin))"))
    }
    if let stopped = state.withLock({ $0.stopped }), now < stopped.until { throw stopped.error }
    var address = url
    for _ in 0...Self.maximumRedirects {
      let response = try await sendOnce(
        method, address, token: token, headers: headers, body: body, what: what)
      guard [301, 302, 307, 308].contains(response.status) else {
        let (now, offset) = (self.now, clockOffset)
        if let error = GitHubAnswer.error(response, what: what, now: now, clockOffset: offset) {
          stopAfter(error)
          throw error
        }
        return response
      }
      guard let location = response.header("Location") else {
        throw .unreachable("\(what) was redirected to nowhere")
      }
      let target = location.hasPrefix("/") ? root + location : location
      guard isOurs(target) else {
        let host = WebAddress(target)?.authority ?? "an unreadable address"
        throw .unreachable("\(what) was redirected to \(host); only the same host is followed")
      }
      address = target
    }
    throw .unreachable("\(what) was redirected more than \(Self.maximumRedirects) times")
  }

  private func sendOnce(
    _ method: String, _ url: String, token: Secret, headers: [(name: String, value: String)],
    body: [UInt8]?, what: String
  ) async throws(TrackerError) -> HTTPTransportResponse {
    let time = min(requestTimeout, surroundings.remaining())
    guard time > .zero else { throw .unreachable("\(what) was not asked: the tick's time is up") }
    state.withLock { $0.requests += 1 }
    let request = HTTPTransportRequest(
      method: method, url: url,
      headers: [
        (name: "Authorization", value: "Bearer \(token.reveal())"),
        (name: "Accept", value: "application/vnd.github+json"),
        (name: "X-GitHub-Api-Version", value: "2022-11-28"),
        (name: "User-Agent", value: surroundings.userAgent),
      ] + headers, body: body, timeoutMilliseconds: time.milliseconds)
    let before = now
    do throws(TransportError) {
      let response = try await surroundings.transport.send(request)
      note(response, before: before)
      return response
    } catch {
      throw .unreachable("\(what) failed: \(error.sentence)")
    }
  }

  private func note(_ response: HTTPTransportResponse, before: Timestamp) {
    let after = now
    let server = response.header("Date").flatMap { GitHubAnswer.date($0) }
    state.withLock { state in
      if response.status == 304 { state.notModified += 1 }
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

  private func stopAfter(_ error: TrackerError) {
    switch error {
    case .rateLimited(let until, _): state.withLock { $0.stopped = (error, until) }
    case .unauthorized: state.withLock { $0.stopped = (error, now + .seconds(10)) }
    default: break
    }
  }

  // MARK: Names

  private var root: String {
    WebAddress(apiURL).map { String($0.origin.dropLast()) } ?? apiURL
  }

  private func isOurs(_ url: String) -> Bool {
    guard let one = WebAddress(url), let ours = WebAddress(apiURL) else { return false }
    return one.isSameOrigin(as: ours) && one.user == nil
  }

  /// `GET /repos/a/b/issues`: without host and query, for people.
  private func name(_ method: String, _ url: String) -> String {
    let path = url.hasPrefix(apiURL) ? String(url.dropFirst(apiURL.count)) : url
    return "\(method) \(path.prefix { $0 != "?" })"
  }
}
