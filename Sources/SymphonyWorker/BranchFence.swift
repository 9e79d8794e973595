// The remote branch as the fence between state directories: it must not exist, or be ours, before
// the first turn. Called by Work once per run, after the workspace is there. It also settles where
// the run begins: at what others pushed to our branch, as far as a fast-forward goes, or at the
// base, when a new round begins. The commits of the run are PushOrder's business.
import SymphonyCore
import SymphonyPlatform

/// The fact that the run may rely on once the fence stands.
struct Fence {
  /// The remote branch's tip before the first turn.
  var tip: String
}

struct BranchFence {
  let git: GitCommand
  let checkout: Checkout

  private var run: LiveRun { git.run }
  private var order: GitOrder { run.spec.git }

  /// - Throws: `.ended` with the code `branch_taken`, `branch_excluded`, `branch_moved`,
  ///   `push_refused`, `remote_failed` or `git_failed`.
  func pass() throws(RunStop) -> Fence {
    try run.enter(.fencing, limit: run.limits.push)
    let sight = try remote.look()
    let mark = try remote.mark.own()
    guard let tip = sight.tip else {
      // Whoever made the branch before us: that one is gone.
      try remote.mark.forgetForeign()
      if let rival = sight.rival { throw excluded(by: rival) }
      if order.fresh { _ = try startAnew() }
      return try raise(mark, over: sight.mark)
    }
    guard try isOurs(tip, sight.mark, own: mark) else { throw taken(tip) }
    if order.takeOver {
      try remote.mark.forgetForeign()
      if let mark, mark != sight.mark { try replaceMark(mark, sight) }
    }
    try remote.fetch(tip)
    if order.fresh, try startAnew() {
      // The old round's work is known from now on as something the remote had: it may be replaced.
      try remote.remember(tip)
    } else {
      try takeIn(tip)
    }
    return Fence(tip: tip)
  }

  private var remote: RemoteBranch { RemoteBranch(git: git, checkout: checkout) }

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
    try run.sync(checkout.path)
    return true
  }

  /// True when the remote has never had the commit; only the cache, outside the wall, knows that.
  private func isOwed(_ head: String, _ source: WalledClone.Source) throws(RunStop) -> Bool {
    try WalledClone(git: git, checkout: checkout).takeOut(head, from: source)
    return try git.isOwed(head, in: checkout.repository.place)
  }

  private func isOurs(_ tip: String, _ mark: String?, own: String?) throws(RunStop) -> Bool {
    if order.takeOver { return true }
    // A mark, where there is one, decides: a branch that was ours may have been deleted, and raised
    // anew by another state directory.
    if let mark, let own {
      guard mark == own else { return false }
      // Our mark beside a branch that we know to be somebody else's: it could not be taken away.
      guard try remote.mark.isForeign() else { return true }
      try remote.mark.lower(at: try remote.target(), limit: .seconds(30))
      return false
    }
    if own != nil, try remote.mark.isForeign() { return false }
    if order.ownsBranch || tip == order.fenceHead { return true }
    // In our history but not in the base's: only we can have pushed it. A tip that the base holds
    // too is what another state directory's fence looks like.
    let place = checkout.place
    guard try git.commit(tip, in: place) != nil, try git.isAncestor(tip, of: "HEAD", in: place)
    else { return false }
    return try !git.isAncestor(tip, of: checkout.baseRef, in: place)
  }

  /// Creates the remote branch, with the mark that says who did.
  ///
  /// A worker killed right behind the push finds its mark again; one killed right before it finds
  /// somebody else's, or none.
  private func raise(_ mark: String?, over found: String?) throws(RunStop) -> Fence {
    guard let head = try git.commit("HEAD", in: checkout.place) else {
      throw .failed("git_failed", "\(checkout.path) has no commit checked out")
    }
    try WalledClone(git: git, checkout: checkout).takeOut(head)
    let branch = RemoteBranch.Step(head: head, ref: remote.ref, lease: "")
    guard let mark else { return try raiseAlone(branch) }
    let beside = RemoteBranch.Step(
      head: mark, ref: FenceMark.ref(order.branch), lease: found ?? "")
    let answer = try remote.push([branch, beside])
    if answer.isSuccess {
      if PushTrouble.wasUpToDate(answer, remote.ref) {
        // Our mark went beside a branch that somebody raised without one. That is noted before the
        // mark is taken away: else a worker that dies here, or cannot reach the remote any more,
        // leaves a mark by which the next run would take the branch for its own.
        try remote.mark.noteForeign(mark)
        try remote.mark.lower(at: try remote.target(), limit: .seconds(30))
        throw taken(head)
      }
      return try raised(head)
    }
    // Not every remote takes other refs than branches.
    if PushTrouble.isWithoutAtomic(answer) { return try raiseAlone(branch) }
    if case .refused = PushTrouble(answer, ref: beside.ref) {
      run.log("the remote does not take the mark \(beside.ref) beside the branch")
      return try raiseAlone(branch)
    }
    if case .outrun = PushTrouble(answer, ref: beside.ref) { throw try outrun() }
    throw try trouble(answer, head)
  }

  /// Raises the branch without a mark, where the remote takes none.
  ///
  /// The note that the branch is ours is written after the push: a worker killed in between leaves
  /// a branch that nobody takes for its own. Written before, two state directories could both take
  /// one.
  private func raiseAlone(_ branch: RemoteBranch.Step) throws(RunStop) -> Fence {
    let answer = try remote.push([branch])
    // Up to date: the branch came into being between the look and the push, at the same commit. Git
    // calls that a success, but somebody else made it.
    if answer.isSuccess, PushTrouble.wasUpToDate(answer, remote.ref) { throw taken(branch.head) }
    if answer.isSuccess {
      try run.note(durably: true) { $0.fenceHead = branch.head }
      return try raised(branch.head)
    }
    throw try trouble(answer, branch.head)
  }

  private func raised(_ head: String) throws(RunStop) -> Fence {
    try remote.remember(head)
    return Fence(tip: head)
  }

  private func trouble(_ answer: GitAnswer, _ head: String) throws(RunStop) -> RunStop {
    switch PushTrouble(answer, ref: remote.ref) {
    case .refused(let why): return refused(head, why)
    case .outrun: return try outrun()
    case .transient(let why):
      let tries = try PushTries(git: git, place: checkout.repository.place).count(head)
      if tries >= PushTries.limit { return refused(head, "tried \(tries) times, the last: \(why)") }
      return git.unreached(why)
    }
  }

  private func refused(_ head: String, _ why: String) -> RunStop {
    var ending = RunEnding.failed(
      "push_refused", "the remote refuses the branch `\(order.branch)`: \(why)")
    ending.push = .refused(head: head, why: why)
    return .ended(ending)
  }

  /// Somebody was faster, and it was not us: our own push was told so.
  private func outrun() throws(RunStop) -> RunStop {
    taken(try remote.tip() ?? "a commit that is gone again")
  }

  /// An operator gave the branch to this state directory: the other one is told by the mark.
  private func replaceMark(_ mark: String, _ sight: RemoteBranch.Sight) throws(RunStop) {
    let ref = FenceMark.ref(order.branch)
    let answer = try remote.push([.init(head: mark, ref: ref, lease: sight.mark ?? "")])
    guard !answer.isSuccess else { return }
    switch PushTrouble(answer, ref: ref) {
    case .refused(let why): run.log("the branch is taken over without a mark: \(why)")
    case .outrun: throw try outrun()
    case .transient(let why): throw git.unreached(why)
    }
  }

  /// Fast-forwards to the branch.
  ///
  /// If git cannot, somebody else's commits are there, which a later push would have to overwrite;
  /// unless the tip is the very one we pushed last.
  private func takeIn(_ tip: String) throws(RunStop) {
    let place = checkout.place
    guard let head = try git.commit("HEAD", in: place) else {
      throw .failed("git_failed", "\(checkout.path) has no commit checked out")
    }
    if try git.isAncestor(tip, of: head, in: place) { return }
    var why = "both have commits the other lacks"
    if try git.isAncestor(head, of: tip, in: place) {
      let merged = try git.answer(["merge", "--quiet", "--ff-only", tip], in: place)
      if merged.isSuccess { return try run.sync(checkout.path) }
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

  /// It will be there tomorrow, too: only a person can rename one of the two.
  private func excluded(by rival: String) -> RunStop {
    .failed(
      "branch_excluded",
      "the remote has a branch `\(rival.dropFirst("refs/heads/".count))`, and git cannot have "
        + "`\(order.branch)` beside it; set git.branch_prefix to another one, or rename that "
        + "branch, then `symphony retry \(run.spec.itemKey)`", .misconfigured)
  }

  private func taken(_ tip: String) -> RunStop {
    .failed(
      RunCode.branchTaken,
      "the branch `\(order.branch)` is on the remote (\(tip.prefix(12))) and this state directory "
        + "did not make it; delete it there, or `symphony retry --take-over \(run.spec.itemKey)`")
  }
}
