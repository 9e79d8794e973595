// A repository in which no work can be done: archived, empty, without the branch that the workflow
// names. Said once, nothing is counted, and it goes on by itself.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("a repository that takes no work")
struct UnfitRepositoryTests {
  @Test("archived: nothing starts, and all goes on when it is not any more")
  func archived() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      stage.github.setArchived(true)
      for _ in 0..<3 {
        let told = try await stage.tick()
        #expect(told.exit == .exited(1), "\(told.errorOutput)")
        let complaints = told.errorOutput.split(separator: "\n").filter {
          $0.contains("symphony: error: ")
        }
        #expect(complaints.count == 1 && complaints[0].contains("acme/app is archived"))
      }
      let doctor = try await stage.run(["doctor"])
      #expect(doctor.exit == .exited(69), "\(doctor.output)")
      #expect(doctor.output.contains("acme/app is archived"))
      let item = try await stage.board().item(1)
      #expect(item.code == "repository_unfit" && item.runs == 0 && item.failures == 0)
      stage.github.setArchived(false)
      try await stage.tickUntil("its work is delivered") { stage.isDelivered(1) }
      #expect(stage.started.count == 1)
    }
  }

  @Test("empty: nothing starts before the first commit")
  func empty() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      try stage.github.deleteBranch("main")
      for _ in 0..<2 {
        let told = try await stage.tick()
        #expect(told.exit == .exited(1), "\(told.errorOutput)")
        #expect(told.errorOutput.contains("push a first commit"), "\(told.errorOutput)")
      }
      let doctor = try await stage.run(["doctor"])
      #expect(doctor.exit == .exited(69), "\(doctor.output)")
      #expect(doctor.output.contains("push a first commit"), "\(doctor.output)")
      let item = try await stage.board().item(1)
      #expect(item.code == "repository_unfit" && item.runs == 0 && item.failures == 0)
      try stage.github.commit(branch: "main", files: ["README.md": "# App\n"])
      try await stage.tickUntil("its work is delivered") { stage.isDelivered(1) }
      #expect(stage.started.count == 1)
    }
  }

  @Test("the workflow's base branch is not there: one hold for all, no attempt")
  func withoutBase() async throws {
    try await withStage { stage in
      // The hold has to last longer than a look at it.
      try stage.direct(
        agent: "commit", settings: ["max_retry_backoff_ms": "600000"],
        extra: "git:\n  base_branch: nowhere\n")
      stage.issue()
      stage.issue("Second")
      // In one look: the hold's end may have come before the next.
      try await stage.tickUntil("the repository is held, and says why") {
        let items = try await stage.board().items
        return items.count == 2
          && items.allSatisfy {
            $0.code == "held" && $0.failures == 0 && $0.sentence.contains("no branch `nowhere`")
          }
      }
      #expect(stage.started.isEmpty)
      try stage.github.commit(branch: "nowhere", files: ["more.md": "more\n"])
      try await stage.run(["resume"])
      try await stage.tickUntil("both are delivered") {
        stage.isDelivered(1) && stage.isDelivered(2)
      }
    }
  }
}
