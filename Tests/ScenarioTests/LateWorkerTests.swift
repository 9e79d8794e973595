// A worker that stands still (SIGSTOP, a frozen container, a laptop that sleeps) until others take its
// work for lost, and then goes on: it writes no result, pushes nothing and calls no tick. With real
// processes and a real git, stopped at one deed or another.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("workers that come too late")
struct LateWorkerTests {
  /// Where a worker is stopped; each is looked for among the deeds of a story without trouble.
  enum Place: String, CaseIterable {
    case beforeItsFence, beforeItsAgent, beforeALookAtTheTree, beforeItsPush

    func isAt(_ deed: Faults.Deed) -> Bool {
      switch self {
      case .beforeItsFence: deed.kind == .git && deed.isPush
      case .beforeItsAgent: deed.kind == .spawn
      case .beforeALookAtTheTree: deed.kind == .git && !deed.isPush
      case .beforeItsPush: deed.kind == .git && deed.isPush
      }
    }
    /// Of its kind the last one.
    var isLast: Bool { self == .beforeALookAtTheTree || self == .beforeItsPush }
  }

  private func set(_ stage: Stage) throws {
    try stage.direct(agent: "commit")
    stage.issue()
  }

  /// The number of the deed among all of the worker's.
  private func number(of place: Place) async throws -> Int {
    var found: Int?
    try await withStage { stage in
      try set(stage)
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      let deeds = try stage.faults.trace.filter { $0.role == .worker && place.isAt($0) }
      found = (place.isLast ? deeds.last : deeds.first)?.number
    }
    return try #require(found, "no deed \(place)")
  }

  @Test("it was replaced, and its work is done", arguments: Place.allCases)
  func replaced(_ place: Place) async throws {
    let number = try await number(of: place)
    try await withStage { stage in
      try set(stage)
      try stage.faults.order(.worker, "*", number, .stop)
      try await stage.tick()
      let late = try await stage.stoppedWorker()
      try stage.takeLease(of: late)
      try Files.remove(StateLayout(stage.state).item(RunID(late.run).workspace))
      try await stage.tickUntil("another has done its work") { stage.isDelivered(1) }
      try await eventually("only the late one is left") { stage.descendants == [late.pid] }
      try await expectNothing(of: late, stage)
    }
  }

  @Test("its agent was at work, and is ended by the tick that misses it")
  func replacedWithItsAgent() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: "if [ ! -e \"$SCENARIO_DIR/once\" ]; then : >\"$SCENARIO_DIR/once\"; "
          + "wait_for never; fi; commit")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { !stage.started.isEmpty }
      let late = try #require(stage.workers.first)
      let agents = stage.marked(late.run)
      #expect(!agents.isEmpty)
      for pid in agents + [late.pid] { stage.send(Signals.stop, to: pid) }
      try stage.takeLease(of: late)
      try Files.remove(StateLayout(stage.state).item(RunID(late.run).workspace))
      try await stage.tickUntil("another has done its work") { stage.isDelivered(1) }
      #expect(stage.marked(late.run).isEmpty && stage.lines(of: "doubled").isEmpty)
      try await expectNothing(of: late, stage)
      #expect(try await stage.board().item(1).failures <= 1)
    }
  }

  /// The lock of its item it has still: nobody is started beside it.
  @Test("only its lease was taken away")
  func alone() async throws {
    let number = try await number(of: .beforeItsPush)
    try await withStage { stage in
      try set(stage)
      try stage.faults.order(.worker, "*", number, .stop)
      try await stage.tick()
      let late = try await stage.stoppedWorker()
      try stage.takeLease(of: late)
      for _ in 0..<3 {
        try await stage.tick()
        #expect(stage.workers.map(\.pid) == [late.pid] && stage.started.count == 1)
      }
      try stage.faults.withdraw()
      stage.send(Signals.goOn, to: late.pid)
      try await stage.tickUntil("another has done its work") { stage.isDelivered(1) }
      try await stage.idle()
      #expect(!Files.exists(StateLayout(stage.state).run(RunID(late.run)) + "/result.json"))
      #expect(stage.pullRequests(of: 1).count == 1 && stage.ourComments(1).count == 1)
    }
  }

  /// Its pulse is older than any worker's that works: a tick ends it, and its agent.
  @Test("it hangs, and is ended")
  func hanging() async throws {
    try await withStage { stage in
      try stage.direct(
        agent: "if [ ! -e \"$SCENARIO_DIR/once\" ]; then : >\"$SCENARIO_DIR/once\"; "
          + "wait_for never; fi; commit")
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { !stage.started.isEmpty }
      let late = try #require(stage.workers.first)
      for pid in stage.marked(late.run) + [late.pid] { stage.send(Signals.stop, to: pid) }
      try stage.age(late, by: .minutes(2))
      try await stage.tick()
      try await eventually("it has ended") { !stage.descendants.contains(late.pid) }
      #expect(stage.marked(late.run).isEmpty)
      try await stage.tickUntil("another has done its work") { stage.isDelivered(1) }
      try await stage.idle()
      #expect(stage.lines(of: "doubled").isEmpty && stage.started.count == 2)
      #expect(!Files.exists(StateLayout(stage.state).run(RunID(late.run)) + "/result.json"))
    }
  }

  /// Has it go on, and ticks: all is as it was.
  private func expectNothing(of late: Stage.Worker, _ stage: Stage) async throws {
    func seen() throws -> [String] {
      let refs = try Git.run(["for-each-ref"], in: stage.github.git.path)
      let results = try Stage.files(below: stage.state).filter { $0.key.hasSuffix("/result.json") }
      return [refs] + results.keys.sorted()
        + stage.github.issues(in: nil).map { "\($0.number) \($0.isOpen) \($0.labels)" }
        + stage.ourComments(1).map(\.body)
    }
    let before = try seen()
    #expect(!before.contains { $0.contains("/\(late.run)/") }, "it had no result")
    let known = try stage.faults.trace.count
    stage.send(Signals.goOn, to: late.pid)
    try await stage.idle()
    // The one it was stopped at may be done; behind that it looks whether it was replaced.
    let deeds = try stage.faults.trace.dropFirst(known).filter { $0.pid == late.pid }
    for deed in deeds {
      let isDone =
        [.git, .exec, .request].contains(deed.kind) || deed.more.hasSuffix("result.json")
      #expect(!isDone, "\(deed)")
    }
    for _ in 0..<2 { try await stage.tick() }
    try await stage.idle()
    #expect(try seen() == before)
    #expect(stage.pullRequests(of: 1).count == 1 && stage.ourComments(1).count == 1)
  }
}

extension Faults.Deed {
  fileprivate var isPush: Bool { "\(what) \(more)".contains(" push ") }
}

extension Stage {
  fileprivate func stoppedWorker() async throws -> Worker {
    var found: Worker?
    try await eventually("a worker is stopped") {
      found = workers.first { Processes.stat($0.pid)?.state == "T" }
      return found != nil
    }
    return try #require(found)
  }

  fileprivate func takeLease(of worker: Worker) throws {
    try Files.remove(StateLayout(state).run(RunID(worker.run)) + "/lease")
  }

  fileprivate func send(_ signal: Int32, to pid: Int32) {
    guard let found = Processes.stat(pid) else { return }
    Processes.signal(pid, startTime: found.startTime, signal)
  }

  /// Sets its pulse back, in place: the lease stays the worker's.
  fileprivate func age(_ worker: Worker, by interval: Interval) throws {
    let then = Clock.monotonicMilliseconds() - interval.milliseconds
    let pulse = (0..<8).map { UInt8(truncatingIfNeeded: then >> ($0 * 8)) }
    let file = open(StateLayout(state).run(RunID(worker.run)) + "/lease", O_WRONLY | O_CLOEXEC)
    defer { close(file) }
    #expect(pwrite(file, pulse, pulse.count, 0) == pulse.count)
  }
}
