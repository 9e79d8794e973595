// The next step that is said with a wrong value: specific to what stands there.
import SymphonyWorkflow
import Testing

@Suite struct HintTests {
  /// The one error about these settings.
  private func error(_ yaml: String) throws -> Diagnostic {
    let errors = settings(yaml).errors
    #expect(errors.count == 1, "\(errors.map(\.description))")
    return try #require(errors.first)
  }

  @Test(arguments: [
    ("tracker:\n  repository: owner", "write owner/name, as in `acme/app`"),
    ("tracker:\n  repository: https://github.com/o/r", "did you mean `o/r`?"),
    ("tracker:\n  repository: o/r/x", "did you mean `o/r`?"),
    ("tracker:\n  repo_allowlist: [o/r/x, p/q]", "did you mean `o/r`?"),
    ("tracker:\n  kind: loacl", "did you mean `local`?"),
    ("agent:\n  kind: claude", "did you mean `claude_code`?"),
    ("agent:\n  kind: claude-code", "did you mean `claude_code`?"),
    ("agent:\n  kind: gemini", "`command` runs any other agent: see agent.command"),
    (
      "github:\n  api_url: github.example.com/api/v3",
      "did you mean `https://github.example.com/api/v3`?"
    ),
    (
      "github:\n  api_url: https://github.com",
      "leave it out: `https://api.github.com` is the default"
    ),
    ("agent:\n  max_turns: -1", "turns in a run"),
    ("agent:\n  max_attempts: -1", "use `unlimited` for no limit"),
    ("agent:\n  max_cost_usd_per_day: -5", "use `unlimited` for no limit"),
  ])
  func theHintIsAboutWhatStandsThere(_ yaml: String, _ hint: String) throws {
    #expect(try error(yaml).hint == hint)
  }

  @Test func theWrongOneOfAListIsNamed() throws {
    let said = try error("tracker:\n  repo_allowlist: [p/q, o]").message
    #expect(said == "`tracker.repo_allowlist` must be a list of owner/name, and `o` is none")
  }

  @Test(arguments: [
    ("\u{7F}ELF\u{2}\u{1}\0\0", "1:1", "this is not text: byte 0x7f"),
    ("\n\u{1F}\u{FFFD}x", "2:1", "this is not text: byte 0x1f"),
    ("\u{FFFD}PNG\r\n", "1:1", "this is not text: a byte that is no UTF-8"),
    ("PK\u{3}\u{4}", "1:3", "this is not text: byte 0x03"),
  ])
  func whatIsNoTextIsNotPrinted(_ text: String, _ place: String, _ says: String) throws {
    let said = try #require(reading(text).errors.first)
    #expect("\(said.line):\(said.column)" == place && said.message == says)
    #expect(said.hint == "name the workflow file: Markdown with settings between two lines `---`")
  }

  /// A stray character in a file that begins as a workflow does is a smaller mistake.
  @Test func aControlCharacterInThePromptIsRead() {
    #expect(reading("---\ntracker:\n  kind: local\n---\nbell \u{7}\n").errors.isEmpty)
  }
}
