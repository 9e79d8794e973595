// An agent that ends at once on one item after the other, without having asked its provider for
// anything, is broken and not the items: a missing library, a bad update, a wrong setting. Its
// account is held for the operator, with one probe, before every item is parked.

extension RunResult {
  /// The agent itself ended within a minute of the run's beginning and left no trace of work.
  var crashedAtOnce: Bool {
    let isAgents = failure == .agent || failure == .misconfigured
    return outcome == .failed && isAgents && !lostSession && turns <= 1 && usage == Usage()
      && !madeProgress && endedAt - startedAt < .minutes(1)
  }
}

extension Planning {
  /// So many different items: one or two may be odd themselves.
  static let itemsThatShowABrokenAgent = 3

  /// Holds the account of a run that crashed like those of other items.
  /// - Returns: false where the item may be at fault: then it is an attempt of its own.
  mutating func settlesBrokenAgent(_ run: RunRecord, _ result: RunResult, _ words: String) -> Bool {
    let account = accountOf(run)
    let crashed = crashedItems(of: account)
    guard result.crashedAtOnce, crashed >= Self.itemsThatShowABrokenAgent,
      var record = items[run.item]
    else { return false }
    giveBack(&record, result.usage)
    holdForOperator(
      run,
      "\(account) ended at once, and used nothing, on \(crashed) different items; the last: "
        + result.summary)
    runAgain(run.item, .resume, .zero, words)
    return true
  }

  /// How many items' last runs ended so, the last one of this account's included.
  private func crashedItems(of account: Account) -> Int {
    items.values.filter { $0.crashedOn == account && !$0.claim.isReleased }.count
  }

  /// A run that was served ends the suspicion.
  ///
  /// If so many items had ended at once that the account was held, its agent must have been mended:
  /// the items it parked are worked on again.
  mutating func clearSuspicion(of account: Account) {
    let wasBroken = crashedItems(of: account) >= Self.itemsThatShowABrokenAgent
    for id in itemOrder {
      guard var record = items[id], record.crashedOn == account else { continue }
      record.crashedOn = nil
      items[id] = record
      guard wasBroken, case .parked(let parking) = record.claim else { continue }
      switch parking.reason {
      case .attemptsExhausted, .agentMisconfigured:
        startAfresh(id, Wake(.agentMended, text: account.text, at: trackerNow))
      default: break
      }
    }
  }
}

extension Claim {
  package var isReleased: Bool { if case .released = self { true } else { false } }
}
