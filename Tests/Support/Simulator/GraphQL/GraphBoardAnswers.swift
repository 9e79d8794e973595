// What GraphQL says of boards: their fields, their items with the server-side filter, and the
// items' contents and values, with what a caller may not see redacted (people) or refused (tokens).
import SymphonyCore

extension GraphContext {
  func board(owner: String, number: Int) throws(GraphRefusal) -> GraphObject {
    let unresolved = GraphRefusal(
      "NOT_FOUND", "Could not resolve to a ProjectV2 with the number \(number).")
    guard let board = world.board(owner: owner, number: number) else { throw unresolved }
    guard try mayBoard(board, write: false) else {
      throw world.organizations.contains(owner.lowercased()) ? denied : unresolved
    }
    return self.board(board)
  }

  func board(_ board: SimulatedBoard) -> GraphObject {
    let kind = world.organizations.contains(board.owner.lowercased()) ? "orgs" : "users"
    let path = "/\(kind)/\(board.owner)/projects/\(board.number)"
    return GraphObject("ProjectV2") { [self] question in
      switch question.name {
      case "id": return .text(board.nodeID)
      case "number": return .count(board.number)
      case "title": return .text(board.title)
      case "closed": return .flag(board.isClosed)
      case "public": return .flag(board.isPublic)
      case "url": return .text(world.web + path)
      case "createdAt": return .time(board.createdAt)
      case "updatedAt": return .time(board.updatedAt)
      case "owner": return .object(account(board.owner))
      case "field":
        return .optional(board.field(question.text("name") ?? "").map { field($0, of: board) })
      case "fields":
        return try GraphPage.connection(
          "ProjectV2FieldConfigurationConnection", board.fields, question
        ) { .object(self.field($0, of: board)) }
      case "items": return try items(board, question)
      default: return .missing
      }
    }
  }

  private func items(_ board: SimulatedBoard, _ question: GraphQuestion) throws -> GraphAnswer {
    let states = question.words("archivedStates") ?? ["NOT_ARCHIVED"]
    let filter = BoardFilter(question.text("query") ?? "")
    var rows = board.items.values.filter { item in
      states.contains(item.isArchived ? "ARCHIVED" : "NOT_ARCHIVED")
        && filter.accepts(item, on: board, self)
    }
    rows.sort { $0.id < $1.id }
    if question.arguments["orderBy"]?["direction"]?.stringValue == "DESC" { rows.reverse() }
    return try GraphPage.connection("ProjectV2ItemConnection", rows, question, key: \.id) {
      .object(self.item($0, of: board))
    }
  }

  // MARK: Fields

  func field(_ field: SimulatedField, of board: SimulatedBoard) -> GraphObject {
    GraphObject(field.type) { [self] question in
      switch question.name {
      case "id": return .text(field.nodeID)
      case "name": return .text(field.name)
      case "dataType": return .text(field.kind.rawValue)
      case "createdAt", "updatedAt": return .time(board.createdAt)
      case "project": return .object(self.board(board))
      case "options":
        let names = question.words("names")
        let options = field.options.filter { names?.contains($0.name) ?? true }
        return .list(options.map { .object(option($0)) })
      default: return .missing
      }
    }
  }

  private func option(_ option: SimulatedField.Option) -> GraphObject {
    GraphObject(
      "ProjectV2SingleSelectFieldOption",
      fields: [
        "id": .text(option.id), "name": .text(option.name), "description": .text(""),
      ])
  }

  // MARK: Items

  private func content(_ item: SimulatedItem) -> SimulatedIssue? {
    item.place.flatMap { world.found($0) }
  }

  func item(_ item: SimulatedItem, of board: SimulatedBoard) -> GraphObject {
    GraphObject("ProjectV2Item") { [self] question in
      switch question.name {
      case "id": return .text(item.nodeID)
      case "type": return .text(type(of: item))
      case "isArchived": return .flag(item.isArchived)
      case "createdAt": return .time(item.createdAt)
      case "updatedAt": return .time(item.updatedAt)
      case "project": return .object(self.board(world.boards[board.id] ?? board))
      case "creator": return .object(account(board.owner))
      case "content": return try content(of: item)
      case "fieldValueByName":
        guard let field = board.field(question.text("name") ?? "") else { return .null }
        return .optional(value(field, item, board))
      case "fieldValues":
        let values = board.fields.compactMap { value($0, item, board) }
        return try GraphPage.connection(
          "ProjectV2ItemFieldValueConnection", values, question
        ) { .object($0) }
      default: return .missing
      }
    }
  }

  private func type(of item: SimulatedItem) -> String {
    guard let place = item.place else { return "DRAFT_ISSUE" }
    guard sees(place) else { return "REDACTED" }
    return world.found(place)?.pull == nil ? "ISSUE" : "PULL_REQUEST"
  }

  /// A person who may not see the repository gets null and no error; a token that lacks it, or the
  /// permission for that kind of content, gets null and FORBIDDEN.
  private func content(of item: SimulatedItem) throws(GraphRefusal) -> GraphAnswer {
    if let draft = item.draft { return .object(self.draft(draft, item)) }
    guard let issue = content(item) else { return .null }
    if caller.isLimitedToken, !mayRead(issue) { throw denied }
    return sees(issue.place) ? .object(self.issue(issue)) : .null
  }

  private func draft(_ draft: SimulatedDraft, _ item: SimulatedItem) -> GraphObject {
    GraphObject("DraftIssue") { [self] question in
      switch question.name {
      case "id": return .text(draft.nodeID)
      case "title": return .text(draft.title)
      case "body": return .text(draft.body)
      case "creator": return .object(account(draft.creator))
      case "createdAt": return .time(draft.createdAt)
      case "updatedAt": return .time(item.updatedAt)
      case "assignees":
        return try GraphPage.connection("UserConnection", [String](), question) {
          .object(self.account($0, type: "User"))
        }
      default: return .missing
      }
    }
  }

  // MARK: Values

  private func value(
    _ field: SimulatedField, _ item: SimulatedItem, _ board: SimulatedBoard
  ) -> GraphObject? {
    let fieldObject = GraphAnswer.object(self.field(field, of: board))
    func built(_ kind: String, _ fields: [String: GraphAnswer]) -> GraphObject {
      let shared: [String: GraphAnswer] = [
        "field": fieldObject, "item": .object(self.item(item, of: board)),
        "id": .text(GitHubWorld.nodeID("PVTFV", field.id, item.id)),
        "createdAt": .time(item.createdAt), "updatedAt": .time(item.updatedAt),
        "creator": .object(account(board.owner)),
      ]
      return GraphObject(
        "ProjectV2ItemField\(kind)Value", fields: shared.merging(fields) { $1 })
    }
    guard item.draft != nil || item.place.map(sees) == true || field.kind == .title else {
      return nil
    }
    let issue = content(item)
    switch field.kind {
    case .title:
      let title =
        type(of: item) == "REDACTED"
        ? "You don't have permission to access this item" : issue?.title ?? item.draft?.title
      return built("Text", ["text": .text(title)])
    case .singleSelect, .iteration:
      guard let id = item.values[field.id],
        let option = field.options.first(where: { $0.id == id })
      else { return nil }
      return field.kind == .singleSelect
        ? built(
          "SingleSelect",
          [
            "name": .text(option.name), "optionId": .text(option.id), "description": .text(""),
          ])
        : built(
          "Iteration", ["title": .text(option.name)])
    case .text: return item.values[field.id].map { built("Text", ["text": .text($0)]) }
    case .date: return item.values[field.id].map { built("Date", ["date": .text($0)]) }
    case .number:
      return item.values[field.id].flatMap { Double($0) }.map {
        built("Number", ["number": .value(.number($0))])
      }
    default: return issue.flatMap { linked(field, $0, fieldObject) }
    }
  }

  /// Values that are the issue's own.
  private func linked(
    _ field: SimulatedField, _ issue: SimulatedIssue, _ fieldObject: GraphAnswer
  ) -> GraphObject? {
    func list(
      _ kind: String, _ name: String, _ isEmpty: Bool
    ) -> GraphObject? {
      if isEmpty { return nil }
      return GraphObject("ProjectV2ItemField\(kind)Value") { [self] question in
        if question.name == "field" { return fieldObject }
        var asked = question
        asked.name = name
        return try self.issue(issue).answer(asked)
      }
    }
    switch field.kind {
    case .assignees: return list("User", "assignees", issue.assignees.isEmpty)
    case .labels: return list("Label", "labels", issue.labels.isEmpty)
    case .milestone: return list("Milestone", "milestone", issue.milestone == nil)
    case .repository: return list("Repository", "repository", false)
    case .linkedPullRequests where issue.pull == nil:
      return list(
        "PullRequest", "closedByPullRequestsReferences", closers[issue.place] == nil)
    default: return nil
    }
  }
}
