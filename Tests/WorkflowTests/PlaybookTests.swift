// A file with every key of github-symphony's reference and a playbook in Go's syntax: it is read
// without complaint about anything that works today, and its body renders for an issue with parts,
// labels and an earlier run, and for one with none of them.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct PlaybookTests {
  private func read() throws -> WorkflowReading {
    reading(
      try fixture("github-symphony-full.md"),
      environment: ["GITHUB_TOKEN": "t", "HOME": "/users/me"])
  }

  @Test func everyKeyIsUnderstood() throws {
    let found = try read()
    #expect(found.policy != nil)
    #expect(found.shown.isEmpty, "\(found.diagnostics)")
    let limits = try #require(found.policy?.limits)
    #expect(limits.maxByStatus == ["in progress": 2])
    #expect(limits.maxByRepository == ["example-org/app": 2])
    let board = try #require(found.policy?.tracker.board)
    #expect(board.priorityMap == ["urgent": 1, "high": 2, "normal": 3])
    #expect(board.pageSize == 50)
  }

  /// The keys of its reference table, each of which must be one of ours and in effect.
  @Test(arguments: [
    "tracker.kind", "tracker.owner", "tracker.project_number", "tracker.project_scope",
    "tracker.active_values", "tracker.terminal_values", "github.token", "agent.kind",
    "agent.max_concurrent", "agent.max_turns", "agent.stall_timeout_ms", "claude.model",
    "agent.permission_mode", "claude.allowed_tools", "git.branch_prefix", "git.use_worktrees",
    "polling.interval_ms", "pull_request.open_pr_on_success", "pull_request.draft_by_default",
    "pull_request.handoff_project_status", "pull_request.comment_on_issue_with_pr",
  ])
  func itsReferenceWorks(_ key: String) throws {
    #expect(try read().setting(key)?.feature == .works)
  }

  private func render(_ item: WorkItem, attempt: Int?) throws -> String {
    let policy = try #require(try read().policy)
    let context = TemplateContext.make(
      item: item,
      repository: RepositoryFacts(
        name: item.repository, defaultBranch: "main", cloneURL: "https://example.com/app.git",
        credentialScope: nil, isPrivate: true, htmlURL: "https://example.com/app"),
      attempt: attempt, branch: "symphony/example-org_app_5", baseBranch: "main", maxTurns: 20)
    return try TemplateEngine().render(
      policy.promptTemplate, context: context, firstLine: policy.promptLine)
  }

  private var item: WorkItem {
    let repository = RepositoryName(owner: "example-org", name: "app")
    return WorkItem(
      id: ItemID("I_5"), key: ItemKey("example-org/app#5"), repository: repository, number: 5,
      title: "Read {{.secret}} files")
  }

  @Test func itsBodyRendersForAParent() throws {
    var parent = item
    parent.body = "All {{of}} it."
    parent.labels = ["agent", "bug"]
    parent.subIssues = [
      WorkItem.Link(id: ItemID("I_6"), key: ItemKey("example-org/app#6"), state: .closed),
      WorkItem.Link(id: nil, key: ItemKey("example-org/lib#7"), state: nil),
    ]
    parent.blockedBy = [
      WorkItem.Link(id: nil, key: ItemKey("example-org/app#1"), state: .closed),
      WorkItem.Link(id: nil, key: ItemKey("example-org/app#2"), state: .closed),
    ]
    #expect(
      try render(parent, attempt: 2) == """
        # example-org/app#5: Read {{.secret}} files

        Run 2 came before this one; read its commits first.

        ## Text

        All {{of}} it.

        Labels (2): `agent` `bug`

        Parts:
        - example-org/app#6 (done)
        - example-org/lib#7 (open)
        example-org/app#1, example-org/app#2
        Branch symphony/example-org_app_5 of example-org/app, to be merged into main.

        """)
  }

  @Test func itsBodyRendersForABareIssue() throws {
    #expect(
      try render(item, attempt: nil) == """
        # example-org/app#5: Read {{.secret}} files

        First run.

        There is no text.
        Nothing blocks it.
        Branch symphony/example-org_app_5 of example-org/app, to be merged into main.

        """)
  }
}
