// The local tracker: a folder of Markdown issues in a checkout, records beside them, no network.
import SymphonyPlatform
import SymphonyReport
import SymphonyTestSupport
import Testing

@Suite("a folder of issues")
struct LocalFolderTests {
  @Test("a blocked issue waits for its blocker; a merged record means done")
  func blockedBy() async throws {
    try await withStage { stage in
      try stage.direct(agent: "commit; echo Did $n.")
      try WorkflowFile.write(
        in: stage.project,
        settings: """
          tracker:
            kind: local
          agent:
            kind: command
            command: "sh '\(stage.directory.file("agent.sh"))'"
            max_retry_backoff_ms: 1
          """, prompt: "Issue {{ issue.number }}: {{ issue.title }}\n")
      let project = stage.project
      try stage.directory.write("project/issues/1-first.md", "---\ntitle: First\n---\nDo it.\n")
      try stage.directory.write(
        "project/issues/2-second.md", "---\ntitle: Second\nblocked_by: [1]\n---\nThen this.\n")
      try Git.run(["init", "-q", "-b", "main"], in: project)
      try Git.run(["add", "-A"], in: project)
      try Git.run(["commit", "-qm", "Start"], in: project)
      func item(_ number: Int) async throws -> ItemReport {
        try await stage.board().item(number)
      }
      try await stage.tickUntil("the first is handed off") {
        try await item(1).code == "handed_off"
      }
      #expect(try await item(2).code == "blocked_by")
      #expect(try await item(2).runs == 0)
      let record = Files.join(project, "issues/pull-requests/1.md")
      let text = try Files.readText(record, limit: 1 << 16)
      #expect(text.contains("\nstate: open\n") && text.contains("Did 1."))
      let comments = try Files.list(Files.join(project, "issues/comments"))
      #expect(comments.count == 1 && comments.allSatisfy { $0.hasPrefix("1-") })
      #expect(stage.github.requestCount == 0)
      try Files.writeAtomically(
        record, text.replacing("\nstate: open\n", with: "\nstate: merged\n"), durable: false)
      try await stage.tickUntil("the first is done and cleaned up") {
        try await item(1).code == "done" && stage.workspaces == []
      }
      #expect(try await item(2).runs == 0)
      try stage.directory.write(
        "project/issues/1-first.md", "---\ntitle: First\nstatus: done\n---\nDo it.\n")
      try await stage.tickUntil("the second is handed off") {
        try await item(2).code == "handed_off"
      }
      #expect(stage.started.count == 2)
      #expect(Files.exists(Files.join(project, "issues/pull-requests/2.md")))
      let branches = try Git.run(["branch", "--list", "symphony/*"], in: project)
      #expect(branches.split(separator: "\n").count == 2)
    }
  }
}
