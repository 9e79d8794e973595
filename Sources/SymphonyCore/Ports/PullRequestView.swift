// One look at a pull request that waits for people: a few facts each tick, all that was said only
// where something has changed. A tracker fills it in and judges nothing: who is believed, what is
// new and what follows is the planner's.

/// What is asked about the pull request of a watched item.
package struct FollowQuestion: Hashable, Sendable {
  /// The digest whose conversation is known; nil: none is.
  package var digest: String?
  /// Read the conversation also if the digest is that one.
  package var wantsConversation: Bool
  /// The checks that were read, by head and counts; nil: none were, or they are not wanted.
  package var checks: FollowUp.ChecksRead?
  package var wantsChecks: Bool
  /// Read the logs of these jobs of failed checks.
  package var jobs: [Int64]
  package init(
    digest: String?, wantsConversation: Bool = false, checks: FollowUp.ChecksRead? = nil,
    wantsChecks: Bool, jobs: [Int64] = []
  ) {
    self.digest = digest
    self.wantsConversation = wantsConversation
    self.checks = checks
    self.wantsChecks = wantsChecks
    self.jobs = jobs
  }
}

package struct PullRequestView: Hashable, Sendable {
  package enum Mergeability: String, Sendable {
    case mergeable, conflicting
    /// Not computed yet: decides nothing.
    case unknown
  }
  /// GitHub's `mergeStateStatus`: it names no cause, and `blocked` hides `behind`.
  package enum MergeState: String, Sendable {
    case clean, unstable, blocked, behind, dirty, draft, unknown
    case hasHooks = "has_hooks"
  }
  package enum Decision: String, Sendable {
    case approved
    case changesRequested = "changes_requested"
    case reviewRequired = "review_required"
  }

  package var ref: PullRequestRef
  /// The tracker's id.
  package var id: String
  package var isDraft = false
  /// Its newest commit.
  package var head: String
  /// The branch it goes to, and that branch's newest commit; nil: not known.
  package var base: String
  package var baseHead: String?
  package var mergeability = Mergeability.unknown
  package var mergeState = MergeState.unknown
  /// The base names checks that have to pass.
  package var requiresChecks = false
  /// Nil: the base requires no review, whatever was said.
  package var decision: Decision?
  /// The base has a merge queue, and the pull request is in it.
  package var hasQueue = false
  package var isInQueue = false
  /// Nil: the head has no checks.
  package var checks: CheckCounts?
  /// Changes when anything of this, of reviews, comments or threads changes.
  package var digest: String
  /// Nil: not read.
  package var conversation: Conversation?
  /// Checks that are not green, of this head; nil: not read.
  package var troubles: [CheckTrouble]?
  /// Why they cannot be read one by one.
  package var hiddenChecks: String?
  package init(ref: PullRequestRef, id: String, head: String, base: String, digest: String) {
    self.ref = ref
    self.id = id
    self.head = head
    self.base = base
    self.digest = digest
  }
}

/// All that was said on a pull request, as far as it counts at all.
package struct Conversation: Hashable, Sendable {
  package var remarks: [Remark]
  /// The last approval or request for changes of each person who may write.
  package var opinions: [Opinion]
  /// Threads that are open, by id.
  package var openThreads: [String]
  /// People who are asked for a review now.
  package var requested: [String]
  /// False: more was said than is read; the oldest is missing.
  package var isWhole: Bool
  package init(
    remarks: [Remark] = [], opinions: [Opinion] = [], openThreads: [String] = [],
    requested: [String] = [], isWhole: Bool = true
  ) {
    self.remarks = remarks
    self.opinions = opinions
    self.openThreads = openThreads
    self.requested = requested
    self.isWhole = isWhole
  }
}

/// A review, a line comment or a comment, as it stands now.
package struct Remark: Hashable, Sendable {
  /// `review`, `line` or `comment`.
  package var kind: Piece.Kind
  package var id: String
  package var words: PieceWords
  package var isBot = false
  /// Nil: not known.
  package var mayWrite: Bool?
  /// Our own account wrote it, or a person who uses the same.
  package var isByViewer = false
  /// The nonce of a marker of ours at its end; nil: it has none.
  package var nonce: String?
  /// Hidden by somebody; a review that was dismissed; a thread that is resolved.
  package var isMinimized = false
  package var isDismissed = false
  package var isResolved = false
  package init(_ kind: Piece.Kind, id: String, words: PieceWords) {
    self.kind = kind
    self.id = id
    self.words = words
  }
}

package struct Opinion: Hashable, Sendable {
  package var author: String
  package var isApproval: Bool
  /// The review it was given with, and the commit it was given for.
  package var review: String
  package var head: String
  /// Our own account's: it approves nothing.
  package var isByViewer = false
  package init(author: String, isApproval: Bool, review: String, head: String) {
    self.author = author
    self.isApproval = isApproval
    self.review = review
    self.head = head
  }
}

/// A check of the head that is not green.
package struct CheckTrouble: Hashable, Sendable {
  package enum Kind: String, Sendable {
    /// It says the work is wrong.
    case failed
    /// It ended without a verdict on the work: timed out, cancelled, did not start.
    case broken
    /// A person has to act first.
    case needsPerson = "needs_person"
  }
  package var kind: Kind
  /// App, workflow and name: what tells it from others of the same head.
  package var key: String
  package var name: String
  /// The tracker's id of this run of it: another after it ran again.
  package var run: String
  package var conclusion: String
  package var isRequired: Bool
  /// It fails on the base's newest commit, too; nil: not known.
  package var failsOnBase: Bool?
  /// Title, summary and annotations, where the app gave any.
  package var text: String
  package var url: String?
  package var at: Timestamp
  /// The job that has its log, and can be run again; nil: it is no job of GitHub Actions.
  package var job: Int64?
  package init(
    _ kind: Kind, key: String, name: String, run: String, conclusion: String, at: Timestamp
  ) {
    self.kind = kind
    self.key = key
    self.name = name
    self.run = run
    self.conclusion = conclusion
    self.isRequired = false
    self.text = ""
    self.at = at
  }
}

/// The log of a failed job, cleaned: no stamps, no terminal sequences, no secrets of ours.
package struct CheckLog: Hashable, Sendable {
  /// The lines around the failure.
  package var excerpt: String
  /// Its last part, at most `limit` bytes.
  package var whole: String
  package static let limit = 200 << 10
  package init(excerpt: String, whole: String) {
    self.excerpt = excerpt
    self.whole = whole
  }
}
