// A working tree as git describes it at one moment, to be compared with another moment: did the run
// leave a commit or a change? Also the commit of what an agent left uncommitted. Called by Work and
// TurnLoop.
import SymphonyCore
import SymphonyPlatform

struct TreeFacts: Hashable {
  var head: String?
  /// Something is changed or untracked, ignored files apart.
  var isDirty: Bool
  /// Changes with the uncommitted content.
  var fingerprint: String

  /// A repository inside the workspace has a configuration of its own, with programs in it: git is
  /// not to look for changes there.
  ///
  /// `.gitmodules` outdoes a setting, and this outdoes both.
  fileprivate static let noSubmodules = "--ignore-submodules=dirty"

  static func read(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> TreeFacts {
    try TreeLook.take(git, checkout).facts(git, checkout)
  }

  /// What a look means with what is known by now of whose a change is.
  fileprivate static func of(
    _ look: TreeLook, _ git: GitCommand, _ checkout: Checkout
  ) throws(RunStop) -> TreeFacts {
    let (head, left) = (look.head, checkout.own(look.changes))
    guard !left.isEmpty else { return TreeFacts(head: head, isDirty: false, fingerprint: "") }
    var content: [UInt8] = []
    for (name, state) in left.sorted(by: { $0.key < $1.key }) {
      content += Array("\(name) \(state);".utf8)
    }
    content += try submodules(left, git, checkout)
    return TreeFacts(head: head, isDirty: true, fingerprint: StableHash.hex(content))
  }

  /// Which commits the changed ones among the submodules are at.
  private static func submodules(
    _ changes: Changes, _ git: GitCommand, _ checkout: Checkout
  ) throws(RunStop) -> [UInt8] {
    let names = changes.filter { $0.value == Changes.folder }.keys.sorted().prefix(1000)
    guard !names.isEmpty else { return [] }
    let answer = try git.ask(
      ["--literal-pathspecs", "diff", "--no-ext-diff", "--no-textconv", noSubmodules, "HEAD", "--"]
        + names, in: checkout.place)
    guard answer.isSuccess else { throw .failed("git_failed", answer.complaint) }
    return answer.bytes
  }

  /// Commits what the agent left, and not what was there before it.
  ///
  /// A failure is logged and loses nothing: the changes stay in the workspace. A git that did not
  /// come to its end is another matter: then nobody knows what it did.
  ///
  /// `look`: taken just now.
  /// - Returns: whether there was something to commit.
  @discardableResult
  static func commitLeftovers(
    _ look: TreeLook, _ git: GitCommand, _ checkout: Checkout, identity: [String: String]
  ) throws(RunStop) -> Bool {
    let left = checkout.own(look.changes)
    guard !left.isEmpty else { return false }
    try commit(left, git, checkout, identity)
    return true
  }

  private static func commit(
    _ left: Changes, _ git: GitCommand, _ checkout: Checkout, _ identity: [String: String]
  ) throws(RunStop) {
    let place = checkout.place
    let unmerged = try git.ask(["ls-files", "--unmerged"], in: place)
    // A list of conflicts beyond all bounds is one.
    guard unmerged.isConclusive || unmerged.isCut else {
      throw .failed("git_failed", unmerged.complaint)
    }
    guard unmerged.isSuccess, unmerged.text.isEmpty else {
      return git.run.log("uncommitted changes stay: a merge or rebase is not finished")
    }
    for name in left.keys.sorted() where name.hasSuffix("/") {
      git.run.remark(
        "`\(name)` in \(checkout.path) is a repository of its own: it is not delivered and stays")
    }
    let names = left.keys.filter { !$0.hasSuffix("/") }
    guard try stage(names, left, git, place, identity) else { return }
    var only: [UInt8]?
    let staged = Set(try stagedNames(git, place))
    guard !staged.isEmpty else { return }
    // Files that a hook staged stay in the index. A merge is committed whole or not at all.
    if !staged.isSubset(of: names), try !isMerging(git, place) {
      only = Changes.list(staged.intersection(names))
      if only == [] { return }
    }
    let message = [
      "-m", "Work on \(git.run.spec.itemKey)",
      "-m", "Committed by symphony: the agent had left these changes uncommitted.",
    ]
    let committed = try git.answer(
      ["--literal-pathspecs", "commit", "--quiet", "--no-verify"] + message
        + (only == nil ? [] : ["--only"] + fromInput), in: place, environment: identity,
      input: only)
    guard committed.isSuccess else {
      return git.run.log("uncommitted changes stay: \(committed.complaint)")
    }
    git.run.log("committed what the agent had left uncommitted")
  }

  private static let fromInput = ["--pathspec-from-file=-", "--pathspec-file-nul"]

  /// Puts into the index what the agent left, file by file.
  /// - Returns: false: nothing can be committed, which the log says.
  private static func stage(
    _ names: [String], _ left: Changes, _ git: GitCommand, _ place: GitPlace,
    _ identity: [String: String]
  ) throws(RunStop) -> Bool {
    let gone = names.filter { left[$0] == Changes.gone }
    if !gone.isEmpty {
      let removed = try git.answer(
        ["update-index", "--force-remove", "-z", "--stdin"], in: place, input: Changes.list(gone))
      guard removed.isSuccess else {
        git.run.log("uncommitted changes stay: \(removed.complaint)")
        return false
      }
    }
    let present = names.filter { left[$0] != Changes.gone }
    guard !present.isEmpty else { return true }
    // `git add` compares every file with every name it is given: ten thousand take minutes. What
    // the plumbing cannot do, it says, and `git add` is asked after all.
    if present.count > 200, !present.contains(where: { left[$0] == Changes.folder }) {
      let updated = try git.ask(
        ["update-index", "--add", "--replace", "-z", "--stdin"], in: place,
        environment: identity, input: Changes.list(present))
      if updated.isSuccess { return true }
    }
    // 1: not all could be added, such as a repository without a commit; the rest is.
    let added = try git.answer(
      ["--literal-pathspecs", "add", "--all", "--ignore-errors"] + fromInput, in: place,
      environment: identity, input: Changes.list(present))
    guard added.isSuccess || added.exit == .exited(1) else {
      git.run.log("uncommitted changes stay: \(added.complaint)")
      return false
    }
    if !added.isSuccess { git.run.log("some changes stay uncommitted: \(added.complaint)") }
    return true
  }

  private static func isMerging(_ git: GitCommand, _ place: GitPlace) throws(RunStop) -> Bool {
    for name in ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"]
    where try git.commit(name, in: place) != nil {
      return true
    }
    return false
  }

  private static func stagedNames(_ git: GitCommand, _ place: GitPlace) throws(RunStop) -> [String]
  {
    let staged = try git.ask(
      ["diff", "--cached", "--name-only", "--no-renames", "-z", noSubmodules], in: place)
    guard staged.isSuccess else { throw .failed("git_failed", staged.complaint) }
    return staged.bytes.split(separator: 0).map { Changes.name(Array($0)) }
  }
}

/// A sound working tree at one moment: the commit that is checked out, and what is changed or
/// untracked, by the agent or anybody else.
struct TreeLook {
  var head: String
  /// A commit that `head` shares with the base branch.
  var fork: String
  var changes: Changes

  /// - Throws: `.ended` with the code `workspace_broken` when the workspace is not sound.
  static func take(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> TreeLook {
    try take(git, checkout, at: WorkspaceCheck(git: git, checkout: checkout).look())
  }

  /// `checked`: just now, and nothing has moved HEAD since.
  static func take(
    _ git: GitCommand, _ checkout: Checkout, at checked: CheckedWorkspace
  ) throws(RunStop) -> TreeLook {
    switch checked {
    case .faulty(let fault):
      throw .failed(
        "workspace_broken",
        "the workspace \(checkout.path) cannot be used, and nothing of it is published: \(fault); "
          + "the next run moves it aside and makes a new one")
    case .sound(let head, let fork):
      let status = try git.ask(
        [
          "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all",
          TreeFacts.noSubmodules,
        ], in: checkout.place)
      guard status.isSuccess else { throw .failed("git_failed", status.complaint) }
      return TreeLook(head: head, fork: fork, changes: checkout.changes(in: status.bytes))
    }
  }

  func facts(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> TreeFacts {
    try TreeFacts.of(self, git, checkout)
  }
}
