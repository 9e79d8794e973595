// Notes what becomes of a run's commits at its end: finished work whose push is owed, unfinished
// work in the workspace only, commits kept under a ref of their own, a push that cannot succeed.
// Called by the settlements; LeftBehind itself says what status prints of it.

extension Planning {
  /// `unpushed` is finished work whose push is owed: the next run pushes it and no agent starts.
  ///
  /// `left` is what an unfinished run could not push, named by status under every verdict; the next
  /// run goes on from it and pushes it with the rest.
  func noteCommits(_ outcome: Outcome, _ result: RunResult, in record: inout ItemRecord) {
    record.left.keep(result.kept)
    let isFinished = outcome == .succeeded && !result.isUnfinished
    switch result.push {
    case .pushed:
      record.unpushed = nil
      record.left.clear()
    case .nothing:
      if outcome == .succeeded {
        record.unpushed = nil
        record.left.clear()
      } else if result.head != nil {
        // It looked, and the remote has all of it.
        record.left.clear()
      } else if result.turns > 0, record.unpushed == nil {
        // It could not look: git did not answer before it had to end.
        record.left.isUnseen = true
      }
    case .unpushed(let head, _), .refused(let head, _), .branchMoved(let head, _):
      if isFinished {
        record.unpushed = head
        record.left.clear()
      } else if record.unpushed == nil {
        record.left.commit = head
        (record.left.isUnknown, record.left.isUnseen) = (nil, nil)
      }
    }
  }

  /// A worker that died told nothing: an agent that had begun may have committed.
  func noteVanished(_ seen: RunObservation, in record: inout ItemRecord) {
    guard let progress = seen.progress, progress.turn > 0, record.unpushed == nil else { return }
    record.left.isUnknown = true
  }

  /// A clause to add to the words about a run that left commits in its workspace only.
  func remainder(_ result: RunResult) -> String {
    guard case .unpushed(let head, _) = result.push else { return "" }
    return "; commit \(head.prefix(12)) is only in its workspace"
  }

  /// For the sentence of an item that only a person can move on.
  func whereItsCommitsAre(_ record: ItemRecord, _ result: RunResult) -> String {
    let rest = remainder(result)
    if !rest.isEmpty || result.commitsAhead == 0 { return rest }
    return "; what it committed is pushed to branch \(record.branch)"
  }

  /// Finished work that could not be pushed: the next run pushes it, and no agent is needed.
  mutating func owePush(_ run: RunRecord, _ result: RunResult, _ head: String, _ why: String) {
    guard var record = items[run.item] else { return }
    let words = "commit \(head.prefix(12)) could not be pushed: \(why)"
    if result.code == RunCode.remoteFailed { return settleUnreachable(run, result, words) }
    record.counters.continuations += 1
    let delay = RetryDeadline.failure(
      record.counters.continuations, limit: policy.limits.maxRetryBackoff, run: run.id)
    items[run.item] = record
    runAgain(run.item, .push, delay, words, owed: result)
  }

  /// A push that no later run can make succeed parks the item, however the run itself ended.
  mutating func settlesPush(_ run: RunRecord, _ result: RunResult) -> Bool {
    switch result.push {
    case .refused(_, let why):
      park(run.item, .pushRefused, "the remote refuses the push for good: \(why)")
    case .branchMoved(_, let remote):
      let branch = items[run.item]?.branch ?? ""
      park(
        run.item, .branchMoved,
        "branch \(branch) holds commit \(remote.prefix(12)), "
          + "which this state directory did not push"
      )
    case .nothing, .pushed, .unpushed: return false
    }
    return true
  }
}
