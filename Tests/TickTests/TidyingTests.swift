// What a tick tidies besides runs and workspaces: once an hour, a few directories, each safe from
// a kill, and a cache only while nobody is at work in it.
import Glibc
import SymphonyCore
import SymphonyPlatform
import Testing

@testable import SymphonyTick

@Suite struct TidyingTests {
  /// Long after the files of a test were made.
  private let later = Timestamp(milliseconds: Clock.wallMilliseconds()) + .days(100)

  private func tidying(_ state: String, items: [ItemRecord] = []) -> Tidying {
    let policy = Policy(promptTemplate: "", promptLine: 1, workflowPath: "/p/WORKFLOW.md")
    return Tidying(stateDirectory: state, policy: policy, items: items, now: later)
  }

  /// A bare repository that somebody noted to hold nothing, unless told otherwise.
  private func cache(_ layout: StateLayout, _ name: String, isNoted: Bool = true) throws -> String {
    let path = "\(layout.caches)/acme/\(name).git"
    try Files.makeDirectories(path + "/refs/remotes/origin")
    try Files.writeAtomically(path + "/HEAD", "ref: refs/heads/main\n")
    try Files.writeAtomically(path + "/refs/remotes/origin/main", "abc\n")
    if isNoted { try CacheNote(path).write() }
    return path
  }

  private func targets(_ tidying: Tidying) -> [Tidying.Target] {
    var problems: [PlatformError] = []
    let targets = tidying.targets(&problems)
    #expect(problems.isEmpty)
    return targets
  }

  private func bench() throws -> (Bench, StateLayout) {
    let bench = try Bench(issues: 1..<2)
    return (bench, StateLayout(Files.join(bench.directory, "state")))
  }

  @Test func aCacheGoesThatNobodyUsesAndThatHoldsNothing() throws {
    let (bench, layout) = try bench()
    let (empty, full) = (try cache(layout, "empty"), try cache(layout, "full", isNoted: false))
    let changed = try cache(layout, "changed")
    try Files.makeDirectories(changed + "/refs/heads")
    try Files.writeAtomically(changed + "/refs/heads/mine", "abc\n")
    let tidying = tidying(layout.path)
    #expect(targets(tidying).map(\.path) == [empty])
    let target = try #require(targets(tidying).first)
    #expect(try tidying.remove(target))
    #expect(!Files.exists(empty) && Files.exists(full) && Files.exists(changed))
    #expect(targets(tidying).isEmpty)
    withExtendedLifetime(bench) {}
  }

  @Test func aWorkerInItKeepsIt() throws {
    let (bench, layout) = try bench()
    let path = try cache(layout, "app")
    let tidying = tidying(layout.path)
    let target = try #require(targets(tidying).first)
    let lock = try #require(try FileLock.take(path + ".lock"))
    #expect(try !tidying.remove(target))
    withExtendedLifetime(lock) {}
    #expect(Files.exists(path))
    withExtendedLifetime(bench) {}
  }

  @Test func aRunThatUsedItSinceKeepsIt() throws {
    let (bench, layout) = try bench()
    let path = try cache(layout, "app")
    let tidying = tidying(layout.path)
    let target = try #require(targets(tidying).first)
    try CacheNote(path).remove()
    #expect(try !tidying.remove(target))
    #expect(Files.exists(path + "/HEAD"))
    withExtendedLifetime(bench) {}
  }

  /// A kill between the rename and the end of the deletion.
  @Test func whatIsHalfRemovedGoesAtLast() throws {
    let (bench, layout) = try bench()
    let half = [
      "\(layout.caches)/acme/app.git.removed", "\(layout.damaged)/2026-01-01.removed",
    ]
    for path in half {
      try Files.makeDirectories(path)
      try Files.writeAtomically(path + "/rest", "")
    }
    let whole = try cache(layout, "app", isNoted: false)
    let tidying = tidying(layout.path)
    for target in targets(tidying) { #expect(try tidying.remove(target)) }
    #expect(half.allSatisfy { !Files.exists($0) } && Files.exists(whole))
    withExtendedLifetime(bench) {}
  }

  /// The others go all the same, and each of those that cannot be read is named once.
  @Test func whatCannotBeReadKeepsNothingElse() throws {
    let (bench, layout) = try bench()
    try Files.makeDirectories(layout.caches + "/closed")
    let half = layout.caches + "/acme/app.git.removed"
    try Files.makeDirectories(half)
    try Files.writeAtomically(layout.damaged, "a file in the place of a directory")
    let cache = try cache(layout, "empty")
    var tidying = tidying(layout.path)
    let usual = tidying.look.listing
    tidying.look.listing = { path throws(PlatformError) in
      if path.hasSuffix("/closed") { throw PlatformError("list", path, EACCES) }
      return try usual(path)
    }
    let told = tidying.removeSome(5) { true }
    #expect(!Files.exists(half) && !Files.exists(cache))
    #expect(told.isDone && told.problems.count == 2, "\(told)")
    for name in [layout.damaged, layout.caches + "/closed"] {
      #expect(told.problems.count { $0.contains(name) } == 1, "\(told)")
    }
    withExtendedLifetime(bench) {}
  }

  @Test func aTickRemovesAFewAndTheNextGoesOn() async throws {
    let (bench, layout) = try bench()
    _ = await bench.tick()
    for index in 1...7 { try Files.makeDirectories("\(layout.damaged)/\(index)") }
    func left() throws -> Int { try Files.list(layout.damaged).count }
    _ = await bench.tick()
    #expect(try left() == 7, "it was tidied just now")
    bench.pass(.hours(1))
    _ = await bench.tick()
    #expect(try left() == 2)
    bench.pass(.minutes(1))
    _ = await bench.tick()
    #expect(try left() == 0)
  }

  @Test func aRehearsalTidiesNothing() async throws {
    let (bench, layout) = try bench()
    _ = await bench.tick()
    try Files.makeDirectories("\(layout.damaged)/1")
    bench.pass(.hours(2))
    _ = await bench.tick(dryRun: true)
    #expect(try Files.list(layout.damaged) == ["1"])
  }
}
