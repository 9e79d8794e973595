// One word per reason: where a reason is added the compiler asks for a word here, and
// ReasonWordsTests for a row and a story.
import SymphonyCore

enum ReasonKind: Hashable, CaseIterable {
  case launching, running, stopping, sweeping, cleaningUp
  case handedOff, notMerged, handedOffElsewhere, pullRequestOwed, pushedOnly, parked, done, gone,
    letGo
  case issueClosed, notAnIssue, notListed, repositoryNotAllowed, labelMissing, labelExcluded,
    notAssigned, notOnBoard, statusBlocked, statusNotActive, statusTerminal, draftNotConverted,
    authorNotTrusted, editorNotTrusted, editedAfterLabel, reopeningNotTrusted, originUnknown,
    blockedBy, openSubIssues, dependenciesUnknown
  case paused, policyInvalid, agentUnavailable, overBudget, workspaceAbsent, diskLow,
    repositoryUnfit, otherRepository, cleanUpFailed
  case retryWaiting, noSlot, noSlotForStatus, noSlotForRepository, held, workspaceBusy,
    unpushed, convertingDraft, checksOpen, feedback, merging
  case notChecked

  init(_ reason: Reason) {
    self =
      switch reason {
      case .run(let run): Self(run)
      case .rest(let rest): Self(rest)
      case .obstacle(let obstacle): Self(obstacle)
      case .hindrance(let hindrance): Self(hindrance)
      case .wait(let wait): Self(wait)
      case .notChecked: .notChecked
      }
  }

  private init(_ run: RunState) {
    self =
      switch run {
      case .launching: .launching
      case .running: .running
      case .stopping: .stopping
      case .sweeping: .sweeping
      case .cleaningUp: .cleaningUp
      }
  }

  private init(_ rest: Rest) {
    self =
      switch rest {
      case .handedOff: .handedOff
      case .notMerged: .notMerged
      case .handedOffElsewhere: .handedOffElsewhere
      case .pullRequestOwed: .pullRequestOwed
      case .pushedOnly: .pushedOnly
      case .parked: .parked
      case .done: .done
      case .gone: .gone
      case .letGo: .letGo
      }
  }

  private init(_ obstacle: Obstacle) {
    self =
      switch obstacle {
      case .issueClosed: .issueClosed
      case .notAnIssue: .notAnIssue
      case .notListed: .notListed
      case .repositoryNotAllowed: .repositoryNotAllowed
      case .labelMissing: .labelMissing
      case .labelExcluded: .labelExcluded
      case .notAssigned: .notAssigned
      case .notOnBoard: .notOnBoard
      case .statusBlocked: .statusBlocked
      case .statusNotActive: .statusNotActive
      case .statusTerminal: .statusTerminal
      case .draftNotConverted: .draftNotConverted
      case .authorNotTrusted: .authorNotTrusted
      case .editorNotTrusted: .editorNotTrusted
      case .editedAfterLabel: .editedAfterLabel
      case .reopeningNotTrusted: .reopeningNotTrusted
      case .originUnknown: .originUnknown
      case .blockedBy: .blockedBy
      case .openSubIssues: .openSubIssues
      case .dependenciesUnknown: .dependenciesUnknown
      }
  }

  private init(_ hindrance: Hindrance) {
    self =
      switch hindrance {
      case .paused: .paused
      case .policyInvalid: .policyInvalid
      case .agentUnavailable: .agentUnavailable
      case .overBudget: .overBudget
      case .workspaceAbsent: .workspaceAbsent
      case .diskLow, .inodesLow: .diskLow
      case .repositoryUnfit: .repositoryUnfit
      case .otherRepository: .otherRepository
      case .cleanUpFailed: .cleanUpFailed
      }
  }

  private init(_ wait: Wait) {
    self =
      switch wait {
      case .retryWaiting: .retryWaiting
      case .noSlot: .noSlot
      case .noSlotForStatus: .noSlotForStatus
      case .noSlotForRepository: .noSlotForRepository
      case .held: .held
      case .workspaceBusy: .workspaceBusy
      case .unpushed: .unpushed
      case .convertingDraft: .convertingDraft
      case .checksOpen: .checksOpen
      case .feedback: .feedback
      case .merging: .merging
      }
  }
}
