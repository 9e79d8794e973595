// The requests that went over the wire, and the faults that are to happen there: the request log,
// counts, fault rules and the requests held back. Values behind one lock; SimulatorCore asks it
// about every request. It answers nothing itself.
import Synchronization

package struct LoggedRequest: Hashable, Sendable {
  package var method: String
  /// Path and query as sent.
  package var path: String
  /// The status of the answer; 0 when the connection was reset or the client had gone.
  package var status: Int
  /// The request named a version it had.
  package var conditional: Bool
  /// The request was carried out and changed something (also when its answer was lost), a push
  /// included.
  package var wasWrite: Bool
  package var isGit: Bool
  /// The GraphQL operation; nil for everything else.
  package var operation: String?
  /// REST: 1 unless 304; GraphQL: its points; git: 0.
  package var cost: Int
}

/// A rule that spoils matching requests.
package struct Fault: Sendable {
  package enum Kind: Sendable {
    /// Another answer. An empty body becomes GitHub's JSON for the status.
    case status(Int, headers: [String: String] = [:], body: String = "")
    /// The connection is reset without an answer.
    case reset
    /// No answer until `GitHubSimulator.releaseHeld()` or, when given, until the time is over; then
    /// the true one. A client that has gone by then changes nothing (unless `after`).
    case hang(seconds: Double? = nil)
    /// 304 to a conditional request although something changed; others pass.
    case stale304
    /// The last good answer to the same request, where there was one.
    case stale
    /// GraphQL: null at this path of the true answer (names and list indexes) and an error that
    /// says so.
    case partial([String], type: String = "SERVICE_UNAVAILABLE")
    /// GraphQL: status 200 with errors and no data; one of these types without a path.
    case graphErrors(type: String?, message: String)
    /// The primary limit, which ends after so many seconds.
    case primaryLimit(resetsIn: Int64)
    /// 502 with GitHub's HTML page.
    case html502
    /// The true answer's body cut after three fifths, in a well-formed HTTP message.
    case truncated
    /// The connection is reset in the middle of the true answer's body.
    case resetMidBody
    /// The true answer's body in eight pieces with this pause between them.
    case slow(milliseconds: Int)

    /// The refusal of the secondary limit, with or without `retry-after`.
    package static func secondaryLimit(retryAfter: Int?) -> Kind {
      .status(
        403, headers: retryAfter.map { ["Retry-After": "\($0)"] } ?? [:],
        body: """
          {"documentation_url":"https://docs.github.com/free-pro-team@latest/rest/overview/\
          rate-limits-for-the-rest-api#about-secondary-rate-limits","message":"You have exceeded a \
          secondary rate limit. Please wait a few minutes before you try again."}
          """)
    }
  }

  package static let always = Int.max

  var kind: Kind
  var method: String?
  var pattern: String
  var operation: String?
  var skip: Int
  var times: Int
  var after: Bool

  /// A rule for requests by `method` (nil: any) and by `path`, a regular expression looked for in
  /// path and query, git's paths included.
  ///
  /// The first `skip` matching requests pass, and the next `times` are spoiled. With `after` the
  /// request is carried out first and then its answer is spoiled: the lost answer.
  package init(
    _ kind: Kind, method: String? = nil, path: String, skip: Int = 0, times: Int = 1,
    after: Bool = false
  ) {
    self.kind = kind
    self.method = method
    self.pattern = path
    self.skip = skip
    self.times = times
    self.after = after
    precondition((try? Regex(path)) != nil, "a fault's path is a regular expression: \(path)")
  }

  /// A rule for GraphQL requests, by `operation`, a regular expression looked for in its name.
  package init(
    _ kind: Kind, operation: String, skip: Int = 0, times: Int = 1, after: Bool = false
  ) {
    self.init(
      kind, method: "POST", path: "/graphql$", skip: skip, times: times, after: after)
    self.operation = operation
    precondition((try? Regex(operation)) != nil, "an operation is a regular expression")
  }

  func matches(_ request: WireRequest) -> Bool {
    if let method, method != request.method { return false }
    guard let regex = try? Regex(pattern), request.target.contains(regex) else { return false }
    guard let operation else { return true }
    guard let name = request.operation, let wanted = try? Regex(operation) else { return false }
    return name.contains(wanted)
  }
}

struct Traffic: Sendable {
  private struct Rule {
    var id: Int
    var fault: Fault
    var seen = 0
    var fired = 0
  }

  private(set) var log: [LoggedRequest] = []
  private(set) var active = 0
  private(set) var maximumActive = 0
  private(set) var isStopped = false
  private var rules: [Rule] = []
  private var nextID = 1
  private var held: [Int: @Sendable () -> Void] = [:]

  var heldCount: Int { held.count }

  mutating func add(_ fault: Fault) -> Int {
    defer { nextID += 1 }
    rules.append(Rule(id: nextID, fault: fault))
    return nextID
  }
  mutating func remove(_ id: Int?) {
    rules.removeAll { id == nil || $0.id == id }
  }
  func fired(_ id: Int) -> Int { rules.first { $0.id == id }?.fired ?? 0 }

  /// Counts a request in.
  ///
  /// Every matching rule counts it, the first that is due spoils it.
  mutating func arrive(_ request: WireRequest) -> Fault? {
    active += 1
    maximumActive = max(maximumActive, active)
    var chosen: Fault?
    for index in rules.indices where rules[index].fault.matches(request) {
      rules[index].seen += 1
      let rule = rules[index]
      if chosen != nil || rule.seen <= rule.fault.skip || rule.fired >= rule.fault.times {
        continue
      }
      rules[index].fired += 1
      chosen = rule.fault
    }
    return chosen
  }

  mutating func leave(_ entry: LoggedRequest) {
    active -= 1
    log.append(entry)
  }
  mutating func clearLog() { log = [] }

  /// Keeps a request back; nil once the simulator is stopping.
  mutating func hold(_ resume: @escaping @Sendable () -> Void) -> Int? {
    if isStopped { return nil }
    defer { nextID += 1 }
    held[nextID] = resume
    return nextID
  }
  mutating func release(_ id: Int) -> (@Sendable () -> Void)? { held.removeValue(forKey: id) }
  mutating func releaseAll() -> [@Sendable () -> Void] {
    defer { held = [:] }
    return held.sorted { $0.key < $1.key }.map(\.value)
  }
  mutating func stop() { isStopped = true }
}
