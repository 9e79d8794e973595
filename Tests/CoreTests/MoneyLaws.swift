// Laws about money and accounts, checked after every step of the random histories: nothing starts for
// an account that is held, one run probes it, nothing starts on a day that is paid out, no stop for
// money without a limit that was reached, and no attempt spent for what is not the item's fault.
import SymphonyCore
import Testing

enum MoneyLaws {
  static func check(_ before: World, _ after: World, _ plan: Plan, _ place: Comment) {
    checkHolds(after, plan, place)
    checkDay(before, after, plan, place)
    checkAttempts(before, after, place)
  }

  /// The plan ends this run because of money.
  static func isForMoney(_ plan: Plan, _ id: RunID) -> Bool {
    plan.changes.contains { change in
      if case .putRun(let run) = change { run.id == id && run.stop?.by == .budget } else { false }
    }
  }

  private static func checkHolds(_ after: World, _ plan: Plan, _ place: Comment) {
    for hold in after.state.holds where hold.kind == .agent {
      let started = plan.launches.filter {
        $0.run.purpose == .work && $0.run.account == hold.account
      }
      if hold.isInForce(at: after.now) {
        #expect(started.isEmpty, "a launch for a held account, \(place)")
      } else if let end = hold.until?.time {
        let probes = after.state.runs.filter {
          $0.purpose == .work && $0.account == hold.account && $0.launchedAt >= end
        }
        #expect(probes.count <= 1, "more than one probe, \(place)")
      }
    }
  }

  private static func spent(_ world: World) -> Double {
    let day = String(world.now.rfc3339.prefix(10))
    let booked = world.state.totals.filter { $0.day == day }.map(\.usage.costUSD)
    let living = world.state.runs.map { world.runs[$0.id]?.progress?.usage.costUSD ?? 0 }
    return (booked + living).reduce(0, +)
  }

  private static func checkDay(
    _ before: World, _ after: World, _ plan: Plan, _ place: Comment
  ) {
    if let limit = after.policy.limits.maxCostPerDay, spent(after) >= limit + 0.001 {
      let started = plan.launches.filter { order in
        order.run.purpose == .work && order.item.unpushed == nil
      }
      #expect(started.isEmpty, "a launch on a day that is paid out, \(place)")
    }
    for run in after.state.runs where isForMoney(plan, run.id) {
      let budget = after.policy.agent.budget
      let used = before.runs[run.id]?.progress?.usage ?? Usage()
      let record = after.state.items.first { $0.id == run.item }
      let dollars = used.costUSD + (record?.usage.costUSD ?? 0)
      let tokens = used.totalTokens + (record?.usage.totalTokens ?? 0)
      let isOver =
        budget.maxCostPerItem.map { dollars >= $0 } == true
        || budget.maxTokensPerItem.map { tokens >= $0 } == true
        || after.policy.limits.maxCostPerDay.map { spent(after) >= $0 - 0.001 } == true
      #expect(isOver, "stopped for money that was not spent, \(place)")
    }
  }

  private static func checkAttempts(_ before: World, _ after: World, _ place: Comment) {
    for run in before.state.runs where run.purpose == .work && run.stop == nil {
      guard case .ended(let result)? = before.runs[run.id]?.liveness, result.outcome == .failed,
        let failure = result.failure, [.limited, .operator, .transient].contains(failure.kind),
        before.runs[run.id]?.leftovers == RunObservation.Leftovers.none, !before.executorFails
      else { continue }
      let old = before.state.items.first { $0.id == run.item }?.counters.failures ?? 0
      let new = after.state.items.first { $0.id == run.item }?.counters.failures ?? 0
      #expect(new <= old, "an attempt was spent for \(failure.kind), \(place)")
    }
  }
}
