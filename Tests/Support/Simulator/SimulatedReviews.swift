// What is said on a simulated pull request beside its comments: reviews, threads on lines, requests
// for reviews. Values; GitHubWorld keeps them with the pull request, GraphQL shows them, and
// ReviewEdits.swift changes them.
import SymphonyCore

package struct SimulatedReview: Hashable, Sendable {
  package var id: Int
  package var nodeID: String
  package var author: String
  /// `PENDING`, `COMMENTED`, `APPROVED`, `CHANGES_REQUESTED`, `DISMISSED`.
  package var state: String
  package var body: String
  package var createdAt: Timestamp
  package var editedAt: Timestamp?
  package var isMinimized = false
  package var commit: String
}

/// A comment on a line; each belongs to a review, a reply to an empty one of its own.
package struct SimulatedLine: Hashable, Sendable {
  package var id: Int
  package var nodeID: String
  package var author: String
  package var body: String
  package var createdAt: Timestamp
  package var editedAt: Timestamp?
  package var isMinimized = false
  /// The review's node id.
  package var review: String
  package var isPending = false
}

package struct SimulatedThread: Hashable, Sendable {
  package var id: Int
  package var nodeID: String
  package var path: String
  package var line: Int?
  package var startLine: Int?
  package var originalLine: Int?
  package var isOnFile = false
  package var isOutdated = false
  package var isResolved = false
  package var hunk: String
  package var commit: String
  package var lines: [SimulatedLine]
}

/// A comment that a review is to bring with it.
package struct SimulatedLinePlan: Sendable {
  package var path: String
  /// Nil: on the whole file.
  package var line: Int?
  package var start: Int?
  package var body: String
  package init(_ path: String, _ line: Int?, _ body: String, from start: Int? = nil) {
    (self.path, self.line, self.body, self.start) = (path, line, body, start)
  }
}

/// The part of a pull request that reviews and its base's rules make.
package struct SimulatedReviewing: Hashable, Sendable {
  package var reviews: [SimulatedReview] = []
  package var threads: [SimulatedThread] = []
  /// People who are asked for a review.
  package var requested: [String] = []
  package var decision: String?
  /// GitHub's words; computed in the background there, set by tests here.
  package var mergeable = "MERGEABLE"
  package var mergeState = "CLEAN"
  package var hasQueue = false
  package var isInQueue = false
  /// Why the next merges are refused with 405.
  package var mergeRefusal: String?
  package init() {}
}
