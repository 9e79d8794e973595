// One worker has an item: one that another stands in for ends before it does anything others see.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyRuns
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct IdentityTests {
  private func path(_ yard: WorkerYard, _ run: RunID) -> String {
    ItemLock.path(of: run, in: StateLayout(yard.path("state")))
  }

  @Test func aWorkerWhoseItemIsTakenBeginsNothing() throws {
    let yard = try WorkerYard()
    yard.seams.itemPatience = 0
    let spec = yard.spec("touch $YARD/ran")
    let item = try ItemLock.take(
      spec.runID, in: StateLayout(yard.path("state")), patienceMilliseconds: 0)
    #expect(item != nil)
    #expect(try yard.start(spec) == 75)
    withExtendedLifetime(item) {}
    let words = "another worker of this item holds \(path(yard, spec.runID))"
    #expect(yard.logged.last?.contains(words) == true, "\(yard.logged)")
    #expect(yard.directory.readEnd() == .itemTaken && yard.directory.readIdentity() == nil)
    #expect(!Files.exists(yard.workspace) && !Files.exists(yard.path("ran")))
  }

  @Test func aWorkerThatComesAfterALaterOneBeginsNothing() throws {
    let yard = try WorkerYard()
    let (early, late) = (yard.spec("touch $YARD/ran"), yard.spec("true") { $0.agent.maxTurns = 1 })
    #expect(try yard.start(late) == 0)
    #expect(try yard.start(early) == 75)
    #expect(yard.logged.last?.contains("is of run 2 of this item already") == true)
    #expect(!Files.exists(yard.path("ran")))
    #expect(RunDirectory(path: early.paths.run).readEnd() == .itemTaken)
  }

  /// How another kernel, which does not see our locks, shows that it has a worker, too.
  enum Rival: CaseIterable { case laterRun, otherToken, otherItemFile, otherLease }

  private func intrude(_ rival: Rival, _ yard: WorkerYard) throws {
    let lease = yard.directory.lease
    let item = path(yard, RunID(Files.lastName(of: yard.directory.path)))
    func overwrite(_ file: String, _ bytes: [UInt8], at offset: off_t) {
      let descriptor = open(file, O_WRONLY | O_CLOEXEC)
      #expect(pwrite(descriptor, bytes, bytes.count, offset) == bytes.count)
      close(descriptor)
    }
    switch rival {
    case .laterRun: overwrite(item, [9], at: 0)
    case .otherToken: overwrite(lease, Array("another".utf8), at: 16)
    case .otherItemFile: try Files.writeAtomically(item, try Files.readText(item))
    case .otherLease: try Files.writeAtomically(lease, try Files.readText(lease))
    }
  }

  @Test(arguments: Rival.allCases, [false, true])
  func aWorkerThatWasReplacedPublishesNothing(rival: Rival, duringTheAgent: Bool) throws {
    let yard = try WorkerYard()
    _ = try yard.perform("true") { $0.agent.maxTurns = 1 }
    let tip = try yard.remoteTip()
    var hasCome = false
    // Either while the agent works, which is ended, or at the very last moment before the push.
    yard.seams.signal = { [unowned yard] in
      let phase = yard.directory.readProgress()?.progress.phase
      let isThere = duringTheAgent ? Files.exists(yard.path("ready")) : phase == .pushing
      if isThere, !hasCome {
        hasCome = true
        do { try intrude(rival, yard) } catch { Issue.record(error) }
      }
      return nil
    }
    // Only what is about to be done looks, not the pulse.
    if !duringTheAgent { yard.seams.pulseInterval = 600_000 }
    let wait = duringTheAgent ? "touch $YARD/ready; \(Way.forEver)" : "true"
    let status = try yard.start(yard.spec("\(commitScript); \(wait)") { $0.agent.maxTurns = 1 })
    #expect(hasCome && status == 70, "\(yard.logged)")
    #expect(try yard.remoteTip() == tip)
    #expect(!Files.exists(yard.directory.result))
    #expect(
      Processes.carrying(RunMarker.entry(RunID(Files.lastName(of: yard.directory.path)))) == [])
  }

  /// Not even to look: what it saw would be another's.
  @Test func aWorkerWithoutItsLeaseAsksNoGit() throws {
    let yard = try WorkerYard()
    // The pulse looks as well, but only now and then.
    yard.seams.pulseInterval = 600_000
    let run = try yard.live()
    let git = GitCommand(run)
    #expect(try git.ask(["version"], in: .tree(yard.path("."))).isSuccess)
    try Files.writeAtomically(run.files.lease, try Files.readText(run.files.lease))
    let stop = #expect(throws: RunStop.self) {
      try git.ask(["version"], in: .tree(yard.path(".")))
    }
    guard case .leaseLost? = stop else {
      Issue.record("git was asked, or refused for another reason: \(String(describing: stop))")
      return
    }
  }

  @Test func theItemIsFreeOnceItsWorkerHasEnded() throws {
    let yard = try WorkerYard()
    _ = try yard.perform("true") { $0.agent.maxTurns = 1 }
    let run = RunID(Files.lastName(of: yard.directory.path))
    #expect(try !FileLock.probe(path(yard, run)))
    #expect(ItemLock.generation(of: run, in: StateLayout(yard.path("state"))) == 1)
    #expect(yard.directory.readBirth() == nil && yard.directory.readEnd() == nil)
  }
}
