// The main way: issues become pull requests within the limit, an idle world costs nothing, and
// merged work leaves nothing behind.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("from issues to pull requests")
struct WorkThroughTests {
  @Test("five issues, two slots: five pull requests, then quiet, then nothing is left")
  func fiveIssues() async throws {
    try await withStage { stage in
      try stage.direct(agent: "wait_for go; commit; echo Done.", settings: ["max_concurrent": "2"])
      for number in 1...5 { stage.issue("Issue \(number)") }
      try await stage.tick()
      try await eventually("both slots are in use") { stage.workers.count == 2 }
      try stage.raise("go")
      var most = 0
      try await stage.tickUntil("five deliveries") {
        let alive = stage.workers
        most = max(most, alive.count)
        #expect(Set(alive.map(\.item)).count == alive.count)
        return (1...5).allSatisfy(stage.isDelivered)
      }
      #expect(most <= 2)
      for number in 1...5 {
        let pull = try #require(stage.pullRequests(of: number).first)
        #expect(pull.title == "Issue \(number)" && pull.pull?.isDraft == true)
        #expect(pull.body.contains("Closes acme/app#\(number)\n"))
        #expect(stage.ourComments(number).first?.body.contains("/pull/\(pull.number)") == true)
        #expect(try await stage.code(number) == "handed_off")
      }
      #expect(stage.started.count == 5)
      try await checkIdle(stage)
      try await checkNothingIsLeft(stage)
    }
  }

  /// Five ticks in a row: no write, nothing but 304, at most three requests each, not a word.
  private func checkIdle(_ stage: Stage) async throws {
    try await stage.idle()
    try await stage.tickUntil("a tick that is answered with 304 only") {
      defer { stage.github.clearRequestLog() }
      return stage.github.requestLog.allSatisfy { $0.status == 304 }
    }
    for _ in 0..<5 {
      stage.github.clearRequestLog()
      let idle = try await stage.tick()
      let log = stage.github.requestLog
      #expect(log.allSatisfy { $0.status == 304 && !$0.wasWrite }, "\(log)")
      #expect((1...3).contains(log.count))
      #expect(idle.exit == .exited(0) && idle.output.isEmpty && idle.errorOutput.isEmpty)
    }
  }

  private func checkNothingIsLeft(_ stage: Stage) async throws {
    let branches = (1...5).map(stage.branch)
    #expect(stage.workspaces.count >= 5)
    #expect(try stage.registeredWorktrees.count == 5)
    for number in 1...5 {
      let pull = try #require(stage.pullRequests(of: number).first)
      if number == 5 {
        stage.github.closeIssue(5)
      } else {
        try stage.github.mergePullRequest(pull.number)
      }
    }
    try await stage.tickUntil("all is cleaned up") {
      try await stage.board().items.allSatisfy { ["done", "issue_closed"].contains($0.code) }
    }
    try await stage.idle()
    #expect(stage.workspaces == [])
    #expect(try stage.registeredWorktrees == [])
    #expect(stage.heldLeases == [])
    #expect(Set(branches).isSubset(of: stage.github.branches.keys))
    #expect(stage.started.count == 5 && stage.github.pullRequests.count == 5)
  }

  @Test("what an agent did not commit is committed and pushed")
  func leftovers() async throws {
    try await withStage { stage in
      try stage.direct(agent: "echo left >left.txt; echo Done.", settings: ["max_turns": "2"])
      stage.issue()
      try await stage.tick()
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      #expect(stage.github.git.text(of: "left.txt", on: stage.branch(1)) == "left\n")
      #expect(try await stage.board().item(1).runs == 1)
      #expect(stage.started.count == 2)  // one more turn asks for a commit first
    }
  }

  @Test("a dry run on a finished world changes no byte")
  func dryRun() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit")
      stage.issue()
      let plan = try await stage.tick("--dry-run").output
      #expect(plan.contains("acme/app#1") && plan.contains("launch"))
      #expect(!Files.exists(stage.state))
      try await stage.tickUntil("its delivery") { stage.isDelivered(1) }
      try await stage.idle()
      let before = try Stage.files(below: stage.state)
      stage.github.clearRequestLog()
      let told = try await stage.tick("--dry-run")
      #expect(told.exit == .exited(0) && told.output.contains("handed_off"))
      #expect(stage.github.writeCount == 0 && stage.github.requestCount > 0)
      stage.issue("Another")
      let next = try await stage.tick("--dry-run").output
      #expect(next.contains("acme/app#3") && next.contains("launch"))
      try await stage.run(["status", "-v"])
      let after = try Stage.files(below: stage.state)
      #expect(Set(before.keys) == Set(after.keys))
      for (file, bytes) in before { #expect(after[file] == bytes, "\(file) changed") }
    }
  }
}
