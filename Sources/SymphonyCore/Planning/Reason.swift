// Why an item is where it is: the closed list of verdicts. Each has a stable code (for JSON, the
// ledger and tests) and one sentence that carries its facts (for people). The planner gives every
// item exactly one.

package enum Reason: Hashable, Sendable {
  case eligible
  case launching(generation: Int)
  case running(turn: Int, phase: String)
  case stopping(why: String)
  case sweeping(processes: Int)
  case cleaningUp
  case retryWaiting(until: Timestamp, because: String)
  /// Its pull request waits for a human; what its status on the board waits for, if for anything,
  /// and what did not work in its run.
  case handedOff(PullRequestRef, waitsFor: String?, remark: String? = nil)
  /// Somebody else moved it to the hand-off status.
  case handedOffElsewhere(status: String)
  /// The work is pushed, the pull request is owed; why it is not there yet, if that is known.
  case pullRequestOwed(String, remark: String? = nil)
  case pushedOnly(branch: String, remark: String? = nil)
  case done(PullRequestRef?)
  case parked(Parking.Reason, detail: String)
  case statusBlocked(String)
  /// Nil: it has no status at all.
  case statusNotActive(String?)
  case statusTerminal(String)
  case notOnBoard
  case draftNotConverted(String)
  /// What kept an earlier try from it; empty: nothing.
  case convertingDraft(repository: String, problem: String)
  case repositoryNotAllowed(String)
  case issueClosed
  case gone(String)
  case notAnIssue(String)
  case notListed
  case labelMissing([String])
  case labelExcluded(String)
  case notAssigned(String)
  case authorNotTrusted(String)
  /// Its author may start runs; whoever changed its text last may not.
  case editorNotTrusted(String, at: Timestamp)
  /// Somebody who may not start runs opened it again.
  case reopeningNotTrusted(String)
  /// Who wrote it could not be read, and why.
  case originUnknown(String)
  case blockedBy([String])
  case openSubIssues([String])
  case dependenciesUnknown
  case noSlot(limit: Int)
  case noSlotForStatus(String, limit: Int)
  case noSlotForRepository(String, limit: Int)
  case held(until: Timestamp?, why: String)
  /// The day's money is spent; nothing starts before the next day.
  case overBudget(until: Timestamp, String)
  case paused(why: String)
  case policyInvalid(String)
  case agentUnavailable(String)
  case workspaceBusy(by: String)
  /// A directory that the workflow names for caches or workspaces is not there.
  case workspaceAbsent(String)
  /// Its repository is archived, disabled or empty.
  case repositoryUnfit(String)
  case diskLow(freeMegabytes: Int, wanted: Int)
  case unpushed(head: String, why: String)
  case cleanUpFailed(String, times: Int)
  /// The workflow names another repository than the item's.
  case otherRepository(String)
  /// The tracker gave no answer about it in this tick; nothing changes.
  case notChecked(String)

  package var code: String {
    switch self {
    case .eligible: "eligible"
    case .launching: "launching"
    case .running: "running"
    case .stopping: "stopping"
    case .sweeping: "sweeping"
    case .cleaningUp: "cleaning_up"
    case .retryWaiting: "retry_waiting"
    case .handedOff: "handed_off"
    case .handedOffElsewhere: "handed_off_elsewhere"
    case .pullRequestOwed: "pull_request_owed"
    case .pushedOnly: "pushed_only"
    case .done: "done"
    case .parked(let reason, _): reason.rawValue
    case .statusBlocked: "status_blocked"
    case .statusNotActive: "status_not_active"
    case .statusTerminal: "status_terminal"
    case .notOnBoard: "not_on_board"
    case .draftNotConverted: "draft_not_converted"
    case .convertingDraft: "converting_draft"
    case .repositoryNotAllowed: "repository_not_allowed"
    case .issueClosed: "issue_closed"
    case .gone: "gone"
    case .notAnIssue: "not_an_issue"
    case .notListed: "not_listed"
    case .labelMissing: "label_missing"
    case .labelExcluded: "label_excluded"
    case .notAssigned: "not_assigned"
    case .authorNotTrusted: "author_not_trusted"
    case .editorNotTrusted: "editor_not_trusted"
    case .reopeningNotTrusted: "reopening_not_trusted"
    case .originUnknown: "origin_unknown"
    case .blockedBy: "blocked_by"
    case .openSubIssues: "open_sub_issues"
    case .dependenciesUnknown: "dependencies_unknown"
    case .noSlot: "no_slot"
    case .noSlotForStatus: "no_slot_for_status"
    case .noSlotForRepository: "no_slot_for_repository"
    case .held: "held"
    case .overBudget: "over_budget"
    case .paused: "paused"
    case .policyInvalid: "policy_invalid"
    case .agentUnavailable: "agent_unavailable"
    case .workspaceBusy: "workspace_busy"
    case .workspaceAbsent: "workspace_absent"
    case .repositoryUnfit: "repository_unfit"
    case .diskLow: "disk_low"
    case .unpushed: "unpushed"
    case .cleanUpFailed: "clean_up_failed"
    case .otherRepository: "other_repository"
    case .notChecked: "not_checked"
    }
  }

  /// True for a verdict that only a human can change.
  package var needsHuman: Bool { if case .parked = self { true } else { false } }

  /// True for an item that may run but is kept from it by something that does not pass by itself.
  package var isHindered: Bool {
    switch self {
    case .paused, .policyInvalid, .agentUnavailable, .workspaceAbsent, .repositoryUnfit, .diskLow,
      .otherRepository, .cleanUpFailed,
      .overBudget:
      true
    default: false
    }
  }

  package var sentence: String {
    switch self {
    case .eligible: "ready to run"
    case .launching(let generation): "starting run \(generation)"
    case .running(let turn, let phase):
      turn > 0
        ? "an agent is at work, turn \(turn), phase \(phase)"
        : "a worker is at work, phase \(phase)"
    case .stopping(let why): "the run is being stopped: \(why)"
    case .sweeping(let processes): "ending \(processes) process(es) the run left behind"
    case .cleaningUp: "removing its workspace"
    case .retryWaiting(let until, let because): "runs again at \(until.rfc3339): \(because)"
    case .handedOff(let request, let waitsFor, let remark):
      "pull request #\(request.number) waits for a human: \(request.url)"
        + (waitsFor.map { "; its status waits: \($0)" } ?? "")
        + Self.besides(remark)
    case .handedOffElsewhere(let status):
      "somebody moved it to \(status); move it back to an active status to go on"
    case .pullRequestOwed(let why, let remark):
      "the branch is pushed, the pull request is still owed" + (why.isEmpty ? "" : ": \(why)")
        + Self.besides(remark)
    case .pushedOnly(let branch, let remark):
      "branch \(branch) is pushed; pull_request.open_pr_on_success is false"
        + Self.besides(remark)
    case .done(let request): request.map { "done: pull request #\($0.number) was merged" } ?? "done"
    case .parked(_, let detail): detail
    case .gone(let why): why
    case .held(let until, let why):
      until.map { "held until \($0.rfc3339): \(why)" } ?? "held: \(why)"
    case .overBudget(let until, let why): "nothing starts before \(until.rfc3339): \(why)"
    case .paused(let why): why.isEmpty ? "paused; `symphony resume` goes on" : "paused: \(why)"
    case .unpushed(let head, let why): "commit \(head.prefix(12)) is not pushed yet: \(why)"
    case .notChecked(let why): "no answer about it this time: \(why)"
    default: waitingSentence
    }
  }

  private static func besides(_ remark: String?) -> String {
    remark.map { "; not all of its run worked: \($0)" } ?? ""
  }

  private var boardSentence: String {
    switch self {
    case .statusBlocked(let status):
      "its status \"\(status)\" is listed in tracker.blocked_status_values"
    case .statusNotActive(let status):
      status.map { "its status \"\($0)\" is not among tracker.active_values" }
        ?? "it has no status on the board"
    case .statusTerminal(let status):
      "its status \"\(status)\" is listed in tracker.terminal_values"
    case .notOnBoard: "it is not on the board, or archived there"
    case .draftNotConverted(let why): "it is a draft without an issue: \(why)"
    case .convertingDraft(let repository, let problem):
      "the draft is being turned into an issue of \(repository)"
        + (problem.isEmpty ? "" : ": \(problem)")
    case .repositoryNotAllowed(let name):
      "its repository \(name) is excluded by tracker.repo_allowlist or repo_denylist"
    default: code
    }
  }

  private var trustSentence: String {
    let rule = "may not start runs (tracker.trusted_authors)"
    return switch self {
    case .authorNotTrusted(let author): "its author \(author) \(rule)"
    case .editorNotTrusted(let editor, let at):
      "\(editor), who \(rule), changed its text at \(at.rfc3339): read it, then write the "
        + "title and the text as they should be, or open an issue of your own"
    case .reopeningNotTrusted(let who):
      "\(who), who \(rule), opened it again: put a label on, edit it or reopen it yourself, or use "
        + "`symphony retry`"
    case .originUnknown(let why): "who stands behind its text is not known: \(why)"
    default: code
    }
  }

  private var waitingSentence: String {
    switch self {
    case .statusBlocked, .statusNotActive, .statusTerminal, .notOnBoard, .draftNotConverted,
      .convertingDraft, .repositoryNotAllowed:
      boardSentence
    case .issueClosed: "the issue is closed"
    case .notAnIssue("redacted"): "the token may not see what this item of the board is"
    case .notAnIssue(let kind):
      "it is a \(kind.replacing("_", with: " ")), which this workflow does not work on"
    case .openSubIssues(let items): "waits for its sub-issues: \(items.joined(separator: ", "))"
    case .noSlotForStatus(let status, let limit):
      "all \(limit) slot\(limit == 1 ? "" : "s") of status \(status) in use "
        + "(agent.max_concurrent_agents_by_project_status)"
    case .noSlotForRepository(let name, let limit):
      "all \(limit) slot\(limit == 1 ? "" : "s") of \(name) in use "
        + "(agent.max_concurrent_agents_by_repo)"
    case .notListed: "not among the open issues that match the workflow"
    case .labelMissing(let labels):
      "lacks the required label\(labels.count == 1 ? "" : "s") "
        + labels.joined(separator: ", ")
    case .labelExcluded(let label): "carries the excluded label \(label)"
    case .notAssigned(let login): "is not assigned to \(login)"
    case .authorNotTrusted, .editorNotTrusted, .reopeningNotTrusted, .originUnknown:
      trustSentence
    case .blockedBy(let items): "waits for \(items.joined(separator: ", "))"
    case .cleanUpFailed(let why, let times):
      "its workspace could not be removed (\(times) time\(times == 1 ? "" : "s")): \(why)"
    case .otherRepository(let name):
      "it belongs to \(name), the workflow's repository is another one now"
    case .dependenciesUnknown: "what blocks it could not be read"
    case .noSlot(let limit):
      "all \(limit) slot\(limit == 1 ? "" : "s") in use (agent.max_concurrent)"
    case .policyInvalid(let why): "WORKFLOW.md is not valid, nothing is started: \(why)"
    case .agentUnavailable(let why): "the agent cannot be started: \(why)"
    case .workspaceBusy(let who): "\(who), not ours, works in its workspace"
    case .repositoryUnfit(let why): why
    case .workspaceAbsent(let why): "its place of work cannot be used: \(why)"
    case .diskLow(let free, let wanted): "\(free) MB free, workspace.min_free_mb asks for \(wanted)"
    default: code
    }
  }
}

/// What the planner says about one item in one tick.
package struct Verdict: Hashable, Sendable {
  package var item: ItemID
  package var key: ItemKey
  package var title: String
  package var reason: Reason
  package init(item: ItemID, key: ItemKey, title: String, reason: Reason) {
    self.item = item
    self.key = key
    self.title = title
    self.reason = reason
  }
}
