// One worker per item, whatever the database says; and who holds a lease when nobody can be named.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import Testing

@testable import SymphonyExecutors

extension LocalExecutorTests {
  @Suite struct Identity {
    /// A process that shows the arguments of a run's worker, and has inherited `descriptor`.
    private func lookalike(
      _ world: LocalWorld, of run: RunID, _ descriptor: Int32
    ) throws -> ProcessIdentity {
      let pipe = world.directory(run).path + ".pipe"
      // It waits without a child: opening a pipe that nobody writes to.
      try Files.writeAtomically(world.root + "/worker", "read line <\"$1.pipe\"\n")
      try Files.makeDirectories(world.directory(run).path)
      #expect(mkfifo(pipe, 0o600) == 0)
      var request = SpawnRequest(
        arguments: ["/bin/sh", "worker", world.directory(run).path],
        environment: ["PATH": "/usr/bin:/bin", "ROOT": world.root], directory: world.root)
      request.inherited = [descriptor]
      let pid = try Spawn.start(request)
      let found = try #require(Processes.stat(pid))
      return ProcessIdentity(pid: pid, startTime: found.startTime, bootID: world.bootID)
    }

    @Test("a stopped child of a dead worker is found by its arguments, another run's is not")
    func hiddenHolder() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      var executor = try world.executor()
      // As for any user but root: what hides itself lets no descriptor be seen.
      executor.holding = { _ in [] }
      let (run, other) = (world.run("hidden"), world.run("other"))
      let files = try world.makeDirectory(run)
      var lease = try FileLock.take(files.lease)
      let held = try #require(lease).descriptor
      let child = try lookalike(world, of: run, held)
      let bystander = try lookalike(world, of: other, held)
      for process in [child, bystander] { Processes.signalChild(process.pid, SIGSTOP) }
      lease = nil
      #expect(FileLock.owner(of: files.lease) == nil)
      #expect(try world.poll(executor, run).isAlive, "a copy of the lock is enough")
      try executor.end(run, .kill)
      #expect(try world.awaitExit(child) == .signalled(SIGKILL))
      #expect(Processes.isAlive(pid: bystander.pid, startTime: bystander.startTime))
      Processes.signalChild(bystander.pid, SIGKILL)
      _ = try world.awaitExit(bystander)
      try eventually("the lease is free") { try !FileLock.probe(files.lease) }
      // Nobody holds the lease: whoever shows such arguments is nobody's worker.
      let stranger = try lookalike(world, of: world.run("late"), 0)
      try executor.end(world.run("late"), .kill)
      #expect(Processes.isAlive(pid: stranger.pid, startTime: stranger.startTime))
      Processes.signalChild(stranger.pid, SIGKILL)
      _ = try world.awaitExit(stranger)
    }

    @Test("an item has one worker, also where the database knows of none")
    func oneWorkerPerItem() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let layout = StateLayout(world.state)
      let spec = world.spec(world.run("item"))
      let item = try #require(
        try takeItem(spec.runID, world, claiming: nil), "nobody had the item before")
      func refusal() -> ExecutorError? {
        #expect(throws: ExecutorError.self) { try executor.launch(spec, environment: [:]) }
      }
      let held = refusal()
      #expect(held?.code == "already_launched")
      #expect(held?.sentence.hasSuffix("a worker of this item lives") == true, "\(held as Any)")
      #expect(!Files.exists(world.directory(spec.runID).path))
      withExtendedLifetime(item) {}
      #expect(Files.exists(layout.item(spec.runID.workspace)))
      #expect(try Files.list(world.state + "/runs").count == 1)
      #expect(try executor.poll(PollQuestion()).otherRuns.isEmpty, "the lock is no run")
    }

    @Test("a run that does not follow the item's last one is not launched")
    func generations() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      var spec = world.spec(world.run("item"))
      _ = try takeItem(spec.runID, world, claiming: 7)
      for generation in [6, 7] {
        spec.generation = generation
        let error = #expect(throws: ExecutorError.self) {
          try executor.launch(spec, environment: [:])
        }
        #expect(error?.code == "already_launched")
      }
      #expect(!Files.exists(world.root + "/starts"))
      spec.generation = 8
      try executor.launch(spec, environment: ["PATH": "/usr/bin:/bin"])
      _ = try world.awaitWorker(spec.runID)
    }

    private func takeItem(_ run: RunID, _ world: LocalWorld, claiming generation: Int?) throws
      -> ItemLock?
    {
      try Files.makeDirectories(world.state + "/runs")
      var item = try ItemLock.take(run, in: StateLayout(world.state), patienceMilliseconds: 0)
      if let generation { try item?.claim(generation) }
      return item
    }

    @Test("who wrote into the item's lock, or replaced it, has the item")
    func claims() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("item")
      let path = ItemLock.path(of: run, in: StateLayout(world.state))
      let item = try #require(try takeItem(run, world, claiming: 3))
      #expect(item.isOurs && item.generation == 3)
      #expect(ItemLock.generation(of: run, in: StateLayout(world.state)) == 3)
      #expect(try takeItem(run, world, claiming: 4) == nil)
      #expect(item.isOurs)
      let bytes = try Files.read(path)
      // As another kernel would, which does not see our lock.
      let file = open(path, O_WRONLY | O_CLOEXEC)
      #expect(pwrite(file, [4], 1, 0) == 1)
      #expect(!item.isOurs && item.generation == 4)
      #expect(pwrite(file, bytes, bytes.count, 0) == bytes.count)
      #expect(item.isOurs)
      close(file)
      #expect(rename(path, path + ".old") == 0)
      try Files.writeAtomically(path, String(decoding: bytes, as: UTF8.self))
      #expect(!item.isOurs)
    }

    @Test("a worker's age is told by a clock that no one sets")
    func age() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let run = world.run("age")
      let files = try world.makeDirectory(run)
      let lease = try #require(try FileLock.take(files.lease))
      #expect(try world.poll(executor, run).vitals?.age == nil, "a lease of an older version")
      let before = Clock.monotonicMilliseconds()
      try files.reserveLease(lease)
      let vitals = try #require(try world.poll(executor, run).vitals)
      let most = Interval(milliseconds: Clock.monotonicMilliseconds() - before)
      #expect(try #require(vitals.age) <= most && !vitals.isIdentified)
      try files.writePulse(lease, milliseconds: 5)
      #expect(files.readPulse() == 5 && files.readBirth().map { $0 >= before } == true)
      #expect(try Files.read(files.lease).count == 64)
      #expect(files.token(lease) == [UInt8](repeating: 0, count: 16))
      try files.writeToken(lease)
      #expect(files.token(lease).allSatisfy { $0 != 0 } && files.readEnd() == nil)
    }
  }
}
