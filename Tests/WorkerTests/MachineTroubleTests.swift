// A machine in trouble spends nothing of an item's: the run ends as `machine_trouble`, or leaves a
// word where its result finds no room, and what it made stays.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct MachineTroubleTests {
  static let troubles = [ENOSPC, EDQUOT, EIO, EROFS, EMFILE, ENFILE, EAGAIN, ENOMEM]

  /// The disk takes no more progress once the agent has committed; the commit is there and named.
  @Test(arguments: troubles)
  func aRunThatCannotWriteEndsWithItsWorkKept(number: Int32) throws {
    let yard = try WorkerYard()
    let file = yard.workspace + "/work"
    yard.seams.writeProgress = { (files, progress, deadline, durably) throws(PlatformError) in
      if Files.exists(file) { throw PlatformError("write", files.progress, number) }
      try files.writeProgress(progress, deadline: deadline, durably: durably)
    }
    let result = try yard.perform("\(commitScript); echo session s1; \(Way.forEver)")
    #expect(result.outcome == .failed && result.code == RunCode.machineTrouble, "\(result)")
    #expect(result.failure == .transient)
    #expect(result.summary.contains("cannot write \(yard.directory.progress)"))
    let head = try yard.shell("git -C \(yard.workspace) rev-parse HEAD")
    #expect(result.head == head)
    guard case .unpushed(head, _) = result.push else {
      Issue.record("\(result.push)")
      return
    }
    yard.seams.writeProgress = WorkerSeams().writeProgress
    let next = try yard.perform("true") { $0.agent.maxTurns = 1 }
    #expect(next.push == .pushed(head: head))
  }

  @Test func anotherErrorIsNoTroubleOfTheMachine() throws {
    let yard = try WorkerYard()
    yard.seams.writeProgress = { (files, progress, deadline, durably) throws(PlatformError) in
      if progress.phase == .agent { throw PlatformError("write", files.progress, EACCES) }
      try files.writeProgress(progress, deadline: deadline, durably: durably)
    }
    let result = try yard.perform("true")
    #expect(result.code == "worker_failed" && result.failure == nil)
  }

  @Test(arguments: troubles + [EACCES])
  func aResultWithoutRoomLeavesAWord(number: Int32) throws {
    let yard = try WorkerYard()
    yard.seams.writeResult = { (files, _) throws(PlatformError) in
      throw PlatformError("write", files.result, number)
    }
    let status = try yard.start(yard.spec(commitScript) { $0.agent.maxTurns = 1 })
    #expect(status == 74)
    #expect(yard.directory.readEnd() == (number == EACCES ? nil : .machineTrouble))
    #expect(try yard.remoteTip() != yard.remoteTip("main"), "its work is there all the same")
  }

  @Test func aWorkerThatCannotSayWhoItIsLeavesAWord() throws {
    let yard = try WorkerYard()
    let spec = yard.spec("true")
    try Files.makeDirectories(spec.paths.run)
    try yard.directory.writeSpec(spec)
    // A disk that fails: memory opens as a file, but a read of address 0 does not.
    guard Host.userID == 0, TinyDisk.isAvailable else { return }
    try Files.writeAtomically(yard.directory.result, "")
    try yard.shell("mount --bind /proc/\(Host.processID)/mem \(yard.directory.result)")
    let worker = Worker(
      runDirectory: spec.paths.run, agents: [], renderer: PlainRenderer(),
      environment: yard.environment, seams: yard.seams)
    #expect(worker.run() == 74)
    try yard.shell("umount --lazy \(yard.directory.result)")
    #expect(yard.directory.readEnd() == .machineTrouble)
  }

  /// Puts a git in the way that fails at one command, with these words.
  private func spoil(_ yard: WorkerYard, at command: String, _ words: String) throws {
    let git = try #require(Spawn.find("git", environment: yard.environment))
    try yard.shell(
      """
      mkdir -p bin; cat > bin/git <<'END'
      #!/bin/sh
      case " $* " in *" \(command) "*) echo "\(words)" >&2; exit 128;; esac
      exec \(git) "$@"
      END
      chmod +x bin/git
      """)
    yard.environment["PATH"] = yard.path("bin") + ":" + (yard.environment["PATH"] ?? "")
  }

  @Test(arguments: [
    "fatal: write error: No space left on device", "error: cannot fork: Cannot allocate memory",
    "fatal: cannot create thread: Resource temporarily unavailable",
    "fatal: unable to create 'x.lock': Read-only file system",
  ])
  func gitsWordsForItAreUnderstood(words: String) throws {
    let yard = try WorkerYard()
    try spoil(yard, at: "worktree add", words)
    let result = try yard.perform("touch $YARD/ran")
    #expect(result.code == RunCode.machineTrouble && result.failure == .transient, "\(result)")
    #expect(result.summary.contains(words) && !Files.exists(yard.path("ran")))
  }

  @Test func otherWordsAreGitsOwnTrouble() throws {
    let yard = try WorkerYard()
    try spoil(yard, at: "worktree add", "fatal: 'x' is already used")
    #expect(try yard.perform("true").code == "git_failed")
  }

  /// What the remote's machine lacks is no trouble of this one, nor is a network that is not there.
  @Test(arguments: [
    ("remote: fatal: No space left on device", RunCode.remoteFailed),
    ("fatal: unable to connect: Resource temporarily unavailable", RunCode.remoteFailed),
    ("fatal: cannot create 'FETCH_HEAD': No space left on device", RunCode.machineTrouble),
  ])
  func theRemotesTroubleIsItsOwn(words: String, code: String) throws {
    let yard = try WorkerYard()
    try spoil(yard, at: "ls-remote", words)
    #expect(try yard.perform("true").code == code)
  }

  /// A push that fails at our own disk is a debt like any other, and no lost outcome.
  @Test func aPushThatOurDiskEndsIsOwed() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("true") { $0.agent.maxTurns = 1 }
    try spoil(yard, at: "push", "error: unable to write: No space left on device")
    let result = try yard.perform(commitScript) { $0.agent.maxTurns = 1 }
    #expect(result.outcome == .succeeded, "\(result)")
    guard case .unpushed(_, let why) = result.push else {
      Issue.record("\(result.push)")
      return
    }
    #expect(why.contains("No space left on device"))
  }
}
