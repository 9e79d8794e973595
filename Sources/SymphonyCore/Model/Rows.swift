// The rows that are neither items nor runs: what we owe the tracker (outbox), what stands in the
// way (holds), what commands ask for (requests), and what happened (ledger).

/// Something owed to the tracker; a row before it is a request. Delivered at least once, effective
/// once.
public struct OutboxEntry: Hashable, Sendable {
  public enum State: String, Codable, Sendable, CaseIterable {
    case pending, delivered, refused, superseded
  }

  public var id: Int64
  public var item: ItemID
  /// Unique: the same debt is never entered twice.
  public var dedupeKey: String
  public var payload: Payload
  /// Random and unknown to anyone before delivery; it marks the comment it belongs to.
  public var nonce: String
  public var state: State
  /// How often a delivery was begun; above zero, an earlier one may have succeeded unseen.
  public var tries: Int
  public var nextTry: Deadline
  public var createdAt: Timestamp
  public var lastError: String

  public init(
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

  public enum Payload: Hashable, Codable, Sendable {
    case ensurePullRequest(PullRequestOrder)
    case comment(CommentOrder)
    case setStatus(StatusOrder)
    case setLabels(LabelOrder)
    case convertDraft(DraftOrder)
    case closeIssue(CloseOrder)
    /// One word per case; the database's CHECK lists them too.
    public var kind: String {
      switch self {
      case .ensurePullRequest: "ensure_pull_request"
      case .comment: "comment"
      case .setStatus: "set_status"
      case .setLabels: "set_labels"
      case .convertDraft: "convert_draft"
      case .closeIssue: "close_issue"
      }
    }
    /// Only makes sense once the item has a pull request.
    public var needsPullRequest: Bool {
      switch self {
      case .comment(let order): order.text.contains(CommentOrder.pullRequestPlaceholder)
      case .setStatus(let order): order.needsPullRequest
      case .setLabels(let order): order.needsPullRequest
      case .ensurePullRequest, .convertDraft, .closeIssue: false
      }
    }
  }
}

/// Move an item to a status. The item is named by the entry's `item`: an issue's node id, or the
/// board item of a draft.
public struct StatusOrder: Hashable, Codable, Sendable {
  public var key: ItemKey
  public var repository: RepositoryName
  public var value: String
  /// The statuses it may be moved from; another one means that a human was faster. Empty: any.
  public var expected: [String]
  /// Checks of `branch` that must be green before the move.
  public var checks: [String]
  public var branch: String
  public var needsPullRequest: Bool
  public init(
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

public struct LabelOrder: Hashable, Codable, Sendable {
  public var key: ItemKey
  public var repository: RepositoryName
  public var number: Int?
  public var move: LabelMove
  public var needsPullRequest: Bool
  public init(
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
public struct DraftOrder: Hashable, Codable, Sendable {
  public var repository: RepositoryName
  public init(repository: RepositoryName) { self.repository = repository }
}

/// Close the issue of a merged pull request.
public struct CloseOrder: Hashable, Codable, Sendable {
  public var key: ItemKey
  public var repository: RepositoryName
  public var number: Int?
  public init(key: ItemKey, repository: RepositoryName, number: Int?) {
    self.key = key
    self.repository = repository
    self.number = number
  }
}

public struct PullRequestOrder: Hashable, Codable, Sendable {
  public var repository: RepositoryName
  public var key: ItemKey
  public var head: String
  /// Nil: the repository's default branch.
  public var base: String?
  public var title: String
  public var body: String
  public var draft: Bool
  /// False: an open pull request that is not ours on the branch is not taken over.
  public var reuse: Bool
  public init(
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
  public init(from decoder: any Decoder) throws {
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

public struct CommentOrder: Hashable, Codable, Sendable {
  /// Replaced by the pull request's URL at delivery.
  public static let pullRequestPlaceholder = "{pull_request_url}"
  public var repository: RepositoryName
  public var key: ItemKey
  public var number: Int?
  public var text: String
  public init(repository: RepositoryName, key: ItemKey, number: Int?, text: String) {
    self.repository = repository
    self.key = key
    self.number = number
    self.text = text
  }
}

/// Something that stands in the way of dispatch or of the tracker until a time, or until it is
/// lifted.
public struct Hold: Hashable, Sendable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// `symphony pause`: nothing is dispatched until `symphony resume`.
    case pause
    /// The tracker's rate limit: no request is sent.
    case tracker
    /// The agent's account is at its limit, or a person has to act first.
    case agent
    /// A repository's git remote is out of reach.
    case remote
    /// It stays beyond its end until one run has shown that what it is about is over.
    public var isProbed: Bool { self == .agent || self == .remote }
  }
  public var kind: Kind
  /// What it is about: empty for all, else an agent's account or `RepositoryName.folded`.
  public var scope: String
  public var why: String
  /// Nil: until lifted.
  public var until: Deadline?
  public var setAt: Timestamp
  /// Agents only: it ends by itself only if a person has logged in, paid or mended something.
  public var needsOperator = false
  public init(kind: Kind, scope: String, why: String, until: Deadline?, setAt: Timestamp) {
    self.kind = kind
    self.scope = scope
    self.why = why
    self.until = until
    self.setAt = setAt
  }
  /// Without an end, or with one still to come.
  public func isInForce(at now: Timestamp) -> Bool { until?.isDue(at: now) != true }
}

/// What a command asks the next tick to do.
public struct Request: Hashable, Sendable {
  public enum Kind: String, Codable, Sendable, CaseIterable { case stop, retry }
  public var id: Int64
  public var kind: Kind
  public var item: ItemID
  public var by: String
  public var why: String
  public var takeOver: Bool
  public var at: Timestamp
  public init(
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
public struct LedgerEntry: Hashable, Sendable {
  public var item: ItemID
  public var at: Timestamp
  public var code: String
  public var sentence: String
  public init(item: ItemID, at: Timestamp, code: String, sentence: String) {
    self.item = item
    self.at = at
    self.code = code
    self.sentence = sentence
  }
}
