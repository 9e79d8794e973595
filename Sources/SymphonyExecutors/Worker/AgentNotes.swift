// What an agent should know about where it works, in a file that git never sees: in the workspace
// where the agent looks for one beside the repository's own (Claude Code: CLAUDE.local.md, Codex:
// AGENTS.override.md), else in the run directory, named to the agent another way. Written by Work
// before the first turn. The repository's own instructions, and a file of that name that it tracks,
// are never touched.
import SymphonyCore
import SymphonyPlatform

struct AgentNotes {
  let git: GitCommand
  let probe: AgentProbe

  /// Lists a file in info/exclude of the repository the checkout belongs to.
  static func exclude(_ name: String, _ checkout: Checkout) throws(RunStop) {
    let path = Files.join(checkout.excludeDirectory, "info/exclude")
    // A link, there or on the way, would have us copy what it leads to.
    let isOurs =
      Files.resolved(path)
      == Files.resolved(checkout.excludeDirectory).map {
        Files.join($0, "info/exclude")
      }
    if !isOurs { try? Files.remove(path) }
    let text = isOurs ? (try? Files.readText(path)) ?? "" : ""
    guard !text.split(separator: "\n").contains(where: { $0 == name }) else { return }
    try platform { () throws(PlatformError) in
      try Files.makeDirectories(Files.parent(of: path))
      let separator = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
      try Files.writeAtomically(path, text + separator + name + "\n", mode: 0o644)
    }
  }

  /// - Returns: where the notes are; nil when the repository tracks a file of that name itself.
  func write(_ checkout: Checkout) throws(RunStop) -> String? {
    guard let name = probe.notesFile else {
      let path = Files.join(git.run.files.privateFolder, "notes.md")
      try platform { () throws(PlatformError) in
        try Files.makeDirectories(git.run.files.privateFolder)
        try Files.writeAtomically(path, text(checkout), durable: false)
      }
      return path
    }
    let tracked = try git.ask(["ls-files", "--error-unmatch", name], in: checkout.place)
    if tracked.isSuccess { return nil }
    let path = Files.join(checkout.path, name)
    var whole = text(checkout)
    if let own = probe.notesReplace { whole = try repositoryText(own, checkout) + whole }
    let bytes = whole
    try platform { () throws(PlatformError) in
      // Renamed into its place: a link there is replaced, and not followed.
      if Files.linkTarget(path) == nil, Files.isDirectory(path) { try Files.removeTree(path) }
      try Files.writeAtomically(path, bytes, durable: false)
    }
    return path
  }

  /// The repository's own instructions, which the agent would not read beside ours.
  private func repositoryText(_ name: String, _ checkout: Checkout) throws(RunStop) -> String {
    let path = Files.join(checkout.path, name)
    // A link of the repository's may lead to what the agent is not to see.
    guard let real = Files.resolved(path), let root = Files.resolved(checkout.path),
      real.hasPrefix(root + "/"), let text = try? Files.readText(real, limit: 1 << 20)
    else { return "" }
    return text + (text.hasSuffix("\n") ? "\n" : "\n\n")
  }

  private func text(_ checkout: Checkout) -> String {
    let spec = git.run.spec
    let item = ItemText(spec)
    var lines = [
      "# This workspace", "",
      "- Issue: \(spec.itemKey)\(item.title.isEmpty ? "" : " (\(item.title))")",
      "- Repository: \(spec.repository), base branch `\(checkout.baseBranch)`",
      "- Branch: `\(spec.git.branch)`, checked out here. Commit to it; do not switch to another.",
    ]
    if let status = item.status { lines.append("- Status on the board: \(status)") }
    if !item.labels.isEmpty { lines.append("- Labels: \(item.labels.joined(separator: ", "))") }
    lines += [
      "- symphony pushes the branch and opens the pull request after you are done. Do not push.",
      "- Nobody answers questions while you work. If you cannot go on without a human, end your",
      "  last message with the line `SYMPHONY: blocked: <reason>`.",
      "- If your work is committed but more of it is needed, end your last message with the line",
      "  `SYMPHONY: continue`.",
    ]
    if !item.finishedSubIssues.isEmpty {
      lines += ["", "Sub-issues that are finished; build on them:", ""]
      lines += item.finishedSubIssues.map { "- \($0)" }
    }
    return lines.joined(separator: "\n") + "\n"
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
  /// On one line, at most 300 characters; empty when unknown.
  var title: String { Self.oneLine(item?["title"]?.stringValue ?? "") }
  var number: String {
    item?["number"]?.integerValue.map { "\($0)" } ?? spec.itemKey.reference
  }
  /// Nil: it has none.
  var status: String? {
    item?["project_status"]?.stringValue.flatMap { $0.isEmpty ? nil : Self.oneLine($0) }
  }
  var labels: [String] {
    (item?["labels"]?.listValue ?? []).compactMap { $0.stringValue.map(Self.oneLine) }
  }
  /// Keys of closed sub-issues.
  var finishedSubIssues: [String] {
    (item?["sub_issues"]?.listValue ?? []).filter { $0["state"]?.stringValue == "closed" }
      .compactMap { $0["identifier"]?.stringValue.map(Self.oneLine) }
  }
  /// Without control characters, and short: what people write is of any length and form.
  private static func oneLine(_ text: String) -> String {
    let limit = 300
    var line = ""
    // By scalars: a single character may be built of any number of them.
    for scalar in text.unicodeScalars.prefix(limit + 1) {
      let isSpace = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      line.unicodeScalars.append(isSpace || Character(scalar).isNewline ? " " : scalar)
    }
    let isWhole = line.unicodeScalars.count <= limit
    if !isWhole { line.unicodeScalars.removeLast() }
    let words = line.split(separator: " ").joined(separator: " ")
    return isWhole ? words : words + "…"
  }
}
