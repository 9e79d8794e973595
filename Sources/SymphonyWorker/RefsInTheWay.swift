// Refs that keep git from writing the item's own: a ref is a path, and where `refs/heads/a` is,
// `refs/heads/a/b` cannot be. One agent that makes a branch of the prefix's name would stop all
// items of a shared cache. Such refs are taken away, with their commits kept and working trees that
// stand on them left where they are. Called by FetchedRepository, Workspace and FoundCommits.
import SymphonyCore
import SymphonyPlatform

struct RefsInTheWay {
  let git: GitCommand
  let place: GitPlace
  /// The directory in which the refs are files; nil: behind the wall, where only git may look.
  let directory: String?
  /// Places with a HEAD of their own.
  let heads: [GitPlace]

  private var run: LiveRun { git.run }
  private var branch: String { run.spec.git.branch }

  init(_ git: GitCommand, _ repository: FetchedRepository) {
    let entries = Registration.all(in: repository.directory).map { GitPlace.bare($0.entry) }
    self.init(
      git: git, place: repository.place, directory: repository.directory,
      heads: entries + (repository.isBare ? [] : [repository.place]))
  }

  init(_ git: GitCommand, _ checkout: Checkout) {
    guard checkout.isWalled else {
      self.init(git, checkout.repository)
      return
    }
    let clone = checkout.place
    self.init(git: git, place: clone, directory: nil, heads: [clone])
  }

  private init(git: GitCommand, place: GitPlace, directory: String?, heads: [GitPlace]) {
    self.git = git
    self.place = place
    self.directory = directory
    self.heads = heads
  }

  /// The refs that are written for the item: full names, or a folder of refs with `/*`.
  private var wanted: [String] {
    [
      "refs/heads/\(branch)", "refs/remotes/origin/*", RemoteBranch.pushedRef(branch),
      PushTries.ref(branch), KeptCommits.prefix(run) + "*",
    ] + WalledClone.Source.allCases.map { WalledClone.takenRef(branch, $0) }
  }

  /// Paths that must not be refs.
  private var above: Set<String> {
    var paths: Set<String> = []
    for name in wanted {
      var path = Files.parent(of: name)
      while path != "refs" {
        paths.insert(path)
        path = Files.parent(of: path)
      }
    }
    return paths
  }

  private func isInTheWay(_ ref: String, _ above: Set<String>) -> Bool {
    above.contains(ref) || wanted.contains { ref.hasPrefix($0 + "/") }
  }

  /// `folder`: only what lies there; `refs` is everything.
  func clear(in folder: String = "refs") throws(RunStop) {
    let above = above
    let listed = try git.ask(RefList.command, in: place)
    // A repository that cannot be listed cannot be fetched into either, and that is told then.
    guard listed.isSuccess else { return run.log(listed.complaint) }
    for (ref, object) in RefList.read(listed.text) where isInTheWay(ref, above) {
      if ref == folder || ref.hasPrefix(folder + "/") { try remove(ref, at: object) }
    }
    guard let directory else { return }
    for path in above where path == folder || path.hasPrefix(folder + "/") {
      let file = Files.join(directory, path)
      if Files.exists(file), !Files.isDirectory(file) { try discard(file) }
    }
    for name in wanted where name.hasPrefix(folder + "/") && !name.hasSuffix("/*") {
      let file = Files.join(directory, name)
      if Files.isDirectory(file) { try discard(file) }
    }
  }

  /// Removes a file or folder: the refs have been cleared away, so it names no commit.
  private func discard(_ file: String) throws(RunStop) {
    run.log("removing \(file): it is no ref, and stands where refs of this item go")
    try platform { () throws(PlatformError) in try Files.removeTree(file) }
  }

  private func remove(_ ref: String, at object: String) throws(RunStop) {
    run.log("removing the ref \(ref) (\(object.prefix(12))): \(branch) cannot be beside it")
    let isCommit = try git.commit(object, in: place) != nil
    var isCheckedOut = false
    for head in isCommit ? heads : [] {
      let answer = try git.answer(["symbolic-ref", "--quiet", "HEAD"], in: head)
      guard answer.text == ref else { continue }
      // Its own run finds there what its agent made, as on any branch.
      try git.must(["update-ref", "--no-deref", "HEAD", object], in: head)
      isCheckedOut = true
    }
    // A branch's commit is kept before its ref goes. Any other ref goes first: it may block the
    // name under which the commit is kept, or, below refs/remotes, make the commit look delivered.
    let keepsLast = !ref.hasPrefix("refs/heads/")
    if !keepsLast, !isCheckedOut { try keep(object) }
    // Not where somebody has moved it since.
    try git.must(["update-ref", "--no-deref", "-d", ref, object], in: place)
    if keepsLast { try keep(object) }
  }

  private func keep(_ object: String) throws(RunStop) {
    guard let commit = try git.commit(object, in: place), try git.isOwed(commit, in: place)
    else { return }
    try KeptCommits(git: git, place: place).keep(commit)
  }
}
