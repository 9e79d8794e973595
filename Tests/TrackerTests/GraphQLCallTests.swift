// One GraphQL exchange: where it goes, what is kept of a partial answer, and what each refusal
// becomes.
import FoundationEssentials
import SymphonyCore
import Synchronization
import Testing

@testable import SymphonyTrackers

@Suite struct GraphQLCallTests {
  struct Named: Decodable, Sendable, Hashable {
    var login: String?
  }
  struct Answer: Decodable, Sendable, Hashable {
    var viewer: Named?
  }
  private let call = GraphQLCall(
    name: "Who", document: "query Who($n: Int!) { viewer { login } }",
    variables: ["n": .integer(3), "text": .string("a/b")])

  private func reply(
    _ text: String, status: Int = 200, _ headers: [(name: String, value: String)] = []
  ) async throws(TrackerError) -> GraphQLReply<Answer> {
    let transport = FakeTransport { _ throws(TransportError) in
      .json(text, status: status, headers)
    }
    return try await makeClient(transport).graphQL(call, as: Answer.self)
  }

  private func refusal(
    _ text: String, status: Int = 200, _ headers: [(name: String, value: String)] = []
  ) async -> TrackerError? {
    await failure { () async throws(TrackerError) in
      _ = try await reply(text, status: status, headers)
    }
  }

  @Test(arguments: [
    ("https://api.github.com", "https://api.github.com/graphql"),
    ("https://git.corp.test/api/v3", "https://git.corp.test/api/graphql"),
    ("https://api.corp.ghe.com", "https://api.corp.ghe.com/graphql"),
    ("http://127.0.0.1:81", "http://127.0.0.1:81/graphql"),
    ("http://127.0.0.1:81/api/v3", "http://127.0.0.1:81/api/graphql"),
  ])
  func itGoesToTheServersGraphQLAddress(_ api: String, _ address: String) async throws {
    let transport = FakeTransport { _ throws(TransportError) in .json("{\"data\":{}}") }
    let client = makeClient(transport) { $0.apiURL = api }
    _ = try await client.graphQL(call, as: Answer.self)
    let request = try #require(transport.requests.first)
    #expect(request.url == address)
    #expect(request.method == "POST")
    #expect(request.header("Content-Type") == "application/json")
    let sent = try JSONDecoder().decode(Structure.self, from: Data(request.body ?? []))
    #expect(sent["operationName"] == .string("Who"))
    #expect(sent["query"] == .string(call.document))
    #expect(sent["variables"] == .object(call.variables))
  }

  @Test func partialAnswersAreKept() async throws {
    let found = try await reply(
      """
      {"data":{"viewer":{"login":"bot"},"nodes":[null]},"errors":[
      {"type":"FORBIDDEN","path":["nodes",0],"message":"Resource not accessible by integration"},
      {"message":"Field 'x' doesn't exist","extensions":{"code":"undefinedField"},"path":["query Who"]}
      ]}
      """)
    #expect(found.value?.viewer?.login == "bot")
    #expect(found.faults.map(\.type) == ["FORBIDDEN", nil])
    #expect(found.faults[0].path == ["nodes", "0"])
    #expect(found.faults[0].isForbidden)
    #expect(found.faults[1].code == "undefinedField")
  }

  @Test func aDocumentTheServerDoesNotKnowIsAReply() async throws {
    let found = try await reply(
      """
      {"errors":[{"message":"Field 'blockedBy' doesn't exist on type 'Issue'",
      "extensions":{"code":"undefinedField"},"path":["query Who","blockedBy"]}]}
      """)
    #expect(found.value == nil)
    #expect(found.faults.map(\.code) == ["undefinedField"])
  }

  @Test(arguments: [
    "{\"errors\":[{\"type\":\"RATE_LIMIT\",\"code\":\"graphql_rate_limit\",\"message\":\"x\"}]}",
    "{\"errors\":[{\"type\":\"RATE_LIMITED\",\"message\":\"API rate limit exceeded for user\"}]}",
    "{\"errors\":[{\"message\":\"API rate limit exceeded for user ID 1.\"}]}",
    "{\"data\":null,\"errors\":[{\"message\":\"You have exceeded a secondary rate limit.\"}]}",
  ])
  func limitsToldWithStatus200AreLimits(_ body: String) async {
    let reset = noon.milliseconds / 1000 + 3000
    let primary = await refusal(
      body,
      [(name: "X-RateLimit-Remaining", value: "0"), (name: "X-RateLimit-Reset", value: "\(reset)")])
    #expect(end(primary) == noon + .seconds(3000))
    #expect(end(await refusal(body, [(name: "Retry-After", value: "90")])) == noon + .seconds(90))
    #expect(end(await refusal(body)) == noon + .seconds(60))
  }

  private func end(_ error: TrackerError?) -> Timestamp? {
    if case .rateLimited(let until, _)? = error { until } else { nil }
  }

  @Test func aLimitStopsTheNextRequest() async throws {
    let transport = FakeTransport { _ throws(TransportError) in
      .json("{\"errors\":[{\"type\":\"RATE_LIMITED\",\"message\":\"x\"}]}")
    }
    let client = makeClient(transport)
    for _ in 0..<2 {
      let error = await failure { () async throws(TrackerError) in
        _ = try await client.graphQL(call, as: Answer.self)
      }
      #expect(error?.code == "tracker_rate_limited")
    }
    #expect(transport.requests.count == 1)
    #expect(client.limit?.until == noon + .seconds(60))
  }

  @Test func theLastPointIsSpentAndNoMoreAsked() async throws {
    let transport = FakeTransport { _ throws(TransportError) in
      .json(
        "{\"data\":{\"viewer\":{\"login\":\"bot\"}}}",
        [
          (name: "X-RateLimit-Remaining", value: "0"),
          (name: "X-RateLimit-Reset", value: "\(noon.milliseconds / 1000 + 600)"),
        ])
    }
    let client = makeClient(transport)
    #expect(try await client.graphQL(call, as: Answer.self).value?.viewer?.login == "bot")
    #expect(client.limit?.until == noon + .minutes(10))
    let error = await failure { () async throws(TrackerError) in
      _ = try await client.graphQL(call, as: Answer.self)
    }
    #expect(error?.code == "tracker_rate_limited")
    #expect(transport.requests.count == 1)
  }

  @Test func whatCannotBeReadIsThrown() async {
    for (status, body, code) in [
      (200, "{\"data\":{\"viewer\":{\"login\":\"bo", "tracker_malformed"),
      (200, "", "tracker_malformed"), (200, "{\"data\":null}", "tracker_malformed"),
      (200, "{\"data\":{\"viewer\":7}}", "tracker_malformed"),
      (200, "[]", "tracker_malformed"), (401, "{\"message\":\"Bad\"}", "tracker_unauthorized"),
      (400, "{\"message\":\"Problems parsing JSON\"}", "tracker_rejected"),
      (403, "{\"message\":\"exceeded a secondary rate limit\"}", "tracker_rate_limited"),
      (403, "{\"message\":\"Resource not accessible\"}", "tracker_forbidden"),
      (500, "{}", "tracker_unreachable"), (503, "{}", "tracker_unreachable"),
    ] {
      let error = await refusal(body, status: status)
      #expect(error?.code == code, "\(status) \(body)")
      #expect(error?.asksForLess == false, "\(status) \(body)")
    }
    #expect(
      await refusal("{\"data\":{\"viewer\":7}}")?.sentence.contains("at data.viewer") == true)
  }

  @Test func whatTookTooLongAsksForLess() async {
    let sorry =
      "{\"data\":null,\"errors\":[{\"message\":\"Something went wrong while executing your query\"}]}"
    for (status, body) in [(502, "<html>"), (504, ""), (502, sorry), (200, sorry)] {
      for seconds: Int64 in [8, 9] {
        let clock = Mutex(noon)
        let transport = FakeTransport { _ throws(TransportError) in
          clock.withLock { $0 = $0 + .seconds(seconds) }
          return .json(body, status: status)
        }
        let client = makeClient(transport, now: clock.withLock { $0 })
        let error = await failure { () async throws(TrackerError) in
          _ = try await client.graphQL(call, as: Answer.self)
        }
        #expect(error?.code == "tracker_unreachable", "\(status) \(body)")
        #expect(error?.asksForLess == (seconds == 9), "\(status) \(body)")
      }
    }
    let heavy = GraphQLFault(type: "RESOURCE_LIMITS_EXCEEDED", message: "Resource limits")
    #expect(heavy.asksForLess)
    #expect(fault([heavy]).asksForLess)
  }

  private func fault(
    _ faults: [GraphQLFault], _ kind: TokenKind = .classic, accepted: String? = nil
  ) -> TrackerError {
    GraphQLFault.error(faults, what: "GraphQL Who", accepted: accepted, kind: kind)
  }

  @Test func aMissingPermissionIsNamedByItsPath() {
    func closed(_ path: [String], _ kind: TokenKind, _ accepted: String? = nil) -> String {
      let error = fault(
        [
          GraphQLFault(type: "NOT_FOUND", message: "no", path: []),
          GraphQLFault(type: "FORBIDDEN", message: "Resource not accessible", path: path),
        ], kind, accepted: accepted)
      #expect(error.code == "tracker_forbidden")
      return error.sentence
    }
    let contexts = ["repository", "pullRequest", "statusCheckRollup", "contexts", "nodes", "0"]
    #expect(closed(contexts, .fineGrained).contains("fine-grained token cannot be given"))
    #expect(closed(contexts, .installation).contains("Checks: read"))
    #expect(closed(contexts, .fineGrained).contains("statusCheckRollup.contexts.nodes.0"))
    #expect(
      closed(["organization", "projectV2", "items", "nodes", "3", "content"], .fineGrained)
        .contains("in the item's repository"))
    #expect(
      closed(["organization", "projectV2"], .installation)
        .contains("organization permission Projects: read"))
    #expect(
      closed(["updateProjectV2ItemFieldValue"], .installation).contains("Projects: read and write"))
    #expect(closed(["repository", "issue"], .fineGrained).contains("Issues: read"))
    #expect(closed(["x"], .fineGrained, "checks=read").contains("it needs checks=read"))
  }

  @Test func anUnseenBoardSaysWhy() {
    func unseen(_ owner: String, _ kind: TokenKind) -> String {
      let error = fault(
        [
          GraphQLFault(type: "NOT_FOUND", message: "Could not resolve", path: [owner, "projectV2"])
        ],
        kind)
      #expect(error.code == "tracker_not_found")
      return error.sentence
    }
    for kind in [TokenKind.fineGrained, .installation] {
      #expect(unseen("user", kind).contains("use a classic token"))
      #expect(unseen("organization", kind).contains("organization permission Projects"))
    }
    #expect(unseen("user", .classic).contains("the scope project"))
  }

  @Test func otherFaultsBecomeOneSentence() {
    let bad = GraphQLFault(code: "undefinedField", message: "Field 'x' doesn't exist", path: ["a"])
    #expect(fault([bad, bad]).sentence.hasSuffix("doesn't exist (at a) and 1 more"))
    #expect(fault([bad]).code == "tracker_rejected")
    let scopes = GraphQLFault(type: "INSUFFICIENT_SCOPES", message: "requires one of ['project']")
    #expect(fault([scopes]).code == "tracker_forbidden")
    #expect(fault([GraphQLFault(type: "UNPROCESSABLE", message: "no")]).code == "tracker_rejected")
    #expect(fault([]).code == "tracker_malformed")
  }
}

extension GraphQLFault {
  init(type: String? = nil, code: String? = nil, message: String) {
    self.init(type: type, code: code, message: message, path: [])
  }
  init(code: String, message: String, path: [String]) {
    self.init(type: nil, code: code, message: message, path: path)
  }
  init(type: String, message: String, path: [String]) {
    self.init(type: type, code: nil, message: message, path: path)
  }
}
