// The things that a tick does outside its database. The list is closed, and each is idempotent:
// done twice, the world is the same as after once. The planner lists effects in the order in which
// the applier carries them out; the applier decides nothing.

package enum Effect: Hashable, Sendable {
  case launch(LaunchOrder)
  case stop(run: RunID, key: ItemKey, why: String, by: StopOrder.By)
  case kill(run: RunID, key: ItemKey, why: String)
  /// End what a run left behind: processes, files with secrets.
  case sweep(run: RunID, key: ItemKey, processes: Int)
  /// Delete what a run that is over left of secrets, whether it is settled or not.
  case clear(RunID)
  /// Delete the directory of a run that was settled long ago.
  case forget(RunID)
  /// Pay a debt to the tracker.
  case deliver(DeliveryOrder)
}

extension Effect: PlanEntry {
  package var name: String {
    switch self {
    case .launch(let order): order.run.purpose == .work ? "launch" : "clean_up"
    case .stop: "stop"
    case .kill: "kill"
    case .sweep: "sweep"
    case .clear: "clear_run"
    case .forget: "forget_run"
    case .deliver: "deliver"
    }
  }

  package var subject: String {
    switch self {
    case .launch(let order): order.item.key.text
    case .stop(_, let key, _, _), .kill(_, let key, _), .sweep(_, let key, _): key.text
    case .clear(let run), .forget(let run): run.text
    case .deliver(let order): order.key.text
    }
  }

  package var sentence: String {
    switch self {
    case .launch(let order):
      order.run.purpose == .work
        ? "launch run \(order.run.generation) on branch \(order.item.branch)"
        : "remove the workspace (run \(order.run.generation))"
    case .stop(let run, _, let why, _): "stop \(run): \(why)"
    case .kill(let run, _, let why): "kill \(run): \(why)"
    case .sweep(let run, _, 0): "clear what \(run) left behind"
    case .sweep(let run, _, let processes): "end \(processes) process(es) left by \(run)"
    case .clear: "delete the private files it left behind"
    case .forget: "delete its old run directory"
    case .deliver(let order):
      "deliver \(order.kind)" + (order.tries > 0 ? " (try \(order.tries + 1))" : "")
    }
  }

  /// Worth a line; paying a debt that waits and tidying up are not.
  package var isNoteworthy: Bool {
    switch self {
    case .launch, .stop, .kill, .sweep: true
    case .clear, .forget, .deliver: false
    }
  }
}
