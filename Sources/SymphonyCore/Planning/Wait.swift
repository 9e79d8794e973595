// Verdicts of items that go on by themselves when their turn comes: a backoff ends, a slot becomes
// free, a hold is over, a debt is paid. Dispatch, Budget and RemoteHold give them.

package enum Wait: Hashable, Sendable {
  case retryWaiting(until: Timestamp, sentence: String)
  case noSlot(limit: Int)
  case noSlotForStatus(String, limit: Int)
  case noSlotForRepository(String, limit: Int)
  /// Nil: no time is known.
  case held(until: Timestamp?, why: String)
  /// A process that is not ours works in its workspace.
  case workspaceBusy(by: String)
  /// Finished work that is in the workspace only.
  case unpushed(head: String, why: String)
  /// Checks that have not ended, 0: none is there yet; and the pieces of feedback that wait.
  case checksOpen(Int, pieces: Int)
  /// Feedback that waits for quiet.
  case feedback(pieces: Int, until: Timestamp)
  /// Its merge is under way; how far.
  case merging(PullRequestRef, String)
  /// With the problem that kept an earlier try from it; empty: none.
  case convertingDraft(repository: String, problem: String)

  /// When its turn comes; nil: when something happens, at a time that nobody knows.
  package var until: Timestamp? {
    switch self {
    case .retryWaiting(let until, _): until
    case .held(let until, _): until
    case .feedback(_, let until): until
    case .noSlot, .noSlotForStatus, .noSlotForRepository, .workspaceBusy, .unpushed,
      .convertingDraft, .checksOpen, .merging:
      nil
    }
  }

  package var code: String {
    switch self {
    case .retryWaiting: "retry_waiting"
    case .noSlot: "no_slot"
    case .noSlotForStatus: "no_slot_for_status"
    case .noSlotForRepository: "no_slot_for_repository"
    case .held: "held"
    case .workspaceBusy: "workspace_busy"
    case .unpushed: "unpushed"
    case .convertingDraft: "converting_draft"
    case .checksOpen: "checks_open"
    case .feedback: "feedback"
    case .merging: "merging"
    }
  }

  package var sentence: String {
    switch self {
    case .retryWaiting(let until, let sentence): "runs again at \(until.rfc3339): \(sentence)"
    case .noSlot(let limit):
      "all \(limit) \(Self.slots(limit)) in use (agent.max_concurrent)"
    case .noSlotForStatus(let status, let limit):
      "all \(limit) \(Self.slots(limit)) of status \(status) in use "
        + "(agent.max_concurrent_agents_by_project_status)"
    case .noSlotForRepository(let name, let limit):
      "all \(limit) \(Self.slots(limit)) of \(name) in use (agent.max_concurrent_agents_by_repo)"
    case .held(let until, let why):
      until.map { "held until \($0.rfc3339): \(why)" } ?? "held: \(why)"
    case .workspaceBusy(let who): "\(who), not ours, works in its workspace"
    case .unpushed(let head, let why): "commit \(head.prefix(12)) is not pushed yet: \(why)"
    case .checksOpen(let open, let pieces):
      (open == 0
        ? "its checks are not there yet" : "\(open) check\(open == 1 ? "" : "s") not ended yet")
        + Self.waiting(pieces)
    case .feedback(let pieces, let until):
      "\(pieces) piece\(pieces == 1 ? "" : "s") of feedback; a round starts at "
        + "\(until.rfc3339) if nothing more is said"
    case .merging(let request, let how): "pull request #\(request.number) is being merged: \(how)"
    case .convertingDraft(let repository, let problem):
      "the draft is being turned into an issue of \(repository)"
        + (problem.isEmpty ? "" : ": \(problem)")
    }
  }

  private static func waiting(_ pieces: Int) -> String {
    pieces == 0
      ? "" : "; \(pieces) piece\(pieces == 1 ? "" : "s") of feedback wait\(pieces == 1 ? "s" : "")"
  }

  private static func slots(_ count: Int) -> String { count == 1 ? "slot" : "slots" }
}
