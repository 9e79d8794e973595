// Notes for the agent about the place it works in, in a file that git never sees: in the workspace
// where the agent looks for one beside the repository's own (`AgentProbe.notesFile`), else in the
// run directory, named to the agent another way. Written by Work before the first turn. The
// repository's own instructions, and a file of that name that it tracks, are never touched.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

struct AgentNotes {
  let git: GitCommand
  let probe: AgentProbe

  /// Lists a file in info/exclude of the repository the checkout belongs to.
  ///
  /// An agent may have put a link in the place of that file, or of a directory on the way to it:
  /// that is removed and not followed.
  static func exclude(_ name: String, _ checkout: Checkout) throws(RunStop) {
    try platform { () throws(PlatformError) in
      let directory =
        checkout.isWalled || !checkout.repository.isBare
        ? try Folder(checkout.path).folder(FileName(".git"))
        : try Folder(checkout.repository.path)
      let folder = try directory.ownFolder(FileName("info"))
      let file = try FileName("exclude")
      var bytes: [UInt8] = []
      if try folder.facts(file)?.kind == .file {
        // A bigger one was written by nobody who wanted files excluded.
        do throws(PlatformError) { bytes = try folder.read(file, limit: 1 << 20) } catch {
          if error.errno != EFBIG { throw error }
        }
      } else {
        try folder.removeTree(file)
      }
      let line = Array(name.utf8)
      if bytes.split(separator: 0x0A).contains(where: { $0.elementsEqual(line) }) { return }
      if bytes.last != 0x0A, !bytes.isEmpty { bytes.append(0x0A) }
      try folder.write(file, bytes + line + [0x0A], mode: 0o644)
      try folder.removeTemporaries()
    }
  }

  /// - Returns: where the notes are; nil when the repository tracks a file of that name itself.
  func write(_ checkout: Checkout) throws(RunStop) -> String? {
    guard let name = probe.notesFile else { return try writePrivately(text(checkout)) }
    let tracked = try git.answer(["ls-files", "--error-unmatch", name], in: checkout.place)
    if tracked.isSuccess { return nil }
    var bytes = Array(text(checkout).utf8)
    if let own = probe.notesReplace { bytes = try repositoryText(own, checkout) + bytes }
    let whole = bytes
    try platform { () throws(PlatformError) in
      let folder = try Folder(checkout.path)
      let file = try FileName(name)
      // The agent's own git would add what a crash left of an earlier try.
      try folder.removeTemporaries()
      // Renamed into its place: a link there is replaced, and not followed.
      if try folder.facts(file)?.kind == .folder { try folder.removeTree(file) }
      try folder.write(file, whole, durable: false)
    }
    return Files.join(checkout.path, name)
  }

  private func writePrivately(_ text: String) throws(RunStop) -> String {
    let (run, path) = (git.run.files.path, git.run.files.privateFolder)
    try platform { () throws(PlatformError) in
      let folder = try Folder(run).folder(FileName(Files.lastName(of: path)), creating: 0o700)
      try folder.write(FileName("notes.md"), Array(text.utf8), durable: false)
    }
    return Files.join(path, "notes.md")
  }

  /// The repository's own instructions, which the agent would not read beside ours.
  ///
  /// They may be a link to another file of the repository, as long as it stays in the workspace.
  private func repositoryText(_ name: String, _ checkout: Checkout) throws(RunStop) -> [UInt8] {
    let folder = try platform { () throws(PlatformError) in try Folder(checkout.path) }
    let bytes: [UInt8]
    do throws(PlatformError) { bytes = try folder.readBeneath(name, limit: 1 << 20) } catch {
      if !error.isMissing { git.run.log("\(name) is not among the notes: \(error.description)") }
      return []
    }
    return bytes + (bytes.last == 0x0A ? [0x0A] : [0x0A, 0x0A])
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
      "- Nobody answers questions while you work. If you cannot go on without a person, end your",
      "  last message with the line `SYMPHONY: blocked: <reason>`.",
      "- If your work is committed but more of it is needed, end your last message with the line",
      "  `SYMPHONY: continue`.",
    ]
    if !item.finishedSubIssues.isEmpty {
      lines += ["", "Sub-issues that are finished; build on them:", ""]
      lines += item.finishedSubIssues.map { "- \($0)" }
    }
    if let told = spec.wake.flatMap(PromptWords.why) { lines += ["", told] }
    if item.isKnown { lines += ["", "## The issue, as data", "", item.description] }
    if !item.comments.isEmpty {
      lines += ["", "## What was said on it", "", item.comments.joined(separator: "\n\n")]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// The item as the template's variables describe it, for hooks and notes.
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
  var isKnown: Bool { item?.objectValue != nil }
  /// Title, address and description, for an agent whose prompt has none of them.
  var description: String {
    func text(_ name: String) -> String { item?[name]?.stringValue ?? "" }
    return PromptWords.item(title: text("title"), body: text("body"), url: text("url"))
  }
  /// Comments of trusted people, newest last.
  var comments: [String] {
    (item?["comments"]?.listValue ?? []).map { comment in
      PromptWords.comment(
        author: comment["author"]?.stringValue ?? "", at: comment["at"]?.stringValue ?? "",
        text: comment["text"]?.stringValue ?? "")
    }
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
