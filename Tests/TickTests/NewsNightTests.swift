// What the scheduler's channel is told: a night of ticks with troubles, compared with the list a
// person would want, and that no news is lost or told twice, whichever tick found it out.
import SymphonyCore
import SymphonyTick
import Synchronization
import Testing

@Suite struct NewsNightTests {
  /// "tick kind code subject" of what was told since the last call.
  private func told(_ bench: Bench) -> [String] {
    bench.told.withLock { lines in
      defer { lines = [] }
      return lines.map { line in
        [line.kind.rawValue, line.code, line.key?.text].compactMap { $0 }.joined(separator: " ")
      }
    }
  }

  private func end(
    _ bench: Bench, _ number: Int, _ change: (inout RunResult) -> Void
  ) throws {
    let run = try #require(
      bench.store.load().runs.first { $0.item == ItemID("I_\(number)") && $0.purpose == .work })
    var result = RunResult(
      nonce: run.nonce, runID: run.id, outcome: .succeeded, summary: "s", startedAt: bench.now,
      endedAt: bench.now)
    change(&result)
    let seen = RunObservation(liveness: .ended(result))
    bench.executor.runs.withLock { $0.seen[run.id] = seen }
  }

  private func blocked(_ result: inout RunResult) {
    (result.outcome, result.summary) = (.blocked, "which database?")
  }

  private func pushed(_ result: inout RunResult) {
    (result.turns, result.commitsAhead, result.madeProgress) = (1, 1, true)
    result.push = .pushed(head: "abc")
  }

  /// What a run died of is often what its item waits for.
  @Test func aReasonIsToldOnce() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick(trigger: .scheduled)
    try end(bench, 1) { ($0.outcome, $0.summary) = (.failed, "exit status 3: boom") }
    _ = await bench.tick(trigger: .scheduled)
    let lines = bench.told.withLock { $0 }.filter { $0.kind == .failed }.map(\.sentence)
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("the run ended, failed: runs again at ") == true, "\(lines)")
    #expect(lines.first?.hasSuffix(": exit status 3: boom") == true, "\(lines)")
    #expect(lines.first?.ranges(of: "boom").count == 1, "\(lines)")
  }

  /// 60 ticks of a timer, a minute apart; what each of them would be mailed for.
  @Test func aNightIsToldOnce() async throws {
    let bench = try Bench(issues: 1..<3)
    var night: [String] = []
    for minute in 0..<60 {
      switch minute {
      case 5: bench.tracker.world.withLock { $0.problem = .unreachable("no route to 10.0.0.1") }
      case 20: bench.tracker.world.withLock { $0.problem = .unreachable("no route to 10.0.0.2") }
      case 25: bench.tracker.world.withLock { $0.problem = .unauthorized("the token was refused") }
      case 30: bench.tracker.world.withLock { $0.problem = nil }
      case 35: bench.trouble.withLock { $0.workflow = "WORKFLOW.md:3:1: unknown key" }
      case 36: try end(bench, 1, blocked)
      case 40: bench.trouble.withLock { $0.workflow = "WORKFLOW.md:9:1: unknown key" }
      case 45: bench.trouble.withLock { $0.workflow = nil }
      case 50:
        // The worker's own tick settles it, and prints into worker.log.
        try end(bench, 2, pushed)
        _ = await bench.tick(trigger: .nudged)
      default: break
      }
      _ = await bench.tick(trigger: .scheduled)
      night += told(bench).map { "\(minute) \($0)" }
      bench.pass(.minutes(1))
    }
    #expect(
      night == [
        "0 launched launch acme/app#1", "0 launched launch acme/app#2",
        "5 trouble tracker", "25 trouble tracker", "30 over tracker",
        "35 trouble workflow_invalid", "36 parked agent_blocked acme/app#1",
        "40 trouble workflow_invalid", "45 over workflow_invalid",
        "50 handed_off handed_off acme/app#2",
      ], "\(night.joined(separator: "\n"))")
  }

  @Test func aTroubleThatLastsIsToldOnceAnHour() async throws {
    let bench = try Bench(issues: 0..<0)
    bench.tracker.world.withLock { $0.problem = .unreachable("no route") }
    var minutes: [Int] = []
    for minute in 0..<200 {
      _ = await bench.tick(trigger: .scheduled)
      if !told(bench).isEmpty { minutes.append(minute) }
      bench.pass(.minutes(1))
    }
    #expect(minutes == [0, 60, 120, 180])
  }

  @Test func aTroubleThatComesAndGoesIsToldFourTimesAnHour() async throws {
    let bench = try Bench(issues: 0..<0)
    var lines: [String] = []
    for minute in 0..<120 {
      bench.tracker.world.withLock { $0.problem = minute % 2 == 0 ? .unreachable("no route") : nil }
      _ = await bench.tick(trigger: .scheduled)
      lines += bench.told.withLock { $0.map(\.sentence) }
      _ = told(bench)
      bench.pass(.minutes(1))
    }
    #expect(lines.count == 8, "\(lines.joined(separator: "\n"))")
    #expect(lines.prefix(4).last?.contains("it changes often") == true)
  }

  /// A bound on repeats hides no fact that is new.
  @Test func whatATroubleSaysForTheFirstTimeIsToldHoweverMuchWasTold() async throws {
    let bench = try Bench(issues: 0..<0)
    var lines: [String] = []
    for words in ["a", "b", "a", "b", "a", "c", "b", "d", "d", "c", "a"] {
      bench.tracker.world.withLock { $0.problem = .unreachable("no route to \(words)") }
      _ = await bench.tick(trigger: .scheduled)
      lines += bench.told.withLock { $0.map(\.sentence) }
      _ = told(bench)
      bench.pass(.minutes(1))
    }
    let places = lines.compactMap { $0.firstMatch(of: /no route to ([a-d])/).map { String($0.1) } }
    #expect(places == ["a", "b", "a", "b", "c", "d"], "\(lines.joined(separator: "\n"))")
    bench.tracker.world.withLock { $0.problem = nil }
    _ = await bench.tick(trigger: .scheduled)
    #expect(told(bench) == ["over tracker"])
    // A server that words it anew each time is no flood.
    for number in 0..<50 {
      let letter = String(UnicodeScalar(UInt8(97 + number % 26)))
      let words = "\(letter)\(letter)\(number < 26 ? "x" : "y")"
      bench.tracker.world.withLock { $0.problem = .unreachable("no route to \(words)") }
      _ = await bench.tick(trigger: .scheduled)
      bench.pass(.seconds(10))
    }
    #expect(told(bench).count < 20)
  }

  @Test func anAgentThatIsGoneIsToldWhenItGoesAndWhenItIsBack() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.agent = "no claude in PATH" }
    for _ in 0..<5 {
      _ = await bench.tick(trigger: .scheduled)
      bench.pass(.minutes(1))
    }
    #expect(told(bench) == ["trouble agent_unavailable"])
    bench.trouble.withLock { $0.agent = nil }
    _ = await bench.tick(trigger: .scheduled)
    #expect(told(bench) == ["launched launch acme/app#1", "over agent_unavailable"])
  }

  @Test func whatWorkersAndPeopleFoundOutIsToldByTheTimer() async throws {
    let bench = try Bench(issues: 1..<3)
    _ = await bench.tick(trigger: .manual)
    try end(bench, 1, blocked)
    bench.pass(.minutes(1))
    _ = await bench.tick(trigger: .nudged)
    #expect(told(bench).isEmpty)
    let lines = try #require(
      await bench.tick(trigger: .scheduled).isTold ? bench.told.withLock { $0 } : nil)
    let parked = try #require(lines.first { $0.kind == .parked })
    #expect(parked.text.hasPrefix("acme/app#1: parked: "), "\(parked.text)")
    #expect(parked.text.contains("which database?"), "\(parked.text)")
    #expect(parked.run != nil && parked.text.hasSuffix(", news \(parked.id)]"), "\(parked.text)")
    #expect(
      lines.map(\.id) == lines.map(\.id).sorted() && Set(lines.map(\.id)).count == lines.count)
    _ = told(bench)
    bench.pass(.minutes(1))
    _ = await bench.tick(trigger: .scheduled)
    #expect(told(bench).isEmpty)
  }

  /// As a tick that is killed between saying and noting down, or whose pipe is closed.
  @Test func whatNobodyHeardIsToldAgainUnderItsNumber() async throws {
    let bench = try Bench(issues: 1..<2)
    bench.trouble.withLock { $0.isDeaf = true }
    _ = await bench.tick(trigger: .scheduled)
    let first = bench.told.withLock { $0 }
    bench.trouble.withLock { $0.isDeaf = false }
    bench.pass(.minutes(1))
    _ = await bench.tick(trigger: .scheduled)
    let both = bench.told.withLock { $0 }
    #expect(!first.isEmpty && both == first + first)
  }

  @Test func aTimerThatIsDeadIsToldByAWorkersTickAndOnceMoreWhenItIsBack() async throws {
    let bench = try Bench(issues: 1..<2)
    _ = await bench.tick(trigger: .scheduled)
    _ = told(bench)
    for _ in 0..<3 {
      bench.pass(.minutes(10))
      _ = await bench.tick(trigger: .nudged)
    }
    _ = await bench.tick(trigger: .scheduled)
    #expect(told(bench) == ["trouble no_tick", "over no_tick"])
    bench.pass(.hours(2))
    _ = await bench.tick(trigger: .scheduled)
    #expect(told(bench) == ["over no_tick"])
  }

  @Test func aFullDiskIsToldOnceAnHourThoughNothingCanBeNoted() async throws {
    let bench = try Bench(issues: 0..<0)
    _ = await bench.tick(trigger: .scheduled)
    let full = FullStore(inner: bench.store)
    var loud: [Int] = []
    for minute in 0..<70 {
      bench.pass(.minutes(1))
      let report = await bench.tick(trigger: .scheduled, store: full)
      #expect(report.exit == .state && report.problem != nil)
      if !report.isTold { loud.append(minute) }
    }
    #expect(loud == [0, 60])
    _ = await bench.tick(trigger: .scheduled)
    #expect(told(bench) == ["over state"])
  }

  @Test func theBookIsBounded() {
    var book = NewsBook()
    let now = Timestamp(milliseconds: 1_900_000_000_000)
    for number in 0..<700 {
      let text = String(repeating: "x", count: 5000)
      book.add([NewsLine(.parked, code: "\(number)", text, at: now, tick: "t")])
    }
    #expect(book.untold.count == 500 && book.dropped == 200 && book.lastID == 700)
    #expect(book.untold.allSatisfy { $0.sentence.count == 1000 })
    for number in 0..<1000 {
      let word =
        String(UnicodeScalar(UInt8(97 + number % 26))) + String(repeating: "y", count: number)
      book.face([Trouble(.failure, scope: word, word)], looked: [], at: now, tick: "t")
    }
    #expect(book.troubles.count == 200)
  }
}

/// Takes nothing, as a disk without a free block.
private final class FullStore: TickStore {
  let inner: FakeStore
  init(inner: FakeStore) { self.inner = inner }

  func load(_ scope: StateScope) -> StoredState { inner.load(scope) }
  func items(_ ids: Set<ItemID>) -> [ItemRecord] { inner.items(ids) }
  func knownNonces(among nonces: Set<String>) -> Set<String> { inner.knownNonces(among: nonces) }
  func fact(_ name: StoredFact) -> String? { inner.fact(name) }
  func setFact(_ name: StoredFact, _ value: String) {}
  func lookUp(_ url: String) -> CachedResponse? { nil }
  func remember(_ url: String, _ response: CachedResponse) {}
  func close() {}
  func commit(_ changes: [Change], basis: StoredState?) throws(StoreError) {
    if !changes.isEmpty { throw .full("no space left on device") }
  }
}
