// What keeps the workspace of an item that goes on: its next run would miss what is only there.
// Such a clean-up makes room and nothing else, so it publishes nothing: work that no run has
// finished is not a person's to review. Called by CleanUp.
import SymphonyCore
import SymphonyPlatform

extension CleanUp {
  var goesOn: Bool { spec.goesOn == true }

  /// Before its hook runs, which may take down what the next run needs, and after it.
  /// - Returns: a result that says what is only there; nil: nothing is.
  func keptForNextRun(
    _ checkout: Checkout, afterHook: Bool = false
  ) throws(RunStop) -> RunResult? {
    try FoundCommits.recover(git, checkout)
    try BaselineWatch(git: git, checkout: checkout).recall()
    let look = try TreeLook.take(git, checkout)
    // What the hook took away is in the commits, because there was no change before it.
    let changes = checkout.own(look.changes).filter { !afterHook || $0.value != Changes.gone }
    if !changes.isEmpty {
      let files = changes.count == 1 ? "1 file" : "\(changes.count) files"
      return stays("\(files) in it changed and not committed")
    }
    if let hidden = try hiddenFile(checkout) {
      return stays("git was told not to look at `\(hidden)` in it")
    }
    if let inner = try filledRepository(checkout) {
      return stays("\(inner) in it is a repository of its own, whose files are not looked into")
    }
    return try saveCommits(checkout, isThere: true)
  }

  /// Its branch may have been deleted: what the remote once had does not count, only what it has.
  func keptOnlyHere(
    _ heads: [String], _ repository: FetchedRepository
  ) throws(RunStop) -> RunResult? {
    let fetched = try git.ask(repository.fetching(["--prune"]), in: repository.place, remote: true)
    guard fetched.isSuccess else { throw git.unreached(fetched) }
    for head in heads
    where try git.count([head, "--not", "--remotes=origin"], in: repository.place) > 0 {
      let why = "commit \(head.prefix(12)) is on no branch of the remote"
      var result = stays(why)
      result.head = head
      result.push = .unpushed(head: head, why: why)
      return result
    }
    return nil
  }

  /// A file that is there and that `git update-index --skip-worktree` or `--assume-unchanged` hides
  /// from what git says of changes (git-ls-files(1), -v).
  private func hiddenFile(_ checkout: Checkout) throws(RunStop) -> String? {
    let answer = try git.ask(["ls-files", "-v", "-z"], in: checkout.place)
    guard answer.isSuccess else { throw .failed("git_failed", answer.complaint) }
    for entry in answer.bytes.split(separator: 0) {
      guard let tag = entry.first, tag == UInt8(ascii: "S") || (0x61...0x7A).contains(tag) else {
        continue
      }
      let path = String(decoding: entry.dropFirst(2), as: UTF8.self)
      if Files.exists(Files.join(checkout.path, path)) { return path }
    }
    return nil
  }

  /// A submodule, or another repository that is committed as a link, with files in it: git is not
  /// sent into it, because its settings may be anybody's, so nobody knows whether they are saved.
  private func filledRepository(_ checkout: Checkout) throws(RunStop) -> String? {
    for bytes in try Submodules(git: git, checkout: checkout).paths() {
      let path = String(decoding: bytes, as: UTF8.self)
      do throws(PlatformError) {
        let names = try Files.list(Files.join(checkout.path, path))
        if !names.isEmpty { return "`\(path)`" }
      } catch {
        return "`\(path)`"
      }
    }
    return nil
  }

  /// Nothing went wrong: it is looked at again in some days.
  private func stays(_ why: String) -> RunResult {
    result(.succeeded("the workspace stays: \(why)"))
  }
}
