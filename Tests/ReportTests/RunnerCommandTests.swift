// Lines for a CI runner: ours are commands whatever is in them, nobody else's are.
import SymphonyCore
import Testing

@testable import SymphonyReport

@Suite struct RunnerCommandTests {
  /// As the runner reads a line (ActionCommand.cs): by its beginning, else by `##[` anywhere.
  private func isObeyed(_ line: String) -> Bool {
    let seen = line.unicodeScalars.filter { scalar in
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format, .control: false
      default: true
      }
    }
    var text = String(String.UnicodeScalarView(seen))[...]
    text = text.drop { $0.isWhitespace }
    return text.hasPrefix("::") || text.contains("##[")
  }

  @Test(arguments: [
    "::error::x", "  ::set-env name=A::b", "\u{A0}::add-mask::a", "::", "a ##[error]b", "##[group]",
    "###[x]", ":\u{FE0F}:error::x", "\u{FE0F}::error::x", "#\u{34F}#[error]", "##\u{FE0F}[error]x",
    "{\"a\":\"##[error]b\"}",
  ])
  func foreignLinesAreNotObeyed(_ line: String) {
    #expect(isObeyed(line), "else the test says nothing")
    #expect(!isObeyed(RunnerText.inert(line)), "\(RunnerText.inert(line))")
  }

  @Test(arguments: ["2026-11-29T10:00:00Z info a::b", "a: ::b", "#[x] # #[y]", "", ":a:"])
  func otherLinesStayAsTheyAre(_ line: String) {
    #expect(RunnerText.inert(line) == line)
  }

  @Test func jsonStaysTheSameJSON() throws {
    let value = Structure.object(["title": .string("##[error]a"), "n": .integer(1)])
    let line = RunnerText.inert(try ReportJSON.text(of: value))
    #expect(!line.contains("##["))
    #expect(try ReportJSON.read(line, as: Structure.self) == value)
  }

  @Test func whatIsInACommandEndsNeitherItNorItsProperties() {
    let command = RunnerCommand(
      .error, "50% of\n::error::a\r##[group]", properties: ["title": "a::b,c=d%\n", "line": "1"])
    #expect(
      command.line
        == "::error line=1,title=a%3A%3Ab%2Cc=d%25%0A::50%25 of%0A::error::a\\r##\\u005bgroup]")
    #expect(!command.line.contains("\n"))
    #expect(RunnerCommand(.endgroup).line == "::endgroup::")
  }

  @Test func aRemarkOnAFileOfTheCheckoutNamesItsPlace() {
    let words = "/srv/app/WORKFLOW.md:4:3: unknown key `a:b`"
    let command = RunnerCommand.remark(.warning, words, root: "/srv/app")
    #expect(command.line == "::warning col=3,file=WORKFLOW.md,line=4::unknown key `a:b`")
    #expect(RunnerCommand.remark(.warning, words, root: "/srv/other").line == "::warning::\(words)")
    #expect(RunnerCommand.remark(.error, words, root: nil).properties.isEmpty)
    #expect(
      RunnerCommand.remark(.error, "/srv/app/x: gone", root: "/srv/app").properties.isEmpty)
  }

  @Test func moreThanARunnerShowsAreCounted() {
    let many = (1...25).map { RunnerCommand(.error, "\($0)") }
    let shown = RunnerCommand.bounded(many)
    #expect(shown.count == 10 && shown.last?.text.hasPrefix("and 16 more") == true)
    #expect(RunnerCommand.bounded(Array(many.prefix(10))).count == 10)
    #expect(RunnerCommand.bounded([]).isEmpty)
  }
}
