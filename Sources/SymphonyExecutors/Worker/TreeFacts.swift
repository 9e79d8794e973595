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

  /// A repository inside the workspace has a configuration of its own, filters among it: looking
  /// for changes in it would run what an agent wrote there. `.gitmodules` outdoes a setting.
  private static let noSubmodules = "--ignore-submodules=dirty"

  static func read(_ git: GitCommand, _ checkout: Checkout) throws(RunStop) -> TreeFacts {
    let place = checkout.place
    let head = try git.commit("HEAD", in: place)
    let status = try git.ask(
      ["status", "--porcelain=v1", "-z", "--untracked-files=all", noSubmodules], in: place)
    guard status.isSuccess else { throw .failed("git_failed", status.complaint) }
    guard !status.output.isEmpty else {
      return TreeFacts(head: head, isDirty: false, fingerprint: "")
    }
    let difference =
      head == nil
      ? ""
      : try git.must(["diff", "--no-ext-diff", "--no-textconv", noSubmodules, "HEAD"], in: place)
    // Untracked files are not in the difference: their size and time stand for their content.
    let untracked = status.output.split(separator: "\0").filter { $0.hasPrefix("?? ") }
      .map { entry -> String in
        let path = Files.join(checkout.path, String(entry.dropFirst(3)))
        return "\(OutputTail.size(path)):\(Files.modifiedSeconds(path) ?? 0)"
      }
    return TreeFacts(
      head: head, isDirty: true,
      fingerprint: StableHash.hex(
        ([status.output, difference] + untracked).joined(separator: "\u{1}")))
  }

  /// Commits whatever is there. A failure is logged and loses nothing: the changes stay in the
  /// workspace.
  static func commitLeftovers(
    _ git: GitCommand, _ checkout: Checkout, identity: [String: String]
  ) throws(RunStop) {
    guard try read(git, checkout).isDirty else { return }
    let place = checkout.place
    let unmerged = try git.ask(["ls-files", "--unmerged"], in: place)
    guard unmerged.isSuccess, unmerged.text.isEmpty else {
      return git.run.log("uncommitted changes stay: a merge or rebase is not finished")
    }
    // 1: not all could be added, such as a repository without a commit; the rest is.
    let added = try git.ask(
      ["add", "--all", "--ignore-errors", "--", "."] + (try submodules(git, checkout)), in: place,
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

  /// Pathspecs that keep `git add` out of repositories inside the workspace: it has no option to
  /// take their commit without looking at their files. Only for an agent that is locked in.
  private static func submodules(_ git: GitCommand, _ checkout: Checkout) throws(RunStop)
    -> [String]
  {
    if git.run.spec.agent.sandbox.kind == .none { return [] }
    return try git.must(["ls-files", "--stage", "-z"], in: checkout.place)
      .split(separator: "\0").filter { $0.hasPrefix("160000 ") }
      .compactMap { entry in
        entry.firstIndex(of: "\t").map { ":(exclude,literal)\(entry[$0...].dropFirst())" }
      }
  }
}
