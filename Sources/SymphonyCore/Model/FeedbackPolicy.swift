// The settings of the feedback loop and of merging. A workflow of a predecessor has none of them:
// then nothing is followed up and nothing is merged.

package struct FeedbackPolicy: Hashable, Sendable {
  /// False: nothing is followed up.
  package var isEnabled = false
  /// What starts another round.
  package var reviews = true
  package var comments = true
  package var checks = true
  package var conflicts = true
  /// It has been quiet for so long since the newest piece.
  package var quiet: Interval = .seconds(60)
  /// Rounds of an item until a person asks for more.
  package var maxRounds = 10
  /// Rounds in a row for checks alone, and for conflicts alone.
  package var maxCheckRounds = 3
  package var maxConflictRounds = 3
  /// Threads whose pieces the agent fixed are resolved.
  package var resolveThreads = true
  /// Whoever asked for changes is asked for a review again.
  package var requestsReview = true
  /// Logins of bots whose words count, without `[bot]`.
  package var bots: [String] = []
  /// Issues that carry it are not followed up; nil: there is no such label.
  package var optOutLabel: String? = "no-feedback"
  /// A new head has no checks for so long before that means there are none.
  package var checksGrace: Interval = .seconds(90)
  /// Checks that have not ended after so long are not waited for any more.
  package var checksPatience: Interval = .minutes(60)
  package init() {}

  package var isOn: Bool { Piece.Kind.allCases.contains(where: wants) }

  package func wants(_ kind: Piece.Kind) -> Bool {
    switch kind {
    case .review, .line, .reopened: isEnabled && reviews
    case .comment: isEnabled && comments
    case .check: isEnabled && checks
    case .conflict: isEnabled && conflicts
    }
  }

  package func isOptedOut(_ item: WorkItem) -> Bool {
    optOutLabel.map { item.labels.contains(folded: $0) } ?? false
  }
}

package struct MergePolicy: Hashable, Sendable {
  package enum When: String, CaseIterable, Sendable {
    case never
    case approvedAndGreen = "approved_and_green"
  }
  package enum Method: String, CaseIterable, Codable, Sendable { case merge, squash, rebase }
  package var when: When = .never
  package var method: Method = .squash
  /// The base's merge queue is used where it has one; false: such a pull request is not merged.
  package var queue = true
  package var deletesBranch = true
  package init() {}
}
