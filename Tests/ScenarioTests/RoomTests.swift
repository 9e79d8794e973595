// A state directory is kept in bounds: workspaces at rest go and come again, what holds work stays and
// is named, and `symphony gc` says so.
import Glibc
import SymphonyCore
import SymphonyPlatform
import SymphonyReport
import SymphonyStore
import SymphonyTestSupport
import Testing

@Suite("room on the disk")
struct RoomTests {
  /// Handed off two days ago, by the rows.
  private func rested(_ stage: Stage) async throws -> Int {
    try stage.direct(agent: "commit", extra: "workspace:\n  max_age_days: 1\n")
    let number = stage.issue()
    try await stage.tickUntil("it is handed off and all is told") {
      try await stage.code(number) == "handed_off" && stage.isDelivered(number)
    }
    try await stage.idle()
    return number
  }

  private func age(_ stage: Stage, days: Int64 = 2) throws {
    let store = try SQLiteStore.open(
      directory: stage.state, mode: .command, now: Timestamp(milliseconds: Clock.wallMilliseconds())
    )
    defer { store.close() }
    var changes: [Change] = []
    for var record in try store.load().items {
      record.lastLaunch = record.lastLaunch.map { $0 - .days(days) }
      changes.append(.putItem(record))
    }
    try store.commit(changes, basis: nil)
  }

  private func gc(_ stage: Stage, _ more: String...) async throws -> DiskReport {
    let told = try await stage.run(["gc", "--json"] + more)
    try #require(told.exit.isSuccess, "\(told.errorOutput)")
    return try ReportJSON.read(told.output, as: DiskReport.self)
  }

  @Test("a workspace at rest goes, and its issue's next round gets it again")
  func atRest() async throws {
    try await withStage { stage in
      let number = try await rested(stage)
      #expect(stage.workspaces.contains { !$0.hasSuffix(".created") })
      try age(stage)
      let before = try await gc(stage, "--dry-run").things.first { $0.kind == .workspace }
      #expect(before?.fate == .goes && before?.why.contains("max_age_days") == true)
      try await stage.tickUntil("the workspace is gone") { stage.workspaces.isEmpty }
      try await stage.idle()
      try await stage.tick()
      #expect(try await stage.code(number) == "handed_off")
      #expect(stage.isDelivered(number) && stage.started.count == 1)
      #expect(try await gc(stage, "--dry-run").things.allSatisfy { $0.kind != .workspace })
      stage.github.advanceClock(seconds: 5)
      stage.github.removeLabel(number, "symphony", by: "alice")
      stage.github.addLabel(number, "symphony", by: "alice")
      try await stage.tickUntil("a second round is handed off") {
        try await stage.code(number) == "handed_off" && stage.started.count == 2
      }
      // Both runs' commits are on the one branch.
      let commits = stage.lines(of: "commits").compactMap { $0.split(separator: " ").last }
      let workspace = try #require(stage.workspaces.first { !$0.hasSuffix(".created") })
      let history = try Git.run(
        ["log", "--format=%H"], in: "\(stage.state)/workspaces/\(workspace)")
      #expect(commits.count == 2 && commits.allSatisfy { history.contains($0) })
      #expect(stage.isDelivered(number))
    }
  }

  @Test("unpushed work keeps its workspace, is not published, and is named")
  func unpushed() async throws {
    try await withStage { stage in
      let number = try await rested(stage)
      let workspace = try #require(stage.workspaces.first { !$0.hasSuffix(".created") })
      let path = "\(stage.state)/workspaces/\(workspace)"
      try Git.run(["commit", "--quiet", "--allow-empty", "-m", "mine"], in: path)
      let head = try Git.run(["rev-parse", "HEAD"], in: path).trimmingWhitespace()
      try age(stage)
      try await stage.tickUntil("the clean-up has found it") {
        let found = try await gc(stage, "--dry-run").things.first { $0.kind == .workspace }
        return found?.holdsWork == true
      }
      let report = try await gc(stage)
      let kept = try #require(report.things.first { $0.kind == .workspace })
      #expect(kept.fate == .kept && kept.why.contains(head.prefix(12)), "\(kept.why)")
      #expect(Files.exists(path))
      let told = try await stage.run(["gc", "--dry-run"]).output
      #expect(told.contains("acme/app#\(number)") && told.contains(head.prefix(12)), "\(told)")
      #expect(try await stage.run(["status", "-v"]).output.contains(head.prefix(12)))
      #expect(try stage.github.git.branches()[stage.branch(number)] != head)
    }
  }

  /// The clean-up's note, as it will be after some days.
  private func ageNote(_ cache: String, days: Int) throws {
    let then = timeval(tv_sec: time(nil) - days * 86400, tv_usec: 0)
    try #require(utimes("\(cache)/symphony-holds-nothing", [then, then]) == 0)
  }

  @Test("a cache goes that no issue uses, but not with a commit of its own")
  func unusedCache() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      let number = stage.issue()
      try await stage.tickUntil("it is handed off and all is told") {
        try await stage.code(number) == "handed_off" && stage.isDelivered(number)
      }
      let cache = "\(stage.state)/repos/acme/app.git"
      let pull = try #require(stage.pullRequests(of: number).first)
      try stage.github.mergePullRequest(pull.number)
      try await stage.tickUntil("its workspace is gone") { stage.workspaces.isEmpty }
      try await stage.idle()
      func found() async throws -> DiskReport.Thing? {
        try await gc(stage).things.first { $0.kind == .cache }
      }
      try ageNote(cache, days: 89)
      #expect(try await found()?.fate == .kept)
      // Somebody's commit, found only here.
      try Git.run(["update-ref", "refs/heads/mine", "refs/remotes/origin/main"], in: cache)
      try ageNote(cache, days: 91)
      let kept = try #require(try await found())
      try #require(kept.fate == .kept, "\(kept)")
      #expect(kept.holdsWork && kept.name == "acme/app", "\(kept)")
      try Git.run(["update-ref", "-d", "refs/heads/mine"], in: cache)
      #expect(try await found()?.fate == .removed)
      #expect(!Files.exists(cache) && Files.exists(cache + ".lock"))
      // The next issue begins with a new one.
      let next = stage.issue("Another")
      try await stage.tickUntil("another is handed off") {
        try await stage.code(next) == "handed_off"
      }
      #expect(Files.exists(cache))
    }
  }
}
