// One entry changes; every other byte stays.
import Testing

@testable import SymphonyTrackers

@Suite struct IssueHeaderEditTests {
  private func set(_ text: String, _ value: String) throws -> String {
    var edit = try IssueHeaderEdit(text)
    try edit.set("status", to: value)
    return edit.text
  }

  private func change(_ text: String, add: [String] = [], remove: Set<String> = []) throws -> String
  {
    var edit = try IssueHeaderEdit(text)
    try edit.change("labels", add: add) { remove.contains($0) }
    return edit.text
  }

  @Test(arguments: [
    ("---\nstatus: Todo\n---\nBody", "---\nstatus: New\n---\nBody"),
    ("---\nstatus:\n---\n", "---\nstatus: New\n---\n"),
    ("---\nstatus: # none\nx: y\n---\n", "---\nstatus: New # none\nx: y\n---\n"),
    ("---\nstatus: \"a # b\"  # c\n---\n", "---\nstatus: New  # c\n---\n"),
    ("---\nstatus: 'it''s' #c\n---\n", "---\nstatus: \"New\" #c\n---\n"),
    ("---\nstatus: \"a\\\"b\"\n---\n", "---\nstatus: New\n---\n"),
    ("---\nstatus: a#b # c # d\n---\n", "---\nstatus: New # c # d\n---\n"),
    ("---\ntitle: x\n---\nBody\n", "---\ntitle: x\nstatus: New\n---\nBody\n"),
    ("---\r\ntitle: x\r\n---\r\n", "---\r\ntitle: x\r\nstatus: New\r\n---\r\n"),
    ("---\n---\n", "---\nstatus: New\n---\n"),
    ("Body\n---\n", "---\nstatus: New\n---\nBody\n---\n"),
    ("Body", "---\nstatus: New\n---\nBody"),
    ("\u{FEFF}---\nstatus: a\n---\n", "\u{FEFF}---\nstatus: New\n---\n"),
    ("\u{FEFF}Body", "\u{FEFF}---\nstatus: New\n---\nBody"),
    ("---\nlabels:\n  - a\n\nstatus: b\n---\n", "---\nlabels:\n  - a\n\nstatus: New\n---\n"),
  ])
  func aValueIsSetInItsPlace(_ before: String, _ after: String) throws {
    #expect(Array(try set(before, "New").utf8) == Array(after.utf8))
  }

  @Test(arguments: [
    "true", "12", "a: b", "- a", "it's # so", "[x]", " padded", "\u{E4}", "null", "a\"b",
  ])
  func whateverTheValueItReadsBack(_ value: String) throws {
    let text = try set("---\nstatus: a\n---\n", value)
    #expect(try IssueHeader(text).values["status"] == .scalar(value))
    // In a list on one line a ` # ` begins a remark even inside quotes.
    if value.contains(" # ") { return }
    let list = try change("---\nlabels: [a]\n---\n", add: [value])
    #expect(try IssueHeader(list).values["labels"] == .list(["a", value]))
  }

  @Test(arguments: [
    ("---\nlabels: [a, b, c]\n---\n", "---\nlabels: [a, c, new]\n---\n"),
    ("---\nlabels: b\n---\n", "---\nlabels: [new]\n---\n"),
    ("---\nlabels:\n---\n", "---\nlabels: [new]\n---\n"),
    ("---\nx: y\n---\n", "---\nx: y\nlabels: [new]\n---\n"),
    (
      "---\nlabels: # all\n  - a # one\n\n  - \"b\"\n  # remark\n  - c\n\nx: y\n---\n",
      "---\nlabels: # all\n  - a # one\n\n  # remark\n  - c\n  - new\n\nx: y\n---\n"
    ),
    ("---\r\nlabels:\r\n- b\r\n---\r\n", "---\r\nlabels:\r\n- new\r\n---\r\n"),
  ])
  func aListKeepsItsForm(_ before: String, _ after: String) throws {
    #expect(Array(try change(before, add: ["new"], remove: ["b"]).utf8) == Array(after.utf8))
  }

  @Test func anEmptiedListIsAnEmptyList() throws {
    #expect(try change("---\nlabels: [b]\n---\n", remove: ["b"]) == "---\nlabels: []\n---\n")
    let block = try change("---\nlabels:\n  - b\n---\n", remove: ["b"])
    #expect(try IssueHeader(block).values["labels"]?.list == [])
  }

  @Test func whatCannotBeReadBackIsNotWritten() throws {
    // Control characters cannot be written on one line.
    #expect(throws: IssueHeader.SyntaxError.self) { try set("---\nstatus: a\n---\n", "a\u{7}b") }
    #expect(throws: IssueHeader.SyntaxError.self) { try set("---\nstatus: a\n", "New") }
  }
}
