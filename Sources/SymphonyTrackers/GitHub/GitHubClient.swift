// Requests to one GitHub server: with the right token, conditional, paged, and with every failure
// turned into a TrackerError. GitHubTracker and what it is made of are the only callers; GraphQL
// is in GraphQLCall.swift. Nothing here retries, but once with a new token after a 401: the next
// tick is the retry. After a limit or a refused token no further request leaves this process for a
// while.
import FoundationEssentials
import SymphonyCore
import Synchronization

final class GitHubClient: Sendable {
  enum Freshness: Sendable {
    /// Sends If-None-Match when an earlier answer is known.
    case conditional
    /// Answers with what an earlier tick stored; sends nothing.
    case cachedOnly
    /// Neither reads nor writes the cache: for looking up what a lost answer did.
    case fresh
  }
  struct Page<Value> {
    var value: Value
    var next: String?
    /// The answer; nil when the body came out of the cache without a request.
    var response: HTTPTransportResponse?
    /// The body is an earlier answer's; whether more pages follow it now, the server did not say.
    var isOldWithoutLinks: Bool {
      response.map { $0.status == 304 && $0.header("Link") == nil } ?? true
    }
  }

  static let maximumPages = 50

  let wire: GitHubWire
  let tokens: TokenSource
  private let gate = SerialGate()
  private let stopped = Mutex<(error: TrackerError, until: Timestamp)?>(nil)
  private var cache: any ResponseCache { wire.surroundings.cache }

  /// An App's installation is looked for at the board's owner, else at `policy.repository`.
  init(policy: TrackerPolicy, surroundings: GitHubSurroundings) {
    let identity = TokenSource.identity(of: policy, salt: surroundings.salt)
    wire = GitHubWire(
      policy: policy, surroundings: surroundings,
      spending: SpendingBook(
        surroundings: surroundings, identity: identity, ceiling: policy.pointsPerHour))
    tokens = TokenSource(policy: policy, wire: wire, identity: identity)
  }

  var clockOffset: Interval { wire.clockOffset }
  var now: Timestamp { wire.now }
  /// Requests and unchanged answers since the last call.
  func takeCounts() -> (requests: Int, notModified: Int) { wire.takeCounts() }

  /// The limit the server (or our own ceiling) has set us, if any request met one.
  var limit: RateLimit? {
    guard case .rateLimited(let until, let why)? = stopped.withLock({ $0?.error }) else {
      return nil
    }
    return RateLimit(until: until, why: why)
  }

  /// The token that a worker gets: of an App one made for it, else the one token there is.
  func credential(_ order: CredentialOrder) async throws(TrackerError) -> Secret {
    await gate.enter()
    defer { gate.leave() }
    if let stopped = stopped.withLock({ $0 }), now < stopped.until { throw stopped.error }
    guard let tokens = tokens.installationTokens else { return try await token() }
    return try await tokens.narrowed(order)
  }

  /// The permissions of a token made right now; nil unless we are a GitHub App.
  func grant() async throws(TrackerError) -> InstallationTokens.Grant? {
    await gate.enter()
    defer { gate.leave() }
    return try await tokens.installationTokens?.grant()
  }

  // MARK: Reading

  func get<Value: Decodable>(
    _ url: String, as type: Value.Type, _ freshness: Freshness = .conditional
  ) async throws(TrackerError) -> Page<Value> {
    let what = wire.name("GET", url)
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
    let response = try await exchange(
      GitHubWire.Request(method: "GET", url: url, headers: extra, what: what))
    if response.status == 304 {
      guard let known, let value else {
        throw .malformed("\(what) was answered with 304 though nothing was known")
      }
      // The body stays with the validator it came with: a stale 304 then shows old facts once, and
      // does no harm. The pages behind it may have changed meanwhile, which the body need not show.
      let link = response.header("Link")
      let next = link == nil ? known.next : GitHubAnswer.next(link)
      if next != known.next {
        var changed = known
        changed.next = next
        cache.remember(url, changed)
      }
      return Page(value: value, next: next, response: response)
    }
    let fresh = try decode(type, response.body, what)
    let next = GitHubAnswer.next(response.header("Link"))
    // Only a body that could be read is kept: a torn one with a validator would come back for ever.
    if freshness == .conditional, response.status == 200, let etag = response.header("ETag") {
      cache.remember(
        url,
        CachedResponse(
          etag: etag, body: response.body, next: next, tokenFingerprint: tokens.identity))
    }
    return Page(value: fresh, next: next, response: response)
  }

  private func usable(_ url: String) -> CachedResponse? {
    cache.lookUp(url).flatMap { $0.tokenFingerprint == tokens.identity ? $0 : nil }
  }

  /// Reads a list to its end, or to the first page whose last entry `isPast` the wanted ones; at
  /// most `pages` of them.
  ///
  /// `complete` is false when there were more.
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
      if let next, !wire.isOurs(next) {
        throw .malformed("\(wire.name("GET", address)) names a next page on another server")
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

  /// Sends one write.
  ///
  /// After an error of kind `unreachable` the server may have carried it out.
  func write<Body: Encodable>(_ method: String, _ url: String, _ content: Body)
    async throws(TrackerError) -> [UInt8]
  {
    try await write(method, url, content, reading: []).body
  }

  /// Sends one write whose refusals with some statuses the caller reads itself.
  func write<Body: Encodable>(
    _ method: String, _ url: String, _ content: Body, reading answers: Set<Int>
  ) async throws(TrackerError) -> HTTPTransportResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let what = wire.name(method, url)
    guard let body = try? encoder.encode(content) else {
      throw .malformed("the request \(what) cannot be written as JSON")
    }
    return try await exchange(
      GitHubWire.Request(
        method: method, url: url, headers: [(name: "Content-Type", value: "application/json")],
        body: Array(body), what: what, isWrite: true, answers: answers))
  }

  // MARK: One exchange

  /// Serial: one request at a time, in the order they were asked for.
  func exchange(_ request: GitHubWire.Request) async throws(TrackerError) -> HTTPTransportResponse {
    await gate.enter()
    defer { gate.leave() }
    let first = try await token()
    var bearer = first
    do throws(TrackerError) {
      var response = try await wire.send(request, bearer: bearer)
      if response.status == 401, let renewed = try await tokens.renewed(after: bearer) {
        bearer = renewed
        response = try await wire.send(request, bearer: bearer)
      }
      if let error = judge(response, of: request) { throw error }
      if response.status != 304, let until = GitHubAnswer.exhausted(response, wire: wire) {
        // This answer is good; the next would be a refusal.
        stop(after: .rateLimited(until: until, "GitHub's primary rate limit is used up"))
      }
      return response
    } catch {
      let safe = error.without([first, bearer])
      stop(after: safe)
      throw safe
    }
  }

  /// Asks another server, where this one said that something lies, without our token.
  ///
  /// - Throws: `.unreachable` when there is no answer.
  func exchange(elsewhere url: String, what: String, tail: Int) async throws(TrackerError)
    -> HTTPTransportResponse
  {
    await gate.enter()
    defer { gate.leave() }
    return try await wire.send(elsewhere: url, what: what, tail: tail)
  }

  /// The text without the token of our requests, and without what looks like one.
  func redacted(_ text: String) async -> String {
    await gate.enter()
    defer { gate.leave() }
    let own = (try? await tokens.token())?.reveal() ?? ""
    let without = own.utf8.count < 8 ? text : Redaction.replace(own, in: text)
    return Redaction.clean(without)
  }

  private func token() async throws(TrackerError) -> Secret {
    if let stopped = stopped.withLock({ $0 }), now < stopped.until { throw stopped.error }
    do throws(TrackerError) { return try await tokens.token() } catch {
      stop(after: error)
      throw error
    }
  }

  private func judge(_ response: HTTPTransportResponse, of request: GitHubWire.Request)
    -> TrackerError?
  {
    if request.answers.contains(response.status) { return nil }
    let error = GitHubAnswer.error(response, what: request.what, wire: wire)
    if request.isGraphQL, response.status == 502 || response.status == 504, endedForTime,
      case .unreachable(let what)? = error
    {
      return .tooMuchWork(what)
    }
    return error
  }

  /// True when the last answer was so late that GitHub seems to have ended the request, as it does
  /// after ten seconds; a failure that comes at once has another cause.
  var endedForTime: Bool { wire.lastTook > .seconds(8) }

  /// Remembers an error that makes every further request of this process pointless for a while.
  func stop(after error: TrackerError) {
    switch error {
    case .rateLimited(let until, _): stopped.withLock { $0 = (error, until) }
    case .unauthorized, .misconfigured:
      stopped.withLock { $0 = (error, now + RetryDeadline.refusedByTracker) }
    case .unreachable, .forbidden, .notFound, .gone, .rejected, .malformed, .untrusted: break
    }
  }
}
