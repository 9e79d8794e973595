// The table of all endpoints: path, who may ask, what comes back. Requests are routed by it, and
// the OpenAPI document is made of it, so that neither can name one that the other lacks.
import SymphonyCore

package struct Endpoint: Sendable {
  package enum Access: Sendable {
    /// Holds nothing of the state: anybody may have it, such as a browser that has yet to be given
    /// the token.
    case shell
    /// Reads: this machine needs nothing, everybody else the token.
    case read
    /// Changes something: always the token, or the Unix socket.
    case change
    /// Carries a signature of its own.
    case signed
  }
  package enum Kind: CaseIterable, Sendable {
    case page, style, script, health, metrics, state, status, workItem, why, events, log, cost
    case openAPI, refresh, webhook, stop, retry, pause, resume
  }

  package let kind: Kind
  package let method: String
  /// Of literal segments, and one of `{name}`, which takes all that is left before what follows it.
  package let path: [String]
  package let access: Access
  package let summary: String

  private init(
    _ kind: Kind, _ method: String, _ path: String, _ access: Access, _ summary: String
  ) {
    self.kind = kind
    self.method = method
    self.path = path.split(separator: "/").map(String.init)
    self.access = access
    self.summary = summary
  }

  package static let all: [Endpoint] = [
    Endpoint(.page, "GET", "/", .shell, "The page for people."),
    Endpoint(.style, "GET", "/page.css", .shell, "Its style sheet."),
    Endpoint(.script, "GET", "/page.js", .shell, "Its script."),
    Endpoint(.health, "GET", "/healthz", .read, "Whether ticks come and can do their work."),
    Endpoint(.metrics, "GET", "/metrics", .read, "Metrics for Prometheus, text format 0.0.4."),
    Endpoint(.state, "GET", "/api/v1/state", .read, "The state as github-symphony tells it."),
    Endpoint(.status, "GET", "/api/v1/status", .read, "The state, as `symphony status --json`."),
    Endpoint(
      .workItem, "GET", "/api/v1/work-items/{id}", .read,
      "One item, by its id, `owner/repo#42` or its number."),
    Endpoint(
      .why, "GET", "/api/v1/why/{key}", .read, "Why an item runs or does not, as `symphony why`."),
    Endpoint(
      .events, "GET", "/api/v1/events", .read,
      "What happened; as server-sent events for Accept: text/event-stream."),
    Endpoint(
      .log, "GET", "/api/v1/runs/{id}/log", .read,
      "A run's transcript; as server-sent events for Accept: text/event-stream."),
    Endpoint(.cost, "GET", "/api/v1/cost", .read, "What was spent, as `symphony cost`."),
    Endpoint(.openAPI, "GET", "/api/v1/openapi.json", .shell, "This interface, as OpenAPI 3.1."),
    Endpoint(.refresh, "POST", "/api/v1/refresh", .change, "Has a tick look at once."),
    Endpoint(.webhook, "POST", "/api/v1/webhooks/github", .signed, "Takes GitHub's webhooks."),
    Endpoint(.stop, "POST", "/api/v1/stop", .change, "Stops issues, as `symphony stop`."),
    Endpoint(.retry, "POST", "/api/v1/retry", .change, "Lets issues run again."),
    Endpoint(.pause, "POST", "/api/v1/pause", .change, "Starts nothing new."),
    Endpoint(.resume, "POST", "/api/v1/resume", .change, "Ends a pause."),
  ]

  package var written: String { "/" + path.joined(separator: "/") }
  /// The name of its variable part; nil: it has none.
  package var parameter: String? {
    path.first { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
  }

  /// What its variable part is in a path; nil: the path is another's, empty: it has no such part.
  func match(_ segments: [String]) -> String? {
    guard let open = path.firstIndex(where: { $0.hasPrefix("{") }) else {
      return path == segments ? "" : nil
    }
    let tail = path.count - open - 1
    guard segments.count > open + tail, Array(segments[..<open]) == Array(path[..<open]),
      Array(segments.suffix(tail)) == Array(path.suffix(tail))
    else { return nil }
    let value = segments[open..<(segments.count - tail)].joined(separator: "/")
    return value.isEmpty ? nil : value
  }

  /// The endpoint of a request with its variable part, or the methods that its path takes.
  enum Found {
    case endpoint(Endpoint, String)
    case otherMethods([String])
    case nothing
  }
  static func find(_ request: ServedRequest) -> Found {
    let matching = all.compactMap { endpoint in
      endpoint.match(request.path).map { (endpoint, $0) }
    }
    let method = request.method == "HEAD" ? "GET" : request.method
    if let found = matching.first(where: { $0.0.method == method }) {
      return .endpoint(found.0, found.1)
    }
    if matching.isEmpty { return .nothing }
    let methods = Set(matching.map(\.0.method))
    return .otherMethods(
      (methods.sorted() + (methods.contains("GET") ? ["HEAD"] : []) + ["OPTIONS"]))
  }

  /// Bytes of a request's body.
  var bodyLimit: Int { kind == .webhook ? Webhook.bodyLimit : Self.ordinaryBody }
  /// Bytes of it that anybody reads; of a larger one nothing is kept.
  var keptBody: Int { kind == .webhook ? Webhook.readableBody : Self.ordinaryBody }
  private static let ordinaryBody = 64 << 10
}
