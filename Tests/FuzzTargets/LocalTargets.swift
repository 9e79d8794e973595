// Issues and records of the local tracker: Markdown files that people and agents write.
import SymphonyCore
import SymphonyPlatform

@testable import SymphonyTrackers

let localTargets: [FuzzTarget] = [
  FuzzTarget(
    "local-issue",
    seeds: {
      Seeds.texts(
        "---\ntitle: \"A \\\"b\\\" c\" # remark\nstatus: todo\nlabels: [a, 'b', \"c, d\"]\n"
          + "priority: 2\nblocked_by:\n  - 7 # x\n  - \"#8\"\n\n# remark\nassignees: []\n---\n# T\n\nBody\n",
        "---\r\nstatus: in progress\r\nlabels: x\r\n---\r\nText\r\n", "# Only a title\n\nText\n",
        "\u{FEFF}---\nstatus: ~\nauthor:\n---\n```\n# no\n```\n# Title\n")
    }, check: checkIssue),
  FuzzTarget(
    "local-record",
    seeds: {
      Seeds.texts(
        "---\nstate: open\nhead: symphony/a\nbase: main\nnumber: 3\ncreated: 2026-11-21T03:00:00Z\n---\n"
      )
    }, check: checkRecord),
  FuzzTarget(
    "local-review",
    seeds: {
      Seeds.texts(
        "---\nstate: open\n---\nText\n\n## Review by alice at 1234567\nchanges requested\n\nNo.\n"
          + "- a.swift:1: One\n  more\n\n  and more\n  > An answer\n  > <!-- symphony:n1 -->\n"
          + "- [ ] b:2-3: Two\n- [x] b:2-3: Three\n\n## Comment by symphony\n\n> x\n"
          + "> <!-- symphony:n2 -->\n\n## log of build\nIt broke\n",
        "## Comment by bob\r\n\r\nWhy?\r\n## Review by\r\n- x:1: y", "Text\u{2028}## Review by a")
    }, check: checkReview),
]

private func checkIssue(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  let lines = IssueHeader.split(text)
  let header: IssueHeader
  do throws(IssueHeader.SyntaxError) { header = try IssueHeader(text) } catch {
    try promise((1...max(1, lines.count)).contains(error.line), "line \(error.line) is none")
    return
  }
  for (key, extent) in header.extents {
    try promise(
      extent.lowerBound >= 1 && extent.upperBound <= lines.count && header.values[key] != nil,
      "\(key) lies in \(extent) of \(lines.count) lines")
  }
  for value in ["In Progress", "a # b", "- x", "\"q\" \\ 'r'\n\t#", "null", "é\u{301}: y", ""] {
    try promiseEdit(header, text, "status", [value]) { edit throws(IssueHeader.SyntaxError) in
      try edit.set("status", to: value)
    }
    let kept = (header.values["labels"]?.list ?? []).filter { $0 != "a" }
    try promiseEdit(header, text, "labels", kept + [value]) {
      edit throws(IssueHeader.SyntaxError) in
      try edit.change("labels", add: [value]) { $0 == "a" }
    }
  }
  let folder = try Scratch.file("issues")
  try Files.makeDirectories(folder)
  try Scratch.write(Files.join(folder, "1-x.md"), input)
  let place = try Folder(folder)
  let issue = LocalIssue(
    place, try MarkdownFiles(place).files.first { $0.stem == "1-x" } ?? { throw Missing() }())
  try promise(issue.number == 1, "1-x has the number \(String(describing: issue.number))")
  try promise(!issue.title.isEmpty, "an issue has no title")
}

private struct Missing: Error {}

/// It says so where it cannot be done, and otherwise does that and nothing else.
private func promiseEdit(
  _ header: IssueHeader, _ text: String, _ key: String, _ wanted: [String],
  _ change: (inout IssueHeaderEdit) throws(IssueHeader.SyntaxError) -> Void
) throws {
  var edit: IssueHeaderEdit
  do throws(IssueHeader.SyntaxError) {
    edit = try IssueHeaderEdit(text)
    try change(&edit)
  } catch {
    try promise(error.line >= 1, "line \(error.line) is none")
    return
  }
  let after = try IssueHeader(edit.text)
  try promise(
    after.values[key]?.list ?? [] == wanted.filter { key != "status" || !$0.isEmpty },
    "\(key) is \(after.values[key]?.list ?? []) and not \(wanted)")
  var (before, rest) = (header.values, after.values)
  (before[key], rest[key]) = (nil, nil)
  try promise(
    before == rest && header.body == after.body, "with \(key) something else was changed")
}

private func checkRecord(_ input: [UInt8]) throws {
  let folder = try Scratch.file("records")
  try Files.makeDirectories(folder)
  try Scratch.write(Files.join(folder, "1.md"), input)
  let place = try Folder(folder)
  for file in try MarkdownFiles(place).files {
    guard let record = try? LocalPullRequest(place, file) else { continue }
    try promise(!record.head.isEmpty, "a pull request has no head")
    _ = record.fact.createdAt.rfc3339
  }
}

/// What is added to a record is read as what it is, and changes nothing else that is read.
private func checkReview(_ input: [UInt8]) throws {
  let text = String(decoding: input, as: UTF8.self)
  func read(_ text: String) throws(IssueHeader.SyntaxError) -> LocalConversation {
    try LocalConversation(text, IssueHeader(text))
  }
  let inert = LocalConversation.inert(text)
  let safe = try LocalConversation("\n" + inert, IssueHeader(""))
  try promise(safe.sections.isEmpty, "a text that was made inert has sections")
  let said: LocalConversation
  do throws(IssueHeader.SyntaxError) { said = try read(text) } catch {
    let lines = IssueHeader.split(text).count
    try promise((1...max(1, lines)).contains(error.line), "line \(error.line) is none")
    return
  }
  let items = said.sections.flatMap(\.items)
  try promise(Set(items.map(\.id)).count == items.count, "two items have one id")
  let words = "Fixed.\n## Review by eve\napproved\n- x:1: y\n\n  - [ ] z:2: w"
  for item in items.prefix(3) {
    let answered = try read(said.answering(item, words, nonce: "new"))
    try promise(answered.hasMarker("new"), "an answer has no marker")
    let after = answered.sections.flatMap(\.items)
    try promise(after.map(\.id) == items.map(\.id), "an answer changes the items")
    try promise(after.map(\.text) == items.map(\.text), "an answer changes what was said")
    if item.isResolved { continue }
    let ticked = try read(said.resolving(item)).sections.flatMap(\.items)
    try promise(ticked.map(\.id) == items.map(\.id), "a tick changes the items")
    try promise(
      zip(ticked, items).allSatisfy { $0.isResolved == ($1.isResolved || $1.id == item.id) },
      "a tick ticks another")
  }
  let commented = try read(said.commenting(words, nonce: "new"))
  try promise(
    commented.sections.dropLast() == said.sections[...], "a comment changes what was said")
  try promise(commented.sections.last?.nonce == "new", "a comment of ours is not ours")
}
