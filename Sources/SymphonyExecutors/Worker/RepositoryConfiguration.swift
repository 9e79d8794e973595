// The configuration of a repository that follows the item's remote. All worktrees of a cache share
// it, so an agent that changes it in its own would change it for everybody: whom the repository
// talks to, what it keeps and where its files are is written anew before every use, and what is
// left of it where a git or an agent broke the file. Settings of users and hooks that speak of
// neither (an identity, a filter, the remote to push to) stay. Called by FetchedRepository and
// WorkspaceCheck.
import SymphonyCore
import SymphonyPlatform

struct RepositoryConfiguration {
  let git: GitCommand
  /// The git directory whose file `config` it is.
  let directory: String
  let isBare: Bool

  private struct Entry {
    /// `section.subsection.name`; section and name in lower case.
    var key: String
    /// Nil: a name without a value, which means true.
    var value: String?
    var section: String { String(key.prefix { $0 != "." }).lowercased() }
    var name: String { key.split(separator: ".").last.map { $0.lowercased() } ?? "" }
    var subsection: String? {
      guard let first = key.firstIndex(of: "."), let last = key.lastIndex(of: "."), first < last
      else { return nil }
      return String(key[key.index(after: first)..<last])
    }
  }

  /// Sections that say whom a repository talks to, what becomes of its objects, and what else git
  /// reads.
  private static let ours: Set<String> = [
    "branch", "credential", "fetch", "gc", "gitproxy", "http", "https", "include", "includeif",
    "maintenance", "pack", "protocol", "push", "receive", "repack", "safe", "submodule", "transfer",
    "uploadpack", "url", "worktree",
  ]
  /// Of `core`, what may stay.
  private static let harmless: Set<String> = [
    "autocrlf", "eol", "filemode", "ignorecase", "longpaths", "precomposeunicode", "quotepath",
    "safecrlf", "symlinks",
  ]
  private static let formats: Set<String> = ["objectformat", "refstorage", "compatobjectformat"]

  /// Writes what is ours and keeps what is harmless. Does nothing where all is as it should be.
  func restore() throws(RunStop) {
    let path = Files.join(directory, "config")
    let listed = try git.ask(
      ["config", "--file", path, "--no-includes", "--list", "-z"], in: .bare(directory))
    if !listed.isSuccess { git.run.log("\(path) cannot be read and is written anew") }
    var found: [Entry] = []
    for part in listed.isSuccess ? listed.bytes.split(separator: 0) : [] {
      let lines = part.split(
        separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
      let value = lines.count == 2 ? String(decoding: lines[1], as: UTF8.self) : nil
      found.append(Entry(key: String(decoding: lines[0], as: UTF8.self), value: value))
    }
    let kept = found.filter(stays)
    let text = (own(found) + kept).map(line).joined()
    guard (try? Files.readText(path)) != text else { return }
    try platform { () throws(PlatformError) in try Files.writeAtomically(path, text, mode: 0o644) }
  }

  private func stays(_ entry: Entry) -> Bool {
    switch entry.section {
    case "core": Self.harmless.contains(entry.name)
    case "extensions": Self.formats.contains(entry.name)
    case "remote": entry.subsection == pushRemote
    default: !Self.ours.contains(entry.section)
    }
  }

  private var pushRemote: String? {
    let name = git.run.spec.git.settings.pushRemoteName
    return ["", "origin"].contains(name) ? nil : name
  }

  private func own(_ found: [Entry]) -> [Entry] {
    // The address is FetchedRepository's to judge before it is replaced.
    let url = found.last { $0.key == "remote.origin.url" }?.value ?? git.run.spec.git.cloneURL
    let isNewer = found.contains { $0.section == "extensions" && stays($0) }
    return [
      Entry(key: "core.repositoryformatversion", value: isNewer ? "1" : "0"),
      Entry(key: "core.bare", value: isBare ? "true" : "false"),
      Entry(key: "core.fsync", value: "all"), Entry(key: "gc.auto", value: "0"),
      Entry(key: "maintenance.auto", value: "false"),
      Entry(key: "remote.origin.url", value: url),
      Entry(key: "remote.origin.fetch", value: FetchedRepository.refspec),
    ]
  }

  /// A section of its own for each entry: git reads that like any other file.
  private func line(_ entry: Entry) -> String {
    func quoted(_ text: String) -> String {
      var result = "\""
      for character in text.unicodeScalars {
        switch character {
        case "\\": result += "\\\\"
        case "\"": result += "\\\""
        case "\n": result += "\\n"
        default: result.unicodeScalars.append(character)
        }
      }
      return result + "\""
    }
    let head = entry.subsection.map { "[\(entry.section) \(quoted($0))]" } ?? "[\(entry.section)]"
    return "\(head)\n\t\(entry.name)\(entry.value.map { " = " + quoted($0) } ?? "")\n"
  }
}
