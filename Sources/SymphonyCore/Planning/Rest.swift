// Verdicts of items that nothing is done for until a person touches them: handed over, parked, or
// over. Dispatch gives them, from the item's claim.

package enum Rest: Hashable, Sendable {
  /// Its pull request waits for a person; what its status on the board waits for, if for anything,
  /// and what did not work in its run.
  case handedOff(PullRequestRef, waitsFor: String?, remark: String? = nil)
  /// The workflow merges what is approved and green; what is missing.
  case notMerged(PullRequestRef, String)
  /// Somebody else moved it to the hand-off status.
  case handedOffElsewhere(status: String)
  /// The work is pushed, the pull request is owed; why it is not there yet, if that is known.
  case pullRequestOwed(String, remark: String? = nil)
  case pushedOnly(branch: String, remark: String? = nil)
  case parked(ParkingReason, sentence: String)
  case done(PullRequestRef?)
  /// The tracker does not have it any more, and how that is known.
  case gone(String)
  /// An operator let go of it; who and why.
  case letGo(String)

  package var code: String {
    switch self {
    case .handedOff: "handed_off"
    case .notMerged: "not_merged"
    case .handedOffElsewhere: "handed_off_elsewhere"
    case .pullRequestOwed: "pull_request_owed"
    case .pushedOnly: "pushed_only"
    case .parked(let reason, _): reason.rawValue
    case .done: "done"
    case .gone: "gone"
    case .letGo: "released_by_operator"
    }
  }

  package var sentence: String {
    switch self {
    case .handedOff(let request, let waitsFor, let remark):
      "pull request #\(request.number) waits for a person: \(request.url)"
        + (waitsFor.map { "; its status waits: \($0)" } ?? "")
        + Self.besides(remark)
    case .notMerged(let request, let why):
      "pull request #\(request.number) waits for a person: \(why): \(request.url)"
    case .handedOffElsewhere(let status):
      "somebody moved it to \(status); move it back to an active status to go on"
    case .pullRequestOwed(let why, let remark):
      "the branch is pushed, the pull request is still owed" + (why.isEmpty ? "" : ": \(why)")
        + Self.besides(remark)
    case .pushedOnly(let branch, let remark):
      "branch \(branch) is pushed; pull_request.open_pr_on_success is false"
        + Self.besides(remark)
    case .parked(_, let sentence): sentence
    case .done(let request): request.map { "done: pull request #\($0.number) was merged" } ?? "done"
    case .gone(let why): why
    case .letGo(let why): "\(why); `symphony retry` takes it up again"
    }
  }

  private static func besides(_ remark: String?) -> String {
    remark.map { "; not all of its run worked: \($0)" } ?? ""
  }
}
