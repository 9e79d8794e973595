// Reads a board's fields and items under this workflow: whether the named statuses exist, the
// filter that asks for the active ones, priorities, and each item as a work item with its key.
// BoardSurvey, Confirmation and the board's examination use it. Pure.
import SymphonyCore

struct BoardReader: Sendable {
  /// The board lacks something that the workflow asks for.
  struct Problem: Hashable, Sendable {
    var sentence: String
    var hint: String
    var error: TrackerError { .misconfigured(sentence, hint: hint) }
  }

  let policy: TrackerPolicy
  let board: BoardPolicy
  /// The options of the status field, in the board's order; nil: there is no such field.
  let statusOptions: [String]?
  private let priorityOptions: [String]?
  private let selectFields: [String]

  init(policy: TrackerPolicy, board: BoardPolicy, fields: [FieldNode]) {
    self.policy = policy
    self.board = board
    func field(_ name: String) -> FieldNode? { fields.first { $0.name.folded == name.folded } }
    statusOptions = field(board.statusField)?.options
    priorityOptions = field(board.priorityField)?.options
    selectFields = fields.filter { $0.options != nil }.map(\.name)
  }

  /// `acme/projects/1`, for people.
  static func name(_ board: BoardPolicy) -> String { "\(board.owner)/projects/\(board.number)" }

  // MARK: Statuses

  /// The problem of a board that lacks a needed field or status; nil: it lacks none.
  var problem: Problem? {
    let place = "the board \(Self.name(board))"
    guard let options = statusOptions else {
      let others = Self.list(selectFields)
      return Problem(
        sentence: "\(place) has no single-select field named `\(board.statusField)`; "
          + "it has \(others)", hint: "set tracker.status_field_name to one of them")
    }
    let real = "the options of its field `\(board.statusField)` are \(Self.list(options))"
    for (key, names) in namedStatuses {
      let unknown = names.filter { !options.contains(folded: $0) }
      guard let first = unknown.first else { continue }
      let count = unknown.count > 1 ? " (and \(unknown.count - 1) more)" : ""
      return Problem(
        sentence: "\(key) names `\(first)`\(count), which \(place) does not have: \(real)",
        hint:
          "correct \(key) in WORKFLOW.md, or rename the option on the board; nothing is started "
          + "until then, and what runs goes on")
    }
    if existingActive.isEmpty {
      return Problem(
        sentence: "none of the active statuses \(Self.list(policy.activeStatuses)) exists on "
          + "\(place): \(real)", hint: "set tracker.active_values to some of them")
    }
    return nil
  }

  /// Statuses that must exist, by the key that names them.
  private var namedStatuses: [(key: String, names: [String])] {
    [
      // This status comes first, because it is one of the active ones too.
      ("tracker.in_progress_status", [policy.inProgressStatus].compactMap { $0 }),
      ("tracker.active_values", board.activeIsGiven ? policy.activeStatuses : []),
      ("tracker.blocked_status_values", policy.blockedStatuses),
      ("pull_request.handoff_project_status", [policy.handoffStatus].compactMap { $0 }),
    ]
  }

  /// The active statuses the board has, spelt as it spells them.
  var existingActive: [String] {
    (statusOptions ?? []).filter { policy.activeStatuses.contains(folded: $0) }
  }

  /// Terminal statuses the board lacks: worth a word, harmless.
  var missingTerminal: [String] {
    policy.terminalStatuses.filter { !(statusOptions ?? []).contains(folded: $0) }
  }

  func isActive(_ status: String?) -> Bool {
    Eligibility.isActive(status, policy: policy)
  }

  /// The filter's text, `status:Todo,"In Progress"`; nil when its language cannot say it.
  static func filter(_ board: BoardPolicy, active: [String]) -> String? {
    let field = board.statusField.folded.split(separator: " ").joined(separator: "-")
    let isPlain = field.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    guard !active.isEmpty, isPlain, !active.contains(where: { $0.contains("\"") }) else {
      return nil
    }
    return "\(field):" + active.map { "\"\($0)\"" }.joined(separator: ",")
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty
      ? "none" : names.map { "`\(GitHubAnswer.clean($0))`" }.joined(separator: ", ")
  }

  // MARK: Items

  /// The work item of a board item; nil when its content cannot be read.
  func item(_ place: PlaceNode, project: (id: String, number: Int)) -> WorkItem? {
    if place.kind == .redacted { return unnamed(place, project, .redacted, nil) }
    guard let content = place.content else { return nil }
    if content.item.contentType == .draftIssue {
      return unnamed(place, project, .draftIssue, content.item)
    }
    return item(content.item, at: place, project: project)
  }

  /// An issue or pull request with what the board says about it; nil: it is not there.
  func item(_ item: WorkItem, at place: PlaceNode?, project: (id: String, number: Int))
    -> WorkItem
  {
    guard let place else { return item }
    var item = item
    item.board = WorkItem.BoardPlace(
      projectID: project.id, projectNumber: project.number, itemID: place.id,
      updatedAt: place.updatedAt)
    item.status = place.status
    item.priority = priority(place.priority)
    item.projectFields = place.values
    return item
  }

  /// Drafts and redacted items have no number: their key is a hash of the board item's id.
  private func unnamed(
    _ place: PlaceNode, _ project: (id: String, number: Int), _ kind: WorkItem.ContentType,
    _ draft: WorkItem?
  ) -> WorkItem {
    let repository = board.draftRepository ?? board.ownPlace
    let word = kind == .redacted ? "redacted" : "draft"
    var item = WorkItem(
      id: ItemID(place.id),
      key: ItemKey(
        repository: repository, reference: "\(word)-\(StableHash.hex(place.id, 8))"),
      repository: repository, number: nil,
      title: draft?.title ?? "an item this token may not see", body: draft?.body ?? "")
    item.contentType = kind
    item.assignees = draft?.assignees ?? []
    item.author = draft?.author
    item.origin = draft?.origin
    item.createdAt = draft?.createdAt ?? place.createdAt
    item.updatedAt = [draft?.updatedAt, place.updatedAt].compactMap { $0 }.max()
    return self.item(item, at: place, project: project)
  }

  /// The item's priority, lower first: by the file's map, by the order of the field's options, or
  /// the field's number.
  private func priority(_ value: FieldValueNode?) -> Int? {
    if let number = value?.number {
      return Int(exactly: number.rounded(.toNearestOrAwayFromZero))
    }
    guard let name = value?.text?.folded else { return nil }
    if let map = board.priorityMap { return map[name] }
    return priorityOptions?.firstIndex { $0.folded == name }
  }
}

extension BoardPolicy {
  /// Stands for a repository in the keys of items that have none: `owner/projects-1`.
  var ownPlace: RepositoryName { RepositoryName(owner: owner, name: "projects-\(number)") }
}
