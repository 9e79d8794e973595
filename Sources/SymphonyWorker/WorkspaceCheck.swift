// Whether a workspace still is what it was made as: a working tree of its repository whose HEAD
// shares history with the base branch. An agent may have made another repository in its place, or
// turned its files elsewhere. Asked by Workspace before it opens one, and through TreeFacts before
// and after each turn and before the push. It mends what loses nothing and judges the rest; what
// follows is the callers' business.
import SymphonyCore
import SymphonyPlatform

struct WorkspaceCheck {
  let git: GitCommand
  let checkout: Checkout

  private var path: String { checkout.path }
  private var isWorktree: Bool { checkout.repository.isBare && !checkout.isWalled }

  /// Why nothing of it may be published; nil: it is sound.
  func fault() throws(RunStop) -> String? {
    if let fault = try linkFault() { return fault }
    return try historyFault()
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
  func historyFault() throws(RunStop) -> String? {
    let place = checkout.place
    guard try git.commit(checkout.base, in: place) != nil else {
      return "the repository in it knows nothing of \(checkout.baseBranch)"
    }
    guard let head = try git.commit("HEAD", in: place) else {
      return "no commit is checked out in it"
    }
    return try isRelated(head, in: place)
      ? nil
      : "its commit \(head.prefix(12)) has nothing in common with \(checkout.baseBranch)"
  }

  /// Whether two histories have a commit in common.
  func isRelated(_ head: String, in place: GitPlace) throws(RunStop) -> Bool {
    try git.holds(["merge-base", head, checkout.base], in: place)
  }

  private func belongs() throws(RunStop) -> Bool {
    guard Files.isDirectory(path) else { return false }
    if isWorktree {
      // Git believes this file, and it may name the worktree of another item.
      let registration = Registration(cache: checkout.repository.path, workspace: path)
      guard Files.linkTarget(checkout.gitDirectory) == nil, let directory = registration.directory,
        let text = try? Files.readText(checkout.gitDirectory, limit: 8192),
        text.hasPrefix("gitdir: "),
        Files.resolved(
          Files.absolute(text.dropFirst("gitdir: ".count).trimmingWhitespace(), from: path))
          == Files.resolved(directory)
      else { return false }
    }
    let answer = try git.answer(
      ["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir"],
      in: checkout.place)
    guard answer.isSuccess, answer.lines.count == 2 else { return false }
    return Files.resolved(answer.lines[0]) == Files.resolved(path)
      && Files.resolved(answer.lines[1]) == Files.resolved(repository)
  }
}
