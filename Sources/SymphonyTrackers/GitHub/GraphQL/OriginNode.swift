// The touches of an issue or pull request, as GraphQL tells them: the last edit, the history of
// edits, events of the timeline. ContentNode reads them; Origins finds out which people may write.
// An answer that cannot be read never counts as "nobody touched it".
import SymphonyCore

enum OriginNode {
  /// How many edits, and how many events of each kind, are read.
  static let limit = 50

  private struct Edit: Decodable, Sendable {
    var who: Origin.Person
    var at: Timestamp
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: GitHubKey.self)
      guard let time = container.time("editedAt") else { throw OriginNode.damage("editedAt") }
      (who, at) = (Origin.Person(container.person("editor")), time)
    }
  }

  private struct Event: Decodable, Sendable {
    var touch: Origin.Touch
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: GitHubKey.self)
      guard let at = container.time("createdAt") else { throw OriginNode.damage("createdAt") }
      let label = container.object("label")?.string("name")?.folded
      let kind: Origin.Kind
      switch (container.string("__typename"), label) {
      case ("LabeledEvent", let label?): kind = .labelled(label)
      case ("UnlabeledEvent", let label?): kind = .unlabelled(label)
      case ("RenamedTitleEvent", _): kind = .renamed
      case ("ReopenedEvent", _): kind = .reopened
      default: throw OriginNode.damage("__typename")
      }
      touch = Origin.Touch(kind, Origin.Person(container.person("actor")), at: at)
    }
  }

  private static func damage(_ field: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: [], debugDescription: field))
  }

  /// The people of one item; nil when they were not asked for.
  ///
  /// A draft has neither edits nor events to show: everybody who may write to the board can write
  /// it.
  static func read(_ container: KeyedDecodingContainer<GitHubKey>, _ item: WorkItem) -> Origin? {
    if item.contentType == .draftIssue { return Origin(author: Origin.Person(item.author)) }
    guard container.contains(GitHubKey("viewerDidAuthor")) else { return nil }
    var author = Origin.Person(item.author)
    author.isUs = container.flag("viewerDidAuthor") == true
    var origin = Origin(author: author)
    do {
      origin.touches += try edits(container)
      origin.touches += try events("labelling", container)
      origin.touches += try events("renaming", container)
      origin.touches += try events("reopening", container)
    } catch {
      origin.problem = "GitHub did not show all of who edited and labelled it"
    }
    return origin
  }

  /// The answer of a server that knows none of these fields.
  static func unknown(_ item: WorkItem) -> Origin {
    Origin(
      author: Origin.Person(item.author),
      problem: "this server does not say who edited and labelled it")
  }

  /// The last edit is told in a field of its own, and counts whatever the history says.
  private static func edits(_ container: KeyedDecodingContainer<GitHubKey>) throws
    -> [Origin.Touch]
  {
    guard container.contains(GitHubKey("lastEditedAt")) else { throw damage("lastEditedAt") }
    guard container.holds("lastEditedAt") else { return [] }
    guard let last = container.time("lastEditedAt") else { throw damage("lastEditedAt") }
    var touches: [Origin.Touch] = []
    let history = container.object("userContentEdits")
    let entries = history?.entries("nodes", of: Edit.self)
    let isWhole = history?.object("pageInfo")?.flag("hasNextPage") == false
    if let entries, isWhole, !entries.contains(where: { $0 == nil }) {
      touches = entries.compactMap { $0 }.map { Origin.Touch(.edited, $0.who, at: $0.at) }
        .sorted { $0.at < $1.at }
    } else {
      // The answer does not tell who else edited it before the last edit, or when.
      touches = [Origin.Touch(.edited, Origin.Person(nil), at: last)]
    }
    return touches + [Origin.Touch(.edited, Origin.Person(container.person("editor")), at: last)]
  }

  private static func events(
    _ alias: String, _ container: KeyedDecodingContainer<GitHubKey>
  ) throws -> [Origin.Touch] {
    guard let list = container.object(alias), let entries = list.entries("nodes", of: Event.self),
      let isCut = list.object("pageInfo")?.flag("hasPreviousPage")
    else { throw damage(alias) }
    let touches = entries.compactMap { $0?.touch }
    guard touches.count == entries.count else { throw damage(alias) }
    guard isCut, alias == "renaming", let oldest = touches.first else { return touches }
    return [Origin.Touch(.renamed, Origin.Person(nil), at: oldest.at)] + touches
  }
}
