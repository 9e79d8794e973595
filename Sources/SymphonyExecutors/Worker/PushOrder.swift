// The end of a run's way: its commits on the remote branch, and the four words for how that went.
// Also the few questions about the remote branch that the fence asks. Pushes go to the URL (or to
// the remote the workflow names), by commit id, never by a moving name. A push that fails is a
// debt, never a lost outcome.
import SymphonyCore
import SymphonyPlatform

/// The item's branch on the remote.
struct RemoteBranch {
  let git: GitCommand
  let checkout: Checkout

  private var order: GitOrder { git.run.spec.git }
  /// The repository that talks to the remote.
  private var place: GitPlace { checkout.repository.place }
  private var ref: String { "refs/heads/\(order.branch)" }
  /// What the remote is known to have had. `fetch --prune` never touches it, so commits of a branch
  /// that was deleted after its merge do not look unpushed.
  static func pushedRef(_ branch: String) -> String { "refs/symphony/pushed/\(branch)" }

  /// The named push remote where it is configured (by after_create, say); else the clone URL.
  private func target() throws(RunStop) -> String {
    let name = order.settings.pushRemoteName
    guard name != "origin", !name.isEmpty, !name.hasPrefix("-") else { return order.cloneURL }
    let known = try git.ask(["config", "--get", "remote.\(name).url"], in: place)
    return known.isSuccess ? name : order.cloneURL
  }

  /// - Returns: nil when the branch does not exist.
  func tip() throws(RunStop) -> String? {
    let lines = try git.must(["ls-remote", "--", try target(), ref], in: place, remote: true)
    for line in lines.split(separator: "\n") {
      let parts = line.split(separator: "\t")
      if parts.count == 2, parts[1] == ref { return String(parts[0]) }
    }
    return nil
  }

  /// Makes the commit's objects available here, in the tree's repository too.
  func fetch(_ tip: String) throws(RunStop) {
    if try git.commit(tip, in: place) == nil {
      try git.must(
        ["fetch", "--quiet", "--no-tags", "--no-auto-maintenance", "--", try target(), ref],
        in: place, remote: true)
    }
    try WalledClone(git: git, checkout: checkout).bringIn(tip)
  }

  /// - Parameter lease: the tip that may be replaced, empty for "must not exist"; nil: a plain
  ///   push.
  func push(_ head: String, lease: String?) throws(RunStop) -> GitAnswer {
    let force = lease.map { ["--force-with-lease=\(order.branch):\($0)"] } ?? []
    return try git.ask(
      ["push", "--porcelain", "--no-verify"] + force + ["--", try target(), "\(head):\(ref)"],
      in: place, remote: true)
  }

  func remember(_ head: String) throws(RunStop) {
    let answer = try git.ask(
      ["update-ref", RemoteBranch.pushedRef(order.branch), head], in: place)
    if !answer.isSuccess { git.run.log(answer.complaint) }
  }
}

/// Why a push did not go through, read from git's words (always English: LC_ALL=C).
enum PushTrouble {
  /// The remote will refuse it again: protection, a missing scope, a hook.
  case refused(String)
  /// The branch is not where we thought.
  case outrun
  /// Network, server trouble, time: worth another try.
  case transient(String)

  init(_ answer: GitAnswer) {
    let said = answer.output + "\n" + answer.errors
    let final = [
      "GH001", "GH006", "GH009", "GH013", "protected branch", "without `workflow` scope",
      "hook declined", "error: 403", "Write access to repository not granted",
    ]
    if answer.overTime {
      self = .transient(answer.complaint)
    } else if final.contains(where: said.contains)
      || (said.contains("Permission to ") && said.contains("denied to"))
    {
      self = .refused(answer.complaint)
    } else if ["stale info", "fetch first", "non-fast-forward", "already exists"].contains(
      where: said.contains)
    {
      self = .outrun
    } else {
      self = .transient(answer.complaint)
    }
  }
}

struct PushOrder {
  let git: GitCommand
  let checkout: Checkout
  /// The tip the run began with: the only one that may be replaced.
  let recorded: String?

  private var remote: RemoteBranch { RemoteBranch(git: git, checkout: checkout) }

  /// Pushes HEAD where the remote branch lacks commits of it.
  /// - Throws: only `.cancelled`, `.leaseLost` and `.broken`; trouble with git is a debt.
  func carryOut(_ head: String) throws(RunStop) -> PushState {
    try git.run.enter(.pushing, limit: git.run.limits.push)
    do throws(RunStop) {
      return try settle(head)
    } catch {
      guard case .ended(let ending) = error else { throw error }
      // What git does not take over today it will not take over tomorrow.
      return ending.code == "commits_refused"
        ? .refused(head: head, why: ending.summary) : .unpushed(head: head, why: ending.summary)
    }
  }

  private func settle(_ head: String) throws(RunStop) -> PushState {
    let place = checkout.repository.place
    try WalledClone(git: git, checkout: checkout).takeOut(head)
    let tip = try remote.tip()
    if tip == head {
      try remote.remember(head)
      return .nothing
    }
    var lease: String?
    if let tip {
      try remote.fetch(tip)
      if try git.isAncestor(head, of: tip, in: place) {
        try remote.remember(head)
        return .nothing
      }
      if try !git.isAncestor(tip, of: head, in: place) {
        guard tip == recorded else { return .branchMoved(head: head, remote: tip) }
        // Commits are replaced by better ones, never by none.
        if try isInBase(head) { return .nothing }
        lease = tip
      }
    } else if try isInBase(head) {
      return .nothing
    }
    // The last look before something irreversible: a lost lease means that another worker may be
    // here.
    try git.run.checkLease()
    let answer = try remote.push(head, lease: lease)
    if answer.isSuccess { return try pushed(head) }
    switch PushTrouble(answer) {
    case .refused(let why): return .refused(head: head, why: why)
    case .outrun:
      guard let now = try remote.tip() else {
        return .unpushed(head: head, why: answer.complaint)
      }
      return now == head ? try pushed(head) : .branchMoved(head: head, remote: now)
    case .transient(let why):
      // The answer may have been lost after the push was done.
      if !answer.overTime, try remote.tip() == head { return try pushed(head) }
      return .unpushed(head: head, why: why)
    }
  }

  private func isInBase(_ head: String) throws(RunStop) -> Bool {
    guard let base = try git.commit(checkout.baseRef, in: checkout.repository.place)
    else { return false }
    return try git.isAncestor(head, of: base, in: checkout.repository.place)
  }

  private func pushed(_ head: String) throws(RunStop) -> PushState {
    try remote.remember(head)
    return .pushed(head: head)
  }
}
