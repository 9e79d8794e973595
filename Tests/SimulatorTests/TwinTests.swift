// Our simulator beside another one, where that lies beside the checkout: the same world in both,
// the same documents to both, the same answers from both. What the other has no word for is not
// asked.
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyTestSupport

@Suite("twins", .enabled(if: OutsideSimulator.folder != nil))
struct TwinTests {
  /// Issues One (Todo, blocked by Two, parent of Three), Two (closed) and Three, a draft Four.
  private static let otherWorld: Structure = {
    func text(_ pairs: [String: String]) -> Structure { .object(pairs.mapValues { .string($0) }) }
    let issues: [Structure] = [
      .object([
        "title": .string("One"), "author": .string("alice"),
        "labels": .list([.string("bug")]), "blocked_by": .list([.string("#2")]),
        "sub_issues": .list([.string("#3")]),
      ]),
      text(["title": "Two", "author": "alice", "state": "closed"]),
      text(["title": "Three", "author": "alice"]),
    ]
    let options: Structure = .list(["Todo", "In Progress", "Done"].map { .string($0) })
    return .object([
      "users": .list([.string("symphony-bot"), .string("alice")]),
      "orgs": .list([
        .object([
          "login": .string("acme"),
          "members": .object(["symphony-bot": .string("write"), "alice": .string("write")]),
        ])
      ]),
      "tokens": .list([text(["token": "ghp_testtoken", "user": "symphony-bot"])]),
      "repos": .list([
        .object([
          "owner": .string("acme"), "name": .string("app"), "issues": .list(issues),
          "files": text(["README.md": "x"]),
        ])
      ]),
      "projects": .list([
        .object([
          "owner": .string("acme"), "number": .integer(1), "title": .string("Work"),
          "fields": .list([.object(["name": .string("Status"), "options": options])]),
          "items": .list([
            .object(["content": .string("acme/app#1"), "fields": text(["Status": "Todo"])]),
            .object(["content": .string("acme/app#2"), "fields": text(["Status": "Done"])]),
            .object(["draft": text(["title": "Four"]), "fields": text(["Status": "Todo"])]),
          ]),
        ])
      ]),
    ])
  }()

  private func fill(_ github: GitHubSimulator) throws {
    github.addBoard(fields: [.status(["Todo", "In Progress", "Done"])])
    github.createIssue(title: "One", labels: ["bug"])
    github.createIssue(title: "Two")
    github.createIssue(title: "Three")
    github.closeIssue(2)
    github.block(1, by: 2)
    github.addSubIssue(3, to: 1)
    try github.addItem(1, fields: ["Status": "Todo"])
    try github.addItem(2, fields: ["Status": "Done"])
    try github.addDraft("Four", fields: ["Status": "Todo"])
  }

  private static func board(_ rest: String, _ filter: String = "") -> String {
    let query = filter.replacing("\"", with: "\\\"")
    return """
      query Board { organization(login: "acme") { projectV2(number: 1) {
        title closed items(first: 10, query: "\(query)") { totalCount
          pageInfo { hasNextPage hasPreviousPage } nodes { type isArchived \(rest) } } } } }
      """
  }

  private static let documents: [String] = [
    // Refused at a path.
    #"{ organization(login: "none") { id } }"#, #"{ user(login: "acme") { id } }"#,
    #"{ repository(owner: "acme", name: "none") { id } }"#,
    #"{ repository(owner: "acme", name: "app") { issue(number: 99) { id } name } }"#,
    #"{ nodes(ids: ["I_x", "PVTI_y"]) { id } }"#,
    #"{ organization(login: "acme") { projectV2(number: 9) { id } } }"#,
    // Answered.
    """
    { viewer { __typename login } repository(owner: "acme", name: "app") {
      nameWithOwner isPrivate viewerPermission visibility defaultBranchRef { name prefix }
      owner { __typename login } } }
    """,
    """
    { repository(owner: "acme", name: "app") { issue(number: 1) {
      __typename number title state stateReason closed locked author { __typename login }
      authorAssociation milestone { title } labels(first: 5) { totalCount nodes { name } }
      issueDependenciesSummary { blockedBy totalBlockedBy blocking totalBlocking }
      subIssuesSummary { total completed percentCompleted }
      blockedBy(first: 5) { nodes { number title state blocking(first: 1) { totalCount } } }
      subIssues(first: 5) { nodes { number parent { number } } }
      comments(last: 5) { totalCount nodes { body } } projectItems(first: 5) { totalCount }
      closedByPullRequestsReferences(first: 5) { totalCount } } } }
    """,
    board(
      """
      fieldValueByName(name: "Status") { __typename
        ... on ProjectV2ItemFieldSingleSelectValue { name } }
      none: fieldValueByName(name: "None") { __typename }
      content { __typename ... on Issue { title state } ... on DraftIssue { title body } }
      """),
    board("content { ... on Issue { number } }", #"status:Todo,"In Progress""#),
    board("content { ... on Issue { number } }", "is:issue -status:Todo"),
    board("content { ... on Issue { number } }", "is:draft"),
    board("content { ... on Issue { number } }", "nonsense:1"),
    board("content { ... on Issue { number } }", "label:bug repo:acme/app"),
    """
    { organization(login: "acme") { projectV2(number: 1) { field(name: "status") { __typename
      ... on ProjectV2SingleSelectField { name dataType options { name } } } } } }
    """,
  ]

  /// Without what the two may say differently: the words for a value that does not fit, and the
  /// column of a mistake.
  private func settled(_ answer: Structure) -> Structure {
    switch answer {
    case .object(let members):
      return .object(
        members.filter { !["problems", "column"].contains($0.key) }
          .mapValues(settled))
    case .list(let values): return .list(values.map(settled))
    default: return answer
    }
  }

  @Test("the same document, the same answer")
  func answers() async throws {
    let other = try await Blocking.run { try OutsideSimulator(world: Self.otherWorld) }
    try await withSimulator { github in
      try fill(github)
      for document in Self.documents {
        let body: Structure = .object(["query": .string(document)])
        let text = String(decoding: JSON.bytes(body), as: UTF8.self)
        let ours = try await github.curl("/graphql", method: "POST", json: text)
        let theirs = try await github.curl(
          other.url + "/graphql", method: "POST", json: text)
        #expect(ours.status == theirs.status)
        let (mine, thine) = (
          settled(try ours.decoded(Structure.self)), settled(try theirs.decoded(Structure.self))
        )
        #expect(
          mine == thine,
          """
          \(document)
          ours:   \(String(decoding: JSON.bytes(mine), as: UTF8.self))
          theirs: \(String(decoding: JSON.bytes(thine), as: UTF8.self))
          """)
      }
    }
  }
}
