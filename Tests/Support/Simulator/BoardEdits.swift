// What can happen to a board: made with its fields, items added, filled in, archived and taken off,
// drafts turned into issues, options renamed and deleted. Called by GraphQL's mutations and by
// GitHubSimulator.
import SymphonyCore

extension GitHubWorld {
  /// The fields every new board has, before those a test names.
  private static let standardFields: [(String, SimulatedField.Kind)] = [
    ("Title", .title), ("Assignees", .assignees), ("Status", .singleSelect), ("Labels", .labels),
    ("Linked pull requests", .linkedPullRequests), ("Milestone", .milestone),
    ("Repository", .repository),
  ]

  mutating func addBoard(
    owner: String, number: Int, title: String, fields: [BoardFieldPlan], closedStatus: String?
  ) -> Int {
    let id = takeID()
    let ownerID = personID(owner)
    let node = GitHubWorld.nodeID("PVT", ownerID, id)
    var plans = fields
    var all: [BoardFieldPlan] = []
    for (name, kind) in GitHubWorld.standardFields {
      if let index = plans.firstIndex(where: { $0.name == name }) {
        all.append(plans.remove(at: index))
      } else {
        all.append(
          BoardFieldPlan(
            name, kind, options: kind == .singleSelect ? ["Todo", "In Progress", "Done"] : []))
      }
    }
    var made: [SimulatedField] = []
    for plan in all + plans {
      let fieldID = takeID()
      let prefix =
        plan.kind == .singleSelect ? "PVTSSF" : plan.kind == .iteration ? "PVTIF" : "PVTF"
      let field = SimulatedField(
        id: fieldID, nodeID: GitHubWorld.nodeID(prefix, ownerID, id, fieldID), name: plan.name,
        kind: plan.kind,
        options: plan.options.map { option in
          SimulatedField.Option(
            id: StableHash.hex("\(id)/\(plan.name)/\(option)", 8), name: option)
        })
      made.append(field)
      nodes[field.nodeID] = .field(board: id, field: fieldID)
    }
    boards[id] = SimulatedBoard(
      id: id, nodeID: node, owner: owner, number: number, title: title, fields: made,
      closedStatus: closedStatus, createdAt: now, updatedAt: now)
    nodes[node] = .board(id)
    return id
  }

  func board(owner: String, number: Int) -> SimulatedBoard? {
    boards.values.first { $0.owner.lowercased() == owner.lowercased() && $0.number == number }
  }

  /// The item of an issue on a board, added where it is not there yet.
  mutating func addItem(_ place: IssuePlace, to board: Int) -> Int {
    if let there = boards[board]?.items.values.first(where: { $0.place == place }) {
      return there.id
    }
    return addItem(.issue(place), to: board)
  }

  mutating func addDraft(_ title: String, body: String, creator: String, to board: Int) -> Int {
    personID(creator)
    let node = GitHubWorld.nodeID("DI", board, takeID())
    return addItem(
      .draft(
        SimulatedDraft(nodeID: node, title: title, body: body, creator: creator, createdAt: now)),
      to: board)
  }

  private mutating func addItem(_ content: SimulatedItem.Content, to board: Int) -> Int {
    let id = takeID()
    let node = GitHubWorld.nodeID("PVTI", board, id)
    let item = SimulatedItem(
      id: id, nodeID: node, content: content, createdAt: now, updatedAt: now)
    boards[board]?.items[id] = item
    nodes[node] = .item(board: board, item: id)
    return id
  }

  /// Sets a field by what people see, or clears it with nil.
  /// - Throws: 404 without such a field, 422 without such an option.
  mutating func setField(_ name: String, to shown: String?, item: Int, board: Int) throws(RestError)
  {
    guard let field = boards[board]?.field(name) else { throw .notFound }
    var value = shown
    if let shown, [.singleSelect, .iteration].contains(field.kind) {
      value = field.options.first { $0.name == shown }?.id
      if value == nil {
        throw RestError(status: 422, message: "field \(name) has no option \(shown)")
      }
    }
    try setValue(value, of: field, item: item, board: board)
  }

  /// Sets a field to an option's or iteration's id, or to a text; nil clears it.
  ///
  /// Writing the value that is there already does not move `updatedAt`.
  mutating func setValue(
    _ value: String?, of field: SimulatedField, item: Int, board: Int
  ) throws(RestError) {
    if field.kind == .singleSelect || field.kind == .iteration, let value,
      !field.options.contains(where: { $0.id == value })
    {
      let what = field.kind == .singleSelect ? "single select option" : "iteration"
      throw RestError(status: 422, message: "The \(what) Id does not belong to the field")
    }
    changeItem(item, board) { $0.values[field.id] = value }
  }

  mutating func changeItem(_ item: Int, _ board: Int, _ edit: (inout SimulatedItem) -> Void) {
    guard var changed = boards[board]?.items[item] else { return }
    edit(&changed)
    guard changed != boards[board]?.items[item] else { return }
    let time = now
    changed.updatedAt = time
    boards[board]?.items[item] = changed
    boards[board]?.updatedAt = time
  }

  mutating func removeItem(_ item: Int, _ board: Int) {
    guard let gone = boards[board]?.items.removeValue(forKey: item) else { return }
    nodes[gone.nodeID] = nil
  }

  /// The item keeps its id; its content is an issue from now on.
  mutating func convertDraft(_ item: Int, board: Int, to repository: Int, caller: Caller)
    throws(RestError)
  {
    guard let draft = boards[board]?.items[item]?.draft else {
      throw RestError(status: 422, message: "The item is not a draft issue.")
    }
    let place = createIssue(
      in: repository, title: draft.title, body: draft.body, labels: [], author: caller.login,
      association: caller.association, assignees: [])
    changeItem(item, board) { $0.content = .issue(place) }
  }

  mutating func changeOption(
    _ name: String, field: String, board: Int, to newName: String?
  ) {
    guard let index = boards[board]?.fields.firstIndex(where: { $0.name == field }),
      let options = boards[board]?.fields[index].options,
      let option = options.firstIndex(where: { $0.name == name })
    else { return }
    if let newName {
      boards[board]?.fields[index].options[option].name = newName
    } else {
      let (fieldID, value) = (boards[board]?.fields[index].id ?? 0, options[option].id)
      boards[board]?.fields[index].options.remove(at: option)
      for item in boards[board]?.items.values.filter({ $0.values[fieldID] == value }) ?? [] {
        boards[board]?.items[item.id]?.values[fieldID] = nil
      }
    }
    let time = now
    boards[board]?.updatedAt = time
  }

  mutating func removeFromBoards(_ place: IssuePlace) {
    for (id, board) in boards {
      for item in board.items.values where item.place == place { removeItem(item.id, id) }
    }
  }

  /// The built-in automation of a new board.
  mutating func moveClosedOnBoards(_ place: IssuePlace) {
    for (id, board) in boards {
      guard let status = board.closedStatus else { continue }
      for item in board.items.values where item.place == place {
        try? setField("Status", to: status, item: item.id, board: id)
      }
    }
  }
}

/// A field a test wants on a board.
package struct BoardFieldPlan: Sendable {
  package var name: String
  package var kind: SimulatedField.Kind
  package var options: [String]
  package init(_ name: String, _ kind: SimulatedField.Kind, options: [String] = []) {
    self.name = name
    self.kind = kind
    self.options = options
  }
  package static func status(_ options: [String]) -> BoardFieldPlan {
    BoardFieldPlan("Status", .singleSelect, options: options)
  }
  package static func select(_ name: String, _ options: [String]) -> BoardFieldPlan {
    BoardFieldPlan(name, .singleSelect, options: options)
  }
}
