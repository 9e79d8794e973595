// docs/verdicts.md, made from the rows of ReasonWordsTests: each code with what it says and what
// would have to change. Written by `make docs`, compared by every other run.
import SymphonyCore
import SymphonyPlatform
import Testing

enum VerdictReference {
  private static let groups: [(title: String, text: String, rows: [ReasonWordsTests.Row])] = [
    ("At work", "A run of it lives, or is about to.", ReasonWordsTests.runs),
    (
      "At rest", "Nothing is to be done until the pull request or a person moves.",
      ReasonWordsTests.rests
    ),
    ("Parked", "It waits for a person; the code says why.", ReasonWordsTests.parkings),
    (
      "Left out by the issue itself", "Its state, labels, status, people or what blocks it.",
      ReasonWordsTests.obstacles
    ),
    (
      "Kept from running by something outside",
      "It is not the issue's fault, and no attempt is spent.",
      ReasonWordsTests.hindrances
    ),
    ("Waiting", "It goes on by itself.", ReasonWordsTests.waits),
    ("Unknown", "", ReasonWordsTests.unknown),
  ]

  static func document() -> String {
    var lines = [
      "# Verdicts", "",
      "Every tick gives every issue one verdict: a code for programs and a sentence for people. Made by",
      "`make docs` from the list that the tests compare word for word; `…` stands for what differs from",
      "issue to issue. `symphony why ISSUE` shows the rules behind a verdict, `symphony status` the last",
      "one of each issue.",
    ]
    for group in groups {
      lines += ["", "## \(group.title)", ""]
      if !group.text.isEmpty { lines += [group.text, ""] }
      lines += ["| code | what it says | what would have to change |", "|---|---|---|"]
      var seen: Set<String> = []
      for row in group.rows where seen.insert(row.code).inserted {
        lines.append(
          "| `\(row.code)` | \(cell(row.sentence)) | \(cell(row.reason.remedy)) |")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The rows' fillings are single letters; and a bar would end the cell.
  private static func cell(_ text: String) -> String {
    text.replacing("a/b", with: "owner/repo").replacing(/\b[b-zA-Z]\b/, with: "…")
      .replacing("|", with: "\\|")
  }
}

@Suite struct VerdictReferenceTests {
  @Test func docsVerdictsIsTheReference() throws {
    let here = Files.resolved(#filePath) ?? #filePath
    let root = Files.parent(of: Files.parent(of: Files.parent(of: here)))
    let file = Files.join(root, "docs/verdicts.md")
    if Host.environment["SYMPHONY_WRITE_DOCS"] != nil {
      try Files.writeAtomically(file, VerdictReference.document(), durable: false)
    }
    let isCurrent = try Files.readText(file) == VerdictReference.document()
    #expect(isCurrent, "docs/verdicts.md is not what the verdicts say: run `make docs`")
  }
}
