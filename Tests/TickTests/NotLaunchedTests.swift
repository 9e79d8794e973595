// A machine that can start nothing: the tick tries once, says so, and costs the items nothing.
import SymphonyCore
import SymphonyTick
import Synchronization
import Testing

@Suite struct NotLaunchedTests {
  @Test(arguments: [ExecutorError.notLaunched("no process"), .disk("no space")])
  func oneTryIsEnoughInATick(error: ExecutorError) async throws {
    let bench = try Bench(issues: 1..<4)
    bench.executor.runs.withLock { $0.refusal = error }
    for round in 1...8 {
      let report = await bench.tick()
      let tries = bench.record.taken().filter { $0.hasPrefix("try ") }
      #expect(tries.count == 1, "round \(round): \(tries)")
      #expect(report.launched == 0)
      #expect(report.failures.filter { $0.hasSuffix(error.sentence) }.count == 1)
      #expect(report.exit == (error.code == "not_launched" ? .willRetry : .state))
      for record in bench.store.load().items {
        #expect(record.counters.failures == 0 && record.counters.vanishes == 0)
        #expect(record.counters.earlyVanishes == 0 && record.counters.launches <= 1)
        if case .parked = record.claim { Issue.record("\(record.key) is parked") }
      }
      bench.pass(.seconds(30))
    }
    bench.executor.runs.withLock { $0.refusal = nil }
    let report = await bench.tick()
    #expect(report.launched == 3 && report.exit == .done)
  }

  /// What concerns one item keeps no other from being launched.
  @Test func aConflictIsOneItemsOwn() async throws {
    let bench = try Bench(issues: 1..<4)
    bench.executor.runs.withLock { $0.refusal = .alreadyLaunched("a worker of this item lives") }
    let report = await bench.tick()
    #expect(bench.record.taken().filter { $0.hasPrefix("try ") }.count == 3)
    #expect(report.failures.count == 3 && report.exit == .willRetry)
  }
}
