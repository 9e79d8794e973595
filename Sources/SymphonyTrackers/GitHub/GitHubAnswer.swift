// Reads an HTTP answer of GitHub: the closed error enum, limits with their ends, links and dates.
// GitHubClient and InstallationTokens ask for every answer. The order of the tests is GitHub's own
// advice. The words for a token that lacks something are in MissingPermission.swift.
import FoundationEssentials
import SymphonyCore

enum GitHubAnswer {
  /// The error that an answer means; nil: it can be used.
  ///
  /// `what` names the request without its host: `GET /repos/a/b`.
  static func error(
    _ response: HTTPTransportResponse, what: String, now: Timestamp, clockOffset: Interval,
    quiet: () -> Interval = { .minutes(1) }
  ) -> TrackerError? {
    let status = response.status
    if (200..<300).contains(status) || status == 304 {
      return isPage(response)
        ? .unreachable("\(what) was answered by a web page, not by GitHub's API") : nil
    }
    if status == 403 || status == 429,
      let limited = limit(
        response, what: what, now: now, clockOffset: clockOffset, quiet: quiet)
    {
      return limited
    }
    if status >= 500 { return .unreachable("\(what) failed: the server answered \(status)") }
    if isPage(response) {
      return .unreachable("\(what) was answered by a web page (status \(status)), not by the API")
    }
    let message = message(response)
    switch status {
    case 401: return .unauthorized("GitHub refused the token: \(message)")
    // 402: the account is not paid for; 451: kept back for legal reasons. Both can be lifted.
    case 402, 403, 451:
      let needed = MissingPermission.words(response, message)
      return .forbidden("\(what) is not allowed: \(message)\(needed)")
    case 404:
      let needed = MissingPermission.scopes(response)
      return .notFound("\(what) was not found: \(message)\(needed)")
    case 410: return .gone("\(what) is gone: \(message)")
    case 300..<400: return .unreachable("\(what) was redirected (status \(status)) to nowhere")
    default: return .rejected("\(what) was refused (status \(status)): \(message)")
    }
  }

  /// `error` on the clocks of a wire; a secondary limit without an end doubles when it comes back.
  static func error(_ response: HTTPTransportResponse, what: String, wire: GitHubWire)
    -> TrackerError?
  {
    error(
      response, what: what, now: wire.now, clockOffset: wire.clockOffset,
      quiet: wire.spending.nextQuiet)
  }

  /// A limit and its end on our clock; nil when the answer is about something else.
  ///
  /// With `isCertain` the body has said in its own way that a limit is reached, and an end is given
  /// in any case.
  static func limit(
    _ response: HTTPTransportResponse, what: String, now: Timestamp, clockOffset: Interval,
    quiet: () -> Interval, isCertain: Bool = false
  ) -> TrackerError? {
    func until(_ time: Timestamp, _ which: String) -> TrackerError {
      .rateLimited(
        until: clamp(time, now: now), "GitHub's \(which) rate limit is reached (\(what))")
    }
    if let text = response.header("Retry-After") {
      if let seconds = Int64(text.trimmingWhitespace()) {
        return until(now + .seconds(seconds), "secondary")
      }
      if let date = date(text) { return until(now + (date - (now + clockOffset)), "secondary") }
    }
    if isExhausted(response) {
      return until(reset(response, now: now, clockOffset: clockOffset), "primary")
    }
    let text = String(decoding: response.body.prefix(4096), as: UTF8.self).lowercased()
    if isCertain || response.status == 429 || text.contains("secondary rate limit")
      || text.contains("abuse detection") || text.contains("rate limit exceeded")
    {
      return until(now + quiet(), "secondary")
    }
    return nil
  }

  private static func isExhausted(_ response: HTTPTransportResponse) -> Bool {
    response.header("X-RateLimit-Remaining")?.trimmingWhitespace() == "0"
  }

  /// When the primary limit ends, if this answer used up the last of it.
  static func exhausted(_ response: HTTPTransportResponse, wire: GitHubWire) -> Timestamp? {
    guard isExhausted(response) else { return nil }
    return clamp(
      reset(response, now: wire.now, clockOffset: wire.clockOffset), now: wire.now)
  }

  /// On our clock; an hour from now when the server does not say.
  private static func reset(
    _ response: HTTPTransportResponse, now: Timestamp, clockOffset: Interval
  ) -> Timestamp {
    guard let text = response.header("X-RateLimit-Reset"),
      let seconds = Int64(text.trimmingWhitespace()), (0...10_000_000_000).contains(seconds)
    else { return now + RetryDeadline.unnamedReset }
    return now + (Timestamp(milliseconds: seconds * 1000) - (now + clockOffset))
  }

  /// Bounds a server's time, so that it can neither make us hammer nor silence us.
  static func clamp(_ time: Timestamp, now: Timestamp) -> Timestamp {
    now + RetryDeadline.reset(time, now: now)
  }

  private static func isPage(_ response: HTTPTransportResponse) -> Bool {
    response.header("Content-Type")?.lowercased().hasPrefix("text/html") ?? false
  }

  private struct Problem: Decodable {
    struct Detail: Decodable {
      var message: String?
      var resource: String?
      var field: String?
      var code: String?
      init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
          message = text
          return
        }
        let container = try decoder.container(keyedBy: GitHubKey.self)
        message = container.string("message")
        resource = container.string("resource")
        field = container.string("field")
        code = container.string("code")
      }
      var text: String {
        if let message { return message }
        return [resource, field, code].compactMap { $0 }.joined(separator: " ")
      }
    }
    var message: String?
    var details: [Detail]
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: GitHubKey.self)
      message = container.string("message")
      let list = try? container.decode([Lossy<Detail>].self, forKey: GitHubKey("errors"))
      details = list?.compactMap(\.value) ?? []
    }
  }

  /// The message of an error body with the messages of its details; the beginning of a body that
  /// cannot be read.
  static func message(_ response: HTTPTransportResponse) -> String {
    guard let problem = try? JSONDecoder().decode(Problem.self, from: Data(response.body)) else {
      // Cut after cleaning: the half of a token is not recognised as one.
      let text = clean(String(decoding: response.body.prefix(2048), as: UTF8.self)).prefix(200)
      return text.isEmpty ? "no reason given" : String(text)
    }
    let details = problem.details.map(\.text).filter { !$0.isEmpty }
    let parts = [problem.message ?? "no reason given"] + details
    return clean(parts.joined(separator: "; "))
  }

  /// One line, at most 300 characters, nothing invisible, nothing that looks like a token: it goes
  /// to terminals, logs and the database.
  static func clean(_ text: String) -> String {
    let safe = text.unicodeScalars.prefix(4096).map { scalar -> Character in
      scalar.isInvisible ? " " : Character(scalar)
    }
    return String(Redaction.clean(String(safe)).prefix(300)).trimmingWhitespace()
  }

  /// The target of `rel="next"`.
  ///
  /// Commas occur inside the brackets, so the brackets are scanned for.
  static func next(_ link: String?) -> String? {
    var rest = (link ?? "")[...]
    while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
      let target = rest[rest.index(after: open)..<close]
      rest = rest[rest.index(after: close)...]
      let parameters = rest.prefix { $0 != "<" }.lowercased()
      if parameters.contains("rel=\"next\"") || parameters.contains("rel=next") {
        return String(target)
      }
    }
    return nil
  }

  /// The page that follows when the answer names none; nil where pages are not numbered.
  static func followingPage(_ url: String) -> String? {
    guard let mark = url.firstIndex(of: "?") else { return nil }
    var fields = url[url.index(after: mark)...].split(separator: "&").map(String.init)
    if fields.contains(where: { $0.hasPrefix("after=") || $0.hasPrefix("before=") }) { return nil }
    let place = fields.firstIndex { $0.hasPrefix("page=") }
    let page = place.map { Int(fields[$0].dropFirst("page=".count)) } ?? 1
    guard let page, page > 0, page < 1000 else { return nil }
    if let place { fields.remove(at: place) }
    fields.append("page=\(page + 1)")
    return url[...mark] + fields.joined(separator: "&")
  }

  /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; nil for anything else.
  static func date(_ text: String) -> Timestamp? {
    let parts = text.split(separator: " ")
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2]))
    else { return nil }
    let day = parts[1].count == 1 ? "0\(parts[1])" : String(parts[1])
    let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
    return Timestamp(rfc3339: "\(parts[3])-\(number)-\(day)T\(parts[4])Z")
  }
}
