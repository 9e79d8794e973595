// Pull requests over REST: creation with each of GitHub's refusals, lists by head, closing,
// merging, and what a merge does to issues and branches.
// Branches are made behind the wire; pushing is tested elsewhere.
import SymphonyTestSupport
import Testing

@Suite("pull requests")
struct PullRequestTests {
  static let path = "/repos/acme/app/pulls"

  static func body(head: String, base: String = "main", draft: Bool = false, text: String = "")
    -> String
  {
    #"{"title":"T","head":"\#(head)","base":"\#(base)","draft":\#(draft),"body":"\#(text)"}"#
  }

  @Test("one per branch, found by its head")
  func creation() async throws {
    try await withSimulator { github in
      try github.commit(branch: "symphony/acme_app_1", files: ["a.txt": "a\n"])
      let made = try await github.curl(
        Self.path, method: "POST", json: Self.body(head: "symphony/acme_app_1", draft: true))
      #expect(made.status == 201)
      let pull = try made.decoded(PullBody.self)
      #expect(pull.draft && pull.state == "open" && pull.mergedAt == nil)
      #expect(pull.head.ref == "symphony/acme_app_1" && pull.head.label == "acme:\(pull.head.ref)")
      #expect(pull.head.sha == github.branches["symphony/acme_app_1"])
      #expect(pull.head.repo.fullName == "acme/app" && pull.base.ref == "main")
      #expect(pull.htmlUrl == "\(github.baseURL)/acme/app/pull/\(pull.number)")

      let twin = try await github.curl(
        Self.path, method: "POST", json: Self.body(head: "acme:symphony/acme_app_1"))
      #expect(twin.status == 422)
      let refusal = try twin.decoded(Message.self).errors?.first?.message
      #expect(refusal == "A pull request already exists for acme:symphony/acme_app_1.")
      func found(_ query: String) async throws -> [Int] {
        try await github.get(Self.path + query, as: [PullBody].self).map(\.number)
      }
      #expect(try await found("?head=acme:symphony/acme_app_1&state=all") == [pull.number])
      #expect(try await found("?head=acme:other") == [])
      #expect(try await found("?head=other") == [pull.number])
      #expect(try await found("?base=other") == [])
      #expect(github.pullRequests.count == 1 && github.writeCount == 1)
    }
  }

  @Test("refusals name the field or say why")
  func refusals() async throws {
    try await withSimulator { github in
      func refusal(_ json: String) async throws -> Message.Entry? {
        let answer = try await github.curl(Self.path, method: "POST", json: json)
        #expect(answer.status == 422)
        return try answer.decoded(Message.self).errors?.first
      }
      let head = try await refusal(Self.body(head: "none"))
      #expect(head?.field == "head" && head?.code == "invalid")
      let base = try await refusal(Self.body(head: "main", base: "none"))
      #expect(base?.field == "base" && base?.code == "invalid")
      let empty = try await refusal(Self.body(head: "main"))
      #expect(empty?.message == "No commits between main and main")
      #expect(try await refusal(#"{"title":"T","base":"main"}"#) == nil)
      #expect(github.pullRequests.isEmpty && github.writeCount == 0)
    }
  }

  @Test("a merge is real, closes the issue it names, and follows nobody's branch")
  func merging() async throws {
    try await withSimulator { github in
      let near = github.createIssue(title: "Near")
      let far = github.createIssue(title: "Far")
      let other = github.createIssue(title: "Other")
      try github.commit(branch: "topic", files: ["a.txt": "a\n"])
      let text = "Closes acme/app#\(near), fixes: #\(far). See #\(other)"
      let pull = try github.createPullRequest(title: "T", body: text, head: "topic", isDraft: true)
      let path = "\(Self.path)/\(pull)/merge"
      #expect(try await github.curl(path, method: "PUT", json: "{}").status == 405)
      github.editIssue(pull) { $0.pull?.isDraft = false }
      let moved = try await github.curl(path, method: "PUT", json: #"{"sha":"00"}"#)
      #expect(moved.status == 409)
      #expect(try await github.curl(path, method: "PUT", json: "{}").status == 200)
      #expect(github.issue(pull)?.pull?.isMerged == true && github.issue(pull)?.isOpen == false)
      #expect(github.issue(near)?.isOpen == false && github.issue(far)?.isOpen == false)
      #expect(github.issue(other)?.isOpen == true)
      #expect(github.git.text(of: "a.txt", on: "main") == "a\n")
      #expect(github.branches["topic"] != nil)
      let after = try await github.get("\(Self.path)/\(pull)", as: PullBody.self)
      #expect(after.state == "closed" && after.mergedAt != nil && after.closedAt != nil)
    }
  }

  @Test("conflicts do not merge, closing is not merging")
  func closing() async throws {
    try await withSimulator { github in
      let issue = github.createIssue(title: "One")
      try github.commit(branch: "topic", files: ["a.txt": "topic\n"])
      let pull = try github.createPullRequest(title: "T", body: "Closes #\(issue)", head: "topic")
      try github.commit(branch: "main", files: ["a.txt": "main\n"])
      #expect(throws: (any Error).self) { try github.mergePullRequest(pull) }
      let closed = try await github.curl(
        "\(Self.path)/\(pull)", method: "PATCH", json: #"{"state":"closed"}"#)
      #expect(try closed.decoded(PullBody.self).mergedAt == nil)
      #expect(github.issue(issue)?.isOpen == true && github.issue(pull)?.isOpen == false)
    }
  }

  @Test("a pull request follows its branch and closes with it")
  func branches() async throws {
    try await withSimulator { github in
      try github.commit(branch: "topic", files: ["a.txt": "1\n"])
      let pull = try github.createPullRequest(title: "T", head: "topic")
      let before = github.issue(pull)?.pull?.headSHA
      try github.commit(branch: "topic", files: ["a.txt": "2\n"])
      #expect(github.issue(pull)?.pull?.headSHA == github.branches["topic"])
      #expect(github.issue(pull)?.pull?.headSHA != before)
      try github.deleteBranch("topic")
      #expect(github.issue(pull)?.isOpen == false && github.issue(pull)?.pull?.isMerged == false)
    }
  }
}
