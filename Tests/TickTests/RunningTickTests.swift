// A request that is left while a tick plans: the tick looks once more and carries it out itself.
import SymphonyCore
import SymphonyPlatform
import SymphonyTick
import Synchronization
import Testing

@Suite struct RunningTickTests {
  @Test func aRequestLeftDuringATickIsCarriedOutByIt() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick()
    #expect(bench.store.load().runs.count == 1)
    let isAsked = Mutex(false)
    let report = await bench.tick { snapshot in
      let plan = Planner.plan(snapshot)
      let isFirst = isAsked.withLock { asked in
        defer { asked = true }
        return !asked
      }
      if isFirst {
        bench.store.rows.withLock { rows in
          rows.state.requests = [
            OperatorRequest(
              id: 1, kind: .stop, item: ItemID("I_1"), by: "ann", why: "", at: bench.now)
          ]
        }
        _ = RunningTick.lookAgain(Files.join(bench.directory, "state"))
      }
      return plan
    }
    #expect(report.exit == .done)
    let state = bench.store.load()
    #expect(state.requests.isEmpty)
    #expect(state.runs.first?.stop?.by == .operator)
  }

  @Test func noTickRunsBetweenTicks() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick()
    #expect(!RunningTick.lookAgain(Files.join(bench.directory, "state")))
  }
}
