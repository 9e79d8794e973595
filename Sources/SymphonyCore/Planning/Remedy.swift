// The change that would let an item run, by its verdict: `symphony why` prints it under the rules.
// One sentence for each case, because a verdict without a remedy is a riddle.

extension Reason {
  /// One sentence, without a full stop.
  package var remedy: String {
    switch self {
    case .run: "nothing: it is being worked on"
    case .rest(let rest): rest.remedy
    case .obstacle(let obstacle): obstacle.remedy
    case .hindrance(let hindrance): hindrance.remedy
    case .wait(let wait): wait.remedy
    case .notChecked: "the next tick that gets an answer decides; `symphony doctor` checks the way"
    }
  }
}

extension Rest {
  fileprivate var remedy: String {
    switch self {
    case .handedOff, .pushedOnly:
      "its pull request is looked at by a person; putting its label on again, moving it back to an "
        + "active status, or `symphony retry` starts another round"
    case .notMerged: "what is missing has to be there; or merge it yourself"
    case .handedOffElsewhere: "move it back to an active status"
    case .pullRequestOwed: "the next ticks open its pull request"
    case .parked(let reason, _): reason.remedy
    case .done, .gone: "open the issue again"
    case .letGo: "use `symphony retry`"
    }
  }
}

extension ParkingReason {
  /// The trouble of the last run, and what a person can do about it.
  fileprivate var remedy: String {
    switch self {
    case .noProgress:
      "two runs changed nothing: say on the issue what is wanted, or `symphony retry`"
    case .continuationsExhausted:
      "its agent never called it finished: make the issue smaller, or raise"
        + " agent.max_continuations and `symphony retry`"
    case .attemptsExhausted, .vanishedRepeatedly:
      "mend what failed (`symphony logs`), then `symphony retry`"
    case .runLimit: "raise agent.max_runs_per_item, or `symphony retry` counts from zero"
    case .agentBlocked: "answer the agent's question on the issue"
    case .agentMisconfigured:
      "mend the agent's settings or login (`symphony doctor`), then `symphony retry`"
    case .stoppedByOperator: "`symphony retry` starts it again"
    case .branchTaken:
      "`symphony retry --take-over` takes the branch that another state directory made"
    case .branchMoved:
      "look who pushed to its branch; `symphony retry` goes on from what is there"
    case .pushRefused: "mend what the remote refuses, then `symphony retry` sends the same commits"
    case .pullRequestRejected, .pullRequestRefused:
      "mend what the tracker refuses, then `symphony retry`; the branch is pushed"
    case .pullRequestForeign: "close the other pull request of its branch, then `symphony retry`"
    case .draftRefused: "turn the draft into an issue yourself"
    case .itemOverBudget:
      "raise agent.max_cost_usd_per_item or agent.max_tokens_per_item, then `symphony retry`"
    case .figuresInDoubt:
      "look at the agent's output (`symphony logs --raw`), then `symphony retry`"
    case .editedAfterLabel: "read the text, then put the label on again yourself"
    case .roundsExhausted:
      "say what is missing in a comment on the issue, or `symphony retry`; feedback.max_rounds"
    case .recovered: "look at its branch and pull request, then `symphony retry` or close it"
    }
  }
}

extension Obstacle {
  fileprivate var remedy: String {
    switch self {
    case .issueClosed: "open the issue again"
    case .notAnIssue: "tracker.executable_item_types has to name its kind"
    case .notListed: "the tracker has to list it: open, and selected by the workflow"
    case .repositoryNotAllowed: "change tracker.repo_allowlist or tracker.repo_denylist"
    case .labelMissing(let labels): "put on \(labels.joined(separator: ", "))"
    case .labelExcluded(let label): "take off \(label)"
    case .notAssigned(let login): "assign it to \(login)"
    case .notOnBoard: "put it on the board"
    case .statusBlocked, .statusNotActive, .statusTerminal: "move it to an active status"
    case .draftNotConverted: "turn the draft into an issue"
    case .authorNotTrusted:
      "somebody who may write puts a required label on, or tracker.trusted_authors names the author"
    case .editorNotTrusted, .editedAfterLabel:
      "read the text, then edit it or put the label on again yourself"
    case .reopeningNotTrusted: "reopen it yourself, or use `symphony retry`"
    case .originUnknown: "the next tick asks again who stands behind its text"
    case .blockedBy(let items): "close \(items.joined(separator: ", "))"
    case .openSubIssues(let items): "close its sub-issues \(items.joined(separator: ", "))"
    case .dependenciesUnknown: "what blocks it has to be readable with this token"
    }
  }
}

extension Hindrance {
  fileprivate var remedy: String {
    switch self {
    case .paused: "`symphony resume`"
    case .policyInvalid: "mend WORKFLOW.md; `symphony doctor` names the place"
    case .agentUnavailable: "mend the agent, then `symphony resume`; `symphony doctor` checks it"
    case .overBudget(let until, _):
      "wait until \(until.rfc3339), or raise agent.max_cost_usd_per_day"
    case .workspaceAbsent: "mount or make the directory"
    case .inodesLow: "remove what holds many small files; `df -i` shows where"
    case .diskLow: "free disk space, or lower workspace.min_free_mb"
    case .repositoryUnfit: "mend the repository"
    case .otherRepository(let name): "a workflow that names \(name) has to work on it"
    case .cleanUpFailed: "remove what is in the way of the clean-up; it is tried again"
    }
  }
}

extension Wait {
  fileprivate var remedy: String {
    switch self {
    case .retryWaiting(let until, _): "wait until \(until.rfc3339), or use `symphony retry`"
    case .noSlot: "a run has to end, or agent.max_concurrent has to be raised"
    case .noSlotForStatus:
      "a run of that status has to end, or "
        + "agent.max_concurrent_agents_by_project_status has to be raised"
    case .noSlotForRepository:
      "a run of that repository has to end, or agent.max_concurrent_agents_by_repo has to be raised"
    case .held(let until, _):
      until.map {
        "wait until \($0.rfc3339); before that `symphony resume --limits` tries an agent at its "
          + "limit, and `symphony resume AGENT` lifts a hold"
      } ?? "wait for the run that probes"
    case .workspaceBusy: "the process in its workspace has to end"
    case .unpushed: "the push goes on by itself; `symphony retry` tries at once"
    case .convertingDraft: "the next tick converts it"
    case .merging: "the next tick looks again"
    case .checksOpen: "the checks have to end"
    case .feedback(_, let until): "wait until \(until.rfc3339)"
    }
  }
}
