// What commands say about a state directory they cannot use: exit 74, the file's name, the next
// step, and not a byte of a damaged database changed. Read-only and full file systems need a mount
// and are skipped where that is not allowed.
import Glibc
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

/// A small file system of its own, unmounted with the last reference.
final class SmallDisk: Sendable {
  let path: String
  /// Mounts need root, and a container may still refuse them.
  static let isAllowed: Bool = {
    guard Host.userID == 0, let folder = try? TemporaryDirectory("mount") else { return false }
    return (try? SmallDisk(at: folder.path, kilobytes: 64)) != nil
  }()

  init(at path: String, kilobytes: Int) throws {
    self.path = path
    try SmallDisk.run(["mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
  }
  deinit { try? SmallDisk.run(["umount", "-l", path]) }

  func makeReadOnly() throws { try SmallDisk.run(["mount", "-o", "remount,ro", path]) }
  /// For whoever comes by its path; what is open already stays open, and keeps nobody from this.
  func coverReadOnly() throws {
    try SmallDisk.run(["mount", "--bind", path, path])
    try SmallDisk.run(["mount", "-o", "remount,bind,ro", path])
  }
  func uncover() throws { try SmallDisk.run(["umount", path]) }
  func fill() throws {
    // dd ends with an error when the disk is full: that is the point.
    _ = try? SmallDisk.run(["dd", "if=/dev/zero", "of=\(path)/fill", "bs=4k"])
  }

  private static func run(_ arguments: [String]) throws {
    let done = try CapturedCommand.run(
      arguments, environment: ["PATH": Host.environment["PATH"] ?? "/usr/bin:/bin"],
      directory: "/", timeoutMilliseconds: 60_000)
    guard done.exit.isSuccess else { throw PlatformError(arguments[0], "/", 1) }
  }
}

@Suite struct StateMessageTests {
  private func expectState(
    _ answer: Transcript, _ fragment: String, hint: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(answer.code == 74, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer.output.isEmpty, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer.complaints.count == 1, "\(answer)", sourceLocation: sourceLocation)
    #expect(
      answer.complaints.first?.contains(fragment) == true, "\(answer)",
      sourceLocation: sourceLocation)
    #expect(
      answer.hints.first?.hasPrefix(hint) == true, "\(answer)", sourceLocation: sourceLocation)
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "mounting a file system needs root"))
  func aReadOnlyStateDirectory() async throws {
    let project = try Project.local()
    let folder = try project.folder.directory("disk")
    let disk = try SmallDisk(at: folder, kilobytes: 4096)
    let state = Files.join(folder, "state")
    let there = ["SYMPHONY_STATE_DIR": state]
    _ = try await project.run("pause", environment: there)
    try disk.makeReadOnly()
    let before = try contents(of: state)
    for command in ["tick", "pause"] {
      let answer = try await project.run(command, environment: there)
      expectState(answer, state, hint: "make the state directory writable")
    }
    let fresh = ["SYMPHONY_STATE_DIR": Files.join(folder, "other")]
    expectState(
      try await project.run("tick", environment: fresh), "Read-only file system",
      hint: "make the state directory writable")
    // Looking is still possible.
    let status = try await project.run("status", environment: there)
    #expect(status.code == 0 && status.output.contains("hold      pause"), "\(status)")
    #expect(try await project.run("tick", "--dry-run", environment: there).code == 0)
    #expect(try contents(of: state) == before)
    let doctor = try await project.run("doctor", environment: there)
    #expect(doctor.code == 1, "\(doctor)")
    #expect(doctor.outputLines.contains { $0.hasPrefix("fail  state") }, "\(doctor)")
    withExtendedLifetime(disk) {}
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "mounting a file system needs root"))
  func nobodyWaitsForAStateThatCannotBeWritten() async throws {
    let project = try Project.local(agent: "touch ../begun; exec sleep 600")
    let folder = try project.folder.directory("disk")
    // Room enough for a run to be launched.
    let disk = try SmallDisk(at: folder, kilobytes: 4 << 20)
    let state = Files.join(folder, "state")
    let there = ["SYMPHONY_STATE_DIR": state]
    _ = try await project.run("tick", environment: there)
    try await eventually("the agent is at work") {
      Files.exists(Files.join(state, "workspaces/begun"))
    }
    try disk.coverReadOnly()
    let answer = try await project.run("tick", "--wait", "--timeout", "600", environment: there)
    expectState(
      answer, "the state in \(state) cannot be written: ", hint: "make the state directory writable"
    )
    #expect(answer.complaints.first?.hasSuffix("; workers live on") == true, "\(answer)")
    try disk.uncover()
    _ = try await project.run("stop", "--all", environment: there)
    try await eventually("no run is alive") {
      _ = try await project.run("tick", environment: there)
      return try await project.run("status", "--json", environment: there).state().items
        .allSatisfy { $0.run == nil }
    }
    withExtendedLifetime(disk) {}
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "mounting a file system needs root"))
  func aFullDisk() async throws {
    let project = try Project.local()
    let folder = try project.folder.directory("disk")
    let disk = try SmallDisk(at: folder, kilobytes: 1024)
    let there = ["SYMPHONY_STATE_DIR": Files.join(folder, "state")]
    _ = try await project.run("pause", environment: there)
    try disk.fill()
    let database = Files.join(folder, "state/symphony.db")
    let before = try Files.read(database)
    for command in ["tick", "pause"] {
      let answer = try await project.run(command, environment: there)
      expectState(answer, "o space left", hint: "free disk space")
    }
    #expect(try Files.read(database) == before)
    withExtendedLifetime(disk) {}
  }

  @Test func anotherProjectsStateIsNotTouchedNorPlannedWith() async throws {
    let (first, second) = (try Project.local(issues: 0), try Project.local())
    #expect(try await first.run("tick").code == 0)
    let there = ["SYMPHONY_STATE_DIR": first.state]
    let owner = "\(first.state) belongs to \(first.path)/WORKFLOW.md"
    for answer in [
      try await second.run("tick", environment: there),
      try await second.run("tick", "--dry-run", environment: there),
    ] {
      expectState(answer, owner, hint: "name another directory")
    }
    // A project that has moved away leaves its state to whoever comes.
    try Files.remove(Files.join(first.path, "WORKFLOW.md"))
    #expect(try await second.run("tick", "--dry-run", environment: there).code == 0)
  }

  @Test func aDamagedDatabaseIsLeftAsItIs() async throws {
    let project = try Project.local()
    _ = try await project.run("pause")
    let database = Files.join(project.state, "symphony.db")
    let text = String(repeating: "this is no database, whatever it is called\n", count: 400)
    try Files.writeAtomically(database, text, mode: 0o600, durable: false)
    for arguments in [["tick"], ["tick", "--dry-run"], ["status"], ["pause"], ["resume"]] {
      let answer = Transcript(
        try await SymphonyBinary.run(
          arguments + ["--state-dir", project.state], directory: project.path))
      expectState(answer, "\(database) is damaged", hint: "the file was left as it is")
      #expect(try Files.readText(database) == text, "\(arguments)")
      #expect(!Files.exists(database + "-wal") && !Files.exists(database + "-shm"))
    }
  }

  @Test func aDirectoryOthersMayWriteToIsRefusedByEveryCommand() async throws {
    let project = try Project.local()
    _ = try await project.run("pause")
    #expect(chmod(project.folder.path, 0o755) == 0)
    #expect(chmod(project.state, 0o777) == 0)
    let before = try contents(of: project.state)
    for arguments in [
      ["tick"], ["tick", "--dry-run"], ["status"], ["pause"], ["resume"], ["stop", "1"],
      ["retry", "1"],
    ] {
      let answer = Transcript(
        try await SymphonyBinary.run(
          arguments + ["--state-dir", project.state], directory: project.path))
      expectState(
        answer, "\(project.state) is writable for everybody", hint: "look at what is in it")
    }
    #expect(try contents(of: project.state) == before)
    let doctor = try await project.run("doctor")
    #expect(doctor.code == 1, "\(doctor)")
    #expect(
      doctor.outputLines.contains {
        $0.hasPrefix("fail  state") && $0.contains("(mode 0777)")
      }, "\(doctor)")
  }

  @Test(arguments: ["root", "repo_cache_dir", "worktree_dir"])
  func placesOfWorkAreLookedAtToo(_ key: String) async throws {
    let project = try Project.local(more: "workspace:\n  \(key): $SYMPHONY_TEST_PLACE\n")
    let shared = try project.folder.directory("shared")
    #expect(chmod(project.folder.path, 0o755) == 0 && chmod(shared, 0o777) == 0)
    let place = ["SYMPHONY_TEST_PLACE": Files.join(shared, "work")]
    for command in [["tick"], ["tick", "--dry-run"], ["why", "1"]] {
      let answer = Transcript(
        try await SymphonyBinary.run(
          command + ["--state-dir", project.state], directory: project.path, environment: place))
      expectState(answer, "\(shared) is writable for everybody", hint: "look at what is in it")
    }
    #expect(!Files.exists(project.state), "nothing could be committed to it")
    let doctor = try await project.run("doctor", environment: place)
    #expect(doctor.code == 1)
    #expect(try Files.list(shared).isEmpty)
    #expect(chmod(shared, 0o1777) == 0)
    try Files.makeDirectory(Files.join(shared, "work"))
    #expect(try await project.run("tick", "--dry-run", environment: place).code == 0)
  }

  @Test func runsWithoutADatabaseGetNoNewOne() async throws {
    let project = try Project.local()
    try project.folder.directory("state/runs/local_project_1-1")
    // Not a run, and among the first of the names.
    for name in ["a_project_1.item", "number"] {
      try project.folder.write("state/runs/\(name)", "")
    }
    for command in ["tick", "status", "pause"] {
      let answer = try await project.run(command)
      expectState(answer, "but no database", hint: "`symphony recover --dry-run` shows")
      #expect(answer.errors.contains("(local_project_1-1)"), "a run is named: \(answer)")
    }
    try Files.removeTree(Files.join(project.state, "runs/local_project_1-1"))
    let answer = try await project.run("tick")
    expectState(
      answer, "there were runs (runs/a_project_1.item)", hint: "`symphony recover --dry-run`")
    #expect(!Files.exists(Files.join(project.state, "symphony.db")))
  }

  /// Its tick on the same directory, as from a container or another machine: nothing of it is written,
  /// also while a worker lives here.
  @Test(.enabled(if: OtherNamespace.isAllowed, "needs root for a namespace of its own"))
  func aTickOfElsewhereWritesNothing() async throws {
    let project = try Project.local(agent: "touch ../../begun; sleep 600")
    _ = try await project.run("tick")
    try await eventually("its agent is at work") { Files.exists(project.state + "/begun") }
    // Its pulse and its progress are a clock's.
    let workers = Processes.all.filter { pid in
      ((try? Files.readText("/proc/\(pid)/cmdline")) ?? "").contains("worker\0\(project.state)/")
    }
    for pid in workers { try OtherNamespace.send("STOP", pid) }
    // Whoever comes to the door leaves these, and nothing hangs on them.
    let doors: Set = ["tick.lock", "tick.again", "state.alarm"]
    let before = try contents(of: project.state)
    for command in [["tick"], ["tick", "--scheduled"], ["pause"], ["stop", "1"], ["gc"]] {
      let told = try OtherNamespace.run(command, in: project)
      #expect(told.exit == .exited(74), "\(command): \(told.errorOutput)")
      #expect(told.errorOutput.contains("belongs to pid:["), "\(command): \(told.errorOutput)")
      let after = try contents(of: project.state)
      let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
      #expect(changed.subtracting(doors).isEmpty, "\(command)")
    }
    for pid in workers { try OtherNamespace.send("CONT", pid) }
    #expect(workers.count == 1)
    #expect(try await project.run("tick").code == 0)
    try await project.stopAll()
  }
}

/// Processes that have numbers of their own, as in a container.
enum OtherNamespace {
  private static let words = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
  static let isAllowed =
    Host.userID == 0
    && (try? run(words + ["true"], [:], "/"))?.exit.isSuccess == true

  static func run(_ arguments: [String], in project: Project) throws -> CapturedCommand {
    try run(
      words + [try SymphonyBinary.path] + arguments,
      ["SYMPHONY_STATE_DIR": project.state, "HOME": project.home], project.path)
  }
  static func send(_ signal: String, _ pid: Int32) throws {
    _ = try run(["kill", "-s", signal, "\(pid)"], [:], "/")
  }
  private static func run(
    _ arguments: [String], _ more: [String: String], _ directory: String
  ) throws -> CapturedCommand {
    try CapturedCommand.run(
      arguments,
      environment: ["PATH": Host.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"]
        .merging(more) { $1 },
      directory: directory, timeoutMilliseconds: 60_000)
  }
}
