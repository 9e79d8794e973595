// Real disks that are full, with real workers and git: what a tick says, that no attempt is spent,
// that no work is lost, and that all goes on once there is room. Needs to mount.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

private let needsMount: Comment = "needs to mount small file systems"

@Suite("full disks", .enabled(if: TinyDisk.isAvailable, needsMount))
struct FullDiskTests {
  /// A disk for `folder` of a stage.
  private func disk(_ stage: Stage, _ folder: String, _ options: String) throws -> TinyDisk {
    try stage.directory.directory(folder)
    return try TinyDisk(at: stage.directory.file(folder), options)
  }
  private func settings(_ stage: Stage, _ key: String, _ folder: String, _ least: Int) -> String {
    "\nworkspace:\n  \(key): '\(stage.directory.file(folder))'\n  min_free_mb: \(least)\n"
  }

  @Test("a disk for caches or workspaces is full", arguments: ["repo_cache_dir", "worktree_dir"])
  func workPlace(key: String) async throws {
    try await withStage { stage in
      let disk = try disk(stage, "disk", "size=6m")
      defer { disk.remove() }
      func direct(least: Int) throws {
        try stage.direct(agent: "commit", extra: settings(stage, key, "disk", least))
      }
      // Every disk that a run writes to counts, and the smallest one decides.
      try direct(least: 64)
      stage.issue()
      try await stage.tick()
      #expect(try await stage.code(1) == "disk_low" && stage.started.isEmpty)
      try NamedFolder(disk.path).leaveMark()
      try disk.fill()
      try direct(least: 0)
      try await stage.tick()
      try await stage.idle()
      try await stage.tick()
      let item = try await stage.board().item(1)
      #expect(item.claim == "retrying" && item.failures == 0, "\(item)")
      #expect(item.sentence.contains("this machine is in trouble"), "\(item.sentence)")
      #expect(item.sentence.contains("No space left on device"), "\(item.sentence)")
      try disk.free()
      try await stage.run(["retry", "1"])
      try await stage.quietWithinFiveTicks { stage.isDelivered(1) }
      #expect(stage.started.count == 1)
    }
  }

  @Test("the state directory is full while an agent works")
  func state() async throws {
    try await withStage { stage in
      let disk = try disk(stage, "state", "size=8m")
      defer { disk.remove() }
      try stage.directory.directory("work")
      try stage.direct(
        agent: "wait_for go; commit", extra: settings(stage, "root", "work", 0))
      stage.issue()
      try await stage.tick()
      try await eventually("its agent is at work") { stage.started.count == 1 }
      try disk.fill()
      let full = try await stage.tick()
      #expect(full.exit == .exited(74), "\(full.errorOutput)")
      #expect(full.errorOutput.contains("free disk space"), "\(full.errorOutput)")
      #expect(stage.workers.count == 1, "a full disk ends nobody")
      try stage.raise("go")
      try await stage.idle()
      #expect(try await stage.tick().exit == .exited(74))
      #expect(stage.pullRequests(of: 1).isEmpty)
      try disk.free()
      try await stage.tick()
      let item = try await stage.board().item(1)
      #expect(item.failures == 0, "\(item)")
      try await stage.run(["retry", "1"])
      try await stage.quietWithinFiveTicks { stage.isDelivered(1) }
      #expect(stage.pullRequests(of: 1).count == 1 && stage.ourComments(1).count == 1)
      #expect(stage.heldLeases == [])
      // The commit of the first run is among what was delivered: nothing of it was lost.
      let work = stage.github.git.text(of: "work-1.txt", on: stage.branch(1)) ?? ""
      #expect(work.hasPrefix(stage.started[0] + "\n"), "\(work)")
    }
  }
}
