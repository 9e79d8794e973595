// Settles an ended or vanished run: a claim, debts to the tracker, counters. Also the watchdog over
// the workers themselves. A run is settled only when all its processes are gone: until then it is
// swept.

extension Planning {
  /// How long a phase or a pulse may be overdue before the worker counts as hung.
  static let hungAfter: Interval = .seconds(60)
  static let earlyVanishesForgiven = 3
  static let vanishesBeforeParking = 3
  /// Failures in a row on one resumed session, before the next run begins a fresh one.
  static let resumeFailuresForgiven = 2

  mutating func settleRuns() {
    guard let poll = snapshot.runs else {
      for run in snapshot.state.runs {
        verdicts[run.item] = .notChecked("the workers could not be looked at")
      }
      return
    }
    // A sweep clears as well. No run waits for it: whatever is still there the next tick finds.
    effects += poll.uncleared.filter { poll.runs[$0]?.leftovers.atLeast == nil }.map(Effect.clear)
    for run in snapshot.state.runs {
      guard let seen = poll.runs[run.id], let record = items[run.item] else { continue }
      switch (seen.liveness, seen.leftovers.atLeast) {
      case (.unknown(let why), _):
        verdicts[run.item] = .notChecked("its worker could not be looked at: \(why)")
      case (.alive(let vitals), _): watch(run, seen, vitals, record)
      case (_, let processes?):
        effects.append(.sweep(run: run.id, key: record.key, processes: processes))
        verdicts[run.item] = .run(.sweeping(processes: processes))
      case (.ended(let result), nil):
        note(seen, of: run)
        if run.purpose == .cleanUp {
          settleCleanUp(run, result)
        } else {
          settle(run, result)
        }
      case (.vanished(let how), nil):
        note(seen, of: run)
        settleVanished(run, seen, how)
      }
    }
    // Last, when all that ended is booked.
    for run in snapshot.state.runs where run.purpose == .work {
      guard let seen = poll.runs[run.id], case .alive = seen.liveness, Self.spends(seen),
        let living = runs[run.id],
        let record = items[run.item], let why = overspending(record)
      else { continue }
      order(living, record, StopOrder(by: .budget, why: why, at: now))
    }
  }

  /// Hooks, commit and push cost nothing: what the agent has finished is not thrown away for money.
  ///
  /// A hook before a turn is followed by the agent, and the next tick sees that.
  private static func spends(_ seen: RunObservation) -> Bool {
    switch seen.progress?.phase {
    case .hooks, .finishing, .pushing, .cleaning, .ended: false
    case .starting, .preparing, .fencing, .agent, nil: true
    }
  }

  /// A live run: its verdict, and the end of a worker that hangs or does not obey.
  private mutating func watch(
    _ run: RunRecord, _ seen: RunObservation, _ vitals: RunObservation.Vitals, _ record: ItemRecord
  ) {
    let phase = seen.progress?.phase.rawValue ?? "starting"
    verdicts[run.item] =
      run.purpose == .cleanUp
      ? .run(.cleaningUp) : .run(.running(turn: seen.progress?.turn ?? 0, phase: phase))
    reachedRemote(by: run, seen.progress)
    if let stop = run.stop, stop.by != .budget || Self.spends(seen) {
      verdicts[run.item] = .run(.stopping(why: stop.why))
      let grace = Interval.seconds(15) + policy.hooks.timeout
      if isOver(grace, since: stop, of: run, vitals) {
        effects.append(
          .kill(run: run.id, key: record.key, why: "it did not stop within \(grace.description)"))
      } else {
        effects.append(.stop(run: run.id, key: record.key, why: stop.why, by: stop.by))
      }
      return
    }
    // Its agent has ended; what follows costs nothing and may take as long as it always may.
    if let stop = run.stop { verdicts[run.item] = .run(.stopping(why: stop.why)) }
    var why: String?
    if let silence = vitals.silence, silence > Self.hungAfter {
      why = "no sign of life for \(silence.description)"
    }
    if let over = vitals.phaseOverrun, over > Self.hungAfter {
      why = "its phase \(phase) is \(over.description) over its limit"
    }
    if !vitals.isIdentified, (vitals.age ?? now - run.launchedAt) > Self.hungAfter {
      why = "its worker did not start within \(Self.hungAfter.description)"
    }
    guard let why else { return }
    var hung = run
    hung.stop = StopOrder(by: .watchdog, why: why, at: now)
    runs[run.id] = hung
    verdicts[run.item] = .run(.stopping(why: why))
    effects.append(.kill(run: run.id, key: record.key, why: why))
  }

  /// Whether a worker had its time to obey.
  ///
  /// Clocks are set and machines sleep: it is measured by the worker's own age, from the first tick
  /// on that saw it alive after the order. By the time of the order only where no age is known.
  private mutating func isOver(
    _ grace: Interval, since stop: StopOrder, of run: RunRecord,
    _ vitals: RunObservation.Vitals
  ) -> Bool {
    guard let age = vitals.age else {
      return Deadline(setAt: stop.at, delay: grace).isDue(at: now)
    }
    guard let first = stop.workerAge, first <= age else {
      var seen = run
      seen.stop?.workerAge = age
      runs[run.id] = seen
      return false
    }
    return Interval(milliseconds: age.milliseconds - first.milliseconds) > grace
  }

  /// Notes what a run tells about itself, however it ended.
  private mutating func note(_ seen: RunObservation, of run: RunRecord) {
    guard var record = items[run.item] else { return }
    if let session = seen.progress?.session {
      record.session = OwnedSession(session, of: accountOf(run))
    }
    if let head = seen.progress?.fenceHead { record.fenceHead = head }
    if seen.progress?.fenced == true { record.ownsBranch = true }
    items[run.item] = record
  }

  mutating func close(
    _ run: RunRecord, _ outcome: Outcome, _ summary: String, spent: [TurnUsage] = []
  ) {
    var closed = run
    closed.spent = spent
    closed.phase = .settled
    closed.outcome = outcome
    closed.settledAt = now
    closed.summary = summary
    runs[run.id] = closed
    guard let record = items[run.item] else { return }
    told.append(.settled(run: run.id, key: record.key, outcome: outcome, summary: summary))
  }

  private mutating func settle(_ run: RunRecord, _ result: RunResult) {
    let watchdog = run.stop?.by == .watchdog
    let outcome: Outcome = watchdog && result.outcome == .cancelled ? .stalled : result.outcome
    close(run, outcome, watchdog ? run.stop?.why ?? "" : result.summary, spent: result.spent)
    guard var record = items[run.item] else { return }
    record.counters.vanishes = 0
    record.counters.earlyVanishes = 0
    if let session = result.session {
      record.session = OwnedSession(session, of: accountOf(run))
    }
    if result.lostSession, result.session == nil { record.session = nil }
    // No model can read the session any more: the next run begins a fresh one.
    if result.failure == .contextOverflow { record.session = nil }
    giveUpSession(of: &record, outcome, result)
    record.usage += result.usage
    if !isTransient(result.failure) { record.counters.transients = 0 }
    record.takeOver = false
    if result.fenced { record.ownsBranch = true }
    if result.fenced, result.turns > 0 || outcome == .succeeded { record.startsFresh = false }
    if result.crashedAtOnce { record.crashedOn = accountOf(run) }
    noteCommits(outcome, result, in: &record)
    items[run.item] = record
    noteReplies(run, result)
    book(run, result.spent, result.usage)
    probed(by: run, result)
    if !result.crashedAtOnce { items[run.item]?.crashedOn = nil }
    reachedRemote(by: run, result)
    switch outcome {
    case .succeeded: settleSuccess(run, result)
    case .cancelled: settleCancelled(run, result)
    case .blocked: settleBlocked(run, result)
    case .failed, .timedOut, .stalled, .vanished: settleFailure(run, result)
    }
    if let doubt = result.spent.disbelief { parkInDoubt(run, doubt + remainder(result)) }
    // An operator's stop holds also when the run ended by itself before the signal reached it.
    if let stop = run.stop, stop.by == .operator, case .retrying? = items[run.item]?.claim {
      park(run.item, by: stop, remainder(result))
    }
  }

  /// A session that fails whoever resumes it may be damaged: a new one can do better.
  ///
  /// A failure of the provider or the account says nothing about the session.
  private func giveUpSession(
    of record: inout ItemRecord, _ outcome: Outcome, _ result: RunResult
  ) {
    let isForeign = result.failure.map { $0 != .agent } ?? false
    if outcome == .cancelled || isForeign { return }
    let failed = [.failed, .stalled, .timedOut].contains(outcome)
    record.counters.resumeFailures =
      failed && result.resumedInVain ? record.counters.resumeFailures + 1 : 0
    if record.counters.resumeFailures >= Self.resumeFailuresForgiven {
      record.session = nil
      record.counters.resumeFailures = 0
    }
  }

  /// Parks an item whose agent reports figures that cannot be true.
  ///
  /// None of its figures could be counted against a limit, so it gets no further run by itself. Its
  /// finished work is handed off all the same. Its session goes, because a counter that jumped
  /// would hide later usage.
  mutating func parkInDoubt(_ run: RunRecord, _ doubt: String) {
    guard var record = items[run.item] else { return }
    record.session = nil
    items[run.item] = record
    switch record.claim {
    case .retrying, .running, .unclaimed:
      park(
        run.item, .figuresInDoubt,
        "\(doubt); look at the agent, then `symphony retry \(record.key.reference)`")
    case .handedOff, .parked, .released: break
    }
  }

  private mutating func settleSuccess(_ run: RunRecord, _ result: RunResult) {
    guard var record = items[run.item] else { return }
    record.counters.failures = 0
    items[run.item] = record
    if settlesPush(run, result) { return }
    if !result.isUnfinished, case .unpushed(let head, let why) = result.push {
      return owePush(run, result, head, why)
    }
    // An agent that says there is more to do has nothing ready for a person's review.
    if result.isUnfinished { return continueLater(run, result) }
    let open = openPullRequest(of: record)
    if result.commitsAhead > 0 || open != nil {
      return handOff(run, result, existing: open)
    }
    continueLater(run, result)
  }

  private mutating func handOff(_ run: RunRecord, _ result: RunResult, existing: PullRequestRef?) {
    guard var record = items[run.item] else { return }
    let wasRound = isInRound(record)
    if wasRound, parksRejected(record) { return }
    record.counters.continuations = 0
    record.counters.idleRuns = 0
    record.wake = nil
    // Once per pull request: a later run that adds commits to the same one says nothing new.
    let earlierEnded =
      snapshot.survey.pullRequest(of: head(of: record)).map { $0.state != .open } ?? false
    if earlierEnded { record.pullRequest = nil }
    let isNews = record.pullRequest == nil
    if let existing { record.pullRequest = existing }
    items[run.item] = record
    var claim = handoff(existing, facts[run.item])
    claim.pushedOnly = !policy.pullRequest.openOnSuccess
    claim.remark = PullRequestText.remark(result)
    setClaim(
      run.item, .handedOff(claim), why: claim.pushedOnly ? "branch pushed" : "the work is pushed")
    if !claim.pushedOnly {
      // After a retry those of the run before may still be owed: they speak of the same branch.
      let owed = debts(of: run.item).map(\.payload)
      if existing == nil, !owed.contains(where: { $0.storedKind == .ensurePullRequest }) {
        owe(
          run.item, dedupeKey: "pull-request/\(run.id)",
          .ensurePullRequest(pullRequestOrder(record, result)))
      }
      if policy.pullRequest.commentOnIssue, isNews, takesWords(record),
        !owed.contains(where: { $0.storedKind == .comment && $0.needsPullRequest })
      {
        owe(
          run.item, dedupeKey: "comment/\(run.id)",
          .comment(
            CommentOrder(
              repository: record.repository, key: record.key, number: record.number,
              text: PullRequestText.comment(result))))
      }
    }
    guard answerFeedback(run, result), !wasRound else { return }
    moveOnHandoff(record, run, needsPullRequest: !claim.pushedOnly)
  }

  /// The pull request is the hand-off; labels and status follow it, owed and not a condition.
  private mutating func moveOnHandoff(
    _ record: ItemRecord, _ run: RunRecord, needsPullRequest: Bool
  ) {
    move(
      record, selection.labelsOn.handoff, "labels-handoff/\(run.id)",
      needsPullRequest: needsPullRequest)
    guard let value = policy.tracker.handoffStatus else { return }
    owe(
      record.id, dedupeKey: "status-handoff/\(run.id)",
      .setStatus(
        StatusOrder(
          key: record.key, repository: record.repository, value: value,
          expected: workStatuses, checks: policy.pullRequest.requiredChecks,
          branch: record.branch, needsPullRequest: needsPullRequest)))
  }

  private mutating func pullRequestOrder(_ record: ItemRecord, _ result: RunResult)
    -> PullRequestOrder
  {
    let text = PullRequestText(
      record: record, result: result, item: facts[record.id],
      repository: snapshot.survey.facts(of: record.repository), policy: policy,
      renderer: snapshot.renderer)
    let (order, problems) = text.order()
    notes += problems
    return order
  }

  private mutating func continueLater(_ run: RunRecord, _ result: RunResult) {
    guard var record = items[run.item] else { return }
    record.counters.continuations += 1
    record.counters.idleRuns = result.madeProgress ? 0 : record.counters.idleRuns + 1
    items[run.item] = record
    let isAway = result.code == RunCode.remoteFailed
    if isAway { holdRemote(run, result) }
    let rest = whereItsCommitsAre(record, result)
    if record.counters.idleRuns >= 2 {
      return park(
        run.item, .noProgress,
        "two runs in a row ended well and left neither a commit nor a change; the agent said: "
          + PullRequestText.quote(result.message) + rest)
    }
    if record.counters.continuations > policy.limits.maxContinuations {
      let runs = "\(policy.limits.maxContinuations) continuations"
      return park(
        run.item, .continuationsExhausted,
        result.isUnfinished
          ? "the agent has not finished after \(runs); the last run: \(result.summary)" + rest
          : "\(runs) without anything to hand off")
    }
    let why =
      result.wantsContinuation
      ? "the agent asked to go on"
      : result.isUnfinished ? "the agent has not finished" : "the run ended well but left no commit"
    runAgain(
      run.item, .continuation, RetryDeadline.continuation(record.counters.continuations),
      why + remainder(result))
  }

  private mutating func settleBlocked(_ run: RunRecord, _ result: RunResult) {
    guard var record = items[run.item] else { return }
    record.wake = nil
    items[run.item] = record
    if takesWords(record) {
      owe(
        run.item, dedupeKey: "blocked/\(run.id)",
        .comment(
          CommentOrder(
            repository: record.repository, key: record.key, number: record.number,
            text: PullRequestText.blocked(result))))
    }
    park(
      run.item, .agentBlocked,
      "the agent says it is blocked: " + PullRequestText.quote(result.summary) + remainder(result))
  }

  private mutating func settleCancelled(_ run: RunRecord, _ result: RunResult) {
    let rest = remainder(result)
    if let stop = run.stop, stop.by == .operator {
      return park(run.item, by: stop, rest)
    }
    if settlesPush(run, result) { return }
    if result.code == RunCode.remoteFailed { holdRemote(run, result) }
    runAgain(run.item, .resume, .zero, (run.stop?.why ?? "the worker was told to end") + rest)
  }

  /// `owed`: the run whose push is owed; what it said goes with the debt.
  mutating func runAgain(
    _ id: ItemID, _ kind: Retry.Kind, _ delay: Interval, _ sentence: String,
    owed: RunResult? = nil
  ) {
    let deadline = Deadline(setAt: now, delay: delay)
    var retry = Retry(kind: kind, deadline: deadline, sentence: sentence, words: owed?.message)
    let remarks = owed.map(PullRequestText.troubles) ?? []
    retry.remarks = remarks.isEmpty ? nil : remarks
    setClaim(id, .retrying(retry), why: sentence)
  }

  /// Our branch's open pull request, if the survey saw one that is not older than the item's epoch.
  func openPullRequest(of record: ItemRecord) -> PullRequestRef? {
    guard let seen = snapshot.survey.pullRequest(of: head(of: record)), seen.state == .open else {
      return nil
    }
    return seen.ref
  }
}
