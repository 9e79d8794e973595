// A work item as the tracker describes it at one moment. Trackers build it; eligibility, templates
// and fingerprints read it. Everything in it is untrusted text: it is data, never a template or a
// command.

package struct WorkItem: Hashable, Codable, Sendable {
  package enum ContentType: String, Codable, Sendable {
    case issue
    case draftIssue = "draft_issue"
    case pullRequest = "pull_request"
    case redacted
  }
  package enum State: String, Codable, Sendable { case open, closed }

  /// The place of an item on a Projects board.
  package struct BoardPlace: Hashable, Codable, Sendable {
    /// Node id of the project.
    package var projectID: String
    package var projectNumber: Int
    /// Node id of the item on the board; it survives the conversion of a draft.
    package var itemID: String
    /// When the item on the board changed last, in whole seconds of the tracker's clock.
    package var updatedAt: Timestamp?
    package init(projectID: String, projectNumber: Int, itemID: String, updatedAt: Timestamp?) {
      self.projectID = projectID
      self.projectNumber = projectNumber
      self.itemID = itemID
      self.updatedAt = updatedAt
    }
  }

  /// A blocker, a sub-issue or a parent: `state` is `open`, `closed`, or nil when it cannot be
  /// seen.
  package struct Link: Hashable, Codable, Sendable {
    package var id: ItemID?
    package var key: ItemKey
    package var state: State?
    package init(id: ItemID?, key: ItemKey, state: State?) {
      self.id = id
      self.key = key
      self.state = state
    }
  }

  package var id: ItemID
  package var key: ItemKey
  package var repository: RepositoryName
  package var number: Int?
  package var contentType: ContentType
  package var title: String
  package var body: String
  package var url: String
  package var state: State
  /// The board's status, or the local issue's `status`; nil where the tracker has none.
  package var status: String?
  /// Lower case, sorted.
  package var labels: [String]
  package var assignees: [String]
  package var author: String?
  /// The people behind the text as it is now; nil: not looked up yet.
  package var origin: Origin?
  package var milestone: String?
  /// Lower first; nil sorts last.
  package var priority: Int?
  package var blockedBy: [Link]
  /// Open blockers the tracker counted, those in `blockedBy` included.
  package var openBlockers: Int
  /// False when blockers or sub-issues could not be read: dispatch fails closed.
  package var dependenciesKnown: Bool
  package var subIssues: [Link]
  package var openSubIssues: Int
  package var parent: Link?
  package var projectFields: [String: String]
  /// Nil: it is on no board, or the tracker has none.
  package var board: BoardPlace?
  /// A pull request's head branch: work on it starts there and goes back there.
  ///
  /// Nil: the repository's base branch.
  package var baseBranch: String?
  /// Pull requests that say they close the item; for templates only.
  package var linkedPullRequests: [TemplateContext.LinkedPullRequest]
  package var createdAt: Timestamp?
  package var updatedAt: Timestamp?

  package init(
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

  /// The parts of an item that a person's touch changes: state, labels, status, title and body.
  ///
  /// Our own comments and pull requests leave it alone.
  package var fingerprint: String {
    StableHash.hex(
      [state.rawValue, status ?? "", title, body, labels.sorted().joined(separator: "\u{1}")]
        .map { "\($0.utf8.count):\($0)" }.joined(separator: "\u{0}"))
  }

  /// The names listed under a `## Skills` heading of the body: bullets up to the next heading.
  package var skills: [String] {
    var names: [String] = []
    var inside = false
    for line in body.splitLines(keepingEmpty: true) {
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
  package func trimmingWhitespace() -> String {
    var slice = self[...]
    while let first = slice.first, first.isWhitespace { slice = slice.dropFirst() }
    while let last = slice.last, last.isWhitespace { slice = slice.dropLast() }
    return String(slice)
  }
  /// How names of labels, statuses and fields are compared: without case and surrounding space.
  package var folded: String { trimmingWhitespace().lowercased() }
}

extension Sequence<String> {
  /// Whether a name is among these, as names are compared.
  package func contains(folded name: String) -> Bool {
    let wanted = name.folded
    return contains { $0.folded == wanted }
  }
}
