// The settings of boards, limits, label and status moves, and of pull request templates: each
// reaches the policy with a value other than its default.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct BoardSettingsTests {
  @Test func everySettingOfABoard() throws {
    let found = settings(
      """
      tracker:
        kind: github
        owner: acme
        project_number: "7"
        project_scope: User
        status_field_name: Stage
        active_values: [Open, Doing]
        terminal_values: [Shut]
        blocked_status_values: [Held]
        priority_field_name: Weight
        priority_value_map: {High: 1, " Low ": "-3"}
        executable_item_types: [issue, draft_issue, pull_request]
        require_issue_backing: false
        allow_draft_issue_conversion: true
        draft_repository: acme/inbox
        repo_allowlist: [acme/app, Acme/Inbox]
        repo_denylist: acme/old
        in_progress_status: Working
      github:
        graphql_page_size: 20
        rate_limit_qps: 3
        max_points_per_hour: 400
      """)
    #expect(found.shown == ["warning conflicting_settings 19:23"], "Working counts as active")
    let tracker = try #require(found.policy?.tracker)
    var board = BoardPolicy(owner: "acme", number: 7)
    board.scope = .user
    board.statusField = "Stage"
    board.priorityField = "Weight"
    board.priorityMap = ["high": 1, "low": -3]
    board.itemTypes = [.issue, .draftIssue, .pullRequest]
    board.requiresIssue = false
    board.convertsDrafts = true
    board.draftRepository = RepositoryName("acme/inbox")
    board.activeIsGiven = true
    board.pageSize = 20
    #expect(tracker.board == board)
    #expect(tracker.usesBoard)
    #expect(tracker.allowedRepositories.map(\.description) == ["acme/app", "Acme/Inbox"])
    #expect(tracker.deniedRepositories.map(\.description) == ["acme/old"])
    #expect(tracker.inProgressStatus == "Working")
    #expect(tracker.activeStatuses == ["Open", "Doing", "Working"])
    #expect(tracker.requestsPerSecond == 3)
    #expect(tracker.pointsPerHour == 400)
  }

  @Test func defaultsOfABoard() throws {
    let found = settings("tracker: {owner: acme, project_number: 7, in_progress_status: ready}")
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let tracker = try #require(found.policy?.tracker)
    #expect(tracker.board == BoardPolicy(owner: "acme", number: 7))
    // It is one of them already, whatever its case.
    #expect(tracker.activeStatuses == ["Todo", "Ready", "In Progress"])
    #expect(tracker.requestsPerSecond == 10)
    #expect(tracker.pointsPerHour == nil)
    #expect(tracker.labelsOn == LabelMoves())
    let local = settings("tracker: {kind: local, owner: acme, project_number: 7}")
    #expect(local.policy?.tracker.board == nil)
  }

  @Test func labelMoves() throws {
    let found = settings(
      """
      tracker:
        labels: agent
        labels_on:
          start: {add: [wip]}
          handoff: {add: review, remove: [wip, agent]}
          park: {remove: wip}
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    var moves = LabelMoves()
    moves.start = LabelMove(add: ["wip"])
    moves.handoff = LabelMove(add: ["review"], remove: ["wip", "agent"])
    moves.park = LabelMove(remove: ["wip"])
    #expect(found.policy?.tracker.labelsOn == moves)
  }

  @Test func limitsByStatusAndRepository() {
    let found = settings(
      """
      tracker: {owner: acme, project_number: 7}
      agent:
        max_concurrent_agents_by_project_status: {" In Progress": 2, TODO: "1"}
        max_concurrent_agents_by_repo: {Acme/App: 3}
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    #expect(found.policy?.limits.maxByStatus == ["in progress": 2, "todo": 1])
    #expect(found.policy?.limits.maxByRepository == ["acme/app": 3])
  }

  @Test func pullRequestSettings() throws {
    let found = settings(
      """
      tracker: {owner: acme, project_number: 7}
      pull_request:
        handoff_project_status: Human Review
        required_before_handoff_checks: [build, test]
        close_issue_on_merge: true
        title: "{{ issue.title }} ($5)"
        body: |
          {{ result.message }}
      """)
    #expect(found.diagnostics.isEmpty, "\(found.diagnostics)")
    let pullRequest = try #require(found.policy?.pullRequest)
    #expect(found.policy?.tracker.handoffStatus == "Human Review")
    #expect(pullRequest.requiredChecks == ["build", "test"])
    #expect(pullRequest.closeIssueOnMerge)
    #expect(pullRequest.title == TemplateSource(text: "{{ issue.title }} ($5)", line: 7))
    #expect(pullRequest.body == TemplateSource(text: "{{ result.message }}\n", line: 9))
    #expect(settings("").policy?.pullRequest.title == nil)
  }

  // MARK: Templates of pull requests

  private let pullRequestSample = TemplateContext.adding(
    TemplateContext.RunFacts(
      message: "An empty file is an empty list now.", turns: 2, runs: 1, tokens: 12_345,
      costUSD: 0.25, receipt: "2 turns · 1 run · 12345 tokens · $0.25",
      closes: "Closes octo/example#42"),
    to: TemplateContext.sample())

  private func render(_ template: String) -> String {
    do {
      return try TemplateEngine().render(
        template, context: pullRequestSample, firstLine: 1)
    } catch {
      return "\(error.line):\(error.column): \(error.sentence)"
    }
  }

  /// Each template is told apart for itself, whatever the prompt is written in.
  @Test func eachTemplateHasItsOwnSyntax() {
    let title = "Make the parser accept an empty file"
    #expect(render("Fix: {{ issue.title }}") == "Fix: \(title)")
    #expect(render("Fix: {{.work_item.title}}") == "Fix: \(title)")
    #expect(
      render("{{ result.closes }}: {{ issue.labels | join(\"+\") }}")
        == "Closes octo/example#42: agent+bug")
    #expect(
      render("{{printf \"%d turns\" .result.turns}}, ${{.result.cost_usd}}") == "2 turns, $0.25")
    #expect(render("No tags, 100% {plain}.") == "No tags, 100% {plain}.")
    #expect(
      render("{{ result.message }} {{ result.runs }} {{ result.tokens }}\n{{ result.receipt }}")
        == "An empty file is an empty list now. 1 12345\n2 turns · 1 run · 12345 tokens · $0.25")
  }

  /// They make the file invalid: every pull request would be without its words.
  @Test func mistakesInThemHaveTheirLine() throws {
    let found = settings("pull_request:\n  body: |\n    Hello\n    {{ result.mesage }}")
    #expect(found.policy == nil)
    let problem = try #require(found.diagnostics.first)
    #expect(found.diagnostics.count == 1 && problem.severity == .error && problem.line == 5)
    #expect(
      problem.message == "pull_request.body cannot be rendered: unknown variable `result.mesage`")
  }

  /// The prompt of a run knows no result of it.
  @Test func promptsHaveNoResult() {
    #expect(check("{{ result.message }}").count == 1)
  }
}
