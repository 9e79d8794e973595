// Which node of an answer belongs to which id of the question, and which faults spoil it. GitHub
// may write the id of an older object in another format than REST did: then the place in the list
// counts, as far as the number agrees. AnswerReading and DependencyNames ask; what a spoilt item
// means is theirs.
import SymphonyCore

/// What stands in a list that was asked for by ids.
protocol AskedNode {
  var id: ItemID { get }
  /// Nil: it has none, or GitHub did not say.
  var number: Int? { get }
}

/// The answer to `nodes(ids:)`, in the order of the question.
struct AskedNodes<Node: AskedNode> {
  enum Match {
    /// - Parameter place: where it stood, which the paths of faults name.
    case found(Node, place: Int)
    /// Nothing stands in its place.
    case missing
    /// Something stands there that is not what was asked for.
    case strange
  }

  private let nodes: [Node?]
  private let asked: Set<ItemID>
  private let places: [ItemID: Int]

  init(_ nodes: [Node?], asked ids: [ItemID]) {
    self.nodes = nodes
    asked = Set(ids)
    let found = nodes.enumerated().compactMap { place, node in node.map { ($0.id, place) } }
    places = Dictionary(found) { first, _ in first }
  }

  /// - Parameters:
  ///   - place: where `id` stands in the question.
  ///   - alias: the id the same item answered with elsewhere.
  ///   - number: what the record says.
  func find(_ id: ItemID, place: Int, alias: ItemID? = nil, number: Int?) -> Match {
    for known in [id, alias].compactMap({ $0 }) {
      if let place = places[known], let node = nodes[place] { return .found(node, place: place) }
    }
    guard place < nodes.count, let node = nodes[place] else { return .missing }
    guard !asked.contains(node.id), let number, node.number == number else { return .strange }
    return .found(node, place: place)
  }
}

extension [GraphQLFault] {
  /// An item says itself that these are not known.
  private static let dependencies: Set = ["issueDependenciesSummary", "subIssuesSummary", "parent"]

  /// The faults at a place or inside of it that leave the item there half answered.
  func spoiling(_ path: [String]) -> [GraphQLFault] {
    at(path).filter { fault in
      !fault.path.dropFirst(path.count).contains { Self.dependencies.contains($0) }
    }
  }

  /// They will not be gone in a moment: closed to this token, or not there.
  var areLasting: Bool { allSatisfy { $0.isForbidden || $0.type == "NOT_FOUND" } }
}
