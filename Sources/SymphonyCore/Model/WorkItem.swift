// What a tracker says about one work item at one moment. Trackers build it; eligibility, templates
// and fingerprints read it. Everything in it is untrusted text: it is data, never a template or a
// command.

public struct WorkItem: Hashable, Codable, Sendable {
  public enum ContentType: String, Codable, Sendable {
    case issue
    case draftIssue = "draft_issue"
    case pullRequest = "pull_request"
    case redacted
  }
  public enum State: String, Codable, Sendable { case open, closed }

  /// Where an item stands on a Projects board.
  public struct BoardPlace: Hashable, Codable, Sendable {
    /// Node id of the project.
    public var projectID: String
    public var projectNumber: Int
    /// Node id of the item on the board; it survives the conversion of a draft.
    public var itemID: String
    /// When the item on the board changed last, in whole seconds of the tracker's clock.
    public var updatedAt: Timestamp?
    public init(projectID: String, projectNumber: Int, itemID: String, updatedAt: Timestamp?) {
      self.projectID = projectID
      self.projectNumber = projectNumber
      self.itemID = itemID
      self.updatedAt = updatedAt
    }
  }

  /// A blocker, a sub-issue or a parent: `state` is `open`, `closed`, or nil when it cannot be
  /// seen.
  public struct Link: Hashable, Codable, Sendable {
    public var id: ItemID?
    public var key: ItemKey
    public var state: State?
    public init(id: ItemID?, key: ItemKey, state: State?) {
      self.id = id
      self.key = key
      self.state = state
    }
  }

  public var id: ItemID
  public var key: ItemKey
  public var repository: RepositoryName
  public var number: Int?
  public var contentType: ContentType
  public var title: String
  public var body: String
  public var url: String
  public var state: State
  /// The board's status, or the local issue's `status`; nil where the tracker has none.
  public var status: String?
  /// Lower case, sorted.
  public var labels: [String]
  public var assignees: [String]
  public var author: String?
  /// Who stands behind the text as it is now; nil: nobody has looked.
  public var origin: Origin?
  public var milestone: String?
  /// Lower first; nil sorts last.
  public var priority: Int?
  public var blockedBy: [Link]
  /// Open blockers the tracker counted, those in `blockedBy` included.
  public var openBlockers: Int
  /// False when blockers or sub-issues could not be read: dispatch fails closed.
  public var dependenciesKnown: Bool
  public var subIssues: [Link]
  public var openSubIssues: Int
  public var parent: Link?
  public var projectFields: [String: String]
  /// Nil: it is on no board, or the tracker has none.
  public var board: BoardPlace?
  /// A pull request's head branch: work on it starts there and goes back there. Nil: the
  /// repository's base branch.
  public var baseBranch: String?
  /// Pull requests that say they close the item; for templates only.
  public var linkedPullRequests: [TemplateContext.LinkedPullRequest]
  public var createdAt: Timestamp?
  public var updatedAt: Timestamp?

  public init(
    id: ItemID, key: ItemKey, repository: RepositoryName, number: Int?, title: String,
    body: String = "", url: String = "", state: State = .open
  ) {
    self.id = id
    self.key = key
    self.repository = repository
    self.number = number
    self.contentType = .issue
    self.title = title
    self.body = body
    self.url = url
    self.state = state
    self.status = nil
    self.labels = []
    self.assignees = []
    self.author = nil
    self.origin = nil
    self.milestone = nil
    self.priority = nil
    self.blockedBy = []
    self.openBlockers = 0
    self.dependenciesKnown = true
    self.subIssues = []
    self.openSubIssues = 0
    self.parent = nil
    self.projectFields = [:]
    self.board = nil
    self.baseBranch = nil
    self.linkedPullRequests = []
    self.createdAt = nil
    self.updatedAt = nil
  }

  /// What a human changes when they touch the item: state, labels, status, title and body. Our own
  /// comments and pull requests leave it alone.
  public var fingerprint: String {
    StableHash.hex(
      [state.rawValue, status ?? "", title, body, labels.sorted().joined(separator: "\u{1}")]
        .map { "\($0.utf8.count):\($0)" }.joined(separator: "\u{0}"))
  }

  /// The names listed under a `## Skills` heading of the body: bullets up to the next heading.
  public var skills: [String] {
    var names: [String] = []
    var inside = false
    for line in body.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.trimmingWhitespace()
      if text.hasPrefix("#") {
        let title = text.drop { $0 == "#" }.trimmingWhitespace()
        inside = text.hasPrefix("##") && !text.hasPrefix("###") && title.lowercased() == "skills"
      } else if inside, let first = text.first, "-*+".contains(first) {
        let name = text.dropFirst().trimmingWhitespace()
        if !name.isEmpty, !names.contains(name) { names.append(name) }
      }
    }
    return names
  }
}

extension StringProtocol {
  /// Without spaces, tabs and line ends on both sides.
  public func trimmingWhitespace() -> String {
    var slice = self[...]
    while let first = slice.first, first.isWhitespace { slice = slice.dropFirst() }
    while let last = slice.last, last.isWhitespace { slice = slice.dropLast() }
    return String(slice)
  }
  /// How names of labels, statuses and fields are compared: without case and surrounding space.
  public var folded: String { trimmingWhitespace().lowercased() }
}

extension Sequence<String> {
  /// Whether a name is among these, as names are compared.
  public func contains(folded name: String) -> Bool {
    let wanted = name.folded
    return contains { $0.folded == wanted }
  }
}
