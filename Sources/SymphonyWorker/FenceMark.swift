// Marks which state directory raised the branch on the remote: a ref beside it, pushed in the same
// step, so that both are there or neither. Two state directories begin a branch at the same commit,
// and the branch alone does not say whose it is. The mark costs no commit on the branch: it is a
// commit of its own without files, and its id follows from the state directory and the branch, so
// nothing about it has to be remembered. Used by BranchFence, and by CleanUp, which takes it away.
import SymphonyCore
import SymphonyPlatform

struct FenceMark {
  let git: GitCommand
  /// The repository that talks to the remote.
  let place: GitPlace

  private var order: GitOrder { git.run.spec.git }

  static func ref(_ branch: String) -> String { "refs/symphony/fence/\(branch)" }

  /// This state directory's mark, made where it is not there yet; nil when the spec does not say
  /// which state directory it is of.
  func own() throws(RunStop) -> String? {
    guard let raiser = order.raiser, !raiser.isEmpty else { return nil }
    let tree = try git.must(
      ["hash-object", "-w", "-t", "tree", "--no-filters", "/dev/null"], in: place)
    // Names and date are fixed, so that the same mark always has the same commit id.
    var fixed: [String: String] = [:]
    for who in ["GIT_AUTHOR", "GIT_COMMITTER"] {
      fixed["\(who)_NAME"] = "symphony"
      fixed["\(who)_EMAIL"] = "symphony@localhost"
      fixed["\(who)_DATE"] = "@0 +0000"
    }
    let words = "The branch \(order.branch) was raised by the state directory \(raiser)."
    return try git.must(["commit-tree", "-m", words, tree], in: place, environment: fixed)
  }

  /// Where this repository remembers that the branch on the remote is somebody else's, although our
  /// mark may be beside it.
  static func foreignRef(_ branch: String) -> String { "refs/symphony/foreign/\(branch)" }

  func noteForeign(_ mark: String) throws(RunStop) {
    try git.must(["update-ref", Self.foreignRef(order.branch), mark], in: place)
  }
  func isForeign() throws(RunStop) -> Bool {
    try git.commit(Self.foreignRef(order.branch), in: place) != nil
  }
  func forgetForeign() throws(RunStop) {
    guard try isForeign() else { return }
    try git.must(["update-ref", "-d", Self.foreignRef(order.branch)], in: place)
  }

  /// Takes our mark from the remote, and nobody else's.
  ///
  /// The branch's work is done: what cannot be taken away today is one ref too many there, and
  /// harms nobody.
  func lower(at target: String, limit: Interval) throws(RunStop) {
    guard let own = try own() else { return }
    let ref = Self.ref(order.branch)
    let answer = try git.ask(
      ["push", "--porcelain", "--no-verify", "--force-with-lease=\(ref):\(own)", "--", target]
        + [":\(ref)"],
      in: place, remote: true, limit: limit)
    let isGone =
      answer.errors.contains("remote ref does not exist") || answer.output.contains("stale info")
    guard !answer.isSuccess, !isGone else { return }
    git.run.log("the mark \(ref) stays on the remote: \(answer.complaint)")
  }
}
