// Tokens and dollars: what a turn, a run, an item, a day came to, by agent and model, always in the
// agent's own figures. Cumulative counters of a session are kept with the session, so that only
// differences are added. Limits are judged in Planning/Budget.swift and by the worker.

/// Tokens and dollars, as the agent reported them.
package struct Usage: Hashable, Codable, Sendable {
  /// Everything that was read, from a cache too.
  package var inputTokens: Int64 = 0
  /// The part of `inputTokens` that came from a cache.
  package var cachedInputTokens: Int64 = 0
  package var outputTokens: Int64 = 0
  package var costUSD: Double = 0
  package init() {}
  package var totalTokens: Int64 { Self.capped(inputTokens, outputTokens) }
  /// A figure no agent means must neither turn negative nor end us.
  package static func capped(_ one: Int64, _ other: Int64) -> Int64 {
    let (sum, overflow) = one.addingReportingOverflow(other)
    return overflow ? .max : sum
  }
  package static func += (sum: inout Usage, more: Usage) {
    sum.inputTokens = capped(sum.inputTokens, more.inputTokens)
    sum.cachedInputTokens = capped(sum.cachedInputTokens, more.cachedInputTokens)
    sum.outputTokens = capped(sum.outputTokens, more.outputTokens)
    // JSON has no way to write an infinite number.
    sum.costUSD = min(sum.costUSD + more.costUSD, 1e12)
  }
  /// The usage in `self` that `earlier` has not.
  ///
  /// Never below zero: an early error reports 0 although the session has cost more.
  package func beyond(_ earlier: Usage) -> Usage {
    var rest = Usage()
    rest.inputTokens = max(0, inputTokens &- earlier.inputTokens)
    rest.cachedInputTokens = max(0, cachedInputTokens &- earlier.cachedInputTokens)
    rest.outputTokens = max(0, outputTokens &- earlier.outputTokens)
    rest.costUSD = max(0, costUSD - earlier.costUSD)
    return rest
  }
  /// The larger of each figure: a cumulative counter never goes back.
  package func orLater(_ other: Usage) -> Usage {
    var later = self
    later += other.beyond(self)
    return later
  }
}

extension Usage {
  /// Figures are claims.
  ///
  /// From here on a turn's are not believed: the dearest model that writes without a pause, ten of
  /// it side by side, takes most of a day for so many dollars.
  package static let unbelievableDollars = 1_000.0
  /// Nor from so many tokens on: a long turn of an agent that reads its whole context anew, from a
  /// cache, every few seconds comes to a tenth of it.
  package static let unbelievableTokens: Int64 = 1_000_000_000

  package var isBelievable: Bool {
    costUSD < Self.unbelievableDollars && totalTokens < Self.unbelievableTokens
  }

  /// These figures with the nearest bound in place of one that is no number or not believed.
  ///
  /// Such a figure stays recognisable, and sums of it stay small.
  var bounded: Usage {
    func tokens(_ count: Int64) -> Int64 { min(max(count, 0), Self.unbelievableTokens) }
    var kept = Usage()
    kept.inputTokens = tokens(inputTokens)
    kept.cachedInputTokens = tokens(cachedInputTokens)
    kept.outputTokens = tokens(outputTokens)
    // A comparison with what is no number is false.
    kept.costUSD = costUSD > 0 ? min(costUSD, Self.unbelievableDollars) : 0
    return kept
  }
}

/// Figures by model, as the agent names it; an empty name where it does not say.
package typealias ModelUsage = [String: Usage]

extension ModelUsage {
  /// Of more names than any agent's turn has models, the rest is counted without one.
  package static let namesKept = 20

  package mutating func add(_ usage: Usage, to model: String) {
    let name = self[model] == nil && count >= Self.namesKept ? "" : model
    self[name, default: Usage()] += usage
  }

  package var total: Usage {
    var sum = Usage()
    // Sorted, because a sum of dollars depends on its order.
    for (_, usage) in sorted(by: { $0.key < $1.key }) { sum += usage }
    return sum
  }
}

/// The usage of one model in one turn.
package struct TurnUsage: Hashable, Codable, Sendable {
  /// From 1, within the run.
  package var turn: Int
  /// As the agent names it; empty where it does not say.
  package var model: String
  package var usage: Usage
  package init(turn: Int, model: String, usage: Usage) {
    self.turn = turn
    self.model = model
    self.usage = usage
  }
}

extension [TurnUsage] {
  package var total: Usage {
    var sum = Usage()
    for share in self { sum += share.usage }
    return sum
  }
  /// Replaces what is known of a turn.
  ///
  /// Here an agent's figures enter our books: they are bounded.
  package mutating func set(_ turn: Int, _ models: ModelUsage) {
    removeAll { $0.turn == turn }
    var kept: ModelUsage = [:]
    for (model, usage) in models.sorted(by: { $0.key < $1.key }) { kept.add(usage, to: model) }
    for (model, usage) in kept.sorted(by: { $0.key < $1.key }) where usage != Usage() {
      append(TurnUsage(turn: turn, model: model, usage: usage.bounded))
    }
  }
  /// The turns whose figures, all models together, are not believed, in order.
  package var unbelievableTurns: [Int] {
    let turns = Dictionary(grouping: self, by: \.turn)
    return turns.filter { !$0.value.total.isBelievable }.keys.sorted()
  }
  /// Without those turns: what may count for anybody else than the item itself.
  package var believed: [TurnUsage] {
    let doubtful = Set(unbelievableTurns)
    return filter { !doubtful.contains($0.turn) }
  }
  /// The usage that the agent claims and symphony does not believe, in words; nil: it believes all.
  package var disbelief: String? {
    let turns = unbelievableTurns
    guard let first = turns.first else { return nil }
    let claimed = filter { $0.turn == first }.total.bounded
    let dollars = PullRequestText.money(claimed.costUSD)
    let others = turns.count > 1 ? " and \(turns.count - 1) more" : ""
    return "its agent claims $\(dollars) and \(claimed.totalTokens) tokens, or more, for turn "
      + "\(first)\(others): that is not believed and counts for nothing but this item"
  }
  package var byModel: ModelUsage {
    var models: ModelUsage = [:]
    for share in self { models[share.model, default: Usage()] += share.usage }
    return models
  }
}

/// Tokens and dollars of one agent's model on one day (`2026-11-21`, UTC).
package struct UsageTotal: Hashable, Sendable {
  package var day: String
  package var account: Account
  package var model: String
  package var usage: Usage
  package init(day: String, account: Account, model: String, usage: Usage) {
    self.day = day
    self.account = account
    self.model = model
    self.usage = usage
  }
}

extension [UsageTotal] {
  /// All of them together.
  package var usage: Usage {
    reduce(into: Usage()) { $0 += $1.usage }
  }
}

/// A session of an agent's, as its run speaks of it: a run has one account.
package struct SessionRef: Hashable, Sendable {
  package var id: String
  /// The agent's own cumulative figures of this session, to be subtracted from the next ones.
  package var counted: ModelUsage
  package init(id: String, counted: ModelUsage = [:]) {
    self.id = id
    self.counted = counted
  }
}

extension SessionRef: Codable {
  private enum Key: String, CodingKey { case id, counted, cumulativeCostUSD }

  /// The previous version counted dollars only, and not by model.
  package init(from decoder: any Decoder) throws {
    let stored = try decoder.container(keyedBy: Key.self)
    self.init(id: try stored.decode(String.self, forKey: .id))
    if let counted = try stored.decodeIfPresent(ModelUsage.self, forKey: .counted) {
      self.counted = counted
    } else if let dollars = try stored.decodeIfPresent(Double.self, forKey: .cumulativeCostUSD) {
      self.counted = Self.dollarsOnly(dollars)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var stored = encoder.container(keyedBy: Key.self)
    try stored.encode(id, forKey: .id)
    try stored.encode(counted, forKey: .counted)
  }

  /// Figures that name no model.
  package static func dollarsOnly(_ dollars: Double) -> ModelUsage {
    var usage = Usage()
    usage.costUSD = dollars
    return ["": usage]
  }
}

/// The session an item goes on with.
///
/// Another account of the same kind of agent does not know it.
package struct OwnedSession: Hashable, Sendable {
  package var account: Account
  package var session: SessionRef
  package init(_ session: SessionRef, of account: Account) {
    self.account = account
    self.session = session
  }
}

/// The owner of a spending limit: one run, all runs of an item, or the day.
package enum BudgetScope: String, Codable, Sendable, CaseIterable { case run, item, day }

/// The most that a run may spend: fixed at its launch, kept by its worker.
package struct RunBudget: Hashable, Codable, Sendable {
  /// Dollars; nil: no limit.
  package var costUSD: Double?
  /// Which of the limits that is.
  package var scope: BudgetScope
  /// Input and output together; nil: no limit.
  ///
  /// Always the item's.
  package var tokens: Int64?
  package init(costUSD: Double?, scope: BudgetScope, tokens: Int64?) {
    self.costUSD = costUSD
    self.scope = scope
    self.tokens = tokens
  }
  /// The limit that this usage has reached; nil: none.
  package func reached(by usage: Usage) -> BudgetScope? {
    if let costUSD, usage.costUSD >= costUSD { return scope }
    if let tokens, usage.totalTokens >= tokens { return .item }
    return nil
  }
}

extension RunProgress {
  /// The part of its usage that can be true.
  ///
  /// A worker of the previous version tells only the sum.
  package var believed: Usage {
    if !spent.isEmpty { return spent.believed.total }
    return usage.isBelievable ? usage : Usage()
  }
}
