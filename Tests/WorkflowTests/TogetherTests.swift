// Settings that are right each by itself and wrong together: the code, the place, and that the file
// is refused where the plan would run in a circle.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct TogetherTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var yaml: String
    var shown: [String]
    var testDescription: String { yaml }
    init(_ yaml: String, _ shown: String...) {
      self.yaml = yaml
      self.shown = shown
    }
    /// Below a board: the yaml begins on line 3 of the file, in the tracker's section.
    init(board yaml: String, _ shown: String...) {
      self.yaml = "tracker:\n  owner: me\n  project_number: 6\n" + yaml
      self.shown = shown
    }
  }

  @Test(arguments: [
    // Boards.
    Case("tracker:\n  project_number: 6", "error missing_setting 3:3"),
    Case("tracker:\n  owner: me\n  project_number: six", "error wrong_value 4:19"),
    Case("tracker:\n  owner: [me]\n  project_number: 6", "error wrong_value 3:10"),
    Case("pull_request:\n  title: {a: b}", "error wrong_value 3:10"),
    Case("tracker:\n  owner: me", "warning no_effect 3:3"),
    Case("tracker:\n  require_issue_backing: false", "warning no_effect 3:3"),
    Case("tracker:\n  status_field_name: Status"),
    Case("tracker:\n  kind: local\n  owner: me"),
    Case(board: "  repository: me/app", "warning no_effect 5:3"),
    Case(board: "  active_values: []", "error wrong_value 5:18"),
    Case(board: "  executable_item_types: []", "error wrong_value 5:26"),
    Case(
      board: "  priority_value_map: {High: one, Low: 1.5}", "error wrong_value 5:30",
      "error wrong_value 5:40"),
    Case(board: "  priority_value_map: {High: 1, high: 2}", "error duplicate_key 5:33"),
    // Statuses.
    Case(
      "pull_request:\n  handoff_project_status: Review", "error missing_setting 3:27"),
    Case("tracker:\n  in_progress_status: Doing", "error missing_setting 3:23"),
    Case("tracker:\n  kind: local\n  in_progress_status: Doing"),
    Case(
      board: "pull_request:\n  handoff_project_status: ' todo '",
      "error conflicting_settings 6:27"),
    Case(
      board: "  in_progress_status: Doing\npull_request:\n  handoff_project_status: doing",
      "error conflicting_settings 7:27"),
    Case(
      board: "pull_request:\n  handoff_project_status: Done",
      "warning conflicting_settings 6:27"),
    Case(board: "  in_progress_status: done", "error conflicting_settings 5:23"),
    Case(
      board: "  in_progress_status: Held\n  blocked_status_values: held",
      "error conflicting_settings 5:23"),
    Case(board: "  active_values: [Todo, Done]", "warning conflicting_settings 5:25"),
    Case(
      board: "pull_request:\n  required_before_handoff_checks: [a]", "warning no_effect 6:3"),
    // Labels.
    Case(
      "tracker:\n  labels: [Agent]\n  labels_on:\n    start:\n      remove: [x, agent]",
      "error conflicting_settings 6:19"),
    Case(
      "tracker:\n  exclude_labels: [wip]\n  labels_on: {start: {add: Wip}}",
      "error conflicting_settings 4:28"),
    Case(
      "tracker:\n  labels_on: {park: {add: [a], remove: [A]}}",
      "error conflicting_settings 3:41"),
    Case("tracker:\n  labels_on: {begin: {add: a}}", "warning unknown_key 3:15"),
    // Drafts.
    Case(
      board: "  executable_item_types: [issue, draft_issue]\n"
        + "  allow_draft_issue_conversion: true",
      "error missing_setting 6:3"),
    Case(
      board: "  executable_item_types: [draft_issue]\n  require_issue_backing: false",
      "error missing_setting 6:3"),
    Case(board: "  executable_item_types: [issue, draft_issue]", "warning no_effect 5:34"),
    Case(board: "  allow_draft_issue_conversion: true", "warning no_effect 5:3"),
    // Repositories.
    Case(
      board: "  repo_allowlist: [a/b, a/c]\n  repo_denylist: [a/d, A/B]",
      "error conflicting_settings 6:24"),
    Case(
      board: "  executable_item_types: draft_issue\n  allow_draft_issue_conversion: true\n"
        + "  draft_repository: a/b\n  repo_allowlist: a/c",
      "error conflicting_settings 7:21"),
    Case(
      "tracker:\n  repository: a/b\n  repo_denylist: [A/b]", "error conflicting_settings 3:15"),
    // Limits.
    Case("agent:\n  max_concurrent_agents_by_repo: {app: 1}", "error wrong_value 3:35"),
    Case("agent:\n  max_concurrent_agents_by_repo: {a/b: 0}", "error wrong_value 3:40"),
    Case(
      "agent:\n  max_concurrent_agents_by_repo: {a/b: 1, A/b: 1}", "error duplicate_key 3:43"),
    Case(
      "agent:\n  max_concurrent_agents_by_project_status: {Todo: 1}", "warning no_effect 3:3"),
    Case(
      board: "agent:\n  max_concurrent_agents_by_project_status: {Todo: 1, Done: 1}",
      "warning no_effect 6:54"),
    // Templates.
    Case("pull_request:\n  title: {{.work_item.title}}", "error yaml_key 3:11"),
    Case("pull_request:\n  title: [a]", "error wrong_value 3:10"),
  ])
  func eachHasItsPlace(_ mistake: Case) {
    let found = settings(mistake.yaml)
    #expect(found.shown == mistake.shown, "\(found.diagnostics)")
    #expect((found.policy == nil) == mistake.shown.contains { $0.hasPrefix("error") })
  }

  @Test func messagesSayWhyAndWhatNext() throws {
    let owner = try #require(settings("tracker: {project_number: 6}").errors.first)
    #expect(owner.message == "`tracker.project_number` needs `tracker.owner`")
    #expect(owner.hint == "name the user or organization whose board it is")
    let board = try #require(
      settings("pull_request: {handoff_project_status: Review}").errors.first)
    #expect(board.hint?.contains("tracker.project_number") == true)
    let circle = try #require(
      settings(
        "tracker: {owner: me, project_number: 6}\npull_request: {handoff_project_status: Todo}"
      ).errors.first)
    #expect(circle.message.contains("taken up again"))
    let label = try #require(
      settings("tracker: {labels: a, labels_on: {start: {remove: a}}}").errors.first)
    #expect(label.message.contains("stopped by its own start"))
  }
}
