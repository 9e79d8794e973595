// The end of a run's way: its commits on the remote branch, and the words for how that went. A push
// that fails is a debt, never a lost outcome; a push that cannot succeed ends as refused. Called by
// Work and CleanUp; how git is asked is RemoteBranch's business.
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns

/// The fate of the commits in a push.
struct PushReport {
  var state: PushState
  /// The remote could not be asked at all: it says nothing about this push.
  var isOutOfReach = false
}

struct PushOrder {
  let git: GitCommand
  let checkout: Checkout
  /// The tip the run began with: the only one that may be replaced.
  let recorded: String?

  private var remote: RemoteBranch { RemoteBranch(git: git, checkout: checkout) }

  /// Pushes HEAD where the remote branch lacks commits of it.
  /// - Throws: only `.cancelled`, `.leaseLost` and `.broken`; trouble with git is a debt.
  func carryOut(_ head: String) throws(RunStop) -> PushReport {
    try git.run.enter(.pushing, limit: git.run.limits.push)
    do throws(RunStop) {
      return PushReport(state: try bringHome(head))
    } catch {
      guard case .ended(let ending) = error else { throw error }
      switch ending.code {
      // Git refuses to take these commits over, and would refuse them tomorrow.
      case "commits_refused":
        return PushReport(state: .refused(head: head, why: ending.summary))
      case RunCode.remoteFailed:
        return PushReport(state: .unpushed(head: head, why: ending.summary), isOutOfReach: true)
      default: return PushReport(state: .unpushed(head: head, why: ending.summary))
      }
    }
  }

  private func bringHome(_ head: String) throws(RunStop) -> PushState {
    let place = checkout.repository.place
    try WalledClone(git: git, checkout: checkout).takeOut(head)
    let tip = try remote.tip()
    if tip == head {
      try remote.remember(head)
      return .nothing
    }
    var lease: String?
    if let tip {
      // The one that the run began with was brought here by its fence.
      if tip != recorded { try remote.fetch(tip) }
      let lacking = try git.difference(head, tip, in: place)
      if lacking.one == 0 {
        try remote.remember(head)
        return .nothing
      }
      if lacking.other > 0 {
        guard tip == recorded else { return .branchMoved(head: head, remote: tip) }
        // Commits are replaced by better ones, never by none.
        if try isInBase(head) { return .nothing }
        lease = tip
      }
    } else if try isInBase(head) {
      return .nothing
    }
    return try send(head, lease: lease)
  }

  private func send(_ head: String, lease: String?) throws(RunStop) -> PushState {
    // The last look before something irreversible: a lost lease means that another worker may be
    // here.
    try git.run.checkLease()
    let files = LargeFiles(git: git, checkout: checkout)
    if let why = try files.problem(uploading: head, to: try remote.target()) {
      return try bounded(head, why)
    }
    let answer = try remote.push([.init(head: head, ref: remote.ref, lease: lease)])
    if answer.isSuccess { return try pushed(head) }
    switch PushTrouble(answer, ref: remote.ref) {
    case .refused(let why): return .refused(head: head, why: why)
    case .outrun:
      guard let now = try remote.tip() else {
        return .unpushed(head: head, why: answer.complaint)
      }
      return now == head ? try pushed(head) : .branchMoved(head: head, remote: now)
    case .transient(let why):
      // The answer may have been lost after the push was done.
      if !answer.overTime, try remote.tip() == head { return try pushed(head) }
      return try bounded(head, why)
    }
  }

  /// Worth another try, but not for ever.
  private func bounded(_ head: String, _ why: String) throws(RunStop) -> PushState {
    let tries = try PushTries(git: git, place: checkout.repository.place).count(head)
    guard tries >= PushTries.limit else { return .unpushed(head: head, why: why) }
    return .refused(head: head, why: "tried \(tries) times, the last: \(why)")
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
