// What a tick gives to the log and to the traces: each news once, the spans of what it did, and
// nothing where nobody asked; and that trouble with either is told once and stops nothing.
import SymphonyCore
import SymphonyTick
import Synchronization
import Testing

@Suite struct TickFilesTests {
  /// Ends the only run that works.
  private func settle(
    _ bench: Bench, _ outcome: Outcome, _ change: (inout RunResult) -> Void = { _ in }
  ) throws -> RunRecord {
    let run = try #require(bench.store.load().runs.first { $0.purpose == .work })
    var result = RunResult(
      nonce: run.nonce, runID: run.id, outcome: outcome, summary: "s", startedAt: bench.now,
      endedAt: bench.now)
    change(&result)
    let seen = RunObservation(liveness: .ended(result))
    bench.executor.runs.withLock { $0.seen[run.id] = seen }
    bench.pass(.minutes(1))
    return run
  }

  private func spans(_ bench: Bench) -> [[Span]] { bench.spans.withLock { $0 } }

  private func told(_ bench: Bench, _ code: String) -> [NewsLine.Kind] {
    bench.told.withLock { $0.filter { $0.code == code }.map(\.kind) }
  }

  // MARK: Off

  @Test func nothingIsDoneWhereNobodyAsked() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick(trigger: .scheduled)
    _ = try settle(bench, .blocked)
    _ = await bench.tick(trigger: .scheduled)
    #expect(bench.log.state.withLock { $0.opened == 0 && $0.lines.isEmpty })
    #expect(spans(bench).isEmpty)
    #expect(bench.store.fact(.logsProblem) == nil && bench.store.fact(.tracesProblem) == nil)
  }

  @Test func aRehearsalWritesNone() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { ($0.keepsLog, $0.traces) = (true, true) }
    _ = await bench.tick(dryRun: true)
    #expect(bench.log.state.withLock { $0.opened == 0 } && spans(bench).isEmpty)
  }

  // MARK: The log

  /// Also those that a tick told before the log was asked for are not told again.
  @Test(arguments: [Snapshot.Trigger.manual, .scheduled, .nudged])
  func eachNewsIsLoggedOnceWhoeverTicks(_ trigger: Snapshot.Trigger) async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.keepsLog = true }
    _ = await bench.tick(trigger: trigger)
    _ = try settle(bench, .blocked)
    for _ in 0..<3 {
      _ = await bench.tick(trigger: trigger)
      bench.pass(.minutes(1))
    }
    let news = bench.log.news
    #expect(news.map(\.kind) == [.launched, .parked] && Set(news.map(\.id)).count == 2)
    #expect(!bench.log.state.withLock { $0.isOpen }, "closed with the lock")
  }

  @Test func whatCouldNotBeLoggedIsLoggedLater() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.keepsLog = true }
    bench.log.state.withLock { $0.problem = "the log is not written: no room" }
    let report = await bench.tick()
    #expect(report.exit == .done && report.launched == 1)
    bench.log.state.withLock { $0.problem = nil }
    bench.pass(.minutes(1))
    _ = await bench.tick()
    #expect(bench.log.news.map(\.kind).contains(.launched))
  }

  @Test func troubleWithAFileIsToldOnceAndWhenItIsOver() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock {
      ($0.keepsLog, $0.traces, $0.spans) = (true, true, "the traces are not written: no room")
    }
    bench.log.state.withLock { $0.problem = "the log is not written: no room" }
    for _ in 0..<4 {
      #expect(await bench.tick(trigger: .scheduled).exit == .done)
      bench.pass(.minutes(1))
    }
    #expect(told(bench, "logs") == [.trouble] && told(bench, "traces") == [.trouble])
    bench.log.state.withLock { $0.problem = nil }
    // Nobody asks for traces any more, and the log has something to take.
    bench.trouble.withLock { $0.traces = false }
    _ = try settle(bench, .blocked)
    for _ in 0..<3 {
      _ = await bench.tick(trigger: .scheduled)
      bench.pass(.minutes(1))
    }
    #expect(told(bench, "logs") == [.trouble, .over])
    #expect(told(bench, "traces") == [.trouble, .over])
  }

  // MARK: Traces

  private func launchAndSettle(_ bench: Bench) async throws -> (run: RunRecord, spans: [[Span]]) {
    bench.trouble.withLock { $0.traces = true }
    _ = await bench.tick()
    let begun = bench.now
    bench.pass(.minutes(2))
    let run = try settle(bench, .failed) { result in
      result.failure = .limited(until: nil)
      result.turns = 2
      result.turnTimes.begin(1, at: begun + .seconds(1))
      result.turnTimes.end(1, at: begun + .seconds(61))
      result.turnTimes.begin(2, at: begun + .seconds(61))
      var usage = Usage()
      (usage.inputTokens, usage.outputTokens, usage.costUSD) = (100, 10, 0.25)
      result.spent.set(1, ["model-x": usage])
      result.spent.set(2, ["model-x": usage])
      result.usage = result.spent.total
      result.message = "WORDS OF AN AGENT"
      result.summary = "WORDS OF AN AGENT"
      result.session = SessionRef(id: "session-1")
    }
    _ = await bench.tick(trigger: .nudged)
    return (run, spans(bench))
  }

  @Test func aRunHasItsTurnsAndItsTick() async throws {
    let bench = try Bench(issues: 1..<2)
    let (record, spans) = try await launchAndSettle(bench)
    #expect(spans.count == 2)
    let launching = try #require(spans.first?.first)
    #expect(launching.name == "tick")
    #expect(launching.attributes["symphony.tick.launched"] == .integer(1))
    let settling = try #require(spans.last)
    #expect(settling[0].attributes["symphony.tick.settled"] == .integer(1))
    #expect(settling[0].attributes["symphony.tick.trigger"] == .string("nudged"))
    let run = try #require(settling.first { $0.name == "invoke_agent" })
    #expect(run.links == [launching.id] && run.parent == nil)
    #expect(run.start == record.launchedAt && run.end == bench.now)
    #expect(run.error == "limited" && run.attributes["symphony.run.outcome"] == .string("failed"))
    #expect(run.attributes["gen_ai.usage.input_tokens"] == .integer(200))
    #expect(run.attributes["symphony.cost.usd"] == .number(0.5))
    #expect(run.attributes["gen_ai.response.model"] == .string("model-x"))
    #expect(run.attributes["gen_ai.conversation.id"] == .string("session-1"))
    #expect(run.attributes["symphony.item.key"] == .string("acme/app#1"))
    #expect(run.attributes["vcs.repository.name"] == .string("app"))
    let turns = settling.filter { $0.name == "turn" }
    #expect(turns.map(\.parent) == [run.id, run.id] && Set(turns.map(\.id)).count == 2)
    #expect(turns[0].end - turns[0].start == .seconds(60) && turns[0].error == nil)
    #expect(turns[1].end == run.end && turns[1].error == "unfinished")
    #expect(turns[1].attributes["gen_ai.usage.output_tokens"] == .integer(10))
    let all = "\(spans)"
    #expect(!all.contains("WORDS") && !all.contains("Issue 1") && !all.contains(record.nonce))
  }

  /// A line that is written twice has the same spans.
  @Test func theSameRunHasTheSameIDs() async throws {
    func ids(salt: String) async throws -> [SpanID] {
      let bench = try Bench(issues: 1..<2)
      bench.store.setFact(.salt, salt)
      return try await launchAndSettle(bench).spans.joined().map(\.id)
    }
    let one = try await ids(salt: "one-directory")
    #expect(try await ids(salt: "one-directory") == one && Set(one).count == one.count)
    let other = try await ids(salt: "another-directory")
    #expect(other.count == one.count && Set(other).isDisjoint(with: one))
  }

  @Test func eachDeliveryIsASpanOfItsTick() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.traces = true }
    _ = await bench.tick()
    bench.pass(.minutes(1))
    _ = await bench.tick()
    let spans = Array(spans(bench).joined())
    let deliveries = spans.filter { $0.kind == .client }
    #expect(!deliveries.isEmpty)
    for span in deliveries {
      #expect(span.name == "deliver set_labels", "\(span)")
      #expect(spans.contains { $0.name == "tick" && $0.id == span.parent })
      #expect(span.attributes["symphony.delivery.outcome"] == .string("delivered"))
      #expect(span.attributes["symphony.delivery.tries"] == .integer(1))
    }
  }
}
