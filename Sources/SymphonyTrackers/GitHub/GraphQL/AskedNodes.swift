// Which node of an answer belongs to which id of the question, and which faults spoil it. GitHub
// may write the id of an older object in another format than REST did: then the place in the list
// counts, as far as the number agrees. AnswerReading and DependencyNames ask; what a spoilt item
// means is theirs.
import SymphonyCore

/// A node in a list that was asked for by ids.
protocol AskedNode {
  var id: ItemID { get }
  /// The item's number; nil: it has none, or GitHub did not say.
  var number: Int? { get }
}

/// The answer to `nodes(ids:)`, in the order of the question.
struct AskedNodes<Node: AskedNode> {
  enum Match {
    /// The node, and its index in the list, which the paths of faults name.
    case found(Node, index: Int)
    /// The answer has no node at its index.
    case missing
    /// Another node than the one asked for stands at its index.
    case strange
  }

  private let nodes: [Node?]
  private let asked: Set<ItemID>
  private let indexes: [ItemID: Int]

  init(_ nodes: [Node?], asked ids: [ItemID]) {
    self.nodes = nodes
    asked = Set(ids)
    let found = nodes.enumerated().compactMap { index, node in node.map { ($0.id, index) } }
    indexes = Dictionary(found) { first, _ in first }
  }

  /// The node of an item.
  ///
  /// `index` is that of `id` in the question, `alias` the id that the same item answered with
  /// elsewhere, and `number` the one on record.
  func find(_ id: ItemID, index: Int, alias: ItemID? = nil, number: Int?) -> Match {
    for known in [id, alias].compactMap({ $0 }) {
      if let own = indexes[known], let node = nodes[own] { return .found(node, index: own) }
    }
    guard index < nodes.count, let node = nodes[index] else { return .missing }
    guard !asked.contains(node.id), let number, node.number == number else { return .strange }
    return .found(node, index: index)
  }
}

extension [GraphQLFault] {
  /// Fields whose absence the item itself reports as unknown.
  private static let dependencies: Set = ["issueDependenciesSummary", "subIssuesSummary", "parent"]

  /// The faults at a place or inside of it that leave the item there half answered.
  func spoiling(_ path: [String]) -> [GraphQLFault] {
    at(path).filter { fault in
      !fault.path.dropFirst(path.count).contains { Self.dependencies.contains($0) }
    }
  }

  /// True when no fault will pass by itself: each is closed to this token, or not there.
  var areLasting: Bool { allSatisfy { $0.isForbidden || $0.type == "NOT_FOUND" } }
}
