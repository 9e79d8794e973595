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
