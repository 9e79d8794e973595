// Commits that an agent made beside the item's branch: on a branch of its own, on no branch, in a
// worktree that a tool of its own made. What goes on from HEAD is taken in, HEAD is put back on the
// item's branch, and the rest is kept under a name and told. What the agent only looked at, such as
// another pull request that it fetched, is nobody's work. Begun by Work before the first turn and
// ended by it when no process of the agent lives, before anything is pushed.
import SymphonyCore
import SymphonyPlatform

struct FoundCommits {
  let git: GitCommand
  let checkout: Checkout
  /// Commit by ref, before the first turn.
  private let before: [String: String]
  /// When `before` was noted.
  private let noted: Moment

  /// A moment by two clocks.
  struct Moment {
    /// Seconds since 1970, by the clock that git dates commits with.
    var wall: Int64
    /// Milliseconds of a clock that nobody sets, of this boot; nil: another process has noted it.
    var steady: Int64?

    static var now: Moment {
      Moment(wall: Clock.wallSeconds(), steady: Clock.boottimeMilliseconds())
    }

    /// The date of the oldest commit that was made since then.
    ///
    /// If the clock was set back meanwhile, new commits are dated by the new time.
    func earliestDate(at now: Moment) -> Int64 {
      guard let steady, let later = now.steady else { return wall }
      return min(wall, now.wall - (later - steady) / 1000 - 1)
    }
  }

  private var run: LiveRun { git.run }
  private var place: GitPlace { checkout.place }
  private var branch: String { "refs/heads/\(run.spec.git.branch)" }

  /// The run that wrote `before` down was killed: others may have worked in the cache since.
  private let isLate: Bool

  private init(
    _ git: GitCommand, _ checkout: Checkout, before: [String: String], noted: Moment, isLate: Bool
  ) {
    self.git = git
    self.checkout = checkout
    self.before = before
    self.noted = noted
    self.isLate = isLate
  }

  /// Remembers what is there before the agent begins, beside the workspace too: a worker that is
  /// killed brings nothing home, and the next one does.
  static func begin(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> FoundCommits {
    let before = try refs(git, checkout)
    let noted = Moment.now
    try write(before, noted.wall, git)
    return FoundCommits(git, checkout, before: before, noted: noted, isLate: false)
  }

  /// Brings home what the agent of a killed run made.
  /// - Returns: whether HEAD may be elsewhere now.
  @discardableResult
  static func recover(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> Bool {
    guard let mark = try WorkspaceMark.read(git.run.spec.paths.createdMark), let before = mark.refs
    else { return false }
    let noted = Moment(wall: mark.refsNoted ?? 0)
    return try FoundCommits(git, checkout, before: before, noted: noted, isLate: true).bringHome()
  }

  private static func write(_ refs: [String: String]?, _ noted: Int64?, _ git: GitCommand)
    throws(RunStop)
  {
    let path = git.run.spec.paths.createdMark
    guard var mark = try WorkspaceMark.read(path) else { return }
    mark.refs = refs
    mark.refsNoted = noted
    try mark.write(path)
  }

  /// Branches, what working trees have checked out, and what lies beside both; without those of
  /// other items.
  private static func refs(_ git: GitCommand, _ checkout: Checkout) throws(RunStop)
    -> [String: String]
  {
    let prefix = git.run.spec.git.settings.branchPrefix
    let own = "refs/heads/\(git.run.spec.git.branch)"
    let listed = RefList.read(
      try git.must(
        RefList.command + ["refs/heads"] + LaidAside.patterns, in: checkout.place))
    var found = try LaidAside(git: git, checkout: checkout).commits(listed)
    for (ref, object) in listed where ref.hasPrefix("refs/heads/") {
      let isOthers = !prefix.isEmpty && ref.hasPrefix("refs/heads/\(prefix)")
      if ref == own || !isOthers { found[ref] = object }
    }
    let folders = WorkspaceFolders(git.run)
    let trees = try git.must(["worktree", "list", "--porcelain"], in: checkout.place)
    var path = ""
    for line in trees.splitLines(keepingEmpty: true) {
      if line.hasPrefix("worktree ") { path = String(line.dropFirst("worktree ".count)) }
      let branch = "branch "
      let isOthers = folders.isOthers(path)
      if line.hasPrefix(branch), isOthers {
        found[String(line.dropFirst(branch.count))] = nil
      }
      if line.hasPrefix("HEAD "), !isOthers {
        let head = String(line.dropFirst("HEAD ".count))
        if GitSettings.isObjectName(head), head.contains(where: { $0 != "0" }) {
          found["the working tree \(path)"] = head
        }
      }
    }
    return found
  }

  private struct Tip {
    var ref: String
    var commit: String
    /// It is the item's for sure.
    var isOurs: Bool
  }

  /// Takes in what the agent made elsewhere.
  ///
  /// `checked`: the commit that HEAD was at just now; nil: it is asked for.
  /// - Returns: whether HEAD may be elsewhere now.
  @discardableResult
  func bringHome(from checked: String? = nil) throws(RunStop) -> Bool {
    // Commits are kept under a name there. What is in the way of the branch may be the agent's.
    try RefsInTheWay(git, checkout).clear(in: "refs/symphony")
    // No process of the agent lives: what git says of HEAD is so until this function moves it.
    let start = try git.answer(["symbolic-ref", "--quiet", "HEAD"], in: place).text
    let isBack = start == branch ? false : try leaveWhatIsNotOurs()
    var known = isBack ? nil : checked
    if known == nil { known = try git.commit("HEAD", in: place) }
    guard let head = known else { return true }
    var hasMoved = start != branch
    var furthest = try furthest(of: tips(beside: head))
    let ours = furthest.filter(\.isOurs)
    if ours.count == 1, let only = ours.first,
      try git.isAncestor(head, of: only.commit, in: place)
    {
      let merged = try git.answer(["merge", "--quiet", "--ff-only", only.commit], in: place)
      hasMoved = true
      if merged.isSuccess {
        run.log("took in \(only.commit.prefix(12)), which the agent had left on \(only.ref)")
        furthest.removeAll { $0.commit == only.commit }
      }
    }
    for tip in furthest { try KeptCommits(git: git, place: place).keep(tip.commit) }
    if start != branch, !isBack { try putBack(from: start) }
    try Self.write(nil, nil, git)
    return hasMoved
  }

  /// Whether a commit was made since the run began that is neither in `head` nor on the remote.
  private func hasOwnWork(_ commit: String, beyond head: String) throws(RunStop) -> Bool {
    let pushed = RemoteBranch.pushedRef(run.spec.git.branch)
    let known = try git.commit(pushed, in: place) != nil ? [pushed] : []
    let age = "--max-age=\(noted.earliestDate(at: .now))"
    return try git.count([age, commit, "--not", head, "--remotes"] + known, in: place) > 0
  }

  /// Goes back to the item's branch from a commit that is none of this run's, such as another pull
  /// request that the agent looked at last: taken for the branch's new tip, it would be published.
  /// - Returns: whether HEAD is back on the branch.
  private func leaveWhatIsNotOurs() throws(RunStop) -> Bool {
    guard let head = try git.commit("HEAD", in: place),
      let own = try git.commit(branch, in: place), own != head, try !isInTheMiddle(),
      try !hasOwnWork(head, beyond: own)
    else { return false }
    if try git.isOwed(head, in: place) { try KeptCommits(git: git, place: place).keep(head) }
    // Changes that were not committed come along, where they do not stand in the way.
    let back = try git.answer(
      ["checkout", "--quiet", "--ignore-other-worktrees", run.spec.git.branch, "--"], in: place)
    guard back.isSuccess else {
      throw .failed(
        "workspace_elsewhere",
        "the agent left \(checkout.path) at commit \(head.prefix(12)), which is not its work, with "
          + "changes that keep git from going back to \(run.spec.git.branch): \(back.complaint); "
          + "save or discard them there, then `symphony retry`")
    }
    run.log("HEAD was at \(head.prefix(12)), which is not this run's: it is back on the branch")
    return true
  }

  /// The commits beside `head` that are new or still owed, and that are not another item's.
  private func tips(beside head: String) throws(RunStop) -> [Tip] {
    let isShared = checkout.repository.isBare && !checkout.isWalled
    let owners = isShared ? CommitOwners(git, checkout) : nil
    let isAlone = !isShared || !isLate && !checkout.repository.otherRunLives
    var tips: [Tip] = []
    for (ref, commit) in try Self.refs(git, checkout).sorted(by: { $0.key < $1.key }) {
      // If HEAD stands elsewhere now, the branch may hold commits that an earlier run left
      // unpushed.
      if before[ref] == commit, ref != branch { continue }
      if try git.isAncestor(commit, of: head, in: place) { continue }
      if before[ref] == commit, try !git.isOwed(commit, in: place) { continue }
      if LaidAside.isOne(ref) {
        if try git.isOwed(commit, in: place) {
          tips.append(Tip(ref: ref, commit: commit, isOurs: false))
        }
        continue
      }
      if ref == branch {
        tips.append(Tip(ref: ref, commit: commit, isOurs: true))
        continue
      }
      // Somebody else's branch that the agent looked at is on the remote; and what is older than
      // the run comes from elsewhere, whatever ref holds it.
      if try !git.isOwed(commit, in: place) { continue }
      let isWork = try hasOwnWork(commit, beyond: head)
      guard let owners else {
        tips.append(Tip(ref: ref, commit: commit, isOurs: isWork))
        continue
      }
      let owner = try owners.owner(of: commit)
      if owner == .others { continue }
      // When the journals do not say whose commit it is, it counts as ours only if no other run
      // could have made it.
      var isOurs = owner == .own && !isLate
      if !isOurs, isAlone { isOurs = try !owners.isKeptByOthers(commit) }
      tips.append(Tip(ref: ref, commit: commit, isOurs: isOurs && isWork))
    }
    return tips
  }

  /// The tips that no other tip goes on from.
  ///
  /// One that is surely ours is not given up for one that may not be.
  private func furthest(of tips: [Tip]) throws(RunStop) -> [Tip] {
    var furthest: [Tip] = []
    for tip in tips where !furthest.contains(where: { $0.commit == tip.commit }) {
      var isPassed = false
      for other in tips where other.commit != tip.commit && (other.isOurs || !tip.isOurs) {
        if try git.isAncestor(tip.commit, of: other.commit, in: place) { isPassed = true }
      }
      if !isPassed { furthest.append(tip) }
    }
    return furthest
  }

  /// Of a workspace that is gone or spoilt: what its agent left in the cache beside the item's
  /// branch is kept and named.
  ///
  /// Before the cache forgets the workspace.
  static func abandon(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) {
    guard checkout.repository.isBare, !checkout.isWalled,
      let before = try WorkspaceMark.read(git.run.spec.paths.createdMark)?.refs
    else { return }
    let place = checkout.repository.place
    let owners = CommitOwners(git, checkout)
    var outside = checkout
    outside.path = checkout.repository.path
    for (ref, commit) in try refs(git, outside).sorted(by: { $0.key < $1.key })
    where before[ref] != commit && ref != "refs/heads/\(git.run.spec.git.branch)" {
      guard try git.commit(commit, in: place) != nil, try git.isOwed(commit, in: place),
        try owners.owner(of: commit) != .others
      else { continue }
      try KeptCommits(git: git, place: place).keep(commit)
    }
  }

  /// HEAD on the item's branch again, with what it has now; unless a rebase or merge waits there.
  ///
  /// `other`: the branch that HEAD is on; empty: on none.
  private func putBack(from other: String) throws(RunStop) {
    guard let head = try git.commit("HEAD", in: place), try !isInTheMiddle() else { return }
    try RefsInTheWay(git, checkout).clear(in: "refs/heads")
    try git.must(["update-ref", branch, head], in: place)
    try git.must(["symbolic-ref", "HEAD", branch], in: place)
    run.log("HEAD is back on \(run.spec.git.branch), at \(head.prefix(12))")
    // A branch of the agent's own would be in the way of other items' agents.
    if other.hasPrefix("refs/heads/"), before[other] == nil,
      try git.commit(other, in: place) == head
    {
      try git.must(["update-ref", "-d", other, head], in: place)
    }
  }

  /// A rebase, a merge or the like waits in the working tree.
  private func isInTheMiddle() throws(RunStop) -> Bool {
    for name in ["rebase-merge", "rebase-apply", "MERGE_HEAD", "CHERRY_PICK_HEAD", "BISECT_LOG"] {
      let path = try git.must(
        ["rev-parse", "--path-format=absolute", "--git-path", name], in: place)
      if Files.exists(path) { return true }
    }
    return false
  }
}
