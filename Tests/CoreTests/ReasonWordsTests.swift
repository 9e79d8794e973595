// The code and the sentence of every reason, byte for byte, by the value alone: scripts match the
// codes, people the sentences. ReasonTable.swift tells the stories that lead to them. A new case
// does not compile without a row here.
import SymphonyCore
import Testing

@Suite struct ReasonWordsTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var reason: Reason
    var code: String
    var sentence: String
    init(_ reason: Reason, _ code: String, _ sentence: String) {
      self.reason = reason
      self.code = code
      self.sentence = sentence
    }
    var testDescription: String { "\(code): \(sentence)" }
  }

  static let until = noon + .hours(1)
  static let at = "2030-03-17T18:46:40Z"
  static let request = PullRequestRef(number: 5, url: "https://h/5")
  static let rule = "may not start runs (tracker.trusted_authors)"

  static let runs = [
    Row(.run(.launching(generation: 3)), "launching", "starting run 3"),
    Row(.run(.running(turn: 0, phase: "fencing")), "running", "a worker is at work, phase fencing"),
    Row(
      .run(.running(turn: 2, phase: "agent")), "running", "an agent is at work, turn 2, phase agent"
    ),
    Row(.run(.stopping(why: "w")), "stopping", "the run is being stopped: w"),
    Row(.run(.sweeping(processes: 2)), "sweeping", "ending 2 process(es) the run left behind"),
    Row(.run(.cleaningUp), "cleaning_up", "removing its workspace"),
  ]

  static let rests = [
    Row(
      .rest(.handedOff(request, waitsFor: nil)), "handed_off",
      "pull request #5 waits for a person: https://h/5"),
    Row(
      .rest(.handedOff(request, waitsFor: "w", remark: "r")), "handed_off",
      "pull request #5 waits for a person: https://h/5; its status waits: w; "
        + "not all of its run worked: r"),
    Row(
      .rest(.handedOffElsewhere(status: "Review")), "handed_off_elsewhere",
      "somebody moved it to Review; move it back to an active status to go on"),
    Row(
      .rest(.notMerged(request, "w")), "not_merged",
      "pull request #5 waits for a person: w: \(request.url)"),
    Row(
      .rest(.pullRequestOwed("")), "pull_request_owed",
      "the branch is pushed, the pull request is still owed"),
    Row(
      .rest(.pullRequestOwed("502", remark: "r")), "pull_request_owed",
      "the branch is pushed, the pull request is still owed: 502; not all of its run worked: r"),
    Row(
      .rest(.pushedOnly(branch: "b")), "pushed_only",
      "branch b is pushed; pull_request.open_pr_on_success is false"),
    Row(
      .rest(.pushedOnly(branch: "b", remark: "r")), "pushed_only",
      "branch b is pushed; pull_request.open_pr_on_success is false; not all of its run worked: r"),
    Row(.rest(.done(nil)), "done", "done"),
    Row(.rest(.done(request)), "done", "done: pull request #5 was merged"),
    Row(.rest(.gone("w")), "gone", "w"),
    Row(
      .rest(.letGo("released by ann")), "released_by_operator",
      "released by ann; `symphony retry` takes it up again"),
  ]
  static let parkings = ParkingReason.allCases.map {
    Row(.rest(.parked($0, sentence: "d")), $0.rawValue, "d")
  }

  static let obstacles = [
    Row(
      .obstacle(.statusBlocked("S")), "status_blocked",
      "its status \"S\" is listed in tracker.blocked_status_values"),
    Row(
      .obstacle(.statusNotActive("S")), "status_not_active",
      "its status \"S\" is not among tracker.active_values"),
    Row(.obstacle(.statusNotActive(nil)), "status_not_active", "it has no status on the board"),
    Row(
      .obstacle(.statusTerminal("S")), "status_terminal",
      "its status \"S\" is listed in tracker.terminal_values"),
    Row(.obstacle(.notOnBoard), "not_on_board", "it is not on the board, or archived there"),
    Row(
      .obstacle(.draftNotConverted("w")), "draft_not_converted", "it is a draft without an issue: w"
    ),
    Row(
      .obstacle(.repositoryNotAllowed("a/b")), "repository_not_allowed",
      "its repository a/b is excluded by tracker.repo_allowlist or repo_denylist"),
    Row(.obstacle(.issueClosed), "issue_closed", "the issue is closed"),
    Row(
      .obstacle(.notAnIssue("redacted")), "not_an_issue",
      "the token may not see what this item of the board is"),
    Row(
      .obstacle(.notAnIssue("pull_request")), "not_an_issue",
      "it is a pull request, which this workflow does not work on"),
    Row(.obstacle(.notListed), "not_listed", "not among the open issues that match the workflow"),
    Row(.obstacle(.labelMissing(["a"])), "label_missing", "lacks the required label a"),
    Row(.obstacle(.labelMissing(["a", "b"])), "label_missing", "lacks the required labels a, b"),
    Row(.obstacle(.labelExcluded("a")), "label_excluded", "carries the excluded label a"),
    Row(.obstacle(.notAssigned("carol")), "not_assigned", "is not assigned to carol"),
    Row(.obstacle(.authorNotTrusted("m")), "author_not_trusted", "its author m \(rule)"),
    Row(
      .obstacle(.editorNotTrusted("m", at: until)), "editor_not_trusted",
      "m, who \(rule), changed its text at \(at): read it, then write the title and the text as "
        + "they should be, or open an issue of your own"),
    Row(.obstacle(.editedAfterLabel("d")), "edited_after_label", "d"),
    Row(
      .obstacle(.reopeningNotTrusted("m")), "reopening_not_trusted",
      "m, who \(rule), opened it again: put a label on, edit it or reopen it yourself, or use "
        + "`symphony retry`"),
    Row(
      .obstacle(.originUnknown("w")), "origin_unknown", "who stands behind its text is not known: w"
    ),
    Row(.obstacle(.blockedBy(["a", "b"])), "blocked_by", "waits for a, b"),
    Row(
      .obstacle(.openSubIssues(["a", "b"])), "open_sub_issues", "waits for its sub-issues: a, b"),
    Row(
      .obstacle(.dependenciesUnknown), "dependencies_unknown", "what blocks it could not be read"),
  ]

  static let hindrances = [
    Row(.hindrance(.paused(why: "")), "paused", "paused; `symphony resume` goes on"),
    Row(.hindrance(.paused(why: "w")), "paused", "paused: w"),
    Row(
      .hindrance(.policyInvalid("w")), "policy_invalid",
      "WORKFLOW.md is not valid, nothing is started: w"),
    Row(.hindrance(.agentUnavailable("w")), "agent_unavailable", "the agent cannot be started: w"),
    Row(
      .hindrance(.workspaceAbsent("w")), "workspace_absent", "its place of work cannot be used: w"),
    Row(.hindrance(.repositoryUnfit("w")), "repository_unfit", "w"),
    Row(
      .hindrance(.diskLow(freeMegabytes: 1, wanted: 2)), "disk_low",
      "1 MB free, workspace.min_free_mb asks for 2"),
    Row(
      .hindrance(.inodesLow(free: 3)), "disk_low",
      "only 3 more files can be made on a disk that a run writes to"),
    Row(
      .hindrance(.otherRepository("a/b")), "other_repository",
      "it belongs to a/b, the workflow's repository is another one now"),
    Row(
      .hindrance(.cleanUpFailed("w", times: 1)), "clean_up_failed",
      "its workspace could not be removed (1 time): w"),
    Row(
      .hindrance(.cleanUpFailed("w", times: 2)), "clean_up_failed",
      "its workspace could not be removed (2 times): w"),
    Row(
      .hindrance(.overBudget(until: until, "w")), "over_budget", "nothing starts before \(at): w"),
  ]

  static let waits = [
    Row(
      .wait(.retryWaiting(until: until, sentence: "w")), "retry_waiting", "runs again at \(at): w"),
    Row(
      .wait(.unpushed(head: "0123456789abcdef", why: "w")), "unpushed",
      "commit 0123456789ab is not pushed yet: w"),
    Row(
      .wait(.convertingDraft(repository: "a/b", problem: "")), "converting_draft",
      "the draft is being turned into an issue of a/b"),
    Row(
      .wait(.convertingDraft(repository: "a/b", problem: "w")), "converting_draft",
      "the draft is being turned into an issue of a/b: w"),
    Row(
      .wait(.checksOpen(0, pieces: 0)), "checks_open", "its checks are not there yet"),
    Row(
      .wait(.checksOpen(1, pieces: 1)), "checks_open",
      "1 check not ended yet; 1 piece of feedback waits"),
    Row(
      .wait(.checksOpen(2, pieces: 2)), "checks_open",
      "2 checks not ended yet; 2 pieces of feedback wait"),
    Row(
      .wait(.feedback(pieces: 1, until: until)), "feedback",
      "1 piece of feedback; a round starts at \(at) if nothing more is said"),
    Row(
      .wait(.feedback(pieces: 2, until: until)), "feedback",
      "2 pieces of feedback; a round starts at \(at) if nothing more is said"),
    Row(
      .wait(.merging(PullRequestRef(number: 5, url: "u"), "w")), "merging",
      "pull request #5 is being merged: w"),
    Row(.wait(.noSlot(limit: 1)), "no_slot", "all 1 slot in use (agent.max_concurrent)"),
    Row(.wait(.noSlot(limit: 2)), "no_slot", "all 2 slots in use (agent.max_concurrent)"),
    Row(
      .wait(.noSlotForStatus("S", limit: 1)), "no_slot_for_status",
      "all 1 slot of status S in use (agent.max_concurrent_agents_by_project_status)"),
    Row(
      .wait(.noSlotForStatus("S", limit: 2)), "no_slot_for_status",
      "all 2 slots of status S in use (agent.max_concurrent_agents_by_project_status)"),
    Row(
      .wait(.noSlotForRepository("a/b", limit: 1)), "no_slot_for_repository",
      "all 1 slot of a/b in use (agent.max_concurrent_agents_by_repo)"),
    Row(
      .wait(.noSlotForRepository("a/b", limit: 2)), "no_slot_for_repository",
      "all 2 slots of a/b in use (agent.max_concurrent_agents_by_repo)"),
    Row(.wait(.held(until: until, why: "w")), "held", "held until \(at): w"),
    Row(.wait(.held(until: nil, why: "w")), "held", "held: w"),
    Row(
      .wait(.workspaceBusy(by: "process 7")), "workspace_busy",
      "process 7, not ours, works in its workspace"
    ),
  ]

  static let unknown = [Row(.notChecked("w"), "not_checked", "no answer about it this time: w")]

  static let all = runs + rests + parkings + obstacles + hindrances + waits + unknown

  @Test(arguments: all) func itIsSaidSo(row: Row) {
    #expect(row.reason.code == row.code)
    #expect(row.reason.sentence == row.sentence)
  }

  /// A text edited after the label is parked for that, in the same words.
  @Test func everyReasonHasARowAndACodeOfItsOwn() {
    var kinds: [String: Set<ReasonKind>] = [:]
    for row in Self.all { kinds[row.code, default: []].insert(ReasonKind(row.reason)) }
    #expect(Set(kinds.values.joined()) == Set(ReasonKind.allCases))
    let shared = kinds.filter { $0.value.count > 1 }
    #expect(shared == ["edited_after_label": [.parked, .editedAfterLabel]])
  }

  @Test func familiesTellWhoHasToAct() {
    for row in Self.all {
      #expect(row.reason.needsHuman == Self.parkings.contains { $0.reason == row.reason })
      #expect(row.reason.isHindered == Self.hindrances.contains { $0.reason == row.reason })
    }
  }
}
