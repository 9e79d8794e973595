// The Markdown of a CI step: a row for each issue, nothing in a title that does anything, never more
// bytes than there is room for.
import SymphonyCore
import Testing

@testable import SymphonyReport

@Suite struct WaitSummaryTests {
  private func rows(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init).filter { $0.hasPrefix("| ") }
  }

  @Test func eachIssueHasARow() throws {
    let report = StateSources.everyKind.report
    let text = WaitSummary(report, ending: "done: all is quiet").markdown(limit: 1 << 20)
    #expect(text.hasPrefix("### symphony\n\ndone\\: all is quiet\n\n| issue |"), "\(text)")
    let rows = rows(text)
    let shown = report.items.filter { $0.group != .unlisted && $0.group != .done || $0.runs > 0 }
    #expect(rows.count == shown.count + 2)
    for item in shown {
      let key = WaitSummary.escaped(item.key, 120)
      #expect(
        rows.count { $0.contains(key + "]") || $0.hasPrefix("| \(key) ") } == 1, "\(item.key)")
    }
    // Unescaped bars are those between the cells.
    for row in rows {
      #expect(row.replacing("\\|", with: "").count { $0 == "|" } == 6, "\(row)")
    }
    let running = try #require(
      rows.first { $0.contains("\\#\u{200B}4] ") || $0.contains("\\#\u{200B}4]") })
    #expect(running.contains(" so far |") && running.contains("\\$"), "\(running)")
  }

  @Test func titlesDoNothing() {
    let hostile = "a|b <img src=x onerror=y> [c](http://d) **e** `f` @ann #1 &lt; ::error::\n| g |"
    let safe = WaitSummary.escaped(hostile, 500)
    #expect(!safe.contains("\n"))
    var isEscaped = false
    for scalar in safe.unicodeScalars {
      if isEscaped {
        isEscaped = false
        continue
      }
      isEscaped = scalar == "\\"
      let isSign = "|<>[]()*`@#&_!~$".unicodeScalars.contains(scalar)
      #expect(!isSign, "\(scalar) in \(safe)")
    }
    #expect(WaitSummary.escaped(String(repeating: "x", count: 900), 100).count < 120)
  }

  @Test(arguments: [
    ("https://github.com/a/b/pull/1", true), ("https://x/)|<a>", false), ("javascript:a", false),
    ("https://x/a b", false), ("/srv/issues/1.md", false),
  ])
  func onlyPlainAddressesAreLinks(_ address: String, _ isLink: Bool) {
    #expect(WaitSummary.link("a", address).contains("](") == isLink)
  }

  @Test(arguments: [0, 60, 300, 1000, 2500])
  func itKeepsWithinItsRoom(_ limit: Int) {
    let text = WaitSummary(StateSources.everyKind.report, ending: "done").markdown(limit: limit)
    #expect(text.utf8.count <= limit)
    if limit >= 1000 { #expect(text.contains(" more: `symphony status` lists them."), "\(text)") }
  }
}
