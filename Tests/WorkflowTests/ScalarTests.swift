// Numbers and flags as both predecessors' YAML readers take them: a file that runs there runs here.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct ScalarTests {
  @Test(
    arguments: [
      ("yes", true), ("Yes", true), ("YES", true), ("on", true), ("y", true), ("True", true),
      ("no", false), ("No", false), ("off", false), ("OFF", false), ("n", false), ("false", false),
      ("\"yes\"", true),
    ] as [(String, Bool)])
  func flags(_ text: String, _ value: Bool) {
    let found = settings("pull_request:\n  draft_by_default: \(text)")
    #expect(found.diagnostics.isEmpty, "\(found.shown)")
    #expect(found.policy?.pullRequest.draft == value)
  }

  @Test(
    arguments: [
      ("30_000", 30_000), ("0x7530", 30_000), ("0X75_30", 30_000), ("+30000", 30_000),
      ("0b11", 3), ("0o17", 15), ("017", 15), ("1_2_3", 123), ("1_", 1),
    ] as [(String, Int64)])
  func wholeNumbers(_ text: String, _ value: Int64) {
    let found = settings("polling:\n  interval_ms: \(text)")
    #expect(found.diagnostics.isEmpty, "\(found.shown)")
    #expect(found.setting("polling.interval_ms")?.value == "\(value)")
  }

  @Test(
    arguments: [
      "_1", "0x", "0xg", "+-5", "--5", "1:30", "08", "1.5", "ten", ".", "maybe",
    ])
  func whatIsNoNumberIsSaid(_ text: String) {
    #expect(settings("polling:\n  interval_ms: \(text)").shown == ["error wrong_value 3:16"])
    #expect(
      settings("pull_request:\n  draft_by_default: \(text)").errors.map(\.code) == ["wrong_value"])
  }

  @Test func dollarsAndTokens() {
    let found = settings(
      "agent:\n  max_cost_usd_per_day: 1_000.5\n  max_tokens_per_item: 2_000_000")
    #expect(found.errors.isEmpty, "\(found.shown)")
    #expect(found.policy?.limits.maxCostPerDay == 1000.5)
    for text in [".inf", "1e400", "nan", "+-5", "-1"] {
      #expect(
        settings("agent:\n  max_cost_usd_per_day: \(text)").errors.map(\.code) == ["wrong_value"])
    }
  }

  /// Where text is meant, a word is a word.
  @Test func textsStayTexts() {
    let found = settings("tracker:\n  labels: [no, on, 0x10, 1_000]")
    #expect(found.policy?.tracker.requiredLabels == ["no", "on", "0x10", "1_000"])
  }
}
