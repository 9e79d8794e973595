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
    if report.items.isEmpty { return lines + [StyledLine(), StyledLine("no work items yet")] }
    let shown = Section.allCases.filter(isShown).flatMap(items)
    let columns = ItemColumns(shown, width: width, at: report.at)
    for section in Section.allCases where isShown(section) {
      let items = items(of: section)
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

  /// In the order in which they are served, where they wait; else by their keys.
  private func items(of section: Section) -> [ItemReport] {
    let items = report.items.filter { $0.section == section }
    guard section == .waiting else { return items }
    return items.enumerated().sorted { left, right in
      let places = (left.element.queuePosition ?? .max, right.element.queuePosition ?? .max)
      return (places.0, left.offset) < (places.1, right.offset)
    }.map(\.element)
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

  /// What the screen leaves out, counted, and how to see it.
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
      let count = report.items.count { $0.section == section }
      return count == 0 || isShown(section) ? nil : "\(count) \(section.title)"
    }
    if !rest.isEmpty {
      lines.append(
        StyledLine("(\(rest.joined(separator: ", ")); --all shows them)", .dim))
    }
    return lines
  }
}

extension ItemReport {
  var style: Style? {
    switch self.section {
    case .needsYou: .red
    case .running: .green
    case .handedOff: .bold
    case .waiting, .doneToday, .doneEarlier, .leftOut, .unlisted: nil
    }
  }
}

/// The columns of all lines of a screen: key, title, age, what is to know, money.
private struct ItemColumns {
  private let now: Moment
  private let omitsRepository: Bool
  private let key: Int
  private let title: Int
  private let age: Int
  private let brief: Int
  private let money: Int

  init(_ items: [ItemReport], width: Int, at now: Moment) {
    func widest(_ text: (ItemReport) -> String) -> Int {
      items.map { Columns.count(text($0)) }.max() ?? 0
    }
    self.now = now
    let omitsRepository = Set(items.map(\.repository)).count <= 1
    self.omitsRepository = omitsRepository
    key = min(widest { Self.key($0, omitsRepository) }, max(8, width * 3 / 10))
    age = widest { $0.age(at: now) }
    let money = widest(\.shortMoney)
    self.money = money
    let room = width - 2 - key - 2 - 2 - age - 2 - (money == 0 ? 0 : money + 2)
    // What needs less than its share leaves the rest to the other.
    let share = max(room * 2 / 5, room - widest { $0.brief(at: now) })
    title = min(widest(\.title), max(0, share))
    brief = max(0, room - title)
  }

  /// The repository only where there is more than one.
  private static func key(_ item: ItemReport, _ omitsRepository: Bool) -> String {
    guard omitsRepository, let mark = item.key.lastIndex(of: "#") else { return item.key }
    return String(item.key[mark...])
  }

  func line(_ item: ItemReport) -> StyledLine {
    var line = StyledLine("  ")
    line.add(Columns.fit(Self.key(item, omitsRepository), key), item.style)
    line.add("  " + Columns.fit(item.title, title))
    line.add("  " + Columns.fit(item.age(at: now), age, toTheRight: true), .dim)
    line.add("  " + Columns.fit(item.brief(at: now), brief))
    if money > 0 { line.add("  " + Columns.fit(item.shortMoney, money, toTheRight: true)) }
    return line
  }
}
