// GraphQL's objects as far as we read them: issues, pull requests and drafts as work items,
// repositories, pull requests of a branch, comments. A missing field is tolerated where an item
// can be judged without it; a dependency that was asked for and cannot be read is unknown.
import SymphonyCore

extension KeyedDecodingContainer<GitHubKey> {
  /// The nodes of a connection, unreadable ones as nil in their place; nil when there is no
  /// connection.
  func nodes<Node: Decodable>(_ name: String, of type: Node.Type) -> [Node?]? {
    object(name)?.entries("nodes", of: type)
  }
  /// A list in which entries that cannot be read are nil in their place.
  func entries<Node: Decodable>(_ name: String, of type: Node.Type) -> [Node?]? {
    (try? decodeIfPresent([Lossy<Node>].self, forKey: GitHubKey(name)))?.map(\.value)
  }
  func flag(_ name: String) -> Bool? {
    try? decodeIfPresent(Bool.self, forKey: GitHubKey(name))
  }
  func node<Node: Decodable>(_ name: String, of type: Node.Type) -> Node? {
    try? decodeIfPresent(Node.self, forKey: GitHubKey(name))
  }
  /// The login of a person or bot; bots are called as REST calls them.
  func person(_ name: String) -> String? {
    guard let person = object(name), let login = person.string("login") else { return nil }
    return person.string("__typename") == "Bot" && !login.hasSuffix("[bot]")
      ? "\(login)[bot]" : login
  }
}

struct RepositoryNode: Decodable, Sendable {
  var facts: RepositoryFacts
  /// Whether the token may push; nil when GitHub does not say.
  var mayPush: Bool?
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    let fullName = try container.decode(String.self, forKey: GitHubKey("nameWithOwner"))
    let url = try container.decode(String.self, forKey: GitHubKey("url"))
    guard let name = RepositoryName(fullName) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "no usable nameWithOwner"))
    }
    facts = RepositoryFacts(
      name: name, defaultBranch: container.object("defaultBranchRef")?.string("name") ?? "main",
      // ServedFacts checks the address and gives it its scope.
      cloneURL: url + ".git", credentialScope: nil,
      // Strangers can open issues in a public repository: an answer that does not say counts as
      // public.
      isPrivate: container.flag("isPrivate") ?? false, htmlURL: url)
    func says(_ name: String) -> Bool { container.flag(name) ?? false }
    let main = GitHubKey("defaultBranchRef")
    let hasNone = container.contains(main) && (try? container.decodeNil(forKey: main)) == true
    facts.obstacle =
      says("isArchived")
      ? .archived : says("isDisabled") ? .disabled : says("isEmpty") || hasNone ? .empty : nil
    mayPush = container.string("viewerPermission").map {
      ["ADMIN", "MAINTAIN", "WRITE"].contains($0)
    }
  }
}

/// A blocker, a sub-issue or a parent.
struct LinkedNode: Decodable, Sendable {
  var link: WorkItem.Link
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    let number = try container.decode(Int.self, forKey: GitHubKey("number"))
    guard
      let repository = container.object("repository")?.string("nameWithOwner").flatMap({
        RepositoryName($0)
      })
    else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "repository"))
    }
    link = WorkItem.Link(
      id: container.string("id").map { ItemID($0) },
      key: ItemKey(repository: repository, reference: String(number)),
      state: container.string("state").map { $0 == "OPEN" ? .open : .closed })
  }
}

/// An issue, a pull request or a draft.
///
/// A draft has no key of its own: the board gives it one.
struct ContentNode: Decodable, Sendable {
  var item: WorkItem
  /// The repository; nil for drafts.
  var repository: RepositoryNode?
  /// True for a pull request whose branch is in another repository.
  var isFromFork = false
  /// The item's places on boards; nil when they were not asked for or GitHub keeps them from this
  /// token.
  var places: [PlaceNode?]?
  /// The number of boards the item is on.
  var placeCount = 0

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    let kind = try container.decode(String.self, forKey: GitHubKey("__typename"))
    let id = ItemID(try container.decode(String.self, forKey: GitHubKey("id")))
    let nowhere = RepositoryName(owner: "", name: "")
    if kind == "DraftIssue" {
      item = WorkItem(
        id: id, key: ItemKey(""), repository: nowhere, number: nil,
        title: container.string("title") ?? "")
      item.contentType = .draftIssue
      item.author = container.person("creator")
    } else {
      guard kind == "Issue" || kind == "PullRequest" else {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: kind))
      }
      let number = try container.decode(Int.self, forKey: GitHubKey("number"))
      let state = try container.decode(String.self, forKey: GitHubKey("state"))
      let repository = try container.decode(
        RepositoryNode.self, forKey: GitHubKey("repository"))
      let name = repository.facts.name
      item = WorkItem(
        id: id, key: ItemKey(repository: name, reference: String(number)), repository: name,
        number: number, title: container.string("title") ?? "",
        url: container.string("url") ?? "", state: state == "OPEN" ? .open : .closed)
      self.repository = repository
      item.author = container.person("author")
    }
    item.body = container.string("body") ?? ""
    item.labels = try Self.labels(container)
    item.assignees = (container.nodes("assignees", of: GitHubUser.self) ?? []).compactMap {
      $0?.login
    }
    item.milestone = container.object("milestone")?.string("title")
    item.createdAt = container.time("createdAt")
    item.updatedAt = container.time("updatedAt")
    item.origin = OriginNode.read(container, item)
    if kind == "PullRequest" { readPullRequest(container) }
    readDependencies(container)
    places = container.nodes("projectItems", of: PlaceNode.self)
    placeCount = container.object("projectItems")?.integer("totalCount") ?? places?.count ?? 0
  }

  /// Labels decide about runs: an item whose labels are not all there is damaged.
  private static func labels(_ container: KeyedDecodingContainer<GitHubKey>) throws -> [String] {
    guard container.contains(GitHubKey("labels")) else { return [] }
    let entries = container.nodes("labels", of: NamedNode.self)
    guard let entries, !entries.contains(where: { $0 == nil }) else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "labels"))
    }
    return Set(entries.compactMap { $0?.name.folded }).sorted()
  }

  private mutating func readPullRequest(_ container: KeyedDecodingContainer<GitHubKey>) {
    item.contentType = .pullRequest
    isFromFork = container.flag("isCrossRepository") ?? true
    if !isFromFork { item.baseBranch = container.string("headRefName") }
  }

  /// Dependencies that the server does not know are none; those it was asked for and that cannot be
  /// read are unknown.
  private mutating func readDependencies(_ container: KeyedDecodingContainer<GitHubKey>) {
    if container.contains(GitHubKey("issueDependenciesSummary")) {
      let count = container.object("issueDependenciesSummary")?.integer("blockedBy")
      item.openBlockers = max(0, count ?? 0)
      if count == nil { item.dependenciesKnown = false }
    }
    if container.contains(GitHubKey("subIssuesSummary")) {
      let summary = container.object("subIssuesSummary")
      if let total = summary?.integer("total"), let completed = summary?.integer("completed") {
        item.openSubIssues = max(0, total - completed)
      } else {
        item.dependenciesKnown = false
      }
    }
    item.parent = container.node("parent", of: LinkedNode.self)?.link
  }
}

struct NamedNode: Decodable, Sendable {
  var name: String
}

/// A pull request as its branch's answer shows it.
struct HeadNode: Decodable, Sendable {
  var fact: Survey.PullRequestFact
  var isFromFork: Bool
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    let state: Survey.PullRequestFact.State =
      switch try container.decode(String.self, forKey: GitHubKey("state")) {
      case "OPEN": .open
      case "MERGED": .merged
      default: .closed
      }
    fact = Survey.PullRequestFact(
      ref: PullRequestRef(
        number: try container.decode(Int.self, forKey: GitHubKey("number")),
        url: container.string("url") ?? ""), state: state,
      createdAt: container.time("createdAt") ?? Timestamp(milliseconds: 0),
      endedAt: state == .open
        ? nil : container.time("mergedAt") ?? container.time("closedAt"))
    isFromFork = container.flag("isCrossRepository") ?? true
  }
}

struct CommentNode: Decodable, Sendable {
  var comment: Survey.Comment
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    guard let createdAt = container.time("createdAt") else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "createdAt"))
    }
    let body = container.string("body") ?? ""
    comment = Survey.Comment(
      author: container.person("author") ?? "ghost",
      mayWrite: nil, createdAt: createdAt, isOurs: body.contains(CommentMarker.prefix), text: body)
  }
}

/// The comments of one item.
struct CommentedNode: Decodable, AskedNode, Sendable {
  var id: ItemID
  var number: Int?
  /// The comments; nil: they cannot be read.
  var comments: [Survey.Comment]?
  var total: Int
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    id = ItemID(try container.decode(String.self, forKey: GitHubKey("id")))
    number = container.integer("number")
    comments = container.nodes("comments", of: CommentNode.self)?.compactMap { $0?.comment }
    total = container.object("comments")?.integer("totalCount") ?? 0
  }
}

/// Blockers, sub-issues and closing pull requests of one issue.
struct LinksNode: Decodable, AskedNode, Sendable {
  var id: ItemID
  var number: Int?
  /// The blockers; nil: not asked for, or not readable.
  ///
  /// Entries that this token may not see are left out.
  var blockedBy: [WorkItem.Link]?
  var subIssues: [WorkItem.Link]?
  var pullRequests: [TemplateContext.LinkedPullRequest]
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    id = ItemID(try container.decode(String.self, forKey: GitHubKey("id")))
    number = container.integer("number")
    func links(_ name: String) -> [WorkItem.Link]? {
      container.nodes(name, of: LinkedNode.self)?.compactMap { $0?.link }
    }
    blockedBy = links("blockedBy")
    subIssues = links("subIssues")
    pullRequests =
      (container.nodes("closedByPullRequestsReferences", of: ClosingNode.self) ?? [])
      .compactMap { $0?.request }
  }
}

private struct ClosingNode: Decodable, Sendable {
  var request: TemplateContext.LinkedPullRequest
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    request = TemplateContext.LinkedPullRequest(
      number: try container.decode(Int.self, forKey: GitHubKey("number")),
      state: container.string("state")?.lowercased() ?? "", isDraft: container.flag("isDraft"),
      url: container.string("url") ?? "")
  }
}
