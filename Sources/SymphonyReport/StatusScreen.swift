// The report of the state as an operator reads it: what is wrong first, then money, then the items
// by what is to be done about them, a line each that fits the width. Says what the report holds and
// finds out nothing of its own. Called by status and the demo.
import SymphonyCore

package struct StatusScreen {
  package var report: StateReport
  /// Columns that a line of an item may take; 40 at least.
  package var width: Int
  /// Also what is done for longer, left out by a rule, or not listed any more.
  package var showsAll: Bool
  /// Each item with all its facts, however long the line gets, and what a rule leaves out.
  package var isVerbose: Bool

  package init(report: StateReport, width: Int, showsAll: Bool = false, isVerbose: Bool = false) {
    self.report = report
    self.width = max(width, 40)
    self.showsAll = showsAll
    self.isVerbose = isVerbose
  }

  package var lines: [StyledLine] {
    var lines = StatusHeader(report: report).lines
    if report.items.isEmpty, report.notListed.isEmpty {
      return lines + [StyledLine(), StyledLine("no work items yet")]
    }
    let shown = Section.allCases.filter(isShown).flatMap(report.items(in:))
    let columns = ItemColumns(shown, width: width, at: report.at)
    for section in Section.allCases where isShown(section) {
      let items = report.items(in: section)
      if items.isEmpty { continue }
      lines.append(StyledLine())
      lines.append(StyledLine("\(section.title) (\(items.count))", .bold))
      lines += isVerbose ? verbose(items) : items.map(columns.line)
    }
    let notes = hidden
    return notes.isEmpty ? lines : lines + [StyledLine()] + notes
  }

  private func isShown(_ section: Section) -> Bool {
    section.isShownAlways || showsAll || isVerbose && section == .leftOut
  }

  private func verbose(_ items: [ItemReport]) -> [StyledLine] {
    let keys = items.map { Columns.count(Columns.cut($0.key, to: 60)) }.max() ?? 0
    let codes = items.map { Columns.count($0.code) }.max() ?? 0
    return items.map { item in
      var line = StyledLine("  " + Columns.fit(item.key, keys) + "  ")
      line.add(Columns.fit(item.code, codes), item.style)
      line.add("  " + Columns.cut(item.full(at: report.at), to: 4000))
      return line
    }
  }

  /// The items that the screen leaves out, counted, and how to see them.
  private var hidden: [StyledLine] {
    var lines: [StyledLine] = []
    let left = report.items.filter { $0.section == .leftOut }
    if !left.isEmpty, !isShown(.leftOut) {
      let codes = Dictionary(grouping: left, by: \.code).mapValues(\.count)
      let words = codes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      lines.append(StyledLine("left out by a rule: \(words) (-v lists them)", .dim))
    }
    let rest = [Section.doneEarlier, .unlisted].compactMap { section -> String? in
      let more = section == .unlisted ? report.notListed.unlisted : report.notListed.done
      let count = report.items.count { $0.section == section } + more
      return count == 0 || isShown(section) ? nil : "\(count) \(section.title)"
    }
    if !rest.isEmpty {
      lines.append(
        StyledLine("(\(rest.joined(separator: ", ")); --all shows them)", .dim))
    }
    return lines
  }
}

extension StateReport {
  /// In the order in which they are served, where they wait; else by their keys.
  func items(in section: Section) -> [ItemReport] {
    let items = items.filter { $0.section == section }
    guard section == .waiting else { return items }
    return Self.served(items.map(\.queuePosition)).map { items[$0] }
  }

  /// The ids of all items, as `items(in:)` orders them: one look for all sections, because there
  /// may be thousands.
  var itemsBySection: [Section: [String]] {
    var found: [Section: [Int]] = [:]
    for index in items.indices { found[items[index].facts.section, default: []].append(index) }
    if let waiting = found[.waiting] {
      found[.waiting] = Self.served(waiting.map { items[$0].facts.queuePosition })
        .map { waiting[$0] }
    }
    return found.mapValues { $0.map { items[$0].verdict.id } }
  }

  /// The order in which those with these places in the queue are served.
  private static func served(_ places: [Int?]) -> [Int] {
    places.enumerated().map { (place: $0.element ?? .max, offset: $0.offset) }
      .sorted { ($0.place, $0.offset) < ($1.place, $1.offset) }.map(\.offset)
  }
}
