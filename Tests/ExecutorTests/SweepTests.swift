// The sweep finds what escaped its process group, and spares whom it must not touch.
import Glibc
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyRuns
import Testing

extension LocalExecutorTests {
  @Suite struct Sweeping {
    @Test("a grandchild in a session of its own, one that ignores TERM and a frozen one all end")
    func escapees() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("escape")
      let root = try world.start(
        """
        setsid sh -c 'setsid sh -c "echo > deep; exec sleep 600" & exec sleep 600' &
        sh -c 'trap "" TERM HUP INT; echo > deaf; while :; do sleep 600; done' &
        sh -c 'echo $$ > pid; mv pid frozen; kill -STOP $$' &
        wait
        """, marker: run)
      let bystander = try world.start("exec sleep 600")
      let other = try world.start("exec sleep 600", marker: RunID(run.text + "0"))
      try eventually("all of them run") {
        ["deep", "deaf", "frozen"].allSatisfy { Files.exists("\(world.root)/\($0)") }
      }
      #expect(Processes.carrying(RunMarker.entry(run)).count >= 6)
      let report = Sweep.run(run, stateDirectory: world.state, patienceMilliseconds: 20_000)
      #expect(report.isEmpty)
      #expect(report.killed.count >= 6)
      #expect(report.killed.contains(root.pid))
      #expect(Processes.carrying(RunMarker.entry(run)).isEmpty)
      #expect(try world.wasLeftAlone(bystander))
      #expect(try world.wasLeftAlone(other))
    }

    @Test("processes that keep starting others are outrun")
    func respawning() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("respawn")
      try Files.writeAtomically(
        world.root + "/hop", "#!/bin/sh\n: > hopped\nsetsid ./hop &\nexit 0\n", mode: 0o700)
      try world.start("setsid ./hop & while :; do setsid sleep 600 & sleep 0.02; done", marker: run)
      try eventually("it hops") { Files.exists(world.root + "/hopped") }
      let report = Sweep.run(run, stateDirectory: world.state, patienceMilliseconds: 25_000)
      #expect(report.isEmpty)
      try Files.remove(world.root + "/hopped")
      #expect(Processes.carrying(RunMarker.entry(run)).isEmpty)
      #expect(!Files.exists(world.root + "/hopped"))
    }

    @Test("the holder of tick.lock or of another lease is spared, that of the own lease is not")
    func holders() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let (run, other) = (world.run("mine"), world.run("other"))
      let paths = [
        try world.makeDirectory(other).lease, world.state + "/tick.lock",
        try world.makeDirectory(run).lease,
      ]
      let locks = try paths.map { try #require(try FileLock.take($0)) }
      let holders = try locks.map {
        try world.start("exec sleep 600", marker: run, inherited: [$0.descriptor])
      }
      let unlocked = try world.start("exec sleep 600", marker: run, input: paths[0])
      let report = Sweep.run(run, stateDirectory: world.state, patienceMilliseconds: 20_000)
      #expect(report.isEmpty)
      #expect(report.killed == [holders[2].pid, unlocked.pid].sorted())
      #expect(try world.poll(world.executor(), run).leftovers == .none)
      #expect(try world.wasLeftAlone(holders[0]))
      #expect(try world.wasLeftAlone(holders[1]))
      withExtendedLifetime(locks) {}
    }

    /// On a machine where programs come and go all the time every look would end with one that has
    /// gone, and a run would never be known to have left nothing.
    @Test("a process that shows no environment is looked at again before the next listing")
    func withoutEnvironment() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let bare = try Spawn.start(
        SpawnRequest(arguments: ["/bin/sleep", "600"], environment: [:], directory: world.root))
      let gone = try world.start("exit 0")
      _ = try world.awaitExit(gone)
      var listings = 0
      let run = world.run("busy")
      let scan = ProcessScan.take(
        runs: [run], workspaces: [:], stateDirectory: world.state,
        listing: {
          listings += 1
          // One that was there and has gone asks for another listing; the other one ends before it.
          if listings == 1 { return [bare, gone.pid] }
          Processes.signalChild(bare, Signals.killNow)
          while Spawn.reap(bare) == nil { Clock.sleep(milliseconds: 1) }
          return []
        })
      #expect(listings == 2)
      #expect(scan.isConclusive && scan.marked.isEmpty)
    }

    @Test("a zombie is nothing to kill, and nothing to wait for")
    func zombie() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("zombie")
      let zombie = try world.start("exit 0", marker: run)
      try eventually("a zombie") { Processes.stat(zombie.pid)?.state == "Z" }
      #expect(!Processes.isAlive(pid: zombie.pid, startTime: zombie.startTime))
      let report = Sweep.run(run, stateDirectory: world.state, patienceMilliseconds: 10_000)
      #expect(
        report == Sweep.run(run, stateDirectory: "/nowhere", patienceMilliseconds: 10_000))
      #expect(report.isEmpty)
      #expect(report.killed.isEmpty)
    }
  }
}
