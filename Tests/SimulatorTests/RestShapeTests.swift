// The simulator's REST answers as a client sees them: shapes, filters, paging, conditional
// requests, refusals. Every test talks to a simulator of its own through curl.
// Pull requests and faults are tested elsewhere.
import Testing

@testable import SymphonyTestSupport

@Suite("REST")
struct RestShapeTests {
  struct Repository: Decodable {
    struct Permissions: Decodable { var push: Bool }
    var fullName: String
    var cloneUrl: String
    var defaultBranch: String
    var `private`: Bool
    var permissions: Permissions?
  }

  @Test("the repository object, with and without /api/v3")
  func repository() async throws {
    try await withSimulator { github in
      let answer = try await github.curl("/repos/acme/app")
      #expect(answer.status == 200)
      #expect(answer.headers["x-ratelimit-limit"] == "5000")
      #expect(answer.headers["x-ratelimit-remaining"] == "4999")
      #expect(answer.headers["date"]?.hasSuffix("GMT") == true)
      let body = try answer.decoded(Repository.self)
      #expect(body.fullName == "acme/app")
      #expect(body.cloneUrl == github.cloneURL)
      #expect(body.defaultBranch == "main")
      #expect(body.private)
      #expect(body.permissions?.push == true)
      #expect(try await github.curl("/api/v3/repos/ACME/app").status == 200)
      #expect(try await github.curl("/repos/acme/app/").status == 404)
      #expect(try await github.curl("/repos/acme/other").status == 404)
    }
  }

  @Test("who may ask: token, anonymity, user agent, version")
  func authentication() async throws {
    try await withSimulator { github in
      let wrong = try await github.curl("/repos/acme/app", token: "ghp_wrong")
      #expect(wrong.status == 401)
      #expect(try wrong.decoded(Message.self).message == "Bad credentials")
      #expect(try await github.curl("/repos/acme/app", token: "").status == 404)
      #expect(try await github.curl("/user", token: "").status == 401)
      #expect(try await github.get("/user", as: IssueBody.Named.self).login == "symphony-bot")
      let nameless = try await github.curl("/repos/acme/app", headers: ["User-Agent:"])
      #expect(nameless.status == 403)
      #expect(nameless.headers["content-type"] == "text/html")
      let version = "X-GitHub-Api-Version: "
      #expect(try await github.curl("/user", headers: [version + "2026-03-10"]).status == 200)
      #expect(try await github.curl("/user", headers: [version + "1999-01-01"]).status == 400)

      github.setPrivate(false)
      #expect(try await github.curl("/repos/acme/app", token: "").status == 200)
      let post = try await github.curl(
        "/repos/acme/app/issues", method: "POST", json: #"{"title":"x"}"#, token: "")
      #expect(post.status == 401)

      github.addToken("ghp_reader", login: "carol", mayWrite: false)
      let refused = try await github.curl(
        "/repos/acme/app/issues", method: "POST", json: #"{"title":"x"}"#, token: "ghp_reader")
      #expect(refused.status == 403)
      github.revokeToken()
      #expect(try await github.curl("/user").status == 401)
      #expect(github.issues.isEmpty)
    }
  }

  @Test("issue lists filter by state, all labels, assignee and time, and hold pull requests")
  func issueLists() async throws {
    try await withSimulator { github in
      let first = github.createIssue(
        title: "One", body: "Text", labels: ["symphony", "bug"], assignees: ["bob"])
      let second = github.createIssue(
        title: "Two", labels: ["Symphony"], author: "eve", association: "NONE")
      let third = github.createIssue(title: "Three", labels: ["symphony"])
      github.closeIssue(third)
      try github.commit(branch: "topic", files: ["a.txt": "a\n"])
      let pull = try github.createPullRequest(title: "A pull", head: "topic")

      func numbers(_ query: String) async throws -> [Int] {
        try await github.get("/repos/acme/app/issues?" + query, as: [IssueBody].self).map(\.number)
      }
      #expect(try await numbers("") == [pull, second, first])
      #expect(try await numbers("labels=symphony&direction=asc") == [first, second])
      #expect(try await numbers("labels=symphony,bug") == [first])
      #expect(try await numbers("state=closed") == [third])
      #expect(try await numbers("state=all&labels=symphony") == [third, second, first])
      #expect(try await numbers("assignee=BOB") == [first])
      #expect(try await numbers("assignee=none&labels=symphony") == [second])
      #expect(try await numbers("assignee=*") == [first])

      github.advanceClock(seconds: 600)
      github.addLabel(first, "urgent")
      let touched = try await github.get("/repos/acme/app/issues/\(first)", as: IssueBody.self)
        .updatedAt
      #expect(try await numbers("since=\(touched)") == [first])
      #expect(try await numbers("sort=updated&direction=desc").first == first)

      let list = try await github.get("/repos/acme/app/issues?state=all", as: [IssueBody].self)
      let issue = try #require(list.first { $0.number == first })
      #expect(issue.nodeId.hasPrefix("I_"))
      #expect(issue.htmlUrl == "\(github.baseURL)/acme/app/issues/\(first)")
      #expect(issue.labels.compactMap(\.name) == ["symphony", "bug", "urgent"])
      #expect(issue.assignees.compactMap(\.login) == ["bob"])
      #expect(issue.user.login == "alice" && issue.authorAssociation == "MEMBER")
      #expect(issue.body == "Text" && issue.pullRequest == nil && issue.closedAt == nil)
      #expect(list.first { $0.number == second }?.authorAssociation == "NONE")
      #expect(list.first { $0.number == second }?.body == nil)
      #expect(list.first { $0.number == third }?.closedAt != nil)
      #expect(list.first { $0.number == pull }?.pullRequest != nil)
    }
  }

  @Test("blockers are counted while they are open")
  func blockers() async throws {
    try await withSimulator { github in
      let blocker = github.createIssue(title: "First")
      let blocked = github.createIssue(title: "Second")
      github.block(blocked, by: blocker)
      let path = "/repos/acme/app/issues/\(blocked)"
      let before = try await github.get(path, as: IssueBody.self).issueDependenciesSummary
      #expect(before?.blockedBy == 1 && before?.totalBlockedBy == 1)
      github.closeIssue(blocker)
      let after = try await github.get(path, as: IssueBody.self).issueDependenciesSummary
      #expect(after?.blockedBy == 0 && after?.totalBlockedBy == 1)
    }
  }

  @Test("pages follow the Link header to their end")
  func paging() async throws {
    try await withSimulator { github in
      for index in 1...7 { github.createIssue(title: "Issue \(index)", labels: ["a b"]) }
      var next: String? = "/repos/acme/app/issues?labels=a%20b&direction=asc&per_page=3"
      var pages: [[Int]] = []
      while let path = next {
        let answer = try await github.curl(path)
        pages.append(try answer.decoded([IssueBody].self).map(\.number))
        next = (answer.headers["link"] ?? "").split(separator: ", ").first {
          $0.hasSuffix("rel=\"next\"")
        }.map { String($0.dropFirst().prefix { $0 != ">" }) }
      }
      #expect(pages == [[1, 2, 3], [4, 5, 6], [7]])
      let middle = try await github.curl("/repos/acme/app/issues?per_page=3&page=2")
      let relations = (middle.headers["link"] ?? "").split(separator: "\"").enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
      #expect(relations == ["prev", "next", "last", "first"])
      #expect(try await github.curl("/repos/acme/app/issues").headers["link"] == nil)
      #expect(try await github.curl("/repos/acme/app/issues?page=9").body == "[]")
    }
  }

  @Test("an ETag answers 304 without cost until something changes or the token does")
  func conditional() async throws {
    try await withSimulator { github in
      let number = github.createIssue(title: "One")
      let path = "/repos/acme/app/issues?state=all"
      let first = try await github.curl(path)
      let tag = try #require(first.headers["etag"])
      #expect(tag.hasPrefix("W/\""))
      let condition = "If-None-Match: \(tag)"
      let again = try await github.curl(path, headers: [condition])
      #expect(again.status == 304 && again.body.isEmpty)
      #expect(again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"])
      let strong = "If-None-Match: \(tag.dropFirst(2))"
      #expect(try await github.curl(path, headers: [strong]).status == 304)
      let accept = "Accept: application/vnd.github+json"
      #expect(try await github.curl(path, headers: [condition, accept]).status == 200)
      github.addToken("ghp_second", login: "bob")
      #expect(try await github.curl(path, headers: [condition], token: "ghp_second").status == 200)
      github.closeIssue(number)
      #expect(try await github.curl(path, headers: [condition]).status == 200)
      #expect(github.requestLog.map(\.conditional) == [false, true, true, true, true, true])
      #expect(github.requestLog.map(\.status) == [200, 304, 304, 200, 200, 200])
      #expect(github.writeCount == 0)
    }
  }

  @Test("comments are written once each, limited, and listed by time")
  func comments() async throws {
    try await withSimulator { github in
      let number = github.createIssue(title: "One")
      let path = "/repos/acme/app/issues/\(number)/comments"
      let made = try await github.curl(path, method: "POST", json: #"{"body":"Hello"}"#)
      #expect(made.status == 201)
      let comment = try made.decoded(CommentBody.self)
      #expect(comment.user.login == "symphony-bot" && comment.authorAssociation == "MEMBER")
      let blank = try await github.curl(path, method: "POST", json: #"{"body":" "}"#)
      #expect(blank.status == 422)
      #expect(try blank.decoded(Message.self).errors?.first?.code == "missing_field")
      let directory = try TemporaryDirectory("comment")
      let fits = String(repeating: "é", count: 65_536)
      let limit = try directory.write("fits.json", "{\"body\":\"\(fits)\"}")
      let over = try directory.write("over.json", "{\"body\":\"\(fits)x\"}")
      #expect(try await github.curl(path, method: "POST", json: "@" + limit).status == 201)
      #expect(try await github.curl(path, method: "POST", json: "@" + over).status == 422)

      github.advanceClock(seconds: 60)
      try github.comment(number, author: "eve", body: "Later", association: "NONE")
      let all = try await github.get(path, as: [CommentBody].self)
      let time = try #require(all.last?.createdAt)
      #expect(all.count == 3 && all.first?.body == "Hello")
      let late = try await github.get(
        "/repos/acme/app/issues/comments?since=\(time)", as: [CommentBody].self)
      #expect(late.map(\.body) == ["Later"])
      #expect(github.writeCount == 2)
    }
  }

  @Test("issues are edited, relabelled, deleted and missing as on GitHub")
  func edits() async throws {
    try await withSimulator { github in
      let number = github.createIssue(title: "One", labels: ["a"])
      let path = "/repos/acme/app/issues/\(number)"
      let labelled = try await github.curl(
        path + "/labels", method: "POST", json: #"{"labels":["A","in progress"]}"#)
      #expect(labelled.status == 200)
      #expect(github.issue(number)?.labels == ["a", "in progress"])
      let gone = try await github.curl(path + "/labels/in%20progress", method: "DELETE")
      #expect(gone.status == 200 && github.issue(number)?.labels == ["a"])
      let missing = try await github.curl(path + "/labels/none", method: "DELETE")
      #expect(missing.status == 404)
      let closed = try await github.curl(path, method: "PATCH", json: #"{"state":"closed"}"#)
      #expect(try closed.decoded(IssueBody.self).state == "closed")
      let odd = try await github.curl(path, method: "PATCH", json: #"{"state":"odd"}"#)
      #expect(odd.status == 422)
      let torn = try await github.curl(path, method: "PATCH", json: "{")
      #expect(torn.status == 400)
      github.deleteIssue(number)
      #expect(try await github.curl(path).status == 410)
      #expect(try await github.curl("/repos/acme/app/issues/99").status == 404)
    }
  }

  @Test("a renamed repository is redirected by its id")
  func renamed() async throws {
    try await withSimulator { github in
      github.createIssue(title: "One")
      github.renameRepository("acme/renamed")
      let answer = try await github.curl("/repos/acme/app/issues?state=all")
      #expect(answer.status == 301)
      let target = try #require(answer.headers["location"])
      #expect(target.contains("/repositories/") && target.hasSuffix("/issues?state=all"))
      #expect(try await github.get(target, as: [IssueBody].self).count == 1)
      let now = try await github.get("/repos/acme/renamed", as: Repository.self)
      #expect(now.fullName == "acme/renamed")
    }
  }

  @Test("the primary limit ends in 403 and begins anew")
  func limits() async throws {
    try await withSimulator { github in
      github.limitRequests(remaining: 1, resetsIn: 3600)
      #expect(try await github.curl("/user").status == 200)
      let spent = try await github.curl("/user")
      #expect(spent.status == 403 && spent.headers["x-ratelimit-remaining"] == "0")
      #expect(try await github.curl("/rate_limit").status == 200)
      github.advanceClock(seconds: 3601)
      #expect(try await github.curl("/user").status == 200)
    }
  }
}
