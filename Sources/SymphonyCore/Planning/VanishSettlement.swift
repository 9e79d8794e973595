// Runs that left no result, and clean-up runs: what their end means for the item. The counters here
// are what keeps a machine that kills its workers from spending money for ever.

extension Planning {
  mutating func settleVanished(
    _ run: RunRecord, _ seen: RunObservation, _ how: RunObservation.Vanishing
  ) {
    let rebooted = how == .restarted
    let summary =
      switch how {
      case .restarted: "the machine was restarted"
      case .notLaunched: "it could not be launched"
      case .hindered: "its machine had no room for its result"
      case .neverStarted: "its worker never started"
      case .died: "its worker died without a result"
      }
    if how == .notLaunched { return settleNotLaunched(run, summary) }
    close(run, .vanished, summary, spent: seen.progress?.spent ?? [])
    guard var record = items[run.item] else { return }
    if run.purpose == .cleanUp {
      if rebooted { return }
      if how == .hindered { return waitForRoom(&record) }
      return postponeCleanUp(&record, "its worker died without a result")
    }
    if let progress = seen.progress {
      record.usage += progress.usage
      book(run, progress.spent, progress.usage)
    }
    if (seen.progress?.turn ?? 0) > 0 { record.startsFresh = false }
    noteVanished(seen, in: &record)
    items[run.item] = record
    if let stop = run.stop, stop.by == .operator {
      return park(run.item, by: stop)
    }
    // It knew its account's limit when it died: that is what the item waits for.
    if case .limited(let until)? = seen.progress?.failure, doubt(until) == nil {
      let why =
        "\(accountOf(run)) is at its limit" + (until.map { " until \($0.rfc3339)" } ?? "")
      holdLimited(run, until: until, why)
      return runAgain(run.item, .resume, .zero, why)
    }
    if let doubt = seen.progress?.spent.disbelief {
      return parkInDoubt(run, doubt)
    }
    if rebooted { return runAgain(run.item, .resume, .zero, summary) }
    if how == .hindered { return waitForMachine(run, summary, usage: seen.progress?.usage) }
    if how == .neverStarted, record.counters.earlyVanishes < Self.earlyVanishesForgiven {
      record.counters.earlyVanishes += 1
      items[run.item] = record
      return runAgain(run.item, .resume, .zero, summary)
    }
    if let stop = run.stop, stop.by == .reconcile || stop.by == .budget {
      return runAgain(run.item, .resume, .zero, stop.why)
    }
    record.counters.vanishes += 1
    record.counters.failures += 1
    items[run.item] = record
    if record.counters.vanishes >= Self.vanishesBeforeParking {
      return park(
        run.item, .vanishedRepeatedly,
        "\(record.counters.vanishes) runs in a row died without a result; see its worker.log")
    }
    failLater(run, run.stop?.why ?? summary, delay: .zero)
  }

  /// A run of which nothing is there: it costs the item nothing, and the next tick may launch it.
  private mutating func settleNotLaunched(_ run: RunRecord, _ summary: String) {
    close(run, .vanished, summary)
    guard var record = items[run.item], run.purpose == .work else { return }
    record.runs = max(0, record.runs - 1)
    record.counters.launches = max(0, record.counters.launches - 1)
    items[run.item] = record
    if let stop = run.stop, stop.by == .operator { return park(run.item, by: stop) }
    runAgain(run.item, .resume, .zero, run.stop?.why ?? summary)
  }

  mutating func settleCleanUp(_ run: RunRecord, _ result: RunResult) {
    close(run, result.outcome, result.summary)
    items[run.item]?.left.keep(result.kept)
    guard var record = items[run.item] else { return }
    reachedRemote(by: run, result)
    if result.code == RunCode.remoteFailed {
      holdRemote(run, result)
      return
    }
    if [RunCode.workspaceAbsent, RunCode.machineTrouble].contains(result.code) {
      return waitForRoom(&record)
    }
    if result.removed {
      record.hasWorkspace = false
      record.unpushed = nil
      record.left.clear()
      record.clearCleanUps()
      // One that goes on gets its workspace again in the same place, where its session lives.
      if record.claim.isReleased { record.home = nil }
      items[run.item] = record
      return
    }
    switch result.push {
    case .unpushed(let head, _), .refused(let head, _), .branchMoved(let head, _):
      if record.claim.isReleased {
        record.unpushed = head
        record.left.clear()
      } else {
        // Nothing of it is owed: its next run goes on from there.
        record.left.commit = head
      }
    case .nothing, .pushed: break
    }
    if result.outcome == .succeeded {
      // It did what it was to do, and found what the next run of the item would miss.
      record.cleanUpProblem = result.summary
      record.cleanUpFailures += 1
      record.cleanUpAfter = Deadline(
        setAt: now, delay: RetryDeadline.keptWorkspace(times: record.cleanUpFailures))
      items[run.item] = record
      return
    }
    postponeCleanUp(&record, result.summary)
  }

  /// A clean-up waits for its disk, and no failure is counted.
  private mutating func waitForRoom(_ record: inout ItemRecord) {
    record.cleanUpAfter = Deadline(setAt: now, delay: RetryDeadline.absentDisk)
    items[record.id] = record
  }

  /// It is tried for ever, and never in silence.
  private mutating func postponeCleanUp(_ record: inout ItemRecord, _ why: String) {
    record.cleanUpFailures += 1
    record.cleanUpProblem = why
    record.cleanUpAfter = Deadline(
      setAt: now, delay: RetryDeadline.cleanUp(record.cleanUpFailures))
    items[record.id] = record
  }
}
