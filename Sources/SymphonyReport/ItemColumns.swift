// One line for each item, in columns that all lines of a screen share. Used by the screen of status
// and by the live view; says what the report holds.
import SymphonyCore

/// The columns of all lines of a screen: key, title, age, what is to know, money.
struct ItemColumns {
  private let now: Moment
  private let names: ShortKeys
  private let key: Int
  private let title: Int
  private let age: Int
  private let brief: Int
  private let money: Int

  /// `names`: nil: as these items need them.
  init(_ items: [ItemReport], width: Int, at now: Moment, names given: ShortKeys? = nil) {
    func widest(_ text: (ItemReport) -> String) -> Int {
      // More than a line of it is not shown, however much there is.
      items.map { Columns.count(String(text($0).prefix(width))) }.max() ?? 0
    }
    self.now = now
    let names = given ?? ShortKeys(items)
    self.names = names
    key = min(widest { names.text($0.key) }, max(8, width * 3 / 10))
    age = widest { $0.age(at: now) }
    let money = widest(\.shortMoney)
    self.money = money
    let room = width - 2 - key - 2 - 2 - age - 2 - (money == 0 ? 0 : money + 2)
    // A column that needs less than its share leaves the rest to the other.
    let share = max(room * 2 / 5, room - widest { $0.brief(at: now) })
    title = min(widest(\.title), max(0, share))
    brief = max(0, room - title)
  }

  func line(_ item: ItemReport) -> StyledLine {
    var line = StyledLine("  ")
    line.add(Columns.fit(names.text(item.key), key), item.style)
    line.add("  " + Columns.fit(item.title, title))
    line.add("  " + Columns.fit(item.age(at: now), age, toTheRight: true), .dim)
    line.add("  " + Columns.fit(item.brief(at: now), brief))
    if money > 0 { line.add("  " + Columns.fit(item.shortMoney, money, toTheRight: true)) }
    return line
  }
}

/// Keys as a screen shows them: with the repository only where there is more than one.
struct ShortKeys {
  private let omitsRepository: Bool

  init(_ items: [ItemReport]) { omitsRepository = Set(items.map(\.repository)).count <= 1 }

  func text(_ key: String) -> String {
    guard omitsRepository, let mark = key.lastIndex(of: "#") else { return key }
    return String(key[mark...])
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
