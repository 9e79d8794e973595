// Carries out a key of the live view as the commands would: the same judgement, the same rows, the
// same answer. The database is open for no longer than that takes.
import SymphonyCore
import SymphonyReport
import SymphonyStore
import SymphonyTick

struct LiveSteering {
  let place: Place

  /// The lines that the command of that name would print.
  func carryOut(_ action: LiveView.LiveAction) -> [StyledLine] {
    do {
      try refuseInsideRun()
      let desk = try Desk(at: place, create: action == .pause)
      defer { desk.database.close() }
      guard let report = try order(action, desk) else { return [] }
      return report.said.map { StyledLine($0) }
        + report.refusals.map { StyledLine($0, .red) }
        + (report.hint.map { [StyledLine($0, .dim)] } ?? [])
    } catch let stop as Stop {
      let hint = stop.hint.map { [StyledLine($0, .dim)] } ?? []
      return [StyledLine(stop.message ?? "it could not be done", .red)] + hint
    } catch {
      return [StyledLine("\(error)", .red)]
    }
  }

  /// Nil: nothing is written for it.
  private func order(_ action: LiveView.LiveAction, _ desk: Desk) throws -> SteeringReport? {
    switch action {
    case .stop(let id): return try order(.stop, id, desk)
    case .retry(let id): return try order(.retry, id, desk)
    case .pause: return try PauseCommand.order(desk)
    case .resume: return try Resumption(desk: desk).order()
    case .leave, .refresh, .read: return nil
    }
  }

  private func order(_ kind: OperatorRequest.Kind, _ id: String, _ desk: Desk) throws
    -> SteeringReport
  {
    guard let record = desk.state.items.first(where: { $0.id.text == id }) else {
      throw Stop(.usage, "the issue is not on record any more")
    }
    return try IssueRequests(desk: desk, kind: kind, words: [record.key.text]).order([record])
  }
}
