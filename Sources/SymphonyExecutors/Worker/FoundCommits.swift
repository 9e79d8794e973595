// Commits that an agent made beside the item's branch: on a branch of its own, on no branch, in a
// worktree that a tool of its own made. What goes on from HEAD is taken in, HEAD is put back on the
// item's branch, and the rest is kept under a name and told. Begun by Work before the first turn
// and ended by it when no process of the agent lives, before anything is pushed.
import SymphonyCore
import SymphonyPlatform

struct FoundCommits {
  let git: GitCommand
  let checkout: Checkout
  /// Commit by ref, before the first turn.
  private let before: [String: String]

  private var run: LiveRun { git.run }
  private var place: GitPlace { checkout.place }
  private var branch: String { "refs/heads/\(run.spec.git.branch)" }

  /// The run that wrote `before` down was killed: others may have worked in the cache since.
  private let isLate: Bool

  private init(
    _ git: GitCommand, _ checkout: Checkout, before: [String: String], isLate: Bool
  ) {
    self.git = git
    self.checkout = checkout
    self.before = before
    self.isLate = isLate
  }

  /// Remembers what is there before the agent begins, beside the workspace too: a worker that is
  /// killed brings nothing home, and the next one does.
  static func begin(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> FoundCommits {
    let before = try refs(git, checkout)
    try write(before, git)
    return FoundCommits(git, checkout, before: before, isLate: false)
  }

  /// Brings home what the agent of a killed run made.
  static func recover(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) {
    guard let before = WorkspaceMark.read(git.run.spec.paths.createdMark)?.refs else { return }
    try FoundCommits(git, checkout, before: before, isLate: true).bringHome()
  }

  private static func write(_ refs: [String: String]?, _ git: GitCommand) throws(RunStop) {
    let path = git.run.spec.paths.createdMark
    guard var mark = WorkspaceMark.read(path) else { return }
    mark.refs = refs
    try mark.write(path)
  }

  /// Branches, what working trees have checked out, and what lies beside both; without those of
  /// other items.
  private static func refs(_ git: GitCommand, _ checkout: Checkout) throws(RunStop)
    -> [String: String]
  {
    var found = try LaidAside(git: git, checkout: checkout).commits()
    let prefix = git.run.spec.git.settings.branchPrefix
    let own = "refs/heads/\(git.run.spec.git.branch)"
    let listed = try git.must(
      ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads"], in: checkout.place)
    for line in listed.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2, GitSettings.isObjectName(parts[0]) else { continue }
      let isOthers = !prefix.isEmpty && parts[1].hasPrefix("refs/heads/\(prefix)")
      if parts[1] == own || !isOthers { found[parts[1]] = parts[0] }
    }
    let folders = WorkspaceFolders(git.run)
    let trees = try git.must(["worktree", "list", "--porcelain"], in: checkout.place)
    var path = ""
    for line in trees.split(separator: "\n", omittingEmptySubsequences: false) {
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
  func bringHome() throws(RunStop) {
    guard let head = try git.commit("HEAD", in: place) else { return }
    var furthest = try furthest(of: tips(beside: head))
    let ours = furthest.filter(\.isOurs)
    if ours.count == 1, let only = ours.first,
      try git.isAncestor(head, of: only.commit, in: place)
    {
      let merged = try git.ask(["merge", "--quiet", "--ff-only", only.commit], in: place)
      if merged.isSuccess {
        run.log("took in \(only.commit.prefix(12)), which the agent had left on \(only.ref)")
        furthest.removeAll { $0.commit == only.commit }
      }
    }
    for tip in furthest { try KeptCommits(git: git, place: place).keep(tip.commit) }
    try putBack()
    try Self.write(nil, git)
  }

  /// What grew beside `head` since the beginning and is nobody else's.
  private func tips(beside head: String) throws(RunStop) -> [Tip] {
    let isShared = checkout.repository.isBare && !checkout.isWalled
    let owners = isShared ? CommitOwners(git, checkout) : nil
    let isAlone = !isShared || !isLate && !checkout.repository.otherRunLives
    var tips: [Tip] = []
    for (ref, commit) in try Self.refs(git, checkout).sorted(by: { $0.key < $1.key }) {
      // Where HEAD stands elsewhere now, the branch may hold what an earlier run left unpushed.
      if before[ref] == commit, ref != branch { continue }
      if try git.isAncestor(commit, of: head, in: place) { continue }
      if before[ref] == commit, try !git.isOwed(commit, in: place) { continue }
      if LaidAside.isOne(ref) {
        if try git.isOwed(commit, in: place) {
          tips.append(Tip(ref: ref, commit: commit, isOurs: false))
        }
        continue
      }
      guard let owners, ref != branch else {
        tips.append(Tip(ref: ref, commit: commit, isOurs: true))
        continue
      }
      let owner = try owners.owner(of: commit)
      if owner == .others { continue }
      if isLate, try !git.isOwed(commit, in: place) { continue }
      // What nobody can say is ours only where nobody else can have made it.
      var isOurs = owner == .own && !isLate
      if !isOurs, isAlone { isOurs = try !owners.isKeptByOthers(commit) }
      tips.append(Tip(ref: ref, commit: commit, isOurs: isOurs))
    }
    return tips
  }

  /// Those that no other goes on from; what is surely ours is not given up for what may not be.
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
  /// branch is kept and named. Before the cache forgets the workspace.
  static func abandon(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) {
    guard checkout.repository.isBare, !checkout.isWalled,
      let before = WorkspaceMark.read(git.run.spec.paths.createdMark)?.refs
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
  private func putBack() throws(RunStop) {
    let answer = try git.ask(["symbolic-ref", "--quiet", "HEAD"], in: place)
    guard answer.text != branch, let head = try git.commit("HEAD", in: place) else { return }
    for name in ["rebase-merge", "rebase-apply", "MERGE_HEAD", "CHERRY_PICK_HEAD", "BISECT_LOG"] {
      let path = try git.must(
        ["rev-parse", "--path-format=absolute", "--git-path", name], in: place)
      if Files.exists(path) { return }
    }
    try git.must(["update-ref", branch, head], in: place)
    try git.must(["symbolic-ref", "HEAD", branch], in: place)
    run.log("HEAD is back on \(run.spec.git.branch), at \(head.prefix(12))")
    // A branch of the agent's own would be in the way of other items' agents.
    let other = answer.text
    if other.hasPrefix("refs/heads/"), before[other] == nil,
      try git.commit(other, in: place) == head
    {
      try git.must(["update-ref", "-d", other, head], in: place)
    }
  }
}
