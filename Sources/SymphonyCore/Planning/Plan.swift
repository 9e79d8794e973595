// The plan of a tick: one verdict per item, the rows that record it, the news, and the effects
// outside the database in their order. The changes are committed in one transaction before the
// first effect begins.

package struct Plan: Hashable, Sendable {
  /// One per item, sorted by key.
  package var verdicts: [Verdict]
  /// Items that no part of the planner gave a verdict: a bug of the planner.
  ///
  /// Nothing of such a plan may be committed or carried out.
  package var unjudged: [ItemKey] = []
  /// In the order in which they are carried out.
  package var effects: [Effect]
  package var news: [News]
  package var changes: [Change]
  /// Sentences for a person about the tick as a whole, such as a refresh that counts as failed.
  package var notes: [String]
  /// Items it cannot decide about before somebody has looked who stands behind them, in the order
  /// in which they matter; a plan that was made after that look asks for none.
  package var inquiries: [ItemRecord] = []
  /// Items that wait for their turn, in the order in which they get it when nothing changes.
  package var queue: [ItemID] = []
  /// More debts are due than a tick may pay: the next one goes on.
  package var leavesDebts = false
  /// The runs it starts, clean-ups among them.
  package var launches: [LaunchOrder] {
    effects.compactMap { if case .launch(let order) = $0 { order } else { nil } }
  }

  package init(
    verdicts: [Verdict], effects: [Effect], news: [News], changes: [Change], notes: [String]
  ) {
    self.verdicts = verdicts
    self.effects = effects
    self.news = news
    self.changes = changes
    self.notes = notes
  }
}

/// One line of a plan, for people and for `--json`.
package protocol PlanEntry: Sendable {
  /// Stable: programs match it.
  var name: String { get }
  /// The item, run or hold it is about.
  var subject: String { get }
  var sentence: String { get }
}
