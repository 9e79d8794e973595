// One GraphQL request as a list of things wanted: pages of the board, items by id, pull requests
// of branches, comments, names of blockers. It composes the document; everything that is owed at
// the same time goes into one. BoardSurvey, Confirmation, DependencyNames and the board's
// examination ask; InquiryReply reads the answer.
import SymphonyCore

struct Inquiry: Sendable {
  /// A page of the board's items.
  struct Page: Hashable, Sendable {
    /// The filter, in the language of the board; nil: all items.
    var filter: String?
    /// The cursor of the page before; nil: the first page.
    var after: String?
  }
  /// A repository, and the branches whose pull requests are wanted.
  struct Repository: Hashable, Sendable {
    var name: RepositoryName
    var branches: [String] = []
  }

  /// The operation's name.
  var name: String
  /// Show the board itself with its fields.
  var wantsBoard = false
  var active: Page?
  var scan: Page?
  var watched: [ItemID] = []
  /// How many boards of a watched issue are looked through for ours.
  var placesPerItem = 10
  /// With all values, links and closing pull requests.
  var isInFull = false
  var commented: [ItemID] = []
  /// Items whose blockers and sub-issues are wanted by name.
  var linked: [ItemID] = []
  var repositories: [Repository] = []
  var wantsViewer = false

  var hasPages: Bool { active != nil || scan != nil }

  /// The most items, repositories and comments in one request, so that none is too heavy for the
  /// server.
  static let itemLimit = 50
  static let repositoryLimit = 50
  static let commentLimit = 50

  func call(_ policy: TrackerPolicy, _ features: ServerFeatures, pageSize: Int) -> GraphQLCall {
    let board = policy.board
    // Without a filter the answer would have other items; the caller then reads the whole board.
    let active = active.flatMap { $0.filter == nil || features.has(.itemFilter) ? $0 : nil }
    var declared: [String] = []
    var variables: [String: Structure] = [:]
    func declare(_ name: String, _ type: String, _ value: Structure) {
      declared.append("$\(name): \(type)")
      variables[name] = value
    }
    func ids(_ name: String, _ items: [ItemID]) {
      declare(name, "[ID!]!", .list(items.map { .string($0.text) }))
    }
    var parts: [String] = []
    if let board, wantsBoard || active != nil || scan != nil {
      declare("login", "String!", .string(board.owner))
      declare("number", "Int!", .integer(Int64(board.number)))
      if let filter = active?.filter { declare("filter", "String!", .string(filter)) }
      if let after = active?.after { declare("activeAfter", "String!", .string(after)) }
      if let after = scan?.after { declare("scanAfter", "String!", .string(after)) }
      parts.append(boardPart(board, [("active", active), ("scan", scan)], features, pageSize))
    }
    if !watched.isEmpty {
      ids("watched", watched)
      parts.append(watchedPart(board))
      if isInFull {
        parts.append("links: nodes(ids: $watched) { ...LinkFacts \(closing(features)) }")
      }
    }
    if !linked.isEmpty {
      ids("linked", linked)
      parts.append("links: nodes(ids: $linked) { ...LinkFacts }")
    }
    if !commented.isEmpty {
      ids("commented", commented)
      let comments =
        "id number comments(last: \(Self.commentLimit)) { totalCount nodes { ...CommentFacts } }"
      parts.append(
        "commented: nodes(ids: $commented) { ... on Issue { \(comments) } "
          + "... on PullRequest { \(comments) } }")
    }
    parts += repositories.enumerated().map { repositoryPart($0, $1) }
    if wantsViewer { parts.append("viewer { login }") }
    parts.append("rateLimit { cost limit remaining used resetAt }")
    let head = declared.isEmpty ? "" : "(\(declared.joined(separator: ", ")))"
    let operation = "query \(name)\(head) {\n  \(parts.joined(separator: "\n  "))\n}"
    return GraphQLCall(
      name: name,
      document: Fragments(features: features, policy: policy, isInFull: isInFull)
        .complete(operation), variables: variables)
  }

  private func boardPart(
    _ board: BoardPolicy, _ pages: [(String, Page?)], _ features: ServerFeatures, _ size: Int
  ) -> String {
    func items(_ alias: String, _ page: Page) -> String {
      var arguments = ["first: \(size)"]
      if page.filter != nil { arguments.append("query: $filter") }
      if page.after != nil { arguments.append("after: $\(alias)After") }
      if features.has(.archivedStates) { arguments.append("archivedStates: [NOT_ARCHIVED]") }
      return "\(alias): items(\(arguments.joined(separator: ", "))) "
        + "{ totalCount pageInfo { hasNextPage endCursor } nodes { ...ListedItem } }"
    }
    let lists = pages.compactMap { alias, page in page.map { items(alias, $0) } }
    let fields = "fields(first: 50) { nodes { ...FieldFacts } }"
    return "\(board.scope.rawValue)(login: $login) { projectV2(number: $number) "
      + "{ id number title closed url \(fields) "
      + "\(lists.joined(separator: " ")) } }"
  }

  private func watchedPart(_ board: BoardPolicy?) -> String {
    let values = isInFull ? "...AllValues" : ""
    let (origin, pullOrigin) = isInFull ? ("...OriginFacts", "...PullOriginFacts") : ("", "")
    var standing = ""
    if board != nil {
      standing =
        "projectItems(first: \(placesPerItem), includeArchived: false) "
        + "{ totalCount nodes { ...PlaceFacts project { ...ProjectFacts } \(values) } }"
    }
    var part =
      "watched: nodes(ids: $watched) { __typename "
      + "... on Issue { ...IssueFacts body \(origin) \(standing) } "
      + "... on PullRequest { ...PullRequestFacts body \(pullOrigin) \(standing) }"
    if board != nil {
      part +=
        " ... on ProjectV2Item { ...PlaceFacts project { ...ProjectFacts } \(values) content "
        + "{ __typename ...IssueFacts ...PullRequestFacts ...DraftFacts "
        + "... on DraftIssue { body } } }"
    }
    return part + " }"
  }

  private func closing(_ features: ServerFeatures) -> String {
    guard features.has(.closingPullRequests) else { return "" }
    return "... on Issue { closedByPullRequestsReferences(first: 20, includeClosedPrs: true) "
      + "{ nodes { number state isDraft url } } }"
  }

  private func repositoryPart(_ index: Int, _ repository: Repository) -> String {
    let heads = repository.branches.enumerated().map { number, branch in
      " h\(number): pullRequests(headRefName: \(Fragments.quote(branch)), first: 10, "
        + "orderBy: {field: CREATED_AT, direction: DESC}) { nodes { ...HeadFacts } }"
    }
    return "r\(index): repository(owner: \(Fragments.quote(repository.name.owner)), "
      + "name: \(Fragments.quote(repository.name.name))) { ...RepositoryFacts\(heads.joined()) }"
  }
}
