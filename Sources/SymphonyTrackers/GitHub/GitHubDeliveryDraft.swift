// Turns a draft of the board into an issue. The board item keeps its id, so a repetition after a
// lost answer finds an issue in the draft's place and reports that one. Called by GitHubDelivery.
import SymphonyCore

extension GitHubDelivery {
  private static let content = """
    content { __typename ... on Issue { number repository { nameWithOwner } }
      ... on PullRequest { number repository { nameWithOwner } } }
    """

  func convert(_ order: DraftOrder) async throws(TrackerError) -> Delivery {
    guard let board = policy.board else { return .superseded("there is no board") }
    let look = try await look(
      board, at: "SymphonyDraft", repository: order.repository, item: "type \(Self.content)")
    let spot: Spot
    switch look.finding {
    case .gone(let why): return .superseded("the draft: \(why)")
    case .found(let found): spot = found
    }
    if let key = Self.issue(spot.node) { return .converted(to: key) }
    guard spot.node["type"]?.stringValue == "DRAFT_ISSUE" else {
      throw .forbidden(
        "the draft is an issue by now, but in a repository this token may not read; it needs "
          + "Issues: read and write there")
    }
    if spot.isArchived { return .superseded("the draft is archived on the \(Self.name(board))") }
    guard let repository = look.repository?["id"]?.stringValue else {
      throw .misconfigured(
        "the draft cannot become an issue of \(order.repository): it is not there, or not visible "
          + "to this token",
        hint: "check tracker.draft_repository, and that the token may write issues there")
    }
    return try await convert(spot, repository, order)
  }

  private func convert(_ spot: Spot, _ repository: String, _ order: DraftOrder)
    async throws(TrackerError) -> Delivery
  {
    let mutation = "convertProjectV2DraftIssueItemToIssue"
    let call = GraphQLCall(
      name: "SymphonyConvert",
      document: """
        mutation SymphonyConvert($item: ID!, $repository: ID!) {
          \(mutation)(input: { itemId: $item, repositoryId: $repository }) {
            item { id \(Self.content) } }
        }
        """,
      variables: ["item": .string(spot.id), "repository": .string(repository)], isMutation: true)
    let reply = try await client.graphQL(call, as: Structure.self)
    guard let payload = reply.value?[mutation], payload.objectValue != nil else {
      let error = client.error(of: reply, in: call)
      guard case .notFound(let why) = error else { throw error }
      throw .unreachable("the draft changed on the board while it was converted: \(why)")
    }
    guard let key = Self.issue(payload["item"] ?? .null) else {
      throw .unreachable("the draft became an issue that could not be read back")
    }
    return .converted(to: key)
  }

  private static func issue(_ item: Structure) -> ItemKey? {
    guard let content = item["content"], let number = content["number"]?.integerValue,
      let name = content["repository"]?["nameWithOwner"]?.stringValue,
      let repository = RepositoryName(name)
    else { return nil }
    return ItemKey(repository: repository, reference: "\(number)")
  }
}
