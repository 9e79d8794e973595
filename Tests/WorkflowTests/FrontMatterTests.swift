// A file that is not read as settings is broken, whatever it is instead: with every default the
// agent would start on every open issue. And what stands in a file at its top is still read.

import SymphonyCore
import SymphonyWorkflow
import Testing

@Suite struct FrontMatterTests {
  static let settings = "---\ntracker:\n  labels: [a]\n---\nDo it.\n"
  /// UTF-16 as a reader of UTF-8 sees it: a byte order mark that is none, and a NUL per character.
  static let wide = "\u{FFFD}\u{FFFD}" + settings.map { "\($0)\0" }.joined()

  /// The text, and the one remark about it.
  static let broken: [(String, String)] = [
    ("", "empty_file 1:1"),
    (" \n\n\t\n", "empty_file 1:1"),
    ("\u{FEFF}", "empty_file 1:1"),
    ("\0\0\0\0", "unreadable_text 1:1"),
    (wide, "unreadable_text 1:4"),
    ("# How it works\n\n" + settings, "settings_not_first 3:1"),
    ("<!-- settings -->\n" + settings, "settings_not_first 2:1"),
    ("```yaml\n" + settings + "```\n", "settings_not_first 2:1"),
    ("%YAML 1.1\n" + settings, "settings_not_first 2:1"),
    ("\u{200B}" + settings, "settings_not_first 1:1"),
    (" " + settings, "settings_not_first 1:1"),
    ("--- # settings\ntracker:\n---\nX\n", "settings_not_first 1:1"),
    ("---yaml\ntracker:\n---\nX\n", "settings_not_first 1:1"),
    ("----\ntracker:\n----\nX\n", "settings_not_first 2:1"),
    ("+++\nagent:\n  kind: codex\n+++\n", "settings_not_first 2:1"),
    ("tracker:\n  kind: local\n", "settings_not_first 1:1"),
    ("\u{2014}\ntracker:\n\u{2014}\nX\n", "settings_not_first 2:1"),
    ("Do it.\n", "no_front_matter 1:1"),
    ("---\rtracker:\r  labels: [a]\r---\rDo it.\r", "unreadable_text 1:4"),
    ("---\ntracker:\r  labels: [a]\n---\nDo it.\n", "unreadable_text 2:9"),
    ("---\ntracker:\n  labels: [pr\u{FFFD}t]\n---\nX\n", "unreadable_text 3:14"),
    ("---\n# a\u{2028}b: 1\n---\nX\n", "unreadable_text 2:4"),
    ("---\ntracker:\n  labels: [\u{85}]\n---\nX\n", "unreadable_text 3:12"),
    ("---\n\u{2029}\n---\nX\n", "unreadable_text 2:1"),
    ("---\ntracker:\n--- # end\nX\n", "unclosed_front_matter 1:1"),
    ("---\n---\n" + settings.dropFirst(4), "settings_not_first 3:1"),
    ("---\n\n# mine\n---\n\n" + settings.dropFirst(4), "settings_not_first 6:1"),
    ("---\n{}\n---\n" + settings, "settings_not_first 5:1"),
    ("---\nnull\n---\n" + settings, "settings_not_first 5:1"),
    ("---\nname: mine\ndescription: d\n---\n\n" + settings, "settings_not_first 7:1"),
    ("---\n---\n  tracker:\n    labels: [a]\n---\nX\n", "settings_not_first 3:1"),
    ("---\n---\n\"tracker\":\n  labels: [a]\n---\nX\n", "settings_not_first 3:1"),
    ("---\n---\ntracker: {labels: [a]}\n---\nX\n", "settings_not_first 3:1"),
    (settings.replacing("Do it.", with: "agent:\n  max_turns: 2\n---"), "settings_not_first 5:1"),
    (
      settings.replacing("Do it.", with: "---\nagent:\n\n  # mine\n  max_turns: 2\n---\nX"),
      "settings_not_first 6:1"
    ),
  ]

  @Test(arguments: broken)
  func whatIsNotReadAsSettingsIsAnError(_ text: String, _ remark: String) {
    let found = reading(text)
    #expect(found.shown == ["error " + remark])
    #expect(found.policy == nil && found.settings.isEmpty)
    // Neither is it once it is in the database.
    let stored = Workflow.read(
      text: text, path: "/project/WORKFLOW.md", environment: [:], isStored: true,
      otherToken: { _ in nil })
    #expect(stored.policy == nil)
  }

  static let sound: [String] = [
    settings, "\n \n" + settings, "\u{FEFF}" + settings, settings.replacing("\n", with: "\r\n"),
    settings.replacing("---\n", with: "---  \n"),
    settings + "\ntracker:\n  the word may stand in a prompt\n",
    settings.replacing("Do it.", with: "agent:\n  max_turns is not to be changed.\n"),
    settings.replacing("Do it.", with: "agent: you are one.\n  max_turns: 2\n"),
    settings + "```yaml\nagent:\n  max_turns: 2\n```\n",
    "---\ntracker: {labels: [a]}\n---\nagent:\n",
    "---\n\"tracker\":\n  labels: [a]\n---\nagent:\n",
    settings + "\n---\nA rule, a bare \r, a \u{2028} and a \u{FFFD} belong to the prompt.\n",
    settings.replacing("[a]", with: "[\"a\"] # \\u2028"),
  ]

  @Test(arguments: sound)
  func whatStandsAtTheTopIsRead(_ text: String) {
    let found = reading(text)
    #expect(found.errors.isEmpty, "\(found.shown)")
    #expect(found.policy?.tracker.requiredLabels == ["a"])
  }

  @Test func theRemarkSaysWhatToDo() throws {
    let moved = try #require(reading("# Title\n" + Self.settings).errors.first)
    #expect(
      moved.description.hasPrefix("/project/WORKFLOW.md:2:1: the settings seem to start here"))
    #expect(moved.hint?.contains("put a line `---` at the top of the file") == true)
    let empty = try #require(reading("").errors.first)
    #expect(empty.message == "the file is empty")
  }
}
