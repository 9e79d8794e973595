// A worker whose named directories are not there: nothing is made in their place, nothing is
// believed to be gone, and no attempt is spent.
import SymphonyCore
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@testable import SymphonyWorker

@Suite(.ownThreads) struct AbsentDiskTests {
  private static func onDisk(_ yard: WorkerYard, cacheToo: Bool = false) -> (inout RunSpec) -> Void
  {
    {
      $0.paths.workspace = yard.path("disk/w42")
      if cacheToo { $0.paths.cache = yard.path("disk/acme/app.git") }
      $0.agent.maxTurns = 1
    }
  }
  /// As the tick does before a launch.
  private static func mount(_ yard: WorkerYard) throws {
    try Files.makeDirectories(yard.path("disk"))
    try NamedFolder(yard.path("disk")).leaveMark()
  }

  @Test(arguments: [false, true], [false, true])
  func nothingIsMadeOnTheMountPoint(isEmpty: Bool, cacheToo: Bool) throws {
    let yard = try WorkerYard()
    if isEmpty { try Files.makeDirectories(yard.path("disk")) }
    for purpose in [RunPurpose.work, .cleanUp] {
      let result = try yard.perform(commitScript) {
        Self.onDisk(yard, cacheToo: cacheToo)(&$0)
        $0.purpose = purpose
      }
      #expect(result.outcome == .failed && result.code == "workspace_absent", "\(result.summary)")
      #expect(result.failure == .transient && !result.removed)
      #expect(result.summary.contains(yard.path("disk")), "\(result.summary)")
      #expect(
        isEmpty ? try Files.list(yard.path("disk")).isEmpty : !Files.exists(yard.path("disk")))
    }
  }

  /// What the workspace holds is not taken for gone, and its mark beside it stays.
  @Test func aWorkspaceIsFoundAgain() throws {
    let yard = try WorkerYard()
    try Self.mount(yard)
    let first = try yard.perform(commitScript, Self.onDisk(yard))
    #expect(first.push == .pushed(head: try yard.remoteTip()), "\(first.summary)")
    try yard.shell("mv disk away; mkdir disk")
    for purpose in [RunPurpose.work, .cleanUp] {
      let result = try yard.perform(commitScript) {
        Self.onDisk(yard)(&$0)
        $0.purpose = purpose
      }
      #expect(result.code == "workspace_absent", "\(result.summary)")
    }
    #expect(try Files.list(yard.path("disk")).isEmpty)
    try yard.shell("rmdir disk; mv away disk; echo kept > disk/w42/kept")
    let next = try yard.perform("test -e kept && \(commitScript)", Self.onDisk(yard))
    #expect(next.outcome == .succeeded, "\(next.summary)")
    #expect(try yard.cleanUp(Self.onDisk(yard)).removed)
    #expect(try Files.list(yard.path("disk")) == [NamedFolder.markName])
  }

  /// The disk goes while the agent works: whatever it and git say then, that is the reason.
  @Test(arguments: ["mv ../../disk ../../away", "mv ../../disk ../../away; exit 1"])
  func oneThatGoesDuringTheRunSpendsNoAttempt(_ script: String) throws {
    let yard = try WorkerYard()
    try Self.mount(yard)
    let result = try yard.perform("\(commitScript); \(script)", Self.onDisk(yard))
    #expect(result.outcome == .failed && result.code == "workspace_absent", "\(result.summary)")
    #expect(result.failure == .transient)
    #expect(!Files.exists(yard.path("disk")))
  }
}
