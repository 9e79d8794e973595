// What the executor makes of leases, results, pulses and working directories.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import Synchronization
import Testing

@testable import SymphonyExecutors

extension LocalExecutorTests {
  @Suite struct Poll {
    @Test("nothing there is an empty answer and creates nothing")
    func nothing() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("never")
      let answer = try executor.poll(
        PollQuestion(
          runs: [world.record(run)], workspaces: [WorkspaceKey("w"): world.root + "/none"]))
      #expect(answer.runs == [run: RunObservation(liveness: .vanished(.notLaunched))])
      #expect(answer.era == world.bootID)
      #expect(answer.busy.isEmpty)
      #expect(answer.otherRuns.isEmpty)
      #expect(try Files.list(world.state).isEmpty)
    }

    @Test("the lease decides, then the result with the right nonce")
    func liveness() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("ended")
      let files = try world.makeDirectory(run)
      var lease = try FileLock.take(files.lease)
      #expect(lease != nil)
      #expect(try world.poll(executor, run).isAlive)
      try files.writeResult(world.result(run))
      #expect(try world.poll(executor, run).isAlive)
      lease = nil
      try eventually("the lease is free") { try !FileLock.probe(files.lease) }
      #expect(try world.poll(executor, run).liveness == .ended(world.result(run)))
      #expect(try world.poll(executor, run, nonce: "other").hasVanished)
    }

    @Test("a worker that lives under another nonce is not the row's")
    func anotherNonce() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("other")
      let files = try world.makeDirectory(run)
      try files.writeSpec(world.spec(run))
      let lease = try FileLock.take(files.lease)
      #expect(try world.poll(executor, run).isAlive)
      guard case .unknown(let why) = try world.poll(executor, run, nonce: "later").liveness else {
        Issue.record("another run's worker was taken for the row's")
        return
      }
      #expect(why.contains("another run"))
      withExtendedLifetime(lease) {}
    }

    @Test("what another run of the same name left tells nothing about the row's")
    func anothersEnd() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("past")
      let files = try world.makeDirectory(run)
      try files.writeSpec(world.spec(run))
      try files.writeIdentity(world.start("exec sleep 600"))
      try Files.append(files.workerLog, "")
      try files.writeResult(world.result(run))
      for end in [LeaseEnd?.none, .machineTrouble] {
        if let end {
          let lease = try #require(try FileLock.take(files.lease))
          try files.reserveLease(lease)
          try files.writeEnd(end, lease)
        }
        try eventually("the lease is free") { try !FileLock.probe(files.lease) }
        #expect(
          try world.poll(executor, run, nonce: "later").liveness == .vanished(.notLaunched))
      }
      #expect(try world.poll(executor, run).liveness == .ended(world.result(run)))
    }

    @Test("a torn result counts for nothing, wherever it was cut")
    func tornResult() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("torn")
      let files = try world.makeDirectory(run)
      try files.writeResult(world.result(run))
      let whole = Array(try Files.readText(files.result).utf8)
      #expect(try world.poll(executor, run).hasVanished == false)
      // The last two bytes are the closing brace and the line end.
      for length in Array(stride(from: 0, to: whole.count - 2, by: 7)) + [whole.count - 2] {
        let cut = String(decoding: whole[..<length], as: UTF8.self)
        try Files.writeAtomically(files.result, cut, durable: false)
        #expect(try world.poll(executor, run).hasVanished, "cut to \(length) bytes")
      }
    }

    /// An agent without a sandbox can do that to its own run.
    ///
    /// Its worker ends at the next pulse, as for a lease that is gone; the other runs must not
    /// become unknown by it, nor a tick wait.
    @Test("something else in the place of a lease is a lease that nobody holds")
    func replacedLease() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("loop")
      let files = try world.makeDirectory(run)
      symlink("lease", files.lease)
      #expect(try world.poll(executor, run).hasVanished)
      try Files.remove(files.lease)
      #expect(mkfifo(files.lease, 0o600) == 0)
      #expect(try world.poll(executor, run).hasVanished)
    }

    @Test("pulse and phase are measured on the monotonic clock of this boot only")
    func watchdogFigures() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("pulse")
      let files = try world.makeDirectory(run)
      let lease = try #require(try FileLock.take(files.lease))
      let now = Clock.monotonicMilliseconds()
      var progress = RunProgress(
        nonce: "n1", phase: .pushing, phaseSince: Timestamp(milliseconds: 5))
      progress.session = SessionRef(
        id: "s-1", counted: SessionRef.dollarsOnly(0.25))
      try files.writeProgress(progress, deadline: now - 70_000, durably: false)
      var identity = ProcessIdentity(pid: Host.processID, startTime: 1, bootID: world.bootID)
      try files.writeIdentity(identity)

      try files.writePulse(lease, milliseconds: 0)
      #expect(try #require(try world.poll(executor, run).vitals).silence == nil)
      try files.writePulse(lease, milliseconds: now - 61_000)
      var seen = try world.poll(executor, run)
      #expect(seen.vitals?.isIdentified == true)
      #expect(seen.whereabouts == "pid \(Host.processID)")
      #expect(seen.progress == progress)
      #expect(try #require(seen.vitals?.silence) >= .seconds(61))
      #expect(try #require(seen.vitals?.phaseOverrun) >= .seconds(70))

      try files.writeProgress(progress, deadline: now + 3_600_000, durably: false)
      seen = try world.poll(executor, run)
      #expect(try #require(seen.vitals).phaseOverrun == nil)

      progress.nonce = "another run's"
      try files.writeProgress(progress, deadline: now - 70_000, durably: false)
      #expect(try world.poll(executor, run).progress == nil)

      identity.bootID = "another boot"
      try files.writeIdentity(identity)
      seen = try world.poll(executor, run)
      var vitals = RunObservation.Vitals()
      vitals.isIdentified = true
      #expect(seen.vitals == vitals)
      withExtendedLifetime(lease) {}
    }

    @Test("leftovers are named for runs that are gone, per run, and a zombie is none")
    func leftovers() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let (gone, alive, other) = (world.run("gone"), world.run("alive"), world.run("other"))
      for run in [gone, alive, other] { _ = try world.makeDirectory(run) }
      let lease = try #require(try FileLock.take(world.directory(alive).lease))
      try world.start("exec sleep 600", marker: gone)
      try world.start("exec sleep 600", marker: gone)
      try world.start("exec sleep 600", marker: other)
      try world.start("exec sleep 600", marker: alive)
      let zombie = try world.start("exit 0", marker: gone)
      try eventually("a zombie") { Processes.stat(zombie.pid)?.state == "Z" }
      let answer = try executor.poll(
        PollQuestion(runs: [gone, alive, other].map { world.record($0) }, workspaces: [:]))
      #expect(answer.runs[gone]?.leftovers == .some(2))
      #expect(answer.runs[other]?.leftovers == .some(1))
      #expect(answer.runs[alive]?.leftovers == RunObservation.Leftovers.none)
      withExtendedLifetime(lease) {}
    }

    @Test("processes that come and go all the time do not keep a run unsettled")
    func churn() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let gone = world.run("gone")
      _ = try world.makeDirectory(gone)
      let question = PollQuestion(runs: [world.record(gone)], workspaces: [:])
      var executor = try world.executor()
      // Processes that have gone when their turn comes: pids beyond what Linux gives out.
      let ghosts = Mutex<Int32>(5_000_000)
      executor.listing = {
        ghosts.withLock {
          $0 += 1
          return [$0]
        }
      }
      #expect(try executor.poll(question).runs[gone]?.leftovers == RunObservation.Leftovers.none)
      #expect(ghosts.withLock { $0 } > 5_000_010, "it was looked at more than once")
      // A marked process seen on the way is reported, however much comes and goes beside it.
      let marked = try world.start("exec sleep 600", marker: gone)
      executor.listing = {
        ghosts.withLock {
          $0 += 1
          return [$0, marked.pid]
        }
      }
      #expect(try executor.poll(question).runs[gone]?.leftovers == .some(1))
    }

    @Test("a stranger in a workspace is named, a marked process is not")
    func busy() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      for name in ["a/deep/er", "a-neighbour", "b", "c/old"] {
        try Files.makeDirectories("\(world.root)/ws/\(name)")
      }
      symlink(world.root + "/ws", world.root + "/link")
      let stranger = try world.start("exec sleep 600", directory: world.root + "/ws/a/deep/er")
      try world.start("exec sleep 600", directory: world.root + "/ws/a-neighbour")
      try world.start("exec sleep 600", marker: world.run("x"), directory: world.root + "/ws/b")
      try world.start("exec sleep 600", directory: world.root + "/ws/c/old")
      try Files.removeTree(world.root + "/ws/c/old")
      let paths = ["a", "b", "c", "missing"].map {
        (WorkspaceKey($0), "\(world.root)/link/\($0)")
      }
      let question = PollQuestion(runs: [], workspaces: Dictionary(uniqueKeysWithValues: paths))
      #expect(try executor.poll(question).busy == [WorkspaceKey("a"): "process \(stranger.pid)"])
      _ = try world.wasLeftAlone(stranger)
      #expect(try executor.poll(question).busy.isEmpty)
    }

    @Test("settled directories come oldest first; files and links are not directories of runs")
    func settledDirectories() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      for (name, age) in [("new", 10), ("old", 3000), ("middle", 200), ("owned", 5000)] {
        let path = try world.makeDirectory(RunID(name)).path
        let then = timeval(tv_sec: 1_700_000_000 - age, tv_usec: 0)
        #expect(utimes(path, [then, then]) == 0)
      }
      try Files.writeAtomically(world.state + "/runs/stray", "")
      symlink(world.root, world.state + "/runs/away")
      let answer = try executor.poll(
        PollQuestion(runs: [world.record(RunID("owned"))], workspaces: [:]))
      #expect(answer.otherRuns == ["old", "middle", "new"].map { RunID($0) })
      #expect(answer.changedAt[RunID("new")] == Timestamp(milliseconds: 1_699_999_990_000))
    }

    @Test("a deletion that was killed is told apart from a run, and finished")
    func halfForgotten() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = RunID("a-t-r1")
      let half = world.state + "/runs/\(run).removed"
      try Files.makeDirectories(half)
      try Files.writeAtomically(half + "/result.json", "{}")
      let answer = try executor.poll(PollQuestion(runs: [], workspaces: [:]))
      #expect(answer.halfForgotten == [run] && answer.otherRuns.isEmpty)
      #expect(try LocalEvidence.read(stateDirectory: world.state).isEmpty)
      try executor.forget(run)
      #expect(!Files.exists(half))
      // What a killed deletion left does not keep the next one from its end.
      try Files.makeDirectories(half + "/rest")
      _ = try world.makeDirectory(run)
      try executor.forget(run)
      #expect(try Files.list(world.state + "/runs").isEmpty)
    }
  }
}
