// GitHub's bodies as far as we read them. Unknown fields are ignored, missing ones tolerated, and
// one damaged entry never costs its list: it comes out as `Lossy.damaged` with whatever names it
// still shows.
import FoundationEssentials
import SymphonyCore

/// A field by its name on the wire.
struct GitHubKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(_ name: String) { stringValue = name }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer<GitHubKey> {
  /// The string of that name; nil when it is missing or something else.
  func string(_ name: String) -> String? {
    try? decodeIfPresent(String.self, forKey: GitHubKey(name))
  }
  /// The integer of that name; nil also for a number beyond 2^53.
  ///
  /// GitHub counts nothing up to that: sums and differences of what is read here never overflow.
  func integer(_ name: String) -> Int? {
    let number = try? decodeIfPresent(Int.self, forKey: GitHubKey(name))
    return number.flatMap { abs(Double($0)) <= 9_007_199_254_740_992 ? $0 : nil }
  }
  func time(_ name: String) -> Timestamp? { string(name).flatMap { Timestamp(rfc3339: $0) } }
  func object(_ name: String) -> KeyedDecodingContainer<GitHubKey>? {
    try? nestedContainer(keyedBy: GitHubKey.self, forKey: GitHubKey(name))
  }
  func list<Element: Decodable>(_ name: String, of type: Element.Type) -> [Element] {
    let entries = try? decodeIfPresent([Lossy<Element>].self, forKey: GitHubKey(name))
    return (entries ?? [])?.compactMap(\.value) ?? []
  }
  /// True when the field is there and not null.
  func holds(_ name: String) -> Bool {
    contains(GitHubKey(name)) && (try? decodeNil(forKey: GitHubKey(name))) == false
  }
}

enum Lossy<Value: Decodable>: Decodable {
  case intact(Value)
  case damaged(number: Int?, nodeID: String?)
  init(from decoder: any Decoder) throws {
    do {
      self = .intact(try Value(from: decoder))
    } catch {
      let container = try? decoder.container(keyedBy: GitHubKey.self)
      self = .damaged(
        number: container?.integer("number"), nodeID: container?.string("node_id"))
    }
  }
  var value: Value? { if case .intact(let value) = self { value } else { nil } }
}

struct GitHubRepository: Decodable {
  var facts: RepositoryFacts
  /// Whether the token may push; nil when GitHub does not say.
  var mayPush: Bool?
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    let fullName = try container.decode(String.self, forKey: GitHubKey("full_name"))
    let cloneURL = try container.decode(String.self, forKey: GitHubKey("clone_url"))
    guard let name = RepositoryName(fullName) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "no usable full_name"))
    }
    facts = RepositoryFacts(
      name: name, defaultBranch: container.string("default_branch") ?? "main",
      // ServedFacts checks the address and gives it its scope.
      cloneURL: cloneURL, credentialScope: nil,
      // Strangers can open issues in a public repository: an answer that does not say counts as
      // public.
      isPrivate: (try? container.decode(Bool.self, forKey: GitHubKey("private"))) ?? false,
      htmlURL: container.string("html_url") ?? "")
    func says(_ name: String) -> Bool {
      (try? container.decode(Bool.self, forKey: GitHubKey(name))) ?? false
    }
    // An empty repository is not recognised here: a small one has size 0 too.
    facts.obstacle = says("archived") ? .archived : says("disabled") ? .disabled : nil
    mayPush = try? container.object("permissions")?.decode(Bool.self, forKey: GitHubKey("push"))
  }
}

struct GitHubUser: Decodable {
  var login: String
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    login = try container.decode(String.self, forKey: GitHubKey("login"))
  }
}

/// A label is an object, and in old answers a bare string.
private struct GitHubLabel: Decodable {
  var name: String
  init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      name = text
    } else {
      let container = try decoder.container(keyedBy: GitHubKey.self)
      name = try container.decode(String.self, forKey: GitHubKey("name"))
    }
  }
}

struct GitHubIssue: Decodable {
  var item: WorkItem
  var isPullRequest: Bool { item.contentType == .pullRequest }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    let nodeID = try container.decode(String.self, forKey: GitHubKey("node_id"))
    let number = try container.decode(Int.self, forKey: GitHubKey("number"))
    let state = try container.decode(WorkItem.State.self, forKey: GitHubKey("state"))
    let address = try container.decode(String.self, forKey: GitHubKey("repository_url"))
    let path = address.split(separator: "/").suffix(2).joined(separator: "/")
    guard let repository = RepositoryName(path) else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "repository_url"))
    }
    item = WorkItem(
      id: ItemID(nodeID), key: ItemKey(repository: repository, reference: String(number)),
      repository: repository, number: number, title: container.string("title") ?? "",
      body: container.string("body") ?? "", url: container.string("html_url") ?? "", state: state)
    if container.holds("pull_request") { item.contentType = .pullRequest }
    item.labels = Set(container.list("labels", of: GitHubLabel.self).map(\.name.folded)).sorted()
    item.assignees = container.list("assignees", of: GitHubUser.self).map(\.login)
    item.author = container.object("user")?.string("login")
    item.milestone = container.object("milestone")?.string("title")
    item.createdAt = container.time("created_at")
    item.updatedAt = container.time("updated_at")
    readDependencies(container)
  }

  /// Reads the counts of open blockers and sub-issues.
  ///
  /// Older servers have neither summary: then there are no such dependencies. A summary that is
  /// there and cannot be read is unknown, and unknown fails closed.
  private mutating func readDependencies(_ container: KeyedDecodingContainer<GitHubKey>) {
    if container.holds("issue_dependencies_summary") {
      let count = container.object("issue_dependencies_summary")?.integer("blocked_by")
      item.openBlockers = max(0, count ?? 0)
      if count == nil { item.dependenciesKnown = false }
    }
    if container.holds("sub_issues_summary") {
      let summary = container.object("sub_issues_summary")
      if let total = summary?.integer("total"), let completed = summary?.integer("completed") {
        item.openSubIssues = max(0, total - completed)
      } else {
        item.dependenciesKnown = false
      }
    }
  }
}

struct GitHubPull: Decodable {
  var ref: PullRequestRef
  var title: String
  var body: String
  var isOpen: Bool
  var mergedAt: Timestamp?
  var closedAt: Timestamp?
  var createdAt: Timestamp
  var head: String
  /// Its newest commit.
  var headCommit: String?
  /// Nil: the account is gone.
  var author: String?
  /// People who are asked for a review now.
  var requested: [String]
  /// The repository of the branch; nil when the fork it came from is gone.
  var headRepository: RepositoryName?
  var base: String

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    ref = PullRequestRef(
      number: try container.decode(Int.self, forKey: GitHubKey("number")),
      url: container.string("html_url") ?? "")
    title = container.string("title") ?? ""
    body = container.string("body") ?? ""
    isOpen = try container.decode(WorkItem.State.self, forKey: GitHubKey("state")) == .open
    mergedAt = container.time("merged_at")
    closedAt = container.time("closed_at")
    createdAt = container.time("created_at") ?? Timestamp(milliseconds: 0)
    let headSide = try container.nestedContainer(
      keyedBy: GitHubKey.self, forKey: GitHubKey("head"))
    head = try headSide.decode(String.self, forKey: GitHubKey("ref"))
    headCommit = headSide.string("sha")
    author = container.object("user")?.string("login")
    requested = container.list("requested_reviewers", of: GitHubUser.self).map(\.login)
    headRepository = headSide.object("repo")?.string("full_name").flatMap { RepositoryName($0) }
    base = container.object("base")?.string("ref") ?? ""
  }

  var fact: Survey.PullRequestFact {
    Survey.PullRequestFact(
      ref: ref, state: isOpen ? .open : mergedAt != nil ? .merged : .closed, createdAt: createdAt,
      endedAt: isOpen ? nil : mergedAt ?? closedAt)
  }
}

struct GitHubComment: Decodable {
  var issueNumber: Int?
  var url: String
  var body: String
  var comment: Survey.Comment

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    guard let createdAt = container.time("created_at") else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "created_at"))
    }
    issueNumber = container.string("issue_url")?.split(separator: "/").last.flatMap { Int($0) }
    url = container.string("html_url") ?? ""
    body = container.string("body") ?? ""
    comment = Survey.Comment(
      author: container.object("user")?.string("login") ?? "ghost",
      mayWrite: nil, createdAt: createdAt, isOurs: body.contains(CommentMarker.prefix), text: body)
  }
}

/// The hidden line by which we know our own comments.
enum CommentMarker {
  static let prefix = "<!-- symphony:"
  static func make(_ nonce: String) -> String { "\(prefix)\(nonce) -->" }

  /// The text that the marker was put under, as it is compared; nil: there is no marker at its end.
  static func text(of body: String) -> String? {
    let lines = body.splitLines(keepingEmpty: true)
    guard let marked = lines.lastIndex(where: { !$0.isBlank }), lines[marked].hasPrefix(prefix)
    else { return nil }
    return compared(lines[..<marked].joined(separator: "\n"))
  }

  /// The text above a marker that ends it, and the marker's nonce; nil where none stands there.
  ///
  /// One that is quoted, or has words behind it, marks nothing.
  static func split(_ body: String) -> (text: String, nonce: String)? {
    let lines = body.splitLines(keepingEmpty: true)
    guard let marked = lines.lastIndex(where: { !$0.isBlank }) else { return nil }
    let line = String(lines[marked]).trimmingWhitespace()
    guard line.hasPrefix(prefix), line.hasSuffix(" -->") else { return nil }
    let nonce = line.dropFirst(prefix.count).dropLast(" -->".count)
    guard (1...64).contains(nonce.utf8.count), nonce.unicodeScalars.allSatisfy(WorkspaceKey.isSafe)
    else { return nil }
    return (compared(lines[..<marked].joined(separator: "\n")), String(nonce))
  }

  /// Without what servers and editors change at the ends.
  static func compared(_ text: String) -> String {
    var lines = text.splitLines(keepingEmpty: true)
    while lines.last?.isBlank == true { lines.removeLast() }
    return lines.joined(separator: "\n")
  }
}

extension StringProtocol {
  fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
