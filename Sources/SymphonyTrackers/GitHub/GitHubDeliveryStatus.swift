// Moves an item to a status of the board: read, compared with what it may be moved from, the
// required checks asked, then written. There is no compare-and-set on boards; the value is read in
// the moment before, and a repetition finds it written. Called by GitHubDelivery.
import SymphonyCore

extension GitHubDelivery {
  private static let values = """
    fieldValues(first: 100) { nodes { __typename
      ... on ProjectV2ItemFieldSingleSelectValue {
        name field { ... on ProjectV2SingleSelectField { id } } } } }
    """

  func move(_ order: StatusOrder) async throws(TrackerError) -> Delivery {
    guard let board = policy.board else { return .superseded("there is no board") }
    // Only a move that follows a pull request is pointless after that pull request's end.
    let pull = order.needsPullRequest ? known : nil
    let look = try await look(
      board, at: "SymphonyStatus", repository: order.repository, item: Self.values,
      more: pull.map { "pullRequest(number: \($0.number)) { state }" } ?? "")
    let spot: Spot
    switch look.finding {
    case .gone(let why): return .superseded("\(order.key): \(why)")
    case .found(let found): spot = found
    }
    if spot.isArchived { return .superseded("\(order.key) is archived on the \(Self.name(board))") }
    let field = try statusField(look, board)
    let current = try currentStatus(spot, field, order.key)
    if let current, current.folded == order.value.folded {
      return .done("it was in `\(current)` already")
    }
    if !order.expected.isEmpty, !order.expected.contains(folded: current ?? "") {
      return .superseded(
        "a person was faster: it is in \(current.map { "`\($0)`" } ?? "no status"), so it is not "
          + "moved to `\(order.value)`")
    }
    guard let option = field.option(order.value) else {
      throw .misconfigured(
        "the field `\(field.name)` of the \(Self.name(board)) has no option `\(order.value)`; it "
          + "has: \(field.options.map(\.name).joined(separator: ", "))",
        hint: "add the option to the field, or name one of these in WORKFLOW.md; nothing is lost")
    }
    if let pull, let over = try ended(pull, look) { return .superseded(over) }
    if !order.checks.isEmpty, let why = try await obstacle(order) { return .waiting(why) }
    try await write(look.projectID, spot, field, option.id, order.key)
    return .done("moved to `\(option.name)`")
  }

  private func statusField(_ look: BoardLook, _ board: BoardPolicy)
    throws(TrackerError) -> SelectField
  {
    let wanted = board.statusField
    if let field = look.fields.first(where: { $0.name == wanted })
      ?? look.fields.first(where: { $0.name.folded == wanted.folded })
    {
      return field
    }
    let names = look.fields.map(\.name).joined(separator: ", ")
    throw .misconfigured(
      "the \(Self.name(board)) has no single-select field `\(wanted)`; it has: "
        + (names.isEmpty ? "none" : names),
      hint: "set tracker.status_field_name to one of them")
  }

  /// The item's status; nil: it has none.
  private func currentStatus(_ spot: Spot, _ field: SelectField, _ key: ItemKey)
    throws(TrackerError) -> String?
  {
    let nodes = spot.node["fieldValues"]?["nodes"]?.listValue
    if let value = nodes?.first(where: { $0["field"]?["id"]?.stringValue == field.id }) {
      return value["name"]?.stringValue
    }
    guard let nodes, !nodes.contains(.null) else {
      throw .malformed("the status of \(key) on the board cannot be read; it was not moved")
    }
    return nil
  }

  /// Why the move is no longer wanted: the pull request was merged or closed.
  ///
  /// Nil while it is open.
  private func ended(_ pull: PullRequestRef, _ look: BoardLook)
    throws(TrackerError) -> String?
  {
    switch look.repository?["pullRequest"]?["state"]?.stringValue {
    case "OPEN"?: return nil
    case "MERGED"?: return "pull request #\(pull.number) is merged already"
    case "CLOSED"?: return "pull request #\(pull.number) is closed already"
    default: throw client.error(of: look.faults.at("repository"), in: look.call)
    }
  }

  private func write(
    _ project: String, _ spot: Spot, _ field: SelectField, _ option: String, _ key: ItemKey
  ) async throws(TrackerError) {
    let mutation = "updateProjectV2ItemFieldValue"
    let call = GraphQLCall(
      name: "SymphonyMove",
      document: """
        mutation SymphonyMove($project: ID!, $item: ID!, $field: ID!, $option: String!) {
          \(mutation)(input: { projectId: $project, itemId: $item, fieldId: $field,
            value: { singleSelectOptionId: $option } }) { projectV2Item { id } }
        }
        """,
      variables: [
        "project": .string(project), "item": .string(spot.id), "field": .string(field.id),
        "option": .string(option),
      ], isMutation: true)
    let reply = try await client.graphQL(call, as: Structure.self)
    // Any payload in the answer says that the value was written, even if parts of it cannot be
    // read.
    if reply.value?[mutation]?.objectValue != nil { return }
    let error = client.error(of: reply, in: call)
    guard case .notFound(let why) = error else { throw error }
    throw .unreachable("\(key) changed on the board while it was moved: \(why)")
  }
}
