// The live view over a world with an item of every kind: screens at several sizes against the
// transcripts in Tests/Screens, what keys do, and that no size and no title breaks it.
import FoundationEssentials
import SymphonyCore
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite struct LiveViewTests {
  private static let sizes = [(80, 24), (120, 40), (200, 50), (250, 60)]

  private func view(_ columns: Int, _ lines: Int, _ content: LiveContent = .everyKind) -> LiveView {
    LiveView(content, columns: columns, lines: lines)
  }

  private func expect(
    _ view: LiveView, is name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let wanted = try String(contentsOfFile: "/\(tests)/Screens/\(name).txt", encoding: .utf8)
    let shown = view.lines.map { $0.plain + "\n" }.joined()
    #expect(shown == wanted, "\(name):\n\(shown)", sourceLocation: sourceLocation)
  }

  // MARK: Screens

  @Test(arguments: sizes) func theFirstPage(_ columns: Int, _ lines: Int) throws {
    try expect(view(columns, lines), is: "top-\(columns)x\(lines)")
  }

  @Test(arguments: sizes) func aPageOfAnIssue(_ columns: Int, _ lines: Int) throws {
    var view = view(columns, lines)
    view.press(upTo: "#4")
    #expect(view.press(.enter) == .read("I_4"))
    view.show(.everyKind)
    try expect(view, is: "top-issue-\(columns)x\(lines)")
  }

  @Test func theHelp() throws {
    var view = view(80, 24)
    #expect(view.press(.character("?")) == nil)
    try expect(view, is: "top-help-80x24")
    #expect(view.press(.character("s")) == nil, "any key goes back, and does nothing else")
    try expect(view, is: "top-80x24")
  }

  @Test func nothingIsThereYet() throws {
    let content = LiveContent(report: StateSources.sample([]).report, events: [])
    try expect(view(80, 24, content), is: "top-empty-80x24")
  }

  /// Every size, however small, has a screen of exactly that size, on every page.
  @Test func everySizeHasItsScreen() {
    var view = view(80, 24)
    view.press(upTo: "#4")
    for columns in [1, 2, 10, 39, 40, 41, 79, 80, 131, 250] {
      for lines in [1, 2, 3, 7, 8, 9, 15, 24, 60] {
        view.resize(columns: columns, lines: lines)
        for key in [.escape, .character("s"), .escape, .enter, .character("?")] as [Key] {
          _ = view.press(key)
          let shown = view.lines
          #expect(shown.count == lines, "\(columns)x\(lines)")
          #expect(shown.allSatisfy { $0.width <= columns }, "\(columns)x\(lines)")
        }
        for _ in 0..<2 { _ = view.press(.escape) }
      }
    }
    view.resize(columns: 80, lines: 24)
    #expect(view.cursorLine.contains("#4"), "\(view.cursorLine)")
  }

  @Test func whatATitleHoldsCannotSteerTheTerminal() {
    var sources = StateSources.everyKind
    for index in sources.state.items.indices {
      sources.state.items[index].title =
        "a\u{1B}[31mb\u{202E}c\nd日本" + String(repeating: "x", count: 300_000)
    }
    var view = view(120, 40, LiveContent(report: sources.report, events: []))
    for _ in 0..<2 {
      for line in view.lines {
        #expect(line.width <= 120)
        #expect(!line.plain.unicodeScalars.contains { $0.isInvisible })
      }
      _ = view.press(.enter)
    }
  }

  // MARK: Keys

  @Test func theCursorGoesThroughEveryRow() {
    var view = view(80, 24)
    var seen: [String] = []
    for _ in 0..<40 {
      seen.append(view.cursorLine)
      _ = view.press(.down)
    }
    let keys = seen.prefix(12).map { String($0.split(separator: " ")[1]) }
    #expect(
      keys == ["#1", "#11", "#4", "#12", "#10", "#2", "#7", "#8", "#9", "#20", "#21", "#30"])
    #expect(seen[12].contains("14:59:48"), "then the events, the newest first: \(seen[12])")
    #expect(seen.last == seen[seen.count - 2], "and there it ends")
    for _ in 0..<60 { _ = view.press(.character("k")) }
    #expect(view.cursorLine == seen[0])
  }

  @Test func tabGoesFromPanelToPanelAndBack() {
    var view = view(80, 24)
    var keys: [String] = []
    for _ in 0..<7 {
      keys.append(view.cursorLine)
      _ = view.press(.tab)
    }
    #expect(keys[6] == keys[0] && Set(keys).count == 6, "\(keys)")
    _ = view.press(.backTab)
    #expect(view.cursorLine == keys[0])
    _ = view.press(.end)
    #expect(view.cursorLine.contains("#11"), "the last of its panel: \(view.cursorLine)")
    _ = view.press(.home)
    #expect(view.cursorLine.contains("#1 "), "\(view.cursorLine)")
  }

  @Test func theCursorFollowsItsIssue() {
    var view = view(80, 24)
    view.press(upTo: "#10")
    var sources = StateSources.everyKind
    let index = sources.state.items.firstIndex { $0.number == 10 }
    if let index { sources.state.items[index].claim = .handedOff(Handoff(pullRequest: nil)) }
    view.show(LiveContent(report: sources.report, events: []))
    #expect(view.cursorLine.contains("#10"), "\(view.cursorLine)")
    sources.state.items.removeAll { $0.number == 10 }
    view.show(LiveContent(report: sources.report, events: []))
    #expect(!view.cursorLine.isEmpty && !view.cursorLine.contains("#10"), "\(view.cursorLine)")
  }

  @Test func anActionIsAskedBack() {
    var view = view(80, 24)
    view.press(upTo: "#4")
    #expect(view.press(.character("s")) == nil)
    #expect(view.lines.last?.plain == "stop acme/app#4? y yes, any other key no")
    #expect(view.press(.character("n")) == nil)
    #expect(view.lines.last?.plain == "nothing was done")
    #expect(view.press(.character("s")) == nil)
    // Whatever comes between question and answer, the answer is about what was asked.
    view.show(LiveContent(report: StateSources.sample([.sample(99)]).report, events: []))
    #expect(view.press(.character("y")) == .stop("I_4"))
    #expect(view.press(.character("y")) == nil, "once")
    view.show(.everyKind)
    view.press(upTo: "#7")
    #expect(view.press(.character("t")) == nil)
    #expect(view.press(.character("Y")) == .retry("I_7"))
    view.tell([StyledLine("it runs again"), StyledLine("the next tick carries it out")])
    #expect(view.lines.suffix(2).map(\.plain) == ["it runs again", "the next tick carries it out"])
    _ = view.press(.down)
    #expect(view.lines.last?.plain.hasPrefix("q quit") == true)
  }

  @Test func pauseIsAskedBackAndResumesWhatIsPaused() {
    var view = view(80, 24)
    #expect(view.press(.character("p")) == nil)
    #expect(view.press(.character("y")) == .pause)
    var sources = StateSources.everyKind
    sources.state.holds = [Hold(kind: .pause, scope: "", why: "", until: nil, setAt: noon)]
    view.show(LiveContent(report: sources.report, events: []))
    #expect(view.press(.character("p")) == nil)
    #expect(view.press(.character("y")) == .resume)
  }

  @Test func onlyLeavingLeaves() {
    var view = view(80, 24)
    for key in [Key.escape, .left, .character("x"), .pageUp, .pageDown, .right, .escape] {
      #expect(view.press(key) != .leave)
    }
    #expect(view.press(.character("r")) == .refresh)
    #expect(view.press(.character("\u{0C}")) == .refresh)
    #expect(view.press(.character("q")) == .leave)
    _ = view.press(.enter)
    #expect(view.press(.character("q")) == .leave, "on an issue's page too")
    #expect(view.press(.character("\u{03}")) == .leave)
  }

  @Test func anEventLeadsToItsIssue() {
    var view = view(80, 24)
    while !view.cursorLine.contains("14:5") { _ = view.press(.tab) }
    let key = view.cursorLine.split(separator: " ")[2]
    guard case .read(let id) = view.press(.enter) else {
      Issue.record("no page is opened")
      return
    }
    #expect("#" + id.dropFirst(2) == key, "\(id) of \(key)")
  }

  @Test func theSameEventTwiceIsTwoRows() {
    let events = LiveContent.everyKind.events
    let twice = events + [events[events.count - 1], events[events.count - 1]]
    var view = view(80, 40, LiveContent(report: StateSources.everyKind.report, events: twice))
    while !view.cursorLine.contains("14:59:48") { _ = view.press(.tab) }
    var places: [Int] = []
    for _ in 0..<4 {
      let marked = view.lines.indices.filter { view.lines[$0].plain.hasPrefix("> ") }
      #expect(marked.count == 1)
      places += marked
      _ = view.press(.down)
    }
    #expect(places == (0..<4).map { (places.first ?? 0) + $0 }, "\(places)")
  }

  @Test func aTranscriptFollowsItsEndUntilItIsScrolled() {
    func content(_ count: Int) -> LiveContent {
      var content = LiveContent.everyKind
      content.page?.transcript = (1...count).map { StyledLine("line \($0).") }
      return content
    }
    var view = view(80, 24, content(100))
    view.press(upTo: "#4")
    _ = view.press(.enter)
    #expect(view.lines.contains { $0.plain.contains("line 100.") })
    view.show(content(120))
    #expect(view.lines.contains { $0.plain.contains("line 120.") })
    _ = view.press(.pageUp)
    #expect(!view.lines.contains { $0.plain.contains("line 120.") })
    let scrolled = view.lines.map(\.plain).filter { $0.hasPrefix("  line") }
    view.show(content(150))
    #expect(view.lines.map(\.plain).filter { $0.hasPrefix("  line") } == scrolled)
    _ = view.press(.character("G"))
    view.show(content(160))
    #expect(view.lines.contains { $0.plain.contains("line 160.") })
    _ = view.press(.escape)
    #expect(view.issue == nil)
  }

  @Test func whatIsOldIsSaid() {
    var content = LiveContent.everyKind
    content.problem = "the database is locked"
    #expect(
      view(80, 24, content).lines.contains {
        $0.plain == "not read anew: the database is locked"
      })
    var sources = StateSources.everyKind
    sources.lastTick?.calledAt = noon - .minutes(12)
    let late = view(80, 24, LiveContent(report: sources.report, events: []))
    #expect(late.lines[1].plain == "no tick for 12m: is the timer running?")
  }

  /// A screen of many issues is made of those it shows.
  @Test func aThousandIssuesAreScrolledThrough() {
    let items = (1...1000).map { ItemRecord.sample($0) }
    var view = view(80, 24, LiveContent(report: StateSources.sample(items).report, events: []))
    #expect(view.lines.contains { $0.plain.hasSuffix("of 1000") })
    _ = view.press(.end)
    #expect(view.cursorLine.contains("#1000"), "\(view.cursorLine)")
    _ = view.press(.pageUp)
    #expect(!view.cursorLine.contains("#1000"))
  }
}

extension LiveView {
  /// The line under the cursor; empty: there is none.
  fileprivate var cursorLine: String { lines.map(\.plain).first { $0.hasPrefix("> ") } ?? "" }

  /// Moves the cursor to an issue.
  fileprivate mutating func press(upTo key: String) {
    for _ in 0..<50 { _ = press(.up) }
    for _ in 0..<50 where !cursorLine.hasPrefix("> \(key) ") { _ = press(.down) }
  }
}

extension LiveContent {
  /// With the events of that world, and what the agent of #4 says.
  static var everyKind: LiveContent {
    var sources = StateSources.everyKind
    sources.maxConcurrent = 3
    sources.trackerUse = TrackerUse(
      points: 12, requests: 9, ceiling: nil,
      graphql: TrackerUse.Window(limit: 5000, remaining: 4988, resetAt: Moment(noon + .hours(1))),
      rest: nil)
    var ended = RunRecord.sample(11) { run in
      run.launchedAt = noon - .hours(4)
      (run.phase, run.outcome, run.settledAt) = (.settled, .failed, noon - .hours(3))
      run.summary = "exit status 1"
      run.spent = [TurnUsage(turn: 1, model: "large", usage: .of(70, 0.25))]
    }
    ended.purpose = .work
    sources.runsToday = sources.state.runs + [ended]
    sources.ledgerToday = Array(sources.changes.values)
    let keys = Dictionary(uniqueKeysWithValues: sources.state.items.map { ($0.id, $0.key) })
    let ledger = sources.changes.values.sorted { ($0.at, $0.item) < ($1.at, $1.item) }
    let events = EventReport.all(
      keys: keys, ledger: ledger, runs: sources.runsToday, outbox: sources.refused)
    func said(_ kind: String, _ text: String, _ style: Style) -> StyledLine {
      var line = StyledLine(Columns.fit(kind, 9), style)
      line.add(text)
      return line
    }
    let page = LivePage(
      id: "I_4", events: events.filter { $0.key == "acme/app#4" }, run: "run 2, command",
      transcript: [
        said(
          "said", "I look at how the importer reads its input: all at once, into one string.", .bold
        ),
        said("tool", "Bash: swift test --filter Importer", .green),
        said("result", "Test run with 12 tests passed after 0.4 seconds.", .dim),
        said(
          "said",
          "日本語の件名 stay whole when a chunk ends in the middle of a character, because the reader "
            + "keeps the bytes of an unfinished one; the last chunk of a file without a line end is "
            + "told as a line of its own.", .bold),
      ])
    return LiveContent(report: sources.report, events: events, page: page)
  }
}

extension LiveViewTests {
  @Test func whereNothingCanBeReadNothingIsAsked() {
    var view = LiveView(.everyKind, columns: 80, lines: 24)
    view.press(upTo: "#4")
    #expect(view.press(.character("s")) == nil && view.isAsking)
    #expect(view.press(.character("n")) == nil && !view.isAsking)
    view.resize(columns: 5, lines: 3)
    #expect(view.press(.character("s")) == nil && !view.isAsking)
  }
}
