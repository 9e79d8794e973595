// The remote branch as the fence between state directories: it must not exist, or be ours, before
// the first turn. Called by Work once per run, after the workspace is there. It also settles where
// the run begins: at what others pushed to our branch, as far as a fast-forward goes, or at the
// base, when a new round begins. The commits of the run are PushOrder's business.
import SymphonyCore
import SymphonyPlatform

/// What the run may rely on once the fence stands.
struct Fence {
  /// The remote branch's tip before the first turn.
  var tip: String
}

struct BranchFence {
  let git: GitCommand
  let checkout: Checkout

  private var run: LiveRun { git.run }
  private var order: GitOrder { run.spec.git }

  /// - Throws: `.ended` with the code `branch_taken`, `branch_moved`, `push_refused` or
  ///   `remote_failed` or `git_failed`.
  func pass() throws(RunStop) -> Fence {
    try run.enter(.fencing, limit: run.limits.push)
    let remote = RemoteBranch(git: git, checkout: checkout)
    guard let tip = try remote.tip() else {
      if order.fresh { _ = try startAnew() }
      return try raise(remote)
    }
    guard try isOurs(tip) else { throw taken(tip) }
    try run.note { $0.fenceHead = tip }
    try remote.fetch(tip)
    if order.fresh, try startAnew() {
      // The old round's work is known from now on as something the remote had: it may be replaced.
      try remote.remember(tip)
    } else {
      try takeIn(tip)
    }
    return Fence(tip: tip)
  }

  /// Points the branch at the base's tip, unless commits of the old round would be lost by that.
  private func startAnew() throws(RunStop) -> Bool {
    for (name, source) in [
      ("HEAD", WalledClone.Source.head), ("refs/heads/\(order.branch)", .branch),
    ] {
      guard let head = try git.commit(name, in: checkout.place), try isOwed(head, source)
      else { continue }
      run.log(
        "a new round should begin at \(checkout.baseBranch), but \(head.prefix(12)) was never "
          + "pushed: the run goes on from there")
      return false
    }
    try git.checkOut(
      ["checkout", "--quiet", "--force", "--no-track", "-B", order.branch, checkout.baseRef],
      in: checkout.place)
    return true
  }

  /// What the remote has had is known outside the wall.
  private func isOwed(_ head: String, _ source: WalledClone.Source) throws(RunStop) -> Bool {
    try WalledClone(git: git, checkout: checkout).takeOut(head, from: source)
    return try git.isOwed(head, in: checkout.repository.place)
  }

  private func isOurs(_ tip: String) throws(RunStop) -> Bool {
    if order.ownsBranch || order.takeOver || tip == order.fenceHead { return true }
    // In our history but not in the base's: only we can have pushed it. A tip that the base holds
    // too is what another state directory's fence looks like.
    let place = checkout.place
    guard try git.commit(tip, in: place) != nil, try git.isAncestor(tip, of: "HEAD", in: place)
    else { return false }
    return try !git.isAncestor(tip, of: checkout.baseRef, in: place)
  }

  /// Creates the remote branch. The intent is on disk before the push: a worker killed in between
  /// is known to own what it may have made.
  private func raise(_ remote: RemoteBranch) throws(RunStop) -> Fence {
    guard let head = try git.commit("HEAD", in: checkout.place) else {
      throw .failed("git_failed", "\(checkout.path) has no commit checked out")
    }
    try WalledClone(git: git, checkout: checkout).takeOut(head)
    try run.note { $0.fenceHead = head }
    let answer = try remote.push(head, lease: "")
    // Up to date: the branch came into being between the look and the push, at the same commit. Git
    // calls that a success, but somebody else made it.
    if answer.isSuccess, answer.output.split(separator: "\n").contains(where: { $0.hasPrefix("=") })
    {
      try run.note { $0.fenceHead = nil }
      throw taken(head)
    }
    if answer.isSuccess {
      try remote.remember(head)
      return Fence(tip: head)
    }
    switch PushTrouble(answer) {
    case .refused(let why):
      try run.note { $0.fenceHead = nil }
      var ending = RunEnding.failed(
        "push_refused", "the remote refuses the branch `\(order.branch)`: \(why)")
      ending.push = .refused(head: head, why: why)
      throw .ended(ending)
    case .outrun:
      // Somebody was faster, and it was not us: our own push was told so. With the intent left in
      // place, the next run would take their branch for ours.
      try run.note { $0.fenceHead = nil }
      throw taken(try remote.tip() ?? "a commit that is gone again")
    case .transient(let why):
      throw .failed("remote_failed", why)
    }
  }

  /// Fast-forwards to the branch. Where that does not go, somebody else's commits are there that a
  /// later push would have to overwrite; unless the tip is the very one we pushed last.
  private func takeIn(_ tip: String) throws(RunStop) {
    let place = checkout.place
    guard let head = try git.commit("HEAD", in: place) else {
      throw .failed("git_failed", "\(checkout.path) has no commit checked out")
    }
    if try git.isAncestor(tip, of: head, in: place) { return }
    var why = "both have commits the other lacks"
    if try git.isAncestor(head, of: tip, in: place) {
      let merged = try git.ask(["merge", "--quiet", "--ff-only", tip], in: place)
      if merged.isSuccess { return }
      why = merged.complaint
    } else if try git.commit(
      RemoteBranch.pushedRef(order.branch), in: checkout.repository.place) == tip
    {
      return
    }
    var ending = RunEnding.failed(
      "branch_moved",
      "`\(order.branch)` on the remote is at \(tip.prefix(12)), which \(checkout.path) cannot "
        + "fast-forward to: \(why)")
    ending.push = .branchMoved(head: head, remote: tip)
    throw .ended(ending)
  }

  private func taken(_ tip: String) -> RunStop {
    .failed(
      "branch_taken",
      "the branch `\(order.branch)` is on the remote (\(tip.prefix(12))) and this state directory "
        + "did not make it; delete it there, or `symphony retry --take-over \(run.spec.itemKey)`")
  }
}
