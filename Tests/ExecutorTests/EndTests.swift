// Whom a stop, a kill and a sweep reach, and above all whom they never reach.
import Glibc
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyRuns
import Testing

extension LocalExecutorTests {
  @Suite struct End {
    @Test(
      "a signal goes to the holder of the lease, whatever worker.pid says",
      arguments: [true, false])
    func forgedIdentity(stops: Bool) throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("forged")
      let executor = try world.executor()
      try executor.launch(world.spec(run), environment: ["PATH": "/usr/bin:/bin"])
      _ = try world.awaitWorker(run)
      let stranger = try world.start("exec sleep 600")
      try world.directory(run).writeIdentity(stranger)
      try executor.end(run, stops ? .stop : .kill)
      try eventually("the worker has ended") {
        try world.poll(executor, run).hasVanished
      }
      #expect(try world.wasLeftAlone(stranger))
    }

    @Test("another program's lock in the place of the lease has nobody ended")
    func linkedLease() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("linked")
      let other = world.run("other")
      let executor = try world.executor()
      try executor.launch(world.spec(other), environment: ["PATH": "/usr/bin:/bin"])
      let worker = try world.awaitWorker(other)
      let files = try world.makeDirectory(run)
      #expect(link(world.directory(other).lease, files.lease) == 0)
      for how in [EndKind.stop, .kill] { try executor.end(run, how) }
      #expect(Processes.isAlive(pid: worker.pid, startTime: worker.startTime))
      try Files.remove(files.lease)
      try executor.end(other, .kill)
    }

    @Test("a reused pid and another boot's pid are never signalled")
    func reusedPid() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("reused")
      let executor = try world.executor()
      let files = try world.makeDirectory(run)
      let stranger = try world.start("exec sleep 600")
      var stale = stranger
      stale.startTime += 1
      try files.writeIdentity(stale)
      for how in [EndKind.stop, .kill, .sweep] { try executor.end(run, how) }
      stale = stranger
      stale.bootID = "another boot"
      try files.writeIdentity(stale)
      for how in [EndKind.stop, .kill, .sweep] { try executor.end(run, how) }
      #expect(try world.wasLeftAlone(stranger))
    }

    @Test("without worker.pid the holder of the lease is meant, not one who only has it open")
    func holderOfLease() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("holder")
      let executor = try world.executor(
        worker: "trap 'echo term > \"$2/term\"; exit 0' TERM; while :; do sleep 600 & wait; done")
      try executor.launch(world.spec(run), environment: ["PATH": "/usr/bin:/bin"])
      let worker = try world.awaitWorker(run)
      let files = world.directory(run)
      let onlooker = try world.start("exec sleep 600", input: files.lease)
      #expect(try world.poll(executor, run).vitals?.isIdentified == false)
      // The trap is set before the first child exists.
      try eventually("the worker waits") { !childrenOf(worker.pid).isEmpty }
      try executor.end(run, .stop)
      try eventually("TERM arrived") { Files.exists(files.path + "/term") }
      // This worker's child inherited the lease, as a worker's child must not: it is the holder
      // now.
      try executor.end(run, .kill)
      try eventually("the lease is free") {
        try world.poll(executor, run).hasVanished
      }
      #expect(try world.wasLeftAlone(onlooker))
    }

    @Test("a kill ends the worker and what it started, also what ignores TERM")
    func kill() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("kill")
      let agent = "trap '' TERM; echo > $ROOT/agent; while :; do sleep 600; done"
      let executor = try world.executor(
        worker: """
          trap '' TERM
          SYMPHONY_RUN='\(run)' setsid sh -c '\(agent.replacing("'", with: "'\\''"))' 3>&- &
          while :; do sleep 600 3>&-; done
          """)
      try executor.launch(world.spec(run), environment: ["PATH": "/usr/bin:/bin"])
      let worker = try world.awaitWorker(run)
      try world.directory(run).writeIdentity(worker)
      try eventually("the agent runs") { Files.exists(world.root + "/agent") }
      #expect(try world.poll(executor, run).leftovers == .none)
      try executor.end(run, .kill)
      try eventually("nothing is left") {
        let seen = try world.poll(executor, run)
        return seen.hasVanished && seen.leftovers == .none
      }
      #expect(Processes.carrying(RunMarker.entry(run)).isEmpty)
      // A second end of a run that is gone reaches nobody and is no error.
      for how in [EndKind.stop, .kill, .sweep] { try executor.end(run, how) }
    }

    @Test("a sweep deletes the private files of a worker that was killed, and no living one's")
    func privateFiles() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("secret")
      let files = try world.makeDirectory(run)
      try Files.makeDirectories(files.privateFolder)
      try Files.writeAtomically(files.privateFolder + "/mcp.json", "secret")
      try Files.writeAtomically(files.agentOutput, "kept")
      var lease = try FileLock.take(files.lease)
      #expect(lease != nil)
      try executor.end(run, .sweep)
      #expect(Files.exists(files.privateFolder + "/mcp.json"))
      lease = nil
      try eventually("the lease is free") { try !FileLock.probe(files.lease) }
      try executor.end(run, .sweep)
      #expect(!Files.exists(files.privateFolder))
      #expect(Files.exists(files.agentOutput))
    }

    @Test("forget removes what is settled, refuses what lives, and never leaves runs/")
    func forget() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("forget")
      let files = try world.makeDirectory(run)
      try Files.makeDirectories(files.path + "/deep/er")
      try files.writeResult(world.result(run))
      var lease = try FileLock.take(files.lease)
      #expect(lease != nil)
      let refusal = #expect(throws: ExecutorError.self) { try executor.forget(run) }
      #expect(refusal?.sentence.contains("its lease is held") == true)
      #expect(Files.exists(files.result))
      lease = nil
      try eventually("the lease is free") { try !FileLock.probe(files.lease) }
      try executor.forget(run)
      #expect(!Files.exists(files.path))
      try executor.forget(run)

      try Files.makeDirectories(world.root + "/precious")
      symlink(world.root + "/precious", world.state + "/runs/away")
      for name in ["away", "", ".", "..", "../../precious", "x/.."] {
        #expect(throws: ExecutorError.self) { try executor.forget(RunID(name)) }
      }
      #expect(Files.exists(world.root + "/precious"))
      #expect(Files.exists(world.state + "/runs"))
    }
  }
}

private func childrenOf(_ pid: Int32) -> [Int32] {
  Processes.all.filter { child in
    guard let text = try? Files.readText("/proc/\(child)/stat"),
      let close = text.lastIndex(of: ")")
    else { return false }
    let fields = text[text.index(after: close)...].split(separator: " ")
    return fields.count > 1 && Int32(fields[1]) == pid
  }
}
