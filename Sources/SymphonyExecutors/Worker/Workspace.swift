// The item's working tree: opened when it is complete (its `.created` mark is there), otherwise
// made anew. An existing branch is checked out and never reset. Called by Work at the start of a
// run; CleanUp takes it away. Hooks, the fence and what the agent does in it are others' business.
import SymphonyCore
import SymphonyPlatform

/// A working tree that is ready for hooks and agent.
struct Checkout {
  var path: String
  var repository: FetchedRepository
  var baseBranch: String
  /// False until after_create has succeeded.
  var isComplete: Bool
  var place: GitPlace { .tree(path) }
  var baseRef: String { "refs/remotes/origin/\(baseBranch)" }
}

struct Workspace {
  let git: GitCommand
  /// Names of files that git is not to see.
  var excluded: [String] = []

  var run: LiveRun { git.run }
  var path: String { run.spec.paths.workspace }
  var mark: String { run.spec.paths.createdMark }
  private var order: GitOrder { run.spec.git }

  /// What the workspace is, or is to become: a worktree of the cache, or a clone of its own. A
  /// complete one stays what it is when the settings change.
  var isWorktree: Bool {
    if Files.exists(mark), Files.exists(Files.join(path, ".git")) {
      return !Files.isDirectory(Files.join(path, ".git"))
    }
    // What is shared could be spoilt for others by an agent that is not trusted with more than its
    // own: locked in, it gets a clone of its own.
    return order.settings.useWorktrees && order.settings.reuseRepoCache
      && run.spec.agent.sandbox.kind == .none
  }

  func prepare() throws(RunStop) -> Checkout {
    try run.enter(.preparing, limit: run.limits.prepare)
    try checkContainment()
    let shared = isWorktree
    if shared { git.cacheLock = try lockCache() }
    defer { git.cacheLock = nil }
    if Files.exists(mark), !Files.exists(path) { try removeMark() }
    let complete = Files.exists(mark)
    if !complete, !shared { try removeTree() }
    let repository = FetchedRepository(
      git: git, path: shared ? run.spec.paths.cache : path, isBare: shared)
    try repository.bringUp()
    let checkout = Checkout(
      path: path, repository: repository, baseBranch: try repository.baseBranch(),
      isComplete: complete)
    if complete { try open(checkout) } else { try create(checkout) }
    for name in excluded { try AgentNotes.exclude(name, checkout) }
    return checkout
  }

  /// Waits for the cache's lock within the phase's limit.
  func lockCache() throws(RunStop) -> FileLock {
    let path = run.spec.paths.cache + ".lock"
    while true {
      let lock = try platform { () throws(PlatformError) in
        try Files.makeDirectories(Files.parent(of: path))
        return try FileLock.take(path)
      }
      if let lock { return lock }
      try run.beat()
      if run.remaining == 0 {
        throw .failed("cache_busy", "\(path) was held by others for the whole preparation")
      }
      Clock.sleep(milliseconds: 50)
    }
  }

  /// The directory must lie where its path says: directly in its folder, and not behind a link.
  func checkContainment() throws(RunStop) {
    let name = Files.lastName(of: path)
    let parent = Files.parent(of: path)
    try platform { () throws(PlatformError) in try Files.makeDirectories(parent) }
    guard let folder = Files.resolved(parent), path.hasPrefix("/"), name != ".", name != "..",
      Files.absolute(path) == path,
      !Files.exists(path) || Files.resolved(path) == Files.join(folder, name)
    else {
      throw .failed(
        "workspace_escapes",
        "the workspace \(path) is a link or leads out of \(parent); remove it by hand")
    }
  }

  // MARK: A complete one

  private func open(_ checkout: Checkout) throws(RunStop) {
    guard try isKnown(checkout) else {
      throw .failed(
        "workspace_broken",
        "\(path) is no longer a working tree of \(checkout.repository.path); save what you need "
          + "and delete it together with \(mark)")
    }
    let folder = try git.must(["rev-parse", "--absolute-git-dir"], in: checkout.place)
    for name in (try? Files.list(folder)) ?? [] where name.hasSuffix(".lock") {
      run.log("removing \(name), left by a git that was killed")
      try platform { () throws(PlatformError) in try Files.removeTree(Files.join(folder, name)) }
    }
    if order.settings.cleanUntrackedBeforeRun {
      try git.must(["clean", "-f", "-d", "--quiet"], in: checkout.place)
    }
  }

  /// The working tree is one of the checkout's repository, if need be after a repair: one of the
  /// two may have been moved.
  func isKnown(_ checkout: Checkout) throws(RunStop) -> Bool {
    if try belongs(checkout) { return true }
    guard checkout.repository.isBare, Files.isDirectory(path) else { return false }
    _ = try git.ask(["worktree", "repair", path], in: checkout.repository.place)
    return try belongs(checkout)
  }

  /// The commit checked out in whatever working tree is there, of whatever repository; nil when it
  /// is not a usable one.
  func foundHead() throws(RunStop) -> String? {
    guard Files.isDirectory(path) else { return nil }
    let answer = try git.ask(["rev-parse", "--show-toplevel"], in: .tree(path))
    guard answer.isSuccess, Files.resolved(answer.text) == Files.resolved(path) else { return nil }
    return try git.commit("HEAD", in: .tree(path))
  }

  /// The head that only the workspace holds, for a run that did not get to push it.
  func unpushedHead() throws(RunStop) -> String? {
    try checkContainment()
    guard let head = try foundHead(), try git.isOwed(head, in: .tree(path)) else { return nil }
    return head
  }

  private func belongs(_ checkout: Checkout) throws(RunStop) -> Bool {
    guard Files.isDirectory(path) else { return false }
    let answer = try git.ask(
      ["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir"],
      in: checkout.place)
    guard answer.isSuccess, answer.lines.count == 2 else { return false }
    return Files.resolved(answer.lines[0]) == Files.resolved(path)
      && Files.resolved(answer.lines[1]) == Files.resolved(checkout.repository.directory)
  }

  // MARK: A new one

  private func create(_ checkout: Checkout) throws(RunStop) {
    let place = checkout.repository.place
    if checkout.repository.isBare {
      try removeTree()
      try git.must(["worktree", "prune"], in: place)
    }
    let local = "refs/heads/\(order.branch)"
    let isNew = try git.commit(local, in: place) == nil
    do throws(RunStop) {
      let start = isNew ? try startingPoint(checkout) : order.branch
      if checkout.repository.isBare {
        try git.checkOut(
          ["worktree", "add", "--quiet"]
            + (isNew ? ["--no-track", "-b", order.branch, path, start] : [path, order.branch]),
          in: place)
      } else {
        try git.checkOut(
          ["checkout", "--quiet"] + (isNew ? ["--no-track", "-b", order.branch, start] : [start]),
          in: place)
      }
    } catch {
      if case .leaseLost = error { throw error }
      undo(checkout, branchIsNew: isNew)
      throw error
    }
  }

  /// The remote branch when it is ours and has something the base lacks; else the base.
  private func startingPoint(_ checkout: Checkout) throws(RunStop) -> String {
    let place = checkout.repository.place
    let remote = "refs/remotes/origin/\(order.branch)"
    guard let tip = try git.commit(remote, in: place),
      order.ownsBranch || order.takeOver || tip == order.fenceHead,
      try !git.isAncestor(tip, of: checkout.baseRef, in: place)
    else { return checkout.baseRef }
    return remote
  }

  /// Nothing of a failed creation stays: no tree, no registration, and no branch that it made.
  private func undo(_ checkout: Checkout, branchIsNew: Bool) {
    let heeded = run.heedsSignals
    run.heedsSignals = false
    defer { run.heedsSignals = heeded }
    do throws(RunStop) {
      try removeTree()
      guard checkout.repository.isBare else { return }
      let place = checkout.repository.place
      _ = try git.ask(["worktree", "prune"], in: place, limit: .seconds(10))
      if branchIsNew {
        _ = try git.ask(
          ["branch", "--quiet", "-D", order.branch], in: place, limit: .seconds(10))
      }
    } catch {
      run.log("cannot undo the half-made workspace \(path); the next run does")
    }
  }

  func removeTree() throws(RunStop) {
    try platform { () throws(PlatformError) in try Files.removeTree(path) }
  }
  func removeMark() throws(RunStop) {
    try platform { () throws(PlatformError) in try Files.remove(mark) }
  }
  /// The workspace is complete from now on.
  func markComplete() throws(RunStop) {
    try platform { () throws(PlatformError) in
      try Files.writeAtomically(mark, "\(run.spec.runID)\n")
    }
  }
}
