// The live view as a value: what it shows, where the cursor is, what is asked back; and what each
// key makes of it. Pure: content, keys and sizes go in, lines and actions come out. Called by
// `top`, which reads the content, draws the lines and carries out the actions.
import SymphonyCore

package struct LiveView: Sendable {
  /// The action that a key asks of the program; issues by their ids.
  package enum LiveAction: Hashable, Sendable {
    case leave
    /// To read everything anew and to draw it whole.
    case refresh
    /// To read what the page of an issue shows.
    case read(String)
    case stop(String)
    case retry(String)
    case pause
    case resume
  }

  /// The question that is put to the operator before an action.
  struct Question: Hashable, Sendable {
    var text: String
    var action: LiveAction
  }

  package private(set) var content: LiveContent
  private(set) var columns: Int
  private(set) var height: Int
  /// The issue whose page is open, by its id; nil: the first page.
  package private(set) var issue: String?
  private(set) var showsHelp = false
  private(set) var question: Question?
  /// The result of the last action, until the next key.
  private(set) var note: [StyledLine] = []
  /// The panel that keys move in, on the first page and on an issue's.
  private var listFocus: Panel = .items(.needsYou)
  private var pageFocus: Panel = .transcript
  /// The row under the cursor in each list; its place, for when it is gone.
  private var chosen: [Panel: (row: LiveRow, index: Int)] = [:]
  /// The first row that is shown; none: the beginning, of a transcript the end.
  private var firsts: [Panel: Int] = [:]
  private(set) var parts: [LivePart] = []
  /// Made of the content and the size alone, and not for each key: there may be thousands of
  /// items.
  private var lists: [LivePart] = []
  private(set) var header: [StyledLine] = []
  private(set) var names = ShortKeys([])
  /// Where an item is in the report, by its id.
  private var places: [String: Int] = [:]

  /// `issue`: the id of an item whose page is open at once.
  package init(_ content: LiveContent, columns: Int, lines: Int, issue: String? = nil) {
    self.content = content
    self.columns = columns
    self.height = lines
    self.issue = issue
    read()
    listFocus = lists.first { !$0.rows.isEmpty && $0.panel != .events }?.panel ?? .events
    remake()
  }

  var focus: Panel { issue == nil ? listFocus : pageFocus }
  /// The item that is meant by keys: of the page, or under the cursor.
  var item: ItemReport? {
    if let issue { return item(issue) }
    switch chosen[listFocus]?.row {
    case .item(let id): return item(id)
    case .event(let event, _): return content.report.items.first { $0.key == event.key }
    case .line, nil: return nil
    }
  }
  func item(_ id: String) -> ItemReport? { places[id].map { content.report.items[$0] } }
  var cursor: LiveRow? { issue == nil ? chosen[listFocus]?.row : nil }

  // MARK: What changes it

  package mutating func show(_ content: LiveContent) {
    self.content = content
    read()
    remake()
  }

  package mutating func resize(columns: Int, lines: Int) {
    (self.columns, self.height) = (columns, lines)
    header = madeHeader
    remake()
  }

  /// Shows the result of an action.
  package mutating func tell(_ lines: [StyledLine]) {
    note = lines
    arrange()
  }

  package mutating func press(_ key: Key) -> LiveAction? {
    defer { arrange() }
    note = []
    if let question {
      self.question = nil
      if key == .character("y") || key == .character("Y") { return question.action }
      note = [StyledLine("nothing was done", .dim)]
      return nil
    }
    if showsHelp, key != .character("q") {
      showsHelp = false
      return nil
    }
    switch key {
    // The second is Ctrl-C on a terminal that makes no signal of it, the third Ctrl-L.
    case .character("q"), .character("\u{03}"): return .leave
    case .character("r"), .character("\u{0C}"): return .refresh
    case .character("?"): showsHelp = true
    case .character("s"), .character("t"), .character("p"): ask(key)
    case .enter, .right, .character("l"): return open()
    case .escape, .left, .character("h"): close()
    default: move(key)
    }
    return nil
  }

  /// True while a question is open, which the next key answers.
  package var isAsking: Bool { question != nil }

  private mutating func ask(_ key: Key) {
    // A screen too small to show the question gets none.
    if isTiny { return }
    if key == .character("p") {
      let isPaused = content.report.holds.contains { $0.kind == .pause && !$0.hasPassed }
      question =
        isPaused
        ? Question(text: "resume, as `symphony resume` does", action: .resume)
        : Question(text: "pause: start nothing new", action: .pause)
      return
    }
    guard let item else {
      note = [StyledLine("no issue is chosen: move the cursor to one", .yellow)]
      return
    }
    question =
      key == .character("s")
      ? Question(text: "stop \(item.key)", action: .stop(item.id))
      : Question(text: "retry \(item.key), counters at zero", action: .retry(item.id))
  }

  private mutating func open() -> LiveAction? {
    guard issue == nil, let item else { return nil }
    issue = item.id
    pageFocus = .transcript
    for panel in [Panel.facts, .history, .transcript] { firsts[panel] = nil }
    remake()
    return .read(item.id)
  }

  private mutating func close() {
    guard issue != nil else { return }
    issue = nil
    remake()
  }

  // MARK: Moving

  private mutating func move(_ key: Key) {
    let step = max(1, parts.first { $0.panel == focus }?.height ?? 1)
    switch key {
    case .tab: turn(by: 1)
    case .backTab: turn(by: -1)
    case .down, .character("j"): move(by: 1)
    case .up, .character("k"): move(by: -1)
    case .pageDown, .character(" "): move(by: step, stays: true)
    case .pageUp: move(by: -step, stays: true)
    case .home, .character("g"): move(by: -Int(Int32.max), stays: true)
    case .end, .character("G"): move(by: Int(Int32.max), stays: true)
    default: break
    }
  }

  /// To another panel that has rows.
  private mutating func turn(by step: Int) {
    let panels = parts.filter { !$0.rows.isEmpty }.map(\.panel)
    guard !panels.isEmpty else { return }
    let place = panels.firstIndex(of: focus) ?? 0
    setFocus(panels[(place + step + panels.count) % panels.count])
  }

  private mutating func setFocus(_ panel: Panel) {
    if issue == nil { listFocus = panel } else { pageFocus = panel }
  }

  /// Moves the cursor, in a text what is shown of it; `stays`: never into the next panel.
  private mutating func move(by step: Int, stays: Bool = false) {
    guard let place = parts.firstIndex(where: { $0.panel == focus }) else { return }
    let part = parts[place]
    if issue != nil {
      let first = min(max(part.first + step, 0), part.lastFirst)
      // At its end a transcript goes on by itself.
      firsts[focus] = focus == .transcript && first == part.lastFirst ? nil : first
      return
    }
    let index = (chosen[focus]?.index ?? 0) + step
    if !stays, !part.rows.indices.contains(index) {
      let others = step > 0 ? parts[(place + 1)...] : parts[..<place]
      let next = step > 0 ? others.first { !$0.rows.isEmpty } : others.last { !$0.rows.isEmpty }
      guard let next, let row = step > 0 ? next.rows.first : next.rows.last else { return }
      listFocus = next.panel
      chosen[listFocus] = (row, step > 0 ? 0 : next.rows.count - 1)
      return
    }
    guard !part.rows.isEmpty else { return }
    let reached = min(max(index, 0), part.rows.count - 1)
    chosen[focus] = (part.rows[reached], reached)
  }

  // MARK: Arranging

  /// Takes out of the content what is asked for with each key.
  private mutating func read() {
    lists = content.lists
    header = madeHeader
    names = ShortKeys(content.report.items)
    places.removeAll(keepingCapacity: true)
    for index in content.report.items.indices.reversed() {
      places[content.report.items[index].verdict.id] = index
    }
  }

  /// Makes the panels anew, and lets the cursor follow its row.
  private mutating func remake() {
    if let issue, let item = item(issue) {
      parts = content.parts(of: item, width: columns)
      if parts.first(where: { $0.panel == pageFocus })?.rows.isEmpty != false { pageFocus = .facts }
    } else {
      issue = nil
      parts = lists
      followCursor()
    }
    arrange()
  }

  /// Shares the screen among the panels.
  private mutating func arrange() {
    // While the cursor is elsewhere, the newest event stays in sight.
    if issue == nil, listFocus != .events,
      let newest = parts.first(where: { $0.panel == .events })?.rows.first
    {
      chosen[.events] = (newest, 0)
    }
    let spacing = height >= 36 ? 1 : 0
    let room = height - header.count - footer.count
    parts.share(room, focus: focus, spacing: spacing)
    for index in parts.indices { parts[index].first = first(of: parts[index]) }
  }

  /// The cursor stays on its row wherever that has moved to, else about where it was.
  private mutating func followCursor() {
    if let row = chosen[listFocus]?.row {
      let holders = parts.filter { $0.rows.contains(row) }
      let isThere = holders.contains { $0.panel == listFocus }
      if !isThere, let new = holders.first {
        chosen[listFocus] = nil
        listFocus = new.panel
        chosen[listFocus] = (row, 0)
      }
    }
    if parts.first(where: { $0.panel == listFocus })?.rows.isEmpty != false,
      let other = parts.first(where: { !$0.rows.isEmpty })
    {
      listFocus = other.panel
    }
    for part in parts where !part.rows.isEmpty {
      let old = chosen[part.panel]
      let index = old.flatMap { part.rows.firstIndex(of: $0.row) } ?? old?.index ?? 0
      let reached = min(index, part.rows.count - 1)
      chosen[part.panel] = (part.rows[reached], reached)
    }
  }

  private mutating func first(of part: LivePart) -> Int {
    guard let height = part.height, height > 0 else { return 0 }
    switch part.panel {
    case .facts, .history: return min(firsts[part.panel] ?? 0, part.lastFirst)
    case .transcript: return min(firsts[part.panel] ?? part.lastFirst, part.lastFirst)
    case .items, .events:
      let cursor = chosen[part.panel]?.index ?? 0
      var first = min(firsts[part.panel] ?? 0, part.lastFirst)
      if part.panel == listFocus {
        first = min(max(first, cursor - height + 1), cursor)
      }
      firsts[part.panel] = first
      return first
    }
  }
}
