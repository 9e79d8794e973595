// A Projects board as GraphQL shows it: its fields with their options, its items with their
// values, and the pages of its lists. Whether an item may run, and under which key, BoardReader
// says.
import SymphonyCore

/// One value of one item in one field.
struct FieldValueNode: Decodable, Sendable {
  /// The name of the field; nil when it was not asked for, or the value belongs to no field with a
  /// name.
  var field: String?
  /// The value as a person would write it; nil for kinds of values that we do not show.
  var text: String?
  var number: Double?

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    field = container.object("field")?.string("name")
    number = try? container.decodeIfPresent(Double.self, forKey: GitHubKey("number"))
    text =
      container.string("name") ?? container.string("text") ?? container.string("date")
      ?? container.string("title") ?? number.map(Self.write)
  }

  /// `3`, `2.5`.
  private static func write(_ number: Double) -> String {
    Int64(exactly: number).map { String($0) } ?? String(number)
  }
}

/// An item of a board, seen from the board or from its issue.
struct PlaceNode: Decodable, Sendable {
  enum Kind: String, Sendable {
    case issue = "ISSUE"
    case pullRequest = "PULL_REQUEST"
    case draft = "DRAFT_ISSUE"
    case redacted = "REDACTED"
  }
  var id: String
  /// The kind of the item; nil for a kind that is newer than this program.
  var kind: Kind?
  var isArchived: Bool
  var createdAt: Timestamp?
  var updatedAt: Timestamp?
  var status: String?
  var priority: FieldValueNode?
  /// All values by the name of their field; empty unless asked.
  var values: [String: String]
  /// The board that the item is on; nil unless asked for.
  var project: ProjectNode?
  /// The item's issue, pull request or draft, if it could be read.
  var content: ContentNode?
  /// True when GitHub keeps the item's content from this token.
  var isUnreadable: Bool
  /// True when the item's content was shown and cannot be read.
  var isDamaged: Bool

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    id = try container.decode(String.self, forKey: GitHubKey("id"))
    kind = container.string("type").flatMap { Kind(rawValue: $0) }
    isArchived = container.flag("isArchived") ?? false
    createdAt = container.time("createdAt")
    updatedAt = container.time("updatedAt")
    status = container.node("status", of: FieldValueNode.self)?.text
    priority = container.node("priority", of: FieldValueNode.self)
    values = [:]
    for value in container.nodes("fieldValues", of: FieldValueNode.self) ?? [] {
      // The title is a field too, but the item has it already.
      if let field = value?.field, field != "Title", let text = value?.text { values[field] = text }
    }
    project = container.node("project", of: ProjectNode.self)
    content = container.node("content", of: ContentNode.self)
    isDamaged = content == nil && container.holds("content")
    isUnreadable = content == nil && kind != .redacted && !isDamaged
  }
}

/// Which board a place is on.
struct ProjectNode: Decodable, Sendable {
  var id: String
  var number: Int
  var owner: String
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    id = try container.decode(String.self, forKey: GitHubKey("id"))
    number = try container.decode(Int.self, forKey: GitHubKey("number"))
    owner = container.object("owner")?.string("login") ?? ""
  }
  func isBoard(_ board: BoardPolicy) -> Bool {
    number == board.number && owner.folded == board.owner.folded
  }
}

/// A field of a board.
struct FieldNode: Decodable, Sendable {
  var name: String
  /// `SINGLE_SELECT`, `NUMBER`, `TEXT`, ...
  var kind: String
  /// The options in the board's order; nil unless the field is a single select.
  var options: [String]?
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    name = try container.decode(String.self, forKey: GitHubKey("name"))
    kind = container.string("dataType") ?? ""
    options = container.entries("options", of: NamedNode.self)?.compactMap { $0?.name }
  }
}

/// One page of a board's items.
struct ItemPageNode: Decodable, Sendable {
  /// The items of the page; those that cannot be read are nil in their place.
  var items: [PlaceNode?]
  var total: Int
  /// The cursor of the next page; nil: this was the last.
  var next: String?
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    items = container.entries("nodes", of: PlaceNode.self) ?? []
    total = container.integer("totalCount") ?? items.count
    let page = container.object("pageInfo")
    next = page?.flag("hasNextPage") == true ? page?.string("endCursor") : nil
  }
}

struct BoardNode: Decodable, Sendable {
  var id: String
  var number: Int
  var title: String
  var url: String
  var isClosed: Bool
  /// The fields; nil when they were not asked for or cannot be read.
  var fields: [FieldNode]?
  /// Each list's page, named as the alias it was asked under.
  var active: ItemPageNode?
  var scan: ItemPageNode?
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GitHubKey.self)
    id = try container.decode(String.self, forKey: GitHubKey("id"))
    number = try container.decode(Int.self, forKey: GitHubKey("number"))
    title = container.string("title") ?? ""
    url = container.string("url") ?? ""
    isClosed = container.flag("closed") ?? false
    fields = container.nodes("fields", of: FieldNode.self)?.compactMap { $0 }
    active = container.node("active", of: ItemPageNode.self)
    scan = container.node("scan", of: ItemPageNode.self)
  }
}
