// The words about one item in a line of the screen, and at full length under -v: the facts of the
// report in words, nothing found out anew. Used by StatusScreen and StatusDetail.
import SymphonyCore

extension ItemReport {
  /// The one thing to know about it, for a line that is cut: what was ordered, what its run does or
  /// what became of it, what it waits for.
  package func brief(at now: Moment) -> String {
    if let request = self.requests.last {
      return request.sentence(at: now)
    }
    if let live = self.live, live.purpose == .work { return brief(of: live) }
    if let refused = self.debts.first(where: \.isRefused) {
      return "\(refused.kind) refused: \(refused.error)"
    }
    if let because = self.because, let retryAt = self.retryAt, retryAt > now,
      self.code == Wait.retryWaiting(until: now.time).code
    {
      return because
    }
    if self.section == .handedOff, let owed = self.debts.first(where: { !$0.error.isEmpty }) {
      return "\(owed.kind) owed: \(owed.error)"
    }
    return self.sentence
  }

  private func brief(of live: LiveRunReport) -> String {
    switch live.life {
    case .alive:
      guard live.stop == nil, let phase = live.phase else { return self.sentence }
      let turn = live.turn.map { $0 > 0 ? "turn \($0)" : "" } ?? ""
      let place = turn.isEmpty || phase != .agent ? "\(phase.rawValue)" : turn
      return live.lastEvent.isEmpty ? place : "\(place): \(live.lastEvent)"
    case .gone: return "its worker is gone: the next tick settles it"
    case .ended: return self.sentence
    case .unknown: return "its worker could not be looked at"
    }
  }

  /// The moment its age in a line counts from.
  package var ageStart: Moment {
    switch self.section {
    case .running: self.live?.startedAt ?? self.since ?? self.firstSeen
    case .doneToday, .doneEarlier: self.doneAt ?? self.since ?? self.firstSeen
    case .needsYou, .waiting, .handedOff, .leftOut, .unlisted: self.since ?? self.firstSeen
    }
  }

  /// Its age, or how long it still has to wait.
  package func age(at now: Moment) -> String {
    if self.section == .waiting, let retryAt = self.retryAt, retryAt > now {
      return "in \(Age.short(retryAt.time - now.time))"
    }
    return Age.short(now.time - ageStart.time)
  }

  /// Of all its runs, dollars before tokens; empty: nothing.
  package var shortMoney: String {
    let dollars = self.costUSD + self.runningCostUSD
    if dollars > 0 { return "$\(PullRequestText.money(dollars))" }
    return MoneyWords.short(tokens: Usage.capped(self.tokens, self.runningTokens))
  }

  /// Everything in one sentence, however long.
  package func full(at now: Moment) -> String {
    var text = self.sentence
    if let live = self.live, live.life == .alive, live.phase != nil {
      text += " (run \(live.generation), \((now.time - live.startedAt.time).description))"
      if !live.lastEvent.isEmpty { text += ": \(Columns.cut(live.lastEvent, to: 120))" }
    }
    let tokens = Usage.capped(self.tokens, self.runningTokens)
    if let spent = MoneyWords.spent(tokens: tokens, dollars: self.costUSD + self.runningCostUSD) {
      text += "; \(spent) so far"
    }
    if let doubt = self.doubt, !self.sentence.contains(doubt) { text += "; \(doubt)" }
    for debt in self.debts where !debt.error.isEmpty { text += "; \(words(debt))" }
    for clause in clauses { text += "; \(clause)" }
    if let workspace = self.workspace, mayNeedWorkspace, !text.contains(workspace) {
      text += "; workspace \(workspace)"
    }
    return text
  }

  /// Somebody may have to look into it, or take work out of it.
  private var mayNeedWorkspace: Bool { self.needsHuman || self.unpushed != nil }

  /// The words of the tracker stand once, also where the verdict quotes them already.
  func words(_ debt: DebtReport) -> String {
    let state = debt.isRefused ? "refused" : "owed"
    return self.sentence.contains(debt.error)
      ? "\(debt.kind) is \(state)" : "\(debt.kind) \(state): \(debt.error)"
  }

  /// The clauses about commits left behind, without the one that the verdict says already.
  var clauses: [String] {
    guard let unpushed = self.unpushed, self.sentence.contains("commit \(unpushed.prefix(12))")
    else {
      return self.leftBehind
    }
    return self.leftBehind.filter { !$0.hasPrefix("commit \(unpushed.prefix(12)) ") }
  }
}

extension Wait {
  fileprivate static func retryWaiting(until time: Timestamp) -> Wait {
    .retryWaiting(until: time, sentence: "")
  }
}

enum MoneyWords {
  /// For a column; empty for none.
  static func short(tokens: Int64) -> String {
    switch tokens {
    case ..<1: ""
    case ..<1000: "\(tokens) tok"
    case ..<1_000_000: "\(tokens / 1000)k tok"
    default: "\(tokens / 1_000_000)M tok"
    }
  }

  /// Nil when nothing was spent.
  static func spent(tokens: Int64, dollars: Double) -> String? {
    if tokens == 0, dollars == 0 { return nil }
    return dollars > 0
      ? "\(tokens) tokens, $\(PullRequestText.money(dollars))" : "\(tokens) tokens"
  }
}
