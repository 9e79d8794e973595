// What a worker is born with, and that a run is launched at most once.
import Glibc
import SymphonyCore
import SymphonyExecutors
import SymphonyPlatform
import SymphonyRuns
import Testing

extension LocalExecutorTests {
  @Suite struct Launch {
    @Test("the worker gets a session, lease and environment as 3 and 4, its log, nothing else")
    func birth() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("birth")
      let files = world.directory(run)
      // Descriptors that would leak: not close-on-exec, below and above the lease's number.
      let leaks = [open("/dev/null", O_RDONLY), fcntl(0, F_DUPFD, 200)]
      defer { for leak in leaks { close(leak) } }
      let environment = [
        "PATH": "/usr/bin:/bin", "GITHUB_TOKEN": "t0ken", RunMarker.variable: "an-outer-run",
      ]
      let executor = try world.executor()
      try executor.launch(world.spec(run), environment: environment)

      let worker = try world.awaitWorker(run)
      let proc = "/proc/\(worker.pid)"
      try eventually("the script became sleep") {
        Files.linkTarget(proc + "/exe")?.hasSuffix("sh") == false
          && Files.linkTarget(proc + "/exe")?.isEmpty == false
      }
      // Its loader opens and closes files at first; a leaked descriptor would stay.
      try eventually("the worker has five descriptors, none leaked") {
        try Files.list(proc + "/fd") == ["0", "1", "2", "3", "4"]
      }
      #expect(Files.linkTarget(proc + "/fd/0") == "/dev/null")
      #expect(Files.linkTarget(proc + "/fd/1") == files.workerLog)
      #expect(Files.linkTarget(proc + "/fd/2") == files.workerLog)
      #expect(Files.linkTarget(proc + "/fd/3") == files.lease)
      #expect(getsid(worker.pid) == worker.pid)
      #expect(Processes.workingDirectory(of: worker.pid) == "/")
      var seen = try #require(Processes.environment(of: worker.pid))
      for setByScript in ["PWD", "OLDPWD", "_", "SHLVL", "ROOT"] { seen[setByScript] = nil }
      #expect(seen == ["PATH": "/usr/bin:/bin", PassedEnvironment.variable: "4"])
      // What others cannot read there it finds in a file that has no name and cannot be changed.
      let passed = try Files.readText(proc + "/fd/4")
      #expect(passed == "GITHUB_TOKEN=t0ken\0PATH=/usr/bin:/bin\0")
      #expect(Files.linkTarget(proc + "/fd/4")?.hasPrefix("/memfd:") == true)
      #expect(try Files.readText(files.path + "/arguments") == "worker \(files.path)\n")
      #expect(try files.readSpec() == world.spec(run, like: files.readSpec()))
    }

    @Test("the lease belongs to the worker alone and lives as long as it does")
    func leaseOutlivesLauncher() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("lease")
      let executor = try world.executor()
      try executor.launch(world.spec(run), environment: ["PATH": "/usr/bin:/bin"])
      let worker = try world.awaitWorker(run)
      let lease = world.directory(run).lease
      // No copy stayed with the launcher: closing everything of ours could not free or keep it.
      try eventually("the worker alone holds the lease") {
        Processes.holdingLock(on: lease) == [worker.pid]
      }
      #expect(try FileLock.take(lease) == nil)
      #expect(try world.poll(executor, run).isAlive)

      Processes.signalChild(worker.pid, SIGKILL)
      try eventually("the run is seen to be gone") {
        try world.poll(executor, run).hasVanished
      }
    }

    @Test("a second launch of the same run conflicts, starts nothing and changes nothing")
    func twice() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("twice")
      let executor = try world.executor()
      try executor.launch(world.spec(run), environment: [:])
      _ = try world.awaitWorker(run)
      let before = try Files.readText(world.directory(run).spec)
      let error = #expect(throws: ExecutorError.self) {
        try executor.launch(world.spec(run), environment: [:])
      }
      #expect(error?.code == "already_launched")
      #expect(error?.sentence.contains(world.directory(run).path) == true)
      #expect(try Files.readText(world.directory(run).spec) == before)

      // Also when the first one never got past its directory.
      let other = world.run("torn")
      _ = try world.makeDirectory(other)
      let second = #expect(throws: ExecutorError.self) {
        try executor.launch(world.spec(other), environment: [:])
      }
      #expect(second?.code == "already_launched")
      #expect(try Files.list(world.directory(other).path).isEmpty)
      #expect(try Files.readText(world.root + "/starts") == "started\n")
    }

    @Test("a program that cannot be started leaves nothing behind and shows as not launched")
    func missingProgram() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let run = world.run("missing")
      let executor = LocalExecutor(
        stateDirectory: world.state, executable: world.root + "/nowhere", bootID: world.bootID)
      let error = #expect(throws: ExecutorError.self) {
        try executor.launch(world.spec(run), environment: [:])
      }
      #expect(error?.code == "not_launched")
      #expect(error?.sentence.contains("/nowhere: No such file") == true)
      let seen = try world.poll(executor, run)
      #expect(seen.liveness == .vanished(.notLaunched))
      #expect(!Files.exists(world.directory(run).path))
    }

    @Test("a state directory that cannot hold runs says so, and a name that leads out is refused")
    func unusable() throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      for name in ["", ".", "..", "../away", "a/b"] {
        let error = #expect(throws: ExecutorError.self) {
          try executor.launch(world.spec(RunID(name)), environment: [:])
        }
        #expect(error?.code == "run_directory_unusable")
      }
      try Files.writeAtomically(world.state + "/runs", "a file in the way")
      let error = #expect(throws: ExecutorError.self) {
        try executor.launch(world.spec(world.run("r")), environment: [:])
      }
      #expect(error?.code == "run_directory_unusable")
      #expect(!Files.exists(world.root + "/starts"))
    }

    @Test("a look at the lease while it is being taken does not spoil the launch")
    func onlooker() async throws {
      let world = try LocalWorld()
      defer { world.tearDown() }
      let executor = try world.executor()
      let runs = (1...40).map { world.run("seen\($0)") }
      let leases = runs.map { world.directory($0).lease }
      // Looks at each lease without a pause from before it is there until it is held; every
      // look between its creation and its locking shares the lock for a moment.
      let onlooker = Task.detached {
        let deadline = Clock.monotonicMilliseconds() + 30_000
        for lease in leases {
          while try !FileLock.probe(lease), Clock.monotonicMilliseconds() < deadline {}
        }
      }
      for run in runs {
        try executor.launch(world.spec(run), environment: ["PATH": "/usr/bin:/bin"])
        _ = try world.awaitWorker(run)
      }
      try await onlooker.value
    }
  }
}

extension LocalWorld {
  /// The spec of a run with the one random part of another.
  func spec(_ run: RunID, like other: RunSpec) -> RunSpec {
    var spec = spec(run)
    spec.newSessionID = other.newSessionID
    return spec
  }
}
