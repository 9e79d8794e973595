// Runs that came to nothing on this machine: what was never begun, what the machine had no room
// for, and what has to be swept before a run may be settled.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyExecutors

extension LocalExecutorTests {
  @Suite struct NotLaunched {
    @Test("what was begun is told from what was not, wherever the launch was cut short")
    func cutShort() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("cut")
      func seen() throws -> RunObservation.Liveness { try world.poll(executor, run).liveness }
      #expect(try seen() == .vanished(.notLaunched))
      let files = try world.makeDirectory(run)
      #expect(try seen() == .vanished(.notLaunched))
      try files.writeSpec(world.spec(run))
      var lease = try FileLock.take(files.lease)
      try files.reserveLease(#require(lease))
      lease = nil
      #expect(try seen() == .vanished(.notLaunched), "the next step makes the log")
      try Files.append(files.workerLog, "")
      #expect(try seen() == .vanished(.neverStarted))
      // Somebody deleted the directory of a run that had a worker.
      try Files.removeTree(files.path)
      #expect(try seen() == .vanished(.notLaunched))
      var item = try #require(
        try ItemLock.take(run, in: StateLayout(world.state), patienceMilliseconds: 0))
      try item.claim(world.record(run).generation)
      #expect(try seen() == .vanished(.neverStarted))
      var record = world.record(run)
      record.era = "another boot"
      let answer = try executor.poll(PollQuestion(runs: [record]))
      #expect(answer.runs[run]?.liveness == .vanished(.restarted))
    }

    @Test("the last word of a worker without a result is heard, and a result outweighs it")
    func lastWord() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      for (end, how) in [
        (LeaseEnd.machineTrouble, RunObservation.Vanishing.hindered), (.itemTaken, .notLaunched),
      ] {
        let run = world.run("word\(end.rawValue)")
        let files = try world.makeDirectory(run)
        try Files.append(files.workerLog, "")
        var lease = try FileLock.take(files.lease)
        try files.reserveLease(#require(lease))
        try files.writeEnd(end, #require(lease))
        #expect(try world.poll(executor, run).isAlive, "its worker is still there")
        lease = nil
        #expect(try world.poll(executor, run).liveness == .vanished(how))
        try files.writeResult(world.result(run))
        #expect(try world.poll(executor, run).liveness == .ended(world.result(run)))
      }
    }

    @Test("private files are told of a run that is over, asked about or not, and of no living one")
    func privateFiles() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("private")
      let files = try world.makeDirectory(run)
      try Files.makeDirectories(files.privateFolder)
      func uncleared(asking: Bool) throws -> [RunID] {
        let asked = asking ? [world.record(run)] : []
        return try executor.poll(PollQuestion(runs: asked)).uncleared
      }
      #expect(try uncleared(asking: true).isEmpty, "an empty directory tells nothing")
      try Files.writeAtomically(files.privateFolder + "/mcp.json", "secret")
      var lease = try FileLock.take(files.lease)
      #expect(lease != nil)
      for asking in [true, false] { #expect(try uncleared(asking: asking).isEmpty) }
      try executor.end(run, .clear)
      #expect(Files.exists(files.privateFolder + "/mcp.json"), "a worker keeps what it works with")
      lease = nil
      try eventually("the lease is free") { try !FileLock.probe(files.lease) }
      for asking in [true, false] { #expect(try uncleared(asking: asking) == [run]) }
      #expect(try world.poll(executor, run).leftovers == .none, "no run waits for it")
      try files.writeResult(world.result(run))
      #expect(try uncleared(asking: true) == [run])
      try executor.end(run, .clear)
      for asking in [true, false] { #expect(try uncleared(asking: asking).isEmpty) }
      #expect(!Files.exists(files.privateFolder) && Files.exists(files.result))
    }

    @Test(
      "a full disk, and one without room for files, costs a launch and nothing else",
      .enabled(if: TinyDisk.isAvailable, "needs to mount a tmpfs"),
      arguments: ["size=256k", "size=4m,nr_inodes=24"])
    func fullDisk(_ options: String) throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      try Files.makeDirectories(world.state + "/runs")
      let disk = try TinyDisk(at: world.state + "/runs", options)
      defer { disk.remove() }
      try disk.fill()
      let spec = world.spec(world.run("full"))
      let error = #expect(throws: ExecutorError.self) {
        try executor.launch(spec, environment: ["PATH": "/usr/bin:/bin"])
      }
      #expect(error?.code == "run_directory_unusable", "\(error as Any)")
      #expect(error?.sentence.contains("No space left on device") == true, "\(error as Any)")
      #expect(!Files.exists(world.directory(spec.runID).path), "nothing is left behind")
      #expect(try world.poll(executor, spec.runID).liveness == .vanished(.notLaunched))
      try disk.free()
      try executor.launch(spec, environment: ["PATH": "/usr/bin:/bin"])
      let worker = try world.awaitWorker(spec.runID)
      try executor.end(spec.runID, .kill)
      try eventually("it has ended") { try world.poll(executor, spec.runID).hasVanished }
      _ = try world.awaitExit(worker)
    }
  }
}
