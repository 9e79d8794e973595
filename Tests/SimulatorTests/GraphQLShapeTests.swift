// The simulator's GraphQL answers as a client sees them: refusals of documents, errors at paths,
// connections, costs and limits. Boards and their writes are in GraphQLBoardTests.swift.
import FoundationEssentials
import SymphonyCore
import Testing

@testable import SymphonyTestSupport

extension GitHubSimulator {
  /// Posts a document and returns the whole answer.
  func graph(
    _ document: String, _ variables: [String: Structure] = [:], token: String? = nil
  ) async throws -> Structure {
    let answer = try await graphAnswer(document, variables, token: token)
    return try answer.decoded(Structure.self)
  }
  func graphAnswer(
    _ document: String, _ variables: [String: Structure] = [:], token: String? = nil
  ) async throws -> CurlAnswer {
    let body: Structure = .object([
      "query": .string(document), "variables": .object(variables),
    ])
    // In one order, so that the same question is the same request.
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let text = String(decoding: try encoder.encode(body), as: UTF8.self)
    return try await curl("/graphql", method: "POST", json: text, token: token)
  }
}

extension Structure {
  /// `data.repository.issues.nodes.0.title`.
  func at(_ path: String) -> Structure? {
    var value: Structure? = self
    for step in path.split(separator: ".") {
      if let index = Int(step), let values = value?.listValue {
        value = values.indices.contains(index) ? values[index] : nil
      } else {
        value = value?[String(step)]
      }
    }
    return value
  }
  func text(_ path: String) -> String? { at(path)?.stringValue }
  func number(_ path: String) -> Int? { at(path)?.integerValue.map { Int($0) } }
}

@Suite("GraphQL")
struct GraphQLShapeTests {
  @Test(
    "a document that asks for what is not there gets no data",
    arguments: [
      ("query A { viewer { login shoe } }", "undefinedField"),
      ("query A { organization(login: \"acme\", size: 1) { id } }", "argumentNotAccepted"),
      ("query A { viewer }", "selectionMismatch"),
      ("query A { viewer { login { x } } }", "selectionMismatch"),
      ("query A { viewer { ... on Shoe { id } } }", "undefinedType"),
      ("query A($n: Int!) { viewer { login } }", "variableNotUsed"),
      ("query A { node(id: $id) { id } }", "variableNotDefined"),
      ("query A { viewer { ...F } }", "useAndDefineFragment"),
      ("query A { viewer { id } } fragment F on User { id }", "useAndDefineFragment"),
    ])
  func refusals(_ document: String, _ code: String) async throws {
    try await withSimulator { github in
      let answer = try await github.graph(document)
      #expect(answer["data"] == nil)
      #expect(answer.text("errors.0.extensions.code") == code, "\(answer)")
      #expect(answer.at("errors")?.listValue?.count == 1)
    }
  }

  @Test("words that are no GraphQL, and operations that are not there")
  func syntax() async throws {
    try await withSimulator { github in
      let torn = try await github.graph("query A { viewer { login }")
      #expect(torn.text("errors.0.message")?.hasPrefix("Expected }, actual: (none)") == true)
      let two = try await github.graph("query A { viewer { id } } query B { viewer { id } }")
      #expect(two.text("errors.0.message") == "An operation name is required")
      #expect(
        try await github.graph("").text("errors.0.message")
          == "A query attribute must be specified and must be a string.")
      #expect(try await github.curl("/graphql", method: "POST", json: "{").status == 400)
      #expect(try await github.graphAnswer("{ viewer { id } }", token: "").status == 401)
      #expect(try await github.graphAnswer("{ viewer { id } }", token: "wrong").status == 401)
    }
  }

  @Test("aliases, fragments, conditions and one name for two types")
  func selections() async throws {
    try await withSimulator { github in
      let issue = github.createIssue(title: "One", labels: ["a", "b"])
      try github.commit(branch: "topic", files: ["a.txt": "a\n"])
      let pull = try github.createPullRequest(title: "Two", head: "topic")
      let answer = try await github.graph(
        """
        query A($with: Boolean!, $n: Int = \(issue)) {
          repository(owner: "acme", name: "app") {
            first: issue(number: $n) { ...Named labels(first: 1) { totalCount nodes { name } } }
            second: issueOrPullRequest(number: \(pull)) {
              __typename ... on Issue { state } ... on PullRequest { state ...Pull }
            }
            isPrivate @include(if: $with) name @skip(if: $with)
          }
        }
        fragment Named on Issue { title number }
        fragment Pull on PullRequest { headRefName headRefOid }
        """, ["with": .bool(true)])
      #expect(answer["errors"] == nil, "\(answer)")
      let root = "data.repository"
      #expect(answer.text("\(root).first.title") == "One")
      #expect(answer.number("\(root).first.labels.totalCount") == 2)
      #expect(answer.at("\(root).first.labels.nodes")?.listValue?.count == 1)
      #expect(answer.text("\(root).second.__typename") == "PullRequest")
      #expect(answer.text("\(root).second.state") == "OPEN")
      #expect(answer.text("\(root).second.headRefOid") == github.branches["topic"])
      #expect(answer.at("\(root).isPrivate") == .bool(true))
      #expect(answer.at("\(root).name") == nil)
    }
  }

  @Test("what is not there is null at its path, and the rest is answered")
  func partialAnswers() async throws {
    try await withSimulator { github in
      let issue = github.createIssue(title: "One")
      let id = try #require(github.issue(issue)?.nodeID)
      let gone = github.createIssue(title: "Two")
      let goneID = try #require(github.issue(gone)?.nodeID)
      github.deleteIssue(gone)
      let answer = try await github.graph(
        """
        query A($ids: [ID!]!) {
          nodes(ids: $ids) { ... on Issue { title } }
          repository(owner: "acme", name: "none") { id }
          open: repository(owner: "acme", name: "app") { issues { nodes { id } } name }
        }
        """, ["ids": .list([.string(id), .string(goneID), .string("I_nonsense")])])
      #expect(answer.text("data.nodes.0.title") == "One")
      #expect(answer.at("data.nodes.1") == .null && answer.at("data.nodes.2") == .null)
      #expect(answer.at("data.repository") == .null)
      #expect(answer.at("data.open.issues") == .null && answer.text("data.open.name") == "app")
      let types = (0..<4).map { answer.text("errors.\($0).type") }
      #expect(
        types == ["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "MISSING_PAGINATION_BOUNDARIES"])
      #expect(answer.at("errors.0.path") == .list([.string("nodes"), .integer(1)]))
      let counted = try await github.graph(
        #"{ repository(owner: "acme", name: "app") { issues { totalCount } } }"#)
      #expect(counted.number("data.repository.issues.totalCount") == 1)
    }
  }

  @Test("pages by cursor hold still while rows go")
  func pages() async throws {
    try await withSimulator { github in
      github.addBoard(fields: [.status(["Todo", "Done"])])
      for number in 1...5 {
        github.createIssue(title: "Issue \(number)")
        try github.addItem(number)
      }
      func page(_ after: String?) async throws -> Structure {
        try await github.graph(
          """
          query P($after: String) { organization(login: "acme") { projectV2(number: 1) {
            items(first: 2, after: $after) {
              totalCount pageInfo { hasNextPage endCursor }
              nodes { content { ... on Issue { number } } }
            } } } }
          """, ["after": .optional(after)])
      }
      let items = "data.organization.projectV2.items"
      let first = try await page(nil)
      #expect(first.number("\(items).totalCount") == 5)
      #expect(first.at("\(items).pageInfo.hasNextPage") == .bool(true))
      github.removeItem(1)
      github.removeItem(3)
      let second = try await page(first.text("\(items).pageInfo.endCursor"))
      let numbers = second.at("\(items).nodes")?.listValue?.compactMap {
        $0.number("content.number")
      }
      #expect(numbers == [4, 5])
      #expect(second.at("\(items).pageInfo.hasNextPage") == .bool(false))
      let wide = try await github.graph(
        """
        { organization(login: "acme") { projectV2(number: 1) {
          items(first: 101) { totalCount } } } }
        """
      )
      #expect(wide.text("errors.0.type") == "EXCESSIVE_PAGINATION")
    }
  }

  @Test("a point for each document, in the answer and in the headers, until there are none")
  func costs() async throws {
    try await withSimulator { github in
      let answer = try await github.graphAnswer("{ rateLimit { cost remaining } }")
      let body = try answer.decoded(Structure.self)
      #expect(body.number("data.rateLimit.cost") == 1)
      #expect(body.number("data.rateLimit.remaining") == 4999)
      #expect(answer.headers["x-ratelimit-remaining"] == "4999")
      #expect(answer.headers["x-ratelimit-resource"] == "graphql")
      #expect(github.spentPoints == 1)
      github.limitRequests(remaining: 1, resetsIn: 3600, resource: "graphql")
      #expect(try await github.graph("{ viewer { login } }")["errors"] == nil)
      let spent = try await github.graphAnswer("{ viewer { login } }")
      #expect(spent.status == 200 && spent.headers["x-ratelimit-remaining"] == "0")
      #expect(try spent.decoded(Structure.self).text("errors.0.type") == "RATE_LIMIT")
      #expect(try await github.curl("/user").status == 200)
    }
  }

  @Test("faults find an operation by its name and spoil answers in every way")
  func faults() async throws {
    try await withSimulator { github in
      github.createIssue(title: "One")
      let document =
        #"query Look { repository(owner: "acme", name: "app") { issue(number: 1) { title } } }"#
      github.add(Fault(.status(503), operation: "^Look$"))
      #expect(try await github.graph("query Other { viewer { login } }")["data"] != nil)
      #expect(try await github.graphAnswer(document).status == 503)
      #expect(try await github.graph(document).text("data.repository.issue.title") == "One")
      github.editIssue(1) { $0.title = "New" }
      github.add(Fault(.stale, operation: "Look"))
      #expect(try await github.graph(document).text("data.repository.issue.title") == "One")
      github.add(Fault(.partial(["repository", "issue"]), operation: "Look"))
      let partial = try await github.graph(document)
      #expect(partial.at("data.repository.issue") == .null)
      #expect(partial.at("errors.0.path") == .list([.string("repository"), .string("issue")]))
      github.add(
        Fault(.graphErrors(type: "RESOURCE_LIMITS_EXCEEDED", message: "m"), operation: "Look"))
      #expect(try await github.graph(document).text("errors.0.type") == "RESOURCE_LIMITS_EXCEEDED")
      github.add(Fault(.primaryLimit(resetsIn: 90), operation: "Look"))
      let limited = try await github.graphAnswer(document)
      #expect(limited.status == 200 && limited.headers["x-ratelimit-remaining"] == "0")
      #expect(github.requestLog.last?.operation == "Look")
    }
  }

  @Test("an old server lacks fields and arguments and says so")
  func oldServer() async throws {
    try await withSimulator { github in
      let issue = github.createIssue(title: "One")
      let id = try #require(github.issue(issue)?.nodeID)
      let document = "query A($id: ID!) { node(id: $id) { ... on Issue { blockedBy(first: 1) {"
      let question = document + " totalCount } } } }"
      #expect(try await github.graph(question, ["id": .string(id)])["errors"] == nil)
      github.removeFromSchema("Issue.blockedBy.first")
      let less = try await github.graph(question, ["id": .string(id)])
      #expect(less.text("errors.0.extensions.code") == "argumentNotAccepted")
      github.removeFromSchema("Issue.blockedBy")
      let least = try await github.graph(question, ["id": .string(id)])
      #expect(least["data"] == nil)
      #expect(
        least.at("errors")?.listValue?.compactMap { $0.text("extensions.code") }.last
          == "undefinedField")
    }
  }
}
