// What the answer to a delivery becomes: pure, called by the applier after each one. A failed write
// never re-runs an agent. What a person can mend is tried for ever; what nothing can mend ends the
// entry, and the item says so.

package enum DeliverySettlement {
  /// The entry as it must be stored before its request is sent: from now on it may have happened.
  package static func begun(_ entry: OutboxEntry, now: Timestamp) -> OutboxEntry {
    var begun = entry
    begun.tries += 1
    begun.nextTry = Deadline(setAt: now, delay: .zero)
    return begun
  }

  /// - Parameters:
  ///   - now: when the tick began.
  ///   - clockOffset: the tracker's clock minus ours.
  package static func changes(
    _ entry: OutboxEntry, _ record: ItemRecord, delivered: Delivery, now: Timestamp,
    clockOffset: Interval
  ) -> [Change] {
    var done = entry
    done.state = .delivered
    done.lastError = ""
    var item = record
    switch delivered {
    case .pullRequest(let request, _):
      item.pullRequest = request
      if case .handedOff(var handoff) = item.claim {
        handoff.pullRequest = request
        item.claim = .handedOff(handoff)
      }
    case .comment: break
    case .done:
      // What our own move left there is what a human's is told from, also when they move it before
      // the next look. An answer from before this tick is a stale one; clocks differ by a little.
      if case .setStatus(let order) = entry.payload, case .handedOff(var handoff) = item.claim {
        handoff.status = order.value
        handoff.statusAt = now + clockOffset - .seconds(2)
        item.claim = .handedOff(handoff)
      }
    case .waiting(let why):
      // No failure: it is asked again, less and less often.
      var waiting = entry
      waiting.lastError = why
      waiting.nextTry = Deadline(setAt: now, delay: patience(now - entry.createdAt))
      return [.putOutbox(waiting)]
    case .converted(let key):
      item.claim = .released(
        Release(reason: .gone, at: now, pullRequest: nil, note: "the draft became \(key)"))
    case .superseded(let why):
      done.state = .superseded
      done.lastError = why
      if case .ensurePullRequest = entry.payload, case .handedOff = item.claim {
        item.claim = parked(.pullRequestForeign, why, now + clockOffset)
      }
    }
    // What our own late write set off must not look like a human's touch.
    if case .parked(var parking) = item.claim, parking.fingerprint != nil {
      parking.fingerprint = nil
      item.claim = .parked(parking)
    }
    return item == record ? [.putOutbox(done)] : [.putItem(item), .putOutbox(done)]
  }

  package static func changes(
    _ entry: OutboxEntry, _ record: ItemRecord, failed error: TrackerError, now: Timestamp,
    clockOffset: Interval
  ) -> [Change] {
    var next = entry
    next.lastError = error.sentence
    switch error.disposition {
    case .transient(let until):
      let delay = until.map { min(max($0 - now, .zero), .days(7)) } ?? backoff(entry.tries)
      next.nextTry = Deadline(setAt: now, delay: delay)
      return [.putOutbox(next)]
    case .operator:
      // For ever: what a person has to mend may take them days, and is a click then.
      next.nextTry = Deadline(setAt: now, delay: backoff(entry.tries))
      return [.putOutbox(next)]
    case .permanent:
      next.state = .refused
      if case .convertDraft = entry.payload {
        var item = record
        item.claim = parked(
          .draftRefused, "the draft could not become an issue: \(error.sentence)",
          now + clockOffset)
        return [.putItem(item), .putOutbox(next)]
      }
      guard case .ensurePullRequest = entry.payload, case .handedOff = record.claim else {
        return [.putOutbox(next)]
      }
      var item = record
      item.claim = parked(
        .pullRequestRefused, "the pull request was refused for good: \(error.sentence)",
        now + clockOffset)
      return [.putItem(item), .putOutbox(next)]
    }
  }

  /// How long to wait before asking again what has not come true for `waited`: a tenth of it,
  /// between half a minute and ten.
  static func patience(_ waited: Interval) -> Interval {
    min(max(Interval(milliseconds: waited.milliseconds / 10), .seconds(30)), .minutes(10))
  }

  /// What speaks of a pull request which will never be there.
  package static func withdrawn(_ entry: OutboxEntry) -> [Change] {
    var next = entry
    next.state = .superseded
    next.lastError = "its pull request was refused"
    return [.putOutbox(next)]
  }

  /// - Parameter since: on the tracker's clock, which the comments are compared with that wake it.
  private static func parked(
    _ reason: Parking.Reason, _ detail: String, _ since: Timestamp
  ) -> Claim {
    .parked(Parking(reason: reason, detail: detail, since: since, fingerprint: nil))
  }

  /// 10 s x 2^(n-1), at most 10 minutes: the tick is the retry loop.
  static func backoff(_ tries: Int) -> Interval {
    min(.seconds(10 << Int64(min(max(tries - 1, 0), 20))), .minutes(10))
  }
}
