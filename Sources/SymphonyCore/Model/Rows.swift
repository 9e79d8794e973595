// The rows that are neither items nor runs: what we owe the tracker (outbox), what stands in the
// way (holds), what commands ask for (requests), and what happened (ledger).

/// Something owed to the tracker; a row before it is a request.
///
/// Delivered at least once, effective once.
package struct OutboxEntry: Hashable, Sendable {
  package enum State: String, Codable, Sendable, CaseIterable {
    case pending, delivered, refused, superseded
  }

  package var id: Int64
  package var item: ItemID
  /// Unique: the same debt is never entered twice.
  package var dedupeKey: String
  package var payload: Payload
  /// Random and unknown to anyone before delivery; it marks the comment it belongs to.
  package var nonce: String
  package var state: State
  /// How often a delivery was begun; above zero, an earlier one may have succeeded unseen.
  package var tries: Int
  package var nextTry: Deadline
  package var createdAt: Timestamp
  package var lastError: String

  package init(
    id: Int64 = 0, item: ItemID, dedupeKey: String, payload: Payload, nonce: String,
    createdAt: Timestamp
  ) {
    self.id = id
    self.item = item
    self.dedupeKey = dedupeKey
    self.payload = payload
    self.nonce = nonce
    self.state = .pending
    self.tries = 0
    self.nextTry = Deadline(setAt: createdAt, delay: .zero)
    self.createdAt = createdAt
    self.lastError = ""
  }

  /// The kind of debt that a row says it holds.
  ///
  /// The list is closed here and not in the database, so that a new kind of debt changes no table.
  package enum Kind: String, Sendable, CaseIterable {
    case ensurePullRequest = "ensure_pull_request"
    case comment
    case setStatus = "set_status"
    case setLabels = "set_labels"
    case convertDraft = "convert_draft"
    case closeIssue = "close_issue"
    case reply
    case resolveThread = "resolve_thread"
    case requestReview = "request_review"
    case rerunChecks = "rerun_checks"
    case updateBranch = "update_branch"
    case merge
  }

  /// Stored as its kind and, beside it, the order as JSON: no name of a case is in it.
  package enum Payload: Hashable, Sendable {
    case ensurePullRequest(PullRequestOrder)
    case comment(CommentOrder)
    case setStatus(StatusOrder)
    case setLabels(LabelOrder)
    case convertDraft(DraftOrder)
    case closeIssue(CloseOrder)
    case reply(ReplyOrder)
    case resolveThread(ResolveOrder)
    case requestReview(ReviewRequestOrder)
    case rerunChecks(RerunOrder)
    case updateBranch(UpdateOrder)
    case merge(MergeOrder)
    package var storedKind: Kind {
      switch self {
      case .ensurePullRequest: .ensurePullRequest
      case .comment: .comment
      case .setStatus: .setStatus
      case .setLabels: .setLabels
      case .convertDraft: .convertDraft
      case .closeIssue: .closeIssue
      case .reply: .reply
      case .resolveThread: .resolveThread
      case .requestReview: .requestReview
      case .rerunChecks: .rerunChecks
      case .updateBranch: .updateBranch
      case .merge: .merge
      }
    }
    package var kind: String { storedKind.rawValue }
    /// The same order, whether or not it is looked for before.
    package func isLike(_ other: Payload) -> Bool {
      guard case .comment(var mine) = self, case .comment(let theirs) = other else {
        return self == other
      }
      mine.mayBeThere = theirs.mayBeThere
      return mine == theirs
    }
    /// Only makes sense once the item has a pull request.
    package var needsPullRequest: Bool {
      switch self {
      case .comment(let order): order.text.contains(CommentOrder.pullRequestPlaceholder)
      case .setStatus(let order): order.needsPullRequest
      case .setLabels(let order): order.needsPullRequest
      case .ensurePullRequest, .convertDraft, .closeIssue, .reply, .resolveThread,
        .requestReview, .rerunChecks, .updateBranch, .merge:
        false
      }
    }
  }
}

/// Move an item to a status.
///
/// The item is named by the entry's `item`: an issue's node id, or the board item of a draft.
package struct StatusOrder: Hashable, Codable, Sendable {
  package var key: ItemKey
  package var repository: RepositoryName
  package var value: String
  /// The statuses it may be moved from; another one means that a person was faster.
  ///
  /// Empty: any.
  package var expected: [String]
  /// Checks of `branch` that must be green before the move.
  package var checks: [String]
  package var branch: String
  package var needsPullRequest: Bool
  package init(
    key: ItemKey, repository: RepositoryName, value: String, expected: [String],
    checks: [String] = [], branch: String, needsPullRequest: Bool
  ) {
    self.key = key
    self.repository = repository
    self.value = value
    self.expected = expected
    self.checks = checks
    self.branch = branch
    self.needsPullRequest = needsPullRequest
  }
}

package struct LabelOrder: Hashable, Codable, Sendable {
  package var key: ItemKey
  package var repository: RepositoryName
  package var number: Int?
  package var move: LabelMove
  package var needsPullRequest: Bool
  package init(
    key: ItemKey, repository: RepositoryName, number: Int?, move: LabelMove, needsPullRequest: Bool
  ) {
    self.key = key
    self.repository = repository
    self.number = number
    self.move = move
    self.needsPullRequest = needsPullRequest
  }
}

/// Turn the draft (the entry's `item` is its board item) into an issue of `repository`.
package struct DraftOrder: Hashable, Codable, Sendable {
  package var repository: RepositoryName
  package init(repository: RepositoryName) { self.repository = repository }
}

/// Close the issue of a merged pull request.
package struct CloseOrder: Hashable, Codable, Sendable {
  package var key: ItemKey
  package var repository: RepositoryName
  package var number: Int?
  package init(key: ItemKey, repository: RepositoryName, number: Int?) {
    self.key = key
    self.repository = repository
    self.number = number
  }
}

package struct PullRequestOrder: Hashable, Codable, Sendable {
  package var repository: RepositoryName
  package var key: ItemKey
  package var head: String
  /// Nil: the repository's default branch.
  package var base: String?
  package var title: String
  package var body: String
  package var draft: Bool
  /// False: an open pull request that is not ours on the branch is not taken over.
  package var reuse: Bool
  package init(
    repository: RepositoryName, key: ItemKey, head: String, base: String?, title: String,
    body: String,
    draft: Bool, reuse: Bool = true
  ) {
    self.repository = repository
    self.key = key
    self.head = head
    self.base = base
    self.title = title
    self.body = body
    self.draft = draft
    self.reuse = reuse
  }
}

extension PullRequestOrder {
  /// An order stored before `reuse` existed took over what it found.
  package init(from decoder: any Decoder) throws {
    let stored = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      repository: try stored.decode(RepositoryName.self, forKey: .repository),
      key: try stored.decode(ItemKey.self, forKey: .key),
      head: try stored.decode(String.self, forKey: .head),
      base: try stored.decodeIfPresent(String.self, forKey: .base),
      title: try stored.decode(String.self, forKey: .title),
      body: try stored.decode(String.self, forKey: .body),
      draft: try stored.decode(Bool.self, forKey: .draft),
      reuse: try stored.decodeIfPresent(Bool.self, forKey: .reuse) ?? true)
  }
}

package struct CommentOrder: Hashable, Codable, Sendable {
  /// Replaced by the pull request's URL at delivery.
  package static let pullRequestPlaceholder = "{pull_request_url}"
  package var repository: RepositoryName
  package var key: ItemKey
  package var number: Int?
  package var text: String
  /// Rows are gone that may have owed it before, under another nonce.
  ///
  /// A comment of ours with the same words, not older than the debt, is this one.
  package var mayBeThere: Bool?
  /// `number` is the pull request's; nil: the issue's.
  package var isOnPullRequest: Bool?
  package init(
    repository: RepositoryName, key: ItemKey, number: Int?, text: String,
    isOnPullRequest: Bool? = nil
  ) {
    self.isOnPullRequest = isOnPullRequest
    self.repository = repository
    self.key = key
    self.number = number
    self.text = text
  }
}

/// Something that stands in the way of dispatch or of the tracker until a time, or until it is
/// lifted.
package struct Hold: Hashable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// `symphony pause`: nothing is dispatched until `symphony resume`.
    case pause
    /// The tracker's rate limit: no request is sent.
    case tracker
    /// The agent's account is at its limit, or a person has to act first.
    case agent
    /// A repository's git remote is out of reach.
    case remote
    /// `symphony hold AGENT`: no new run of an account until its end, or until a person lifts it.
    ///
    /// A kind of its own, so that no limit, probe or success of a run touches it.
    case byOperator = "operator"
    /// It stays beyond its end until one run has shown that what it is about is over.
    package var isProbed: Bool { self == .agent || self == .remote }
  }
  package var kind: Kind
  /// The thing that is held: empty for all, else an account's text or `RepositoryName.folded`.
  package var scope: String
  /// The account that is held by a limit or a trouble of its own; nil: it is about something else.
  package var account: Account? { kind == .agent ? Account(scope) : nil }
  package var why: String
  /// Nil: until lifted.
  package var until: Deadline?
  package var setAt: Timestamp
  /// Agents only: it ends by itself only if a person has logged in, paid or mended something.
  package var needsOperator = false
  package init(kind: Kind, scope: String, why: String, until: Deadline?, setAt: Timestamp) {
    self.kind = kind
    self.scope = scope
    self.why = why
    self.until = until
    self.setAt = setAt
  }
  /// Without an end, or with one still to come.
  ///
  /// A pause or an operator's hold ends at a time of the clock, even if the clock was set back
  /// since. A provider's limit counts as over then, too, and is probed.
  package func isInForce(at now: Timestamp) -> Bool {
    switch kind {
    case .pause, .byOperator: until.map { now < $0.time } ?? true
    case .tracker, .agent, .remote: until?.isDue(at: now) != true
    }
  }
}

/// A command's request to the next tick.
package struct OperatorRequest: Hashable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    case stop, retry
    /// Let go of the item: nothing runs for it until a retry.
    case release
    /// A stop of everything: what it ends is remembered, so that it can go on together.
    case stopAll = "stop_all"
    /// Go on with what a stop of everything ended.
    case goOn = "go_on"

    /// It ends what is under way, and takes back what was asked for before it.
    package var isStop: Bool { self == .stop || self == .stopAll }
    /// As people name it: the command.
    package var word: String {
      switch self {
      case .stop, .stopAll: "stop"
      case .retry: "retry"
      case .release: "release"
      case .goOn: "resume"
      }
    }
  }
  package var id: Int64
  package var kind: Kind
  package var item: ItemID
  package var by: String
  package var why: String
  package var takeOver: Bool
  package var at: Timestamp
  package init(
    id: Int64 = 0, kind: Kind, item: ItemID, by: String, why: String, takeOver: Bool = false,
    at: Timestamp
  ) {
    self.id = id
    self.kind = kind
    self.item = item
    self.by = by
    self.why = why
    self.takeOver = takeOver
    self.at = at
  }
}

/// One row per change of verdict.
package struct LedgerEntry: Hashable, Sendable {
  package var item: ItemID
  package var at: Timestamp
  package var code: String
  package var sentence: String
  /// The wake that began the round of which this is the first change; nil: it began none.
  package var wake: Wake?
  package init(
    item: ItemID, at: Timestamp, code: String, sentence: String, wake: Wake? = nil
  ) {
    self.wake = wake
    self.item = item
    self.at = at
    self.code = code
    self.sentence = sentence
  }
}
