// Every verdict is reached by a plan, in the words of ReasonTable.swift.
import SymphonyCore
import Testing

@Suite struct ReasonTests {
  /// One word per case of `Reason`; the compiler asks for a new one here, and the test below for a
  /// row of the table that reaches it.
  enum Kind: String, CaseIterable {
    case eligible, launching, running, stopping, sweeping, cleaningUp, retryWaiting, handedOff
    case handedOffElsewhere, pullRequestOwed, pushedOnly, done, parked, statusBlocked
    case statusNotActive, statusTerminal, notOnBoard, draftNotConverted, convertingDraft
    case repositoryNotAllowed, issueClosed, gone, notAnIssue, notListed, labelMissing, labelExcluded
    case notAssigned, authorNotTrusted, editorNotTrusted, reopeningNotTrusted, originUnknown,
      blockedBy, openSubIssues, dependenciesUnknown, noSlot
    case noSlotForStatus, noSlotForRepository, held, overBudget, paused, policyInvalid,
      agentUnavailable
    case workspaceBusy, workspaceAbsent, repositoryUnfit, diskLow, unpushed, cleanUpFailed,
      otherRepository, notChecked

    init(_ reason: Reason) {
      self =
        switch reason {
        case .eligible: .eligible
        case .launching: .launching
        case .running: .running
        case .stopping: .stopping
        case .sweeping: .sweeping
        case .cleaningUp: .cleaningUp
        case .retryWaiting: .retryWaiting
        case .handedOff: .handedOff
        case .handedOffElsewhere: .handedOffElsewhere
        case .pullRequestOwed: .pullRequestOwed
        case .pushedOnly: .pushedOnly
        case .done: .done
        case .parked: .parked
        case .statusBlocked: .statusBlocked
        case .statusNotActive: .statusNotActive
        case .statusTerminal: .statusTerminal
        case .notOnBoard: .notOnBoard
        case .draftNotConverted: .draftNotConverted
        case .convertingDraft: .convertingDraft
        case .repositoryNotAllowed: .repositoryNotAllowed
        case .issueClosed: .issueClosed
        case .gone: .gone
        case .notAnIssue: .notAnIssue
        case .notListed: .notListed
        case .labelMissing: .labelMissing
        case .labelExcluded: .labelExcluded
        case .notAssigned: .notAssigned
        case .authorNotTrusted: .authorNotTrusted
        case .editorNotTrusted: .editorNotTrusted
        case .reopeningNotTrusted: .reopeningNotTrusted
        case .originUnknown: .originUnknown
        case .blockedBy: .blockedBy
        case .openSubIssues: .openSubIssues
        case .dependenciesUnknown: .dependenciesUnknown
        case .noSlot: .noSlot
        case .noSlotForStatus: .noSlotForStatus
        case .noSlotForRepository: .noSlotForRepository
        case .held: .held
        case .overBudget: .overBudget
        case .paused: .paused
        case .policyInvalid: .policyInvalid
        case .agentUnavailable: .agentUnavailable
        case .workspaceBusy: .workspaceBusy
        case .workspaceAbsent: .workspaceAbsent
        case .repositoryUnfit: .repositoryUnfit
        case .diskLow: .diskLow
        case .unpushed: .unpushed
        case .cleanUpFailed: .cleanUpFailed
        case .otherRepository: .otherRepository
        case .notChecked: .notChecked
        }
    }
  }

  func reason(_ plan: Plan) -> Reason? {
    plan.verdicts.first { $0.item == .issue(1) || $0.item == .issue(7) }?.reason
  }

  @Test(arguments: Golden.all) func theStoryEndsInThatVerdict(golden: Golden) {
    let reason = reason(golden.story())
    #expect(reason?.code == golden.code)
    #expect(reason?.sentence == golden.sentence)
  }

  /// `eligible` is what dispatch says before it launches: no plan leaves an item there.
  @Test func everyReasonIsReached() {
    let reached = Golden.all.compactMap { reason($0.story()) }
    let kinds = Set(reached.map(Kind.init))
    #expect(Set(Kind.allCases).subtracting(kinds) == [.eligible])
    let parkings = Set(
      reached.compactMap { reason in
        if case .parked(let why, _) = reason { why } else { nil }
      })
    #expect(Set(Parking.Reason.allCases).subtracting(parkings).isEmpty)
  }

  @Test func codesTellReasonsApart() {
    let reached = Golden.all.compactMap { reason($0.story()) }
    var kinds: [String: Set<Kind>] = [:]
    for reason in reached { kinds[reason.code, default: []].insert(Kind(reason)) }
    #expect(kinds.filter { $0.value.count > 1 }.isEmpty)
    for reason in reached {
      #expect(reason.code.allSatisfy { $0.isLowercase || $0 == "_" })
      #expect(!reason.sentence.isEmpty && reason.sentence != reason.code)
    }
  }
}

extension Golden: CustomTestStringConvertible {
  var testDescription: String { "\(code): \(sentence)" }
}
