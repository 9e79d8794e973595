// What every executor in the registry owes its port: a run is launched once, its life is told in
// four words, it is ended and forgotten, and its logs can be read piece by piece.
import SymphonyCore
import Testing

@testable import SymphonyExecutors

extension LocalExecutorTests {
  @Suite struct Contract {
    private static let kinds = ExecutorRegistry.Kind.allCases

    @Test(arguments: kinds)
    func aRunIsLaunchedOnce(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let spec = bench.spec("once")
      try bench.launch(spec)
      for _ in 1...2 {
        let error = #expect(throws: ExecutorError.self) {
          try bench.executor.launch(spec, environment: [:])
        }
        #expect(error?.code == "already_launched")
        #expect(error?.sentence.isEmpty == false)
      }
      #expect(try bench.look(spec).isAlive)
      try bench.crash(spec)
      // Gone is no reason to start it again under the same id.
      #expect(throws: ExecutorError.self) { try bench.executor.launch(spec, environment: [:]) }
      #expect(try bench.starts() == 1)
    }

    @Test(arguments: kinds)
    func oneLookTellsOfAllRuns(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let names = ["alive", "ended", "vanished", "never"]
      let specs = Dictionary(uniqueKeysWithValues: names.map { ($0, bench.spec($0)) })
      func spec(_ name: String) throws -> RunSpec { try #require(specs[name]) }
      for name in names.dropLast() { try bench.launch(try spec(name)) }
      try bench.finish(try spec("ended"))
      try bench.crash(try spec("vanished"))
      let records = try names.map { try bench.record(try spec($0)) }
      let answer = try bench.executor.poll(PollQuestion(runs: records))
      func seen(_ name: String) throws -> RunObservation {
        try #require(answer.runs[try spec(name).runID])
      }
      #expect(answer.runs.count == 4 && answer.busy.isEmpty && answer.otherRuns.isEmpty)
      #expect(try seen("alive").vitals?.isIdentified == true)
      #expect(try seen("ended").liveness == .ended(bench.result(try spec("ended"))))
      #expect(try seen("vanished").liveness == .vanished(.died))
      #expect(try seen("never").liveness == .vanished(.notLaunched))
      for name in names { #expect(try seen(name).leftovers == .none, "\(name)") }

      // Nobody asks: they are others, and on demand it is told which of them live.
      let others = try bench.executor.poll(PollQuestion())
      #expect(Set(others.otherRuns) == Set(try names.dropLast().map { try spec($0).runID }))
      #expect(others.othersAlive.isEmpty && others.runs.isEmpty && others.era == answer.era)
      let living = try bench.executor.poll(PollQuestion(findsOthers: true))
      #expect(living.othersAlive == [try spec("alive").runID])
    }

    @Test(arguments: kinds)
    func aWorkerThatIsLateIsMeasured(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let spec = bench.spec("late")
      try bench.launch(spec)
      #expect(try bench.look(spec).vitals?.phaseOverrun == nil)
      try bench.delay(spec, by: .seconds(70))
      let vitals = try #require(try bench.look(spec).vitals)
      #expect(try #require(vitals.silence) >= .seconds(70))
      #expect(try #require(vitals.phaseOverrun) >= .seconds(70))
      try bench.delay(spec, by: .seconds(-600))
      let early = try #require(try bench.look(spec).vitals)
      #expect(early.silence == .zero && early.phaseOverrun == nil)
    }

    @Test(arguments: kinds)
    func whoeverWorksInAWorkspaceIsNamed(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let folder = try bench.occupyFolder()
      let (busy, free) = (WorkspaceKey("busy"), WorkspaceKey("free"))
      let answer = try bench.executor.poll(
        PollQuestion(workspaces: [busy: folder, free: folder + "-not"]))
      #expect(Array(answer.busy.keys) == [busy] && answer.busy[busy]?.isEmpty == false)
    }

    @Test(arguments: kinds)
    func aRunThatCannotBeLookedAtIsUnknownAloneOfAll(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let (hidden, ended) = (bench.spec("hidden"), bench.spec("ended"))
      for spec in [hidden, ended] { try bench.launch(spec) }
      try bench.crash(hidden)
      try bench.finish(ended)
      guard try bench.hide(hidden) else { try Test.cancel("nothing can be mounted here") }
      let records = try [hidden, ended].map { try bench.record($0) }
      let seen = try bench.executor.poll(PollQuestion(runs: records)).runs
      guard case .unknown(let why)? = seen[hidden.runID]?.liveness else {
        Issue.record("not unknown: \(String(describing: seen[hidden.runID]))")
        return
      }
      #expect(!why.isEmpty)
      #expect(seen[ended.runID]?.liveness == .ended(bench.result(ended)))
    }

    @Test(arguments: kinds)
    func whatMayBeLeftIsNoNothing(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let (left, clean) = (bench.spec("left"), bench.spec("clean"))
      for spec in [left, clean] {
        try bench.launch(spec)
        try bench.finish(spec)
      }
      try bench.leaveProcess(left)
      bench.blur()
      let records = try [left, clean].map { try bench.record($0) }
      let seen = try bench.executor.poll(PollQuestion(runs: records)).runs
      #expect(seen[left.runID]?.leftovers == .some(1))
      #expect(seen[clean.runID]?.leftovers == .maybe)
    }

    @Test(arguments: kinds)
    func whatBeganAnewIsNobodysFault(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let (alive, ended, vanished) = (bench.spec("alive"), bench.spec("ended"), bench.spec("gone"))
      for spec in [alive, ended, vanished] { try bench.launch(spec) }
      try bench.finish(ended)
      try bench.crash(vanished)
      var records = try [alive, ended, vanished, bench.spec("never")].map { try bench.record($0) }
      for index in records.indices { records[index].era = "an earlier one" }
      let seen = try bench.executor.poll(PollQuestion(runs: records)).runs
      #expect(seen[alive.runID]?.isAlive == true)
      #expect(seen[ended.runID]?.liveness == .ended(bench.result(ended)))
      #expect(seen[vanished.runID]?.liveness == .vanished(.restarted))
      #expect(seen[records[3].id]?.liveness == .vanished(.restarted))
    }

    @Test(arguments: kinds)
    func anotherRunsResultCountsForNothing(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let spec = bench.spec("forged")
      try bench.launch(spec)
      try bench.finish(spec, nonce: "another")
      #expect(try bench.look(spec).liveness == .vanished(.died))
      // Nor does anything else that a run of the same name left, which no row speaks of.
      let past = bench.spec("past")
      try bench.launch(past)
      try bench.finish(past)
      var record = try bench.record(past)
      record.nonce = "another"
      let seen = try bench.executor.poll(PollQuestion(runs: [record])).runs
      #expect(seen[past.runID]?.liveness == .vanished(.notLaunched))
    }

    @Test(arguments: kinds)
    func everyKindOfEnd(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      for how in [EndKind.stop, .endAgent, .kill] {
        let spec = bench.spec(how.rawValue)
        try bench.launch(spec)
        try bench.executor.end(spec.runID, how)
        try eventually("\(how) ends a worker") { try bench.look(spec).hasVanished }
      }
      // A sweep ends what is left and never a worker.
      let (living, gone) = (bench.spec("living"), bench.spec("gone"))
      try bench.launch(living)
      try bench.executor.end(living.runID, .sweep)
      #expect(try bench.look(living).isAlive)
      for how in [EndKind.sweep, .kill] {
        try bench.leaveProcess(gone)
        #expect(try bench.look(gone).leftovers == .some(1))
        try bench.executor.end(gone.runID, how)
        #expect(try bench.look(gone).leftovers == .none)
      }
      // Nothing is there to end.
      for how in EndKind.allCases {
        try bench.executor.end(gone.runID, how)
        try bench.executor.end(bench.spec("never").runID, how)
      }
    }

    @Test(arguments: kinds)
    func aSettledRunIsForgotten(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let (settled, living) = (bench.spec("settled"), bench.spec("living"))
      for spec in [settled, living] { try bench.launch(spec) }
      try bench.finish(settled)
      try bench.executor.forget(settled.runID)
      #expect(try bench.executor.poll(PollQuestion()).otherRuns == [living.runID])
      #expect(try bench.look(settled).liveness == .vanished(.notLaunched))
      try bench.executor.forget(settled.runID)
      try bench.executor.forget(bench.spec("never").runID)
      let kept = try bench.executor.poll(PollQuestion())
      #expect(kept.changedAt[living.runID] != nil && kept.halfForgotten.isEmpty)
      #expect(throws: ExecutorError.self) { try bench.executor.forget(living.runID) }
      #expect(try bench.look(living).vitals?.isIdentified == true)
    }

    @Test(arguments: kinds)
    func logsAreReadPieceByPiece(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let spec = bench.spec("told")
      try bench.launch(spec)
      let executor = bench.executor
      func tail(_ log: RunLog, _ piece: LogPiece) throws -> LogTail {
        try executor.tail(spec.runID, log, piece)
      }
      func text(_ tail: LogTail) -> String { String(decoding: tail.bytes, as: UTF8.self) }
      for log in RunLog.allCases {
        let start = try tail(log, .last(1 << 20)).size
        try bench.write("one \(log)\ntwo\n", to: log, of: spec)
        let whole = try tail(log, .from(start, limit: 1 << 20))
        #expect(text(whole) == "one \(log)\ntwo\n" && whole.offset == start)
        #expect(whole.next == whole.size)
        #expect(text(try tail(log, .last(4))) == "two\n")
        #expect(try tail(log, .last(4)).offset == whole.size - 4)
        // A follower that reads three bytes at a time reads all of it.
        var (read, next) = ("", start)
        while case let piece = try tail(log, .from(next, limit: 3)), !piece.bytes.isEmpty {
          #expect(piece.bytes.count <= 3 && piece.size == whole.size)
          (read, next) = (read + text(piece), piece.next)
        }
        #expect(read == text(whole) && next == whole.size)
        try bench.write("three\n", to: log, of: spec)
        #expect(text(try tail(log, .from(next, limit: 1 << 20))) == "three\n")
        #expect(try tail(log, .last(0)).bytes.isEmpty)
        #expect(try tail(log, .from(0, limit: 0)).bytes.isEmpty)
        let beyond = try tail(log, .from(1 << 40, limit: 8))
        #expect(beyond.bytes.isEmpty && beyond.next == beyond.size)
        #expect(try tail(log, .last(.max)).next == beyond.size)
      }
      let error = #expect(throws: ExecutorError.self) {
        try executor.tail(bench.spec("never").runID, .worker, .last(10))
      }
      #expect(error?.code == "unknown_run")
    }

    @Test(arguments: kinds)
    func aLogNobodyWroteToIsEmpty(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let spec = bench.spec("silent")
      try bench.launch(spec)
      for piece in [LogPiece.last(10), .from(0, limit: 10), .from(99, limit: 10)] {
        let tail = try bench.executor.tail(spec.runID, .hooks, piece)
        #expect(tail == LogTail(bytes: [], offset: 0, size: 0))
      }
    }

    @Test(arguments: kinds)
    func whatCannotBeSaidIsAnError(_ kind: ExecutorRegistry.Kind) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let spec = bench.spec("alive")
      try bench.launch(spec)
      let record = try bench.record(spec)
      try bench.breakDown()
      let error = #expect(throws: ExecutorError.self) {
        try bench.executor.poll(PollQuestion(runs: [record]))
      }
      #expect(error?.sentence.isEmpty == false)
    }

    /// A run id is made of what a server says: it must never lead to what is no run.
    @Test(arguments: kinds, ["", ".", "..", "a/b", "../x", "/etc", "a\0b"])
    func aNameThatIsNoRunIsRefused(_ kind: ExecutorRegistry.Kind, _ name: String) throws {
      let bench = try kind.bench()
      defer { bench.tearDown() }
      let run = RunID(name)
      var spec = bench.spec("x")
      spec.runID = run
      #expect(throws: ExecutorError.self) { try bench.executor.launch(spec, environment: [:]) }
      for how in EndKind.allCases {
        #expect(throws: ExecutorError.self) { try bench.executor.end(run, how) }
      }
      #expect(throws: ExecutorError.self) { try bench.executor.forget(run) }
      #expect(throws: ExecutorError.self) { try bench.executor.tail(run, .agent, .last(1)) }
      #expect(try bench.executor.poll(PollQuestion()).otherRuns.isEmpty)
      #expect(try bench.starts() == 0)
    }
  }
}
