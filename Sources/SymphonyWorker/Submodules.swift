// Submodules of the item's repository. They are not fetched: their addresses stand in .gitmodules,
// which whoever can push a branch writes, and they would be fetched with our token, or from places
// that nobody vouched for, into a repository whose settings are not ours. Hooks may fill them, and
// then they are looked at. Asked by Work before the agent begins, and by NestedRepositories.
import SymphonyCore
import SymphonyPlatform

struct Submodules {
  let git: GitCommand
  let checkout: Checkout

  /// In a sentence.
  private static let mostNames = 5

  /// Paths of the tree's links to other repositories (mode 160000), as bytes: not all are UTF-8.
  func paths() throws(RunStop) -> [[UInt8]] {
    let answer = try git.ask(["ls-files", "--stage", "-z"], in: checkout.place)
    // 64 MB of names: such a tree is not asked for more than it has to be.
    guard answer.isSuccess else {
      guard answer.isConclusive || answer.isCut else {
        throw .failed("git_failed", answer.complaint)
      }
      git.run.log("submodules are not looked for: \(answer.complaint)")
      return []
    }
    let tab = UInt8(ascii: "\t")
    return answer.bytes.split(separator: 0).compactMap { entry in
      guard entry.starts(with: "160000 ".utf8), let name = entry.firstIndex(of: tab) else {
        return nil
      }
      return Array(entry[entry.index(after: name)...])
    }
  }

  /// Those in whose place there is no repository; shown names, the tree's own order.
  func unfilled() throws(RunStop) -> [String] {
    try paths().map { String(decoding: $0, as: UTF8.self) }.filter { path in
      !Files.exists(Files.join(Files.join(checkout.path, path), ".git"))
    }
  }

  /// For people, at the end of the run: what was missing and how it is had; nil: nothing was.
  static func remark(_ unfilled: [String]) -> String? {
    guard !unfilled.isEmpty else { return nil }
    return "the agent worked without \(named(unfilled)): symphony does not fetch submodules; "
      + "`git submodule update --init --recursive` in hooks.after_create or before_run does"
  }

  /// For the agent, with its prompt.
  static func note(_ unfilled: [String]) -> String? {
    guard !unfilled.isEmpty else { return nil }
    return "This workspace was made without \(named(unfilled)): those directories are empty. If "
      + "you need what is in them, try `git submodule update --init`; if that does not work, say "
      + "so in your last message. Do not remove them, and do not put other files in their place."
  }

  private static func named(_ paths: [String]) -> String {
    let shown = paths.prefix(mostNames).map { path in
      "`\(PlainText.line(String(path.prefix(100))).replacing("`", with: "'"))`"
    }
    let more = paths.count - shown.count
    return "the submodule\(paths.count == 1 ? "" : "s") " + shown.joined(separator: ", ")
      + (more > 0 ? " and \(more) more" : "")
  }

  /// Whether a filled one holds commits that were never on its remote, beside the one that the base
  /// branch links to.
  ///
  /// Behind the wall git inside is asked: who lies there loses only what is its own.
  func holdsUnpublished(_ path: String) throws(RunStop) -> Bool {
    guard let place = filled(path) else { return false }
    let linked = try git.answer(
      ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(checkout.base):\(path)"],
      in: checkout.place)
    let known =
      linked.isSuccess && GitSettings.isObjectName(linked.text) ? ["^\(linked.text)"] : []
    // Unknown commits are not there, so nothing is lost by leaving them out.
    for exclusion in [known, []] {
      let answer = try git.answer(
        place + ["rev-list", "--max-count=1", "HEAD", "--all"] + exclusion
          + ["--not", "--remotes"],
        in: checkout.place)
      if answer.isSuccess { return !answer.text.isEmpty }
    }
    return false
  }

  /// Whether `commit` is in a filled one and on no branch of its remote.
  func isOnlyHere(_ commit: String, _ path: String) throws(RunStop) -> Bool {
    guard let place = filled(path), GitSettings.isObjectName(commit) else { return false }
    let answer = try git.answer(
      place + ["rev-list", "--max-count=1", commit, "--not", "--remotes"], in: checkout.place)
    return answer.isSuccess && !answer.text.isEmpty
  }

  /// The option by which git looks into it and nowhere above; nil: no repository is in its place.
  private func filled(_ path: String) -> [String]? {
    let own = Files.join(Files.join(checkout.path, path), ".git")
    return Files.exists(own) ? ["--git-dir=\(own)"] : nil
  }
}
