// Sequences for terminals in what agents say: they go as a whole, and nothing else goes with them.
import SymphonyCore
import Testing

@testable import SymphonyAgents

@Suite struct TerminalFilterTests {
  @Test(arguments: [
    ("\u{1B}[1m\u{1B}[32mgreen\u{1B}[0m", "green"), ("\u{1B}[38;5;12mx\u{1B}[m", "x"),
    ("\u{1B}]0;title\u{07}words", "words"),
    ("\u{1B}]8;;https://example.org\u{1B}\\\\here\u{1B}]8;;\u{1B}\\\\", "\\here\\"),
    ("\u{1B}]8;;https://example.org\u{1B}\\here\u{1B}]8;;\u{1B}\\", "here"),
    ("\u{9B}31mred\u{9D}0;t\u{9C}!", "red!"), ("\u{1B}(Ba\u{1B}#8b\u{1B}=c\u{1B}7d", "abcd"),
    ("\u{1B}P1;2|data\u{1B}\\x", "x"), ("\u{1B}[?25lhidden\u{1B}[?25h", "hidden"),
    // Never ended: the line goes, the next does not.
    ("a\u{1B}]0;title\nnext", "a\nnext"), ("a\u{1B}[12", "a"), ("a\u{1B}", "a"),
    ("[32m is text, and é too", "[32m is text, and é too"), ("\u{1B}[3\u{1B}[1mx", "x"),
  ])
  func sequencesGoAsAWhole(_ text: String, _ expected: String) {
    #expect(Excerpt.message(text) == expected)
    #expect(Excerpt.end(text) == expected)
  }

  /// A sequence that is never ended would swallow the rest of the line, were it seen.
  @Test func ofAHugeTextTheMiddleIsNotLookedAt() {
    let filler = String(repeating: "é", count: 1 << 20)
    let text = "begin " + filler + "\u{1B}]0;" + filler + " end"
    let message = Excerpt.message(text)
    #expect(message.hasPrefix("begin") && message.hasSuffix("end"))
    #expect(message.count <= Excerpt.messageLimit)
  }
}
