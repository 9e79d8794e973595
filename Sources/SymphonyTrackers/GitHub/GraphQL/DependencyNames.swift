// Names of blockers and open sub-issues for items whose summary counts some: asked in one batch,
// remembered until the item or its counts change, so that an idle tick asks for none. Both surveys
// use it. It names; whether an item waits is the planner's.
import SymphonyCore

struct DependencyNames {
  private struct Known: Codable, Hashable {
    /// The item's last change and counts when its names were asked for.
    var stamp: String
    var blockedBy: [WorkItem.Link]
    var subIssues: [WorkItem.Link]
  }

  private static let key = "symphony:links"
  /// The most items asked about in one tick; the others keep their counts until the next.
  static let tickLimit = 4 * Inquiry.itemLimit

  private let memory: TrackerMemory
  private var known: [String: Known]

  init(_ memory: TrackerMemory) {
    self.memory = memory
    known = memory.read(Self.key, as: [String: Known].self) ?? [:]
  }

  private static func stamp(_ item: WorkItem) -> String {
    "\(item.updatedAt?.milliseconds ?? 0)-\(item.openBlockers)-\(item.openSubIssues)"
  }

  /// True when the item has open blockers or sub-issues whose names are not known yet.
  func lacks(_ item: WorkItem) -> Bool {
    item.contentType == .issue && item.state == .open
      && (item.openBlockers > 0 || item.openSubIssues > 0)
      && known[item.id.text]?.stamp != Self.stamp(item)
  }

  /// Takes in an answer about these items, which `inquiry` asked for in this order.
  ///
  /// Names that were not answered, or may be answered a moment later, are asked for again by the
  /// next tick.
  mutating func learn(
    _ reply: InquiryReply, _ faults: [GraphQLFault], of items: [WorkItem?], _ inquiry: Inquiry
  ) {
    let nodes = AskedNodes(reply.links, asked: inquiry.linked)
    for (index, id) in inquiry.linked.enumerated() {
      guard let item = items[index],
        case .found(let node, let own) = nodes.find(id, index: index, number: item.number),
        faults.at("links", String(own)).areLasting
      else { continue }
      known[item.id.text] = Known(
        stamp: Self.stamp(item), blockedBy: node.blockedBy ?? [], subIssues: node.subIssues ?? [])
    }
  }

  func apply(to item: inout WorkItem) {
    guard let names = known[item.id.text], names.stamp == Self.stamp(item) else { return }
    item.name(blockedBy: names.blockedBy, subIssues: names.subIssues)
  }

  /// Forgets entries about other items than these, and stores the rest.
  mutating func store(for items: some Sequence<WorkItem>) {
    let stamps = Dictionary(items.map { ($0.id.text, Self.stamp($0)) }) { first, _ in first }
    let kept = known.filter { stamps[$0.key] != nil }
    if !kept.isEmpty || !known.isEmpty { memory.write(Self.key, kept) }
  }
}

extension WorkItem {
  /// Adds the names to the items' counts; the counts stay as they are.
  mutating func name(blockedBy: [Link], subIssues: [Link]) {
    self.blockedBy = blockedBy
    self.subIssues = subIssues
  }
}
