// The rows of the live view's panels in words and columns, made for what is on the screen. Items
// are said as `status` says them, a run with its phase, time and figures, an event as in `events`.
import SymphonyCore

struct LiveRows {
  private let columns: Int
  private let now: Moment
  private let items: [String: ItemReport]
  private let names: ShortKeys
  private let lists: ItemColumns
  private let runs: RunColumns
  private let events: EventColumns

  init(_ view: LiveView) {
    columns = view.columns
    let report = view.content.report
    now = report.at
    let names = view.names
    self.names = names
    var shown: [String] = []
    var running: [String] = []
    var told: [EventReport] = []
    for part in view.parts {
      for row in part.shown {
        switch row {
        case .item(let id):
          if part.panel == .items(.running) { running.append(id) } else { shown.append(id) }
        case .event(let event, _): told.append(event)
        case .line: break
        }
      }
    }
    var items: [String: ItemReport] = [:]
    for id in shown + running { items[id] = view.item(id) }
    self.items = items
    lists = ItemColumns(
      shown.compactMap { items[$0] }, width: columns, at: report.at, names: names)
    runs = RunColumns(
      running.compactMap { items[$0] }, width: columns, at: report.at, names: names)
    let isOfOne = view.issue != nil
    events = EventColumns(told, width: columns, at: report.at, names: isOfOne ? nil : names)
  }

  func line(_ row: LiveRow, in panel: Panel) -> StyledLine {
    switch row {
    case .line(let line): return line
    case .event(let event, _): return events.line(event)
    case .item(let id):
      guard let item = items[id] else { return StyledLine() }
      return panel == .items(.running) ? runs.line(item) : lists.line(item)
    }
  }
}

/// A run's issue, where it is, since when, what it used, what its agent did last.
private struct RunColumns {
  private let now: Moment
  private let width: Int
  private let names: ShortKeys
  private let key: Int
  private let title: Int
  private let agent: Int
  private let place: Int
  private let time: Int
  private let tokens: Int
  private let money: Int

  init(_ items: [ItemReport], width: Int, at now: Moment, names: ShortKeys) {
    func widest(_ text: (ItemReport) -> String) -> Int {
      items.map { Columns.count(String(text($0).prefix(width))) }.max() ?? 0
    }
    (self.now, self.width, self.names) = (now, width, names)
    key = min(widest { names.text($0.key) }, max(8, width * 3 / 10))
    // Title and agent are needed least: they come only where there is room.
    title = width >= 110 ? min(widest(\.title), width / 4) : 0
    agent = width >= 160 ? min(widest(Self.agent), 24) : 0
    place = min(widest(Self.place), 16)
    time = widest { Self.time($0, now) }
    tokens = widest(Self.tokens)
    money = widest(Self.money)
  }

  private static func agent(_ item: ItemReport) -> String {
    [item.live?.agent, item.live?.model].compactMap(\.self).joined(separator: " ")
  }

  private static func place(_ item: ItemReport) -> String {
    guard let live = item.live, let phase = live.phase else {
      return item.live?.life.rawValue ?? ""
    }
    guard phase == .agent, let turn = live.turn, turn > 0 else { return phase.rawValue }
    return "\(phase.rawValue), turn \(turn)"
  }

  private static func time(_ item: ItemReport, _ now: Moment) -> String {
    item.live.map { (now.time - $0.startedAt.time).description } ?? ""
  }

  private static func tokens(_ item: ItemReport) -> String {
    MoneyWords.short(tokens: item.live?.tokens ?? 0)
  }

  private static func money(_ item: ItemReport) -> String {
    guard let dollars = item.live?.costUSD, dollars > 0 else { return "" }
    return "$\(PullRequestText.money(dollars))"
  }

  func line(_ item: ItemReport) -> StyledLine {
    var line = StyledLine("  ")
    line.add(Columns.fit(names.text(item.key), key), item.style)
    if title > 0 { line.add("  " + Columns.fit(item.title, title)) }
    if agent > 0 { line.add("  " + Columns.fit(Self.agent(item), agent), .dim) }
    line.add("  " + Columns.fit(Self.place(item), place))
    line.add("  " + Columns.fit(Self.time(item, now), time, toTheRight: true), .dim)
    if tokens > 0 { line.add("  " + Columns.fit(Self.tokens(item), tokens, toTheRight: true)) }
    if money > 0 { line.add("  " + Columns.fit(Self.money(item), money, toTheRight: true)) }
    let last = last(item)
    let room = max(0, width - line.width - 2)
    if !last.isEmpty { line.add("  " + Columns.cut(last, to: room)) }
    if last.isEmpty, title == 0 { line.add("  " + Columns.cut(item.title, to: room), .dim) }
    return line
  }

  /// The agent's last word, and before it what an operator or the next tick is about to do.
  private func last(_ item: ItemReport) -> String {
    guard let live = item.live, live.life == .alive, live.stop == nil, item.requests.isEmpty else {
      return item.brief(at: now)
    }
    return live.lastEvent
  }
}

/// When, whose (on the page of an issue: nobody's), and what happened.
private struct EventColumns {
  private let width: Int
  private let day: Substring
  private let names: ShortKeys?
  private let time: Int
  private let key: Int

  /// `names`: nil: all are of one issue.
  init(_ events: [EventReport], width: Int, at now: Moment, names: ShortKeys?) {
    (self.width, self.names, day) = (width, names, now.text.prefix(10))
    key =
      names.map { names in
        min(events.map { Columns.count(names.text($0.key)) }.max() ?? 0, max(8, width * 3 / 10))
      } ?? 0
    time = events.contains { $0.at.text.prefix(10) != now.text.prefix(10) } ? 11 : 8
  }

  func line(_ event: EventReport) -> StyledLine {
    var line = StyledLine("  ")
    line.add(Columns.fit(time(of: event.at), time), .dim)
    if let names { line.add("  " + Columns.fit(names.text(event.key), key)) }
    if width >= 120 { line.add("  " + Columns.fit(event.kind.rawValue, 11), .dim) }
    line.add("  ")
    line.add(Columns.cut(event.words, to: max(0, width - line.width)), event.style)
    return line
  }

  /// `15:04:05` of today, `03-16 15:04` of another day.
  private func time(of moment: Moment) -> String {
    let text = moment.text
    let isToday = text.prefix(10) == day
    let shown = isToday ? text.dropFirst(11).prefix(8) : text.dropFirst(5).prefix(11)
    return String(shown).replacing("T", with: " ")
  }
}

extension EventReport {
  fileprivate var style: Style? {
    switch kind {
    case .wake: .yellow
    case .refused: .red
    case .runEnded: Outcome(rawValue: code ?? "")?.isFailure == true ? .red : .green
    case .verdict, .runStarted, .delivered: nil
    }
  }
}
