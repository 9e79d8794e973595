// Following up a pull request after the hand-off, as an item's row has it: what was read of it
// last, how many rounds it took, and what was done to its checks. It outlives the claim, which says
// `running` during a round. Planning/Feedback.swift and Round.swift keep it.

package struct FollowUp: Hashable, Codable, Sendable {
  /// The digest of the pull request whose conversation is in the rows; nil: none was read yet.
  package var digest: String?
  /// When that conversation was read.
  package var readAt: Timestamp?
  /// The newest commit of the pull request, and when it was seen first: checks of a new one need
  /// time to appear.
  package var head: String?
  package var headSince: Timestamp?
  /// What became of the checks of that head, where they were read; nil: they were not.
  package var checks: ChecksRead?
  /// Who may write and approved, and the commit that was approved; who requests changes; and the
  /// threads that are open.
  package var approvals: [String: String] = [:]
  package var refusals: [String] = []
  package var openThreads = 0
  /// More was said than could be read.
  package var isPartial: Bool?
  /// Rounds since a person last asked for work on the item.
  package var rounds = 0
  /// Rounds in a row that were for checks, or for conflicts, alone.
  package var checkRounds = 0
  package var conflictRounds = 0
  /// Rounds in a row in which the agent neither committed nor answered.
  package var idleRounds = 0
  /// Heads whose checks were ordered to run once more; only the present one matters.
  package var rerunHead: String?
  /// Threads that we resolved, and those of them that were seen so since: only these can be opened
  /// again.
  package var resolved: [String] = []
  package var seenResolved: [String] = []
  /// What stood in the way of merging, in the server's words, and the digest it was said about.
  package var refusal: String?
  package var refusedDigest: String?
  /// The head that was put into the base's merge queue last.
  package var queuedHead: String?
  /// Pieces by people whose words become no prompt and that have no row: more than are kept.
  package var uncounted: Int?
  package init() {}

  /// The server would not merge or update it as it is now.
  package mutating func refuse(_ why: String) { (refusal, refusedDigest) = (why, digest) }

  /// A person asked for work: every bound begins anew.
  package mutating func beginAnew() {
    (rounds, checkRounds, conflictRounds, idleRounds) = (0, 0, 0, 0)
    queuedHead = nil
  }

  /// The checks of one head.
  package struct ChecksRead: Hashable, Codable, Sendable {
    package var head: String
    /// The counts they were read at: others mean that they changed.
    package var counts: CheckCounts
    /// Failed on the base, too: no work of the agent's.
    package var alsoOnBase: [String]
    /// Wait for a person: an approval, a missing secret.
    package var needPerson: [String]
    /// Why they could not be read one by one; nil: they were.
    package var hidden: String?
    package init(head: String, counts: CheckCounts) {
      self.head = head
      self.counts = counts
      self.alsoOnBase = []
      self.needPerson = []
      self.hidden = nil
    }
  }
}

/// The number of checks of one head, by what became of them.
package struct CheckCounts: Hashable, Codable, Sendable {
  /// Queued, running, expected: not ended.
  package var open = 0
  /// Success, neutral, skipped.
  package var passed = 0
  /// Failed, timed out, cancelled, startup failure, error.
  package var failed = 0
  /// A person has to act.
  package var needPerson = 0
  package init() {}
  package var all: Int { open + passed + failed + needPerson }
}
