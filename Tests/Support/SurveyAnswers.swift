// What a survey tells of one item, for laws about plans: why something may be ended.
import SymphonyCore

extension Survey {
  /// An item as it was answered last, by itself or in the list; `isGone`: the tracker has it no more.
  ///
  /// An answer that failed tells nothing, whatever the list says.
  package func told(of id: ItemID) -> (item: WorkItem?, isGone: Bool) {
    switch answers[id] {
    case .found(let item): return (item, false)
    case .unknown: return (nil, false)
    case .gone: return (listed(id), true)
    case nil: return (listed(id), false)
    }
  }

  private func listed(_ id: ItemID) -> WorkItem? {
    if case .items(let items) = candidates { items.first { $0.id == id } } else { nil }
  }
}
