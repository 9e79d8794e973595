// Turns the answer to a delivery into rows: pure, called by the applier after each one. A failed
// write never runs an agent again. A write that a person can make possible is tried for ever; one
// that nothing can make possible ends its entry, and the item says so.

/// The rows an answer changes, and what is told of them.
package struct AnsweredDelivery: Sendable {
  package var changes: [Change]
  package var news: [News]
}

package enum DeliverySettlement {
  /// The entry as it must be stored before its request is sent: from now on it may have happened.
  package static func begun(_ entry: OutboxEntry, now: Timestamp) -> OutboxEntry {
    var begun = entry
    begun.tries += 1
    begun.nextTry = Deadline(setAt: now, delay: .zero)
    return begun
  }

  /// `entry`: the debt that was begun.
  ///
  /// `record`: its item as it is stored now. `debts`: all that is owed now; only those of the item
  /// count. `snapshot`: the facts of the tick. Its rows are those from before the plan and are not
  /// read.
  package static func settle(
    _ entry: OutboxEntry, _ answer: Result<Delivery, TrackerError>, of record: ItemRecord,
    debts: [OutboxEntry], in snapshot: Snapshot
  ) -> AnsweredDelivery {
    let after = answered(entry, answer, now: snapshot.now)
    var facts = snapshot
    facts.state.items = [record]
    facts.state.runs = []
    facts.state.outbox = debts.filter { $0.item == record.id }
      .map { $0.id == after.id ? after : $0 }.filter { $0.state == .pending }
    var planning = Planning(facts)
    planning.extraChanges.append(.putOutbox(after))
    planning.settle(after, answer)
    return AnsweredDelivery(changes: planning.changedRows(), news: planning.told)
  }

  /// The entry after its answer: paid, ended, or tried again at a time.
  private static func answered(
    _ entry: OutboxEntry, _ answer: Result<Delivery, TrackerError>, now: Timestamp
  ) -> OutboxEntry {
    var next = entry
    next.lastError = ""
    switch answer {
    case .success(.waiting(let why)):
      // No failure: it is asked again, less and less often.
      next.lastError = why
      next.nextTry = Deadline(setAt: now, delay: RetryDeadline.patience(now - entry.createdAt))
    case .success(.superseded(let why)):
      next.state = .superseded
      next.lastError = why
    case .success(.pullRequest), .success(.comment), .success(.done), .success(.converted):
      next.state = .delivered
    case .failure(let error):
      next.lastError = error.sentence
      switch error.disposition {
      case .transient(let until):
        next.nextTry = Deadline(
          setAt: now, delay: RetryDeadline.delivery(entry.tries, until: until, now: now))
      // For ever: what a person has to mend may take them days, and is a click then.
      case .operator:
        next.nextTry = Deadline(
          setAt: now, delay: RetryDeadline.delivery(entry.tries, until: nil, now: now))
      case .permanent: next.state = .refused
      }
    }
    return next
  }
}

extension Planning {
  /// Settles the item by the answer.
  fileprivate mutating func settle(_ entry: OutboxEntry, _ answer: Result<Delivery, TrackerError>) {
    switch answer {
    case .success(let delivery): settle(entry, delivery)
    case .failure(let error): settle(entry, error)
    }
    guard var record = items[entry.item] else { return }
    switch record.claim {
    case .handedOff(let handoff): verdicts[record.id] = handedOffVerdict(record, handoff)
    case .parked(var parking)
    where parking.fingerprint != nil && [.delivered, .superseded].contains(entry.state):
      // Our own late write changes the item, too: that must not look like a person's touch.
      parking.fingerprint = nil
      record.claim = .parked(parking)
      items[record.id] = record
    case .unclaimed, .running, .retrying, .parked, .released: break
    }
  }

  private mutating func settle(_ entry: OutboxEntry, _ delivery: Delivery) {
    guard var record = items[entry.item] else { return }
    switch delivery {
    case .pullRequest(let request, _):
      record.pullRequest = request
      if case .handedOff(var handoff) = record.claim {
        handoff.pullRequest = request
        record.claim = .handedOff(handoff)
      }
      items[record.id] = record
    case .done:
      if case .merge(let order) = entry.payload, order.usesQueue {
        record.followUp?.queuedHead = order.head
        items[record.id] = record
      }
      if case .resolveThread(let order) = entry.payload {
        record.followUp?.resolved.append(order.thread)
        items[record.id] = record
      }
      // Remember the status that we just set: a different one seen later means that a person moved
      // the item, even if they do so before our next look. An answer from before this tick is a
      // stale one; clocks differ by a little.
      if case .setStatus(let order) = entry.payload, case .handedOff(var handoff) = record.claim {
        handoff.status = order.value
        handoff.statusAt = now + snapshot.survey.clockOffset - .seconds(2)
        record.claim = .handedOff(handoff)
        items[record.id] = record
      }
    case .converted(let key):
      let note = "the draft became \(key)"
      setClaim(
        record.id, .released(Release(reason: .gone, at: now, pullRequest: nil, sentence: note)),
        why: note)
      verdicts[record.id] = .rest(.gone(note))
    case .superseded(let why):
      if entry.payload.storedKind == .merge || entry.payload.storedKind == .updateBranch {
        record.followUp?.refuse(why)
        items[record.id] = record
      }
      if case .ensurePullRequest = entry.payload, case .handedOff = record.claim {
        park(record.id, .pullRequestForeign, why)
      }
    case .comment, .waiting: break
    }
  }

  private mutating func settle(_ entry: OutboxEntry, _ error: TrackerError) {
    if case .rateLimited(let until, let why) = error { holdTracker(until: until, why) }
    guard entry.state == .refused, var record = items[entry.item] else { return }
    switch (entry.payload, record.claim) {
    case (.merge, _), (.updateBranch, _):
      record.followUp?.refuse(error.sentence)
      items[record.id] = record
    case (.convertDraft, _):
      park(
        record.id, .draftRefused, "the draft could not become an issue: \(error.sentence)")
    case (.ensurePullRequest, .handedOff):
      park(
        record.id, .pullRequestRefused,
        "the pull request was refused for good: \(error.sentence)")
    case (.ensurePullRequest, _), (.comment, _), (.setStatus, _), (.setLabels, _),
      (.closeIssue, _), (.reply, _), (.resolveThread, _), (.requestReview, _), (.rerunChecks, _):
      break
    }
  }
}
