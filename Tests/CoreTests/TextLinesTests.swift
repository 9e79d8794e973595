// Lines of texts that others wrote, and secrets in them: a carriage return or a mark behind a letter
// joins two characters to one, and hides nothing.
import Testing

@testable import SymphonyCore

@Suite struct TextLinesTests {
  @Test func aReturnJoinsNoLines() {
    #expect("a\r\nb\n\nc".splitLines() == ["a", "b", "c"])
    #expect("a\r\n\r\nb\n".splitLines(keepingEmpty: true) == ["a", "", "b", ""])
    #expect("a\r\nb\r\n".splitLines(keepingReturns: true) == ["a\r", "b\r"])
    #expect("a\rb\n\r".splitLines() == ["a\rb", "\r"], "without a line feed it ends no line")
    #expect("".splitLines().isEmpty && "".splitLines(keepingEmpty: true) == [""])
    #expect("a\r\n".endsInLineFeed && "a\r\n"[...].endsInLineFeed && !"a\r".endsInLineFeed)
  }

  @Test func skillsOfABodyWithReturnsAreRead() {
    var item = WorkItem.sample(1)
    item.body = "Text\r\n\r\n## Skills\r\n- one\r\n- two\r\n\r\n## Else\r\n- three\r\n"
    #expect(item.skills == ["one", "two"])
  }

  private static let token = "ghp_" + String(repeating: "a1B2", count: 9)

  @Test(
    arguments: [
      ("x \(token).", "x ***."), ("\(token)\u{301}", "***\u{301}"), ("\(token)\r\n", "***\r\n"),
      (
        "https://me:pa5s@host/ and http://me:o7her@host",
        "https://me:***@host/ and http://me:***@host"
      ),
      ("https://me:***@host ghp_short", "https://me:***@host ghp_short"),
      (
        "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb\n"
          + "-----BEGIN PRIVATE KEY-----\nMIIE",
        "a\n***\nb\n***"
      ),
      ("-----BEGIN CERTIFICATE----- of a PRIVATE KEY-----", nil),
    ] as [(String, String?)])
  func secretsAreKnownByTheirForm(_ text: String, _ masked: String?) {
    #expect(KnownTokens.masked(text) == masked ?? text)
  }

  @Test func theLongestOfTwoIsFound() {
    let search = ByteSearch(["abc", "abcde", "x"])
    #expect(search.ranges(in: Array("abcdeabcx".utf8)) == [0..<5, 5..<8, 8..<9])
    #expect(search.replacing(in: "1abcde2", with: "*") == "1*2")
  }

  /// A new place for words must not be forgotten: what is in the file is what is changed.
  @Test func everyWordOfAResultIsChanged() throws {
    let word = "secretword"
    var result = RunResult(
      nonce: "n", runID: RunID("r"), outcome: .failed, summary: word,
      startedAt: Timestamp(milliseconds: 0), endedAt: Timestamp(milliseconds: 0))
    result.message = word
    (result.denied, result.remarks, result.kept) = ([word], [word], [word])
    result.push = .unpushed(head: "h", why: word)
    result.replies = [HandedReply(number: 1, answer: PieceAnswer(.fixed, word))]
    result.session = SessionRef(id: "s", counted: [word: Usage()])
    result.spent = [TurnUsage(turn: 1, model: word, usage: Usage())]
    func replaced(_ text: String) -> String { text.replacing(word, with: "*") }
    #expect(!String(reflecting: result.changingWords(replaced)).contains(word))
    result.session = SessionRef(id: word)
    #expect(result.changingWords(replaced).session == nil)
    var progress = RunProgress(
      nonce: "n", phase: .agent, phaseSince: Timestamp(milliseconds: 0))
    progress.lastEvent = word
    progress.spent = result.spent
    progress.session = SessionRef(id: "s", counted: [word: Usage()])
    #expect(!String(reflecting: progress.changingWords(replaced)).contains(word))
  }
}
