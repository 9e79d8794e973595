// CLAUDE.local.md: what an agent of the kind claude_code should know about where it works, in a
// file that git never sees. Written by Work before the first turn. The repository's own CLAUDE.md,
// and a CLAUDE.local.md the repository tracks, are never touched.
import SymphonyCore
import SymphonyPlatform

struct LocalNotes {
  let git: GitCommand
  static let fileName = "CLAUDE.local.md"

  /// Lists the file in info/exclude of the repository the checkout belongs to.
  func exclude(_ checkout: Checkout) throws(RunStop) {
    let path = Files.join(checkout.repository.directory, "info/exclude")
    let text = (try? Files.readText(path)) ?? ""
    guard !text.split(separator: "\n").contains(where: { $0 == LocalNotes.fileName }) else {
      return
    }
    try platform { () throws(PlatformError) in
      try Files.makeDirectories(Files.parent(of: path))
      let separator = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
      try Files.writeAtomically(path, text + separator + LocalNotes.fileName + "\n", mode: 0o644)
    }
  }

  func write(_ checkout: Checkout) throws(RunStop) {
    let spec = git.run.spec
    guard spec.agent.kind == "claude_code" else { return }
    let tracked = try git.ask(
      ["ls-files", "--error-unmatch", LocalNotes.fileName], in: checkout.place)
    if tracked.isSuccess { return }
    let title = ItemText(spec).title
    let text = """
      # This workspace

      - Issue: \(spec.itemKey)\(title.isEmpty ? "" : " (\(title))")
      - Repository: \(spec.repository), base branch `\(checkout.baseBranch)`
      - Branch: `\(spec.git.branch)`, checked out here. Commit to it; do not switch to another.
      - symphony pushes the branch and opens the pull request after you are done. Do not push.
      - Nobody answers questions while you work. If you cannot go on without a human, end your last
        message with the line `SYMPHONY: blocked: <reason>`.
      - If your work is committed but more of it is needed, end your last message with the line
        `SYMPHONY: continue`.

      """
    try platform { () throws(PlatformError) in
      let path = Files.join(checkout.path, LocalNotes.fileName)
      // A link here would lead the write somewhere else.
      if Files.linkTarget(path) != nil { try Files.remove(path) }
      try Files.writeAtomically(path, text, durable: false)
    }
  }
}

/// What the template's variables say about the item, for hooks and notes.
struct ItemText {
  private let item: Structure?
  private let spec: RunSpec
  init(_ spec: RunSpec) {
    self.spec = spec
    let issue = spec.context["issue"]
    item = issue?.objectValue == nil ? spec.context["work_item"] : issue
  }
  /// On one line; empty when unknown.
  var title: String {
    (item?["title"]?.stringValue ?? "").split { $0.isNewline }.joined(separator: " ")
  }
  var number: String {
    item?["number"]?.integerValue.map { "\($0)" } ?? spec.itemKey.reference
  }
}
