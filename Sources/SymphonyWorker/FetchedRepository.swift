// A repository that follows the item's remote: the cache shared by all items of a repository
// (bare), or an item's own clone. Makes it, checks that it belongs to the item's repository, clears
// what killed gits left, fetches. Called by Workspace and CleanUp, for a cache only while they hold
// its lock. Never a mirror: `fetch --prune` in a mirror deletes unpushed branches; here refs/heads
// holds only our own.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

struct FetchedRepository {
  let git: GitCommand
  /// The bare cache, or the clone's working tree.
  let path: String
  let isBare: Bool

  var run: LiveRun { git.run }
  var place: GitPlace { isBare ? .bare(path) : .tree(path) }
  /// The folder with refs, objects and info/.
  var directory: String { isBare ? path : Files.join(path, ".git") }
  private var order: GitOrder { run.spec.git }
  var configuration: RepositoryConfiguration {
    RepositoryConfiguration(git: git, path: path, kind: isBare ? .bare : .clone)
  }

  /// Makes the repository unless it is there, and brings it up to date.
  func bringUp() throws(RunStop) {
    if let remark = order.remark { run.log(remark) }
    if isBare { try platform { () throws(PlatformError) in try CacheNote(path).remove() } }
    if Files.isDirectory(Files.join(directory, "objects")) {
      try configuration.restore()
    }
    if isBare, Files.exists(path), let words = try damage() { try discardCorrupt(words) }
    guard Files.exists(directory) else { return try build() }
    try RefsInTheWay(git, self).clear()
    try removeStaleLocks()
    try adoptURL()
    try fetchOrMend()
    try collect(patience: .zero)
  }

  /// A repository that is spoilt here must not pass for a remote that is out of reach: that would
  /// be waited for.
  private func fetchOrMend() throws(RunStop) {
    let damaged = DamagedRefs(git: git, repository: self)
    let first = try git.ask(fetching(["--prune"]), in: place, remote: true)
    if !first.isSuccess {
      guard let words = try damaged.explain(first) else { throw git.unreached(first) }
      run.log("\(path) is damaged: \(words)")
      let lost = try damaged.clear()
      // All objects once more: git takes for granted that what lies behind a commit is here.
      var second = try git.ask(fetching(["--prune", "--refetch"]), in: place, remote: true)
      if second.errors.contains("unknown option") {
        second = try git.ask(fetching(["--prune"]), in: place, remote: true)
      }
      if !second.isSuccess {
        guard let words = try damaged.explain(second) else { throw git.unreached(second) }
        throw .failed(
          "cache_corrupt",
          "\(path) is damaged and cannot be mended: \(words); look at it with `git fsck`, save "
            + "what you need and move it away, then `symphony retry`",
          .misconfigured)
      }
      try damaged.restore(lost)
    }
    try damaged.restoreOwn()
  }

  /// The refspec of a fetch: the remote's branches, as refs/remotes/origin/*.
  static let refspec = "+refs/heads/*:refs/remotes/origin/*"

  /// The address is given here: an agent may have written another one into the configuration.
  func fetch(prune: Bool) throws(RunStop) {
    try git.must(fetching(prune ? ["--prune"] : ["--no-prune"]), in: place, remote: true)
  }

  /// Address and refspec are named each time: what stands in the configuration may be an agent's.
  func fetching(_ options: [String]) -> [String] {
    ["fetch", "--quiet", "--no-auto-maintenance"] + options
      + ["--", order.cloneURL, Self.refspec]
  }

  /// The workflow's base branch, or the remote's default one, and its commit here.
  func baseBranch() throws(RunStop) -> (name: String, commit: String) {
    let name: String
    if let wanted = order.baseBranch {
      name = wanted
    } else {
      let answer = try git.must(
        ["ls-remote", "--symref", "--", order.cloneURL, "HEAD"], in: place, remote: true)
      let prefix = "ref: refs/heads/"
      guard let line = answer.splitLines().first(where: { $0.hasPrefix(prefix) }),
        let found = line.dropFirst(prefix.count).split(separator: "\t").first
      else {
        throw .failed(
          RunCode.baseMissing,
          "\(order.cloneURL) names no default branch; set git.base_branch, or push a first commit")
      }
      name = String(found)
    }
    guard let commit = try git.commit("refs/remotes/origin/\(name)", in: place) else {
      throw .failed(
        RunCode.baseMissing,
        "\(order.cloneURL) has no branch `\(name)`; check git.base_branch, or push a first commit")
    }
    return (name, commit)
  }

  // MARK: Making it

  /// A cache is built beside its place and renamed into it, so that a half-built one is never found
  /// there.
  ///
  /// A clone is guarded by the workspace's `.created` mark instead.
  private func build() throws(RunStop) {
    let target = isBare ? "\(path).new" : path
    try platform { () throws(PlatformError) in
      if isBare { try Files.removeTree(target) }
      try Files.makeDirectories(target)
    }
    let built = FetchedRepository(git: git, path: target, isBare: isBare)
    do throws(RunStop) {
      let bare = isBare ? ["--bare"] : []
      try git.must(["init", "--quiet", "--template="] + bare, in: .tree(target))
      try built.configuration.restore()
      // A branch that is followed up is older than the newest commits of its base: of too few of
      // them it would have none in common.
      let isRound = run.spec.feedback?.isEmpty == false
      let depth = isRound ? [] : order.settings.fetchDepth.map { ["--depth=\($0)"] } ?? []
      try git.must(fetching(depth), in: built.place, remote: true)
      try platform { () throws(PlatformError) in
        try Files.makeDirectories(Files.join(built.directory, "info"))
        if isBare {
          try Files.move(target, to: path)
          try Files.syncDirectory(Files.parent(of: path))
        }
      }
    } catch {
      if isBare { try? Files.removeTree(target) }
      throw error
    }
  }

  // MARK: What is there already

  /// Why it is no usable cache, in git's words; nil: it is one.
  private func damage() throws(RunStop) -> String? {
    guard Files.isDirectory(path) else { return "it is not a directory" }
    let answer = try git.answer(["rev-parse", "--is-bare-repository"], in: place)
    if !answer.isSuccess { return answer.complaint }
    return answer.text == "true" ? nil : "it is not a bare repository"
  }

  private func discardCorrupt(_ words: String) throws(RunStop) {
    var worktrees: [String] = []
    do throws(PlatformError) { worktrees = try Files.list(Files.join(path, "worktrees")) } catch {
      // Of one that cannot be listed nobody knows whose work lives in it.
      guard error.isMissing else { throw .broken(error) }
    }
    guard worktrees.isEmpty else {
      throw .failed(
        "cache_corrupt",
        "the repository cache \(path) cannot be read, and \(worktrees.count) worktree(s) live in "
          + "it: \(words); repair it with `git fsck`, or save their work and delete it")
    }
    // Among its objects may be commits that nobody else has.
    if Files.isDirectory(Files.join(path, "objects")) {
      let aside = "\(path).damaged-\(run.spec.runID)"
      try platform { () throws(PlatformError) in try Files.move(path, to: aside) }
      run.keep("the repository cache \(path) could not be read (\(words)); it is kept as \(aside)")
      return
    }
    run.log("the repository cache \(path) cannot be read: \(words); it is fetched anew")
    try platform { () throws(PlatformError) in try Files.removeTree(path) }
  }

  /// The remote must be the item's repository.
  ///
  /// Its URL may change (another protocol or host name) as long as the name stays or the new remote
  /// holds a commit that we know. A renamed repository keeps its cache, wherever that lies.
  private func adoptURL() throws(RunStop) {
    let known = try git.answer(["config", "--get", "remote.origin.url"], in: place).text
    guard known != order.cloneURL else { return }
    guard try isSameRepository(known) else {
      throw .failed(
        "workspace_foreign",
        "\(path) belongs to \(known), not to \(order.cloneURL); move it away if that is intended")
    }
    run.log("the remote of \(path) is now \(order.cloneURL)")
    try git.must(["config", "remote.origin.url", order.cloneURL], in: place)
  }

  private func isSameRepository(_ known: String) throws(RunStop) -> Bool {
    func name(_ url: String) -> [String] {
      url.split { "/:".contains($0) }.suffix(2).map {
        $0.hasSuffix(".git") ? $0.dropLast(4).lowercased() : $0.lowercased()
      }
    }
    if known.isEmpty || name(known) == name(order.cloneURL) { return true }
    let heads = try git.must(
      ["ls-remote", "--heads", order.cloneURL], in: place, remote: true
    ).splitLines().map { $0.split(separator: "\t").map(String.init) }
      .filter { $0.count == 2 }
    for head in heads.prefix(200) where try git.commit(head[0], in: place) != nil { return true }
    // All of them may be newer than what we know: then the history tells.
    let main = order.baseBranch.map { "refs/heads/\($0)" }
    guard let head = heads.first(where: { $0[1] == main }) ?? heads.first else { return false }
    try git.must(
      [
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
        order.cloneURL, head[1],
      ], in: place, remote: true)
    return try git.count([head[0], "--not", "--remotes"], in: place)
      < git.count([head[0]], in: place)
  }

  /// The branch's own lock can only be a dead git's: the item had no other worker and was swept.
  ///
  /// A lock that others may hold must be old, and no run of this repository may live.
  private func removeStaleLocks() throws(RunStop) {
    let branch = Files.join(directory, "refs/heads/\(order.branch).lock")
    try platform { () throws(PlatformError) in try Files.removeTree(branch) }
    let old = sharedLocks.filter {
      Clock.wallMilliseconds() / 1000 - (Files.modifiedSeconds($0) ?? .max) > 600
    }
    guard !old.isEmpty, !otherRunLives else { return }
    for lock in old {
      run.log("removing \(lock): it is older than 10 minutes and no run of this repository lives")
      try platform { () throws(PlatformError) in try Files.removeTree(lock) }
    }
  }

  private var sharedLocks: [String] {
    var found: [String] = []
    func walk(_ folder: String, deep: Bool) {
      for name in (try? Files.list(folder)) ?? [] {
        let entry = Files.join(folder, name)
        if name.hasSuffix(".lock") {
          found.append(entry)
        } else if deep, Files.isDirectory(entry) {
          walk(entry, deep: true)
        }
      }
    }
    walk(directory, deep: false)
    walk(Files.join(directory, "refs"), deep: true)
    return found
  }

  /// Whether another run that uses this cache is alive, or nobody can say.
  var otherRunLives: Bool {
    let layout = StateLayout(run.spec.paths.state)
    guard let names = try? Files.list(layout.runs) else { return true }
    return names.contains { name in
      if name == run.spec.runID.text { return false }
      let other = RunDirectory(RunID(name), in: layout)
      guard let isHeld = try? FileLock.probe(other.lease) else { return true }
      guard isHeld, let spec = try? other.readSpec() else { return isHeld }
      return spec.paths.cache == run.spec.paths.cache
    }
  }
}
