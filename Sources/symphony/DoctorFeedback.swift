// What doctor says of following up pull requests: what goes back to the agent, and what is merged
// without a person. Looks at the settings alone.
import SymphonyCore

extension Checkup {
  /// Empty: nothing is followed up and nothing merged.
  func followedUp(_ policy: Policy) -> [Finding] {
    var findings: [Finding] = []
    if policy.feedback.isOn {
      let kinds: [(String, Piece.Kind)] = [
        ("reviews", .review), ("comments", .comment), ("failed checks", .check),
        ("conflicts", .conflict),
      ]
      let told = kinds.filter { policy.feedback.wants($0.1) }.map(\.0).joined(separator: ", ")
      let rounds = policy.feedback.maxRounds
      findings.append(
        Finding(.pass, "feedback", "\(told) go back to the agent, \(rounds) rounds an issue"))
    }
    guard policy.merge.when != .never else { return findings }
    let need = "what somebody who may write approved and whose checks passed is merged"
    if policy.pullRequest.draft {
      findings.append(
        Finding(
          .warn, "feedback",
          "\(need), but pull requests are opened as drafts, which nobody can merge",
          hint: "set pull_request.draft_by_default: false, or mark each one as ready"))
    } else {
      findings.append(Finding(.pass, "feedback", need + " without a person"))
    }
    return findings
  }
}
