// Commits that an agent laid aside on no branch: entries of the stash, and tags of commits that
// HEAD was at. It did not mean them to be delivered, and they must not be forgotten with the run.
// Asked by FoundCommits, which keeps and names those that are new. Changes nothing.
import SymphonyCore

struct LaidAside {
  let git: GitCommand
  let checkout: Checkout

  private static let stash = "refs/stash"
  private static let tags = "refs/tags/"
  /// More than that is no work of one run.
  private static let most = 100

  /// `name`: a key of `commits`, or the name of another ref.
  static func isOne(_ name: String) -> Bool { name.hasPrefix(stash) || name.hasPrefix(tags) }

  /// The refs to list for `commits`.
  static let patterns = [stash, String(tags.dropLast())]

  /// Commit by name.
  ///
  /// An entry of the stash is another one when its commit is.
  ///
  /// `refs`: those of `patterns`; only of what is there more is asked.
  func commits(_ refs: [(ref: String, object: String)]) throws(RunStop) -> [String: String] {
    var found: [String: String] = [:]
    if refs.contains(where: { $0.ref == Self.stash }) {
      for (commit, words) in try journal(of: Self.stash, "%H %gs") where !isOthers(words) {
        found["\(Self.stash) \(commit)"] = commit
      }
    }
    guard refs.contains(where: { $0.ref.hasPrefix(Self.tags) }) else { return found }
    let listed = try git.must(
      [
        "for-each-ref",
        "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)"
          + " %(refname)", Self.tags,
      ], in: checkout.place)
    let tags = listed.splitLines().map { $0.split(separator: " ", maxSplits: 1) }
      .filter { $0.count == 2 }
    // The others came from the remote.
    let own = Set(try journal(of: "HEAD", "%H").map(\.commit))
    for tag in tags where own.contains(String(tag[0])) {
      found[String(tag[1])] = String(tag[0])
    }
    return found
  }

  /// The newest entries of a ref's journal; none where it has none.
  private func journal(of ref: String, _ format: String) throws(RunStop) -> [(
    commit: String, words: String
  )] {
    let count = ref == Self.stash ? ["--max-count=\(Self.most)"] : []
    let answer = try git.answer(
      ["log", "--walk-reflogs", "--no-show-signature", "--format=\(format)"] + count + [ref, "--"],
      in: checkout.place)
    guard answer.isSuccess else { return [] }
    return answer.lines.compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard let commit = parts.first, GitSettings.isObjectName(commit) else { return nil }
      return (commit, parts.count == 2 ? parts[1] : "")
    }
  }

  /// `WIP on BRANCH: ...` or `On BRANCH: ...`: all items of a cache share one stash.
  private func isOthers(_ words: String) -> Bool {
    let order = git.run.spec.git
    guard checkout.repository.isBare, !checkout.isWalled, !order.settings.branchPrefix.isEmpty,
      let end = words.firstIndex(of: ":")
    else { return false }
    let branch = words[..<end].split(separator: " ").last.map(String.init) ?? ""
    return branch.hasPrefix(order.settings.branchPrefix) && branch != order.branch
  }
}
