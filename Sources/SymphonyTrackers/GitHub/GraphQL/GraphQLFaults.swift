// Reads the errors of a GraphQL answer: how each is meant, which of them say that the server has
// too much to do, and how a set of them becomes one error for people that names the missing
// permission. The board, the batches and the deliveries ask; nothing is sent from here.
import FoundationEssentials
import SymphonyCore

extension GraphQLFault: Decodable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    type = container.string("type")
    let extensions = container.object("extensions")
    code = extensions?.string("code") ?? container.string("code")
    message = GitHubAnswer.clean(container.string("message") ?? "no reason given")
    path = container.list("path", of: Step.self).map(\.text)
  }

  private struct Step: Decodable {
    var text: String
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let index = try? container.decode(Int.self) {
        text = "\(index)"
      } else {
        text = try container.decode(String.self)
      }
    }
  }

  /// Both names are in use, and older servers have none.
  var isRateLimit: Bool {
    if type == "RATE_LIMIT" || type == "RATE_LIMITED" || code == "graphql_rate_limit" {
      return true
    }
    let words = message.lowercased()
    return type == nil && code == nil && path.isEmpty
      && (words.contains("rate limit exceeded") || words.contains("secondary rate limit"))
  }

  /// A fault of the server itself, mostly ten seconds of work being over.
  var isServerTrouble: Bool {
    if type == "SERVICE_UNAVAILABLE" || type == "INTERNAL" { return true }
    let words = message.lowercased()
    return words.contains("something went wrong") || words.contains("timeout")
      || words.contains("timed out")
  }

  /// The document or its pages ask for too much at once: less of it may be answered.
  var asksForLess: Bool {
    ["RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED", "EXCESSIVE_PAGINATION"].contains(type)
      || isServerTrouble
  }

  /// True when the thing is there and this token may not see it.
  var isForbidden: Bool { type == "FORBIDDEN" || type == "INSUFFICIENT_SCOPES" }
}

extension TrackerError {
  private static let tooMuch =
    "; GitHub ends what takes longer than 10 s, so smaller pages may help"

  /// The server gave up on a query.
  static func tooMuchWork(_ what: String) -> TrackerError { .unreachable(what + tooMuch) }

  /// True when asking for less at once (smaller pages, smaller batches) may be answered.
  var asksForLess: Bool {
    if case .unreachable(let what) = self { what.hasSuffix(Self.tooMuch) } else { false }
  }
}

extension GitHubClient {
  /// One error for people, made of all errors of an answer that the caller cannot do without.
  func error<Value>(of reply: GraphQLReply<Value>, in call: GraphQLCall) -> TrackerError {
    GraphQLFault.error(
      reply.faults, what: "GraphQL \(call.name)", accepted: reply.accepted, kind: tokens.kind)
  }

  /// One error for people, made of some of an answer's errors.
  func error(of faults: [GraphQLFault], in call: GraphQLCall, accepted: String? = nil)
    -> TrackerError
  {
    GraphQLFault.error(
      faults, what: "GraphQL \(call.name)", accepted: accepted, kind: tokens.kind)
  }
}

extension GraphQLFault {
  /// One error made of several faults, of which the gravest decides.
  ///
  /// The order is: a missing permission, a bad document, something that is not there, something the
  /// server could not do. `named` is how many steps of each path `what` says already in better
  /// words: aliases and places in a list of ours mean nothing to people.
  static func error(
    _ faults: [GraphQLFault], what: String, accepted: String?, kind: TokenKind, named: Int = 0
  ) -> TrackerError {
    func words(_ fault: GraphQLFault, more: Int) -> String {
      Self.words(fault, more: more, named: named)
    }
    let closed = faults.filter(\.isForbidden)
    if let first = closed.first {
      return .forbidden(
        "\(what) is not allowed: " + words(first, more: closed.count - 1)
          + needs(first, accepted: accepted, kind: kind))
    }
    let strange = faults.filter { $0.type == nil && $0.code != nil }
    if let first = strange.first {
      return .rejected("\(what) is not understood: \(words(first, more: strange.count - 1))")
    }
    let missing = faults.filter { $0.type == "NOT_FOUND" }
    if let first = missing.first {
      return .notFound(
        "\(what) did not find it: " + words(first, more: missing.count - 1)
          + unseen(first, kind: kind))
    }
    if let heavy = faults.first(where: \.asksForLess) {
      return .tooMuchWork("\(what) failed: \(words(heavy, more: 0))")
    }
    guard let first = faults.first else { return .malformed("\(what) was answered with nothing") }
    return .rejected("\(what) was refused: \(words(first, more: faults.count - 1))")
  }

  private static func words(_ fault: GraphQLFault, more: Int, named: Int) -> String {
    let path = fault.path.dropFirst(named)
    let place = path.isEmpty ? "" : " (at \(path.joined(separator: ".")))"
    return fault.message + GitHubAnswer.clean(place).spaced + (more > 0 ? " and \(more) more" : "")
  }

  private static func needs(_ fault: GraphQLFault, accepted: String?, kind: TokenKind) -> String {
    if let accepted, !accepted.isEmpty { return "; it needs \(accepted)" }
    // GitHub's own sentence names the scopes.
    if fault.type == "INSUFFICIENT_SCOPES" { return "" }
    let known = MissingPermission.forPath(fault.path, kind: kind)
    return known.isEmpty ? "" : "; it needs \(known)"
  }

  /// Words for why something that exists may not be seen.
  private static func unseen(_ fault: GraphQLFault, kind: TokenKind) -> String {
    let names = fault.path.map { $0.lowercased() }
    guard names.contains(where: { $0.contains("projectv2") }) else { return "" }
    switch (names.first, kind) {
    case ("user"?, .fineGrained), ("user"?, .installation):
      return "; a board that belongs to a user cannot be seen by fine-grained tokens and Apps: use "
        + "a classic token with the scope project"
    case (_, .fineGrained), (_, .installation):
      return "; where the board exists, the organization permission Projects is missing"
    default: return "; where the board exists, the scope project (or read:project) is missing"
    }
  }
}

extension String {
  fileprivate var spaced: String { isEmpty ? "" : " " + self }
}
