// What a rehearsal lists is what the tick after it carries out, through the real tick and applier
// over random worlds; and a plan that cannot be relied on is not begun.
import SymphonyCore
import SymphonyTestSupport
import SymphonyTick
import Synchronization
import Testing

@Suite struct TickLawTests {
  /// As the fakes write it down.
  private func line(_ effect: Effect) -> String {
    switch effect {
    case .launch(let order):
      "launch \(order.item.key) \(order.run.purpose.rawValue) \(order.run.generation)"
    case .stop(let run, _, _, .budget): "endAgent \(run)"
    case .stop(let run, _, _, _): "stop \(run)"
    case .kill(let run, _, _): "kill \(run)"
    case .sweep(let run, _, _): "sweep \(run)"
    case .clear(let run): "clear \(run)"
    case .forget(let run): "forget \(run)"
    case .deliver(let order): "deliver \(order.item) \(order.kind)"
    }
  }

  @Test func whatARehearsalListsIsCarriedOut() async throws {
    var kinds: Set<String> = []
    for seed in 0..<8 {
      let bench = try Bench(issues: 1..<6)
      var dice = Dice(seed: seed)
      for step in 0..<40 {
        let place: Comment = "seed \(seed) step \(step)"
        bench.disturb(&dice)
        let rehearsal = await bench.tick(dryRun: true)
        #expect(rehearsal.problem == nil)
        #expect(bench.record.taken().isEmpty, "a rehearsal has no effect, \(place)")
        let listed = try #require(rehearsal.plan).effects
        let report = await bench.tick()
        #expect(report.exit == .done, "\(report.failures), \(place)")
        #expect(bench.record.taken() == listed.map(line), place)
        kinds.formUnion(listed.map(\.name))
      }
    }
    #expect(
      kinds == [
        "launch", "clean_up", "stop", "kill", "sweep", "clear_run", "forget_run", "deliver",
      ],
      "the histories show every effect")
  }

  @Test func aLimitThatADeliveryMeetsEndsThePayments() async throws {
    let bench = try Bench(issues: 1..<3)
    _ = await bench.tick()
    for run in bench.store.load().runs {
      var result = RunResult(
        nonce: run.nonce, runID: run.id, outcome: .succeeded, summary: "", startedAt: bench.now,
        endedAt: bench.now)
      (result.turns, result.commitsAhead, result.push) = (1, 1, .pushed(head: "abc"))
      let ended = RunObservation(liveness: .ended(result))
      bench.executor.runs.withLock { $0.seen[run.id] = ended }
    }
    let end = bench.now + .minutes(10)
    bench.tracker.world.withLock { $0.refusal = .rateLimited(until: end, "secondary limit") }
    _ = bench.record.taken()
    let report = await bench.tick()
    let listed = try #require(report.plan).effects.filter { $0.name == "deliver" }
    #expect(listed.count > 1)
    #expect(bench.record.taken().filter { $0.hasPrefix("deliver") }.count == 1)
    #expect(bench.store.load().holds.map(\.kind) == [.tracker])
    #expect(report.delivered == 0 && report.failures.count == 1)
  }

  @Test func aParkingByADeliveryIsCountedAndListed() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick()
    let run = try #require(bench.store.load().runs.first)
    var result = RunResult(
      nonce: run.nonce, runID: run.id, outcome: .succeeded, summary: "", startedAt: bench.now,
      endedAt: bench.now)
    (result.turns, result.commitsAhead, result.push) = (1, 1, .pushed(head: "abc"))
    let ended = RunObservation(liveness: .ended(result))
    bench.executor.runs.withLock { $0.seen[run.id] = ended }
    bench.tracker.world.withLock { $0.refusal = .rejected("no commits between them") }
    let report = await bench.tick()
    #expect(report.summary == "1 settled, 1 parked, 1 handed off, 0 running")
    #expect(report.entries.contains { $0.sentence == "handed_off -> parked: pull_request_refused" })
    #expect(bench.store.load().outbox.contains { $0.payload.kind == "set_labels" })
  }

  @Test func anItemWithoutAVerdictEndsTheTickBeforeItBegins() async throws {
    for dryRun in [false, true] {
      let bench = try Bench(issues: 1..<3)
      let report = await bench.tick(dryRun: dryRun) { snapshot in
        var plan = Planner.plan(snapshot)
        plan.unjudged = [ItemKey("acme/app#2")]
        return plan
      }
      #expect(report.exit == .bug)
      #expect(report.problem == "acme/app#2: no part of the planner gave it a verdict")
      #expect(report.plan == nil && bench.record.taken().isEmpty)
      #expect(bench.store.load() == StoredState())
      let facts = bench.store.rows.withLock { Set($0.facts.keys) }
      #expect(facts == (dryRun ? [] : [.lastTick, .news]))
    }
  }
}
