// Verdicts of items for which a worker lives, is being started or is being ended. Settlement gives
// those of runs it sees, Dispatch and Housekeeping those of runs they start.

package enum RunState: Hashable, Sendable {
  case launching(generation: Int)
  /// Turn 0: no agent has begun yet.
  case running(turn: Int, phase: String)
  case stopping(why: String)
  case sweeping(processes: Int)
  case cleaningUp

  package var code: String {
    switch self {
    case .launching: "launching"
    case .running: "running"
    case .stopping: "stopping"
    case .sweeping: "sweeping"
    case .cleaningUp: "cleaning_up"
    }
  }

  /// Of every case.
  package static let codes = Set(
    [
      RunState.launching(generation: 0), .running(turn: 0, phase: ""), .stopping(why: ""),
      .sweeping(processes: 0), .cleaningUp,
    ].map(\.code))

  package var sentence: String {
    switch self {
    case .launching(let generation): "starting run \(generation)"
    case .running(let turn, let phase):
      turn > 0
        ? "an agent is at work, turn \(turn), phase \(phase)"
        : "a worker is at work, phase \(phase)"
    case .stopping(let why): "the run is being stopped: \(why)"
    case .sweeping(let processes): "ending \(processes) process(es) the run left behind"
    case .cleaningUp: "removing its workspace"
    }
  }
}
