// Finds an item's place on the workflow's board anew for one write: the project, its fields with
// their options, and the board item that belongs to an issue, a pull request or a draft.
// GitHubDelivery's moves and conversions look here before they write. "Not there" is believed only
// when the same answer shows the board.
import SymphonyCore

extension GitHubDelivery {
  /// A single-select field of the board.
  struct SelectField {
    var id: String
    var name: String
    var options: [(id: String, name: String)]

    init?(_ node: Structure) {
      guard let id = node["id"]?.stringValue, let name = node["name"]?.stringValue,
        let options = node["options"]?.listValue
      else { return nil }
      self.id = id
      self.name = name
      self.options = options.compactMap { option in
        guard let id = option["id"]?.stringValue, let name = option["name"]?.stringValue else {
          return nil
        }
        return (id, name)
      }
    }

    func option(_ name: String) -> (id: String, name: String)? {
      options.first { $0.name == name } ?? options.first { $0.name.folded == name.folded }
    }
  }

  /// An item on the board.
  struct Spot {
    var id: String
    var isArchived: Bool
    /// The item as it was answered, for the fields that a delivery asked for besides.
    var node: Structure
  }

  struct BoardLook {
    enum Finding {
      case found(Spot)
      /// Why there is no item to write to any more.
      case gone(String)
    }
    var projectID: String
    var fields: [SelectField]
    var finding: Finding
    var repository: Structure?
    /// Why parts of the answer are missing.
    var faults: [GraphQLFault]
    var call: GraphQLCall
  }

  static func name(_ board: BoardPolicy) -> String { "board \(board.owner)/\(board.number)" }

  /// Asks for the board, the item and the repository in one query.
  ///
  /// `item` holds further fields of the board item, beside id, isArchived and project; `more` holds
  /// further fields of the repository, beside its id.
  func look(
    _ board: BoardPolicy, at name: String, repository: RepositoryName, item: String,
    more: String = ""
  ) async throws(TrackerError) -> BoardLook {
    let call = Self.lookCall(board, name, entry.item, repository, item: item, more: more)
    let reply = try await client.graphQL(call, as: Structure.self)
    guard let value = reply.value else { throw client.error(of: reply, in: call) }
    let scope = board.scope.rawValue
    guard let project = value[scope]?["projectV2"], let id = project["id"]?.stringValue else {
      throw hidden(board, client.error(of: reply.faults.at(scope), in: call))
    }
    let fields = (project["fields"]?["nodes"]?.listValue ?? []).compactMap(SelectField.init)
    let finding = try finding(value, reply.faults, id, board, call, repository)
    return BoardLook(
      projectID: id, fields: fields, finding: finding, repository: value["repository"],
      faults: reply.faults, call: call)
  }

  private static func lookCall(
    _ board: BoardPolicy, _ name: String, _ id: ItemID, _ repository: RepositoryName,
    item: String, more: String
  ) -> GraphQLCall {
    let spot = "id isArchived project { id } \(item)"
    let spots = """
      { projectItems(first: 50, includeArchived: true) {
        nodes { \(spot) } pageInfo { hasNextPage } } }
      """
    let document = """
      query \(name)($item: ID!, $owner: String!, $number: Int!, $home: String!, $name: String!) {
        \(board.scope.rawValue)(login: $owner) { projectV2(number: $number) {
          id fields(first: 100) { nodes {
            ... on ProjectV2SingleSelectField { id name options { id name } } } } } }
        repository(owner: $home, name: $name) { id \(more) }
        node(id: $item) { __typename
          ... on ProjectV2Item { \(spot) }
          ... on Issue \(spots)
          ... on PullRequest \(spots) }
        rateLimit { cost }
      }
      """
    return GraphQLCall(
      name: name, document: document,
      variables: [
        "item": .string(id.text), "owner": .string(board.owner),
        "number": .integer(Int64(board.number)), "home": .string(repository.owner),
        "name": .string(repository.name),
      ])
  }

  /// The error for a board that is not shown.
  ///
  /// The workflow file or the token may be at fault: the board may come back, and the debt waits
  /// for it.
  private func hidden(_ board: BoardPolicy, _ error: TrackerError) -> TrackerError {
    guard case .notFound(let why) = error else { return error }
    return .misconfigured(
      "the \(Self.name(board)) is not there, or not visible to this token: \(why)",
      hint: "check tracker.owner, tracker.project_number and tracker.project_scope; "
        + "`symphony doctor` names what the token can see")
  }

  private func unseen(_ repository: RepositoryName, _ error: TrackerError) -> TrackerError {
    guard case .notFound = error else { return error }
    return .forbidden(
      "\(repository) cannot be seen with this token, so nothing in it can be written to")
  }

  private func finding(
    _ value: Structure, _ faults: [GraphQLFault], _ project: String, _ board: BoardPolicy,
    _ call: GraphQLCall, _ repository: RepositoryName
  ) throws(TrackerError) -> BoardLook.Finding {
    let left = BoardLook.Finding.gone("it is no longer on the \(Self.name(board))")
    guard let node = value["node"], node.objectValue != nil else {
      let reasons = faults.at("node")
      guard reasons.allSatisfy({ $0.type == "NOT_FOUND" }), !reasons.isEmpty else {
        throw client.error(of: reasons, in: call)
      }
      // A draft is gone if the board says so; an issue only where its repository is seen.
      if entry.item.text.hasPrefix("PVTI_") { return left }
      guard value["repository"]?["id"] != nil else {
        throw unseen(repository, client.error(of: faults.at("repository"), in: call))
      }
      return .gone("it is no longer in \(repository)")
    }
    if node["__typename"]?.stringValue == "ProjectV2Item" {
      return Self.spot(node, project).map { .found($0) } ?? left
    }
    guard let nodes = node["projectItems"]?["nodes"]?.listValue else {
      throw client.error(of: faults.at("node"), in: call)
    }
    if let found = nodes.lazy.compactMap({ Self.spot($0, project) }).first { return .found(found) }
    guard !nodes.contains(.null) else { throw client.error(of: faults.at("node"), in: call) }
    guard node["projectItems"]?["pageInfo"]?["hasNextPage"]?.boolValue != true else {
      throw .rejected("it is on more than 50 boards; the \(Self.name(board)) is not among those")
    }
    return left
  }

  private static func spot(_ node: Structure, _ project: String) -> Spot? {
    guard let id = node["id"]?.stringValue, node["project"]?["id"]?.stringValue == project else {
      return nil
    }
    return Spot(id: id, isArchived: node["isArchived"]?.boolValue ?? false, node: node)
  }
}
