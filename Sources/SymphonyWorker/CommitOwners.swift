// Tells which item a commit belongs to in a cache that several items share. Git keeps a journal of
// where each working tree's HEAD has been (gitrepository-layout(5), logs/HEAD): so we know whose
// agent was at a commit. FoundCommits asks, so that an agent's commits go to its own item even
// while others work in the cache, and no run publishes the commits of another.
import SymphonyCore
import SymphonyPlatform

struct CommitOwners {
  enum Owner { case own, others, unknown }

  private let git: GitCommand
  /// The cache.
  private let place: GitPlace
  private var own: Set<String> = []
  private var others: Set<String> = []

  /// Of one journal, in bytes; the newest lines count.
  private static let longest = 16 << 20

  init(_ git: GitCommand, _ checkout: Checkout) {
    self.git = git
    place = checkout.repository.place
    let home = WorkspaceFolders(git.run)
    for (entry, workspace) in Registration.all(in: checkout.repository.path) {
      if home.isOwn(workspace) {
        own.formUnion(Self.journal(entry))
      } else if home.isOthers(workspace) {
        others.formUnion(Self.journal(entry))
      }
    }
  }

  /// `old new who <mail> time zone TAB words`, a line for each move.
  private static func journal(_ entry: String) -> [String] {
    Files.tail(Files.join(entry, "logs/HEAD"), limit: longest).splitLines()
      .compactMap { line in
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3, GitSettings.isObjectName(String(words[1])) else { return nil }
        return String(words[1])
      }
  }

  func owner(of commit: String) throws(RunStop) -> Owner {
    if own.contains(commit) { return .own }
    if others.contains(commit) { return .others }
    let prefix = git.run.spec.git.settings.branchPrefix
    let isOthers = try holders(of: commit).contains { ref in
      !prefix.isEmpty && ref.hasPrefix("refs/heads/\(prefix)")
        && ref != "refs/heads/\(git.run.spec.git.branch)"
    }
    return isOthers ? .others : .unknown
  }

  /// Another item's run has kept it already, and named it.
  func isKeptByOthers(_ commit: String) throws(RunStop) -> Bool {
    try holders(of: commit).contains { ref in
      ref.hasPrefix("refs/symphony/kept/") && !ref.hasPrefix(KeptCommits.prefix(git.run))
    }
  }

  private func holders(of commit: String) throws(RunStop) -> [String] {
    try git.must(
      [
        "for-each-ref", "--format=%(refname)", "--contains", commit, "refs/heads",
        "refs/symphony/kept",
      ], in: place
    ).splitLines().map(String.init)
  }
}

/// The item's workspace and the folder of all, as git names them: without links.
struct WorkspaceFolders {
  let own: String
  let siblings: String

  init(_ run: LiveRun) {
    let path = run.spec.paths.workspace
    let parent = Files.parent(of: path)
    let folder = Files.resolved(parent) ?? parent
    own = Files.join(folder, Files.lastName(of: path))
    siblings = folder + "/"
  }

  /// The workspace, or a working tree inside it.
  func isOwn(_ path: String) -> Bool { path == own || path.hasPrefix(own + "/") }
  func isOthers(_ path: String) -> Bool { path.hasPrefix(siblings) && !isOwn(path) }
}
