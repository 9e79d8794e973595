// What tests rely on when they order faults: each order is carried out at the deed that it names,
// all deeds are on record, and without orders a command does what it does without a test.
import SymphonyPlatform
import SymphonyTestSupport
import Testing

@Suite struct FaultPointTests {
  private static let sleeper = "cat > /dev/null; sleep 600"

  @Test func everyDeedOfATickIsOnRecordAndCounted() async throws {
    let project = try Project.local(agent: Self.sleeper)
    let faults = try Faults(in: project.folder)
    let done = try await project.run("tick", environment: faults.environment)
    #expect(done.code == 0, "\(done)")
    let deeds = try faults.trace.filter { $0.role == .tick }
    #expect(
      deeds.filter(\.kind.isCounted).map(\.number) == Array(1...deeds.count { $0.kind.isCounted }))
    #expect(deeds.allSatisfy { !$0.isOrdered })
    let kinds = Set(deeds.map(\.kind))
    #expect(
      kinds.isSuperset(of: [.create, .write, .sync, .rename, .folder, .commit, .spawn]), "\(kinds)")
    let spec = try #require(deeds.first { $0.kind == .rename && $0.more.hasSuffix("/spec.json") })
    let launch = try #require(deeds.first { $0.kind == .spawn && $0.what.contains(" worker ") })
    let commit = try #require(deeds.first { $0.kind == .commit })
    #expect(commit.number < spec.number && spec.number < launch.number)
    try await project.stopAll()
  }

  /// A kill comes before its deed: the directory of the run is not there yet.
  @Test func anOrderIsCarriedOutOnceAndBeforeItsDeed() async throws {
    let project = try Project.local(agent: Self.sleeper)
    let faults = try Faults(in: project.folder)
    try faults.order(.tick, "spawn", 1, .kill)
    let killed = try await project.run("tick", environment: faults.environment)
    #expect(killed.exit == .signalled(9), "\(killed)")
    let deed = try #require(try faults.trace.last)
    #expect(deed.isOrdered && deed.kind == .spawn && deed.what.contains(" worker "))
    let again = try await project.run("tick", environment: faults.environment)
    #expect(again.code == 0, "\(again)")
    #expect(try faults.trace.count { $0.isOrdered } == 1)
    try await project.stopAll()
  }

  @Test func anOrderedErrorIsThatOfTheDeed() async throws {
    let project = try Project.local(agent: Self.sleeper)
    let faults = try Faults(in: project.folder)
    // ENOSPC.
    try faults.order(.tick, "commit", 1, .fail(28))
    let failed = try await project.run("tick", environment: faults.environment)
    #expect(failed.code == 74 && failed.errors.contains("no space left"), "\(failed)")
    #expect(try faults.trace.count { $0.isOrdered } >= 1)
    #expect(try faults.trace.allSatisfy { $0.kind != .spawn })
    let next = try await project.run("tick", environment: faults.environment)
    #expect(next.code == 0, "\(next)")
    try await project.stopAll()
  }

  @Test func aStoppedProcessGoesOnWhereItWas() async throws {
    let project = try Project.local(agent: Self.sleeper)
    let faults = try Faults(in: project.folder)
    try faults.order(.tick, "spawn", 1, .stop)
    var request = SpawnRequest(
      arguments: [try SymphonyBinary.path, "tick"],
      environment: faults.environment.merging([
        "PATH": Host.environment["PATH"] ?? "/usr/bin:/bin", "HOME": project.home,
        "SYMPHONY_STATE_DIR": project.state,
      ]) { $1 }, directory: project.path)
    request.output = project.folder.file("log")
    let tick = try Spawn.start(request)
    try await eventually("it is stopped") { Processes.stat(tick)?.state == "T" }
    #expect(try faults.trace.allSatisfy { $0.role == .tick || $0.kind != .spawn })
    Processes.signalChild(tick, Signals.goOn)
    var ended: ChildExit?
    try await eventually("it ends") {
      ended = Spawn.reap(tick)
      return ended != nil
    }
    #expect(ended == .exited(0))
    try await project.stopAll()
  }

  /// What cannot be carried out must not look like a promise that was kept.
  @Test func anOrderThatIsNoneEndsTheProcess() async throws {
    let project = try Project.local(agent: Self.sleeper)
    let faults = try Faults(in: project.folder)
    try Files.append(Files.join(faults.path, "orders"), "tick commit\n")
    let refused = try await project.run("tick", environment: faults.environment)
    #expect(refused.code == 70 && refused.errors.contains("symphony-fault-orders"), "\(refused)")
  }
}
