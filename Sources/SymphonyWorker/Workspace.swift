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
  /// The base branch's commit when the run began; nil: not known yet.
  ///
  /// Kept, because an agent may delete the ref.
  var baseCommit: String?
  /// Changes that are not the agent's.
  let baseline = Baseline()
  /// False until after_create has succeeded.
  var isComplete: Bool
  /// Its agent is locked in: git reads the tree only behind the wall, and the repository is the
  /// cache, from which the clone gets and to which it gives its commits.
  var isWalled: Bool
  var place: GitPlace { isWalled ? .walled(path) : .tree(path) }
  /// The clone's own; of a worktree only the file that names it.
  var gitDirectory: String { Files.join(path, ".git") }
  var baseRef: String { "refs/remotes/origin/\(baseBranch)" }
  var base: String { baseCommit ?? baseRef }
}

struct Workspace {
  let git: GitCommand
  /// Names of files that git is not to see.
  var excluded: [String] = []

  var run: LiveRun { git.run }
  var path: String { run.spec.paths.workspace }
  var mark: String { run.spec.paths.createdMark }
  private var order: GitOrder { run.spec.git }

  /// The agent is locked in: see `Checkout.isWalled`.
  var isWalled: Bool { run.spec.agent.sandbox.kind != .none }
  private var place: GitPlace { isWalled ? .walled(path) : .tree(path) }

  /// True for a worktree of the cache, false for a clone of its own.
  ///
  /// A complete workspace stays what it is when the settings change, unless its agent is locked in
  /// now: an agent that is trusted only with its own could spoil what is shared with others. The
  /// mark says how it was made; the files there now may be an agent's work.
  private var isWorktree: Bool {
    get throws(RunStop) {
      if isWalled { return false }
      if let mark = try WorkspaceMark.read(mark), Files.exists(path) {
        if let record = mark.record { return record.kind == .worktree }
        let registration = Registration(cache: run.spec.paths.cache, workspace: path)
        if registration.directory != nil { return true }
        let own = Files.join(path, ".git")
        if Files.exists(own) { return !Files.isDirectory(own) }
      }
      return order.settings.useWorktrees && order.settings.reuseRepoCache
    }
  }

  /// The repository that talks to the remote: behind a wall always the cache.
  func repository() throws(RunStop) -> FetchedRepository {
    let isShared = if isWalled { true } else { try isWorktree }
    return FetchedRepository(
      git: git, path: isShared ? run.spec.paths.cache : path, isBare: isShared)
  }

  func prepare() throws(RunStop) -> Checkout {
    try run.enter(.preparing, limit: run.limits.prepare)
    try checkContainment()
    let repository = try repository()
    if repository.isBare { git.cacheLock = try lockCache() }
    defer { git.cacheLock = nil }
    // Of a worktree that is gone the cache may know commits yet: it is replaced like a spoilt one.
    if Files.exists(mark), !Files.exists(path), try !isWorktree { try removeMark() }
    var checkout = Checkout(
      path: path, repository: repository, baseBranch: order.baseBeforeFetch,
      isComplete: Files.exists(mark), isWalled: isWalled)
    if checkout.isComplete {
      if isWalled {
        try WalledClone(git: git, checkout: checkout).adoptWorktree()
        try PlantedFiles.keepFirst(run)
        try PlantedFiles.remove(run)
      }
      if let fault = try WorkspaceCheck(git: git, checkout: checkout).linkFault() {
        try replace(&checkout, fault)
      }
    }
    if !checkout.isComplete, !repository.isBare { try removeTree() }
    try repository.bringUp()
    let base = try repository.baseBranch()
    (checkout.baseBranch, checkout.baseCommit) = (base.name, base.commit)
    if checkout.isComplete {
      try open(checkout)
      let checked = try WorkspaceCheck(git: git, checkout: checkout).look()
      if case .faulty(let fault) = checked {
        try replace(&checkout, fault)
        if !repository.isBare { try repository.bringUp() }
      }
    }
    if !checkout.isComplete { try create(checkout) }
    try record(checkout)
    for name in excluded { try AgentNotes.exclude(name, checkout) }
    return checkout
  }

  /// Waits for the cache's lock within the phase's limit.
  func lockCache() throws(RunStop) -> FileLock {
    let path = run.spec.paths.cache + ".lock"
    while true {
      let lock = try platform { () throws(PlatformError) in
        try Files.makeDirectories(Files.parent(of: path), below: home.cacheFolder)
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

  private var home: WorkspaceHome {
    WorkspaceHome(cache: run.spec.paths.cache, workspace: path)
  }

  /// Makes what is ours to make.
  ///
  /// Nothing may be believed to be gone, or be made anew, while a directory that a person named is
  /// not there.
  private func demandFolders() throws(RunStop) {
    if let absence { throw .failed(RunCode.workspaceAbsent, absence, .transient) }
    for folder in [home.cacheFolder, home.workspaceFolder]
    where !NamedFolder(folder).isNamed(inState: run.spec.paths.state) {
      try platform { () throws(PlatformError) in try Files.makeDirectories(folder) }
    }
  }

  /// A named directory of the run that is not there (any more); the tick left its mark in each.
  var absence: String? {
    for folder in [home.workspaceFolder, home.cacheFolder]
    where NamedFolder(folder).isNamed(inState: run.spec.paths.state) {
      let places = folder == home.cacheFolder ? [home.cache] : [home.workspace, mark]
      if let why = NamedFolder(folder).absence(wasUsed: true, orHas: places) { return why }
    }
    return nil
  }

  /// The directory must lie where its path says: directly in its folder, and not behind a link.
  func checkContainment() throws(RunStop) {
    let name = Files.lastName(of: path)
    let parent = Files.parent(of: path)
    try demandFolders()
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
    let clone = WalledClone(git: git, checkout: checkout)
    let folder =
      isWalled
      ? checkout.gitDirectory
      : try git.must(["rev-parse", "--absolute-git-dir"], in: checkout.place)
    let directory = try platform { () throws(PlatformError) in
      // A link in the place of the clone's own directory is not followed.
      let directory =
        isWalled ? try Folder(path).folder(FileName(".git")) : try Folder(folder)
      for name in try directory.names() where name.hasSuffix(".lock") {
        run.log("removing \(name), left by a git that was killed")
        try directory.removeTree(name)
      }
      return directory
    }
    try SpoiltIndex(git: git, checkout: checkout).mend(in: directory)
    if isWalled {
      try RefsInTheWay(git, checkout).clear()
      try clone.refresh()
      try clone.adoptPushed()
    }
    if order.settings.cleanUntrackedBeforeRun {
      try git.must(["clean", "-f", "-d", "--quiet"], in: checkout.place)
    }
  }

  /// The commit checked out in whatever working tree is there, of whatever repository; nil when it
  /// is not a usable one.
  func foundHead() throws(RunStop) -> String? {
    guard Files.isDirectory(path) else { return nil }
    let answer = try git.answer(["rev-parse", "--show-toplevel"], in: place)
    guard answer.isSuccess, Files.resolved(answer.text) == Files.resolved(path) else { return nil }
    return try git.commit("HEAD", in: place)
  }

  /// The head that only the workspace holds, for a run that did not get to push it.
  func unpushedHead() throws(RunStop) -> String? {
    try checkContainment()
    guard let head = try foundHead() else { return nil }
    guard isWalled else { return try git.isOwed(head, in: place) ? head : nil }
    let repository = try repository()
    // Without the cache nobody can say what the remote has had.
    guard Files.exists(repository.directory) else { return head }
    let checkout = Checkout(
      path: path, repository: repository, baseBranch: order.baseBeforeFetch,
      isComplete: true, isWalled: true)
    try WalledClone(git: git, checkout: checkout).takeOut(head)
    return try git.isOwed(head, in: repository.place) ? head : nil
  }

  // MARK: A new one

  private func create(_ checkout: Checkout) throws(RunStop) {
    let isWorktree = checkout.repository.isBare && !isWalled
    // A clone has its branches to itself.
    let place = isWalled ? checkout.place : checkout.repository.place
    if isWorktree || isWalled { try removeTree() }
    if isWorktree { try removeRegistration(checkout) }
    let local = "refs/heads/\(order.branch)"
    if checkout.repository.isBare { try refuseForeignBranch(local, checkout) }
    if isWalled { try WalledClone(git: git, checkout: checkout).make() }
    let tips = try git.commits([local, "refs/remotes/origin/\(order.branch)"], in: place)
    let isNew = tips[0] == nil
    do throws(RunStop) {
      let start = isNew ? try startingPoint(checkout, tips[1], in: place) : order.branch
      if isWorktree {
        try git.checkOut(
          // --force: an agent may have checked the branch out in a worktree of its own.
          ["worktree", "add", "--quiet", "--force"]
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

  /// Another item's agent may have made a branch of our name in the cache: no run of this item has
  /// passed the fence yet, so commits on it are none of its work.
  private func refuseForeignBranch(_ branch: String, _ checkout: Checkout) throws(RunStop) {
    let place = checkout.repository.place
    guard !order.ownsBranch, !order.takeOver, order.fenceHead == nil,
      let tip = try git.commit(branch, in: place),
      try !git.isAncestor(tip, of: checkout.baseRef, in: place)
    else { return }
    try KeptCommits(git: git, place: place).keep(tip)
    try git.must(["update-ref", "-d", branch], in: place)
  }

  /// The remote branch when it is ours and has something the base lacks; else the base.
  private func startingPoint(
    _ checkout: Checkout, _ tip: String?, in place: GitPlace
  ) throws(RunStop) -> String {
    guard let tip,
      order.ownsBranch || order.takeOver || tip == order.fenceHead,
      try !git.isAncestor(tip, of: checkout.baseRef, in: place)
    else { return checkout.baseRef }
    return "refs/remotes/origin/\(order.branch)"
  }

  /// Nothing of a failed creation stays: no tree, no registration, and no branch that it made.
  private func undo(_ checkout: Checkout, branchIsNew: Bool) {
    let heeded = run.heedsSignals
    run.heedsSignals = false
    defer { run.heedsSignals = heeded }
    do throws(RunStop) {
      try removeTree()
      guard checkout.repository.isBare, !isWalled else { return }
      let place = checkout.repository.place
      try removeRegistration(checkout)
      if branchIsNew {
        _ = try git.ask(
          ["branch", "--quiet", "-D", order.branch], in: place, limit: .seconds(10))
      }
    } catch {
      run.log("cannot undo the half-made workspace \(path); the next run does")
    }
  }

  func removeTree() throws(RunStop) {
    try run.checkLease()
    try platform { () throws(PlatformError) in try Files.removeTree(path) }
  }
  func removeMark() throws(RunStop) {
    try platform { () throws(PlatformError) in try Files.remove(mark) }
  }
  private func removeRegistration(_ checkout: Checkout) throws(RunStop) {
    let registration = Registration(cache: checkout.repository.path, workspace: path)
    _ = try platform { () throws(PlatformError) in try registration.remove() }
  }

  /// The workspace is complete from now on.
  func markComplete(_ checkout: Checkout) throws(RunStop) {
    // Git and hooks do not sync the files they write: emptied by a power loss they would pass for
    // changes of the agent's.
    try run.sync(path)
    var mark = WorkspaceMark(runID: run.spec.runID.text)
    mark.record = facts(of: checkout)
    try mark.write(self.mark)
  }
  /// Of a complete one: an earlier version wrote nothing down, and a worktree may have become a
  /// clone.
  private func record(_ checkout: Checkout) throws(RunStop) {
    guard checkout.isComplete, var mark = try WorkspaceMark.read(mark) else { return }
    // It does not say what was there before an agent: then all that is there is the agent's.
    if mark.record == nil { mark.baseline = mark.baseline ?? [:] }
    mark.record = facts(of: checkout)
    try mark.write(self.mark)
  }
  private func facts(of checkout: Checkout) -> WorkspaceRecord {
    WorkspaceRecord(
      kind: checkout.repository.isBare && !isWalled ? .worktree : .clone,
      repository: checkout.repository.path, branch: order.branch, base: checkout.baseBranch)
  }
}
