// The configuration of a repository that follows the item's remote: the one place that writes it,
// as a whole file. All worktrees of a cache share it, so an agent that changes it in its own would
// change it for everybody: whom the repository talks to, what it keeps and where its files are is
// written anew before every use, and what is left of it where a git or an agent broke the file.
// Settings of users and hooks that speak of neither (an identity, a filter, the remote to push to)
// stay. A git outside takes the file apart, given its text alone: it opens no clone behind the
// wall for that. Called by FetchedRepository, WorkspaceCheck and WalledClone.
import SymphonyCore
import SymphonyPlatform

struct RepositoryConfiguration {
  enum Kind: Equatable {
    /// The cache. `path` is the git directory itself; else it is the working tree around it.
    case bare
    case clone
    /// The clone of an agent that is locked in: in the place of the remote it has this cache.
    case walled(cache: String)
  }

  let git: GitCommand
  let path: String
  let kind: Kind

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
    "lfs", "maintenance", "pack", "protocol", "push", "receive", "repack", "safe", "submodule",
    "transfer",
    "uploadpack", "url", "worktree",
  ]
  /// Of `core`, what may stay.
  private static let harmless: Set<String> = [
    "autocrlf", "eol", "filemode", "ignorecase", "longpaths", "precomposeunicode", "quotepath",
    "safecrlf", "symlinks",
  ]
  private static let formats: Set<String> = ["objectformat", "refstorage", "compatobjectformat"]

  /// The settings that are ours in a clone behind the wall.
  private static let walled: [String: Set<String>] = [
    "core": ["bare", "fsync", "repositoryformatversion", "worktree"], "gc": ["auto"],
    "maintenance": ["auto"], "lfs": ["pushurl", "skipdownloaderrors", "storage", "url"],
  ]

  /// Writes what is ours and keeps what is harmless.
  ///
  /// Does nothing where all is as it should be.
  func restore() throws(RunStop) {
    let directory = try platform { () throws(PlatformError) in
      // A link in the place of the clone's own directory is not followed.
      try kind == .bare ? Folder(path) : Folder(path).folder(FileName(".git"))
    }
    let name = try platform { () throws(PlatformError) in try FileName("config") }
    let bytes = try read(name, in: directory)
    let isAlone = Files.isOnlyName(directory.path(of: name))
    // The very file that is written where nobody but `git init` has a setting: no git has to read
    // that.
    let usual = own([]) + [Entry(key: "core.filemode", value: "true")]
    if isAlone, bytes == text(of: usual) { return }
    let found = try bytes.map { bytes throws(RunStop) in try entries(bytes, directory) } ?? []
    let text = text(of: own(found) + found.filter(stays))
    // A second hard link would let an agent go on writing there: then the file is made anew.
    if bytes == text, isAlone { return }
    try platform { () throws(PlatformError) in
      if try directory.facts(name)?.kind == .folder { try directory.removeTree(name) }
      try directory.write(name, text, mode: 0o644)
    }
  }

  private func text(of entries: [Entry]) -> [UInt8] { Array(entries.map(line).joined().utf8) }

  /// Nil when there is no file of git's.
  private func read(_ name: FileName, in directory: Folder) throws(RunStop) -> [UInt8]? {
    do throws(PlatformError) { return try directory.read(name, limit: 4 << 20) } catch {
      git.run.log("\(error.description); it is written anew")
      return nil
    }
  }

  private func entries(_ bytes: [UInt8], _ directory: Folder) throws(RunStop) -> [Entry] {
    let place =
      if case .walled(let cache) = kind { GitPlace.bare(cache) } else {
        GitPlace.bare(directory.path)
      }
    let listed = try git.answer(
      ["config", "--file", "-", "--no-includes", "--list", "-z"], in: place, input: bytes)
    guard listed.isSuccess else {
      git.run.log("the configuration in \(directory.path) cannot be read and is written anew")
      return []
    }
    return listed.bytes.split(separator: 0).map { part in
      let lines = part.split(
        separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
      let value = lines.count == 2 ? String(decoding: lines[1], as: UTF8.self) : nil
      return Entry(key: String(decoding: lines[0], as: UTF8.self), value: value)
    }
  }

  private func stays(_ entry: Entry) -> Bool {
    if entry.section == "extensions" { return Self.formats.contains(entry.name) }
    if case .walled = kind {
      // All of it counts inside only, where the agent could set it for its own commands as well.
      switch entry.section {
      case "remote": return entry.subsection != "origin"
      case "url": return entry.subsection?.hasPrefix("file:") != true
      default: return Self.walled[entry.section]?.contains(entry.name) != true
      }
    }
    return switch entry.section {
    case "core": Self.harmless.contains(entry.name)
    case "remote": entry.subsection == pushRemote
    default: !Self.ours.contains(entry.section)
    }
  }

  private var pushRemote: String? {
    let name = git.run.spec.git.settings.pushRemoteName
    return ["", "origin"].contains(name) ? nil : name
  }

  private func own(_ found: [Entry]) -> [Entry] {
    let cloneURL = git.run.spec.git.cloneURL
    // The address is FetchedRepository's to judge before it is replaced.
    let known = found.last { $0.key == "remote.origin.url" }?.value
    let store = Entry(key: "lfs.storage", value: LargeFiles.store)
    let isNewer = found.contains { $0.section == "extensions" && stays($0) }
    var all = [
      Entry(key: "core.repositoryformatversion", value: isNewer ? "1" : "0"),
      Entry(key: "core.bare", value: kind == .bare ? "true" : "false"),
      Entry(key: "core.fsync", value: "all"), Entry(key: "gc.auto", value: "0"),
      Entry(key: "maintenance.auto", value: "false"),
      Entry(key: "remote.origin.fetch", value: FetchedRepository.refspec),
    ]
    guard case .walled(let cache) = kind else {
      all.append(Entry(key: "remote.origin.url", value: known ?? cloneURL))
      // Git LFS inside the wall reads the cache, and looks for objects where this setting says.
      if git.run.spec.agent.sandbox.kind != .none { all.append(store) }
      return all
    }
    // `git fetch origin` reads from the cache, also for a hook and the agent, and Git LFS does.
    all += [
      Entry(key: "remote.origin.url", value: cloneURL),
      Entry(key: "url.file://\(cache).insteadof", value: cloneURL),
      Entry(key: "remote.origin.uploadpack", value: WalledClone.sender),
      Entry(key: "lfs.url", value: LargeFiles.address(ofFolder: cache)),
      store,
      // Of older commits the cache may not have them: a pointer instead, and no failed checkout.
      Entry(key: "lfs.skipdownloaderrors", value: "true"),
    ]
    return all
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
