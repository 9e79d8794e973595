// What git says about a working tree at one moment, to be compared with another moment: did the run
// leave a commit or a change? Also the commit of what an agent left uncommitted. Called by Work and
// TurnLoop.
import Glibc
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
    let head = try git.commit("HEAD", in: place)
    let status = try git.ask(
      ["status", "--porcelain=v1", "-z", "--untracked-files=all", noSubmodules], in: place)
    guard status.isSuccess else { throw .failed("git_failed", status.complaint) }
    guard !status.bytes.isEmpty else {
      return TreeFacts(head: head, isDirty: false, fingerprint: "")
    }
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
    // Untracked files are not in the difference: their size and time stand for their content.
    let mark = Array("?? ".utf8)
    for entry in status.bytes.split(separator: 0) where entry.starts(with: mark) {
      content += Array(checkout.stamp(of: Array(entry.dropFirst(3))).utf8)
    }
    return TreeFacts(head: head, isDirty: true, fingerprint: StableHash.hex(content))
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
      ["add", "--all", "--ignore-errors", "--", "."], in: place, environment: identity)
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

extension Checkout {
  /// Size and times of a file in the tree, as they stand for its content.
  /// - Parameter name: relative; bytes, as git printed them.
  fileprivate func stamp(of name: [UInt8]) -> String {
    let parts = name.split(separator: UInt8(ascii: "/")).compactMap { FileName(bytes: Array($0)) }
    do throws(PlatformError) {
      var folder = try Folder(path)
      for part in parts.dropLast() { folder = try folder.folder(part) }
      guard let last = parts.last, let facts = try folder.facts(last) else { return "gone;" }
      return "\(facts.inode):\(facts.size):\(facts.modifiedSeconds);"
    } catch {
      return "gone;"
    }
  }
}
