// The item's branch on the remote: the questions about it and the orders to it, for the fence and
// for the push at the end. Each talks to the URL (or to the remote the workflow names), by commit
// id, never by a moving name. What an answer means is decided by who asked.
import SymphonyCore
import SymphonyPlatform

struct RemoteBranch {
  let git: GitCommand
  let checkout: Checkout

  private var order: GitOrder { git.run.spec.git }
  /// The repository that talks to the remote.
  private var place: GitPlace { checkout.repository.place }
  var ref: String { "refs/heads/\(order.branch)" }
  /// The ref for the last commit that the remote is known to have had.
  ///
  /// `fetch --prune` never touches it, so commits of a branch that was deleted after its merge do
  /// not look unpushed.
  static func pushedRef(_ branch: String) -> String { "refs/symphony/pushed/\(branch)" }

  var mark: FenceMark { FenceMark(git: git, place: place) }

  /// The named push remote where it is configured (by after_create, say); else the clone URL.
  func target() throws(RunStop) -> String {
    let name = order.settings.pushRemoteName
    guard name != "origin", !name.isEmpty, !name.hasPrefix("-") else { return order.cloneURL }
    let known = try git.answer(["config", "--get", "remote.\(name).url"], in: place)
    guard known.isSuccess else {
      if git.run.spec.agent.sandbox.kind == .none { return order.cloneURL }
      // A hook's setting in a clone behind the wall is not believed outside it, and to push
      // elsewhere than the workflow says would be worse than not to push.
      throw .failed(
        "push_remote_missing",
        "git.push_remote_name is `\(name)`, which git outside the sandbox does not know; add it "
          + "with `git config --global remote.\(name).url URL`", .misconfigured)
    }
    // By its address, where the token is for it: the user's rules about addresses do not count
    // then.
    let isOurs = order.credentialScope.map { known.text.hasPrefix($0) } ?? false
    let other = try git.answer(["config", "--get", "remote.\(name).pushurl"], in: place)
    return isOurs && !other.isSuccess ? known.text : name
  }

  /// The refs on the remote that concern the branch.
  struct Sight {
    /// Nil when the branch does not exist.
    var tip: String?
    /// Nil when nobody's mark is beside it.
    var mark: String?
    /// A branch whose name keeps the remote from having this one: `a` and `a/b` exclude each other.
    var rival: String?
  }

  func look() throws(RunStop) -> Sight {
    let beside = FenceMark.ref(order.branch)
    let above = above
    let lines = try git.must(
      ["ls-remote", "--", try target(), ref, beside, "\(ref)/*"] + above, in: place, remote: true)
    var sight = Sight()
    for line in lines.splitLines() {
      let parts = line.split(separator: "\t").map(String.init)
      guard parts.count == 2, GitSettings.isObjectName(parts[0]) else { continue }
      if parts[1] == ref { sight.tip = parts[0] }
      if parts[1] == beside { sight.mark = parts[0] }
      if parts[1].hasPrefix(ref + "/") || above.contains(parts[1]) { sight.rival = parts[1] }
    }
    return sight
  }

  /// Branches whose names begin the path of ours.
  private var above: [String] {
    var found: [String] = []
    var path = Files.parent(of: ref)
    while path != "refs/heads" {
      found.append(path)
      path = Files.parent(of: path)
    }
    return found
  }

  /// - Returns: nil when the branch does not exist.
  func tip() throws(RunStop) -> String? { try look().tip }

  /// Makes the commit's objects available here, in the tree's repository too.
  func fetch(_ tip: String) throws(RunStop) {
    if try git.commit(tip, in: place) == nil {
      try git.must(
        ["fetch", "--quiet", "--no-tags", "--no-auto-maintenance", "--", try target(), ref],
        in: place, remote: true)
    }
    try WalledClone(git: git, checkout: checkout).bringIn(tip)
  }

  /// One ref of a push: where it goes, and what may be replaced there.
  struct Step {
    /// The commit.
    var head: String
    var ref: String
    /// The value that may be replaced, empty for "must not exist"; nil: a plain push.
    var lease: String?
  }

  /// All of the steps or none of them.
  func push(_ steps: [Step]) throws(RunStop) -> GitAnswer {
    let leases = steps.compactMap { step in
      step.lease.map { "--force-with-lease=\(step.ref):\($0)" }
    }
    return try git.ask(
      ["push", "--porcelain", "--no-verify"] + (steps.count > 1 ? ["--atomic"] : []) + leases
        + ["--", try target()] + steps.map { "\($0.head):\($0.ref)" },
      in: place, remote: true)
  }

  func remember(_ head: String) throws(RunStop) {
    let answer = try git.ask(
      ["update-ref", RemoteBranch.pushedRef(order.branch), head], in: place)
    if !answer.isSuccess { git.run.log(answer.complaint) }
  }
}

/// How often one commit was sent to the remote without arriving, remembered from run to run beside
/// the branch: a commit whose parent is the head, and whose message is the number.
struct PushTries {
  let git: GitCommand
  let place: GitPlace
  /// A remote that is in reach and did not take the same commit so often never will.
  static let limit = 5

  static func ref(_ branch: String) -> String { "refs/symphony/tries/\(branch)" }
  private var ref: String { Self.ref(git.run.spec.git.branch) }

  /// - Returns: the number of tries with this one; the count begins anew behind the limit.
  func count(_ head: String) throws(RunStop) -> Int {
    let number = try known(head) + 1
    if number >= Self.limit {
      try git.must(["update-ref", "-d", ref], in: place)
      return number
    }
    var person: [String: String] = [:]
    for who in ["GIT_AUTHOR", "GIT_COMMITTER"] {
      person["\(who)_NAME"] = "symphony"
      person["\(who)_EMAIL"] = "symphony@localhost"
    }
    let note = try git.must(
      ["commit-tree", "-p", head, "-m", "\(number)", "\(head)^{tree}"], in: place,
      environment: person)
    try git.must(["update-ref", ref, note], in: place)
    return number
  }

  private func known(_ head: String) throws(RunStop) -> Int {
    guard let note = try git.commit(ref, in: place) else { return 0 }
    let text = try git.must(["log", "-1", "--format=%P %s", note], in: place)
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 2, words[0] == head else { return 0 }
    return Int(words[1]) ?? 0
  }
}
