// A run whose purpose is to take the workspace away: before_remove, then the worktree, its branch
// and its mark. Never with commits the remote has not had: those are pushed first, or everything
// stays; and never a working tree of which the repository knows nothing. Of an item that goes on
// (RestingWorkspace) nothing is pushed. Called by Worker. May be repeated at any point, also for a
// workspace that is half there or gone.
import Glibc
import SymphonyCore
import SymphonyPlatform

struct CleanUp {
  let git: GitCommand

  var run: LiveRun { git.run }
  var spec: RunSpec { run.spec }
  private var workspace: Workspace { Workspace(git: git) }

  func carryOut() throws(RunStop) -> RunResult {
    try run.enter(.cleaning, limit: run.limits.prepare)
    try workspace.checkContainment()
    let repository = try workspace.repository()
    let usesCache = repository.isBare
    let checkout = Checkout(
      path: spec.paths.workspace, repository: repository, baseBranch: spec.git.baseBeforeFetch,
      isComplete: Files.exists(workspace.mark), isWalled: workspace.isWalled)
    defer { git.cacheLock = nil }
    if usesCache { git.cacheLock = try workspace.lockCache() }
    if checkout.isWalled, checkout.isComplete, Files.exists(repository.directory) {
      try WalledClone(git: git, checkout: checkout).adoptWorktree()
    }
    var isThere = false
    if Files.exists(repository.directory) {
      isThere = try WorkspaceCheck(git: git, checkout: checkout).linkFault() == nil
    }
    if !isThere {
      if let kept = try keptUnknown(checkout) { return kept }
      try keepOrphans(checkout)
    }
    if isThere, checkout.isComplete, goesOn, let kept = try keptForNextRun(checkout) { return kept }
    if isThere, checkout.isComplete {
      // Gives the cache's lock back first: other runs must not wait for a hook.
      git.cacheLock = nil
      let environment = try AgentEnvironment(
        run: run, checkout: checkout, identity: [:], own: [])
      try HookRunner(environment: environment).call(.beforeRemove)
      run.sweep()
      try run.enter(.cleaning, limit: run.limits.prepare)
      if usesCache { git.cacheLock = try workspace.lockCache() }
    }
    if isThere, checkout.isComplete, goesOn {
      // Somebody may have saved a file while the hook ran.
      if let kept = try keptForNextRun(checkout, afterHook: true) { return kept }
    } else {
      if isThere, checkout.isComplete { try FoundCommits.recover(git, checkout) }
      if isThere || usesCache, Files.exists(repository.directory) {
        if let kept = try saveCommits(checkout, isThere: isThere) { return kept }
      }
    }
    if isThere, let kept = try keptBeside(checkout) { return kept }
    try remove(checkout)
    if !goesOn { try lowerMark(repository) }
    if usesCache {
      try repository.collect(patience: .seconds(5))
      // Without its note the cache stays, which costs room and nothing else.
      do throws(RunStop) { try repository.noteRest() } catch {
        run.log("no note that \(repository.path) may go: \(error)")
      }
    }
    var result = result(.succeeded("the workspace is gone"))
    result.removed = true
    return result
  }

  // MARK: Commits first

  /// Keeps a directory that is no working tree of the repository.
  ///
  /// The repository was renamed, or a setting moved the workspaces or the cache: git cannot tell
  /// which commits would be lost with it.
  /// - Returns: nil when it is only a half-made workspace, without its mark and without a commit.
  private func keptUnknown(_ checkout: Checkout) throws(RunStop) -> RunResult? {
    guard Files.exists(checkout.path) else { return nil }
    let head = try workspace.foundHead()
    guard checkout.isComplete || head != nil else { return nil }
    var result = result(
      .failed(
        "workspace_unknown",
        "\(checkout.path) stays: it is no working tree of \(checkout.repository.path) and may hold "
          + "unpushed commits; save what you need and delete it together with \(workspace.mark)"))
    result.head = head
    if let head, try isOwedThere(head, checkout) {
      result.push = .unpushed(head: head, why: "the workspace belongs to another repository")
    }
    return result
  }

  /// Commits on no branch of ours that only the cache knows: the workspace itself is gone.
  private func keepOrphans(_ checkout: Checkout) throws(RunStop) {
    let repository = checkout.repository
    guard repository.isBare, !checkout.isWalled, Files.exists(repository.directory) else { return }
    try FoundCommits.abandon(git, checkout)
    let registration = Registration(cache: repository.path, workspace: checkout.path)
    guard let entry = registration.directory, let head = try git.commit("HEAD", in: .bare(entry)),
      try head != git.commit("refs/heads/\(spec.git.branch)", in: repository.place),
      try git.isOwed(head, in: repository.place)
    else { return }
    try KeptCommits(git: git, place: repository.place).keep(head)
  }

  /// A clone behind the wall that is not the cache's is nobody's: all of it may be owed.
  private func isOwedThere(_ head: String, _ checkout: Checkout) throws(RunStop) -> Bool {
    if checkout.isWalled { return true }
    return try git.isOwed(head, in: checkout.place)
  }

  /// - Returns: a result that says why everything stays; nil when nothing would be lost.
  func saveCommits(_ checkout: Checkout, isThere: Bool) throws(RunStop) -> RunResult? {
    let repository = checkout.repository
    let look = try git.ask(["rev-parse", "--git-dir"], in: repository.place)
    guard look.isSuccess else { throw unreadable(checkout, look.complaint) }
    var heads: [String] = []
    let branch = "refs/heads/\(spec.git.branch)"
    if let commit = try git.commit(branch, in: repository.place) { heads.append(commit) }
    if isThere {
      let clone = WalledClone(git: git, checkout: checkout)
      if checkout.isWalled { try clone.adoptPushed() }
      let tips = try git.commits(["HEAD", branch], in: checkout.place)
      for (head, source) in zip(tips, [WalledClone.Source.head, .branch]) {
        guard let head, !heads.contains(head) else { continue }
        heads.append(head)
        try clone.takeOut(head, from: source)
      }
    }
    if goesOn { return try keptOnlyHere(heads, repository) }
    let owed = try owed(heads, repository)
    guard !owed.isEmpty else { return nil }
    // The remote may have them by now. Pruning would only forget what it once had.
    let fetched = try git.ask(
      repository.fetching(["--no-prune"]), in: repository.place, remote: true)
    if !fetched.isSuccess { run.log(fetched.complaint) }
    for head in try self.owed(owed, repository) {
      let place = isThere ? checkout : bare(checkout)
      let push = try PushOrder(git: git, checkout: place, recorded: nil).carryOut(head).state
      try run.enter(.cleaning, limit: run.limits.prepare)
      switch push {
      case .nothing, .pushed: continue
      case .unpushed(_, let why), .refused(_, let why): return kept(head, push, why)
      case .branchMoved(_, let remote):
        return kept(head, push, "the remote branch is at \(remote.prefix(12)), which is not ours")
      }
    }
    return nil
  }

  /// Keeps a workspace with commits that are on no branch that could be pushed.
  ///
  /// They are in repositories made inside it, and in a clone on the branches beside the item's.
  private func keptBeside(_ checkout: Checkout) throws(RunStop) -> RunResult? {
    let nested = try NestedRepositories(git: git, checkout: checkout).unpublished()
    if let path = nested.first {
      return result(
        .failed(
          "nested_repository",
          "\(checkout.path) stays: \(path) is a repository of its own with commits that are "
            + "nowhere else; save what you need and delete it"))
    }
    guard !checkout.repository.isBare || checkout.isWalled else { return nil }
    let listed = try git.must(
      [
        "for-each-ref", "--format=%(objectname)", "refs/heads",
        KeptCommits.prefix(run).dropLast().description,
      ], in: checkout.place)
    for commit in Set(listed.splitLines().map(String.init)).sorted()
    where try isOnlyThere(commit, checkout) {
      var result = result(
        .failed(
          "unpushed",
          "\(checkout.path) stays: its commit \(commit.prefix(12)) is on no branch of the remote; "
            + "save what you need and delete the workspace together with \(workspace.mark)"))
      result.head = commit
      result.push = .unpushed(head: commit, why: "it is not on the item's branch")
      return result
    }
    return nil
  }

  private func isOnlyThere(_ commit: String, _ checkout: Checkout) throws(RunStop) -> Bool {
    guard try git.commit(commit, in: checkout.repository.place) != nil else { return true }
    return try git.isOwed(commit, in: checkout.repository.place)
  }

  private func owed(_ heads: [String], _ repository: FetchedRepository) throws(RunStop) -> [String]
  {
    var found: [String] = []
    for head in heads where try git.isOwed(head, in: repository.place) { found.append(head) }
    return found
  }

  /// The same repository without its working tree, for pushing from it.
  private func bare(_ checkout: Checkout) -> Checkout {
    var other = checkout
    other.path = checkout.repository.path
    return other
  }

  private func unreadable(_ checkout: Checkout, _ words: String) -> RunStop {
    let path = checkout.repository.path
    return .failed(
      "cache_corrupt",
      "\(path) cannot be read (\(words)), so nobody can say whether \(checkout.path) holds "
        + "unpushed commits; save what you need and delete the workspace and its .created mark "
        + "by hand")
  }

  private func kept(_ head: String, _ push: PushState, _ why: String) -> RunResult {
    var result = result(
      .failed(
        "unpushed",
        "commit \(head.prefix(12)) in \(spec.paths.workspace) is not on the remote and cannot be "
          + "pushed, so the workspace stays: \(why)"))
    result.head = head
    result.push = push
    return result
  }

  // MARK: Taking it away

  private func remove(_ checkout: Checkout) throws(RunStop) {
    let repository = checkout.repository
    // Away in one step: what is left of a deletion that was killed must not pass for a workspace
    // that nobody knows.
    let doomed = checkout.path + Files.removedSuffix
    try run.checkLease()
    try platform { () throws(PlatformError) in
      try Files.removeTree(doomed)
      if Files.exists(checkout.path) { try Files.move(checkout.path, to: doomed) }
    }
    if repository.isBare, !checkout.isWalled, Files.exists(repository.directory) {
      let registration = Registration(cache: repository.path, workspace: checkout.path)
      _ = try platform { () throws(PlatformError) in try registration.remove() }
    }
    if repository.isBare, Files.exists(repository.directory) {
      let own =
        ["refs/heads/\(spec.git.branch)", PushTries.ref(spec.git.branch)]
        + WalledClone.Source.allCases.map { WalledClone.takenRef(spec.git.branch, $0) }
      let tips = try git.commits(own, in: repository.place)
      for (ref, tip) in zip(own, tips) where tip != nil {
        try git.must(["update-ref", "-d", ref], in: repository.place)
      }
    }
    try platform { () throws(PlatformError) in try Files.removeTree(doomed) }
    // Last: until here a repetition finds all it needs.
    try workspace.removeMark()
  }

  /// Only of a branch that is ours.
  private func lowerMark(_ repository: FetchedRepository) throws(RunStop) {
    guard spec.git.ownsBranch, repository.isBare, Files.exists(repository.directory) else { return }
    try FenceMark(git: git, place: repository.place)
      .lower(at: spec.git.cloneURL, limit: .seconds(30))
  }

  /// The result of a clean-up that could not go on: the workspace is there, perhaps with commits
  /// that exist nowhere else.
  func stopped(_ ending: RunEnding) -> RunResult {
    var result = result(ending)
    do throws(RunStop) {
      try run.enter(.cleaning, limit: .seconds(10))
      if let head = try workspace.unpushedHead() {
        result.head = head
        result.push = .unpushed(head: head, why: "the clean-up ended before it could push")
      }
    } catch { run.log("after the end: \(error)") }
    return result
  }

  func result(_ ending: RunEnding) -> RunResult {
    var result = RunResult(
      nonce: spec.nonce, runID: spec.runID, outcome: ending.outcome, summary: ending.summary,
      startedAt: run.startedAt, endedAt: .current)
    result.code = ending.code
    result.push = ending.push ?? .nothing
    result.session = spec.resume
    return result
  }
}
