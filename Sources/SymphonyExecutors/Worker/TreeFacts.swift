// What git says about a working tree at one moment, to be compared with another moment: did the run
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
  /// not to look for changes there. `.gitmodules` outdoes a setting, and this outdoes both.
  private static let noSubmodules = "--ignore-submodules=dirty"

  static func read(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> TreeFacts {
    let place = checkout.place
    if let fault = try WorkspaceCheck(git: git, checkout: checkout).fault() {
      throw .failed(
        "workspace_broken",
        "the workspace \(checkout.path) cannot be used, and nothing of it is published: \(fault); "
          + "the next run moves it aside and makes a new one")
    }
    let head = try git.commit("HEAD", in: place)
    let status = try git.ask(
      ["status", "--porcelain=v1", "-z", "--untracked-files=all", noSubmodules], in: place)
    guard status.isSuccess else { throw .failed("git_failed", status.complaint) }
    let left = checkout.changes(in: status.bytes)
    guard !left.isEmpty else { return TreeFacts(head: head, isDirty: false, fingerprint: "") }
    var content = status.bytes
    if head != nil {
      let difference = try git.ask(
        ["diff", "--no-ext-diff", "--no-textconv", noSubmodules, "HEAD"], in: place)
      guard difference.isSuccess || difference.isCut else {
        throw .failed("git_failed", difference.complaint)
      }
      content += difference.bytes
      // Too much to be compared: it counts as changed.
      if difference.isCut { content += Array(Host.uuid().utf8) }
    }
    // Untracked files are not in the difference.
    for (name, state) in left.sorted(by: { $0.key < $1.key }) {
      content += Array("\(name) \(state);".utf8)
    }
    return TreeFacts(head: head, isDirty: true, fingerprint: StableHash.hex(content))
  }

  /// What is changed or untracked now, whoever did it.
  static func changes(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> Changes {
    let status = try git.ask(
      ["status", "--porcelain=v1", "-z", "--untracked-files=all", noSubmodules],
      in: checkout.place)
    guard status.isSuccess else { throw .failed("git_failed", status.complaint) }
    return checkout.allChanges(in: status.bytes)
  }

  /// Commits what the agent left, and not what was there before it. A failure is logged and loses
  /// nothing: the changes stay in the workspace.
  static func commitLeftovers(
    _ git: GitCommand, _ checkout: Checkout, identity: [String: String]
  ) throws(RunStop) {
    guard try read(git, checkout).isDirty else { return }
    let place = checkout.place
    let unmerged = try git.ask(["ls-files", "--unmerged"], in: place)
    guard unmerged.isSuccess, unmerged.text.isEmpty else {
      return git.run.log("uncommitted changes stay: a merge or rebase is not finished")
    }
    let now = try changes(git, checkout)
    for name in now.keys.sorted() where name.hasSuffix("/") {
      git.run.remark(
        "`\(name)` in \(checkout.path) is a repository of its own: it is not delivered and stays")
    }
    // 1: not all could be added, such as a repository without a commit; the rest is.
    let added = try git.ask(
      ["add", "--all", "--ignore-errors", "--", "."]
        + checkout.exclusions(try changes(git, checkout)), in: place,
      environment: identity)
    guard added.isSuccess || added.exit == .exited(1) else {
      return git.run.log("uncommitted changes stay: \(added.complaint)")
    }
    if !added.isSuccess { git.run.log("some changes stay uncommitted: \(added.complaint)") }
    let message = [
      "-m", "Work on \(git.run.spec.itemKey)",
      "-m", "Committed by symphony: the agent had left these changes uncommitted.",
    ]
    let committed = try git.ask(
      ["commit", "--quiet", "--no-verify"] + message, in: place, environment: identity)
    guard committed.isSuccess else {
      return git.run.log("uncommitted changes stay: \(committed.complaint)")
    }
    git.run.log("committed what the agent had left uncommitted")
  }
}
