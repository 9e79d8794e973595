// The mutations: values of board items set, drafts turned into issues, threads
// resolved, pull requests put into a queue. Each checks the caller's
// permission, then does what the world's edits do.
import SymphonyCore

extension GraphContext {
  func mutate(_ question: GraphQuestion) throws -> GraphAnswer {
    let input = question.arguments["input"] ?? .null
    var fields: [String: GraphAnswer]
    switch question.name {
    case "updateProjectV2ItemFieldValue":
      fields = ["projectV2Item": .object(try setValue(input))]
    case "convertProjectV2DraftIssueItemToIssue":
      fields = ["item": .object(try convert(input))]
    case "resolveReviewThread": fields = ["thread": .object(try resolve(input))]
    case "enqueuePullRequest": fields = ["mergeQueueEntry": .object(try enqueue(input))]
    default: return .missing
    }
    fields["clientMutationId"] = .value(input["clientMutationId"] ?? .null)
    let name = question.name
    return .object(
      GraphObject(name.prefix(1).uppercased() + name.dropFirst() + "Payload", fields: fields))
  }

  private func writableBoard(_ id: String) throws(GraphRefusal) -> Int {
    guard case .board(let board) = try target(id), let there = world.boards[board] else {
      throw .unresolved(id)
    }
    guard try mayBoard(there, write: true) else { throw denied }
    return board
  }

  /// The board and the item an input names; the item must be on that board.
  private func itemOnBoard(_ input: Structure) throws(GraphRefusal) -> (board: Int, item: Int) {
    let board = try writableBoard(input["projectId"]?.stringValue ?? "")
    let id = input["itemId"]?.stringValue ?? ""
    guard case .item(board, let item) = try target(id) else { throw .unresolved(id) }
    return (board, item)
  }

  private func field(_ input: Structure, of board: Int) throws(GraphRefusal) -> SimulatedField {
    let id = input["fieldId"]?.stringValue ?? ""
    guard case .field(board, let field) = try target(id),
      let found = world.boards[board]?.fields.first(where: { $0.id == field })
    else { throw .unresolved(id) }
    return found
  }

  private func itemObject(_ item: Int, _ board: Int) throws(GraphRefusal) -> GraphObject {
    guard let board = world.boards[board], let item = board.items[item] else {
      throw .unresolved("\(item)")
    }
    return self.item(item, of: board)
  }

  private func setValue(_ input: Structure) throws -> GraphObject {
    let (board, item) = try itemOnBoard(input)
    let field = try field(input, of: board)
    let given = (input["value"]?.objectValue ?? [:]).filter { $0.value != .null }
    guard let key = field.inputKey else {
      let kind = field.kind.rawValue.lowercased()
      throw GraphRefusal(
        "UNPROCESSABLE", "The field of type \(kind) is currently not supported.")
    }
    guard given.count == 1, let value = given[key] else {
      let kind = field.kind.rawValue.lowercased()
      throw GraphRefusal(
        "UNPROCESSABLE",
        "Did not receive a \(kind.replacing("_", with: " ")) value to update a field of type "
          + kind)
    }
    let text = value.stringValue ?? value.numberValue.map { "\($0)" }
    try world.setValue(text, of: field, item: item, board: board)
    return try itemObject(item, board)
  }

  // MARK: Pull requests

  private func resolve(_ input: Structure) throws -> GraphObject {
    let id = input["threadId"]?.stringValue ?? ""
    guard case .thread(let place, let thread) = try target(id), let issue = world.found(place),
      let index = issue.pull?.reviewing.threads.firstIndex(where: { $0.id == thread })
    else { throw GraphRefusal.unresolved(id) }
    guard mayResolve(issue) else { throw denied }
    world.rooms[place.repository]?.issues[place.number]?.pull?.reviewing.threads[index].isResolved =
      true
    guard let after = world.found(place), let found = after.pull?.reviewing.threads[index] else {
      throw GraphRefusal.unresolved(id)
    }
    return self.thread(found, of: after)
  }

  private func enqueue(_ input: Structure) throws -> GraphObject {
    let id = input["pullRequestId"]?.stringValue ?? ""
    guard case .issue(let place) = try target(id), let pull = world.found(place)?.pull else {
      throw GraphRefusal.unresolved(id)
    }
    guard caller.may("contents", write: true, in: try world.room(place.repository).facts) else {
      throw denied
    }
    if let head = input["expectedHeadOid"]?.stringValue, head != pull.headSHA {
      throw GraphRefusal(
        "UNPROCESSABLE", "Head branch was modified. Review and try the merge again.")
    }
    if pull.reviewing.isInQueue {
      throw GraphRefusal("UNPROCESSABLE", "Pull request is already in the queue")
    }
    if let refusal = pull.reviewing.mergeRefusal { throw GraphRefusal("UNPROCESSABLE", refusal) }
    world.change(place) { $0.pull?.reviewing.isInQueue = true }
    return GraphObject("MergeQueueEntry", fields: ["id": .text("MQE_\(place.number)")])
  }

  private func convert(_ input: Structure) throws -> GraphObject {
    let id = input["itemId"]?.stringValue ?? ""
    guard case .item(let board, let item) = try target(id), let there = world.boards[board] else {
      throw GraphRefusal.unresolved(id)
    }
    guard try mayBoard(there, write: true) else { throw denied }
    let repositoryID = input["repositoryId"]?.stringValue ?? ""
    guard case .repository(let repository) = try target(repositoryID) else {
      throw GraphRefusal.unresolved(repositoryID)
    }
    guard caller.may("issues", write: true, in: try world.room(repository).facts) else {
      throw denied
    }
    try world.convertDraft(item, board: board, to: repository, caller: caller)
    return try itemObject(item, board)
  }
}
