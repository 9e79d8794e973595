// The screen of `status` over a world with an item of every kind, at fixed times, against the
// transcripts in Tests/Screens: 80 and 120 columns, plain and in colour, and with all facts.
import FoundationEssentials
import SymphonyCore
import SymphonyReport
import Testing

@Suite struct StatusScreenTests {
  private static let report = StateSources.everyKind.report

  private static func screen(
    _ width: Int, all: Bool = false, verbose: Bool = false
  ) -> [StyledLine] {
    StatusScreen(report: report, width: width, showsAll: all, isVerbose: verbose).lines
  }

  private func expect(
    _ lines: [StyledLine], is name: String, isColourful: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let wanted = try String(contentsOfFile: "/\(tests)/Screens/\(name).txt", encoding: .utf8)
    let shown = lines.map { $0.rendered(isColourful: isColourful) + "\n" }.joined()
    #expect(shown == wanted, "\(name):\n\(shown)", sourceLocation: sourceLocation)
  }

  @Test func atEightyColumns() throws { try expect(Self.screen(80), is: "status-80") }
  @Test func atAHundredAndTwentyColumns() throws { try expect(Self.screen(120), is: "status-120") }
  @Test func inColour() throws {
    try expect(Self.screen(80), is: "status-80-colour", isColourful: true)
  }
  @Test func withAllFacts() throws {
    try expect(Self.screen(80, all: true, verbose: true), is: "status-all")
  }
  @Test func issueByIssue() throws {
    let lines = Self.report.items.flatMap { StatusDetail(report: Self.report, item: $0).lines }
    try expect(lines, is: "status-issues")
  }

  @Test(arguments: [0, 40, 41, 60, 80, 100, 120, 200, 250])
  func everyLineOfAnIssueFits(width: Int) {
    let lines = Self.screen(width, all: true).filter { $0.plain.hasPrefix("  #") }
    #expect(lines.count == Self.report.items.count)
    #expect(lines.allSatisfy { Columns.count($0.plain) <= max(width, 40) })
  }

  @Test func coloursMoveNoColumn() {
    for line in Self.screen(80) {
      let bare = line.rendered(isColourful: true).replacing(/\u{1B}\[[0-9]*m/, with: "")
      #expect(Columns.count(bare) == Columns.count(line.plain), "\(bare)")
    }
  }

  @Test func whatATitleHoldsCannotSteerTheTerminal() {
    var sources = StateSources.everyKind
    for index in sources.state.items.indices {
      sources.state.items[index].title = "a\u{1B}[31mb\u{202E}c\nd"
    }
    let screen = StatusScreen(report: sources.report, width: 250, showsAll: true)
    #expect(screen.lines.allSatisfy { !$0.plain.unicodeScalars.contains { $0.isInvisible } })
  }
}
