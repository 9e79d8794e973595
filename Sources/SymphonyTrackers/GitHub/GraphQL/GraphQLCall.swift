// One GraphQL exchange: a document and its variables in, what could be read and every error with
// its path out. The board, the batches of issue details and the board's writes go through it. What
// an error at a path means for an item is the caller's business: partial answers are never thrown
// away.
import FoundationEssentials
import SymphonyCore

struct GraphQLCall: Sendable {
  /// The operation's name, as the document says it; it shows in errors and in the server's logs.
  var name: String
  var document: String
  var variables: [String: Structure]
  /// True for a mutation: it is kept a second apart from the last write.
  var isMutation = false
}

/// One entry of an answer's `errors`.
struct GraphQLFault: Hashable, Sendable {
  /// `NOT_FOUND`, `FORBIDDEN`, ...; nil for an invalid document.
  var type: String?
  /// The code of an invalid document, from `extensions.code`: `undefinedField`,
  /// `argumentNotAccepted`, ...
  var code: String?
  var message: String
  /// The place in the answer: names and list indexes, as text.
  var path: [String]
}

struct GraphQLReply<Value: Sendable>: Sendable {
  /// The `data` of the answer; nil when it has none: then `faults` says why.
  var value: Value?
  var faults: [GraphQLFault]
  /// The header X-Accepted-GitHub-Permissions, where the server sent it.
  var accepted: String?
}

extension GitHubClient {
  /// Sends one document.
  ///
  /// Throws when there is no answer to read at all: no connection, 401, a rate limit (also one told
  /// with status 200), 5xx, truncated JSON. Everything else is a reply: the caller looks at `value`
  /// and `faults`.
  func graphQL<Value: Decodable & Sendable>(
    _ call: GraphQLCall, as type: Value.Type
  ) async throws(TrackerError) -> GraphQLReply<Value> {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let content = Structure.object([
      "operationName": .string(call.name), "query": .string(call.document),
      "variables": .object(call.variables),
    ])
    guard let body = try? encoder.encode(content) else {
      throw .malformed("the query \(call.name) cannot be written as JSON")
    }
    let what = "GraphQL \(call.name)"
    let response = try await exchange(
      GitHubWire.Request(
        method: "POST", url: wire.graphQLURL,
        headers: [(name: "Content-Type", value: "application/json")], body: Array(body), what: what,
        isWrite: call.isMutation, isGraphQL: true))
    let answer: GraphQLAnswer<Value>
    do {
      answer = try JSONDecoder().decode(GraphQLAnswer<Value>.self, from: Data(response.body))
    } catch {
      throw .malformed("\(what) was answered with something that cannot be read")
    }
    wire.spending.add(points: (answer.cost ?? 1) - 1)
    if answer.faults.contains(where: \.isRateLimit) {
      let limited = GitHubAnswer.limit(
        response, what: what, now: now, clockOffset: clockOffset, quiet: wire.spending.nextQuiet,
        isCertain: true)
      if let limited {
        stop(after: limited)
        throw limited
      }
    }
    if case .failure(let why)? = answer.value {
      throw .malformed("\(what) was answered with something unexpected\(why.words)")
    }
    let value = try? answer.value?.get()
    guard value != nil || !answer.faults.isEmpty else {
      throw .malformed("\(what) was answered with neither data nor errors")
    }
    if value == nil, let trouble = answer.faults.first(where: \.isServerTrouble) {
      let words = "\(what) failed: \(trouble.message)"
      throw endedForTime ? .tooMuchWork(words) : .unreachable(words)
    }
    return GraphQLReply(
      value: value, faults: answer.faults,
      accepted: response.header("X-Accepted-GitHub-Permissions").map(GitHubAnswer.clean))
  }
}

/// An answer's body.
///
/// `data` that has another shape than expected does not hide the errors.
struct GraphQLAnswer<Value: Decodable & Sendable>: Decodable {
  struct Damage: Error {
    /// ` at a.b.c`, or empty.
    var words: String
  }
  var value: Result<Value, Damage>?
  var faults: [GraphQLFault]
  /// `rateLimit { cost }`, where the document asks for it.
  var cost: Int?

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    faults = container.list("errors", of: GraphQLFault.self)
    guard container.holds("data") else { return }
    cost = container.object("data")?.object("rateLimit")?.integer("cost")
    do {
      value = .success(try container.decode(Value.self, forKey: GitHubKey("data")))
    } catch let error as DecodingError {
      value = .failure(Damage(words: Self.place(error)))
    } catch {
      value = .failure(Damage(words: ""))
    }
  }

  private static func place(_ error: DecodingError) -> String {
    let path: [any CodingKey]
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      path = context.codingPath
    case .keyNotFound(let key, let context): path = context.codingPath + [key]
    @unknown default: path = []
    }
    let names = path.map { $0.intValue.map(String.init) ?? $0.stringValue }
    return names.isEmpty ? "" : " at " + GitHubAnswer.clean(names.joined(separator: "."))
  }
}
