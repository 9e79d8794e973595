// Boards over GraphQL as a client sees them: items told apart, filtered and redacted, values
// written, drafts converted; and Apps with their tokens of one hour.
import SymphonyCore
import Testing

@testable import SymphonyTestSupport

@Suite("boards and Apps")
struct GraphQLBoardTests {
  static let items = "data.organization.projectV2.items.nodes"

  private func items(
    _ github: GitHubSimulator, _ filter: String = "", token: String? = nil
  ) async throws -> Structure {
    try await github.graph(
      """
      query Items($query: String!) { organization(login: "acme") { projectV2(number: 1) {
        items(first: 100, query: $query) { nodes {
          id type isArchived
          fieldValueByName(name: "Status") {
            ... on ProjectV2ItemFieldSingleSelectValue { name optionId }
          }
          content {
            ... on Issue { title } ... on PullRequest { title } ... on DraftIssue { title }
          }
        } } } } }
      """, ["query": .string(filter)], token: token)
  }

  private func titles(_ answer: Structure) -> [String] {
    (answer.at(Self.items)?.listValue ?? []).compactMap { $0.text("content.title") }
  }

  /// Issues One (Todo), Two (In Progress, labelled), Three (closed, Done), a draft Four (Todo), a
  /// pull request Five, an archived Six, and Seven in a repository of its own.
  private func fill(_ github: GitHubSimulator) throws {
    github.addBoard(
      fields: [.status(["Todo", "In Progress", "Done"]), BoardFieldPlan("Notes", .text)],
      closedStatus: "Done")
    for (title, status) in [("One", "Todo"), ("Two", "In Progress"), ("Three", "Todo")] {
      let issue = github.createIssue(title: title, labels: title == "Two" ? ["bug"] : [])
      try github.addItem(issue, fields: ["Status": status])
    }
    github.closeIssue(3)
    try github.addDraft("Four", fields: ["Status": "Todo"])
    try github.commit(branch: "topic", files: ["a.txt": "a\n"])
    try github.addItem(try github.createPullRequest(title: "Five", head: "topic"))
    try github.addItem(github.createIssue(title: "Six"))
    github.archive(5)
    try github.addRepository("acme/secret")
    try github.addItem(github.createIssue(title: "Seven", in: "acme/secret"), in: "acme/secret")
  }

  @Test("the filter language")
  func filter() async throws {
    let cases: [(String, [String])] = [
      ("", ["One", "Two", "Three", "Four", "Five", "Seven"]),
      (#"status:Todo,"In Progress""#, ["One", "Two", "Four"]),
      ("status:todo is:issue", ["One"]), ("is:closed", ["Three"]), ("status:Done", ["Three"]),
      ("label:bug", ["Two"]), ("is:open -label:bug is:issue", ["One", "Seven"]),
      ("is:pr", ["Five"]), ("is:draft", ["Four"]), ("repo:acme/secret", ["Seven"]),
      ("no:status", ["Five", "Seven"]), ("nonsense:x", []), ("status:Ready", []),
      ("two", ["Two"]),
    ]
    try await withSimulator { github in
      try fill(github)
      for (filter, wanted) in cases {
        let answer = try await items(github, filter)
        #expect(answer["errors"] == nil)
        #expect(titles(answer) == wanted, "\(filter)")
      }
    }
  }

  @Test("what a person may not see is redacted, what a token may not see is forbidden")
  func sight() async throws {
    try await withSimulator { github in
      try fill(github)
      github.hide("acme/secret")
      let person = try await items(github)
      #expect(person["errors"] == nil)
      let last = try #require(person.at(Self.items)?.listValue?.last)
      #expect(last.text("type") == "REDACTED" && last["content"] == .null)
      github.addFineGrainedToken("github_pat_x")
      github.hide("acme/secret", from: "github_pat_x")
      let token = try await items(github, token: "github_pat_x")
      #expect(token.text("errors.0.type") == "FORBIDDEN")
      #expect(titles(token).count == 5)
      #expect(token.at("errors.0.path")?.listValue?.last == .string("content"))
      github.addToken("ghp_bare", login: "bob", scopes: ["repo"])
      let bare = try await items(github, token: "ghp_bare")
      #expect(bare.text("errors.0.type") == "INSUFFICIENT_SCOPES")
      github.addFineGrainedToken("github_pat_y", permissions: ["issues": "read"])
      let boardless = try await items(github, token: "github_pat_y")
      #expect(boardless.text("errors.0.type") == "FORBIDDEN")
    }
  }

  @Test("a person's board is out of reach for all but classic tokens")
  func userBoards() async throws {
    try await withSimulator { github in
      github.addBoard(7, owner: "symphony-bot")
      github.addFineGrainedToken("github_pat_x")
      let document = #"{ user(login: "symphony-bot") { projectV2(number: 7) { title } } }"#
      #expect(try await github.graph(document).text("data.user.projectV2.title") == "Work")
      let refused = try await github.graph(document, token: "github_pat_x")
      #expect(refused.text("errors.0.type") == "NOT_FOUND")
    }
  }

  static let set = """
    mutation Set($project: ID!, $item: ID!, $field: ID!, $option: String!) {
      updateProjectV2ItemFieldValue(input: {
        projectId: $project, itemId: $item, fieldId: $field, value: {singleSelectOptionId: $option}
      }) { projectV2Item { id updatedAt fieldValueByName(name: "Status") {
        ... on ProjectV2ItemFieldSingleSelectValue { name } } } }
    }
    """

  @Test("a status is written by its option's id, and refused when that is not the field's")
  func statuses() async throws {
    try await withSimulator { github in
      try fill(github)
      let board = try #require(github.board(1))
      let field = try #require(board.field("Status"))
      let place = github.issue(1)?.place
      let item = try #require(board.items.values.first { $0.place == place })
      func write(
        _ option: String, by document: String = Self.set, token: String? = nil
      ) async throws -> Structure {
        try await github.graph(
          document,
          [
            "project": .string(board.nodeID), "item": .string(item.nodeID),
            "field": .string(field.nodeID), "option": .string(option),
          ], token: token)
      }
      let done = try await write(field.options[2].id)
      #expect(
        done.text("data.updateProjectV2ItemFieldValue.projectV2Item.fieldValueByName.name")
          == "Done")
      #expect(github.shown("Status", of: 1, board: 1) == "Done" && github.writeCount == 1)
      // A document with a mistake in it does nothing, and each mistake is named.
      let mistaken = try await write(
        field.options[1].id, by: Self.set.replacing("id updatedAt", with: "one id two"))
      #expect(mistaken["data"] == nil)
      let path = ["mutation Set", "updateProjectV2ItemFieldValue", "projectV2Item"]
      for (index, name) in ["one", "two"].enumerated() {
        let words = (path + [name]).map { Structure.string($0) }
        #expect(mistaken.at("errors.\(index).path") == .list(words))
      }
      #expect(github.shown("Status", of: 1, board: 1) == "Done" && github.writeCount == 1)
      let wrong = try await write("none")
      #expect(wrong.text("errors.0.type") == "UNPROCESSABLE" && github.writeCount == 1)
      github.addToken("ghp_reader", login: "bob", scopes: ["repo", "read:project"])
      let reader = try await write(field.options[0].id, token: "ghp_reader")
      #expect(reader.text("errors.0.type") == "INSUFFICIENT_SCOPES")
      github.add(Fault(.reset, operation: "Set", after: true))
      _ = try? await write(field.options[1].id)
      #expect(github.shown("Status", of: 1, board: 1) == "In Progress")
      // The option keeps its id under a new name; a deleted one empties its items.
      github.renameOption("In Progress", to: "Doing")
      #expect(github.shown("Status", of: 1, board: 1) == "Doing")
      github.deleteOption("Doing")
      #expect(github.shown("Status", of: 1, board: 1) == nil)
    }
  }

  @Test("a draft becomes an issue and keeps its item")
  func drafts() async throws {
    try await withSimulator { github in
      try fill(github)
      let board = try #require(github.board(1))
      let draft = try #require(board.items.values.first { $0.draft != nil })
      let document = """
        mutation Convert($item: ID!, $repository: ID!) {
          convertProjectV2DraftIssueItemToIssue(input: {itemId: $item, repositoryId: $repository}) {
            item { id type content { ... on Issue { number title repository { nameWithOwner } } } }
          }
        }
        """
      let repository = GitHubWorld.nodeID("R", github.repository.id)
      let variables: [String: Structure] = [
        "item": .string(draft.nodeID), "repository": .string(repository),
      ]
      let answer = try await github.graph(document, variables)
      let item = "data.convertProjectV2DraftIssueItemToIssue.item"
      #expect(answer.text("\(item).id") == draft.nodeID, "\(answer)")
      #expect(answer.text("\(item).type") == "ISSUE")
      #expect(answer.text("\(item).content.title") == "Four")
      let again = try await github.graph(document, variables)
      #expect(again.text("errors.0.message") == "The item is not a draft issue.")
    }
  }

  @Test("dependencies, sub-issues, checks and closing pull requests")
  func links() async throws {
    try await withSimulator { github in
      try fill(github)
      github.block(1, by: 2)
      github.block(1, by: 1, of: "acme/secret")
      github.addSubIssue(3, to: 1)
      github.addSubIssue(6, to: 1)
      github.setChecks(
        [.run("ci", "success"), .run("lint", nil), .commitStatus("cla", "success")],
        branch: "topic")
      try github.commit(branch: "fix", files: ["b.txt": "b\n"])
      let pull = try github.createPullRequest(title: "Fix", body: "Closes #1", head: "fix")
      let document = """
        query Links { repository(owner: "acme", name: "app") {
          issue(number: 1) {
            issueDependenciesSummary { blockedBy totalBlockedBy }
            blockedBy(first: 10) { nodes { title repository { nameWithOwner } } }
            subIssuesSummary { total completed } subIssues(first: 10) { nodes { title state } }
            closedByPullRequestsReferences(first: 5) { nodes { number } }
          }
          child: issue(number: 3) { parent { number } }
          object(expression: "topic") { ... on Commit { statusCheckRollup {
            state contexts(first: 9) {
            checkRunCount nodes { __typename ... on CheckRun { name conclusion }
              ... on StatusContext { context state } } } } } }
        } }
        """
      let answer = try await github.graph(document)
      #expect(answer["errors"] == nil, "\(answer)")
      let issue = "data.repository.issue"
      #expect(answer.number("\(issue).issueDependenciesSummary.blockedBy") == 2)
      #expect(
        answer.text("\(issue).blockedBy.nodes.1.repository.nameWithOwner") == "acme/secret")
      #expect(answer.number("\(issue).subIssuesSummary.completed") == 1)
      #expect(answer.number("\(issue).closedByPullRequestsReferences.nodes.0.number") == pull)
      #expect(answer.number("data.repository.child.parent.number") == 1)
      let rollup = "data.repository.object.statusCheckRollup"
      #expect(answer.text("\(rollup).state") == "PENDING")
      #expect(answer.number("\(rollup).contexts.checkRunCount") == 2)
      #expect(answer.text("\(rollup).contexts.nodes.2.context") == "cla")
      // Counts count what cannot be seen; lists leave it out.
      github.hide("acme/secret")
      let blind = try await github.graph(document)
      #expect(blind.number("\(issue).issueDependenciesSummary.blockedBy") == 2)
      #expect(blind.at("\(issue).blockedBy.nodes")?.listValue?.count == 1)
      github.addFineGrainedToken("github_pat_x")
      let token = try await github.graph(document, token: "github_pat_x")
      #expect(token.text("\(rollup).state") == "PENDING")
      #expect(token.at("\(rollup).contexts.nodes.0") == .null)
      #expect(token.text("errors.0.type") == "FORBIDDEN")
    }
  }

  // MARK: Apps

  private static func jwt(_ claims: String, algorithm: String = "RS256") -> String {
    func part(_ text: String) -> String {
      let bytes = Array(text.utf8)
      let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
      var result = ""
      for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let value = group.enumerated().reduce(0) { $0 | Int($1.element) << (16 - 8 * $1.offset) }
        for index in 0...group.count { result.append(alphabet[value >> (18 - 6 * index) & 63]) }
      }
      return result
    }
    return "\(part(#"{"alg":"\#(algorithm)","typ":"JWT"}"#)).\(part(claims)).c2ln"
  }

  @Test("an App finds its installation and makes tokens that end")
  func apps() async throws {
    try await withSimulator { github in
      github.addApp()
      let now = github.now.milliseconds / 1000
      func claims(_ start: Int64 = -60, _ end: Int64 = 540, _ issuer: String = "1001") -> String {
        #"{"iat":\#(now + start),"exp":\#(now + end),"iss":"\#(issuer)"}"#
      }
      let good = Self.jwt(claims())
      let found = try await github.curl("/repos/acme/app/installation", token: good)
      #expect(found.status == 200)
      #expect(try found.decoded(Structure.self).number("id") == 2001)
      #expect(try await github.curl("/orgs/acme/installation", token: good).status == 200)
      #expect(try await github.curl("/repos/acme/none/installation", token: good).status == 404)
      let refusals = [
        // Far enough from the limits for a machine that is slow.
        (Self.jwt(claims(-60, 7000)), 401), (Self.jwt(claims(3000, 3500)), 401),
        (Self.jwt(claims(-60, -1)), 401), (Self.jwt(claims(), algorithm: "HS256"), 401),
        (Self.jwt(claims(-60, 540, "42")), 404), ("a.b.c", 401), (github.token, 401),
      ]
      for (token, status) in refusals {
        #expect(try await github.curl("/orgs/acme/installation", token: token).status == status)
      }
      let made = try await github.curl(
        "/app/installations/2001/access_tokens", method: "POST", json: "{}", token: good)
      #expect(made.status == 201)
      let token = try #require(try made.decoded(Structure.self).text("token"))
      #expect(token.count > 400 && token.hasPrefix("ghs_1001_"))
      #expect(try await github.curl("/repos/acme/app", token: token).status == 200)
      #expect(try await github.curl("/user", token: token).status == 403)
      let viewer = try await github.graph("{ viewer { login } }", token: token)
      #expect(viewer.text("data.viewer.login") == "symphony[bot]")
      github.advanceClock(seconds: 3601)
      #expect(try await github.curl("/repos/acme/app", token: token).status == 401)
    }
  }

  @Test("a missing permission is named")
  func permissions() async throws {
    try await withSimulator { github in
      github.createIssue(title: "One")
      github.addFineGrainedToken("github_pat_x", permissions: ["issues": "read"])
      let refused = try await github.curl(
        "/repos/acme/app/issues/1/labels", method: "POST", json: #"{"labels":["a"]}"#,
        token: "github_pat_x")
      #expect(refused.status == 403)
      #expect(refused.headers["x-accepted-github-permissions"] == "issues=write")
      let pulls = try await github.curl("/repos/acme/app/pulls", token: "github_pat_x")
      #expect(pulls.headers["x-accepted-github-permissions"] == "pull_requests=read")
    }
  }
}
