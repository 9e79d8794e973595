// Whether a workspace still is what it was made as: a working tree of its repository whose HEAD
// shares history with the base branch. An agent may have made another repository in its place, or
// turned its files elsewhere. Asked by Workspace before it opens one, and through TreeFacts before
// and after each turn and before the push. It mends what loses nothing and judges the rest; what
// follows is the callers' business.
import SymphonyCore
import SymphonyPlatform

/// A working tree that was checked at one moment.
enum CheckedWorkspace {
  /// `head`: the commit that is checked out; `fork`: one that it shares with the base branch.
  case sound(head: String, fork: String)
  /// Why nothing of it may be published.
  case faulty(String)
}

struct WorkspaceCheck {
  let git: GitCommand
  let checkout: Checkout

  private var path: String { checkout.path }
  private var isWorktree: Bool { checkout.repository.isBare && !checkout.isWalled }

  /// Looks at the working tree, after a repair if need be.
  func look() throws(RunStop) -> CheckedWorkspace {
    if let sound = try soundAtOnce() { return sound }
    if let fault = try linkFault() { return .faulty(fault) }
    return try history()
  }

  /// All answers of one git; nil where it does not give them all, and each is asked for by itself.
  ///
  /// `A...B` (gitrevisions(7)) is printed as B, A and the commits where they part, each with a `^`;
  /// there are none of these where the histories have nothing in common.
  private func soundAtOnce() throws(RunStop) -> CheckedWorkspace? {
    guard isRegistered else { return nil }
    let answer = try git.answer(
      Self.whereItBelongs + ["\(checkout.base)...HEAD"], in: checkout.place)
    let lines = answer.lines
    guard answer.isSuccess, lines.count >= 5, belongs(lines), lines[4].hasPrefix("^") else {
      return nil
    }
    // Behind the wall the answer is the agent's to forge: they become arguments of other commands.
    let (head, fork) = (lines[2], String(lines[4].dropFirst()))
    guard GitSettings.isObjectName(head), GitSettings.isObjectName(fork) else { return nil }
    return .sound(head: head, fork: fork)
  }

  /// The working tree is not one of the checkout's repository; nil: it is, if need be after a
  /// repair.
  func linkFault() throws(RunStop) -> String? {
    if try belongs() { return nil }
    // On a disk that is not there it is not gone.
    try Workspace(git: git).checkContainment()
    guard Files.isDirectory(path) else { return "it is gone" }
    if !checkout.isWalled {
      let repository = checkout.repository
      if Files.isDirectory(repository.directory) {
        try repository.configuration.restore()
      }
      if isWorktree {
        let registration = Registration(cache: repository.path, workspace: path)
        _ = try platform { () throws(PlatformError) in try registration.mend() }
      }
      if try belongs() { return nil }
    } else if try restoreClone(), try belongs() {
      return nil
    }
    if isWorktree, Files.isDirectory(checkout.gitDirectory) {
      return "another repository was made in it, in place of the worktree of \(repository)"
    }
    return "it is no working tree of \(repository) any more"
  }

  /// A clone behind the wall whose configuration git cannot read.
  private func restoreClone() throws(RunStop) -> Bool {
    let own = checkout.gitDirectory
    guard Files.linkTarget(own) == nil, Files.isDirectory(Files.join(own, "objects")),
      Files.isDirectory(checkout.repository.directory)
    else { return false }
    try RepositoryConfiguration(
      git: git, path: path, kind: .walled(cache: checkout.repository.path)
    ).restore()
    return true
  }

  private var repository: String {
    checkout.isWalled ? checkout.gitDirectory : checkout.repository.directory
  }

  /// A commit that nobody could merge is no work on the repository.
  private func history() throws(RunStop) -> CheckedWorkspace {
    let place = checkout.place
    guard try git.commit(checkout.base, in: place) != nil else {
      return .faulty("the repository in it knows nothing of \(checkout.baseBranch)")
    }
    guard let head = try git.commit("HEAD", in: place) else {
      return .faulty("no commit is checked out in it")
    }
    let fork = try git.answer(["merge-base", head, checkout.base], in: place)
    if fork.isSuccess, GitSettings.isObjectName(fork.text) {
      return .sound(head: head, fork: fork.text)
    }
    guard fork.exit == .exited(1) else { throw .failed("git_failed", fork.complaint) }
    return .faulty(
      "its commit \(head.prefix(12)) has nothing in common with \(checkout.baseBranch)")
  }

  /// Whether two histories have a commit in common.
  func isRelated(_ head: String, in place: GitPlace) throws(RunStop) -> Bool {
    try git.holds(["merge-base", head, checkout.base], in: place)
  }

  private static let whereItBelongs = [
    "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir",
  ]

  private func belongs() throws(RunStop) -> Bool {
    guard isRegistered else { return false }
    let answer = try git.answer(Self.whereItBelongs, in: checkout.place)
    return answer.isSuccess && answer.lines.count == 2 && belongs(answer.lines)
  }

  /// `lines`: begin with the answers to `whereItBelongs`.
  private func belongs(_ lines: [String]) -> Bool {
    Files.resolved(lines[0]) == Files.resolved(path)
      && Files.resolved(lines[1]) == Files.resolved(repository)
  }

  /// There is a directory, and of a worktree its file leads to the entry that the cache has for it:
  /// git believes that file, and it may name the worktree of another item.
  private var isRegistered: Bool {
    guard Files.isDirectory(path) else { return false }
    guard isWorktree else { return true }
    let registration = Registration(cache: checkout.repository.path, workspace: path)
    guard Files.linkTarget(checkout.gitDirectory) == nil, let directory = registration.directory,
      let text = try? Files.readText(checkout.gitDirectory, limit: 8192),
      text.hasPrefix("gitdir: ")
    else { return false }
    let named = Files.absolute(
      text.dropFirst("gitdir: ".count).trimmingWhitespace(), from: path)
    return Files.resolved(named) == Files.resolved(directory)
  }
}
