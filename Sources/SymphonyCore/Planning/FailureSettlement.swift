// Settles a failed run by its failure: a hold of the agent's account, a retry that costs no
// attempt, an attempt more, or a wait for a person. Only the agent's own faults spend an attempt.

extension Failure {
  /// The provider's or the account's trouble: a run that met it proves nothing about either.
  var isProviders: Bool {
    switch self {
    case .transient, .limited, .operator: true
    case .budget, .contextOverflow, .misconfigured, .agent: false
    }
  }
}

extension Planning {
  mutating func settleFailure(_ run: RunRecord, _ result: RunResult) {
    guard var record = items[run.item] else { return }
    if result.code == RunCode.branchTaken { return park(run.item, .branchTaken, result.summary) }
    let words = result.summary + remainder(result)
    switch result.failure {
    // The hold is what the item waits for; when it is lifted early, nothing else keeps the item.
    case .limited(let until):
      if let doubt = doubt(until) {
        // The reset cannot be true: only this item waits, and its account is not held.
        record.counters.transients += 1
        giveBack(&record, result.usage)
        return runAgain(
          run.item, .resume, RetryDeadline.provider(record.counters.transients, run: run.id),
          "\(words); \(doubt)")
      }
      giveBack(&record, result.usage)
      holdLimited(run, until: until, result.summary)
      return runAgain(run.item, .resume, .zero, words)
    case .operator:
      giveBack(&record, result.usage)
      holdForOperator(run, result.summary)
      return runAgain(run.item, .resume, .zero, words)
    // Whether the work or its push comes first is asked before these.
    case .transient, .budget, .contextOverflow, .misconfigured, .agent, nil: break
    }
    if settlesPush(run, result) { return }
    if result.code == RunCode.debtGone {
      // The owed commit is not in the workspace any more: the work has to be done again.
      record.unpushed = nil
      items[run.item] = record
      return runAgain(run.item, .resume, .zero, words)
    }
    if result.code == RunCode.workspaceAbsent {
      record.counters.transients += 1
      giveBack(&record, result.usage)
      // While the disk is not there dispatch keeps it, too.
      return runAgain(
        run.item, .resume, RetryDeadline.provider(record.counters.transients, run: run.id), words)
    }
    if result.code == RunCode.machineTrouble {
      return waitForMachine(run, words, usage: result.usage)
    }
    if result.code == RunCode.remoteFailed || lacksBase(run, result) {
      return settleUnreachable(run, result, words)
    }
    if settlesBrokenAgent(run, result, words) { return }
    switch result.failure {
    case .transient:
      record.counters.transients += 1
      giveBack(&record, result.usage)
      runAgain(
        run.item, .resume, RetryDeadline.provider(record.counters.transients, run: run.id),
        words + Self.persistence(record.counters.transients))
    // No attempt of the item's: dispatch says what it waits for, or parks it.
    case .budget(.item), .budget(.day): runAgain(run.item, .resume, .zero, words)
    case .misconfigured:
      record.counters.failures += 1
      items[run.item] = record
      park(run.item, .agentMisconfigured, words)
    case .limited, .operator, .budget(.run), .contextOverflow, .agent, nil:
      record.counters.failures += 1
      items[run.item] = record
      failLater(run, words)
    }
  }

  /// A trouble of the provider's that holds no account: how often it comes in a row is counted.
  func isTransient(_ failure: Failure?) -> Bool {
    switch failure {
    case .transient: true
    case .limited(let until): doubt(until) != nil
    case .operator, .budget, .contextOverflow, .misconfigured, .agent, nil: false
    }
  }

  /// About an hour of trouble that should pass by itself, by the waits between the runs.
  static let transientsBeforeAsking = 7

  /// A trouble that does not pass by itself needs a person, and its sentence must say so.
  private static func persistence(_ transients: Int) -> String {
    transients < transientsBeforeAsking
      ? ""
      : "; \(transients) times in a row: it does not pass by itself, a person should look at the "
        + "agent's provider, its login and the network"
  }

  /// A run that nobody served is no launch that `agent.max_runs_per_item` counts: holds and backoff
  /// bound how often that happens, and an outage of a night must not park every item.
  mutating func giveBack(_ record: inout ItemRecord, _ usage: Usage) {
    if usage == Usage() {
      record.counters.launches = max(0, record.counters.launches - 1)
    }
    items[record.id] = record
  }

  /// Not the item's fault and not its agent's: it waits longer and longer, and no attempt is spent.
  mutating func waitForMachine(_ run: RunRecord, _ words: String, usage: Usage?) {
    guard var record = items[run.item] else { return }
    record.counters.transients += 1
    giveBack(&record, usage ?? Usage())
    let times = record.counters.transients
    let advice =
      times < Self.transientsBeforeAsking
      ? ""
      : "; \(times) times in a row: it does not pass by itself, "
        + "`symphony doctor` looks at the disks"
    runAgain(
      run.item, .resume, RetryDeadline.provider(times, run: run.id), words + advice)
  }

  /// One more attempt is spent already; the next one waits, or there is none.
  mutating func failLater(_ run: RunRecord, _ words: String, delay: Interval? = nil) {
    guard let record = items[run.item] else { return }
    let failures = record.counters.failures
    if let limit = policy.limits.maxAttempts, failures >= limit {
      return park(
        run.item, .attemptsExhausted,
        failures == 1
          ? "its only attempt failed: \(words)"
          : "\(failures) attempts in a row failed, the last: \(words)")
    }
    runAgain(
      run.item, .failure,
      delay
        ?? RetryDeadline.failure(failures, limit: policy.limits.maxRetryBackoff, run: run.id), words
    )
  }

  // MARK: Holds of an account

  /// Why a reset cannot be one; nil: it can, or none is named.
  func doubt(_ until: Timestamp?) -> String? {
    guard let until else { return nil }
    if until <= now { return "that time is over, so no other item waits for it" }
    guard until - now > RetryDeadline.longestLimit else { return nil }
    return "no limit lasts so long, so no other item waits for it"
  }

  /// Until the reset the agent names, or without one twice as long each time it is met again.
  ///
  /// A reset in doubt holds no account.
  mutating func holdLimited(_ run: RunRecord, until: Timestamp?, _ why: String) {
    let delay =
      until.map { RetryDeadline.reset($0, now: now) }
      ?? RetryDeadline.limit(of: accountHold(run), probedBy: run)
    hold(.agent, accountOf(run).text, delay, why, needsOperator: false)
  }

  /// Tried again, less and less often: somebody may have logged in meanwhile.
  ///
  /// `symphony resume` lifts it at once.
  mutating func holdForOperator(_ run: RunRecord, _ why: String) {
    let delay = RetryDeadline.mending(of: accountHold(run), probedBy: run)
    hold(.agent, accountOf(run).text, delay, why, needsOperator: true)
  }

  private func accountHold(_ run: RunRecord) -> Hold? {
    holds.first { $0.account == accountOf(run) }
  }

  /// Of runs that meet a limit together the latest reset counts.
  mutating func hold(
    _ kind: Hold.Kind, _ scope: String, _ delay: Interval, _ why: String, needsOperator: Bool
  ) {
    let deadline = Deadline(setAt: now, delay: delay)
    let known = holds.first { $0.kind == kind && $0.scope == scope }
    if let known, known.isInForce(at: now), let until = known.until, until.time >= deadline.time {
      return
    }
    holds.removeAll { $0.kind == kind && $0.scope == scope }
    var hold = Hold(kind: kind, scope: scope, why: why, until: deadline, setAt: now)
    hold.needsOperator = needsOperator
    holds.append(hold)
    told.append(.holdSet(kind: "\(kind.rawValue) \(scope)", why: why))
  }

  /// A run that began after its account's hold ended, and was served, ends the hold.
  ///
  /// One that never got as far as a turn, or met another trouble of the provider's, proves nothing.
  mutating func probed(by run: RunRecord, _ result: RunResult) {
    if result.turns == 0 || result.failure?.isProviders == true { return }
    let endedWell = result.outcome == .succeeded || result.outcome == .blocked
    guard endedWell || result.usage != Usage() else { return }
    let account = accountOf(run)
    if let hold = accountHold(run), isAfter(hold, run) {
      holds.removeAll { $0.account == account }
    }
    clearSuspicion(of: account)
  }

  /// A run that began after a hold's end, also where the clock was set back since.
  func isAfter(_ hold: Hold, _ run: RunRecord) -> Bool {
    hold.until.map { run.launchedAt >= $0.time } == true
      || now < hold.setAt && run.launchedAt <= now
  }
}

extension Hold {
  /// Of a pause: why, and its end where it has one; empty: neither is known.
  var pauseWords: String {
    guard let until else { return why }
    return (why.isEmpty ? "" : "\(why), ") + "until \(until.time.rfc3339)"
  }

  /// Of an operator's hold of an account.
  var holdWords: String { heldByOperator + (why.isEmpty ? "" : ": \(why)") }
  private var heldByOperator: String {
    "\(scope) is held by an operator (`symphony resume \(scope)` lifts it)"
  }

  /// Whether an item's verdict tells of this hold of an operator's.
  ///
  /// Which account the item gets, its row does not say.
  package func isTold(in sentence: String) -> Bool {
    kind == .byOperator && sentence.contains(heldByOperator)
  }

  /// Why, and when it is looked at again by itself.
  var sentence: String {
    let again =
      until.map { "; tried again at \($0.time.rfc3339), or after `symphony resume`" } ?? ""
    return why + again
  }
}
