// A named directory that is not there: what has its place in it waits, uncounted, and the rest of
// the world goes on.
import SymphonyCore
import Testing

@Suite struct AbsentFolderTests {
  private static func absent(_ folder: String) -> AbsentFolder {
    AbsentFolder(folder: folder, sentence: "\(folder) is not there", hint: "mount its disk")
  }

  @Test(arguments: ["/s/workspaces", "/s/repos"])
  func nothingIsLaunchedIntoIt(_ folder: String) {
    var world = World(1..<3)
    world.absentFolders = [Self.absent(folder)]
    for _ in 0..<3 {
      let plan = world.tick()
      #expect(plan.launched.isEmpty)
      for number in 1...2 {
        #expect(world.verdict(plan, number) == "workspace_absent")
        #expect(world.record(number)?.counters == Counters())
        #expect(world.record(number)?.home == nil, "no place is given to it")
      }
    }
    world.absentFolders = []
    #expect(world.tick().launched == [1, 2])
  }

  /// Settings were changed: an item stays where it was, and others are not held up by that.
  @Test func onlyItsOwnItemsWait() {
    var world = World(1..<3)
    world.policy.workspace.worktreeDirectory = "/old"
    world.policy.limits.maxConcurrent = 1
    world.tick()
    world.finish(1, .failed)
    world.policy.limits.maxConcurrent = 3
    world.policy.workspace.worktreeDirectory = "/new"
    world.absentFolders = [Self.absent("/old")]
    world.now = world.now + .hours(1)
    let plan = world.tick()
    let again = world.now + .hours(1)
    world.now = again
    let next = world.tick()
    #expect(Set(plan.launched + next.launched) == [2])
    #expect(world.verdict(next, 1) == "workspace_absent")
  }

  @Test func aRunThatLostItsDiskSpendsNoAttempt() {
    var world = World(1..<2)
    for _ in 0..<30 {
      world.now = world.now + .hours(1)
      world.tick()
      world.finish(1, .failed) {
        $0.code = RunCode.workspaceAbsent
        $0.failure = .transient
        $0.summary = "/disk is not there"
      }
    }
    let plan = world.tick()
    #expect(world.verdict(plan, 1) == "retry_waiting")
    #expect(world.reason(plan, 1)?.sentence.hasSuffix("/disk is not there") == true)
    #expect(world.record(1)?.counters.failures == 0)
    #expect((world.record(1)?.counters.launches ?? 9) == 0)
  }

  @Test func noWorkspaceIsRemovedThere() {
    var world = World(1..<2)
    world.tick()
    world.absentFolders = [Self.absent("/s/workspaces")]
    world.toRelease()
    for _ in 0..<3 { #expect(world.tick().launches.isEmpty) }
    #expect(world.record(1)?.hasWorkspace == true)
    world.absentFolders = []
    #expect(world.tick().launches.map(\.run.purpose) == [.cleanUp])
    world.finish(1, .failed) {
      $0.code = RunCode.workspaceAbsent
      $0.failure = .transient
    }
    world.tick()
    #expect(world.record(1)?.cleanUpFailures == 0)
    #expect(world.record(1)?.hasWorkspace == true)
  }
}
