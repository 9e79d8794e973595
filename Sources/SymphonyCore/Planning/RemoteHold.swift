// A git remote that cannot be reached is nobody's fault: its repository is held, nothing of it
// starts but one probe at a time, and no launch, attempt or clean-up is counted. FailureSettlement
// and VanishSettlement tell of such ends, Dispatch asks what the hold keeps back.

extension Planning {
  /// The hold of a repository's remote, in force or waiting for its probe.
  private func remoteHold(_ repository: RepositoryName) -> Hold? {
    holds.first { $0.kind == .remote && $0.scope == repository.folded }
  }

  /// There is no branch to begin from, for nobody: an empty repository, a slip in the workflow.
  ///
  /// One that the item names for itself is its own matter.
  func lacksBase(_ run: RunRecord, _ result: RunResult) -> Bool {
    result.code == RunCode.baseMissing && facts[run.item]?.baseBranch == nil
  }

  /// A run that did not get to its remote, or not back to it.
  mutating func settleUnreachable(_ run: RunRecord, _ result: RunResult, _ words: String) {
    guard var record = items[run.item] else { return }
    giveBack(&record, result.usage)
    holdRemote(run, result)
    let owes = record.unpushed != nil
    // The hold is what it waits for.
    runAgain(run.item, owes ? .push : .resume, .zero, words, owed: owes ? result : nil)
  }

  /// An outage ends without a person, and a look at it costs nothing.
  mutating func holdRemote(_ run: RunRecord, _ result: RunResult) {
    guard let repository = items[run.item]?.repository else { return }
    let delay = RetryDeadline.remote(
      of: remoteHold(repository), probedBy: run, limit: policy.limits.maxRetryBackoff)
    hold(
      .remote, repository.folded, delay,
      result.code == RunCode.baseMissing
        ? "nothing can begin in \(repository): \(result.summary)"
        : "the git remote of \(repository) cannot be reached: \(result.summary)",
      needsOperator: false)
  }

  /// The reason for which the hold of an item's remote stops it; nil: none, or it is the probe.
  func remoteHindrance(_ record: ItemRecord) -> Reason? {
    guard let hold = remoteHold(record.repository) else { return nil }
    var why = hold.why
    var until = hold.until?.time
    if !hold.isInForce(at: now) {
      guard isProbing(hold) else { return nil }
      (why, until) = ("one run probes whether the remote is back; \(hold.why)", nil)
    }
    if let head = record.unpushed {
      let next = until.map { "; next try at \($0.rfc3339)" } ?? ""
      return .wait(.unpushed(head: head, why: why + next))
    }
    return .wait(.held(until: until, why: why))
  }

  /// A clean-up needs the remote, too, and is no probe.
  func isRemoteHeld(_ record: ItemRecord) -> Bool {
    remoteHold(record.repository)?.isInForce(at: now) == true
  }

  /// A run that began after the hold's end and got past the fence lifts it at once: what it does
  /// then may take hours, and the others need not wait for that.
  mutating func reachedRemote(by run: RunRecord, _ progress: RunProgress?) {
    guard let progress, progress.turn > 0 || progress.phase == .agent || progress.phase == .hooks
    else { return }
    liftRemote(by: run)
  }

  /// The same of a run that has ended.
  mutating func reachedRemote(by run: RunRecord, _ result: RunResult) {
    let isPushed = if case .pushed = result.push { true } else { false }
    guard result.code != RunCode.remoteFailed,
      result.fenced || result.turns > 0 || isPushed
        || result.removed
    else { return }
    liftRemote(by: run)
  }

  private mutating func liftRemote(by run: RunRecord) {
    guard let repository = items[run.item]?.repository, let hold = remoteHold(repository),
      isAfter(hold, run)
    else { return }
    holds.removeAll { $0.kind == .remote && $0.scope == hold.scope }
    told.append(.holdLifted(kind: "remote \(repository)"))
  }
}
