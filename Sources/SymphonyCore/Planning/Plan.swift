// What a tick will do: one verdict per item, the actions in order, and the rows that say so
// durably. The changes are committed in one transaction before any action with an effect outside
// the database begins.

package struct Plan: Hashable, Sendable {
  /// One per item, sorted by key.
  package var verdicts: [Verdict]
  /// Items that no part of the planner gave a verdict: a bug of the planner. Nothing of such a plan
  /// may be committed or carried out.
  package var unjudged: [ItemKey] = []
  package var actions: [Action]
  package var changes: [Change]
  /// What a person should know about the tick as a whole: a refresh that counts as failed, and the
  /// like.
  package var notes: [String]
  /// Items it cannot decide about before somebody has looked who stands behind them, in the order
  /// in which they matter; a plan that was made after that look asks for none.
  package var inquiries: [ItemRecord] = []
  /// More debts are due than a tick may pay: the next one goes on.
  package var leavesDebts = false
  /// The runs it starts, clean-ups among them.
  package var launches: [LaunchOrder] {
    actions.compactMap { if case .launch(let order) = $0 { order } else { nil } }
  }

  package init(verdicts: [Verdict], actions: [Action], changes: [Change], notes: [String]) {
    self.verdicts = verdicts
    self.actions = actions
    self.changes = changes
    self.notes = notes
  }
}

/// Closed, and idempotent each: carried out twice, the world is the same as after once.
package enum Action: Hashable, Sendable {
  /// A run is over; its outcome became rows.
  case settle(run: RunID, key: ItemKey, outcome: Outcome, summary: String)
  /// A claim changed without a run.
  case changeClaim(key: ItemKey, from: String, to: String, why: String)
  /// A debt to the tracker was entered.
  case enqueue(key: ItemKey, kind: String)
  case launch(LaunchOrder)
  case stop(run: RunID, key: ItemKey, why: String, by: StopOrder.By)
  case kill(run: RunID, key: ItemKey, why: String)
  case sweep(run: RunID, key: ItemKey, processes: Int)
  /// Pay a debt to the tracker.
  case deliver(DeliveryOrder)
  case hold(kind: String, why: String)
  case liftHold(kind: String)
  /// Delete the directory of a run that was settled long ago.
  case forgetRun(RunID)

  package var name: String {
    switch self {
    case .settle: "settle"
    case .changeClaim: "change_claim"
    case .enqueue: "enqueue"
    case .launch(let order): order.run.purpose == .work ? "launch" : "clean_up"
    case .stop: "stop"
    case .kill: "kill"
    case .sweep: "sweep"
    case .deliver: "deliver"
    case .hold: "hold"
    case .liftHold: "lift_hold"
    case .forgetRun: "forget_run"
    }
  }
  /// The item or run it is about.
  package var subject: String {
    switch self {
    case .settle(_, let key, _, _), .changeClaim(let key, _, _, _), .enqueue(let key, _),
      .stop(_, let key, _, _), .kill(_, let key, _), .sweep(_, let key, _):
      key.text
    case .deliver(let order): order.key.text
    case .launch(let order): order.item.key.text
    case .hold(let kind, _), .liftHold(let kind): kind
    case .forgetRun(let run): run.text
    }
  }
  package var sentence: String {
    switch self {
    case .settle(let run, _, let outcome, let summary):
      "settle \(run): \(outcome.rawValue)" + (summary.isEmpty ? "" : ", \(summary)")
    case .changeClaim(_, let from, let to, let why): "\(from) -> \(to): \(why)"
    case .enqueue(_, let kind): "owe the tracker: \(kind)"
    case .launch(let order):
      order.run.purpose == .work
        ? "launch run \(order.run.generation) on branch \(order.item.branch)"
        : "remove the workspace (run \(order.run.generation))"
    case .stop(let run, _, let why, _): "stop \(run): \(why)"
    case .kill(let run, _, let why): "kill \(run): \(why)"
    case .sweep(let run, _, 0): "clear what \(run) left behind"
    case .sweep(let run, _, let processes): "end \(processes) process(es) left by \(run)"
    case .deliver(let order):
      "deliver \(order.kind)" + (order.tries > 0 ? " (try \(order.tries + 1))" : "")
    case .hold(_, let why): "hold: \(why)"
    case .liftHold: "lift the hold: its time has passed"
    case .forgetRun: "delete its old run directory"
    }
  }
}

/// A run to start: the rows as committed, and the facts its worker needs.
package struct LaunchOrder: Hashable, Sendable {
  package var item: ItemRecord
  package var run: RunRecord
  /// The tracker's facts; nil for a clean-up.
  package var workItem: WorkItem?
  package var newSessionID: String
  /// The agent's words that go with an owed push.
  package var debtWords: String?
  package var debtRemarks: [String]?
  package var agent: AgentPolicy
  /// Nil: no limit.
  package var budget: RunBudget?
  package init(
    item: ItemRecord, run: RunRecord, workItem: WorkItem?, newSessionID: String,
    agent: AgentPolicy = AgentPolicy()
  ) {
    self.item = item
    self.run = run
    self.workItem = workItem
    self.newSessionID = newSessionID
    self.debtWords = nil
    self.debtRemarks = nil
    self.agent = agent
    self.budget = nil
  }
}
