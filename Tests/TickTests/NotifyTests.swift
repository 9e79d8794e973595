// What `notify.command` is told: the events that were asked for, each at most once, whoever's tick it
// is; and that its trouble is told once and costs nothing.
import SymphonyCore
import SymphonyTick
import Synchronization
import Testing

@Suite struct NotifyTests {
  private func settle(_ bench: Bench, _ outcome: Outcome) throws {
    let run = try #require(bench.store.load().runs.first { $0.purpose == .work })
    let result = RunResult(
      nonce: run.nonce, runID: run.id, outcome: outcome, summary: "s", startedAt: bench.now,
      endedAt: bench.now)
    let seen = RunObservation(liveness: .ended(result))
    bench.executor.runs.withLock { $0.seen[run.id] = seen }
    bench.pass(.minutes(1))
  }

  private func codes(_ bench: Bench) -> [String] {
    bench.notified.withLock { $0.map { "\($0.event?.rawValue ?? "none") \($0.code)" } }
  }

  @Test(arguments: [Snapshot.Trigger.manual, .scheduled, .nudged])
  func eachEventOnceWhoeverTicks(_ trigger: Snapshot.Trigger) async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.notifies = [.parked, .failed] }
    _ = await bench.tick(trigger: trigger)
    try settle(bench, .blocked)
    for _ in 0..<3 {
      _ = await bench.tick(trigger: trigger)
      bench.pass(.minutes(1))
    }
    #expect(codes(bench) == ["parked agent_blocked"])
  }

  @Test func whatWasNotAskedForIsNotTold() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.notifies = [.hold] }
    _ = await bench.tick()
    try settle(bench, .blocked)
    _ = await bench.tick()
    #expect(codes(bench).isEmpty)
  }

  @Test func itsTroubleIsToldOnceAndCostsNothing() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { ($0.notifies, $0.notify) = ([.failed], "failed, exit status 1") }
    _ = await bench.tick(trigger: .scheduled)
    for _ in 0..<2 {
      try settle(bench, .failed)
      let report = await bench.tick(trigger: .scheduled)
      #expect(report.exit == .done, "\(report.problem ?? "")")
      bench.pass(.minutes(5))
      _ = await bench.tick(trigger: .scheduled)
    }
    #expect(codes(bench) == ["failed failed", "failed failed"])
    let told = bench.told.withLock { $0.filter { $0.sentence.contains("notify.command") } }
    #expect(told.count == 1 && told[0].sentence == "notify.command failed, exit status 1")
  }

  @Test func aDeadTimerIsAnEvent() async throws {
    let bench = try Bench(issues: 0..<0)
    bench.trouble.withLock { $0.notifies = [.noTick] }
    _ = await bench.tick(trigger: .scheduled)
    bench.pass(.minutes(10))
    _ = await bench.tick(trigger: .nudged)
    bench.pass(.minutes(10))
    _ = await bench.tick(trigger: .nudged)
    #expect(codes(bench) == ["no_tick no_tick"])
  }

  @Test func yesterdaysEventsAreHistory() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick()
    try settle(bench, .blocked)
    _ = await bench.tick()
    bench.pass(.hours(2))
    bench.trouble.withLock { $0.notifies = [.parked] }
    _ = await bench.tick()
    #expect(codes(bench).isEmpty)
  }

  /// Not an hour ago, and nobody was told.
  @Test func aCommandThatIsSetUpLateHearsWhatLastsAndNoHistory() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick(trigger: .scheduled)
    try settle(bench, .blocked)
    bench.pass(.minutes(10))
    _ = await bench.tick(trigger: .nudged)
    bench.pass(.minutes(1))
    bench.trouble.withLock { $0.notifies = [.parked, .noTick] }
    _ = await bench.tick(trigger: .nudged)
    #expect(codes(bench) == ["no_tick no_tick"])
    #expect(bench.notified.withLock { $0.first?.sentence.contains(" (since ") } == true)
    bench.pass(.minutes(1))
    _ = await bench.tick(trigger: .nudged)
    #expect(codes(bench).count == 1)
  }

  @Test func aCommandIsToldWhatTheTickFoundOutThatFoundIt() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick()
    try settle(bench, .blocked)
    bench.trouble.withLock { $0.notifies = [.parked] }
    _ = await bench.tick()
    #expect(codes(bench) == ["parked agent_blocked"])
  }

  @Test func anEventThatIsAskedForLaterIsNotToldOfThePast() async throws {
    let bench = try Bench(issues: 1..<3)
    bench.trouble.withLock { $0.notifies = [.hold] }
    _ = await bench.tick()
    try settle(bench, .blocked)
    _ = await bench.tick()
    bench.trouble.withLock { $0.notifies = [.hold, .parked] }
    _ = await bench.tick()
    #expect(codes(bench).isEmpty)
    // Taken away and put back: nothing of the time between.
    bench.trouble.withLock { $0.notifies = [] }
    _ = await bench.tick()
    try settle(bench, .blocked)
    _ = await bench.tick()
    bench.trouble.withLock { $0.notifies = [.hold, .parked] }
    _ = await bench.tick()
    #expect(codes(bench).isEmpty)
  }
}
