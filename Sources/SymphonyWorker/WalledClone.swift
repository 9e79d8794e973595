// The clone of an agent that is locked in, and how commits get in and out of it. Outside the wall
// no git ever opens it: it is made, brought up to date and read by git inside; what the agent
// committed comes out as a pack that git inside sends and git outside checks. Between the clone and
// the remote stands the cache, a bare repository that nobody inside can write. Called by Workspace,
// BranchFence, PushOrder and CleanUp; for a workspace without a wall each step does nothing.
import Glibc
import SymphonyCore
import SymphonyPlatform

struct WalledClone {
  let git: GitCommand
  let checkout: Checkout

  private var run: LiveRun { git.run }
  private var order: GitOrder { run.spec.git }
  private var cache: String { run.spec.paths.cache }
  /// The cache, for git outside.
  private var outside: GitPlace { checkout.repository.place }

  /// In the cache, what the clone finds as branches and tags when it fetches: those of the remote,
  /// and none of our own or of other items.
  ///
  /// A namespace of git (gitnamespaces(7)).
  private static let namespace = "upstream"
  private static var prefix: String { "refs/namespaces/\(namespace)/" }
  /// The commits that can be taken out of the clone.
  enum Source: CaseIterable { case head, branch, pushed }
  /// In the cache, the item's last commit as it came out of the clone.
  static func takenRef(_ branch: String, _ source: Source = .head) -> String {
    switch source {
    case .head: "refs/symphony/taken/\(branch)"
    case .branch: "refs/symphony/taken-branch/\(branch)"
    case .pushed: RemoteBranch.pushedRef(branch)
    }
  }

  // MARK: In

  /// An empty clone in an empty directory.
  ///
  /// No agent was there yet.
  func make() throws(RunStop) {
    try platform { () throws(PlatformError) in try Files.makeDirectories(checkout.path) }
    try git.must(["init", "--quiet", "--template="], in: checkout.place)
    // Made now: of folders that come later it is not known whether an agent made them.
    try platform { () throws(PlatformError) in
      try Files.makeDirectories(Files.join(checkout.gitDirectory, "hooks"), mode: 0o755)
      try Files.makeDirectories(Files.join(checkout.gitDirectory, "info"), mode: 0o755)
    }
    try refresh()
    // The cache may still have the item's branch, from an earlier worktree or a spoilt clone.
    let local = "refs/heads/\(order.branch)"
    guard try git.commit(local, in: outside) != nil else { return }
    try fetch("+\(local):\(local)", from: "file://\(cache)")
  }

  /// Brings the remote's branches, as the cache has them, into the clone, whose configuration is
  /// written anew.
  ///
  /// The files of Git LFS that it may check out lie in the cache then.
  func refresh() throws(RunStop) {
    try publish()
    try RepositoryConfiguration(git: git, path: checkout.path, kind: .walled(cache: cache))
      .restore()
    try LargeFiles(git: git, checkout: checkout).bringIn()
    try fetch()
  }

  /// The command that `git fetch origin` starts in the clone to be served.
  static let sender = "git --namespace=\(namespace) upload-pack"

  /// Git inside fetches from the cache.
  ///
  /// `refspec`: nil: the remote's branches and tags, and what the remote lost is dropped.
  /// `options`: for git itself, where the clone is not in its place yet.
  private func fetch(
    _ refspec: String? = nil, from source: String = "origin", options: [String] = []
  ) throws(RunStop) {
    try git.must(
      options + ["fetch", "--quiet", "--no-auto-maintenance", "--update-shallow"]
        + (refspec == nil ? ["--prune"] : ["--no-tags"]) + ["--", source]
        + (refspec.map { [$0] } ?? []),
      in: checkout.place)
  }

  /// Fills the namespace from what the cache knows of the remote.
  private func publish() throws(RunStop) {
    try git.must(
      [
        "fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head",
        "--no-auto-maintenance", "--update-shallow", "--", "file://\(cache)",
        "+refs/remotes/origin/*:\(Self.prefix)refs/heads/*", "^refs/remotes/origin/HEAD",
        "+refs/tags/*:\(Self.prefix)refs/tags/*",
      ], in: outside)
    let base = "\(Self.prefix)refs/heads/\(checkout.baseBranch)"
    try git.must(["symbolic-ref", "\(Self.prefix)HEAD", base], in: outside)
  }

  /// Brings one commit of the item's remote branch into the clone.
  func bringIn(_ tip: String) throws(RunStop) {
    guard checkout.isWalled, try git.commit(tip, in: checkout.place) == nil else { return }
    let ref = "\(Self.prefix)refs/heads/\(order.branch)"
    try git.must(["update-ref", ref, tip], in: outside)
    try fetch("+refs/heads/\(order.branch):refs/remotes/origin/\(order.branch)")
  }

  // MARK: Out

  /// Brings the clone's HEAD, or its branch, into the cache, checked: complete, well-formed
  /// (transfer.fsckObjects), through a git inside the wall that gets no token.
  ///
  /// Neither hooks nor borrowed objects of the clone have a say outside.
  ///
  /// `head`: what git inside said it is.
  /// - Throws: `.ended` with `commits_refused` when they are malformed, with `git_failed` else.
  func takeOut(_ head: String, from source: Source = .head) throws(RunStop) {
    guard checkout.isWalled else { return }
    let ref = Self.takenRef(order.branch, source)
    let name =
      switch source {
      case .head: "HEAD"
      case .branch: "refs/heads/\(order.branch)"
      case .pushed: ref
      }
    if try git.commit(ref, in: outside) == head { return }
    let sender = try Sandbox(run: run, guest: .git).wrap(
      ["git", "-c", "uploadpack.allowFilter=false", "upload-pack"],
      GitSettings.plain(run.environment))
    let answer = try git.ask(
      [
        "-c", "transfer.fsckObjects=true", "-c", "fetch.fsckObjects=true",
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
        "--upload-pack=\(Self.shell(sender))", "--", "file://\(checkout.path)", "+\(name):\(ref)",
      ], in: outside, plain: true, environment: ["GIT_ALLOW_PROTOCOL": "file"])
    guard answer.isSuccess else {
      let isMalformed =
        answer.errors.contains("fsck error") || answer.errors.contains("error: object ")
      throw .failed(isMalformed ? "commits_refused" : "git_failed", answer.complaint)
    }
    guard try git.commit(ref, in: outside) == head else {
      throw .failed("git_failed", "\(checkout.path) changed while its commits were taken over")
    }
    // With the commits, so that they are worth something without the clone.
    _ = try LargeFiles(git: git, checkout: checkout).takeOut(head)
  }

  /// For `sh -c`, which git calls with a path behind it.
  private static func shell(_ words: [String]) -> String {
    words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
  }

  /// Earlier versions remembered in the clone itself what was pushed.
  ///
  /// Taken over once, or a branch that was deleted after its merge would look unpushed.
  func adoptPushed() throws(RunStop) {
    let ref = RemoteBranch.pushedRef(order.branch)
    guard order.ownsBranch, try git.commit(ref, in: outside) == nil,
      let head = try git.commit(ref, in: checkout.place)
    else { return }
    try takeOut(head, from: .pushed)
  }

  // MARK: A worktree that is older than the wall

  /// Turns a worktree of the cache into a clone: a directory shared with other items must not be
  /// open to an agent that is locked in.
  ///
  /// The files stay as they are, uncommitted changes with them. May be repeated at any point.
  func adoptWorktree() throws(RunStop) {
    let link = checkout.gitDirectory
    let made = Files.join(checkout.path, Self.madeName)
    let local = "refs/heads/\(order.branch)"
    if !Files.exists(link), Files.isDirectory(made) { return try putInPlace(made) }
    // Killed after the rename: the cache still knows the worktree.
    if Files.linkTarget(link) == nil, Files.isDirectory(link) { return try forgetWorktree() }
    guard Files.exists(link), !Files.isDirectory(link), Files.linkTarget(link) == nil else {
      return
    }
    run.log("\(checkout.path) becomes a clone of its own: its agent is locked in from now on")
    // The worktree's own HEAD lies in the cache: it may be on no branch.
    var head: String?
    if let registered = Registration(cache: cache, workspace: checkout.path).directory {
      head = try git.commit("HEAD", in: .bare(registered))
    }
    if head == nil { head = try git.commit(local, in: outside) }
    // No longer a working tree of the cache: the workspace is found to be broken.
    guard let start = head else { return }
    try git.must(["update-ref", Self.takenRef(order.branch), start], in: outside)
    try platform { () throws(PlatformError) in try Files.removeTree(made) }
    let inside = checkout.place
    let own = ["--git-dir=\(made)", "--work-tree=\(checkout.path)"]
    try git.must(["init", "--quiet", "--bare", "--template=", "--", made], in: inside)
    try git.must(own + ["config", "core.bare", "false"], in: inside)
    try fetch(
      "+\(Self.takenRef(order.branch)):\(local)", from: "file://\(cache)", options: own)
    try git.must(own + ["symbolic-ref", "HEAD", local], in: inside)
    try git.must(own + ["reset", "--quiet", "--mixed"], in: inside)
    try platform { () throws(PlatformError) in
      for name in ["hooks", "info"] {
        try Files.makeDirectories(Files.join(made, name), mode: 0o755)
      }
      try Files.remove(link)
    }
    try putInPlace(made)
  }
  private static let madeName = ".git-of-its-own"

  private func putInPlace(_ made: String) throws(RunStop) {
    try platform { () throws(PlatformError) in
      try Files.move(made, to: checkout.gitDirectory)
    }
    try forgetWorktree()
  }

  private func forgetWorktree() throws(RunStop) {
    let registration = Registration(cache: cache, workspace: checkout.path)
    let wasThere = try platform { () throws(PlatformError) in try registration.remove() }
    guard wasThere else { return }
    if let branch = try git.commit("refs/heads/\(order.branch)", in: outside),
      try git.commit(Self.takenRef(order.branch), in: outside) == branch
    {
      try git.must(["update-ref", "-d", "refs/heads/\(order.branch)"], in: outside)
    }
  }
}
